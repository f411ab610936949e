"""Campaigns: two officers on one, what a victim's erasure leaves in them, and the commands over a service's records."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from fourfold.casework import audit, campaigns, care, rights
from fourfold.casework.audit import Entry, Who
from fourfold.casework.campaigns import Campaign, CampaignVictim, ProtectActivity, Questionnaire, SeenCampaign, Terms
from fourfold.casework.care import Seen
from fourfold.casework.care_cases import CareCase
from fourfold.casework.events import Event
from fourfold.errors import Conflict, FourfoldError, RequestInvalid
from fourfold.records.weekly_lists import Known
from tests.conftest import CommandLine

WHO, AT = Who("0123456789abcdef", ("victim_care_officer",)), datetime(2022, 10, 12, 12, tzinfo=UTC)
KEY, OTHER = "a" * 24, "b" * 24


def begun(**said: object) -> Campaign:
    plain: dict[str, object] = {
        "name": "Romance fraud", "led_by": "City of London Police", "codes": ["NFIB1D", "1D"], "first": date(2022, 10, 10),
        "last": date(2022, 10, 21), "reported_from": date(2022, 10, 1), "reported_to": date(2022, 10, 9),
    }  # fmt: skip
    return campaigns.begin_campaign(WHO, "saltmere", Terms(**{**plain, **said}), at=AT)  # type: ignore[arg-type]


def seen(campaign: Campaign, at: datetime = AT) -> SeenCampaign:
    campaign.refresh_from_db()
    return SeenCampaign(WHO, campaign, campaign.version, at)


@pytest.mark.django_db
def test_of_two_who_saw_one_campaign_the_second_is_told_and_nothing_of_theirs_is_done() -> None:
    campaign = begun()
    assert campaign.codes == ["NFIB1D"]
    one, two = seen(campaign), seen(campaign)
    campaigns.identify_victims(one, [(KEY, "SP1", date(2022, 10, 3))])
    with pytest.raises(Conflict):
        campaigns.plan_return(two, what="Victims contacted", due_on=date(2022, 10, 14))
    assert (campaign.victims.count(), campaign.returns.count()) == (1, 0)
    assert Event.objects.filter(concern="campaigns").count() == Entry.objects.count() == 2, (
        "one verb, one entry, one event"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said",
    [{"name": " "}, {"led_by": ""}, {"codes": []}, {"codes": ["NFIB1D", "NFIB0Z"]}, {"last": date(2022, 10, 9)},
     {"reported_to": date(2022, 9, 30)}],
)  # fmt: skip
def test_a_campaign_that_is_none_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        begun(**said)
    assert not Campaign.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("said", [{"reach": -1}, {"reach": 10**10}, {"title": ""}, {"kind": "party"}, {"channel": "pigeon"},
                                  {"on": date(2022, 10, 13)}])  # fmt: skip
def test_an_activity_that_is_none_is_refused(said: dict[str, object]) -> None:
    plain: dict[str, object] = {
        "kind": "message",
        "channel": "press",
        "on": date(2022, 10, 11),
        "title": "Beware",
        "reach": None,
    }
    with pytest.raises(FourfoldError):
        campaigns.record_activity(WHO, "saltmere", **{**plain, **said}, campaign=None, at=AT)  # type: ignore[arg-type]
    assert not ProtectActivity.objects.exists()


@pytest.mark.django_db
def test_a_number_that_two_officers_record_is_recorded_once() -> None:
    one = campaigns.record_activity(
        WHO,
        "saltmere",
        kind="event",
        channel="webinar",
        on=date(2022, 10, 11),
        title="Webinar",
        reach=None,
        campaign=None,
        at=AT,
    )
    campaigns.record_reach(WHO, one, reach=38, version=1, at=AT)
    with pytest.raises(Conflict):
        campaigns.record_reach(WHO, one, reach=83, version=1, at=AT)
    one.refresh_from_db()
    assert one.reach == 38


@pytest.mark.django_db
def test_only_what_happened_in_its_days_is_a_try_of_the_campaign() -> None:
    campaign = begun()
    campaigns.identify_victims(seen(campaign), [(KEY, "SP1", date(2022, 10, 3)), (OTHER, OTHER, date(2022, 10, 4))])
    by_others = {KEY: [(date(2022, 10, 9), True), (date(2022, 10, 12), False)], OTHER: [(date(2022, 10, 22), True)]}
    found = {one.victim.first.key: (one.state, one.last_on) for one in campaigns.contacts(campaign, by_others, {})}
    assert found == {KEY: ("tried, not reached", date(2022, 10, 12)), OTHER: ("nothing recorded", None)}


def one_person(*keys: str) -> dict[str, Known]:
    """Reports that were found to be of one person, after each was decided on by its own key."""
    return {key: Known(person="SP9", group="SP9", entries=keys, is_compared=True) for key in keys}


@pytest.mark.django_db
def test_a_person_who_reported_twice_is_one_victim_of_a_campaign_reached_by_either_report() -> None:
    campaign, third = begun(), "c" * 24
    told = [(KEY, KEY, date(2022, 10, 3)), (OTHER, OTHER, date(2022, 10, 4)), (third, third, date(2022, 10, 5))]
    campaigns.identify_victims(seen(campaign), told)
    case = CareCase.objects.create(
        subject=OTHER, key=OTHER, force_id="saltmere", report_ref="NFRC1", rule="score_15_or_more", officer=WHO.key,
        taken_up_at=AT, changed_at=AT,
    )  # fmt: skip
    care.record_attempt(Seen(WHO, case, 1, AT), means="phone", is_reached=True)
    by_others = {KEY: [(date(2022, 10, 14), False)]}
    assert len(campaigns.contacts(campaign, by_others, {})) == 3, "before people are compared nobody knows better"
    found = campaigns.contacts(campaign, by_others, one_person(KEY, OTHER))
    assert [([r.key for r in one.victim.reports], one.state, one.last_on) for one in found] == [
        ([KEY, OTHER], "reached", date(2022, 10, 14)), ([third], "nothing recorded", None),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_victim_who_reported_twice_has_one_questionnaire() -> None:
    first = campaigns.offer_questionnaire(WHO, key=KEY, subject=KEY, force_id="saltmere", on=AT.date(), at=AT)
    names = one_person(KEY, OTHER)[OTHER].names(OTHER)
    with pytest.raises(Conflict):
        campaigns.offer_questionnaire(
            WHO, key=OTHER, subject="SP9", force_id="saltmere", on=AT.date(), at=AT, names=names
        )
    assert campaigns.questionnaire_of(names) == first
    campaigns.close_questionnaire(WHO, first, result="completed", version=1, at=AT)
    assert campaigns.questionnaire_states({"SP9": names, "SP1": ("SP1",)}) == {
        "SP9": "completed", "SP1": "no questionnaire recorded",
    }  # fmt: skip


@pytest.mark.django_db
def test_nothing_that_could_be_made_again_of_an_erased_person_is_left() -> None:
    campaign = begun()
    campaigns.identify_victims(seen(campaign), [(KEY, KEY, date(2022, 10, 3)), (OTHER, "SP2", date(2022, 10, 4))])
    campaigns.offer_questionnaire(WHO, key=KEY, subject=KEY, force_id="saltmere", on=AT.date(), at=AT)
    with transaction.atomic(), audit.lifted("casework_event"):  # as an erasure does
        rights._keyed_anew([KEY], b"salt")
    left = [*CampaignVictim.objects.values_list("key", "subject"), *Questionnaire.objects.values_list("key", "subject")]
    assert KEY not in {word for row in left for word in row}
    assert (OTHER, "SP2") in left
    assert CampaignVictim.objects.count() == 2, "the count of the campaign stands"


@pytest.mark.django_db
def test_a_campaign_is_ended_when_its_days_are_over_and_its_returns_went() -> None:
    campaign = begun()
    campaigns.plan_return(seen(campaign), what="Victims contacted", due_on=date(2022, 10, 14))
    later = AT + timedelta(days=30)
    with pytest.raises(RequestInvalid):
        campaigns.end_campaign(seen(campaign, later))
    campaigns.record_return(seen(campaign), number=1, evidence="Acknowledged")
    with pytest.raises(RequestInvalid):
        campaigns.end_campaign(seen(campaign))
    campaigns.end_campaign(seen(campaign, later))
    with pytest.raises(Conflict):
        campaigns.plan_return(seen(campaign, later), what="More", due_on=date(2022, 12, 1))


@pytest.mark.slow
def test_the_commands_answer_over_a_service_without_a_campaign(fourfold: CommandLine, tmp_path: Path) -> None:
    fourfold.home.mkdir(mode=0o700)
    assert json.loads(fourfold("campaigns", "list", "saltmere", "--json").out) == []
    said = fourfold("campaigns", "reach", "saltmere", "2022-10", "--out", tmp_path / "reach.csv").out
    assert "0 line(s) for October 2022" in said
    assert "does not say what was prevented" in said
    assert "impressions" in (tmp_path / "reach.csv").read_text()
