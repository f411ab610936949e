"""Sentences whose numbers are bound to Findings. A number that no Finding stands behind is not printed.

A template's own words may hold no digit. Its fields are drawn from Findings (`{change:percent}`, `{before:count}`), from
their windows (`{change:window}`), or from named things (a measure's title, a batch's file name) passed as `Named`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any

from fourfold.analysis.findings import Finding, Value
from fourfold.codes import gaps
from fourfold.codes.periods import Window
from fourfold.errors import NumberUnbound

DECIMAL_PLACE_FROM = 1_000
"""Percentages that rest on this many records or more are given to one decimal place; others to none."""

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Named:
    """A name that may hold digits: a measure's title, a file's name, a version. Never a count."""

    text: str


@dataclass(frozen=True)
class Figure:
    """A number as printed, and the Finding it was drawn from.

    Where it is not the Finding's own value, `at` says what it is: a cell of its table (row and column), one of its
    parameters ("parameters" and the name), or "difference", its first part less its second.
    """

    text: str
    finding: Finding
    at: tuple[int | str, str] | None = None


@dataclass(frozen=True)
class Moment:
    """A date or window as printed, and how machines write it."""

    text: str
    machine: str


@dataclass(frozen=True)
class Tally:
    """A number of a batch's account as printed, and the batch that it is bound to."""

    text: str
    batch_id: str


Piece = str | Figure | Moment | Named | Tally


@dataclass(frozen=True)
class Sentence:
    """Words, names, moments and figures in order."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(p if isinstance(p, str) else p.text for p in self.pieces)

    @property
    def html(self) -> str:
        """The sentence as HTML: each figure links to its Finding in the annex."""
        return "".join(piece_html(p) for p in self.pieces)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The Findings that its figures are drawn from."""
        return tuple(p.finding for p in self.pieces if isinstance(p, Figure))

    def __add__(self, other: Sentence) -> Sentence:
        return Sentence((*self.pieces, " ", *other.pieces))


def sentence(template: str, **drawn: Finding | Window | date | Named | Figure | Sentence | str) -> Sentence:
    """A sentence from a template and what its fields are drawn from.

    Raises NumberUnbound when the template's words, or a plain text passed to it, hold a digit.
    """
    pieces: list[Piece] = []
    for words, name, form, _ in string.Formatter().parse(template):
        without_digits(words)
        if words:
            pieces.append(words)
        if name is None:
            continue
        source = drawn[name]
        if isinstance(source, Sentence):
            pieces.extend(source.pieces)
        elif isinstance(source, str):
            without_digits(source)
            pieces.append(source)
        else:
            pieces.append(_piece(source, form or ""))
    return Sentence(tuple(pieces))


def cell_figure(finding: Finding, row: int, column: str, form: str = "count") -> Figure:
    """A number of a Finding's table: `form` is count, change (a signed count), size (unsigned), share (of 1) or rate."""
    assert finding.table is not None
    value = finding.table.rows[row][finding.table.columns.index(column)]
    return Figure(cell_text(value, form), finding, (row, column))


def parameter_figure(finding: Finding, name: str) -> Figure:
    """One of a Finding's parameters, a count."""
    return Figure(cell_text(finding.parameters[name], "count"), finding, ("parameters", name))


def difference_figure(change: Finding) -> Figure:
    """How many more, or fewer, the later window of a change holds."""
    after, before = change.parts[0].value, change.parts[1].value
    value = after - before if isinstance(after, int) and isinstance(before, int) else None
    return Figure(cell_text(value, "change"), change, ("difference", ""))


def cell_text(value: Value, form: str) -> str:
    """A number of a table as it is printed."""
    if isinstance(value, str):
        return value  # the mark of a count that is withheld
    if value is None:
        return "not available"
    return {
        "count": f"{value:,.0f}", "size": f"{abs(value):,.0f}", "rate": f"{value:,.1f}", "share": f"{100 * value:.1f}%",
        "change": f"{'−' if value < 0 else '+'}{abs(value):,.0f}" if value else "no change",
    }[form]  # fmt: skip


