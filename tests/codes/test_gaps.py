"""Gaps name fields that there are, words that their contracts have, and sentences whose numbers can be drawn."""

from __future__ import annotations

import string

import pytest

from fourfold.codes import gaps
from fourfold.codes.lists import STATUSES, code_list
from fourfold.codes.measures import measure
from fourfold.errors import CodeUnknown
from fourfold.publications.sentences import without_digits
from fourfold.records.suppliers import catalogue

FIELDS = {(c.table, f.into): f for c in catalogue.contracts() for f in c.fields}
NUMBERS = {"share", "asked", "least", "most", "unknown", "group"}


@pytest.mark.parametrize("one", gaps.gaps(), ids=lambda g: g.id)
def test_a_gap_asks_what_there_is(one: gaps.Gap) -> None:
    for name in (*(a.field for a in one.asks), *(s for a in one.asks for s in a.settled_by), *one.rows):
        assert not FIELDS[one.table, name].personal, f"{name} is personal: its values are not looked at"
    for column, words in {**one.rows, **{a.field: a.words for a in one.asks}}.items():
        codes = FIELDS[one.table, column].codes
        if isinstance(codes, tuple):
            assert set(words) <= set(codes), f"{column} has no such word"
    assert all(measure(name) for name in one.measures)
    assert all(gaps.field_rule(one.table, a.field).is_judged for a in one.asks if one.id not in MAY_BE_EMPTY)
    assert one.per in ("row", "crime")
    assert one.status in STATUSES
    assert one.source


MAY_BE_EMPTY = ("fraud_allocated", "complaints_about_rights", "service_recovery")
"""Figures of what is not yet, or may be none: their bounds say so, and no field of them is asked for as mandatory."""


@pytest.mark.parametrize("one", gaps.gaps(), ids=lambda g: g.id)
def test_a_gap_has_a_sentence_that_says_its_bounds_or_how_many(one: gaps.Gap) -> None:
    parts = list(string.Formatter().parse(one.sentence))
    for words, _, _, _ in parts:
        without_digits(words)
    drawn = {name for _, name, _, _ in parts if name}
    assert {"share", "asked"} <= drawn <= NUMBERS
    assert {"least", "most"} <= drawn or "unknown" in drawn
    assert ("group" in drawn) <= one.asks[0].is_of_groups


def test_each_field_is_asked_by_gaps_of_one_table() -> None:
    rows = code_list("field_rules").rows
    named = [(row["table"], row["field"]) for row in rows if "*" not in (row["table"], row["field"])]
    assert [key for key in named if key not in FIELDS] == []
    assert len(set(named)) == len(named)
    for row in rows:
        column = row["applies_where"].partition("=")[0]
        assert not column or (row["table"], column) in FIELDS, row
        assert row["empty_says"] in ("not recorded", "not yet", "may be none")


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [("occupation", "unknown", "unknown"), ("occupation", "n/a", "not applicable"), ("disability", "prefer not to say", "refused"),
     ("self_defined_ethnicity", "ns", "refused"), ("occupation", "ns", None), ("occupation", "shop worker", None)],
)  # fmt: skip
def test_a_word_that_answers_nothing(field: str, text: str, says: str | None) -> None:
    assert gaps.non_answers(field).get(text) == says


def test_what_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(CodeUnknown, match="shop_worker_assaults"):
        gaps.gap("shop_worker_assault")
    with pytest.raises(CodeUnknown, match="equality"):
        gaps.theme_named("weather")
    assert gaps.theme_named("victims code") == "Victims' Code"
