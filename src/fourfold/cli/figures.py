"""Commands that answer with Findings: counts, changes, charts, scans, maps, outcome rates, and the trace of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fourfold import settings
from fourfold.cli.answers import (
    print_finding,
    print_json,
    print_provenance,
    print_table,
    printable,
    ranges,
    show,
)
from fourfold.cli.questions import (
    Area,
    AsAt,
    AsJson,
    Force,
    From,
    Level,
    MeasureName,
    Stream,
    To,
    instant,
    records_of,
    scope_of,
    window_of,
)
from fourfold.errors import RequestInvalid

commands = typer.Typer()


@commands.command()
def measures(as_json: AsJson = False) -> None:
    """The measures that can be counted, each named, versioned and defined."""
    from dataclasses import asdict

    from fourfold.codes.measures import measures as all_measures

    held = all_measures()
    if as_json:
        print_json([asdict(m) for m in held])
        return
    print_table(["measure", "version", "title", "status"], [[m.id, m.version, m.title, m.status] for m in held])


@commands.command()
def forces(as_json: AsJson = False) -> None:
    """The forces known, by id and name."""
    from dataclasses import asdict

    from fourfold.codes.areas import forces as all_forces

    if as_json:
        print_json([asdict(f) for f in all_forces()])
    else:
        print_table(["force", "name"], [[f.id, f.name] for f in all_forces()])


@commands.command()
def count(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Split by month, code, an area layer (lsoa11, ltla24 ...), or of fraud by age or victim_type."
        ),
    ] = None,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    per_residents: Annotated[bool, typer.Option("--rate", help="Also per 1,000 residents.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as .ods, .xlsx or .csv.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How many crimes of a measure were recorded in a window."""
    from fourfold.analysis import volumes
    from fourfold.codes.measures import measure as measure_named

    records, chosen, scope = records_of(as_at), measure_named(measure), scope_of(force, area, level, stream)
    window = window_of(records, chosen, scope, first, last)
    finding = (
        volumes.breakdown(records, chosen, scope, window, by) if by else volumes.count(records, chosen, scope, window)
    )
    shown = [finding]
    if per_residents:
        residents = volumes.population(records, scope, window.last)
        shown.append(volumes.rate(volumes.count(records, chosen, scope, window), residents))
    if area or (by and by not in ("month", "code", "age", "victim_type")):
        shown.append(volumes.unplaced(records, chosen, scope, window))
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    show(shown, as_json)


