"""Commands that answer where and when: near repeats, hours of the week, hotspots, forecasts and their backtests."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fourfold.cli.answers import finding_dict, print_json, show
from fourfold.cli.questions import Area, AsAt, AsJson, From, Level, Stream, To, instant
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.near_repeats import Bands
    from fourfold.records.points import Points

commands = typer.Typer()
places = typer.Typer(help="Where and when: repeats, hours, hotspots, and where next.", no_args_is_help=True)
commands.add_typer(places, name="places")

MeasureOrNone = Annotated[str | None, typer.Argument(metavar="[MEASURE]", help="A measure, where no file is given.")]
ForceOrNone = Annotated[str | None, typer.Option("--force", "-f", help="The force, where no file is given.")]
Events = Annotated[
    Path | None, typer.Option(help="A file of events with the columns x, y and date, instead of the records held.")
]
Grid = Annotated[str, typer.Option(help="The grid that x and y of the file are on, as EPSG:27700.")]
Unit = Annotated[str | None, typer.Option(help="The unit of that grid: metres or feet; metres where it is not known.")]
Boundary = Annotated[
    Path | None, typer.Option(help="A GeoJSON file of polygons on the events' grid; events outside are left out.")
]
Until = Annotated[
    str | None, typer.Option(help="The day before which the last horizon ends; after the last event where none.")
]
Origins = Annotated[int, typer.Option(help="How many origins, a week apart.")]
Metric = Annotated[str, typer.Option(help="How distance is taken: euclidean or manhattan.")]
Cell = Annotated[float, typer.Option(help="The side of a square, in metres.")]
Horizon = Annotated[int, typer.Option(help="How many days are forecast.")]
Bricks = Annotated[bool, typer.Option("--bricks", help="Lay every other row half a square aside.")]
Closed = Annotated[str, typer.Option(help="right: bands (a, b], the first [0, b]. left: [a, b).")]


@places.command("repeats")
def repeats(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    boundary: Boundary = None,
    metres: Annotated[str, typer.Option(help="Upper ends of the bands of metres.")] = "0.1,100,200,300,400",
    days: Annotated[str, typer.Option(help="Upper ends of the bands of days.")] = "7,14,21,28",
    metric: Metric = "euclidean",
    closed: Closed = "right",
    calculator: Annotated[
        bool,
        typer.Option(
            "--calculator", help="Bands [a, b), their days labelled as the Near Repeat Calculator prints them."
        ),
    ] = False,
    shuffles: Annotated[int, typer.Option(help="Shuffles for p; 0 screens by exact mean and variance.")] = 999,
    seed: Annotated[int, typer.Option(help="The shuffles' seed.")] = 20221020,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Whether crime repeats near itself, within how many metres and days, and how sure that is."""
    from fourfold.analysis.near_repeats import near_repeats

    points = _points(measure, force, events, grid, unit, (first, last, area, level, stream, as_at), boundary=boundary)
    bands = _bands(metres, days, metric, "left" if calculator else closed, is_calculator=calculator)
    if shuffles < 0:
        raise RequestInvalid("There are no fewer than no shuffles.", remedy="Give 0 to screen, or 999.")
    show([near_repeats(points, bands, permutations=shuffles, seed=seed)], as_json)


