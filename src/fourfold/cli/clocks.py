"""Commands about the clocks beside the Victims' Code: compensation, property held, and whom investigations wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fourfold.cli.answers import print_json, print_table, printable, show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.cli.victims_code import force_named

if TYPE_CHECKING:
    import polars as pl

    from fourfold.analysis.clocks import Known
    from fourfold.analysis.findings import Finding

commands = typer.Typer()
Each = Annotated[bool, typer.Option("--each", help="Each one, with whose it is by now, in place of the figure.")]


@commands.command()
def compensation(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str | None, typer.Option(help="Split by month or reason.")] = None,
    each: Each = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Requests of the Criminal Injuries Compensation Authority: how many were answered within thirty days, and what is owed."""
    from fourfold.analysis.clocks import REQUESTS, compensation_requests, compensation_returns, last_year
    from fourfold.codes.periods import parse_window

    its = _known(force, as_at)
    if each:
        _each(compensation_requests(its), REQUESTS, as_json)
        return
    window = parse_window(first or last or "", last or first or "") if first or last else last_year(its)
    _told(compensation_returns(its, window, by), as_json)


@commands.command("property")
def property_in_hand(
    force: Force,
    review_days: Annotated[
        int | None, typer.Option("--review-days", help="Days between reviews, by the force's own rule. Default: 28.")
    ] = None,
    each: Each = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Property held: since when and why, of which no review is recorded, what was returned, what was lost."""
    from fourfold.analysis.clocks import REVIEW_DAYS, SPELLS, held_property, property_held

    its, days = _known(force, as_at), REVIEW_DAYS if review_days is None else review_days
    if each:
        _each(held_property(its, days), SPELLS, as_json)
        return
    _told(property_held(its, days), as_json)


@commands.command()
def delays(force: Force, each: Each = False, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """Whom investigations wait for: prosecutors, courts, forensic examination; since when, and why."""
    from fourfold.analysis import clocks

    its = _known(force, as_at)
    if each:
        _each(clocks.external_delays(its), clocks.WAITS, as_json)
        return
    _told(clocks.delays(its), as_json)


def _known(force: str, as_at: str | None) -> Known:
    from fourfold.analysis.clocks import known

    return known(records_of(as_at), force_named(force))


def _told(found: Finding, as_json: bool) -> None:
    show([found], as_json)


def _each(rows: pl.DataFrame, columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json(rows.to_dicts())
        return
    print_table(
        [name.replace("_", " ") for name in columns],
        [["" if value is None else printable(str(value)) for value in row] for row in rows.iter_rows()],
    )
