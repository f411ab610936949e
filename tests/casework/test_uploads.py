"""Files sent in: under which name each is kept, and for which areas a role is given."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fourfold.casework import officers, uploads
from fourfold.casework.audit import SYSTEM, Who
from fourfold.casework.care_cases import CareCase
from fourfold.casework.roles import Held
from fourfold.errors import CodeUnknown
from fourfold.records import places
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from fourfold.records.lake import Lake
from tests.conftest import OPEN_DATA

pytestmark = pytest.mark.django_db
ANA = Who("ana", ("supervisor",))
AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.FOURFOLD_HOME, settings.AUDIT_HEADS = tmp_path / "home", tmp_path / "heads.jsonl"
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("crimes.csv", "crimes.csv"),
        ("C:\\extracts\\crimes.csv", "crimes.csv"),
        (".crimes.csv", "crimes.csv"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("\N{SNOWMAN}" * 250 + ".geojson.gz", "\N{SNOWMAN}" * 63 + ".geojson.gz"),
        ("\N{OLD PERSIAN SIGN A}" * 250, "\N{OLD PERSIAN SIGN A}" * 50),
        ("a." + "b" * 300, "a." + "b" * 198),
        ("...", "file"),
    ],
)
def test_a_name_is_kept_in_as_many_bytes_as_a_folder_takes_with_what_it_ends_in(given: str, kept: str) -> None:
    sent = uploads.send(ANA, given, [b"1"], at=AT, queue=lambda _: None)
    assert sent.file_name == kept
    assert len(kept.encode()) <= 200
    assert sent.path.read_bytes() == b"1"


@pytest.mark.parametrize(
    ("areas", "is_known"),
    [((), True), (("E07000130",), True), (("E07000130", "Leicester"), False), (("E07999999",), False), (("x",), False)],
)
def test_a_role_is_given_for_areas_that_there_are(areas: tuple[str, ...], is_known: bool) -> None:
    officer = officers.enrol(SYSTEM, "bea", "Bea", "words for the officer to sign in", at=AT)

    def granted() -> None:
        officers.grant_roles(SYSTEM, officer, [Held("analyst", areas)], version=officer.version, reason="New", at=AT)

    if is_known:
        granted()
    else:
        with pytest.raises(CodeUnknown, match=f"No area has the code {areas[-1]}") as fault:
            granted()
        assert "E07000130" in fault.value.remedy
    assert officer.grants.count() == is_known


def test_a_role_is_given_for_a_small_area_whose_boundary_is_held(held_small_area: str) -> None:
    officer = officers.enrol(SYSTEM, "bea", "Bea", "words for the officer to sign in", at=AT)
    officers.grant_roles(SYSTEM, officer, [Held("analyst", (held_small_area,))], version=1, reason="New", at=AT)
    assert [grant.areas for grant in officer.grants.all()] == [held_small_area]


@pytest.fixture
def held_small_area(home: Path) -> str:
    """The code of a small area whose boundary alone tells of it."""
    import_files(home, sorted((OPEN_DATA / "geography").glob("*leicester*")), clock=lambda: AT)
    return min(places.area_names(records_as_at(home, Lake(home).last_change()), "lsoa11"))


def test_a_force_may_write_its_references_as_long_as_it_will() -> None:
    """On PostgreSQL, too, where a column of so many characters takes no more."""
    reference = "NFRC-" + "1" * 500
    case = CareCase.objects.create(
        subject="S1", key="k", force_id="saltmere", report_ref=reference, week=date(2026, 3, 2), rule="r", officer="val",
        taken_up_at=AT, changed_at=AT,
    )  # fmt: skip
    case.refresh_from_db()
    assert case.report_ref == reference
