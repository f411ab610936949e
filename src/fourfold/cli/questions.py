"""What is asked of the command line: the options that commands share, read into instants, windows, scopes and records."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fourfold import settings
from fourfold.errors import NothingHeld, RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.volumes import Scope
    from fourfold.codes.periods import Window
    from fourfold.records.as_at import Records
    from fourfold.records.lake import Batch

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


def instant(text: str | None) -> datetime:
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


def records_of(as_at: str | None) -> Records:
    """The records of the home as they stood at the instant asked for."""
    from fourfold.records.as_at import records_as_at

    return records_as_at(settings.opened_home(), instant(as_at))


def scope_of(force: str, area: str | None, level: str | None, stream: str | None) -> Scope:
    """Whose crimes are asked for: a force's, or those placed in an area of it."""
    from fourfold.analysis.volumes import Scope
    from fourfold.codes import areas

    if area and not level:
        level = areas.layer_of(area)
    return Scope(force_id=areas.force(force).id, level=level, area_code=area, stream=stream)


def window_of(records: Records, measure: Any, scope: Scope, first: str | None, last: str | None) -> Window:
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


def paper_window(records: Records, scope: Scope, first: str | None, last: str | None) -> Window:
    """The window of a paper: by the first measure of a paper that the records can answer."""
    from fourfold.codes.measures import measure

    for name in ("residential_burglary", "police_uk_all_crime"):
        try:
            return window_of(records, measure(name), scope, first, last)
        except NothingHeld:
            continue
    raise NothingHeld("No records of that force are held.", remedy="Import them first; see `fourfold imports`.")


def batch_named(identity: str) -> Batch:
    """The batch of that identity, or of that beginning. Raises NothingHeld when there is none, or more than one."""
    from fourfold.records.lake import Lake

    found = Lake(settings.opened_home()).batch(identity)
    if found is None:
        raise NothingHeld("No batch of that identity is held.", remedy="See `fourfold imports` for the batches held.")
    return found
