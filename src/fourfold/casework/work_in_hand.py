"""Work in hand: what waits for one officer as casework stands now, counted kind by kind, and what of it is late.

Counts alone: whom a piece of work is about stands on its own page, which is logged. What is listed from the records (which weeks'
lists came, from which month returns are owed) is handed in by whoever holds those lists. Each kind says which right shows it: the
right to do the work, so that nobody is told of what another is to do. It counts work, and never how fast an officer is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet

from fourfold.analysis.campaigns import OFFERED
from fourfold.casework import case_audits, cocoons, fraud_returns, handouts, patrols, rights, sites, themes
from fourfold.casework.campaigns import CampaignReturn, ProtectActivity, Questionnaire, ReachReturn
from fourfold.casework.care_cases import BOOKED, VISIT, CareCase, CareStep
from fourfold.casework.care_cases import OPEN as IN_CARE
from fourfold.casework.case_audits import DrawnAudit, DrawnRecord
from fourfold.casework.cocoons import Cocoon
from fourfold.casework.fraud_cases import FraudCase
from fourfold.casework.fraud_returns import FraudReturn
from fourfold.casework.handouts import HandOut
from fourfold.casework.intelligence_questions import IntelligenceAnswer
from fourfold.casework.patrols import PatrolPlan
from fourfold.casework.rights import RightsRequest
from fourfold.casework.sites import PartnerRequest, Site
from fourfold.casework.themes import LocalTheme, ThemeReading
from fourfold.casework.victims_plan import OPEN as PLANNED
from fourfold.casework.victims_plan import PlanAction
from fourfold.codes.periods import month_end


@dataclass(frozen=True, kw_only=True)
class Desk:
    """An officer's desk on a day. What comes from the records is asked for only where a kind that is shown needs it.

    `first_month` is the first month of which an outcome return is owed (none: of no month), `weeks_missing` how many weeks' lists of
    fraud victims did not come, `weeks_came` when each that did came, `disseminated` the keys of the cases that were sent to be
    investigated.
    """

    officer: str
    force_id: str
    today: date
    first_month: Callable[[], date | None]
    weeks_missing: Callable[[], int]
    weeks_came: Callable[[], Collection[datetime]]
    disseminated: Callable[[], Collection[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of work: the right that shows it, whether to have any of it is to be late, its words for one and for several."""

    name: str
    action: str
    record_class: str
    is_late: bool
    one: str
    several: str
    count: Callable[[Desk], int]


@dataclass(frozen=True)
class InHand:
    """So many of a kind of work."""

    kind: Kind
    count: int

    @property
    def words(self) -> str:
        """It in words, with its count."""
        return f"{self.count:,} {self.kind.one if self.count == 1 else self.kind.several}"


def work_in_hand(desk: Desk, may: Callable[[str, str], bool]) -> list[InHand]:
    """What there is of each kind that `may` (action, record class) shows, in the order of KINDS; never a kind without any."""
    counted = [InHand(kind, kind.count(desk)) for kind in KINDS if may(kind.action, kind.record_class)]
    return [one for one in counted if one.count]


def own_cases(officer: str) -> QuerySet[CareCase]:
    """An officer's own open cases of victim care, the longest untouched first."""
    return CareCase.objects.filter(officer=officer, state=IN_CARE).order_by("changed_at", "pk")


def _visits(desk: Desk) -> int:
    own = CareStep.objects.filter(case__officer=desk.officer, case__state=IN_CARE, kind=VISIT, result=BOOKED)
    return own.filter(due__lt=desk.today).count()


def _questionnaires(desk: Desk) -> int:
    return Questionnaire.objects.filter(officer=desk.officer, force_id=desk.force_id, state=OFFERED).count()


def _to_be_marked(desk: Desk) -> int:
    drawn = DrawnRecord.objects.filter(
        audit__force_id=desk.force_id, audit__state=case_audits.OPEN, state=case_audits.DRAWN
    )
    return drawn.exclude(marks__turn=case_audits.FIRST).count()


