"""Commands about the quality of what is held: what stands in each field, what its gaps leave unknown, and what to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fourfold.cli.answers import print_table, show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.errors import NothingHeld, RequestInvalid

if TYPE_CHECKING:
    from fourfold.codes.periods import Window
    from fourfold.records.quality import Quality

commands = typer.Typer()
quality = typer.Typer(help="The quality of what is held, and what its gaps leave unknown.", no_args_is_help=True)
commands.add_typer(quality, name="quality")

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
    counts = seen.counts(None if wanted is None else [wanted])
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
