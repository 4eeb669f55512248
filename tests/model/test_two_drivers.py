"""One rule, two drivers: Mesa's agents stepped one by one and the compiled week give the same bits."""

from __future__ import annotations

import inspect
from typing import Any

import mesa
import numpy as np
import pytest
from tiny import LIVELY, busy_caseload, busy_policy, differing_columns

from abm import ReturnModel, load_caseload, prepare
from abm.household.stages import STAGE, STAGES, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.mesa_model import Household

#: Policies and caseloads that between them use every rule: peers, arrivals, queues, enforcement, reviews, deadlines.
CASES: dict[str, tuple[str | Policy, str, int, int]] = {
    "pilot": ("uk-pilot-2026", "uk-families-2026", 60, 30),
    "danish": ("danish-2021", "denmark-2020", 60, 30),
    "deadline of 2006": ("uk-2006-offer", "uk-refused-2005", 60, 60),
    "section 9": ("section9", "section9-2005", 60, 40),
    "enforcement": ("enforcement-only", "uk-refused-2025", 60, 30),
    "reviews": ("temporary-status-30m", "uk-status-2026", 60, 40),
    "settle all": ("settle-all", "uk-refused-2025", 60, 20),
}


def assert_same_week(one: ReturnModel, other: ReturnModel) -> None:
    assert differing_columns(one.state.s, other.state.s) == [], f"after week {one.week - 1}"
    assert np.array_equal(one.state.history, other.state.history), f"after week {one.week - 1}"
    assert np.array_equal(one.state.counts, other.state.counts)
    assert one.state.credibility.tobytes() == other.state.credibility.tobytes()


def step_together(weeks: int, *inputs: Any, **settings: Any) -> ReturnModel:
    """Step both drivers, comparing every bit of the state after each week."""
    drivers = ("compiled", "agents")
    compiled, agents = (ReturnModel(*inputs, weeks=weeks, driver=driver, **settings) for driver in drivers)  # type: ignore[arg-type]
    for _ in range(weeks):
        compiled.step()
        agents.step()
        assert_same_week(compiled, agents)
    assert agents.measures == pytest.approx(compiled.measures, rel=0, abs=0, nan_ok=True)
    return agents


@pytest.mark.parametrize("case", CASES)
def test_agents_and_compiled_week_give_the_same_bits(case: str) -> None:
    policy, caseload, households, weeks = CASES[case]
    step_together(weeks, policy, caseload, LIVELY, households=households, rng=3)


@pytest.mark.parametrize("by", ["household", "site"])
def test_agents_and_compiled_week_give_the_same_bits_when_an_offer_is_open_to_a_share(by: str) -> None:
    policy = busy_policy(offer__share=0.5, offer__share_by=by)
    step_together(40, policy, busy_caseload(), LIVELY, households=80, rng=2)


@pytest.mark.parametrize("seed", range(3))
def test_agents_and_compiled_week_give_the_same_bits_when_everything_happens(seed: int) -> None:
    model = step_together(60, busy_policy(), busy_caseload(), LIVELY, households=80, rng=seed)
    happened = model.state.history.sum(axis=0)
    assert np.all(happened[1 : len(STAGES)] > 0)


@pytest.mark.parametrize("seed", [1, 5, 6])
def test_agents_and_compiled_week_agree_when_much_happens_to_tied_households_at_once(seed: int) -> None:
    """News that reaches a household from two sides in one week must not depend on who is called first."""
    policy = busy_policy(support__singles_weeks=2, support__families="end_after", support__families_weeks=3)
    people = busy_caseload(inflow_per_week=40.0, network__mean_ties=30.0, stages__exhausted=0.0, stages__awaiting=0.6)
    people = people.with_values({f"procedure.{name}_per_week": 200.0 for name in ("decisions", "appeals", "reviews")})
    step_together(40, policy, people, LIVELY.with_values({"alert_departure": 0.37, "alert_refusal": 0.23}),
                  households=60, rng=seed)  # fmt: skip


def test_agents_and_compiled_week_give_the_same_bits_with_the_fitted_behaviour() -> None:
    step_together(25, "uk-2025", "uk-families-2026", None, households=80, rng=11)


def test_a_mesa_run_is_the_run_of_the_headless_driver() -> None:
    model = ReturnModel(busy_policy(), busy_caseload(), LIVELY, weeks=40, households=100, rng=5)
    while model.running and model.week < 40:
        model.step()
    run = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=40, households=100).run(5)
    assert differing_columns(model.state.s, run.state.s) == []
    assert np.array_equal(model.state.history, run.state.history)


