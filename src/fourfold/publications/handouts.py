"""Hand-outs: one page for Streetwatch, for whoever is sent WM Now messages, and for others outside the force.

It says how many crimes were recorded in one whole month, by council, and nothing smaller: no street, no point, no day, no
address, no reference and no person. Its counts are made fit to publish together, beside all that earlier public papers and
hand-outs gave; it is entered in the register of papers, so that later ones heed it in turn. Only counts that the hand-out
shows go into it, as Findings; no word in it is of anybody's writing but our own.
"""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fourfold
from fourfold.analysis import volumes
from fourfold.analysis.disclosure import CONFIDENTIAL, protected
from fourfold.analysis.findings import Finding, Value
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import Measure, measure
from fourfold.codes.periods import Window, month_end
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.errors import NothingHeld
from fourfold.publications.paper_register import Entry, Key, PaperRegister, counts_told
from fourfold.publications.register import registered
from fourfold.records.as_at import Records
from fourfold.records.lake import storage_faults

BOARD = "Streetwatch and WM Now"
"""To whom it goes, as the register of papers has it."""
WITHHELD = "withheld"
_LAYER = "ltla24"
_CHOICES = (
    ("residential_burglary", "police_uk_burglary"),
    ("vehicle_offences", "police_uk_vehicle_crime"),
    ("robbery_personal", "police_uk_robbery"),
)
"""What volunteers are told of: of each, the first that the force's records hold for the month."""


@dataclass(frozen=True)
class Handout:
    """A hand-out: its month (first day), the page, the Findings that it shows, and how many counts are withheld in it."""

    month: date
    page: str
    findings: tuple[Finding, ...]
    withheld: int

    @property
    def tables(self) -> list[dict[str, Any]]:
        """What it shows as plain data: of each measure its title, the rows (council, count or "withheld"), and its Finding."""
        return [
            {"title": _title(one), "rows": [list(row) for row in _rows(one)], "finding": one.id}
            for one in self.findings
        ]


def written_handout(records: Records, scope: Scope, month: date | None, rule: SmallNumberRule, file: Path) -> Handout:
    """Write the hand-out of a month as one HTML page. Raises as `drawn_handout` does."""
    done = drawn_handout(records, scope, month, rule, file.name)
    # Entered before it is written: what may have been seen is heeded by later papers, whatever a crash leaves of the file.
    _put(file, done.page.encode())
    return done


def drawn_handout(
    records: Records, scope: Scope, month: date | None, rule: SmallNumberRule, name: str = "hand-out.html"
) -> Handout:
    """The hand-out of a month (its first day; the last one held where None), entered in the register of papers.

    `scope` is a whole force, with the stream to count from where it has several of the same months. Raises NothingHeld where
    no crime of that month is held, or none that can be told by council, and RequestInvalid as `volumes.supply` does.
    """
    chosen, day = _measures(records, scope, month)
    window = Window(day, month_end(day))
    full = [volumes.breakdown(records, one, scope, window, _LAYER) for one in chosen]
    papers = PaperRegister(records.home)
    key = Key(
        force_id=scope.force_id, board=BOARD, title="Hand-out", meeting=None, priority=None, presenter=None, version=rule.id,
        window=window, as_at=records.as_at,
    )  # fmt: skip
    heeded = papers.heeded_by(key)
    protection = protected(full, rule, earlier=counts_told(heeded))
    shown = tuple(protection.of(one) for one in full)
    registered(records.home, shown)
    papers.enter(
        Entry(
            key=key, files=(name,), code_version=fourfold.__version__, headlines={},
            heeded=tuple(one.key.identity for one in heeded), told=protection.told,
        )
    )  # fmt: skip
    withheld = sum(row[-1] == CONFIDENTIAL for one in shown if one.table for row in one.table.rows)
    return Handout(day, handout_page(shown, window, rule), shown, withheld)


