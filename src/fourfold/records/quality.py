"""Quality: what stands in each field of a force's own records, and which figures its empty cells leave unknown.

Nothing here is judged and nothing is mended: cells are counted, by what they say.

recorded         something that answers.
unknown          a word that says nobody knew; refused: a word that says the person would not tell.
not recorded     empty, or a mark typed to get past the field.
unreadable       text that would not parse: kept as raw text beside its null.
invalid          of what is recorded, what is on no list or was spoilt on its way.
not applicable   the field is not for this row (`codes/gaps`), or a word says so.

Cells of personal columns are counted by whether they are empty, never by what stands in them. Whose records lack a field is
a sight of records: it goes through `records/access`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, reduce
from operator import add, and_, or_
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from fourfold.codes import gaps
from fourfold.codes.gaps import NOT_APPLICABLE, NOT_RECORDED, REFUSED, UNKNOWN, Ask, FieldRule, Gap, Words
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window, months
from fourfold.errors import CodeUnknown, NothingHeld
from fourfold.records.access import Asking, Gate, line_key
from fourfold.records.as_at import Records, stands_as_crime
from fourfold.records.corrections import REPLACED
from fourfold.records.lake import SCHEMAS, Batch
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import NOT_IN_FILE, PERSONAL, Contract
from fourfold.records.suppliers.fields import LONDON, Field

STATES = ("recorded", "unknown", "refused", "not_recorded", "unreadable", "invalid", "not_applicable")
"""What a cell may say; `invalid` ones are among the recorded."""
COUNTS: dict[str, pl.DataType] = {
    "table": pl.String(), "field": pl.String(), "month": pl.Date(), "unit": pl.String(), "team": pl.String(),
    "rows": pl.Int64(), **dict.fromkeys(STATES, pl.Int64()),
}  # fmt: skip
"""One row a field, month, unit and team; month, unit and team are null where they are not known."""
LACKING: dict[str, Any] = {
    "crime_ref": pl.String, "unit": pl.Categorical, "team": pl.Categorical, "officer_ref": pl.String, "says": pl.Categorical,
    "batch_id": pl.Categorical, "line_number": pl.Int64,
}  # fmt: skip
"""A record that lacks a field: whose it is, what its cell says, and where it stands."""
NO, NOT_KNOWN, YES = 0, 1, 2
"""An answer, so that of several that must all be yes the least speaks, and of several of which one must, the greatest."""
NO_ROW = "(no row of such a person or thing)"
"""Stands among the fields that lack where a crime has no row that could be asked."""
_KEPT_OUT = ("force", "force_id")


@dataclass(frozen=True)
class Feedback:
    """The records that lack a field (crime_ref, unit, team, officer_ref, says, batch_id, line_number), some of `total`."""

    rows: pl.DataFrame
    total: int


@dataclass(frozen=True)
class Quality:
    """The records of one force, seen by what stands in their fields."""

    records: Records
    force_id: str

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables that the force's own extracts fill and that are held, in the order of the contracts."""
        named = dict.fromkeys(c.table for c in catalogue.contracts() if c.key)
        return tuple(name for name in named if self._keyed.batches_of(name))

    @property
    def last_month(self) -> date:
        """The last month that a file of the force speaks for. Raises NothingHeld where none is held."""
        held = [month for batch in self._keyed.standing for month in batch.coverage.get(self.force_id, ())]
        if not held:
            raise NothingHeld("No records of that force's own systems are held.", remedy="Import them first.")
        return max(held)

    def fields_of(self, table: str) -> tuple[Field, ...]:
        """The fields of a table, each once, whichever layout it comes by."""
        found = {f.into: f for c in _contracts(table) for f in c.fields if f.into not in _KEPT_OUT}
        return tuple(found.values())

    def never_sent(self, table: str) -> frozenset[str]:
        """The fields that no file of the table that stands has a column for: not extracted, whatever was recorded."""
        sent = [_lacking(batch) for batch in self._keyed.batches_of(table)]
        return frozenset.intersection(*sent) if sent else frozenset()

    def counts(self, tables: Iterable[str] | None = None, window: Window | None = None) -> pl.DataFrame:
        """Every field's cells, counted by what they say: COUNTS. Of all tables and months, or of some; rows by their own month.

        Rows of crimes that were cancelled or transferred are left out: nobody need complete them. A row's unit is that of
        its crime, its team its own where it has one.
        """
        named = None if tables is None else set(tables)
        found = [self._counted(name, window) for name in self.tables if named is None or name in named]
        return pl.concat([pl.DataFrame(schema=COUNTS), *found])

    def answers(self, gap: Gap, window: Window) -> pl.DataFrame:
        """How many answers of a gap's figure are no, not known and yes, in a window.

        Columns: answer (NO, NOT_KNOWN, YES), group (of a figure of groups: what is recorded), lacks (the fields that lack,
        sorted; empty where it is known), is_removable (whether filling those in would answer it: nobody refused), n.
        Raises NothingHeld where the table is not held.
        """
        return self.every_answer([gap], window)[0]

    def every_answer(self, wanted: Sequence[Gap], window: Window) -> list[pl.DataFrame]:
        """The answers of several gaps, looked up together."""
        lacking = [gap for gap in wanted if (gap.id, window) not in self._told]
        for gap, told in zip(lacking, pl.collect_all([self._answers(gap, window) for gap in lacking]), strict=True):
            self._told[gap.id, window] = told
        return [self._told[gap.id, window] for gap in wanted]

    def to_fill_in(self, wanted: Sequence[Gap], window: Window) -> dict[str, int]:
        """Of each field that gaps ask: in how many rows that any of them asks it is not recorded. A row counts once."""
        found: dict[str, int] = {}
        for table in dict.fromkeys(gap.table for gap in wanted):
            asked: dict[str, list[pl.Expr]] = {}
            for gap in (g for g in wanted if g.table == table):
                own = self._asked_rows(gap)
                for ask in gap.asks:
                    asked.setdefault(ask.field, []).append(own)
            states = {name: self._states(table, self._field(table, name)) for name in asked}
            sums = [
                (reduce(or_, masks) & states[name]["not_recorded"]).sum().alias(name) for name, masks in asked.items()
            ]
            row = self._to_ask(table, window).select(sums).collect().row(0, named=True)
            found |= {f"{table}.{name}": int(n or 0) for name, n in row.items()}
        return found

    def lacking(self, name: str, window: Window) -> pl.DataFrame:
        """Every record of a field ("people.occupation") that lacks it, those of the officers with most of them first: LACKING.

        References alone, and to be handed to `feedback` only, which says who may see which. Raises CodeUnknown.
        """
        table, _, field_name = name.partition(".")
        states = self._states(table, self._field(table, field_name))
        says = (
            pl.when(states["unreadable"]).then(pl.lit("unreadable"))
            .when(states["unknown"]).then(pl.lit("unknown"))
            .when(states["refused"]).then(pl.lit("refused"))
            .when(states["not_recorded"]).then(pl.lit("not recorded"))
        )  # fmt: skip
        rows = self._in_window(table, window, personal=True).with_columns(says.alias("says"))
        held = SCHEMAS[table]
        ref = "crime_ref" if "crime_ref" in held else _contracts(table)[0].key[0]
        listed = rows.filter(pl.col("says").is_not_null()).select(
            pl.col(ref).alias("crime_ref"), pl.col("_unit").cast(pl.String).alias("unit"),
            pl.col("_team").cast(pl.String).alias("team"),
            pl.col("officer_ref" if "officer_ref" in held else "_officer").alias("officer_ref"),
            "says", "batch_id", "line_number",
        )  # fmt: skip
        every = listed.with_columns(pl.len().over("unit", "team", "officer_ref").alias("many")).sort(
            "many", "unit", "team", "officer_ref", "crime_ref", "line_number",
            descending=[True, False, False, False, False, False], nulls_last=True,
        ).drop("many").collect()  # fmt: skip
        return every.cast({name: kind for name, kind in LACKING.items() if kind == pl.Categorical})

    def feedback(
        self, name: str, window: Window, gate: Gate, asking: Asking, at: datetime, *,
        unit: str | None = None, team: str | None = None, skip: int = 0, most: int | None = None,
        lacking: pl.DataFrame | None = None,
    ) -> Feedback:  # fmt: skip
        """The records of a field that lack it, for those who recorded them: `most` of them from `skip` on.

        `lacking` is what stands of them (as `lacking` gives it, or in another order) where it is at hand. A consultation of
        personal records: the entry names those given, and is made before the first is. Raises AccessRefused, CodeUnknown.
        """
        every = self.lacking(name, window) if lacking is None else lacking
        for column, wanted in (("unit", unit), ("team", team)):
            if wanted is not None:
                every = every.filter(pl.col(column) == wanted)
        found = every.slice(skip, most).with_columns(pl.col(pl.Categorical).cast(pl.String))
        keys = [line_key(*one) for one in found.select("batch_id", "line_number").iter_rows()]
        gate.asked(
            asking, "consultation", [name.partition(".")[0]], verb="list records that lack a field", at=at, keys=keys,
            note={"field": name, "records": found.height},
        )  # fmt: skip
        return Feedback(found, every.height)

    @cached_property
    def _keyed(self) -> Records:
        """The records that the force's own extracts hold, without what others publish into the same tables."""
        return replace(self.records, standing=tuple(b for b in self.records.standing if b.keyed_by))

    @cached_property
    def _kept(self) -> dict[tuple[str, Window], pl.LazyFrame]:
        """The rows that gaps ask, by table and window, once they have been read."""
        return {}

    @cached_property
    def _told(self) -> dict[tuple[str, Window], pl.DataFrame]:
        """The answers of gaps by their identity and window, once they have been counted."""
        return {}

    @cached_property
    def _crimes(self) -> pl.LazyFrame:
        """Of every crime: its unit, team, officer, month and code, and whether it stands."""
        rows = self._keyed.table("crimes").filter(pl.col("force_id") == self.force_id)
        marked = nw.from_native(rows).with_columns(stands_as_crime(self.records.as_at).alias("_stands")).to_native()
        columns = [
            "crime_ref", "_stands", pl.col("offence_code").alias("_code"), pl.col("is_business").alias("_is_business"),
            pl.col("recorded_on").alias("_recorded_on"), pl.col("recorded_month").alias("_month"),
            pl.col("unit").cast(pl.Categorical).alias("_unit"), pl.col("team").cast(pl.Categorical).alias("_team"),
            pl.col("officer_ref").alias("_officer"),
        ]  # fmt: skip
        # Read once, however many tables are set beside it.
        return marked.select(columns).collect().lazy()

    def _rows(
        self, table: str, *, personal: bool = False, months: Iterable[date] | None = None, recorded: Window | None = None
    ) -> pl.LazyFrame:  # fmt: skip
        """The rows of a table, each with `_month`, `_day`, `_unit`, `_team`, `_officer`, `_code` and `_is_business` of its crime
        or of its own; less those of crimes that do not stand.

        With `months`, only files that may hold such rows are read; with `recorded`, of a table of crimes, only rows of
        crimes recorded in that window are kept.
        """
        rows = self._scanned(table, personal, months).filter(pl.col("force_id") == self.force_id)
        held = SCHEMAS[table]
        if table == "crimes":
            marked = nw.from_native(rows).filter(stands_as_crime(self.records.as_at)).to_native()
            return marked.with_columns(
                pl.col("recorded_month").alias("_month"), pl.col("recorded_on").alias("_day"),
                pl.col("unit").cast(pl.Categorical).alias("_unit"), pl.col("team").cast(pl.Categorical).alias("_team"),
                pl.col("officer_ref").alias("_officer"), pl.col("offence_code").alias("_code"),
                pl.col("is_business").alias("_is_business"),
            )  # fmt: skip
        dated = next((c.field(c.dated_by).into for c in _contracts(table) if c.dated_by), None)
        own = pl.lit(None, pl.Date()) if dated is None else _day(dated, held[dated])
        own_team = pl.col("team").cast(pl.Categorical) if "team" in held else None
        if "crime_ref" not in held or "crimes" not in self.tables:
            none = pl.lit(None, pl.Categorical())
            return rows.with_columns(
                own.dt.month_start().alias("_month"), own.alias("_day"), none.alias("_unit"),
                (none if own_team is None else own_team).alias("_team"), pl.lit(None, pl.String()).alias("_officer"),
                pl.lit(None, pl.String()).alias("_code"), pl.lit(None, pl.Boolean()).alias("_is_business"),
            )  # fmt: skip
        if recorded is None:
            joined = rows.join(self._crimes, on="crime_ref", how="left")
        else:
            inside = self._crimes.filter(pl.col("_recorded_on").is_between(recorded.first, recorded.last))
            joined = rows.join(inside, on="crime_ref", how="inner")
        day = pl.col("_recorded_on") if dated is None else own
        return joined.filter(pl.col("_stands").is_null() | pl.col("_stands")).with_columns(
            day.alias("_day"), day.dt.month_start().alias("_month"),
            (pl.col("unit").cast(pl.Categorical) if "unit" in held else pl.col("_unit")).alias("_unit"),
            (pl.col("_team") if own_team is None else own_team).alias("_team"),
        )  # fmt: skip

    def _scanned(self, table: str, personal: bool, months: Iterable[date] | None) -> pl.LazyFrame:
        """The rows that stand, and with `personal` whether their personal cells are filled in: never what stands in them."""
        there = [f for f in self.fields_of(table) if f.personal] if personal else []
        if not there:
            return self._keyed.table(table, months=months)
        frames = []
        for part in self._keyed.parts(table, None, months):
            rows = _scan(part.path, table)
            beside = part.batch.folder / f"{table}{PERSONAL}.parquet"
            if beside.exists():
                filled = [pl.col(f.into).is_not_null().alias(f"_has_{f.into}") for f in there]
                rows = rows.join(
                    _scan(beside, table + PERSONAL).select("line_number", *filled), on="line_number", how="left"
                )
            else:
                rows = rows.with_columns(pl.lit(False).alias(f"_has_{f.into}") for f in there)
            if part.replacing:
                replaced = pl.scan_parquet([b.folder / REPLACED for b in part.replacing])
                own = replaced.filter(pl.col("batch_id") == part.batch.batch_id).select("line_number")
                rows = rows.join(own, on="line_number", how="anti")
            frames.append(rows)
        return pl.concat(frames) if frames else self._keyed.table(table, months=months)

    def _in_window(self, table: str, window: Window, *, personal: bool = False) -> pl.LazyFrame:
        """The rows whose crime was recorded in a window; of a table without crimes, those dated in it."""
        is_of_crimes = table != "crimes" and "crime_ref" in SCHEMAS[table] and "crimes" in self.tables
        rows = self._rows(table, personal=personal, recorded=window if is_of_crimes else None)
        return rows if is_of_crimes else rows.filter(pl.col("_day").is_between(window.first, window.last))

    def _to_ask(self, table: str, window: Window) -> pl.LazyFrame:
        """The rows of a table that gaps ask in a window, with no more columns than they need; read once."""
        if (table, window) not in self._kept:
            wanted = {"crime_ref", "faults", "_code", "_is_business"}
            for one in gaps.gaps():
                if one.table == table:
                    wanted |= {*one.rows, *(f for a in one.asks for f in (a.field, *a.settled_by))}
            rules = [gaps.field_rule(table, f.into).applies_where for f in self.fields_of(table) if f.into in wanted]
            wanted |= {rule[0] for rule in rules if rule is not None}
            rows = self._in_window(table, window)
            held = [name for name in rows.collect_schema().names() if name in wanted]
            self._kept[table, window] = rows.select(held).collect().lazy()
        return self._kept[table, window]

    def _counted(self, table: str, window: Window | None) -> pl.DataFrame:
        span = None if window is None else (window.first.replace(day=1), window.last)
        months_ = None if window is None else months(window)
        rows = self._rows(table, personal=True, months=months_)
        if span is not None:
            rows = rows.filter(pl.col("_month").is_between(*span))
        fields = self.fields_of(table)
        sums = [pl.len().alias("rows"), *(expr for one in fields for expr in self._sums(table, one))]
        wide = rows.group_by("_month", "_unit", "_team").agg(sums).collect()
        keys = [pl.col("_month").alias("month"), *(pl.col(f"_{k}").cast(pl.String).alias(k) for k in ("unit", "team"))]
        wide = wide.with_columns(keys).sort("month", "unit", "team")
        held = set(wide.columns)
        parts = []
        for one in fields:
            told = {state: f"{one.into}|{state}" for state in STATES}
            counts = {s: pl.col(n).cast(pl.Int64) if n in held else pl.lit(0, pl.Int64()) for s, n in told.items()}
            rest = [counts[s] for s in STATES if s not in ("not_recorded", "invalid")]
            counts["not_recorded"] = pl.col("rows").cast(pl.Int64) - reduce(add, rest)
            parts.append(
                wide.select(
                    pl.lit(table).alias("table"), pl.lit(one.into).alias("field"), "month", "unit", "team",
                    pl.col("rows").cast(pl.Int64), *[counts[state].alias(state) for state in STATES],
                )
            )  # fmt: skip
        return pl.concat([pl.DataFrame(schema=COUNTS), *parts])

    def _sums(self, table: str, one: Field) -> Iterator[pl.Expr]:
        """How many cells say what, of those states that any cell of the field can say; the rest is not recorded."""
        is_plain = not one.personal and not self._spoken[table].get(one.into) and not self._can_be_faulty(table, one)
        rule = gaps.field_rule(table, one.into)
        if is_plain and rule.applies_where is None:
            yield pl.col(one.into).count().alias(f"{one.into}|recorded")
            return
        states = self._states(table, one)
        wanted = ["recorded", *(["not_applicable"] if rule.applies_where is not None else [])]
        if not is_plain and not one.personal:
            wanted = [state for state in STATES if state != "not_recorded"]
        for state in wanted:
            yield states[state].sum().alias(f"{one.into}|{state}")

    def _can_be_faulty(self, table: str, one: Field) -> bool:
        marks = self._marks.get(table, frozenset())
        return f"{one.into} unreadable" in marks or any(mark in marks for mark in self._invalid_marks(one))

    def _states(self, table: str, one: Field) -> dict[str, pl.Expr]:
        """What a field's cell says, a Boolean expression each, over the rows of its table."""
        rule = gaps.field_rule(table, one.into)
        applies = _applies(rule, SCHEMAS[table])
        if one.personal:
            there = pl.col(f"_has_{one.into}").fill_null(False)
            none = pl.lit(False)
            return dict(zip(STATES, (applies & there, none, none, applies & ~there, none, none, ~applies), strict=True))
        empty = pl.col(one.into).is_null()
        says = self._words(table, one)
        unreadable = empty & self._marked(table, f"{one.into} unreadable")
        invalid = reduce(or_, [self._marked(table, mark) for mark in self._invalid_marks(one)])
        is_out = ~applies | says[NOT_APPLICABLE]
        told = applies & ~empty
        spoken = says[UNKNOWN] | says[REFUSED] | says[NOT_APPLICABLE] | says[NOT_RECORDED]
        found = (
            told & ~spoken, told & says[UNKNOWN], told & says[REFUSED],
            applies & ((empty & ~unreadable) | says[NOT_RECORDED]), applies & unreadable, told & ~spoken & invalid, is_out,
        )  # fmt: skip
        return dict(zip(STATES, found, strict=True))

    def _words(self, table: str, one: Field) -> dict[str, pl.Expr]:
        """Whether a cell holds a word that answers nothing, by what it says. A word of the field's own list answers."""
        found: dict[str, pl.Expr] = dict.fromkeys((UNKNOWN, REFUSED, NOT_APPLICABLE, NOT_RECORDED), pl.lit(False))
        spoken = self._spoken[table].get(one.into, {})
        for says in found:
            listed = [word for word, said in spoken.items() if said == says]
            if listed:
                found[says] = pl.col(one.into).is_in(listed).fill_null(False)
        return found

    @cached_property
    def _spoken(self) -> dict[str, dict[str, dict[str, str]]]:
        """By table and field of the force's own words: those that stand there and answer nothing, as they are written."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for table in self.tables:
            own = [f.into for f in self.fields_of(table) if f.kind == "code" and f.codes is None and not f.personal]
            found[table] = {}
            if not own:
                continue
            distinct = self._keyed.table(table).select(pl.col(name).drop_nulls().unique().implode() for name in own)
            for name, words in distinct.collect().row(0, named=True).items():
                known = gaps.non_answers(name)
                told = {word: known[plain] for word in words if (plain := word.strip().lower()) in known}
                if told:
                    found[table][name] = told
        return found

    def _marked(self, table: str, mark: str) -> pl.Expr:
        """Whether the import flagged a row so; looked for only where some file was."""
        flagged = self._marks.get(table, frozenset())
        if mark not in flagged:
            return pl.lit(False)
        return ("; " + pl.col("faults") + ";").str.contains(f"; {mark};", literal=True).fill_null(False)

    @cached_property
    def _marks(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for batch in self._keyed.standing:
            marks = {*batch.flags, *(f"{name} unreadable" for name in batch.unparsed)}
            for table in batch.tables:
                found.setdefault(table, set()).update(marks)
        return {table: frozenset(marks) for table, marks in found.items()}

    @staticmethod
    def _invalid_marks(one: Field) -> tuple[str, ...]:
        words = one.name.replace("_", " ")
        return (
            f"{words} unknown to the list",
            f"{words} turned into a date",
            f"no time of day in {one.name}: its day begins",
        )

    def _field(self, table: str, name: str) -> Field:
        found = next((f for f in self.fields_of(table) if f.into == name), None)
        if found is None or table not in self.tables:
            raise CodeUnknown(
                "No table that is held has a field of that name.",
                remedy="Write it as people.occupation; see `fourfold quality fields`.",
            )
        return found

    def _asked_rows(self, gap: Gap) -> pl.Expr:
        """Whether a row is one that a gap asks: by its own columns and by its crime's code."""
        return reduce(and_, [pl.lit(True), *_meet(gap.rows), *_of_measures(gap.measures)])

    def _answers(self, gap: Gap, window: Window) -> pl.LazyFrame:
        if gap.table not in self.tables:
            raise NothingHeld(f"No {gap.table.replace('_', ' ')} of that force are held.", remedy="Import them first.")
        rows = self._to_ask(gap.table, window).filter(self._asked_rows(gap))
        told = [self._asked(gap, ask) for ask in gap.asks]
        answer = pl.min_horizontal([answer for answer, _, _ in told])
        lacks = pl.concat_str(
            [
                pl.when(lack).then(pl.lit(f"{ask.field};")).otherwise(pl.lit(""))
                for ask, (_, lack, _) in zip(gap.asks, told, strict=True)
            ]
        )
        stays = reduce(or_, [refused for _, _, refused in told])
        is_unknown = pl.col("answer") == NOT_KNOWN
        of_groups = (
            len(gap.asks) == 1 and gap.asks[0].is_of_groups and SCHEMAS[gap.table][gap.asks[0].field] == pl.String
        )
        group = pl.col(gap.asks[0].field) if of_groups else pl.lit(None, pl.String())
        found = rows.select(
            "crime_ref" if gap.per == "crime" else pl.lit(None, pl.String()).alias("crime_ref"),
            answer.cast(pl.Int8).alias("answer"), lacks.alias("lacks"), stays.alias("stays"), group.alias("group"),
        )  # fmt: skip
        if gap.per == "crime":
            found = self._by_crime(gap, window, found)
        return (
            found.with_columns(
                pl.when(is_unknown).then(pl.col("lacks").str.strip_chars(";")).otherwise(pl.lit("")).alias("lacks"),
                (is_unknown & ~pl.col("stays")).alias("is_removable"),
                pl.when(~is_unknown).then(pl.col("group")).alias("group"),
            )
            .group_by("answer", "group", "lacks", "is_removable")
            .agg(pl.len().cast(pl.Int64).alias("n"))
            .sort("answer", "group", "lacks", "is_removable")
        )

    def _by_crime(self, gap: Gap, window: Window, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Answers by crime: yes where a row is, not known where none is and a row is not known, or where it has no row."""
        unknown = pl.col("answer") == NOT_KNOWN
        each = rows.group_by("crime_ref").agg(
            pl.col("answer").max(),
            pl.col("lacks").filter(unknown).unique().sort().str.join("").alias("lacks"),
            (pl.col("stays") & unknown).any().alias("stays"),
            pl.col("group").first(),
        )  # fmt: skip
        crimes = self._to_ask("crimes", window).filter(reduce(and_, [pl.lit(True), *_of_measures(gap.measures)]))
        return (
            crimes.select("crime_ref")
            .join(each, on="crime_ref", how="left")
            .with_columns(
                pl.col("answer").fill_null(NOT_KNOWN),
                pl.col("lacks").fill_null(NO_ROW),
                pl.col("stays").fill_null(True),
            )
        )

    def _asked(self, gap: Gap, ask: Ask) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
        """An ask's answer by row; whether it is not known for want of the field; and whether somebody refused or did not know."""
        one = self._field(gap.table, ask.field)
        states = self._states(gap.table, one)
        known, silent = states["recorded"], states["unknown"] | states["refused"]
        if ask.words:
            yes = _is_one_of(ask.field, ask.words, SCHEMAS[gap.table][ask.field])
        elif ask.least is not None:
            yes = (pl.col(ask.field) >= ask.least).fill_null(False)
        else:
            yes = known
        yes = (yes & known) | reduce(or_, [pl.lit(False), *(pl.col(f).fill_null(False) for f in ask.settled_by)])
        answer = (
            pl.when(yes)
            .then(pl.lit(YES))
            .when(known | states["not_applicable"])
            .then(pl.lit(NO))
            .otherwise(pl.lit(NOT_KNOWN))
        )
        lacks = answer == NOT_KNOWN
        return answer, lacks, lacks & silent


def unparsed(records: Records, force_id: str | None = None) -> pl.DataFrame:
    """Text that would not parse, by file and column, and what was flagged: batch_id, file, table, column, n, kept_in.

    The raw text lies beside its null: with the personal columns of its row, or in the table itself where the data are open.
    """
    rows = []
    for batch in records.standing:
        if force_id is not None and not batch.may_hold(force_id):
            continue
        table = next(iter(batch.tables))
        beside = table + PERSONAL if table + PERSONAL in batch.tables else table
        rows += [
            (batch.batch_id, batch.file_name, table, column, n, beside) for column, n in sorted(batch.unparsed.items())
        ]
    schema = {
        "batch_id": pl.String,
        "file": pl.String,
        "table": pl.String,
        "column": pl.String,
        "n": pl.Int64,
        "kept_in": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("table", "column", "file")


def raw_texts(records: Records, name: str, gate: Gate, asking: Asking, at: datetime) -> pl.DataFrame:
    """What stood in a column ("people.age_at_report") where it would not parse: raw, n, the most frequent first.

    Text in the wrong column may be anything, a name among it: a consultation, whose entry names the rows. Raises
    AccessRefused, CodeUnknown.
    """
    table, _, column = name.partition(".")
    raw = f"raw_{column}"
    if raw not in SCHEMAS.get(table + PERSONAL, {}):
        raise CodeUnknown(
            "No text of that column is kept beside its null.",
            remedy="Write it as people.age_at_report; see `fourfold quality unparsed`.",
        )
    flagged = records.table(table).filter(pl.col("faults").str.contains(f"{column} unreadable", literal=True))
    rows = flagged.select("batch_id", "line_number").collect()
    keys = [line_key(*one) for one in rows.iter_rows()]
    opened = gate.opened(
        records,
        table,
        asking,
        kind="consultation",
        verb="read text that would not parse",
        at=at,
        columns=[raw],
        keys=keys,
    )
    told = opened.join(rows, on=["batch_id", "line_number"], how="semi").drop_nulls(raw)
    return told.group_by(pl.col(raw).alias("raw")).agg(pl.len().alias("n")).sort("n", "raw", descending=[True, False])


def _contracts(table: str) -> list[Contract]:
    return [c for c in catalogue.contracts() if c.table == table]


def _lacking(batch: Batch) -> frozenset[str]:
    """The fields that a batch's file had no column for, by what its import noted."""
    said = next((note for note in batch.notes if note.startswith(NOT_IN_FILE)), "")
    return frozenset(said.removeprefix(NOT_IN_FILE).rstrip(".").split(", ")) if said else frozenset()


def _scan(path: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(path, schema=SCHEMAS[table], missing_columns="insert", extra_columns="ignore")


def _day(column: str, kind: pl.DataType) -> pl.Expr:
    """A column's day in London."""
    return pl.col(column) if kind == pl.Date else pl.col(column).dt.convert_time_zone(LONDON).dt.date()


def _applies(rule: FieldRule, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    if rule.applies_where is None:
        return pl.lit(True)
    column, words = rule.applies_where
    return _is_one_of(column, words, schema[column])


def _is_one_of(column: str, words: Sequence[str | bool], kind: pl.DataType) -> pl.Expr:
    """Whether a cell is one of some words (of text, whatever its capitals); an empty one is none."""
    if kind == pl.Boolean:
        return reduce(
            or_, [pl.lit(False), *((pl.col(column) == word) for word in words if isinstance(word, bool))]
        ).fill_null(False)
    plain = pl.col(column).str.to_lowercase().str.strip_chars()
    return plain.is_in([str(word) for word in words]).fill_null(False)


def _meet(rows: Words) -> Iterator[pl.Expr]:
    """The conditions on a gap's own rows; the word "not recorded" takes in empty cells."""
    for column, words in rows.items():
        told = [word for word in words if word != NOT_RECORDED]
        kind = pl.Boolean() if all(isinstance(word, bool) for word in told) else pl.String()
        met = _is_one_of(column, told, kind)
        yield met | pl.col(column).is_null() if NOT_RECORDED in words else met


def _of_measures(names: Sequence[str]) -> Iterator[pl.Expr]:
    """Whether a row's crime is of one of some measures."""
    if not names:
        return
    found = []
    for name in names:
        one = measure(name)
        met = pl.col("_code").is_in(list(one.codes)).fill_null(False)
        for column, words in one.where:
            met = met & pl.col(f"_{column}").is_in(list(words)).fill_null(False)
        found.append(met)
    yield reduce(or_, found)
