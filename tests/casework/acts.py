"""Acts in a process of their own, over a records' folder and a database of their own: what tests kill and crowd.

python -m tests.casework.acts crowd THREADS WRITES
python -m tests.casework.acts import STEP IDENTITY     # killed at the step, or not at all where there is none such
python -m tests.casework.acts command STEP             # the import of a file by the command line
python -m tests.casework.acts withdraw STEP BATCH
python -m tests.casework.acts edition STEP ID
python -m tests.casework.acts handover STEP
python -m tests.casework.acts export STEP
python -m tests.casework.acts hold STEP
python -m tests.casework.acts link STEP
python -m tests.casework.acts send FILE                # and queued for a worker
python -m tests.casework.acts second-cases             # two open cases of one report, and the migration that leaves one
python -m tests.casework.acts state
python -m tests.casework.acts resume
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import django
import polars as pl

os.environ["DJANGO_SETTINGS_MODULE"] = "fourfold.web.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from fourfold.casework import audit, commands, drafts, events, handovers, officers, rights, roles, uploads, work  # noqa: E402
from fourfold.casework.audit import Who  # noqa: E402
from fourfold.casework.care_cases import CareCase  # noqa: E402
from fourfold.errors import Conflict  # noqa: E402
from fourfold.publications import exports  # noqa: E402
from fourfold.records import imports, people, recognition, retention  # noqa: E402
from fourfold.records.as_at import records_as_at  # noqa: E402

ANA = Who("ana", ("analyst",))


def now() -> datetime:
    return datetime.now(UTC)


def contents(title: str) -> drafts.Contents:
    return drafts.Contents(
        title=title, force_id="leicestershire", first=date(2022, 8, 1), last=date(2022, 10, 31), board="The board",
        meeting=None, priority="", presenter="", marking="OFFICIAL",
    )  # fmt: skip


def crowd(threads: int, writes: int) -> dict[str, Any]:
    """Many officers who save one paper at once, each from the version last seen."""
    draft = drafts.begin_draft(ANA, contents("begun"), at=now())
    tally, lock = {"won": 0, "conflict": 0, "fault": 0}, threading.Lock()

    def officer(number: int) -> None:
        seen = 1
        for write in range(writes):
            try:
                seen = drafts.change_draft(
                    Who(f"officer-{number}"), draft, contents(f"{number}-{write}"), version=seen, at=now()
                ).version
                said = "won"
            except Conflict:
                seen, said = drafts.Draft.objects.values_list("version", flat=True).get(pk=draft.pk), "conflict"
            except Exception as fault:
                said = "fault"
                print(type(fault).__name__, fault, file=sys.stderr)
            with lock:
                tally[said] += 1
        connection.close()

    every = [threading.Thread(target=officer, args=(number,)) for number in range(threads)]
    for one in every:
        one.start()
    for one in every:
        one.join()
    draft.refresh_from_db()
    return {
        **tally,
        "version": draft.version,
        "events": events.Event.objects.filter(verb="change_draft").count(),
        **state(),
    }


def second_cases() -> dict[str, Any]:
    """What becomes of open and closed cases of the database as it was before a report could have one open case alone."""
    before = ("casework", "0015_complaint_tags")
    call_command("migrate", *before, verbosity=0)
    models = MigrationExecutor(connection).loader.project_state([before]).apps
    cases, steps = models.get_model("casework", "CareCase"), models.get_model("casework", "CareStep")
    for name, key, state_of, hour in (("younger", "a", "open", 2), ("older", "a", "open", 1), ("another", "b", "open", 3),
                                      ("earlier", "a", "closed", 0)):  # fmt: skip
        at = datetime(2022, 10, 10, 9 + hour, tzinfo=UTC)
        case = cases.objects.create(
            identity=name, subject=name, key=key * 24, force_id="saltmere", report_ref="NFRC1", rule="r", reasons="x",
            officer="val", state=state_of, taken_up_at=at, changed_at=at,
        )  # fmt: skip
        if name == "younger":
            steps.objects.create(
                case=case, number=1, kind="attempt", at=at, officer="val", what="phone", result="not_reached"
            )
    call_command("migrate", verbosity=0)
    found = {
        one.identity: (
            one.state,
            one.outcome,
            one.version,
            one.closed_at is not None,
            [step.kind for step in one.steps.all()],
        )
        for one in CareCase.objects.all()
    }
    try:
        CareCase.objects.filter(identity="younger").update(state="open")
        is_forbidden = False
    except IntegrityError:
        is_forbidden = True
    told = list(events.Event.objects.values_list("subject", "officer", "verb"))
    return {"cases": found, "events": told, "is_forbidden": is_forbidden}


def killed_at(step: int, *more: tuple[Any, str]) -> None:
    """Arrange for this process to be killed at the step-th of the steps of a verb on files, before or after each.

    `more` are steps of one verb alone, each a place and a name there.
    """
    passed = 0

    def reached() -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(place: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(place, name)

        def stepped(*given: Any, **named: Any) -> Any:
            reached()
            done = real(*given, **named)
            reached()
            return done

        setattr(place, name, stepped)

    around(audit, "entered")
    around(events, "happened")
    around(uploads, "import_files")
    around(uploads, "withdraw")
    around(handovers, "_written")
    around(handovers, "import_files")
    around(drafts, "written_paper")
    around(imports, "write_json")
    around(retention, "_kept")
    for place, name in more:
        around(place, name)
    for name in ("_remembered", "_written", "_linked"):
        around(exports, name)
    around(uploads.shutil, "rmtree")


def state() -> dict[str, Any]:
    last = audit.Head.objects.get(pk=1)
    audit.head_kept(now(), last.number, last.hash, is_due=True)
    found = audit.verified()
    return {
        "whole": found.is_whole, "faults": [list(f) for f in found.faults], "entries": found.entries,
        "open": len(audit.left_open()), "uploads": list(uploads.Upload.objects.values_list("state", flat=True)),
        "batches": [b.batch_id for b in uploads._lake().batches() if "crimes" in b.tables],
        "withdrawn": [b.batch_id for b in uploads._lake().batches() if b.withdrawn_at],
        "editions": [bool(e.written_at) for e in drafts.Edition.objects.all()],
        "given": sorted(
            ref.partition("-")[0]
            for b in uploads._lake().batches() if "casework_events" in b.tables
            for ref in pl.read_parquet(b.folder / "casework_events.parquet")["event_ref"]
        ),
        "marked": sorted(str(n) for n in handovers.HandedOver.objects.values_list("event", flat=True)),
        "decided": sorted(str(n) for n in events.Event.objects.exclude(verb=handovers.VERB).values_list("pk", flat=True)),
        "exported": (Path(settings.FOURFOLD_HOME) / "out" / "current" / "manifest.json").exists(),
        "held": [one.key for one in retention.holds(Path(settings.FOURFOLD_HOME))],
        "told": sorted(
            f"{verb} {json.loads(decided).get('state', '')}".strip()
            for verb, decided in events.Event.objects.filter(concern="imports").values_list("verb", "decided")
        ),
        "exports_told": events.Event.objects.filter(concern="exports", verb="export_tables").count(),
        "linked": people.state_of(Path(settings.FOURFOLD_HOME)).people["person"].n_unique(),
        "linkings": [
            e.notes["outcome"] for e in audit.Entry.objects.filter(phase="closed", verb="link_people").order_by("number")
        ],
        "linked_events": events.Event.objects.filter(verb="link_people").count(),
        "held_events": events.Event.objects.filter(verb="hold_person").count(),
        "files_left": sum(1 for _ in handovers._folder().glob("*/*")),
        "outcomes": [
            e.notes["outcome"]
            for e in audit.Entry.objects.filter(phase="closed").exclude(verb=handovers.VERB).order_by("number")
        ],
    }  # fmt: skip


def apart(home: Path, act: Callable[[], Any]) -> Any:
    """What an act says in a process of its own, over a records' folder; None where it was killed."""
    said = home.with_suffix(".said")
    said.unlink(missing_ok=True)
    connection.close()
    child = os.fork()
    if not child:
        try:
            settings.FOURFOLD_HOME = home
            settings.AUDIT_HEADS = home / "service" / "audit-heads.jsonl"
            connection.settings_dict["NAME"] = str(home / "service" / "casework.sqlite3")
            said.write_text(json.dumps(act()))
        except BaseException as fault:
            said.write_text(json.dumps({"fault": repr(fault)}))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else json.loads(said.read_text())


