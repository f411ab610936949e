"""Commands about the Victims' Code: what is owed to a victim by when, and how far the record shows that it was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from fourfold.cli.answers import print_json, print_table, printable, show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, instant, records_of

if TYPE_CHECKING:
    from polars import LazyFrame

    from fourfold.analysis.compliance import Asked, AuditLearned
    from fourfold.analysis.victims_code import Duty, Oddity, Rules, Untold
    from fourfold.codes.periods import Window
    from fourfold.codes.working_days import Counted
    from fourfold.records.as_at import Records
    from fourfold.records.journeys import Journey

commands = typer.Typer()
code = typer.Typer(help="The Victims' Code: what is owed, by when, and what the record shows.", no_args_is_help=True)
commands.add_typer(code, name="code")

Packs = Annotated[
    list[Path] | None, typer.Option("--pack", help="A rule pack of your own (TOML) beside those shipped; may be repeated.")
]  # fmt: skip
FiveStep = Annotated[str, typer.Option("--five-step-days", help="Days of the five-step approach: calendar or working.")]
Own = Annotated[
    list[str] | None,
    typer.Option("--own", help="Whose duties are the force's own; may be repeated. Default: police, witness_care."),
]


def rules_of(packs: list[Path] | None, five_step_days: str, own: list[str] | None) -> Rules:
    """The rules asked for. Raises RequestInvalid, and RecordsInvalid for a pack that is none."""
    from fourfold.analysis.victims_code import Rules
    from fourfold.codes import victims_code

    return Rules(
        packs=victims_code.packs(packs or ()),
        either=cast("Counted", five_step_days),
        own=tuple(own) if own else victims_code.OWN,
    )


@code.command()
def due(
    file: Annotated[Path, typer.Argument(help="A CSV of journey_id, event, at, enhanced and detail.")],
    as_at: Annotated[
        str | None,
        typer.Option(
            "--as-at",
            help="Judge as at this date (its end, in London) or instant. Default: the last event of the file.",
        ),
    ] = None,
    packs: Packs = None,
    five_step_days: FiveStep = "calendar",
    own: Own = None,
    as_json: AsJson = False,
) -> None:
    """What is owed in the journeys of a file: each thing with its state and the moment at which it is due."""
    from fourfold.codes.working_days import RULE
    from fourfold.errors import RecordsInvalid
    from fourfold.records.journeys import UNCLEAR, UNCLEAR_REMEDY, journeys

    rules = rules_of(packs, five_step_days, own)
    read = journeys(file)
    if as_at is not None:
        given: datetime | None = _end_of(as_at)
        basis = "as asked"
    else:
        given = None
        basis = "a journey's own extract, else the last event of the file"
    moments = [m for one in read for m in (*(r.at for r in one.rows), *([one.extracted] if one.extracted else []))]
    if not moments:
        raise RecordsInvalid(
            "The file says who its victims are, and nothing that happened.",
            remedy="Write a row for each event.", file=file,
        )  # fmt: skip
    last = max(moments)
    found = [_judged(one, given or one.extracted or last, rules) for one in read]
    settings = {
        "rule": RULE, "five_step_days": rules.either, "own_duties": list(rules.own), "as_at": _said(given or last),
        "as_at_from": basis,
        "packs": [
            {"id": p.id, "scheme": p.scheme, "title": p.title, "from": p.first.isoformat(),
             "until": p.last.isoformat() if p.last else None, "status": p.status}
            for p in rules.packs
        ],
    }  # fmt: skip
    if as_json:
        counts = Counter(d.state for one in found for d in one.duties)
        print_json(
            {
                **settings, "counts": dict(sorted(counts.items())),
                "obligations": [_duty(one, d, rules) for one in found for d in one.duties],
                "returned": [
                    {"journey_id": one.journey.journey_id, "crime": one.journey.crime, "line": line, "cause": UNCLEAR,
                     "remedy": UNCLEAR_REMEDY}
                    for one in found for line in one.journey.returned
                ],
                "cannot_be_told": [_untold(one, u) for one in found for u in one.untold],
                "oddities": [
                    {"journey_id": one.journey.journey_id, "crime": one.journey.crime, "line": o.line, "what": o.text}
                    for one in found for o in one.oddities
                ],
            }
        )  # fmt: skip
        return
    for one in found:
        name = printable(" ".join(filter(None, (one.journey.journey_id, one.journey.crime))))
        print(f"\n{name}")
        rows = [*map(_line, one.duties), *map(_untold_line, one.untold)]
        if rows:
            print_table(["owed", "right", "from", "due", "state", "why"], rows)
        for oddity in one.oddities:
            print(f"  line {oddity.line}: {oddity.text}")
        for line in one.journey.returned:
            print(f"  line {line} is returned: {UNCLEAR} {UNCLEAR_REMEDY}")
    print(f"\nAs at {settings['as_at']} ({basis}). {RULE}")
    print(f"Five-step days: {rules.either}. The force's own duties: {', '.join(rules.own)}.")
    print("Limits not confirmed: see `fourfold code packs`.")


@code.command()
def events(as_json: AsJson = False) -> None:
    """The events of a journey, the other words for each, and what a contact may be about."""
    from fourfold.codes import victims_code

    if as_json:
        print_json(
            {
                "events": [
                    {"event": e.name, "sort": e.sort, "means": e.means, "also": list(e.also), "about": e.about or None}
                    for e in victims_code.events().values()
                ],
                "about": list(victims_code.abouts()),
            }
        )
        return
    print_table(
        ["event", "sort", "means", "other words"],
        [[e.name, e.sort, e.means, ", ".join(e.also)] for e in victims_code.events().values()],
    )
    print(f"\nA contact may be about: {', '.join(victims_code.abouts())}.")


@code.command("packs")
def rule_packs(packs: Packs = None, as_json: AsJson = False) -> None:
    """What is owed: each obligation of each rule pack, its limits, whose duty it is, and how sure that is."""
    from fourfold.codes import victims_code

    held = victims_code.packs(packs or ())
    if as_json:
        print_json(
            [
                {
                    "id": p.id, "scheme": p.scheme, "title": p.title, "from": p.first, "until": p.last, "version": p.version,
                    "status": p.status, "source": p.source, "rights": {str(n): t for n, t in p.rights.items()},
                    "obligations": [
                        {"id": o.id, "right": o.right, "title": o.title, "starts": o.starts, "each_time": o.is_each,
                         "met_by": o.met_by,
                         "standard": o.standard, "enhanced": o.enhanced, "counted": o.counted if o.standard else None,
                         "owner": o.owner, "status": o.status, "standard_status": o.limit_status(False),
                         "enhanced_status": o.limit_status(True), "note": o.limit_note, "source": o.source}
                        for o in p.obligations
                    ],
                }
                for p in held
            ]
        )  # fmt: skip
        return
    for p in held:
        print(f"\n{p.title} ({p.id}), from {p.first}{f' to {p.last}' if p.last else ''}; {p.status}")
        print_table(
            ["owed", "right", "what", "standard", "enhanced", "owner", "how sure"],
            [
                [o.id, str(o.right), o.title, *(_limit(o.limit(e), o.counted, o.limit_status(e)) for e in (False, True)), o.owner,
                 o.status]
                for o in p.obligations
            ],
        )  # fmt: skip


Scheme = Annotated[
    str, typer.Option(help="A scheme: victims_code, five_step, or chosen_contacts (as often as each victim chose).")
]
Right = Annotated[int | None, typer.Option(help="Only this right (or step), by its number.")]
OnlyOwed = Annotated[str | None, typer.Option("--obligation", help="Only this obligation; see `fourfold code packs`.")]
Offence = Annotated[str | None, typer.Option(help="Only victims of this offence group or subgroup, as robbery.")]


@code.command()
def compliance(
    force: Force,
    first: From = None,
    last: To = None,
    scheme: Scheme = "victims_code",
    right: Right = None,
    obligation: OnlyOwed = None,
    offence: Offence = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Split by obligation, right, offence, suboffence, unit, team, month, age, sex, ethnicity or disability."
        ),
    ] = None,
    by_victim: Annotated[
        bool, typer.Option("--by-victim", help="Count a right once a victim: kept where all of it was.")
    ] = False,
    gaps: Annotated[bool, typer.Option("--gaps", help="Also what the record lacks, and who had the crime.")] = False,
    audited: Annotated[
        str | None,
        typer.Option(
            help="What an audit found, for the wider bounds: recorded as kept and audited, of them false, recorded as not kept and "
            "audited, of them in truth kept; as 120,5,30,1."
        ),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--audit", help="The wider bounds by what an audit's sheet learned of false records.")
    ] = None,
    packs: Packs = None,
    five_step_days: FiveStep = "calendar",
    own: Own = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How far the Code was kept: counts in each state, and the two bounds between which the rate lies."""
    from fourfold.analysis import compliance as kept
    from fourfold.analysis.contact_diary import CHOSEN, chosen_contacts, chosen_states, with_chosen
    from fourfold.analysis.entitlements import without_a_victim
    from fourfold.analysis.states import kept_states
    from fourfold.codes.working_days import local_date

    rules, records, force_id = rules_of(packs, five_step_days, own), records_of(as_at), force_named(force)
    held = kept_states(records, force_id, rules)
    window = window_or_last_quarter(first, last, held.as_known)
    asked = kept.Asked(
        force_id=force_id, window=window, scheme=scheme, right=right, obligation=obligation, offence=offence, by_victim=by_victim
    )  # fmt: skip
    states = held.states()
    if scheme == CHOSEN.scheme:
        turns = chosen_contacts(records, force_id, local_date(held.as_known))
        states, rules = chosen_states(turns.lazy(), states), with_chosen(rules)
    found = [kept.compliance(states, records, rules, asked, by)]
    if gaps:
        found.append(kept.recording_gaps(states, records, rules, asked, without_a_victim(records, force_id)))
    if audited is not None:
        found.append(kept.audited_compliance(found[0], _audit(audited)))
    if sheet is not None:
        found.append(kept.audited_compliance(found[0], _learned(sheet, rules, asked, states)))
    show(found, as_json)