@places.command("chains")
def chains(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    boundary: Boundary = None,
    metres: Annotated[float, typer.Option(help="How near linked events lie.")] = 200,
    days: Annotated[int, typer.Option(help="How soon linked events follow one another.")] = 14,
    metric: Metric = "euclidean",
    closed: Closed = "right",
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Each event with what came near it before and after, its chain, and whether it began none."""
    from dataclasses import asdict

    from fourfold.analysis.near_repeats import linked_events
    from fourfold.records.points import day_of

    points = _points(measure, force, events, grid, unit, (first, last, area, level, stream, as_at), boundary=boundary)
    bands = _bands(str(metres), str(days), metric, closed)
    rows = [
        {**asdict(one), "day": day_of(one.day).isoformat(), "watched_until": day_of(one.watched_until).isoformat()}
        for one in linked_events(points, bands, metres=metres, days=days)
    ]
    for note in points.notes:
        print(note, file=sys.stderr)
    if as_json:
        print_json(rows)
        return
    out = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


@places.command("hours")
def hours(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Annotated[
        Path | None, typer.Option(help="A file with the columns from and to, instead of the records held.")
    ] = None,
    zone: Annotated[
        str, typer.Option(help="The zone whose clock is meant, or wall: times as they stand.")
    ] = "Europe/London",
    open_ended: Annotated[str, typer.Option(help="Windows without an end: known, or left out.")] = "known",
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """At what hours of the week crimes were committed that are known only to lie between two times."""
    from fourfold.analysis import aoristic
    from fourfold.codes.periods import Window

    _one_source(measure, force, events)
    given: dict[str, Any]
    if events is not None:
        from fourfold.records.points import windows_of_file

        listed = windows_of_file(events, zone=zone)
        days = sorted(listed.windows["from"].drop_nulls().dt.date().to_list())
        given = {
            "title": f"Events of {events.name}", "area": "as listed", "as_at": instant(as_at),
            "window": Window(days[0], days[-1]), "batches": listed.batches, "sources": (events.name,),
            "notes": listed.notes,
        }  # fmt: skip
        windows = listed.windows
    else:
        from fourfold.analysis.placed_crimes import crime_windows
        from fourfold.cli.questions import records_of, scope_of, window_of
        from fourfold.codes.measures import measure as measure_named

        records, chosen = records_of(as_at), measure_named(str(measure))
        scope = scope_of(str(force), area, level, stream)
        window = window_of(records, chosen, scope, first, last)
        counted, windows = crime_windows(records, chosen, scope, window)
        given = {
            "title": chosen.title, "area": counted.area, "as_at": records.as_at, "window": window,
            "batches": counted.batches, "sources": counted.sources, "notes": counted.notes,
        }  # fmt: skip
    show([aoristic.hours(windows, zone=zone, open_ended=open_ended, **given)], as_json)  # type: ignore[arg-type]


@places.command("hotspots")
def hotspots(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    boundary: Boundary = None,
    cell: Cell = 250,
    bandwidth: Annotated[float, typer.Option(help="Metres within which the kernel density spreads an event.")] = 500,
    half_life: Annotated[
        float, typer.Option(help="Days after which an event counts half in the prospective map.")
    ] = 60,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Which squares hold more, with those around them, than chance would give them."""
    from fourfold.analysis import hotspots as analysis

    if not (bandwidth > 0 and half_life > 0):
        raise RequestInvalid("The bandwidth or the half-life is not above nought.", remedy="Give metres and days.")
    points = _points(measure, force, events, grid, unit, (first, last, area, level, stream, as_at), boundary=boundary)
    show([analysis.hotspots(points, cell, bandwidth=bandwidth, half_life=half_life)], as_json)


@places.command("forecast")
def forecast(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    origin: Annotated[str | None, typer.Option(help="The first day forecast; after the last event where none.")] = None,
    horizon: Horizon = 7,
    boundary: Boundary = None,
    cell: Cell = 250,
    bricks: Bricks = False,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How many crimes are expected in each square, from places and days alone; --json gives every square."""
    from fourfold import settings
    from fourfold.analysis import forecasts
    from fourfold.publications.register import registered
    from fourfold.records.points import METRES, unit_of

    asked = (first, last, area, level, stream, as_at)
    points = _points(measure, force, events, grid, unit, asked, from_the_first=True, boundary=boundary)
    made = forecasts.forecast(points, _origin(points, origin), horizon, cell, bricks=bricks)
    found = forecasts.forecast_finding(points, made)
    if not as_json:
        show([found], as_json)
        return
    registered(settings.opened_home(), [found])
    of_cells = unit_of(grid, unit) if events is not None else "metres"
    every = list(forecasts.cells(made, unit=METRES[of_cells]))
    outside = sum(float(one["expected"]) for one in every if not one["in_area"])
    print_json({**finding_dict(found), "unit_of_cells": of_cells, "expected_outside_area": outside, "cells": every})


@places.command("backtest")
def backtest(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    until: Until = None,
    origins: Origins = 26,
    horizon: Horizon = 7,
    boundary: Boundary = None,
    cell: Cell = 250,
    bricks: Bricks = False,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How well the forecast and the plain maps would have told where crime came, and which is to be shown."""
    from fourfold.analysis.backtests import backtest_finding

    _tested_at(origins)
    asked = (first, last, area, level, stream, as_at)
    points = _points(measure, force, events, grid, unit, asked, from_the_first=True, boundary=boundary)
    found = backtest_finding(
        points, cell, until=_origin(points, until), origins=origins, horizon=horizon, bricks=bricks
    )  # fmt: skip
    show([found], as_json)


@places.command("exposure")
def exposure(
    groups: Annotated[
        Path, typer.Option(help="A file with the columns x, y and group, as areas' middles and deciles.")
    ],
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    boundary: Boundary = None,
    until: Until = None,
    origins: Origins = 26,
    horizon: Horizon = 7,
    cell: Cell = 250,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """On which groups of areas flagged squares fall, beside what came there and how much was told."""
    from fourfold.analysis import exposure as analysis
    from fourfold.records.points import groups_of_file, unit_of

    _tested_at(origins)
    asked = (first, last, area, level, stream, as_at)
    points = _points(measure, force, events, grid, unit, asked, from_the_first=True, boundary=boundary)
    of_groups = unit_of(grid, unit) if events is not None else "metres"
    given = analysis.Groups(*groups_of_file(groups, unit=of_groups))
    found = analysis.exposure(points, given, cell, until=_origin(points, until), origins=origins, horizon=horizon)
    show([found], as_json)


@places.command("lattice")
def lattice(
    measure: MeasureOrNone = None,
    force: ForceOrNone = None,
    events: Events = None,
    grid: Grid = "EPSG:27700",
    unit: Unit = None,
    boundary: Boundary = None,
    cells: Annotated[str, typer.Option(help="The sides of squares to try, in metres.")] = "150,250,400",
    until: Until = None,
    origins: Origins = 13,
    horizon: Horizon = 7,
    first: From = None,
    last: To = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Which size and shape of squares the forecast tells most on, by trying them on the past."""
    from fourfold.analysis.backtests import lattice_finding

    try:
        sizes = [float(cell) for cell in cells.split(",")]
    except ValueError:
        raise RequestInvalid("The sides are not numbers.", remedy="Write them as --cells 150,250,400.") from None
    _tested_at(origins)
    asked = (first, last, area, level, stream, as_at)
    points = _points(measure, force, events, grid, unit, asked, from_the_first=True, boundary=boundary)
    show([lattice_finding(points, sizes, until=_origin(points, until), origins=origins, horizon=horizon)], as_json)


def _origin(points: Points, given: str | None) -> int:
    """The day (number) that is meant; the day after the last event where none is given. It must have come, or be tomorrow."""
    from datetime import date

    from fourfold.records.points import day_number

    if given is None:
        return int(points.day.max()) + 1
    try:
        asked = day_number(date.fromisoformat(given))
    except ValueError:
        raise RequestInvalid("That is not a day.", remedy="Write it as 2022-10-31.") from None
    if asked > day_number(points.as_at.date()) + 1:
        raise RequestInvalid(
            "That day has not come yet.", remedy="Give a day up to tomorrow: what is known until then is not known yet."
        )
    return asked


def _tested_at(origins: int) -> None:
    """Raise RequestInvalid for no origin at all."""
    if origins < 1:
        raise RequestInvalid("There is no origin to test at.", remedy="Give --origins 26, for half a year.")


def _one_source(measure: str | None, force: str | None, events: Path | None) -> None:
    """Raise RequestInvalid unless either a file or a measure and a force were named."""
    if events is not None and (measure or force):
        raise RequestInvalid("A file and a force were both given.", remedy="Give --events, or a measure and --force.")
    if events is None and not (measure and force):
        raise RequestInvalid(
            "It is not said which events are meant.", remedy="Give a measure and --force, or --events FILE."
        )


def _points(
    measure: str | None, force: str | None, events: Path | None, grid: str, unit: str | None, asked: tuple[str | None, ...],
    *, from_the_first: bool = False, boundary: Path | None = None,
) -> Points:  # fmt: skip
    """The events asked for: of a file, or of a measure of a force's records; `from_the_first` takes all months held by
    default, since what is learnt is learnt from the past."""
    first, last, area, level, stream, as_at = asked
    _one_source(measure, force, events)
    if boundary is not None and events is None:
        raise RequestInvalid(
            "A boundary is of a file of events.", remedy="Leave it out: the records know the force's own."
        )
    if events is not None:
        from fourfold.records.points import points_of_file

        return points_of_file(events, grid=grid, unit=unit, as_at=instant(as_at), boundary=boundary)
    from fourfold.analysis.placed_crimes import placed_crimes
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.measures import measure as measure_named

    records, chosen = records_of(as_at), measure_named(str(measure))
    scope = scope_of(str(force), area, level, stream)
    if from_the_first and first is None:
        from fourfold.analysis.volumes import held_months

        first = next((month.isoformat() for month in held_months(records, chosen, scope)), None)
    return placed_crimes(records, chosen, scope, window_of(records, chosen, scope, first, last))


def _bands(metres: str, days: str, metric: str, closed: str, *, is_calculator: bool = False) -> Bands:
    from fourfold.analysis.near_repeats import Bands

    try:
        return Bands(
            metres=tuple(float(end) for end in metres.split(",")),
            days=tuple(int(end) for end in days.split(",")),
            metric=metric,  # type: ignore[arg-type]
            closed=closed,  # type: ignore[arg-type]
            is_calculator=is_calculator,
        )
    except ValueError:
        raise RequestInvalid(
            "The bands are not numbers.", remedy="Write them as --metres 0.1,100,200 --days 7,14."
        ) from None
