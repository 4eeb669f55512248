"""The page in a real browser: offline, moved, played, scrubbed, clicked, taken away."""

from __future__ import annotations

import pytest
from browser_scripts import SCRUB
from browser_visitor import ASKED, QUERY

from abm.household.stages import Stage
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
    assert page.locator(".r-strip li").count() >= 2
    for chart in ("stocks", "departures", "origins", "money"):
        page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
        page.wait_for_selector(f"[data-chart={chart}] svg.marks")
    page.evaluate("window.scrollTo(0, 0)")
    visitor.picture("page-1280-light")


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


