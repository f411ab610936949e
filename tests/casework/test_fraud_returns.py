"""Returns in casework: two officers at one month, days as London has them, and what the month before comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from fourfold.analysis.outcome_returns import CHANGED, WITHDRAWN, Line, as_plain
from fourfold.casework import fraud_returns
from fourfold.casework.audit import Entry, Who
from fourfold.casework.fraud_returns import SENT, FraudReturn, draw_up, month_before, register, sign_off
from fourfold.errors import Conflict, RequestInvalid
from tests.analysis.test_outcome_returns import GOOD, OTHER

pytestmark = pytest.mark.django_db
ANA, BEA = (Who(name, ("economic_crime_supervisor",)) for name in ("ana", "bea"))
JUNE = date(2022, 6, 1)
JUNE_IS_OVER = datetime(2022, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight in London, on the first of July."""


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(fraud_returns, "lines", lambda *_: (GOOD,))
    return SimpleNamespace(as_at=JUNE_IS_OVER)


def held(lines: list[Line], number: int = 0, **said: Any) -> FraudReturn:
    given = {"state": SENT, "sent_at": JUNE_IS_OVER, "as_at": JUNE_IS_OVER, "drawn_up_at": JUNE_IS_OVER, **said}
    return FraudReturn.objects.create(
        force_id="saltmere", month=JUNE, number=number, lines=as_plain(lines), drawn_up_by="ana", **given
    )


def test_of_two_officers_who_draw_one_month_up_at_once_one_is_told_and_nothing_of_hers_is_done(
    records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object) -> tuple[Line, ...]:
        held([GOOD], state="drawn up", sent_at=None)  # a colleague's, after it was looked whether there was one
        return (GOOD,)

    monkeypatch.setattr(fraud_returns, "lines", meanwhile)
    with pytest.raises(Conflict, match="colleague"):
        draw_up(BEA, records, "saltmere", JUNE, at=JUNE_IS_OVER)
    assert not Entry.objects.filter(verb="draw_up").exists()


def test_a_month_is_over_and_a_return_late_by_londons_days(records: Any) -> None:
    with pytest.raises(RequestInvalid, match="not over"):
        draw_up(ANA, records, "saltmere", JUNE, at=datetime(2022, 6, 30, 22, 59, tzinfo=UTC))
    made = draw_up(ANA, records, "saltmere", JUNE, at=JUNE_IS_OVER)
    assert made.due_on == date(2022, 7, 7)
    for sent_at, is_in_time in (
        (datetime(2022, 7, 7, 22, 59, tzinfo=UTC), True),
        (datetime(2022, 7, 7, 23, 1, tzinfo=UTC), False),
    ):
        FraudReturn.objects.update(state=SENT, sent_at=sent_at)
        assert [due.is_in_time for due in register("saltmere", JUNE, date(2022, 7, 8))] == [is_in_time]


def test_the_month_before_is_what_stands_of_it_with_its_supplements() -> None:
    changed = replace(GOOD, outcome_type="3", outcome="Caution", change=CHANGED)
    held([GOOD, OTHER])
    held([changed, replace(OTHER, change=WITHDRAWN)], number=1)
    july = FraudReturn(force_id="saltmere", month=date(2022, 7, 1))
    assert month_before(july) == (replace(changed, change=""),)


@pytest.mark.parametrize("state", ["drawn up", "signed", None])
def test_a_month_whose_return_was_not_sent_is_not_known_and_never_nought(state: str | None) -> None:
    if state:
        held([GOOD], state=state, sent_at=None)
    assert month_before(FraudReturn(force_id="saltmere", month=date(2022, 7, 1))) is None


def test_a_supplement_of_an_outcome_that_was_taken_back_says_nothing_and_is_not_signed(
    records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held([GOOD])
    monkeypatch.setattr(fraud_returns, "lines", lambda *_: (GOOD, OTHER))
    late = draw_up(ANA, records, "saltmere", JUNE, at=JUNE_IS_OVER)
    assert [line.report_ref for line in late.every] == [OTHER.report_ref]
    monkeypatch.setattr(fraud_returns, "lines", lambda *_: (GOOD,))
    again = draw_up(ANA, records, "saltmere", JUNE, at=JUNE_IS_OVER)
    assert (again.pk, again.lines, again.version) == (late.pk, [], 2)
    with pytest.raises(RequestInvalid, match="says nothing"):
        sign_off(BEA, again, version=2, at=JUNE_IS_OVER)
    with pytest.raises(Conflict):
        sign_off(BEA, late, version=1, at=JUNE_IS_OVER)  # from a page that still showed it
