"""The limit of the score as people write it, and rules by their dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fourfold.codes import triage_rules
from fourfold.codes.triage_rules import score_limit, triage_rule
from fourfold.errors import CodeUnknown, RequestInvalid


@pytest.mark.parametrize(
    ("written", "least_that_refers"),
    [("15", 15), ("15+", 15), ("15 or more", 15), (">=15", 15), ("at least 15", 15), ("above 15", 16), (">15", 16),
     ("over 15", 16), ("more than 15", 16), ("Above 15", 16), ("0", 0), ("35", 35)],
)  # fmt: skip
def test_a_limit_is_read_as_it_is_meant(written: str, least_that_refers: int) -> None:
    assert triage_rule().with_score(written).least_score == least_that_refers
    number, is_above = score_limit(written)
    assert number + is_above == least_that_refers


@pytest.mark.parametrize("written", ["", "high", "36", "-1", "15.5", "15 16", "NDM 15", "above"])
def test_what_is_no_limit_is_refused(written: str) -> None:
    with pytest.raises(RequestInvalid):
        score_limit(written)


def test_both_wordings_of_the_paper_are_rules_and_differ_by_one() -> None:
    at_least, above = triage_rule("score_15_or_more"), triage_rule("score_above_15")
    assert (at_least.least_score, above.least_score) == (15, 16)
    assert (at_least.score_in_words, above.score_in_words) == ("15 or more", "above 15")
    assert "paragraph 10" in at_least.source
    for rule in (at_least, above):
        assert "National Decision Model" not in rule.title + rule.in_words


def test_the_version_in_force_on_the_day_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    old = replace(triage_rule(), in_force_to=date(2022, 12, 31))
    new = replace(
        triage_rule(), version="2023-1", score=18, in_force_from=date(2023, 1, 1), in_force_to=date(2023, 6, 30)
    )
    monkeypatch.setattr(triage_rules, "triage_rules", lambda: {"score_15_or_more": (old, new)})
    said = {on: triage_rule("score_15_or_more", on).score for on in (date(2022, 12, 31), date(2023, 1, 1))}
    assert said == {date(2022, 12, 31): 15, date(2023, 1, 1): 18}
    with pytest.raises(CodeUnknown):
        triage_rule("score_15_or_more", date(2023, 7, 1))
    with pytest.raises(CodeUnknown):
        triage_rule("score_of_anything")
