"""Take every page of the service, at both widths, on the fictitious force: `docs/images/service/`, for its page of the docs.

    python tools/screenshots.py [folder of records [names of pages to take anew]]

Makes a small Saltmere (FICTITIOUS), links its people, starts the service, works a little in it, so that no page is empty, and
takes each page by the role that it is for. Needs the packages of the tests, Chromium, and nothing from elsewhere.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
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
from tools.work_shown import OWN, work_shown  # noqa: E402

from fourfold.records import people  # noqa: E402
from fourfold.records.access import Asking, Folder  # noqa: E402
from fourfold.records.as_at import records_as_at  # noqa: E402

OUT, PAGE = ROOT / "docs" / "images" / "service", ROOT / "docs" / "how-to" / "screens.md"
TALLEST = {WIDE: 2400, NARROW: 2000}
"""How much of a long page is taken, in pixels: the rest is more rows of what is seen."""
SCALE = {WIDE: 0.6, NARROW: 1.0}
COLOURS = 80
FORCE = "force=saltmere&measure=residential_burglary"


@dataclass(frozen=True)
class Shot:
    """One page: its name, whose it is, its address, what it shows in words, and what is done on it before it is taken."""

    name: str
    role: str
    address: str
    words: str
    then: Callable[[Page], None] | None = None


def for_a_purpose(page: Page) -> None:
    """Say what a person's page is opened for."""
    page.get_by_label("What for").select_option(index=0)
    page.locator("main button").first.click()


def looked_for(page: Page) -> None:
    """Look for somebody by a surname's beginning."""
    page.get_by_label("Surname, or its beginning").fill("claycombe")
    page.get_by_role("button", name="Look for").click()


def checked(page: Page) -> None:
    """Check the log."""
    page.get_by_role("button", name="Check it now").click()


def worked_out(page: Page) -> None:
    """Wait for what the worker makes of a question."""
    for _ in range(60):
        if "being worked out" not in page.inner_text("main"):
            return
        page.wait_for_timeout(2_000)
        page.reload()


