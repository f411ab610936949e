"""The command line: thin, over imports, findings and publications. Every command has `--json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from fourfold import settings
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.findings import Finding
    from fourfold.analysis.volumes import Scope
    from fourfold.codes.periods import Window
    from fourfold.records.as_at import Records
    from fourfold.records.lake import Batch

UNEXPECTED = 70
"""The exit code of a fault of our own (EX_SOFTWARE of sysexits.h)."""

# Heavy rooms (frames, charts) are imported inside the commands that need them, so that `--help` answers at once.

app = typer.Typer(
    name="fourfold",
    help="Files in, figures out, a board paper. Records live in the folder that FOURFOLD_HOME names.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
AsAt = Annotated[
    str | None,
    typer.Option("--as-at", help="As the records stood then: a date (its end, UTC) or an instant. Default: now."),
]
Force = Annotated[str, typer.Option("--force", "-f", help="The force: an id or a name from `fourfold forces`.")]
From = Annotated[str | None, typer.Option("--from", help="First month or day: 2022-04, 2022-04-01.")]
To = Annotated[str | None, typer.Option("--to", help="Last month or day: 2022-10. Default: the last month held.")]
Area = Annotated[str | None, typer.Option("--area", help="Only rows placed in this area: its code, as E08000025.")]
Level = Annotated[str | None, typer.Option("--level", help="The area's layer, when its code alone does not tell.")]
Stream = Annotated[str | None, typer.Option("--stream", help="The supply to count from, where two hold the months.")]
MeasureName = Annotated[str, typer.Argument(metavar="MEASURE", help="A measure from `fourfold measures`.")]


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, gz, zip, XLSX, ODS, JSON or GeoJSON files.")],
    mapping: Annotated[Path | None, typer.Option(help="A mapping file, for a layout no contract knows.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The encoding, where it is known.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet's name, where a workbook has several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import files, each whole or not at all. The same file twice is one batch."""
    from fourfold.records.imports import Instructions, import_files
    from fourfold.records.suppliers.table import mapping_from_file

    instructions = Instructions(mapping=mapping_from_file(mapping) if mapping else None, encoding=encoding, sheet=sheet)
    with _progress("Importing", len(files), as_json) as advance:
        done = import_files(
            settings.opened_home(), files, clock=settings.now, instructions=instructions, progress=advance
        )
    if as_json:
        _print_json([{**i.batch.as_dict(), "is_new": i.is_new, "superseded_months": i.superseded} for i in done])
        return
    for imported in done:
        account = imported.batch.account
        state = "imported" if imported.is_new else "already held"
        print(
            f"{imported.batch.batch_id}  {state}  {imported.batch.file_name}: {account['kept']:,} {account['unit']}s "
            f"kept, {account['rejected']:,} rejected of {account['total']:,}"
        )
        for earlier, n in imported.superseded.items():
            print(f"    supersedes {n} force-month{'s' if n > 1 else ''} of {earlier}")
        if imported.is_new:
            _print_faults(imported.batch)


@app.command()
def imports(as_at: AsAt = None, as_json: AsJson = False) -> None:
    """The batches held, with their account: every line kept, rejected, blank, continuation or header."""
    from fourfold.records.as_at import records_as_at
    from fourfold.records.lake import Lake

    home, instant = settings.opened_home(), _instant(as_at)
    standing = {b.batch_id for b in records_as_at(home, instant).standing}
    held = [b for b in Lake(home).batches() if b.committed_at <= instant]
    if as_json:
        _print_json([{**b.as_dict(), "is_in_force": b.batch_id in standing} for b in held])
        return
    _print_table(
        ["batch", "file", "dataset", "committed (UTC)", "kept", "rejected", "in force"],
        [
            [b.batch_id, b.file_name, b.dataset, f"{b.committed_at:%Y-%m-%d %H:%M:%S}", f"{b.account['kept']:,}",
             f"{b.account['rejected']:,}", "yes" if b.batch_id in standing else "no"]
            for b in held
        ],
    )  # fmt: skip
    if not held:
        print("No batch is held as at that instant.")


