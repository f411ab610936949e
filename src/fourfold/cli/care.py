"""Commands about victim care: which weekly lists came, whom a list refers and why, what another limit or team would do."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table, show
from fourfold.cli.people import Officer, Purpose, Reason, Role
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of, scope_of, window_of
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.analysis.volumes import Scope
    from fourfold.codes.periods import Window
    from fourfold.codes.triage_rules import TriageRule
    from fourfold.records.as_at import Records

commands = typer.Typer()
care = typer.Typer(
    help="The weekly list of fraud victims: whom it refers to victim care, and why.", no_args_is_help=True
)
commands.add_typer(care, name="care")

RuleName = Annotated[str, typer.Option(help="A triage rule: score_15_or_more, or score_above_15.")]
_DEFAULT = "score_15_or_more"


@care.command()
def weeks(force: Force, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """Which weeks' lists came, which lack, and which came in more than one file."""
    from fourfold.codes.working_days import local_date
    from fourfold.records import weekly_lists

    records = records_of(as_at)
    force_id = scope_of(force, None, None, None).force_id
    found = weekly_lists.weeks(records, force_id, until=local_date(records.as_at))
    said = [
        {
            "week": w.starting,
            "reports": w.reports,
            "files": len(w.batches),
            "came": w.received_at,
            "is_missing": w.is_missing,
        }
        for w in found
    ]
    if as_json:
        print_json(said)
        return
    rows = []
    for is_missing, run in groupby(found, key=lambda w: w.is_missing):
        held = list(run)
        if is_missing:
            rows.append([f"{held[0].starting}", "", f"none came ({len(held):,} week(s), to {held[-1].starting})", ""])
        rows += [
            [f"{w.starting}", f"{w.reports:,}", str(len(w.batches)), f"{w.received_at:%Y-%m-%d}"]
            for w in held
            if w.received_at
        ]
    print_table(["week of", "reports", "files", "came"], rows)
    if unread := weekly_lists.without_week(records, force_id):
        print(
            f"{unread:,} report(s) with no readable week, or none that can be right: on the list of its report’s week, or its file’s."
        )


