"""The service's speed: pages under fifty officers, what pages weigh, and the log's entries and their check.

    python benchmarks/service.py                        # all of it; makes the fictitious force at scale 1.0 first
    python benchmarks/service.py --home FOLDER          # over records made before by `fourfold demo`, which are copied
    python benchmarks/service.py --only log             # or load, or weights

Fifty officers of eight roles, each with a request every five seconds, for five minutes, on the machine that answers. Half of
the pictures, maps and outcomes are among ten questions that come again and again (warm), half are drawn anew from every measure,
area and pair of months (mostly cold); maps are of councils and of small areas. What a page draws on opening is timed with it: a
picture with its charts, a map with its picture and its counts. Of lists every one that the officer's roles open is asked for,
with the orders and pages that it offers. Narratives are read for themes, what victims are owed is judged, who is to be
reviewed is listed and maps are tested before the clock starts. Nothing asserts a time; results stand in
benchmarks/results/service.json, with the machine's load.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from machine import this_machine

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "service.json"
EVERY, EVERYDAY = 5.0, 10
ROLES = {"analyst": 16, "supervisor": 9, "board_secretary": 4, "board_reader": 4, "information_manager": 4,
         "victim_care_officer": 5, "economic_crime_supervisor": 4, "code_auditor": 4}  # fmt: skip
KINDS = {"lists and details": 50, "picture": 30, "map": 15, "outcomes": 5}
"""How often each kind of page is asked for, of a hundred."""
LISTS = (
    "/", "/account", "/imports", "/imports/quality", "/imports/feeds", "/papers", "/methods", "/people", "/care",
    "/care/in-hand", "/care/stock",
    "/imports/quality/fields/people.occupation/records",
    "/fraud", "/disseminations", "/disseminations?show=all", "/disseminations/returns", "/themes", "/victims-code",
    "/victims-code?by=team", "/owed", "/owed?days=working", "/accountability", "/accountability/roles",
    "/accountability/algorithms", "/accountability/log?kind=access", "/accountability/officers", "/accountability/events",
    "/accountability/retention", "/accountability/rights",
    "/near-repeats", "/where-next", "/vehicles", "/recovery", "/campaigns", "/campaigns/reach", "/care/questionnaires", "/audits",
    "/owed/diary", "/hotspots", "/sites", "/patrols", "/cocoons", "/intelligence-questions", "/clocks", "/clocks/each",
    "/clocks/each?of=property", "/clocks/each?of=delays", "/plan", "/plan/items", "/plan/returns", "/fraud/threshold",
    "/fraud/capacity", "/victims-code/survey", "/victims-code/complaints", "/victims-code/statements", "/victims-code/reviews",
)  # fmt: skip
"""The lists and pages of counts that are asked for, of those that an officer's roles open."""
TOLD_OF_FRAUD = ("analyst", "victim_care_officer", "economic_crime_supervisor")
"""The roles that are shown counts of fraud as counted: `care_figures` in the table of roles."""
MADE = "demo.json"
"""Where `fourfold demo` writes down what it made."""
_ENROL = """
import json, sys
from fourfold import settings
from fourfold.cli import service
service._django(); service._migrated()
from fourfold.casework import officers, roles
from fourfold.casework.audit import SYSTEM
for username, role in json.loads(sys.argv[1]):
    if officers.Officer.objects.filter(username=username).exists():
        continue
    at = settings.now()
    one = officers.enrol(SYSTEM, username, f"Officer {username}", sys.argv[2], at=at)
    officers.grant_roles(SYSTEM, one, [roles.Held(role)], version=1, reason="For the measurement.", at=at)
"""