@app.command()
def rejects(
    batch: Annotated[str, typer.Argument(help="The batch's identity, or its beginning.")],
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The lines of a file that were returned, each with its reason and remedy."""
    from fourfold.records.imports import rejects_of

    found = _batch(batch)
    if found.committed_at > _instant(as_at):
        raise NothingHeld("That batch was not held as at that instant.", remedy="Ask as at a later one.")
    rows = rejects_of(found)
    if not found.is_open:
        # The text of a line may name a victim: it is read in the file itself, by those who may.
        rows = rows.drop("raw")
    if as_json:
        _print_json({"batch": found.as_dict(), "rejects": rows.to_dicts()})
        return
    account = found.account
    print(f"{found.file_name}: {account['rejected']:,} of {account['total']:,} {account['unit']}s were returned.")
    for row in rows.iter_rows(named=True):
        span = f"line {row['line']}" if row["line"] == row["last_line"] else f"lines {row['line']}-{row['last_line']}"
        print(f"\n{span}  {row['code']}" + (f"  (column {row['column']})" if row["column"] else ""))
        print(f"  cause: {row['cause']}\n  remedy: {row['remedy']}")
        if row.get("raw"):
            print(f"  text: {_printable(row['raw'])}")


@app.command()
def withdraw(
    batch: Annotated[str, typer.Argument(help="The batch's identity, or its beginning.")],
    reason: Annotated[str, typer.Option(help="Why: it is kept with the batch.")],
    as_json: AsJson = False,
) -> None:
    """Take a batch out of every figure from now on: the undo of an import. Earlier figures keep it."""
    from fourfold.records.imports import withdraw as withdrawn

    found = withdrawn(settings.opened_home(), _batch(batch).batch_id, reason=reason, clock=settings.now)
    if as_json:
        _print_json(found.as_dict())
    else:
        print(f"{found.batch_id}  withdrawn  {found.file_name}. What it had superseded stands again.")


@app.command()
def measures(as_json: AsJson = False) -> None:
    """The measures that can be counted, each named, versioned and defined."""
    from dataclasses import asdict

    from fourfold.codes.measures import measures as all_measures

    held = all_measures()
    if as_json:
        _print_json([asdict(m) for m in held])
        return
    _print_table(["measure", "version", "title", "status"], [[m.id, m.version, m.title, m.status] for m in held])


@app.command()
def forces(as_json: AsJson = False) -> None:
    """The forces known, by id and name."""
    from dataclasses import asdict

    from fourfold.codes.areas import forces as all_forces

    if as_json:
        _print_json([asdict(f) for f in all_forces()])
    else:
        _print_table(["force", "name"], [[f.id, f.name] for f in all_forces()])


@app.command()
def count(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str | None, typer.Option(help="Split by month, code, or an area layer (lsoa11, ltla24 ...).")] = None,
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

    records, chosen, scope = _records(as_at), measure_named(measure), _scope(force, area, level, stream)
    window = _window(records, chosen, scope, first, last)
    finding = (
        volumes.breakdown(records, chosen, scope, window, by) if by else volumes.count(records, chosen, scope, window)
    )
    shown = [finding]
    if per_residents:
        residents = volumes.population(records, scope, window.last)
        shown.append(volumes.rate(volumes.count(records, chosen, scope, window), residents))
    if area or (by and by not in ("month", "code")):
        shown.append(volumes.unplaced(records, chosen, scope, window))
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    _show(shown, as_json)


@app.command()
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

    records, chosen, scope = _records(as_at), measure_named(measure), _scope(force, area, level, stream)
    window = _window(records, chosen, scope, first, last)
    _show([compared(records, chosen, scope, window, against)], as_json)


@app.command()
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

    records, scope = _records(as_at), _scope(force, area, level, stream)
    series = volumes.series(records, measure_named(measure), scope)
    if expected_from:
        finding = control_charts.seasonal_expectation(series, parse_month(expected_from))
    else:
        finding = control_charts.control_chart(series, [parse_month(m) for m in rebase or ()], screened=screened)
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    _show([finding], as_json)


@app.command()
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

    records, chosen, scope = _records(as_at), measure_named(measure), _scope(force, None, None, stream)
    window = _window(records, chosen, scope, first, last)
    by_area = volumes.breakdown(records, chosen, scope, window, layer)
    every = areas_of_force(records, scope.force_id, layer)
    _show([concentrated(by_area, every), volumes.unplaced(records, chosen, scope, window)], as_json)


@app.command("map")
def map_(
    measure: MeasureName,
    force: Force,
    out: Annotated[Path, typer.Option(help="The map to write: .svg or .png; its table goes beside it as .csv.")],
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward22, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    per_residents: Annotated[bool, typer.Option("--rate", help="Per 1,000 residents, where they are held.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """A map of counts or rates by area, with its classes, its table and the rows that have no place."""
    from fourfold.analysis import volumes
    from fourfold.codes.measures import measure as measure_named
    from fourfold.publications.maps import area_map, written_map
    from fourfold.records.places import shapes_of

    records, chosen, scope = _records(as_at), measure_named(measure), _scope(force, None, None, None)
    window = _window(records, chosen, scope, first, last)
    by_area = volumes.breakdown(records, chosen, scope, window, layer)
    shapes = shapes_of(records, scope.force_id, layer)
    unplaced = volumes.unplaced(records, chosen, scope, window)
    rates = volumes.rates_by_area(records, by_area, scope, layer) if per_residents else None
    drawn = area_map(by_area, shapes, unplaced, rates=rates)
    files = written_map(drawn, out)
    if as_json:
        _print_json({"files": [str(f) for f in files], "alternative": drawn.alternative, "unplaced": drawn.unplaced})
        return
    print(drawn.alternative)
    print(drawn.unplaced)
    for path in files:
        print(path)


@app.command()
def outcomes(
    measure: MeasureName,
    force: Force,
    first: From = None,
    last: To = None,
    basis: Annotated[
        str, typer.Option(help="assigned, cohort, cohorts (every month's, at each age) or time.")
    ] = "assigned",
    age: Annotated[int, typer.Option(help="A cohort's age in whole months: 3, 6 or 12.")] = 6,
    with_tic: Annotated[bool, typer.Option(help="With offences taken into consideration, or without.")] = True,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Positive outcomes: assigned in a period, or of a cohort at a fixed age. The two are never mixed."""
    from fourfold.analysis import outcome_rates
    from fourfold.codes.measures import measure as measure_named
    from fourfold.codes.outcomes import outcome_measure

    records, crime, scope = _records(as_at), measure_named(measure), _scope(force, None, None, None)
    positive = outcome_measure()
    if basis == "cohorts":
        finding = outcome_rates.cohorts(records, crime, scope, positive, with_tic=with_tic)
    elif basis == "cohort":
        window = _window(records, crime, scope, first, last)
        finding = outcome_rates.cohort_rate(records, crime, scope, window, age, positive, with_tic=with_tic)
    elif basis == "assigned":
        window = _window(records, crime, scope, first, last)
        finding = outcome_rates.assigned_rate(records, crime, scope, window, positive, with_tic=with_tic)
    elif basis == "time":
        window = _window(records, crime, scope, first, last)
        finding = outcome_rates.time_to_outcome(records, crime, scope, window, positive, with_tic=with_tic)
    else:
        raise RequestInvalid("There is no such basis.", remedy="Use --basis assigned, cohort, cohorts or time.")
    _show([finding], as_json)


@app.command()
def scan(
    force: Force,
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward24, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as .ods, .xlsx or .csv.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What has changed, area by area and category by category, the greatest changes first, few of them false."""
    from fourfold.analysis import volumes
    from fourfold.analysis.scans import scan as scanned
    from fourfold.codes.measures import measure as measure_named
    from fourfold.records.places import area_names, areas_of_force

    records, scope = _records(as_at), _scope(force, None, None, None)
    every_category = measure_named("police_uk_categories")
    window = _window(records, every_category, scope, first, last)
    grid = volumes.monthly_grid(records, every_category, scope, layer)
    finding = scanned(grid, areas_of_force(records, scope.force_id, layer), area_names(records, layer), window)
    if out:
        from fourfold.publications.tables import written_table

        written_table(finding, out)
    _show([finding, volumes.unplaced(records, every_category, scope, window)], as_json)


@app.command()
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
    recounted_as_at = _instant(as_at) if as_at else None
    traces = [
        traced(home, found, recounted_as_at)
        for found in top.walk()
        if found.kind == "count" and found.selection is not None
    ]
    limit = None if every_line else 10
    if as_json:
        _print_json({"finding": {"id": top.id, **top.as_dict()}, "counts": [_trace_dict(t, limit) for t in traces]})
        return
    _print_finding(top)
    _print_provenance(top)
    for found in traces:
        agrees = "as printed" if found.agrees else "NOT as printed: rows have been erased or withdrawn since"
        print(f"\n{found.finding.title}, {found.finding.windows[0].label}: {found.recounted:,} ({agrees})")
        print(f"  finding {found.finding.id}")
        for part in found.batches:
            shown = part.lines[:limit]
            more = "" if len(shown) == len(part.lines) else f" ... and {len(part.lines) - len(shown):,} more (--all)"
            print(f"  batch {part.batch.batch_id}, {part.batch.file_name}: {part.figure:,} from")
            print(f"    line{'s' if len(part.lines) > 1 else ''} {_ranges(shown)}{more}")
            if text and part.batch.is_open:
                for number, line in lines_of(part.batch, shown):
                    print(f"    {number}: {_printable(line)}")


@app.command()
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
    """Write a board paper: HTML to read, ODS to check, every number traceable."""
    from fourfold.codes.periods import parse_day
    from fourfold.publications.paper import FrontPage, written_paper

    records, scope = _records(as_at), _scope(force, None, None, None)
    front = FrontPage(
        board=board, meeting=parse_day(meeting) if meeting else None, priority=priority, title=title,
        presenter=presenter,
    )  # fmt: skip
    with _progress("Writing the paper", None, as_json):
        done = written_paper(records, scope.force_id, _paper_window(records, scope, first, last), front, out)
    if as_json:
        _print_json({"files": [str(p) for p in done.files], "headlines": [_finding_dict(f) for f in done.headlines]})
        return
    for headline in done.headlines:
        print(_sentence(headline))
    for path in done.files:
        print(path)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; a fault a user can mend is one screen on standard error, and its own exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(given, standalone_mode=True)
    except FourfoldError as fault:
        if "--json" in given:
            print(json.dumps(fault.as_dict(), ensure_ascii=False))
        else:
            print(f"fourfold: {fault.kind}\n{fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
    except Exception as fault:
        _confess(fault, "--json" in given)
        sys.exit(UNEXPECTED)
    sys.exit(0)


def _confess(fault: Exception, as_json: bool) -> None:
    """Say that the fault is ours, and where in the program, without its message, which might quote a record."""
    where = [
        f"{frame.filename.rpartition('fourfold/')[2]}:{frame.lineno}" for frame in extract_tb(fault.__traceback__)[-4:]
    ]
    said = {
        "error": "unexpected",
        "exit_code": UNEXPECTED,
        "cause": f"A fault of Fourfold's own ({type(fault).__name__} at {' < '.join(reversed(where))}).",
        "remedy": "Report it with this line. What was committed before stands, and nothing is half done.",
    }
    if as_json:
        print(json.dumps(said))
    else:
        print(f"fourfold: unexpected\ncause: {said['cause']}\nremedy: {said['remedy']}", file=sys.stderr)


def _instant(text: str | None) -> datetime:
    """An as-at instant: a date stands for its end. Text without a zone is UTC."""
    if text is None:
        return settings.now()
    try:
        if len(text) <= len("2022-10-31"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise RequestInvalid(
            "--as-at is not a date or an instant.", remedy="Write 2022-10-31 or 2022-10-31T09:30:00+00:00."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _records(as_at: str | None) -> Records:
    from fourfold.records.as_at import records_as_at

    return records_as_at(settings.opened_home(), _instant(as_at))


def _scope(force: str, area: str | None, level: str | None, stream: str | None) -> Scope:
    from fourfold.analysis.volumes import Scope
    from fourfold.codes import areas

    if area and not level:
        level = areas.layer_of(area)
    return Scope(force_id=areas.force(force).id, level=level, area_code=area, stream=stream)


def _window(records: Records, measure: Any, scope: Scope, first: str | None, last: str | None) -> Window:
    """The window asked for; without an end the last month held, without a start the financial year to that end."""
    from fourfold.analysis import volumes
    from fourfold.codes.periods import month_end, parse_window, year_to_date

    if first and last:
        return parse_window(first, last)
    end = parse_window(last, last).last if last else None
    if end is None:
        held = volumes.held_months(records, measure, scope)
        if not held:
            raise NothingHeld("No records of that force and measure are held.", remedy="Import them first.")
        end = month_end(held[-1])
    return parse_window(first, end.isoformat()) if first else year_to_date(end)


def _paper_window(records: Records, scope: Scope, first: str | None, last: str | None) -> Window:
    from fourfold.codes.measures import measure

    for name in ("residential_burglary", "police_uk_all_crime"):
        try:
            return _window(records, measure(name), scope, first, last)
        except NothingHeld:
            continue
    raise NothingHeld("No records of that force are held.", remedy="Import them first; see `fourfold imports`.")


def _batch(identity: str) -> Batch:
    from fourfold.records.lake import Lake

    found = Lake(settings.opened_home()).batch(identity)
    if found is None:
        raise NothingHeld("No batch of that identity is held.", remedy="See `fourfold imports` for the batches held.")
    return found


def _show(findings: Iterable[Finding], as_json: bool) -> None:
    """Print findings and enter them in the register, so that what was seen can be traced."""
    from fourfold.publications.register import registered

    shown = list(findings)
    registered(settings.opened_home(), shown)
    if as_json:
        _print_json([_finding_dict(f) for f in shown] if len(shown) > 1 else _finding_dict(shown[0]))
        return
    for finding in shown:
        _print_finding(finding)


def _finding_dict(finding: Finding) -> dict[str, Any]:
    return {"id": finding.id, **finding.as_dict()}


def _sentence(finding: Finding) -> str:
    from fourfold.publications.sentences import plain_sentence

    return plain_sentence(finding)


def _print_finding(finding: Finding) -> None:
    print(_sentence(finding))
    if finding.table is not None:
        _print_table(
            list(finding.table.columns),
            [[_cell(v) for v in row] for row in finding.table.rows],
        )
    for note in finding.notes:
        print(f"  note: {note}")
    print(f"  finding {finding.id}, as at {finding.as_at:%Y-%m-%d %H:%M:%S} UTC; `fourfold trace {finding.id}`")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if isinstance(value, float) else str(value)


def _print_provenance(finding: Finding) -> None:
    definition = finding.definition
    print(f"\nDefinition: {definition.title} ({definition.name}, version {definition.version}, {definition.status})")
    print(f"  {definition.text}")
    print(f"  codes: {', '.join(definition.codes) or 'all'}")
    print(f"  code lists: {', '.join(f'{name} {version}' for name, version in finding.code_lists.items()) or 'none'}")
    print(f"Method: {finding.method.text} {finding.method.source}".rstrip())
    print(f"Sources: {'; '.join(finding.sources)}")


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


def _print_faults(batch: Batch) -> None:
    for fault, n in batch.flags.items():
        print(f"    kept and flagged: {n:,} with {fault}")
    for column, n in batch.unparsed.items():
        print(f"    kept as raw text: {n:,} unreadable in {column}")
    if batch.account["rejected"]:
        print(f"    see `fourfold rejects {batch.batch_id}`")
    for note in batch.notes:
        print(f"    note: {note}")


def _counts_of(top: Finding) -> list[Finding]:
    """The findings that rest on rows of their own: the counts behind a figure, or the series or table itself."""
    counts = [found for found in top.walk() if found.kind == "count" and found.selection is not None]
    return counts or [found for found in top.walk() if found.selection is not None]


def _ranges(lines: Sequence[int]) -> str:
    """Line numbers with runs closed up: 2-5, 9."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _printable(text: str) -> str:
    """Text that cannot steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:500])


def _print_json(plain: Any) -> None:
    print(json.dumps(plain, indent=2, ensure_ascii=False, default=str))


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(str(cell)) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, ["-" * w for w in widths], *rows):
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


class _progress:  # noqa: N801 - used as a function
    """A bar on standard error when a person is watching, and nothing otherwise."""

    def __init__(self, title: str, total: int | None, is_silent: bool) -> None:
        self.title, self.total = title, total
        self.is_shown = not is_silent and sys.stderr.isatty()

    def __enter__(self) -> Any:
        if not self.is_shown:
            return lambda _: None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self.bar.start()
        task = self.bar.add_task(self.title, total=self.total)
        return lambda _: self.bar.advance(task)

    def __exit__(self, *_: object) -> None:
        if self.is_shown:
            self.bar.stop()


if __name__ == "__main__":
    main()
