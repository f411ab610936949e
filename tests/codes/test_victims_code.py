"""Rule packs: what each says of itself, and that packs of one scheme follow each other without gap or overlap."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from fourfold.codes.lists import STATUSES
from fourfold.codes.victims_code import (
    MEETS_NOTHING,
    STATE_MEANS,
    STATES,
    about_of,
    abouts,
    event_of,
    events,
    obligation,
    pack_on,
    packs,
    shipped_packs,
)
from fourfold.errors import CodeUnknown, RecordsInvalid
from fourfold.records.suppliers.records_system import INVESTIGATION_EVENTS, VICTIM_CONTACTS

# Written down from the Code's rights and limits as far as they are known, and from the force's own approach: what starts the
# clock (each time, or once for a crime), what a contact must be about, days for standard and enhanced rights, whose duty it is,
# whether it may be declined, whether it is an update that a victim may want none of, and whether the offer meets it.
OWED = """
obligation                        right how  starts                                  met by                                st en days     owner        declined update offer
crime_recorded                        2 once received,reported,recorded              recorded                               -  - -        police       .   .   .
acknowledgement                       3 once received,reported,recorded              acknowledgement                        -  - -        police       yes .   .
needs_assessment                      4 once received,reported,recorded              needs_assessment                       -  - -        police       yes .   .
support_referral                      4 once received,reported,recorded              support_referral                       2  2 working  police       yes .   .
compensation_information              5 once received,reported,recorded              compensation                           -  - -        police       .   .   .
told_of_no_investigation              6 each no_investigation                        no_investigation                       5  1 working  police       yes yes .
told_of_arrest                        6 each arrested                                arrest                                 5  1 working  police       yes yes .
told_of_interview                     6 each interviewed                             interview                              5  1 working  police       yes yes .
told_of_release                       6 each released                                release                                5  1 working  police       yes yes .
told_of_release_under_investigation   6 each released_under_investigation            release                                5  1 working  police       yes yes .
told_of_bail                          6 each bailed                                  bail                                   5  1 working  police       yes yes .
told_of_bail_change                   6 each bail_changed,bail_cancelled             bail                                   5  1 working  police       yes yes .
told_of_closure                       6 each no_further_action                       no_further_action,outcome              5  1 working  police       yes yes .
told_of_out_of_court_disposal         6 each cautioned,out_of_court_disposal         out_of_court_disposal,outcome          5  1 working  police       yes yes .
told_of_charge                        6 each charged                                 charge                                 5  1 working  police       yes yes .
told_of_no_charge_by_prosecutor       6 each prosecutor_not_charging                 no_charge,no_further_action,outcome    5  1 working  cps          yes yes .
told_of_charge_altered                6 each charge_altered,charge_dropped           charge_altered,outcome                 5  1 working  cps          yes yes .
told_of_first_hearing                 6 first first_hearing_set                       court                                  5  1 working  police       yes yes .
told_of_bail_hearing                  8 each bail_hearing                            bail_hearing,bail,court                5  1 working  police       yes yes .
statement_offered                     7 once received,reported,recorded              personal_statement                     -  - -        police       yes .   yes
told_of_trial                         8 each trial_date_received                     trial,court                            1  1 working  witness_care yes yes .
told_to_attend                        8 each attendance_received                     attendance,trial,court                 1  1 working  witness_care .   .   .
told_of_verdict                       9 each verdict_received                        verdict,outcome                        1  1 working  witness_care yes yes .
told_of_sentence                      9 each sentence_received                       sentence,outcome                       1  1 working  witness_care yes yes .
told_of_appeal                        9 each appeal_received                         appeal,outcome                         1  1 working  witness_care yes yes .
expenses_paid                        10 each expenses_claimed                        expenses                              10 10 working  cps          .   .   .
property_returned                    10 each property_not_needed                     property                               -  - -        police       .   .   .
contact_scheme_offered               11 each contact_scheme_due                      contact_scheme                         -  - -        probation    yes .   yes
complaint_acknowledged               12 each complained                              complaint                             10 10 working  police       .   .   .
step_report                           1 once received,recorded,reported              acknowledgement,information            -  - -        police       .   .   .
step_officer                          2 once received,recorded                       officer_in_charge                      7  7 either   police       .   .   .
step_contact_plan                     3 once received,recorded,reported              contact_plan                           -  - -        police       yes yes .
step_arrest                           4 each arrested                                arrest                                 5  5 either   police       yes yes .
step_charge                           4 each charged                                 charge                                 5  5 either   police       yes yes .
step_caution                          4 each cautioned                               out_of_court_disposal                  5  5 either   police       yes yes .
step_support                          5 once received,recorded,reported              support_details,support_referral       -  - -        police       yes .   .
"""  # noqa: E501 - a table to be read across


def test_what_is_owed_is_as_written_down() -> None:
    written = [line.split() for line in OWED.strip().splitlines()[1:]]
    held = [
        [
            o.id, str(o.right), "first" if o.is_first else "each" if o.is_each else "once", ",".join(o.starts), ",".join(o.met_by),
            str(o.standard or "-"), str(o.enhanced or "-"), o.counted if o.standard else "-", o.owner,
            *("yes" if marked else "." for marked in (o.may_decline, o.is_update, o.is_offer)),
        ]
        for pack in shipped_packs()
        for o in pack.obligations
    ]  # fmt: skip
    assert held == written
    assert [o.limit(True) for o in shipped_packs()[0].obligations if o.id == "told_of_arrest"] == [1]
    assert [(p.first, p.last) for p in shipped_packs()] == [(date(2021, 4, 1), None)] * 2


def test_each_pack_and_obligation_says_its_source_and_how_sure_it_is() -> None:
    for pack in shipped_packs():
        assert pack.source
        assert pack.status in STATUSES
        for owed in pack.obligations:
            assert owed.source
            assert owed.status in STATUSES
            assert (owed.limit_status(False) in STATUSES, owed.limit_status(True) in STATUSES) == (True, True)
            assert (owed.standard is None) <= bool(owed.limit_note)
    assert shipped_packs()[0].rights.keys() == set(range(1, 13))
    assert shipped_packs()[1].rights.keys() == set(range(1, 6))
    assert list(STATE_MEANS) == list(STATES)


def test_what_is_unconfirmed_is_said_to_be() -> None:
    assert obligation("told_of_arrest").limit_status(False) == "confirmed"
    assert obligation("told_of_arrest").limit_status(True) == "unconfirmed"
    assert obligation("complaint_acknowledged").limit_status(False) == "unconfirmed"
    assert obligation("told_of_bail").limit_status(True) == "confirmed"


def test_every_word_stands_for_one_event() -> None:
    words = [word for one in events().values() for word in (one.name, *one.also)]
    assert len(words) == len(set(words))
    assert all(one.means for one in events().values())
    assert event_of(" Victim-Told ") is events()["told"]
    assert event_of("nonsense") is None
    assert [about_of(w) for w in ("told of arrest", "RUI", "vps", "outcome", "weather", "reported")] == [
        "arrest", "release", "personal_statement", "outcome", None, None,
    ]  # fmt: skip


def test_the_contracts_words_are_known() -> None:
    about = next(f for f in VICTIM_CONTACTS.fields if f.name == "about")
    assert set(about.codes) <= set(abouts())  # type: ignore[arg-type]
    kind = next(f for f in INVESTIGATION_EVENTS.fields if f.name == "kind")
    unknown = {k for k in kind.codes if event_of(k) is None}
    assert unknown == {"supervisor_review", "warrant", "recall", "tic_admission"}
    met = {word for pack in shipped_packs() for owed in pack.obligations for word in owed.met_by}
    assert not met & set(MEETS_NOTHING)
    assert met - {"recorded"} <= set(about.codes), "whatever is owed can be entered as a contact about it"  # type: ignore[arg-type]


PACK = """
[pack]
id = "{id}"
scheme = "{scheme}"
title = "A later Code"
from = {first}
{until}
version = "1"
status = "unconfirmed"
source = "Invented for a test."
[rights]
1 = "A right"
[[obligation]]
id = "told_of_arrest"
right = 1
title = "Told of an arrest"
starts = ["arrested"]
is_each = true
met_by = ["arrest"]
standard = 3
enhanced = 1
owner = "police"
status = "unconfirmed"
source = "Invented for a test."
"""


def pack_file(path: Path, first: str, until: str = "", scheme: str = "victims_code", name: str = "later") -> Path:
    path.write_text(
        PACK.format(id=name, scheme=scheme, first=first, until=f"until = {until}" if until else ""), encoding="utf-8"
    )
    return path


def test_a_later_pack_ends_the_one_before_it(tmp_path: Path) -> None:
    held = packs([pack_file(tmp_path / "a.toml", "2026-10-01")])
    assert [(p.id, p.first, p.last) for p in held if p.scheme == "victims_code"] == [
        ("code_2021", date(2021, 4, 1), date(2026, 9, 30)),
        ("later", date(2026, 10, 1), None),
    ]
    assert obligation("told_of_arrest", held).standard == 3
    on = [date(2021, 3, 31), date(2021, 4, 1), date(2026, 9, 30), date(2026, 10, 1), date(2099, 1, 1)]
    found = [pack_on(held, "victims_code", day) for day in on]
    assert [p.id if p else None for p in found] == [None, "code_2021", "code_2021", "later", "later"]
    assert pack_on(held, "none", date(2022, 1, 1)) is None
    assert packs() == shipped_packs()


REFUSED = [
    ("a gap", [("a", "2027-01-01", "2027-06-30"), ("b", "2027-07-02", "")], "gap .* on 2027-07-01"),
    ("an overlap", [("a", "2027-01-01", "2027-06-30"), ("b", "2027-06-30", "")], "overlap"),
    ("one from the same day", [("a", "2021-04-01", "")], "overlap"),
    ("a name twice", [("code_2021", "2027-01-01", "")], "same name"),
    ("an end before the beginning", [("a", "2027-01-01", "2026-12-31")], "ends before"),
    ("a text for a day", [("a", '"soon"', "")], "not days"),
]


@pytest.mark.parametrize(("what", "given", "cause"), REFUSED, ids=[r[0] for r in REFUSED])
def test_dates_that_do_not_follow_are_refused(
    what: str, given: list[tuple[str, str, str]], cause: str, tmp_path: Path
) -> None:
    paths = [pack_file(tmp_path / f"{n}.toml", first, until, name=name) for n, (name, first, until) in enumerate(given)]
    with pytest.raises(RecordsInvalid, match=cause):
        packs(paths)


def test_packs_that_meet_are_taken(tmp_path: Path) -> None:
    one = pack_file(tmp_path / "a.toml", "2027-01-01", "2027-06-30", name="a")
    other = pack_file(tmp_path / "b.toml", "2027-07-01", name="b")
    assert [p.id for p in packs([other, one]) if p.scheme == "victims_code"] == ["code_2021", "a", "b"]


def test_a_pack_may_be_in_force_for_one_day(tmp_path: Path) -> None:
    one = pack_file(tmp_path / "a.toml", "2027-01-01", "2027-01-01", name="a")
    other = pack_file(tmp_path / "b.toml", "2027-01-02", name="b")
    held = packs([one, other])
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)]
    assert [p.id for day in days if (p := pack_on(held, "victims_code", day))] == ["code_2021", "a", "b"]


def test_an_obligation_may_start_by_everything_that_happens(tmp_path: Path) -> None:
    path = pack_file(tmp_path / "a.toml", "2027-01-01")
    every = [event.name for event in events().values() if event.sort == "happened"]
    text = path.read_text(encoding="utf-8").replace('starts = ["arrested"]', f"starts = {json.dumps(every)}")
    path.write_text(text, encoding="utf-8")
    assert obligation("told_of_arrest", packs([path])).starts == tuple(every)


MANGLED = [
    ("no TOML", "pack = [", "cannot be read"),
    ("no rights", '[pack]\nid = "x"\n', "lacks what every pack says"),
    ("an unknown event", ('starts = ["arrested"]', 'starts = ["moonrise"]'), "starts by what is no event"),
    ("a contact as a start", ('starts = ["arrested"]', 'starts = ["told"]'), "starts by what is no event"),
    ("no such right", ("right = 1", "right = 9"), "no right of the pack"),
    (
        "met by a word of its own",
        ('met_by = ["arrest"]', 'met_by = ["arrest", "moonlight"]'),
        "no word of a contact: moonlight",
    ),
    ("started by nothing", ('starts = ["arrested"]', "starts = []"), "starts by nothing"),
    ("nobody's duty", ('owner = "police"', 'owner = "army"'), "owner who is not on the list"),
    ("one limit only", ("enhanced = 1\n", ""), "a limit that is no number of days, or only one"),
    ("a limit of nought", ("standard = 3", "standard = 0"), "a limit that is no number of days"),
    ("the first alone, and not each", ("is_each = true", "is_first = true"), "first time alone"),
    ("met by nothing", ('met_by = ["arrest"]', "met_by = []"), "met by nothing"),
    (
        "no standing",
        ('status = "unconfirmed"\nsource = "Invented for a test."\n[', "x = 1\n["),
        "lacks what every pack says",
    ),
    (
        "a standing that there is not",
        ('owner = "police"\nstatus = "unconfirmed"', 'owner = "police"\nstatus = "guessed"'),
        "has no standing",
    ),
    (
        "a limit of a standing that there is not",
        ("enhanced = 1", 'enhanced = 1\nenhanced_status = "guessed"'),
        "has no standing",
    ),
    ("days of another kind", ("is_each = true", 'is_each = true\ncounted = "moons"'), "neither working nor calendar"),
]


@pytest.mark.parametrize(("what", "change", "cause"), MANGLED, ids=[m[0] for m in MANGLED])
def test_a_file_that_is_no_pack_is_refused(
    what: str, change: str | tuple[str, str], cause: str, tmp_path: Path
) -> None:
    path = pack_file(tmp_path / "a.toml", "2027-01-01")
    text = path.read_text(encoding="utf-8")
    changed = change if isinstance(change, str) else text.replace(*change)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(RecordsInvalid, match=cause) as refused:
        packs([path])
    assert refused.value.file == str(path)
    if "starts by what" in cause or "word of a contact" in cause:
        assert "Use one or more of:" in refused.value.remedy
        assert ("arrested" if "starts" in cause else "acknowledgement") in refused.value.remedy
        assert "have it audited" in refused.value.remedy, "what a pack that needs another event can do"


def test_there_is_no_other_obligation() -> None:
    with pytest.raises(CodeUnknown):
        obligation("told_of_the_weather")


def test_what_a_contact_may_be_about_has_one_order_and_a_rule_never_changes() -> None:
    """States are kept as records under these words: their order must be the same in every process."""
    assert list(abouts()) == sorted(abouts())
    owed = obligation("told_of_arrest")
    for frozen, name in ((owed, "standard"), (shipped_packs()[0], "first"), (events()["arrested"], "sort")):
        with pytest.raises(FrozenInstanceError):
            setattr(frozen, name, None)
