"""Commands about campaigns: which there are, and a month's return of reach and attendance as a file in any layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold.cli.answers import print_json, print_table, write_new
from fourfold.cli.questions import AsJson, records_of, scope_of

commands = typer.Typer()
Whose = Annotated[str, typer.Argument(help="The force whose service it is: an id or a name from `fourfold forces`.")]
campaigns = typer.Typer(help="Intensification periods, and the return of reach.", no_args_is_help=True)
commands.add_typer(campaigns, name="campaigns")


@campaigns.command("list")
def every(force: Whose, as_json: AsJson = False) -> None:
    """Every campaign of a force: its days, its kinds of fraud, and how many victims it identified."""
    force_id = _opened(force)
    from fourfold.casework.campaigns import Campaign, victims_of
    from fourfold.records import weekly_lists

    every = list(Campaign.objects.filter(force_id=force_id).prefetch_related("victims"))
    behind = weekly_lists.known(records_of(None), [report.key for one in every for report in one.victims.all()])
    said = [
        {"name": one.name, "led_by": one.led_by, "codes": one.codes, "first": one.first, "last": one.last, "state": one.state,
         "victims": len(victims_of(one, behind)),
         "returns": one.returns.count(), "returns_sent": one.returns.exclude(sent_on=None).count()}
        for one in every
    ]  # fmt: skip
    if as_json:
        print_json(said)
        return
    print(f"{len(said):,} campaign(s).")
    print_table(
        ["campaign", "led by", "from", "to", "kinds", "victims", "returns sent", "state"],
        [[str(o["name"]), str(o["led_by"]), f"{o['first']}", f"{o['last']}", ", ".join(o["codes"]), f"{o['victims']:,}",
          f"{o['returns_sent']} of {o['returns']}", str(o["state"])] for o in said],
    )  # fmt: skip


@campaigns.command()
def reach(
    force: Whose,
    month: Annotated[str, typer.Argument(help="The month, as 2022-10.")],
    layout: Annotated[Path | None, typer.Option(help="A file of TOML that says how the return is written.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the lines there as CSV, in the layout.")] = None,
    as_json: AsJson = False,
) -> None:
    """The lines of a month's return of reach and attendance, as they stand: reach, and no effect of it."""
    force_id = _opened(force)
    from fourfold.analysis.campaigns import NOT_AN_EFFECT, REACH_FIELDS, lines_as_plain, reach_lines
    from fourfold.casework.campaigns import activities_of
    from fourfold.codes.periods import parse_month
    from fourfold.publications.returns import layout_from_file, plain_layout, return_file

    asked = parse_month(month)
    lines = reach_lines(activities_of(force_id), asked)
    if out:
        its = layout_from_file(layout, REACH_FIELDS) if layout else plain_layout(REACH_FIELDS)
        write_new(return_file(lines, its, force_id=force_id, month=asked), out)
    if as_json:
        print_json({"month": asked, "lines": lines_as_plain(lines), "note": NOT_AN_EFFECT})
        return
    print(f"{len(lines):,} line(s) for {asked:%B %Y}. {NOT_AN_EFFECT}")
    print_table(
        ["day", "what", "how", "title", "impressions", "attendance", "campaign"],
        [[o.on, o.kind, o.channel, o.title, *("not recorded" if n is None and has else "" if n is None else f"{n:,}" for n, has in
          ((o.impressions, o.kind == "message"), (o.attendance, o.kind == "event"))), o.campaign] for o in lines],
    )  # fmt: skip


def _opened(force: str) -> str:
    """The force, with the service's database open."""
    from fourfold.cli.service import _django, _migrated

    force_id = scope_of(force, None, None, None).force_id
    _django()
    _migrated()
    return force_id
