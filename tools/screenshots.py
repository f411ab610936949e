"""Take every page of the service, at both widths, on the fictitious force: `docs/images/service/`, for its page of the docs.

    python tools/screenshots.py [folder of records]

Makes a small Saltmere (FICTITIOUS), links its people, starts the service, works a little in it, so that no page is empty, and
takes each page by the role that it is for. Needs the packages of the tests, Chromium, and nothing from elsewhere.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from tests.browser import LAUNCHED_WITH, NARROW, WIDE, axe_faults, chromium  # noqa: E402

from fourfold.records import people  # noqa: E402
from fourfold.records.access import Asking, Folder  # noqa: E402
from fourfold.records.as_at import records_as_at  # noqa: E402

OUT = ROOT / "docs" / "images" / "service"
TALLEST = {WIDE: 2400, NARROW: 2000}
"""How much of a long page is taken, in pixels: the rest is more rows of what is seen."""
SCALE = {WIDE: 0.6, NARROW: 1.0}
COLOURS = 96
FORCE = "force=saltmere&measure=residential_burglary"


@dataclass(frozen=True)
class Shot:
    """One page: its name, whose it is, its address, and what is done on it before it is taken."""

    name: str
    role: str
    address: str
    then: Callable[[Page], None] | None = None


def for_a_purpose(page: Page) -> None:
    """Say what a person's page is opened for."""
    page.get_by_label("What for").select_option(index=0)
    page.locator("main button").first.click()


def looked_for(page: Page) -> None:
    """Look for somebody by a surname's beginning."""
    page.get_by_label("Surname, or its beginning").fill("mar")
    page.get_by_role("button", name="Look for").click()


def checked(page: Page) -> None:
    """Check the log."""
    page.get_by_role("button", name="Check it now").click()


def shots(key: str, page: Page) -> list[Shot]:
    """Every page to take. `key` is a person's; `page` an information manager's, from which other addresses are read."""
    page.goto("/imports")
    batch = page.locator("table a[href^='/imports/files/']").first.get_attribute("href") or "/imports"
    page.goto("/accountability/officers")
    officer = page.locator("table tbody a").first.get_attribute("href") or "/accountability/officers"
    page.goto(f"/picture?{FORCE}")
    figure = page.locator("a[href^='/figures/']").first.get_attribute("href") or "/picture"
    return [
        Shot("home", "analyst", "/"),
        Shot("picture", "analyst", f"/picture?{FORCE}"),
        Shot("picture-of-a-small-area", "analyst", f"/picture?{FORCE}&area=E01090687"),
        Shot("finding", "analyst", figure),
        Shot("map", "analyst", f"/map?{FORCE}"),
        Shot("map-of-small-areas", "analyst", f"/map?{FORCE}&by=small&area=E08000901&points=yes"),
        Shot("outcomes", "analyst", f"/outcomes?{FORCE}"),
        Shot("people", "analyst", "/people", looked_for),
        Shot("person", "analyst", f"/people/{key}", for_a_purpose),
        Shot("imports", "supervisor", "/imports"),
        Shot("file", "supervisor", batch),
        Shot("send-a-file", "supervisor", "/imports/send"),
        Shot("papers", "board-secretary", "/papers"),
        Shot("new-paper", "board-secretary", "/papers/new"),
        Shot("methods", "board-reader", "/methods"),
        Shot("accountability", "information-manager", "/accountability"),
        Shot("roles", "information-manager", "/accountability/roles"),
        Shot("algorithms", "information-manager", "/accountability/algorithms"),
        Shot("log", "information-manager", "/accountability/log?kind=access"),
        Shot("check-the-log", "information-manager", "/accountability/log/check", checked),
        Shot("officers", "information-manager", "/accountability/officers"),
        Shot("officer", "information-manager", officer),
        Shot("account", "board-reader", "/account"),
        Shot("an-error", "analyst", "/picture?from=2022-10&to=2022-08"),
        Shot("not-found", "board-reader", "/accountability/log"),
        *care(),
    ]


