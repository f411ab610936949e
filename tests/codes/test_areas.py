"""Forces by any name in use, and areas with the days their codes are good for."""

from __future__ import annotations

import csv
import gzip
from datetime import date

import pytest

from fourfold.codes import areas
from fourfold.errors import CodeUnknown
from tests.conftest import OPEN_DATA


@pytest.mark.parametrize(
    ("written", "force"),
    [
        ("west-midlands", "west-midlands"),
        ("West Midlands Police", "west-midlands"),
        ("WEST MIDLANDS", "west-midlands"),
        ("West Midlands", "west-midlands"),
        ("E23000014", "west-midlands"),
        ("Leicestershire Police", "leicestershire"),
        ("LEICESTERSHIRE", "leicestershire"),
        ("Devon & Cornwall Police", "devon-and-cornwall"),
        ("DEVON AND CORNWALL", "devon-and-cornwall"),
        ("Dyfed-Powys Police", "dyfed-powys"),
        ("DYFED-POWYS", "dyfed-powys"),
        ("Metropolitan Police Service", "metropolitan"),
        ("METROPOLITAN POLICE", "metropolitan"),
        ("Metropolitan Police", "metropolitan"),
        ("LONDON, CITY OF", "city-of-london"),
        ("London, City of", "city-of-london"),
        ("City of London Police", "city-of-london"),
        ("Durham Constabulary", "durham"),
        ("British Transport Police", "btp"),
        ("BRITISH TRANSPORT POLICE", "btp"),
        ("btp", "btp"),
        ("ACTION FRAUD", "action-fraud"),
        ("CIFAS", "cifas"),
        ("UK FINANCE", "uk-finance"),
        ("FINANCIAL FRAUD ACTION UK", "financial-fraud-action-uk"),
    ],
)
def test_a_force_is_found_by_any_name_in_use(written: str, force: str) -> None:
    assert areas.force(written).id == force


@pytest.mark.parametrize("written", ["", "Midlands", "Nowhere Constabulary", "West Midland", "National"])
def test_an_unknown_name_is_no_force(written: str) -> None:
    assert areas.force_named(written) is None


def test_a_name_nearly_right_is_refused_with_the_nearest() -> None:
    with pytest.raises(CodeUnknown) as refused:
        areas.force("west-midland")
    assert "west-midlands" in refused.value.remedy


def test_there_are_43_territorial_forces_one_transport_force_and_four_national_recorders() -> None:
    kinds = [f.kind for f in areas.forces() if not f.is_fictitious]
    assert {kind: kinds.count(kind) for kind in kinds} == {"territorial": 43, "transport": 1, "national recorder": 4}


def test_each_territorial_force_has_an_area_of_its_own_and_councils_in_it() -> None:
    territorial = [f for f in areas.forces() if f.kind == "territorial" and not f.is_fictitious]
    assert len({f.pfa_code for f in territorial}) == 43
    assert all(areas.councils_of(f.id) for f in territorial)


def test_the_councils_of_all_forces_are_all_318_of_england_and_wales_each_in_one_force() -> None:
    found = [code for f in areas.forces() if not f.is_fictitious for code in areas.councils_of(f.id)]
    assert len(found) == len(set(found)) == 318


def test_a_council_with_several_partnerships_is_listed_once() -> None:
    assert areas.councils_of("dorset") == ("E06000058", "E06000059")


