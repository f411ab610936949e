"""Work done in the service by its demonstration officers, so that a picture of each page shows something (FICTITIOUS).

OWN            the pages that come of it, each by the name under which its address is kept
work_shown     does the work, and gives those addresses
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Page

TODAY = datetime.now(UTC).date()
Signed = Callable[[str], Page]
"""A page of a role's demonstration account."""
OWN = {
    "site": "site", "patrol": "patrol", "hand-out": "hand-out", "hand-out-taken": "hand-out-taking", "square": "square",
    "quality-field": "quality-field", "quality-records": "quality-feedback", "disseminated-case": "fraud-case",
    "outcome-return": "fraud-return", "campaign": "campaign", "campaign-victims": "campaign-victims",
    "questionnaire": "questionnaire", "complaint": "complaint", "journey": "journey", "raised": "raised",
    "audit": "audit", "audit-record": "audit-record", "audit-sheet": "audit-sheet", "audit-result": "audit-result",
    "code-return": "code-return", "plan-action": "plan-action", "rights-request": "rights-request",
}  # fmt: skip
"""What comes of the work, by the name of its picture; and the name of its page in the service."""
_QUARTER = {"from": "2022-07", "to": "2022-09"}


def work_shown(as_role: Signed, victim: str) -> dict[str, str]:
    """Do a little of each officer's work; `victim` is the address of a victim of the week's list."""
    supervisor, analyst = as_role("supervisor"), as_role("analyst")
    return {
        **_places(supervisor, analyst), **_hand_out(supervisor, as_role("board-secretary")), **_care(as_role, victim),
        **_duties(supervisor, as_role("code-auditor")), **_held(as_role("information-manager"), analyst),
    }  # fmt: skip


def _places(supervisor: Page, analyst: Page) -> dict[str, str]:
    facts = {"name": "Yard at Kelp Lane", "kind": "dismantling_candidate", "area": "Harbour",
             "partner": "The council’s licensing team", "why": "Seven vehicles found within 200 metres since June"}  # fmt: skip
    site = posted(analyst, "/sites", facts)
    posted(supervisor, site, {"kept": "yes", "judged-why": "Three were found stripped", "version": "1"}, to="judge")
    posted(supervisor, site, {**_day("visit", date(2022, 11, 15)), "outcome": _first(supervisor, site, "outcome"), "version": "2",
                              "note": "Spoke to the owner"}, to="visit")  # fmt: skip
    posted(supervisor, site, {"asked": "The council’s licensing team", "what": "Check the scrap licence", "version": "3",
                              **_day("due", TODAY + timedelta(days=21))}, to="ask")  # fmt: skip
    plan = posted(supervisor, "/patrols", {
        "map": "hotspots", "area": "", "shift": "late", "stops": "4", "minutes": "12", "by": "squares",
        **_day("first", TODAY - timedelta(days=7)), **_day("last", TODAY + timedelta(days=7)),
    })  # fmt: skip
    visit = {"version": "1", "stop": "1", "spent": "14"}
    posted(supervisor, plan, visit, to="visit")
    answer = {"words": "Most by relay of a keyless signal, at night", "how-far": "partly", "evidence-kind": "document",
              "evidence": "INT-2022-114", "grade": "untested", "version": "0",
              **_day("review", TODAY + timedelta(days=60))}  # fmt: skip
    posted(analyst, "/intelligence-questions/how_stolen", answer)
    return {"site": site, "patrol": plan}


def _hand_out(supervisor: Page, secretary: Page) -> dict[str, str]:
    asked = {"month": "2022-10", "why": "The autumn meeting of volunteers", "rule": "suppress_under_5"}
    found = posted(supervisor, "/hand-outs", asked)
    posted(secretary, found, {"version": "1"}, to="sign")
    given = {"version": "2", "recipient": "streetwatch", "named": "Volunteers of the harbour"}
    taken = posted(supervisor, found, given, to="take")
    posted(supervisor, "/hand-outs", {**asked, "month": "2022-09", "why": "The parish newsletter"})
    return {"hand-out": found, "hand-out-taken": taken}


