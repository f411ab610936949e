"""Commands about retention: who is due for review, legal holds, erasure, rectification, and what is held of a person."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table
from fourfold.cli.people import Officer, Reason, _asking
from fourfold.cli.questions import AsJson, records_of
from fourfold.cli.service import has_service
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.records.access import Gate

commands = typer.Typer()
retention = typer.Typer(help="How long records are kept, and what a person may ask of them.", no_args_is_help=True)
commands.add_typer(retention, name="retention")

Person = Annotated[
    str,
    typer.Argument(help="An identifier of a linked person, a key of the queue, or a person's or report's reference."),
]
Purpose = Annotated[str, typer.Option(help="What for: rights requests, or retention.")]
InRole = Annotated[str, typer.Option(help="The role in which the officer asks.")]


def _gate(*, answers: str = "") -> Gate:
    """The gate to personal columns of the folder. Where a service is over it, what `answers` a person is done on its pages."""
    from fourfold.records.access import Folder
    from fourfold.records.retention import reconciled

    home = settings.opened_home()
    if answers and has_service(home):
        raise RequestInvalid(
            f"A service is over these records: {answers} from here would pass over what it holds of the person.",
            remedy="Sign in to the service as information manager: Accountability, then Rights requests or Retention.",
        )
    reconciled(home, Folder(home), settings.now())
    return Folder(home).gate


@retention.command()
def review(
    officer: Officer,
    role: InRole = "information_manager",
    purpose: Purpose = "retention",
    on: Annotated[str | None, typer.Option(help="The day asked about. Default: today.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those due later, too.")] = False,
    keep: Annotated[str | None, typer.Option(help="A key of the queue: looked at, and kept.")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """The review queue by the table of review groups; nothing is ever deleted by it."""
    from fourfold.codes.retention import review_group
    from fourfold.records.retention import LATER, review_queue, reviewed
    from fourfold.records.subjects import subject_of

    gate, records, at = _gate(), records_of(None), settings.now()
    asking = _asking(officer, role, purpose, reason)
    if keep is not None:
        gate.asked(asking, "consultation", ["people", "fraud_victims"], verb="keep after review", at=at, keys=[])
        reviewed(records.home, subject_of(records.home, keep), reason=reason, by=officer, at=at)
    queue = review_queue(records, date.fromisoformat(on) if on else at.date())
    shown = queue if every else queue.filter(queue["state"] != LATER)
    keys = shown["key"].head(50).to_list()
    gate.asked(asking, "consultation", ["people", "fraud_victims"], verb="see the review queue", at=at, keys=keys)
    counts = queue.group_by("group", "is_youth", "state").len().sort("group", "is_youth", "state").rows()
    if as_json:
        print_json(
            {"counts": counts, "queue": shown.head(50).to_dicts(), "shown": min(50, shown.height), "of": shown.height}
        )
        return
    print_table(
        ["group", "what", "state", "people"],
        [[g, review_group(g, youth).title, state, f"{n:,}"] for g, youth, state, n in counts],
    )
    if shown.height:
        rows = [
            [r["key"], r["group"], _day(r["last_on"]), _day(r["review_on"]), r["state"]]
            for r in shown.head(50).to_dicts()
        ]
        print(f"\nThe first {len(rows):,} of {shown.height:,}:")
        print_table(["key", "group", "last", "review on", "state"], rows)


@retention.command()
def find(
    officer: Officer, reason: Reason, role: InRole = "information_manager", purpose: Purpose = "rights requests",
    surname: Annotated[str | None, typer.Option(help="The surname.")] = None,
    forename: Annotated[str | None, typer.Option(help="The forename.")] = None,
    born_on: Annotated[str | None, typer.Option(help="The date of birth, as 1950-01-31.")] = None,
    phone: Annotated[str | None, typer.Option(help="The telephone number as recorded.")] = None,
    email: Annotated[str | None, typer.Option(help="The email address.")] = None,
    postcode: Annotated[str | None, typer.Option(help="The postcode as recorded.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search for a person by details, for one who is not linked: the references to go on with, and not a name."""
    from fourfold.records.subjects import matching

    given = {
        "surname": surname,
        "forename": forename,
        "born_on": born_on,
        "phone": phone,
        "email": email,
        "postcode": postcode,
    }
    wanted = {name: value for name, value in given.items() if value}
    if not wanted:
        raise RequestInvalid("Nothing to search for is given.", remedy="Give --surname, --born-on or another detail.")
    gate, at = _gate(), settings.now()
    asking = _asking(officer, role, purpose, reason)
    gate.asked(
        asking,
        "consultation",
        ["people", "fraud_victims"],
        verb="search for a person",
        at=at,
        note={"by": sorted(wanted)},
    )
    found = matching(settings.opened_home(), **wanted).sort("ref")
    if as_json:
        print_json(found.to_dicts())
        return
    shown = ("table", "force_id", "ref", "person_ref", "role")
    print_table(list(shown), [[row[c] or "" for c in shown] for row in found.to_dicts()])


