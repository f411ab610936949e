"""A database that officers wrote in, looked through byte by byte: everything before an erasure, and nothing after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fourfold.records.imports import import_files
from fourfold.records.remains import remains
from tests.records.test_erasure import CANARIES, TABLES, clock, plain

WRITES = """
import django, json, sys
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from fourfold.casework import care_cases, drafts, events, rights, saved_views, uploads
from fourfold.casework.audit import Who
from fourfold.casework.officers import enrol, grant_roles
from fourfold.casework.roles import Held
from django.db import transaction
now = lambda: datetime.now(UTC)
who = Who("ana")
words = json.loads(sys.argv[1])
contents = drafts.Contents(title=" and ".join(words), force_id="kent", first=now().date(), last=now().date(), board="b",
                           meeting=None, priority="", presenter="", marking="OFFICIAL")
draft = drafts.begin_draft(who, contents, at=now())
drafts.change_draft(who, draft, contents.__class__(**{**contents.__dict__, "title": "short"}), version=1, at=now())
uploads.Upload.objects.create(file_name=f"{words[0]}.csv", size=1, content_hash="", sent_at=now(), sent_by="ana", state="done")
case = care_cases.CareCase.objects.create(subject="SP1", key=sys.argv[2], force_id="kent", report_ref="NFRC777", rule="r",
                                          reasons="", officer="ana", taken_up_at=now(), changed_at=now())
care_cases.CareStep.objects.create(case=case, number=1, kind="attempt", what="phone", note="Her neighbour Ann says " + words[0],
                                   at=now(), officer="ana")
manager = enrol(Who("system"), "im", "Manager", "a long password of words", at=now())
grant_roles(Who("system"), manager, [Held("information_manager")], version=1, reason="first", at=now())
"""
ERASES = """
import django, sys
django.setup()
from datetime import UTC, datetime
from fourfold.casework import audit, rights
from fourfold.casework.care_cases import CareCase, CareStep
from fourfold.casework.officers import Officer
now = lambda: datetime.now(UTC)
officer = Officer.objects.get(username="im")
for reference in sys.argv[1:]:
    one = rights.open_request(officer.who(now()), "erasure", reference="letter 41", received_on=now().date(), at=now())
    one = rights.name_person(officer.who(now()), one, reference, version=one.version, at=now())
    rights.ask_for_erasure(officer.who(now()), one, version=one.version, reason="letter 41", at=now(), queue=lambda _: None)
    rights.erase_person(one.identity, clock=now)
    one.refresh_from_db()
    assert one.state == "answered", (one.state, one.fault)
    assert one.outcome["remains"] == [], one.outcome["remains"]
assert audit.refusals_stand(), "the database refuses to change the log and the events again"
assert CareStep.objects.get().note == "[erased]"
assert CareCase.objects.get().report_ref.startswith("E")
last = audit.Head.objects.get(pk=1)
audit.head_kept(now(), last.number, last.hash, is_due=True)
assert audit.verified().is_whole
"""


def ran(home: Path, code: str, *given: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code, *given], capture_output=True, text=True,
        env={**os.environ, "FOURFOLD_HOME": str(home), "DJANGO_SETTINGS_MODULE": "fourfold.web.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_no_page_of_the_database_holds_the_person_afterwards(home: Path, tmp_path: Path) -> None:
    from fourfold.records.subjects import subject_of

    import_files(home, [plain(tmp_path, name) for name in TABLES], clock=clock)
    (entry,) = subject_of(home, "NFRC777").entries
    words = ["Ottoline Quillfeather", "17 Zephyrine Row", "NFRC777", "PX777"]
    ran(home, WRITES, json.dumps(words), entry)
    for word in words:
        places = [p for p in remains(home, [word])[0] if p.startswith("service/")]
        assert places, f"{word} was not written in the database"
    ran(home, ERASES, "PX777", "NFRC777")
    for canary in CANARIES:
        assert remains(home, [canary])[0] == (), canary
