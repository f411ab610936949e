"""The command that writes the board paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold.cli.answers import finding_dict, print_json, progress, sentence_of
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, paper_window, records_of, scope_of

commands = typer.Typer()


@commands.command()
def paper(
    force: Force,
    first: From = None,
    last: To = None,
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path("papers"),
    board: Annotated[str, typer.Option(help="The board the paper goes to.")] = "Strategic Policing and Crime Board",
    meeting: Annotated[str | None, typer.Option(help="The date of the meeting: 2022-11-29.")] = None,
    priority: Annotated[str | None, typer.Option(help="The Police and Crime Plan priority.")] = None,
    title: Annotated[str, typer.Option(help="The paper's title.")] = "Preventing and reducing crime",
    presenter: Annotated[str | None, typer.Option(help="Who presents it.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Write a board paper: HTML and tagged PDF to read, DOCX to edit, ODS to check, every number traceable."""
    from fourfold.codes.periods import parse_day
    from fourfold.publications.paper import FrontPage, written_paper

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    front = FrontPage(
        board=board, meeting=parse_day(meeting) if meeting else None, priority=priority, title=title,
        presenter=presenter,
    )  # fmt: skip
    with progress("Writing the paper", None, as_json):
        done = written_paper(records, scope.force_id, paper_window(records, scope, first, last), front, out)
    if as_json:
        print_json({"files": [str(p) for p in done.files], "headlines": [finding_dict(f) for f in done.headlines]})
        return
    for headline in done.headlines:
        print(sentence_of(headline))
    for path in done.files:
        print(path)
