"""Quality in the service: what nobody can tell, what to ask for, where it lies, and whose records lack a field, on the log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold.casework import roles
from fourfold.casework.audit import Entry
from fourfold.records.quality import Quality
from tests.records.extracts import put
from tests.web.test_pages import text_of as with_spaces

pytestmark = pytest.mark.django_db
JUNE = "force=leicestershire&from=2022-06&to=2022-06"
UNITS = ("North", "South", "East")


def text_of(answer: Any) -> str:
    """A page's words as they are read: figures are links, which leave spaces before a full stop."""
    return re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", with_spaces(answer)))


def own_records(home: Path, folder: Path) -> None:
    """Thirty crimes of violence in three units, half of their victims without an occupation, and reports of fraud."""
    came = datetime(2022, 7, 1, tzinfo=UTC)
    crimes = [
        {"crime_ref": f"V{n:02}", "offence_code": "8N", "recorded_at": f"2022-06-{n % 28 + 1:02}T09:00:00", "unit": UNITS[n % 3],
         "team": "Response", "officer_ref": f"P{n % 4}", "is_business": "yes" if n % 2 else ""}
        for n in range(30)
    ]  # fmt: skip
    people = [
        {"crime_ref": f"V{n:02}", "person_ref": f"N{n}", "role": "victim", "occupation": "shop worker" if n % 5 == 0 else "",
         "age_at_report": "old" if n == 3 else "30", "is_opted_out": "no" if n % 3 else ""}
        for n in range(30)
    ]  # fmt: skip
    put(home, folder, came, "crimes", crimes)
    put(home, folder, came, "people", people)
    put(home, folder, came, "fraud_victims_action_fraud", [
        {"week_starting": "2022-06-06", "report_ref": f"R{n}", "reported_at": "2022-06-08T10:00:00", "nfib_code": "NFIB3A"}
        for n in range(4)
    ])  # fmt: skip
    put(home, folder, came, "fraud_disseminations_action_fraud", [
        {"report_ref": ref, "package_ref": "P1", "disseminated_on": "2022-06-20"} for ref in ("R1", "R9")
    ])  # fmt: skip