def figure_text(finding: Finding, form: str) -> str:
    """A Finding's value in words and digits: `count`, `percent` (signed), `size` (unsigned), `rate`, `share`, `n`."""
    value = finding.n if form == "n" else finding.value
    if not isinstance(value, (int, float)):
        return "withheld" if finding.n is None else "not available"
    places = 1 if (finding.n or 0) >= DECIMAL_PLACE_FROM else 0
    if form in ("count", "n"):
        return f"{int(value):,}"
    if form == "percent":
        return f"{'−' if round(value, places) < 0 else '+'}{abs(value):,.{places}f}%"
    if form == "size":
        return f"{abs(value):,.{places}f}%"
    if form == "share":
        return f"{value:.1f}%"
    if form == "rate":
        return f"{value:,.1f}"
    raise ValueError(f"there is no way of writing a figure named {form}")


def change_sentence(change: Finding, title: str | None = None) -> Sentence:
    """A change with both counts and both windows, and how it is judged. `title` is what it is called, if not its own."""
    after, before = change.parts[0], change.parts[1]
    drawn: dict[str, Any] = {
        "title": Named(title or change.title), "change": change, "after": after, "before": before,
        "later": after.windows[0], "earlier": before.windows[0],
    }  # fmt: skip
    if after.value is None or before.value is None:
        short = after if after.value is None else before
        drawn["why"] = Named((short.verdict or "not available.").removeprefix("Not available: "))
        if after.value is None:
            return sentence("{title} in {later} is not available: {why}", **drawn)
        return sentence("{title} stood at {after:count} in {later}. It cannot be set against {earlier}: {why}", **drawn)
    if change.value is None:
        said = sentence("{title} stood at {after:count} in {later} and {before:count} in {earlier}.", **drawn)
    elif after.value == before.value:
        said = sentence("{title} stood at {after:count} in {later}, as in {earlier}.", **drawn)
    else:
        verb = "rose" if change.value > 0 else "fell"  # type: ignore[operator]
        said = sentence(
            "{title} {verb} {change:size}, from {before:count} in {earlier} to {after:count} in {later}.",
            verb=verb,
            **drawn,
        )
    return said + judgement_sentence(change)


def judgement_sentence(change: Finding) -> Sentence:
    """Whether a change is more than the series' own variation, in plain words."""
    verdict, _, reason = (change.verdict or "").partition(": ")
    words = {
        "rise": "This is more than the series' own variation would make.",
        "fall": "This is more than the series' own variation would make.",
        "no clear change": "This is within the series' own variation: no clear change.",
        "cannot judge": "Whether it is more than ordinary variation cannot be judged: {reason}.",
    }
    said = sentence(words.get(verdict, ""), **({"reason": Named(reason)} if verdict == "cannot judge" else {}))
    if change.interval is not None and verdict != "cannot judge":
        low, high = (Figure(_signed(bound), change) for bound in (change.interval.low, change.interval.high))
        said = said + Sentence(("Allowing for that variation, the change lies between ", low, " and ", high, "."))
    return said


def expectation_sentence(expectation: Finding, window: Window) -> Sentence:
    """A window's months against their expectation: those outside it, or else its last month beside what was expected."""
    assert expectation.table is not None
    rows = list(enumerate(expectation.table.records()))
    inside = [(at, row) for at, row in rows if window.first.isoformat() <= str(row["month"]) <= window.last.isoformat()]
    if not inside:
        return sentence("Month by month it cannot be set against its own season: no month of the window is held.")
    marked = [(at, row) for at, row in inside if row["exceptional"]]
    if not marked:
        at, row = inside[-1]
        said = sentence("Taken singly, no month stood outside what its own season and variation lead one to expect:")
        return said + _month_beside(expectation, at, row)
    said = sentence("Taken singly, these months stood outside what their own season and variation lead one to expect:")
    for at, row in marked:
        said = said + _month_beside(expectation, at, row)
    return said if len(marked) == len(inside) else said + sentence("The others did not.")


def _month_beside(expectation: Finding, at: int, row: dict[str, Value]) -> Sentence:
    return sentence(
        "{month} held {count}, where {expected} were expected and {lower} to {upper} would have been ordinary.",
        month=Named(f"{date.fromisoformat(str(row['month'])):%B %Y}"),
        **{name: cell_figure(expectation, at, name) for name in ("count", "expected", "lower", "upper")},
    )


def spread_sentence(spread: Finding) -> Sentence:
    """How few places hold half of what has a place, beside what an even spread would give."""
    return sentence(
        "Half of the {placed:n} that have a place stood in {few:count} of the {places} small areas; spread evenly, {even} "
        "would have held half.",
        placed=spread,
        few=spread,
        places=parameter_figure(spread, "places"),
        even=cell_figure(spread, 1, "places_if_even"),
    )


