"""A board secretary asks for a hand-out, a supervisor signs it off, and only then is it taken for volunteers, and printed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import NARROW, WIDE, leads_on
from tests.web.conftest import held_home as held_home
from tests.web.test_care_screens import looked_at
from tests.web.test_screens import Served
from tests.web.test_screens import served as served

pytestmark = pytest.mark.slow


def test_from_the_asking_to_the_print_at_both_widths(served: Served, browser: Browser) -> None:
    for width in (WIDE, NARROW):
        asker, signer = (served.page(browser, role, width) for role in ("board_secretary", "supervisor"))
        asker.goto("/hand-outs")
        looked_at(asker, width)
        leads_on(asker.get_by_role("button", name="Ask for it"))
        expect(asker.get_by_role("alert")).to_contain_text("not said what it is for")
        looked_at(asker, width)
        asker.get_by_label("Month (optional)").fill("2022-10")
        asker.get_by_label("What it is for").fill("The autumn meeting")
        leads_on(asker.get_by_role("button", name="Ask for it"))
        looked_at(asker, width)
        signer.goto(asker.url)
        looked_at(signer, width)
        leads_on(signer.get_by_role("button", name="Sign it off"))
        asker.reload()
        asker.get_by_label("Which group or list").fill("Volunteers")
        looked_at(asker, width)
        leads_on(asker.get_by_role("button", name="Take it"))
        expect(asker.get_by_role("heading", level=1)).to_have_text("Crime recorded in October 2022")
        looked_at(asker, width)
        asker.emulate_media(media="print")
        assert asker.pdf()[:4] == b"%PDF"
        for page in (asker, signer):
            page.context.close()
