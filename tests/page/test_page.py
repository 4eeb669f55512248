"""The page in a real browser: offline, moved, played, scrubbed, clicked, taken away."""

from __future__ import annotations

import pytest
from browser_visitor import QUERY

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_it_loads_offline_and_shows_everything(visit):
    """The fixture fails on any request elsewhere and on any error in the console."""
    visitor = visit()
    page = visitor.open(QUERY)
    assert page.title() == "Who goes home? Two policies compared"
    assert page.locator(".r-strip li").count() >= 2
    for chart in ("stocks", "departures", "origins", "money"):
        page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
        page.wait_for_selector(f"[data-chart={chart}] svg.marks")
    page.evaluate("window.scrollTo(0, 0)")
    visitor.picture("page-1280-light")
