"""Tables of a page: each can be sorted, is shown a page at a time, and can be taken away as a file, by the address alone.

A template hands the rows of a short table to `shown_table` (the macro `data_table`) and says nothing of this. A view makes a
`listing` of a long list, so that it knows which of its rows are shown and can say so to the log, and its template draws it
(the macro `list_table`). Either way the whole list is sorted, and then cut. In the address a table is named by its caption:
`sort-recorded-by-council=-1` sorts it by its second column, the greatest first; `page-recorded-by-council=2` shows its second
page; `take=recorded-by-council` is the whole of it as CSV, which the gate allows or refuses and puts on the log.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import NullIf
from django.http import HttpRequest
from markupsafe import Markup, escape

from fourfold.analysis.findings import Table
from fourfold.web.paging import MOST_TAKEN, ROWS, asked_to_take, not_too_many

Cell = Any
"""Text, a number, nothing; `{"text", "href"}`, a link; `{"text", "by"}`, sorted by something else; or a list of such, a line each."""
_DATES = ("%d %B %Y, %H:%M", "%d %b %Y %H:%M:%S", "%d %B %Y", "%B %Y", "%Y-%m-%d")
_FEWEST = 3
"""A table of fewer rows is neither sorted nor worth a file of its own."""
_WORDY = 30
"""A cell of more characters has a column wide enough to read, where the numbers beside it would squeeze it."""


@dataclass
class _Page:
    """The request of a page, the names of its tables so far, and the table that the address asks to take away."""

    request: HttpRequest
    names: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    """The names of those that a view made, and not a template."""
    taken: TakenTable | None = None


@dataclass(frozen=True)
class TakenTable:
    """A table to be taken away: its name, all of its rows in the order asked for, and whether it is a list that a view made."""

    name: str
    table: Table
    is_list: bool


@dataclass(frozen=True)
class Cut:
    """Which of a list's rows are wanted: in the order of a column (None: the list's own), `most` of them after `skip`."""

    column: int | None
    is_down: bool
    skip: int
    most: int


Source = Callable[[Cut], tuple[Sequence[Any], int]]
"""Where a list that is too long to be read whole comes from: the rows of a cut, and how many rows there are."""


@dataclass(frozen=True)
class Listing:
    """A list as a page shows it. `rows` are those shown (all of them where the table is taken away), `cells` what is told of each.

    `first` counts the first row shown from 1, `number` is its page's number of `pages`, `total` counts all rows.
    """

    caption: str
    name: str
    heads: Sequence[str]
    numeric: Sequence[int]
    rows: Sequence[Any]
    cells: Sequence[Sequence[Cell]]
    column: int | None
    is_down: bool
    number: int
    pages: int
    first: int
    total: int
    is_sorted: bool
    """Whether it can be sorted."""


@dataclass(frozen=True)
class ShownTable:
    """A table as a template draws it. `head` and `rows` are GOV.UK's; `total` counts all rows, `first` the first shown."""

    caption: str
    name: str
    head: list[dict[str, Any]]
    rows: list[list[dict[str, Any]]]
    first: int
    total: int
    before: str
    after: str
    take: str
    is_sorted_here: bool
    """Whether all of it stands on the page, so that a script may sort it there."""


_page: ContextVar[_Page | None] = ContextVar("page", default=None)


def opened(request: HttpRequest) -> None:
    """Say which request the tables that are drawn next belong to. The gate says it of each."""
    _page.set(_Page(request))


def taken() -> TakenTable | None:
    """The table that the address asks for, once the page has drawn it."""
    page = _page.get()
    return replace(page.taken, is_list=page.taken.name in page.lists) if page and page.taken else None


def shown_table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], numeric: Sequence[int], sorts: bool
) -> ShownTable:
    """A table of rows that a template has, as the address asks for them: sorted, and the page of them."""
    its = listing(caption, heads, rows, tuple, numeric=numeric, sorts=sorts)
    if (page := _page.get()) is not None:
        page.lists.discard(its.name)
    return drawn(its)


