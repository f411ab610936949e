"""Commands about the quality of what is held: what stands in each field, what its gaps leave unknown, and what to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import finding_dict, print_json, print_table, printable, ranges, show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.errors import NothingHeld, RequestInvalid

if TYPE_CHECKING:
    from fourfold.codes.periods import Window
    from fourfold.records.quality import Quality

commands = typer.Typer()
quality = typer.Typer(help="The quality of what is held, and what its gaps leave unknown.", no_args_is_help=True)
commands.add_typer(quality, name="quality")

_LINES = 20
BY = ("month", "unit", "team")
Theme = Annotated[str | None, typer.Option(help="Only figures of this theme, as “Victims' Code”. Default: all.")]


@quality.command()
def fields(
    force: Force,
    field: Annotated[
        str | None, typer.Option(help="Only this field, as people.occupation; with --by it is set against limits.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Only fields of this table, as people.")] = None,
    by: Annotated[str | None, typer.Option(help="Split a field by month, unit or team.")] = None,
    of: Annotated[str, typer.Option(help="complete (recorded where it applies) or valid (on its list).")] = "complete",
    first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """How complete, or how valid, each field is; or one field by month, unit or team, with limits."""
    from fourfold.analysis.data_quality import completeness, completeness_by

    if by and not field:
        raise RequestInvalid("Only a field is split.", remedy="Name it, as --field people.occupation.")
    seen = _quality(force, as_at)
    window = _window(seen, first, last)
    wanted = field.partition(".")[0] if field else table
    if wanted is not None and wanted not in seen.tables:
        raise NothingHeld("No table of that name is held.", remedy=f"Held are: {', '.join(seen.tables)}.")
    counts = seen.counts(None if wanted is None else [wanted], window)
    if field:
        show([completeness_by(seen, counts, field, window, one, of) for one in ([by] if by else BY)], as_json)
        return
    show([completeness(seen, counts, window, of)], as_json)


@quality.command()
def gaps(
    force: Force, theme: Theme = None, first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """What each gap makes unknowable, in words and with its bounds, the widest first."""
    from fourfold.analysis.data_quality import every_gap

    seen = _quality(force, as_at)
    show(every_gap(seen, _window(seen, first, last), _theme(theme)), as_json)


@quality.command()
def case(
    force: Force,
    theme: Theme = None,
    fields: Annotated[int, typer.Option(help="How many fields to ask for.", min=1, max=10)] = 3,
    system: Annotated[str, typer.Option(help="The system whose supplier is asked.")] = "records system",
    seconds: Annotated[
        list[str] | None, typer.Option(help="What a field takes a recorder, as people.occupation=12; may be repeated.")
    ] = None,
    first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """The case for making fields mandatory: which would remove most of what cannot be known, and at what cost."""
    from fourfold.analysis.data_quality import mandatory_fields

    seen = _quality(force, as_at)
    timed = dict(_timed(one) for one in seconds or [])
    found = mandatory_fields(
        seen, _window(seen, first, last), theme=_theme(theme), many=fields, system=system, seconds=timed
    )
    if as_json:
        show([found], as_json=True)
        return
    show([found], as_json=False)
    print("\nWhat each figure leaves unknown, now and with these fields filled in:")
    after = found.parameters["after"]
    print_table(
        ["figure", "asked", "not known", "then"],
        [
            [one.title, f"{one.n:,}", f"{one.parameters['not known']:,}", f"{after[one.definition.name]:,}"]
            for one in found.parts
        ],
    )


@quality.command()
def feedback(
    field: Annotated[str, typer.Argument(help="The field that lacks, as people.occupation.")],
    force: Force,
    officer: Annotated[str, typer.Option(help="Who asks: the officer's number or key.")],
    role: Annotated[str, typer.Option(help="The role in which the officer asks.")],
    purpose: Annotated[str, typer.Option(help="What for: a purpose of the table of purposes.")] = "data quality",
    reason: Annotated[str, typer.Option(help="Why now, in words; no name.")] = "",
    unit: Annotated[str | None, typer.Option(help="Only records of this unit.")] = None,
    team: Annotated[str | None, typer.Option(help="Only records of this team.")] = None,
    most: Annotated[int, typer.Option(help="At most so many: each that is shown is named on the log.", min=1)] = 1000,
    first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Which records lack a field, for those who recorded them: by unit, team and officer. It goes on the log of access."""
    from fourfold.records.access import Asking, Folder

    seen = _quality(force, as_at)
    asking = Asking(officer=officer, role=role, purpose=purpose, reason=reason)
    told = seen.feedback(
        field, _window(seen, first, last), Folder(seen.records.home).gate, asking, settings.now(), unit=unit, team=team,
        most=most,
    )  # fmt: skip
    rows = told.rows
    files = {b.batch_id: b.file_name for b in seen.records.standing}
    if as_json:
        print_json([{**row, "file": files[row["batch_id"]]} for row in rows.iter_rows(named=True)])
        return
    print(f"{told.total:,} records lack {field}." if told.total != 1 else f"1 record lacks {field}.")
    if told.total > rows.height:
        print(f"The first {rows.height:,} of them; see --most.")
    print_table(
        ["record", "unit", "team", "officer", "says", "line"],
        [
            [ref, unit_ or "", team_ or "", by or "", says, f"{files[batch]}: {line:,}"]
            for ref, unit_, team_, by, says, batch, line in rows.iter_rows()
        ],
    )


