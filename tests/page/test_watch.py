"""The watch tab in a real browser: opened, played, scrubbed, sifted, clicked, by keyboard and on a phone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from browser_scripts import NAMELESS, POOR_CONTRAST, SCRUB, SMALL
from browser_visitor import ASKED, QUERY, at

from abm.household.stages import Stage
from experiments.page.film import film
from experiments.page.paired import Answer, Tally
from experiments.page.watch.events import events

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

WATCH = QUERY + "&tab=watch"
#: How many pixels of the top layer are drawn on, over A.
MARKED = """() => {
    const c = document.querySelectorAll('.r-stage canvas')[2];
    const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return data.reduce((n, v, k) => n + (k % 4 === 3 && v > 0), 0);
}"""


@pytest.fixture(scope="module")
def answer():
    a, b = ASKED.prepared("a"), ASKED.prepared("b")
    return Answer(ASKED, (a, b), film(a, b, ASKED.seed), Tally())


def in_view(page, week):
    page.wait_for_selector(f".r-stage[data-week='{week}']")


def test_it_opens_where_they_part_and_keeps_week_and_household_in_the_address(visit, answer):
    page = visit(viewport={"width": 1440, "height": 900}).open(WATCH)
    in_view(page, answer.film.parting)
    assert f"first part in week {answer.film.parting}" in page.inner_text(".r-parting")
    page.evaluate(SCRUB, 100)
    page.wait_for_function("location.search.includes('week=100')")
    # A line of the list: its week, its card beside the maps, with the focus in it.
    event = next(e for e in events(answer.film) if e.apart and e.week > 100)
    page.locator(".r-line", has_text=f"week {event.week}").first.click()
    page.wait_for_function(f"location.search.includes('week={event.week}') && location.search.includes('household=')")
    in_view(page, event.week)
    page.wait_for_function("document.querySelector('.r-drawer')?.contains(document.activeElement)")
    card, maps = page.locator(".r-drawer").bounding_box(), page.locator(".r-network").bounding_box()
    assert card["x"] >= maps["x"] + maps["width"]
    assert 0 <= card["y"] < 900
    page.locator(".r-house-close").click()
    page.wait_for_selector(".r-drawer", state="detached")
    assert "household" not in page.evaluate("location.search")
    in_view(page, event.week)
    # The strip of departures moves the week; another tab and back finds it again.
    box = page.locator(".r-ticks").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    page.wait_for_function("Math.abs(+document.querySelector('.r-stage').dataset.week - 129) < 3")
    week = page.locator(".r-stage").first.get_attribute("data-week")
    page.wait_for_function(f"location.search.includes('week={week}')")
    page.get_by_role("tab", name="Evidence").click()
    page.wait_for_selector(".r-watch", state="detached")
    page.go_back()
    in_view(page, week)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(SMALL) == []


def test_it_plays_in_the_browser_without_the_server(visit):
    visitor = visit()
    page = visitor.open(WATCH)
    stage = page.locator(".r-stage").first
    page.locator(".r-speed").select_option("30")
    page.locator(".r-mode").select_option("on")
    visitor.context.set_offline(True)
    week, drawn = int(stage.get_attribute("data-week")), int(stage.get_attribute("data-drawn"))
    page.locator(".r-play").click()
    page.wait_for_function(f"+document.querySelector('.r-stage').dataset.week > {week + 40}")
    page.locator(".r-play").click()
    visitor.context.set_offline(False)
    assert int(stage.get_attribute("data-drawn")) - drawn > 1  # some forty on an idle machine: speed decides no test


def test_counts_are_those_of_the_week_and_follow_the_filters(visit, answer, tmp_path):
    visitor = visit()
    page = visitor.open(WATCH + "&week=100")
    shown = answer.film

    def count(side, stage):
        return int(page.inner_text(f"[data-count={side}{stage:d}]").split()[-1].replace(",", ""))

    for week in (100, 259):
        page.evaluate(SCRUB, week)
        in_view(page, week)
        for k, side in enumerate("ab"):
            series = shown.takes[k].run.series.iloc[week]
            for stage in (Stage.EXHAUSTED, Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED):
                assert count(side, stage) == series[f"stock_{stage.name.lower()}"], (week, side, stage.name)
    ends = [{h: shown.history(k, h)[-1][1] for h in shown.ids.tolist()} for k in (0, 1)]
    apart = [h for h in ends[0] if ends[0][h] != ends[1][h]]
    assert page.inner_text(".r-differing").startswith(f"{len(apart)} household")
    page.locator(".r-show").select_option("differ")
    stage = Stage(ends[1][apart[0]])
    there = sum(ends[1][h] == stage for h in apart)
    page.wait_for_function(f"document.querySelector('[data-count=b{stage:d}]').innerText.endsWith(' {there}')")
    page.locator(".r-came").select_option("stock")
    page.wait_for_function("/ of .* events shown/.test(document.querySelector('.r-feed .r-hint').innerText)")
    stock = [h for h in apart if h < 150]
    page.wait_for_function(f"document.querySelector('.r-differing').innerText.startsWith('{len(stock)} ')")
    followed = int(shown.takes[0].after_tie.sum())
    assert f"whole run: {followed} of {len(shown.takes[0].left)}" in page.inner_text(".r-after")
    with page.expect_download() as waiting:
        page.locator(".r-picture").click()
    waiting.value.save_as(tmp_path / "map.png")
    data = (tmp_path / "map.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) == 2 * (2 * 640 + 60)


def test_a_departure_lights_up_its_ties_for_four_weeks(visit, answer):
    page = visit(reduced_motion="reduce").open(WATCH)
    take = answer.film.takes[0]
    weeks = sorted({int(w) for w in take.week[take.left]})
    gap = next(w for w, after in pairwise(weeks) if after - w > 5)
    page.evaluate(SCRUB, gap + 3)
    in_view(page, gap + 3)
    assert page.evaluate(MARKED) > 0
    page.evaluate(SCRUB, gap + 4)
    in_view(page, gap + 4)
    assert page.evaluate(MARKED) == 0


def test_the_keyboard_alone_is_enough_and_play_is_near(visit):
    page = visit().open(WATCH)
    page.keyboard.press("Tab")  # from the top of the page: the link that leads past the question
    page.keyboard.press("Enter")
    steps = 0
    while "r-play" not in page.evaluate("document.activeElement.className"):
        page.keyboard.press("Tab")
        steps += 1
        assert steps <= 4
    page.locator(".r-stage").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "]", "Enter"):
        page.keyboard.press(key)
    page.wait_for_function("document.querySelector('.r-drawer')?.contains(document.activeElement)")
    page.wait_for_selector(".r-verdict")
    week = int(page.locator(".r-stage").first.get_attribute("data-week"))
    assert week == 1
    page.keyboard.press("Escape")
    page.wait_for_selector(".r-drawer", state="detached")
    page.wait_for_function("document.activeElement.classList.contains('r-stage')")
    page.keyboard.press(" ")
    page.wait_for_function(f"+document.querySelector('.r-stage').dataset.week > {week + 5}")
    page.keyboard.press(" ")
    assert page.inner_text(".r-play").endswith("Play")


def test_a_tap_opens_a_card_in_sight_and_numbers_that_nobody_has_are_refused(visit):
    visitor = visit(viewport={"width": 1024, "height": 844}, has_touch=True)
    page = visitor.open(WATCH)
    for wanted, words in (("", "Type the number"), ("1.5", "no household “1.5”"), ("123456", "0 to 149")):
        page.locator(".r-find").fill(wanted)
        page.keyboard.press("Enter")
        page.locator(".r-network [role=alert]", has_text=words).wait_for()
    page.locator(".r-meanings summary").click()
    stage = page.locator(".r-stage").first
    stage.scroll_into_view_if_needed()
    stage.tap(position=at(page, 12))
    page.wait_for_selector(".r-verdict")
    page.wait_for_function("new URLSearchParams(location.search).get('household') === '12'")
    top = "document.querySelector('.r-house-close').getBoundingClientRect().y"  # the window glides there
    page.wait_for_function(f"-1 <= {top} && {top} < 100")
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_the_national_caseload_keeps_its_shapes_when_enlarged_and_plays(visit):
    visitor = visit(viewport={"width": 1440, "height": 900})
    page = visitor.open("caseload=uk-refused-2025&b=uk-upfront-national&replicates=1&tab=watch&week=120")
    assert "too small here" in page.inner_text(".r-whom")
    page.locator(".r-zoom").select_option("2")
    page.wait_for_function("!document.querySelector('.r-whom').innerText.includes('too small here')")
    visitor.picture("watch-national-1440-light", whole=True)
    page.locator(".r-zoom").select_option("1")
    page.locator(".r-mode").select_option("on")
    page.locator(".r-play").click()
    page.wait_for_function("+document.querySelector('.r-stage').dataset.week > 125")


def test_ten_thousand_households_are_usable(visit):
    visitor = visit()
    page = visitor.open(
        "caseload=uk-cohort-2010&a=uk-2010&b=uk-upfront-national&households=10000&weeks=156&replicates=1&tab=watch"
    )
    week = int(page.locator(".r-stage").first.get_attribute("data-week"))
    page.locator(".r-play").click()
    page.wait_for_function(f"+document.querySelector('.r-stage').dataset.week > {week + 10}")
    page.locator(".r-play").click()
    page.locator(".r-find").fill("4321")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-verdict")
    visitor.picture("ten-thousand-1280-light")
