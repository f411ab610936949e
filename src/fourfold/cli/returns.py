"""Commands about disseminated fraud: a month's return as a file in any layout, its register, outcome rates, who has what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table, show, write_new
from fourfold.cli.people import Officer, Reason
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of, scope_of, window_of

commands = typer.Typer()
returns = typer.Typer(help="Disseminated fraud, its outcomes, and the monthly return.", no_args_is_help=True)
commands.add_typer(returns, name="returns")


@returns.command()
def lines(
    month: Annotated[str, typer.Argument(help="The month, as 2022-10.")],
    force: Force,
    officer: Officer,
    layout: Annotated[Path | None, typer.Option(help="A file of TOML that says how the return is written.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the lines there as CSV, in the layout.")] = None,
    reason: Reason = "",
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """The lines that a month's return has to say, checked: a draft, which nobody has signed. Entered on the log."""
    from fourfold.analysis import outcome_returns
    from fourfold.codes.periods import parse_month
    from fourfold.publications.returns import layout_from_file, return_file
    from fourfold.records.access import Asking, Folder

    records, force_id, asked = records_of(as_at), scope_of(force, None, None, None).force_id, parse_month(month)
    asking = Asking(officer=officer, role="economic_crime_supervisor", purpose="investigation", reason=reason)
    Folder(records.home).gate.asked(
        asking, "consultation", ["fraud_victims"], verb="draft a return", at=settings.now(), note={"month": month}
    )
    every = outcome_returns.lines(records, force_id, asked)
    faults = outcome_returns.checked(every)
    if out:
        its = layout_from_file(layout) if layout else None
        write_new(return_file(every, its, force_id=force_id, month=asked), out)
    if as_json:
        print_json({
            "month": asked, "as_at": records.as_at, "lines": outcome_returns.as_plain(every), "faults": [vars(f) for f in faults],
            "filed": outcome_returns.filed(records, force_id, asked),
        })  # fmt: skip
        return
    print(f"{len(every):,} line(s) for {asked:%B %Y}: a draft, which nobody has signed.")
    print_table(
        ["line", "report", "package", "code", "outcome", "given on", "to be seen to"],
        [[str(n), o.report_ref, o.package_ref, o.nfib_code, f"{o.outcome_type} {o.outcome}"[:40], o.outcome_on,
          "; ".join(("wrong: " if f.grade == outcome_returns.WRONG else "") + f.says for f in faults if f.line == n)]
         for n, o in enumerate(every, start=1)],
    )  # fmt: skip


@returns.command()
def register(force: Force, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """Every month's return: when it was due, whether it was signed and sent, and by what that can be shown."""
    from fourfold.cli.service import _django, _migrated
    from fourfold.codes.working_days import local_date
    from fourfold.records import disseminations

    records, force_id = records_of(as_at), scope_of(force, None, None, None).force_id
    sent_on = disseminations.sent(records, force_id)["disseminated_on"].drop_nulls().to_list()
    _django()
    _migrated()
    from fourfold.casework import fraud_returns

    first = min(sent_on).replace(day=1) if sent_on else None
    due = fraud_returns.register(force_id, first, local_date(records.as_at)) if first else []
    said = [
        {"month": one.month, "due_on": one.due_on, "state": one.found.state if one.found else "not drawn up",
         "sent_at": one.found.sent_at if one.found else None, "is_in_time": one.is_in_time, "supplements": one.supplements,
         "evidence": one.found.evidence if one.found else ""}
        for one in due
    ]  # fmt: skip
    if as_json:
        print_json(said)
        return
    print(
        f"Of {len(due):,} month(s) that are over, {sum(d.is_sent for d in due):,} sent, {sum(d.is_in_time for d in due):,} in time."
    )
    print_table(
        ["month", "due", "state", "sent", "supplements", "shown by"],
        [[f"{one['month']:%Y-%m}", f"{one['due_on']}", str(one["state"]), f"{one['sent_at'] or ''}"[:10], str(one["supplements"]),
          str(one["evidence"])] for one in said],
    )  # fmt: skip


@returns.command()
def rate(force: Force, first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """Positive outcomes of disseminated fraud, with the denominator: what was disseminated, and all reports beside."""
    from fourfold.analysis import outcome_returns
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    window = window_of(records, measure("fraud_reports"), scope, first, last)
    show([outcome_returns.outcome_rate(records, scope, window)], as_json)


@returns.command()
def allocation(force: Force, first: From = None, last: To = None, as_at: AsAt = None, as_json: AsJson = False) -> None:
    """Reports followed through the force: reported, disseminated, allocated to whom, with an outcome; and nobody's."""
    from fourfold.analysis import outcome_returns
    from fourfold.codes.measures import measure

    records, scope = records_of(as_at), scope_of(force, None, None, None)
    window = window_of(records, measure("fraud_reports"), scope, first, last)
    show([outcome_returns.allocation(records, scope, window)], as_json)