def rises_sentence(rises: Finding, listed: int = 3) -> Sentence:
    """Where it rose most, and which of those rises are more than the area's own variation could make."""
    assert rises.table is not None
    rows = rises.table.records()
    if not rows:
        return sentence("It rose in no small area.")
    places = [
        sentence(
            "{name} (from {before} to {after})",
            name=Named(str(row["name"])),
            before=cell_figure(rises, at, "before"),
            after=cell_figure(rises, at, "after"),
        )
        for at, row in enumerate(rows[:listed])
    ]
    said = sentence("It rose most in {places}.", places=in_a_row(places))
    risen = [sentence("{name}", name=Named(str(row["name"]))) for row in rows if row["judgement"] == "rise"]
    if not risen:
        return said + sentence("None of these rises is more than the area's own variation could make.")
    return said + sentence(
        "More than the area's own variation could make is the rise in {risen}.", risen=in_a_row(risen)
    )


def gap_sentence(gap: Finding) -> Sentence:
    """What a gap makes unknowable, in the words of the list of gaps, its numbers drawn from the Finding."""
    if gap.value is None:
        return sentence("{title}: {why}", title=Named(gap.title), why=Named(gap.verdict or "not available"))
    numbers = {name: parameter_figure(gap, name) for name in ("asked", "least", "most")}
    places = 1 if gap.records >= DECIMAL_PLACE_FROM else 0
    said = sentence(
        gaps.gap(gap.definition.name).sentence, share=Figure(f"{gap.value:.{places}f}%", gap),
        unknown=parameter_figure(gap, "not known"), group=Named(str(gap.parameters["group"])), **numbers,
    )  # fmt: skip
    if gap.parameters["not extracted"]:
        return said + sentence("No file that is held has a column for it: it was not extracted, whatever was recorded.")
    return said


def case_sentence(case: Finding) -> Sentence:
    """Which fields, made mandatory, would remove how much of what cannot be known, and for how many hours of recorders."""
    if case.value is None or case.table is None or not case.parameters["fields"]:
        return sentence("No field would remove any of what cannot be known.")
    chosen = [row for row in case.table.records() if row["step"] is not None]
    hours = Figure(cell_text(case.parameters["hours"], "rate"), case, ("parameters", "hours"))
    named = [sentence("{field}", field=Named(str(row["field"]))) for row in chosen]
    return sentence(
        "Made mandatory, {fields} would have let {removed} of the {total:n} answers be given that cannot be given, which is "
        "{share}; it would have taken recorders {hours} hours.",
        fields=in_a_row(named), removed=parameter_figure(case, "removed"), total=case,
        share=Figure(f"{case.value:.0f}%", case), hours=hours,
    )  # fmt: skip


def in_a_row(said: Sequence[Sentence]) -> Sentence:
    """Sentences as one: first, second and third."""
    pieces: list[Piece] = []
    for number, one in enumerate(said):
        if number:
            pieces.append(" and " if number == len(said) - 1 else ", ")
        pieces.extend(one.pieces)
    return Sentence(tuple(pieces))


def _threshold_words(finding: Finding) -> str:
    said = finding.parameters
    would, now = f"{said['would be']:,} of {finding.n:,} reports would be referred", f"{said['referred']:,} are"
    return f"{would}, where {now} ({finding.value:+,})"


def _capacity_words(finding: Finding) -> str:
    assert finding.table is not None
    means = {str(row[0]): int(str(row[1])) for row in finding.table.rows}
    low, high = (finding.interval.low, finding.interval.high) if finding.interval else (0, 0)
    missed = {what.removeprefix("missed: "): n for what, n in means.items() if what.startswith("missed")}
    said = "; ".join(f"{n:,} {what}" for what, n in missed.items())
    return (
        f"of {finding.n:,} reports {finding.value:,} are helped in time ({low:,.0f} to {high:,.0f}), {means['helped late']:,} late; "
        f"{means['waiting']:,} wait at the end; {sum(missed.values()):,} are missed ({said})"
    )


def _days_words(finding: Finding) -> str:
    low, high = (finding.interval.low, finding.interval.high) if finding.interval else (0, 0)
    return f"half of those helped wait {finding.value:g} or fewer (by the run, {low:g} to {high:g})"


def _ranged_words(finding: Finding) -> str:
    low, high = (finding.interval.low, finding.interval.high) if finding.interval else (0, 0)
    return f"{finding.value:,} ({low:,.0f} to {high:,.0f})"