def handout_page(shown: Sequence[Finding], window: Window, rule: SmallNumberRule) -> str:
    """The page, of Findings that are protected already: each a table of council code, name and count."""
    said = "".join(_section(one) for one in shown)
    area = html.escape(shown[0].area)
    sources = html.escape("; ".join(sorted({source for one in shown for source in one.sources})))
    return _PAGE.format(
        title=f"Crime recorded in {html.escape(window.label)}", area=area, said=said, rule=html.escape(rule.in_words),
        sources=sources, as_at=f"{shown[0].as_at:%d %B %Y, %H:%M} UTC",
    )  # fmt: skip


def _measures(records: Records, scope: Scope, month: date | None) -> tuple[tuple[Measure, ...], date]:
    """The measures that are told, and the month: the last that one of them is held for, where none is asked for."""
    held = {name: _months(records, measure(name), scope) for names in _CHOICES for name in names}
    every = set().union(*held.values())
    day = month or max(every, default=None)
    found = [next((name for name in names if day in held[name]), None) for names in _CHOICES]
    if day is None or not any(found):
        raise NothingHeld(
            "No burglary, vehicle crime or robbery of that month is held for this force.",
            remedy="Import the month, or name one that is held.",
        )
    return tuple(measure(name) for name in found if name), day


def _months(records: Records, one: Measure, scope: Scope) -> set[date]:
    """The months that a measure can be told by council for: none where all that is held are quarters of a whole force."""
    months = volumes.held_months(records, one, scope)
    if not months or volumes.supply(records, one, scope).table == "offence_counts":
        return set()
    return set(months)


def _section(found: Finding) -> str:
    rows = "".join(f'<tr><th scope="row">{html.escape(area)}</th><td>{count}</td></tr>' for area, count in _rows(found))
    return (
        f"<table><caption>{html.escape(_title(found))}</caption>"
        "<thead><tr><th scope=col>Council</th><th scope=col>Crimes</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<p class=note>{html.escape(found.definition.title)}, version {html.escape(found.definition.version)}; "
        f"figure <code>{found.id}</code>.</p>"
    )


def _title(found: Finding) -> str:
    return found.title.rpartition(" by ")[0]


def _rows(found: Finding) -> list[tuple[str, str]]:
    """Each council with its count, and at the end the whole force."""
    rows = [(str(row[1]), _count(row[-1])) for row in (found.table.rows if found.table else ())]
    return [*rows, ("The whole force", _count(found.value))]


def _put(file: Path, content: bytes) -> None:
    """Write the file whole: it takes its name only when it is complete."""
    with storage_faults(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        unnamed = file.with_name(f"{file.name}.unfinished")
        unnamed.write_bytes(content)
        os.replace(unnamed, file)


def _count(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) else WITHHELD


_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}, {area}</title>
<style>
body {{ font: 1.1rem/1.5 sans-serif; max-width: 42rem; margin: 0 auto; padding: 1rem; color: #0b0c0c; background: #fff }}
table {{ border-collapse: collapse; width: 100%; margin: 1.5rem 0 .5rem }}
caption {{ font-weight: bold; text-align: left; padding-bottom: .25rem }}
th, td {{ text-align: left; border-bottom: 1px solid #b1b4b6; padding: .35rem .25rem; font-weight: normal }}
td, th[scope=col]:last-child {{ text-align: right }}
thead th {{ font-weight: bold }}
.note {{ color: #505a5f; font-size: .95rem; margin-top: 0 }}
code {{ overflow-wrap: anywhere }}
table {{ break-inside: avoid }}
</style></head><body><main>
<h1>{title}</h1>
<p>{area}. For Streetwatch volunteers and readers of WM Now.</p>
<p>These are crimes that were recorded, by council. It says nothing of any person, home or street, and does not say where
crime will be.</p>
{said}
<h2>How to read it</h2>
<p>Small numbers are protected: {rule}. “Withheld” is not nought. Crimes whose place is not known, or lies in none of the
councils, stand in a row of their own. Crime that nobody reported is not counted.</p>
<p class=note>Source: {sources}. Records as at {as_at}.</p>
</main></body></html>
"""
