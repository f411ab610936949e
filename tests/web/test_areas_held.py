"""Lists of victims by area: whoever is held to areas sees the victims there alone, in every list, count, file and log entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.casework import roles, work
from fourfold.casework.audit import Entry
from fourfold.casework.officers import Grant, Officer
from fourfold.casework.roles import Held
from fourfold.records import places
from fourfold.records.imports import import_files
from fourfold.web.gate import Needs, views
from tests.analysis.test_clocks import REQUEST
from tests.analysis.test_entitlements import ARREST, CRIME, VICTIM
from tests.conftest import OPEN_DATA
from tests.records.extracts import put
from tests.web.conftest import an_officer, signed_in
from tests.web.test_case_audits import said
from tests.web.test_change_of_place import TOWNS

LEICESTER, CHARNWOOD, MELTON = "E06000016", "E07000130", "E07000133"
WHERE = {"C1": "Leicester", "C2": "Charnwood", "C3": None}
"""Three crimes, each with a victim: in Leicester, in Charnwood, and where nobody wrote down."""

SIGHTS = [
    # role, the areas of its grant, and the crimes whose victims it sees in lists
    ("supervisor", (), {"C1", "C2", "C3"}),
    ("supervisor", (LEICESTER,), {"C1"}),
    ("supervisor", (CHARNWOOD,), {"C2"}),
    ("supervisor", (LEICESTER, CHARNWOOD), {"C1", "C2"}),
    ("supervisor", (MELTON,), set()),
    ("economic_crime_supervisor", (LEICESTER,), {"C1"}),
    ("code_auditor", (), {"C1", "C2", "C3"}),
]
"""Who is given what, and whom they see. A crime without a place lies in no area."""

LISTS = [
    # address, the words that say of how many it is, with {n}
    ("/owed?until=2022-07-07", "{n} due by 7 July 2022"),
    ("/owed/diary?until=2022-07-30", "not yet due {n}"),
    ("/victims-code/complaints?from=2022-06&to=2022-06", None),
    ("/victims-code/reviews", None),
    ("/clocks/each?of=compensation", None),
]
"""Every list of what is owed to victims, and its count above where it has one."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The boundaries of Leicestershire, and of each crime a victim, an arrest, a complaint, a review asked for and a request."""
    folder = tmp_path_factory.mktemp("areas")
    found = folder / "home"
    found.mkdir(mode=0o700)
    import_files(
        found, sorted((OPEN_DATA / "geography").glob("*leicester*")), clock=lambda: datetime(2022, 7, 1, 9, tzinfo=UTC)
    )

    def point(town: str | None) -> dict[str, str]:
        easting, northing = TOWNS[town] if town else ("", "")
        return {"easting": str(easting), "northing": str(northing)}

    tables: dict[str, list[dict[str, str]]] = {
        "crimes": [{**CRIME, "crime_ref": ref, **point(town)} for ref, town in WHERE.items()],
        "people": [{**VICTIM, "crime_ref": ref, "contact_frequency_days": "30"} for ref in WHERE],
        "investigation_events": [
            {**ARREST, "event_ref": f"E{ref}", "crime_ref": ref, "person_ref": "",
             "happened_at": "2022-06-29T10:00:00"} for ref in WHERE
        ],
        "victim_contacts": [
            {"contact_ref": f"T{ref}", "crime_ref": ref, "person_ref": "V1", "contacted_at": "2022-06-20T10:00:00", "about": "update",
             "method": "phone"} for ref in WHERE
        ],
        "complaints": [
            {"complaint_ref": f"K{ref}", "received_on": "2022-06-10", "crime_ref": ref, "person_ref": "V1"} for ref in WHERE
        ],
        "review_requests": [
            {"review_ref": f"W{ref}", "crime_ref": ref, "person_ref": "V1", "received_on": "2022-06-12"} for ref in WHERE
        ],
        "cica_requests": [{**REQUEST, "request_ref": f"R{ref}", "crime_ref": ref, "received_on": "2022-06-15"} for ref in WHERE],
    }  # fmt: skip
    for n, (name, rows) in enumerate(tables.items()):
        put(found, folder, datetime(2022, 7, 1, 12, n, tzinfo=UTC), name, rows)
    return found


@pytest.fixture
def held(home: Path, settings: Any, db: None) -> Iterator[None]:
    from fourfold.web import look

    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = home, "leicestershire"
    work.judge_states.call()
    look.service.cache_clear()
    yield
    look.service.cache_clear()


def officer(role: str, areas: tuple[str, ...]) -> Client:
    return signed_in(an_officer(f"{role}{len(Officer.objects.all())}", Held(role, areas)))


