"""The command that makes a force that is not, and takes it in by the ordinary gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, progress
from fourfold.cli.questions import AsJson
from fourfold.cli.service import on_the_log
from fourfold.errors import RequestInvalid

if TYPE_CHECKING:
    from fourfold.demo.scenario import Scenario

commands = typer.Typer()
_MADE = "demo.json"
"""The file in a home that says which Saltmere it holds."""


@commands.command()
def demo(
    scale: Annotated[
        float, typer.Option(help="1.0 is about 350,000 crimes and 15,000 reports of fraud a year.")
    ] = 0.02,
    out: Annotated[
        Path | None, typer.Option(help="Where its files go. Default: `demo` in the records' folder.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws another force; the same seed, the same bytes.")] = 1,
    scenario: Annotated[
        str, typer.Option(help="ordinary, or paper: the figures of the papers of 2022 planted.")
    ] = "ordinary",
    as_json: AsJson = False,
) -> None:
    """Make Saltmere Constabulary, a FICTITIOUS force, and import its files: three and a half years of records."""
    from dataclasses import asdict

    from fourfold.demo.force import written_force
    from fourfold.demo.scenario import Scenario
    from fourfold.records.imports import import_files

    wanted = Scenario(scale=scale, seed=seed, name=scenario)
    home = settings.opened_home()
    folder = out or home / "demo"
    _refused_beside_another(home, wanted)
    with progress("Making Saltmere (FICTITIOUS)", None, as_json) as advance:
        written = written_force(wanted, folder, lambda part: advance(part))
    (home / _MADE).write_text(json.dumps(asdict(wanted)))
    logged = on_the_log("collection", "import_files", "batches", files=written)
    with logged, progress("Importing", len(written), as_json) as advance:
        done = import_files(home, written, clock=settings.now, progress=lambda path: advance(path))
    rows = {one.batch.file_name: int(one.batch.account["kept"]) for one in done}
    if as_json:
        print_json({"force": "saltmere", "fictitious": True, "folder": str(folder), "files": rows})
        return
    print(f"Saltmere Constabulary (FICTITIOUS): {sum(rows.values()):,} rows in {len(rows)} files.")
    print(
        f"The files are in {folder / 'files'}; what is true of the force, which nothing reads, in {folder / 'truth'}."
    )


def _refused_beside_another(home: Path, wanted: Scenario) -> None:
    """Two forces of one name in one home would be counted together: refuse the second."""
    from dataclasses import asdict

    made = home / _MADE
    if made.exists() and json.loads(made.read_text()) != asdict(wanted):
        raise RequestInvalid(
            "This home holds another Saltmere, of another scale, seed or scenario.",
            remedy="Set FOURFOLD_HOME to an empty folder, or ask for the one that is held.",
        )