def shots(own: Mapping[str, str]) -> list[Shot]:
    """Every page to take, and in what words it is shown. `own` has the addresses that this force's records give."""
    return [
        Shot("sign-in", "", "/sign-in", "Signing in, under the force's own header and its marking"),
        Shot("lawful-use", "programme-lead", "/lawful-use", "The statement of lawful use, accepted before anything else"),
        Shot("home", "analyst", "/", "Home: what waits for one, what is late, what changed and how sure that is, what came in"),
        Shot("home-of-a-victim-care-officer", "victim-care-officer", "/", "The same for a victim-care officer, who has other work"),
        Shot("picture", "analyst", f"/picture?{FORCE}",
             "The picture: its count, change, paragraph and charts"),
        Shot("picture-of-a-small-area", "analyst", f"/picture?{FORCE}&area=E01090687",
             "The same for a small area, too small to judge"),
        Shot("finding", "analyst", own["finding"], "How a figure was made: definition, method, and the lines of the files"),
        Shot("map", "analyst", f"/map?{FORCE}", "The map by council, with its classes and its table"),
        Shot("map-of-small-areas", "analyst", f"/map?{FORCE}&by=small&area=E08000901&points=yes",
             "The map of one council's small areas with the points of crimes, for those whose role shows them"),
        Shot("near-repeats", "analyst", f"/near-repeats?{FORCE}&events=yes",
             "Near repeats: the bands of metres and days, the chains, and what the last week began"),
        Shot("where-next", "analyst", f"/where-next?{FORCE}&cell=1000",
             "Where next: how well it would have been told, and the squares of the map that is to be shown", worked_out),
        Shot("cocoons", "supervisor", "/cocoons", "Cocoons: the homes around a burglary, to be visited"),
        Shot("patrols", "supervisor", "/patrols", "Patrol plans: the hottest squares of a shift as stops"),
        Shot("patrol", "supervisor", own["patrol"], "One patrol plan: its stops, and the minutes recorded at each"),
        Shot("hand-outs", "supervisor", "/hand-outs", "Hand-outs for people outside the force, and where each stands"),
        Shot("hand-out", "supervisor", own["hand-out"], "A hand-out that a second person signed, and to whom it was given"),
        Shot("hand-out-taken", "supervisor", own["hand-out-taken"], "The hand-out itself, as it is given and printed"),
        Shot("sites", "analyst", "/sites", "Sites and outlets: nominated, judged by another officer, visited"),
        Shot("site", "supervisor", own["site"], "One site: why, its visits, and what its partner was asked"),
        Shot("intelligence-questions", "analyst", "/intelligence-questions",
             "The six questions that intelligence is to answer, and how each stands"),
        Shot("intelligence-question", "analyst", "/intelligence-questions/how_stolen",
             "One question: its answers, each with its evidence and the day on which it is looked at again"),
        Shot("hotspots", "analyst", f"/hotspots?{FORCE}&cell=1000",
             "Hotspots by square, week by week: each map beside what came", worked_out),
        Shot("square", "analyst", own["square"], "One square: what its number is made of, and what came week by week"),
        Shot("where-next-councils", "analyst", f"/where-next/councils?{FORCE}&cell=1000",
             "Where next by council: where the forecast is ahead, and where the plain map is shown", worked_out),
        Shot("change-of-place", "analyst", f"/change-of-place?{FORCE}",
             "Change of place: which areas moved by more than their own variation"),
        Shot("dismantling", "analyst", "/vehicles/dismantling?force=saltmere",
             "Candidate places of dismantling, for a person to judge"),
        Shot("vehicles", "analyst", "/vehicles?force=saltmere", "Which kinds of vehicle are most at risk, and how sure that is"),
        Shot("recovery", "board-secretary", "/recovery?force=saltmere",
             "Recovery: one definition, equal periods, and what is not yet known"),
        Shot("outcomes", "analyst", f"/outcomes?{FORCE}", "Outcomes on their two bases, which are never mixed"),
        Shot("fraud", "economic-crime-supervisor", "/fraud", "Reports of fraud by theme"),
        Shot("disseminated-fraud", "economic-crime-supervisor", "/disseminations", "Disseminated fraud, and what became of each"),
        Shot("disseminated-case", "economic-crime-supervisor", own["disseminated-case"],
             "One dissemination, from its arrival through every hand-over"),
        Shot("returns", "economic-crime-supervisor", "/disseminations/returns", "The monthly returns"),
        Shot("outcome-return", "economic-crime-supervisor", own["outcome-return"],
             "One month's outcome return, drawn up, to be signed by a second person"),
        Shot("threshold", "economic-crime-supervisor", "/fraud/threshold", "What another limit of the score would refer"),
        Shot("capacity", "economic-crime-supervisor", "/fraud/capacity?force=saltmere",
             "What a threshold, a team and a mix of care would do"),
        Shot("campaigns", "economic-crime-supervisor", "/campaigns", "Intensification periods, and the return of reach"),
        Shot("campaign", "economic-crime-supervisor", own["campaign"],
             "One campaign: victims contacted or tried, its returns, its reach"),
        Shot("campaign-victims", "victim-care-officer", own["campaign-victims"], "The victims that a campaign identified"),
        Shot("reach", "economic-crime-supervisor", "/campaigns/reach",
             "Messages and events, with their reach, and the monthly return"),
        Shot("questionnaires", "victim-care-officer", "/care/questionnaires", "Romance questionnaires, to completion"),
        Shot("questionnaire", "victim-care-officer", own["questionnaire"], "One questionnaire: offered, and what became of it"),
        Shot("victim-care", "victim-care-officer", "/care",
             "The week's list of victims of fraud, in the order of the calls"),
        Shot("victim", "victim-care-officer", own["victim"], "One victim: why referred, what came before, and the care given"),
        Shot("victims-in-your-care", "victim-care-officer", "/care/in-hand", "One's own open cases, and what stands open in each"),
        Shot("stock", "victim-care-officer", "/care/stock", "Booklets and call blockers, and what paid for them"),
        Shot("people", "analyst", "/people", "Somebody looked for by what is known", looked_for),
        Shot("person", "analyst", own["person"], "One person's records, why they are linked, and decisions", for_a_purpose),
        Shot("imports", "supervisor", "/imports", "The files held, and those sent in"),
        Shot("send-a-file", "supervisor", "/imports/send", "Sending a file in"),
        Shot("sent", "supervisor", own["sent"], "What became of a file that was sent in"),
        Shot("file", "supervisor", own["file"], "A file's account, with its three returned lines by cause and remedy"),
        Shot("quality", "information-manager", "/imports/quality", "What the records lack, and what that makes unknowable"),
        Shot("quality-field", "information-manager", own["quality-field"], "One field: how complete it is, by whoever recorded it"),
        Shot("quality-records", "code-auditor", own["quality-records"], "The records that lack a field, for those who recorded them"),
        Shot("feeds", "information-manager", "/imports/feeds", "How fresh each feed is"),
        Shot("papers", "board-secretary", "/papers", "Board papers in hand"),
        Shot("new-paper", "board-secretary", "/papers/new", "Beginning a paper"),
        Shot("paper", "board-reader", own["paper"], "A paper and its editions, to read and to take away"),
        Shot("change-paper", "board-secretary", own["change-paper"], "Changing a paper"),
        Shot("methods", "board-reader", "/methods", "What each measure counts"),
        Shot("accountability", "information-manager", "/accountability", "Accountability: its parts"),
        Shot("roles", "information-manager", "/accountability/roles", "What each role may do: the table that decides"),
        Shot("algorithms", "information-manager", "/accountability/algorithms",
             "Each algorithm's record; unsigned ones say so"),
        Shot("algorithm", "information-manager", "/accountability/algorithms/where-next",
             "One algorithm's record, and the equality assessment that is signed of it"),
        Shot("log", "information-manager", "/accountability/log?kind=access", "A search of the log, which is itself an entry"),
        Shot("check-the-log", "information-manager", "/accountability/log/check",
             "The log checked, and what that leaves open", checked),
        Shot("officers", "information-manager", "/accountability/officers", "The accounts and the roles that each holds"),
        Shot("officer", "information-manager", own["officer"], "One officer's roles, given and taken with a reason"),
        Shot("account", "board-reader", "/account", "One's own account, and what the log says one did"),
        Shot("password", "board-reader", "/account/password", "Changing one's password"),
        Shot("security-keys", "board-reader", "/account/security-keys", "Security keys, for the second step of signing in"),
        Shot("themes", "analyst", "/themes", "Themes of what victims of fraud tell"),
        Shot("victims-code", "code-auditor", "/victims-code", "The Victims' Code: what was owed, and what was done in time"),
        Shot("owed", "supervisor", "/owed", "What is owed to victims now, and by when"),
        Shot("diary", "supervisor", "/owed/diary", "Contacts that victims chose, and what is to be looked through"),
        Shot("journey", "supervisor", own["journey"], "One victim's journey: each thing owed, and what shows that it was done"),
        Shot("raised", "supervisor", own["raised"], "Recording what a victim was unhappy with, and what was done"),
        Shot("survey", "code-auditor", "/victims-code/survey", "What victims answered, each question with its own number"),
        Shot("complaints", "code-auditor", "/victims-code/complaints", "Complaints by the right that each touches, in bounds"),
        Shot("complaint", "code-auditor", own["complaint"], "One complaint, and the rights that it touches"),
        Shot("statements", "code-auditor", "/victims-code/statements", "Personal statements, and the Right to Review"),
        Shot("reviews", "supervisor", "/victims-code/reviews", "Each request for review, by how long it waits"),
        Shot("clocks", "code-auditor", "/clocks", "Clocks: compensation, property, and what others keep waiting"),
        Shot("clocks-each", "supervisor", "/clocks/each", "The victims whose clocks run, one by one"),
        Shot("plan", "code-auditor", "/plan", "The plan for victims: each action bound to its figure"),
        Shot("plan-action", "code-auditor", own["plan-action"], "One action: its figure when it was planned, and now"),
        Shot("plan-items", "code-auditor", "/plan/items", "The catalogue of data items, and what can be counted of each"),
        Shot("plan-returns", "code-auditor", "/plan/returns", "The returns drawn from it, frozen and numbered"),
        Shot("code-return", "code-auditor", own["code-return"], "One quarter's return, as it was frozen"),
        Shot("audits", "code-auditor", "/audits", "Audits of recording, and drawing one"),
        Shot("audit", "code-auditor", own["audit"], "One audit: how far it is marked, what was found, its records"),
        Shot("audit-record", "code-auditor", own["audit-record"], "One record to be marked, question by question"),
        Shot("audit-sheet", "code-auditor", own["audit-sheet"], "The same on paper, to be ticked"),
        Shot("audit-result", "code-auditor", own["audit-result"], "What an audit found, to be printed"),
        Shot("retention", "information-manager", "/accountability/retention", "Records due for review: a person decides"),
        Shot("rights", "information-manager", "/accountability/rights", "Requests by people about what is held of them"),
        Shot("rights-request", "information-manager", own["rights-request"], "One request: whose it is, and what can be done"),
        Shot("events", "information-manager", "/accountability/events", "What officers decided, handed to the records as a batch"),
        Shot("an-error", "analyst", "/picture?from=2022-10&to=2022-08", "An error, which says how to put it right"),
        Shot("not-found", "board-reader", "/accountability/log", "A page that a role does not show: as one that does not exist"),
    ]  # fmt: skip


