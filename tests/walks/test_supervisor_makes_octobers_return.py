"""An economic-crime supervisor makes October's return: what changed, a colleague signs, it goes, and what comes late follows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fourfold import settings as clock
from fourfold.casework.audit import Entry
from fourfold.casework.events import Event
from fourfold.casework.fraud_cases import FraudCase
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.officers import Grant, Officer
from fourfold.casework.roles import Held
from tests.records.extracts import put
from tests.web.conftest import an_officer, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOVEMBER = datetime(2022, 11, 5, 9, tzinfo=UTC)
SENT = [
    # report, package, code, sent, received, team, status
    ("NFRC1", "NFIB-1", "NFIB90", "2022-06-01", "2022-06-03", "Economic Crime", "closed"),
    ("NFRC2", "NFIB-2", "NFIB1D", "2022-08-01", "2022-08-02", "Investigation Hub", "closed"),
    ("NFRC3", "NFIB-3", "NFIB2A", "2022-09-01", "2022-09-05", "Economic Crime", "closed"),
    ("NFRC4", "NFIB-4", "NFIB3A", "2022-10-10", "2022-10-12", "", "received"),
    ("NFRC5", "NFIB-5", "NFIB6A", "2022-10-20", "", "", "received"),
    ("NFRC6", "NFIB-6", "NFIB5D", "2022-07-20", "2022-07-21", "Investigation Hub", "closed"),
]
GIVEN = [
    ("NFRC1", "18", "2022-09-12", "0"),
    ("NFRC2", "1", "2022-10-04", "2"),
    ("NFRC3", "15", "2022-10-20", "0"),
]


class Walk:
    """The service in November 2022, its two supervisors, and the files that come."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.home, self.now = folder, folder / "home", NOVEMBER
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def comes(self, contract: str, rows: list[dict[str, str]], months: str) -> None:
        put(
            self.home,
            self.folder,
            self.now - timedelta(hours=1),
            contract,
            [{"force": "saltmere", **r} for r in rows],
            months,
        )

    def outcomes(self, *rows: tuple[str, str, str, str], months: str) -> None:
        names = ("report_ref", "outcome_type", "outcome_on", "offenders")
        self.comes("fraud_outcomes_action_fraud", [dict(zip(names, row, strict=True)) for row in rows], months)

    def supervisor(self, name: str, role: str = "economic_crime_supervisor") -> Client:
        found = Officer.objects.filter(username=name).first() or an_officer(name, Held(role), at=NOVEMBER)
        Officer.objects.update(statement_accepted_at=NOVEMBER)
        Grant.objects.update(begins_at=NOVEMBER - timedelta(days=60))
        return signed_in(found)


