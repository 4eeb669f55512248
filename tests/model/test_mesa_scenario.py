"""Mesa 4 says what is run with a scenario and keeps it with a recorder: the run is that of `ReturnModel`."""

from __future__ import annotations

import pickle
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from abm import InputError, ReturnModel, load_policy, prepare

if int(mesa.__version__.partition(".")[0]) < 4:
    pytest.skip(f"Mesa {mesa.__version__} is not Mesa 4, whose scenarios these are", allow_module_level=True)

from mesa.experimental.data_collection import DatasetConfig, ParquetDataRecorder
from mesa.experimental.scenarios import Scenario

from abm.mesa_scenario import ReturnScenario, ScenarioModel, seed_of_scenario

SMALL: dict[str, Any] = {"policy": "uk-pilot-2026", "households": 30, "weeks": 8}


def weeks(model: ScenarioModel) -> pd.DataFrame:
    """What the recorder kept."""
    return model.data_recorder.get_table_dataframe("weeks")


def finished(scenario: Scenario) -> ScenarioModel:
    model = ScenarioModel(scenario)
    model.run_until(scenario.weeks)
    return model


@pytest.mark.parametrize("driver", ["compiled", "agents"])
def test_a_scenario_is_the_run_of_its_seed_to_the_last_bit(driver: str) -> None:
    model = finished(ReturnScenario(rng=3, driver=driver, offer__amount_per_person=9_000, **SMALL))
    elsewhere = ReturnModel(rng=model.run_seed, offer__amount_per_person=9_000, **SMALL)
    elsewhere.run_model()
    assert model.state.s.tobytes() == elsewhere.state.s.tobytes()
    assert np.array_equal(model.state.history, elsewhere.state.history)
    packed = prepare(
        SMALL["policy"], "uk-families-2026", weeks=8, households=30, levers={"offer.amount_per_person": 9_000}
    )
    assert packed.run(model.run_seed).measures["cost_npv"] == model.measures["cost_npv"]


def test_a_model_made_twice_of_a_scenario_or_in_another_process_is_the_same() -> None:
    scenario = ReturnScenario(rng=3, **SMALL)
    seed = seed_of_scenario(scenario)
    assert ReturnModel(**SMALL, rng=np.random.default_rng(3)).run_seed == seed
    scenario.rng.random(5)
    assert ScenarioModel(scenario).run_seed == ScenarioModel(pickle.loads(pickle.dumps(scenario))).run_seed == seed
    assert ScenarioModel(scenario).scenario is scenario


def test_replications_differ_and_policies_of_one_table_share_their_seeds() -> None:
    table = pd.DataFrame({**SMALL, "policy": ["uk-2025", "uk-pilot-2026"]})
    scenarios = Scenario.from_dataframe(table, rng=1, replications=3)
    seeds = pd.DataFrame(
        [(s.policy, s.replication_id, seed_of_scenario(s)) for s in scenarios], columns=["policy", "r", "seed"]
    )
    assert seeds.groupby("r")["seed"].nunique().eq(1).all()
    assert seeds["seed"].nunique() == 3
    assert Scenario.from_dataframe(table, rng=1, replications=3)[4].policy == "uk-pilot-2026"


def test_an_array_of_experiments_knows_only_floats() -> None:
    levers = ["offer.amount_per_person", "offer.acceptance_window_weeks", "households", "weeks"]
    scenario = Scenario.from_ndarray(np.array([[5000.5, 3, 30, 8]]), levers, rng=1)[0]
    asked = ScenarioModel(Scenario(rng=1, policy="uk-pilot-2026", **dict(scenario))).prepared
    assert (asked.households, asked.weeks, asked.policy.offer.acceptance_window_weeks) == (30, 8, 3)


@pytest.mark.parametrize("how", ["run_until", "run_for", "run_model", "step", "too far"])
def test_the_recorder_has_week_0_and_each_week_once(how: str) -> None:
    model = ScenarioModel(ReturnScenario(rng=3, **SMALL))
    match how:
        case "run_until" | "run_for":
            getattr(model, how)(8)
        case "run_model":
            model.run_model()
        case "step":
            for _ in range(8):
                model.step()
        case _:
            model.run_until(20)
    kept = weeks(model)
    assert list(kept["week"]) == list(kept["time"]) == list(range(9))
    collected = model.datacollector.get_model_vars_dataframe()
    pd.testing.assert_frame_equal(kept.drop(columns="time"), collected, check_dtype=False)


def test_what_mesa_users_record_besides_is_recorded(tmp_path: Any) -> None:
    model = ScenarioModel(ReturnScenario(rng=3, **SMALL))
    households = model.data_registry.track_agents(model.agents, "households", ["id", "stage"])
    households.record(model.data_recorder, DatasetConfig(interval=4))
    to_disk = ParquetDataRecorder(model, config={"weeks": {"interval": 1}}, output_dir=tmp_path)
    model.run_until(8)
    kept = model.data_recorder.get_table_dataframe("households")
    assert sorted(kept["time"].unique()) == [0, 4, 8]
    last = kept[kept["time"] == 8].set_index("id")["stage"]
    assert dict(last) == {household.id: household.stage for household in model.agents}
    assert list(to_disk.get_table_dataframe("weeks")["week"]) == list(range(9))
    model.data_registry.close()
    with pytest.raises(RuntimeError, match="closed"):
        _ = model.data_registry["weeks"].data


def test_a_policy_at_hand_is_a_parameter_like_any_other() -> None:
    dearer = load_policy("uk-pilot-2026").with_values({"offer.amount_per_person": 9_000})
    assert ScenarioModel(ReturnScenario(policy=dearer, households=30)).prepared.policy == dearer


def test_a_class_of_scenarios_is_made_with_rng_and_an_instance_has_its_own() -> None:
    class Pilot(ReturnScenario):
        policy: str = "uk-pilot-2026"
        households: int = 30

    model = ScenarioModel(Pilot, rng=3)
    assert model.prepared.policy.name == "uk-pilot-2026"
    assert model.run_seed == seed_of_scenario(Pilot(rng=3))
    with pytest.raises(InputError, match=r"^rng = 3 .*the scenario has its own"):
        ScenarioModel(Pilot(), rng=3)


@pytest.mark.parametrize(("given", "told"), [
    (Scenario(polcy="uk-2025"), r"^polcy = .*Did you mean 'policy'"), (Scenario(seed=3), "given as rng="),
    (Scenario(policy="uk-pilot-2026", offer__amount=3), "offer.amount"), ("uk-2025", r"^scenario = 'uk-2025'"),
])  # fmt: skip
def test_a_scenario_that_says_what_the_model_does_not_know_is_refused(given: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        ScenarioModel(given)


def test_mesas_own_runner_runs_it() -> None:
    """Not in 4.0.0a0: it runs where Mesa has it."""
    runner = pytest.importorskip("mesa.experimental.scenarios.runner", reason="this Mesa has no scenario runner yet")
    scenarios = Scenario.from_dataframe(pd.DataFrame([SMALL, {**SMALL, "policy": "no-such"}]), rng=1, replications=2)
    store = runner.run_scenarios(scenarios, runner.RunConfiguration(ScenarioModel, until=8), progress=False)
    assert list(store.status()["status"].astype(str).str.contains("succe", case=False)) == [True, True, False, False]
    for run, scenario in zip(store.succeeded(), scenarios, strict=False):
        pd.testing.assert_frame_equal(store.retrieve_output(run)["weeks"], weeks(finished(scenario)))
