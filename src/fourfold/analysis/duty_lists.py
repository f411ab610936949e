"""Lists of duties, made beforehand and kept beside the states that they are of, so that a page only reads them.

make_duty_lists(records, force_id, rules, states)   the lists, unless they are kept: seconds for a large force
owed_by(states, until)                              what is owed, due by a day
unlimited(states), gone(states)                     what has no limit in days, and how much stands on neither list any more
chosen_turns(states), crimes_reviewed(states)       what the contact diary is made of
for_nobody(states)                                  what is evidence for nobody

What is kept is what `owed`, `owed_without_limit`, `off_the_lists`, `contact_diary.chosen_contacts`, `contact_diary.reviewed` and
`entitlements.without_a_victim` give for the same records and moment; what is owed goes to the last day that may be asked for
(`AHEAD`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from fourfold.analysis.contact_diary import chosen_contacts, reviewed
from fourfold.analysis.entitlements import without_a_victim
from fourfold.analysis.owed import off_the_lists, owed, owed_without_limit
from fourfold.analysis.victims_code import Rules
from fourfold.codes.working_days import local_date
from fourfold.records.as_at import Records
from fourfold.records.kept_states import Kept

AHEAD = 60
"""Days after the last extract that the list of what is owed goes."""
_OWED, _UNLIMITED, _GONE, _TURNS, _REVIEWED, _NOBODYS = "owed", "unlimited", "gone", "turns", "reviewed", "nobodys"


def make_duty_lists(records: Records, force_id: str, rules: Rules, states: Kept, alike: Kept | None = None) -> None:
    """Make the lists of some states and keep them, unless they are. Raises StorageFailed.

    `alike` are states of the same records by other rules: no rule bears on the contact diary, so that its lists are taken from there
    and not made again. Each night all lists are made whole: who has a crime, and what is due on the day, may change of any of them.
    """
    same = alike if alike is not None and alike.name == states.name else None
    today = local_date(states.as_known)
    last = today + timedelta(days=AHEAD)
    states.keep_list(_OWED, lambda: owed(states.states(), records, force_id, rules, today, last))
    states.keep_list(_UNLIMITED, lambda: owed_without_limit(states.states(), records, force_id, rules, today))
    states.keep_list(_GONE, lambda: off_the_lists(states.states(), records, force_id, today))
    states.keep_list(_TURNS, lambda: _taken(same, _TURNS, lambda: chosen_contacts(records, force_id, today)))
    states.keep_list(_REVIEWED, lambda: _taken(same, _REVIEWED, lambda: reviewed(records, force_id)))
    states.keep_list(_NOBODYS, lambda: _taken(same, _NOBODYS, lambda: without_a_victim(records, force_id)))


def _taken(same: Kept | None, kind: str, made: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """A list as it is kept beside other states of the same records, or made now."""
    found = None if same is None else same.list_of(kind)
    return made() if found is None else found.collect()


def owed_by(states: Kept, until: date) -> pl.LazyFrame | None:
    """What is owed and due by a day, or overdue without evidence, as `owed` gives it; None where no list is kept."""
    found = states.list_of(_OWED)
    return None if found is None else found.filter(pl.col("due_on") <= until)


def unlimited(states: Kept) -> pl.LazyFrame | None:
    """What has no limit in days, as `owed_without_limit` gives it; None where no list is kept."""
    return states.list_of(_UNLIMITED)


def gone(states: Kept) -> pl.LazyFrame | None:
    """How much stands on neither list any more, as `off_the_lists` gives it; None where no list is kept."""
    return states.list_of(_GONE)


def chosen_turns(states: Kept) -> pl.LazyFrame | None:
    """Every turn of each victim who chose how often to be told: columns `contact_diary.TURNS`; None where no list is kept."""
    return states.list_of(_TURNS)


def crimes_reviewed(states: Kept) -> pl.LazyFrame | None:
    """The open crimes and their last reviews: columns `contact_diary.REVIEWED`; None where no list is kept."""
    return states.list_of(_REVIEWED)


def for_nobody(states: Kept) -> pl.LazyFrame | None:
    """Contacts and complaints that do not say whom they concern, as `without_a_victim` counts them; None where no list is kept."""
    return states.list_of(_NOBODYS)
