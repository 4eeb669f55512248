"""The page in a real browser: offline, and while its runs arrive."""

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
        page.locator(f"[data-chart={chart}] > summary").click()
        page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
        page.wait_for_selector(f"[data-chart={chart}] svg.marks")
    page.evaluate("window.scrollTo(0, 0)")
    visitor.picture("page-1280-light")


def test_a_file_taken_while_runs_arrive_stops_none_of_them(visit, tmp_path):
    """So many runs that they are not all there before the file is."""
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.address}?caseload=uk-refused-2005&a=uk-2005&b=uk-2006-offer&households=4000&replicates=200")
    for file in ("Weekly series (CSV)", "Figures (CSV)"):
        button = page.get_by_role("button", name=file, exact=True)
        button.wait_for()
        with page.expect_download() as waiting:
            button.click()
        waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
        done, of = (int(part.split()[0]) for part in page.inner_text(".r-runs").split(" of "))
        assert done < of
        page.wait_for_function(f"parseInt(document.querySelector('.r-runs').textContent) > {done}")
    assert page.locator(".r-stopped").count() == 0
    assert (tmp_path / "weekly-series.csv").read_text(encoding="utf-8").startswith("side,variant,week,")
