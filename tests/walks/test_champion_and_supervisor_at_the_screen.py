"""A Victims' Code champion opens robbery for the last quarter; a supervisor sees what her team owes by Thursday, and enters it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.analysis.test_entitlements import CRIME, VICTIM
from tests.browser import WIDE, leads_on
from tests.conftest import ROOT
from tests.records.extracts import extract, put
from tests.web.test_screens import Served, answering

pytestmark = pytest.mark.slow
TOLD, LATE, UNKNOWN = 61, 16, 23
TEAMS = {
    "Valley / Robbery": 7,
    "Harbour / CID": 5,
    "North / CID": 3,
    "South / CID": 3,
    "East / CID": 3,
    "West / CID": 2,
}
"""Which teams have the contacts that say neither how they were made nor that the victim was reached: two make half of them."""
_OPENED = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from fourfold import settings
from fourfold.cli import service
service._django(); service._migrated()
from fourfold.casework import audit, case_audits, officers, roles
for name, (role, password) in json.loads(sys.argv[1]).items():
    one = officers.enrol(audit.SYSTEM, name, f"Officer {name}", password, at=settings.now())
    officers.grant_roles(audit.SYSTEM, one, [roles.Held(role)], version=1, reason="For the tests.", at=settings.now())
# the quarter's audit: drawn by lot with a seed, and marked by what was so
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.codes.audit_schemes import audit_scheme
from fourfold.codes.periods import parse_window
from fourfold.records.as_at import records_as_at
at = settings.now()
held = records_as_at(Path(sys.argv[2]), at)
states = kept_states(held, "leicestershire", Rules()).states()
survey, who = audit_scheme("quarterly_survey"), audit.Who("auditor", ("code_auditor",))
drawn = case_audits.draw_audit(
    who, held, states, "leicestershire", survey, parse_window("2022-04", "2022-06"), size=60, how="equal", seed=7, at=at
)
told = set(sys.argv[3].split())
for one in drawn.records.filter(state="drawn"):
    answers = {q.id: "not applicable" for q in survey.questions} | {"updated": "yes" if one.crime_ref in told else "no"}
    case_audits.mark_record(case_audits.Seen(who, one, one.version, at), answers)
drawn.refresh_from_db()
case_audits.close_audit(who, drawn, version=drawn.version, at=at)
"""


def robberies() -> tuple[dict[str, list[dict[str, str]]], list[str]]:
    """A hundred robberies of the quarter, each with an arrest of which the victim is to be told; and of which that was so."""
    tables: dict[str, list[dict[str, str]]] = {
        "crimes": [],
        "people": [],
        "investigation_events": [],
        "victim_contacts": [],
    }
    whose = [team for team, n in TEAMS.items() for _ in range(n)]
    in_truth = []
    for n in range(TOLD + LATE + UNKNOWN):
        ref, on = f"R{n:03}", date(2022, 4, 4) + timedelta(days=n % 60)
        unit, team = (whose[n - TOLD - LATE] if n >= TOLD + LATE else list(TEAMS)[n % 6]).split(" / ")
        days, known = (1, True) if n < TOLD else (20, True) if n < TOLD + LATE else (1, False)
        tables["crimes"].append({**CRIME, "crime_ref": ref, "reported_at": f"{on}T09:00:00", "recorded_at": f"{on}T10:00:00",
                                 "unit": unit, "team": team})  # fmt: skip
        tables["people"] += [{**VICTIM, "crime_ref": ref}, {"crime_ref": ref, "person_ref": "S1", "role": "suspect"}]
        tables["investigation_events"].append(
            {"crime_ref": ref, "person_ref": "S1", "kind": "arrest", "happened_at": f"{on}T12:00:00"}
        )
        tables["victim_contacts"].append(
            {"crime_ref": ref, "contact_ref": f"K{n}", "person_ref": "V1", "about": "arrest",
             "contacted_at": f"{on + timedelta(days=days)}T12:00:00", "method": "phone" if known else ""}
        )  # fmt: skip
        if n < TOLD or (n >= TOLD + LATE and n % 2):
            in_truth.append(ref)
    return tables, in_truth


def arrests() -> dict[str, list[dict[str, str]]]:
    """What two teams owe on the evening of Tuesday 28 June: of arrests of that day and of Thursday last, one with enhanced rights."""
    rows = [
        ("Q1", "Response", "2022-06-28", "Y"),
        ("Q2", "Response", "2022-06-23", ""),
        ("Q3", "CID", "2022-06-23", ""),
    ]
    return {
        "crimes": [{**CRIME, "crime_ref": ref, "reported_at": f"{on}T08:00:00", "recorded_at": f"{on}T08:30:00", "unit": "Central",
                    "team": team} for ref, team, on, _ in rows],
        "people": [one for ref, _, _, enhanced in rows for one in (
            {**VICTIM, "crime_ref": ref, "is_enhanced": enhanced},
            {"crime_ref": ref, "person_ref": "S1", "role": "suspect", "is_enhanced": ""})],
        "investigation_events": [{"crime_ref": ref, "person_ref": "S1", "kind": "arrest", "happened_at": f"{on}T12:00:00"}
                                 for ref, _, on, _ in rows],
        # an acknowledgement to each, of which the last tells how far the extract goes
        "victim_contacts": [{"crime_ref": ref, "contact_ref": f"A{ref}", "person_ref": "V1", "about": "acknowledgement",
                             "contacted_at": "2022-06-28T17:00:00", "method": "letter"} for ref, *_ in rows],
    }  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("champion-screen")
    home = folder / "home"
    quarter, in_truth = robberies()
    now = arrests()
    for n, name in enumerate(quarter):
        keys = dict.fromkeys(name_ for row in (*quarter[name], *now[name]) for name_ in row)
        rows = [{**dict.fromkeys(keys, ""), **row} for row in (*quarter[name], *now[name])]
        put(home, folder, datetime(2022, 6, 29, 6, n, tzinfo=UTC), name, rows, "2022-04_to_2022-06")
    home.chmod(0o700)
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_SECOND_STEP": "0", "FOURFOLD_FORCE": "leicestershire"}
    passwords = {name: f"words for {name} to sign in" for name in ("champion", "supervisor")}
    roles = {"champion": ("code_auditor", passwords["champion"]), "supervisor": ("supervisor", passwords["supervisor"])}
    opened = [sys.executable, "-c", _OPENED, json.dumps(roles), str(home), " ".join(in_truth)]
    subprocess.run(opened, env=told, cwd=ROOT, check=True)
    with answering(told) as address:
        yield Served(address, passwords)