PAGES_OF_OWN = {
    "sent": "upload", "person": "person", "file": "batch", "paper": "paper", "change-paper": "change-paper", "finding": "finding",
    "officer": "officer", "victim": "care-victim", **OWN,
}  # fmt: skip
"""What is an address of this force's own in `shots`, by its name there; and the name of its page in the service."""


def worked(browser: Browser, address: str, key: str, folder: Path) -> dict[str, str]:
    """Work a little in the service, so that no page is empty; and the addresses of what came of it."""
    supervisor = signed_in(browser, address, "supervisor", WIDE)
    crimes = next(folder.glob("*crimes_2022-11.csv")).read_text().splitlines()
    with tempfile.TemporaryDirectory() as place:
        wrong = Path(place) / "saltmere_FICTITIOUS_crimes_2022-11.csv"
        wrong.write_text("\n".join([*crimes[:41], "only,three,cells", "a,b", "x"]) + "\n")
        supervisor.goto("/imports/send")
        supervisor.get_by_label("File").set_input_files(wrong)
        supervisor.get_by_role("button", name="Send").click()
        supervisor.get_by_text(re.compile(r"(The|This) file (is|was) held")).wait_for(timeout=120_000)
    own = {"sent": supervisor.url.removeprefix(address), "person": f"/people/{key}"}
    own["file"] = attribute(supervisor, "[id=what-it-holds] tbody a")
    secretary = signed_in(browser, address, "board-secretary", WIDE)
    secretary.goto("/papers/new")
    for label, value in (
        ("Title", "Preventing crime in Saltmere"),
        ("First month", "2022-04"),
        ("Last month", "2022-10"),
    ):
        secretary.get_by_label(label, exact=True).fill(value)
    secretary.get_by_label("Force", exact=True).select_option("saltmere")
    secretary.get_by_role("button", name="Begin").click()
    secretary.get_by_role("button", name="Write an edition").click()
    secretary.get_by_role("link", name="Read edition 1").wait_for(timeout=300_000)
    own["paper"] = secretary.url.removeprefix(address)
    own["change-paper"] = f"{own['paper']}/change"
    analyst, manager = (signed_in(browser, address, role, WIDE) for role in ("analyst", "information-manager"))
    analyst.goto(f"/picture?{FORCE}")
    own["finding"] = attribute(analyst, "a[href^='/figures/']")
    analyst.get_by_role("button", name="Save").click()
    manager.goto("/accountability/officers")
    own["officer"] = attribute(manager, "table tbody a")
    care = signed_in(browser, address, "victim-care-officer", WIDE)
    care.goto("/care")
    own["victim"] = attribute(care, "a[href^='/care/victims/']")
    return own | work_shown(lambda role: signed_in(browser, address, role, WIDE), own["victim"])


