"""The return to commissioner and ministry: what stands in it, what is withheld, and what its files say."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.compliance import Asked, AuditLearned, audited_compliance, compliance
from fourfold.analysis.compliance_items import items_held
from fourfold.analysis.findings import Finding
from fourfold.analysis.victims_code import Rules
from fourfold.codes.small_numbers import small_number_rule
from fourfold.publications.code_returns import return_content, return_csv, return_ods, return_table
from tests.analysis.test_compliance import ASKED, QUARTER, RECORDS, states

RULE = small_number_rule()
MANY = (("met in time", 120), ("met late", 30), ("no evidence", 50))
FEW = (("met in time", 60), ("met late", 2), ("no evidence", 40))


def content(*rights: tuple[int, tuple[tuple[str, int], ...]], audited: int | None = None) -> dict[str, Any]:
    every = pl.concat([states(*given, right=right) for right, given in rights])
    by_right = compliance(every, RECORDS, Rules(), ASKED, "right", RULE)
    wider: dict[int, Finding] = {}
    if audited is not None:
        own = Asked(force_id="saltmere", window=QUARTER, right=audited)
        learned = AuditLearned(kept_audited=120, kept_false=4, not_kept_audited=30, not_kept_false=1)
        wider[audited] = audited_compliance(compliance(every, RECORDS, Rules(), own), learned)
    packs = [p for p in Rules().packs if p.scheme == "victims_code"]
    return return_content(by_right, wider, items_held(RECORDS, "saltmere", QUARTER), packs, RULE)


def test_a_right_has_its_states_its_bounds_and_the_wider_ones_where_an_audit_was_made() -> None:
    said = content((4, MANY), (6, MANY), audited=6)
    four, six = return_table(said).records()
    assert [four[c] for c in ("judged", "kept", "not kept", "no evidence")] == [200, 120, 30, 50]
    assert [four[c] for c in ("lower", "upper", "coverage")] == [60.0, 85.0, 75.0]
    assert (four["met late"], four["wider lower"]) == (30, "no audit")
    assert isinstance(six["wider lower"], float)
    assert isinstance(six["wider upper"], float)
    assert six["wider lower"] < 60.0 < 85.0 < six["wider upper"]
    assert "support" in str(four["title"])
    assert any("right 1, right 2, right 3, right 5, right 7" in str(note) for note in said["notes"])


def test_a_small_count_is_withheld_with_what_gives_it_away() -> None:
    said = content((4, MANY), (6, FEW), audited=6)
    four, six = return_table(said).records()
    assert six["met late"] == "[c]"
    assert four["met late"] == "[c]", "the two add up to a total that other pages tell"
    assert [six[c] for c in ("not kept", "lower", "upper", "wider lower")] == ["[c]"] * 4
    assert "2" not in {str(six[c]) for c in six if c != "right"}


@pytest.mark.parametrize("marking", ["OFFICIAL-SENSITIVE", "OFFICIAL"])
def test_the_files_are_marked_and_say_whose_they_are_and_as_at_when(marking: str) -> None:
    said = content((4, MANY), (6, FEW))
    rows = list(csv.reader(io.StringIO(return_csv(said, marking).decode())))
    assert rows[0] == [marking]
    assert "Saltmere Constabulary (FICTITIOUS)" in rows[1][0]
    assert "as at 2022-11-01" in rows[1][0]
    assert rows[2][:3] == ["right", "title", "judged"]
    book = return_ods(said, marking, [("4", "lower", 50.0, None)], "Since the return of April to June 2022")
    text = zipfile.ZipFile(io.BytesIO(book)).read("content.xml").decode()
    for words in (marking, "FICTITIOUS", "not held", "[c]", "unconfirmed", "Since the return of April"):
        assert words in text, words
    assert book == return_ods(said, marking, [("4", "lower", 50.0, None)], "Since the return of April to June 2022")
