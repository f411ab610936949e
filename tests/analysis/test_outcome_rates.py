"""Outcome rates on two bases, against plain loops; ages that the files do not reach are not available."""

from __future__ import annotations

import csv
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.analysis import outcome_rates
from fourfold.analysis.volumes import Scope
from fourfold.codes.measures import measure, measures
from fourfold.codes.outcomes import outcome_measure
from fourfold.codes.periods import Window, parse_window
from fourfold.codes.police_uk import outcome_texts
from fourfold.errors import NothingHeld, RequestInvalid
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.imports import import_files
from tests.conftest import OPEN_DATA
from tests.records.extracts import put

SCOPE = Scope(force_id="leicestershire")
POSITIVE = outcome_measure("positive_police_uk")
STREET = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type"
OUTCOMES = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type"
MONTHS = [f"2022-{m:02d}" for m in range(1, 7)]
WHO = ["Leicestershire Police", "Leicestershire Police"]


def held(made: str, crimes: list[tuple[str, str, str]], outcomes: list[tuple[str, str, str]]) -> Records:
    """Records of six months: crimes are (month, reference, type), outcomes (month, reference, text)."""
    paths = []
    for kind, header, rows in (("street", STREET, crimes), ("outcomes", OUTCOMES, outcomes)):
        for month in MONTHS:
            path = Path(made) / f"{month}-leicestershire-{kind}.csv"
            filler = ("", month, "Drugs") if kind == "street" else ("zz", month, "Under investigation")
            with path.open("w", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(header.split(","))
                writer.writerow([filler[0], month, *WHO, "", "", "", "", "", filler[2]])
                for at, reference, text in rows:
                    if at == month:
                        writer.writerow([reference, month, *WHO, "", "", "", "", "", text])
            paths.append(path)
    import_files(Path(made) / "home", paths, clock=lambda: datetime(2022, 12, 1, tzinfo=UTC))
    return records_as_at(Path(made) / "home", datetime(2023, 1, 1, tzinfo=UTC))


REFERENCES = [f"r{n}" for n in range(12)]
TEXTS = [t.text for t in outcome_texts()]


@pytest.mark.slow
@settings(max_examples=15)
@given(
    st.dictionaries(
        st.sampled_from(REFERENCES), st.tuples(st.integers(0, 5), st.sampled_from(["Burglary", "Robbery"]))
    ),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(REFERENCES), st.sampled_from([*TEXTS, *POSITIVE.codes * 4]))),
    st.booleans(),
)
def test_both_bases_are_what_plain_loops_find(
    crimes: dict[str, tuple[int, str]], outcomes: list[tuple[int, str, str]], with_tic: bool
) -> None:
    burglaries = {ref: at for ref, (at, kind) in crimes.items() if kind == "Burglary"}
    counted = POSITIVE.counted_codes(with_tic)
    first: dict[str, int] = {}
    for at, ref, text in outcomes:
        if ref in burglaries and text in counted:
            first[ref] = min(at, first.get(ref, at))
    with tempfile.TemporaryDirectory() as made:
        records = held(
            made,
            [(MONTHS[at], ref, kind) for ref, (at, kind) in crimes.items()],
            [(MONTHS[at], ref, text) for at, ref, text in outcomes],
        )
        burglary, window = measure("police_uk_burglary"), parse_window("2022-02", "2022-03")
        rate = outcome_rates.assigned_rate(records, burglary, SCOPE, window, POSITIVE, with_tic=with_tic)
        recorded = sum(at in (1, 2) for at in burglaries.values())
        assert rate.n == recorded
        assert rate.parameters["positive"] == sum(at in (1, 2) for at in first.values())
        if recorded:
            assert rate.value == pytest.approx(100 * rate.parameters["positive"] / recorded)
        cohort = outcome_rates.cohort_rate(records, burglary, SCOPE, window, 3, POSITIVE, with_tic=with_tic)
        slow = sum(0 <= first[r] - at <= 3 for r, at in burglaries.items() if r in first and at in (1, 2))
        assert cohort.parameters["positive"] == slow
        beyond = outcome_rates.cohort_rate(records, burglary, SCOPE, window, 6, POSITIVE, with_tic=with_tic)
        assert beyond.value is None
        assert "July 2022 to September 2022" in (beyond.verdict or "")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Records:
    home = tmp_path_factory.mktemp("outcomes") / "home"
    files = [
        p for p in sorted((OPEN_DATA / "street" / "leicestershire").iterdir()) if "2021-03" <= p.name[:7] <= "2022-03"
    ]
    import_files(home, files, clock=lambda: datetime.now(UTC))
    return records_as_at(home, datetime(2100, 1, 1, tzinfo=UTC))