def sent(file: Path) -> str:
    return uploads.send(ANA, file.name, iter([file.read_bytes()]), at=now(), queue=lambda _: None).identity


def imported(file: Path) -> None:
    uploads.import_upload(sent(file), clock=now)


def an_officer(role: str) -> str:
    """The key of an officer who holds a role."""
    made = officers.enrol(audit.SYSTEM, role, f"Officer {role}", "words for the officer to sign in", at=now())
    officers.grant_roles(audit.SYSTEM, made, [roles.Held(role)], version=1, reason="For the test.", at=now())
    return made.key


def drilled(verb: str, step: int, file: Path) -> dict[str, Any]:
    """One run of a verb on files, killed at a step."""
    if verb == "import":
        identity = sent(file)
        killed_at(step)
        uploads.import_upload(identity, clock=now)
    elif verb == "withdraw":
        batch = uploads._lake().batches()[0].batch_id
        killed_at(step)
        uploads.withdraw_batch(ANA, batch, reason="Sent by mistake", clock=now)
    elif verb == "command":
        killed_at(step)
        keys = [commands.key_of_file(file)]
        with commands.entered("collection", "import_files", "batches", keys, clock=now):
            imports.import_files(Path(settings.FOURFOLD_HOME), [file], clock=now)
    elif verb == "export":
        out = Path(settings.FOURFOLD_HOME) / "out"
        records = records_as_at(Path(settings.FOURFOLD_HOME), now())
        killed_at(step)
        keys = [commands.key_of_folder(out)]
        with commands.entered("disclosure", "export_tables", "source_lines", keys, clock=now, recipient="somebody"):
            exports.export(records, out, at=now())
    elif verb == "hold":
        manager = an_officer("information_manager")
        killed_at(step)
        rights.hold_person(officers.Officer.objects.get(key=manager), "P1", reason="An inquiry is open", at=now())
    elif verb == "link":
        work.queue_linking(an_officer("analyst"), "analyst", "linking people")
        killed_at(step, (recognition, "recognise"), (people, "link"), (people, "keep"), (people.os, "rename"))
        call_command("db_worker", "--batch", "--no-startup-delay", verbosity=0)
    elif verb == "handover":
        killed_at(step)
        handovers.hand_over_events(ANA, clock=now)
    else:
        draft = drafts.begin_draft(ANA, contents("A paper"), at=now())
        edition = drafts.ask_for_edition(ANA, draft, at=now(), queue=lambda _: None)
        killed_at(step)
        drafts.write_edition(edition.pk, clock=now)
    return state()


