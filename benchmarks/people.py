"""Linking people: how many pairs are right and found, beside splink's defaults; and how fast, beside bare splink.

Two makers of people judge it: the demo force, and reports made otherwise (tests/records/victims.py), by seeds that the weights
were not looked at with. What is true of them says who is who. Writes benchmarks/results/people.json.

    python benchmarks/people.py             # pairs of both makers, the hard kinds apart, splink beside; then speed
    python benchmarks/people.py speed       # only 100,000 people against bare splink, and a week's 500 more
    python benchmarks/people.py first       # only a force's first load, everybody at once, at scale 1.0
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from machine import this_machine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.records import entries, likeness, people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files
from tests.records import victims

AT = datetime(2023, 1, 1, tzinfo=UTC)
ASKING = Asking(officer="bench", role="analyst", purpose="linking people")
LOOKED_AT = {"demo force": [31, 32, 33, 34], "made otherwise": [1, 2, 3]}
"""Seeds that weights and thresholds were looked at with; none of them is judged here."""
DEMO_SEEDS, OTHER_SEEDS = (11, 23, 41, 42), (101, 102, 103)
RESULTS = ROOT / "benchmarks" / "results" / "people.json"


def judge_demo() -> list[dict[str, Any]]:
    """Pairs said, true and right, of demo forces at scale 0.02."""
    return [one_judged(seed, demo_entries(0.02, seed)) for seed in DEMO_SEEDS]


def judge_made() -> list[dict[str, Any]]:
    """The same of reports made otherwise, 20,000 at a time."""
    return [one_judged(seed, victims.entries_of(victims.reports(20_000, seed))) for seed in OTHER_SEEDS]


def judge_many() -> list[dict[str, Any]]:
    """The same of 110,000 reports at once, ours alone: more people, so more who are alike by chance."""
    return [one_judged(104, victims.entries_of(victims.reports(110_000, 104)), with_splink=False)]


def one_judged(seed: int, every: pl.DataFrame, *, with_splink: bool = True) -> dict[str, Any]:
    """Ours and splink's on the same entries of persons. Organisations stand in neither, but for their own kind in ours."""
    run = people.linked(people.State(), every.drop("true", "hard", "written"))
    groups = run.state.people.select("entry", "person")
    persons = every.filter(pl.col("organisation").is_null())
    said = {
        "seed": seed, "entries": every.height, "pairs compared": run.compared, "in blocks too large": run.left_out,
        "ours": shown(victims.judged(groups, persons)),
        "hard kinds, ours": {k: shown(victims.judged(groups, every, k)) for k in kinds(every)},
    }  # fmt: skip
    if with_splink:
        guide, of_all = defaults(persons, of_all=False), defaults(persons, of_all=True)
        said["splink's defaults, as its guide has them"] = beside(guide, persons)
        said["splink's comparisons of all details, with our blocks"] = beside(of_all, persons)
        best = of_all[said["splink's comparisons of all details, with our blocks"]["at its best"]["threshold"]]
        own = [k for k in kinds(every) if k != "trading name"]
        said["hard kinds, splink at its best"] = {k: shown(victims.judged(best, persons, k)) for k in own}
    print(json.dumps(said), flush=True)
    return said


def kinds(every: pl.DataFrame) -> list[str]:
    """The hard kinds that stand among entries."""
    held = set(every["hard"].explode().drop_nulls())
    return [kind for kind in victims.HARD if kind in held]


def shown(one: victims.Judged) -> dict[str, Any]:
    """Counts with the two shares."""
    return {
        "said": one.said,
        "true": one.true,
        "right": one.right,
        "precision": round(one.precision, 4),
        "recall": round(one.recall, 4),
    }


def f_measure(one: dict[str, Any]) -> float:
    """The harmonic mean of precision and recall."""
    total = one["precision"] + one["recall"]
    return float(2 * one["precision"] * one["recall"] / total) if total else 0.0


