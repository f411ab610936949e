"""Fraud cases: a hand-over triages nothing, and what is to come has not happened."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fourfold.casework import fraud_cases
from fourfold.casework.audit import Who
from fourfold.casework.fraud_cases import FraudCase, SeenCase
from fourfold.codes.economic_crime import body_elsewhere, teams, unit
from fourfold.errors import RequestInvalid

pytestmark = pytest.mark.django_db
SAM = Who("sam", ("economic_crime_supervisor",))
AT = datetime(2022, 10, 12, 12, tzinfo=UTC)


@pytest.fixture
def case() -> FraudCase:
    return fraud_cases.acknowledge(SAM, "k" * 24, force_id="saltmere", received_on=date(2022, 10, 3), at=AT)


def seen(case: FraudCase) -> SeenCase:
    case.refresh_from_db()
    return SeenCase(SAM, case, case.version, AT)


def test_a_case_that_is_handed_over_untriaged_is_still_to_be_triaged(case: FraudCase) -> None:
    team = teams()[0]
    #   handed over to, and where it stands then
    for to, state in ((team, "received"), (body_elsewhere(), "elsewhere"), (unit(), "received")):
        fraud_cases.hand_over(seen(case), to=to, reason="They know the suspect")
        case.refresh_from_db()
        assert (case.owner, case.state, case.category) == (to, state, "")
    fraud_cases.triage_case(seen(case), kind="volume", team=team, reason="One victim, a known method")
    for to, state in ((unit(), "triaged"), (body_elsewhere(), "elsewhere"), (team, "triaged")):
        fraud_cases.hand_over(seen(case), to=to, reason="They have the series")
        case.refresh_from_db()
        assert (case.owner, case.state) == (to, state)


def test_advice_that_is_to_come_has_not_come(case: FraudCase) -> None:
    fraud_cases.ask_for_advice(seen(case), on=date(2022, 10, 10))
    with pytest.raises(RequestInvalid, match="to come"):
        fraud_cases.answer_advice(seen(case), on=date(2022, 10, 13))
    assert len(fraud_cases.waiting_advice([case])) == 1
    fraud_cases.answer_advice(seen(case), on=date(2022, 10, 12))
    assert fraud_cases.waiting_advice([case]) == []