@pytest.fixture
def walk(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    from fourfold.web import look

    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    settings.IDLE_LIMIT = settings.ABSOLUTE_LIMIT = timedelta(days=30_000)
    look.service.cache_clear()
    made = Walk(tmp_path, monkeypatch)
    names = ("report_ref", "package_ref", "nfib_code", "disseminated_on", "received_on", "team", "status")
    sent = [{**dict(zip(names, row, strict=True)), "kind": "pursue"} for row in SENT]
    made.comes("fraud_disseminations_action_fraud", sent, "2022-06_to_2022-10")
    reported = [
        {
            "week_starting": "2022-10-03",
            "report_ref": f"NFRC{n}",
            "reported_at": "2022-10-04T10:00:00",
            "victim_type": "person",
        }
        for n in range(3, 9)
    ]
    made.comes("fraud_victims_action_fraud", reported, "2022-10")
    made.outcomes(*GIVEN, months="2022-09_to_2022-10")
    yield made
    look.service.cache_clear()


def said(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def drawn_up(client: Client, month: str) -> str:
    response = client.post("/disseminations/returns", {"month": month})
    assert response.status_code == 302, said(response)
    return str(response["Location"])


def decided(client: Client, address: str, what: str, status: int = 302, **given: object) -> str:
    version = FraudReturn.objects.get(identity=address.split("/")[-1]).version
    response = client.post(f"{address}/{what}", {"version": version, **given})
    assert response.status_code == status, said(response)
    return said(response)


@pytest.mark.slow
def test_octobers_return(walk: Walk) -> None:
    ana, bea = walk.supervisor("ana"), walk.supervisor("bea")
    september = drawn_up(ana, "2022-09")
    decided(bea, september, "sign")
    decided(ana, september, "sent", evidence="Receipt 901")
    october = drawn_up(ana, "2022-10")

    # What changed since September, checked line by line, "filed" in its two senses.
    shown = said(ana.get(october))
    assert "NFRC2 NFIB-2 NFIB1D 1 Charged" in shown
    assert "18 Investigation complete" in shown
    assert re.search(r"18 Investigation complete[^0-9]* 1 0 −1", shown)
    assert re.search(r"1 Charged[^0-9]* 0 1 1", shown)
    assert "Reports recorded by the national service 6" in shown
    assert "Investigations filed, that is closed with an outcome 2" in shown
    assert "the force's own crime reference is not recorded" in shown
    assert "No line is wrong" in shown

    # A colleague signs it, and nobody their own; it goes, once.
    assert "does not sign it" in decided(ana, october, "sign", 422)
    decided(ana, october, "sent", 422, evidence="")
    assert "Nobody has signed" in decided(ana, october, "sent", 422, evidence="Receipt 902")
    decided(bea, october, "sign")
    frozen = FraudReturn.objects.get(identity=october.split("/")[-1])
    assert frozen.content_hash == frozen.hash_now
    decided(ana, october, "sent", evidence="Receipt 902")
    assert "sent already" in decided(bea, october, "sent", 422, evidence="Receipt 903")
    taken = ana.get(f"{october}/lines.csv")
    assert taken.content.decode().splitlines()[0].startswith('"force","month","report_ref","package_ref","nfib_code"')
    assert taken.content.decode().splitlines()[1].startswith('"saltmere","2022-10","NFRC2","NFIB-2"')
    layout = walk.home / "layouts" / "outcome_return.toml"
    layout.parent.mkdir()
    layout.write_text('days = "%d/%m/%Y"\n[columns]\nRef = "report_ref"\nOn = "outcome_on"\n')
    taken = ana.get(f"{october}/lines.csv").content.decode().splitlines()
    assert taken[:2] == ['"Ref","On"', '"NFRC2","04/10/2022"'], "in the layout that the force was given"
    layout.write_text('[columns]\nRef = "reference"\n')
    assert ana.get(f"{october}/lines.csv").status_code == 422
    assert Entry.objects.filter(verb="take return", kind="disclosure").count() == 2
    nothing = ana.post("/disseminations/returns", {"month": "2022-10"})
    assert nothing.status_code == 422
    assert "nothing has come late" in said(nothing)

    # A late outcome becomes a supplement, and what was sent stands as it was.
    before = frozen.lines
    walk.now = datetime(2022, 12, 3, 9, tzinfo=UTC)
    walk.outcomes(("NFRC6", "3", "2022-10-28", "1"), months="2022-11")
    late = drawn_up(bea, "2022-10")
    supplement = FraudReturn.objects.get(identity=late.split("/")[-1])
    assert supplement.number == 1
    assert [(line.report_ref, line.change) for line in supplement.every] == [("NFRC6", "new")]
    decided(ana, late, "sign")
    decided(bea, late, "sent", evidence="Receipt 955")
    assert FraudReturn.objects.get(pk=frozen.pk).lines == before

    # The register shows the record of compliance.
    register = said(ana.get("/disseminations/returns"))
    assert "Receipt 902" in register
    assert "Receipt 955" in register
    assert "November 2022" in register
    assert re.search(r"October 2022 7 November 2022 Return of October 2022, sent, 2 lines Supplement 1", register)
    assert "Of 6 months that are over, 2 had their return sent, 1 in time" in register
    verbs = list(Event.objects.filter(concern="fraud_returns").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["draw_up", "sign_off", "record_sending"] * 3
    assert "NFRC" not in " ".join(Event.objects.values_list("decided", flat=True))


def test_a_return_with_a_wrong_line_is_not_signed_and_one_sent_back_is_drawn_up_anew(walk: Walk) -> None:
    walk.outcomes(("NFRC9", "1", "2022-10-25", "1"), ("NFRC3", "99", "2022-10-26", "0"), months="2022-10")
    ana, bea = walk.supervisor("ana"), walk.supervisor("bea")
    october = drawn_up(ana, "2022-10")
    shown = said(bea.get(october))
    for words in (
        "no dissemination of this report is held",
        "outcome type is not on the Home Office list",
        "stands on line",
    ):
        assert words in shown, words
    assert "are wrong" in decided(bea, october, "sign", 422)
    assert drawn_up(bea, "2022-10") == october, "drawn up anew in its place"
    future = ana.post("/disseminations/returns", {"month": "2022-11"})
    assert "The month is not over" in said(future)
    assert ana.post("/disseminations/returns", {"month": "soon"}).status_code == 422
    september = drawn_up(ana, "2022-09")
    decided(bea, september, "sign")
    decided(bea, september, "back", 422, **{"back-reason": ""})
    decided(bea, september, "back", **{"back-reason": "A line lacks"})
    assert FraudReturn.objects.get(identity=september.split("/")[-1]).state == "drawn up"
    walk.supervisor("board", "board_reader")
    for role in ("board_reader", "victim_care_officer", "analyst"):
        assert walk.supervisor(f"the {role}", role).get("/disseminations/returns").status_code == 404
        assert walk.supervisor(f"the {role}", role).get(september).status_code == 404


def acted(client: Client, case: FraudCase, name: str, status: int = 302, **given: object) -> str:
    case.refresh_from_db()
    response = client.post(f"/disseminations/acts/{case.identity}/{name}", {"version": case.version, **given})
    assert response.status_code == status, said(response)
    return said(response)


def a_day(name: str, on: str) -> dict[str, str]:
    year, month, day = on.split("-")
    return {f"{name}-year": year, f"{name}-month": month, f"{name}-day": day}


def test_a_case_is_followed_through_every_hand_over_and_keeps_its_clock(walk: Walk) -> None:
    ana, bea = walk.supervisor("ana"), walk.supervisor("bea")
    listed = ana.get("/disseminations").content.decode()
    keys = dict(re.findall(r'href="(/disseminations/cases/[0-9a-f]{24})">(NFRC\d)<', listed))
    address = {ref: key for key, ref in keys.items()}["NFRC4"]
    assert ana.post(f"{address}/acknowledge").status_code == 302
    assert bea.post(f"{address}/acknowledge").status_code == 409
    case = FraudCase.objects.get()
    acted(ana, case, "triage", 422, category="volume", team="", **{"triage-reason": "Of many like it"})
    acted(ana, case, "triage", 422, category="complex", **{"triage-reason": ""})
    acted(ana, case, "triage", category="volume", team="Investigation Hub", **{"triage-reason": "Of many like it"})
    acted(ana, case, "hand-over", to="Economic Crime Unit", **{"hand-over-reason": "It has grown"})
    assert "They have it already" in acted(
        ana, case, "hand-over", 422, to="Economic Crime Unit", **{"hand-over-reason": "again"}
    )
    acted(ana, case, "triage", category="complex", **{"triage-reason": "Protracted"})
    acted(ana, case, "ask-advice", **a_day("asked", "2022-10-26"))
    assert "asked for already" in acted(ana, case, "ask-advice", 422, **a_day("asked", "2022-10-27"))
    shown = said(ana.get("/disseminations?show=triaged"))
    assert "NFRC4 26 October 2022 10 Economic Crime Unit" in shown, "the prosecutor's advice, with its age"
    assert "Reported, disseminated, allocated" in shown
    assert "Nobody's, as far as is recorded 2" in shown
    acted(ana, case, "file", 422, **{"file-reason": "No line left"})
    acted(ana, case, "answer-advice", **a_day("answered", "2022-11-02"))
    acted(ana, case, "file", **{"file-reason": "No line left"})
    case.refresh_from_db()
    assert case.state == "filed"
    assert acted(ana, case, "hand-over", 409, to="Public Protection", **{"hand-over-reason": "late"})
    shown = said(ana.get(address))
    assert "Days since receipt 24" in shown, "through whatever hands"
    for words in ("Investigation Hub", "It has grown", "answered 2 November 2022", "File investigation"):
        assert words in shown, words
    assert [s.owner for s in case.steps.all()][:3] == [
        "Economic Crime Unit",
        "Investigation Hub",
        "Economic Crime Unit",
    ]


def test_crash_for_cash_is_another_bodys(walk: Walk) -> None:
    ana = walk.supervisor("ana")
    key = re.search(r'href="(/disseminations/cases/[0-9a-f]{24})">NFRC5<', ana.get("/disseminations").content.decode())
    assert key
    ana.post(f"{key[1]}/acknowledge")
    case = FraudCase.objects.get()
    assert case.received_on is None, "receipt is not recorded, and no other day is taken for it"
    page = said(ana.get(f"/disseminations/cases/{case.key}"))
    assert "Received not recorded: the clock runs from the day it was sent" in page
    assert "Days since it was sent" in page
    acted(ana, case, "triage", category="crash_for_cash", **{"triage-reason": "A staged accident"})
    case.refresh_from_db()
    assert (case.state, case.owner) == ("elsewhere", "Insurance Fraud Enforcement Department, City of London Police")
