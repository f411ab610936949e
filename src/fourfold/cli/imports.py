"""Commands about files: import, the batches held, the lines returned, withdrawal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table, printable, progress, write_new
from fourfold.cli.questions import AsAt, AsJson, batch_named, instant
from fourfold.cli.service import has_service, on_the_log, with_service, work_queued
from fourfold.errors import NothingHeld

if TYPE_CHECKING:
    from fourfold.records.lake import Batch

commands = typer.Typer()


@commands.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, gz, zip, XLSX, ODS, JSON or GeoJSON files.")],
    mapping: Annotated[Path | None, typer.Option(help="A mapping file, for a layout no contract knows.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The encoding, where it is known.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet's name, where a workbook has several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import files, each whole or not at all. The same file twice is one batch."""
    from fourfold.records.imports import Instructions, import_files
    from fourfold.records.suppliers.mappings import mapping_from_file

    instructions = Instructions(
        mapping=mapping_from_file(mapping) if mapping else None, encoding=encoding, sheet=sheet, is_from_outside=True
    )
    version = instructions.mapping.version if instructions.mapping else ""
    logged = on_the_log("collection", "import_files", "batches", files=files, mapping=version)
    with logged, progress("Importing", len(files), as_json) as advance:
        done = import_files(
            settings.opened_home(), files, clock=settings.now, instructions=instructions, progress=advance
        )
    if as_json:
        print_json([{**i.batch.as_dict(), "is_new": i.is_new, "superseded_months": i.superseded} for i in done])
        return
    for imported in done:
        account = imported.batch.account
        state = "imported" if imported.is_new else "already held"
        units = account["unit"] if account["kept"] == 1 else f"{account['unit']}s"
        print(
            f"{imported.batch.batch_id}  {state}  {imported.batch.file_name}: {account['kept']:,} {units} "
            f"kept, {account['rejected']:,} rejected of {account['total']:,}"
        )
        for earlier, n in imported.superseded.items():
            print(f"    supersedes {n} force-month{'s' if n > 1 else ''} of {earlier}")
        for earlier, n in imported.batch.replaced.items() if imported.is_new else ():
            own = earlier == imported.batch.batch_id
            print(f"    takes the place of {n:,} row{'s' if n > 1 else ''} of {'its own' if own else earlier}, by key")
        if imported.is_new:
            _print_faults(imported.batch)


@commands.command()
def contracts(
    name: Annotated[str | None, typer.Argument(help="A contract, for its fields.")] = None, as_json: AsJson = False
) -> None:
    """The kinds of extract that a force's own systems may give; of one, each field with its rule."""
    from dataclasses import asdict

    from fourfold.records.suppliers.catalogue import contract, contracts

    if as_json:
        print_json(asdict(contract(name)) if name else [asdict(one) for one in contracts()])
    elif name is None:
        print_table(
            ["contract", "system", "title", "standing"], [[c.name, c.system, c.title, c.standing] for c in contracts()]
        )
    else:
        found = contract(name)
        print(f"{found.title}. Layout: {found.standing}. Key: {', '.join(found.key) or 'none'}.")
        print_table(
            ["field", "kind", "", "rule"],
            [[f.name, f.kind, " ".join(w for w, on in (("needed", f.needed), ("personal", f.personal)) if on), f.rule]
             for f in found.fields],
        )  # fmt: skip


