"""Theme trends: counts of scores set right by known misses, bounded, and judged as any series is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fourfold.analysis.findings import Definition, Finding, Method, finding_from_dict
from fourfold.analysis.theme_accuracy import OfTheme
from fourfold.analysis.theme_reports import shared_phrases
from fourfold.analysis.theme_trends import BY_TIME, Month, Tried, _set_right, theme_trend, tried
from fourfold.codes.periods import Window
from fourfold.publications.sentences import plain_sentence

WINDOW = [date(2022, 8, 1), date(2022, 9, 1), date(2022, 10, 1)]

# scored so, reports; of the theme and found, of others and taken for it                 set right
SET_RIGHT = [
    (100, 1000, (100, 100), (400, 0), 100.0),    # the scorer misses nothing
    (80, 1000, (100, 80), (400, 0), 100.0),      # it misses a fifth
    (116, 1000, (100, 80), (400, 8), 123.1),     # and takes one in fifty others for it
    (10, 1000, (100, 80), (400, 8), 0.0),        # fewer than its mistakes alone would make
]  # fmt: skip


@pytest.mark.parametrize(("scored", "reports", "own", "others", "expected"), SET_RIGHT)
def test_a_count_is_set_right_and_lies_within_its_bounds(
    scored: int, reports: int, own: tuple[int, int], others: tuple[int, int], expected: float
) -> None:
    known = Tried("a set", own[0] + others[0], OfTheme("courier_fraud", own[0], own[1] + others[1], own[1]))
    found = _set_right(scored, reports, known)
    assert found is not None
    right, low, high = found
    assert right == pytest.approx(expected, abs=0.1)
    assert low <= right <= high


def test_a_scorer_that_tells_nothing_gives_no_bounds() -> None:
    assert _set_right(10, 100, Tried("a set", 40, OfTheme("courier_fraud", 20, 20, 10))) is None


def test_the_accuracy_by_time_is_shipped_for_courier_fraud() -> None:
    (by_time,) = [t for t in tried("courier_fraud") if t.set == BY_TIME]
    assert by_time.n > 0
    assert 0 < by_time.of.both <= by_time.of.labelled


def count() -> Finding:
    return Finding(
        kind="count", title="Reports", value=300, unit="reports", n=300, windows=(Window(WINDOW[0], date(2022, 10, 31)),),
        area="Saltmere", definition=Definition(name="fraud_reports", version="1", title="Reports", text="Reports."),
        method=Method(name="count", text="Counted."), as_at=datetime(2022, 11, 1, tzinfo=UTC), batches=("b",), code_version="0",
    )  # fmt: skip


def held(n: int, of_last: int) -> list[Month]:
    months = [date(2022 + (9 - i) // 12 if i <= 9 else 2021 - (i - 10) // 12, (9 - i) % 12 + 1, 1) for i in range(n)][
        ::-1
    ]
    return [Month(m, 100, {"courier_fraud": of_last if m in WINDOW else 10 + m.month % 2}, 5) for m in months]


def test_a_theme_that_doubled_has_risen_and_a_quiet_one_has_not() -> None:
    risen = theme_trend(count(), held(36, 30), "courier_fraud", of_window=WINDOW)
    assert risen.verdict is not None
    assert risen.verdict.startswith("rise")
    assert (risen.value, risen.n) == (90, 300)
    assert risen.interval is not None
    assert risen.interval.low <= 90
    assert finding_from_dict(risen.as_dict()) == risen
    assert "90 of 300 reports with a narrative" in plain_sentence(risen)
    quiet = theme_trend(count(), held(36, 10), "courier_fraud", of_window=WINDOW)
    assert quiet.verdict is not None
    assert quiet.verdict.startswith("no clear change")


def test_with_too_short_a_past_it_is_not_judged() -> None:
    short = theme_trend(count(), held(14, 30), "courier_fraud", of_window=WINDOW)
    assert short.verdict is not None
    assert short.verdict.startswith("cannot judge")
    shorter = theme_trend(count(), held(5, 30), "courier_fraud", of_window=WINDOW)
    assert "a year before are not all held" in (shorter.verdict or "")


def test_a_theme_of_the_force_s_own_has_no_bounds() -> None:
    months = [replace(m, scored={"Energy rebate": 4}) for m in held(36, 1)]
    own = theme_trend(count(), months, "Energy rebate", of_window=WINDOW, title="Energy rebate")
    assert own.interval is None
    assert own.value == 12


def test_a_phrase_is_shown_only_where_three_reports_share_it() -> None:
    texts = ["energy rebate for Mrs Okonjo", "an energy rebate link", "energy rebate again", "Mrs Okonjo rang"]
    assert shared_phrases(texts) == ("energy rebate",)
