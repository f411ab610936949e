"""The command line: thin, over imports, findings and publications. Every command has `--json`.

Heavy rooms (frames, charts) are imported inside the commands that need them, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from traceback import extract_tb
from typing import NoReturn

import typer

from fourfold.cli import (
    campaigns,
    care,
    case_audits,
    change_of_place,
    clocks,
    cocoons,
    demo,
    discrepancies,
    exports,
    figures,
    fraud,
    handouts,
    imports,
    needs,
    papers,
    people,
    places,
    quality,
    retention,
    returns,
    service,
    sites,
    themes,
    vehicles,
    victims_code,
    victims_plan,
    voice,
)
from fourfold.errors import FourfoldError

UNEXPECTED = 70
"""The exit code of a fault of our own (EX_SOFTWARE of sysexits.h)."""

app = typer.Typer(
    name="fourfold",
    help="Files in, figures out, a board paper. Records live in the folder that FOURFOLD_HOME names.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (
    imports,
    discrepancies,
    figures,
    places,
    papers,
    handouts,
    people,
    care,
    campaigns,
    fraud,
    returns,
    themes,
    victims_code,
    quality,
    retention,
    exports,
    demo,
    service,
):
    app.add_typer(room.commands)
victims_code.code.add_typer(case_audits.audit, name="audit")
victims_code.code.add_typer(clocks.commands)
victims_code.code.add_typer(victims_plan.commands)
victims_code.code.add_typer(voice.commands)
places.places.add_typer(vehicles.commands)
places.places.add_typer(change_of_place.commands)
places.places.add_typer(sites.commands)
places.places.add_typer(cocoons.commands)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; a fault a user can mend is one screen on standard error, and its own exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if missing := needs.undeclared(app):
        print(f"fourfold: these commands do not declare what they need: {', '.join(missing)}", file=sys.stderr)
        sys.exit(UNEXPECTED)
    try:
        with service.folders_log_carried():
            app(given, standalone_mode=True)
    except FourfoldError as fault:
        if "--json" in given:
            print(json.dumps(fault.as_dict(), ensure_ascii=False))
        else:
            print(f"fourfold: {fault.kind}\n{fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
    except Exception as fault:
        _confess(fault, "--json" in given)
        sys.exit(UNEXPECTED)
    sys.exit(0)


def _confess(fault: Exception, as_json: bool) -> None:
    """Say that the fault is ours, and where in the program, without its message, which might quote a record."""
    where = [
        f"{frame.filename.rpartition('fourfold/')[2]}:{frame.lineno}" for frame in extract_tb(fault.__traceback__)[-4:]
    ]
    said = {
        "error": "unexpected",
        "exit_code": UNEXPECTED,
        "cause": f"A fault of Fourfold's own ({type(fault).__name__} at {' < '.join(reversed(where))}).",
        "remedy": "Report it with this line. What was committed before stands, and nothing is half done.",
    }
    if as_json:
        print(json.dumps(said))
    else:
        print(f"fourfold: unexpected\ncause: {said['cause']}\nremedy: {said['remedy']}", file=sys.stderr)
