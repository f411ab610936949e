"""Commands of what victims said of the service: complaints by right, reviews asked for, personal statements."""

from __future__ import annotations

from typing import Annotated

import typer

from fourfold.cli.answers import show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.cli.victims_code import FiveStep, Offence, Own, Packs, force_named, rules_of, window_or_last_quarter

commands = typer.Typer()

_PROTECTED = "age, sex, ethnicity or disability"


@commands.command()
def complaints(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str, typer.Option(help=f"Split by right, category, team, month, offence, {_PROTECTED}.")] = "right",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Complaints by the right of the Code that each touches, and how far service was recovered, each in bounds."""
    from fourfold.analysis.complaints import complaints_received, service_recovery, tags_decided
    from fourfold.analysis.entitlements import moment_known

    records, force_id = records_of(as_at), force_named(force)
    window = window_or_last_quarter(first, last, moment_known(records, force_id))
    tags = tags_decided(records)
    show([made(records, force_id, window, tags, by) for made in (complaints_received, service_recovery)], as_json)


@commands.command()
def recoveries(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str, typer.Option(help="Split by right, month or outcome.")] = "right",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What victims raised without a formal complaint and what was put right, as far as the service was told and handed it over."""
    from fourfold.analysis.entitlements import moment_known
    from fourfold.analysis.service_recovery import put_right, recoveries_recorded

    records, force_id = records_of(as_at), force_named(force)
    window = window_or_last_quarter(first, last, moment_known(records, force_id))
    show([put_right(recoveries_recorded(records, force_id), records, force_id, window, by)], as_json)


@commands.command("right-to-review")
def review_requests(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[
        str | None, typer.Option(help=f"Split by decision (whose it was), month, offence, {_PROTECTED}.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit-days", help="The force's own limit for an answer, in working days; none is confirmed."),
    ] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Requests under the Right to Review: asked, answered, overturned or not; in time only under the force's own limit."""
    from fourfold.analysis.entitlements import moment_known
    from fourfold.analysis.right_to_review import day_known, right_to_review

    records, force_id = records_of(as_at), force_named(force)
    window = window_or_last_quarter(first, last, moment_known(records, force_id))
    show([right_to_review(records, force_id, window, day_known(records, force_id), by, limit)], as_json)


@commands.command()
def statements(
    force: Force,
    first: From = None,
    last: To = None,
    offence: Offence = None,
    by: Annotated[
        str | None, typer.Option(help=f"Split by offence, suboffence, unit, team, month, {_PROTECTED}.")
    ] = None,
    packs: Packs = None,
    five_step_days: FiveStep = "calendar",
    own: Own = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Personal statements offered (between what and what), made and declined; not recorded is not the same as not offered."""
    from fourfold.analysis.personal_statements import personal_statements
    from fourfold.analysis.states import kept_states

    rules, records, force_id = rules_of(packs, five_step_days, own), records_of(as_at), force_named(force)
    held = kept_states(records, force_id, rules)
    window = window_or_last_quarter(first, last, held.as_known)
    show([personal_statements(held.states(), records, rules, force_id, window, by, offence)], as_json)