def test_in_leicestershire_one_cohort_reaches_twelve_months(real: Records) -> None:
    found = outcome_rates.cohorts(real, measure("police_uk_shoplifting"), SCOPE, POSITIVE)
    assert found.table is not None
    reached = {age: sum(v is not None for v in found.table.column(f"rate_{age}_months")) for age in (3, 6, 12)}
    assert reached == {3: 10, 6: 7, 12: 1}
    assert found.table.rows[0][0] == "2021-03-01"


def test_time_to_outcome_is_the_cohort_month_by_month(real: Records) -> None:
    crime, window = measure("police_uk_shoplifting"), parse_window("2021-03", "2021-03")
    found = outcome_rates.time_to_outcome(real, crime, SCOPE, window, POSITIVE)
    assert found.table is not None
    assert found.table.column("age") == list(range(13))
    for age in (3, 6, 12):
        cohort = outcome_rates.cohort_rate(real, crime, SCOPE, window, age, POSITIVE)
        assert 100 * found.table.rows[age][2] == pytest.approx(cohort.value)  # type: ignore[operator]
    positive = [int(n) for n in found.table.column("positive")]  # type: ignore[arg-type]
    slow = sorted(age for age, n in enumerate(positive) for _ in range(n))
    assert found.value == slow[(len(slow) - 1) // 2]
    beyond = outcome_rates.time_to_outcome(real, crime, SCOPE, parse_window("2021-02", "2021-03"), POSITIVE)
    assert beyond.value is None
    assert "February 2021" in (beyond.verdict or "")


def test_months_without_their_files_are_not_available(real: Records) -> None:
    crime = measure("police_uk_burglary")
    later = outcome_rates.assigned_rate(real, crime, SCOPE, parse_window("2022-03", "2022-04"), POSITIVE)
    assert later.value is None
    assert "no outcomes are held for April 2022" in (later.verdict or "")
    with pytest.raises(RequestInvalid):
        outcome_rates.assigned_rate(real, crime, SCOPE, parse_window("2022-03-01", "2022-03-10"), POSITIVE)


def test_offences_taken_into_consideration_are_told_apart(real: Records) -> None:
    window, crime = parse_window("2021-04", "2022-03"), measure("police_uk_all_crime")
    rates = {
        tic: outcome_rates.assigned_rate(real, crime, SCOPE, window, POSITIVE, with_tic=tic) for tic in (True, False)
    }
    assert 0 <= rates[True].parameters["positive"] - rates[False].parameters["positive"] <= 14
    assert rates[True].definition.codes != rates[False].definition.codes
    assert rates[True].parameters["not matched"] > 0  # crimes recorded before the street files held
    assert date(2021, 3, 1) == outcome_rates.outcome_months(real, SCOPE)[0]


def test_every_text_of_the_definition_is_on_the_list_of_outcome_texts() -> None:
    assert {*POSITIVE.codes, *POSITIVE.taken_into_consideration} <= set(TEXTS)


TYPES = outcome_measure("positive_outcome_types")
DAYS = [date(2021, 1, 1) + timedelta(days=n) for n in range(0, 500, 3)]
OWN = Scope(force_id="saltmere")


def own_records(made: str, crimes: dict[str, tuple[date, str]], outcomes: list[tuple[str, date, str, bool]]) -> Records:
    """A force's own crimes (recorded on, code) and their outcomes (crime, day, type, taken into consideration)."""
    folder = Path(made)
    with (folder / "crimes_2021-01_to_2022-05.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["force", "crime_ref", "offence_code", "recorded_at"])
        writer.writerow(["saltmere", "filler", "46", "2021-01-01T12:00:00"])
        writer.writerows(["saltmere", ref, code, f"{day}T23:30:00"] for ref, (day, code) in crimes.items())
    with (folder / "crime_outcomes_2021-01_to_2022-05.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["force", "outcome_ref", "crime_ref", "outcome_type", "outcome_on", "is_tic"])
        writer.writerow(["saltmere", "filler", "elsewhere", "18", "2021-01-01", "no"])
        writer.writerows(
            ["saltmere", f"o{n}", ref, kind, day.isoformat(), "yes" if is_tic else "no"]
            for n, (ref, day, kind, is_tic) in enumerate(outcomes)
        )
    import_files(folder / "home", sorted(folder.glob("*.csv")), clock=lambda: datetime(2022, 6, 1, tzinfo=UTC))
    return records_as_at(folder / "home", datetime(2022, 6, 2, tzinfo=UTC))


@pytest.mark.slow
@settings(max_examples=15)
@given(
    st.dictionaries(st.sampled_from(REFERENCES), st.tuples(st.sampled_from(DAYS), st.sampled_from(["34B", "46"]))),
    st.lists(
        st.tuples(
            st.sampled_from(REFERENCES),
            st.sampled_from(DAYS),
            st.sampled_from(["1", "4", "8", "16", "22"]),
            st.booleans(),
        )
    ),
    st.booleans(),
)
def test_both_bases_of_dated_outcomes_are_what_plain_loops_find(
    crimes: dict[str, tuple[date, str]], outcomes: list[tuple[str, date, str, bool]], with_tic: bool
) -> None:
    robberies = {ref: day for ref, (day, code) in crimes.items() if code == "34B"}
    positive = {"1", "8"} | ({"4"} if with_tic else set())
    first: dict[str, date] = {}
    for ref, day, kind, is_tic in outcomes:
        if ref in robberies and kind in positive and (with_tic or not is_tic):
            first[ref] = min(day, first.get(ref, day))
    robbery, window = measure("robbery"), Window(date(2021, 4, 10), date(2021, 8, 20))
    inside = {ref: day for ref, day in robberies.items() if window.first <= day <= window.last}
    with tempfile.TemporaryDirectory() as made:
        records = own_records(made, crimes, outcomes)
        rate = outcome_rates.assigned_rate(records, robbery, OWN, window, TYPES, with_tic=with_tic)
        assert rate.n == len(inside)
        assert rate.parameters["positive"] == sum(window.first <= day <= window.last for day in first.values())
        for age in (90, 180):
            cohort = outcome_rates.cohort_rate(records, robbery, OWN, window, age, TYPES, with_tic=with_tic)
            slow = sum(0 <= (first[ref] - day).days <= age for ref, day in inside.items() if ref in first)
            assert cohort.parameters["positive"] == slow
            assert cohort.value == (pytest.approx(100 * slow / len(inside)) if inside else None)


def test_a_cohort_that_has_not_reached_its_age_is_not_available(tmp_path: Path) -> None:
    records = own_records(str(tmp_path), {"a": (date(2022, 3, 1), "34B")}, [("a", date(2022, 3, 20), "1", False)])
    robbery, window = measure("robbery"), Window(date(2022, 3, 1), date(2022, 3, 4))
    assert (
        outcome_rates.cohort_rate(records, robbery, OWN, window, 87, TYPES).value == 100
    )  # 4 March and 87 days: 30 May
    beyond = outcome_rates.cohort_rate(records, robbery, OWN, window, 90, TYPES)
    assert beyond.value is None
    assert "no outcomes are held for June 2022" in (beyond.verdict or "")
    every = outcome_rates.cohorts(records, robbery, OWN, TYPES)
    assert every.table is not None
    assert every.table.columns[2:4] == ("positive_90_days", "rate_90_days")
    assert every.table.rows[14][:2] == ("2022-03-01", 1)
    assert every.table.rows[14][2] is None
    time = outcome_rates.time_to_outcome(records, robbery, OWN, window, TYPES)
    assert (time.value, time.unit) == (19, "days")


def test_the_usual_definition_goes_by_how_crimes_are_counted(tmp_path: Path, real: Records) -> None:
    own = own_records(str(tmp_path), {}, [])
    assert outcome_rates.usual_outcome_measure(own, measure("robbery"), OWN) == TYPES
    assert outcome_rates.usual_outcome_measure(real, measure("police_uk_burglary"), SCOPE) == POSITIVE


def test_a_measure_that_is_not_of_crimes_has_no_outcome_rate_and_says_so(tmp_path: Path) -> None:
    """A report of fraud is no crime of a force, and has no outcome of its own kind."""
    held(str(tmp_path), [], [])
    put(tmp_path / "home", tmp_path, datetime(2022, 12, 2, tzinfo=UTC), "fraud_victims_report_fraud", [{}, {}, {}])
    records = records_as_at(tmp_path / "home", datetime(2023, 1, 1, tzinfo=UTC))
    of_fraud = next(m for m in measures() if m.basis == "fraud_code")
    with pytest.raises(NothingHeld, match="not counted from crimes"):
        outcome_rates.assigned_rate(records, of_fraud, SCOPE, parse_window("2022-06", "2022-06"), POSITIVE)
