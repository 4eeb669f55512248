"""The household card in a real browser: it takes the focus, leads on, goes to weeks, and closes."""

from __future__ import annotations

import pytest
from browser_scripts import NAMELESS, POOR_CONTRAST

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

FOCUSED = "document.activeElement.id === 'r-card-title'"


def test_the_card_leads_from_household_to_household(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = visitor.open("b=uk-upfront-national&replicates=1&tab=watch&household=8&week=100")
    page.wait_for_selector(".r-house-story")
    assert page.inner_text("#r-card-title") == "Household 8"
    assert not page.evaluate(FOCUSED)  # a link does not take the reader to it
    page.wait_for_function("document.querySelector('.r-house-story').innerText.includes('over the 64 weeks')")
    assert page.locator(".r-house-terms tbody tr").count() == 5
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.picture("card-390-dark", whole=True)

    page.get_by_role("button", name="Show week 63 in the picture").click()
    page.wait_for_function("location.search.includes('week=63')")
    page.locator(".r-house-next").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(FOCUSED)
    assert page.inner_text("#r-card-title") == "Household 8623489026"
    assert "week=167" in page.evaluate("location.search")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('household')")
    page.wait_for_function("document.querySelector('#r-card-title').innerText === 'A household'")

    # The maps refuse a number that nobody has; an address may still hold one.
    visitor.open("b=uk-upfront-national&replicates=1&tab=watch&household=123456")
    page.wait_for_selector("#r-card [role=alert]")
    assert page.inner_text("#r-card [role=alert]").startswith(
        "There is no household 123456: the first 150 have numbers 0"
    )
