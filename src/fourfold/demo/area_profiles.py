"""Area profiles of Saltmere: how deprived each small area is, and which share of its residents are of minority ethnic groups.

All of it is invented. Crime there is a little more where deprivation is, as it is anywhere, so that there is something to look at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import shapely

from fourfold.demo.extracts import EXTRACTS, file_path, written_rows
from fourfold.demo.geography import land

_LATELY, _CENTRES = 2021, 5


def written_area_profiles(folder: Path) -> Path:
    """Write the profile of each small area; the same for every scale and seed, as the map is."""
    here = land()
    rng = np.random.default_rng([_LATELY, here.size])
    crime = np.mean([share / share.max() for share in here.concentration.values()], axis=0)
    score = np.argsort(np.argsort(crime)) / here.size + rng.normal(0, 0.35, here.size)
    decile = 10 - np.argsort(np.argsort(score)) * 10 // here.size
    at = shapely.get_coordinates(shapely.centroid(here.shapes))
    middles = at[rng.choice(here.size, _CENTRES, replace=False)]
    away = np.min(np.hypot(*(at[:, None, :] - middles[None]).transpose(2, 0, 1)), axis=1)
    percent = np.clip(70 * np.exp(-away / 4_000) + rng.gamma(2.0, 4.0, here.size), 0, 98).round(1)
    columns = {
        "lsoa21_code": here.small["code"], "deprivation_decile": pl.Series(decile),
        "minority_ethnic_percent": pl.Series(percent),
    }  # fmt: skip
    return written_rows(file_path(folder, "area_profiles", EXTRACTS[-1]), "area_profiles", columns)
