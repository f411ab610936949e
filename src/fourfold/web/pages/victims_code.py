"""The Victims' Code: how far it was kept, in bounds; what is owed now; and one victim's journey, as the record has it.

Thin over the kept states, which the worker makes after each import: a page only reads them. Where files have come since, it
shows what is kept as at then and says so; where nothing is kept that still stands, it says that it is being worked out, and
from which files. What is owed is closed by the force's own system. Victims and crimes stand by reference, never by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.analysis import compliance as kept
from fourfold.analysis.case_audits import ALL_GROUPS, CaseAudit, audit_result, learned, of_only, records_of_audit
from fourfold.analysis.clocks import known
from fourfold.analysis.contact_diary import CHOSEN, REVIEW_DAYS, chosen_states, contacts_due, reviews_due, with_chosen
from fourfold.analysis.duty_lists import AHEAD, chosen_turns, crimes_reviewed, for_nobody, gone, owed_by, unlimited
from fourfold.analysis.entitlements import TABLES
from fourfold.analysis.findings import Finding
from fourfold.analysis.service_recovery import OPEN
from fourfold.analysis.states import earlier_states, forces_owed, journey_of, standing_states
from fourfold.analysis.survey import BY, survey_result
from fourfold.analysis.timelines import clock_lines, keys_of, recovery_lines, timeline, voice_lines
from fourfold.analysis.victims_code import Rules
from fourfold.casework import case_audits, work
from fourfold.casework.case_audits import DrawnAudit
from fourfold.casework.complaint_tags import tags_now
from fourfold.casework.service_recovery import recoveries_of
from fourfold.codes import areas
from fourfold.codes.periods import Window, month_end, parse_window
from fourfold.codes.victims_code import STATE_MEANS, overdue_days, shipped_packs
from fourfold.codes.working_days import LONDON, local_date
from fourfold.errors import CodeUnknown, FourfoldError, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.kept_states import Kept
from fourfold.records.lake import Batch
from fourfold.web import figures
from fourfold.web.areas_held import area_of_crime, in_sight
from fourfold.web.figures import figure, own_force, standing_records
from fourfold.web.gate import Pass, Refused, needs
from fourfold.web.look import day, url
from fourfold.web.pages.picture import Part
from fourfold.web.tables import listing, of_frame

SPLITS = {
    "": "Nothing", "obligation": "What is owed", "right": "Right or step", "offence": "Offence group", "unit": "Unit", "team": "Team",
    "month": "Month", "age": "Age", "sex": "Sex", "ethnicity": "Ethnicity", "disability": "Disability",
}  # fmt: skip
SCHEMES = {"victims_code": "Victims’ Code", "five_step": "Five-step approach", CHOSEN.scheme: CHOSEN.title}
_LISTS = 4
"""So many questions about what is owed are kept at once."""
_WHOSE = tuple(pl.col(name).replace("", None).fill_null("not recorded") for name in ("team", "officer_ref"))
"""How rows are sorted by who has the crime."""


class AskedStates:
    """The force of the address, its states as they are kept, and each figure worked out once for them.

    Where they are kept of earlier records (`is_behind`), `since` are the files that have come since; where none are kept that
    still stand, `found` is None, and `since` are the files that they are worked out from.
    """

    since: tuple[Batch, ...]

    def __init__(self, request: HttpRequest, own: str | None = None) -> None:
        """`own` asks for one force, whatever the address says; "" for none."""
        self.records: Records = standing_records()
        held = forces_owed(self.records)
        self.forces = [(one.id, one.name) for one in areas.forces() if one.id in held]
        names = dict(self.forces)
        asked = request.GET.get("force") or settings.FOURFOLD_FORCE
        if request.GET.get("force") and asked not in names:
            raise CodeUnknown("No victims of that force are held.", remedy="Choose one of the forces held.")
        self.force_id = asked if asked in names else next(iter(names), "")
        if own is not None:
            self.force_id = own if own in names else ""
        self.name = names.get(self.force_id, "")
        self.rules = Rules(either="working" if request.GET.get("days") == "working" else "calendar")

        self.is_behind, self.since, self.found = False, (), None
        if self.force_id:
            self.found = standing_states(self.records, self.force_id, self.rules)
        if self.force_id and self.found is None:
            work.queue_judging()
            self.found = earlier_states(self.records, self.force_id, self.rules)
            known = self.found.batches if self.found else ()
            self.since = tuple(
                b for b in self.records.standing if b.batch_id not in known and not TABLES.keys().isdisjoint(b.tables)
            )
            if self.found is not None:
                self.records = standing_records(self.found.as_at)
                self.is_behind = True

    @property
    def kept(self) -> Kept:
        """The states that are shown."""
        assert self.found is not None, "the page says that they are being worked out"
        return self.found

    def once(self, name: str, *question: Any, made: Callable[[], Any], most: int = _LISTS) -> Any:
        """What is worked out once of these states: by references alone, never of a person's details."""
        key = (name, str(self.records.home), self.records.as_at, self.force_id, self.rules.either, *question)
        return figures.kept(key, lambda _: made(), most)

    @property
    def today(self) -> date:
        """The day of the last extract."""
        return local_date(self.kept.as_known)

    def part(self, name: str, *question: Any, made: Callable[[], Finding]) -> Part:
        """A figure of these states, or why there is none."""
        try:
            return Part(figure(self.records, name, self.force_id, self.rules.either, *question, made=made))
        except FourfoldError as fault:
            return Part(None, fault)


