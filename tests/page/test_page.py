"""The page in a real browser: offline, moved, played, scrubbed, clicked, taken away."""

from __future__ import annotations

import csv
import re

import pytest
from browser_visitor import ASKED, QUERY, difference, lever

from abm import load_policy
from experiments.page.choices import Choices
from experiments.page.downloads import figures_csv, policy_toml
from experiments.page.paired import answers

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_it_loads_offline_and_shows_everything(visit):
    """The fixture fails on any request elsewhere and on any error in the console."""
    visitor = visit()
    page = visitor.open(QUERY)
    assert page.title() == "Who goes home? Two policies compared"
    assert page.locator(".r-short li").count() == 3
    for chart in ("stocks", "departures", "origins", "money"):
        page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
        page.wait_for_selector(f"[data-chart={chart}] svg.marks")
    page.evaluate("window.scrollTo(0, 0)")
    visitor.picture("page-1280-light")
    assert re.search(r"\d+ of them assumed", page.inner_text(".r-status"))


def test_moving_a_lever_changes_figures_and_address(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    before, assisted = difference(page, "offer_spend"), difference(page, "assisted_return_rate_12m")
    slider = lever(page, "offer.amount_per_person")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=10600')")
    visitor.settled()
    assert (difference(page, "offer_spend"), difference(page, "assisted_return_rate_12m")) != (before, assisted)
    asked = Choices.from_query(page.evaluate("location.search"))[0]
    assert asked == ASKED.moved("b", "offer.amount_per_person", 10_600)
    page.locator('[data-lever="offer.amount_per_person"] .r-mark-yours').click()
    page.wait_for_function("!location.search.includes('amount_per_person')")
    visitor.settled()
    assert difference(page, "offer_spend") == before


def test_a_number_typed_is_the_number_run(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    lever(page, "offer.amount_per_person", kind="number").fill("2500")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=2500')")
    visitor.settled()
    *_, last = answers(ASKED.moved("b", "offer.amount_per_person", 2_500))
    text = page.inner_text("[data-measure=assisted_return_rate_12m] td:nth-child(3) .r-mean")
    assert float(text.split()[0]) == pytest.approx(
        100 * last.tally.spread(1, "assisted_return_rate_12m").mean, abs=0.51
    )


def test_downloads_are_those_of_the_page(visit, tmp_path):
    page = visit().open(QUERY + "&b.offer.amount_per_person=9000")
    *_, moved = answers(ASKED.moved("b", "offer.amount_per_person", 9_000))

    def taken(button):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button, exact=True).click()
        waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
        return tmp_path / waiting.value.suggested_filename

    assert taken("Figures (CSV)").read_text(encoding="utf-8") == figures_csv(moved)
    assert len(list(csv.reader(taken("Weekly series (CSV)").open(encoding="utf-8")))) == 2 * 260 + 1
    file = taken("Policy B (TOML)")
    assert file.read_text(encoding="utf-8") == policy_toml(moved.choices, "b")
    assert load_policy(str(file)).offer.amount_per_person == 9_000
    assert file.name in page.text_content(".r-command")
    page.locator("[data-chart=departures]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart=departures] svg.marks")
    with page.expect_download() as waiting:
        page.locator("[data-chart=departures] .r-save").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
