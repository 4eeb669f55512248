"""By keyboard alone, on a phone, in light and in dark, by name and with contrast."""

from __future__ import annotations

import re

import pytest
from browser_scripts import NAMELESS, POOR_CONTRAST
from browser_visitor import QUERY, at, lever

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_every_control_has_a_name(visit):
    page = visit().open(QUERY)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_text_is_legible_and_nothing_is_cut_off(visit, width, scheme):
    visitor = visit(viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500)
    page = visitor.open(QUERY)
    page.locator(".r-find").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-verdict")
    for summary in page.locator(".r-summary summary, .r-card summary").all():
        if summary.is_visible():
            summary.click()
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.querySelector('.returns')).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", dark)[:3])) < 200) == (scheme == "dark")
    for chart in page.locator(".r-chart:not(details)").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg.marks").first.wait_for()
    page.evaluate("window.scrollTo(0, 0)")
    visitor.picture(f"whole-{width}-{scheme}", whole=True)


def test_on_a_phone_levers_fold_away_and_a_tap_opens_a_card(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = visitor.open(QUERY)
    assert not lever(page, "offer.amount_per_person").is_visible()
    page.locator(".r-fold").tap()
    assert lever(page, "offer.amount_per_person").is_visible()
    page.locator(".r-fold").tap()
    page.locator(".r-stage").first.scroll_into_view_if_needed()
    page.locator(".r-stage").first.tap(position=at(page, 12))
    page.wait_for_selector(".r-verdict")
    assert page.inner_text("#r-card-title") == "Household 12"


def test_the_theme_can_be_chosen_and_is_remembered(visit):
    page = visit(color_scheme="light").open(QUERY)
    page.locator(".r-theme-choice").select_option("dark")
    page.wait_for_selector(".theme--dark .returns")
    page.reload()
    page.wait_for_selector(".theme--dark .returns")
