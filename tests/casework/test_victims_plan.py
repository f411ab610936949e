"""The plan and the return by the command line, over a service's records."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fourfold.casework import victims_plan
from fourfold.casework.audit import Entry, Who
from fourfold.casework.victims_plan import CodeReturn, Planned, SeenAction, return_before
from fourfold.errors import RequestInvalid
from tests.conftest import CommandLine

pytestmark = pytest.mark.slow

WHO, AT = Who("0123456789abcdef", ("code_auditor",)), datetime(2022, 10, 12, 12, tzinfo=UTC)


def test_the_plan_of_a_service_without_an_action_is_empty(fourfold: CommandLine) -> None:
    assert json.loads(fourfold("code", "plan", "saltmere", "--json").out) == []
    assert "0 action(s)" in fourfold("code", "plan", "saltmere").out


@pytest.mark.django_db
def test_an_action_is_overdue_once_its_day_is_past() -> None:
    planned = Planned(what="Mandate the field", owner="Records", due_on=date(2022, 11, 1), measured_by="Dip sample")
    one = victims_plan.plan_action(WHO, "saltmere", planned, at=AT)
    assert [one.standing(date(2022, 11, day)) for day in (1, 2)] == ["open", "overdue"]
    victims_plan.end_action(SeenAction(WHO, one, 1, AT), outcome="It is mandatory", is_done=True)
    assert one.standing(date(2022, 11, 2)) == "done"


def test_a_return_is_written_to_no_file_that_is_there_and_in_no_other_form(
    fourfold: CommandLine, tmp_path: Path
) -> None:
    there = tmp_path / "return.csv"
    there.write_text("somebody's")
    for path in (there, tmp_path / "return.doc"):
        fourfold("code", "return", path, "--force", "saltmere", code=2)
    assert there.read_text() == "somebody's"


@pytest.mark.django_db
def test_returns_of_the_same_months_are_numbered_and_each_is_compared_with_the_one_before() -> None:
    days = (date(2022, 7, 1), date(2022, 9, 30))

    def frozen(first: date, last: date, *rows: str) -> CodeReturn:
        return victims_plan.freeze_return(WHO, "saltmere", first, last, {"rows": list(rows)}, as_at=AT, at=AT)

    spring = frozen(date(2022, 4, 1), date(2022, 6, 30), "a")
    one = frozen(*days, "a")
    with pytest.raises(RequestInvalid):
        frozen(*days, "a")
    two = frozen(*days, "b")
    assert [r.number for r in (spring, one, two)] == [0, 0, 1]
    assert [return_before(r) for r in (spring, one, two)] == [None, spring, one]
    assert all(r.is_as_frozen for r in (spring, one, two))
    with pytest.raises(RequestInvalid):
        frozen(date(2022, 10, 1), date(2022, 12, 31), "a")
    assert Entry.objects.filter(verb="freeze_return").count() == 3