@commands.command()
def change(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    against: Annotated[
        str, typer.Option(help="previous-year, rolling-12, or a baseline year such as 2019/20.")
    ] = "previous-year",
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """A window against the same window of another year, judged by the series' own variation."""
    from fourfold.analysis.comparisons import compared
    from fourfold.codes.measures import measure as measure_named

    records, chosen, scope = records_of(as_at), measure_named(measure), scope_of(force, area, level, stream)
    window = window_of(records, chosen, scope, first, last)
    show([compared(records, chosen, scope, window, against)], as_json)


@commands.command()
def chart(
    measure: MeasureName,
    force: Force,
    rebase: Annotated[
        list[str] | None, typer.Option(help="A declared month from which the limits start anew; may be given again.")
    ] = None,
    expected_from: Annotated[
        str | None, typer.Option(help="From this month on, against each calendar month's own expectation.")
    ] = None,
    screened: Annotated[bool, typer.Option(help="Leave moving ranges that are themselves exceptional out.")] = False,
    area: Area = None,
    level: Level = None,
    stream: Stream = None,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as .ods, .xlsx or .csv.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """A control chart: month by month against limits made of the series' own variation."""
    from fourfold.analysis import control_charts, volumes
    from fourfold.codes.measures import measure as measure_named
    from fourfold.codes.periods import parse_month

    records, scope = records_of(as_at), scope_of(force, area, level, stream)
    series = volumes.series(records, measure_named(measure), scope)
    if expected_from:
        finding = control_charts.seasonal_expectation(series, parse_month(expected_from))
    else:
        finding = control_charts.control_chart(series, [parse_month(m) for m in rebase or ()], screened=screened)
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    show([finding], as_json)


@commands.command()
def concentration(
    measure: MeasureName,
    force: Force,
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward24, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How few places hold a quarter, and a half, of crime, beside what chance alone would give."""
    from fourfold.analysis import volumes
    from fourfold.analysis.concentration import concentration as concentrated
    from fourfold.codes.measures import measure as measure_named
    from fourfold.records.places import areas_of_force

    records, chosen, scope = records_of(as_at), measure_named(measure), scope_of(force, None, None, stream)
    window = window_of(records, chosen, scope, first, last)
    by_area = volumes.breakdown(records, chosen, scope, window, layer)
    every = areas_of_force(records, scope.force_id, layer)
    show([concentrated(by_area, every), volumes.unplaced(records, chosen, scope, window)], as_json)


@commands.command()
def losses(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    largest: Annotated[bool, typer.Option(help="Also the references of the largest losses, to be checked.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as .ods, .xlsx or .csv.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What victims of fraud lost: sums, means, medians, and what the few largest losses do to them."""
    from fourfold.analysis.losses import largest_losses
    from fourfold.analysis.losses import losses as losses_of
    from fourfold.codes.measures import measure as measure_named

    records, chosen, scope = records_of(as_at), measure_named(measure), scope_of(force, None, None, None)
    window = window_of(records, chosen, scope, first, last)
    finding = losses_of(records, chosen, scope, window)
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    show([finding], as_json)
    if largest and not as_json:
        for one in largest_losses(records, chosen, scope, window):
            print(f"  to be checked: {one.report_ref}, {one.loss_pence / 100:,.2f} pounds")


@commands.command("map")
def map_(
    measure: MeasureName,
    force: Force,
    out: Annotated[Path, typer.Option(help="The map to write: .svg or .png; its table goes beside it as .csv.")],
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward22, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    per_residents: Annotated[bool, typer.Option("--rate", help="Per 1,000 residents, where they are held.")] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="Also a map of the change from previous-year, or a year such as 2019/20; may be given again."
        ),
    ] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """A map of counts or rates by area, with its classes, its table and the rows that have no place.

    With --against, a map a window in the same classes, side by side, and a map of the change.
    """
    from fourfold.analysis import volumes
    from fourfold.analysis.comparisons import compared_by_area
    from fourfold.codes.measures import measure as measure_named
    from fourfold.publications.maps import area_map, change_map, written_map
    from fourfold.records.places import shapes_of

    records, chosen, scope = records_of(as_at), measure_named(measure), scope_of(force, None, None, None)
    window = window_of(records, chosen, scope, first, last)
    shapes = shapes_of(records, scope.force_id, layer)
    drawn: Any
    if against:
        changes = compared_by_area(records, chosen, scope, window, layer, against, per_residents=per_residents)
        drawn = change_map(changes, shapes, [volumes.unplaced(records, chosen, scope, one) for one in changes.windows])
    else:
        by_area = volumes.breakdown(records, chosen, scope, window, layer)
        rates = volumes.rates_by_area(records, by_area, scope, layer) if per_residents else None
        drawn = area_map(by_area, shapes, volumes.unplaced(records, chosen, scope, window), rates=rates)
    files = written_map(drawn, out)
    if as_json:
        print_json({"files": [str(f) for f in files], "alternative": drawn.alternative, "unplaced": drawn.unplaced})
        return
    print(drawn.alternative)
    print(drawn.unplaced)
    for path in files:
        print(path)


@commands.command()
def outcomes(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    basis: Annotated[
        str, typer.Option(help="assigned, cohort, cohorts (every month's, at each age) or time.")
    ] = "assigned",
    age: Annotated[
        int | None,
        typer.Option(help="A cohort's age: in days (90, 180, 365), or in whole months (3, 6, 12) of police.uk."),
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="What counts as positive: a measure of outcomes. Default: by what is held.")
    ] = None,
    with_tic: Annotated[bool, typer.Option(help="With offences taken into consideration, or without.")] = True,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Positive outcomes: assigned in a period, or of a cohort at a fixed age. The two are never mixed."""
    from fourfold.analysis import outcome_rates
    from fourfold.codes.measures import measure as measure_named
    from fourfold.codes.outcomes import outcome_measure

    records, crime, scope = records_of(as_at), measure_named(measure), scope_of(force, None, None, None)
    outcome = outcome_measure(positive) if positive else outcome_rates.usual_outcome_measure(records, crime, scope)
    age = age or outcome_rates.outcome_supply(records, scope, outcome).ages[1]
    if basis == "cohorts":
        finding = outcome_rates.cohorts(records, crime, scope, outcome, with_tic=with_tic)
    elif basis == "cohort":
        window = window_of(records, crime, scope, first, last)
        finding = outcome_rates.cohort_rate(records, crime, scope, window, age, outcome, with_tic=with_tic)
    elif basis == "assigned":
        window = window_of(records, crime, scope, first, last)
        finding = outcome_rates.assigned_rate(records, crime, scope, window, outcome, with_tic=with_tic)
    elif basis == "time":
        window = window_of(records, crime, scope, first, last)
        finding = outcome_rates.time_to_outcome(records, crime, scope, window, outcome, with_tic=with_tic)
    else:
        raise RequestInvalid("There is no such basis.", remedy="Use --basis assigned, cohort, cohorts or time.")
    show([finding], as_json)


@commands.command()
def scan(
    force: Force,
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward24, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    only: Annotated[
        str | None, typer.Option("--of", help="Where one category rose most: vehicle-crime. Judged among all.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as .ods, .xlsx or .csv.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What has changed, area by area and category by category, the greatest changes first, few of them false."""
    from fourfold.analysis import scans, volumes
    from fourfold.codes.measures import measure as measure_named
    from fourfold.records.places import area_names, areas_of_force

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    every_category = measure_named("police_uk_categories")
    window = window_of(records, every_category, scope, first, last)
    grid = volumes.monthly_grid(records, every_category, scope, layer)
    given = (areas_of_force(records, scope.force_id, layer), area_names(records, layer), window)
    if only:
        ranked = scans.rises(grid, *given)
        if only not in ranked:
            raise RequestInvalid(
                "No crime of that category is held.", remedy=f"Use one of: {', '.join(sorted(ranked))}."
            )
        finding = ranked[only]
    else:
        finding = scans.scan(grid, *given)
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    show([finding, volumes.unplaced(records, every_category, scope, window)], as_json)


@commands.command()
def trace(
    finding: Annotated[str, typer.Argument(help="A finding's identity, from the paper's annex or a command.")],
    every_line: Annotated[bool, typer.Option("--all", help="Every line, not the first ten of each file.")] = False,
    text: Annotated[bool, typer.Option("--text", help="The lines themselves, from files of open data.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Follow a figure to its counts, its definition and code lists, its batches and the lines of their files."""
    from fourfold.publications.register import finding_named, traced
    from fourfold.records.originals import lines_of

    home = settings.opened_home()
    top = finding_named(home, finding)
    recounted_as_at = instant(as_at) if as_at else None
    traces = [
        traced(home, found, recounted_as_at)
        for found in top.walk()
        if found.kind == "count" and found.selection is not None
    ]
    limit = None if every_line else 10
    if as_json:
        print_json({"finding": {"id": top.id, **top.as_dict()}, "counts": [_trace_dict(t, limit) for t in traces],
                    "erased_since": _erased_since(home, top)})  # fmt: skip
        return
    print_finding(top)
    print_provenance(top)
    for why in _erased_since(home, top):
        print(f"\n{why}")
    for found in traces:
        agrees = "as printed" if found.agrees else "NOT as printed: rows have been erased or withdrawn since"
        print(f"\n{found.finding.title}, {found.finding.windows[0].label}: {found.recounted:,} ({agrees})")
        print(f"  finding {found.finding.id}")
        for part in found.batches:
            shown = part.lines[:limit]
            more = "" if len(shown) == len(part.lines) else f" ... and {len(part.lines) - len(shown):,} more (--all)"
            print(f"  batch {part.batch.batch_id}, {part.batch.file_name}: {part.figure:,} from")
            print(f"    line{'s' if len(part.lines) > 1 else ''} {ranges(shown)}{more}")
            if text and part.batch.is_open:
                for number, line in lines_of(part.batch, shown):
                    print(f"    {number}: {printable(line)}")


def _erased_since(home: Path, finding: Any) -> list[str]:
    """Why the figure may not come out as it was printed: who was erased from its files since."""
    from fourfold.records.erasure import explanation

    return list(explanation(finding.batches, home))


def _trace_dict(found: Any, limit: int | None) -> dict[str, Any]:
    return {
        "finding": found.finding.id,
        "title": found.finding.title,
        "window": found.finding.windows[0].label,
        "value": found.finding.value,
        "recounted": found.recounted,
        "agrees": found.agrees,
        "batches": [
            {
                "batch": part.batch.batch_id, "file": part.batch.file_name, "figure": part.figure,
                "n_lines": len(part.lines), "lines": list(part.lines[:limit]),
            }
            for part in found.batches
        ],
    }  # fmt: skip
