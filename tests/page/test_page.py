"""The page in a real browser: offline, moved, played, scrubbed, clicked, taken away."""

from __future__ import annotations

import csv
import re

import pytest
from browser_scripts import SCRUB
from browser_visitor import ASKED, QUERY, difference, lever

from abm import load_policy
from abm.household.stages import Stage
from experiments.page.choices import Choices
from experiments.page.downloads import figures_csv, policy_toml
from experiments.page.paired import answers

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def answer():
    *_, last = answers(ASKED)
    return last


def test_it_loads_offline_and_shows_everything(visit):
    """The fixture fails on any request elsewhere and on any error in the console."""
    visitor = visit()
    page = visitor.open(QUERY)
    assert page.title() == "Who goes home? Two policies compared"
    assert page.locator(".r-short li").count() == 3
    assert page.locator(".r-stage").count() == 2
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


def test_it_plays_in_the_browser_without_the_server(visit):
    visitor = visit()
    page = visitor.open(QUERY)
    stage = page.locator(".r-stage").first
    page.locator(".r-speed").select_option("30")
    page.evaluate(SCRUB, 0)
    visitor.context.set_offline(True)
    week, drawn = int(stage.get_attribute("data-week")), int(stage.get_attribute("data-drawn"))
    page.locator(".r-play").click()
    page.wait_for_function(f"+document.querySelector('.r-stage').dataset.week > {week + 40}")
    page.locator(".r-play").click()
    visitor.context.set_offline(False)
    assert int(stage.get_attribute("data-drawn")) - drawn > 20


def test_the_scrubber_shows_the_stocks_of_its_week(visit, answer):
    page = visit().open(QUERY)
    for week in (0, 100, 259):
        page.locator(".r-scrub").focus()
        page.evaluate(SCRUB, week)
        page.wait_for_selector(f".r-stage[data-week='{week}']")
        for k, side in enumerate("ab"):
            series = answer.film.takes[k].run.series.iloc[week]
            for stage in (Stage.EXHAUSTED, Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED):
                shown = page.inner_text(f"[data-count={side}{stage:d}]")
                stock = series[f"stock_{stage.name.lower()}"]
                assert int(shown.split()[-1].replace(",", "")) == stock, (week, side, stage.name)
    page.locator(".r-back").click()
    page.wait_for_selector(".r-stage[data-week='258']")


def test_it_counts_and_can_single_out_the_households_that_stand_differently(visit, answer):
    visitor = visit()
    page = visitor.open(QUERY)
    page.evaluate(SCRUB, 259)
    page.wait_for_selector(".r-stage[data-week='259']")
    ends = [{h: answer.film.history(k, h)[-1][1] for h in answer.film.ids.tolist()} for k in (0, 1)]
    apart = sum(ends[0][h] != ends[1][h] for h in ends[0])
    assert apart > 0
    assert page.inner_text(".r-differing").startswith(f"{apart} household")
    page.locator(".r-apart-only").check()
    visitor.picture("differing-1280-light")


def test_downloads_are_those_of_the_page(visit, answer, tmp_path):
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
    assert taken("Save picture (PNG)").read_bytes().startswith(b"\x89PNG")
    page.locator("[data-chart=departures]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart=departures] svg.marks")
    with page.expect_download() as waiting:
        page.locator("[data-chart=departures] .r-save").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