def demo_entries(scale: float, seed: int) -> pl.DataFrame:
    """Every entry of a demo force, with who it is in truth and which hard kinds it is of."""
    with tempfile.TemporaryDirectory() as temporary:
        made, home = Path(temporary) / "force", Path(temporary) / "home"
        written_force(Scenario(scale=scale, seed=seed), made)
        wanted = [p for p in sorted((made / "files").iterdir()) if "_people_" in p.name or "fraud_victims" in p.name]
        import_files(home, wanted, clock=lambda: AT)
        return held_with_truth(home, made)


def held_with_truth(home: Path, made: Path) -> pl.DataFrame:
    """Every entry that a home holds, with who it is in truth and which hard kinds it is of."""
    records = records_as_at(home, AT + timedelta(hours=1))
    every = entries.entries(records, opened(home).gate, ASKING, AT)
    written = pl.concat(
        entries.made_alike(rows, table).select("entry").with_columns(written=rows["organisation_name"])
        for table, rows in raw_names(records)
    ).unique("entry", keep="last")
    return with_truth(every.join(written, on="entry", how="left", maintain_order="left"), made / "truth")


def raw_names(records: Any) -> list[tuple[str, pl.DataFrame]]:
    """The rows of both tables with the organisation's name as it was written, and no other detail."""
    found = []
    for table, extra in (("people", {}), ("fraud_victims", {"crime_ref": "report_ref"})):
        rows = records.table(table).join(records.table(table + "_personal"), on=["batch_id", "line_number"]).collect()
        if extra:
            rows = rows.with_columns(crime_ref="report_ref", person_ref=pl.lit(None, pl.String), role=pl.lit("victim"))
        found.append((table, rows))
    return found


