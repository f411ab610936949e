"""What was planted of victims' rights is recovered where evidence exists, and the bounds hold the truth that the record hides."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fourfold.analysis.compliance import JUDGED, KEPT, NOT_KEPT, AuditLearned, audited_bounds
from fourfold.analysis.states import kept_states
from fourfold.analysis.victims_code import Rules
from fourfold.records.as_at import records_as_at
from tests.demo.conftest import Saltmere

pytestmark = pytest.mark.slow

PLANTED = {
    "arrest": "told_of_arrest", "interview": "told_of_interview", "charge": "told_of_charge", 
    "no_investigation": "told_of_no_investigation",
    "bail": "told_of_bail", "officer_in_charge;contact_plan": "step_officer", "needs_assessment": "needs_assessment",
    "acknowledgement;information": "acknowledgement",
}  # fmt: skip
"""What the truth calls a contact, and what is owed. (An outcome may be told in several ways, and is left out.)"""


@pytest.fixture(scope="module")
def judged(saltmere: Saltmere) -> pl.DataFrame:
    """Each thing planted with what was judged of it: owed_at, done, is_recorded beside the state and due moment."""
    records = records_as_at(Path(saltmere.fourfold.home), datetime.now(UTC))
    states = kept_states(records, "saltmere", Rules()).states().collect()
    states = states.with_columns(pl.col("obligation", "state", "entitlement").cast(pl.String)).sort("at")
    first = states.unique(["crime_ref", "person_ref", "obligation"], keep="first", maintain_order=True)
    truth = pl.read_parquet(saltmere.folder / "truth" / "contacts_FICTITIOUS.parquet")
    truth = truth.filter(~pl.col("is_attempt") & pl.col("about").is_in(list(PLANTED)))

    def instant(column: str) -> pl.Expr:
        return pl.col(column).dt.replace_time_zone("Europe/London", ambiguous="earliest").dt.convert_time_zone("UTC")

    planted = truth.with_columns(
        obligation=pl.col("about").replace_strict(PLANTED), owed_at=instant("owed_from"), done=instant("done_at")
    )
    joined = planted.join(first.drop("done_at"), on=["crime_ref", "person_ref", "obligation"])
    in_time = pl.col("due").is_null() | (pl.col("done") <= pl.col("due"))
    return joined.filter(pl.col("entitlement") == "entitled").with_columns(
        is_kept=(pl.col("done").is_not_null() & in_time).fill_null(value=False)
    )


def test_what_was_done_and_recorded_is_found_in_time_or_late_as_it_was(judged: pl.DataFrame) -> None:
    shown = judged.filter(pl.col("is_recorded") & pl.col("done").is_not_null())
    expected = pl.when("is_kept").then(pl.lit("met in time")).otherwise(pl.lit("met late"))
    right = shown.group_by("obligation").agg(right=(expected == pl.col("state")).mean(), n=pl.len())
    assert right["n"].sum() > 5000
    assert set(right["obligation"]) == set(PLANTED.values())
    assert right["right"].min() > 0.98, right  # type: ignore[operator]


def test_what_was_not_recorded_is_never_called_not_met(judged: pl.DataFrame) -> None:
    hidden = judged.filter(~pl.col("is_recorded"))
    assert hidden.height > 3000
    assert set(hidden["state"]) <= {
        "no evidence",
        "not yet due",
        "declined by the victim",
        "not applicable",
        "met in time",
        "met late",
    }
    nothing = hidden.filter(~pl.col("state").is_in(["met in time", "met late"])).height / hidden.height
    assert nothing > 0.97, "evidence where none was planted"


def test_the_bounds_hold_the_truth_where_records_are_true(judged: pl.DataFrame) -> None:
    own = judged.filter(pl.col("state").is_in(list(JUDGED)))
    for (name,), rows in own.group_by("obligation"):
        unknown = rows.filter(pl.col("state") == "no evidence")
        kept = rows.filter(pl.col("state").is_in(list(KEPT))).height
        true_to_the_record = kept + unknown["is_kept"].sum()
        assert kept <= true_to_the_record <= kept + unknown.height, name


def test_the_wider_pair_holds_the_truth_in_a_thousand_audits_of_this_force(judged: pl.DataFrame) -> None:
    own = judged.filter(pl.col("state").is_in(list(JUDGED)) & (pl.col("state") != "declined by the victim"))
    is_shown, is_denied = pl.col("state").is_in(list(KEPT)), pl.col("state").is_in(list(NOT_KEPT))
    of = {
        name: own.filter(rows).height
        for name, rows in {
            "false": is_shown & ~pl.col("is_kept"), "kept": is_shown & pl.col("is_kept"), "true": is_denied & pl.col("is_kept"),
            "not kept": is_denied & ~pl.col("is_kept"), "unknown": pl.col("state") == "no evidence",
        }.items()
    }  # fmt: skip
    assert of["false"] > 20, "the demo plants records of what was not done"
    judged_n, kept = own.height, of["false"] + of["kept"]
    truth = 100 * own["is_kept"].mean()  # type: ignore[operator]
    excess = {}
    for audited in (250, 1000):
        rng = np.random.default_rng(audited)
        held, widths = [], []
        for false, right, true, wrong, _ in rng.multivariate_hypergeometric(list(of.values()), audited, size=1000):
            audit = AuditLearned(
                kept_audited=int(false + right), kept_false=int(false), not_kept_audited=int(true + wrong), not_kept_false=int(true)
            )  # fmt: skip
            low, high = audited_bounds(judged_n, kept, of["unknown"], audit)
            held.append(low <= truth <= high)
            widths.append(high - low)
        assert np.mean(held) >= 0.95
        excess[audited] = float(np.median(widths)) - 100 * of["unknown"] / judged_n
    assert excess[1000] < excess[250] <= 15
    print(f"\nmedian excess in percentage points: {excess}; truth {truth:.1f}%")
