"""One victim, seen on pages of crimes, of homes and of fraud: whichever key of hers one has, who looked is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from fourfold.casework import audit
from fourfold.casework.access import gate_for
from fourfold.casework.officers import Officer
from fourfold.casework.roles import Held
from fourfold.records import people
from fourfold.records.access import Asking
from fourfold.records.as_at import records_as_at
from fourfold.records.subjects import subject_of
from tests.web.test_rights import people_held  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_who_saw_one_victim_at_a_journey_a_cocoon_and_the_picture_of_fraud_is_found_by_any_key_of_hers(
    as_role: Callable[..., Client],
    people_held: Path,  # noqa: F811 - the fixture
    settings: object,
) -> None:
    settings.FOURFOLD_FORCE = "kent"  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    people.link(records_as_at(people_held, now), gate_for("A1", [Held("analyst")]), asking, now)
    state = people.state_of(people_held)
    [key] = state.persons_of(subject_of(people_held, "NFRC777").entries)
    assert state.persons_of(subject_of(people_held, "PX777").entries) == {key}, "linked: one person"
    crime = next(
        ref
        for table, _, ref, _, role in subject_of(people_held, key).parts.iter_rows()
        if role == "victim" and table == "people"
    )
    supervisor, analyst = as_role("supervisor"), as_role("analyst")
    supervisor.get(f"/owed/journey?crime={crime}&victim=PX777")
    analyst.get("/fraud?from=2022-10&to=2022-10")
    audit.entered(audit.Who("sergeant"), "consultation", "read", "cocoons", at=now, keys=["4f1d", crime])
    manager = as_role("information_manager")
    seen = {Officer.objects.get(username=name).name for name in ("supervisor", "analyst")} | {"sergeant"}
    for known in (key, "PX777", "NFRC777", f"{crime} PX777", crime):
        page = manager.get("/accountability/log", {"about": known, "kind": "consultation"}).content.decode()
        table = page[page.index("Entries, the latest first") :]
        assert {name for name in seen if name in table} == seen, known
