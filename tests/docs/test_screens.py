"""The docs show every page of the service, at both widths: each page of the resolver has its picture, and each picture its page."""

from __future__ import annotations

from django.urls import resolve
from tools import screenshots

from tests.browser import NARROW, WIDE
from tests.web.test_looked_at import pages

SHOTS = screenshots.shots({name: f"own:{name}" for name in screenshots.PAGES_OF_OWN})
_TOO_OLD = "the fictitious force’s last burglaries are too old for a cocoon to be opened about them"
WITHOUT = {
    "sign-in-code": "stands between two pages that are shown, for those with a second step",
    "second-step": "shows a secret of the account",
    "recovery-codes": "shows secrets of the account",
    "cocoon": _TOO_OLD,
    "cocoon-home": _TOO_OLD,
    "cocoon-sheet": _TOO_OLD,
    "ready": "answers a machine",
}
"""The pages of which the docs have no picture, and why."""


def test_each_page_of_the_resolver_is_shown_or_it_is_said_why_not() -> None:
    shown = {
        screenshots.PAGES_OF_OWN[one.address[4:]] if one.address.startswith("own:")
        else resolve(one.address.partition("?")[0]).url_name
        for one in SHOTS
    }  # fmt: skip
    assert pages() - shown - set(WITHOUT) == set(), "take them: python tools/screenshots.py"
    assert not shown & set(WITHOUT)
    assert shown | set(WITHOUT) <= pages(), "there is no such page"


def test_the_pictures_are_those_that_the_tool_takes_and_the_page_of_the_docs_shows_each() -> None:
    taken = {f"{one.name}-{width}.png" for one in SHOTS for width in (WIDE, NARROW)}
    assert {path.name for path in screenshots.OUT.glob("*.png")} == taken
    assert len({one.name for one in SHOTS}) == len(SHOTS)
    assert screenshots.PAGE.read_text(encoding="utf-8") == screenshots.gallery(SHOTS)
