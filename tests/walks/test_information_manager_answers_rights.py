"""An information manager answers an access request, a rectification and an erasure, and proves each: figure before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from fourfold.records.access import Folder
from tests.conftest import CommandLine
from tests.records.test_erasure import CANARIES, TABLES, plain

ASKED = ("--officer", "IM1", "--reason", "letter 41")


@pytest.mark.slow
def test_an_erasure_is_asked_for_refused_while_held_done_and_proved(fourfold: CommandLine, tmp_path: Path) -> None:
    fourfold("import", *[plain(tmp_path, name) for name in TABLES])
    fourfold("retention", "erase", "PX777", *ASKED, code=20)  # nobody has admitted IM1 yet
    fourfold("people", "admit", "IM1", "--role", "information_manager")
    found = fourfold("retention", "find", "--surname", "quillfeather", *ASKED)
    assert "NFRC777" in found.out
    assert "Quillfeather" not in found.out
    counted = fourfold(
        "count", "fraud_reports", "--force", "Kent", "--from", "2022-10", "--to", "2022-10", "--json"
    ).json
    assert counted["value"] == 2

    assert "stands over" in fourfold("retention", "hold", "NFRC777", *ASKED[:3], "a trial is pending").out
    refused = fourfold("retention", "erase", "NFRC777", *ASKED, code=21)
    assert "a trial is pending" in refused.err
    fourfold("retention", "release", "1", *ASKED)
    made = fourfold(
        "retention", "bundle", "PX777", *ASKED, "--out", tmp_path / "out", "--recipient", "the person", "--json"
    ).json
    html = next(Path(f).read_text() for f in made["files"] if f.endswith(".html"))
    assert "Quillfeather" in html
    assert "2 Plain Street" not in html
    right = (
        "--column",
        "phone",
        "--value",
        "01632 960001",
        "--ground",
        "of_another",
        "--authority",
        "the person, by letter",
    )
    assert "put right in 1 row(s)" in fourfold("retention", "rectify", "PX777", *ASKED, *right).out
    for person in ("NFRC777", "PX777"):
        done = fourfold("retention", "erase", person, *ASKED)
        assert "unpacked: nothing found" in done.out
        assert "not stated: the force has not said" in done.out

    queue = fourfold("retention", "review", "--officer", "IM1", "--on", "2040-01-01", "--json").json
    assert {one["key"][0] for one in queue["queue"]} <= {"E", "S"}
    again = fourfold("trace", counted["id"])
    assert "a person was erased" in again.out
    assert "(NOT as printed" in again.out
    log = [(one["kind"], one["phase"]) for one in Folder(fourfold.home).entries()]
    assert log.count(("erasure", "begun")) == log.count(("erasure", "closed")) == 3
    assert Folder(fourfold.home).verified() == len(log)
    said = "".join(path.read_text() for path in (fourfold.home / "access").glob("*.jsonl"))
    assert not any(canary.lower() in said.lower() for canary in CANARIES)
