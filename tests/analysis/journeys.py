"""Journeys of victims, worked by hand from the limits of the rule packs and a calendar: what was owed, by when, and its state.

Each was worked on paper, without the engine. A row is a journey: what is shown; its events, one a line (event, instant,
enhanced rights Y or N, detail); when the record was read out; and for some of what was owed the state and the last moment,
in London's time ("none": no limit in days). `team` and the five-step days are given where they matter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Worked:
    """A journey with its answer. `owed` has (obligation, state, due); the crime stands before the obligation where there
    are several, as C1:told_of_arrest."""

    shows: str
    events: str
    as_at: str
    owed: tuple[tuple[str, str, str], ...]
    team: str = ""
    days: str = "calendar"
    oddities: int = 0


MET, LATE, NOT, NONE = "met in time", "met late", "not met", "no evidence"
DECLINED, NOT_YET, NA, OTHER = "declined by the victim", "not yet due", "not applicable", "another agency's duty"

JOURNEYS: tuple[Worked, ...] = (
    # --- ordinary weeks and the edge of the day ---
    Worked("five working days, told on the fifth",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-12T09:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    Worked("enhanced: the last second of the next working day is in time",
           """reported 2023-06-05T09:00+01:00 Y
              arrested 2023-06-05T10:00+01:00 Y
              told 2023-06-06T23:59:59+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-06T23:59:59+01:00"),)),
    Worked("enhanced: the first second of the day after is late",
           """reported 2023-06-05T09:00+01:00 Y
              arrested 2023-06-05T10:00+01:00 Y
              told 2023-06-07T00:00:00+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", LATE, "2023-06-06T23:59:59+01:00"),)),
    Worked("the hour does not matter: a minute before midnight is the same day 0",
           """reported 2023-06-05T09:00+01:00 Y
              arrested 2023-06-05T23:59+01:00 Y
              told 2023-06-06T22:00+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-06T23:59:59+01:00"),)),
    Worked("told at the same moment as it happened",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-05T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    # --- weekends ---
    Worked("enhanced, on a Friday: due on Monday",
           """reported 2023-06-09T09:00+01:00 Y
              arrested 2023-06-09T16:00+01:00 Y
              told 2023-06-12T08:00+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    Worked("enhanced, on a Saturday: due on Monday too, told on Tuesday",
           """reported 2023-06-10T09:00+01:00 Y
              arrested 2023-06-10T16:00+01:00 Y
              told 2023-06-13T08:00+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", LATE, "2023-06-12T23:59:59+01:00"),)),
    Worked("on a Sunday: Monday is day 1; nothing recorded",
           """reported 2023-06-11T09:00+01:00 N
              arrested 2023-06-11T16:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-16T23:59:59+01:00"),)),
    Worked("read out in the last second of day 5: not yet due",
           """reported 2023-06-11T09:00+01:00 N
              arrested 2023-06-11T16:00+01:00 N""",
           "2023-06-16T23:59:59+01:00", (("told_of_arrest", NOT_YET, "2023-06-16T23:59:59+01:00"),)),
    Worked("read out a second later: no evidence, and never not met",
           """reported 2023-06-11T09:00+01:00 N
              arrested 2023-06-11T16:00+01:00 N""",
           "2023-06-17T00:00:00+01:00", (("told_of_arrest", NONE, "2023-06-16T23:59:59+01:00"),)),
    # --- bank holidays ---
    Worked("Easter 2022 takes Friday and Monday",
           """reported 2022-04-14T08:00+01:00 N
              interview 2022-04-14T11:00+01:00 N
              told 2022-04-25T17:00+01:00 N about=interview""",
           "2022-06-30T12:00+01:00", (("told_of_interview", MET, "2022-04-25T23:59:59+01:00"),)),
    Worked("Easter 2022, enhanced: Tuesday",
           """reported 2022-04-14T08:00+01:00 Y
              interview 2022-04-14T11:00+01:00 Y
              told 2022-04-20T09:00+01:00 Y about=interview""",
           "2022-06-30T12:00+01:00", (("told_of_interview", LATE, "2022-04-19T23:59:59+01:00"),)),
    Worked("Easter 2026, bail changed, enhanced",
           """reported 2026-03-02T08:00+00:00 Y
              bail_changed 2026-04-02T15:00+01:00 Y
              told 2026-04-07T10:00+01:00 Y about=bail""",
           "2026-06-30T12:00+01:00", (("told_of_bail_change", MET, "2026-04-07T23:59:59+01:00"),)),
    Worked("1 May and the coronation on 8 May 2023",
           """reported 2023-04-20T08:00+01:00 N
              charged 2023-04-28T11:00+01:00 N
              told 2023-05-09T11:00+01:00 N about=charge""",
           "2023-06-30T12:00+01:00",
           (("told_of_charge", MET, "2023-05-09T23:59:59+01:00"), ("step_charge", LATE, "2023-05-03T23:59:59+01:00"))),
    Worked("the Jubilee: Thursday 2 and Friday 3 June 2022",
           """reported 2022-05-20T08:00+01:00 N
              charged 2022-06-01T11:00+01:00 N
              told 2022-06-13T11:00+01:00 N about=charge""",
           "2022-07-30T12:00+01:00", (("told_of_charge", LATE, "2022-06-10T23:59:59+01:00"),)),
    Worked("the Jubilee, enhanced: Wednesday to Monday",
           """reported 2022-05-20T08:00+01:00 Y
              charged 2022-06-01T11:00+01:00 Y
              told 2022-06-06T23:00+01:00 Y about=charge""",
           "2022-07-30T12:00+01:00", (("told_of_charge", MET, "2022-06-06T23:59:59+01:00"),)),
    Worked("Monday 30 May 2022 was no bank holiday",
           """reported 2022-05-20T08:00+01:00 Y
              charged 2022-05-27T11:00+01:00 Y
              told 2022-05-31T09:00+01:00 Y about=charge""",
           "2022-07-30T12:00+01:00", (("told_of_charge", LATE, "2022-05-30T23:59:59+01:00"),)),
    Worked("the State Funeral on 19 September 2022, enhanced",
           """reported 2022-09-16T08:00+01:00 Y
              arrested 2022-09-16T11:00+01:00 Y
              told 2022-09-20T11:00+01:00 Y about=arrest""",
           "2022-10-30T12:00+00:00", (("told_of_arrest", MET, "2022-09-20T23:59:59+01:00"),)),
    Worked("the State Funeral within five working days",
           """reported 2022-09-14T08:00+01:00 N
              arrested 2022-09-14T11:00+01:00 N
              told 2022-09-22T11:00+01:00 N about=arrest""",
           "2022-10-30T12:00+00:00", (("told_of_arrest", MET, "2022-09-22T23:59:59+01:00"),)),
    Worked("Christmas and New Year 2021 with their substitute days",
           """reported 2021-12-01T08:00+00:00 N
              nfa 2021-12-23T11:00+00:00 N
              told 2022-01-04T11:00+00:00 N about=no_further_action""",
           "2022-02-28T12:00+00:00", (("told_of_closure", MET, "2022-01-04T23:59:59+00:00"),)),
    Worked("Christmas 2022, a caution, enhanced; the five calendar days are the same",
           """reported 2022-12-01T08:00+00:00 Y
              caution 2022-12-23T11:00+00:00 Y
              told 2022-12-28T12:00+00:00 Y about=caution""",
           "2023-02-28T12:00+00:00",
           (("told_of_out_of_court_disposal", MET, "2022-12-28T23:59:59+00:00"),
            ("step_caution", MET, "2022-12-28T23:59:59+00:00"))),
    Worked("New Year 2023, bail",
           """reported 2022-12-01T08:00+00:00 N
              bail 2022-12-30T11:00+00:00 N
              told 2023-01-10T12:00+00:00 N about=bail""",
           "2023-02-28T12:00+00:00", (("told_of_bail", LATE, "2023-01-09T23:59:59+00:00"),)),
    Worked("New Year 2025 in the week, released under investigation, enhanced",
           """reported 2024-12-01T08:00+00:00 Y
              rui 2024-12-31T20:00+00:00 Y
              told 2025-01-02T12:00+00:00 Y about=release""",
           "2025-02-28T12:00+00:00", (("told_of_release_under_investigation", MET, "2025-01-02T23:59:59+00:00"),)),
    Worked("Christmas 2027: Monday and Tuesday instead, enhanced",
           """reported 2027-12-01T08:00+00:00 Y
              charged 2027-12-24T11:00+00:00 Y""",
           "2027-12-29T20:00+00:00", (("told_of_charge", NOT_YET, "2027-12-29T23:59:59+00:00"),)),
    # --- the clocks change; other zones ---
    Worked("the clocks go forward within the limit: half past eleven in London is in time",
           """reported 2022-03-25T08:00+00:00 Y
              arrested 2022-03-25T23:30+00:00 Y
              told 2022-03-28T22:30+00:00 Y about=arrest""",
           "2022-04-30T12:00+01:00", (("told_of_arrest", MET, "2022-03-28T23:59:59+01:00"),)),
    Worked("the clocks go forward within the limit: half past midnight in London is late",
           """reported 2022-03-25T08:00+00:00 Y
              arrested 2022-03-25T23:30+00:00 Y
              told 2022-03-28T23:30+00:00 Y about=arrest""",
           "2022-04-30T12:00+01:00", (("told_of_arrest", LATE, "2022-03-28T23:59:59+01:00"),)),
    Worked("late on the Sunday of the change by Greenwich is Monday in London",
           """reported 2022-03-25T08:00+00:00 Y
              arrested 2022-03-27T23:30+00:00 Y
              told 2022-03-29T20:00+01:00 Y about=arrest""",
           "2022-04-30T12:00+01:00", (("told_of_arrest", MET, "2022-03-29T23:59:59+01:00"),)),
    Worked("the clocks go back within the limit",
           """reported 2022-10-28T08:00+01:00 Y
              arrested 2022-10-28T12:00+01:00 Y
              told 2022-10-31T23:30+00:00 Y about=arrest""",
           "2022-11-30T12:00+00:00", (("told_of_arrest", MET, "2022-10-31T23:59:59+00:00"),)),
    Worked("in the hour that comes twice",
           """reported 2022-10-28T08:00+01:00 N
              arrested 2022-10-30T01:30+01:00 N
              told 2022-11-05T00:10+00:00 N about=arrest""",
           "2022-11-30T12:00+00:00", (("told_of_arrest", LATE, "2022-11-04T23:59:59+00:00"),)),
    Worked("in summer an hour before midnight by Greenwich is the next day",
           """reported 2023-07-01T08:00+01:00 Y
              arrested 2023-07-03T23:30+00:00 Y
              told 2023-07-05T12:00+01:00 Y about=arrest""",
           "2023-07-30T12:00+01:00", (("told_of_arrest", MET, "2023-07-05T23:59:59+01:00"),)),
    Worked("written with another country's offset",
           """reported 2022-07-01T08:00+01:00 Y
              arrested 2022-07-04T23:30-04:00 Y
              told 2022-07-07T09:00+01:00 Y about=arrest""",
           "2022-07-30T12:00+01:00", (("told_of_arrest", LATE, "2022-07-06T23:59:59+01:00"),)),
    # --- the leap day ---
    Worked("the leap day is a working day, enhanced",
           """reported 2024-02-28T08:00+00:00 Y
              arrested 2024-02-28T09:00+00:00 Y
              told 2024-03-01T09:00+00:00 Y about=arrest""",
           "2024-03-30T12:00+00:00", (("told_of_arrest", LATE, "2024-02-29T23:59:59+00:00"),)),
    Worked("from the leap day",
           """reported 2024-02-28T08:00+00:00 N
              arrested 2024-02-29T09:00+00:00 N
              told 2024-03-07T09:00+00:00 N about=arrest""",
           "2024-03-30T12:00+00:00", (("told_of_arrest", MET, "2024-03-07T23:59:59+00:00"),)),
    Worked("the leap day of 2028",
           """reported 2028-02-28T08:00+00:00 Y
              arrested 2028-02-28T09:00+00:00 Y
              told 2028-02-29T09:00+00:00 Y about=arrest""",
           "2028-03-30T12:00+01:00", (("told_of_arrest", MET, "2028-02-29T23:59:59+00:00"),)),
    Worked("seven calendar days over the leap day: the officer named on the Saturday",
           """reported 2024-02-24T08:00+00:00 N
              recorded 2024-02-24T09:00+00:00 N
              officer_named 2024-03-02T20:00+00:00 N""",
           "2024-03-30T12:00+00:00", (("step_officer", MET, "2024-03-02T23:59:59+00:00"),)),
    Worked("the same with working days by setting",
           """reported 2024-02-24T08:00+00:00 N
              recorded 2024-02-24T09:00+00:00 N
              officer_named 2024-03-05T20:00+00:00 N""",
           "2024-03-30T12:00+00:00", (("step_officer", MET, "2024-03-05T23:59:59+00:00"),), days="working"),
    # --- what is owed once ---
    Worked("referred within two working days over a weekend",
           """reported 2023-03-31T15:00+01:00 N
              needs_assessed 2023-03-31T15:30+01:00 N
              referred 2023-04-04T16:00+01:00 N""",
           "2023-05-01T12:00+01:00",
           (("support_referral", MET, "2023-04-04T23:59:59+01:00"), ("needs_assessment", MET, "none"))),
    Worked("two working days for enhanced rights too, over Easter",
           """reported 2023-04-06T15:00+01:00 Y
              referred 2023-04-13T16:00+01:00 Y""",
           "2023-05-01T12:00+01:00", (("support_referral", LATE, "2023-04-12T23:59:59+01:00"),)),
    Worked("acknowledged and offered a statement: no limit in days; the rest is not recorded",
           """reported 2023-06-05T09:00+01:00 N
              recorded 2023-06-05T12:00+01:00 N
              acknowledged 2023-06-20T09:00+01:00 N
              vps_offered 2023-08-20T09:00+01:00 N""",
           "2023-09-01T12:00+01:00",
           (("crime_recorded", MET, "none"), ("acknowledgement", MET, "none"), ("statement_offered", MET, "none"),
            ("needs_assessment", NONE, "none"), ("compensation_information", NONE, "none"),
            ("support_referral", NONE, "2023-06-07T23:59:59+01:00"), ("step_report", MET, "none"),
            ("step_contact_plan", NONE, "none"), ("step_support", NONE, "none"),
            ("step_officer", NONE, "2023-06-12T23:59:59+01:00"))),
    Worked("fraud: the duty starts on receipt, and what was done nationally before is not the force's",
           """reported 2022-04-05T09:00+01:00 N
              acknowledged 2022-04-06T09:00+01:00 N
              received 2022-05-18T09:00+01:00 N
              referred 2022-05-20T09:00+01:00 N""",
           "2022-07-01T12:00+01:00",
           (("support_referral", MET, "2022-05-20T23:59:59+01:00"), ("acknowledgement", NONE, "none"),
            ("step_officer", NONE, "2022-05-25T23:59:59+01:00"))),
    # --- declined, opted out ---
    Worked("a referral declined in time",
           """reported 2023-06-06T09:00+01:00 N
              declined 2023-06-07T09:00+01:00 N about=support_referral""",
           "2023-07-01T12:00+01:00", (("support_referral", DECLINED, "2023-06-08T23:59:59+01:00"),)),
    Worked("declined only after it was due excuses nothing",
           """reported 2023-06-06T09:00+01:00 N
              declined 2023-06-09T09:00+01:00 N about=support_referral""",
           "2023-07-01T12:00+01:00", (("support_referral", NONE, "2023-06-08T23:59:59+01:00"),)),
    Worked("no updates wanted before the arrest: a wish that is kept",
           """reported 2023-06-01T09:00+01:00 N
              opted_out 2023-06-01T10:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("told_of_arrest", DECLINED, "2023-06-12T23:59:59+01:00"), ("support_referral", NONE, "2023-06-05T23:59:59+01:00"))),
    Worked("updates wanted again before it was due",
           """reported 2023-06-01T09:00+01:00 N
              opted_out 2023-06-01T10:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              opted_in 2023-06-08T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("no updates wanted only after it was due",
           """reported 2023-06-01T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              opted_out 2023-06-13T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("told in time although no updates were wanted",
           """reported 2023-06-01T09:00+01:00 N
              opted_out 2023-06-01T10:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-06T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    # --- hand-overs ---
    Worked("handed over, and told by the new team in time",
           """reported 2023-06-05T09:00+01:00 N team=Response
              arrested 2023-06-05T10:00+01:00 N
              handed_over 2023-06-07T10:00+01:00 N team=CID
              told 2023-06-09T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),), team="CID"),
    Worked("a hand-over does not start the clock anew: late by the team that had it when it fell due",
           """reported 2023-06-05T09:00+01:00 Y team=Response
              arrested 2023-06-05T10:00+01:00 Y
              handed_over 2023-06-07T08:00+01:00 Y team=CID
              told 2023-06-07T10:00+01:00 Y about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", LATE, "2023-06-06T23:59:59+01:00"),), team="Response"),
    Worked("handed over before it was due: the new team's, with the old clock",
           """reported 2023-06-05T09:00+01:00 N team=Response
              arrested 2023-06-05T10:00+01:00 N
              handed_over 2023-06-12T18:00+01:00 N team=CID""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),), team="CID"),
    # --- others' duties ---
    Worked("a charge dropped is the prosecutor's to tell, enhanced",
           """reported 2023-05-05T09:00+01:00 Y
              charge_dropped 2023-06-05T10:00+01:00 Y""",
           "2023-07-01T12:00+01:00", (("told_of_charge_altered", OTHER, "2023-06-06T23:59:59+01:00"),)),
    Worked("the prosecutor decides not to charge, and the victim is told: still not the force's duty",
           """reported 2023-05-05T09:00+01:00 N
              cps_no_charge 2023-06-05T10:00+01:00 N
              told 2023-06-07T10:00+01:00 N about=no_charge""",
           "2023-07-01T12:00+01:00", (("told_of_no_charge_by_prosecutor", OTHER, "2023-06-12T23:59:59+01:00"),)),
    Worked("a trial date, from witness care receiving it, over the August bank holiday",
           """reported 2023-05-05T09:00+01:00 N
              trial_date_received 2023-08-25T10:00+01:00 N
              told 2023-08-29T10:00+01:00 N about=trial""",
           "2023-10-01T12:00+01:00", (("told_of_trial", MET, "2023-08-29T23:59:59+01:00"),)),
    Worked("a verdict on Christmas Eve 2026",
           """reported 2026-05-05T09:00+01:00 N
              verdict_received 2026-12-24T10:00+00:00 N
              told 2026-12-30T10:00+00:00 N about=verdict""",
           "2027-02-01T12:00+00:00", (("told_of_verdict", LATE, "2026-12-29T23:59:59+00:00"),)),
    Worked("expenses: ten working days over Easter, the prosecutor's",
           """reported 2023-01-05T09:00+00:00 N
              expenses_claimed 2023-04-03T10:00+01:00 N""",
           "2023-06-01T12:00+01:00", (("expenses_paid", OTHER, "2023-04-19T23:59:59+01:00"),)),
    Worked("a complaint acknowledged on the tenth working day",
           """reported 2023-05-05T09:00+01:00 N
              complained 2023-06-05T10:00+01:00 N
              complaint_acknowledged 2023-06-19T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("complaint_acknowledged", MET, "2023-06-19T23:59:59+01:00"),)),
    # --- crimes cancelled, transferred, reinstated ---
    Worked("cancelled after some duties were met: they stand, and what was not due is not owed",
           """reported 2023-06-05T09:00+01:00 N
              referred 2023-06-06T09:00+01:00 N
              arrested 2023-06-08T10:00+01:00 N
              cancelled 2023-06-09T10:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("support_referral", MET, "2023-06-07T23:59:59+01:00"), ("told_of_arrest", NA, "2023-06-15T23:59:59+01:00"))),
    Worked("cancelled only after it was due",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              cancelled 2023-06-14T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("transferred to another force before it was due",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              transferred 2023-06-07T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", OTHER, "2023-06-12T23:59:59+01:00"),)),
    Worked("cancelled and reinstated: as if it had never been cancelled",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              cancelled 2023-06-07T10:00+01:00 N
              reinstated 2023-06-20T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    # --- what a record says, and what it does not ---
    Worked("a record made after the due moment says that the victim was not told",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              not_told 2023-06-14T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NOT, "2023-06-12T23:59:59+01:00"),)),
    Worked("a note of not yet told, made while there was time, says nothing of the rest",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              not_told 2023-06-07T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("an attempt that failed and an update about nothing in particular are no evidence",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              attempted 2023-06-07T10:00+01:00 N about=arrest
              told 2023-06-08T10:00+01:00 N about=update""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("a contact before the crime was reported is evidence of nothing",
           """told 2023-06-01T10:00+01:00 N about=arrest
              acknowledged 2023-06-01T10:00+01:00 N
              reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"), ("acknowledgement", NONE, "none")), oddities=2),
    Worked("enhanced rights found only after the arrest do not shorten its limit",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-08T10:00+01:00 Y about=arrest
              charged 2023-06-08T12:00+01:00 Y""",
           "2023-06-09T23:59:59+01:00",
           (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"), ("told_of_charge", NOT_YET, "2023-06-09T23:59:59+01:00"))),
    # --- who is concerned ---
    Worked("an arrest of somebody who is no suspect of the crime",
           """reported 2023-06-05T09:00+01:00 N
              suspect_named 2023-06-05T09:30+01:00 N suspect=S1
              arrested 2023-06-05T10:00+01:00 N suspect=S2""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NA, "2023-06-12T23:59:59+01:00"),), oddities=1),
    Worked("the suspect is the victim",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N suspect=victim""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NA, "2023-06-12T23:59:59+01:00"),), oddities=1),
    Worked("an organisation without a named contact has no services under the Code",
           """organisation 2023-06-05T09:00+01:00 N named_contact=no
              reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("told_of_arrest", NA, "2023-06-12T23:59:59+01:00"), ("acknowledgement", NA, "none"))),
    Worked("an organisation with a named contact has",
           """organisation 2023-06-05T09:00+01:00 N named_contact=yes
              reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-06T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    Worked("two crimes of one victim: what was told of one is not told of the other",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N crime=C1
              arrested 2023-06-05T10:00+01:00 N crime=C2
              told 2023-06-06T10:00+01:00 N about=arrest;crime=C1""",
           "2023-07-01T12:00+01:00",
           (("C1:told_of_arrest", MET, "2023-06-12T23:59:59+01:00"), ("C2:told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"))),
    Worked("told of one of two suspects",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N suspect=S1
              told 2023-06-06T10:00+01:00 N about=arrest;suspect=S2
              arrested 2023-06-06T11:00+01:00 N suspect=S1
              told 2023-06-06T12:00+01:00 N about=charge""",
           "2023-07-01T12:00+01:00",
           (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"), ("told_of_arrest", NONE, "2023-06-13T23:59:59+01:00"))),
    # --- the day from which the Code holds ---
    Worked("late on 31 March 2021 by Greenwich is 1 April in London: the Code holds; then Easter",
           """reported 2021-03-31T23:20+00:00 Y
              arrested 2021-03-31T23:30+00:00 Y
              told 2021-04-06T10:00+01:00 Y about=arrest""",
           "2021-05-01T12:00+01:00", (("told_of_arrest", MET, "2021-04-06T23:59:59+01:00"),)),
    # --- who had it, what was declined, and what was known -----------------------------------------------------------
    Worked("told before the hand-over: kept by the team that told",
           """reported 2023-06-05T09:00+01:00 N team=Response
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-07T10:00+01:00 N about=arrest
              handed_over 2023-06-09T10:00+01:00 N team=CID""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),), team="Response"),
    Worked("declined without saying what: all that may be declined",
           """reported 2023-06-06T09:00+01:00 N
              declined 2023-06-07T09:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("support_referral", DECLINED, "2023-06-08T23:59:59+01:00"), ("compensation_information", NONE, "none"))),
    Worked("told at the moment of the extract is known",
           """reported 2023-06-05T09:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-06T10:00+01:00 N about=arrest""",
           "2023-06-06T10:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    Worked("an arrest of the suspect whom the crime names",
           """reported 2023-06-05T09:00+01:00 N
              suspect_named 2023-06-05T09:30+01:00 N suspect=S1
              arrested 2023-06-05T10:00+01:00 N suspect=S1""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("before 1 April 2021 no pack is in force, and nothing is judged",
           """reported 2020-05-07T09:00+01:00 N
              arrested 2021-03-31T22:30+00:00 N""",
           "2021-05-01T12:00+01:00", (), oddities=1),
    # --- evidence before the clock, news of nobody in particular, and rows that are odd ------------------------------------
    Worked("acknowledged and told of the officer after the report and before the recording: both count",
           """reported 2023-06-05T09:00+01:00 N
              acknowledged 2023-06-05T10:00+01:00 N
              officer_named 2023-06-05T10:05+01:00 N
              recorded 2023-06-05T12:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("acknowledgement", MET, "none"), ("step_officer", MET, "2023-06-12T23:59:59+01:00"))),
    Worked("an arrest that does not say of whom is news that is owed, though a suspect is named",
           """reported 2023-06-05T09:00+01:00 N
              suspect_named 2023-06-05T09:30+01:00 N suspect=S1
              arrested 2023-06-05T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("whoever is suspected, the report is acknowledged",
           """reported 2023-06-05T09:00+01:00 N suspect=S2
              suspect_named 2023-06-05T09:30+01:00 N suspect=S1""",
           "2023-07-01T12:00+01:00", (("acknowledgement", NONE, "none"),), oddities=1),
    Worked("declining updates is a wish for none: the referral is still owed",
           """reported 2023-06-01T09:00+01:00 N
              declined 2023-06-01T10:00+01:00 N about=update
              arrested 2023-06-05T10:00+01:00 N""",
           "2023-07-01T12:00+01:00",
           (("told_of_arrest", DECLINED, "2023-06-12T23:59:59+01:00"), ("support_referral", NONE, "2023-06-05T23:59:59+01:00"))),
    Worked("updates declined, and wanted again before it was due",
           """reported 2023-06-01T09:00+01:00 N
              declined 2023-06-01T10:00+01:00 N updates
              arrested 2023-06-05T10:00+01:00 N
              opted_in 2023-06-08T10:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-12T23:59:59+01:00"),)),
    Worked("reported before any bank holiday that is held; the arrest of today is owed by its own clock",
           """reported 2016-02-29T09:00+00:00 N
              arrested 2023-06-05T10:00+01:00 N
              told 2023-06-12T10:00+01:00 N about=arrest""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),), oddities=1),
    Worked("rows out of order, and a row twice, say what they say in order and once",
           """told 2023-06-12T09:00+01:00 N about=arrest
              arrested 2023-06-05T10:00+01:00 N
              arrested 2023-06-05T10:00+01:00 N
              reported 2023-06-05T09:00+01:00 N""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", MET, "2023-06-12T23:59:59+01:00"),)),
    Worked("the same moment written with two offsets is one arrest",
           """reported 2023-06-05T09:00+01:00 Y
              arrested 2023-06-05T23:30+01:00 Y
              arrested 2023-06-06T03:30+05:00 Y""",
           "2023-07-01T12:00+01:00", (("told_of_arrest", NONE, "2023-06-06T23:59:59+01:00"),)),
    Worked("Christmas 2026 to New Year: Saturday's Boxing Day moves to Monday, and New Year's Day is a Friday",
           """reported 2026-12-01T08:00+00:00 N
              nfa 2026-12-23T11:00+00:00 N
              told 2027-01-05T00:00:00+00:00 N about=no_further_action""",
           "2027-02-28T12:00+00:00", (("told_of_closure", LATE, "2027-01-04T23:59:59+00:00"),)),
    Worked("arrested, bailed and charged in one week: each has its own clock, and one answer to each",
           """reported 2023-08-21T08:00+01:00 N
              arrested 2023-08-22T08:00+01:00 N
              bailed 2023-08-23T08:00+01:00 N
              charged 2023-08-25T08:00+01:00 N
              told 2023-08-30T08:00+01:00 N about=arrest,bail
              told 2023-09-05T08:00+01:00 N about=charge""",
           "2023-10-01T12:00+01:00",
           (("told_of_arrest", MET, "2023-08-30T23:59:59+01:00"), ("told_of_bail", MET, "2023-08-31T23:59:59+01:00"),
            ("told_of_charge", LATE, "2023-09-04T23:59:59+01:00"))),
)  # fmt: skip
