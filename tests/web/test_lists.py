"""Every long list of the service: sorted whole and not by its page, shown a page at a time, taken away whole in that order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import transaction
from django.test import Client

from fourfold.casework import audit, fraud_cases, work
from fourfold.casework.drafts import Draft
from fourfold.casework.fraud_cases import FraudCase, FraudStep
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.handovers import Handover
from fourfold.casework.officers import Officer
from fourfold.casework.rights import RightsRequest
from fourfold.records.subjects import entry_of
from fourfold.web.gate import Needs, Pass
from fourfold.web.pages.retention import Queue
from tests import fraud_lists
from tests.records.extracts import put

N = 120
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


class Rows(HTMLParser):
    """The rows of one table of a page: of each cell its words, and what a script would sort it by."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.by: list[list[str]] = []
        self._cell = False
        part = re.search(rf'<div class="ff-scroll"[^>]*id="{name}".*?</table>', text, re.DOTALL)
        assert part, f"no table {name}"
        self.feed(part[0].partition("</thead>")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
            self.by.append([])
        if tag in ("td", "th"):
            self._cell = True
            self.rows[-1].append("")
            self.by[-1].append(dict(attrs).get("data-sort-value") or "")
        if tag == "br" and self._cell:
            self.rows[-1][-1] += "; "

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data.strip()


def shuffled(n: int) -> int:
    """A number for a number, each once, in no order."""
    return n * 7919 % 1009


def papers(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Draft.objects.bulk_create(
        Draft(title=f"Paper {shuffled(n):04}", force_id="leicestershire", first=date(2022, 1, 1), last=date(2022, 1, 31),
              board="The board", changed_at=NOW + timedelta(minutes=n), changed_by="o")
        for n in range(N)
    )  # fmt: skip


def officers(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Officer.objects.bulk_create(
        Officer(username=f"user{shuffled(n):04}", name=f"Name {n:03}", key=f"key{n:05}", password="!") for n in range(N)
    )


def entries(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    officers(folder, settings, monkeypatch)
    with transaction.atomic():
        for n in range(N):
            who = audit.Who(f"key{shuffled(n) % N:05}")
            audit.entered(who, "combination", "link", "people", at=NOW, keys=[f"p{shuffled(n):04}"])


def handovers(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Handover.objects.bulk_create(
        Handover(asked_by="o", asked_at=NOW + timedelta(minutes=n), until=NOW, events=shuffled(n), batch=f"b{n:015}")
        for n in range(N)
    )


def requests(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    RightsRequest.objects.bulk_create(
        RightsRequest(kind="access", reference=f"letter {shuffled(n):04}", received_on=date(2026, 1, 1) + timedelta(n),
                      opened_at=NOW, opened_by="o")
        for n in range(N)
    )  # fmt: skip


def queue(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"key": f"k{n:04}", "group": "1", "is_youth": False, "parts": shuffled(n), "last_on": date(2010, 1, 1),
         "review_on": date(2020, 1, 1) + timedelta(n), "state": "due"}
        for n in range(N)
    ]  # fmt: skip
    found = Queue(pl.DataFrame(rows), [("1", False, "due", N)])
    monkeypatch.setattr("fourfold.web.pages.retention._queue", lambda *_: found)


def victims(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fraud_lists.held_lists(folder / "home", folder)


def sent(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder / "home", folder, NOW, "fraud_disseminations_action_fraud", [
        {"force": "saltmere", "report_ref": f"R{shuffled(n):04}", "package_ref": "P1", "kind": "pursue", "status": "received",
         "received_on": f"{date(2016, 1, 5) + timedelta(n)}", "disseminated_on": "2016-01-04"}
        for n in range(N)
    ], "2016-01")  # fmt: skip


def register(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(folder, settings, monkeypatch)
    for n in range(60):
        _return(date(2016 + n // 12, n % 12 + 1, 1), evidence=f"receipt {shuffled(n):04}", sent_at=NOW)


def lines(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(folder, settings, monkeypatch)
    line = {"package_ref": "P1",
            "nfib_code": "NFIB1A", "outcome_type": "1", "outcome": "charged", "outcome_on": "2016-02-01",
            "offenders": 1, "disseminated_on": "", "received_on": "", "local_crime_ref": "", "victim_type": "",
            "status": ""}  # fmt: skip
    _return(date(2016, 2, 1), lines=[{**line, "report_ref": f"R{shuffled(n):04}"} for n in range(N)], identity="1" * 16)


def _return(month: date, **said: Any) -> None:
    FraudReturn.objects.create(force_id="saltmere", month=month, as_at=NOW, drawn_up_by="o", drawn_up_at=NOW, **said)


def owed(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.analysis.test_entitlements import _tables, records

    records(folder, **_tables())
    settings.FOURFOLD_FORCE = "leicestershire"
    work.judge_states.call()
    rows = [
        {"due_on": date(2022, 7, 1), "working_days_left": n, "is_enhanced": False, "crime_ref": f"C{shuffled(n):04}",
         "person_ref": "V1", "title": "Told", "team": None, "officer_ref": None, "handed_over_on": None, "enter": "a contact",
         "is_overdue": False}
        for n in range(N)
    ]  # fmt: skip
    schema = {"team": pl.String, "officer_ref": pl.String, "handed_over_on": pl.Date}
    listed = pl.LazyFrame(rows, schema_overrides=schema)
    monkeypatch.setattr("fourfold.web.pages.victims_code.owed_by", lambda *_: listed)


def lacking(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    came = datetime(2022, 7, 1, tzinfo=UTC)
    crimes = [{"crime_ref": f"V{shuffled(n):04}", "offence_code": "8N", "recorded_at": "2022-06-03T09:00:00", "unit": "North",
               "team": "Response", "officer_ref": f"P{n % 4}"} for n in range(N)]  # fmt: skip
    people = [
        {"crime_ref": f"V{shuffled(n):04}", "person_ref": f"N{n}", "role": "victim", "occupation": ""} for n in range(N)
    ]
    put(folder / "home", folder, came, "crimes", crimes)
    put(folder / "home", folder, came, "people", people)


LISTS = [
    # what is held, who asks, address, the table's name, by which column, whether it is taken away by that role
    (papers, "analyst", "/papers", "papers-the-latest-changed-first", 0, True),
    (officers, "information_manager", "/accountability/officers", "accounts", 1, True),
    (entries, "information_manager", "/accountability/log?kind=combination", "entries-the-latest-first", 6, True),
    (entries, "information_manager", "/accountability/log?kind=combination", "entries-the-latest-first", 2, True),
    (handovers, "information_manager", "/accountability/events", "given-to-the-records-the-latest-first", 2, True),
    (requests, "information_manager", "/accountability/rights", "requests-the-latest-first", 0, True),
    (queue, "information_manager", "/accountability/retention", "the-review-queue", 2, True),
    (victims, "victim_care_officer", "/care", "the-list", 0, True),
    (sent, "economic_crime_supervisor", "/disseminations", "not-yet-acknowledged", 0, True),
    (sent, "economic_crime_supervisor", "/disseminations", "not-yet-acknowledged", 4, True),
    (sent, "economic_crime_supervisor", "/disseminations?show=all", "all", 3, True),
    (register, "economic_crime_supervisor", "/disseminations/returns", "the-register", 4, True),
    (register, "economic_crime_supervisor", "/disseminations/returns", "the-register", 0, True),
    (lines, "economic_crime_supervisor", f"/disseminations/returns/{'1' * 16}", "its-lines", 1, True),
    (owed, "supervisor", "/owed", "what-is-owed", 3, True),
    (lacking, "supervisor", "/imports/quality/fields/people.occupation/records?force=leicestershire&from=2022-06&to=2022-06",
     "records-those-of-the-officers-with-most", 0, False),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from fourfold.web import look

    (tmp_path / "home").mkdir(mode=0o700)
    settings.FOURFOLD_HOME, settings.FOURFOLD_FORCE = tmp_path / "home", "saltmere"
    look.service.cache_clear()
    yield tmp_path
    look.service.cache_clear()


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(("held", "role", "address", "name", "column", "is_taken"), LISTS)
def test_a_list_is_sorted_whole_paged_and_taken_away_whole(
    as_role: Callable[..., Client], home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, held: Callable[..., None],
    role: str, address: str, name: str, column: int, is_taken: bool,
) -> None:  # fmt: skip
    held(home, settings, monkeypatch)
    client, mark = as_role(role), "&" if "?" in address else "?"

    def whole(order: str) -> tuple[list[str], list[str]]:
        cells, by = [], []
        for page in range(1, 9):
            text = client.get(f"{address}{mark}{order}page-{name}={page}").content.decode()
            read = Rows(text, name)
            cells += [row[column] for row in read.rows]
            by += [row[column] for row in read.by]
            if not re.search(rf'rel="next"[^>]*page-{name}={page + 1}', text):
                break
        return cells, by

    unsorted, _ = whole("")
    up, by = whole(f"sort-{name}={column}&")
    down, _ = whole(f"sort-{name}=-{column}&")
    assert len(unsorted) > 50
    assert sorted(up) == sorted(down) == sorted(unsorted), "the same rows, each once"
    told = [(0, float(b), "") if re.fullmatch(r"-?\d+(\.\d+)?", b) else (1, 0.0, b or c.casefold())
            for b, c in zip(by, up, strict=True) if b or c]  # fmt: skip
    assert told == sorted(told), "the whole list stands in the column's order"
    assert set(up[:50]) != set(unsorted[:50]) or set(down[:50]) != set(unsorted[:50]), "more than its page is sorted"
    first = client.get(f"{address}{mark}sort-{name}=-{column}").content.decode()
    assert 'aria-sort="descending"' in first
    assert (f"take={name}" in first) == is_taken
    taken = client.get(f"{address}{mark}sort-{name}=-{column}&take={name}")
    assert taken.status_code == (200 if is_taken else 404)
    if is_taken:
        file = list(csv.reader(io.StringIO(taken.content.decode())))[2:]
        plain = [re.sub(r"\s+", "", row[column]) for row in file]
        assert plain == [re.sub(r"\s+", "", one) for one in down] or [p.replace(",", "") for p in plain] == [
            re.sub(r"[\s,]+", "", one) for one in down
        ]


@pytest.mark.django_db
def test_each_report_in_a_returns_lines_is_named_on_the_log_where_it_is_shown_and_where_it_is_taken(
    as_role: Callable[..., Client], home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines(home, settings, monkeypatch)
    client, address = as_role("economic_crime_supervisor"), f"/disseminations/returns/{'1' * 16}"
    every = [
        entry_of(("fraud_victims", "saltmere", line.report_ref, None, "victim"))
        for line in FraudReturn.objects.get(identity="1" * 16).every
    ]
    client.get(address)
    assert audit.Entry.objects.get(verb="read").key_list == ["1" * 16, *every[:50]]
    assert client.get(f"{address}?take=its-lines").status_code == 200
    assert audit.Entry.objects.get(verb="take a table").key_list == ["1" * 16, *every]
    assert client.get(f"{address}/lines.csv").status_code == 200
    assert audit.Entry.objects.get(verb="take return").key_list == ["1" * 16, *every]


@pytest.mark.django_db
def test_each_report_shown_or_taken_away_is_named_on_the_log_whichever_list_it_stands_in(
    as_role: Callable[..., Client], home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(home, settings, monkeypatch)
    client = as_role("economic_crime_supervisor")
    client.get("/disseminations")
    keys = audit.Entry.objects.get(verb="read").key_list[:3]
    for key in keys:
        case = FraudCase.objects.create(
            key=key, force_id="saltmere", received_on=NOW, acknowledged_at=NOW, owner="o", changed_at=NOW
        )
        FraudStep.objects.create(case=case, number=1, verb=fraud_cases.ADVICE, at=NOW, officer="o", owner="o", on=NOW)
    assert client.get("/disseminations?show=filed").status_code == 200
    shown = audit.Entry.objects.filter(verb="read").last()
    assert shown
    assert set(keys) <= set(shown.key_list)
    assert client.get("/disseminations?take=asked-for-and-not-answered-the-oldest-fi").status_code == 200
    assert set(audit.Entry.objects.get(verb="take a table").key_list) == set(keys)


def test_a_list_of_a_logged_class_that_the_page_did_not_say_the_keys_of_is_not_taken() -> None:
    passed, wanted = Pass(Officer(key="o"), (), NOW), Needs("read", "fraud_cases")
    passed.saw("fraud_cases", ["finding"], lists={"one": ["a", "b"]})
    assert passed.of_table(wanted, "another", is_list=True) is None
    assert [s.keys for s in passed.of_table(wanted, "one", is_list=True) or []] == [["finding", "a", "b"]]
    assert [s.keys for s in passed.of_table(wanted, "of a figure", is_list=False) or []] == [["finding"]]
