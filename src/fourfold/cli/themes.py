"""Commands about themes of fraud: what reports are about, over the national code, which is never changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fourfold.cli.answers import print_table, write_new
from fourfold.cli.questions import AsJson
from fourfold.errors import LayoutUnknown, RecordsInvalid

if TYPE_CHECKING:
    import polars as pl

commands = typer.Typer()
themes = typer.Typer(no_args_is_help=True, help="What reports of fraud are about, in the force's own words for it.")
commands.add_typer(themes, name="themes")

File = Annotated[Path, typer.Argument(help="A table of reports with the columns report_id and narrative.")]
_TEXT, _REFERENCE = ("narrative", "incident_description"), ("report_id", "report_ref", "case_reference")
_SHOWN = 40
BY_THE_FORCE = "the force"
"""Whose hand the labels of a force's own file are."""
_OTHERS = 4


@themes.command("list")
def list_(as_json: AsJson = False) -> None:
    """The themes, with the definition of each."""
    from fourfold.codes.themes import themes as known

    if as_json:
        _print_rows([{"theme": t.theme, "title": t.title, "definition": t.definition} for t in known()])
        return
    for one in known():
        print(f"{one.theme}: {one.title}. {one.definition} {one.confused_with}".rstrip())


@themes.command()
def score(
    file: File,
    labels: Annotated[
        Path | None, typer.Option(help="Also learn from this labels file: report_id, true_theme, narrative.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Also write a labels file: the theme of each, empty where it abstains, to be put right."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The theme of each report in a file, how sure that is, and whether the scorer abstains.

    With a column true_theme it also says how often it was right; texts that it learnt from, and other tellings of them (by
    base_id), are left out of that. A line that
    is no record is named, and the rest is scored; the exit code is then 13. A theme of a labels file that is not on the list is
    the force's own.
    """
    from fourfold.analysis import themes as scoring

    rows, is_whole = _table(file)
    texts = [t or "" for t in rows[_one_of(rows, _TEXT, file)].to_list()]
    references = rows[_one_of(rows, _REFERENCE, file)].to_list()
    told, are_whole = _labels(labels) if labels else (None, True)
    scorer = scoring.scorer(told)
    found, words, ideas = scoring.explained_scores(scorer, texts)
    if out is not None:
        said = [None if a else t for a, t in zip(found.abstains, found.best, strict=True)]
        write_new(_labels_file(rows, _one_of(rows, _REFERENCE, file), said, texts), out)
    if as_json:
        _print_rows(_scored(references, found, words, ideas))
        _end(is_whole and are_whole)
        return
    lines = zip(references, found.best, found.sureness, found.abstains, words, strict=True)
    shown = [[str(r), t, f"{p:.2f}", "abstains" if a else "", ", ".join(w)] for r, t, p, a, w in list(lines)[:_SHOWN]]
    print_table(["report", "theme", "probability", "", "words"], shown)
    if len(texts) > _SHOWN:
        print(f"  ... and {len(texts) - _SHOWN:,} more; --json gives them all")
    print(
        f"{len(texts):,} reports; it abstains from {int(found.abstains.sum()):,}. The national codes are not changed."
    )
    if "true_theme" in rows.columns:
        _print_accuracy(rows, texts, found, told or [])
    _end(is_whole and are_whole)


@themes.command()
def new(
    file: File,
    month: Annotated[
        list[str] | None,
        typer.Option(help="Watch this month, as 2022-08; may be given again. Default: the last three."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Themes that nobody has named yet: groups of reports unlike any of the months before, month by month.

    The file also has the column report_date (or reported_at). Eight months before a month are needed to judge it.
    """
    import polars as pl

    from fourfold.analysis import emerging_themes as emerging

    rows, is_whole = _table(file)
    text, reference = _one_of(rows, _TEXT, file), _one_of(rows, _REFERENCE, file)
    day = _one_of(rows, ("report_date", "reported_at", "reported_on"), file)
    told = rows.select(pl.col(reference), pl.col(day).str.slice(0, 7), pl.col(text)).drop_nulls()
    held = [f"{at.year}-{at.month:02}" for at in _months(told[day].unique().to_list(), file, day)]
    number = {name: i for i, name in enumerate(held)}
    watch = [number[m] for m in month if m in number] if month else list(range(len(held)))[-3:]
    of_report = [number[m] for m in told[day].to_list()]
    found, seen = emerging.emerging_themes(emerging.read(told[text].to_list()), of_report, watch, held)
    references = told[reference].to_list()
    said = [
        {
            "theme": t.identity, "name": t.name, "words": list(t.words), "first_month": held[t.first_month],
            "chance": round(t.chance, 4), "reports": len(t.reports),
            "by_month": {held[m]: [references[r] for r in rows] for m, rows in sorted(t.by_month.items())},
        }
        for t in found
    ]  # fmt: skip
    if as_json:
        _print_rows(said)
        _end(is_whole)
        return
    for one in seen:
        print(f"{held[one.month]}: {_month_said(one)}")
    for plain in said:
        print(f"{plain['theme']}: {plain['name']}; {plain['reports']} reports, since {plain['first_month']}")
    _end(is_whole)


def _month_said(one: Any) -> str:
    if one.chance is None:
        return "cannot judge: fewer than eight months before it are held."
    how = "stands out" if one.stands_out else "does not stand out"
    return (
        f"{one.unlike} of {one.reports:,} reports are unlike any before, where months before had {one.expected:.1f}; it {how} "
        f"({one.chance:.0%} of months are as far out)."
    )


def _months(texts: list[str], file: Path, column: str) -> list[Any]:
    """The months from the first to the last. Raises LayoutUnknown where a date is none."""
    from datetime import date

    try:
        held = sorted(date.fromisoformat(f"{text}-01") for text in texts)
    except ValueError:
        raise LayoutUnknown(
            "A date of the file is not written as 2022-08-31.", remedy="Write dates so.", file=file, column=column
        ) from None
    count = (held[-1].year - held[0].year) * 12 + held[-1].month - held[0].month if held else -1
    return [
        date(held[0].year + (held[0].month - 1 + i) // 12, (held[0].month - 1 + i) % 12 + 1, 1)
        for i in range(count + 1)
    ]


def _labels_file(rows: pl.DataFrame, reference: str, said: list[str | None], texts: list[str]) -> str:
    """A labels file: the report, the theme, the text, and which reports are linked where the file tells it."""
    import polars as pl

    made = pl.DataFrame({"report_id": rows[reference], "true_theme": said, "narrative": texts})
    if "base_id" in rows.columns:
        made = made.with_columns(rows["base_id"])
    return made.write_csv()


def _scored(references: list[str], found: Any, words: list[list[str]], ideas: list[list[str]]) -> list[dict[str, Any]]:
    order = found.probability.argsort(axis=1)[:, ::-1][:, :_OTHERS].tolist()
    values = found.probability.round(4).tolist()
    return [
        {
            "report_id": reference, "theme": found.themes[likeliest[0]], "probability": value[likeliest[0]],
            "abstained": abstained, "words": said, "ideas": told,
            "probabilities": {found.themes[i]: value[i] for i in likeliest},
        }
        for reference, likeliest, value, abstained, said, told in zip(
            references, order, values, found.abstains.tolist(), words, ideas, strict=True
        )
    ]  # fmt: skip


def _print_accuracy(rows: pl.DataFrame, texts: list[str], found: Any, given: list[Any]) -> None:
    """How often the labels and the scores agree, of texts that the scorer did not learn from in any telling.

    `given` is what it learnt from besides the texts shipped: another telling has the same base_id.
    """
    from fourfold.analysis.theme_accuracy import accuracy
    from fourfold.codes.themes import labelled_texts

    truth = rows["true_theme"].to_list()
    learnt = {one.narrative for one in (*labelled_texts(), *given)}
    bases = {one.group for one in given if one.hand == BY_THE_FORCE}
    base_of = rows["base_id"].to_list() if "base_id" in rows.columns else [None] * len(texts)
    fresh = [i for i, text in enumerate(texts) if text not in learnt and str(base_of[i]) not in bases and truth[i]]
    if len(fresh) < len(texts):
        print(
            f"{len(texts) - len(fresh):,} are texts that it learnt from in some telling, or have no label: left out of what "
            "follows."
        )
    if fresh:
        for line in accuracy([str(truth[i]) for i in fresh], found.themes, found.probability[fresh]).lines():
            print(line)


def _labels(file: Path) -> tuple[list[Any], bool]:
    """The texts shipped, and those of a labels file; whether each of its lines is a record. Local themes are told."""
    from fourfold.analysis.themes import FEWEST_OF_A_THEME
    from fourfold.codes.themes import LabelledText, labelled_texts, themes

    rows, is_whole = _table(file)
    text, reference = _one_of(rows, _TEXT, file), _one_of(rows, _REFERENCE, file)
    label = _one_of(rows, ("true_theme", "theme"), file)
    group = "base_id" if "base_id" in rows.columns else reference
    given = rows.drop_nulls([text, label])
    own = given.filter(~given[label].is_in([t.theme for t in themes()]))[label].value_counts(sort=True)
    if own.height:
        few = f", fewer than {FEWEST_OF_A_THEME}: not learnt"
        told = ", ".join(
            f"{name} ({n:,}{few if n < FEWEST_OF_A_THEME else ''})" for name, n in own.sort(label).iter_rows()
        )
        print(f"{file}: themes of the force's own, which are not on the list: {told}.", file=sys.stderr)
    return [
        *labelled_texts(),
        *(
            LabelledText(str(r), t, n, BY_THE_FORCE, str(g))
            for r, t, n, g in zip(*(given[name] for name in (reference, label, text, group)), strict=True)
        ),
    ], is_whole


def _table(file: Path) -> tuple[pl.DataFrame, bool]:
    """The rows of a file, and whether each of its lines is one: each that is none is named, without what it says."""
    import polars as pl

    from fourfold.records.reading import readings

    read = list(readings(file))
    for one in read:
        for line in one.rejects:
            print(f"{one.name}: line {line.line}: {line.cause} {line.remedy}", file=sys.stderr)
    return pl.concat([r.rows for r in read], how="diagonal"), not any(r.rejects for r in read)


def _end(is_whole: bool) -> None:
    """Say by the exit code that lines were returned, after what could be read was answered."""
    if not is_whole:
        raise typer.Exit(RecordsInvalid.exit_code)


def _one_of(rows: pl.DataFrame, names: tuple[str, ...], file: Path) -> str:
    found = next((name for name in names if name in rows.columns), None)
    if found is None:
        raise LayoutUnknown(
            f"The file has no column {names[0]}.",
            remedy=f"Name a column {names[0]}, as in the weekly list or a labels file.", file=file, column=names[0],
        )  # fmt: skip
    return found


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """A list of rows as JSON, a row a line."""
    print("[" + ",\n ".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]")
