"""The docs site: Sphinx over the repository's own Markdown, so that one link serves GitHub and the site.

The source is the repository's root. Where a page says `<!-- from the code: ... -->`, `tools.reference` draws the section
from the package's objects as the page is read. Nothing is fetched by a built page: no font, script or style from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from pygments.lexers.special import TextLexer  # noqa: E402
from tools import reference  # noqa: E402

import fourfold  # noqa: E402

project = "Fourfold"
author = "The Fourfold contributors"
copyright = "the Fourfold contributors, MIT licence"
release = fourfold.__version__
language = "en-GB"

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "dollarmath", "colon_fence"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

root_doc = "docs/README"
include_patterns = [
    "docs/*.md", "docs/**/*.md", "README.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md", "open_data/README.md",
]  # fmt: skip
exclude_patterns = [".*", "var", "build", "dist", "src", "tests", "tools", "benchmarks", "**/node_modules"]

html_theme = "furo"
html_title = f"Fourfold {release}"
html_short_title = "Fourfold"
html_static_path = ["_static"]
html_css_files = ["fourfold.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_math_renderer = "mathml"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#12436d", "color-brand-content": "#12436d", "color-brand-visited": "#4c2c92",
    },
    "dark_css_variables": {
        "color-brand-primary": "#a9cbea", "color-brand-content": "#a9cbea", "color-brand-visited": "#c9b6f2",
    },
}  # fmt: skip
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def setup(app: Any) -> dict[str, bool]:
    """Draw what pages ask for, write formulas as MathML, and lead the site's own address to its first page."""
    app.connect("source-read", _drawn)
    app.connect("html-page-context", _within_reach, priority=900)  # after the theme has framed its tables
    app.connect("build-finished", _first_page)
    app.add_lexer("csv", TextLexer)
    app.add_html_math_renderer("mathml", inline_renderers=(_formula, None), block_renderers=(_formula, None))
    return {"parallel_read_safe": True}


def _drawn(app: Any, name: str, source: list[str]) -> None:  # noqa: ARG001 - Sphinx's signature
    page = reference.filled(source[0])
    source[0] = reference.as_definitions(page) if name == "GLOSSARY" else page


def _within_reach(app: Any, name: str, template: str, context: dict[str, Any], tree: Any) -> None:  # noqa: ARG001
    """What scrolls sideways can be reached, and so scrolled, by the keyboard."""
    if "body" in context:
        body = context["body"].replace("<pre>", '<pre tabindex="0">')
        context["body"] = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')


def _formula(page: Any, node: Any) -> None:
    from docutils.nodes import SkipNode
    from latex2mathml.converter import convert

    is_block = node.__class__.__name__ == "math_block"
    formula = convert(node.astext(), display="block" if is_block else "inline")
    page.body.append(f'<div class="formula" tabindex="0">{formula}</div>' if is_block else formula)
    raise SkipNode


def _first_page(app: Any, fault: Exception | None) -> None:
    if fault is None and app.builder.format == "html":
        (Path(app.outdir) / "index.html").write_text(
            '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Fourfold</title>\n'
            '<meta http-equiv="refresh" content="0; url=docs/README.html"></head>\n'
            '<body><p><a href="docs/README.html">Fourfold: the documentation</a></p></body></html>\n',
            encoding="utf-8",
        )
