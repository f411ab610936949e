"""Tables of a page: each can be sorted, is shown a page at a time, and can be taken away as a file, by the address alone.

A template hands its rows to `shown_table` (through the macro `data_table`) and says nothing of this. In the address a table
is named by its caption: `sort-recorded-by-council=-1` sorts it by its second column, the greatest first;
`page-recorded-by-council=2` shows its second page; `take=recorded-by-council` is the whole of it as CSV, which the gate
allows or refuses and puts on the log.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from markupsafe import Markup, escape

from fourfold.analysis.findings import Table
from fourfold.web.paging import ROWS, asked_to_take, leaf_of, not_too_many

_DATES = ("%d %B %Y, %H:%M", "%d %b %Y %H:%M:%S", "%d %B %Y", "%B %Y", "%Y-%m-%d")
_FEWEST = 3
"""A table of fewer rows is neither sorted nor worth a file of its own."""


@dataclass
class _Page:
    """The request of a page, the names of its tables so far, and the table that the address asks to take away."""

    request: HttpRequest
    names: set[str] = field(default_factory=set)
    taken: TakenTable | None = None


@dataclass(frozen=True)
class TakenTable:
    """A table to be taken away: its name, and all of its rows in the order asked for."""

    name: str
    table: Table


@dataclass(frozen=True)
class ShownTable:
    """A table as a page shows it. `head` and `rows` are GOV.UK's; `total` counts all rows, `first` the first shown."""

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
    return page.taken if page else None


def shown_table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[int], sorts: bool
) -> ShownTable:
    """A table's rows as the address asks for them: sorted, and the page of them."""
    page = _page.get()
    every = list(rows)
    sorts = sorts and len(every) >= _FEWEST
    if page is None:
        return ShownTable(
            "", _head(heads, numeric), [_row(r, numeric) for r in every], 1, len(every), "", "", "", sorts
        )
    name = _name(caption, page.names)
    column, is_down = _asked_order(page.request.GET.get(f"sort-{name}", ""), len(heads)) if sorts else (None, False)
    if column is not None:
        every = _in_order(every, column, is_down)
    if asked_to_take(page.request) == name:
        not_too_many(len(every))
        page.taken = TakenTable(
            name, Table(columns=tuple(map(str, heads)), rows=tuple(tuple(map(_plain, r)) for r in every))
        )
    cut = leaf_of(every, page.request.GET.get(f"page-{name}", "1"), ROWS)
    links = [_address(page.request, name, **{f"sort-{name}": _next_order(at, column, is_down), f"page-{name}": None})
             for at in range(len(heads))] if sorts else []  # fmt: skip
    order = "" if column is None else "descending" if is_down else "ascending"
    head = _head(heads, numeric, links, column, order)
    may_take = bool(every) and len(rows) >= _FEWEST and _may_take(page.request)
    return ShownTable(
        name, head, [_row(row, numeric) for row in cut.rows], cut.before + 1, cut.total,
        _address(page.request, name, **{f"page-{name}": cut.number - 1}) if cut.number > 1 else "",
        _address(page.request, name, **{f"page-{name}": cut.number + 1}) if cut.number < cut.pages else "",
        _address(page.request, "", take=name) if may_take else "",
        sorts and cut.pages == 1,
    )  # fmt: skip


def _may_take(request: HttpRequest) -> bool:
    passed, match = getattr(request, "gate", None), request.resolver_match
    wanted = getattr(match.func, "needs", None) if match else None
    return passed is not None and wanted is not None and bool(passed.may_take(wanted))


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


def _in_order(rows: list[Sequence[Any]], column: int, is_down: bool) -> list[Sequence[Any]]:
    """Rows by one column; those that have nothing there stand last either way."""
    known = [row for row in rows if _worth(row[column]) is not None]
    unknown = [row for row in rows if _worth(row[column]) is None]
    return sorted(known, key=lambda row: _worth(row[column]) or (9, ""), reverse=is_down) + unknown


def _worth(cell: Any) -> tuple[int, Any] | None:
    """What a cell is sorted by: numbers before dates before words; nothing for an empty cell."""
    plain = _plain(cell)
    if plain is None or plain == "":
        return None
    if isinstance(plain, (int, float)):
        return (0, plain)
    for form in _DATES:
        with contextlib.suppress(ValueError):
            return (1, datetime.strptime(plain, form).replace(tzinfo=UTC))
    return (2, plain.casefold())


def _plain(cell: Any) -> str | int | float | None:
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


def _row(row: Sequence[Any], numeric: Sequence[int]) -> list[dict[str, Any]]:
    from fourfold.web.look import number

    cells = []
    for at, cell in enumerate(row):
        worth = _worth(cell)
        sorted_by = {} if worth is None or worth[0] == 2 else {"data-sort-value": _as_attribute(worth[1])}
        shown: dict[str, Any] = {"attributes": sorted_by, "format": "numeric" if at in numeric else ""}
        if isinstance(cell, Mapping):
            shown["html"] = Markup('<a class="govuk-link" href="{}">{}</a>').format(
                cell["href"], _breakable(cell["text"])
            )
        else:
            shown["text"] = number(cell) if at in numeric else _words(cell)
            if re.search("[_@]", shown["text"]):
                shown["html"] = _breakable(shown["text"])
        cells.append(shown)
    return cells


def _breakable(text: Any) -> Markup:
    """A long name, such as a file's or an email address, that may be broken where it is joined."""
    return escape(text).replace("_", Markup("_<wbr>")).replace("@", Markup("@<wbr>"))


def _words(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.4g}"
    return "" if cell is None else str(cell)


def _as_attribute(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
