"""What users of Mesa are used to: own classes and networks, seeds, batches, graphs, a policy set in mid-run."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from pathlib import Path
from typing import Any

import mesa
import networkx as nx
import numpy as np
import pytest
from tiny import LIVELY, busy_caseload, busy_policy, differing_columns

from abm import InputError, ReturnModel, load_policy, prepare
from abm.arrays.state import COUNT, count
from abm.household.stages import COL, STAGE, Column
from abm.inputs.policy import Policy, Regime
from abm.mesa_agent import Household
from abm.mesa_run import seed_of
from abm.why import explain

STILL = ("uk-2025", "uk-families-2026")
DRIVERS = ("compiled", "agents")
#: As busy as it gets, but nobody arrives because of a policy: who is there does not depend on it.
UNPULLED = busy_caseload(world__pull_elasticity=0.0)


def busy(policy: Policy | None = None, caseload: Any = UNPULLED, **settings: Any) -> ReturnModel:
    return ReturnModel(
        policy or busy_policy(), caseload, LIVELY, **{"households": 60, "weeks": 24, "rng": 3, **settings}
    )


def steps(model: ReturnModel, weeks: int) -> ReturnModel:
    for _ in range(weeks):
        model.step()
    return model


def same(one: Any, other: Any) -> bool:
    """Whether two states are the same to the last bit."""
    return (
        one.s.tobytes() == other.s.tobytes()
        and np.array_equal(one.history, other.history)
        and np.array_equal(one.counts, other.counts)
    )


# ---- seeds and batches -----------------------------------------------------------------------------


def test_no_rng_is_a_fresh_seed_that_is_recorded_and_told() -> None:
    one, other = (ReturnModel(*STILL, households=20, weeks=3) for _ in "ab")
    assert one.run_seed != other.run_seed
    assert f"seed {one.run_seed}," in repr(one)
    assert list(steps(one, 1).datacollector.get_model_vars_dataframe()["run_seed"]) == [one.run_seed] * 2
    again = steps(ReturnModel(*STILL, households=20, weeks=3, rng=one.run_seed), 1)
    assert same(one.state, again.state)


def test_whatever_numpy_makes_a_generator_of_gives_a_seed() -> None:
    assert seed_of(np.int64(7)) == seed_of("7") == 7
    assert seed_of([1, 2]) == seed_of(np.random.SeedSequence([1, 2])) != seed_of([1, 3])
    generator = np.random.default_rng(5)
    assert seed_of(generator) != seed_of(generator)  # drawn from it, as by Mesa's own models


@pytest.mark.parametrize("rng", [True, -1, 2**63, 1.5, "x", "", object(), {"a": 1}])
def test_an_rng_that_is_no_seed_is_refused(rng: Any) -> None:
    with pytest.raises(InputError, match=r"^rng = "):
        ReturnModel(*STILL, rng=rng)


def test_seed_points_to_rng() -> None:
    with pytest.raises(InputError, match="seed = 3 is not accepted: given as rng="):
        ReturnModel(*STILL, seed=3)


def test_a_page_of_mesas_can_set_levers() -> None:
    """Mesa's pages take parameters that a model does not list only where the rest is called ``kwargs``."""
    rest = [p.name for p in inspect.signature(ReturnModel).parameters.values() if p.kind is p.VAR_KEYWORD]
    assert rest == ["kwargs"]


