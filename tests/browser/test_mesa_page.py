"""Mesa's own page on the same model."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest

from abm import InputError, ReturnModel, load_policy
from abm.inputs.parameters import read

if importlib.util.find_spec("solara") is None:
    pytest.skip("not installed: solara (pip install -e '.[browser]')", allow_module_level=True)

from browser_visitor import Visitor

from abm.browser.card import card_html, card_of
from abm.browser.charts import cost_chart, departures_chart, stocks_chart
from abm.browser.mesa_inputs import FIRST, changed, in_words, inputs
from abm.browser.mesa_page import StockModel
from abm.browser.sliders import MAIN, lever


def weeks_gone(number: int) -> re.Pattern[str]:
    """As Mesa 3.3 writes it, or Mesa 3.5 and later."""
    return re.compile(rf"^(Step: {number}|Time: {number}\.0)$")


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["light", "dark-phone"])
def page(request, chromium, mesa_address):
    scheme, width = request.param
    visitor = Visitor(chromium, mesa_address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    visitor.page.goto(mesa_address)
    visitor.page.get_by_text(weeks_gone(0)).wait_for()
    visitor.page.wait_for_selector(".vega-embed canvas")
    yield visitor.page
    visitor.picture(f"mesa-{width}-{scheme}", whole=True)
    assert visitor.elsewhere == []
    assert visitor.errors == []
    visitor.context.close()


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_stock_page_steps_draws_and_keeps_its_run_when_it_is_asked_for_nonsense(page):
    page.get_by_role("button", name="Step").click()
    page.get_by_text(weeks_gone(1)).wait_for()
    seed = page.get_by_label("Seed (a whole number)")
    seed.fill("seven")
    seed.press("Enter")
    page.get_by_text("Seed: 'seven' is not accepted; allowed is a whole number of at least 0").wait_for()
    page.get_by_text(weeks_gone(1)).wait_for()
    seed.fill("7")
    seed.press("Enter")
    page.get_by_text(weeks_gone(0)).wait_for()  # a change begins a new run
    assert page.get_by_text("is not accepted").count() == 0
    page.get_by_role("button", name="Step").click()
    page.get_by_text(weeks_gone(1)).wait_for()
    page.get_by_role("button", name="Reset").click()
    page.get_by_text(weeks_gone(0)).wait_for()
    # No part of the picture is outside its place, the place not outside the window.
    inside = """() => {
        const found = ['.vega-embed canvas', '.vue-grid-item'].map(x => document.querySelector(x));
        if (found.includes(null)) return false;  // being drawn anew
        const [canvas, place] = found.map(x => x.getBoundingClientRect());
        return canvas.right <= place.right + 1 && canvas.bottom <= place.bottom + 1 && canvas.width > 250
            && document.documentElement.scrollWidth <= window.innerWidth;
    }"""
    page.wait_for_function(inside)
    named = "[...document.querySelectorAll('.v-tab')].map(x => getComputedStyle(x, '::after').content)"
    assert page.evaluate(named) == ['"Households"', '"Charts"', '"Console"']
    page.locator(".v-tab").nth(1).click()
    page.wait_for_function("document.querySelectorAll('.vega-embed canvas').length === 3")


def test_the_stock_page_takes_names_and_no_paths():
    with pytest.raises(InputError, match="one of "):
        StockModel(policy="/etc/passwd")
    with pytest.raises(InputError, match="households"):
        StockModel(households=10**7)
    levers = {"offer.amount_per_person": 2_500}
    assert StockModel(levers=levers).prepared.policy.offer.amount_per_person == 2_500


@pytest.mark.parametrize("path", MAIN)
@pytest.mark.parametrize("name", ["uk-pilot-2026", "uk-2025", "danish-2021"])
def test_a_slider_stands_where_the_policy_stands_and_says_its_value(name, path):
    policy = load_policy(name)
    own = read(policy, path)
    found = lever(policy, path)
    slider = found.slider()
    assert slider.min <= slider.value <= slider.max
    assert (slider.value - slider.min) % slider.step == pytest.approx(0, abs=1e-6)
    if own is None:
        assert found.meant(slider.value) is None
        assert ": none" in slider.label
    else:
        assert found.meant(slider.value) == pytest.approx(own, abs=slider.step / 2)
        assert f"{round(own, 2):,.10g}" in slider.label


def test_a_lever_that_was_not_moved_keeps_the_value_of_the_policy():
    asked = changed(FIRST, "policy", "danish-2021")
    at = inputs(asked)["offer.amount_per_person"].value
    assert at != read(load_policy("danish-2021"), "offer.amount_per_person")  # the slider has round steps
    assert changed(asked, "offer.amount_per_person", at) == asked
    moved = changed(FIRST, "offer.household_cap", inputs(FIRST)["offer.household_cap"].max)
    assert moved["levers"] == {"offer.household_cap": None}
    assert changed(moved, "policy", "uk-2025")["levers"] == {}


def test_a_combination_that_cannot_be_is_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"household_cap = .* is not accepted: at least amount_per_person") as refused:
        StockModel(levers={"offer.amount_per_person": 20_000, "offer.household_cap": 1_500})
    told = in_words(refused.value)
    assert told.startswith("Most that one household can get: £1,500 is not accepted")
    assert "at least “Amount for each adult” (£20,000)." in told


def test_a_seed_that_is_none_is_refused_in_a_sentence():
    with pytest.raises(InputError) as refused:
        StockModel(**changed(FIRST, "rng", "seven"))
    assert in_words(refused.value) == "Seed: 'seven' is not accepted; allowed is a whole number of at least 0."


def test_policies_are_chosen_by_title():
    title = inputs(FIRST)["policy"]["value"]
    assert title == load_policy("uk-pilot-2026").title
    assert changed(FIRST, "policy", title) == FIRST
    assert changed(FIRST, "policy", load_policy("uk-2025").title)["policy"] == "uk-2025"


def test_charts_begin_with_week_nought_on_axes_that_fit():
    model = StockModel(households=30, weeks=52)
    for chart, unit in (
        (stocks_chart, "households"),
        (departures_chart, "households"),
        (cost_chart, "£m, not discounted"),
    ):
        told = chart(model).to_dict()
        assert told["encoding"]["x"]["scale"]["domain"] == [0, 52]
        assert told["encoding"]["y"]["title"] == unit
        assert told["encoding"]["y"]["scale"]["domain"][0] == 0
        assert told["encoding"]["y"]["scale"]["domain"][1] >= 1
    assert "assisted return" in str(departures_chart(model).to_dict()["encoding"]["color"])
    model.step()
    rows = next(iter(cost_chart(model).to_dict()["datasets"].values()))
    assert rows[-1]["cost"] == pytest.approx(model.datacollector.model_vars["cost"][-1] / 1e6)


def test_a_card_says_what_why_says():
    model = ReturnModel("uk-pilot-2026", households=40, weeks=30, rng=0)
    for _ in range(20):
        model.step()
    agent = next(agent for agent in model.agents if agent.last_choice == "STAY")
    why, card = agent.why(), card_of(model, agent.id)
    assert dict(card.who)["origin"] == agent.origin
    assert [chance for _, chance, *_ in card.chances] == list(why.probabilities.values())
    assert f"In week {why.week} it considered" in card.told
    assert {(name, value) for name, value, _ in card.terms} <= {(name, value) for name, value, _ in why.terms}
    assert card.terms
    html = card_html(card)
    assert "✓" in html
    assert "utility + draw" in html
    with pytest.raises(InputError, match="household"):
        card_of(model, 10**6)


def test_nothing_is_imported_for_the_first_time_when_somebody_comes():
    """A first import in a visitor's thread may meet one in another's: what is half imported then breaks both."""
    code = """
import sys, warnings
warnings.simplefilter("ignore")
import solara, abm.browser.mesa_page as page, abm.browser.bands
before = set(sys.modules)
from abm.browser.card import _told
box, context = solara.render(page.Page(), handle_error=False)
model = page.StockModel(households=20, weeks=20)
for _ in range(3):
    model.step()
page.household_renderer(model, dark=True)
for part in (page.household_card, page.Caption, page.Stocks, page.Departures, page.Cost, page.ConsoleHelp):
    solara.render(part(model), handle_error=False)
_told(model, "0"), _told(model, "x")
late = sorted(name for name in set(sys.modules) - before if not name.startswith(("encodings", "_")))
ours = "pandas altair narwhals mesa networkx scipy matplotlib vl_convert abm pydantic solara".split()
print("LATE", [name for name in late if name.partition(".")[0] in ours])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert "LATE []" in done.stdout, done.stdout + done.stderr