@code.command()
def survey(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str | None, typer.Option(help="Split by month, offence or unit.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What victims answered: each question with its own number of answers and its interval, beside who was asked."""
    from fourfold.analysis.entitlements import moment_known
    from fourfold.analysis.survey import survey_result

    records, force_id = records_of(as_at), force_named(force)
    window = window_or_last_quarter(first, last, moment_known(records, force_id))
    show([survey_result(records, force_id, window, by)], as_json)


@code.command("owed")
def owed_now(
    force: Force,
    until: Annotated[str | None, typer.Option(help="What falls due up to this day. Default: seven days on.")] = None,
    team: Annotated[str | None, typer.Option(help="Only crimes that this team or unit has now.")] = None,
    handed_over: Annotated[
        bool, typer.Option("--handed-over", help="Only crimes that came to their team after the clock had started.")
    ] = False,
    packs: Packs = None,
    five_step_days: FiveStep = "calendar",
    own: Own = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What is due soon, and what is overdue without evidence: by due day, with who has the crime and what to enter."""
    from datetime import date, timedelta

    from fourfold.analysis.owed import owed
    from fourfold.analysis.states import kept_states
    from fourfold.codes.working_days import local_date
    from fourfold.errors import RequestInvalid

    rules, records, force_id = rules_of(packs, five_step_days, own), records_of(as_at), force_named(force)
    held = kept_states(records, force_id, rules)
    today = local_date(held.as_known)
    try:
        last = date.fromisoformat(until) if until else today + timedelta(days=7)
    except ValueError:
        raise RequestInvalid("--until is not a day.", remedy="Write 2022-12-01.") from None
    rows = owed(held.states(), records, force_id, rules, today, last, team)
    if handed_over:
        rows = rows.filter(rows["handed_over_on"].is_not_null())
    if as_json:
        print_json({"as_known": _said(held.as_known), "until": last, "owed": rows.to_dicts()})
        return
    print_table(
        ["due", "working days left", "enhanced", "crime", "victim", "owed", "team", "officer", "to enter"],
        [
            [str(r["due_on"]), str(r["working_days_left"]), "yes" if r["is_enhanced"] else "", r["crime_ref"], r["person_ref"],
             r["title"], r["team"] or "", r["officer_ref"] or "", r["enter"]]
            for r in rows.iter_rows(named=True)
        ],
    )  # fmt: skip
    print(
        f"\nAs the extracts of {today} had it. Below nought: overdue, with nothing recorded; enter it where it was done."
    )


@code.command()
def contacts(
    force: Force,
    until: Annotated[str | None, typer.Option(help="What falls due up to this day. Default: seven days on.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How often victims chose to be told: how far that was kept, turn by turn, and whose next contact is due."""
    from fourfold.analysis.contact_diary import chosen_contacts, contacts_due

    records, force_id = records_of(as_at), force_named(force)
    today, last = _days(records, force_id, until)
    turns = chosen_contacts(records, force_id, today)
    counts = dict(turns.group_by("state").len().sort("state").iter_rows())
    due = contacts_due(turns, last)
    if as_json:
        print_json({"as_known": today, "until": last, "turns": counts, "due": due.to_dicts()})
        return
    print(
        f"Turns of the frequency that victims chose: {', '.join(f'{state} {n}' for state, n in counts.items()) or 'none'}."
    )
    rows = [
        [str(r["due_on"]), r["state"], r["crime_ref"], r["person_ref"], str(r["every_days"]), r["team"] or "", r["officer_ref"] or ""]
        for r in due.iter_rows(named=True)
    ]  # fmt: skip
    print_table(["due", "state", "crime", "victim", "every days", "team", "officer"], rows)
    print(f"\nAs the extracts of {today} had it. Each is met by the next contact that the records show.")


@code.command()
def reviews(
    force: Force,
    every: Annotated[
        int | None,
        typer.Option(
            "--every-days", help="Days between reviews, by the force's own rule. Default: 28, which nothing confirms."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="What falls due up to this day. Default: seven days on.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The supervisor's review diary: open crimes by the day on which their next review is due."""
    from fourfold.analysis.contact_diary import REVIEW_DAYS, review_diary

    records, force_id = records_of(as_at), force_named(force)
    today, last = _days(records, force_id, until)
    days = REVIEW_DAYS if every is None else every
    diary = review_diary(records, force_id, today, last, days)
    if as_json:
        print_json({"as_known": today, "until": last, "every_days": days, "reviews": diary.to_dicts()})
        return
    rows = [
        [str(r["due_on"]), "overdue" if r["is_overdue"] else "", r["crime_ref"], str(r["last_review_on"] or "none"), r["team"] or "",
         r["officer_ref"] or ""]
        for r in diary.iter_rows(named=True)
    ]  # fmt: skip
    print_table(["due", "", "crime", "last review", "team", "officer"], rows)
    print(
        f"\nEvery {days} days, as the extracts of {today} had it. A review is closed by the next extract that shows it."
    )


def _days(records: Records, force_id: str, until: str | None) -> tuple[date, date]:
    """The day as known, and the day up to which is asked. Raises RequestInvalid."""
    from datetime import date, timedelta

    from fourfold.analysis.entitlements import moment_known
    from fourfold.codes.working_days import local_date
    from fourfold.errors import RequestInvalid

    today = local_date(moment_known(records, force_id))
    try:
        return today, date.fromisoformat(until) if until else today + timedelta(days=7)
    except ValueError:
        raise RequestInvalid("--until is not a day.", remedy="Write 2022-12-01.") from None


def force_named(force: str) -> str:
    """A force's identity, by it or by its name."""
    from fourfold.codes import areas

    return areas.force(force).id


def window_or_last_quarter(first: str | None, last: str | None, as_known: datetime) -> Window:
    """The window asked for; by default the last whole quarter before the last extract."""
    from datetime import timedelta

    from fourfold.codes.periods import parse_window
    from fourfold.codes.working_days import local_date

    if first:
        return parse_window(first, last or first)
    day = local_date(as_known).replace(day=1)
    day = day.replace(month=(day.month - 1) // 3 * 3 + 1)
    end = day - timedelta(days=1)
    return parse_window(f"{end.year}-{end.month - 2:02d}", f"{end.year}-{end.month:02d}")


def _audit(text: str) -> AuditLearned:
    from fourfold.analysis.compliance import AuditLearned
    from fourfold.errors import RequestInvalid

    try:
        kept, false, not_kept, true = (int(part) for part in text.split(","))
    except ValueError:
        raise RequestInvalid("--audited is not four numbers.", remedy="Write them as 120,5,30,1.") from None
    return AuditLearned(kept_audited=kept, kept_false=false, not_kept_audited=not_kept, not_kept_false=true)


def _learned(sheet: Path, rules: Rules, asked: Asked, states: LazyFrame) -> AuditLearned:
    """What a sheet's audit learned of the records of what is asked for, of an offence by its own records alone.

    Raises RequestInvalid for an audit of another force, of some kinds of record alone, or of months that are not all of those asked
    for.
    """
    from dataclasses import replace

    from fourfold.analysis.case_audits import learned, of_only
    from fourfold.errors import RequestInvalid
    from fourfold.publications.audit_sheets import audit_of

    found = audit_of(sheet)
    if found.force_id != asked.force_id:
        raise RequestInvalid("The audit is of another force.", remedy="Name an audit of this force.", file=sheet)
    if not found.scheme.is_of_all:
        raise RequestInvalid(
            "The audit’s scheme leaves some records out, and says nothing of them.",
            remedy="Name an audit that is drawn from all records, such as the quarterly survey.", file=sheet,
        )  # fmt: skip
    if not found.window.first <= asked.window.first <= asked.window.last <= found.window.last:
        raise RequestInvalid(
            f"The audit is of {found.window.label}, and says nothing of other months.",
            remedy="Ask for months within the audit's.", file=sheet,
        )  # fmt: skip
    if asked.offence is not None:
        own = replace(asked, window=found.window, right=None, obligation=None).of(states)
        found = of_only(found, set(own.select("crime_ref", "person_ref").unique().collect().iter_rows()))
    return learned(found, asked.obligations(rules.packs))


def _limit(limit: int | None, counted: str, status: str) -> str:
    return "" if limit is None else f"{limit} {'days by setting' if counted == 'either' else counted} ({status})"


def _end_of(as_at: str) -> datetime:
    """The instant asked for; a date stands for its end in London, at which what is due on it is due. Raises RequestInvalid."""
    from datetime import date

    from fourfold.codes.working_days import last_instant

    moment = instant(as_at)
    return last_instant(date.fromisoformat(as_at)) if len(as_at) <= len("2022-10-31") else moment


@dataclass(frozen=True)
class _Judged:
    journey: Journey
    as_at: datetime
    duties: tuple[Duty, ...]
    untold: tuple[Untold, ...]
    oddities: tuple[Oddity, ...]


def _judged(journey: Journey, as_at: datetime, rules: Rules) -> _Judged:
    from fourfold.analysis.victims_code import Entitlement, Entry, duties, oddities, untold

    entries = [
        Entry(event=r.event, at=r.at, line=r.line, about=r.about, suspect=r.suspect, by=r.by, team=r.team,
              is_enhanced=r.is_enhanced, matter=r.complaint)
        for r in journey.rows
    ]  # fmt: skip
    entitlement: Entitlement = "entitled"
    if journey.is_organisation and not journey.named_contact:
        entitlement = "not recorded" if journey.named_contact is None else "no named contact"
    owed = duties(entries, as_at, rules, entitlement)
    return _Judged(journey, as_at, owed, untold(entries, as_at, rules), oddities(entries, rules))


def _duty(one: _Judged, d: Duty, rules: Rules) -> dict[str, Any]:
    owed = d.obligation
    return {
        "journey_id": one.journey.journey_id, "crime": one.journey.crime, "scheme": owed.scheme, "pack": owed.pack,
        "obligation": owed.id,
        "right": owed.right, "title": owed.title, "trigger": d.start.event, "trigger_at": d.start.at.isoformat(),
        "trigger_line": d.start.line, "enhanced": d.is_enhanced, "limit": owed.limit(d.is_enhanced),
        "counted": None if d.due is None else rules.counted(owed), "due_at": _said(d.due),
        "limit_status": owed.limit_status(d.is_enhanced),
        "state": d.state, "reason": d.reason, "as_recorded": d.as_recorded, "owner": d.owner, "team": d.team,
        "done_at": d.done.at.isoformat() if d.done else None, "done_line": d.done.line if d.done else None,
        "decided_by_line": d.decided_by.line if d.decided_by else None, "attempts": d.attempts, "as_at": _said(one.as_at),
    }  # fmt: skip


def _line(d: Duty) -> list[str]:
    return [
        d.obligation.id,
        str(d.obligation.right),
        d.start.event,
        _said(d.due) or "no limit in days",
        d.state,
        d.reason,
    ]


def _untold(one: _Judged, u: Untold) -> dict[str, Any]:
    from fourfold.analysis.victims_code import why_untold

    return {
        "journey_id": one.journey.journey_id, "crime": one.journey.crime, "scheme": u.obligation.scheme, "pack": u.obligation.pack,
        "obligation": u.obligation.id, "right": u.obligation.right, "title": u.obligation.title, "trigger": u.start.event,
        "trigger_at": u.start.at.isoformat(), "trigger_line": u.start.line, "why": why_untold(),
    }  # fmt: skip


def _untold_line(u: Untold) -> list[str]:
    from fourfold.analysis.victims_code import why_untold

    why = f"Line {u.start.line}. {why_untold()}"
    return [u.obligation.id, str(u.obligation.right), u.start.event, "cannot be told", "not judged", why]


def _said(moment: datetime | None) -> str | None:
    """A moment in London's own time, to the second: the last instant of a day is printed as 23:59:59."""
    from fourfold.codes.working_days import LONDON

    return None if moment is None else moment.astimezone(LONDON).isoformat(timespec="seconds")
