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
from operator import and_, or_

import narwhals as nw
import polars as pl

from fourfold.codes import gaps
from fourfold.codes.gaps import NOT_APPLICABLE, NOT_RECORDED, REFUSED, UNKNOWN, Ask, FieldRule, Gap, Words
from fourfold.codes.measures import measure
from fourfold.codes.periods import Window
from fourfold.errors import CodeUnknown, NothingHeld
from fourfold.records.access import Asking, Gate
from fourfold.records.as_at import Records, stands_as_crime
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
NO, NOT_KNOWN, YES = 0, 1, 2
"""An answer, so that of several that must all be yes the least speaks, and of several of which one must, the greatest."""
NO_ROW = "(no row of such a person or thing)"
"""Stands among the fields that lack where a crime has no row that could be asked."""
_KEPT_OUT = ("force", "force_id")
_FEEDBACK = ("crime_ref", "unit", "team", "officer_ref", "says", "batch_id", "line_number")


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

    def counts(self, tables: Iterable[str] | None = None) -> pl.DataFrame:
        """Every field's cells, counted by what they say: COUNTS.

        Rows of crimes that were cancelled or transferred are left out: nobody need complete them. A row's unit is that of
        its crime, its team its own where it has one.
        """
        wanted = [name for name in self.tables if tables is None or name in set(tables)]
        plans = [self._counted(name) for name in wanted]
        found = [self._long(name, wide) for name, wide in zip(wanted, pl.collect_all(plans), strict=True)]
        return pl.concat([pl.DataFrame(schema=COUNTS), *found])

    def answers(self, gap: Gap, window: Window) -> pl.DataFrame:
        """How many answers of a gap's figure are no, not known and yes, in a window.

        Columns: answer (NO, NOT_KNOWN, YES), group (of a figure of groups: what is recorded), lacks (the fields that lack,
        sorted; empty where it is known), is_removable (whether filling those in would answer it: nobody refused), n.
        Raises NothingHeld where the table is not held.
        """
        return self._answers(gap, window).collect()

    def every_answer(self, wanted: Sequence[Gap], window: Window) -> list[pl.DataFrame]:
        """The answers of several gaps, looked up together."""
        return pl.collect_all([self._answers(gap, window) for gap in wanted])

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
            row = self._in_window(table, window).select(sums).collect().row(0, named=True)
            found |= {f"{table}.{name}": int(n or 0) for name, n in row.items()}
        return found

    def feedback(
        self, name: str, window: Window, gate: Gate, asking: Asking, at: datetime, *,
        unit: str | None = None, team: str | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """The records of a field ("people.occupation") that lack it, for those who recorded them: crime, unit, team,
        officer, what its cell says, batch and line. Worst officers first.

        A consultation of personal records, entered before the first row is given. Raises AccessRefused, CodeUnknown.
        """
        table, _, field_name = name.partition(".")
        one = self._field(table, field_name)
        states = self._states(table, one)
        says = (
            pl.when(states["unreadable"]).then(pl.lit("unreadable"))
            .when(states["unknown"]).then(pl.lit("unknown"))
            .when(states["refused"]).then(pl.lit("refused"))
            .when(states["not_recorded"]).then(pl.lit("not recorded"))
        )  # fmt: skip
        rows = self._in_window(table, window).with_columns(says.alias("says")).filter(pl.col("says").is_not_null())
        for column, wanted in (("_unit", unit), ("_team", team)):
            if wanted is not None:
                rows = rows.filter(pl.col(column) == wanted)
        names = rows.collect_schema().names()
        officer = "officer_ref" if "officer_ref" in names else "_officer"
        listed = rows.select(
            pl.col("crime_ref") if "crime_ref" in names else pl.col(_contracts(table)[0].key[0]).alias("crime_ref"),
            pl.col("_unit").alias("unit"), pl.col("_team").alias("team"), pl.col(officer).alias("officer_ref"),
            "says", "batch_id", "line_number",
        )  # fmt: skip
        found = listed.with_columns(pl.len().over("unit", "team", "officer_ref").alias("_many")).sort(
            pl.col("_many"), "unit", "team", "officer_ref", "crime_ref", "line_number",
            descending=[True, False, False, False, False, False], nulls_last=True,
        ).drop("_many").collect()  # fmt: skip
        keys = [f"{batch}:{line}" for batch, line in found.select("batch_id", "line_number").iter_rows()]
        gate.asked(
            asking, "consultation", [table], verb="list records that lack a field", at=at, keys=keys,
            note={"field": name, "records": found.height},
        )  # fmt: skip
        return found.select(_FEEDBACK)

    @cached_property
    def _keyed(self) -> Records:
        """The records that the force's own extracts hold, without what others publish into the same tables."""
        return replace(self.records, standing=tuple(b for b in self.records.standing if b.keyed_by))

    @cached_property
    def _crimes(self) -> pl.LazyFrame:
        """Of every crime: its unit, team, officer, month and code, and whether it stands."""
        rows = self._keyed.table("crimes").filter(pl.col("force_id") == self.force_id)
        marked = nw.from_native(rows).with_columns(stands_as_crime(self.records.as_at).alias("_stands")).to_native()
        columns = [
            "crime_ref", "_stands", "offence_code", "is_business", "recorded_on",
            pl.col("recorded_month").alias("_month"), pl.col("unit").alias("_unit"), pl.col("team").alias("_team"),
            pl.col("officer_ref").alias("_officer"),
        ]  # fmt: skip
        # Read once, however many tables are set beside it.
        return marked.select(columns).collect().lazy()

    def _rows(self, table: str) -> pl.LazyFrame:
        """The rows of a table, each with `_month`, `_day`, `_unit`, `_team`, `_officer`, `_code` and `_is_business` of its crime
        or of its own; less those of crimes that do not stand."""
        rows = self._keyed.table(table).filter(pl.col("force_id") == self.force_id)
        held = SCHEMAS[table]
        if table == "crimes":
            marked = nw.from_native(rows).filter(stands_as_crime(self.records.as_at)).to_native()
            return marked.with_columns(
                pl.col("recorded_month").alias("_month"), pl.col("recorded_on").alias("_day"),
                pl.col("unit").alias("_unit"), pl.col("team").alias("_team"), pl.col("officer_ref").alias("_officer"),
                pl.col("offence_code").alias("_code"), pl.col("is_business").alias("_is_business"),
            )  # fmt: skip
        dated = next((c.field(c.dated_by).into for c in _contracts(table) if c.dated_by), None)
        own = pl.lit(None, pl.Date()) if dated is None else _day(dated, held[dated])
        if "crime_ref" not in held or "crimes" not in self.tables:
            team = pl.col("team") if "team" in held else pl.lit(None, pl.String())
            none = [pl.lit(None, pl.String()).alias(name) for name in ("_unit", "_officer", "_code")]
            return rows.with_columns(
                own.dt.month_start().alias("_month"), own.alias("_day"), team.alias("_team"), *none,
                pl.lit(None, pl.Boolean()).alias("_is_business"),
            )  # fmt: skip
        crimes = self._crimes.rename(
            {"offence_code": "_code", "is_business": "_is_business", "recorded_on": "_recorded_on"}
        )
        joined = rows.join(crimes, on="crime_ref", how="left").filter(pl.col("_stands").is_null() | pl.col("_stands"))
        team = pl.col("team") if "team" in held else pl.col("_team")
        unit = pl.col("unit") if "unit" in held else pl.col("_unit")
        day = pl.col("_recorded_on") if dated is None else own
        return joined.with_columns(
            day.alias("_day"), day.dt.month_start().alias("_month"), unit.alias("_unit"), team.alias("_team")
        )

    def _in_window(self, table: str, window: Window) -> pl.LazyFrame:
        """The rows whose crime was recorded in a window; of a table without crimes, those dated in it."""
        rows = self._rows(table)
        by = "_recorded_on" if "_recorded_on" in rows.collect_schema().names() else "_day"
        return rows.filter(pl.col(by).is_between(window.first, window.last))

    def _counted(self, table: str) -> pl.LazyFrame:
        rows = self._rows(table)
        personal = [f for f in self.fields_of(table) if f.personal]
        if personal:
            beside = self._keyed.table(table + PERSONAL).select(
                "batch_id", "line_number", *[pl.col(f.into).is_not_null().alias(f"_has_{f.into}") for f in personal]
            )
            rows = rows.join(beside, on=["batch_id", "line_number"], how="left")
        sums: list[pl.Expr] = [pl.len().cast(pl.Int64).alias("rows")]
        for one in self.fields_of(table):
            states = self._states(table, one)
            sums += [expr.sum().cast(pl.Int64).alias(f"{one.into}|{state}") for state, expr in states.items()]
        return rows.group_by("_month", "_unit", "_team").agg(sums)

    def _long(self, table: str, wide: pl.DataFrame) -> pl.DataFrame:
        keys = {"_month": "month", "_unit": "unit", "_team": "team"}
        parts = []
        for one in self.fields_of(table):
            counts = [pl.col(f"{one.into}|{state}").alias(state) for state in STATES]
            parts.append(
                wide.rename(keys)
                .with_columns(pl.lit(table).alias("table"), pl.lit(one.into).alias("field"), *counts)
                .select(list(COUNTS))
            )
        return (
            pl.concat(parts).sort("table", "field", "month", "unit", "team") if parts else pl.DataFrame(schema=COUNTS)
        )

    def _states(self, table: str, one: Field) -> dict[str, pl.Expr]:
        """What a field's cell says, a Boolean expression each, over the rows of its table."""
        rule = gaps.field_rule(table, one.into)
        applies = _applies(rule, SCHEMAS[table])
        if one.personal:
            there = pl.col(f"_has_{one.into}").fill_null(False)
            none = pl.lit(False)
            return dict(zip(STATES, (applies & there, none, none, applies & ~there, none, none, ~applies), strict=True))
        empty = pl.col(one.into).is_null()
        says = self._words(one)
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

    def _words(self, one: Field) -> dict[str, pl.Expr]:
        """Whether a cell holds a word that answers nothing, by what it says. A word of the field's own list answers."""
        found: dict[str, pl.Expr] = dict.fromkeys((UNKNOWN, REFUSED, NOT_APPLICABLE, NOT_RECORDED), pl.lit(False))
        if one.kind != "code" or one.codes is not None:
            return found
        plain = pl.col(one.into).str.to_lowercase().str.strip_chars()
        words = gaps.non_answers(one.into)
        for says in found:
            listed = [word for word, said in words.items() if said == says]
            found[says] = plain.is_in(listed).fill_null(False)
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
        rows = self._in_window(gap.table, window).filter(self._asked_rows(gap))
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
        crimes = self._in_window("crimes", window).filter(reduce(and_, [pl.lit(True), *_of_measures(gap.measures)]))
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


def _contracts(table: str) -> list[Contract]:
    return [c for c in catalogue.contracts() if c.table == table]


def _lacking(batch: Batch) -> frozenset[str]:
    """The fields that a batch's file had no column for, by what its import noted."""
    said = next((note for note in batch.notes if note.startswith(NOT_IN_FILE)), "")
    return frozenset(said.removeprefix(NOT_IN_FILE).rstrip(".").split(", ")) if said else frozenset()


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
