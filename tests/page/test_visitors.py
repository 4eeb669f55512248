"""Several visitors at once, and visitors who ask for what cannot be."""

from __future__ import annotations

import pytest
from browser_visitor import difference, lever

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

QUERY = "caseload=uk-families-2026&a=uk-2025&b=uk-upfront-national&households=60&weeks=104&replicates=2"


def test_two_visitors_do_not_meet(visit):
    one, two = visit(), visit()
    first, second = one.open(QUERY), two.open(QUERY)
    before = difference(second, "offer_spend")
    lever(first, "offer.amount_per_person", kind="number").fill("3000")
    first.keyboard.press("Enter")
    first.wait_for_function("location.search.includes('b.offer.amount_per_person=3000')")
    first.locator("#r-caseload").select_option("section9-2005")
    one.settled()
    assert difference(second, "offer_spend") == before
    assert second.input_value("#r-caseload") == "uk-families-2026"
    assert "amount_per_person" not in second.evaluate("location.search")


def test_a_long_run_of_one_visitor_does_not_stall_another(visit):
    heavy, light = visit(), visit()
    page = heavy.page
    page.goto(
        f"{heavy.address}?caseload=uk-refused-2005&a=uk-2005&b=uk-2006-offer&households=4000&replicates=200&tab=watch"
    )
    page.wait_for_selector(".r-stage[data-drawn]")
    light.open(QUERY)
    lever(light.page, "offer.amount_per_person", kind="number").fill("4000")
    light.page.keyboard.press("Enter")
    light.page.wait_for_function("location.search.includes('b.offer.amount_per_person=4000')")
    light.settled()
    done, of = page.inner_text(".r-runs").split(" of ")
    assert int(done) < int(of.split()[0])
    # It has not frozen its own page either: it plays, and a smaller question is answered at once.
    week = int(page.locator(".r-stage").first.get_attribute("data-week"))
    page.locator(".r-play").click()
    page.wait_for_function(f"+document.querySelector('.r-stage').dataset.week > {week + 5}")
    page.locator(".r-play").click()
    page.locator(".r-numbers > summary").click()
    page.locator("#r-households").fill("200")
    page.keyboard.press("Enter")
    page.locator("#r-replicates").fill("5")
    page.keyboard.press("Enter")
    heavy.settled()


def test_an_address_that_asks_for_too_much_is_answered_with_messages(visit):
    visitor = visit()
    page = visitor.open("b=/etc/passwd&households=999999&a.offer.household_capp=5&replicates=3")
    told = page.inner_text(".r-header [role=alert]")
    assert "/etc/passwd" in told
    assert "a whole number from 10 to 10,000" in told
    assert "household_cap" in told
    assert page.input_value("#r-policy-b") == "uk-pilot-2026"


def test_levers_that_contradict_each_other_are_told_and_nothing_breaks(visit):
    visitor = visit()
    page = visitor.page
    # An address may hold them: it is said at the top, and a lever that agrees again mends it.
    page.goto(f"{visitor.address}?replicates=2&b.offer.household_cap=100")
    page.wait_for_selector(".r-header [role=alert]")
    assert page.inner_text(".r-header [role=alert]").startswith("Policy B, Most for one household: “£100 a household”")
    cap = lever(page, "offer.household_cap", kind="number")
    cap.fill("50000")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-header [role=alert]", state="detached")
    visitor.settled()
    # The lever itself refuses, where it stands, and keeps what it was.
    cap.fill("100")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-lever='offer.household_cap'] .r-refused")
    assert "at least" in page.inner_text(".r-refused")
    assert cap.input_value() == "50000"
    assert "b.offer.household_cap=50000" in page.evaluate("location.search")
    visitor.settled()
