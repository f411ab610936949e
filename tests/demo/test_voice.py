"""What was planted of complaints, reviews and statements is recovered, against plain loops over the files."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fourfold.analysis.complaints import complaints_held, complaints_received, service_recovery
from fourfold.analysis.compliance import JUDGED, Asked
from fourfold.analysis.findings import Finding
from fourfold.analysis.personal_statements import personal_statements
from fourfold.analysis.right_to_review import right_to_review
from fourfold.analysis.states import kept_states
from fourfold.analysis.timelines import voice_lines
from fourfold.analysis.victims_code import Rules
from fourfold.codes.periods import parse_window
from fourfold.records.as_at import Records, records_as_at
from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow
YEAR = parse_window("2021-11", "2022-10")


@pytest.fixture(scope="module")
def held(saltmere: Saltmere) -> Records:
    return records_as_at(Path(saltmere.fourfold.home), datetime.now(UTC))


def last_rows(saltmere: Saltmere, contract: str, key: str, dated: str) -> list[dict[str, str]]:
    """The last row of each reference, of those dated in the year."""
    rows = {row[key]: row for row in saltmere.rows(contract)}
    return [row for row in rows.values() if YEAR.first <= date.fromisoformat(row[dated][:10]) <= YEAR.last]


def by_key(found: Finding) -> dict[str, dict[str, Any]]:
    assert found.table is not None
    return {str(row[found.table.columns[0]]): row for row in found.table.records()}


def test_complaints_by_right_are_those_of_the_files_and_the_bounds_hold_the_untagged(
    saltmere: Saltmere, held: Records
) -> None:
    rows = last_rows(saltmere, "complaints", "complaint_ref", "received_on")
    tagged = Counter(n for row in rows for n in row["code_rights"].split(";") if n)
    untagged = sum(not row["code_rights"] for row in rows)
    assert 0.5 < untagged / len(rows) < 0.9, "planted: most say no right"
    found = by_key(complaints_received(held, "saltmere", YEAR, {}))
    assert {key: row["complaints"] for key, row in found.items()} == {**tagged, "not tagged": untagged}
    for right, n in tagged.items():
        assert found[right]["lower"] == pytest.approx(100 * n / len(rows))
        assert found[right]["upper"] == pytest.approx(100 * (n + untagged) / len(rows))
    whole = service_recovery(held, "saltmere", YEAR, {}, None)
    handled = Counter(row["handling"] for row in rows if row["handling"] or row["closed_on"])
    assert whole.n == sum(handled.values())
    assert (whole.parameters["service recovery"], whole.parameters["not recorded"]) == (
        handled["service_recovery"],
        handled[""],
    )


def test_reviews_are_those_of_the_files(saltmere: Saltmere, held: Records) -> None:
    rows = last_rows(saltmere, "review_requests", "review_ref", "received_on")
    results = Counter(row["result"] for row in rows)
    found = right_to_review(held, "saltmere", YEAR, date(2022, 11, 30))
    assert found.parameters["asked"] == len(rows)
    assert {name: found.parameters[name] for name in ("overturned", "upheld", "not_eligible", "withdrawn")} == {
        name: results[name] for name in ("overturned", "upheld", "not_eligible", "withdrawn")
    }
    assert found.parameters["no answer recorded"] == sum(not row["answered_on"] for row in rows)


def test_what_the_files_say_was_made_or_declined_is_told_so(saltmere: Saltmere, held: Records) -> None:
    found = personal_statements(
        kept_states(held, "saltmere", Rules()).states(), held, Rules(), "saltmere", YEAR, "offence"
    )
    assert found.interval is not None
    assert found.table is not None
    told = {name: sum(row[name] for row in found.table.records()) for name in ("made", "declined", "not offered")}
    assert told["not offered"] == 0, "no record says that it was not: nothing recorded is not that"
    said: dict[tuple[str, str], set[str]] = {}
    for row in saltmere.rows("personal_statements"):
        said.setdefault((row["crime_ref"], row["person_ref"]), set()).add(row["what"])
    asked = Asked(force_id="saltmere", window=YEAR, obligation="statement_offered")
    owed = asked.of(kept_states(held, "saltmere", Rules()).states()).filter(pl.col("state").is_in(list(JUDGED)))
    own = set(owed.select("crime_ref", "person_ref").collect().rows())
    made = sum(bool(what & {"made", "updated"}) for pair, what in said.items() if pair in own)
    declined = sum("declined" in what and not what & {"made", "updated"} for pair, what in said.items() if pair in own)
    assert (told["made"], told["declined"]) == (made, declined)


def test_a_complaint_stands_on_its_victims_timeline(saltmere: Saltmere, held: Records) -> None:
    rows = {row["complaint_ref"]: row for row in saltmere.rows("complaints")}
    one = next(row for row in rows.values() if row["crime_ref"] and row["person_ref"] and row["closed_on"])
    lines = voice_lines(held, "saltmere", one["crime_ref"], one["person_ref"], {})
    told = [line.what for line in lines if line.about.startswith(one["complaint_ref"])]
    assert told[0] == "complaint received"
    assert told[-1] == "complaint closed"
    assert complaints_held(held, "saltmere", {}).height == len(rows)