def batch(parameters: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    given = {"policy": "uk-pilot-2026", "households": 20, "weeks": 4, **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Mesa 3.5 would rather have `rng` than `iterations`
        rows: list[dict[str, Any]] = mesa.batch_run(
            ReturnModel, given, number_processes=1, max_steps=4, display_progress=False, **settings
        )
    return rows


def test_iterations_of_a_batch_differ_and_say_their_seeds() -> None:
    rows = batch({}, iterations=3)
    assert len({row["run_seed"] for row in rows}) == 3
    for row in rows:
        again = steps(ReturnModel("uk-pilot-2026", households=20, weeks=4, rng=row["run_seed"]), 4)
        assert row["cost"] == again.datacollector.model_vars["cost"][-1]


def test_a_batch_whose_seeds_are_given_is_the_same_again() -> None:
    apart = "rng" in inspect.signature(mesa.batch_run).parameters  # Mesa 3.3: a parameter like any other
    one, other = (batch({}, rng=[1, 2]) if apart else batch({"rng": [1, 2]}) for _ in "ab")
    assert one == other
    assert [row["run_seed"] for row in one] == [1, 2]


def test_a_batch_ends_with_the_last_week_and_begins_with_week_0() -> None:
    assert batch({})[0]["week"] == 4
    assert [row["week"] for row in batch({}, data_collection_period=1)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("field", "value"), [("network", nx.path_graph(20)), ("policy", load_policy("uk-2025"))])
def test_an_object_that_a_batch_would_take_apart_is_told_to_stand_in_a_list(field: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{field} = .*in a list"):
        batch({field: value})
    assert len(batch({field: [value]})) == 1


# ---- agents ----------------------------------------------------------------------------------------


class Diarist(Household):
    """A class of one's own that changes no rule."""

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model, row)
        self.diary: list[str] = []

    def step(self) -> None:
        super().step()
        self.diary.append(self.stage)


class Named(Household):
    """A class of one's own without a step."""

    @property
    def title(self) -> str:
        return f"{self.origin} {self.id}"


def test_agents_are_of_the_class_that_was_given_arrivals_too() -> None:
    model = steps(busy(agent_class=Diarist, driver="agents"), 12)
    assert model.agent_types == [Diarist]
    lengths = {len(household.diary) for household in model.agents}
    assert min(lengths) < max(lengths) == 12
    assert same(model.state, steps(busy(), 12).state)
    assert next(iter(model.agents.select(lambda household: household.last_choice))).why().considered


def test_a_class_without_a_step_serves_both_drivers() -> None:
    for driver in DRIVERS:
        model = steps(busy(agent_class=Named, driver=driver), 3)
        assert all(household.title.endswith(str(household.id)) for household in model.agents)


def test_a_step_that_would_never_be_called_is_refused() -> None:
    with pytest.raises(InputError, match=r'driver="agents".*Diarist\.step'):
        busy(agent_class=Diarist)


@pytest.mark.parametrize("given", [mesa.Agent, "Household", None, mesa.Model])
def test_only_households_are_agents(given: Any) -> None:
    with pytest.raises(InputError, match=r"^agent_class = "):
        busy(agent_class=given)


READ_ONLY = ("id", "row", "adults", "children", "school_children", "site", "ties", "ties_left", "left_at", "stage",
             "size", "housing", "origin", "last_choice", "neighbours")  # fmt: skip


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_the_books_depend_on_is_read_only(name: str) -> None:
    household = next(iter(busy().agents))
    with pytest.raises(AttributeError, match=f"^{name} = 1 is not accepted: {name} of a household is read-only"):
        setattr(household, name, 1)


def test_columns_that_the_books_depend_on_are_read_only_too() -> None:
    columns = busy().columns
    with pytest.raises(ValueError, match="read-only"):
        columns["children"][0] = 3
    assert [name for name, column in columns.items() if column.flags.writeable] == [
        "safety",
        "removal",
        "payment",
        "alert",
    ]


def test_agents_are_neither_removed_nor_made_twice() -> None:
    model = busy()
    household = next(iter(model.agents))
    for refused in (household.remove, model.remove_all_agents):
        with pytest.raises(InputError, match="left to the rules"):
            refused()
    for make in (lambda: Household(model, 0), lambda: Household.create_agents(model, 2, row=0)):
        with pytest.raises(InputError, match="made by the model itself"):
            make()
    assert len(model.agents) == len(model.by_row)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "0.5", True])
def test_a_belief_is_a_number_from_0_to_1(value: Any) -> None:
    household = next(iter(busy().agents))
    with pytest.raises(InputError, match="a number from 0 to 1"):
        household.believed_safety = value


def test_taking_agents_from_the_set_or_shuffling_it_changes_no_bit() -> None:
    left_alone, taken = busy(driver="agents"), busy(driver="agents")
    for household in list(taken.agents)[:30]:
        taken.agents.discard(household)
    taken.agents.shuffle(inplace=True)
    assert same(steps(left_alone, 5).state, steps(taken, 5).state)


# ---- why -------------------------------------------------------------------------------------------


def deciding(model: ReturnModel) -> Household:
    """A household that has considered its situation in the last weeks, and had the choice."""
    return next(h for h in model.agents if h.stage in ("EXHAUSTED", "REFUSED") and h.last_choice == "STAY")


