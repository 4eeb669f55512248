"""The search on problems whose best points are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.inputs.parameters import InputError
from experiments.search.frontier import spread_out
from experiments.search.goals import summed, undominated
from experiments.search.levers import parse_lever
from experiments.search.pareto import Scored, Trial, search

AMOUNT, WEEKS = "offer.amount_per_person", "offer.end_week"
LEVERS = [parse_lever(f"{AMOUNT}=0:100:1"), parse_lever(f"{WEEKS}=1:11")]
#: Fewest in both goals: x² and (x − 40)², as in Schaffer (1985); every week beyond the first is a loss in both.
FEWEST = (False, False)


def schaffer(settings: Mapping[str, Any]) -> tuple[float, float]:
    x, loss = settings[AMOUNT], 50.0 * (settings[WEEKS] - 1)
    return x**2 + loss, (x - 40.0) ** 2 + loss


def scores(some: Sequence[Mapping[str, Any]]) -> list[Scored]:
    return [Scored(schaffer(one)) for one in some]


def found(trials: int = 400, seed: int = 1, **told: Any) -> list[Trial]:
    return search(LEVERS, FEWEST, told.pop("score", scores), trials=trials, generation=20, seed=seed, **told)


def best(trials: Sequence[Trial]) -> list[Trial]:
    allowed = [trial for trial in trials if trial.scored.allowed]
    flags = undominated(np.array([trial.scored.values for trial in allowed]), FEWEST)
    return [trial for trial, flag in zip(allowed, flags, strict=True) if flag]


def test_it_finds_the_known_front() -> None:
    front = best(found())
    # No x outside 0 to 40 and no second week can be unbeaten, once the front itself is met.
    assert {trial.settings[WEEKS] for trial in front} == {1}
    xs = sorted({trial.settings[AMOUNT] for trial in front})
    assert xs[0] >= 0
    assert xs[-1] <= 40
    assert len(xs) > 15  # of 41 points on it
    assert max(np.diff(xs)) <= 8


def test_whole_numbers_and_steps_are_respected() -> None:
    lever = parse_lever("offer.early_bonus=0:1:0.1")
    made = search(
        [lever, LEVERS[1]], FEWEST, lambda some: [Scored((0.0, 0.0))] * len(some), trials=40, generation=10, seed=0
    )
    assert {trial.settings["offer.early_bonus"] for trial in made} <= {round(k / 10, 1) for k in range(11)}
    assert all(type(trial.settings[WEEKS]) is int for trial in made)


def test_choices_are_among_those_given() -> None:
    lever = parse_lever("support.families=continue,end_after")
    made = search([lever], FEWEST, lambda some: [Scored((0.0, 0.0))] * len(some), trials=20, generation=10, seed=0)
    assert {trial.settings["support.families"] for trial in made} == {"continue", "end_after"}


def test_what_breaks_a_limit_is_never_the_answer() -> None:
    def limited(some: Sequence[Mapping[str, Any]]) -> list[Scored]:
        return [Scored(schaffer(one), (10.0 - one[AMOUNT], one[AMOUNT] - 30.0)) for one in some]

    front = best(found(score=limited))
    xs = {trial.settings[AMOUNT] for trial in front}
    assert min(xs) >= 10
    assert max(xs) <= 30
    assert len(xs) > 10  # of 21


def test_the_same_seed_gives_the_same_search_and_another_seed_another() -> None:
    assert found(60) == found(60)
    assert [t.settings for t in found(60)] != [t.settings for t in found(60, seed=2)]


def test_a_longer_search_begins_with_the_shorter_one() -> None:
    assert found(100)[:60] == found(60)


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been() -> None:
    whole, memory = found(100), {}

    def remembered(some: Sequence[Mapping[str, Any]]) -> list[Scored]:
        new = [one for one in some if tuple(one.values()) not in memory]
        if len(memory) + len(new) > 50 and not going_on:
            raise KeyboardInterrupt
        memory.update({tuple(one.values()): Scored(schaffer(one)) for one in new})
        return [memory[tuple(one.values())] for one in some]

    going_on = False
    with pytest.raises(KeyboardInterrupt):
        found(100, score=remembered)
    assert 0 < len(memory) <= 50
    going_on = True
    assert found(100, score=remembered) == whole


def test_what_is_to_be_tried_first_is_and_what_is_out_of_reach_is_left_out() -> None:
    assert found(20, first=[{AMOUNT: 37.0, WEEKS: 3}])[0].settings == {AMOUNT: 37.0, WEEKS: 3}
    reached = [
        trial.settings[AMOUNT] for trial in found(20, first=[{AMOUNT: 370.0, WEEKS: 3}, {AMOUNT: None, WEEKS: 1}])
    ]
    assert max(reached) <= 100


# ---- the arithmetic -----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_unbeaten_are_those_that_no_other_beats(points: list[tuple[int, int]]) -> None:
    flags = undominated(np.array(points, dtype=np.float64), (True, False))
    for (x, y), flag in zip(points, flags, strict=True):
        beaten = any(a >= x and b <= y and (a > x or b < y) for a, b in points)
        assert flag == (not beaten)


def test_the_worst_tenth_is_of_draws_and_on_the_side_that_is_bad() -> None:
    values = np.arange(20.0)
    vectors = np.arange(20)
    assert summed(values, vectors, "worst-decile", worst_is_low=True) == 0.5
    assert summed(values, vectors, "worst-decile", worst_is_low=False) == 18.5
    # Ten draws of two runs each, 0 and 10 apart by luck alone: the worst draw is the mean of its two runs.
    assert summed(values, vectors % 10, "worst-decile", worst_is_low=True) == 5.0


def test_some_of_many_lie_far_apart() -> None:
    line = np.stack([np.linspace(0, 1, 101), np.linspace(1, 0, 101)], axis=1)
    assert spread_out(line, 3) == [0, 50, 100]
    assert spread_out(line[:2], 3) == [0, 1]


# ---- levers as they are written ---------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "told"), [
    ("offer.amount_per_person", "PATH=low:high"),
    ("offer.amount_per_persn=0:5", "Did you mean 'offer.amount_per_person'?"),
    ("world.hotel_night=100:200", "a lever of a policy"),
    ("offer.amount_per_person=5000", "at least two values"),
    ("offer.amount_per_person=5000:0", "low is below its high"),
    ("offer.amount_per_person=0:5000:300", "a step that divides the range"),
    ("offer.end_week=1:5:0.5", "a step that divides the range, whole"),
    ("offer.amount_per_person=0:nan", "amount_per_person"),
    ("support.families=continue,end_aftr", "Did you mean 'end_after'?"),
    ("offer.end_week,offer.early_bonus=0:1", "levers of one kind"),
    ("offer.end_week,offer.end_week=0:1", "each path once"),
])  # fmt: skip
def test_a_lever_that_cannot_be_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError) as fault:
        parse_lever(text)
    assert told in str(fault.value)


def test_levers_that_go_together_have_one_value() -> None:
    both = parse_lever("offer.end_week,offer.acceptance_window_weeks=1:52")
    made = search([both], FEWEST, lambda some: [Scored((0.0, 0.0))] * len(some), trials=4, generation=4, seed=0)
    assert all(trial.settings["offer.end_week"] == trial.settings["offer.acceptance_window_weeks"] for trial in made)