class Officer:
    """One officer's browser: cookies of its own, pages timed, and how many bytes came."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("Accept-Encoding", "gzip")]
        self.posted("/sign-in", username=username, password=password)
        self.posted("/lawful-use", accepted="yes")

    def got(self, path: str) -> tuple[float, bytes, str]:
        """Seconds, the bytes as they came, and the text. Raises HTTPError for what is not 200."""
        started = time.perf_counter()
        with self.opener.open(self.address + path, timeout=120) as answer:
            came = answer.read()
        taken = time.perf_counter() - started
        plain = gzip.decompress(came) if answer.headers.get("Content-Encoding") == "gzip" else came
        return taken, came, plain.decode()

    def opened(self, path: str) -> tuple[float, float]:
        """Seconds until the page has come, and until what it draws at once has come too: its pictures and a map's counts."""
        taken, _, page = self.got(path)
        main = page.partition("<main")[2]
        drawn = [*re.findall(r'<img[^>]* src="(/[^"]+)"', main), *re.findall(r'data-counts="(/[^"]+)"', main)]
        own = [one.replace("&amp;", "&") for one in drawn if not one.startswith("/static/")]
        return taken, taken + sum(self.got(one)[0] for one in own)

    def posted(self, path: str, to: str = "", **fields: str) -> None:
        """Send a form of a page, to the page's own address where no other is named."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.got(path)[2])
        fields["csrfmiddlewaretoken"] = token[1] if token else ""
        request = urllib.request.Request(self.address + (to or path), urllib.parse.urlencode(fields).encode())
        request.add_header("Referer", self.address + path)
        self.opener.open(request, timeout=120).read()


@contextlib.contextmanager
def served(home: Path) -> Iterator[tuple[str, list[Officer], dict[str, Any]]]:
    """The service over a records' folder, with fifty officers signed in; and how long it took to be ready."""
    password = "words for a measurement alone"
    names = [(f"{role}-{n}", role) for role, many in ROLES.items() for n in range(many)]
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_FORCE": "saltmere"}
    subprocess.run([sys.executable, "-c", _ENROL, json.dumps(names), password], env=told, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "fourfold.cli", "serve", "--port", str(port)], env=told, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(OSError):
                if json.load(urllib.request.urlopen(f"{address}/ready"))["ready"]:
                    break
            assert running.poll() is None, "the service ended as it started"
            time.sleep(0.1)
        ready = time.perf_counter() - started
        # Many officers sign in within seconds of the start: that is what makes the service warm, and nothing else does.
        yield (
            address,
            [Officer(address, username, password) for username, _ in names],
            {"seconds to be ready": round(ready, 1)},
        )
    finally:
        running.terminate()
        running.wait(60)


class Questions:
    """What is asked: the addresses that each kind of page is drawn from."""

    def __init__(self, home: Path, analyst: Officer) -> None:
        from fourfold import settings
        from fourfold.analysis import volumes
        from fourfold.analysis.volumes import Scope
        from fourfold.codes.measures import measure
        from fourfold.records.as_at import records_as_at

        page = analyst.got("/picture")[2]
        offered = {
            name: re.findall(
                r'<option value="([^"]+)"', re.search(rf'(?s)<select[^>]*name="{name}".*?</select>', page)[0]
            )
            for name in ("measure", "area")
        }
        self.areas = [one for one in offered["area"] if one]
        records, scope = records_as_at(home, settings.now()), Scope(force_id="saltmere")
        held = {name: volumes.held_months(records, measure(name), scope) for name in offered["measure"]}
        self.months = {
            name: [f"{month:%Y-%m}" for month in months] for name, months in held.items() if len(months) > 24
        }
        draw = random.Random(1)
        self.everyday = [self.drawn(draw) for _ in range(EVERYDAY)]

    def drawn(self, draw: random.Random) -> dict[str, str]:
        """A question of any measure, area, and pair of months of the last two years of it."""
        name = draw.choice(sorted(self.months))
        first, last = sorted(draw.sample(self.months[name][-24:], 2))
        return {"measure": name, "from": first, "to": last, "area": draw.choice(["", "", *self.areas])}

    def address(self, kind: str, draw: random.Random, lists: list[str], role: str) -> str:
        """An address of a kind of page that the role is shown, everyday or not; half of an analyst's maps by small area."""
        if kind == "lists and details":
            return draw.choice(lists)
        asked = draw.choice(self.everyday) if draw.random() < 0.5 else self.drawn(draw)
        # Reports of fraud have no place and no outcome of a crime, and are told by month to few roles.
        while asked["measure"].startswith("fraud_") and (kind != "picture" or role not in TOLD_OF_FRAUD):
            asked = self.drawn(draw)
        if kind == "map":
            asked = {**asked, "by": "small" if role == "analyst" and draw.random() < 0.5 else "councils"}
        return f"/{kind}?{urllib.parse.urlencode(asked)}"


