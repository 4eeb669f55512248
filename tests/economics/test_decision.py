"""Decisions under uncertainty: a choice worked by hand, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abm.inputs.parameters import InputError
from experiments.economics.decision import (
    acceptability,
    acceptability_frontier,
    evpi,
    expected_loss,
    net_benefit,
)
from experiments.economics.strategies import incremental

#: Two states, as probable one as the other.  The first strategy does nothing; the second costs 10 and brings 3 units in
#: the good state, none in the bad.
COST, EFFECT = np.array([[0.0, 10.0], [0.0, 10.0]]), np.array([[0.0, 3.0], [0.0, 0.0]])


def test_a_choice_in_two_states_worked_by_hand() -> None:
    # At a worth of 10 a unit the second brings 20 or loses 10: 5 on average, so it is chosen.  Knowing the state, it
    # would be chosen in the good one alone: 10 on average.  So knowing is worth 5, which is what the choice loses.
    assert net_benefit(COST, EFFECT, [10.0])[0].tolist() == [[0, 20], [0, -10]]
    assert acceptability(COST, EFFECT, [10.0]).tolist() == [[0.5, 0.5]]
    assert expected_loss(COST, EFFECT, [10.0]).tolist() == [[10, 5]]
    assert evpi(COST, EFFECT, [10.0]).tolist() == [5]
    # At 5 a unit it brings 5 or loses 10: the first is chosen, and knowing is worth half of 5.
    frontier = acceptability_frontier(COST, EFFECT, [5.0, 10.0])
    assert frontier.best.tolist() == [0, 1]
    assert evpi(COST, EFFECT, [5.0]).tolist() == [2.5]


def test_the_frontier_follows_the_mean_and_not_the_most_frequent_winner() -> None:
    # The second is best in two draws of three by 1, and worse in the third by 9.
    effect = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, -9.0]])
    frontier = acceptability_frontier(np.zeros((3, 2)), effect, [1.0])
    assert frontier.best.tolist() == [0]
    assert frontier.probability == pytest.approx([1 / 3])


def test_draws_in_which_several_are_best_count_in_equal_parts() -> None:
    assert acceptability(np.zeros((4, 3)), np.zeros((4, 3)), [0.0, 7.0]).tolist() == [[1 / 3] * 3] * 2


@pytest.mark.parametrize(("cost", "effect", "worths", "told"), [
    ([1.0, 2.0], [1.0, 2.0], [0.0], "a table of draws by strategies"),
    ([[1.0, 2.0]], [[1.0]], [0.0], "the same shape"),
    ([[1.0, 2.0]], [[1.0, float("nan")]], [0.0], "finite"),
    ([[1.0, 2.0]], [[1.0, 2.0]], [], "at least one"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(cost: object, effect: object, worths: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        evpi(cost, effect, worths)  # type: ignore[arg-type]


# ---- properties -------------------------------------------------------------------------------------


@st.composite
def choices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Costs and effects in whole numbers, of some draws and strategies."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4)))
    made = arrays(np.float64, shape, elements=st.integers(-20, 20).map(float))
    return draw(made), draw(made)


WORTHS = [0.0, 0.5, 1.0, 3.0, 40.0]


@given(choices())
def test_probabilities_sum_to_one_and_no_loss_is_below_nought(made: tuple[np.ndarray, np.ndarray]) -> None:
    assert acceptability(*made, WORTHS).sum(axis=1) == pytest.approx(np.ones(len(WORTHS)))
    assert (expected_loss(*made, WORTHS) >= 0).all()
    assert (evpi(*made, WORTHS) >= 0).all()


@given(choices())
def test_what_the_chosen_one_loses_is_the_value_of_perfect_information(made: tuple[np.ndarray, np.ndarray]) -> None:
    best = acceptability_frontier(*made, WORTHS).best
    loss = expected_loss(*made, WORTHS)
    assert loss[np.arange(len(WORTHS)), best] == pytest.approx(evpi(*made, WORTHS))


@given(choices())
def test_one_draw_leaves_nothing_to_find_out(made: tuple[np.ndarray, np.ndarray]) -> None:
    assert evpi(made[0][:1], made[1][:1], WORTHS).tolist() == [0.0] * len(WORTHS)


@given(choices(), st.randoms(use_true_random=False))
def test_the_order_of_draws_and_strategies_changes_nothing(made: tuple[np.ndarray, np.ndarray], random: object) -> None:
    draws, names = made[0].shape
    rows = random.sample(range(draws), draws)  # type: ignore[attr-defined]
    columns = random.sample(range(names), names)  # type: ignore[attr-defined]
    other = [table[rows][:, columns] for table in made]
    assert acceptability(*other, WORTHS) == pytest.approx(acceptability(*made, WORTHS)[:, columns])
    assert expected_loss(*other, WORTHS) == pytest.approx(expected_loss(*made, WORTHS)[:, columns])
    assert evpi(*other, WORTHS) == pytest.approx(evpi(*made, WORTHS))


@given(choices())
def test_the_strategy_to_choose_is_never_one_that_is_dominated_in_the_mean(made: tuple[np.ndarray, np.ndarray]) -> None:
    names = [f"s{k}" for k in range(made[0].shape[1])]
    rows = incremental(names, made[0].mean(axis=0), made[1].mean(axis=0))
    status = {row["strategy"]: row["status"] for row in rows}
    benefit = net_benefit(*made, [0.7, 3.3]).mean(axis=1)
    for at in benefit:
        winners = [name for name, value in zip(names, at, strict=True) if value >= at.max() - 1e-9]
        assert any(status[name] == "ND" for name in winners)