@care.command("list")
def weekly_list(
    force: Force,
    officer: Officer,
    week: Annotated[
        str | None, typer.Option(help="The list's Monday, as 2022-10-03. Default: the last that came.")
    ] = None,
    rule: RuleName = _DEFAULT,
    role: Role = "victim_care_officer",
    purpose: Purpose = "victim care",
    reason: Reason = "",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """A week's list without a name, repeat victims first: why each is referred, and who cannot be judged."""
    from fourfold.analysis import triage
    from fourfold.codes.triage_rules import triage_rule
    from fourfold.codes.working_days import local_date
    from fourfold.records import weekly_lists
    from fourfold.records.access import Asking, Folder

    records, force_id = records_of(as_at), scope_of(force, None, None, None).force_id
    came = [w.starting for w in weekly_lists.weeks(records, force_id) if not w.is_missing]
    monday = _monday(week) if week else came[-1] if came else local_date(settings.now())
    rows = weekly_lists.week_rows(records, force_id, monday)
    chosen = triage_rule(rule, monday)
    asking = Asking(officer=officer, role=role, purpose=purpose, reason=reason)
    births = Folder(records.home).gate.opened(
        records, weekly_lists.TABLE, asking, kind="consultation", verb="read weekly list", at=settings.now(),
        columns=["born_on"], keys=rows["key"].to_list(),
    )  # fmt: skip
    rows = rows.join(births, on=["batch_id", "line_number"], how="left")
    every = triage.listed(rows, chosen, weekly_lists.known(records, rows["key"]))
    standings = triage.by_standing(every)
    if as_json:
        print_json(
            {"week": monday, "rule": chosen.in_words, "standings": standings, "reports": [vars(one) for one in every]}
        )
        return
    print(f"Week of {monday:%-d %B %Y}: " + "; ".join(f"{n:,} {standing}" for standing, n in standings.items()) + ".")
    print_table(
        ["report", "of what", "before", "why", "missing", "to be seen to"],
        [[one.report_ref, one.kind[:30], str(len(one.earlier)) if one.is_compared else "not compared",
          "; ".join(one.reasons) or one.standing, "; ".join(one.missing), "; ".join(one.remarks)] for one in every],
    )  # fmt: skip


@care.command()
def referred(
    force: Force,
    first: From = None,
    last: To = None,
    rule: RuleName = _DEFAULT,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How many reports of a window are referred, by filter; and how many lack what the filters need."""
    from fourfold.analysis import triage

    records, scope, window, standing = _reports(force, first, last, rule, as_at)
    show([triage.referral_counts(records, scope, window, standing)], as_json)


@care.command()
def threshold(
    limit: Annotated[str, typer.Argument(help="Another limit of the score: 18, or “above 15”.")],
    force: Force,
    first: From = None,
    last: To = None,
    rule: RuleName = _DEFAULT,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What another limit of the score would do: how many more or fewer are referred, by age, loss, victim and kind."""
    from fourfold.analysis import triage

    records, scope, window, standing = _reports(force, first, last, rule, as_at)
    show([triage.threshold_effect(records, scope, window, standing, standing.with_score(limit))], as_json)


@care.command()
def waits(
    force: Force,
    first: From = None,
    last: To = None,
    rule: RuleName = _DEFAULT,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """How long those referred really waited, list by list, and who still waits, as the unit's own decisions show it."""
    from fourfold.analysis.waits import care_waits

    records, scope, window, standing = _reports(force, first, last, rule, as_at)
    show([care_waits(records, scope, window, standing)], as_json)


@care.command()
def capacity(
    force: Force,
    threshold: Annotated[
        str | None, typer.Option(help="The limit of the score: 18, or “above 15”. Default: the rule's.")
    ] = None,
    team: Annotated[int | None, typer.Option(help="Officers on cases on a working day. Default: as assumed.")] = None,
    mix: Annotated[
        str | None, typer.Option(help="Who gets which care, in hundredths: visit=30,call=50,advice=20.")
    ] = None,
    order: Annotated[str, typer.Option(help="risk (the list's own order, highest risk first) or arrival.")] = "risk",
    runs: Annotated[int, typer.Option(help="How many times the days are played, each with its own draws.")] = 20,
    seed: Annotated[int, typer.Option(help="What the draws follow from.")] = 1,
    lead: Annotated[
        int, typer.Option(help="Weeks played before the window, so that it begins with who still waits.")
    ] = 0,
    first: From = None,
    last: To = None,
    rule: RuleName = _DEFAULT,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What a limit, a team and a mix of care would do for those who really reported: helped, waiting, missed, and whom.

    Service times are assumptions that the force has to supply (codes/data/service_times.toml); they stand in the notes.
    """
    from fourfold.analysis import capacity as of_care
    from fourfold.codes.service_times import mix_of, service_times

    records, scope, window, standing = _reports(force, first, last, rule, as_at)
    times = service_times(window.last)
    asked = standing.with_score(threshold) if threshold else standing
    meant = times.but(officers=team, mix=mix_of(mix) if mix else None)
    plan = of_care.Plan(rule=asked, times=meant, order=order)  # type: ignore[arg-type]
    found = of_care.capacity(records, scope, window, plan, standing, runs=runs, seed=seed, lead_weeks=lead)
    shown = [found, *found.parts[:3]]
    if (asked, meant) != (standing, times):
        now = of_care.Plan(rule=standing, times=times)
        shown.append(of_care.capacity(records, scope, window, now, standing, runs=runs, seed=seed, lead_weeks=lead))
    show(shown, as_json)


def _monday(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestInvalid("That is not a day.", remedy="Write the list's Monday as 2022-10-03.") from None


def _reports(
    force: str, first: str | None, last: str | None, rule: str, as_at: str | None
) -> tuple[Records, Scope, Window, TriageRule]:
    """The records asked, the force, the window of its reports of fraud, and the rule that stood at the window's end."""
    from fourfold.codes.measures import measure
    from fourfold.codes.triage_rules import triage_rule

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    window = window_of(records, measure("fraud_reports"), scope, first, last)
    return records, scope, window, triage_rule(rule, window.last)