@pytest.fixture
def quality_held(tmp_path: Path, settings: Any) -> Path:
    """The service over a force's own records."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    own_records(home, tmp_path)
    settings.FOURFOLD_HOME = home
    return home


def test_a_champion_sees_what_nobody_can_tell_and_which_fields_to_ask_for(
    as_role: Callable[..., Client], quality_held: Path
) -> None:
    said = text_of(as_role("code_auditor").get(f"/imports/quality?{JUNE}"))
    assert (
        "of business-flagged violence has no occupation of the victim: shop-worker assaults between 3 and 15 of 15."
        in said
    )
    assert "Made mandatory" in said
    assert "people.occupation" in said
    assert "age_at_report" in said
    assert "Fields that were not extracted" in said
    narrowed = text_of(as_role("code_auditor").get(f"/imports/quality?{JUNE}&theme=Victims%27+Code"))
    assert "Whether they want updates is not recorded of 33% of victims" in narrowed
    assert "no occupation of the victim" not in narrowed


def test_a_figure_of_the_page_leads_to_how_it_was_made(as_role: Callable[..., Client], quality_held: Path) -> None:
    client = as_role("analyst")
    page = client.get(f"/imports/quality?{JUNE}").content.decode()
    links = {part.partition('"')[0] for part in page.split('href="/figures/')[1:]}
    assert len(links) > 5
    for identity in sorted(links)[:4]:
        assert client.get(f"/figures/{identity}").status_code == 200


def test_a_field_is_split_by_month_unit_and_team(as_role: Callable[..., Client], quality_held: Path) -> None:
    said = text_of(as_role("supervisor").get(f"/imports/quality/fields/people.occupation?{JUNE}"))
    assert "June 2022" in said
    assert all(unit in said for unit in UNITS)
    assert "no limits can be drawn" in said
    assert "The records that lack it" in said
    valid = text_of(as_role("supervisor").get(f"/imports/quality/fields/people.age_at_report?{JUNE}&of=valid"))
    assert "how valid" in valid
    assert as_role("supervisor").get(f"/imports/quality/fields/people.nothing?{JUNE}").status_code == 404


def test_whose_records_lack_a_field_is_shown_once_it_is_on_the_log(
    as_role: Callable[..., Client], quality_held: Path
) -> None:
    client = as_role("supervisor")
    said = text_of(client.get(f"/imports/quality/fields/people.occupation/records?{JUNE}&unit=North"))
    assert "V03" in said
    assert "V01" not in said, "of another unit"
    assert "V00" not in said, "it has one"
    assert "2022-06.csv, line 5" in said
    entry = Entry.objects.get(verb="list records that lack a field")
    assert (entry.kind, entry.record_class, entry.phase) == ("consultation", "people", "done")
    assert len(json.loads(entry.keys)) == 8
    assert "V03" not in entry.keys


def test_the_records_that_lack_a_field_are_found_once_and_then_sorted_and_paged_as_they_were(
    as_role: Callable[..., Client], quality_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    once = Quality.lacking
    monkeypatch.setattr(Quality, "lacking", lambda its, name, window: found.append(name) or once(its, name, window))
    client, address = as_role("supervisor"), f"/imports/quality/fields/people.occupation/records?{JUNE}"
    table = "records-those-of-the-officers-with-most"

    def refs(asked: str) -> list[str]:
        return re.findall(r"\bV\d\d\b", with_spaces(client.get(f"{address}{asked}")))

    first = refs("")
    assert len(first) == 24
    assert refs(f"&sort-{table}=0") == sorted(first)
    assert refs(f"&sort-{table}=-0") == sorted(first, reverse=True)
    assert refs(f"&sort-{table}=1&unit=North") == [ref for ref in first if int(ref[1:]) % 3 == 0]
    assert refs("") == first
    assert refs(f"&sort-{table}=0&page-{table}=1") == sorted(first)
    assert found == ["people.occupation"]
    assert Entry.objects.filter(verb="list records that lack a field").count() == 6, "each sight is on the log"
    put(quality_held, quality_held.parent, datetime(2022, 7, 2, tzinfo=UTC), "people", [
        {"crime_ref": "V01", "person_ref": "N99", "role": "victim", "occupation": "", "age_at_report": "30"}
    ])  # fmt: skip
    assert len(refs("")) == 25
    assert found == ["people.occupation"] * 2, "other records, other rows"


def test_where_the_force_asks_why_no_list_of_records_is_shown_before_it_is_said(
    as_role: Callable[..., Client], quality_held: Path, settings: Any
) -> None:
    settings.REASONS_ASKED = True
    client, address = as_role("supervisor"), f"/imports/quality/fields/people.occupation/records?{JUNE}&unit=North"
    assert client.get(address).status_code == 403
    assert not Entry.objects.filter(verb="list records that lack a field").exists()
    client.post("/reason", {"address": address, "title": "People", "reason": "Dip sample"})
    assert client.get(address).status_code == 200
    assert Entry.objects.get(verb="list records that lack a field").reason == "Dip sample"


def test_whoever_may_see_the_people_of_one_area_is_not_shown_the_records_of_the_whole_force(
    as_role: Callable[..., Client], quality_held: Path
) -> None:
    client = as_role("supervisor", "E07000130")
    assert client.get(f"/imports/quality/fields/people.occupation/records?{JUNE}").status_code == 404
    assert not Entry.objects.filter(verb="list records that lack a field", phase="done").exists()
    field = client.get(f"/imports/quality/fields/people.occupation?{JUNE}").content.decode()
    assert "The records that lack it" not in field


@pytest.mark.parametrize("role", ["analyst", "board_reader", "victim_care_officer"])
def test_a_role_without_that_purpose_is_not_shown_whose_records_they_are(
    as_role: Callable[..., Client], quality_held: Path, role: str
) -> None:
    assert as_role(role).get(f"/imports/quality/fields/people.occupation/records?{JUNE}").status_code == 404
    assert not Entry.objects.filter(verb="list records that lack a field", phase="done").exists()
    assert (
        "The records that lack it"
        not in as_role(role).get(f"/imports/quality/fields/people.occupation?{JUNE}").content.decode()
    )


def test_feeds_and_the_stages_of_fraud(as_role: Callable[..., Client], quality_held: Path) -> None:
    said = text_of(as_role("economic_crime_supervisor").get(f"/imports/feeds?{JUNE}"))
    assert "4 reported, 2 disseminated, 0 allocated, not available finalised and 0 held" in said
    assert "Disseminated, and on no list of victims" in said
    assert "cannot be told" in said


SPRING = "force=leicestershire&from=2022-04&to=2022-06"
AS_COUNTED = [
    # role, whether reports of fraud are shown as counted: to those who run or plan the care
    ("analyst", True), ("economic_crime_supervisor", True), ("supervisor", False), ("code_auditor", False),
    ("board_secretary", False), ("information_manager", False),
]  # fmt: skip


@pytest.mark.parametrize(("role", "is_exact"), AS_COUNTED)
def test_reports_of_fraud_are_told_rounded_and_by_quarter_to_those_who_neither_run_nor_plan_care(
    as_role: Callable[..., Client], quality_held: Path, role: str, is_exact: bool
) -> None:
    client = as_role(role)
    spring, june = (text_of(client.get(f"/imports/feeds?{window}")) for window in (SPRING, JUNE))
    assert ("4 reported, 2 disseminated" in spring) is ("4 reported, 2 disseminated" in june) is is_exact
    assert ("5 reported, 0 disseminated" in spring) is ("In which files they stand" not in spring) is not is_exact
    assert (
        ("no whole quarter lies in these months" in june)
        is ("Stages, each from its own feed" not in june)
        is not is_exact
    )
    assert ("here April to June 2022, and to the nearest 5" in spring) is not is_exact
    quality, month = (text_of(client.get(f"/imports/quality?{window}")) for window in (SPRING, JUNE))
    named = "Fraud victims over the score fraud 4"
    assert (named in quality) is (named in month) is is_exact
    assert ("Too few reports for a share to be told" in quality) is not is_exact
    assert ("fraud_victims.nfib_code 4 4 100" in quality.replace("_ ", "_")) is is_exact
    assert "people.occupation 30 6 20" in quality, "and of other records nothing is taken away"
    assert "fraud_victims.age_at_report" in month, "that no file has a field is no figure of reports"
    field = f"/imports/quality/fields/fraud_victims.nfib_code?{SPRING}"
    shown = text_of(client.get(field))
    assert ("June 2022 4 4 100" in shown) is ("By month, with limits" in shown) is is_exact
    assert client.get(field.replace("2022-04", "2022-06")).status_code == (200 if is_exact else 404)


def test_a_figure_of_fraud_as_counted_is_not_opened_by_its_address(
    as_role: Callable[..., Client], quality_held: Path
) -> None:
    analyst, supervisor = as_role("analyst"), as_role("supervisor")
    for page in (f"/imports/feeds?{SPRING}", f"/imports/quality?{SPRING}"):
        own, told = (
            {part.partition('"')[0] for part in client.get(page).content.decode().split('href="/figures/')[1:]}
            for client in (analyst, supervisor)
        )
        assert own - told
        assert told - own
        assert {supervisor.get(f"/figures/{one}").status_code for one in told} == {200}
        closed = {one for one in own - told if supervisor.get(f"/figures/{one}").status_code == 404}
        others = [text_of(supervisor.get(f"/figures/{one}")) for one in own - told - closed]
        assert len(closed) >= 2, page
        assert all("How long rows took to come" in other for other in others), "of which no row here is of fraud"


@pytest.mark.parametrize(
    ("address", "words"),
    [("/imports/quality?theme=weather", "There is no such theme"), ("/imports/quality?from=yesterday&to=today", "2022"),
     ("/imports/quality?force=kent", "Choose one of the forces"), ("/imports/feeds?to=never", "2022")],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_on_the_page(
    as_role: Callable[..., Client], quality_held: Path, address: str, words: str
) -> None:
    answer = as_role("analyst").get(address)
    assert answer.status_code == 422
    assert words in text_of(answer)


@pytest.mark.parametrize("role", list(roles.TITLES))
def test_each_role_finds_the_pages_that_the_table_of_roles_gives_it(
    as_role: Callable[..., Client], quality_held: Path, role: str
) -> None:
    client = as_role(role)
    may = roles.may_somewhere([roles.Held(role)], "read", "batches")
    for page in ("/imports/quality", "/imports/quality/fields/people.occupation", "/imports/feeds"):
        assert client.get(f"{page}?{JUNE}").status_code == (200 if may else 404), page
        assert client.post(page).status_code == (405 if may else 404), page
    has_purpose = role in ("supervisor", "code_auditor", "information_manager")
    is_shown = has_purpose and roles.may_somewhere([roles.Held(role)], "read", "people")
    records = client.get(f"/imports/quality/fields/people.occupation/records?{JUNE}")
    assert records.status_code == (200 if is_shown else 404)