def test_west_midlands_has_its_seven_councils() -> None:
    names = [found.name for code in areas.councils_of("west-midlands") if (found := areas.area(code))]
    assert names == ["Birmingham", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton"]


@pytest.mark.parametrize("force", ["btp", "action-fraud"])
def test_a_force_without_an_area_has_no_councils(force: str) -> None:
    assert areas.councils_of(force) == ()


def test_every_force_in_the_home_office_tables_is_known() -> None:
    met: set[str] = set()
    for path in (OPEN_DATA / "home_office").glob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            met |= {row.get("FORCE_NAME") or row.get("Force_Name") or "" for row in csv.DictReader(lines)}
    assert len(met) > 40
    assert {name for name in met if areas.force_named(name) is None} == set()


def test_the_lists_agree_with_the_shipped_lookup() -> None:
    with (OPEN_DATA / "geography" / "lookup_ltla24_csp24_pfa24_EW.csv").open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            for level in ("ltla24", "csp24", "pfa24"):
                found = areas.area(row[f"{level}_code"])
                assert found is not None
                assert (found.layer, found.name) == (level, row[f"{level}_name"])
            recorded_by = areas.force_named(row["pfa24_name"])
            assert recorded_by is not None
            assert recorded_by.pfa_code == row["pfa24_code"]


# --- codes that change -----------------------------------------------------------------------------------------

BEFORE, AFTER = date(2025, 3, 31), date(2025, 4, 1)


@pytest.mark.parametrize(
    ("code", "on", "name"),
    [
        ("E08000016", BEFORE, "Barnsley"),
        ("E08000016", AFTER, None),
        ("E08000038", BEFORE, None),
        ("E08000038", AFTER, "Barnsley"),
        ("E08000019", BEFORE, "Sheffield"),
        ("E08000019", AFTER, None),
        ("E08000039", BEFORE, None),
        ("E08000039", AFTER, "Sheffield"),
        ("E08000025", BEFORE, "Birmingham"),
        ("E08000025", AFTER, "Birmingham"),
        ("E08000016", None, "Barnsley"),
        ("E08000038", None, "Barnsley"),
    ],
)
def test_a_recoded_council_has_one_code_on_any_day(code: str, on: date | None, name: str | None) -> None:
    found = areas.area(code, on)
    assert (found.name if found else None) == name


def test_a_recoded_council_points_to_the_code_it_had() -> None:
    after = areas.successor("E08000016")
    assert after is not None
    assert (after.code, after.predecessor, after.valid_from) == ("E08000038", "E08000016", AFTER)
    assert areas.successor("E08000025") is None


@pytest.mark.parametrize("code", ["E08000099", "", "Birmingham"])
def test_an_unknown_code_is_no_area(code: str) -> None:
    assert areas.area(code) is None


# --- policing areas --------------------------------------------------------------------------------------------


def test_west_midlands_had_eight_units_and_has_seven_areas() -> None:
    def listed(layer: str, on: date) -> int:
        return sum(1 for a in areas.areas_of_layer(layer, on) if not a.is_fictitious)

    assert listed("npu", date(2022, 6, 30)) == 8
    assert listed("lpa", date(2022, 6, 30)) == 0
    assert listed("npu", date(2023, 6, 30)) == 0
    assert listed("lpa", date(2023, 6, 30)) == 7


@pytest.mark.parametrize("code", ["wmp-npu-birmingham-east", "wmp-npu-birmingham-west"])
def test_birminghams_two_units_are_undivided_until_the_force_supplies_a_lookup(code: str) -> None:
    found = areas.area(code)
    assert found is not None
    assert "undivided until the force supplies a lookup" in found.note
    assert (found.ltla24_code, found.status) == ("E08000025", "force to supply")


def test_every_other_policing_area_stands_for_one_council_and_is_unconfirmed() -> None:
    for layer in ("npu", "lpa"):
        found = [a for a in areas.areas_of_layer(layer) if a.status not in ("force to supply", "fictitious")]
        assert {a.status for a in found} == {"unconfirmed"}
        assert len({a.ltla24_code for a in found}) == len(found)
        assert all(a.ltla24_code in areas.councils_of("west-midlands") for a in found)


@pytest.mark.parametrize(
    ("code", "layer"),
    [
        ("E08000025", "ltla24"),
        ("E23000014", "pfa24"),
        ("W15000001", "pfa24"),
        ("E05011118", "ward24"),
        ("W05000981", "ward24"),
        ("E22000173", "csp24"),
        ("E09000033", "ltla24"),
        ("W06000015", "ltla24"),
        ("E08000038", "ltla25"),
        ("wmp-lpa-coventry", "lpa"),
    ],
)
def test_the_layer_of_a_code_is_told_by_its_list_or_its_shape(code: str, layer: str) -> None:
    assert areas.layer_of(code) == layer


@pytest.mark.parametrize("code", ["E01009417", "", "Aston"])
def test_a_code_of_either_vintage_is_not_guessed(code: str) -> None:
    with pytest.raises(CodeUnknown, match="does not tell"):
        areas.layer_of(code)


# --- the force that is not -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["saltmere", "Saltmere", "Saltmere Constabulary", "Saltmere Constabulary (FICTITIOUS)", "E23000901"]
)
def test_a_fictitious_force_is_told_apart_and_says_so_in_its_name(written: str) -> None:
    found = areas.force(written)
    assert found.is_fictitious
    assert found.name.endswith("(FICTITIOUS)")


def test_only_the_forces_of_the_demonstration_are_fictitious() -> None:
    assert [f.id for f in areas.forces() if f.is_fictitious] == ["saltmere", "brinemark"]


def test_no_code_of_a_fictitious_place_is_that_of_a_real_one() -> None:
    codes = [code for f in areas.forces() for code in areas.councils_of(f.id)]
    assert len(codes) == len(set(codes))
    assert all(areas.area(code).is_fictitious for code in areas.councils_of("saltmere"))  # type: ignore[union-attr]
