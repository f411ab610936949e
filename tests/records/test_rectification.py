"""A detail put right: by a correction that stands, the value before kept or taken out as the ground says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fourfold.codes.retention import grounds
from fourfold.errors import AccessRefused, CodeUnknown, NothingHeld, RequestInvalid
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.rectification import overtaken, rectifications, rectify
from fourfold.records.remains import remains
from tests.records.test_erasure import FRAUDS, accounts_hold, held, text

RIGHTS = Asking(officer="IM1", role="information_manager", purpose="rights requests", reason="letter 42")


def now() -> datetime:
    return datetime.now(UTC)


def put_right(home: Path, key: str = "NFRC777", **given: str) -> object:
    said = {"table": "fraud_victims", "column": "surname", "value": "Quillfether", "why": "misrecorded",
            "authority": "the person, by passport"} | given  # fmt: skip
    return rectify(home, Folder(home).gate, RIGHTS, key, clock=now, **said)  # type: ignore[arg-type]


GROUNDS = [
    # ground, is the value before still held?
    ("misrecorded", True),
    ("out_of_date", True),
    ("of_another", False),
]


@pytest.mark.parametrize(("why", "is_kept"), GROUNDS)
def test_the_right_value_stands_and_the_one_before_is_kept_or_not(
    home: Path, tmp_path: Path, why: str, is_kept: bool
) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    before = now()
    done = put_right(home, column="phone", value="01632 960001", why=why)
    assert (done.rows, done.erased_before) == (1, 0 if is_kept else 1)  # type: ignore[attr-defined]
    rows = records_as_at(home, now()).table("fraud_victims_personal").collect()
    assert sorted(rows["phone"]) == ["01632 960001", "07700 900222"]
    (hers,) = rows.filter(rows["phone"] == "01632 960001").rows(named=True)
    assert (hers["forename"], hers["surname"]) == ("Ottoline", "Quillfeather")
    assert "She said" in hers["narrative"]
    was = records_as_at(home, before).table("fraud_victims_personal").collect()["phone"].to_list()
    assert was == (["07700 900999", "07700 900222"] if is_kept else [None, "07700 900222"])
    places = [p for p in remains(home, ["07700 900999"])[0] if "fraud" in p or "original" in p]
    assert any("fraud_victims" in p for p in places) == is_kept
    accounts_hold(home)
    (one,) = rectifications(home)
    assert (one["ground"], one["by"], one["authority"]) == (why, "IM1", "the person, by passport")
    assert "01632 960001" not in str(one)
    assert not (home / "retention" / "rectifying").exists()


def test_the_grounds_are_those_of_the_table() -> None:
    assert [(one.ground, one.is_old_value_kept) for one in grounds()] == GROUNDS


def test_a_rectification_is_on_the_log_and_needs_an_officer_an_authority_and_a_column(
    home: Path, tmp_path: Path
) -> None:
    held(home, tmp_path)
    with pytest.raises(AccessRefused):
        put_right(home)
    Folder(home).admit("IM1", "information_manager")
    for given, fault in (
        ({"authority": " "}, RequestInvalid), ({"column": "report_ref"}, CodeUnknown), ({"column": "no such"}, CodeUnknown),
        ({"why": "a whim"}, CodeUnknown), ({"table": "crimes"}, CodeUnknown), ({"key": "nobody"}, NothingHeld),
        ({"column": "born_on", "value": "yesterday"}, RequestInvalid),
    ):  # fmt: skip
        with pytest.raises(fault):
            put_right(home, **given)
    kinds = [(e["kind"], e["phase"]) for e in Folder(home).entries()]
    assert kinds.count(("alteration", "begun")) == kinds.count(("alteration", "closed")) == 1


def test_a_later_extract_that_brings_the_row_again_is_said(home: Path, tmp_path: Path) -> None:
    held(home, tmp_path)
    Folder(home).admit("IM1", "information_manager")
    put_right(home)
    assert overtaken(records_as_at(home, now())) == []
    (tmp_path / "next").mkdir()
    path = tmp_path / "next" / "fraud_victims_action_fraud_2022-11.csv"
    path.write_text(text([FRAUDS[0], FRAUDS[1]]))
    import_files(home, [path], clock=now)
    (one,) = overtaken(records_as_at(home, now()))
    assert one["column"] == "surname"