def listing(
    caption: str, heads: Sequence[str], rows: Sequence[Any] | Source, cells: Callable[[Any], Sequence[Cell]], *,
    numeric: Sequence[int] = (), sorts: bool = True,
) -> Listing:  # fmt: skip
    """A list in the order that the address asks for, and the page of it; `cells` tells of a row what stands in each column.

    Rows are a sequence, sorted by what their cells tell, or a source that sorts for itself. Raises RequestInvalid where more
    are to be taken away than are taken at once.
    """
    page = _page.get()
    source = rows if callable(rows) else _held(rows, cells)
    if page is None:
        every, total = source(Cut(None, False, 0, MOST_TAKEN))
        told = [cells(row) for row in every]
        return Listing(
            caption, "", heads, numeric, every, told, None, False, 1, 1, 1, total, sorts and total >= _FEWEST
        )
    name = _name(caption, page.names)
    page.lists.add(name)
    column, is_down = _asked_order(page.request.GET.get(f"sort-{name}", ""), len(heads)) if sorts else (None, False)
    is_taken = asked_to_take(page.request) == name
    size = MOST_TAKEN if is_taken else ROWS
    number = 1 if is_taken else _asked_page(page.request.GET.get(f"page-{name}", "1"))
    found, total = source(Cut(column, is_down, (number - 1) * size, size))
    pages = max(1, -(-total // size))
    if number > pages:
        number = pages
        found, total = source(Cut(column, is_down, (number - 1) * size, size))
    if is_taken:
        not_too_many(total)
    told = [cells(row) for row in found]
    if is_taken:
        page.taken = TakenTable(
            name, Table(columns=tuple(map(str, heads)), rows=tuple(tuple(map(_plain, r)) for r in told)), True
        )
    return Listing(
        caption, name, heads, numeric, found, told, column, is_down, number, pages, (number - 1) * size + 1, total,
        sorts and total >= _FEWEST,
    )  # fmt: skip


def of_query(query: QuerySet[Any], by: Sequence[Any]) -> Source:
    """The rows of a query, which the database sorts: `by` is what it sorts each column by, a field's name or an expression.

    What has nothing there stands last either way; what is alike there stands in the query's own order.
    """

    def cut(wanted: Cut) -> tuple[Sequence[Any], int]:
        found = query
        if wanted.column is not None:
            asked = by[wanted.column]
            asked = F(asked) if isinstance(asked, str) else asked
            found = query.annotate(_asked=asked)
            kind = found.query.annotations["_asked"].output_field
            is_words = isinstance(kind, CharField | TextField)
            order = NullIf(F("_asked"), Value("", output_field=type(kind)())) if is_words else F("_asked")
            one = order.desc(nulls_last=True) if wanted.is_down else order.asc(nulls_last=True)
            found = found.order_by(one, *query.query.order_by)
        return list(found[wanted.skip : wanted.skip + wanted.most]), query.count()

    return cut


def of_frame(frame: pl.DataFrame, by: Sequence[str | pl.Expr]) -> Source:
    """The rows of a frame, as mappings: `by` is what each column is sorted by, a column's name or an expression of the frame.

    Words are sorted whatever their case; what has nothing there stands last either way; what is alike there in the frame's order.
    """

    def cut(wanted: Cut) -> tuple[Sequence[Any], int]:
        found = frame
        if wanted.column is not None:
            asked = by[wanted.column]
            keys = frame.select((pl.col(asked) if isinstance(asked, str) else asked).alias("by"))
            if keys.schema["by"] == pl.String:
                keys = keys.select(pl.col("by").replace("", None).str.to_lowercase())
            order = keys.with_row_index("at").sort(
                "by", descending=wanted.is_down, nulls_last=True, maintain_order=True
            )
            found = frame[order["at"].slice(wanted.skip, wanted.most)]
        else:
            found = frame.slice(wanted.skip, wanted.most)
        return found.to_dicts(), frame.height

    return cut


def _held(rows: Sequence[Any], cells: Callable[[Any], Sequence[Cell]]) -> Source:
    """Rows that are at hand, sorted by what their cells tell."""
    every = list(rows)

    def cut(wanted: Cut) -> tuple[Sequence[Any], int]:
        column = wanted.column
        found = every if column is None else _in_order(every, lambda row: _worth(cells(row)[column]), wanted.is_down)
        return found[wanted.skip : wanted.skip + wanted.most], len(every)

    return cut


def drawn(its: Listing) -> ShownTable:
    """A list as a template draws it: with the links that sort it, turn its pages and take it away, where the address answers one."""
    page = _page.get()
    rows = [_row(told, its.numeric) for told in its.cells]
    if page is None or not _can_be_followed(page):
        head = _head(its.heads, its.numeric)
        return ShownTable(its.caption, "", head, rows, 1, its.total, "", "", "", its.is_sorted)
    name, request = its.name, page.request
    links = [_address(request, name, **{f"sort-{name}": _next_order(at, its.column, its.is_down), f"page-{name}": None})
             for at in range(len(its.heads))] if its.is_sorted else []  # fmt: skip
    order = "" if its.column is None else "descending" if its.is_down else "ascending"
    return ShownTable(
        its.caption, name, _head(its.heads, its.numeric, links, its.column, order), rows, its.first, its.total,
        _address(request, name, **{f"page-{name}": its.number - 1}) if its.number > 1 else "",
        _address(request, name, **{f"page-{name}": its.number + 1}) if its.number < its.pages else "",
        _address(request, "", take=name) if its.total >= _FEWEST and _may_take(page, name) else "",
        its.is_sorted and its.pages == 1,
    )  # fmt: skip


def _can_be_followed(page: _Page) -> bool:
    """Whether a link to the page's own address is answered: one that only takes a form is not."""
    match = page.request.resolver_match
    wanted = getattr(match.func, "needs", None) if match else None
    return wanted is None or "GET" in wanted.methods


def _may_take(page: _Page, name: str) -> bool:
    passed, match = getattr(page.request, "gate", None), page.request.resolver_match
    wanted = getattr(match.func, "needs", None) if match else None
    if passed is None or wanted is None or not passed.may_take(wanted):
        return False
    return passed.of_table(wanted, name, name in page.lists) is not None


def _name(caption: str, names: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", caption.lower()).strip("-")[:40].strip("-") or "table"
    found, n = plain, 2
    while found in names:
        found, n = f"{plain}-{n}", n + 1
    names.add(found)
    return found


def _asked_order(given: str, columns: int) -> tuple[int | None, bool]:
    """The column asked for and whether its greatest stands first: "2" is the third column upwards, "-2" downwards."""
    number = given.removeprefix("-")
    if not number.isdecimal() or len(number) > 3 or int(number) >= columns:
        return None, False
    return int(number), given.startswith("-")


def _next_order(column: int, now: int | None, is_down: bool) -> str:
    return f"-{column}" if column == now and not is_down else str(column)


def _asked_page(given: str) -> int:
    """The number of the page asked for, from 1."""
    return max(int(given), 1) if given.isdecimal() and len(given) < 9 else 1


def _in_order(rows: list[Any], worth: Callable[[Any], tuple[int, Any] | None], is_down: bool) -> list[Any]:
    """Rows by what they are worth; those that have nothing there stand last either way."""
    worths = [(worth(row), row) for row in rows]
    known = sorted(((w, row) for w, row in worths if w is not None), key=lambda one: one[0], reverse=is_down)
    return [row for _, row in known] + [row for w, row in worths if w is None]


def _worth(cell: Cell) -> tuple[int, Any] | None:
    """What a cell is sorted by: numbers before dates before words; nothing for an empty cell. Of several lines, the first."""
    if isinstance(cell, list):
        return _worth(cell[0]) if cell else None
    plain = _plain(cell["by"] if isinstance(cell, Mapping) and "by" in cell else cell)
    if plain is None or plain == "":
        return None
    if isinstance(plain, (int, float)):
        return (0, plain)
    for form in _DATES:
        with contextlib.suppress(ValueError):
            return (1, datetime.strptime(plain, form).replace(tzinfo=UTC))
    return (2, plain.casefold())


def _plain(cell: Cell) -> str | int | float | None:
    """What a cell says in a file."""
    if isinstance(cell, list):
        return "; ".join(str(said) for one in cell if (said := _plain(one)) not in (None, ""))
    found = cell["text"] if isinstance(cell, Mapping) else cell
    return found if found is None or (isinstance(found, (int, float)) and not isinstance(found, bool)) else str(found)


def _address(request: HttpRequest, place: str, **changed: Any) -> str:
    query = request.GET.copy()
    query.pop("take", None)
    for key, value in changed.items():
        query.pop(key, None)
        if value is not None:
            query[key] = str(value)
    return f"?{query.urlencode()}" + (f"#{place}" if place else "")


def _head(
    heads: Sequence[str], numeric: Sequence[int], links: Sequence[str] = (), column: int | None = None, order: str = ""
) -> list[dict[str, Any]]:
    found = []
    for at, words in enumerate(heads):
        cell: dict[str, Any] = {"text": words, "format": "numeric" if at in numeric else ""}
        if links:
            link = Markup('<a class="ff-sort" href="{}">{}</a>').format(links[at], words)
            cell = {**cell, "html": link, "attributes": {"aria-sort": order if at == column else "none"}}
        found.append(cell)
    return found


def _row(row: Sequence[Cell], numeric: Sequence[int]) -> list[dict[str, Any]]:
    return [_shown(cell, at in numeric) for at, cell in enumerate(row)]


def _shown(cell: Cell, is_numeric: bool) -> dict[str, Any]:
    from fourfold.web.look import number

    worth = _worth(cell)
    is_plain = not isinstance(cell, (Mapping, list))
    sorted_by = {} if worth is None or (worth[0] == 2 and is_plain) else {"data-sort-value": _as_attribute(worth[1])}
    shown: dict[str, Any] = {"attributes": sorted_by, "format": "numeric" if is_numeric else ""}
    if isinstance(cell, list):
        return {**shown, "html": Markup("<br>").join(_line(one) for one in cell)}
    if isinstance(cell, Mapping):
        return {**shown, "html": _line(cell)}
    text = number(cell) if is_numeric else _words(cell)
    if len(text) > _WORDY:
        shown["classes"] = "ff-wordy"
    return {**shown, "text": text, **({"html": breakable(text)} if re.search("[_@]", text) else {})}


def _line(cell: Cell) -> Markup:
    """One line of a cell, as HTML."""
    if not isinstance(cell, Mapping):
        return breakable(_words(cell))
    text = breakable(_words(cell["text"]))
    return Markup('<a class="govuk-link" href="{}">{}</a>').format(cell["href"], text) if cell.get("href") else text


def breakable(text: Any) -> Markup:
    """A long name, such as a file's or an email address, that may be broken where it is joined."""
    return escape(text).replace("_", Markup("_<wbr>")).replace("@", Markup("@<wbr>"))


def _words(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.4g}"
    return "" if cell is None else str(cell)


def _as_attribute(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
