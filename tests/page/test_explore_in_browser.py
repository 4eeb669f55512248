"""The Explore tab in a real browser: drawn, clicked, taken back, at a phone's width and in the dark."""

from __future__ import annotations

import tomllib

import pytest
from browser_scripts import NAMELESS, POOR_CONTRAST

from experiments.page.choices import Choices
from experiments.page.explore import files
from experiments.page.explore.plan import line

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

QUERY = "caseload=uk-families-2026&a=uk-2025&b=uk-upfront-national&households=20&weeks=52&replicates=2"
PATH = "offer.amount_per_person"


def opened(visitor, query=QUERY):
    page = visitor.page
    page.goto(f"{visitor.address}?{query}&tab=explore")
    page.wait_for_selector("[data-look=line] .r-look-done")
    page.wait_for_selector("[data-look=line] svg.marks")
    return page


def test_a_click_sets_b_and_undo_takes_it_back(visit):
    visitor = visit()
    page = opened(visitor)
    assert "48 runs" in page.inner_text("[data-look=line] .r-look-run")  # (11 points and A) × 2 runs, in two worlds
    page.locator("[data-look=line] svg .mark-symbol path[aria-label*='£14,000']").first.click(force=True)
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=14000')")
    # The line is what it was: nothing is run again.
    page.wait_for_selector("[data-look=line] .r-look-done")
    page.locator(".r-undo").click()
    page.wait_for_function("!location.search.includes('amount_per_person')")
    # The same without a mouse.
    page.locator("[data-look=line] summary").press("Enter")
    page.locator("[data-look=line] [data-point='2']").press("Enter")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=4000')")
    page.wait_for_selector("[data-look=line] .r-look-now th:text-is('£4,000')")
    with page.expect_download() as taken:
        page.click("[data-look=line] [data-file=design]")
    asked = Choices.from_query(QUERY)[0]
    assert taken.value.path().read_text(encoding="utf-8") == files.design_toml(line(asked, PATH))
    assert tomllib.loads(taken.value.path().read_text(encoding="utf-8"))["factors"][PATH][-1] == 20_000


def test_a_lever_is_found_and_kept_in_the_address(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = opened(visitor)
    page.fill("[data-look=line] input[type=search]", "hotel night")
    page.press("[data-look=line] input[type=search]", "Enter")
    page.wait_for_function("location.search.includes('lever=world.hotel_night')")
    page.select_option("[data-look=line] [data-pick=measure]", "departures")
    page.wait_for_function("location.search.includes('measure=departures')")
    page.wait_for_selector("[data-look=line] .r-look-done")
    page.wait_for_function(
        "document.querySelector('[data-look=line] .r-look-told').innerText.includes('The line at zero')"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(POOR_CONTRAST) == []
    heights = "all => all.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)"
    assert min(page.locator(".r-look button, .r-look select").evaluate_all(heights)) >= 24


def test_two_levers_and_all_of_them_run_when_asked(visit):
    visitor = visit()
    page = opened(visitor)
    assert page.locator("[data-look=map] svg.marks").count() == 0
    page.click("[data-look=map] .r-look-start")
    page.wait_for_selector("[data-look=map] svg.marks")
    page.wait_for_selector("[data-look=map] .r-look-done")
    page.locator("[data-look=map] summary").press("Enter")
    page.locator("[data-look=map] [data-point='7']").click()
    page.wait_for_function("location.search.includes('b.offer.acceptance_window_weeks=')")
    assert "b.offer.amount_per_person=4000" in page.evaluate("location.search")
    page.click("[data-look=tornado] .r-look-start")
    page.wait_for_selector("[data-look=tornado] svg.marks")
    page.click("[data-look=tornado] .r-look-run button")
    visitor.picture("explore-1280-light", whole=True)
