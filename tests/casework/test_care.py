"""Care in casework: what is given out of the stock, and from which day on a visit is past."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fourfold.casework import care
from fourfold.casework.audit import Who
from fourfold.casework.care import Seen
from fourfold.casework.care_cases import CareCase, Stock
from fourfold.codes.care import words
from fourfold.errors import RequestInvalid

pytestmark = pytest.mark.django_db
VAL = Who("val", ("victim_care",))
AFTER_MIDNIGHT = datetime(2022, 6, 30, 23, 30, tzinfo=UTC)
"""The first of July in London."""
BOOKLET = next(iter(words("resources")))


@pytest.fixture
def case() -> CareCase:
    return CareCase.objects.create(
        subject="SP1", key="k", force_id="saltmere", report_ref="NFRC1", rule="score_15_or_more", officer="val",
        taken_up_at=AFTER_MIDNIGHT, changed_at=AFTER_MIDNIGHT,
    )  # fmt: skip


def seen(case: CareCase) -> Seen:
    case.refresh_from_db()
    return Seen(VAL, case, case.version, AFTER_MIDNIGHT)


def test_what_lies_in_several_lots_is_said_so_and_given_a_lot_at_a_time(case: CareCase) -> None:
    for count, fund in ((3, "Proceeds of crime"), (4, "The Commissioner")):
        care.take_into_stock(VAL, resource=BOOKLET, count=count, funded_by=fund, at=AFTER_MIDNIGHT)
    assert set(Stock.objects.values_list("came_on", flat=True)) == {date(2022, 7, 1)}
    with pytest.raises(
        RequestInvalid, match="in 2 lots: 3 paid for by Proceeds of crime, 4 paid for by The Commissioner"
    ) as fault:
        care.give_resource(seen(case), resource=BOOKLET, count=5)
    assert "a lot at a time" in fault.value.remedy
    with pytest.raises(RequestInvalid, match="not so many left"):
        care.give_resource(seen(case), resource=BOOKLET, count=8)
    care.give_resource(seen(case), resource=BOOKLET, count=4)
    care.give_resource(seen(case), resource=BOOKLET, count=1)
    assert list(Stock.objects.values_list("left", flat=True)) == [2, 0]
    assert [(s.count, s.result) for s in case.steps.all()] == [(4, "The Commissioner"), (1, "Proceeds of crime")]


def test_a_visit_is_booked_for_today_in_london_and_not_for_yesterday(case: CareCase) -> None:
    with pytest.raises(RequestInvalid, match="past"):
        care.book_visit(seen(case), on=date(2022, 6, 30))
    care.book_visit(seen(case), on=date(2022, 7, 1))


def test_what_is_to_come_has_not_happened(case: CareCase) -> None:
    care.book_visit(seen(case), on=date(2022, 7, 4))
    for result in ("made", "nobody_in"):
        with pytest.raises(RequestInvalid, match="to come"):
            care.close_visit(seen(case), number=1, result=result)
    care.close_visit(seen(case), number=1, result="called_off")
    care.book_visit(seen(case), on=date(2022, 7, 1))
    care.close_visit(seen(case), number=2, result="made")
    care.refer(seen(case), partner=next(iter(words("partners"))), has_agreed=True)
    with pytest.raises(RequestInvalid, match="to come"):
        care.answer_referral(seen(case), number=3, is_accepted=True, on=date(2022, 7, 2))
    care.answer_referral(seen(case), number=3, is_accepted=True, on=date(2022, 7, 1))
    assert [s.result for s in case.steps.all() if s.result] == ["called_off", "made", "accepted"]
