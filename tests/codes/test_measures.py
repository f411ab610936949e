"""Measures: what each counts, from when, and how it is not what its name may suggest."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping
from datetime import date

import pytest

from fourfold.codes import police_uk
from fourfold.codes.fraud import fraud_codes
from fourfold.codes.measures import measure, measures
from fourfold.codes.offences import offence, offences
from fourfold.codes.periods import Window, financial_quarter
from fourfold.errors import CodeUnknown
from tests.conftest import OPEN_DATA

OFFENCE_MEASURES = [m.id for m in measures() if m.basis == "offence_code"]


@pytest.fixture(scope="module")
def april_to_june() -> Mapping[tuple[int, str], int]:
    """West Midlands, April to June of each year: the count of each code as published."""
    path = OPEN_DATA / "home_office" / "home_office_prc_pfa_Q1-only_2012-13_to_2023-24_all_forces.csv.gz"
    found: dict[tuple[int, str], int] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["FORCE_NAME"].upper() == "WEST MIDLANDS":
                key = (int(row["YEAR"][:4]), row["OFFENCE_CODE"])
                found[key] = found.get(key, 0) + int(row["NUMBER_OF_OFFENCES"])
    return found


def counted(published: Mapping[tuple[int, str], int], name: str, year: int) -> int:
    """Slow and plain: the codes of a measure added up."""
    return sum(published.get((year, code), 0) for code in measure(name).codes)


CONTENTS = [
    ("residential_burglary", "28E 28F 28G 28H 28I 28J 28K 28L 28M 28N 28O 28P 29A 29B 29C"),
    ("burglary_in_a_dwelling", "28A 28B 28C 28D 29"),
    ("business_and_community_burglary", "30C 30D 31A"),
    ("robbery", "34A 34B"),
    ("robbery_personal", "34B"),
    ("robbery_business", "34A"),
    ("theft_from_the_person", "39"),
    ("theft_of_motor_vehicle", "48 37.2"),
    ("theft_from_vehicle", "45"),
    ("vehicle_interference", "126"),
    ("vehicle_offences", "48 37.2 45 126"),
    ("theft_of_and_from_vehicles", "48 37.2 45"),
    ("shoplifting", "46"),
    ("bicycle_theft", "44"),
    (
        "neighbourhood_crime_wmp_2022",
        "28E 28F 28G 28H 28I 28J 28K 28L 28M 28N 28O 28P 29A 29B 29C 34A 34B 39 48 37.2 45 126",
    ),
    (
        "neighbourhood_crime_gov",
        "28E 28F 28G 28H 28I 28J 28K 28L 28M 28N 28O 28P 29A 29B 29C 34B 39 48 37.2 45",
    ),
    ("violence_with_injury", "2 4.3 4.7 5D 5E 8N 8P 8S 8T"),
    ("violence_without_injury", "3A 3B 11A 13 14 36 104 105A 105B 106"),
    (
        "violence_flagged_as_business_crime",
        "2 4.3 4.7 5D 5E 8N 8P 8S 8T 3A 3B 11A 13 14 36 104 105A 105B 106",
    ),
]

# The measures that ask more of a crime than its code.
CONDITIONS = [("violence_flagged_as_business_crime", {"is_business": (True,)})]


@pytest.mark.parametrize(("name", "codes"), CONTENTS)
def test_a_measure_counts_these_codes_and_no_others(name: str, codes: str) -> None:
    assert set(measure(name).codes) == set(codes.split())


def test_the_conditions_of_every_measure_are_written_out_here() -> None:
    assert [(m.id, dict(m.where)) for m in measures() if m.where] == CONDITIONS


@pytest.mark.parametrize("subgroup", ["Violence with injury", "Violence without injury"])
def test_the_two_kinds_of_violence_are_the_subgroups_of_the_published_table(subgroup: str) -> None:
    codes = {o.code for o in offences() if o.subgroup == subgroup and o.valid_to is None}
    assert set(measure(subgroup.lower().replace(" ", "_")).codes) == codes


def test_the_contents_of_every_measure_of_offence_codes_are_written_out_here() -> None:
    assert {name for name, _ in CONTENTS} == set(OFFENCE_MEASURES)


# The published tables, read by hand.
KNOWN = [
    ("residential_burglary", 2019, 4_511),
    ("residential_burglary", 2021, 3_102),
    ("residential_burglary", 2022, 3_496),
    ("residential_burglary", 2023, 3_289),
    ("theft_from_the_person", 2021, 805),
    ("theft_from_the_person", 2022, 1_022),
]


@pytest.mark.parametrize(("name", "year", "count"), KNOWN)
def test_west_midlands_april_to_june_is_as_published(
    april_to_june: Mapping[tuple[int, str], int], name: str, year: int, count: int
) -> None:
    assert counted(april_to_june, name, year) == count


def test_the_old_codes_alone_would_find_two_residential_burglaries_in_2023(
    april_to_june: Mapping[tuple[int, str], int],
) -> None:
    old = ("28E", "28F", "28G", "28H", "29A")
    assert sum(april_to_june.get((2023, code), 0) for code in old) == 2


@pytest.mark.parametrize("name", OFFENCE_MEASURES)
def test_a_measure_is_counted_in_every_year_its_codes_were_in_use(
    april_to_june: Mapping[tuple[int, str], int], name: str
) -> None:
    for year in range(2012, 2024):
        quarter = financial_quarter(f"{year}/{(year + 1) % 100:02d}", 1)
        if measure(name).is_counted_over(quarter):
            assert counted(april_to_june, name, year) > 0


@pytest.mark.parametrize("name", ["residential_burglary", "business_and_community_burglary"])
def test_before_its_codes_were_in_use_a_measure_finds_none_and_says_it_could_not(
    april_to_june: Mapping[tuple[int, str], int], name: str
) -> None:
    for year in range(2012, 2017):
        assert counted(april_to_june, name, year) == 0
        assert not measure(name).is_counted_over(Window(date(year, 4, 1), date(year, 6, 30)))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("residential_burglary", date(2017, 4, 1), None),
        ("burglary_in_a_dwelling", None, date(2017, 3, 31)),
        ("neighbourhood_crime_wmp_2022", date(2017, 4, 1), None),
        ("neighbourhood_crime_gov", date(2017, 4, 1), None),
        ("theft_from_the_person", None, None),
        ("vehicle_offences", None, None),
        ("police_uk_burglary", date(2010, 12, 1), None),
        ("police_uk_shoplifting", date(2011, 9, 1), None),
        ("police_uk_bicycle_theft", date(2013, 5, 1), None),
        ("police_uk_violent_crime", date(2013, 5, 1), None),
        ("police_uk_acquisitive_four", date(2013, 5, 1), None),
        ("police_uk_categories", date(2013, 5, 1), None),
        ("police_uk_all_crime", date(2010, 12, 1), None),
    ],
)
def test_a_sum_is_to_be_had_only_where_each_of_its_parts_is(name: str, first: date | None, last: date | None) -> None:
    assert (measure(name).counted_from, measure(name).counted_to) == (first, last)


@pytest.mark.parametrize(
    ("name", "first", "last", "is_counted"),
    [
        ("residential_burglary", date(2017, 4, 1), date(2017, 6, 30), True),
        ("residential_burglary", date(2017, 3, 31), date(2017, 6, 30), False),
        ("residential_burglary", date(2016, 4, 1), date(2016, 6, 30), False),
        ("residential_burglary", date(2023, 4, 1), date(2023, 6, 30), True),
        ("burglary_in_a_dwelling", date(2016, 4, 1), date(2017, 3, 31), True),
        ("burglary_in_a_dwelling", date(2016, 4, 1), date(2017, 4, 1), False),
        ("burglary_in_a_dwelling", date(2017, 4, 1), date(2017, 6, 30), False),
        ("robbery", date(2002, 4, 1), date(2026, 3, 31), True),
    ],
)
def test_a_window_that_runs_outside_the_days_of_the_codes_is_not_counted_over(
    name: str, first: date, last: date, is_counted: bool
) -> None:
    assert measure(name).is_counted_over(Window(first, last)) is is_counted


# --- what a measure says of itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("one", measures(), ids=lambda m: m.id)
def test_each_measure_has_a_version_a_definition_a_source_and_a_status(one) -> None:  # type: ignore[no-untyped-def]
    assert all((one.version, one.title, one.definition, one.source))
    assert one.status in ("confirmed", "unconfirmed", "force to supply")
    assert one.definition.endswith(".")


@pytest.mark.parametrize("one", measures(), ids=lambda m: m.id)
def test_each_code_of_a_measure_is_on_its_list_and_counted_once(one) -> None:  # type: ignore[no-untyped-def]
    assert len(one.codes) == len(set(one.codes))
    known = {c.code for c in fraud_codes()} if one.basis == "fraud_code" else {c.id for c in police_uk.categories()}
    for code in one.codes:
        assert offence(code) is not None if one.basis == "offence_code" else code in known


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("residential_burglary", "before April 2017"),
        ("burglary_in_a_dwelling", "does not join"),
        ("neighbourhood_crime_wmp_2022", "without saying whether"),
        ("neighbourhood_crime_gov", "Crime Survey"),
        ("vehicle_offences", "Interference is in it"),
        ("theft_of_motor_vehicle", "unauthorised taking"),
        ("police_uk_categories", "Burglary is residential and business together"),
        ("police_uk_categories", "robbery of persons and of businesses together"),
        ("police_uk_categories", "theft of, theft from and interference together"),
        ("police_uk_all_crime", "Anti-social behaviour is never within it"),
        ("police_uk_acquisitive_four", "not neighbourhood crime"),
        ("police_uk_anti_social_behaviour", "not crimes"),
        ("police_uk_burglary", "Residential and business"),
        ("all_recorded_crime", "anti-social behaviour"),
    ],
)
def test_a_measure_says_how_it_differs_from_what_its_name_suggests(name: str, said: str) -> None:
    assert said in measure(name).differs


@pytest.mark.parametrize("name", ["neighbourhood_crime_wmp_2022", "neighbourhood_crime_gov"])
def test_no_definition_of_neighbourhood_crime_is_called_confirmed(name: str) -> None:
    assert measure(name).status == "unconfirmed"


def test_anti_social_behaviour_is_never_within_all_crime() -> None:
    assert "anti-social-behaviour" not in measure("police_uk_all_crime").codes
    assert "anti-social-behaviour" in measure("police_uk_categories").codes


def test_all_crime_holds_every_other_category_of_every_list() -> None:
    assert set(measure("police_uk_all_crime").codes) == {c.id for c in police_uk.categories() if c.is_crime}


def test_each_of_the_fourteen_categories_is_a_measure_of_its_own() -> None:
    for one in police_uk.current_categories():
        assert measure(f"police_uk_{one.id}").codes == (one.id,)
    assert set(measure("police_uk_categories").codes) == {c.id for c in police_uk.current_categories()}


@pytest.mark.parametrize("one", [m for m in measures() if m.parts], ids=lambda m: m.id)
def test_the_parts_of_a_measure_do_not_overlap_and_make_it_up(one) -> None:  # type: ignore[no-untyped-def]
    parts: Iterable[str] = [code for part in one.parts for code in measure(part).codes]
    assert sorted(parts) == sorted(one.codes)


# --- asking for one --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["theft_from_the_person", "theft-from-the-person"])
def test_a_measure_is_asked_for_by_its_id(written: str) -> None:
    assert measure(written).id == "theft_from_the_person"
    assert measure(written, "2024-1").id == "theft_from_the_person"


@pytest.mark.parametrize(("written", "near"), [("theft_from_person", "theft_from_the_person"), ("robery", "robbery")])
def test_a_measure_nearly_right_is_refused_with_the_nearest(written: str, near: str) -> None:
    with pytest.raises(CodeUnknown) as refused:
        measure(written)
    assert near in refused.value.remedy


def test_another_version_is_refused() -> None:
    with pytest.raises(CodeUnknown):
        measure("robbery", "1999-1")
