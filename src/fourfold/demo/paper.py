"""The paper scenario: the figures of the papers of 2022 planted in Saltmere, so that the ordinary commands give them again.

What the papers give as a percentage is planted as whole counts that give it, at any scale; what they give as a number (reports
of fraud, answers of a survey, offences with a flag) is planted as that number, whatever the scale. Where the papers conflict,
or leave out what a figure rests on, one reading is planted and named: `READINGS`.

Source: West Midlands Police, papers to the Strategic Policing and Crime Board, 22 February 2022 ("B") and late 2022 ("A").
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fourfold.demo.crimes import volumes
from fourfold.demo.frauds import YearOfFraud
from fourfold.demo.investigations import OutcomeQuota, WantedFigure
from fourfold.demo.property import Recovery
from fourfold.demo.records_system import FlagQuota
from fourfold.demo.scenario import FIRST, Quota, Scenario
from fourfold.demo.survey import SurveyFigures

BURGLARY = tuple(c for c in ("28E", "28F", "28G", "28H", "29A") if c in volumes()[0])
ROBBERY = ("34A", "34B")
THEFT_FROM_PERSON = ("39",)
THEFT_OF_VEHICLE = ("48", "37.2")
OTHER_VEHICLE = ("45", "126")

_CUT = (10, 20)
"""The month and day to which paper A counts: 20 October."""
YTD_2022, YTD_2021, YTD_2019 = ((date(y, 4, 1), date(y, *_CUT)) for y in (2022, 2021, 2019))
AFTER_2021, AFTER_2019 = ((date(y, 10, 21), date(y + 1, 1, 31)) for y in (2021, 2019))
_VIOLENCE = ("Violence with injury", "Violence without injury")


@dataclass(frozen=True)
class Reading:
    """A figure of the papers, and how it was understood where they conflict or do not say."""

    figure: str
    paragraph: str
    reading: str


READINGS = (
    Reading("Residential burglary +7.69%", "A19", "1 April to 20 October 2022 against the same days of 2021, all residential codes."),
    Reading("Robbery +6.67%", "A19", "1 April to 20 October; robbery of persons and businesses together."),
    Reading("Theft from the person +25.20%", "A19", "1 April to 20 October."),
    Reading("Vehicle crime +24%", "A19", "1 April to 20 October; theft of, theft from and interference together."),
    Reading("Burglary -13% against 2019/20", "A19", "The same days of 2019; paper B's -19% is of another window."),
    Reading("Burglary -19%, robbery -5%, theft of motor vehicle +24% against 2019/20", "B29",
            "1 April 2021 to 31 January 2022 against the same months of 2019/20: the last whole month before the meeting."),
    Reading("Burglary positive outcome 7.3%, robbery outcome rate 9.2%", "A32, A39",
            "Outcome types 1 to 8 with offences taken into consideration, assigned in the period, 1 April to 20 October 2022."),
    Reading("Theft and unauthorised taking of motor vehicles 1.22%", "A45",
            "Codes 48 and 37.2; types 1 to 8, assigned in the period, 1 April to 20 October 2022; 'just over 1%' is of charges."),
    Reading("Recovery 9% in 2021, over 19% in September 2022", "A52",
            "Of vehicles taken in crimes recorded in the months named, the share found within 28 days: one definition for both."),
    Reading("Wanted for vehicle crime down by almost half in two months", "A51",
            "Circulations open for vehicle crimes at the end of 20 August and of 20 October 2022."),
    Reading("217 violence offences with a business crime flag", "A16",
            "Violence with and without injury, flag set, 1 April to 20 October 2022."),
    Reading("13,331 to 15,555 victims of fraud", "B8", "Reports to the national centre by calendar year of the report."),
    Reading("Boiler room +46%, romance +44%, rental +43%, 419 +42%, ticket +30%", "B8", "Reports by calendar year, by code."),
    Reading("Ages 41-50 +24%, 51-60 +36%, 61-70 +24%", "B11", "Reports by calendar year whose victim's age is recorded."),
    Reading("Organisations 8% to 6% of reports", "B12", "Reports by calendar year."),
    Reading("Mean losses", "B12", "Of reports whose loss is given, attempts (nought) among them. The papers' 'total' adds two means "
            "and is not planted."),
    Reading("NFIB90 about 10%", "A6, B9", "Of reports made from January to November 2022; not of disseminations."),
    Reading("70% of fraud from overseas", "A12", "Of reports of 2022 whose suspect's country is given."),
    Reading("Fraud outcomes 1.5%", "A12", "Positive outcomes over reports sent to be investigated and allocated."),
    Reading("2,232 answers: 80% satisfied, polite 85, understanding 80, listened 82, helped 70, happy overall 66", "A67",
            "Answers of 1 April to 20 October 2022; a score of 8 to 10. 'Satisfied' is the overall score, 'happy' another question."),
)  # fmt: skip
"""Each figure planted. What no extract holds (reach of messages, money spent, days of patrol) is not among them."""


@dataclass(frozen=True)
class Planted:
    """Everything that a scenario plants."""

    crimes: tuple[Quota, ...] = ()
    outcomes: tuple[OutcomeQuota, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    flags: FlagQuota | None = None
    wanted: WantedFigure | None = None
    years: tuple[YearOfFraud, ...] = ()
    fraud_outcomes: float = 0.015
    survey: SurveyFigures | None = None


def planted(scenario: Scenario) -> Planted:
    """What a scenario plants: nothing in the ordinary one."""
    if scenario.name != "paper":
        return Planted()
    burglary, solved = _burglary(scenario.scale)
    robbery, robbers = _robbery(scenario.scale)
    vehicles, thieves = _vehicles(scenario.scale)
    return Planted(
        crimes=(*burglary, *robbery, *_theft_from_person(scenario.scale), *vehicles),
        outcomes=(solved, robbers, thieves),
        recoveries=(
            Recovery(date(2021, 1, 1), date(2021, 12, 31), 0.09, False, "A52: 9% in 2021"),
            Recovery(date(2022, 9, 1), date(2022, 9, 30), 0.19, True, "A52: over 19% in September 2022"),
        ),
        flags=FlagQuota(_VIOLENCE, *YTD_2022, 217, "A16: 217"),
        wanted=WantedFigure(date(2022, 8, 20), date(2022, 10, 20), 0.52, "A51: down by almost half"),
        years=_years_of_fraud(),
        survey=SurveyFigures(
            *YTD_2022, 2232,
            {"overall": 0.80, "polite": 0.85, "understanding": 0.80, "listened": 0.82, "helped": 0.70}, 0.66, "A67",
        ),
    )  # fmt: skip


def expected(codes: Iterable[str], window: tuple[date, date], scale: float) -> float:
    """How many crimes of some codes the volumes would give in a window."""
    names, _, table = volumes()
    rows = table[[names.index(c) for c in codes]].sum(axis=0)
    total, day = 0.0, window[0]
    while day <= window[1]:
        month = (day.year - FIRST.year) * 12 + day.month - FIRST.month
        total += float(rows[month]) / calendar.monthrange(day.year, day.month)[1]
        day += timedelta(days=1)
    return total * scale


def change(before: int, after: int, decimals: int) -> float:
    """The change in per cent, rounded as a paper prints it."""
    return round(100 * (after / before - 1), decimals)


def _searched(near: float, fits: Callable[[int], bool]) -> int:
    """The whole number nearest to a count that fits."""
    centre = max(round(near), 1)
    for away in range(200_000):
        for number in (centre + away, centre - away):
            if number > 0 and fits(number):
                return number
    raise AssertionError("no count gives the figure")


def _other(before: int, per_cent: float, decimals: int) -> int | None:
    """The count after, of which the change is printed so; None where no whole number gives it."""
    guess = round(before * (1 + per_cent / 100))
    return next((n for n in (guess, guess - 1, guess + 1) if n > 0 and change(before, n, decimals) == per_cent), None)


def _positive(recorded: int, rate: float, decimals: int) -> int | None:
    """The count of positive outcomes whose rate is printed so; None where no whole number gives it."""
    guess = round(recorded * rate / 100)
    return next(
        (k for k in (guess, guess - 1, guess + 1) if k > 0 and round(100 * k / recorded, decimals) == rate), None
    )


def _burglary(scale: float) -> tuple[list[Quota], OutcomeQuota]:
    def fits(n: int) -> bool:
        after = _other(n, 7.69, 2)
        return after is not None and _positive(after, 7.3, 1) is not None and _base(after, -13.0) is not None

    before = _searched(expected(BURGLARY, YTD_2021, scale), fits)
    after = _other(before, 7.69, 2)
    assert after is not None
    base = _base(after, -13.0)
    positive = _positive(after, 7.3, 1)
    assert base is not None
    assert positive is not None
    late_base = max(round(expected(BURGLARY, AFTER_2019, scale)), 3)
    late = _joined(base, late_base, before, -19.0)
    cells = [(YTD_2022, after), (YTD_2021, before), (YTD_2019, base), (AFTER_2019, late_base), (AFTER_2021, late)]
    return [Quota(BURGLARY, *w, n, "A19, B29: burglary") for w, n in cells], OutcomeQuota(
        BURGLARY, *YTD_2022, positive, positive, "A32: 7.3%"
    )


def _robbery(scale: float) -> tuple[list[Quota], OutcomeQuota]:
    def fits(n: int) -> bool:
        after = _other(n, 6.67, 2)
        return after is not None and _positive(after, 9.2, 1) is not None

    before = _searched(expected(ROBBERY, YTD_2021, scale), fits)
    after = _other(before, 6.67, 2)
    assert after is not None
    positive = _positive(after, 9.2, 1)
    assert positive is not None
    base, late_base = round(before / 0.95), max(round(expected(ROBBERY, AFTER_2019, scale)), 3)
    late = _joined(base, late_base, before, -5.0)
    cells = [(YTD_2022, after), (YTD_2021, before), (YTD_2019, base), (AFTER_2019, late_base), (AFTER_2021, late)]
    return [Quota(ROBBERY, *w, n, "A19, B29: robbery") for w, n in cells], OutcomeQuota(
        ROBBERY, *YTD_2022, positive, positive, "A39: 9.2%"
    )


def _theft_from_person(scale: float) -> list[Quota]:
    before = _searched(expected(THEFT_FROM_PERSON, YTD_2021, scale), lambda n: _other(n, 25.20, 2) is not None)
    after = _other(before, 25.20, 2)
    assert after is not None
    return [
        Quota(THEFT_FROM_PERSON, *w, n, "A19: theft from the person")
        for w, n in ((YTD_2022, after), (YTD_2021, before))
    ]


def _vehicles(scale: float) -> tuple[list[Quota], OutcomeQuota]:
    def fits(n: int) -> bool:
        return _positive(n, 1.22, 2) is not None

    of_now = _searched(expected(THEFT_OF_VEHICLE, YTD_2022, scale), fits)
    positive = _positive(of_now, 1.22, 2)
    assert positive is not None
    of_before = round(expected(THEFT_OF_VEHICLE, YTD_2021, scale)) or 1
    base, late_base = (max(round(expected(THEFT_OF_VEHICLE, w, scale)), 3) for w in (YTD_2019, AFTER_2019))
    wanted = (base + late_base) * 1.24
    late = _joined(base, late_base, of_before, 24.0) if wanted > of_before else 3
    before = _searched(
        of_before + expected(OTHER_VEHICLE, YTD_2021, scale), lambda n: (n > of_before) and _fits_24(n, of_now)
    )
    after = _other(before, 24.0, 0)
    assert after is not None
    cells = [
        (THEFT_OF_VEHICLE, YTD_2022, of_now), (THEFT_OF_VEHICLE, YTD_2021, of_before), (THEFT_OF_VEHICLE, YTD_2019, base),
        (THEFT_OF_VEHICLE, AFTER_2019, late_base), (THEFT_OF_VEHICLE, AFTER_2021, late),
        (OTHER_VEHICLE, YTD_2022, after - of_now), (OTHER_VEHICLE, YTD_2021, before - of_before),
    ]  # fmt: skip
    quotas = [Quota(codes, *w, n, "A19, B29: vehicle crime") for codes, w, n in cells]
    charged = max(round(of_now * 0.0105), 1)
    return quotas, OutcomeQuota(THEFT_OF_VEHICLE, *YTD_2022, positive, min(charged, positive), "A45: 1.22%")


def _fits_24(before: int, of_now: int) -> bool:
    after = _other(before, 24.0, 0)
    return after is not None and after > of_now


def _base(after: int, per_cent: float) -> int | None:
    """The count of an earlier window from which the change to `after` is printed so."""
    guess = round(after / (1 + per_cent / 100))
    return next((n for n in (guess, guess - 1, guess + 1) if n > 0 and change(n, after, 0) == per_cent), None)


def _joined(base: int, late_base: int, before: int, per_cent: float) -> int:
    """The count of the later part of a window, so that the whole window's change is printed so."""
    whole = _other(base + late_base, per_cent, 0)
    assert whole is not None
    return max(whole - before, 1)


def _years_of_fraud() -> tuple[YearOfFraud, ...]:
    earlier = {"NFIB2A": 150, "NFIB1D": 430, "NFIB1G": 240, "NFIB1A": 120, "NFIB3F": 150}
    later = {"NFIB2A": 219, "NFIB1D": 619, "NFIB1G": 343, "NFIB1A": 170, "NFIB3F": 195}
    ages = {(41, 50): 2_050, (51, 60): 1_900, (61, 70): 1_450}
    grown = {(41, 50): 2_542, (51, 60): 2_584, (61, 70): 1_798}
    return (
        YearOfFraud(2020, 13_331, earlier, 1_066, ages, 2_039_076, 3_276_990, None),
        YearOfFraud(2021, 15_555, later, 933, grown, 459_900, 1_980_101, None),
        YearOfFraud(2022, 14_300, {"NFIB90": 1_430}, None, {}, None, None, 0.70),
    )