def crimes_in(page: str) -> set[str]:
    return set(re.findall(r"\bC[123]\b", page))


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "areas", "seen"), SIGHTS)
def test_a_list_and_its_counts_are_of_the_areas_held_alone(
    role: str, areas: tuple[str, ...], seen: set[str], held: None
) -> None:
    client = officer(role, areas)
    for address, count in LISTS:
        before = set(Entry.objects.values_list("pk", flat=True))
        page = client.get(address)
        assert page.status_code == 200, address
        shown = said(page)
        assert crimes_in(shown) == seen, address
        if count is not None and seen:
            assert count.format(n=len(seen)) in shown, address
        assert ("You see" in shown and "no area" in shown) == bool(areas), address
        for area, name in ((LEICESTER, "Leicester"), (CHARNWOOD, "Charnwood"), (MELTON, "Melton")):
            assert area not in areas or f"{name}" in shown, address
        keys = [
            k for e in Entry.objects.exclude(pk__in=before).filter(record_class="victim_duties") for k in e.key_list
        ]
        assert crimes_in(" ".join(keys)) == seen, "the log names those that were shown, and no other"


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "areas", "seen"), SIGHTS)
def test_one_victims_pages_open_where_the_lists_lead_and_nowhere_else(
    role: str, areas: tuple[str, ...], seen: set[str], held: None
) -> None:
    client = officer(role, areas)
    for ref in WHERE:
        for address in (
            f"/owed/journey?crime={ref}&victim=V1", f"/victims-code/complaints/one?complaint=K{ref}",
            f"/owed/raised?crime={ref}&victim=V1",
        ):  # fmt: skip
            assert client.get(address).status_code == (200 if ref in seen else 404), address
    shown = client.get("/victims-code").content.decode()
    assert 'href="/owed"' in shown
    assert ('href="/audits"' in shown) == (role != "economic_crime_supervisor" and not areas), (
        "a sample of some areas is none"
    )


@pytest.mark.django_db
def test_a_list_is_taken_away_of_the_areas_held_alone_and_of_none_that_may_not_be_taken(
    held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = officer("supervisor", (LEICESTER,))
    name = re.search(r'\?[^"]*take=([^"&]+)', client.get("/owed?until=2022-07-07").content.decode())
    assert name is not None
    taken = client.get(f"/owed?until=2022-07-07&take={name[1]}")
    assert taken.status_code == 200
    assert crimes_in(taken.content.decode()) == {"C1"}
    entry = Entry.objects.filter(kind="disclosure", record_class="victim_duties").last()
    assert entry is not None
    assert crimes_in(" ".join(entry.key_list)) == {"C1"}

    who = Officer.objects.last()
    assert who is not None
    Grant.objects.create(
        officer=who, role="supervisor", areas=CHARNWOOD, begins_at=datetime(2022, 1, 1, tzinfo=UTC), granted_by="x"
    )
    asked = roles.may

    def but_none_of_charnwood(
        held: Any, action: str, record_class: str, areas: Any = (), restriction: Any = "none"
    ) -> bool:
        return (action, tuple(areas)) != ("export", (CHARNWOOD,)) and asked(
            held, action, record_class, areas, restriction
        )

    monkeypatch.setattr(roles, "may", but_none_of_charnwood)
    assert client.get(f"/owed?until=2022-07-07&take={name[1]}").status_code == 404


def test_every_page_of_what_is_owed_to_victims_asks_by_area() -> None:
    """A page of these classes that knew no area would show the whole force's victims, or nothing, to whoever is held to one."""
    by_area = {pattern for pattern, view in views() if isinstance(found := view.needs, Needs)  # type: ignore[attr-defined]
               and found.record_class in ("victim_duties", "service_recovery") and found.is_by_area}  # fmt: skip
    every = {pattern for pattern, view in views() if view.needs.record_class in ("victim_duties", "service_recovery")}  # type: ignore[attr-defined]
    assert by_area == every
    assert len(every) >= 8


CODES = (LEICESTER, CHARNWOOD, "E01013702", "E01025610", "E01099999", "S12000033")


@given(st.lists(st.tuples(st.sampled_from(["supervisor", "analyst"]), st.lists(st.sampled_from(CODES), unique=True))))
@settings(max_examples=200, deadline=None)
def test_the_areas_held_are_those_in_which_the_table_of_roles_says_yes(grants: list[tuple[str, list[str]]]) -> None:
    """The fast way (which areas are held) against the slow one (asked of each small area in its council)."""
    boundaries: Any = _Boundaries()
    held = tuple(Held(role, tuple(areas)) for role, areas in grants)
    areas = roles.areas_held(held, "read", "victim_duties")
    small = None if areas is None else places.small_areas_in(boundaries, areas)
    for code, council in places.council_of_small(boundaries).items():
        slow = roles.may(held, "read", "victim_duties", (code, council))
        assert slow == (small is None or code in small), (code, grants)
    assert roles.may(held, "read", "victim_duties") == (areas is None), "the whole force, and a crime without a place"


class _Boundaries:
    """Two small areas of one council, of two vintages, and one of another."""

    layers = ("lsoa11", "lsoa21")

    def council_of(self, layer: str) -> dict[str, str]:
        return {"lsoa11": {"E01013703": LEICESTER}, "lsoa21": {"E01013702": LEICESTER, "E01025610": CHARNWOOD}}[layer]
