"""What each command needs, as the gate has it of each page: an action on a record class of the table of roles.

Start-up fails on a command that declares nothing (`undeclared`). Whoever owns the records' folder can read all of it, so
the command line asks the operating system who that is (`settings.opened_home` refuses another's folder), and personal
columns are opened only for a named officer (`records.access`). What is declared here says, in the reference, which role's
work a command is.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer

from fourfold.casework import roles

NEEDS: dict[str, tuple[str, str]] = {
    "import": ("send", "uploads"),
    "contracts": ("read", "methods"),
    "mapping": ("send", "uploads"),
    "imports": ("read", "batches"),
    "rejects": ("read", "source_lines"),
    "withdraw": ("withdraw", "batches"),
    "discrepancies": ("read", "batches"),
    "revisions": ("read", "figures"),
    "measures": ("read", "methods"),
    "forces": ("read", "methods"),
    "count": ("read", "figures"),
    "change": ("read", "figures"),
    "chart": ("read", "figures"),
    "concentration": ("read", "small_area_figures"),
    "losses": ("read", "care_figures"),
    "map": ("read", "figures"),
    "outcomes": ("read", "figures"),
    "scan": ("read", "small_area_figures"),
    "trace": ("read", "source_lines"),
    "places repeats": ("read", "small_area_figures"),
    "places chains": ("read", "source_lines"),
    "places hotspots": ("read", "small_area_figures"),
    "places forecast": ("read", "small_area_figures"),
    "places lattice": ("read", "small_area_figures"),
    "places exposure": ("read", "small_area_figures"),
    "places backtest": ("read", "small_area_figures"),
    "places hours": ("read", "figures"),
    "places moved": ("read", "small_area_figures"),
    "places rings": ("read", "small_area_figures"),
    "places dismantling": ("read", "points"),
    "places sites": ("read", "sites"),
    "places recovery": ("read", "figures"),
    "places vehicles": ("read", "figures"),
    "places car-key-links": ("read", "source_lines"),
    "places cocoon": ("read", "cocoons"),
    "paper": ("write", "papers"),
    "papers": ("read", "papers"),
    "hand-out": ("export", "hand_outs"),
    "people admit": ("grant", "officers"),
    "people link": ("read", "people"),
    "people show": ("read", "people"),
    "people decide": ("read", "people"),
    "people repeats": ("read", "figures"),
    "care weeks": ("read", "victim_care"),
    "care list": ("read", "victim_care"),
    "care referred": ("read", "care_figures"),
    "care threshold": ("read", "care_figures"),
    "care capacity": ("read", "care_figures"),
    "care waits": ("read", "care_figures"),
    "campaigns list": ("read", "campaigns"),
    "campaigns reach": ("export", "campaigns"),
    "code compliance": ("read", "figures"),
    "code owed": ("read", "victim_duties"),
    "code contacts": ("read", "victim_duties"),
    "code reviews": ("read", "victim_duties"),
    "code survey": ("read", "figures"),
    "code compensation": ("read", "victim_duties"),
    "code property": ("read", "victim_duties"),
    "code delays": ("read", "victim_duties"),
    "code items": ("read", "victims_plan"),
    "code return": ("export", "victims_plan"),
    "code plan": ("read", "victims_plan"),
    "code complaints": ("read", "figures"),
    "code right-to-review": ("read", "figures"),
    "code recoveries": ("read", "figures"),
    "code statements": ("read", "figures"),
    "code due": ("read", "figures"),
    "code events": ("read", "methods"),
    "code packs": ("read", "methods"),
    "code audit schemes": ("read", "methods"),
    "code audit draw": ("write", "case_audits"),
    "code audit mark": ("write", "case_audits"),
    "code audit estimate": ("read", "case_audits"),
    "quality fields": ("read", "batches"),
    "quality gaps": ("read", "batches"),
    "quality case": ("read", "batches"),
    "themes list": ("read", "methods"),
    "themes score": ("read", "people"),
    "quality feedback": ("read", "people"),
    "quality feeds": ("read", "batches"),
    "quality fraud": ("read", "care_figures"),
    "quality unparsed": ("read", "batches"),
    "quality texts": ("read", "people"),
    "retention review": ("read", "rights"),
    "retention find": ("read", "rights"),
    "retention hold": ("write", "rights"),
    "retention holds": ("read", "rights"),
    "retention release": ("write", "rights"),
    "retention erase": ("erase", "rights"),
    "retention erasures": ("read", "rights"),
    "fraud changes": ("read", "care_figures"),
    "fraud other": ("read", "care_figures"),
    "fraud overseas": ("read", "care_figures"),
    "fraud national": ("read", "care_figures"),
    "retention rectify": ("write", "rights"),
    "retention rectifications": ("read", "rights"),
    "retention bundle": ("export", "rights"),
    "themes new": ("read", "people"),
    "returns lines": ("read", "fraud_returns"),
    "returns register": ("read", "fraud_returns"),
    "returns rate": ("read", "care_figures"),
    "returns allocation": ("read", "care_figures"),
    "export": ("export", "source_lines"),
    "demo": ("send", "uploads"),
    "serve": ("grant", "officers"),
    "work": ("send", "uploads"),
    "audit verify": ("verify", "log"),
    "audit head": ("verify", "log"),
    "events export": ("export", "events"),
    "officers add": ("grant", "officers"),
    "officers list": ("read", "officers"),
}
"""By the command's full name: the action, and the record class."""


def undeclared(app: typer.Typer) -> list[str]:
    """The commands that declare nothing, or in words that the table of roles does not have."""
    known = {(action, one) for action in roles.ACTIONS for one in roles.record_classes()}
    return [name for name in commands(app) if NEEDS.get(name) not in known]


def commands(app: typer.Typer, before: str = "") -> Iterator[str]:
    """Every command of the command line by its full name, those that help does not list among them."""
    for one in app.registered_commands:
        name = one.name or (one.callback.__name__.rstrip("_").replace("_", "-") if one.callback else "")
        yield f"{before} {name}".strip()
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is not None:
            yield from commands(inner, f"{before} {group.name or ''}".strip())
