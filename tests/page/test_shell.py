"""Tabs, address, Back, undo, saved variants and the first visit, in a real browser."""

from __future__ import annotations

import pytest
from browser_visitor import QUERY

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def chosen(page, tab):
    page.locator(f"#r-tab-{tab}").click()
    page.wait_for_selector(f"#r-tab-{tab}[aria-selected=true]")


def test_back_returns_through_tabs_and_questions(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    chosen(page, "evidence")
    assert "tab=evidence" in page.evaluate("location.search")
    page.locator("#r-policy-b").select_option("uk-pilot-2026")
    page.wait_for_function("location.search.includes('b=uk-pilot-2026')")
    page.go_back()
    page.wait_for_function("location.search.includes('b=uk-upfront-national')")
    page.wait_for_function("document.querySelector('#r-policy-b').value === 'uk-upfront-national'")
    assert page.locator("#r-tab-evidence").get_attribute("aria-selected") == "true"
    page.go_back()
    page.wait_for_selector("#r-tab-answer[aria-selected=true]")
    page.go_forward()
    page.wait_for_selector("#r-tab-evidence[aria-selected=true]")
    visitor.settled()


def test_every_change_can_be_taken_back_and_a_refused_number_does_not_stay_in_its_box(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    assert page.locator(".r-undo").is_disabled()
    page.locator(".r-numbers > summary").click()
    page.locator("#r-seed").fill("7")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('seed=7')")
    page.locator("#r-policy-a").select_option("danish-2021")
    page.wait_for_function("location.search.includes('a=danish-2021')")
    for gone in ("a=danish-2021", "seed=7"):
        page.locator(".r-undo").click()
        page.wait_for_function(f"!location.search.includes('{gone}')")
    page.wait_for_selector(".r-undo:disabled")
    page.locator("#r-households").fill("5")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-header [role=alert]")
    page.wait_for_function("document.querySelector('#r-households').value === '150'")
    assert page.locator(".r-undo").is_disabled()
    visitor.settled()


def test_a_variant_is_kept_in_the_browser(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    page.locator(".r-keep").click()
    page.keyboard.type("everybody")
    page.keyboard.press("Enter")
    page.locator("#r-policy-b").select_option("uk-pilot-2026")
    page.wait_for_function("location.search.includes('b=uk-pilot-2026')")
    page.reload()
    page.get_by_role("button", name="everybody", exact=True).click()
    page.wait_for_function("location.search.includes('b=uk-upfront-national')")
    page.get_by_role("button", name="Forget everybody").click()
    assert page.locator(".r-saved").count() == 0
    visitor.settled()


def test_a_first_visit_is_shown_round_once_and_the_keyboard_is_soon_at_the_panel(visit):
    page = visit().open(QUERY)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "r-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "r-panel"
    tour = page.locator(".r-tour")
    for tab in ("watch", "explore", "evidence"):
        tour.get_by_role("button", name="Next").click()
        page.wait_for_selector(f"#r-tab-{tab}[aria-selected=true]")
    tour.get_by_role("button", name="Done").click()
    page.reload()
    page.wait_for_selector(".r-tour-again")
    assert tour.count() == 0
