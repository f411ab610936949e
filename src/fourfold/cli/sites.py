"""Commands about sites: which there are, how often each was visited as recorded, and what is awaited of partners."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from fourfold.cli.answers import print_json, print_table
from fourfold.cli.campaigns import Whose, _opened
from fourfold.cli.questions import AsJson

commands = typer.Typer()
"""They stand in the group `places`."""


@commands.command("sites")
def sites(
    force: Whose,
    is_overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those of which a partner's action is overdue.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The sites and second-hand outlets of a force, their visits as recorded, and what is awaited of partners."""
    force_id = _opened(force)
    from fourfold.casework.sites import KINDS, STATES, Site, as_plain
    from fourfold.codes.working_days import local_date

    today = local_date(datetime.now(UTC))
    every = Site.objects.filter(force_id=force_id).prefetch_related("visits", "requests")
    said = [one for one in (as_plain(site, today) for site in every) if one["overdue"] or not is_overdue]
    if as_json:
        print_json(said)
        return
    print(f"{len(said):,} site(s).")
    print_table(
        ["site", "kind", "neighbourhood", "it is", "visits recorded", "last visit", "awaited", "overdue"],
        [[o["name"], KINDS[o["kind"]], o["area"], STATES[o["state"]], f"{o['visits']:,}", f"{o['last_visit'] or 'none recorded'}",
          f"{o['awaited']:,}", f"{o['overdue']:,}"] for o in said],
    )  # fmt: skip