@retention.command()
def hold(
    person: Person, officer: Officer, reason: Reason, role: InRole = "information_manager",
    purpose: Purpose = "rights requests", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Hold a person's records by law: an erasure is refused until the hold is released."""
    from fourfold.records.retention import hold as placed
    from fourfold.records.subjects import subject_of

    gate, home, at = _gate(answers="a legal hold"), settings.opened_home(), settings.now()
    number = gate.asked(
        _asking(officer, role, purpose, reason),
        "alteration",
        ["people", "fraud_victims"],
        verb="place a legal hold",
        at=at,
    )
    one = placed(home, subject_of(home, person), reason=reason, by=officer, at=at)
    if as_json:
        print_json({"hold": one.number, "key": one.key, "entry": number})
    else:
        print(f"Legal hold {one.number} stands over {one.key}.")


@retention.command()
def holds(as_json: AsJson = False) -> None:
    """The legal holds, those released among them."""
    from fourfold.records.retention import holds as every

    found = every(settings.opened_home(), standing_only=False)
    if as_json:
        print_json([{**vars(h), "entries": len(h.entries)} for h in found])
        return
    print_table(
        ["hold", "key", "placed", "by", "reason", "released"],
        [[str(h.number), h.key, _day(h.at), h.by, h.reason, _day(h.released_at)] for h in found],
    )


@retention.command()
def release(
    number: Annotated[int, typer.Argument(help="The number of the hold.")], officer: Officer, reason: Reason,
    role: InRole = "information_manager", purpose: Purpose = "rights requests", as_json: AsJson = False,
) -> None:  # fmt: skip
    """End a legal hold."""
    from fourfold.records.retention import release as ended

    gate, at = _gate(answers="the end of a legal hold"), settings.now()
    gate.asked(
        _asking(officer, role, purpose, reason),
        "alteration",
        ["people", "fraud_victims"],
        verb="release a legal hold",
        at=at,
    )
    one = ended(settings.opened_home(), number, reason=reason, by=officer, at=at)
    if as_json:
        print_json({"hold": one.number, "key": one.key})
    else:
        print(f"Legal hold {one.number} over {one.key} is released.")


@retention.command()
def erase(
    person: Person, officer: Officer, reason: Reason, role: InRole = "information_manager",
    purpose: Purpose = "rights requests", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Erase a person from all that is held here, or from nothing; the certificate says what was done, and is checked."""
    from fourfold.records.retention import erase_person

    gate = _gate(answers="an erasure")
    done = erase_person(
        settings.opened_home(), gate, _asking(officer, role, purpose, reason), person, clock=settings.now,
        backup_days=settings.backup_days(),
    )  # fmt: skip
    if as_json:
        print_json(done.as_dict())
        return
    for line in certificate_lines(done.as_dict()):
        print(line)


@retention.command()
def erasures(as_json: AsJson = False) -> None:
    """The certificates of what was erased."""
    from fourfold.records.erasure import certificates

    found = certificates(settings.opened_home())
    if as_json:
        print_json(found)
        return
    for one in found:
        for line in certificate_lines(one):
            print(line)


def certificate_lines(one: dict[str, Any]) -> list[str]:
    """A certificate in words."""
    at = datetime.fromisoformat(one["at"])
    rows = ", ".join(f"{n:,} of {table}" for table, n in one["rows"].items()) or "none"
    references = ", ".join(f"{n:,} in {table}" for table, n in one["references"].items()) or "none"
    said = [
        f"Erasure {one['erasure']} of {one['key']}, {at:%-d %B %Y, %H:%M} UTC",
        f"  rows erased: {rows}",
        f"  references taken out of rows that stay: {references}",
        f"  texts from which details were taken: {one['texts']:,}",
        f"  files received and parts rewritten: {one['files']:,}; derived files and exports thrown away: {one['thrown_away']:,}",
        f"  details that other people have too, and that stay with them: {one['shared']:,}",
        f"  backups: {one['backups_until']}",
    ]
    if not one.get("is_finished", True):
        said.append(
            "  NOT FINISHED: the service clears its own database, and looks for what is left, when it next starts"
        )
    elif one["remains"]:
        said.append(
            f"  STILL FOUND in {len(one['remains']):,} of {one['scanned']:,} files: {'; '.join(one['remains'])}"
        )
    elif one["scanned"]:
        said.append(f"  looked for afterwards in {one['scanned']:,} files, unpacked: nothing found")
    else:
        said.append("  not looked for afterwards: the value may stand, rightly, in another person's record")
    return said


def _day(day: date | datetime | None) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"


@retention.command()
def rectify(
    person: Person,
    officer: Officer,
    reason: Reason,
    column: Annotated[str, typer.Option(help="The detail: surname, born_on, phone ...")],
    value: Annotated[str, typer.Option(help="What is right; empty text takes it away.")],
    ground: Annotated[str, typer.Option(help="Why: misrecorded, out_of_date or of_another.")],
    authority: Annotated[str, typer.Option(help="Who says so, and by what; no name of the person.")],
    table: Annotated[str, typer.Option(help="people or fraud_victims.")] = "people",
    role: InRole = "information_manager",
    purpose: Purpose = "rights requests",
    as_json: AsJson = False,
) -> None:
    """Put a detail of a person right; the value before is kept or taken out as its ground says."""
    from fourfold.records.rectification import rectify as put_right

    done = put_right(
        settings.opened_home(), _gate(answers="a rectification"), _asking(officer, role, purpose, reason), person,
        table=table, column=column,
        value=value, why=ground, authority=authority, clock=settings.now,
    )  # fmt: skip
    if as_json:
        print_json(vars(done))
        return
    print(f"{done.column} is put right in {done.rows:,} row(s) of {done.table} of {done.key}.")
    kept = (
        f"is taken out of {done.erased_before:,} earlier row(s)"
        if done.erased_before
        else "stays with the earlier rows"
    )
    print(f"What stood there before {kept}, as the ground {done.ground} says.")


@retention.command()
def rectifications(as_json: AsJson = False) -> None:
    """What was put right, and whether a later extract has brought the row again."""
    from fourfold.records.rectification import overtaken
    from fourfold.records.rectification import rectifications as every

    records = records_of(None)
    again = [one["at"] for one in overtaken(records)]
    found = [{**one, "entries": len(one["entries"]), "is_overtaken": one["at"] in again} for one in every(records.home)]
    if as_json:
        print_json(found)
        return
    print_table(
        ["key", "table", "column", "ground", "authority", "by", "at", "since"],
        [[o["key"], o["table"], o["column"], o["ground"], o["authority"], o["by"], o["at"][:10],
          "a later extract has the row again: look at it" if o["is_overtaken"] else ""] for o in found],
    )  # fmt: skip


@retention.command()
def bundle(
    person: Person,
    officer: Officer,
    reason: Reason,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    recipient: Annotated[str, typer.Option(help="Who is given it; no name: “the person, by post”.")],
    role: InRole = "information_manager",
    purpose: Purpose = "rights requests",
    as_json: AsJson = False,
) -> None:
    """What is held of a person, from where, and who saw it, as HTML and DOCX: a disclosure on the log."""
    from fourfold.publications.bundle import written_bundle
    from fourfold.records.access import Folder
    from fourfold.records.holdings import holdings

    home = settings.opened_home()
    held = holdings(
        home, _gate(answers="a bundle"), _asking(officer, role, purpose, reason), person, at=settings.now(), recipient=recipient,
        log=Folder(home).entries(),
    )  # fmt: skip
    files = written_bundle(held, out)
    if as_json:
        print_json(
            {"key": held.key, "rows": len(held.rows), "sights": len(held.sights), "files": [str(f) for f in files]}
        )
        return
    print(f"{len(held.rows):,} rows and texts in {len(held.batches):,} files, seen {len(held.sights):,} times.")
    for path in files:
        print(f"  {path}")
    print("Read it before it is given: other people are taken out as far as records name them.")