def lists_of(officer: Officer) -> list[str]:
    """The lists that the officer's roles open, the orders and pages that each offers, and some details that they lead to."""
    found: dict[str, None] = {}
    for one in LISTS:
        try:
            main = officer.got(one)[2].partition("<main")[2]
        except urllib.error.HTTPError as answer:
            if answer.code != 404:
                raise
            continue
        found[one] = None
        plain = one.partition("?")[0]
        others = re.findall(r'href="(\?[^"#]*(?:sort-|page-)[^"#]*)', main)
        found |= {plain + link.replace("&amp;", "&"): None for link in others[:3]}
        details = re.findall(
            r'href="(/(?:imports/files|papers|care/victims|disseminations|owed|people|accountability)/[^"#]+)"', main
        )
        kept = [d.replace("&amp;", "&") for d in details if not re.search(r"\.(csv|svg)|/(change|new|check)$|take=", d)]
        found |= dict.fromkeys(dict.fromkeys(kept[:5]))
    return list(found)


def made_ready(analyst: Officer, supervisor: Officer, manager: Officer) -> dict[str, Any]:
    """What the worker does beforehand: who is to be reviewed, what victims are owed, maps and themes. How long each took."""
    started = time.perf_counter()
    while "being worked out" in manager.got("/accountability/retention")[2]:
        time.sleep(1)
    listed = time.perf_counter() - started
    started = time.perf_counter()
    while "is being worked out" in analyst.got("/victims-code")[2]:
        time.sleep(1)
    while "is being worked out" in supervisor.got("/owed/diary")[2]:
        time.sleep(1)
    judged = time.perf_counter() - started
    started = time.perf_counter()
    while "is being worked out" in analyst.got("/where-next")[2]:
        time.sleep(1)
    drawn = time.perf_counter() - started
    with contextlib.suppress(urllib.error.HTTPError):
        analyst.posted("/themes", to="/themes/read")
    started = time.perf_counter()
    while "The narratives are being read" in analyst.got("/themes")[2]:
        time.sleep(1)
    return {"seconds until the review queue was listed": round(listed, 1),
            "seconds until what is owed was judged": round(judged, 1),
            "seconds until maps were tested after that": round(drawn, 1),
            "seconds until narratives were read": round(time.perf_counter() - started, 1)}  # fmt: skip


def load(home: Path, seconds: int) -> dict[str, Any]:
    """Percentiles of each kind of page, in milliseconds, and how many were asked for."""
    with served(home) as (_, officers, said):
        first_of = {
            role: n for n, role in reversed(list(enumerate(role for role, many in ROLES.items() for _ in range(many))))
        }
        said |= made_ready(*(officers[first_of[role]] for role in ("analyst", "supervisor", "information_manager")))
        questions = Questions(home, officers[0])
        lists = {role: lists_of(officers[n]) for role, n in first_of.items()}
        whose = [role for role, many in ROLES.items() for _ in range(many)]
        times: dict[str, list[float]] = {kind: [] for kind in KINDS}
        alone: dict[str, list[float]] = {kind: [] for kind in KINDS}
        of_lists: dict[str, list[float]] = {}
        slowest: list[tuple[float, str]] = []
        refused: dict[int, int] = {}
        lock, until = threading.Lock(), time.monotonic() + seconds

        def work(number: int) -> None:
            draw = random.Random(number)
            time.sleep(draw.random() * EVERY)
            due = time.monotonic()
            while due < until:
                kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
                path = questions.address(kind, draw, lists[whose[number]], whose[number])
                try:
                    page, taken = officers[number].opened(path)
                    with lock:
                        times[kind].append(taken)
                        alone[kind].append(page)
                        if kind == "lists and details":
                            of_lists.setdefault(_plain(path), []).append(taken)
                        slowest.append((taken, path))
                except urllib.error.HTTPError as answer:
                    with lock:
                        refused[answer.code] = refused.get(answer.code, 0) + 1
                due += EVERY
                time.sleep(max(0.0, due - time.monotonic()))

        every = [threading.Thread(target=work, args=(number,)) for number in range(len(officers))]
        began = time.perf_counter()
        for one in every:
            one.start()
        for one in every:
            one.join()
        lasted = time.perf_counter() - began
    figures = {
        kind: {**percentiles(found), "p95 ms of the page alone": percentiles(alone[kind])["p95 ms"]}
        for kind, found in times.items() if len(found) > 1
    }  # fmt: skip
    each = {path: percentiles(found) for path, found in sorted(of_lists.items()) if len(found) > 1}
    asked = sum(len(found) for found in times.values())
    return {**said, "officers": len(officers), "seconds": round(lasted), "requests a second": round(asked / lasted, 1),
            "other answers, by status": refused, **figures, "lists and details, each": each,
            "slowest": [[round(1000 * taken), path] for taken, path in sorted(slowest, reverse=True)[:8]]}  # fmt: skip


