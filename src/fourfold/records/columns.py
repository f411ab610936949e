"""Columns: what one row of each table of the lake is, and what each of its columns holds, in words and units.

The tables that a force's own extracts fill take these words from their contracts; here stand the others. A test holds
that every column of every table has them, and the reference page is drawn from here.
"""

from __future__ import annotations

from collections.abc import Mapping

ROWS: Mapping[str, str] = {
    "crimes": "One row of a supplier's file: a crime, or an incident that is not one (anti-social behaviour).",
    "outcomes": "One outcome that police.uk gives a crime, in the month in which it was recorded.",
    "offence_counts": "One published count: a force, a quarter and an offence code.",
    "boundaries": "One area of a layer with its shape.",
    "area_lookups": "One small area and one larger area that it lies in.",
    "populations": "The residents of one small area at one single year of age.",
    "rejects": "Lines of a file that were returned, one row for each record that could not be one.",
}
"""What one row is, by table."""

MEANINGS: Mapping[str, str] = {
    "batch_id": "The batch that the row came in.",
    "line_number": "The first line of the record in its file, from 1; of a workbook the row, of JSON the element.",
    "force_id": "The force that recorded it; a name that is on no list as the file gives it.",
    "file_force_id": "The force whose file it stands in.",
    "is_btp": "Whether the British Transport Police recorded it: it is then in no force's total.",
    "crime_ref": "The supplier's reference; null where it gives none.",
    "recorded_on": "The day of recording; the first of the month where only the month is known.",
    "recorded_month": "The first day of the month of recording.",
    "reported_on": "The day of the report, in London.",
    "reported_month": "The first day of the month of the report.",
    "date_precision": "How fine the day of recording is: `day` or `month`.",
    "offence_code": "The Home Office offence code, as text: `4.10` is not `4.1`.",
    "category": "The police.uk category by its id; null where the text is on no list.",
    "category_text": "The category as the file words it.",
    "location": "The place as the file words it; of police.uk the name of a snap point.",
    "longitude": "Degrees, WGS84, as the file gives them.",
    "latitude": "Degrees, WGS84, as the file gives them.",
    "raw_longitude": "The file's own text where it is no number.",
    "raw_latitude": "The file's own text where it is no number.",
    "raw_recorded_on": "The file's own text where it is no date.",
    "easting": "Metres of the National Grid, by OSTN15 where the file gave degrees.",
    "northing": "Metres of the National Grid, by OSTN15 where the file gave degrees.",
    "place_status": "Whether the point lies in the force: see [places](../explanation/places.md).",
    "lsoa11_code": "The LSOA of 2011 that holds the point.",
    "lsoa21_code": "The LSOA of 2021 that holds the point.",
    "file_lsoa_code": "The LSOA as the file gives it.",
    "is_repeated_id": "Whether the reference stands more than once in its file; every such row is kept.",
    "is_force_mismatch": "Whether the row names another force than the file does.",
    "last_outcome": "The outcome on the day of publication, as the file words it; never used as a rate.",
    "faults": "The row's own faults, in words.",
    "outcome_month": "The first day of the month of the outcome.",
    "outcome_text": "The outcome as police.uk words it.",
    "financial_year": "The police year, from April: `2022/23`.",
    "quarter": "The quarter of the police year: 1 is April to June.",
    "first": "The quarter's first day.",
    "last": "The quarter's last day.",
    "offence_title": "The offence in the words of that year's table.",
    "offence_group": "The group it was published under that year.",
    "offence_subgroup": "The subgroup it was published under that year.",
    "number_of_offences": "The count; negative where more records of earlier quarters were cancelled than made.",
    "layer": "The layer that the area is of, as `ltla24`.",
    "code": "The area's code.",
    "name": "The area's name.",
    "ltla24_code": "The council of 2024 that the area lies in, where the file says.",
    "wkb": "The shape in metres of the National Grid, as well-known binary.",
    "small_layer": "The layer of the small area.",
    "small_code": "The small area's code.",
    "age": "Age in whole years; 90 stands for 90 and over.",
    "n": "Residents.",
    "on": "The day of the estimate, 30 June.",
    "line": "The first line returned.",
    "last_line": "The last line returned.",
    "column": "The column at fault, where it is one.",
    "cause": "What is wrong.",
    "remedy": "What to do about it.",
    "raw": "The text itself, kept with its batch and shown only from open data.",
}
"""What a column holds, by its name: one name means one thing."""

_OF_TABLE: Mapping[tuple[str, str], str] = {
    ("rejects", "code"): "The kind of fault.",
}


def meaning(table: str, column: str) -> str | None:
    """What a column of a table holds, or None where nothing says so here."""
    return _OF_TABLE.get((table, column), MEANINGS.get(column))