def attribute(page: Page, selector: str) -> str:
    """Where the first link of a kind leads."""
    return str(page.locator(selector).first.get_attribute("href"))


def main() -> None:
    """Make the force, start the service, take the pages, and say of each whether it is whole."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1]) if len(sys.argv) > 1 else made(Path(folder) / "home")
        key = linked(home)
        OUT.mkdir(parents=True, exist_ok=True)
        with answering(home) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium(), args=LAUNCHED_WITH)
            wanted = shots(worked(browser, address, key, home / "demo" / "files"))
            pages: dict[tuple[str, int], Page] = {}
            for shot in wanted if len(sys.argv) < 3 else [one for one in wanted if one.name in sys.argv[2:]]:
                for width in (WIDE, NARROW):
                    at = (shot.role, width)
                    pages[at] = pages.get(at) or signed_in(browser, address, shot.role, width)
                    taken(pages[at], shot, width)
            browser.close()
    PAGE.write_text(gallery(wanted))
    whole = sum(path.stat().st_size for path in OUT.glob("*.png"))
    print(f"{len(wanted)} pages at two widths, {whole / 1e6:.1f} MB in {OUT.relative_to(ROOT)}")


def gallery(wanted: list[Shot]) -> str:
    """The page of the docs that shows them."""
    said = [
        "# The pages of the service", "",
        "Every page on the fictitious force, at the width of a desk (1280 pixels) and of a telephone (320). Long pages",
        "are cut. Taken by `python tools/screenshots.py`, by the role that each is for; start the service",
        "yourself as [this guide](service.md) says.",
    ]  # fmt: skip
    for shot in wanted:
        title = shot.name.replace("-", " ").capitalize()
        said += ["", f"## {title}", "", f"{shot.words}.", ""]
        said += [f"![{shot.words}, on a desk's screen. FICTITIOUS.](../images/service/{shot.name}-{WIDE}.png)", ""]
        said += [f"![{shot.words}, on a telephone. FICTITIOUS.](../images/service/{shot.name}-{NARROW}.png)"]
    return "\n".join(said) + "\n"


def made(home: Path) -> Path:
    """A small Saltmere (FICTITIOUS) in a folder of records."""
    told = {**os.environ, "FOURFOLD_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "fourfold.cli", "demo", "--scale", "0.02"], env=told, cwd=ROOT, check=True)
    return home


def linked(home: Path) -> str:
    """The people of a folder linked, unless they are; and the identifier of one with a few records in several spellings."""
    state = people.state_of(home)
    if state.links.is_empty():
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
    if not role:
        return page
    page.goto("/sign-in")
    page.get_by_label("Name to sign in with").fill(role)
    page.get_by_label("Password", exact=True).fill(f"saltmere-{role}")
    page.get_by_role("button", name="Sign in").click()
    if page.url.endswith("/lawful-use") and role != "programme-lead":
        page.get_by_label("I will keep to this").check()
        page.get_by_role("button", name="Continue").click()
    return page


def taken(page: Page, shot: Shot, width: int) -> None:
    """One page at one width as a small PNG; a page that is wider than the screen, or that axe finds fault with, is named."""
    answered = page.goto(shot.address)
    if answered is None or answered.status >= 500 or (answered.status == 404 and shot.name != "not-found"):
        print(f"{shot.name} at {width}: answered {answered.status if answered else 'nothing'}")
    if shot.then:
        shot.then(page)
    # What victims are owed is judged by the worker: the page looks again by itself until it is.
    page.get_by_role("heading", level=1, name="is being worked out").wait_for(state="detached", timeout=120_000)
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
