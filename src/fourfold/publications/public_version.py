"""The public version of a paper: its evidence with small numbers protected, before a word is written or a chart drawn.

Everything that a paper says is drawn from its evidence, so this is the one place where a public version parts from the full
one. Every Finding in the evidence is made fit to publish together with all the others; what its kind does not let be
published (small areas, say) is None, as if the records could not tell; and a number that is in no Finding is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from fourfold.analysis.disclosure import CONFIDENTIAL, Protection, Told, is_withheld_whole, protected
from fourfold.analysis.findings import Finding
from fourfold.codes.small_numbers import SmallNumberRule
from fourfold.publications.evidence import Evidence, Since, Subject

MARKING = "OFFICIAL: public version, small numbers protected"


def public_evidence(
    evidence: Evidence, rule: SmallNumberRule, earlier: Iterable[Told] = ()
) -> tuple[Evidence, Protection]:
    """The evidence of a public version, and what was done to it (for the force's own record, never for a reader).

    `earlier` are the counts that earlier public papers gave or withheld.
    """
    protection = protected(_findings(evidence), rule, earlier=earlier)
    made = _public(evidence, protection)
    assert isinstance(made, Evidence)
    return replace(made, rule=rule, councils=_whole(made.councils)), protection


def _whole(councils: Finding | None) -> Finding | None:
    """Councils only where all of them are shown: a map and a ranking of some would tell of the others."""
    if councils is None or councils.table is None:
        return None
    return None if any(CONFIDENTIAL in row for row in councils.table.rows) else councils


def _findings(held: Any) -> Iterator[Finding]:
    """Every Finding in the evidence, wherever it stands."""
    if isinstance(held, Finding):
        yield held
    elif isinstance(held, tuple):
        for one in held:
            yield from _findings(one)
    elif isinstance(held, (Evidence, Subject)):
        for own in fields(held):
            yield from _findings(getattr(held, own.name))
    else:
        _refuse_numbers(held)


def _public(held: Any, protection: Protection) -> Any:
    """The same evidence with each Finding as it may be published."""
    if isinstance(held, Finding):
        found = protection.of(held)
        return None if is_withheld_whole(found) else found
    if isinstance(held, tuple):
        return tuple(_public(one, protection) for one in held)
    if isinstance(held, (Evidence, Subject)):
        return replace(held, **{own.name: _public(getattr(held, own.name), protection) for own in fields(held)})
    return held


def _refuse_numbers(held: Any) -> None:
    """Nothing but Findings may carry a number into a paper: it could not be protected."""
    if isinstance(held, Since):  # Findings of the last public paper, protected when that was written
        return
    if isinstance(held, Mapping):
        for one in held.values():
            _refuse_numbers(one)
    if isinstance(held, (int, float)) and not isinstance(held, bool):
        raise TypeError("the evidence of a paper holds a number that is in no Finding, and that nothing protects")
