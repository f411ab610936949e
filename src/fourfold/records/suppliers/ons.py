"""Office for National Statistics: boundaries, lookups between areas, and mid-year populations.

The contract, file by file
--------------------------
Boundaries (GeoJSON)   one feature an area. Its code and name are the properties `<layer>_code` and `<layer>_name`; the
    layer is the one that the features differ by: lsoa11, lsoa21, ward22, ltla24 or pfa24. Coordinates are WGS84; they are
    turned into the National Grid by OSTN15, vertex by vertex. A shape that crosses itself is mended, and said. A feature
    without a code or a shape is returned.
Lookups (CSV)          one row a small area, with the codes and names of larger areas of other layers. Each vintage's code
    stands in a column `<layer>_code`.
Populations (CSV)      one row an LSOA of 2011: `lsoa11_code`, `total_population`, and a column for each single year of
    age to "90+". The mid-year stands in the file's name (`mid2020`). A row whose ages do not add up to its total is
    kept and flagged; a count that is not a whole number is kept as null and counted.

Source: Office for National Statistics; licence OGL v3. Contains OS data (c) Crown copyright and database right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from fourfold.errors import FileUnreadable, LayoutUnknown
from fourfold.records.account import LineAccount, Reading, Reject
from fourfold.records.places import to_national_grid
from fourfold.records.reading import unpacked
from fourfold.records.suppliers import Received

MAPPING_VERSION = "ons 1"
SOURCE = (
    "Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right"
)
_LAYERS = ("lsoa11", "lsoa21", "ward22", "ward24", "ltla24", "csp24", "pfa24")
_ALIASES = {"ltla21": "ltla24", "ltla22": "ltla24"}
"""Councils of 2021 and 2022 carry the codes of 2024 in the areas supplied: none of those was recoded in between."""
_MID_YEAR = re.compile(r"mid(\d{4})")


@dataclass(frozen=True)
class GeoReading:
    """A GeoJSON file as read: its account is of features."""

    name: str
    account: LineAccount
    rejects: tuple[Reject, ...]
    encoding: str = "utf-8"
    notes: tuple[str, ...] = ()


def recognises(header: tuple[str, ...], file_name: str) -> bool:
    """Whether a CSV is a lookup between areas or a mid-year population."""
    codes = [name for name in header if name.endswith("_code")]
    is_population = "lsoa11_code" in header and "total_population" in header and _MID_YEAR.search(file_name) is not None
    return is_population or (len(codes) >= 2 and file_name.startswith("lookup"))


def received(reading: Reading, file_name: str) -> Received:
    """The rows of a lookup as `area_lookups`, or of a population as `populations`."""
    return _populations(reading, file_name) if "total_population" in reading.header else _lookups(reading, file_name)


def recognises_geojson(path: Path) -> bool:
    """Whether a file is GeoJSON, by its name and its beginning."""
    if not path.name.lower().endswith((".geojson", ".geojson.gz")):
        return False
    return b'"FeatureCollection"' in unpacked(path)[:4096]


def received_geojson(path: Path) -> tuple[GeoReading, Received]:
    """The features of a boundary file as `boundaries`, with polygons in the National Grid as WKB."""
    try:
        features = json.loads(unpacked(path).decode("utf-8-sig"))["features"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, RecursionError):
        raise FileUnreadable(
            "The GeoJSON file cannot be parsed.", remedy="Fetch it again; it may have been cut short.", file=path
        ) from None
    layer = _layer(features, path)
    rows: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    mended = 0
    for number, feature in enumerate(features, start=1):
        try:
            row, was_mended = _boundary(feature, layer)
        except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
            rejects.append(_feature_reject(number, feature))
            continue
        mended += was_mended
        rows.append({**row, "line_number": number})
    table = pl.DataFrame(
        rows,
        schema={
            "layer": pl.String, "code": pl.String, "name": pl.String, "ltla24_code": pl.String,
            "wkb": pl.Binary, "line_number": pl.Int64,
        },
    )  # fmt: skip
    account = LineAccount(unit="feature", total=len(features), header=0, accepted=len(rows), rejected=len(rejects))
    return GeoReading(path.name, account, tuple(rejects)), Received(
        dataset=f"ons boundaries {layer}",
        stream=f"ons boundaries {_stem(path.name)}",
        force_id=None,
        tables={"boundaries": table},
        flags={"shape mended": mended} if mended else {},
        mapping_version=MAPPING_VERSION,
        source=SOURCE,
    )


def _layer(features: list[Any], path: Path) -> str:
    """The layer whose code differs from feature to feature: the smallest of those named."""
    properties = features[0].get("properties", {}) if features and isinstance(features[0], dict) else {}
    named = [layer for layer in _LAYERS if f"{layer}_code" in properties]
    if not named:
        raise LayoutUnknown(
            "The features carry no area code that is known.",
            remedy=f"Name the code's property as one of: {', '.join(f'{layer}_code' for layer in _LAYERS)}.",
            file=path,
        )
    return named[0]


def _boundary(feature: Mapping[str, Any], layer: str) -> tuple[dict[str, Any], bool]:
    properties = feature["properties"]
    code = properties[f"{layer}_code"]
    if not isinstance(code, str) or not code:
        raise ValueError("no code")
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    shape = shapely.transform(shape, _in_grid)
    if shape.is_empty or not np.isfinite(shape.bounds).all():
        raise ValueError("no shape")
    was_mended = not shape.is_valid
    if was_mended:
        shape = shapely.make_valid(shape)
    councils = [properties[key] for key in ("ltla24_code", "ltla22_code", "ltla21_code") if key in properties]
    return {
        "layer": layer,
        "code": code,
        "name": str(properties.get(f"{layer}_name", code)),
        "ltla24_code": councils[0] if councils else None,
        "wkb": shapely.to_wkb(shape),
    }, was_mended


def _in_grid(vertices: Any) -> Any:
    easting, northing = to_national_grid(vertices[:, 0], vertices[:, 1])
    return np.column_stack((easting, northing))


def _feature_reject(number: int, feature: Any) -> Reject:
    return Reject(
        line=number, last_line=number, code="no area", column=None,
        cause="The feature has no area code, or no shape that can be drawn in Britain.",
        remedy="Fetch the boundaries again.", raw=json.dumps(feature)[:2_000],
    )  # fmt: skip


def _lookups(reading: Reading, file_name: str) -> Received:
    """Each pair of a small area and a larger one: small_layer, small_code, layer, code, name."""
    layers = {
        _ALIASES.get(n.removesuffix("_code"), n.removesuffix("_code")): n for n in reading.header if n.endswith("_code")
    }
    small = next((layer for layer in ("lsoa21", "lsoa11", "ltla24") if layer in layers), None)
    if small is None:
        raise LayoutUnknown(
            "The lookup has no column of small areas.", remedy="It needs lsoa11_code, lsoa21_code or ltla24_code.",
            file=file_name,
        )  # fmt: skip
    pairs = []
    smalls = [s for s in ("lsoa21", "lsoa11", "ltla24") if s in layers]
    for one in smalls:
        for layer, column in layers.items():
            if layer == one or layer not in _LAYERS or layer in ("lsoa11", "lsoa21"):
                continue
            name = column.removesuffix("_code") + "_name"
            pairs.append(
                reading.rows.select(
                    pl.lit(one).alias("small_layer"), pl.col(layers[one]).alias("small_code"),
                    pl.lit(layer).alias("layer"), pl.col(column).alias("code"),
                    (pl.col(name) if name in reading.header else pl.col(column)).alias("name"), "line_number",
                )
            )  # fmt: skip
    return Received(
        dataset=f"ons lookup {small}",
        stream=f"ons lookup {_stem(file_name)}",
        force_id=None,
        tables={"area_lookups": pl.concat(pairs)},
        mapping_version=MAPPING_VERSION,
        source=SOURCE,
    )


def _populations(reading: Reading, file_name: str) -> Received:
    """Long form: layer, code, on (30 June of the mid-year), age (90 stands for 90 and over), n."""
    found = _MID_YEAR.search(file_name)
    assert found is not None
    on = date(int(found[1]), 6, 30)
    ages = [name for name in reading.header if name.rstrip("+").isdigit()]
    long = (
        reading.rows.select("line_number", pl.col("lsoa11_code").alias("code"), *ages)
        .unpivot(on=ages, index=["line_number", "code"], variable_name="age", value_name="raw")
        .with_columns(
            pl.col("age").str.strip_suffix("+").cast(pl.Int16),
            pl.col("raw").str.replace_all(",", "").cast(pl.Int32, strict=False).alias("n"),
            pl.lit("lsoa11").alias("layer"),
            pl.lit(on).alias("on"),
        )
    )
    unread = long.filter(pl.col("n").is_null() & pl.col("raw").is_not_null()).height
    sums = long.group_by("line_number").agg(pl.col("n").sum())
    totals = reading.rows.select(
        "line_number", pl.col("total_population").str.replace_all(",", "").cast(pl.Int64, strict=False)
    )
    wrong = sums.join(totals, on="line_number").filter(pl.col("n") != pl.col("total_population")).height
    return Received(
        dataset="ons populations",
        stream=f"ons populations {_stem(file_name)}",
        force_id=None,
        tables={"populations": long.drop("raw").filter(pl.col("n").is_not_null())},
        flags={"ages that do not add up to the total": wrong} if wrong else {},
        unparsed={"age": unread} if unread else {},
        mapping_version=MAPPING_VERSION,
        source=SOURCE,
    )


def _stem(file_name: str) -> str:
    return file_name.split(".")[0]