@quality.command()
def feeds(force: Force, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """When each feed last came, whether the next is overdue, and how many days rows took on their way."""
    from fourfold.analysis import feeds as told
    from fourfold.codes import areas

    records, force_id = records_of(as_at), areas.force(force).id
    show([told.freshness(records, force_id), told.late_rows(records, force_id)], as_json)


@quality.command()
def fraud(
    force: Force,
    lines: Annotated[bool, typer.Option("--lines", help="Also the file and the lines of what is not matched.")] = False,
    first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Fraud reported, disseminated, allocated, finalised and held: each from its own feed, and what is not matched."""
    from fourfold.analysis.feeds import fraud_reconciled
    from fourfold.publications.register import registered
    from fourfold.records.reconciliation import lines_of

    seen = _quality(force, as_at)
    found, told = fraud_reconciled(seen.records, seen.force_id, _window(seen, first, last))
    files = {b.batch_id: b.file_name for b in seen.records.standing}
    if as_json:
        unmatched = (
            [{**row, "file": files[row["batch_id"]]} for row in told.rows.iter_rows(named=True)] if lines else []
        )
        registered(seen.records.home, [found])
        print_json({**finding_dict(found), "unmatched": unmatched})
        return
    show([found, *found.parts], as_json=False)
    if lines:
        for said, file, numbers in lines_of(told.rows, files):
            more = f", and {len(numbers) - _LINES:,} more" if len(numbers) > _LINES else ""
            print(f"{said}: {file}: line {ranges(numbers[:_LINES])}{more}")


@quality.command()
def unparsed(
    force: Annotated[
        str | None, typer.Option("--force", "-f", help="Only of this force. Default: of every force.")
    ] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Text that would not parse, by column and file: it is kept beside its null, and is never shown here."""
    from fourfold.codes import areas
    from fourfold.records.quality import unparsed as held

    rows = held(records_of(as_at), areas.force(force).id if force else None)
    if as_json:
        print_json(rows.to_dicts())
        return
    if rows.is_empty():
        print("Everything parsed.")
        return
    print_table(
        ["table", "column", "values", "file", "kept in"],
        [[table, column, f"{n:,}", file, kept] for _, file, table, column, n, kept in rows.iter_rows()],
    )


@quality.command()
def texts(
    column: Annotated[str, typer.Argument(help="The column, as people.age_at_report.")],
    officer: Annotated[str, typer.Option(help="Who asks: the officer's number or key.")],
    role: Annotated[str, typer.Option(help="The role in which the officer asks.")],
    purpose: Annotated[str, typer.Option(help="What for: a purpose of the table of purposes.")] = "data quality",
    reason: Annotated[str, typer.Option(help="Why now, in words; no name.")] = "",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What stood where a column would not parse, so that its mapping can be mended. It goes on the log of access."""
    from fourfold.records.access import Asking, Folder
    from fourfold.records.quality import raw_texts

    records = records_of(as_at)
    asking = Asking(officer=officer, role=role, purpose=purpose, reason=reason)
    rows = raw_texts(records, column, Folder(records.home).gate, asking, settings.now())
    if as_json:
        print_json(rows.to_dicts())
        return
    print_table(["text", "rows"], [[printable(text), f"{n:,}"] for text, n in rows.iter_rows()])


def _quality(force: str, as_at: str | None) -> Quality:
    from fourfold.codes import areas
    from fourfold.records.quality import Quality

    return Quality(records_of(as_at), areas.force(force).id)


def _window(seen: Quality, first: str | None, last: str | None) -> Window:
    """The window asked for; else the last twelve months held."""
    from fourfold.codes.periods import Window, month_end, parse_window, rolling_12

    if first and last:
        return parse_window(first, last)
    end = parse_window(last, last).last if last else month_end(seen.last_month)
    return Window(parse_window(first, end.isoformat()).first, end) if first else rolling_12(end)


def _theme(text: str | None) -> str | None:
    from fourfold.codes.gaps import theme_named

    return None if text is None else theme_named(text)


def _timed(text: str) -> tuple[str, float]:
    field, _, seconds = text.partition("=")
    try:
        return field, float(seconds)
    except ValueError:
        raise RequestInvalid(
            "--seconds is not a field and a number.", remedy="Write --seconds people.occupation=12."
        ) from None