def _care(as_role: Signed, victim: str) -> dict[str, str]:
    care, unit, victim = as_role("victim-care-officer"), as_role("economic-crime-supervisor"), victim.partition("?")[0]
    posted(care, "/care/stock", {"resource": "booklet", "count": "200", "funded-by": "Proceeds of crime"})
    posted(care, victim, {}, to="take-up")
    care.goto(victim)
    case = str(care.locator("form[action*='/care/cases/']").first.get_attribute("action")).rpartition("/")[0]
    tried = {"version": "1", "means": _first(care, victim, "means"), "reached": "yes"}
    posted(care, victim, tried, to=f"{case}/attempt")
    posted(care, victim, {"version": "2", **_day("visit", TODAY + timedelta(days=7))}, to=f"{case}/book-visit")
    campaign = posted(unit, "/campaigns", {
        "name": "Romance fraud, October 2022", "led-by": "City of London Police", "codes": "NFIB1D",
        **_day("first", date(2022, 10, 10)), **_day("last", date(2022, 11, 30)),
        **_day("reported-from", date(2022, 10, 1)), **_day("reported-to", date(2022, 10, 31)),
    })  # fmt: skip
    posted(unit, campaign, {"version": "1"}, to="identify")
    posted(unit, campaign, {"version": "2", "what": "Victims visited", **_day("due", date(2022, 10, 24))}, to="plan")
    posted(unit, "/campaigns/reach", {"act": "activity", "kind": "message", "channel": _first(unit, "/campaigns/reach", "channel"),
                                      **_day("on", date(2022, 10, 14)), "title": "Three signs of a romance fraud", "reach": "18400",
                                      "campaign": campaign.rpartition("/")[2]})  # fmt: skip
    care.goto("/care/questionnaires")
    questionnaire = _link(care, "/care/questionnaires/")
    posted(care, questionnaire, {"act": "offer", **_day("offered", date(2022, 11, 21))})
    unit.goto("/disseminations")
    case = _link(unit, "/disseminations/cases/")
    posted(unit, case, {}, to="acknowledge")
    found = posted(unit, "/disseminations/returns", {"month": "2022-10"})
    return {"campaign": campaign, "campaign-victims": f"{campaign}/victims", "questionnaire": questionnaire,
            "disseminated-case": case, "outcome-return": found}  # fmt: skip


def _duties(supervisor: Page, auditor: Page) -> dict[str, str]:
    auditor.goto("/victims-code/complaints")
    complaint = _link(auditor, "/victims-code/complaints/one")
    worked_out(supervisor, "/owed")
    journey = _link(supervisor, "/owed/journey")
    worked_out(auditor, "/plan/returns")
    drawn = {"scheme": "quarterly_survey", **_QUARTER, "size": "30", "allocation": "equal", "seed": "7"}
    audit = posted(auditor, "/audits", drawn)
    for number in (1, 2):
        record = f"{audit}/records/{number}"
        auditor.goto(record)
        names = dict.fromkeys(
            one.get_attribute("name") or "" for one in auditor.locator("main input[type=radio]").all()
        )
        posted(auditor, record, {**dict.fromkeys(names, "yes"), "version": "1", "note": ""})
    frozen = posted(auditor, f"/plan/returns?from={_QUARTER['from']}&to={_QUARTER['to']}", {})
    action = posted(auditor, "/plan", {"what": "Make the contact method mandatory", "owner": "Superintendent Ashe",
                                       "measure": "right_4", "measured-by": "",
                                       **_day("due", TODAY + timedelta(days=90))})  # fmt: skip
    return {"complaint": complaint, "journey": journey, "raised": journey.replace("/owed/journey", "/owed/raised"), "audit": audit,
            "audit-record": f"{audit}/records/3", "audit-sheet": f"{audit}/sheet", "audit-result": f"{audit}/result",
            "code-return": frozen, "plan-action": action}  # fmt: skip


def _held(manager: Page, analyst: Page) -> dict[str, str]:
    came = {"kind": "access", "reference": "Letter 41", **_day("received", TODAY - timedelta(days=3))}
    asked = posted(manager, "/accountability/rights", came, to="/accountability/rights/new")
    manager.goto("/imports/quality")
    field = _link(manager, "/imports/quality/fields/")
    worked_out(analyst, "/hotspots?force=saltmere&measure=residential_burglary&cell=1000")
    square = _link(analyst, "/hotspots/square")
    return {
        "rights-request": asked,
        "quality-field": field,
        "quality-records": f"{field.partition('?')[0]}/records",
        "square": square,
    }


def posted(page: Page, at: str, given: dict[str, str], *, to: str = "") -> str:
    """Send a form of the page at an address, there or `to` an address under it; where that led. Ends the run where it is refused."""
    page.goto(at)
    token = page.locator("input[name=csrfmiddlewaretoken]").last.input_value()
    path = to if to.startswith("/") else f"{at}/{to}" if to else at
    here = page.url.removesuffix(page.evaluate("location.pathname + location.search + location.hash"))
    answer = page.context.request.post(here + path, form={"csrfmiddlewaretoken": token, **given}, timeout=180_000)
    if not answer.ok:
        said = re.sub(r"<[^>]+>|\s+", " ", answer.text().partition("error-summary")[2])
        raise SystemExit(f"{path}: answered {answer.status}: {' '.join(said.split())[:300]}")
    return answer.url.removeprefix(here).partition("#")[0]


def worked_out(page: Page, address: str) -> None:
    """Open a page, and look again until the worker has made what it shows."""
    for _ in range(90):
        page.goto(address)
        if "being worked out" not in page.inner_text("main"):
            return
        page.wait_for_timeout(2_000)


def _link(page: Page, within: str) -> str:
    """Where the first link of a page leads whose address holds a text; empty where there is none."""
    found = page.locator(f"main a[href*='{within}']")
    return str(found.first.get_attribute("href")) if found.count() else ""


def _first(page: Page, at: str, name: str) -> str:
    """The first answer that a page's form offers to a question."""
    page.goto(at)
    field = page.locator(f"main [name='{name}']").first
    if field.evaluate("e => e.tagName") == "SELECT":
        return str(field.evaluate("e => [...e.options].map((o) => o.value).find((v) => v)"))
    return field.input_value()


def _day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}
