"""What the words mean, drawn from the code lists, measures and breaks: every row with its source, licence and standing."""

from __future__ import annotations

from tools.reference.markdown import code, codes, table

from fourfold.codes import gaps
from fourfold.codes.areas import LAYERS
from fourfold.codes.breaks import breaks
from fourfold.codes.lists import STATUSES, code_list, code_lists
from fourfold.codes.measures import Measure
from fourfold.codes.measures import measures as every_measure
from fourfold.codes.outcomes import outcome_measures as every_outcome_measure
from fourfold.codes.small_numbers import small_number_rules


def lists(_: str) -> str:
    """Every code list: what it is, where it comes from, how sure its rows are, and the rows."""
    held = [code_list(name) for name in code_lists()]
    rows = [
        (f"[`{one.name}`](#{one.name.replace('_', '-')})", one.version, one.title, len(one.rows), *_standing(one.rows))
        for one in held
    ]
    columns = ("list", "version", "what", "rows", *(f"{status}" for status in STATUSES))
    said = [table(columns, rows)]
    for one in held:
        names = tuple(one.rows[0])
        said += [
            f"({one.name.replace('_', '-')})=\n## {one.title}",
            f"`{one.name}`, version {one.version}. Source: {one.source}. Licence: {one.licence}.",
            table(names, ([_coded(name, row[name]) for name in names] for row in one.rows)),
        ]
    return "\n\n".join(said)


def measures(_: str) -> str:
    """Every measure: what it counts and how it is not what its name may suggest."""
    held = every_measure()
    rows = [
        (
            f"[`{m.id}`](#measure-{_slug(m.id)})",
            m.title,
            m.basis.replace("police_uk", "police.uk").replace("_", " "),
            m.status,
        )
        for m in held
    ]
    return "\n\n".join([table(("measure", "title", "counted by", "standing"), rows), *(_measure(m) for m in held)])


def outcome_measures(_: str) -> str:
    """Every definition of a positive outcome."""
    said = []
    for one in every_outcome_measure():
        said.append(
            f"### {one.title}\n\n`{one.id}`, version {one.version}, {one.status}. {one.definition} {one.differs}\n\n"
            f"- Counted by {one.basis.replace('_', ' ')}: {'; '.join(one.codes)}.\n"
            f"- Taken into consideration: {'; '.join(one.taken_into_consideration) or 'none'}.\n"
            f"- Source: {one.source}."
        )
    return "\n\n".join(said)


def declared_breaks(_: str) -> str:
    """Every declared break, in order of time."""
    said = []
    for one in breaks():
        whose = f" For {', '.join(one.forces)} only." if one.forces else ""
        which = f" Measures: {codes(one.measures)}." if one.measures else " Every measure."
        said.append(
            f"### {one.title}, {one.when}\n\n{one.text[:1].upper()}{one.text[1:]}{whose}{which}\n\n"
            f"`{one.id}`, {one.status}. Source: {one.source}."
        )
    return "\n\n".join(said)


def small_numbers(_: str) -> str:
    """Every rule for small numbers, the one that is used where none is chosen first."""
    rows = [
        (code(one.id), one.title, f"{one.in_words[:1].upper()}{one.in_words[1:]}.", one.source)
        for one in small_number_rules()
    ]
    return table(("rule", "title", "what it does", "source"), rows)


def layers(_: str) -> str:
    """The layers that a point can be placed in."""
    return table(("layer", "what"), [(code(name), what) for name, what in LAYERS.items()])


def _measure(one: Measure) -> str:
    when = [f"from {one.counted_from:%-d %B %Y}"] if one.counted_from else []
    when += [f"to {one.counted_to:%-d %B %Y}"] if one.counted_to else []
    lines = [f"(measure-{_slug(one.id)})=\n### {one.title}", f"{one.definition} {one.differs}".strip()]
    facts = [f"Name: `{one.id}`, version {one.version}, {one.status}."]
    facts += [f"Parts: {codes(one.parts)}."] if one.parts else []
    facts += [f"Codes: {codes(one.codes)}."] if one.codes else []
    facts += [f"Its codes were in use {' '.join(when)}."] if when else []
    return "\n\n".join([*lines, "\n".join(f"- {fact}" for fact in [*facts, f"Source: {one.source}."])])


def every_gap(_: str) -> str:
    """Every gap: the figure that fields feed, whom it is asked of, and what it takes for its answer to be yes."""
    rows = [
        (code(one.id), one.title, one.theme, one.figure, codes(one.fields), _whom(one), one.source, one.status)
        for one in gaps.gaps()
    ]
    return table(("gap", "title", "theme", "figure", "fields", "asked of", "source", "standing"), rows)


def _whom(one: gaps.Gap) -> str:
    said = [f"{column} {' or '.join(str(word) for word in words)}" for column, words in one.rows.items()]
    said += [f"crimes of {name}" for name in one.measures]
    return "; ".join(said) or "every row"


def _standing(rows: tuple[object, ...]) -> list[int]:
    return [sum(row.get("status") == status for row in rows) for status in STATUSES]  # type: ignore[attr-defined]


def _coded(column: str, text: str) -> str:
    return code(text) if column.endswith("code") or column in ("id", "code", "type", "predecessor") else text


def _slug(name: str) -> str:
    return name.replace("_", "-")


SECTIONS = {
    "code lists": lists,
    "measures": measures,
    "gaps": every_gap,
    "outcome measures": outcome_measures,
    "breaks": declared_breaks,
    "layers": layers,
    "small number rules": small_numbers,
}
