"""Emerging themes: a theme that nobody has named is noticed in its first month, keeps its identity, and quiet months are quiet."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from fourfold.analysis.emerging_themes import MONTHS_NEEDED, Group, emerging_themes, read, watched
from fourfold.cli import app

KNOWN = {
    "parcel": "text message said my parcel was held and asked a fee for redelivery so I entered the card number",
    "flat": "paid the landlord a deposit for a flat near the station but the keys never opened any door there",
    "lottery": "letter told me I had won the national lottery jackpot and must send the tax before it is released",
    "roof": "two men knocked about slipped tiles on the roof then wanted thousands and left the job unfinished",
    "puppy": "seller of the spaniel puppy took a holding payment and then wanted vaccination money and vanished",
}
NEW = [
    "email promised a rebate on my energy bill from the regulator and took my bank details for it",
    "caller offered a government energy rebate because of the price cap, gave him the long number",
    "energy rebate form online wanted sort code, nothing was paid and the balance has gone down",
    "neighbour said apply for the energy rebate on that link, it emptied her savings the same night",
    "ofgem energy rebate letter with a code to scan, my husband scanned it and lost four hundred",
    "was told my electric account was owed an energy rebate if I confirmed who I bank with",
]
_EXTRA = [
    "please",
    "help",
    "bank",
    "police",
    "number",
    "monday",
    "tuesday",
    "friday",
    "rang",
    "she",
    "he",
    "husband",
    "wife",
    "work",
    "shop",
    "town",
    "later",
    "again",
]


def told(
    months: int, a_month: int = 30, seed: int = 1, planted: dict[int, list[str]] | None = None
) -> tuple[list[str], list[int]]:
    """Months of reports that tell known things again, each in words a little its own; and what is planted in some months."""
    rng = np.random.default_rng(seed)
    texts, number = [], []
    for month in range(months):
        for _ in range(a_month):
            words = KNOWN[str(rng.choice(list(KNOWN)))].split()
            kept = [w for w in words if rng.random() > 0.2]
            texts.append(" ".join(kept + [str(w) for w in rng.choice(_EXTRA, 4)]))
            number.append(month)
        for text in (planted or {}).get(month, []):
            texts.append(text)
            number.append(month)
    return texts, number


def test_a_new_theme_is_noticed_in_its_first_month_and_called_by_its_words() -> None:
    texts, months = told(14, planted={12: NEW[:5]})
    found = watched(read(texts), months, 12)
    assert found.stands_out
    (group, *_) = found.groups
    assert isinstance(group, Group)
    assert {texts[r] for r in group.reports} >= set(NEW[:4])
    assert "energy" in group.words or "rebate" in group.words
    assert found.unlike > found.expected


def test_it_keeps_its_identity_when_the_next_month_comes() -> None:
    first, months = told(13, planted={12: NEW[:4]})
    (before,), _ = emerging_themes(read(first), months, [12])
    later, months = told(14, planted={12: NEW[:4], 13: NEW[3:]})
    (after, *others), _ = emerging_themes(read(later), months, [12, 13])
    assert (after.identity, after.name, after.first_month) == (before.identity, before.name, 12)
    assert not others, "what joins a theme is no other theme"
    assert len(after.by_month[13]) >= 2
    assert len(after.reports) == len(set(after.reports))


def test_one_telling_sent_in_many_times_is_one_telling() -> None:
    texts, months = told(14, planted={12: [NEW[0]] * 6})
    assert watched(read(texts), months, 12).unlike <= watched(read(texts), months, 12).expected + 2


def test_quiet_months_are_mostly_quiet() -> None:
    texts, months = told(26, a_month=20, seed=3)
    held = read(texts)
    assert sum(watched(held, months, m).stands_out for m in range(14, 26)) <= 4


def test_a_month_with_too_short_a_past_is_not_judged() -> None:
    texts, months = told(MONTHS_NEEDED, planted={MONTHS_NEEDED - 1: NEW})
    found = watched(read(texts), months, MONTHS_NEEDED - 1)
    assert found.chance is None
    assert not found.stands_out
    assert found.groups == ()


def test_the_same_reports_give_the_same_themes() -> None:
    texts, months = told(14, planted={12: NEW})
    assert emerging_themes(read(texts), months, [12, 13]) == emerging_themes(read(texts), months, [12, 13])


def test_the_command_names_the_theme_and_its_reports(tmp_path) -> None:
    texts, months = told(13, planted={12: NEW})
    rows = [
        f"R{i},{2021 + m // 12}-{m % 12 + 1:02}-05,{t.replace(',', '')}"
        for i, (t, m) in enumerate(zip(texts, months, strict=True))
    ]
    file = tmp_path / "reports.csv"
    file.write_text("report_id,report_date,narrative\n" + "\n".join(rows) + "\n")
    said = json.loads(CliRunner().invoke(app, ["themes", "new", str(file), "--json"]).stdout)
    assert said[-1]["first_month"] == "2022-01"
    assert said[-1]["theme"].startswith("2022-01-")
    shown = CliRunner().invoke(app, ["themes", "new", str(file)]).stdout
    assert "stands out" in shown


def test_a_date_that_is_none_is_refused(tmp_path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("report_id,report_date,narrative\nR1,last week,hello\n")
    found = CliRunner().invoke(app, ["themes", "new", str(file)])
    assert getattr(found.exception, "column", None) == "report_date"


@pytest.mark.slow
def test_planted_themes_of_the_demo_are_found_and_false_alarms_are_few() -> None:
    from benchmarks.themes import new_themes

    told_of = new_themes(12, "8 of 130 NFIB90 reports")
    assert told_of["found in the first month"] >= 0.8
    assert told_of["false alarms in six quiet months"] <= 1.3
