"""The look: GOV.UK components and Ministry of Justice patterns under the force's own header, as Jinja2 templates.

Vendored files come from `tools/vendor_look.py`; no script or style is from elsewhere, and none stands in the page.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from markupsafe import Markup

from fourfold.codes import areas
from fourfold.publications.sentences import Sentence, change_sentence, plain_sentence
from fourfold.web.tables import breakable, drawn, shown_table

SECTIONS = (
    ("Home", (("home", "Home", "", ""),)),
    ("The picture", (
        ("picture", "The picture", "read", "figures"),
        ("map", "Map", "read", "figures"),
        ("near-repeats", "Near repeats", "read", "figures"),
        ("change-of-place", "Change of place", "read", "figures"),
        ("vehicles", "Vehicles", "read", "figures"),
        ("recovery", "Vehicles found", "read", "figures"),
        ("where-next", "Where next", "read", "figures"),
        ("outcomes", "Outcomes", "read", "figures"),
    )),
    ("Places", (
        ("hotspots", "Hotspots", "read", "small_area_figures"),
        ("cocoons", "Cocoons", "read", "cocoons"),
        ("patrols", "Patrols", "read", "patrols"),
        ("hand-outs", "Hand-outs", "read", "hand_outs"),
        ("sites", "Sites", "read", "sites"),
        ("intelligence-questions", "Intelligence questions", "read", "intelligence_questions"),
    )),
    ("Fraud", (
        ("fraud", "Reported fraud", "read", "figures"),
        ("fraud-cases", "Disseminated fraud", "read", "fraud_cases"),
        ("themes", "Themes", "read", "themes"),
    )),
    ("Victims", (
        ("care", "Victim care", "read", "victim_care"),
        ("campaigns", "Campaigns", "read", "campaigns"),
        ("compliance", "Victims’ Code", "read", "figures"),
        ("owed", "Owed to victims", "read", "victim_duties"),
        ("complaints", "Complaints", "read", "victim_duties"),
        ("clocks", "Clocks", "read", "figures"),
        ("audits", "Audits", "read", "case_audits"),
        ("plan", "The plan", "read", "victims_plan"),
    )),
    ("People", (("people", "People", "read", "people"),)),
    ("Imports", (("imports", "Imports and quality", "read", "batches"),)),
    ("Papers", (("papers", "Papers", "read", "papers"),)),
    ("Methods", (("methods", "Methods", "read", "methods"),)),
    ("Accountability", (("accountability", "Accountability", "read", "roles"),)),
)  # fmt: skip
"""The pages in the navigation, by section: address name, words, and the action and record class without which it is left out."""
_BRITAIN = ZoneInfo("Europe/London")
_STATIC = Path(__file__).parent / "static"


def environment(**options: Any) -> jinja2.Environment:
    """The Jinja2 environment of every page."""
    options["undefined"] = jinja2.ChainableUndefined
    found = jinja2.Environment(**{**options, "trim_blocks": True, "lstrip_blocks": True, "autoescape": True})  # noqa: S701 - it is on
    macros = jinja2.PrefixLoader({"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")})
    found.loader = jinja2.ChoiceLoader([options["loader"], macros])
    found.globals.update(
        static=staticfiles_storage.url,
        url=url,
        service=service,
        plain_sentence=plain_sentence,
        query=query_with,
        navigation=navigation,
        csrf=get_token,
        change_sentence=change_sentence,
        shown_table=shown_table,
        list_drawn=drawn,
    )
    found.filters.update(
        day=day, instant=instant, moment=moment, number=number, size=size, month=month, sentence=sentence_html,
        plural=plural, breakable=breakable, tojson_plain=json.dumps,
    )  # fmt: skip
    return found


def url(name: str, *arguments: Any, **query: Any) -> str:
    """The address of a page by its name, with a query."""
    address = reverse(name, args=arguments)
    kept = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{address}?{urlencode(kept)}" if kept else address


@dataclass(frozen=True)
class Place:
    """A section, or a page of one, as the navigation shows it: its words, its address, and whether it is open."""

    text: str
    href: str
    active: bool


def navigation(request: HttpRequest) -> tuple[list[Place], list[Place]]:
    """The sections that the officer may see something of, each leading to its first page; and the pages of the one that is open."""
    may = request.gate.may_reach
    seen = {
        title: [(url(name), words) for name, words, action, held in own if not action or may(url(name), action, held)]
        for title, own in SECTIONS
    }
    every = [address for own in seen.values() for address, _ in own]
    here = [one for one in every if request.path == one or request.path.startswith(one.rstrip("/") + "/")]
    there = max((one for one in here if one != "/" or request.path == "/"), key=len, default="")
    sections, inner = [], []
    for title, own in seen.items():
        is_open = any(address == there for address, _ in own)
        if own:
            sections.append(Place(title, own[0][0], is_open))
        if is_open and len(own) > 1:
            inner = [Place(words, address, address == there) for address, words in own]
    return sections, inner


def query_with(request: HttpRequest, **changed: Any) -> str:
    """The request's query with some of it changed; an empty value is left out."""
    query = request.GET.copy()
    for key, value in changed.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@cache
