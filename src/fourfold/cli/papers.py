"""The command that writes the board paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import finding_dict, print_json, print_table, progress, sentence_of
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
    public: Annotated[bool, typer.Option("--public", help="The public version: small numbers protected.")] = False,
    both: Annotated[bool, typer.Option("--both", help="The full version, and the public one beside it.")] = False,
    small_numbers: Annotated[
        str, typer.Option(help="The rule for small numbers: suppress_under_5, suppress_under_8 or rounded_to_5.")
    ] = "suppress_under_5",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Write a board paper: HTML and tagged PDF to read, DOCX to edit, ODS to check, every number traceable."""
    from fourfold.codes.periods import parse_day
    from fourfold.codes.small_numbers import small_number_rule
    from fourfold.publications.paper import FrontPage, written_paper

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    front = FrontPage(
        board=board, meeting=parse_day(meeting) if meeting else None, priority=priority, title=title,
        presenter=presenter,
    )  # fmt: skip
    rule = small_number_rule(small_numbers)
    versions = ([None] if both or not public else []) + ([rule] if both or public else [])
    with progress("Writing the paper", None, as_json):
        window = paper_window(records, scope, first, last)
        done = [written_paper(records, scope.force_id, window, front, out, version) for version in versions]
    files, headlines = [path for written in done for path in written.files], done[0].headlines
    if as_json:
        print_json({"files": [str(p) for p in files], "headlines": [finding_dict(f) for f in headlines]})
        return
    for headline in headlines:
        print(sentence_of(headline))
    for path in files:
        print(path)


@commands.command()
def papers(as_json: AsJson = False) -> None:
    """The papers that were written: force, board, window, version, the instant of their records, and their files."""
    from fourfold.publications.paper_register import PaperRegister

    written = PaperRegister(settings.opened_home()).entries()
    if as_json:
        print_json([
            {"paper": e.key.identity, **e.key.as_dict(), "files": list(e.files), "compared_with": e.last} for e in written
        ])  # fmt: skip
        return
    columns = ["paper", "force", "board", "meeting", "window", "version", "records as at", "compared with"]
    print_table(columns, [
        [e.key.identity, e.key.force_id, e.key.board, str(e.key.meeting or ""), e.key.window.label, e.key.version,
         f"{e.key.as_at:%Y-%m-%d %H:%M:%S}", e.last or ""] for e in written
    ])  # fmt: skip
