"""The service's speed: the log's entries and their check, and pages under fifty officers.

    python benchmarks/service.py log ENTRIES          # over a database of its own
    python benchmarks/service.py load ADDRESS USERNAME PASSWORD SECONDS

The load is of fifty officers, each with a request every five seconds, over varied filters, to a service on this machine.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http.cookiejar import CookieJar

OFFICERS, EVERY = 50, 5.0


def log(entries: int) -> dict[str, float]:
    """Durable entries of 25 keys each a second, one transaction each; then the check of many entries."""
    os.environ["FOURFOLD_HOME"] = tempfile.mkdtemp()
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
    for _ in range(0, entries, 5_000):
        with transaction.atomic():
            for n in range(5_000):
                audit.entered(who, "consultation", "read", "people", at=at, keys=[f"person-{n}"])
    started = time.perf_counter()
    found = audit.verified()
    taken = time.perf_counter() - started
    assert found.is_whole, found.faults
    return {
        "entries a second": a_second,
        "keys a second": 25 * a_second,
        "verified": found.entries,
        "seconds to verify": taken,
    }


class Officer:
    """One officer's browser: cookies, and pages timed."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("Accept-Encoding", "identity")]
        self.posted("/sign-in", username=username, password=password)
        self.posted("/lawful-use", accepted="yes")

    def got(self, path: str) -> tuple[float, str]:
        started = time.perf_counter()
        with self.opener.open(self.address + path, timeout=60) as answer:
            text = answer.read().decode()
        return time.perf_counter() - started, text

    def posted(self, path: str, **fields: str) -> None:
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.got(path)[1])
        fields["csrfmiddlewaretoken"] = token[1] if token else ""
        request = urllib.request.Request(self.address + path, urllib.parse.urlencode(fields).encode())
        request.add_header("Referer", self.address + path)
        self.opener.open(request, timeout=60).read()


def load(address: str, username: str, password: str, seconds: int) -> dict[str, dict[str, float]]:
    """Percentiles of each kind of page, in milliseconds, and how many were asked for."""
    first = Officer(address, username, password)
    page = first.got("/picture")[1]
    choices = {
        name: re.findall(r'<option value="([^"]+)"', re.search(rf'(?s)<select[^>]*name="{name}".*?</select>', page)[0])
        for name in ("measure", "area", "from", "to")
    }
    force = re.search(r'<option value="([^"]+)" selected', page)[1]
    times: dict[str, list[float]] = {"lists and details": [], "picture": [], "map": []}
    lock, until = threading.Lock(), time.monotonic() + seconds

    def officer(number: int) -> None:
        draw, mine = random.Random(number), first
        time.sleep(draw.random() * EVERY)
        while time.monotonic() < until:
            kind = draw.choices(list(times), (5, 4, 1))[0]
            months = sorted(draw.sample(sorted(set(choices["from"]) & set(choices["to"])), 2))
            query = urllib.parse.urlencode(
                {"force": force, "measure": draw.choice(choices["measure"]), "from": months[0], "to": months[1],
                 "area": draw.choice(["", "", *choices["area"]]) if kind == "picture" else ""}
            )  # fmt: skip
            path = {"lists and details": draw.choice(("/", "/imports", "/papers", "/methods", "/account")),
                    "picture": f"/picture?{query}", "map": f"/picture/map.svg?{query}"}[kind]  # fmt: skip
            try:
                taken = mine.got(path)[0]
            except urllib.error.HTTPError as refused:
                if refused.code >= 500:
                    raise
                taken = None
            if taken is not None:
                with lock:
                    times[kind].append(taken)
            time.sleep(max(0.0, draw.expovariate(1 / EVERY)))

    every = [threading.Thread(target=officer, args=(number,)) for number in range(OFFICERS)]
    for one in every:
        one.start()
    for one in every:
        one.join()
    return {
        kind: {"pages": len(found), "median ms": 1000 * statistics.median(found),
               "p95 ms": 1000 * statistics.quantiles(found, n=20)[-1]}
        for kind, found in times.items() if len(found) > 1
    }  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "log":
        print(json.dumps(log(int(sys.argv[2])), indent=2))
    else:
        print(json.dumps(load(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])), indent=2))
