"""The command that writes a hand-out for volunteers and readers of messages: counts by council, small numbers protected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold.cli.answers import finding_dict, print_json
from fourfold.cli.questions import AsAt, AsJson, Force, Stream, records_of, scope_of
from fourfold.cli.service import on_the_log

commands = typer.Typer()


@commands.command("hand-out")
def hand_out(
    force: Force,
    month: Annotated[
        str | None, typer.Option(help="The month: 2022-10. The last one held where none is given.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("hand-out.html"),
    small_numbers: Annotated[
        str, typer.Option(help="The rule for small numbers: suppress_under_5, suppress_under_8 or rounded_to_5.")
    ] = "suppress_under_5",
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Write one page for Streetwatch and WM Now: a month's crimes by council, no place smaller, small numbers protected."""
    from fourfold.codes.periods import parse_day
    from fourfold.codes.small_numbers import small_number_rule
    from fourfold.publications.handouts import written_handout

    rule = small_number_rule(small_numbers)
    records, scope = records_of(as_at), scope_of(force, None, None, stream)
    day = parse_day(f"{month}-01") if month else None
    with on_the_log("disclosure", "write_hand_out", "figures", folder=out):
        done = written_handout(records, scope, day, rule, out)
    if as_json:
        print_json({"file": str(out), "withheld": done.withheld, "figures": [finding_dict(f) for f in done.findings]})
        return
    for found in done.findings:
        print(f"{found.title}, {found.windows[0].label}.")
    print(f"{done.withheld:,} count(s) withheld.")
    print(out)
