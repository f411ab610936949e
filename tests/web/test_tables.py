"""Tables of a page: sorted, paged and taken away by the address alone, and only by those who may."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.casework import audit
from fourfold.casework.audit import Entry
from fourfold.casework.officers import Officer
from fourfold.errors import RequestInvalid
from fourfold.web import paging, tables
from fourfold.web.gate import Needs
from fourfold.web.look import day
from tests.web.test_maps import MAP
from tests.web.test_pages import BURGLARY

ROWS: list[list[Any]] = [["b", 2, "October 2022"], ["a", 10, "April 2022"], ["c", None, ""], ["d", 1, "May 2021"]]


def shown(query: str, rows: list[list[Any]] | None = None) -> list[str]:
    tables.opened(request := RequestFactory().get(f"/?{query}"))
    request.resolver_match = None
    found = tables.shown_table("Of letters", ["Letter", "How many", "When"], ROWS if rows is None else rows, [1], True)
    return [row[0]["text"] for row in found.rows]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("", "bacd"), ("0", "abcd"), ("-0", "dcba"),
        ("1", "dbac"), ("-1", "abdc"),  # numbers as numbers, and what is not known last either way
        ("2", "dabc"), ("-2", "badc"),  # months as months
        ("3", "bacd"), ("x", "bacd"), ("--1", "bacd"), ("999999999999", "bacd"),
    ],
)  # fmt: skip
def test_a_table_stands_in_the_order_that_the_address_asks_for(asked: str, order: str) -> None:
    assert "".join(shown(f"sort-of-letters={asked}")) == order


@pytest.mark.parametrize(("methods", "is_linked"), [(("GET", "POST"), True), (("GET",), True), (("POST",), False)])
def test_a_table_of_an_address_that_takes_forms_alone_has_no_link_to_it(
    methods: tuple[str, ...], *, is_linked: bool
) -> None:
    request = RequestFactory().post("/patrols/one/visits")
    request.resolver_match = SimpleNamespace(func=SimpleNamespace(needs=Needs("read", "figures", methods)))  # type: ignore[assignment]
    tables.opened(request)
    rows = [[str(i), i, ""] for i in range(120)]
    found = tables.shown_table("Of letters", ["Letter", "How many", "When"], rows, [1], True)
    assert bool(found.after) == is_linked
    assert any("href" in str(cell) for cell in found.head) == is_linked


@pytest.mark.parametrize(
    ("page", "first", "n"), [("", "0", 50), ("2", "50", 50), ("3", "100", 20), ("9", "100", 20), ("-1", "0", 50)]
)
def test_a_long_table_is_shown_a_page_at_a_time(page: str, first: str, n: int) -> None:
    rows: list[list[Any]] = [[str(i), i, ""] for i in range(120)]
    found = shown(f"page-of-letters={page}", rows)
    assert (found[0], len(found)) == (first, n)


@pytest.mark.django_db
def test_a_table_taken_away_is_whole_sorted_marked_and_on_the_log(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    analyst = as_role("analyst")
    page = analyst.get(f"{MAP}&by=small").content.decode()
    assert "1 to 50 of" in page
    [address] = re.findall(r'href="(\?[^"]*take=every-area-of-the-map[^"]*)"', page)
    response = analyst.get("/map" + address.replace("&amp;", "&") + "&sort-every-area-of-the-map=-2")
    assert response["Content-Disposition"] == 'attachment; filename="every-area-of-the-map.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows[0] == ["OFFICIAL-SENSITIVE"]
    assert rows[1] == ["Area", "Code", "Recorded", "Class"]
    numbers = [int(row[2]) for row in rows[2:]]
    assert len(numbers) > 500
    assert numbers == sorted(numbers, reverse=True)
    [entry] = Entry.objects.filter(kind="disclosure")
    assert (entry.record_class, entry.verb) == ("small_area_figures", "take a table")
    assert entry.recipient == Officer.objects.get().key
    assert entry.notes["rows"] == len(numbers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("analyst", f"{BURGLARY}&take=recorded-by-period", 200),
        ("supervisor", f"{MAP}&take=every-area-of-the-map", 200),
        (
            "supervisor",
            f"{MAP}&by=small&take=every-area-of-the-map",
            404,
        ),  # sees small areas, and may not take them away
        ("board_reader", f"{MAP}&take=every-area-of-the-map", 404),
        ("board_reader", "/methods?take=measures", 200),  # nobody's record
        ("information_manager", "/accountability/log?kind=access&take=entries-the-latest-first", 200),
        ("analyst", f"{BURGLARY}&take=no-such-table", 404),
    ],
)
def test_who_takes_which_table_away(
    as_role: Callable[..., Client], records_held: Path, role: str, address: str, status: int
) -> None:
    for name in ("refused-1", "refused-2", "refused-3"):  # so that there is a log to take
        as_role("board_reader").get(f"/accountability/log?about={name}")
    client = as_role(role)
    assert client.get(address).status_code == status
    offered = client.get(re.sub("[&?]take=.*", "", address)).content.decode()
    if status == 404 and "no-such" not in address:
        assert "take=" not in offered, "a link that is refused"


@pytest.mark.django_db
def test_the_links_of_a_head_sort_without_a_script(as_role: Callable[..., Client], records_held: Path) -> None:
    client = as_role("board_reader")
    page = client.get(MAP).content.decode()
    up = re.search(r'<a class="ff-sort" href="([^"]*sort-every-area-of-the-map=2[^"]*)"', page)
    assert up
    again = client.get("/map" + up[1].replace("&amp;", "&").partition("#")[0]).content.decode()
    assert 'aria-sort="ascending"' in again
    assert "sort-every-area-of-the-map=-2" in again


@pytest.mark.django_db
def test_more_than_is_taken_at_once_is_refused_and_never_cut(
    as_role: Callable[..., Client], tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FOURFOLD_HOME = tmp_path / "home"
    manager = as_role("information_manager")
    with transaction.atomic():
        for n in range(4):
            keys = [f"key{n}{k}" for k in range(9)]
            audit.entered(audit.SYSTEM, "combination", "link", "people", at=datetime.now(UTC), keys=keys)
    address = "/accountability/log?kind=combination&take=entries-the-latest-first"
    rows = list(csv.reader(io.StringIO(manager.get(address).content.decode())))
    assert [row[6] for row in rows[2:]] == [", ".join(f"key{n}{k}" for k in range(9)) for n in (3, 2, 1, 0)]
    assert "and 6 more" in manager.get(address.partition("&take")[0]).content.decode()
    monkeypatch.setattr(paging, "MOST_TAKEN", 3)
    refused = manager.get(address)
    assert refused.status_code == 422
    assert "4 rows, and at most 3" in refused.content.decode()
    tables.opened(RequestFactory().get("/?take=of-letters"))
    with pytest.raises(RequestInvalid):
        shown("take=of-letters")


def test_a_form_that_is_sent_takes_nothing_away() -> None:
    tables.opened(request := RequestFactory().post("/?take=of-letters"))
    request.resolver_match = None
    found = tables.shown_table("Of letters", ["Letter", "How many", "When"], ROWS * 30, [1], True)
    assert len(found.rows) == 50
    assert tables.taken() is None


@pytest.mark.django_db
def test_who_may_not_take_a_table_away_is_refused_before_it_is_made(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fourfold.web.pages.maps._drawn", lambda *_: pytest.fail("the table was made"))
    assert as_role("board_reader").get(f"{MAP}&take=every-area-of-the-map").status_code == 404


WORDS = st.sampled_from(["b", "A", "a", "", "Ab", "Zz"])
CELLS = st.tuples(st.none() | st.integers(-5, 5), st.none() | WORDS, st.none() | st.dates(date(2020, 1, 1)))


@settings(max_examples=150, deadline=None)
@given(st.lists(CELLS, max_size=12), st.integers(0, 2), st.booleans(), st.integers(0, 4), st.integers(1, 6))
def test_a_frame_is_sorted_and_cut_as_its_cells_would_be(
    rows: list[tuple[Any, ...]], column: int, is_down: bool, skip: int, most: int
) -> None:
    schema = {"number": pl.Int64, "word": pl.String, "day": pl.Date}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("at")
    held = tables._held(frame.to_dicts(), lambda row: [row["number"], row["word"], day(row["day"])])
    for asked in (column, None):
        cut = tables.Cut(asked, is_down, skip, most)
        assert tables.of_frame(frame, ["number", "word", "day"])(cut) == held(cut)
