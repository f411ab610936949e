"""The command about cocoons: what a burglary of late asks to be visited. Nothing is opened by it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fourfold.cli.answers import print_json, print_table
from fourfold.cli.questions import AsAt, AsJson, records_of, scope_of
from fourfold.errors import FourfoldError

commands = typer.Typer()


@commands.command("cocoon")
def cocoon(
    force: Annotated[str, typer.Argument(help="The force: an id or a name from `fourfold forces`.")],
    crime_ref: Annotated[str, typer.Argument(help="The reference of a burglary of the last weeks recorded.")],
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The cocoon of a burglary: which homes, which streets, until when, and why so far; it is opened on the page Cocoons."""
    from dataclasses import asdict

    from fourfold.analysis import cocoons

    force_id = scope_of(force, None, None, None).force_id
    records = records_of(as_at)
    burglary, _ = cocoons.late_burglary(records, force_id, crime_ref)
    repeats: Any
    try:
        repeats = cocoons.repeats_of_year(records, force_id)
    except FourfoldError as fault:
        repeats = fault
    found = cocoons.cocoon_of(records, force_id, burglary, repeats)
    if as_json:
        print_json(asdict(found))
        return
    print(f"Until {found.until:%d %B %Y}, within {found.reach.metres:,} m. {found.reach.reason}")
    for note in found.notes:
        print(note)
    print(f"{len(found.homes):,} home(s) to be visited.")
    print_table(["home", "why", "metres"], [[one.uprn, one.relation, f"{one.metres:,}"] for one in found.homes])
    print(f"{len(found.streets):,} street(s) within reach.")
    print_table(["street", "metres", "homes"], [[s.name, f"{s.metres:,}", f"{s.homes:,}"] for s in found.streets])
