"""The profiles of Saltmere's small areas are taken in whole, and say on whom a map's squares fall."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from fourfold.analysis.exposure import DEPRIVATION, ETHNICITY, groups_of_areas
from fourfold.demo.geography import land
from fourfold.records.as_at import records_as_at
from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow


def test_each_small_area_stands_once_in_its_group_at_a_point_of_its_own(saltmere: Saltmere) -> None:
    here = land()
    rows = {row["lsoa21_code"]: row for row in saltmere.rows("area_profiles")}
    assert set(rows) == set(here.small["code"])
    assert {row["deprivation_decile"] for row in rows.values()} == {str(n) for n in range(1, 11)}
    assert all(0 <= float(row["minority_ethnic_percent"]) <= 100 for row in rows.values())
    found = groups_of_areas(records_as_at(saltmere.folder.parent, datetime.now(UTC)), "saltmere")
    assert set(found) == {DEPRIVATION, ETHNICITY}
    for groups in found.values():
        assert len(groups.name) == here.size
        assert len(set(zip(groups.x.tolist(), groups.y.tolist(), strict=True))) == here.size
    fifths = [found[DEPRIVATION].name.count(one) for one in sorted(set(found[DEPRIVATION].name))]
    assert np.ptp(fifths) <= 2, "a fifth of the areas is in each"
