"""Commands about reports of fraud: what changed by kind, what hides in "other", suspects overseas, a national series beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fourfold.cli.answers import show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of, scope_of, window_of

if TYPE_CHECKING:
    from fourfold.analysis.volumes import Scope
    from fourfold.codes.periods import Window
    from fourfold.records.as_at import Records

commands = typer.Typer()
fraud = typer.Typer(
    help="Reports of fraud and cyber crime: reports, not how much fraud there is.", no_args_is_help=True
)
commands.add_typer(fraud, name="fraud")


@fraud.command()
def changes(
    force: Force,
    first: From = None,
    last: To = None,
    by: Annotated[str, typer.Option(help="code, group, age, victim_type or cyber_class.")] = "code",
    against: Annotated[
        str, typer.Option(help="previous-year, rolling-12, or a year such as 2019/20.")
    ] = "previous-year",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Reports by kind against another year: counts, change and how sure that is, false discoveries held."""
    from fourfold.analysis import fraud_reports

    records, scope, window = _asked(force, first, last, as_at)
    show([fraud_reports.changes(records, scope, window, by, against)], as_json)


@fraud.command()
def other(
    force: Force,
    first: From = None,
    last: To = None,
    disseminated: Annotated[bool, typer.Option(help="Of the reports disseminated to the force, not of all.")] = False,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The share of NFIB90, none of the above, month by month, with its limits."""
    from fourfold.analysis import fraud_reports

    records, scope, window = _asked(force, first, last, as_at)
    of: fraud_reports.Of = "disseminated" if disseminated else "reports"
    show([fraud_reports.share_of_other(records, scope, window, of)], as_json)


@fraud.command()
def overseas(force: Force, first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """The share of suspects overseas, of those whose country is given, with what the others could make it."""
    from fourfold.analysis import fraud_reports

    records, scope, window = _asked(force, first, last, as_at)
    show([fraud_reports.overseas_share(records, scope, window)], as_json)


@fraud.command()
def national(
    force: Force,
    series: Annotated[str, typer.Option(help="Part of the name of the published series, where several are held.")] = "",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The force's reports beside a published series, period by period."""
    from fourfold.analysis import fraud_reports

    show([fraud_reports.beside_national(records_of(as_at), scope_of(force, None, None, None), series)], as_json)


def _asked(force: str, first: str | None, last: str | None, as_at: str | None) -> tuple[Records, Scope, Window]:
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    return records, scope, window_of(records, measure("fraud_reports"), scope, first, last)