@needs("read", "figures")
def compliance(request: HttpRequest) -> HttpResponse:
    """Compliance with the Code: the two bounds, the counts in each state, what recording would tell, and how sure each limit is."""
    try:
        asked = AskedStates(request)
        if not asked.force_id:
            return render(request, "pages/compliance.html", {})
        if asked.found is None:
            return _being_judged(request, asked)
        choices = _choices(request, asked)
    except FourfoldError as fault:
        return render(request, "pages/compliance.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    question, by = choices["question"], choices["by"] or None
    states, rules = asked.kept.states(), asked.rules
    if question.scheme == CHOSEN.scheme:
        turns = chosen_turns(asked.kept)
        if turns is None:
            return _being_judged(request, asked)
        states, rules = chosen_states(turns, states), with_chosen(rules)
    whole = asked.part("compliance", question, made=partial(kept.compliance, states, asked.records, rules, question))
    if whole.fault is not None:
        context = {**choices, "asked": asked, "fault": whole.fault.cause, "remedy": whole.fault.remedy}
        return render(request, "pages/compliance.html", context, status=422)
    victims = replace(question, by_victim=True)
    listed = for_nobody(asked.kept)
    nobodys = None if listed is None else listed.collect()
    parts = {
        "whole": whole,
        "victims": asked.part("compliance", victims, made=partial(kept.compliance, states, asked.records, rules, victims)),
        "split": asked.part(
            "compliance", question, by, made=partial(kept.compliance, states, asked.records, rules, question, by)
        ),
        "gaps": asked.part("gaps", question, made=partial(kept.recording_gaps, states, asked.records, rules, question, nobodys)),
    }  # fmt: skip
    over = _audited(asked, question, whole)
    parts |= {name: over[name] for name in ("audited", "estimate", "same") if name in over}
    context = {
        **choices, **parts, "audit": over.get("audit"), "estimates": over.get("estimates", []), "asked": asked,
        "titles": {o.id: o.title for p in shipped_packs() for o in p.obligations} | {"chosen_contact": CHOSEN.title},
        "state_means": STATE_MEANS, "packs": shipped_packs(),
        "findings": [p.finding for p in parts.values() if p.finding is not None],
    }  # fmt: skip
    return render(request, "pages/compliance.html", context)


@needs("read", "figures")
def survey(request: HttpRequest) -> HttpResponse:
    """What victims answered: each question with its own number of answers, beside who was asked and did not answer."""
    records, by = standing_records(), request.GET.get("by", "")
    force_id = own_force()
    months = (
        [month for held in records.streams("survey_answers", force_id).values() for month in held] if force_id else []
    )
    if not months:
        return render(request, "pages/survey.html", {})
    try:
        quarters = _quarters(months, local_date(records.as_at))
        first, last = request.GET.get("from"), request.GET.get("to")
        if not (first or last or quarters):
            return render(request, "pages/survey.html", {"is_running": True})
        window = parse_window(first or last or "", last or first or "") if first or last else quarters[0]
        if first and not last and window.first.month % 3 == 1:
            window = _quarter_from(window.first)
        found = figure(
            records, "survey", force_id, window, by, made=partial(survey_result, records, force_id, window, by or None)
        )
    except FourfoldError as fault:
        return render(request, "pages/survey.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    context = {
        "found": found, "window": window, "by": by, "splits": [("", "Nothing"), *((one, one.capitalize()) for one in BY)],
        "quarters": [(q.first.strftime("%Y-%m"), q.label) for q in dict.fromkeys((window, *quarters))],
    }  # fmt: skip
    return render(request, "pages/survey.html", context)


def _quarters(months: Sequence[date], known: date) -> list[Window]:
    """The quarters of some months that were over on a day, the latest first."""
    firsts = {m.replace(day=1, month=m.month - (m.month - 1) % 3) for m in months}
    return [q for first in sorted(firsts, reverse=True) if (q := _quarter_from(first)).last <= known]


def _quarter_from(first: date) -> Window:
    return Window(first, month_end(first.replace(month=first.month + 2)))


def _being_judged(request: HttpRequest, asked: AskedStates) -> HttpResponse:
    """The page that says that what is owed is being worked out, and from which files."""
    return render(request, "pages/being_judged.html", {"asked": asked})


_TOLD = 5
"""Records of which an audit's share is told: of fewer it would be some victims' own answers."""


def _audited(asked: AskedStates, question: kept.Asked, whole: Part) -> dict[str, Any]:
    """What the closed audit over these months says: its own estimates, and the wider bounds by what it learned of false records.

    Of an offence, by the records of that offence alone. Nothing where there was no such audit, or it marked nothing of it.
    """
    own = question.obligations(asked.rules.packs)
    found = case_audits.audit_over(asked.force_id, question.window, frozenset(own)) if own else None
    if found is None or whole.finding is None or whole.finding.interval is None:
        return {}
    analysed = case_audits.as_analysed(found)
    if question.offence is not None:
        analysed = of_only(analysed, _victims_of(asked, question, analysed))
    said = learned(analysed, own)
    if not said.kept_audited + said.not_kept_audited:
        return {}
    made = partial(kept.audited_compliance, whole.finding, said)
    key = (question, found.identity, found.version)
    estimate = asked.part("audit estimate", *key, made=partial(audit_result, analysed))
    same = asked.part("audit same", *key, made=partial(records_of_audit, analysed))
    return {
        "audit": found, "audited": asked.part("audited", *key, made=made), "estimate": estimate, "same": same,
        "estimates": _estimates(found, own, estimate, same),
    }  # fmt: skip


def _victims_of(asked: AskedStates, question: kept.Asked, audit: CaseAudit) -> set[tuple[str, str]]:
    """Of the records marked, those of the offence that is asked for."""
    marked = pl.Series([one.crime_ref for one in audit.marked], dtype=pl.String)
    states = asked.kept.states().filter(pl.col("crime_ref").is_in(marked.implode()))
    whole = replace(question, window=audit.window, right=None, obligation=None)
    return set(whole.of(states).select("crime_ref", "person_ref").unique().collect().iter_rows())


def _estimates(
    found: DrawnAudit, obligations: Sequence[str], estimate: Part, same: Part
) -> list[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """The audit's own share of each question that asks of some obligations: the question, its row of the result, and what the same
    records say themselves (None where that was not kept, or the share is of an offence alone)."""
    if estimate.finding is None or estimate.finding.table is None:
        return []
    asks = {q.id: q.title for q in found.asks.questions if set(q.obligations) & set(obligations)}
    rows = [r for r in estimate.finding.table.records() if r["question"] in asks and r["group"] == ALL_GROUPS]
    of_all = same.finding.table.records() if same.finding and same.finding.table else []
    beside = {str(r["question"]): r for r in of_all if isinstance(r["applies"], int) and r["applies"] >= _TOLD}
    return [
        (asks[str(r["question"])], r, beside.get(str(r["question"])))
        for r in rows if isinstance(r["applies"], int) and r["applies"] >= _TOLD
    ]  # fmt: skip


def _choices(request: HttpRequest, asked: AskedStates) -> dict[str, Any]:
    """What the address asks for. Raises RequestInvalid."""
    scheme, by = request.GET.get("scheme") or "victims_code", request.GET.get("by", "obligation")
    if scheme not in SCHEMES or by not in SPLITS:
        raise RequestInvalid("Compliance cannot be shown so.", remedy="Choose from the lists.")
    right = request.GET.get("right", "")
    if right and not (right.isdecimal() and len(right) < 3):
        raise RequestInvalid("A right or step is a number.", remedy="Choose from the list.")
    question = kept.Asked(
        force_id=asked.force_id, window=_window(request, asked.today), scheme=scheme, right=int(right) if right else None,
        offence=request.GET.get("offence") or None,
    )  # fmt: skip
    titles = {p.scheme: p.rights for p in (*shipped_packs(), CHOSEN)}[scheme]
    return {
        "question": question, "by": by, "splits": list(SPLITS.items()), "schemes": list(SCHEMES.items()), "right": right,
        "rights": [("", "All"), *((str(n), f"{n}. {title}") for n, title in titles.items())],
        "offences": [("", "All offences"), *((name, name) for name in _offences(asked))], "days": asked.rules.either,
        "months": _months(asked),
    }  # fmt: skip


def _window(request: HttpRequest, today: date) -> Window:
    first, last = request.GET.get("from"), request.GET.get("to")
    if first or last:
        return parse_window(first or last or "", last or first or "")
    end = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return parse_window(f"{end.year}-{end.month - 2:02d}", f"{end.year}-{end.month:02d}")


def _offences(asked: AskedStates) -> list[str]:
    def made() -> list[str]:
        groups = asked.kept.states().select(pl.col("offence_group").cast(pl.String)).unique().collect()["offence_group"]
        return sorted(groups.drop_nulls().to_list())

    return list(asked.once("offences owed for", made=made))


def _months(asked: AskedStates) -> list[date]:
    first = min(p.first for p in shipped_packs())
    months = [first]
    while months[-1] < asked.today.replace(day=1):
        day = months[-1]
        months.append(date(day.year + day.month // 12, day.month % 12 + 1, 1))
    return months


@needs("read", "victim_duties", by_area=True)
def owed_now(request: HttpRequest) -> HttpResponse:
    """What is due soon, and what is overdue without evidence: by team, with what to enter; closed when the next extract shows it."""
    passed: Pass = request.gate
    try:
        asked = AskedStates(request, own_force() or None)
        if not asked.force_id:
            passed.saw_none()
            return render(request, "pages/owed.html", {})
        if asked.found is None:
            passed.saw_none()
            return _being_judged(request, asked)
        asked.kept.states()
        today = asked.today
        until = _until(request, today)
        found, timeless, past = owed_by(asked.kept, until), unlimited(asked.kept), gone(asked.kept)
        if found is None or timeless is None or past is None:
            passed.saw_none()
            work.queue_judging()
            return _being_judged(request, asked)
        seen = in_sight(passed, asked.records)
        every = seen.of(asked.once("owed", until, made=found.collect))
        without = seen.of(asked.once("owed without a limit", made=timeless.collect))
        off = seen.of(asked.once("on no list", made=past.collect))
    except FourfoldError as fault:
        passed.saw_none()
        return render(request, "pages/owed.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    team, handed = request.GET.get("team", ""), request.GET.get("handed") == "yes"
    teams = sorted({part for name in every["team"].drop_nulls().unique() for part in (name, *name.split(" / "))})
    rows, without, off = (_of_team(frame, team) for frame in (every, without, off))
    rows = rows.filter(pl.col("handed_over_on").is_not_null()) if handed else rows
    shown = listing(
        "What is owed",
        ["Due", "Working days left", "Rights", "Crime", "Victim", "Owed", "Unit and team", "Officer", "Handed over", "To enter"],
        of_frame(rows, [
            "due_on", "working_days_left", pl.when("is_enhanced").then(pl.lit("enhanced")), "crime_ref", "person_ref",
            "title", *_WHOSE, "handed_over_on", "enter",
        ]), _owed_cells, numeric=[1],
    )  # fmt: skip
    timeless_ones = listing(
        "Without a limit in days, and nothing recorded",
        ["Began", "Rights", "Crime", "Victim", "Owed", "Unit and team", "Officer", "To enter"],
        of_frame(without, [
            "started_on", pl.when("is_enhanced").then(pl.lit("enhanced")), "crime_ref", "person_ref", "title", *_WHOSE, "enter",
        ]), _timeless_cells,
    )  # fmt: skip
    passed.saw("victim_duties", lists={
        one.name: [f"{r['crime_ref']} {r['person_ref']}" for r in one.rows] for one in (shown, timeless_ones)
    })  # fmt: skip
    context = {
        "asked": asked, "today": today, "until": until, "owed": shown, "team": team, "handed": handed, "timeless": timeless_ones,
        "is_own": bool(own_force()),
        "listed_for": overdue_days(), "off_late": off["late"].sum(), "off_unlimited": off["unlimited"].sum(),
        "teams": [("", "All"), *((t, t) for t in teams)],
        "late": rows["is_overdue"].sum(), "soon": (~rows["is_overdue"]).sum(), "days": asked.rules.either,
        "by_officer": _by_officer(rows), "held_to": seen.names,
    }  # fmt: skip
    return render(request, "pages/owed.html", context)


@needs("read", "victim_duties", by_area=True)
def diary(request: HttpRequest) -> HttpResponse:
    """The contact diary: whose chosen contact is due, and which crimes a supervisor has to look at again."""
    passed: Pass = request.gate
    try:
        asked = AskedStates(request, own_force() or None)
        if not asked.force_id:
            passed.saw_none()
            return render(request, "pages/diary.html", {})
        turns = chosen_turns(asked.found) if asked.found else None
        crimes = crimes_reviewed(asked.found) if asked.found else None
        if turns is None or crimes is None:
            if asked.found:
                asked.kept.states()
            passed.saw_none()
            work.queue_judging()
            return _being_judged(request, asked)
        today = asked.today
        until = _until(request, today)
        every = request.GET.get("every", "")
        if every and not (every.isdecimal() and len(every) < 4):
            raise RequestInvalid("Reviews are 1 to 365 days apart.", remedy="Give another number of days.")
        days = int(every) if every else REVIEW_DAYS
        reviews = reviews_due(crimes, today, until, days)
    except FourfoldError as fault:
        passed.saw_none()
        return render(request, "pages/diary.html", {"fault": fault.cause, "remedy": fault.remedy}, status=422)
    seen = in_sight(passed, asked.records)
    reviews = seen.of(reviews)
    due, team = seen.of(contacts_due(turns, until)), request.GET.get("team", "")
    teams = sorted({name for rows in (due, reviews) for name in rows["team"].drop_nulls().unique()})
    due, reviews = (rows if not team else rows.filter(pl.col("team") == team) for rows in (due, reviews))
    contacts = listing(
        "Contacts that victims chose", ["Due", "It is", "Crime", "Victim", "Every (days)", "Unit and team", "Officer"],
        of_frame(due, ["due_on", "state", "crime_ref", "person_ref", "every_days", *_WHOSE]), _turn_cells, numeric=[4],
    )  # fmt: skip
    looked = listing(
        "Reviews by a supervisor", ["Due", "It is", "Crime", "Last review", "Unit and team", "Officer"],
        of_frame(reviews, ["due_on", "is_overdue", "crime_ref", "last_review_on", *_WHOSE]), _review_cells,
    )  # fmt: skip
    passed.saw(
        "victim_duties",
        lists={
            contacts.name: [f"{r['crime_ref']} {r['person_ref']}" for r in contacts.rows],
            looked.name: [r["crime_ref"] for r in looked.rows],
        },
    )
    each = turns.group_by("state", "small_area").len().collect()
    counts = seen.of(each).group_by("state").agg(pl.col("len").sum()).sort("state")
    context = {
        "asked": asked, "name": asked.name, "today": today, "until": until, "days": days, "contacts": contacts, "reviews": looked,
        "turns": dict(counts.iter_rows()), "held_to": seen.names, "team": team, "teams": [("", "All"), *((t, t) for t in teams)],
    }  # fmt: skip
    return render(request, "pages/diary.html", context)


def _review_cells(row: dict[str, Any]) -> list[Any]:
    return [
        day(row["due_on"]), "overdue" if row["is_overdue"] else "due", row["crime_ref"],
        day(row["last_review_on"]) if row["last_review_on"] else "none recorded", row["team"] or "not recorded",
        row["officer_ref"] or "not recorded",
    ]  # fmt: skip


def _turn_cells(row: dict[str, Any]) -> list[Any]:
    journey = url("journey", crime=row["crime_ref"], victim=row["person_ref"])
    return [
        day(row["due_on"]), row["state"], {"href": journey, "text": row["crime_ref"]}, row["person_ref"], row["every_days"],
        row["team"] or "not recorded", row["officer_ref"] or "not recorded",
    ]  # fmt: skip


def _owed_cells(row: dict[str, Any]) -> list[Any]:
    journey = url("journey", crime=row["crime_ref"], victim=row["person_ref"])
    return [
        day(row["due_on"]), row["working_days_left"], "enhanced" if row["is_enhanced"] else "",
        {"href": journey, "text": row["crime_ref"]}, row["person_ref"], row["title"], row["team"] or "not recorded",
        row["officer_ref"] or "not recorded", day(row["handed_over_on"]), row["enter"],
    ]  # fmt: skip


def _of_team(rows: pl.DataFrame, team: str) -> pl.DataFrame:
    """The rows of a unit, a team, or one within the other; of all where none is named."""
    is_its = (pl.col("team") == team) | pl.col("team").str.split(" / ").list.contains(team)
    return rows.filter(is_its) if team else rows


def _timeless_cells(row: dict[str, Any]) -> list[Any]:
    journey = url("journey", crime=row["crime_ref"], victim=row["person_ref"])
    return [
        day(row["started_on"]), "enhanced" if row["is_enhanced"] else "", {"href": journey, "text": row["crime_ref"]},
        row["person_ref"], row["title"], row["team"] or "not recorded", row["officer_ref"] or "not recorded", row["enter"],
    ]  # fmt: skip


def _until(request: HttpRequest, today: date) -> date:
    given = request.GET.get("until")
    if not given:
        return today + timedelta(days=7)
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise RequestInvalid("That is not a day.", remedy="Write it as 2022-12-07.") from None
    if not today <= found <= today + timedelta(days=AHEAD):
        raise RequestInvalid(
            f"The list goes from the last extract to {AHEAD} days after it.", remedy="Name a day between."
        )
    return found


def _by_officer(rows: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    """How many are due soon and how many overdue, by team and officer; most overdue first."""
    said = [pl.col(name).fill_null("not recorded") for name in ("team", "officer_ref")]
    late = pl.col("is_overdue")
    counts = rows.group_by(said).agg(soon=(~late).sum(), late=late.sum())
    order = ["late", "soon", "team", "officer_ref"]
    return counts.sort(order, descending=[True, True, False, False]).rows()


@needs("read", "victim_duties", by_area=True)
def journey(request: HttpRequest) -> HttpResponse:
    """One victim's journey: what happened, what was told, and each thing owed, in order of time."""
    passed: Pass = request.gate
    crime_ref, person_ref = request.GET.get("crime", ""), request.GET.get("victim", "")
    passed.asked_why("victim_duties")
    try:
        asked = AskedStates(request, own_force() or None)
        told = journey_of(standing_records(), asked.force_id, asked.rules, crime_ref, person_ref)
    except FourfoldError:
        raise Refused("read", "victim_duties") from None  # as an address that does not exist; who tries is on the log
    # A journey is judged by itself, of the records as they stand: so are its other lines, where the kept states are behind.
    records, force_id = standing_records(), asked.force_id
    lies = area_of_crime(records, force_id, crime_ref)
    passed.require("read", "victim_duties", lies)
    may_see = passed.may("read", "service_recovery", lies)
    raised = recoveries_of(force_id, crime_ref, person_ref) if may_see else []
    if raised:
        passed.saw("service_recovery", [f"{crime_ref} {person_ref}", *(one.identity for one in raised)])
    lines = timeline(
        told,
        recovery_lines(one.matter for one in raised),
        voice_lines(records, force_id, crime_ref, person_ref, tags_now(force_id)),
        clock_lines(known(records, force_id), crime_ref, person_ref),
    )
    passed.saw("victim_duties", [f"{crime_ref} {person_ref}", *keys_of(lines)])
    context = {
        "asked": asked, "told": told, "london": LONDON, "state_means": STATE_MEANS, "lines": lines,
        "still_open": [one for one in raised if one.outcome == OPEN], "may_see_raised": may_see,
        "may_raise": passed.may("write", "service_recovery", lies),
    }  # fmt: skip
    return render(request, "pages/journey.html", context)
