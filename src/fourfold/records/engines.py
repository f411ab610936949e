"""Engines: what the counting step runs on. Polars, or PySpark over the same parts where there is a cluster.

Only counting is engine-neutral: an engine opens parts as rows, the rows are counted (written once, in Narwhals), and all
that comes after works on small counted tables of Polars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import narwhals as nw
import polars as pl

from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Rows = nw.LazyFrame[Any]
Schema = Mapping[str, pl.DataType]

_SPARK_TYPES: dict[pl.DataType, str] = {
    pl.String(): "string", pl.Date(): "date", pl.Int64(): "bigint", pl.Int8(): "tinyint", pl.Float64(): "double",
    pl.Boolean(): "boolean", pl.Datetime("us", "UTC"): "timestamp",
}  # fmt: skip


class Engine(Protocol):
    """What opens parts and counts their rows."""

    def rows(self, parts: Sequence[Path], schema: Schema | None = None) -> Rows:
        """The rows of some parts of one table, one part at least, not yet read.

        With the table's schema, a part written before a column was known has nulls there.
        """

    def no_rows(self, schema: Mapping[str, pl.DataType]) -> Rows:
        """A table of those columns without a row."""


@dataclass(frozen=True)
class Polars:
    """The engine of one machine, which needs nothing else."""

    def rows(self, parts: Sequence[Path], schema: Schema | None = None) -> Rows:
        """The rows of some parts."""
        if schema is None:
            return nw.from_native(pl.scan_parquet(list(parts)))
        scanned = pl.scan_parquet(list(parts), schema=dict(schema), missing_columns="insert", extra_columns="ignore")
        return nw.from_native(scanned)

    def no_rows(self, schema: Mapping[str, pl.DataType]) -> Rows:
        """A table of those columns without a row."""
        return nw.from_native(pl.LazyFrame(schema=dict(schema)))


@dataclass(frozen=True)
class Spark:
    """The engine of a cluster. Its workers have to see the records' folder under the same path."""

    session: SparkSession

    def rows(self, parts: Sequence[Path], schema: Schema | None = None) -> Rows:
        """The rows of some parts."""
        reader = self.session.read if schema is None else self.session.read.schema(_in_spark(schema))
        return nw.from_native(reader.parquet(*(part.absolute().as_uri() for part in parts)))

    def no_rows(self, schema: Mapping[str, pl.DataType]) -> Rows:
        """A table of those columns without a row."""
        return nw.from_native(self.session.createDataFrame([], _in_spark(schema)))


def _in_spark(schema: Schema) -> str:
    return ", ".join(f"`{name}` {_SPARK_TYPES[kind]}" for name, kind in schema.items())


POLARS: Engine = Polars()


def spark(master: str | None = None) -> Spark:
    """PySpark, by the session that runs or a new one: of `master`, or as Spark is set up ("local[*]" where it is not).

    Raises RequestInvalid when PySpark is not installed, or Java is not there for it.
    """
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise RequestInvalid("PySpark is not installed.", remedy="Install it: pip install 'fourfold[spark]'.") from None
    session = SparkSession.getActiveSession()
    if session is None:
        # Dates are days and no zone may move them; nothing is served to the network.
        builder = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
        if master is not None:
            builder = builder.master(master)
        try:
            session = builder.appName("Fourfold").getOrCreate()
        except PySparkRuntimeError:
            raise RequestInvalid(
                "Spark did not start: Java is missing or too old.", remedy="Install Java 17 and name it in JAVA_HOME."
            ) from None
    return Spark(session)