def test_asking_for_agents_changes_no_bit() -> None:
    looked, left_alone = (
        ReturnModel(busy_policy(), busy_caseload(), LIVELY, weeks=30, households=60, rng=2) for _ in "ab"
    )
    for _ in range(30):
        assert len(looked.agents) >= 60
        looked.step()
        left_alone.step()
    assert_same_week(looked, left_alone)
    assert len(looked.agents) == len(left_alone.agents) == looked.state.s.shape[1]


def test_agents_are_views_of_the_columns() -> None:
    model = ReturnModel("uk-2025", "uk-families-2026", households=50, weeks=10, rng=1)
    agents = model.agents.select(lambda household: household.children >= 2)
    assert 0 < len(agents) < 50
    assert all(isinstance(household, Household) and household.size >= 3 for household in agents)
    one = next(iter(agents))
    one.believed_safety = 0.125
    assert model.columns["safety"][one.row] == 0.125
    model.columns["safety"][one.row] = 0.75
    assert one.believed_safety == 0.75
    assert {"EXHAUSTED"} < set(model.agents.groupby("stage").groups) <= {"EXHAUSTED", "AWAITING", "REFUSED", "BOOKED"}


def test_the_data_collector_follows_the_stocks() -> None:
    model = ReturnModel("uk-2025", "uk-families-2026", households=60, weeks=20, rng=1)
    for _ in range(20):
        model.step()
        assert model.stocks["EXHAUSTED"] == sum(household.stage == "EXHAUSTED" for household in model.agents)
    collected = model.datacollector.get_model_vars_dataframe()
    assert list(collected["week"]) == list(range(21))
    assert list(collected["exhausted"])[1:] == model.state.history[:, Stage.EXHAUSTED].tolist()
    assert collected["cost"].is_monotonic_increasing
    assert not model.running


def test_ties_are_mutual_among_agents() -> None:
    model = ReturnModel("uk-2025", "uk-families-2026", households=60, weeks=5, rng=1)
    for household in model.agents:
        assert all(household in other.neighbours for other in household.neighbours)
        assert len(household.neighbours) == household.ties


def test_why_names_the_terms_of_the_choice_that_was_made() -> None:
    model = ReturnModel(busy_policy(), busy_caseload(), LIVELY, households=60, weeks=30, rng=1, driver="agents")
    for _ in range(30):
        model.step()
    explained = 0
    for household in list(model.agents)[:25]:
        if household.left_at < 0 or household.model.columns["route"][household.row] == STAGE.REMOVED:
            continue
        told = household.why()
        assert told.considered
        assert told.choice in ("ASSISTED_RETURN", "UNASSISTED_RETURN")
        assert sum(told.probabilities.values()) == pytest.approx(1.0)
        explained += 1
    assert explained > 3


@pytest.mark.parametrize(("settings", "field"), [
    ({"driver": "other"}, "driver"), ({"rng": -1}, "rng"), ({"rng": "x"}, "rng"), ({"weeks": 0}, "weeks"),
    ({"households": 0}, "households"), ({"offer.amount_per_persn": 1}, "offer.amount_per_persn"),
])  # fmt: skip
def test_a_model_refuses(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        ReturnModel("uk-2025", "uk-families-2026", **settings)
    assert refused.value.field == field


def test_inputs_may_be_objects_or_names() -> None:
    people: Caseload = load_caseload("uk-families-2026")
    models = [ReturnModel("uk-2025", c, b, households=20, weeks=5, rng=1) for c, b in
              ((people, None), ("uk-families-2026", None))]  # fmt: skip
    for model in models:
        model.step()
    assert_same_week(*models)
    assert isinstance(models[0].prepared.behaviour, Behaviour)


def test_a_point_can_be_run_by_mesas_own_batch_run() -> None:
    fixed = {"policy": ["uk-2025", "uk-pilot-2026"], "caseload": "uk-families-2026", "households": 30, "weeks": 4}
    # Mesa 3.3 has no `rng` of its own here; there it is a parameter like any other.
    seeds = {"rng": [1, 2]}
    apart = "rng" in inspect.signature(mesa.batch_run).parameters
    rows = mesa.batch_run(
        ReturnModel,
        parameters=fixed if apart else {**fixed, **seeds},
        **(seeds if apart else {}),
        max_steps=4,
        number_processes=1,
        display_progress=False,
        data_collection_period=-1,
    )
    assert len(rows) == 4
    assert {row["policy"] for row in rows} == {"uk-2025", "uk-pilot-2026"}