def service() -> dict[str, Any]:
    """What stands in every page's head and foot: the force, the marking, whether all of it is fictitious."""
    force = areas.force(settings.FOURFOLD_FORCE) if settings.FOURFOLD_FORCE else None
    return {
        "name": "Fourfold",
        "force": force.name if force else "",
        "force_id": settings.FOURFOLD_FORCE,
        "is_fictitious": settings.FOURFOLD_FICTITIOUS,
        "marking": settings.MARKING,
    }


def day(given: date | datetime | None) -> str:
    """A day as British people write it: 4 June 2022."""
    return "" if given is None else f"{_local(given):%-d %B %Y}"


def instant(given: datetime | None) -> str:
    """A day and a time: 4 June 2022, 16:05."""
    return "" if given is None else f"{_local(given):%-d %B %Y, %H:%M}"


def moment(given: datetime) -> str:
    """An instant to the second, in UTC, as the log has it."""
    return f"{given.astimezone(UTC):%-d %B %Y, %H:%M:%S} UTC"


def month(given: str | date) -> str:
    """A month: June 2022."""
    return f"{date.fromisoformat(str(given)):%B %Y}"


def number(given: Any) -> str:
    """A number with its thousands parted, and at most one place; empty where there is none."""
    if given is None:
        return ""
    if isinstance(given, float) and not given.is_integer():
        return f"{given:,.1f}".replace("-", "−")
    return f"{int(given):,}".replace("-", "−") if isinstance(given, (int, float)) else str(given)


def size(given: int) -> str:
    """A size of a file: 1.2 MB."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if given >= step:
            return f"{given / step:,.1f} {unit}"
    return f"{given:,} bytes"


def plural(given: int, one: str, many: str = "") -> str:
    """A count with its word: 1 line, 2 lines."""
    return f"{given:,} {one if given == 1 else many or one + 's'}"


def sentence_html(given: Sentence) -> Markup:
    """A sentence with each figure a link to how it was made. Its pieces are escaped one by one."""
    address = reverse("finding", args=["identity"]).removesuffix("identity")
    return Markup(given.html.replace('href="#finding-', f'href="{address}'))  # noqa: S704 - escaped piece by piece


def _local(given: date | datetime) -> date | datetime:
    return given.astimezone(_BRITAIN) if isinstance(given, datetime) else given


class OwnFiles(BaseFinder):
    """Finds the service's own static files, and no other app's."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.storage = FileSystemStorage(location=str(_STATIC))

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        """Where a static file lies."""
        found = _STATIC / path
        is_ours = found.is_file() and found.resolve().is_relative_to(_STATIC.resolve())
        return ([str(found)] if find_all else str(found)) if is_ours else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:  # noqa: ARG002
        """Every static file."""
        for found in sorted(_STATIC.rglob("*")):
            if found.is_file():
                yield str(found.relative_to(_STATIC)), self.storage

    def check(self, **_: Any) -> tuple[()]:
        """Nothing to check."""
        return ()


class LogLine(logging.Formatter):
    """A line of the service's own log as JSON: when, how grave, from where, and for a fault its kind and place.

    Never a fault's message, a request's query or its form: they may name a person.
    """

    say: Callable[[logging.LogRecord], str] = staticmethod(lambda record: record.getMessage())

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        plain: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(), "level": record.levelname, "from": record.name,
        }  # fmt: skip
        if record.name.startswith("fourfold"):
            plain["said"] = self.say(record)
        else:
            plain["said"] = str(record.msg)[:200]
        status = getattr(record, "status_code", None)
        if status:
            plain["status"] = status
        if record.exc_info and record.exc_info[0]:
            frames = extract_tb(record.exc_info[2])[-4:]
            plain["fault"] = record.exc_info[0].__name__
            plain["place"] = [f"{f.filename.rpartition('/site-packages/')[2]}:{f.lineno}" for f in reversed(frames)]
        return json.dumps(plain)
