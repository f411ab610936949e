"""Compliance items: how complete the force's records are in each thing that a compliance framework asks, item by item.

For an item that a field of a victim, crime or row holds, complete is what is filled in; where an empty field may be right the upper
bound takes it as complete. For an item that a contact or statement shows, complete is a victim of whom one is recorded; of the others
none may have been due, or one was made and not entered, so that the upper bound takes them all. An item that no field holds has no
number: it is held nowhere, which is not nought.
"""

from __future__ import annotations

import polars as pl

import fourfold
from fourfold.analysis.findings import Definition, Finding, Interval, Method, Table, Value
from fourfold.codes.areas import force as force_of
from fourfold.codes.compliance_items import ComplianceItem, compliance_items, items_version
from fourfold.codes.periods import Window
from fourfold.records.as_at import Records

NOWHERE, NOT_IMPORTED = "held nowhere", "its extract is not held"
VICTIMS = ("victim", "organisation")
COLUMNS = ("item", "right", "holds", "of", "n", "filled", "lower", "upper", "asks", "status", "finding")

_METHOD = Method(
    name="compliance item",
    text="Victims, crimes or rows in which the field says something (or of whom a row shows it), over all of them; the upper bound "
    "takes as complete what may rightly be empty or may have been done and not entered.",
)
_LIST = Method(
    name="compliance items",
    text="The items of the list, each with its own figure; counted are those that a field holds and an extract fills.",
)


def item_completeness(records: Records, force_id: str, item: ComplianceItem, window: Window) -> Finding:
    """How complete one item is of crimes recorded (or rows dated) in a window: kind "compliance item", its interval in %.

    Its value is None, its n the victims, crimes or rows; the parameters say how many are filled.
    """
    if not item.holds or not records.batches_of(item.table):
        why = NOT_IMPORTED if item.holds else NOWHERE
        return _finding(records, force_id, item, window, why=why)
    base, filled = _counted(records, force_id, item, window)
    return _finding(records, force_id, item, window, n=base, filled=filled)


def items_held(records: Records, force_id: str, window: Window) -> Finding:
    """Every item: kind "compliance items", its value how many are held, its n how many there are; a row each, COLUMNS."""
    parts = tuple(item_completeness(records, force_id, item, window) for item in compliance_items())
    rows = tuple(_row(item, one) for item, one in zip(compliance_items(), parts, strict=True))
    held = sum(one.parameters["filled"] is not None for one in parts)
    nowhere = sum(one.verdict == NOWHERE for one in parts)
    return _own_finding(
        records, force_id, window, kind="compliance items", title="Data items of the compliance framework", value=held, n=len(parts),
        unit="items", verdict=f"{held} of {len(parts)} are held; {nowhere} are held nowhere",
        method=_LIST, table=Table(columns=COLUMNS, rows=rows), parts=parts,
        definition=Definition(
            name="compliance items", version=items_version(), title="Data items", status="unconfirmed",
            text="What a compliance framework of the Victims' Code is known or expected to ask; each item says from where.",
            source="; ".join(dict.fromkeys(one.source for one in compliance_items())),
        ),
    )  # fmt: skip


def _row(item: ComplianceItem, one: Finding) -> tuple[Value, ...]:
    bounds = (one.interval.low, one.interval.high) if one.interval else (None, None)
    held = (
        item.holds
        if one.interval or not one.verdict
        else f"{item.holds or NOWHERE}" + (f" ({one.verdict})" if item.holds else "")
    )
    return (
        item.title,
        item.right,
        held,
        item.of,
        one.n,
        one.parameters.get("filled"),
        *bounds,
        item.asks,
        item.status,
        one.id,
    )


def _counted(records: Records, force_id: str, item: ComplianceItem, window: Window) -> tuple[int, int]:
    """Of how many it is asked, and of how many it is held."""
    says = pl.col(item.column).is_not_null()
    if item.shows:
        listed = pl.col(item.column).cast(pl.String).str.split(";").list.eval(pl.element().str.strip_chars())
        says &= listed.list.eval(pl.element().is_in(list(item.shows))).list.any()
    if item.of == "rows":
        day = pl.col(item.dated)
        own = records.table(item.table).filter(pl.col("force_id") == force_id)
        is_day = own.collect_schema()[item.dated] == pl.Date()
        within = (day if is_day else _day(item.dated)).is_between(window.first, window.last)
        for column, value in item.where.items():
            within &= pl.col(column) == value
        return _both(own.filter(within), says)
    crimes = _crimes(records, force_id, window)
    if item.of == "crimes":
        return _both(crimes, says)
    people = records.table("people").filter((pl.col("force_id") == force_id) & pl.col("role").is_in(list(VICTIMS)))
    victims = people.unique(["crime_ref", "person_ref"], keep="last", maintain_order=True).join(
        crimes, on="crime_ref", how="semi"
    )
    if item.table == "people":
        return _both(victims, says)
    shown = records.table(item.table).filter((pl.col("force_id") == force_id) & says).select("crime_ref", "person_ref")
    both = victims.select("crime_ref", "person_ref")
    named = both.join(shown, on=["crime_ref", "person_ref"], how="semi").select(pl.len()).collect().item()
    return int(both.select(pl.len()).collect().item()), int(named)


def _both(rows: pl.LazyFrame, says: pl.Expr) -> tuple[int, int]:
    n, filled = rows.select(pl.len(), says.sum().alias("filled")).collect().row(0)
    return int(n), int(filled or 0)


def _crimes(records: Records, force_id: str, window: Window) -> pl.LazyFrame:
    streams = sorted({b.stream for b in records.batches_of("crimes") if b.keyed_by})
    held = [records.table("crimes", one) for one in streams] or [records.table("crimes")]
    within = (pl.col("force_id") == force_id) & _day("recorded_at").is_between(window.first, window.last)
    wanted = ("crime_ref", "recorded_at", "reported_at")
    rows = pl.concat([one.filter(within).select(wanted) for one in held])
    return rows.unique("crime_ref", keep="last", maintain_order=True)


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone("Europe/London").dt.date()


def _finding(
    records: Records, force_id: str, item: ComplianceItem, window: Window, *, n: int = 0, filled: int = 0, why: str = ""
) -> Finding:  # fmt: skip
    is_open = item.may_be_none or (item.of == "victims" and item.table != "people")
    interval = None
    if n and not why:
        low = 100 * filled / n
        interval = Interval(
            low=low, high=100.0 if is_open else low, level=1.0, meaning="between these its completeness lies"
        )
    said = why or ("nothing of it in these months" if not n else f"{filled} of {n}")
    return _own_finding(
        records, force_id, window, kind="compliance item", title=item.title, value=None, n=n, unit="%", interval=interval,
        verdict=said, method=_METHOD, parameters={"filled": None if why else filled, "holds": item.holds or NOWHERE,
        "obligation": item.obligation},
        definition=Definition(
            name=f"compliance item {item.id}", version=items_version(), title=item.title, status=item.status, source=item.source,
            text=f"Of {item.of}: {item.holds or NOWHERE}{' says ' + ', '.join(item.shows) if item.shows else ''}.",
        ),
    )  # fmt: skip


def _own_finding(records: Records, force_id: str, window: Window, **said: object) -> Finding:
    given: dict[str, object] = {
        "windows": (window,), "area": force_of(force_id).name, "as_at": records.as_at, "code_version": fourfold.__version__,
        "batches": tuple(b.batch_id for b in records.standing if {i.table for i in compliance_items()} & set(b.tables)), **said,
    }  # fmt: skip
    return Finding(**given)  # type: ignore[arg-type]