def percentiles(found: list[float]) -> dict[str, int]:
    """How many pages, and milliseconds: median, 95th percentile, most."""
    last = statistics.quantiles(found, n=20, method="inclusive")[-1]
    named = {"median ms": statistics.median(found), "p95 ms": last, "most ms": max(found)}
    return {"pages": len(found), **{name: round(1000 * one) for name, one in named.items()}}


def _plain(path: str) -> str:
    """An address without its query, and with a star for what names one record."""
    return re.sub(r"/(?=[^/]*\d)[^/]{6,}", "/*", path.partition("?")[0])


def weights(home: Path) -> dict[str, Any]:
    """Compressed kilobytes: each page's own HTML and data, its shared scripts and styles, and the map's shapes."""
    with served(home) as (_, officers, _):
        analyst = officers[0]
        found: dict[str, dict[str, float]] = {}
        for path in [*lists_of(analyst), "/picture", "/outcomes", "/map", "/map?by=small"]:
            _, came, page = analyst.got(path)
            data = re.findall(r'data-[a-z-]+="(/[^"]+\.json[^"]*)"', page)
            sizes = {one: len(analyst.got(one.replace("&amp;", "&"))[1]) for one in data}
            shapes = sum(size for one, size in sizes.items() if "shapes" in one)
            shared = sum(len(analyst.got(one)[1]) for one in scripts_and_styles(analyst, page))
            own = len(came) + sum(sizes.values()) - shapes
            found[path] = {"page and data": own / 1000, "shared": shared / 1000, "shapes": shapes / 1000}
        charted = {"/picture", "/outcomes", "/map", "/map?by=small"}
        return {
            "heaviest page with its data, KB": max((round(one["page and data"], 1), path) for path, one in found.items()),
            "shared scripts and styles without chart or map, KB": round(
                max(one["shared"] for path, one in found.items() if path not in charted), 1),
            "shared scripts and styles of any page, KB": round(max(one["shared"] for one in found.values()), 1),
            "the map's shapes, KB": round(max(one["shapes"] for one in found.values()), 1),
            "pages": len(found),
        }  # fmt: skip


def scripts_and_styles(officer: Officer, page: str) -> set[str]:
    """The addresses of what a page loads, with what its scripts import in turn."""
    waiting = re.findall(r'(?:<script[^>]* src|<link rel="stylesheet" href|data-[a-z-]+)="(/static/[^"]+)"', page)
    found: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        if one.endswith((".js", ".mjs")):
            text = officer.got(one)[2]
            inner = re.findall(r'(?:from|import)\s*\(?["\'](\.{1,2}/[^"\']+)["\']', text)
            waiting += [urllib.parse.urljoin(one, name) for name in inner]
    return found


