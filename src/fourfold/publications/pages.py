"""The paper as one page of HTML, to read on any screen and with a screen reader: it needs nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

import jinja2
from markupsafe import Markup

from fourfold.publications.charts import Picture
from fourfold.publications.sections import Paper, Paragraph, PrintedTable, Provenance
from fourfold.publications.sentences import piece_html


def html_paper(paper: Paper) -> str:
    """The paper as one HTML page: no script, no font, no picture from elsewhere."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["float"] = lambda value: isinstance(value, float)
    for name, kind in (
        ("paragraph", Paragraph),
        ("table", PrintedTable),
        ("picture", Picture),
        ("provenance", Provenance),
    ):
        environment.tests[name] = lambda block, kind=kind: isinstance(block, kind)
    environment.filters["markup"] = Markup  # only for our own bound sentences and charts, which are escaped already
    environment.filters["piece"] = lambda piece: Markup(piece_html(piece))
    return environment.get_template("paper.html").render(paper=paper, style=_template("paper.css")).lstrip()


def _template(name: str) -> str:
    return (files("fourfold.publications") / "templates" / name).read_text(encoding="utf-8")
