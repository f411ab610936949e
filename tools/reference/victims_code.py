"""What victims are owed, and the events of a journey, drawn from the rule packs and the list of events."""

from __future__ import annotations

from tools.reference.markdown import code, codes, table

from fourfold.codes import victims_code
from fourfold.codes.victims_code import Obligation
from fourfold.records.journeys import COLUMNS, PARTS


def rule_packs(_: str) -> str:
    """Each pack: from when, its rights, and what is owed, with limits and how sure each is."""
    said = []
    for pack in victims_code.shipped_packs():
        held = f"In force from {pack.first:%-d %B %Y}" + (f" to {pack.last:%-d %B %Y}." if pack.last else ".")
        rows = [
            (code(o.id), o.right, o.title, codes(o.starts), codes(o.met_by), _limit(o, False), _limit(o, True), o.owner, o.status,
             f"{o.limit_note} {o.source}".strip())
            for o in pack.obligations
        ]  # fmt: skip
        columns = (
            "owed",
            "right",
            "what",
            "starts",
            "met by",
            "standard",
            "enhanced",
            "owner",
            "how sure",
            "note and source",
        )
        said += [f"### {pack.title}", f"`{pack.id}`, version {pack.version}, {pack.status}. {held} {pack.source}"]
        said += [table(("number", "right"), pack.rights.items()), table(columns, rows)]
    return "\n\n".join(said)


def _limit(owed: Obligation, is_enhanced: bool) -> str:
    limit = owed.limit(is_enhanced)
    days = "calendar or working days, by setting" if owed.counted == "either" else f"{owed.counted} days"
    return "none in days" if limit is None else f"{limit} {days} ({owed.limit_status(is_enhanced)})"


def journey_events(_: str) -> str:
    """Each event: what it means, and the other words for it."""
    sorts = {
        "happened": "What happened, and may start a clock",
        "told": "What the victim was told, what was done for them, and what was tried",
        "standing": "What holds from then on",
    }
    said = []
    for sort, title in sorts.items():
        own = [e for e in victims_code.events().values() if e.sort == sort]
        rows = [(code(e.name), e.means, codes(e.also), code(e.about)) for e in own]
        said += [f"### {title}", table(("event", "means", "other words", "about"), rows)]
    said += ["### What a contact may be about", codes(victims_code.abouts()) + "."]
    return "\n\n".join(said)


def journey_details(_: str) -> str:
    """The parts of a detail."""
    return table(("part", "what it says"), [(code(f"{name}="), text) for name, text in PARTS.items()])


def journey_columns(_: str) -> str:
    """The columns, as the first line of a file."""
    return f"```text\n{','.join(COLUMNS)}\n```"


def states(_: str) -> str:
    """The eight states, each with when it applies."""
    return table(("state", "when"), [(s, victims_code.STATE_MEANS[s]) for s in victims_code.STATES])


SECTIONS = {
    "rule packs": rule_packs, "journey events": journey_events, "journey details": journey_details,
    "journey columns": journey_columns, "states of the code": states,
}  # fmt: skip