def test_why_knows_beliefs_that_were_written_between_weeks() -> None:
    told = []
    for belief in (None, 1.0):
        model = steps(busy(), 6)
        if belief is not None:
            for household in model.agents:
                household.believed_safety = belief
        steps(model, 1)
        household = next(h for h in model.agents if h.stage == "EXHAUSTED" and not h.why(6).considered)
        told.append(model.why(household.id, 6).beliefs)
        assert same(model.state, replayed(model))
    name = next(name for name in told[0] if "safe" in name.lower())
    assert told[1][name] > told[0][name]


def replayed(model: ReturnModel) -> Any:
    state = model.prepared.begin(model.run_seed)
    model.prepared.advance(model.run_seed, state, 0, model.week)
    return state


def test_why_refuses_to_explain_another_run_than_the_one_that_was_run() -> None:
    model = steps(busy(), 6)
    household = deciding(model)
    assert household.why().considered
    model.columns["safety"][:] = 0.9
    with pytest.raises(InputError, match=r"^why = .*columns were written"):
        household.why()


def test_why_does_not_tell_the_future() -> None:
    with pytest.raises(InputError, match="week = 7 is not accepted: a week that was run, or the next: 0 to 2"):
        steps(busy(), 2).why(0, 7)


# ---- networks --------------------------------------------------------------------------------------


def test_ties_are_those_of_the_network_in_both_drivers() -> None:
    network = nx.watts_strogatz_graph(60, 6, 0.1, seed=1)
    models = [busy(network=network, driver=driver) for driver in DRIVERS]
    for model in models:
        found = model.graph().subgraph(range(60))
        assert nx.utils.graphs_equal(nx.Graph(list(found.edges)), nx.Graph(list(network.edges)))
        by_id = {household.id: household for household in model.agents}
        for node in network:
            assert by_id[node].ties == len(by_id[node].neighbours)
            assert {h.id for h in by_id[node].neighbours if h.id < 60} == set(network[node])
    assert same(*(steps(model, 12).state for model in models))
    assert same(models[0].state, replayed(models[0]))
    assert not same(models[0].state, steps(busy(), 12).state)
    assert deciding(models[0]).why().household["ties"] == deciding(models[0]).ties


def test_ties_that_are_given_as_they_would_be_drawn_change_no_bit() -> None:
    drawn = nx.Graph()
    drawn.add_nodes_from(range(60))
    drawn.add_edges_from(busy().graph().subgraph(range(60)).edges)
    one, other = busy(), busy(network=drawn)
    assert np.array_equal(one.state.tie_start, other.state.tie_start)
    assert np.array_equal(one.state.ties, other.state.ties)
    assert same(steps(one, 24).state, steps(other, 24).state)


def test_the_network_says_how_many_households_there_are() -> None:
    model = ReturnModel(*STILL, network=nx.empty_graph(30), weeks=3, rng=1)
    assert model.prepared.households == 30
    assert sum(household.ties for household in model.agents if household.id < 30 and not household.neighbours) == 0
    with pytest.raises(InputError, match=r"network = '30 nodes' .*one node for each of the 40"):
        ReturnModel(*STILL, households=40, network=nx.empty_graph(30))


def weighted() -> nx.Graph:
    return nx.Graph([(0, 1, {"weight": 2.0}), (1, 2), (0, 2)])


