"""How many linked pairs of people are right, how many are found, and how splink's defaults do on the same rows.

The demo force is made with a seed that the weights were not tried on; what is true of it says who is who. Writes
benchmarks/results/people.json. Use: python benchmarks/people.py [SCALE] [SEED ...]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from fourfold.demo.force import written_force
from fourfold.demo.scenario import Scenario
from fourfold.records import people
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.records.imports import import_files

AT = datetime(2023, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent


def main(scale: float, seeds: list[int]) -> None:
    """Judge a force of each seed, print and write."""
    command = f"python benchmarks/people.py {scale} {' '.join(map(str, seeds))}"
    found = {"command": command, "forces": [one_force(scale, seed) for seed in seeds]}
    print(json.dumps(found, indent=2))
    (ROOT / "benchmarks" / "results" / "people.json").write_text(json.dumps(found, indent=2) + "\n")


def one_force(scale: float, seed: int) -> dict[str, Any]:
    """What is found in one force, beside splink's defaults."""
    with tempfile.TemporaryDirectory() as temporary:
        made, home = Path(temporary) / "force", Path(temporary) / "home"
        written_force(Scenario(scale=scale, seed=seed), made)
        wanted = [p for p in sorted((made / "files").iterdir()) if "_people_" in p.name or "fraud_victims" in p.name]
        import_files(home, wanted, clock=lambda: AT)
        folder = Folder(home)
        folder.admit("bench", "analyst")
        asking = Asking(officer="bench", role="analyst", purpose="linking people")
        every = people.entries(records_as_at(home, AT + timedelta(hours=1)), folder.gate, asking, AT)
        started = time.monotonic()
        run = people.linked(people.State(), every)
        seconds = time.monotonic() - started
        truth = true_person(every, made / "truth")
        ours = judged(run.state.people.select("entry", "person"), truth, every)
        return {
            "seed": seed, "entries": every.height, "profiles": every["profile"].n_unique(), "pairs compared": run.compared,
            "left out": run.left_out, "seconds": round(seconds, 2), "ours": ours,
            "splink's defaults": judged(defaults(every), truth, every),
        }  # fmt: skip


def true_person(every: pl.DataFrame, truth: Path) -> dict[str, str]:
    """Who each entry is in truth."""
    twice = dict(
        pl.read_parquet(truth / "people_entered_twice_FICTITIOUS.parquet").select("person_ref", "same_as").iter_rows()
    )
    frauds = pl.read_parquet(truth / "frauds_FICTITIOUS.parquet")
    victim = {
        r: f"{'firm' if o else 'victim'} {v}"
        for r, v, o in frauds.select("report_ref", "victim", "is_organisation").iter_rows()
    }
    found = {}
    for entry, table, crime, ref in every.select("entry", "table", "crime_ref", "ref").iter_rows():
        plain = (ref or "").split(" ")[-1]
        found[entry] = victim[crime] if table == "fraud_victims" else twice.get(plain, plain)
    return found


def judged(groups: pl.DataFrame, truth: dict[str, str], every: pl.DataFrame) -> dict[str, Any]:
    """Precision and recall of pairs of profiles that share no reference of the force's.

    Entries of the same details, or of the same reference, would be right by any method, and are left out.
    """
    one_each = every.unique("profile", keep="first", maintain_order=True)["entry"].to_list()
    person = dict(groups.iter_rows())
    ref = dict(every.select("entry", "ref").iter_rows())
    said, true = (
        {(a, b) for a, b in _pairs({e: of[e] for e in one_each}) if ref[a] is None or ref[a] != ref[b]}
        for of in (person, truth)
    )
    right = len(said & true)
    return {
        "pairs said": len(said), "pairs true": len(true), "right": right,
        "precision": round(right / max(len(said), 1), 4), "recall": round(right / max(len(true), 1), 4),
    }  # fmt: skip


def _pairs(of: dict[str, str]) -> set[tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for entry, person in of.items():
        groups.setdefault(person, []).append(entry)
    return {tuple(sorted(pair)) for held in groups.values() for pair in combinations(held, 2)}  # type: ignore[misc]


def defaults(every: pl.DataFrame) -> pl.DataFrame:
    """What splink's own comparisons give, trained on these rows as its guide has it, at its guide's 0.95."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rows = every.unique("profile", keep="first", maintain_order=True).with_columns(
        born=pl.col("born_on").cast(pl.String)
    )
    engine = DuckDBAPI()
    table = engine.register(rows.drop("born_on").to_arrow())
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="entry",
        comparisons=[
            cl.NameComparison("forename"), cl.NameComparison("surname"),
            cl.DateOfBirthComparison("born", input_is_string=True), cl.ExactMatch("postcode"), cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on("forename", "surname"), block_on("born"), block_on("postcode", "surname")],
    )  # fmt: skip
    linker = Linker(table, settings, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("forename", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("born"))
    predicted = linker.inference.predict(threshold_match_probability=0.95)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.95)
    found = pl.DataFrame(clusters.as_duckdbpyrelation().to_arrow_table()).select("entry", "cluster_id")
    profile = dict(rows.select("entry", "profile").iter_rows())
    of_profile = {profile[e]: c for e, c in found.iter_rows()}
    return every.select("entry", pl.Series("person", [str(of_profile[p]) for p in every["profile"]]))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.02, [int(one) for one in sys.argv[2:]] or [11, 23])
