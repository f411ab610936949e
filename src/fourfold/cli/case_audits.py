"""Commands of audits: draw records at random, mark them, and say what was found with how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fourfold.cli.answers import print_json, print_table, printable, show
from fourfold.cli.questions import AsAt, AsJson, Force, From, To, records_of
from fourfold.cli.victims_code import force_named, rules_of

audit = typer.Typer(help="Audits: records drawn at random and marked by people.", no_args_is_help=True)

SchemeName = Annotated[
    str, typer.Option("--scheme", help="quarterly_survey, dip_sample, initial_response, or a TOML file of your own.")
]
Sheet = Annotated[Path, typer.Argument(metavar="SHEET", help="The sheet that `fourfold code audit draw` wrote (CSV).")]


@audit.command()
def schemes(as_json: AsJson = False) -> None:
    """The schemes: what each draws and asks, and how sure that is."""
    from fourfold.codes.audit_schemes import shipped_schemes

    if as_json:
        print_json(
            [
                {"scheme": s.id, "version": s.version, "title": s.title, "size": s.size, "status": s.status, "source": s.source,
                 "groups": {g.id: g.title for g in s.groups}, "questions": {q.id: q.title for q in s.questions}}
                for s in shipped_schemes().values()
            ]
        )  # fmt: skip
        return
    for s in shipped_schemes().values():
        print(
            f"\n{s.title} ({s.id}, version {s.version}, {s.status}): {s.size} records of {', '.join(g.title for g in s.groups)}"
        )
        print_table(["question", "what is asked"], [[q.id, q.title] for q in s.questions])


@audit.command()
def draw(
    out: Annotated[
        Path, typer.Argument(metavar="SHEET", help="The sheet to write (CSV); its design stands beside it as JSON.")
    ],
    force: Force,
    scheme: SchemeName = "quarterly_survey",
    first: From = None,
    last: To = None,
    size: Annotated[int | None, typer.Option(help="How many records. Default: as the scheme says.")] = None,
    how: Annotated[str, typer.Option("--allocation", help="equal, proportional or neyman.")] = "equal",
    seed: Annotated[int | None, typer.Option(help="The seed of the draw. Default: drawn by lot, and printed.")] = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """Draw records at random within groups, of the crimes recorded in some months, as a sheet to be marked."""
    import secrets

    from fourfold.analysis.audit_samples import sample
    from fourfold.analysis.states import kept_states
    from fourfold.cli.victims_code import window_or_last_quarter
    from fourfold.codes.audit_schemes import audit_scheme
    from fourfold.errors import RequestInvalid
    from fourfold.publications.audit_sheets import written_sheet

    if out.suffix != ".csv":
        raise RequestInvalid("The sheet is no CSV file.", remedy="Name it with the ending .csv.", file=out)
    asked, records, force_id = audit_scheme(scheme), records_of(as_at), force_named(force)
    held = kept_states(records, force_id, rules_of(None, "calendar", None))
    window = window_or_last_quarter(first, last, held.as_known)
    by_lot = secrets.randbelow(1_000_000_000) if seed is None else seed
    drawn = sample(
        records, held.states(), force_id, asked, window, size=size or asked.size, how=how, seed=by_lot
    )  # fmt: skip
    written_sheet(out, records, force_id, asked, window, drawn, how=how, seed=by_lot, scheme_name=scheme)
    if as_json:
        print_json(
            {
                "sheet": str(out),
                "seed": by_lot,
                "records": drawn.populations,
                "drawn": drawn.sizes,
                "window": window.label,
            }
        )
        return
    print(f"{asked.title}, {window.label}: {sum(drawn.sizes.values())} records drawn, seed {by_lot}.")
    print_table(
        ["group", "records", "drawn"], [[g.title, f"{drawn.populations[g.id]:,}", str(drawn.sizes[g.id])] for g in asked.groups]
    )  # fmt: skip
    print(
        f"Mark them in {printable(str(out))}, or by `fourfold code audit mark`. What is in reserve replaces what cannot be audited."
    )


@audit.command()
def mark(
    sheet: Sheet,
    number: Annotated[int, typer.Argument(help="The record's number in the order of marking.")],
    answers: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION=ANSWER", help="y, n, nr or na for each question; see `schemes`."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who marks: a name or number of your own.")] = "",
    second: Annotated[bool, typer.Option("--second", help="The second marking, by somebody else.")] = False,
    replace: Annotated[
        str | None,
        typer.Option("--replace", help="The record cannot be audited: why. The next in reserve takes its number."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Mark one record of a sheet, or replace one that cannot be audited."""
    from fourfold.errors import RequestInvalid
    from fourfold.publications.audit_sheets import marked_sheet, substituted_sheet

    if replace is not None:
        crime = substituted_sheet(sheet, number, replace)
        if as_json:
            print_json({"number": number, "replaced_by": crime})
        else:
            print(f"Record {number} is now {printable(crime)}.")
        return
    pairs = [one.partition("=") for one in answers or ()]
    if not by or not all(found for _, found, _ in pairs):
        raise RequestInvalid(
            "Who marks, or an answer, is not said.", remedy="Write --by NAME, and each answer as question=y."
        )
    given = {name: answer for name, _, answer in pairs}
    marked = marked_sheet(sheet, number, given, by=by, is_second=second)
    if as_json:
        print_json({"number": number, "marked": marked})
    else:
        print(f"Record {number} is marked; {marked} are marked in all.")


@audit.command()
def estimate(
    sheet: Sheet,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--with", help="An earlier sheet of the same scheme, for the trend; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What an audit found: weighted shares with their intervals, how far two markers agree, and the audit against the records."""
    from fourfold.analysis.case_audits import (
        against_records,
        audit_result,
        audit_trend,
        markers_agreement,
        records_of_audit,
    )
    from fourfold.publications.audit_sheets import audit_of

    found = audit_of(sheet)
    findings = [audit_result(found), against_records(found)]
    if found.of_all:
        findings.append(records_of_audit(found))
    if any(m.second for m in found.marked):
        findings.append(markers_agreement(found))
    if earlier:
        findings.append(audit_trend([*(audit_of(path) for path in earlier), found]))
    show(findings, as_json)
