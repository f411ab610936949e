"""The command about exports: the tables that stand, for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table
from fourfold.cli.questions import AsAt, AsJson, instant
from fourfold.cli.service import on_the_log

commands = typer.Typer()


@commands.command()
def export(
    out: Annotated[Path, typer.Argument(help="The folder to export into; `current` in it is the export in force.")],
    table: Annotated[list[str] | None, typer.Option(help="Only this table; may be given again.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only batches of open data.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Write the tables that stand as Delta and Parquet, for Power BI, Qlik, Fabric, Spark or a notebook."""
    from fourfold.publications.exports import export as exported
    from fourfold.records.as_at import records_as_at

    records = records_as_at(settings.opened_home(), instant(as_at), open_only=open_only)
    with on_the_log("disclosure", "export_tables", "source_lines", folder=out):
        done = exported(records, out, at=settings.now(), tables=table or ())
    if as_json:
        print_json({"folder": str(done.folder), **done.manifest})
        return
    rows = [[name, f"{held['rows']:,}"] for name, held in done.manifest["tables"].items()]
    print_table(["table", "rows"], rows)
    print(f"{out / 'current'}, as at {records.as_at:%Y-%m-%d %H:%M:%S} UTC")