_OF_FRAUD: dict[str, Callable[[Finding], str]] = {
    "triage": lambda finding: f"{finding.value:,} of {finding.n:,} reports",
    "threshold": _threshold_words,
    "care waits": lambda finding: (
        f"half of {finding.n:,} cases within {finding.value:g}; {finding.parameters['open']:,} are open; "
        f"{finding.parameters['waiting']:,} referred are not taken up, as far as is recorded"
    ),
    "capacity": _capacity_words,
    "capacity waits": _days_words,
    "capacity backlog": lambda finding: f"at the end {_ranged_words(finding)}",
    "capacity by whom": lambda finding: f"missed are {_ranged_words(finding)}",
    "report changes": lambda finding: f"{finding.value:,} judged to have changed",
    "report share": lambda finding: (
        f"{finding.value:.1f}% ({finding.parameters['counted']:,} of {finding.n:,} reports)"
    ),
    "fraud outcome rate": lambda finding: (
        f"{finding.value:.1f}% ({finding.parameters['positive']:,} outcomes, {finding.n:,} disseminated)"
    ),
    "allocation": lambda finding: f"{finding.value:.1f}% ({finding.parameters['owned']:,} of {finding.n:,})",
    "theme trend": lambda finding: (
        f"{finding.value:,} of {finding.n:,} reports with a narrative are scored as of this theme"
        + (f"; it may be {finding.interval.low:,.0f} to {finding.interval.high:,.0f}" if finding.interval else "")
    ),
    "national": lambda finding: f"{finding.value:+.1f}% here, {finding.parameters['published']:+.1f}% published",
}
"""What is said of each kind of Finding about reports of fraud, after its title and window."""
_OF_VEHICLES: dict[str, Callable[[Finding], str]] = {
    "recovery rate": lambda finding: (
        f"{figure_text(finding, 'share')} ({finding.parameters['found']:,} of {finding.n:,} stolen)"
    ),
    "recovery change": lambda finding: _recovery_change_words(finding),
    "recovery cohorts": lambda finding: f"{finding.n:,} stolen, told until {finding.parameters['told until']}",
    "dismantling places": lambda finding: (
        f"{finding.value:,}, of {finding.n:,} parts recovered; each for a person to judge"
    ),
    "after recovery": lambda finding: f"{finding.n:,} found",
    "kinds of vehicle crime": lambda finding: f"{finding.value:,} crimes",
    "vulnerable vehicles": lambda finding: f"{finding.n:,} vehicles. {(finding.verdict or '').rstrip('.')}",
    "keyless share": lambda finding: (
        f"{figure_text(finding, 'share')} of those that say ({finding.parameters['keyless']:,} of "
        f"{finding.records - finding.parameters['not recorded']:,}); {_bounds(finding)}% of all {finding.n:,}"
    ),
    "car key burglary": lambda finding: f"{_bounds(finding, 0)} of {finding.n:,} residential burglaries",
    "where found": lambda finding: f"{finding.n:,} found",
}
"""What is said of each kind of Finding about vehicles, after its title and window."""


def _bounds(finding: Finding, places: int = 1) -> str:
    assert finding.interval is not None
    low, high = (f"{end:,.{places}f}" for end in (finding.interval.low, finding.interval.high))
    return low if low == high else f"between {low} and {high}"


def _recovery_change_words(finding: Finding) -> str:
    after, before = finding.parts[:2]
    assert isinstance(finding.value, (int, float))
    said = f"{figure_text(after, 'share')}, against {figure_text(before, 'share')} in {before.windows[0].label}: "
    points = f"{'−' if finding.value < 0 else '+'}{abs(finding.value):.1f} percentage points"
    limits = f" ({finding.interval.low:+.1f} to {finding.interval.high:+.1f})" if finding.interval else ""
    return f"{said}{points}{limits}, {(finding.verdict or '').partition(':')[0]}"


