"""Where next on a page: what the backtest says is what is shown, to whom, and what may not be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from fourfold.analysis.backtests import FORECAST
from fourfold.analysis.exposure import DEPRIVATION, ETHNICITY, Groups
from fourfold.analysis.findings import Finding
from fourfold.casework import backtests, work
from fourfold.casework.audit import Entry
from fourfold.errors import NothingHeld
from fourfold.records.as_at import records_as_at
from fourfold.web import figures
from fourfold.web.pages.picture import larger_areas
from tests.analysis.planted_towns import DAYS, town
from tests.web.test_near_repeats import burglaries_held  # noqa: F401 - a fixture
from tests.web.test_pages import own_home, text_of  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
COUNCILS = "/where-next/councils?force=leicestershire&cell=1000&horizon=7"
PAGE = "/where-next?force=leicestershire&cell=1000"
WAITS = "Whether this can be told is being worked out"


def waiting() -> list[dict[str, Any]]:
    """The questions that wait for the worker."""
    ready = DBTaskResult.objects.filter(task_path=work.draw_maps.module_path, status="READY")
    return [one["args"][0] for one in ready.values_list("args_kwargs", flat=True)]


def told(client: Client, address: str) -> str:
    """What a page says when the worker has done what it asked for."""
    assert WAITS in text_of(client.get(address))
    [asked] = waiting()
    work.draw_maps.call(asked)
    return text_of(client.get(address))


def test_a_page_only_reads_what_the_worker_made(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyst = as_role("analyst")
    work.draw_usual_maps.call()
    with monkeypatch.context() as patched:
        patched.setattr(backtests, "placed_crimes", lambda *_: pytest.fail("a page draws maps"))
        assert "Can it be told?" in text_of(analyst.get("/where-next"))
        assert "Can it be told?" in text_of(analyst.get("/where-next?from=2022-03&against=rolling-12"))
        assert waiting() == [], (
            "what the picture would be compared with is no other question, nor where its window begins"
        )
        for _ in range(2):
            assert WAITS in text_of(analyst.get(PAGE))
        assert len(waiting()) == 1
    work.import_upload.call("an upload")
    assert DBTaskResult.objects.filter(task_path=work.draw_usual_maps.module_path).count() == 1, "after each import"


def test_no_more_than_some_questions_wait(burglaries_held: Path, db: None) -> None:  # noqa: F811
    for day in range(1, 29):
        work.queue_maps(backtests.Question("leicestershire", "burglary", None, None, f"2022-06-{day:02d}"))
    assert len(waiting()) == 20


def test_what_is_kept_is_of_one_state_of_the_records_and_the_code(
    burglaries_held: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = burglaries_held / "home"
    early, late = (records_as_at(home, datetime(2022, 7, 1, 12, minute, 30, tzinfo=UTC)) for minute in (6, 7))
    [asked] = backtests.usual(early)
    made = backtests.made(early, asked)
    assert isinstance(made.tested, Finding)
    kept = backtests.standing(early, asked)
    assert kept is not None
    assert replace(kept, rates=None) == replace(made, rates=None)
    assert (type(kept.rates), str(kept.rates)) == (NothingHeld, str(made.rates)), "why no rate is given, as it was said"
    assert backtests.standing(late, asked) is None
    for name, other in (("made_by", lambda *_: "mended"), ("_ORIGINS", 26)):
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(backtests, name, other)
            assert backtests.standing(early, asked) is None, "of other code, or tested at other origins"
    backtests.made(late, asked)
    [folder] = (home / "lake" / "derived" / "where_next").iterdir()
    [file] = folder.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert backtests.standing(late, asked) is None, "torn, and made again"


def test_a_fault_of_fourfolds_own_is_kept_so_that_no_page_waits_for_ever(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyst = as_role("analyst")
    assert WAITS in text_of(analyst.get(PAGE))
    monkeypatch.setattr(backtests, "placed_crimes", lambda *_: 1 // 0)
    with pytest.raises(work.WorkFailed, match="ZeroDivisionError"):
        work.draw_maps.call(waiting()[0])
    assert "A fault of Fourfold’s own" in text_of(analyst.get(PAGE)).replace("'", "’")


def test_the_places_of_a_few_questions_are_kept_and_no_more(burglaries_held: Path) -> None:  # noqa: F811
    for n in range(9):
        figures.kept(("some places", n), lambda key: key[1], 4)
    figures.kept(("some places", 5), lambda _: pytest.fail("it is kept"), 4)
    figures.kept(("some places", 9), lambda key: key[1], 4)
    assert [key[1] for key in figures._kept if key[0] == "some places"] == [7, 8, 5, 9]


def test_the_map_that_the_backtest_names_is_shown_and_put_on_the_log(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    said = told(as_role("analyst"), PAGE)
    assert "Can it be told?" in said
    assert "counts of the last 12 months" in said
    plain = "so that map is shown" in said
    assert ("Where the plain map is highest" in said) == plain
    assert ("Where most is expected" in said) != plain
    assert "Not to be tasked from" in said
    assert "events expected, by 120 before" in said
    assert Entry.objects.filter(record_class="small_area_figures").count() == 1


def test_on_whom_the_flagged_squares_fall_and_whether_it_tells_less_stand_beside_how_well_it_told(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    halves = (np.array([455_000.0, 473_000.0]), np.array([303_000.0, 303_000.0]))
    monkeypatch.setattr(
        backtests, "groups_of_areas",
        lambda *_: {
            DEPRIVATION: Groups(*halves, ("fifth 1 (most deprived)", "fifth 5 (least deprived)")),
            ETHNICITY: Groups(*halves, ("0 to 10% minority", "50% minority or more")),
        },
    )  # fmt: skip
    said = told(as_role("board_reader"), PAGE)
    assert "Does it tell less than it did? Drift watch: " in said
    for by, first, second in (
        (DEPRIVATION, "fifth 1 (most deprived)", "fifth 5 (least deprived)"),
        (ETHNICITY, "0 to 10% minority", "50% minority or more"),
    ):
        table = said[said.index(f"By {by}: where the flagged 2% of squares fell") :]
        head, one, other = table.index("Flagged over came"), table.index(first), table.index(second)
        assert head < one < other
    assert "What residents are takes no part in any map" in said


def test_where_the_profiles_of_areas_are_not_held_that_is_said_and_the_backtest_stands(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    said = told(as_role("board_reader"), PAGE)
    assert "On whom does it fall?" in said
    assert "is not held" in said
    assert "What each map would have caught" in said


@pytest.mark.parametrize(
    ("role", "query", "status"), [("analyst", "", 200), ("analyst", "&horizon=3", 422), ("outsider", "", 302)]
)
def test_who_is_shown_what(
    as_role: Callable[..., Client],
    outsider: Client,
    burglaries_held: Path,  # noqa: F811
    role: str,
    query: str,
    status: int,
) -> None:
    client = outsider if role == "outsider" else as_role(role)
    assert client.get(PAGE + query).status_code == status


def test_those_who_may_not_see_small_areas_see_the_backtest_alone(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    said = told(as_role("board_reader"), PAGE)
    assert "Can it be told?" in said
    assert "shown to those who may see figures of small areas" in said
    assert "Easting" not in said


def test_months_alone_are_refused_with_the_reason(as_role: Callable[..., Client], own_home: Path) -> None:  # noqa: F811
    said = told(as_role("analyst"), "/where-next?force=leicestershire&measure=police_uk_burglary")
    assert "The events have a month and no day" in said


PLANTED = (("mixed", 5), ("bursts", 0), ("mixed", 11), ("mixed", 23), ("bursts", 1), ("mixed", 2))
"""A planted town for each of six councils, by its kind and seed; the mixed ones are of those in which the forecast wins."""


def test_in_two_of_six_councils_the_model_itself_loses_and_the_plain_map_is_named_there(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker draws, tests and judges every map; only where the crimes lie is planted, and each is scored by what came after."""
    councils = larger_areas("leicestershire")
    towns = dict(zip((code for code, _ in councils), PLANTED, strict=False))
    planted = {code: (town(*of), DAYS) for code, of in towns.items()}

    def past_of(_: Any, asked: backtests.Question) -> tuple[Any, int]:
        if asked.area_code not in planted:
            raise NothingHeld("No town is planted here.", remedy="Look at another.")
        return planted[asked.area_code]

    monkeypatch.setattr(backtests, "past_of", past_of)
    reader, page = as_role("board_reader"), COUNCILS.replace("cell=1000", "cell=500")
    reader.get(page)
    for asked in waiting():
        work.draw_maps.call(asked)
    said = text_of(reader.get(page))
    names = dict(councils)
    behind = "; ".join(names[code] for code, of in towns.items() if of[0] == "bursts")
    ahead = "; ".join(names[code] for code, of in towns.items() if of[0] != "bursts")
    assert f"The forecast is ahead, and shown {ahead} The forecast is not ahead" in said
    assert f"and the best plain map is shown instead {behind} " in said
    lost = 0
    records = figures.standing_records()
    [usual] = backtests.usual(records)
    for code in towns:
        made = backtests.standing(records, replace(usual, level="ltla24", area_code=code, horizon=7, cell=500))
        assert made is not None
        assert isinstance(made.tested, Finding)
        assert made.tested.table is not None
        pai = {(row["map"], row["share_of_area"]): float(row["pai"]) for row in made.tested.table.records()}
        plain = str(made.tested.parameters["best plain map"])
        is_behind = all(pai[FORECAST, share] < pai[plain, share] for share in (0.01, 0.02))
        assert made.tested.value == (plain if is_behind else FORECAST)
        assert f"{names[code]} {plain if is_behind else FORECAST} " in said
        assert isinstance(made.squares, Finding)
        assert made.squares.kind == ("plain map" if is_behind else "forecast")
        lost += is_behind
    assert lost == 2


def test_a_council_of_which_nothing_is_placed_says_why(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
) -> None:
    reader = as_role("board_reader")
    assert "Some of these are being worked out" in text_of(reader.get(COUNCILS))
    for asked in waiting():
        work.draw_maps.call(asked)
    said = text_of(reader.get(COUNCILS))
    assert "being worked out" not in said
    assert said.count("Cannot be told: ") == len(larger_areas("leicestershire"))


@pytest.mark.parametrize(
    ("query", "status", "told_of"),
    [
        ("&area=E07000129", 422, "of every council"),
        ("&cell=3", 422, "no such horizon or square"),
        ("&force=kent", 422, "No records"),
    ],
)
def test_a_wrong_question_of_councils_is_refused_with_the_remedy(
    as_role: Callable[..., Client],
    burglaries_held: Path,  # noqa: F811
    query: str,
    status: int,
    told_of: str,
) -> None:
    answer = as_role("analyst").get(COUNCILS + query)
    assert (answer.status_code, told_of in text_of(answer)) == (status, True)
    assert waiting() == []
