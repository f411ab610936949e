"""Commands about the plan for the Victims' Code: its actions, the data items of the framework, and the return."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fourfold.cli.answers import print_json, print_table, printable, show
from fourfold.cli.campaigns import Whose
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.cli.victims_code import force_named, rules_of, window_or_last_quarter
from fourfold.errors import RequestInvalid

commands = typer.Typer()


@commands.command()
def items(force: Force, first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """What a compliance framework asks, which field holds each item, and how complete it is; held nowhere where none does."""
    from fourfold.analysis.compliance_items import items_held
    from fourfold.analysis.entitlements import moment_known

    records, force_id = records_of(as_at), force_named(force)
    window = window_or_last_quarter(first, last, moment_known(records, force_id))
    show([items_held(records, force_id, window)], as_json)


@commands.command("return")
def code_return(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write: .ods or .csv.")],
    force: Force,
    first: From = None,
    last: To = None,
    marking: Annotated[str, typer.Option(help="The marking that stands on it.")] = "OFFICIAL-SENSITIVE",
    rule: Annotated[str, typer.Option("--small-numbers", help="The rule for small numbers.")] = "suppress_under_5",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Compliance by right for the commissioner and the ministry, in each state and in bounds, small numbers withheld, as a file.

    It is a draft: what is sent is frozen and remembered in the service.
    """
    from fourfold.analysis.compliance import Asked, compliance
    from fourfold.analysis.compliance_items import items_held
    from fourfold.analysis.states import kept_states
    from fourfold.codes.small_numbers import small_number_rule
    from fourfold.publications.code_returns import of_one_quarter, return_content, return_csv, return_ods
    from fourfold.publications.register import registered
    from fourfold.records.lake import storage_faults
    from fourfold.settings import opened_home

    if out.suffix not in (".ods", ".csv"):
        raise RequestInvalid(
            "A return is written as .ods or .csv.", remedy="Give the file one of these endings.", file=out
        )
    if out.exists():
        raise RequestInvalid("There is a file of that name.", remedy="Name another, or remove it first.", file=out)
    records, force_id, rules = records_of(as_at), force_named(force), rules_of(None, "calendar", None)
    held = kept_states(records, force_id, rules)
    window = window_or_last_quarter(first, last, held.as_known)
    of_one_quarter(window)
    small, asked = small_number_rule(rule), Asked(force_id=force_id, window=window)
    by_right = compliance(held.states(), records, rules, asked, "right", small)
    listed = items_held(records, force_id, window)
    registered(opened_home(), [by_right, listed])
    content = return_content(by_right, {}, listed, [p for p in rules.packs if p.scheme == asked.scheme], small)
    drawn = (
        return_csv(content, marking)
        if out.suffix == ".csv"
        else return_ods(content, marking, [], "A draft: nothing is compared")
    )
    with storage_faults(out):
        out.write_bytes(drawn)
    if as_json:
        print_json({"file": str(out), "marking": marking, **content})
        return
    print(f"{content['force']}, {content['window']}: {len(content['rows'])} rights, {content['rule']}.")
    print(f"Written to {printable(str(out))}.")


@commands.command()
def plan(force: Whose, as_json: AsJson = False) -> None:
    """The actions of the plan that the service holds: what, whose, by when, by what it is measured, and where it stands."""
    from fourfold.cli.service import _django, _migrated

    force_id = force_named(force)
    _django()
    _migrated()
    from fourfold import settings
    from fourfold.casework.victims_plan import MEASURES, PlanAction
    from fourfold.codes.working_days import local_date

    today = local_date(settings.now())
    said: list[dict[str, Any]] = [
        {"what": one.what, "owner": one.owner, "due_on": one.due_on, "state": one.standing(today),
         "measure": MEASURES.get(one.measure, one.measured_by), "outcome": one.outcome}
        for one in PlanAction.objects.filter(force_id=force_id)
    ]  # fmt: skip
    if as_json:
        print_json(said)
        return
    print(f"{len(said):,} action(s).")
    print_table(
        ["due", "it is", "what", "owner", "measured by"],
        [
            [str(o["due_on"]), o["state"], printable(o["what"]), printable(o["owner"]), printable(o["measure"])]
            for o in said
        ],
    )