_AFTER_TITLE: dict[str, Callable[[Finding], str]] = {
    **_OF_FRAUD,
    **_OF_VEHICLES,
    "coverage": lambda finding: f"{figure_text(finding, 'share')} of {finding.n:,} rows",
    "rate": lambda finding: figure_text(finding, "rate"),
    "agreement of markers": lambda finding: f"kappa {finding.value:.2f}; {finding.verdict}",
    "compliance items": lambda finding: f"{finding.verdict}",
    "property held": lambda finding: f"{finding.value:,} things; {finding.verdict}",
    "external delay": lambda finding: f"{finding.value:,} waits; {finding.verdict}",
    "service recovery": lambda finding: f"{finding.verdict}",
    "put right": lambda finding: f"{finding.verdict}",
    "right to review": lambda finding: f"{finding.verdict}",
    "personal statements": lambda finding: f"{finding.verdict}",
    "survey": lambda finding: f"{finding.verdict} ({figure_text(finding, 'share')})",
    "records of an audit": lambda finding: f"{finding.verdict}",
    "audit against records": lambda finding: f"{finding.verdict} ({figure_text(finding, 'share')})",
}
"""The same, of every kind that is said so."""


def completeness_sentence(found: Finding) -> Sentence:
    """How many of the cells to which a field applies are filled in, or valid; of a table of fields how many cells it is of."""
    if found.kind == "completeness":
        return sentence("{title}: {found:n} cells to which they apply.", title=Named(found.title), found=found)
    if found.value is None:
        return sentence("{title}: {why}", title=Named(found.title), why=Named(found.verdict or "not available"))
    share = Figure(f"{found.value:.1f}%", found)
    return sentence("{title}: {share} of {found:n} cells.", title=Named(found.title), share=share, found=found)


def freshness_sentence(fresh: Finding) -> Sentence:
    """How many feeds are overdue."""
    return sentence("Of {feeds:n} feeds, {overdue:count} are overdue.", feeds=fresh, overdue=fresh)


def reconciliation_sentence(told: Finding) -> Sentence:
    """Fraud stage by stage, each from its own feed; what cannot be told is said to be so."""
    assert told.table is not None
    stages = [
        sentence("{n} {stage}", n=cell_figure(told, at, "reports"), stage=Named(str(row["stage"])))
        for at, row in enumerate(told.table.records())
    ]
    return sentence("Fraud, each stage from its own feed: {stages}.", stages=in_a_row(stages))


_OF_QUALITY = {
    "gap": gap_sentence, "case": case_sentence, "completeness": completeness_sentence,
    "completeness by owner": completeness_sentence, "freshness": freshness_sentence,
    "reconciliation": reconciliation_sentence,
}  # fmt: skip
"""How each kind of Finding of the quality of what is held is said."""


def plain_sentence(finding: Finding) -> str:
    """Any Finding as a line of text, for the terminal."""
    if finding.kind == "change":
        signed = figure_text(finding, "percent") if finding.value is not None else "not available"
        return f"{finding.area}. {change_sentence(finding).text} ({signed})"
    window = finding.windows[0].label
    if finding.kind in _OF_QUALITY:
        return f"{finding.area}, {window}. {_OF_QUALITY[finding.kind](finding).text}"
    if finding.value is None and finding.kind not in ("series", "control chart", "expectation", "cohorts"):
        return f"{finding.area}. {finding.title}, {window}: {finding.verdict or 'not available'}"
    if finding.kind in _AFTER_TITLE:
        return f"{finding.area}. {finding.title}, {window}: {_AFTER_TITLE[finding.kind](finding)}"
    if finding.kind == "time to outcome":
        return (
            f"{finding.area}. {finding.title}, recorded {window}: half of the {finding.parameters['positive']:,} positive "
            f"outcomes so far came within {finding.value} whole months; {finding.parameters['ages reached']} are reached"
        )
    if finding.kind == "outcome rate":
        given = f"{finding.parameters['positive']:,} of {finding.n:,} recorded"
        return f"{finding.area}. {finding.title}, {window}: {figure_text(finding, 'share')} ({given})"
    if finding.kind == "cohorts":
        return f"{finding.area}. {finding.title}, by month of recording, {window}: {finding.n:,} recorded"
    if finding.kind in _AREAS_SAY:
        return f"{finding.area}. {finding.title}{_AREAS_SAY[finding.kind](finding)}"
    unit = finding.unit.removesuffix("s") if finding.n == 1 else finding.unit
    return f"{finding.area}. {finding.title}, {window}: {finding.n:,} {unit}"


def _rises_say(finding: Finding) -> str:
    return (
        f", {finding.windows[0].label} against {finding.windows[1].label}: in {finding.value:,} of "
        f"{finding.parameters['areas']:,} areas by more than their own variation could make"
    )


