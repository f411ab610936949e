"""Commands about what the records say that cannot be so, and what they say now that they did not say before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table, ranges
from fourfold.cli.questions import AsAt, AsJson, instant
from fourfold.errors import CodeUnknown

if TYPE_CHECKING:
    import polars as pl

commands = typer.Typer()

OfForce = Annotated[str | None, typer.Option("--force", "-f", help="Only of this force. Default: of every force held.")]
_LINES_OF_A_FILE = 20


@commands.command()
def discrepancies(
    force: OfForce = None,
    table: Annotated[str | None, typer.Option(help="Only of this table, as crimes or victim_contacts.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only orphan, order, duplicate, late or fault.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Also the file and the lines of each.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What a force's own records say that cannot all be so, or came late: kept, and listed by file and line."""
    from fourfold.codes import areas
    from fourfold.records import discrepancies as held
    from fourfold.records.as_at import records_as_at
    from fourfold.records.suppliers.catalogue import contracts

    if kind not in (None, *held.KINDS):
        raise CodeUnknown("There is no such kind of discrepancy.", remedy=f"Use one of: {', '.join(held.KINDS)}.")
    if table is not None and table not in {c.table for c in contracts()}:
        raise CodeUnknown("No contract fills a table of that name.", remedy="See `fourfold contracts`.")
    records = records_as_at(settings.opened_home(), instant(as_at))
    found = held.discrepancies(records, force_id=areas.force(force).id if force else None, table=table, kind=kind)
    files = {b.batch_id: b.file_name for b in records.standing}
    if as_json:
        print_json(
            {
                "counts": found.counts.to_dicts(),
                "not_looked_for": list(found.not_looked_for),
                "rows": [{**row, "file": files[row["batch_id"]]} for row in found.rows.iter_rows(named=True)],
            }
        )
        return
    counted = [[c["kind"], c["table"], c["rule"], f"{c['n']:,}"] for c in found.counts.iter_rows(named=True)]
    if counted:
        print_table(["kind", "table", "rule", "rows"], counted)
    else:
        print("Nothing is at odds in what was looked for.")
    if lines:
        _print_lines(found.rows, files)
    for unseen in found.not_looked_for:
        print(f"  not looked for: {unseen}")


@commands.command()
def revisions(
    force: OfForce = None,
    since: Annotated[
        str | None, typer.Option(help="From this date (its end, UTC) or instant. Default: before the last extract.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Split by month (of recording) or code.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Also the file and the lines of each.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What the records say now of crimes that they did not say before: new, reclassified, cancelled, re-dated, and so on."""
    from fourfold.codes import areas
    from fourfold.records import revisions as held
    from fourfold.records.lake import Lake

    columns = {"month": "recorded_month", "code": "offence_code"}
    if by is not None and by not in columns:
        raise CodeUnknown("Revisions cannot be split so.", remedy="Use month or code.")
    home = settings.opened_home()
    found = held.revisions(
        home, instant(as_at), instant(since) if since else None, force_id=areas.force(force).id if force else None
    )
    files = {b.batch_id: b.file_name for b in Lake(home).batches()}
    counted = found.counted([columns[by]] if by else [])
    if as_json:
        print_json(
            {
                "between": {t: [a.isoformat(), b.isoformat()] for t, (a, b) in found.between.items()},
                "counts": counted.to_dicts(),
                "rows": [{**row, "file": files[row["batch_id"]]} for row in found.rows.iter_rows(named=True)],
            }
        )
        return
    for name, (start, end) in found.between.items():
        print(f"{name.replace('_', ' ')}: from {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC")
    if counted.is_empty():
        print("Nothing was revised between them.")
    else:
        split = ["" if by is None else by]
        print_table(
            ["revised", *[name for name in split if name], "crimes"],
            [
                ["" if v is None else f"{v:,}" if isinstance(v, int) else str(v) for v in row]
                for row in counted.iter_rows()
            ],
        )
    if lines:
        _print_lines(found.rows, files)


def _print_lines(rows: pl.DataFrame, files: dict[str, str]) -> None:
    """The lines of each kind, file by file, runs closed up."""
    import polars as pl

    keys = [name for name in ("kind", "table", "rule") if name in rows.columns]
    grouped = rows.group_by([*keys, "batch_id"], maintain_order=True).agg(pl.col("line_number").unique().sort())
    last: tuple[str, ...] = ()
    for *told, batch_id, numbers in grouped.iter_rows():
        if tuple(told) != last:
            print("\n" + ": ".join([told[0], *told[1:]]))
            last = tuple(told)
        more = len(numbers) - _LINES_OF_A_FILE
        rest = f", and {more:,} more" if more > 0 else ""
        print(f"  {files[batch_id]}: line {ranges(numbers[:_LINES_OF_A_FILE])}{rest}")