def log(entries: int) -> dict[str, float]:
    """Durable entries of 25 keys each a second, one transaction each; then the check of many entries."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, __file__, "--log-in", home, "--entries", str(entries)],
            capture_output=True,
            text=True,
            check=True,
        )
    return dict(json.loads(done.stdout))


def _log_in(home: str, entries: int) -> dict[str, float]:
    os.environ["FOURFOLD_HOME"] = home
    from fourfold.cli import service

    service._django()
    service._migrated()
    from django.db import transaction

    from fourfold.casework import audit

    who, at = audit.Who("0123456789abcdef", ("analyst",)), datetime.now(UTC)
    started, made = time.perf_counter(), 0
    while time.perf_counter() - started < 10:
        with transaction.atomic():
            audit.entered(who, "consultation", "read", "people", at=at, keys=[f"{made}-{n}" for n in range(25)])
        made += 1
    a_second = made / (time.perf_counter() - started)
    _many_more(entries - made, at)
    started = time.perf_counter()
    found = audit.verified()
    taken = time.perf_counter() - started
    assert found.is_whole, found.faults
    return {
        "entries a second": round(a_second), "keys a second": round(25 * a_second), "entries verified": found.entries,
        "seconds to verify": round(taken, 1),
    }  # fmt: skip


def _many_more(entries: int, at: datetime) -> None:
    """The same entries as `entered` makes, one key each, written in bulk."""
    from django.db import transaction

    from fourfold.casework import audit
    from fourfold.casework.audit import Entry, Head, Key

    last = Head.objects.get(pk=1)
    number, previous = last.number, last.hash
    for first in range(0, entries, 20_000):
        rows, keys = [], []
        for n in range(first, min(first + 20_000, entries)):
            number += 1
            one = Entry(number=number, at=at.strftime(audit._AT), kind="consultation", verb="read", record_class="people",
                        officer="0123456789abcdef", roles="analyst", keys=audit._json([f"person-{n}"]), recipient="", reason="",
                        phase="done", refers_to=None, note="{}", previous=previous)  # fmt: skip
            one.hash = previous = audit._hash(tuple(getattr(one, name) for name in audit._HASHED))
            rows.append(one)
            keys.append(Key(entry=number, key=f"person-{n}"))
        with transaction.atomic():
            Entry.objects.bulk_create(rows, batch_size=2_000)
            Key.objects.bulk_create(keys, batch_size=5_000)
            Head.objects.filter(pk=1).update(number=number, hash=previous)


def main() -> None:
    """Measure what is asked for, and write it beside what stands of the rest."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--home", type=Path)
    told.add_argument("--scale", default="1.0")
    told.add_argument("--seconds", type=int, default=300)
    told.add_argument("--entries", type=int, default=1_000_000)
    told.add_argument("--only", choices=["log", "load", "weights"])
    told.add_argument("--log-in", help=argparse.SUPPRESS)
    given = told.parse_args()
    if given.log_in:
        print(json.dumps(_log_in(given.log_in, given.entries)))
        return
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        parts = {
            "log": lambda: log(given.entries),
            "load": lambda: load(home, given.seconds),
            "weights": lambda: weights(home),
        }
        for name, measured in parts.items():
            if given.only not in (None, name):
                continue
            if name != "log" and not home.exists():
                made(home, given.home, given.scale)
            before = this_machine()
            results[name] = {
                "command": command(), "at": datetime.now(UTC).isoformat(timespec="seconds"),
                **({} if name == "log" else {"scale": scale_of(home)}), "machine": before,
                **measured(),
            }  # fmt: skip
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
            print(json.dumps({name: results[name]}, indent=2), flush=True)


def command() -> str:
    """The command as it was given, but for where this machine's folders lie."""
    given = sys.argv[1:]
    return " ".join(["python benchmarks/service.py", *("FOLDER" if before == "--home" else one
                                                       for before, one in zip(["", *given], given, strict=False))])  # fmt: skip


def scale_of(home: Path) -> Any:
    """The scale of the fictitious force that the records are of, as `fourfold demo` wrote it down."""
    return json.loads((home / MADE).read_text())["scale"] if (home / MADE).exists() else "not of the fictitious force"


def _linked(one: str, other: str) -> str:
    """A file under another name; copied where it cannot be. The service writes none of them anew."""
    try:
        os.link(one, other)
    except OSError:
        shutil.copy2(one, other)
    return other


def made(home: Path, held: Path | None, scale: str) -> None:
    """The records to measure over: a copy of those given, or made now by `fourfold demo`."""
    if held is not None:
        shutil.copytree(held, home, copy_function=_linked, ignore=shutil.ignore_patterns("service"))
        home.chmod(0o700)
        return
    told = {**os.environ, "FOURFOLD_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "fourfold.cli", "demo", "--scale", scale, "--json"], env=told, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    for name in ("files", "truth"):
        shutil.rmtree(home / "demo" / name, ignore_errors=True)


if __name__ == "__main__":
    main()
