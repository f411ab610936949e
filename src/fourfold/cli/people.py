"""Commands about people: who is the same person across lists, who says so, and who may look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table, progress
from fourfold.cli.answers import show as show_finding
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.cli.service import has_service, with_service
from fourfold.errors import CodeUnknown

if TYPE_CHECKING:
    from fourfold.records.access import Asking
    from fourfold.records.as_at import Records
    from fourfold.records.people import Linked

commands = typer.Typer()
people = typer.Typer(help="The same person across lists and years.", no_args_is_help=True)
commands.add_typer(people, name="people")

Officer = Annotated[str, typer.Option(help="Who asks: the officer's number or key.")]
Role = Annotated[str, typer.Option(help="The role in which the officer asks.")]
Purpose = Annotated[str, typer.Option(help="What for: a purpose of the table of purposes.")]
Reason = Annotated[str, typer.Option(help="Why now, in words; no name.")]


@people.command()
def admit(
    officer: Annotated[str, typer.Argument(help="The officer's number or key.")],
    role: Annotated[str, typer.Option(help="A role of the table of purposes.")],
    as_json: AsJson = False,
) -> None:
    """Let an officer open personal columns in a role, for the purposes of that role."""
    from fourfold.records.access import Folder, purposes

    Folder(settings.opened_home()).admit(officer, role)
    held = [one for one in purposes() if one.role == role]
    if as_json:
        print_json({"officer": officer, "role": role, "purposes": [one.purpose for one in held]})
        return
    print(f"{officer} may now act as {role}:")
    print_table(["purpose", "kind", "tables"], [[p.purpose, p.kind, ", ".join(p.tables)] for p in held])


@people.command()
def link(
    officer: Officer,
    role: Role = "analyst",
    purpose: Purpose = "linking people",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Say who is the same person: new entries against all known ones; identifiers stay."""
    from fourfold.records.access import Folder
    from fourfold.records.people import link as link_by

    asking, records = _asking(officer, role, purpose, reason), records_of(None)

    def linked() -> Linked:
        with ExitStack() as shown:
            return link_by(records, Folder(records.home).gate, asking, settings.now(), told=_told(shown, as_json))

    run = _begun_and_closed(asking, records, linked)
    _recognise_victims()
    held = run.state.people
    said: dict[str, Any] = {
        "entries": held.height, "people": held["person"].n_unique(), "pairs_compared": run.compared,
        "entries_in_blocks_too_large": run.left_out, "changes": [vars(change) for change in run.changes],
    }  # fmt: skip
    if as_json:
        print_json(said)
        return
    print(f"{said['entries']:,} entries are of {said['people']:,} people; {run.compared:,} pairs were compared.")
    for change in run.changes:
        print(
            f"  {change.key} {'is now' if change.what == 'merged' else 'gave up entries to'} {change.other}: {change.why}"
        )
    if run.left_out:
        print(
            f"  {run.left_out:,} entries stand in blocks too large to compare, and were compared by the others alone."
        )


def _begun_and_closed(asking: Asking, records: Records, linked: Callable[[], Linked]) -> Linked:
    """Link people as the page does, with a begun entry, an event and a closing one, where a service stands over the records."""
    if not has_service(records.home):
        return linked()
    with_service()
    from fourfold.casework.decisions import link_people

    return link_people(asking, records, linked, clock=settings.now, by="command line")


def _told(shown: ExitStack, is_silent: bool) -> Callable[[int, int], None]:
    """Say how many pairs are to be compared before the first is, and then how far that has come."""
    state: dict[str, Any] = {"done": 0}

    def told(done: int, of: int) -> None:
        if not done and not is_silent:
            typer.echo(f"{of:,} pairs are to be compared.", err=True)
            state["advance"] = shown.enter_context(progress("Comparing pairs", of, is_silent))
        elif not is_silent:
            state["advance"](None, done - state["done"])
        state["done"] = done

    return told


def _recognise_victims() -> None:
    """Keep the open cases of care under the persons found, and have what pages read worked out, as after a page, where a service
    stands over the records."""
    records = records_of(None)
    if not has_service(records.home):
        return
    with_service()
    from fourfold.casework.care import recognise_victims
    from fourfold.casework.work import queue_rows

    recognise_victims(records, at=settings.now())
    queue_rows()