def care() -> list[Shot]:
    """The pages of other rooms, where they are."""
    return [Shot("victim-care", "victim-care-officer", "/care")]


def main() -> None:
    """Make the force, start the service, take the pages, and say of each whether it is whole."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1]) if len(sys.argv) > 1 else made(Path(folder) / "home")
        key = linked(home)
        OUT.mkdir(parents=True, exist_ok=True)
        with answering(home) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium(), args=LAUNCHED_WITH)
            manager = signed_in(browser, address, "information-manager", WIDE)
            wanted = shots(key, manager)
            pages: dict[tuple[str, int], Page] = {}
            for shot in wanted:
                for width in (WIDE, NARROW):
                    at = (shot.role, width)
                    pages[at] = pages.get(at) or signed_in(browser, address, shot.role, width)
                    taken(pages[at], shot, width)
            browser.close()
    whole = sum(path.stat().st_size for path in OUT.glob("*.png"))
    print(f"{len(wanted)} pages at two widths, {whole / 1e6:.1f} MB in {OUT.relative_to(ROOT)}")


def made(home: Path) -> Path:
    """A small Saltmere (FICTITIOUS) in a folder of records."""
    told = {**os.environ, "FOURFOLD_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "fourfold.cli", "demo", "--scale", "0.02"], env=told, cwd=ROOT, check=True)
    return home


def linked(home: Path) -> str:
    """The people of a folder linked, unless they are; and the identifier of one with a few records in several spellings."""
    state = people.state_of(home)
    if state.people.is_empty():
        now, access = datetime.now(UTC), Folder(home)
        access.admit("A1", "analyst")
        asking = Asking(officer="A1", role="analyst", purpose="linking people")
        state = people.link(records_as_at(home, now), access.gate, asking, now).state
    counted = state.people.group_by("person").len().sort("len", "person", descending=[True, False])
    return str(next(key for key, n in counted.iter_rows() if 2 < n < 6 and len(state.links_of(key)) > 1))


@contextmanager
def answering(home: Path) -> Iterator[str]:
    """The service over a folder of records, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {**os.environ, "FOURFOLD_HOME": str(home), "FOURFOLD_FORCE": "saltmere"}
    running = subprocess.Popen([sys.executable, "-m", "fourfold.cli", "serve", "--port", str(port)], env=told, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/ready")  # noqa: S310 - our own address
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def signed_in(browser: Browser, address: str, role: str, width: int) -> Page:
    """A page of the role's demonstration account."""
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, locale="en-GB")
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Name to sign in with").fill(role)
    page.get_by_label("Password", exact=True).fill(f"saltmere-{role}")
    page.get_by_role("button", name="Sign in").click()
    if page.url.endswith("/lawful-use"):
        page.get_by_label("I will keep to this").check()
        page.get_by_role("button", name="Continue").click()
    return page


def taken(page: Page, shot: Shot, width: int) -> None:
    """One page at one width as a small PNG; a page that is wider than the screen, or that axe finds fault with, is named."""
    answered = page.goto(shot.address)
    if answered is None or answered.status >= 500:
        raise SystemExit(f"{shot.name} at {width}: the service has a fault there")
    if shot.then:
        shot.then(page)
    if page.locator("#ff-map").count():
        page.locator("#ff-map[data-drawn]").wait_for(state="attached", timeout=60_000)
        page.wait_for_timeout(500)
    faults = axe_faults(page)
    is_wide = page.evaluate("document.documentElement.scrollWidth") > width
    if faults or is_wide:
        print(f"{shot.name} at {width}: {'wider than the screen; ' if is_wide else ''}{'; '.join(faults)}")
    drawn = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
    drawn = drawn.crop((0, 0, drawn.width, min(drawn.height, TALLEST[width])))
    size = (round(drawn.width * SCALE[width]), round(drawn.height * SCALE[width]))
    small = drawn.resize(size, Image.Resampling.LANCZOS).quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(OUT / f"{shot.name}-{width}.png", optimize=True)


if __name__ == "__main__":
    main()
