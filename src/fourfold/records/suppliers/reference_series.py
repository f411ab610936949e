"""Series that others publish (national statistics, the crime agency, bankers, trackers of cryptocurrency), each with its citation.

A figure of somebody else's is a quotation: it is held with where it was read, and is never mixed with the force's own
counts. Two layouts: one row a period, and a wide one with a column a quarter of a year.
"""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

SYSTEM = "reference series"

_FORCE = Field(
    name="force",
    kind="text",
    needed=True,
    rule="The force that holds the series: its name, or its identity in our list.",
)
_SERIES = Field(
    name="series", kind="text", needed=True, rule="What is counted, where and by whom, in the publisher's words."
)
_CITED = (
    Field(name="publisher", kind="text", needed=True, rule="Who published it: ONS, NCA, UK Finance, Chainalysis."),
    Field(name="citation", kind="text", needed=True, rule="Title, table and date of the publication, so that a reader finds it."),
    Field(name="published_on", kind="date", rule="When it was published.",
          unknown_without="which of two revisions is the later is not known"),
    Field(name="licence", kind="text", rule="Under what terms it may be used."),
)  # fmt: skip

REFERENCE_SERIES = Contract(
    name="reference_series",
    system=SYSTEM,
    title="A published figure a row",
    table="reference_series",
    key=("series", "publisher", "first", "last"),
    dated_by="first",
    standing="unconfirmed",
    is_open=True,
    fields=(
        _FORCE,
        _SERIES,
        *_CITED,
        Field(name="first", kind="date", needed=True, rule="The first day of the period."),
        Field(name="last", kind="date", needed=True, rule="The last day of the period."),
        Field(name="value", kind="number", needed=True, rule="The figure as published."),
        Field(name="unit", kind="text", needed=True, rule="Its unit, as published: offences, thousand incidents, pounds."),
        Field(name="is_estimate", kind="yes_no", rule="Whether it is an estimate from a sample."),
        Field(name="low", kind="number", rule="The lower end of its interval, as published."),
        Field(name="high", kind="number", rule="The upper end."),
    ),
    faults=("Years end in March, June or December by publisher: the days say which.",),
)  # fmt: skip

REFERENCE_SERIES_BY_QUARTER = Contract(
    name="reference_series_by_quarter",
    system=SYSTEM,
    title="A published year a row, its quarters in columns",
    table="reference_quarters",
    key=("series", "publisher", "year"),
    dated_by="",
    standing="unconfirmed",
    is_open=True,
    era="wide layout",
    fields=(
        _FORCE,
        _SERIES,
        *_CITED,
        Field(name="year", kind="whole", least=1850, most=2100, needed=True, rule="The calendar year."),
        *(
            Field(name=f"quarter_{n}", kind="number", rule=f"The figure of quarter {n}, January to March being 1.")
            for n in range(1, 5)
        ),
        Field(name="unit", kind="text", needed=True, rule="Its unit, as published."),
    ),
    faults=("A year to date has empty quarters: they are not published, and are not none.",),
)  # fmt: skip

CONTRACTS = (REFERENCE_SERIES, REFERENCE_SERIES_BY_QUARTER)