def with_truth(every: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Entries with who each is in truth, and which hard kinds: those made alike, the married, common and trading names."""
    twice = dict(
        pl.read_parquet(truth / "people_entered_twice_FICTITIOUS.parquet").select("person_ref", "same_as").iter_rows()
    )
    frauds = pl.read_parquet(truth / "frauds_FICTITIOUS.parquet")
    who = {
        r: (v, o, c or "")
        for r, v, o, c in frauds.select("report_ref", "victim", "is_organisation", "changed").iter_rows()
    }
    said = {"couple": "shared address", "shared house": "shared address"}
    alike: dict[int, str] = {}
    for one, other, how in (
        pl.read_parquet(truth / "frauds_alike_FICTITIOUS.parquet").select("one", "other", "how").iter_rows()
    ):
        alike[one] = alike[other] = said.get(how, how)
    common = {
        kind: set(every[kind].drop_nulls().value_counts(sort=True).head(10)[kind]) for kind in ("surname", "forename")
    }
    true, hard = [], []
    for table, crime, ref, firm, forename, surname in every.select(
        "table", "crime_ref", "ref", "organisation", "forename", "surname"
    ).iter_rows():
        own = ["trading name"] if firm else []
        if forename in common["forename"] and surname in common["surname"]:
            own.append("common name")
        if table == "fraud_victims":
            victim, is_firm, changed = who[crime]
            true.append(f"{'firm' if is_firm else 'victim'} {victim}")
            own += [alike[victim]] if victim in alike and not is_firm else []
            own += ["married name"] if "surname changed" in changed else []
        else:
            plain = (ref or "").split(" ")[-1]
            true.append(twice.get(plain, plain))
        hard.append(own)
    return every.with_columns(true=pl.Series(true), hard=pl.Series(hard, dtype=pl.List(pl.String)))


def opened(home: Path) -> Folder:
    """The folder's gate, with an analyst admitted."""
    folder = Folder(home)
    folder.admit(ASKING.officer, ASKING.role)
    return folder


def defaults(every: pl.DataFrame, *, of_all: bool) -> dict[str, pl.DataFrame]:
    """What splink's own comparisons give on the same rows, trained on them as its guide has it, at several thresholds.

    Of its guide: names, birth, postcode and email, three blocks. With `of_all`, as much as ours has: names by their
    frequencies, address, telephone and sex too, and our blocks. The prior is from deterministic rules, u from random pairs,
    m by expectation maximisation over two blockings.
    """
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rows = every.unique("profile", keep="first", maintain_order=True)
    rows = rows.with_columns(born=pl.col("born_on").cast(pl.String), year=pl.col("born_on").dt.year().cast(pl.String))
    named = [name for name in likeness.DETAILS if name not in ("ref", "born_on")]
    engine = DuckDBAPI()
    table = engine.register(rows.select("entry", "born", "year", "ref", *named).to_arrow())
    blocks = [("forename", "surname"), ("born",), ("postcode", "surname")]
    if of_all:
        blocks = [tuple("born" if c == "born_on" else c for c in block) for block in likeness.BLOCKS]
    names = [cl.NameComparison(name) for name in ("forename", "surname")]
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="entry",
        comparisons=[
            *(one.configure(term_frequency_adjustments=of_all) for one in names),
            cl.DateOfBirthComparison("born", input_is_string=True), cl.ExactMatch("postcode"), cl.EmailComparison("email"),
            *(cl.ExactMatch(name) for name in ("address", "phone", "sex") if of_all),
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
    )  # fmt: skip
    linker = Linker(table, settings, log_level=None)
    rules = [block_on("forename", "surname", "born"), block_on("email"), block_on("phone", "surname")]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("forename", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("born"))
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    profile = dict(rows.select("entry", "profile").iter_rows())
    found = {}
    for threshold in (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=threshold
        )
        held = pl.DataFrame(clusters.as_duckdbpyrelation().to_arrow_table()).select("entry", "cluster_id")
        of_profile = {profile[e]: str(c) for e, c in held.iter_rows()}
        found[str(threshold)] = every.select("entry", person=pl.col("profile").replace_strict(of_profile))
    return found


def beside(theirs: dict[str, pl.DataFrame], persons: pl.DataFrame) -> dict[str, Any]:
    """splink's pairs at 0.5, at 0.9, and at the threshold that does best of all."""
    each = {t: shown(victims.judged(of, persons)) for t, of in theirs.items()}
    best = max(each, key=lambda t: f_measure(each[t]))
    return {"at 0.5": each["0.5"], "at 0.9": each["0.9"], "at its best": {"threshold": best, **each[best]}}


def speed() -> dict[str, Any]:
    """100,000 people, all at once: ours against bare splink of the same comparisons; then 500 more, from the files on."""
    every = victims.entries_of(victims.reports(119_000, 7))
    entries = every.drop("true", "hard", "written")
    ours, bare = [], []
    for _ in range(
        6
    ):  # in turn, so that a drift of the machine's speed falls on both; the first of each is not counted
        ours.append(timed(lambda: people.linked(people.State(), entries)))
        bare.append(timed(lambda: bare_splink(entries)))
    run = people.linked(people.State(), entries)
    persons = every.filter(pl.col("organisation").is_null())
    (mine, my_cpu), (theirs, their_cpu) = middle(ours[1:]), middle(bare[1:])
    found = {
        "command": "python benchmarks/people.py speed", "machine": this_machine(), "entries": every.height,
        "people": persons["true"].n_unique(), "pairs compared": run.compared, "people found": run.state.people["person"].n_unique(),
        "seconds": mine, "seconds of bare splink": theirs, "ratio": round(mine / theirs, 2),
        "processor seconds": my_cpu, "processor seconds of bare splink": their_cpu, "ratio of these": round(my_cpu / their_cpu, 2),
    }  # fmt: skip
    return found | {"a week's 500 more": week()}


def first_load() -> dict[str, Any]:
    """Everybody of a demo force of scale 1.0 linked at once by the command, in a process of its own: seconds, and its most memory;
    and how many of its pairs are right and found."""
    with tempfile.TemporaryDirectory() as temporary:
        made, home = Path(temporary) / "force", Path(temporary) / "home"
        written_force(Scenario(scale=1.0), made)
        import_files(home, sorted((made / "files").iterdir()), clock=lambda: AT)
        opened(home)
        command = [sys.executable, "-m", "fourfold.cli", "people", "link", "--officer", ASKING.officer, "--json"]
        clock, load = time.perf_counter(), this_machine()
        ran = subprocess.run(command, env={**os.environ, "FOURFOLD_HOME": str(home)}, check=True, capture_output=True)
        taken, used = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
        every, groups = held_with_truth(home, made), people.state_of(home).people.select("entry", "person")
    persons = every.filter(pl.col("organisation").is_null())
    said = json.loads(ran.stdout)
    return {
        "command": "python benchmarks/people.py first", "machine": load, "entries": said["entries"], "people": said["people"],
        "pairs compared": said["pairs_compared"], "seconds": round(taken), "processor seconds": round(used.ru_utime + used.ru_stime),
        "most memory, GB": round(used.ru_maxrss / 1e6, 1), "ours": shown(victims.judged(groups, persons)),
        "hard kinds, ours": {k: shown(victims.judged(groups, every, k)) for k in kinds(every)},
    }  # fmt: skip


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor (all threads): a busy machine stretches the first."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def middle(taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The medians of both."""
    return round(statistics.median(t[0] for t in taken), 2), round(statistics.median(t[1] for t in taken), 2)


def bare_splink(entries: pl.DataFrame) -> int:
    """splink alone, on profiles made alike already: our comparisons and blocks, its own term frequencies and clusters."""
    from splink import DuckDBAPI

    rows = entries.filter(pl.col("organisation").is_null()).unique("profile").select("profile", *likeness.DETAILS)
    rows = rows.with_columns(block.alias(name) for name, block in likeness.blocks().items())
    rows = rows.join(likeness.forms(), on="forename", how="left")
    engine = DuckDBAPI()
    linker = likeness._linker(engine.register(rows.to_arrow()))
    predicted = linker.inference.predict(threshold_match_weight=likeness.LINKED)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_weight=likeness.LINKED
    )
    return int(pl.DataFrame(clusters.as_duckdbpyrelation().to_arrow_table())["cluster_id"].n_unique())