def _to_be_closed(desk: Desk) -> int:
    drawn = Q(records__state=case_audits.DRAWN)
    every = DrawnAudit.objects.filter(force_id=desk.force_id, state=case_audits.OPEN).annotate(
        drawn=Count("records", filter=drawn, distinct=True),
        marked=Count("records", filter=drawn & Q(records__marks__turn=case_audits.FIRST), distinct=True),
    )  # fmt: skip
    return every.filter(drawn=F("marked")).count()


def _returns_overdue(desk: Desk) -> int:
    first = desk.first_month()
    every = fraud_returns.register(desk.force_id, first, desk.today) if first else []
    return sum(one.due_on < desk.today and not one.is_sent for one in every)


def _reach_not_sent(desk: Desk) -> int:
    days = ProtectActivity.objects.filter(force_id=desk.force_id).values_list("on", flat=True)
    over = {on.replace(day=1) for on in days if month_end(on.replace(day=1)) < desk.today}
    return len(over - set(ReachReturn.objects.filter(force_id=desk.force_id).values_list("month", flat=True)))


def _campaign_returns(desk: Desk) -> int:
    owed = CampaignReturn.objects.filter(campaign__force_id=desk.force_id, sent_on=None)
    return owed.filter(due_on__lt=desk.today).count()


def _not_acknowledged(desk: Desk) -> int:
    mine = FraudCase.objects.filter(force_id=desk.force_id).values_list("key", flat=True)
    return len(set(desk.disseminated()) - set(mine))


def _not_read(desk: Desk) -> int:
    """The weeks' lists that came after the records of the last reading: what emerges in them nobody has been told."""
    done = ThemeReading.objects.filter(force_id=desk.force_id, state=themes.DONE).order_by("-asked_at").first()
    return sum(done is None or done.as_at is None or came > done.as_at for came in desk.weeks_came())


def _answers_to_review(desk: Desk) -> int:
    answers = IntelligenceAnswer.objects.filter(asked__force_id=desk.force_id).order_by("number")
    last = dict(answers.values_list("asked", "review_on"))
    return sum(review_on < desk.today for review_on in last.values())


def _partners_late(desk: Desk) -> int:
    awaited = PartnerRequest.objects.filter(site__force_id=desk.force_id, state__in=(sites.ASKED, sites.PROMISED))
    return awaited.filter(due_on__lt=desk.today).count()


def _own_cocoons(desk: Desk) -> QuerySet[Cocoon]:
    return Cocoon.objects.filter(opened_by=desk.officer, force_id=desk.force_id, state=cocoons.OPEN)


def _own_patrols(desk: Desk) -> QuerySet[PatrolPlan]:
    return PatrolPlan.objects.filter(made_by=desk.officer, force_id=desk.force_id, state=patrols.OPEN)