def judged(page: Page, address: str) -> None:
    """Open a page of what is owed, once it is worked out from the last files."""
    for _ in range(60):
        page.goto(address)
        if not page.get_by_text("being worked out").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("what is owed was not worked out in half a minute")


def table_of(page: Page, name: str) -> list[list[str]]:
    rows = page.get_by_role("region", name=name).locator("tbody tr").all()
    return [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in rows]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_champion_sees_between_what_right_six_was_kept_and_what_makes_the_gap(
    served: Served, browser: Browser, scripts: bool
) -> None:
    page = served.page(browser, "champion", WIDE, scripts=scripts)
    judged(page, "/victims-code")
    page.get_by_label("Offence").select_option("Robbery")
    page.get_by_label("Right or step").select_option("6")
    page.get_by_label("From").select_option("2022-04")
    page.get_by_label("To", exact=True).select_option("2022-06")
    leads_on(page.get_by_role("button", name="Show"))
    main = page.locator("main")
    expect(main).to_contain_text("Of 100 obligations that fell due: between 61% and 84% kept; 23 have no evidence")
    expect(main).to_contain_text("Counted once a victim, right and crime (100): all of it kept for between 61% and 84%")
    expect(main).to_contain_text(re.compile(r"recorded without a contact method, [^(]*\(23\)"))
    gaps = table_of(page, "Without evidence, by team")
    assert [row[:3] for row in gaps[:2]] == [
        ["Valley / Robbery", "contact method", "7"],
        ["Harbour / CID", "contact method", "5"],
    ]
    assert sum(float(row[3]) for row in gaps[:2]) > 50 > float(gaps[0][3]), "two teams make half of it"
    said = re.search(r"kept up to date[^?]*\? Yes, the audit itself found, for (\d+)%", main.inner_text())
    assert said is not None
    assert 61 < int(said[1]) < 84, "the audit's estimate lies between"
    wider = re.search(r"learned of false records: between (\d+)% and (\d+)%", main.inner_text())
    assert wider is not None
    assert int(wider[1]) <= 61 < 84 <= int(wider[2])
    page.context.close()


def test_a_supervisor_sees_what_her_team_owes_by_thursday_and_the_next_extract_closes_it(
    served: Served, browser: Browser, tmp_path: Path
) -> None:
    page = served.page(browser, "supervisor", WIDE)
    page.set_default_timeout(20_000)
    judged(page, "/owed")
    page.get_by_label("Unit or team").select_option("Central / Response")
    page.get_by_label("Due by").fill("2022-06-30")  # Thursday
    leads_on(page.get_by_role("button", name="Show"))
    expect(page.locator("main")).to_contain_text("as the extracts of 28 June 2022 had it")
    owed = [row for row in table_of(page, "What is owed") if "arrest" in row[5].lower()]
    assert [(row[0], row[1], row[2], row[3]) for row in owed] == [
        ("28 June 2022", "0", "", "Q2"),  # the force's own five calendar days
        ("29 June 2022", "1", "enhanced", "Q1"),  # one working day, of whoever has enhanced rights
        ("30 June 2022", "2", "", "Q2"),  # the Code's five working days; what another team owes is not here
    ]
    assert "a contact about arrest" in owed[1][9], "what to enter in the records system"

    entered = {"crime_ref": "Q1", "contact_ref": "NEXT1", "person_ref": "V1", "about": "arrest", "method": "phone",
               "contacted_at": "2022-06-29T10:00:00", "is_successful": "Y"}  # fmt: skip
    page.goto("/imports/send")
    page.get_by_label("File").set_input_files(extract(tmp_path, "victim_contacts", [entered], "2022-06-29"))
    leads_on(page.get_by_role("button", name="Send"))
    for _ in range(120):
        page.goto("/owed?team=Central+%2F+Response&until=2022-06-30")
        if page.get_by_text("as the extracts of 29 June 2022 had it").count():
            break
        page.wait_for_timeout(500)
    expect(page.locator("main")).to_contain_text("as the extracts of 29 June 2022 had it")
    owed = [row for row in table_of(page, "What is owed") if "arrest" in row[5].lower()]
    assert {row[3] for row in owed} == {"Q2"}, "what was entered is closed, and nothing else"
    assert ["30 June 2022", "1", "Q2"] in [[row[0], row[1], row[3]] for row in owed]
    page.context.close()