def week() -> dict[str, Any]:
    """500 more reports, linked to all known from their files on: read, compared, named and kept."""
    rows = victims.reports(119_500, 8)
    known = rows.height - 500
    with tempfile.TemporaryDirectory() as temporary:
        home, made = Path(temporary) / "home", Path(temporary)
        paths = [listed(rows[n : min(n + 1_000, known)], made, n) for n in range(0, known, 1_000)]
        import_files(home, paths, clock=lambda: AT)
        folder = opened(home)
        first = people.link(records_as_at(home, AT + timedelta(hours=1)), folder.gate, ASKING, AT)
        import_files(home, [listed(rows[known:], made, known)], clock=lambda: AT + timedelta(hours=2))
        before, taken = people.state_of(home), []
        for _ in range(5):
            people.keep(home, replace(first, state=before))
            ran: list[people.Linked] = []
            later = records_as_at(home, AT + timedelta(hours=3))
            taken.append(timed(lambda: ran.append(people.link(later, folder.gate, ASKING, AT))))  # noqa: B023
        again = ran[0]
        was = dict(first.state.people.select("entry", "person").iter_rows())
        now = dict(again.state.people.select("entry", "person").iter_rows())
        moved = {(was[e], now[e]) for e in was if was[e] != now[e]}
        return {
            "entries known": len(was), "batches": len(paths), "seconds": middle(taken)[0], "processor seconds": middle(taken)[1],
            "seconds, each": [round(one[0], 2) for one in taken], "identifiers that changed": len(moved),
            "of these listed": len(moved & {(c.key, c.other) for c in again.changes}),
            "changes": [f"{c.what}: {c.why}" for c in again.changes],
        }  # fmt: skip


def listed(rows: pl.DataFrame, folder: Path, number: int) -> Path:
    """A week's list as a file."""
    path = folder / f"fraud_victims_action_fraud_{number:06d}.csv"
    victims.written(rows, path, date(2022, 1, 3))
    return path


PARTS = {
    "demo forces, scale 0.02": judge_demo, "reports made otherwise, 20,000 each": judge_made,
    "reports made otherwise, 110,000": judge_many, "speed": speed, "a force's first load": first_load,
}  # fmt: skip


if __name__ == "__main__":
    held = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name, part in PARTS.items():
        if not sys.argv[1:] or any(word in name for word in sys.argv[1:]):
            held[name] = part()
            held = {name: held[name] for name in PARTS if name in held} | {"seeds looked at": LOOKED_AT}
            RESULTS.write_text(json.dumps(held, indent=2) + "\n")
