"""Commands about vehicles: which are stolen most, and what became of those that were."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fourfold.cli.answers import cell, print_json, print_table, show
from fourfold.cli.questions import Area, AsAt, AsJson, Force, From, Level, To
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.findings import Finding
    from fourfold.analysis.recovery import Start
    from fourfold.analysis.vehicles import Taken
    from fourfold.codes.periods import Window

commands = typer.Typer()
"""They stand in the group `places`."""

_YEAR = re.compile(r"[0-9]{4}")


@commands.command("vehicles")
def vehicles(
    force: Force,
    first: From = None,
    last: To = None,
    what: Annotated[
        str, typer.Option(help="What was done to them: stolen, attempted, entered or interfered.")
    ] = "stolen",
    licensed: Annotated[
        Path | None,
        typer.Option(help="The force's own numbers licensed: a CSV of make, model, licensed. Default: the country's."),
    ] = None,
    foremost: Annotated[int, typer.Option("--first", help="How many kinds the first ones are.")] = 5,
    draws: Annotated[int, typer.Option(help="Draws by which ranks are tried.")] = 2000,
    seed: Annotated[int, typer.Option(help="The draws' seed.")] = 20221020,
    area: Area = None,
    level: Level = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What is done to vehicles, which kinds are most at risk and how sure that is, keyless ones, car key burglary."""
    from fourfold.analysis import vehicle_crime as crime
    from fourfold.analysis.vehicles import taken_vehicles
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.licensed_vehicles import licensed_of_file, licensed_vehicles
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, area, level, None)
    window = window_of(records, measure("theft_of_motor_vehicle"), scope, first, last)
    taken = taken_vehicles(records, scope, what)
    numbers = licensed_of_file(licensed) if licensed else licensed_vehicles(scope.force_id)
    shown: list[Finding] = [
        crime.kinds_of_vehicle_crime(records, scope, window),
        crime.vulnerable_vehicles(taken, window, numbers, first=foremost, draws=draws, seed=seed),
        crime.keyless_share(taken, window), crime.car_key_burglary(records, scope, window),
    ]  # fmt: skip
    show(shown, as_json)


@commands.command("recovery")
def recovery(
    force: Force,
    first: From = None,
    last: To = None,
    days: Annotated[int, typer.Option(help="For how many days every vehicle is followed.")] = 28,
    counted_from: Annotated[
        str, typer.Option(help="recorded: by the day on which the crime was recorded. stolen: by the day of the theft.")
    ] = "recorded",
    against: Annotated[
        str, typer.Option(help="previous-year, a year (2021), a month (2021-09), a span (2021-01..2021-06) or 2019/20.")
    ] = "previous-year",
    layer: Annotated[str, typer.Option(help="By which areas it is told where vehicles were found.")] = "ltla24",
    area: Area = None,
    level: Level = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The share of stolen vehicles found within so many days, over equal periods, with what is not yet known apart.

    Without --from and --to, of the latest month whose vehicles have all had the days.
    """
    from fourfold.analysis import recovery as found_again
    from fourfold.analysis.vehicles import taken_vehicles
    from fourfold.cli.questions import records_of, scope_of

    records = records_of(as_at)
    taken = taken_vehicles(records, scope_of(force, area, level, None))
    window = _window(taken, first, last, days)
    start: Start = "stolen" if counted_from == "stolen" else "recorded"
    if counted_from != start:
        raise RequestInvalid("There is no such day to count from.", remedy="recorded or stolen.")
    change = found_again.recovery_change(taken, window, earlier_window(window, against), days, start)
    shown: list[Finding] = [
        change, *change.parts[:2], found_again.recovery_cohorts(taken, _until(taken, window), start),
        found_again.after_recovery(taken, window), found_again.where_found(taken, records, window, layer),
    ]  # fmt: skip
    show(shown, as_json)


@commands.command("dismantling")
def dismantling(
    force: Force,
    first: From = None,
    last: To = None,
    metres: Annotated[float, typer.Option(help="How near parts lie to one another.")] = 150,
    least: Annotated[int, typer.Option(help="How many parts make a candidate.")] = 3,
    parts: Annotated[
        str, typer.Option(help="The force's own words for parts of vehicles, by commas. Default: ours.")
    ] = "",
    industrial: Annotated[str, typer.Option(help="Its words for industrial premises, by commas. Default: ours.")] = "",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Places where stolen vehicles may be taken apart, as candidates for a person to judge."""
    from dataclasses import asdict

    from fourfold.analysis import dismantling as found_at
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    window = window_of(records, measure("theft_of_motor_vehicle"), scope, first, last)
    finding, candidates = found_at.dismantling_places(
        records, scope, window, metres=metres, least=least, parts=_words(parts) or found_at.PARTS,
        industrial=_words(industrial) or found_at.INDUSTRIAL,
    )  # fmt: skip
    rows = [asdict(one) for one in candidates]
    if as_json:
        print_json({"finding": finding.as_dict(), "candidates": rows})
        return
    show([finding], as_json)
    if rows:
        print_table(list(rows[0]), [[cell(value) for value in row.values()] for row in rows])


@commands.command("car-key-links")
def car_key_links(
    force: Force,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Burglaries of homes and the thefts of vehicles that are one event with them, crime by crime, and why; the surest first.

    "near and soon" is possible, and for a person to judge.
    """
    from dataclasses import asdict

    from fourfold.analysis import vehicle_crime as crime
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, area, level, None)
    window = window_of(records, measure("residential_burglary"), scope, first, last)
    finding = crime.car_key_burglary(records, scope, window)
    links = crime.car_key_links(records, scope, window)
    if as_json:
        print_json({"finding": finding.as_dict(), "links": [asdict(one) for one in links]})
        return
    show([finding], as_json)
    if links:
        print_table(["burglary", "theft", "how"], [[one.burglary, one.theft, one.how] for one in links])


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(",") if word.strip())


def earlier_window(window: Window, against: str) -> Window:
    """The window that is compared with, by its name. Raises RequestInvalid, or CodeUnknown, for one that is none."""
    from fourfold.codes.periods import baseline, parse_window, previous_year

    if against == "previous-year":
        return previous_year(window)
    if _YEAR.fullmatch(against):
        return parse_window(f"{against}-01", f"{against}-12")
    if "/" in against:
        return baseline(window, against)
    first, _, last = against.partition("..")
    return parse_window(first, last or first)


def _window(taken: Taken, first: str | None, last: str | None, days: int) -> Window:
    from fourfold.analysis.recovery import latest_reached
    from fourfold.codes.periods import parse_window

    if first is None and last is None:
        return latest_reached(taken, days)
    return parse_window(first or str(last), last or str(first))


def _until(taken: Taken, window: Window) -> Window:
    """The twelve months to the window's end, and those after it that are held: what is not yet known stands among them."""
    from fourfold.codes.periods import Window, month_end, rolling_12

    year = rolling_12(month_end(window.last))
    return Window(min(year.first, window.first.replace(day=1)), max(month_end(taken.months[-1]), year.last))
