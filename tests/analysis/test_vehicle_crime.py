"""Vehicle crime: the kinds most at risk and how sure that is, keyless vehicles between bounds, car key burglary as linked crimes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.analysis.findings import Finding
from fourfold.analysis.vehicle_crime import (
    among_first,
    car_key_burglary,
    car_key_links,
    keyless_share,
    kinds_of_vehicle_crime,
    poisson_limits,
    vulnerable_vehicles,
)
from fourfold.analysis.vehicles import taken_vehicles
from fourfold.codes.licensed_vehicles import Licensed, kind_of, licensed_of_file, licensed_vehicles
from fourfold.codes.periods import Window
from fourfold.errors import FourfoldError, LayoutUnknown, RecordsInvalid, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from tests.analysis.stolen import FORCE, Story, taken
from tests.records.extracts import put

MAY = Window(date(2022, 5, 1), date(2022, 5, 31))
TOLD = date(2022, 5, 31)


def rows_of(found: Finding) -> list[dict[str, object]]:
    assert found.table is not None
    return found.table.records()


# Which kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("Ford", "Fiesta", ("FORD", "FIESTA")), (" FORD ", "fiesta", ("FORD", "FIESTA")),
        ("Land Rover", "Range-Rover Sport", ("LANDROVER", "RANGEROVERSPORT")), ("Ford", "Ka+", ("FORD", "KA+")),
        ("Ford", "Ka", ("FORD", "KA")), ("Ford", None, None), (None, "Fiesta", None), ("Ford", " ", None),
        ("Ford", "Model Missing", None),
    ],
)  # fmt: skip
def test_how_a_make_and_model_are_matched(make: str | None, model: str | None, kind: tuple[str, str] | None) -> None:
    assert kind_of(make, model) == kind


def test_the_licensed_numbers_that_are_shipped() -> None:
    held = licensed_vehicles("leicestershire")
    assert held.numbers["FORD", "FIESTA"] == 1_338_498
    assert held.numbers["BMW", "3SERIES"] == 481_408
    assert ("CORVANE", "TERN") not in held.numbers
    assert licensed_vehicles("saltmere").numbers["CORVANE", "TERN"] == 90_000


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("make,model\nFord,Fiesta\n", LayoutUnknown), ("", LayoutUnknown),
        ("make,model,licensed\nFord,Fiesta,many\n", RecordsInvalid), ("make,model,licensed\nFord,Fiesta,-3\n", RecordsInvalid),
        (None, FourfoldError),
    ],
)  # fmt: skip
def test_a_file_of_licensed_vehicles_that_cannot_be_one_is_refused(
    text: str | None, fault: type[FourfoldError], tmp_path: Path
) -> None:
    path = tmp_path / "licensed.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(fault) as raised:
        licensed_of_file(path)
    assert "many" not in str(raised.value)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.025, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (50, 37.11, 65.92), (100, 81.36, 121.63)],
)  # fmt: skip
def test_the_limits_of_a_count_are_those_of_garwoods_table(count: int, low: float, high: float) -> None:
    assert poisson_limits(count) == (pytest.approx(low, abs=6e-3), pytest.approx(high, abs=6e-3))


def test_the_limits_hold_the_mean_at_least_as_often_as_they_say() -> None:
    drawn = np.random.default_rng(3)
    for mean in (0.7, 4.0, 25.0):
        held = [low <= mean <= high for low, high in map(poisson_limits, drawn.poisson(mean, 2000).tolist())]
        assert np.mean(held) >= 0.95 - 0.01


def plain_among_first(counts: list[int], licensed: list[int], first: int, draws: int, seed: int) -> list[float]:
    """By a loop: draw, rank by rate, and count who is among the first."""
    drawn = np.random.default_rng(seed)
    table = drawn.poisson(np.asarray(counts, float), (draws, len(counts)))
    ties = drawn.random(table.shape)
    inside = [0] * len(counts)
    for row, tie in zip(table.tolist(), ties.tolist(), strict=True):
        order = sorted(range(len(counts)), key=lambda k: -(row[k] / licensed[k] + tie[k] * 1e-12))
        for k in order[:first]:
            inside[k] += 1
    return [n / draws for n in inside]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1_000, 90_000)), min_size=1, max_size=12), st.integers(1, 5))
def test_who_stands_among_the_first_is_as_by_a_plain_loop(kinds: list[tuple[int, int]], first: int) -> None:
    counts, licensed = [k[0] for k in kinds], [k[1] for k in kinds]
    found = among_first(counts, licensed, first, draws=200, seed=7)
    if len(kinds) <= first:
        assert found.tolist() == [1.0] * len(kinds)
        return
    assert found.tolist() == plain_among_first(counts, licensed, first, 200, 7)
    assert found.sum() == pytest.approx(first)


def test_kinds_that_are_alike_share_the_place() -> None:
    found = among_first([900, 900, 20, 20], [1000] * 4, 3, draws=4000)
    assert found[:2].tolist() == [1.0, 1.0]
    assert abs(found[2] - 0.5) < 0.05


OWN = Licensed(
    numbers={("CORVANE", "TERN"): 90_000, ("OSTLER", "SCOUT"): 2_000, ("RARE", "ONE"): 10}, source="t", of="the test"
)


def test_the_commonest_is_not_the_most_vulnerable_and_what_has_no_number_has_no_rate(tmp_path: Path) -> None:
    stories = [
        *(Story(stolen=date(2022, 5, 2), make="Corvane", model="Tern") for _ in range(30)),
        *(Story(stolen=date(2022, 5, 2), make="ostler", model="SCOUT") for _ in range(20)),
        *(Story(stolen=date(2022, 5, 2), make="Rare", model="One") for _ in range(2)),
        Story(stolen=date(2022, 5, 2), make="Nobody", model="Knows"),
        Story(stolen=date(2022, 5, 2), make="Corvane"),
        Story(stolen=date(2022, 5, 2), make="Corvane", model="Tern", status="cancelled"),
    ]
    found = vulnerable_vehicles(taken(tmp_path / "home", tmp_path, stories, TOLD), MAY, OWN, first=1)
    told = rows_of(found)
    assert [(r["make"], r["vehicles"], r["rank"]) for r in told] == [
        ("ostler", 20, 1), ("Corvane", 30, 2), ("Rare", 2, None), ("Nobody", 1, None),
    ]  # fmt: skip
    assert told[0]["rate"] == pytest.approx(10.0)
    assert (told[0]["low"], told[0]["high"]) == (pytest.approx(6.108, abs=1e-3), pytest.approx(15.444, abs=1e-3))
    assert told[0]["among_first"] == 1.0
    assert told[2]["rate"] == pytest.approx(200.0)
    assert told[3]["rate"] is None
    assert found.verdict == "Surely among the first 1: ostler SCOUT."
    assert found.n == 54
    assert found.parameters["make or model not recorded"] == 1
    with pytest.raises(RequestInvalid):
        vulnerable_vehicles(taken(tmp_path / "home", tmp_path, [], TOLD), MAY, OWN, first=0)


def test_where_two_could_stand_first_neither_is_said_to(tmp_path: Path) -> None:
    kinds = Licensed(numbers={("A", "A"): 5_000, ("B", "B"): 5_000}, source="t", of="the test")
    stories = [
        *(Story(stolen=date(2022, 5, 2), make="A", model="A") for _ in range(11)),
        *(Story(stolen=date(2022, 5, 2), make="B", model="B") for _ in range(10)),
    ]
    found = vulnerable_vehicles(taken(tmp_path / "home", tmp_path, stories, TOLD), MAY, kinds, first=1)
    assert found.value == 0
    assert found.verdict == "None is surely among the first 1. Could stand there as well: B B."


# Keyless -----------------------------------------------------------------------------------------------------------


def test_those_that_do_not_say_are_neither_keyless_nor_not(tmp_path: Path) -> None:
    stories = [Story(stolen=date(2022, 5, 2), keyless=word) for word in ("yes", "yes", "yes", "no", "", "")]
    found = keyless_share(taken(tmp_path / "home", tmp_path, stories, TOLD), MAY)
    assert found.value == 75.0
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (50.0, pytest.approx(100 * 5 / 6))
    none = keyless_share(taken(tmp_path / "other", tmp_path, [Story(stolen=date(2022, 5, 2))], TOLD), MAY)
    assert none.value is None
    assert none.interval is not None
    assert (none.interval.low, none.interval.high) == (0.0, 100.0)


# What is done, and keys --------------------------------------------------------------------------------------------


def held(
    tmp_path: Path,
    crimes: list[dict[str, str]],
    vehicles: list[dict[str, str]],
    things: list[dict[str, str]] | None = None,
) -> Records:
    home, when = tmp_path / "home", datetime(2022, 6, 1, 9, tzinfo=UTC)
    put(home, tmp_path, when, "crimes", [{"recorded_at": "2022-05-20T12:00:00", **row} for row in crimes], "2022-05")
    put(home, tmp_path, when, "vehicles", [{"changed_at": "2022-05-19T12:00:00", **row} for row in vehicles], "2022-05")
    if things:
        put(home, tmp_path, when, "property", [{"changed_at": "2022-05-19T12:00:00", **r} for r in things], "2022-05")
    return records_as_at(home, datetime(2022, 6, 2, tzinfo=UTC))


def test_what_was_done_to_vehicles_and_what_is_not_known_of_it(tmp_path: Path) -> None:
    crimes = [{"crime_ref": f"T{n}", "offence_code": "48"} for n in range(5)]
    crimes += [{"crime_ref": f"F{n}", "offence_code": "45"} for n in range(3)]
    crimes += [{"crime_ref": "I0", "offence_code": "126"}, {"crime_ref": "B0", "offence_code": "28E"}]
    vehicles = [
        {"crime_ref": "T0", "change": "stolen"}, {"crime_ref": "T1", "change": "stolen"}, {"crime_ref": "T2", "change": "attempted"},
        {"crime_ref": "F0", "change": "entered"}, {"crime_ref": "F0", "change": "entered"}, {"crime_ref": "B0", "change": "stolen"},
    ]  # fmt: skip
    found = kinds_of_vehicle_crime(held(tmp_path, crimes, vehicles), FORCE, MAY)
    assert found.value == 9
    assert [(r["what"], r["crimes"], r["vehicles"], r["without"]) for r in rows_of(found)] == [
        ("theft of a vehicle", 5, 2, 2), ("theft from a vehicle", 3, 2, 2), ("interference with a vehicle", 1, 0, 1),
        ("attempted theft of a vehicle", None, 1, None),
        ("stolen in a crime of another code (its keys in a burglary, say)", None, 1, None),
    ]  # fmt: skip


WHERE = {"easting": "455000", "northing": "300000"}


@pytest.mark.parametrize(
    ("told", "burglary", "thefts", "vehicles", "things", "how"),
    [
        ("a vehicle stolen in the burglary itself", {}, [], [{"crime_ref": "B", "vehicle_ref": "V", "change": "stolen"}], [],
         "recorded in it"),
        ("the same reference in both", {}, [{"crime_ref": "T"}],
         [{"crime_ref": "B", "vehicle_ref": "V", "change": "entered"}, {"crime_ref": "T", "vehicle_ref": "V", "change": "stolen"}],
         [], "same vehicle"),
        ("the same mark in both", {}, [{"crime_ref": "T"}],
         [{"crime_ref": "B", "vehicle_ref": "V1", "change": "attempted", "plate_hash": "ab" * 32},
          {"crime_ref": "T", "vehicle_ref": "V2", "change": "stolen", "plate_hash": "ab" * 32}], [], "same vehicle"),
        ("keys taken, a theft near and soon", {"target": "vehicle_keys"}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", "easting": "455100", "northing": "300000"}], [],
         "near and soon"),
        ("keys in the property list, a theft near and soon", {}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", **WHERE}],
         [{"crime_ref": "B", "kind": "Vehicle_Keys", "change": "stolen"}], "near and soon"),
        ("keys taken, a theft 201 metres off", {"target": "vehicle_keys"}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", "easting": "455201", "northing": "300000"}], [], None),
        ("keys taken, a theft the day before", {"target": "vehicle_keys"}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", "changed_at": "2022-05-18T12:00:00", **WHERE}], [], None),
        ("keys taken, a theft on the third day", {"target": "vehicle_keys"}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", "changed_at": "2022-05-22T12:00:00", **WHERE}], [], None),
        ("a theft near and soon, and no keys taken", {"target": "jewellery"}, [{"crime_ref": "T"}],
         [{"crime_ref": "T", "vehicle_ref": "V", "change": "stolen", **WHERE}], [], None),
    ],
)  # fmt: skip
def test_what_links_a_burglary_to_a_stolen_vehicle(
    told: str, burglary: dict[str, str], thefts: list[dict[str, str]], vehicles: list[dict[str, str]],
    things: list[dict[str, str]], how: str | None, tmp_path: Path,
) -> None:  # fmt: skip
    crimes = [
        {"crime_ref": "B", "offence_code": "28E", "committed_from": "2022-05-19T01:00:00", **WHERE, **burglary},
        {"crime_ref": "plain", "offence_code": "28E"},
        *({"offence_code": "48", **one} for one in thefts),
    ]
    filler = {"crime_ref": "nobody", "vehicle_ref": "X", "change": "found"}
    records = held(tmp_path, crimes, [*vehicles, filler], things)
    links = car_key_links(records, FORCE, MAY)
    assert [one.how for one in links] == ([how] if how else []), told
    found = car_key_burglary(records, FORCE, MAY)
    certain = int(how in ("recorded in it", "same vehicle"))
    assert found.value == certain
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (certain, 1 if how else 0)
    assert sum(int(str(r["burglaries"])) for r in rows_of(found)) == found.n == 2


def test_nothing_else_may_be_done_to_a_vehicle(tmp_path: Path) -> None:
    records = held(tmp_path, [{"crime_ref": "T0"}], [{"crime_ref": "T0", "change": "stolen"}])
    with pytest.raises(RequestInvalid):
        taken_vehicles(records, FORCE, "washed")