_SECOND = "to be signed off by you, the second person"
KINDS = (
    Kind("care-cases", "write", "victim_care", False, "victim in your care", "victims in your care",
         lambda d: own_cases(d.officer).count()),
    Kind("questionnaires", "write", "victim_care", False, "questionnaire that you offered, with no answer recorded",
         "questionnaires that you offered, with no answer recorded", _questionnaires),
    Kind("returns-to-sign", "sign", "fraud_returns", False, f"outcome return {_SECOND}", f"outcome returns {_SECOND}",
         lambda d: FraudReturn.objects.filter(force_id=d.force_id, state=fraud_returns.DRAWN_UP)
         .exclude(drawn_up_by=d.officer).count()),
    Kind("returns-to-send", "write", "fraud_returns", False, "outcome return signed, to be sent",
         "outcome returns signed, to be sent",
         lambda d: FraudReturn.objects.filter(force_id=d.force_id, state=fraud_returns.SIGNED).count()),
    Kind("hand-outs-to-sign", "sign", "hand_outs", False, f"hand-out {_SECOND}", f"hand-outs {_SECOND}",
         lambda d: HandOut.objects.filter(force_id=d.force_id, state=handouts.ASKED).exclude(asked_by=d.officer).count()),
    Kind("records-to-mark", "write", "case_audits", False, "record to be marked in an audit", "records to be marked in an audit",
         _to_be_marked),
    Kind("audits-to-close", "write", "case_audits", False, "audit of which every record is marked, to be closed",
         "audits of which every record is marked, to be closed", _to_be_closed),
    Kind("sites-to-judge", "write", "sites", False, "site put forward by a colleague, to be judged",
         "sites put forward by colleagues, to be judged",
         lambda d: Site.objects.filter(force_id=d.force_id, state=sites.CANDIDATE).exclude(put_forward_by=d.officer).count()),
    Kind("themes-to-judge", "write", "themes", False, "theme proposed, to be confirmed or rejected",
         "themes proposed, to be confirmed or rejected",
         lambda d: LocalTheme.objects.filter(force_id=d.force_id, state=themes.PROPOSED).count()),
    Kind("themes-to-read", "write", "themes", False, "week’s list of fraud victims whose narratives were not read for themes",
         "weeks’ lists of fraud victims whose narratives were not read for themes", _not_read),
    Kind("cases-to-acknowledge", "write", "fraud_cases", False, "dissemination not yet acknowledged",
         "disseminations not yet acknowledged", _not_acknowledged),
    Kind("cocoons", "write", "cocoons", False, "cocoon that you opened, to be visited", "cocoons that you opened, to be visited",
         lambda d: _own_cocoons(d).filter(until__gte=d.today).count()),
    Kind("patrols", "write", "patrols", False, "patrol plan of yours under way or to come",
         "patrol plans of yours under way or to come", lambda d: _own_patrols(d).filter(last__gte=d.today).count()),
    Kind("rights-requests", "write", "rights", False, "request by a person that is not answered",
         "requests by people that are not answered",
         lambda _: RightsRequest.objects.exclude(state__in=(rights.ANSWERED, rights.REFUSED)).count()),
    Kind("visits-past", "write", "victim_care", True, "visit to a victim whose day is past, with nothing said of it",
         "visits to victims whose day is past, with nothing said of them", _visits),
    Kind("weekly-lists", "read", "care_figures", True, "week of which no list of fraud victims came",
         "weeks of which no list of fraud victims came", lambda d: d.weeks_missing()),
    Kind("returns-overdue", "write", "fraud_returns", True, "outcome return past its day and not sent",
         "outcome returns past their day and not sent", _returns_overdue),
    Kind("campaign-returns", "write", "campaigns", True, "return of a campaign past its day and not sent",
         "returns of campaigns past their day and not sent", _campaign_returns),
    Kind("reach-returns", "write", "campaigns", True, "month that is over, whose return of reach was not sent",
         "months that are over, whose returns of reach were not sent", _reach_not_sent),
    Kind("cocoons-past", "write", "cocoons", True, "cocoon that you opened past its last day, to be closed",
         "cocoons that you opened past their last day, to be closed", lambda d: _own_cocoons(d).filter(until__lt=d.today).count()),
    Kind("patrols-past", "write", "patrols", True, "patrol plan of yours past its last day, to be closed",
         "patrol plans of yours past their last day, to be closed", lambda d: _own_patrols(d).filter(last__lt=d.today).count()),
    Kind("partners-late", "write", "sites", True, "request to a partner past its day, with no answer",
         "requests to partners past their day, with no answer", _partners_late),
    Kind("plan-actions", "write", "victims_plan", True, "action of the plan past its day", "actions of the plan past their day",
         lambda d: PlanAction.objects.filter(force_id=d.force_id, state=PLANNED, due_on__lt=d.today).count()),
    Kind("answers-to-review", "write", "intelligence_answers", True, "intelligence question whose answer is past its review",
         "intelligence questions whose answers are past their review", _answers_to_review),
)  # fmt: skip
"""Every kind of work, in the order in which it is told: what is to be done, and then what is late."""