@commands.command()
def mapping(
    contract: Annotated[str, typer.Argument(help="A contract from `fourfold contracts`.")],
    out: Annotated[Path, typer.Option(help="The mapping file to write.")],
    like: Annotated[
        str | None, typer.Option(help="Begin from the mapping that ships for such a system: connect.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a mapping file to fill in: every field of a contract with its rule."""
    from fourfold.records.suppliers.catalogue import contract as contract_named
    from fourfold.records.suppliers.mappings import blank_mapping, shipped_mapping

    chosen = contract_named(contract)
    text = shipped_mapping(chosen, like) if like else blank_mapping(chosen)
    write_new(text, out)
    if as_json:
        print_json({"contract": chosen.name, "file": str(out)})
    else:
        print(f"{out}  a mapping of {chosen.name} to fill in; then `fourfold import FILE --mapping {out}`")


@commands.command()
def imports(as_at: AsAt = None, as_json: AsJson = False) -> None:
    """The batches held, with their account: every line kept, rejected, blank, continuation or header."""
    from fourfold.records.as_at import records_as_at
    from fourfold.records.lake import Lake

    home, at = settings.opened_home(), instant(as_at)
    standing = {b.batch_id for b in records_as_at(home, at).standing}
    held = [b for b in Lake(home).batches() if b.committed_at <= at]
    if as_json:
        print_json([{**b.as_dict(), "is_in_force": b.batch_id in standing} for b in held])
        return
    print_table(
        ["batch", "file", "dataset", "committed (UTC)", "kept", "rejected", "in force"],
        [
            [b.batch_id, b.file_name, b.dataset, f"{b.committed_at:%Y-%m-%d %H:%M:%S}", f"{b.account['kept']:,}",
             f"{b.account['rejected']:,}", "yes" if b.batch_id in standing else "no"]
            for b in held
        ],
    )  # fmt: skip
    if not held:
        print("No batch is held as at that instant.")


@commands.command()
def rejects(
    batch: Annotated[str, typer.Argument(help="The batch's identity, or its beginning.")],
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The lines of a file that were returned, each with its reason and remedy."""
    from fourfold.records.imports import rejects_of

    found = batch_named(batch)
    if found.committed_at > instant(as_at):
        raise NothingHeld("That batch was not held as at that instant.", remedy="Ask as at a later one.")
    rows = rejects_of(found)
    if not found.is_open:
        # The text of a line may name a victim: it is read in the file itself, by those who may.
        rows = rows.drop("raw")
    if as_json:
        print_json({"batch": found.as_dict(), "rejects": rows.to_dicts()})
        return
    account = found.account
    print(f"{found.file_name}: {account['rejected']:,} of {account['total']:,} {account['unit']}s were returned.")
    for row in rows.iter_rows(named=True):
        span = f"line {row['line']}" if row["line"] == row["last_line"] else f"lines {row['line']}-{row['last_line']}"
        print(f"\n{span}  {row['code']}" + (f"  (column {row['column']})" if row["column"] else ""))
        print(f"  cause: {row['cause']}\n  remedy: {row['remedy']}")
        if row.get("raw"):
            print(f"  text: {printable(row['raw'])}")


@commands.command()
def withdraw(
    batch: Annotated[str, typer.Argument(help="The batch's identity, or its beginning.")],
    reason: Annotated[str, typer.Option(help="Why: it is kept with the batch.")],
    as_json: AsJson = False,
) -> None:
    """Take a batch out of every figure from now on: the undo of an import. Earlier figures keep it."""
    identity, home = batch_named(batch).batch_id, settings.opened_home()
    if has_service(home):
        with_service()
        from fourfold.casework.audit import SYSTEM
        from fourfold.casework.uploads import withdraw_batch

        found = withdraw_batch(SYSTEM, identity, reason=reason, clock=settings.now, by="command line")
        work_queued()
    else:
        from fourfold.records.imports import withdraw as withdrawn

        found = withdrawn(home, identity, reason=reason, clock=settings.now)
    if as_json:
        print_json(found.as_dict())
    else:
        print(f"{found.batch_id}  withdrawn  {found.file_name}. What it had superseded stands again.")


def _print_faults(batch: Batch) -> None:
    for fault, n in batch.flags.items():
        print(f"    kept and flagged: {n:,} with {fault}")
    for field, codes in batch.unknown_codes.items():
        said = ", ".join(f"{printable(code)} ({n:,})" for code, n in codes.items())
        if said:
            print(f"    on no list, in {field}: {said}")
    for column, n in batch.unparsed.items():
        print(f"    kept as raw text: {n:,} unreadable in {column}")
    if batch.account["rejected"]:
        print(f"    see `fourfold rejects {batch.batch_id}`")
    for note in batch.notes:
        print(f"    note: {note}")