@pytest.mark.parametrize(("graph", "told"), [
    (nx.DiGraph([(0, 1), (1, 2)]), "ties are mutual"), (nx.MultiGraph([(0, 1), (1, 2)]), "one or none"),
    (nx.Graph([("a", "b"), ("b", "c")]), "a node from 0 to 2"), (nx.path_graph(4), "a node from 0 to 2"),
    (nx.path_graph(2), "household 2 is missing"), (nx.Graph([(0, 1), (1, 2), (2, 2)]), "not to oneself"),
    (weighted(), "without attributes"), ([(0, 1)], "a networkx graph"),
])  # fmt: skip
def test_a_network_that_says_more_or_less_than_ties_is_refused(graph: Any, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        ReturnModel(*STILL, households=3, network=graph)
    assert refused.value.field == "network"


def test_how_ties_are_drawn_cannot_be_said_where_none_are_drawn() -> None:
    lever = {"caseload.network.mean_ties": 3.0}
    people = busy_caseload(inflow_per_week=0.0, procedure__decision_weeks=0.0, procedure__appeal_weeks=0.0)
    with pytest.raises(InputError, match="nobody arrives"):
        busy(None, people, network=nx.empty_graph(60), **lever)
    assert busy(network=nx.empty_graph(60), **lever).week == 0  # those who arrive draw theirs


def test_the_graph_is_that_of_the_present_week(tmp_path: Path) -> None:
    model = steps(busy(), 20)
    graph, by_id = model.graph(), {household.id: household for household in model.agents}
    assert set(graph) == set(by_id)
    for node, told in graph.nodes(data=True):
        assert {
            name: getattr(by_id[node], name) for name in ("origin", "stage", "housing", "site", "children")
        }.items() <= told.items()
        assert set(graph[node]) == {household.id for household in by_id[node].neighbours}
    assert {told["in_country"] for _, told in graph.nodes(data=True)} == {True, False}
    assert any(told["same_origin"] for *_, told in graph.edges(data=True))
    nx.write_graphml(graph, tmp_path / "ties.graphml")  # attributes are of kinds that files of graphs know


# ---- a policy set in mid-run -----------------------------------------------------------------------


def as_regimes(first: Policy, *regimes: tuple[int, dict[str, Any]]) -> Policy:
    later = tuple(Regime(start=start, levers=levers) for start, levers in regimes)
    return Policy.model_validate({**first.model_dump(), "regimes": later})


PILOT = load_policy("uk-pilot-2026").with_values({"offer.start_week": 15, "offer.end_week": 19})
MORE = {"standing.amount_per_person": 6_000.0, "support.singles_weeks": 2, "enforcement.attempts_per_1000_week": 30.0}


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("pull", [0.0, 0.8])
def test_a_policy_set_in_mid_run_is_a_regime_of_the_policy_before(driver: Any, pull: float) -> None:
    people = busy_caseload(world__pull_elasticity=pull)
    model = steps(busy(caseload=people, driver=driver), 10)
    model.set_policy(busy_policy().with_values(MORE))
    steps(model, 14)
    wanted = prepare(as_regimes(busy_policy(), (10, MORE)), people, LIVELY, weeks=24, households=60).run(3)
    assert differing_columns(model.state.s, wanted.state.s) == []
    assert np.array_equal(model.state.history, wanted.state.history)
    assert all(household.id == model.state.s[COL.id, household.row] for household in model.agents)


@pytest.mark.parametrize("from_week", [8, 15])
def test_the_weeks_before_are_as_they_were_and_the_books_balance(from_week: int) -> None:
    model, left_alone = steps(busy(), 8), steps(busy(), 24)
    model.set_policy(PILOT, from_week=from_week)
    steps(model, 16)
    assert np.array_equal(model.state.history[:from_week], left_alone.state.history[:from_week])
    assert not np.array_equal(model.state.history[from_week:], left_alone.state.history[from_week:])
    kept = model.state.counts.copy()
    anew = model.state._replace(counts=np.zeros_like(kept))
    for row in range(anew.s.shape[1]):
        count(anew, row, 1)
    others = (COUNT.unread, COUNT.there)  # not counts of the table
    assert np.array_equal(np.delete(anew.counts, others, 0), np.delete(kept, others, 0))
    assert sum(model.stocks.values()) == model.state.s.shape[1]


def test_the_policy_that_was_set_is_the_policy_in_force() -> None:
    """Of a policy with offers, dates and regimes of its own: its levers hold, and the first policy's are gone."""
    second = as_regimes(
        busy_policy(offer__amount_per_person=0.0, standing__open_awaiting=False).with_values(
            {"offers.late.amount_per_person": 900.0, "offers.late.start_week": 18}
        ),
        (5, {"advice.visits_per_1000_week": 3.0}), (20, {"advice.visits_per_1000_week": 7.0}),
    )  # fmt: skip
    first = as_regimes(busy_policy(), (16, {"advice.visits_per_1000_week": 99.0}))
    model = steps(busy(first), 10)
    model.set_policy(second)
    alone = prepare(second, UNPULLED, LIVELY, weeks=24, households=60)
    for week in (10, 16, 19, 23):
        now, wanted = model.prepared.plain_in(week), alone.plain_in(week)
        assert now.policy == wanted.policy
        for name in ("offer", "standing", "late"):
            mine, its = now.offers[model.prepared.offers.index(name)], wanted.offers[alone.offers.index(name)]
            assert mine.amount_per_person == its.amount_per_person
            assert its.amount_per_person == 0.0 or np.array_equal(mine.open_to, its.open_to)
    assert model.prepared.plain_in(9).policy == busy(first).prepared.plain_in(9).policy
    late = model.prepared.plain_in(10).offers[model.prepared.offers.index("late")]
    assert late.start_week == 18.0


def test_why_tells_the_policy_in_force() -> None:
    model = steps(busy(), 10)
    model.set_policy(busy_policy().with_values({**MORE, "standing.amount_per_person": 6_543.0}))
    steps(model, 8)
    household = next(h for h in model.agents if h.last_choice and h.stage == "EXHAUSTED" and h.id < 60)
    for week, offered in ((9, "GBP 2,000"), (17, "GBP 6,543")):
        told = next(
            found.offers["standing"]
            for found in (
                model.why(h.id, week) for h in model.agents if h.stage == "EXHAUSTED" and h.size == 1 and h.id < 60
            )
            if "GBP" in found.offers["standing"]
        )
        assert told.startswith(offered)
    assert any("the policy changes: busy" in event for _, event in household.why(17).history)


def test_a_policy_can_be_set_where_a_class_has_rules_of_its_own() -> None:
    class Stays(Household):
        def step(self) -> None:
            if self.children == 0:
                super().step()

    model = steps(busy(agent_class=Stays, driver="agents"), 10)
    before = model.state.s.copy()
    model.set_policy(PILOT)
    assert [model.state.s[column].tobytes() for column in Column] == [before[column].tobytes() for column in Column]
    steps(model, 4)
    assert sum(model.stocks.values()) == model.state.s.shape[1]
    with pytest.raises(InputError, match="a step of its own"):
        next(iter(model.agents)).why(2)
    pulled = steps(busy(caseload=busy_caseload(), agent_class=Stays, driver="agents"), 10)
    with pytest.raises(InputError, match="pull_elasticity"):
        pulled.set_policy("settle-all")


@pytest.mark.parametrize(("week", "told"), [(3, "5 to 23"), (24, "5 to 23"), (True, "5 to 23"), (6.0, "5 to 23")])
def test_a_policy_is_set_for_weeks_that_are_still_to_be_run(week: Any, told: str) -> None:
    with pytest.raises(InputError, match=f"from_week = .*{told}"):
        steps(busy(), 5).set_policy("uk-2025", from_week=week)
    with pytest.raises(InputError, match="a run that goes on"):
        steps(busy(), 24).set_policy("uk-2025")


def test_a_policy_whose_offer_would_be_over_is_refused() -> None:
    with pytest.raises(InputError, match=r"offer.end_week = \d+ is not accepted: later than week 9"):
        busy().set_policy("uk-pilot-2026", from_week=9)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_as_the_model_does(again: Any) -> None:
    model = steps(busy(network=nx.cycle_graph(60)), 5)
    next(iter(model.agents)).believed_removal = 0.75
    model.set_policy(PILOT, from_week=9)
    other = again(model)
    assert same(steps(model, 10).state, steps(other, 10).state)
    assert same(other.state, replayed(other))


def test_identities_tell_runs_apart() -> None:
    models = [busy(), busy(network=nx.cycle_graph(60)), busy(network=nx.path_graph(60)), busy(), busy()]
    next(iter(models[3].agents)).alert = 1.0
    models[4].set_policy(PILOT, from_week=9)
    assert len({model.prepared.identity(3) for model in models}) == 5
    assert busy().prepared.identity(3) == prepare(busy_policy(), UNPULLED, LIVELY, weeks=24, households=60).identity(3)


def test_nothing_of_this_changes_a_run_that_does_not_use_it() -> None:
    model = steps(busy(), 24)
    run = prepare(busy_policy(), UNPULLED, LIVELY, weeks=24, households=60).run(3)
    assert differing_columns(model.state.s, run.state.s) == []
    household = deciding(model)
    assert household.why() == explain(run.prepared, 3, household.id, household.why().week)
    assert np.all(model.state.s[COL.stage] != STAGE.ABSENT) or len(model.agents) < model.state.s.shape[1]
