"""Households on a space of Mesa's: in their places, drawn by stage, and no burden on a run that nobody looks at."""

from __future__ import annotations

import importlib.util
import threading

import numpy as np
import pytest

if importlib.util.find_spec("solara") is None:
    pytest.skip("not installed: solara (pip install -e '.[browser]')", allow_module_level=True)

import altair as alt

from abm.browser import PlacedModel, household_renderer
from abm.browser.drawing import _SHAPES, shape_of, ties_drawn
from abm.browser.palette import LOOKS
from abm.browser.places import laid_out
from abm.household.stages import COL, in_country
from abm.mesa_model import ReturnModel


@pytest.fixture
def model():
    return PlacedModel("uk-pilot-2026", households=40, weeks=30, rng=3)


def test_every_household_stands_in_the_cell_of_its_row_and_so_does_each_arrival(model):
    places = laid_out(model).xy
    assert len(model.grid.picture.xy) == len(places) == model.state.s.shape[1]
    before = len(model.agents)
    while model.running:
        model.step()
    standing = list(model.grid.agents)
    assert len(standing) == len(model.agents) > before
    assert all(agent.cell is model.grid[agent.row] for agent in standing)
    assert model.grid.G.number_of_edges() == len(model.state.ties) // 2
    assert {model.by_row[row] for row in model.grid.G.neighbors(standing[0].row) if row in model.by_row} == set(
        standing[0].neighbours
    )


def test_a_run_with_a_space_has_the_bits_of_one_without(model):
    plain = ReturnModel("uk-pilot-2026", households=40, weeks=30, rng=3)
    assert len(model.grid.picture.blocks) > 1
    while plain.running:
        plain.step()
        model.step()
    assert np.array_equal(plain.state.s, model.state.s, equal_nan=True)
    assert np.array_equal(plain.state.history, model.state.history)
    assert plain._watched is False


def test_a_model_that_is_not_looked_at_has_neither_space_nor_agents(model):
    model.step()
    assert model._grid is None
    assert model.by_row == {}


def test_the_space_follows_a_policy_that_is_set_in_mid_run(model):
    assert len(model.grid.picture.blocks) > 1
    model.step()
    model.set_policy("uk-2025")
    model.step()
    grid = model.grid
    assert all(agent.cell is grid[agent.row] for agent in model.agents)
    assert len(list(grid.agents)) == len(model.agents)


def test_ties_are_drawn_only_between_households_in_the_country(model):
    for _ in range(20):
        model.step()
    frame = ties_drawn(model.grid)
    here = in_country(model.state.s[COL.stage])
    expected = sum(bool(here[i] and here[j]) for i, j in model.grid.G.edges)
    assert len(frame) == expected > 0


def drawn(renderer, model):
    """What Mesa's page draws in a week, by the way of the version that is installed."""
    if hasattr(renderer, "setup_agents"):
        layers = renderer.draw_structure(), renderer.draw_agents()
    else:
        layers = (
            renderer.draw_structure(**renderer.space_kwargs),
            renderer.draw_agents(renderer.agent_portrayal, **renderer.agent_kwargs),
        )
    return renderer.post_process(alt.layer(*layers)).to_dict()


def rows_of(chart, spec):
    data = chart["datasets"][spec["data"]["name"]] if "name" in spec.get("data", {}) else spec["data"]["values"]
    head, *rows = data.strip().split("\n")
    return [dict(zip(head.split("\t"), row.split("\t"), strict=True)) for row in rows]


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_has_a_mark_a_tooltip_and_a_line_in_the_legend_for_what_is_there(model, dark):
    renderer = household_renderer(model, dark=dark)
    for _ in range(25):
        model.step()
    chart = drawn(renderer, model)
    marks = chart["layer"][1]
    rows = rows_of(chart, marks)
    assert len(rows) == len(model.agents)
    assert [told["field"] for told in marks["encoding"]["tooltip"]] == [
        "household", "origin", "people", "stage", "last choice",
    ]  # fmt: skip
    legend = marks["encoding"]["shape"]["scale"]["domain"]
    assert set(legend) == {row["stage"] for row in rows}
    assert marks["encoding"]["fill"]["scale"]["domain"] == marks["encoding"]["stroke"]["scale"]["domain"] == legend
    inks = {look.title: look.dark if dark else look.light for look in LOOKS.values()}
    assert marks["encoding"]["stroke"]["scale"]["range"] == [inks[title] for title in legend]
    first = next(agent for agent in model.agents if str(agent.id) == rows[0]["household"])
    assert rows[0]["origin"] == first.origin
    assert float(rows[0]["x"]) == pytest.approx(model.grid.places[first.row][0], abs=1e-4)
    assert chart["background"] == "transparent"
    assert chart["width"] == chart["height"] == "container"


def test_the_shape_of_every_stage_is_one_that_vega_has():
    for look in LOOKS.values():
        name, is_open = shape_of(look)
        assert look.shape.rpartition(" ")[2] in _SHAPES, look.shape
        assert name in {"circle", "square", "diamond", "cross", "triangle-up", "triangle-right"} or name.startswith("M")
        assert is_open == (look.shape.startswith("open ") or look.shape == "ring")
    assert len({shape_of(look) for look in LOOKS.values()}) == len(LOOKS)  # told apart without colour


def test_those_who_had_accepted_before_the_run_are_not_said_to_stay():
    model = ReturnModel("uk-pilot-2026", households=20, weeks=2, rng=0)
    booked, other = list(model.agents)[:2]
    model.state.s[COL.considered_at, booked.row] = -2.0  # as the caseload says of those who have accepted
    assert booked.last_choice == "ASSISTED_RETURN"
    assert other.last_choice == ""


def test_a_model_that_plays_in_one_thread_can_be_drawn_in_another(model):
    """An arrival between two looks at the households ended the page."""
    renderer = household_renderer(model)
    playing = threading.Thread(target=lambda: [model.step() for _ in range(30)])
    with model.grid.drawing:  # while it is drawn, no week passes
        playing.start()
        playing.join(0.3)
        assert model.week == 0
    looked = 0
    while playing.is_alive() or not looked:
        chart = drawn(renderer, model)
        assert len(rows_of(chart, chart["layer"][1])) <= len(model.agents)
        looked += 1
    playing.join()
    assert model.week == 30
