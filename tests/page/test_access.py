"""Every tab by keyboard alone, by name, with contrast, at three widths, in light and in dark; on a phone."""

from __future__ import annotations

import re

import pytest
from browser_scripts import FOCUSED, NAMELESS, NUMBER_CONTROLS, OPENS_NOTHING, POOR_CONTRAST, SMALL
from browser_visitor import QUERY, at, lever

from experiments.page.place import TABS

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

#: Few households, weeks and runs: what is looked at here does not depend on them.
SMALL_QUERY = "caseload=uk-families-2026&a=uk-2025&b=uk-upfront-national&households=20&weeks=52&replicates=2"
#: What is on each tab once it is all there.
THERE = {
    "answer": "[data-card=cost_npv]",
    "watch": ".r-house-story",
    "explore": "[data-look=line] .r-look-done",
    "evidence": ".r-ev-part",
}


def opened(visitor, tab):
    """A tab with everything on it that can be unfolded."""
    page = visitor.open(f"{SMALL_QUERY}&tab={tab}" + ("&household=3" if tab == "watch" else ""))
    if tab == "answer":
        for chart in ("stocks", "departures", "origins", "money"):
            page.locator(f"[data-chart={chart}]").evaluate(
                "chart => { chart.open = true; }"
            )  # a click would take the focus
            page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
            page.wait_for_selector(f"[data-chart={chart}] svg.marks")
    page.wait_for_selector(THERE[tab])
    return page


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_is_reached_by_keyboard_named_legible_and_whole(visit, tab):
    visitor = visit(color_scheme="light")
    page = opened(visitor, tab)
    assert page.evaluate("document.documentElement.lang") == "en"

    # From the top of the page the second Tab is in the panel; from there each control is come to, in order.
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    controls = page.evaluate(NUMBER_CONTROLS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "r-skip"
    reached = [page.evaluate(FOCUSED)]
    while len(reached) <= len(controls):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now is None:
            break
        reached.append(now)
    assert [told for n, told in enumerate(controls) if str(n) not in reached] == []

    for _ in range(3):  # what is unfolded may hold more to unfold
        page.evaluate("document.querySelectorAll('.returns details:not([open]) > summary').forEach(e => e.click())")
        page.wait_for_timeout(50)
    for button in page.locator(".returns .r-info[aria-expanded=false]").all()[:4]:
        button.click()
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(OPENS_NOTHING) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f".theme--{scheme} .returns")
        for width in (1280, 1024, 390):
            page.set_viewport_size({"width": width, "height": 844})
            found = {
                "poor contrast": page.evaluate(POOR_CONTRAST),
                "small": page.evaluate(SMALL),
                "wider than the window": page.evaluate("document.documentElement.scrollWidth") > width,
            }
            assert not any(found.values()), (width, scheme, found)
            behind = page.evaluate("getComputedStyle(document.querySelector('.returns')).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", behind)[:3])) < 200) == (scheme == "dark")
            if tab != "evidence" and (width, scheme) in ((1280, "light"), (390, "dark")):
                visitor.picture(f"{tab}-{width}-{scheme}", whole=True)  # all of the evidence is too long for one


def test_on_a_phone_levers_fold_away_and_a_tap_opens_a_card(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark")
    page = visitor.open(QUERY)
    assert not lever(page, "offer.amount_per_person").is_visible()
    page.locator(".r-fold").tap()
    assert lever(page, "offer.amount_per_person").is_visible()
    page.locator(".r-fold").tap()
    assert not lever(page, "offer.amount_per_person").is_visible()
    page.get_by_role("tab", name="Watch").tap()
    page.wait_for_selector(".r-stage")
    page.locator(".r-stage").first.scroll_into_view_if_needed()
    page.locator(".r-stage").first.tap(position=at(page, 12))
    page.wait_for_selector(".r-house-story")
    page.wait_for_function("document.querySelector('#r-card-title').innerText === 'Household 12'")
    assert "household=12" in page.evaluate("location.search")
    # It is in sight, not somewhere below the maps.
    top = "document.querySelector('#r-card-title').getBoundingClientRect().y"
    page.wait_for_function(f"{top} >= -1 && {top} < 844")
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_theme_can_be_chosen_and_is_remembered(visit):
    page = visit(color_scheme="light").open(SMALL_QUERY)
    page.locator(".r-theme-choice").select_option("dark")
    page.wait_for_selector(".theme--dark .returns")
    page.reload()
    page.wait_for_selector(".theme--dark .returns")
