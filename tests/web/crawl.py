"""Every page that an officer can come to by following links, a few of each kind; and records in which every text is chosen."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from fourfold.casework.work import midnight
from fourfold.records.imports import import_files
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.fields import Field

_OF_A_KIND = 4
"""How many addresses of a view, with one set of questions in them, are opened."""
Text = Callable[[Field, int], str | None]


def crawled(client: Client, *starts: str, most: int = 400) -> dict[str, Any]:
    """Each answer by its address, from some addresses on; each is followed within this service only."""
    found: dict[str, Any] = {}
    kinds: Counter[tuple[str, ...]] = Counter()
    waiting = deque(starts or ("/",))
    while waiting and len(found) < most:
        address = waiting.popleft()
        parts = urlsplit(address)
        try:
            name = resolve(parts.path).url_name or ""
        except Resolver404:
            continue
        kind = (name, *sorted(re.findall(r"(?:^|&)([a-z_-]+)=", parts.query)))
        if address in found or name == "sign-out" or kinds[kind] >= _OF_A_KIND:
            continue
        kinds[kind] += 1
        found[address] = response = client.get(address)
        if not response.get("Content-Type", "").startswith("text/html") or response.streaming:
            continue
        for link in addresses_in(re.sub(r'action="[^"]*"', "", response.content.decode())):  # a form is not a link
            if link.startswith(("/", "?")) and not link.startswith(("//", "/static/")):
                waiting.append((parts.path if link.startswith("?") else "") + link.partition("#")[0])
    return found


def addresses_in(page: str) -> list[str]:
    """Every address that a page names."""
    return [
        html.unescape(found)
        for found in re.findall(r'(?:href|src|action|data-[a-z-]*(?:src|url|address))="([^"]*)"', page)
    ]


def records_with(home: Path, folder: Path, text: Text, rows: int = 200, *, is_open_too: bool = True) -> None:
    """Files of every contract of a force's own extracts, in this and the last month, with a text of choice in each field.

    `text` is asked for each field and row, and says nothing (None) where the field is to hold what it should; of what others
    have published, only with `is_open_too`.
    """
    folder.mkdir(exist_ok=True)
    for contract in catalogue.contracts():
        if contract.name in catalogue.OURS or contract.name == "table":
            continue
        path = folder / f"{contract.name}.csv"
        with path.open("w", newline="") as out:
            lines = csv.writer(out)
            lines.writerow([one.name for one in contract.fields])
            asked = text if is_open_too or not contract.is_open else _nothing
            lines.writerows([_value(one, n, asked) for one in contract.fields] for n in range(rows))
        import_files(home, [path], clock=lambda: datetime.now(UTC))


def _nothing(field: Field, n: int) -> None:
    """No text of choice."""


def _value(field: Field, n: int, text: Text) -> str:
    if field.name == "force":
        return "Leicestershire Police"
    chosen = text(field, n)
    if chosen is not None:
        return chosen
    if isinstance(field.codes, tuple):
        return field.codes[n % len(field.codes)]
    if field.codes is not None:
        return {"offences": "28E", "outcomes": "1", "fraud": "NFIB1D"}.get(field.codes, "burglary")
    day = midnight(datetime.now(UTC), days=-(n % 40)).date()
    return {
        "date": f"{day}", "instant": f"{day}T12:00:00", "number": "458000", "whole": "1", "pence": "5000", "score": "1",
        "yes_no": "yes", "hash": "0" * 32,
    }.get(field.kind, f"{n}")  # fmt: skip
