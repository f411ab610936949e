"""Rights requests through the service: a letter becomes an answer, each step on the log, and nobody else sees any of it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from fourfold.casework import audit, rights, work
from fourfold.casework.audit import Entry
from fourfold.casework.campaigns import Campaign, CampaignVictim, Questionnaire
from fourfold.casework.care_cases import CareCase, CareStep
from fourfold.casework.case_audits import DrawnAudit, DrawnRecord, RecordMark
from fourfold.casework.cocoons import Cocoon
from fourfold.casework.decisions import PersonDecision
from fourfold.casework.drafts import Draft
from fourfold.casework.events import Event
from fourfold.casework.fraud_cases import FraudCase, FraudStep
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.holdings import SHOWN
from fourfold.casework.rights import RightsRequest
from fourfold.casework.themes import ThemeReading
from fourfold.cli.retention import certificate_lines
from fourfold.errors import StorageFailed
from fourfold.records import kept_rows, rectification
from fourfold.records.as_at import records_as_at
from fourfold.records.disseminations import keys_of
from fourfold.records.erasure import Rest, certificates, erase
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from fourfold.records.remains import remains
from fourfold.records.retention import DUE, LATER, hold, review_queue
from fourfold.records.subjects import PARTS, entry_of, matching, subject_of
from fourfold.web import figures
from tests.records.test_erasure import CANARIES, PEOPLE, TABLES, clock, plain, text

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CAME = {"received-day": "7", "received-month": "11", "received-year": "2022"}


@pytest.fixture
def people_held(tmp_path: Path, settings: Any) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "service").mkdir()
    import_files(home, [plain(tmp_path, name) for name in TABLES], clock=clock)
    settings.FOURFOLD_HOME = home
    return home


def opened(manager: Client, kind: str) -> str:
    said = manager.post("/accountability/rights/new", {"kind": kind, "reference": "letter 41", **CAME})
    assert said.status_code == 302
    return str(said["Location"])


def named(manager: Client, page: str, key: str) -> None:
    one = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1])
    assert manager.post(f"{page}/person", {"key": key, "version": one.version}).status_code == 302


def test_an_access_request_is_found_answered_and_logged_as_a_disclosure(
    as_role: Callable[..., Client], people_held: Path
) -> None:
    manager = as_role("information_manager")
    page = opened(manager, "access")
    nothing = manager.post(f"{page}/person", {})
    assert nothing.status_code == 422
    found = manager.post(f"{page}/person", {"surname": "quillfeather", "born_on": "1950-01-02"}).content.decode()
    assert "PX777" in found
    assert "17 Zephyrine Row" not in found
    named(manager, page, "PX777")
    refused = manager.post(f"{page}/bundle", {"recipient": ""})
    assert refused.status_code == 422
    for keys in (["C1 PX777"], ["C1"], ["C1 P2"]):
        audit.entered(audit.Who("looked on a journey"), "consultation", "read", "victim_duties", at=clock(), keys=keys)
    given = manager.post(f"{page}/bundle", {"recipient": "the person, by post"})
    assert given["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(given.content)) as bundle:
        html = next(bundle.read(n).decode() for n in bundle.namelist() if n.endswith(".html"))
    assert "17 Zephyrine Row" in html
    assert "2 Plain Street" not in html
    assert html.count("looked on a journey") == 2, "of her, and of the crime that she suffered; not of another in it"
    assert not list((people_held / "service").rglob("bundle*")), "nothing of it is kept"
    kinds = list(Entry.objects.filter(kind="disclosure", verb=rights.ANSWER).values_list("phase", "recipient"))
    assert kinds == [("begun", "the person, by post"), ("closed", "the person, by post")]
    assert "answered" in manager.get(page).content.decode()


def test_whoever_is_shown_in_a_search_by_details_is_on_the_log_and_that_there_are_more_is_said(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = as_role("information_manager")
    page = opened(manager, "access")
    shown = manager.post(f"{page}/person", {"surname": "quillfeather"}).content.decode()
    parts = matching(people_held, surname="quillfeather").select(*PARTS).sort("ref", *PARTS)
    every = [entry_of(row) for row in parts.iter_rows()]
    assert len(every) > 1
    assert "not shown" not in shown
    identity = page.rsplit("/", 1)[1]
    seen = Entry.objects.filter(verb="see a request").order_by("-number")
    assert seen[0].key_list == [identity, *every]
    monkeypatch.setattr("fourfold.web.pages.retention.MATCHES_SHOWN", 1)
    cut = manager.post(f"{page}/person", {"surname": "quillfeather"}).content.decode()
    assert f"{len(every) - 1} other part" in cut
    assert seen[0].key_list == [identity, every[0]]


def test_a_detail_is_put_right(as_role: Callable[..., Client], people_held: Path) -> None:
    manager = as_role("information_manager")
    page = opened(manager, "rectification")
    named(manager, page, "PX777")
    wrong = {
        "table": "people",
        "column": "born_on",
        "value": "yesterday",
        "ground": "misrecorded",
        "authority": "certificate",
    }
    assert manager.post(f"{page}/rectify", wrong).status_code == 422
    assert manager.post(f"{page}/rectify", wrong | {"value": "1950-02-02"}).status_code == 302
    assert "was put right in 1 row" in manager.get(page).content.decode()


@pytest.mark.slow
def test_an_erasure_is_refused_while_held_then_done_by_the_worker_and_clears_the_database(
    as_role: Callable[..., Client], people_held: Path
) -> None:
    manager = as_role("information_manager")
    Draft.objects.create(
        title="What befell Ottoline Quillfeather", force_id="kent", first="2022-01-01", last="2022-02-01", board="b",
        changed_at=datetime.now(UTC), changed_by="x",
    )  # fmt: skip
    Event.objects.create(
        at=datetime.now(UTC), concern="papers", verb="begin_draft", officer="x", subject="s",
        decided=json.dumps({"title": "About NFRC777 and quillfeather, ottoline", "n": 3}),
    )  # fmt: skip
    for reference in ("PX777", "NFRC777"):
        page = opened(manager, "erasure")
        early = manager.post(f"{page}/erase", {"reason": "letter 41", "version": "1"})
        assert early.status_code == 422, "nobody is named yet"
        named(manager, page, reference)
        key = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1]).key
        held = {"key": key, "decision": "hold", "reason": "a trial is pending"}
        assert manager.post("/accountability/retention/decide", held).status_code == 302
        version = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1]).version
        asked = {"reason": "letter 41", "version": version}
        refused = manager.post(f"{page}/erase", asked)
        assert refused.status_code == 422
        assert "a trial is pending" in refused.content.decode()
        number = 1 if reference == "PX777" else 2
        ended = {"decision": "release", "hold": number, "reason": "the trial is over"}
        assert manager.post("/accountability/retention/decide", ended).status_code == 302
        for verb in ("place a legal hold", "release a legal hold"):
            assert Entry.objects.filter(verb=verb).latest("number").key_list == [key], verb
        manager.get("/accountability/retention")
        assert key in Entry.objects.filter(verb="see the review queue").latest("number").key_list, (
            "it stands among the holds"
        )
        assert manager.post(f"{page}/erase", asked).status_code == 302
        assert manager.post(f"{page}/erase", asked).status_code == 409
        assert "under way" in manager.get(page).content.decode()
        for one in rights.waiting():
            rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
            rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
        said = manager.get(page).content.decode()
        assert "Certificate of erasure" in said
        assert "Still found" not in said
    for canary in CANARIES:
        assert remains(people_held, [canary])[0] == (), canary
    assert Draft.objects.get().title == "What befell [erased]"
    assert json.loads(Event.objects.get(verb="begin_draft").decided) == {"title": "About [erased] and [erased]", "n": 3}
    phases = list(Entry.objects.filter(verb="erase a person").values_list("phase", flat=True))
    assert phases == ["begun", "closed"] * 2
    said = manager.get("/accountability/retention").content.decode()
    assert "letter 41" not in said
    assert said.count("nothing") >= 2
    whole = "".join(f"{e.keys}{e.note}{e.reason}" for e in Entry.objects.all())
    assert not any(canary.lower() in whole.lower() for canary in CANARIES)


def test_a_worker_that_died_between_leaves_nothing_half_done(as_role: Callable[..., Client], people_held: Path) -> None:
    manager = as_role("information_manager")
    page = opened(manager, "erasure")
    named(manager, page, "PX777")
    one = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1])
    manager.post(f"{page}/erase", {"reason": "letter 41", "version": one.version})
    # Claimed, and nothing done: it waits again.
    RightsRequest.objects.filter(pk=one.pk).update(state=rights.AT_WORK)
    rights.put_back()
    assert [r.identity for r in rights.waiting()] == [one.identity]
    # The files erased, and the request not closed: start-up closes it by the certificate.
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    RightsRequest.objects.filter(pk=one.pk).update(state=rights.AT_WORK, outcome={})
    rights.put_back()
    one.refresh_from_db()
    assert one.state == rights.ANSWERED
    assert one.outcome["rows"]["people"] == 1


def test_the_queue_keeps_with_a_reason_and_deletes_nothing(as_role: Callable[..., Client], people_held: Path) -> None:
    manager = as_role("information_manager")
    key = subject_of(people_held, "PX777").key

    def decided(**given: object) -> int:
        return manager.post("/accountability/retention/decide", given).status_code

    def state_in(year: int) -> str:
        queue = review_queue(records_as_at(people_held, datetime.now(UTC)), date(year, 1, 1))
        return str(queue.filter(queue["key"] == key)["state"].item())

    due = next(year for year in range(2022, 2200) if state_in(year) != LATER)
    assert state_in(due) == DUE
    assert decided(key=key, decision="keep") == 422
    assert decided(key=key, reason="x") == 422
    assert state_in(due) == DUE, "undecided"
    before = Entry.objects.count()
    for decision in ("keep", "hold"):
        assert decided(key="Jane Quillfeather", decision=decision, reason="an inquiry is open") in (404, 422)
    made_since = Entry.objects.filter(number__gt=before)
    assert not [one for one in made_since if "Jane" in one.keys + one.note], "a name that was typed is not on the log"
    assert decided(key="PX777", decision="keep", reason="an inquiry is open") == 302
    assert {one.keys for one in Entry.objects.filter(verb="keep after review")} == {f'["{key}"]'}
    assert state_in(due) == LATER, "looked at, and due again in its time"
    assert "Nobody is due today" in manager.get("/accountability/retention").content.decode()
    assert decided(key=key, decision="hold", reason="a trial is pending") == 302
    page = manager.get("/accountability/retention").content.decode()
    assert "Nobody is due today" not in page
    assert page.index("The review queue") < page.index(key), "what is held by law is shown, whenever it is due"
    assert "people" in subject_of(people_held, "PX777").parts["table"]


def test_of_many_people_the_queue_is_worked_out_by_the_worker_and_the_page_says_so_meanwhile(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = as_role("information_manager")
    at_once = manager.get("/accountability/retention").content.decode()
    assert "People by review group" in at_once
    monkeypatch.setattr(kept_rows, "AT_ONCE", 0)
    waiting = manager.get("/accountability/retention")
    assert "being worked out" in waiting.content.decode()
    assert "data-refresh" in waiting.content.decode()
    refused = manager.post("/accountability/retention/decide", {"decision": "keep", "key": "PX777"})
    assert refused.status_code == 422
    assert "No reason is given" in refused.content.decode()
    asked = DBTaskResult.objects.filter(task_path=work.keep_rows.module_path)
    assert asked.count() == 1, "queued once, however often the page is loaded"
    work.keep_rows.call()
    table = re.compile(r"(?s)People by review group.*?</table>")
    (shown,), (before,) = (
        table.findall(manager.get("/accountability/retention").content.decode()),
        table.findall(at_once),
    )
    assert shown == before


@pytest.mark.parametrize("role", ["analyst", "victim_care_officer", "supervisor", "code_auditor", "board_secretary"])
def test_nobody_else_knows_of_a_request(as_role: Callable[..., Client], people_held: Path, role: str) -> None:
    page = opened(as_role("information_manager"), "erasure")
    client = as_role(role)
    for address in ("/accountability/retention", "/accountability/rights", page):
        assert client.get(address).status_code == 404
    assert client.post(f"{page}/erase", {"reason": "x", "version": "1"}).status_code == 404
    assert "Rights requests" not in client.get("/accountability").content.decode()


def test_an_erasure_while_a_file_waits_to_be_imported_is_refused_with_what_to_do(
    as_role: Callable[..., Client], people_held: Path
) -> None:
    manager = as_role("information_manager")
    page = opened(manager, "erasure")
    named(manager, page, "PX777")
    one = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1])
    manager.post(f"{page}/erase", {"reason": "letter 41", "version": one.version})
    waiting = people_held / "service" / "uploads" / "u1" / "people.csv"
    waiting.parent.mkdir(parents=True)
    waiting.write_text("Quillfeather")
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    said = manager.get(page).content.decode()
    assert "waits to be imported" in said
    assert "people" in subject_of(people_held, "PX777").parts["table"]
    waiting.unlink()
    one.refresh_from_db()
    manager.post(f"{page}/erase", {"reason": "letter 41", "version": one.version})
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    assert "Certificate of erasure" in manager.get(page).content.decode()


def test_a_request_that_is_not_there_is_a_page_that_does_not_exist(
    as_role: Callable[..., Client], people_held: Path
) -> None:
    manager = as_role("information_manager")
    page = f"/accountability/rights/{'0' * 12}"
    assert manager.get(page).status_code == 404
    for act in ("person", "bundle", "rectify", "erase"):
        assert manager.post(f"{page}/{act}").status_code == 404
        assert manager.get(f"{page}/{act}").status_code == 405
    assert manager.post("/accountability/rights/new").status_code == 422
    assert manager.post("/accountability/retention/decide").status_code == 422
    assert manager.get("/accountability/retention").status_code == 200


def test_every_field_in_which_officers_write_at_length_is_cleared_and_no_code_key_or_state() -> None:
    from django.apps import apps
    from django.db.models import JSONField, TextField

    for model in apps.get_app_config("casework").get_models():
        if model.__name__ in ("Entry", "Key", "Head"):  # the log: its keys then mean nobody
            continue
        long = {f.name for f in model._meta.get_fields() if isinstance(f, (TextField, JSONField))}
        long -= {"pairs", "outcome", "codes"}  # keys, counts, and codes of a list
        long -= {
            "populations",
            "sizes",
            "batches",
            "recorded",
            "of_all",
            "answers",
        }  # counts by group, keys, and answers on a list
        # A figure's bounds, a return's figures with Fourfold's own words, numbers of rights: nothing that an officer wrote.
        # What an event is of is a key of any length, which `rights.KEYED` follows; the areas of a grant are codes;
        # a street and its number are the register's.
        told = {"PlanAction": {"before"}, "CodeReturn": {"content"}, "ComplaintTag": {"rights"},
                "HandOut": {"page", "tables"}, "PatrolStop": {"street", "street_ref"},
                "ServiceRecovery": {"rights"}, "Event": {"subject"}, "Grant": {"areas"}}  # fmt: skip
        long -= told.get(model.__name__, set())
        assert long <= set(rights.TEXTS.get(model.__name__, ())), model.__name__
    assert set(rights.KEYED) - {"Event", "ThemeReading"} <= set(SHOWN), (
        "who is in a model by a key is told so in an answer"
    )
    never = {"force_id", "state", "kind", "verb", "officer", "key", "subject", "role", "identity", "hash"}
    assert not never & {name for names in rights.TEXTS.values() for name in names}


def test_an_event_written_with_escapes_is_cleared_too(people_held: Path) -> None:
    from django.db import transaction

    decided = json.dumps({"title": "About Zoë Quillfeather", "force": "kent"})
    assert "\\u00eb" in decided
    Event.objects.create(at=datetime.now(UTC), concern="c", verb="v", officer="x", subject="s", decided=decided)
    Draft.objects.create(
        title="447700900999", force_id="kent", first="2022-01-01", last="2022-02-01", board="b", changed_at=datetime.now(UTC),
        changed_by="x",
    )  # fmt: skip
    with transaction.atomic(), audit.lifted("casework_event"):
        rights._cleared(["Zoë Quillfeather", "447700900999"], b"salt")
    assert json.loads(Event.objects.get().decided) == {"title": "About [erased]", "force": "kent"}
    assert Draft.objects.get().title.startswith("E"), "a text that is a number"


def asked(manager: Client, person: str = "PX777") -> RightsRequest:
    page = opened(manager, "erasure")
    named(manager, page, person)
    one = RightsRequest.objects.get(identity=page.rsplit("/", 1)[1])
    manager.post(f"{page}/erase", {"reason": "letter 41", "version": one.version})
    return one


def a_case_of(home: Path, reference: str) -> CareStep:
    (entry,) = subject_of(home, reference).entries
    at = datetime.now(UTC)
    case = CareCase.objects.create(subject=entry, key=entry, force_id="kent", report_ref="NFRC777", rule="r", reasons="",
                                   officer="ana", taken_up_at=at, changed_at=at)  # fmt: skip
    return CareStep.objects.create(
        case=case, number=1, kind="attempt", note="Her neighbour says so", at=at, officer="ana"
    )


def test_an_erasure_that_is_refused_leaves_the_database_as_it_was(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fourfold.records.lake.Lake.held.__wrapped__.__defaults__", (0.1,))
    one = asked(as_role("information_manager"), "NFRC777")
    step = a_case_of(people_held, "NFRC777")
    with Lake(people_held).held():
        rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    one.refresh_from_db()
    step.refresh_from_db()
    assert (one.state, one.fault.split(":")[0]) == (rights.REFUSED, "busy")
    assert step.note == "Her neighbour says so"
    assert step.case.report_ref == "NFRC777"


def test_a_fault_after_the_files_began_to_go_is_no_refusal_and_the_next_start_clears_the_database(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = as_role("information_manager")
    one = asked(manager, "NFRC777")
    step = a_case_of(people_held, "NFRC777")

    def full(_: object) -> None:
        raise StorageFailed("The disk is full.", remedy="Make room.")

    with monkeypatch.context() as during:
        during.setattr(rights, "database_cleared", full)
        with pytest.raises(StorageFailed):
            rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    one.refresh_from_db()
    assert one.state == rights.AT_WORK
    assert remains(people_held, ["NFRC777"])[0] != (), "kept until the database is cleared"
    (said,) = certificates(people_held)
    assert "NOT FINISHED" in "\n".join(certificate_lines(said))
    assert "not finished" in manager.get("/accountability/retention").content.decode()
    rights.put_back()
    one.refresh_from_db()
    step.refresh_from_db()
    assert one.state == rights.ANSWERED
    assert (one.outcome["remains"], one.outcome["scanned"] > 0) == ([], True)
    assert step.note == "[erased]"
    assert step.case.report_ref.startswith("E")
    assert remains(people_held, ["NFRC777"])[0] == ()


def test_no_key_that_the_references_would_make_again_is_left_in_the_database(
    as_role: Callable[..., Client], people_held: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "fraud_disseminations_action_fraud_2022-10.csv"
    head = ["force", "report_ref", "package_ref", "disseminated_on", "kind"]
    sent.write_text(text([head, *(["Kent", f"NFRC77{n}", f"K{n}", "2022-10-05", "pursue"] for n in (7, 8))]))
    import_files(people_held, [sent], clock=clock)
    (hers,), (other,) = (subject_of(people_held, ref).entries for ref in ("NFRC777", "NFRC778"))
    (hers_sent,), (other_sent,) = (keys_of(people_held, [("kent", ref)]) for ref in ("NFRC777", "NFRC778"))
    at = datetime.now(UTC)
    step = a_case_of(people_held, "NFRC777")
    for key in (hers_sent, other_sent):
        case = FraudCase.objects.create(key=key, force_id="kent", received_on=at.date(), acknowledged_at=at, owner="ECU",
                                        changed_at=at)  # fmt: skip
        FraudStep.objects.create(
            case=case, number=1, verb="triage", at=at, officer="x", owner="ECU", reason="She was frail"
        )
    for pair, why in (([hers, other], "Ottoline said so"), ([other, other], "Ottoline is a name")):
        PersonDecision.objects.create(says="same", pairs=json.dumps([pair]), persons="P1", why=why, decided_at=at,
                                      decided_by="x", role="analyst", state="done")  # fmt: skip
    ThemeReading.objects.create(force_id="kent", asked_by="x", role="analyst", asked_at=at, state="done",
                                found=json.dumps({"emerging": [{"keys": [other, hers]}]}))  # fmt: skip
    Event.objects.create(
        at=at, concern="c", verb="v", officer="x", subject=hers, decided=json.dumps({"keys": [hers_sent]})
    )
    one = asked(as_role("information_manager"), "NFRC777")
    RightsRequest.objects.filter(pk=one.pk).update(reason="Ms Quillfeather, letter 41")
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    step.refresh_from_db()
    one.refresh_from_db()
    assert one.reason == "Ms [erased], letter 41"
    decision, kept = PersonDecision.objects.order_by("pk")
    assert (decision.why, kept.why) == ("[erased] said so", "Ottoline is a name")
    reading, event = ThemeReading.objects.get(), Event.objects.get(concern="c")
    held = [step.case.key, step.case.subject, decision.pairs, reading.found, event.subject, event.decided,
            *FraudCase.objects.values_list("key", flat=True)]  # fmt: skip
    assert not [where for where in held if hers in where or hers_sent in where]
    assert other in decision.pairs
    assert other in reading.found
    ((of_decision, _),) = decision.pair_list
    assert {of_decision, step.case.key, event.subject} == {step.case.key}, "what was one thing is one thing still"
    reasons = dict(FraudStep.objects.values_list("case__key", "reason"))
    assert reasons.pop(other_sent) == "She was frail"
    assert list(reasons.values()) == ["[erased]"]


def test_no_figure_that_was_worked_out_before_an_erasure_is_shown_after_it(people_held: Path) -> None:
    def counted() -> int:
        records = figures.standing_records()
        return figures.kept(
            ("people", str(records.home), records.as_at), lambda _: records.table("people").collect().height
        )

    def counted_meanwhile(_: object) -> int:
        before = counted()
        erase(people_held, subject_of(people_held, "PX777"), clock=clock)
        figures.standing_records()
        return before

    assert counted() == counted() == 3
    assert figures.kept(("meanwhile", str(people_held)), counted_meanwhile) == 3
    assert counted() == 2
    assert sum(b.tables["people"] for b in figures.standing_records().batches_of("people")) == 2
    assert figures.kept(("meanwhile", str(people_held)), lambda _: counted()) == 2
    erase(people_held, subject_of(people_held, "P2"), clock=clock)
    assert counted() == 0


def test_a_bundle_of_the_service_has_what_officers_decided_and_wrote_and_of_nobody_else(
    as_role: Callable[..., Client], people_held: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "fraud_disseminations_action_fraud_2022-10.csv"
    head = ["force", "report_ref", "package_ref", "disseminated_on", "kind"]
    sent.write_text(text([head, *(["Kent", f"NFRC77{n}", f"K{n}", "2022-10-05", "pursue"] for n in (7, 8))]))
    more = tmp_path / "people_2022-07.csv"
    rows = text([[*PEOPLE[0][:6]], ["Kent", "C1", "PX777", "witness", "Ottoline", "Quillfeather"]], "\n")
    more.write_text(
        rows + 'Kent,C1,PX777,victim,"Ottoline Quillfeather with Ann Other\nKent,C8,P8,victim,Cy,Stranger\n'
    )
    import_files(people_held, [sent, more], clock=clock)
    (hers,), (other,) = (subject_of(people_held, ref).entries for ref in ("NFRC777", "NFRC778"))
    at = datetime.now(UTC)
    a_case_of(people_held, "NFRC777")
    for ref, reason in (("NFRC777", "She was frail"), ("NFRC778", "He was well")):
        (key,) = keys_of(people_held, [("kent", ref)])
        case = FraudCase.objects.create(key=key, force_id="kent", received_on=at.date(), acknowledged_at=at, owner="ECU",
                                        changed_at=at)  # fmt: skip
        FraudStep.objects.create(
            case=case, number=1, verb="triage", at=at, officer="badge-9", owner="ECU", reason=reason
        )
    period = dict.fromkeys(("first", "last", "reported_from", "reported_to"), at.date())
    for name, key in (("Courier week", hers), ("Romance week", other)):
        campaign = Campaign.objects.create(
            force_id="kent", name=name, led_by="ECU", begun_by="x", begun_at=at, changed_at=at, **period
        )
        CampaignVictim.objects.create(campaign=campaign, key=key, subject=key, reported_on=at.date())
    Questionnaire.objects.create(
        key=hers, subject=hers, force_id="kent", state="declined", offered_on=at.date(), officer="badge-9"
    )
    for pair, why in (([hers, other], "the same number"), ([other, other], "of no concern to her")):
        PersonDecision.objects.create(says="same", pairs=json.dumps([pair]), persons="P1", why=why, decided_at=at,
                                      decided_by="badge-9", role="analyst", state="done")  # fmt: skip
    drawn = DrawnAudit.objects.create(
        force_id="kent", scheme="s", scheme_version="1", first=at.date(), last=at.date(), seed=1, allocation="a", populations={},
        sizes={}, as_at=at, batches=[], drawn_at=at, drawn_by="x",
    )  # fmt: skip
    for place, (crime, ref, note) in enumerate((("C1", "PX777", "Her leaflet is missing"), ("C1", "P2", "His file is thin"),
                                                ("C9", "PX777", "Not of her part"))):  # fmt: skip
        record = DrawnRecord.objects.create(audit=drawn, group="g", place=place, crime_ref=crime, person_ref=ref)
        RecordMark.objects.create(record=record, turn=1, officer="badge-9", at=at, answers={}, note=note)
    for crime, until in (("C1", date(2031, 5, 7)), ("C8", date(2032, 6, 9))):
        Cocoon.objects.create(
            force_id="kent", crime_ref=crime, committed_on=at.date(), metres=400, until=until, basis="setting", reason="",
            are_homes_held=False, opened_by="badge-9", opened_at=at,
        )  # fmt: skip
    manager = as_role("information_manager")
    hold(people_held, subject_of(people_held, "NFRC777"), reason="a trial is pending", by="badge-9", at=at)

    def bundle_of(person: str) -> str:
        page = opened(manager, "access")
        named(manager, page, person)
        given = manager.post(f"{page}/bundle", {"recipient": "the person, by post"})
        with zipfile.ZipFile(io.BytesIO(given.content)) as bundle:
            return next(bundle.read(n).decode() for n in bundle.namelist() if n.endswith(".html"))

    said = bundle_of("NFRC777")
    for hers_ in ("Her neighbour says so", "She was frail", "the same number", "a trial is pending", "letter 41",
                  "Courier week", "declined"):  # fmt: skip
        assert hers_ in said
    for of_others in ("He was well", "of no concern to her", "badge-9", "Stranger", "Romance week"):
        assert of_others not in said
    said = bundle_of("PX777")
    assert "Ottoline Quillfeather with [another person]" in said
    assert "Her leaflet is missing" in said
    assert "2031-05-07" in said, "the cocoon of her own burglary"
    assert "2032-06-09" not in said, "that of a stranger's"
    for of_others in ("Ann", "Stranger", "His file is thin", "Not of her part", "badge-9"):
        assert of_others not in said


def test_a_rectification_that_died_is_finished_at_the_next_start_and_its_request_answered(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = as_role("information_manager")
    pages = [opened(manager, "rectification") for _ in range(2)]
    for page in pages:
        named(manager, page, "PX777")

    class Killed(BaseException):
        pass

    def died(*_: object, **__: object) -> None:
        raise Killed

    given = {
        "table": "people",
        "column": "born_on",
        "value": "1950-02-02",
        "ground": "misrecorded",
        "authority": "birth certificate",
    }
    with monkeypatch.context() as during:
        during.setattr(rectification, "import_files", died)
        with pytest.raises(Killed):
            manager.post(f"{pages[0]}/rectify", given)
    (begun,) = Entry.objects.filter(verb="rectify a person", phase="begun")
    other = Entry(number=begun.number + 1000, officer=begun.officer, verb=begun.verb)
    assert rights.outcome_of_rectification(other) == "not done", "another's is no proof of this one"
    assert rights.outcome_of_rectification(begun) == "done"
    rights.put_back()
    first, second = (RightsRequest.objects.get(identity=page.rsplit("/", 1)[1]) for page in pages)
    assert (first.state, first.outcome["column"], second.state) == (rights.ANSWERED, "born_on", rights.OPEN)
    assert "was put right in 1 row" in manager.get(pages[0]).content.decode()


def test_a_return_that_went_keeps_its_lines_and_loses_the_reference(
    as_role: Callable[..., Client], people_held: Path
) -> None:
    at = datetime.now(UTC)
    lines = [
        {"report_ref": ref, "package_ref": "K1", "outcome": "charged", "offenders": 1} for ref in ("NFRC777", "NFRC778")
    ]
    FraudReturn.objects.create(force_id="kent", month=date(2022, 10, 1), lines=lines, as_at=at, drawn_up_by="x", drawn_up_at=at,
                               state="sent")  # fmt: skip
    one = asked(as_role("information_manager"), "NFRC777")
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    hers, other = FraudReturn.objects.get().lines
    assert other == lines[1]
    assert hers == lines[0] | {"report_ref": hers["report_ref"]}
    assert hers["report_ref"].startswith("E")


def test_a_fault_that_passes_is_made_good_at_once_and_the_log_closed(
    as_role: Callable[..., Client], people_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asked(as_role("information_manager"))
    real, came = rights.database_cleared, []

    def locked_once(rest: Rest) -> None:
        came.append(rest)
        if len(came) == 1:
            raise StorageFailed("The database is locked.", remedy="Try again.")
        real(rest)

    monkeypatch.setattr(rights, "database_cleared", locked_once)
    rights.erase_person(one.identity, clock=lambda: datetime.now(UTC))
    one.refresh_from_db()
    assert (one.state, one.outcome["remains"], len(came)) == (rights.ANSWERED, [], 2)
    assert list(Entry.objects.filter(verb="erase a person").values_list("phase", flat=True)) == ["begun", "closed"]
    assert audit.left_open() == []