_AREAS_SAY: dict[str, Callable[[Finding], str]] = {
    "scan": lambda f: f", {f.windows[0].label} against {f.windows[1].label}: {f.value:,} changed",
    "rises": _rises_say,
    "concentration": lambda f: (
        f", {f.windows[0].label}: half of {f.n:,} placed in {f.value:,} of {f.parameters['places']:,} places"
    ),
    "repeat victimisation": lambda f: (
        f", {f.windows[0].label}: {f.value:,} of {f.n:,} who were victims had been victims before"
    ),
    "forecast": lambda f: (
        f", {f.windows[0].label}: {f.value:,.1f} events expected, by {f.n:,} before"
        + (f"; nine times in ten between {f.interval.low:,.0f} and {f.interval.high:,.0f}" if f.interval else "")
    ),
    "backtest": lambda f: f", {f.windows[0].label}: of {f.n:,} events; the map to be shown is: {f.value}. {f.verdict}",
    "exposure": lambda f: (
        f", {f.windows[0].label}: of {f.n:,} events; flagged at most {f.value:.2f} times as often as events came there"
        if f.value is not None
        else f", {f.windows[0].label}: no event came"
    ),
    "plain map": lambda f: f", {f.windows[0].label}: {f.value:,.1f} events expected, by {f.n:,} before",
    "lattice": lambda f: (
        f", {f.windows[0].label}: {f.parameters['shape']} of {f.value:,g} m tell most of {f.n:,} events"
    ),
    "hotspots": lambda f: (
        f", {f.windows[0].label}: {f.n:,} events; in {f.value:,} of {f.parameters['squares']:,} squares more than chance"
    ),
    "what moved": lambda f: (
        f", {f.windows[0].label} against {f.windows[1].label}: the share of {f.value:,} of {f.parameters['areas']:,} areas changed "
        f"by more than their own variation could make; {100 * f.parameters['dissimilarity']:.1f}% stands elsewhere, where chance "
        f"alone would give {100 * f.parameters['by chance']:.1f}%"
    ),
    "rings": lambda f: (
        f", {f.windows[0].label} against {f.windows[1].label}: inside {f.value:+,.1f} beyond what the rest of the force did, in the "
        f"rings {f.parameters['in the rings']:+,.1f}"
    ),
    "near repeats": lambda f: (
        f": {f.n:,} events repeat near themselves within {f.value:,g} m and {f.parameters['days']} days"
    ),
    "chains": lambda f: (
        f": {f.value:,} of {f.n:,} events followed another within {f.parameters['metres']:g} m and {f.parameters['days']} days"
    ),
}
"""What Findings of many places say after their title, by kind."""


def _signed(per_cent: float) -> str:
    return f"{'−' if round(per_cent) < 0 else '+'}{abs(per_cent):.0f}%"


def _piece(source: Finding | Window | date | Named | Figure, form: str) -> Piece:
    if isinstance(source, (Named, Figure)):
        return source
    if isinstance(source, Window):
        return Moment(source.label, f"{source.first.isoformat()}/{source.last.isoformat()}")
    if isinstance(source, datetime):
        return Moment(f"{source:%-d %B %Y, %H:%M} UTC", source.isoformat())
    if isinstance(source, date):
        return Moment(f"{source:%-d %B %Y}", source.isoformat())
    if form == "window":
        return _piece(source.windows[0], "")
    return Figure(figure_text(source, form), source)


def piece_html(piece: Piece) -> str:
    """A piece as HTML: a figure as a link to its Finding in the annex."""
    if isinstance(piece, str):
        return escape(piece)
    if isinstance(piece, Figure):
        identity = piece.finding.id
        at = f' data-at="{piece.at[0]} {escape(piece.at[1])}"' if piece.at else ""
        return f'<a class="figure" href="#finding-{identity}" data-finding="{identity}"{at}>{escape(piece.text)}</a>'
    if isinstance(piece, Moment):
        return f'<span class="moment" data-window="{escape(piece.machine)}">{escape(piece.text)}</span>'
    if isinstance(piece, Tally):
        return f'<a class="tally" href="#batch-{piece.batch_id}">{escape(piece.text)}</a>'
    return f'<span class="name">{escape(piece.text)}</span>'


def without_digits(words: str) -> None:
    """Raise NumberUnbound where words hold a digit: no Finding stands behind it."""
    if _DIGIT.search(words):
        raise NumberUnbound(
            "A sentence holds a number that no finding stands behind.",
            remedy="Draw the number from a finding, or write the sentence without it.",
        )