@people.command()
def show(
    key: Annotated[str, typer.Argument(help="The person's identifier, or one that it took the place of.")],
    officer: Officer, role: Role, purpose: Purpose, reason: Reason = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """The parts of one person, without a name: which crimes and reports, why they are linked, and repeat victimisation."""
    import polars as pl

    from fourfold.analysis.repeat_victims import repeats_of, victim_times
    from fourfold.records.access import Folder, purposes
    from fourfold.records.entries import TABLES, places
    from fourfold.records.people import state_of
    from fourfold.records.person_records import tables_of

    records, at = records_of(None), settings.now()
    state = state_of(records.home)
    person = state.resolved(key)
    named = (p for p in purposes() if (p.role, p.purpose, p.kind) == (role, purpose, "consultation"))
    tables = next((tables_of(p) for p in named), ()) or TABLES
    Folder(records.home).gate.asked(
        _asking(officer, role, purpose, reason), "consultation", tables, verb="show a person", at=at, keys=[person]
    )
    own = places(records).filter(pl.col("entry").is_in(state.entries_of(person)) & pl.col("table").is_in(tables))
    own = own.sort("day", "ref", nulls_last=True)
    parts = own.select("day", "role", "ref", "code", "loss").rows()
    again, undated = repeats_of(victim_times(records, state, own))
    links = state.links_of(person)
    if as_json:
        print_json({
            "person": person, "asked_for": key, "parts": parts, "repeats": vars(again), "without_a_day": undated, "links": links,
        })  # fmt: skip
        return
    print(f"{person}" + (f", which {key} now is" if key != person else ""))
    print_table(["day", "part", "reference", "of what", "lost (pence)"], [[_text(v) for v in part] for part in parts])
    days = ", ".join(f"{n:,}" for n in again.after_days)
    print(f"A victim {again.times:,} time(s)" + (f", {days} days after the time before." if days else "."))
    if again.times:
        lost = "not known" if again.lost_pence is None else f"{again.lost_pence / 100:,.2f} pounds where it was given"
        print(f"Lost: {lost}; the loss of {again.unknown_losses:,} of these times is not held.")
    if undated:
        print(f"And {undated:,} time(s) whose day is not known, which stand in neither.")
    for weight, why in links:
        print(f"  linked by {weight:.1f} bits: {'; '.join(why)}")


@people.command()
def decide(
    says: Annotated[str, typer.Argument(help="same or different.")],
    one: Annotated[str, typer.Argument(help="A person's identifier, or a crime's or report's reference of that person.")],
    other: Annotated[str, typer.Argument(help="Another.")],
    officer: Officer,
    why: Annotated[str, typer.Option(help="Why, in words; no name.")],
    role: Role = "analyst", purpose: Purpose = "linking people", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Merge two people, or set entries of one apart; every later run keeps to it."""
    from fourfold.records.access import Folder
    from fourfold.records.people import decide as decide_people

    if says not in ("same", "different"):
        raise CodeUnknown("A decision says same or different.", remedy="Write one of the two.")
    records, asking = records_of(None), _asking(officer, role, purpose, why)
    made, run = decide_people(records, Folder(records.home).gate, asking, says, one, other, clock=settings.now)
    _recognise_victims()
    if as_json:
        print_json({"decisions": len(made), "changes": [vars(change) for change in run.changes]})
        return
    print(f"Decided: {says}.")
    for change in run.changes:
        print(
            f"  {change.key} {'is now' if change.what == 'merged' else 'gave up entries to'} {change.other}: {change.why}"
        )


@people.command()
def repeats(
    force: Force, first: From = None, last: To = None,
    organisations: Annotated[bool, typer.Option("--organisations", help="Of organisations, in place of persons.")] = False,
    as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Repeat victimisation in a window, of all who are linked: how often, how soon, of what, and lost how much."""
    from fourfold.analysis.repeat_victims import repeat_victimisation
    from fourfold.codes import areas
    from fourfold.codes.periods import parse_window, year_to_date
    from fourfold.codes.working_days import local_date
    from fourfold.records.people import state_of

    records = records_of(as_at)
    end = parse_window(last, last).last if last else local_date(records.as_at)
    window = parse_window(first, end.isoformat()) if first else year_to_date(end)
    show_finding(
        [repeat_victimisation(records, state_of(records.home), areas.force(force).id, window, firms=organisations)],
        as_json,
    )


def _asking(officer: str, role: str, purpose: str, reason: str) -> Asking:
    from fourfold.records.access import Asking

    return Asking(officer=officer, role=role, purpose=purpose, reason=reason)


def _text(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
