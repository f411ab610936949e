"""Any table, one row a crime: what is told of crimes by a table of any layout, which comes in by a mapping file only.

It has no key that could be relied on, so a later file replaces, for its force and stream, the months in which it has rows.
`docs/how-to/any-table.md` shows how; a force's own records come in by the contracts of its systems.
"""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

TABLE = Contract(
    name="table",
    system="any table",
    title="A table of any layout, one row a crime",
    table="crimes",
    key=(),
    dated_by="recorded_on",
    standing="force to supply",
    has_raw_beside=True,
    fields=(
        Field(name="force", kind="text", rule="The force whose record it is; the mapping may say it for the whole file."),
        Field(name="recorded_on", kind="date", needed=True,
              rule="The day on which the crime was recorded, or the month where no more is known."),
        Field(name="category", kind="code", codes="police_uk_categories",
              rule="A police.uk category, or what the mapping says is one."),
        Field(name="offence_code", kind="code", codes="offences", rule="The Home Office code; text, never a number.",
              unknown_without="no measure of offence codes can be counted"),
        Field(name="crime_ref", kind="reference", rule="The supplier's own reference; repeated ones are kept and flagged.",
              unknown_without="repeated rows cannot be told"),
        Field(name="longitude", kind="number", rule="Degrees east, WGS84."),
        Field(name="latitude", kind="number", rule="Degrees north, WGS84."),
        Field(name="easting", kind="number", rule="Metres east on the National Grid."),
        Field(name="northing", kind="number", rule="Metres north on the National Grid."),
        Field(name="lsoa_code", kind="code", column="file_lsoa_code", rule="The LSOA that the supplier placed the crime in."),
        Field(name="location", kind="text", rule="Where, in words that anyone may read who may read the file."),
        Field(name="last_outcome", kind="text", rule="What became of it, as the supplier says; never used as an outcome rate."),
    ),
)  # fmt: skip
