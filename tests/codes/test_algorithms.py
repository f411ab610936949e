"""The transparency records of the maps say the code's own numbers, and each has an equality assessment that says what to judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fourfold.analysis import dismantling, exposure, forecasts, hotspots, near_repeats
from fourfold.analysis.backtests import WATCHED
from fourfold.codes import algorithms as module
from fourfold.codes.algorithms import DRAFTED, algorithms

MAPS = ("where-next", "hotspots", "near-repeats", "dismantling")
RECORDS = {one.id: one for one in algorithms()}


def of_usual(function: object, name: str) -> object:
    """What a function takes for a parameter where nothing is said."""
    return function.__kwdefaults__[name]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("hotspots", f"held to {100 * hotspots.FALSE_DISCOVERIES:g} in 100"),
        ("hotspots", f"kernel density ({of_usual(hotspots.hotspots, 'bandwidth'):g} m)"),
        ("hotspots", f"fade by half in {of_usual(hotspots.hotspots, 'half_life'):g} days"),
        (
            "near-repeats",
            f"{len(near_repeats.Bands().metres)} bands of metres and {len(near_repeats.Bands().days)} of days",
        ),
        ("near-repeats", f"{of_usual(near_repeats.near_repeats, 'permutations')} seeded shuffles"),
        ("near-repeats", f"over all bands held to {100 * near_repeats._FALSE_DISCOVERIES:g} in 100"),
        ("near-repeats", f"Fewer than {near_repeats.FEWEST_EVENTS} events"),
        ("dismantling", f"within {dismantling.METRES:g} m of one another, at least {dismantling.LEAST} of"),
        ("dismantling", f"{dismantling.DRAWS} draws"),
        ("where-next", f"flagged {WATCHED:.0%} of the area"),
        ("where-next", "five fifths"),
        ("where-next", "four bands"),
    ],
)
def test_a_record_says_the_codes_own_numbers(record: str, words: str) -> None:
    assert words in " ".join(RECORDS[record].fields.values())
    assert len(exposure._FIFTHS) == 5
    assert len(exposure._SHARES) + 1 == 4


@pytest.mark.parametrize("record", MAPS)
def test_a_map_has_an_equality_assessment_that_is_drafted_and_says_what_the_force_has_to_judge(record: str) -> None:
    one = RECORDS[record]
    assert one.equality_assessment == DRAFTED
    drafted = one.fields["impact_assessments"]
    for words in ("Who may be affected", "What is looked at", "What the force has to judge"):
        assert words in drafted


@pytest.mark.parametrize(
    ("record", "method"),
    [
        ("hotspots", hotspots._METHOD.name), ("near-repeats", near_repeats._METHOD.name),
        ("dismantling", dismantling._METHOD.name),
    ],
)  # fmt: skip
def test_a_record_names_the_method_of_its_figures(record: str, method: str) -> None:
    assert RECORDS[record].method == method


@pytest.mark.parametrize("record", [one.id for one in algorithms()])
def test_another_version_record_or_source_is_another_digest(record: str) -> None:
    one = RECORDS[record]
    assert one.code
    others = [
        replace(one, version=f"{one.version}a"), replace(one, fields={**one.fields, "scope": "Anything"}),
        replace(one, code=(*one.code, "errors.py")), replace(one, code=one.code[1:]),
    ]  # fmt: skip
    digests = {one.digest, *(other.digest for other in others)}
    assert len(digests) == 5
    assert replace(one, equality_assessment="drafted").digest == one.digest, "where the draft stands is no part of it"


def test_a_changed_source_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RECORDS["hotspots"].digest
    monkeypatch.setattr(
        module, "_source_digest", lambda name: b"edited" if name == "analysis/hotspots.py" else b"as it was"
    )
    edited = RECORDS["hotspots"].digest
    monkeypatch.setattr(module, "_source_digest", lambda _: b"as it was")
    assert len({before, edited, RECORDS["hotspots"].digest}) == 3


def test_the_code_of_a_record_holds_the_method_that_it_names() -> None:
    for module_, record in (
        (hotspots, "hotspots"),
        (near_repeats, "near-repeats"),
        (dismantling, "dismantling"),
        (forecasts, "where-next"),
    ):
        assert f"analysis/{module_.__name__.rpartition('.')[2]}.py" in RECORDS[record].code
