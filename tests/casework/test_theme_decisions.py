"""What analysts decided of themes is what later readings learn from: for as long as the reports are held, through every merge."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from fourfold.casework import themes
from fourfold.casework.audit import Who
from fourfold.casework.themes import (
    LocalTheme,
    ThemeReading,
    confirm_theme,
    confirmed_labels,
    merge_theme,
    reject_theme,
)

pytestmark = pytest.mark.django_db
ANA = Who("ana", ("analyst",))
AT = datetime(2022, 9, 1, 9, tzinfo=UTC)


def reading(month: int, **emerging: list[str]) -> None:
    """A reading so many months on, in which themes emerged with the keys of their reports."""
    found = {"emerging": [{"identity": identity, "keys": keys} for identity, keys in emerging.items()]}
    ThemeReading.objects.create(
        force_id="saltmere", asked_by="ana", role="analyst", asked_at=AT + timedelta(days=30 * month), state=themes.DONE,
        found=json.dumps(found),
    )  # fmt: skip
    for identity in emerging:
        LocalTheme.objects.get_or_create(
            force_id="saltmere", identity=identity, defaults={"name": identity, "proposed_at": AT, "changed_at": AT}
        )


def theme(identity: str) -> LocalTheme:
    return LocalTheme.objects.get(identity=identity)


def confirmed(identity: str, name: str) -> None:
    confirm_theme(ANA, theme(identity), name, version=theme(identity).version, at=AT)


def merged(identity: str, into: str) -> None:
    merge_theme(ANA, theme(identity), into, version=theme(identity).version, at=AT)


def test_labels_of_a_confirmed_theme_outlast_the_months_in_which_it_is_watched() -> None:
    reading(0, a=["r1", "r2"])
    confirmed("a", "Energy rebate")
    reading(1, a=["r2", "r3"])
    for month in range(2, 14):
        reading(month)
        assert confirmed_labels("saltmere") == {"a": ("r1", "r2", "r3")}
    assert confirmed_labels("kent") == {}


def test_a_merge_is_followed_to_its_end() -> None:
    reading(0, a=["r1"], b=["r2"], c=["r3"], d=["r4"], e=["r5"])
    merged("a", "b")
    merged("b", "c")
    assert confirmed_labels("saltmere") == {}, "nobody has said yet that it is a theme"
    confirmed("c", "Energy rebate")
    assert confirmed_labels("saltmere") == {"c": ("r1", "r2", "r3")}
    merged("d", "e")
    merged("e", "courier_fraud")
    merged("c", "courier_fraud")
    assert confirmed_labels("saltmere") == {"courier_fraud": ("r1", "r2", "r3", "r4", "r5")}


def test_what_was_rejected_is_no_label_nor_what_was_merged_into_it() -> None:
    reading(0, a=["r1"], b=["r2"])
    merged("a", "b")
    confirmed("b", "Energy rebate")
    reject_theme(ANA, theme("b"), "one sender's circular", version=theme("b").version, at=AT)
    assert confirmed_labels("saltmere") == {}


def test_a_theme_keeps_its_labels_under_another_name() -> None:
    reading(0, a=["r1", "r2"])
    confirmed("a", "Energy rebate")
    themes.rename_theme(ANA, theme("a"), "Council tax rebate", version=theme("a").version, at=AT)
    assert confirmed_labels("saltmere") == {"a": ("r1", "r2")}
    assert themes.titles("saltmere")["a"] == "Council tax rebate"
