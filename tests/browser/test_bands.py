"""Two settings over many seeds, for any class of Mesa models."""

from __future__ import annotations

import importlib.util
import time

import numpy as np
import pytest

if importlib.util.find_spec("solara") is None:
    pytest.skip("not installed: solara (pip install -e '.[browser]')", allow_module_level=True)

import ipywidgets
import mesa
import solara
from mesa.visualization import SolaraViz

from abm import ReturnModel
from abm.browser import household_card, paired_bands
from abm.browser.bands import ENOUGH, band, chart_of, paired_differences, seed_argument


class Walk(mesa.Model):
    """A walk that goes up by `pace` a step, from a start drawn by seed: no model of ours."""

    def __init__(self, pace=1.0, ends=99, seed=None):
        super().__init__(seed=seed) if "seed" in mesa.Model.__init__.__code__.co_varnames else super().__init__(
            rng=seed
        )
        self.pace, self.ends = pace, ends
        self.at = self.random.random()
        self.gone = 0
        self.datacollector = mesa.DataCollector(model_reporters={"at": "at"})
        self.datacollector.collect(self)

    def step(self):
        self.gone += 1
        self.at += self.pace
        self.running = self.gone < self.ends
        self.datacollector.collect(self)


def last(*arguments, **options):
    return list(paired_differences(*arguments, **options))[-1]


def test_the_difference_of_two_paces_is_known_and_the_seeds_are_shared():
    found = last(Walk, {"pace": 1.0}, {"pace": 3.0}, "at", seeds=4, steps=5)
    assert found.shape == (4, 6)
    # 2 a step; the starts, which differ from seed to seed, cancel.
    assert np.allclose(found, np.arange(6) * 2.0)


def test_each_seed_is_told_as_it_comes_and_work_stops_when_asked():
    sizes = [len(found) for found in paired_differences(Walk, {}, {}, "at", seeds=3, steps=1)]
    assert sizes == [1, 2, 3]
    assert list(paired_differences(Walk, {}, {}, "at", seeds=3, steps=1, stopped=lambda: True)) == []


def test_a_model_that_stops_stays_at_its_last_value():
    found = last(Walk, {"pace": 1.0}, {"pace": 1.0, "ends": 2}, "at", seeds=1, steps=4)
    assert np.allclose(found, [[0, 0, 0, -1, -2]])


def test_the_band_holds_nine_in_ten_runs():
    frame = band(np.arange(101.0)[:, None])
    assert (frame["mean"][0], frame["low"][0], frame["high"][0]) == pytest.approx((50.0, 5.0, 95.0))


def test_nothing_is_claimed_before_twenty_runs():
    few = chart_of(np.ones((ENOUGH - 1, 3)), "at", seeds=30).to_dict()
    assert few["title"] == "So far, 19 of 30 runs: each line is one"
    assert "area" not in str(few["layer"])
    enough = chart_of(np.ones((ENOUGH, 3)), "at", seeds=30).to_dict()
    assert enough["title"] == "Mean and middle 90 % of 20 of 30 runs"
    assert "area" in str(enough["layer"])


def test_what_cannot_be_paired_is_said():
    class Unseeded:
        def __init__(self, pace):
            self.pace = pace

    with pytest.raises(ValueError, match="neither rng nor seed"):
        seed_argument(Unseeded)
    with pytest.raises(ValueError, match="no model reporter 'height': there are at"):
        last(Walk, {}, {}, "height", seeds=1, steps=1)


def test_policies_are_compared_as_on_the_command_line():
    now, then = {"policy": "uk-2025", "households": 60}, {"policy": "uk-upfront-national", "households": 60}
    found = last(ReturnModel, now, then, "returned_assisted", seeds=2, steps=26)
    runs = [ReturnModel(**setting, rng=1) for setting in (now, then)]
    for run in runs:
        for _ in range(26):
            run.step()
    assert found[1, -1] == runs[1].stocks["RETURNED_ASSISTED"] - runs[0].stocks["RETURNED_ASSISTED"]


def told(element, words, seconds=30):
    """Render an element and wait until one of its widgets says some words."""
    _, context = solara.render(element, handle_error=False)
    until = time.monotonic() + seconds
    found = ""
    while words not in found and time.monotonic() < until:
        time.sleep(0.05)
        found = " ".join(
            str(getattr(widget, name, ""))
            for widget in context.find(ipywidgets.Widget).widgets
            for name in ("children", "spec", "unsafe_innerHTML")
        )
    context.close()
    return found


def test_the_component_runs_in_the_background_and_tells_what_went_wrong(capsys):
    words = "The runs stopped: no model reporter 'height'"
    assert words in told(paired_bands(Walk, {"pace": 1}, {"pace": 2}, "height", seeds=2, steps=2), words)
    assert "Traceback" in capsys.readouterr().err


def test_the_component_draws_a_model_that_is_not_ours():
    words = "So far, 3 of 3 runs: each line is one"
    assert words in told(paired_bands(Walk, {"pace": 1}, {"pace": 2}, "at", seeds=3, steps=2), words)


def test_both_stand_in_a_page_of_ones_own():
    """The example of the documents."""

    @solara.component
    def Page():
        def ensemble(model):
            return paired_bands(Walk, {"pace": 1}, {"pace": 2}, "at", seeds=2, steps=2)

        model = ReturnModel("uk-pilot-2026", households=30, weeks=20)
        SolaraViz(model, components=[(household_card, 0), (lambda m: household_card(m, 12), 0), (ensemble, 0)])

    words = "Household 12, week 0"
    assert words in told(Page(), words)