def resumed() -> dict[str, Any]:
    """What a start-up and a worker make of what is left."""
    work.resumed(at=now())
    call_command("db_worker", "--batch", "--no-startup-delay", verbosity=0)
    handovers.hand_over_events(ANA, clock=now)
    return state()


def drill(verb: str, folder: Path, files: list[Path]) -> list[dict[str, Any]]:
    """The state after each kill and start-up, in the order of the steps."""
    found = []
    if verb not in ("import", "command"):
        for file in files:
            apart(Path(settings.FOURFOLD_HOME), lambda file=file: imported(file))  # type: ignore[misc]
    for step in range(1, 100):
        home = folder / f"{verb}-{step}"
        shutil.copytree(settings.FOURFOLD_HOME, home)
        ended = apart(home, lambda step=step: drilled(verb, step, files[0]))  # type: ignore[misc]
        if ended is not None:
            assert "fault" not in ended, ended
            return found
        found.append(apart(home, resumed))
        assert "fault" not in found[-1], found[-1]
        shutil.rmtree(home)
    raise AssertionError("a verb of a hundred steps")


def main(act: str, *given: str) -> None:
    if act == "prepare":
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        print(json.dumps(state()))
    elif act == "second-cases":
        print(json.dumps(second_cases()))
    elif act == "state":
        print(json.dumps(state()))
    elif act == "send":
        sent_in = uploads.send(
            ANA, Path(given[0]).name, [Path(given[0]).read_bytes()], at=now(), queue=work.queue_import
        )
        print(json.dumps(sent_in.identity))
    elif act == "crowd":
        print(json.dumps(crowd(int(given[0]), int(given[1]))))
    else:
        print(json.dumps(drill(given[0], Path(given[1]), [Path(one) for one in given[2:]])))


if __name__ == "__main__":
    main(*sys.argv[1:])
