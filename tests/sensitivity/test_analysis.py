"""The analysis from end to end, with stand-ins for the model whose answers are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from SALib.test_functions import Ishigami

from abm.inputs.parameters import InputError
from experiments.question.case import load_case
from experiments.report.sensitivity_terminal import turn_told
from experiments.running.progress import Silent
from experiments.sensitivity import Inquiry, analyse, inquire
from experiments.sensitivity.answers import Answers
from experiments.sensitivity.rows import share_rows, turn_rows, whole

ROUND = ["behaviour.money", "behaviour.safety", "behaviour.norm", "behaviour.hope"]
SMALL = {"weeks": 60, "trajectories": 2, "points": 4, "most": 2, "at_ends": 3}
OVER = ("behaviour.assisted=-5:-1", "behaviour.unassisted", "world.list_delay_weeks")


def asked(*over: str, measure: str = "net_saving_npv", **told: Any) -> Inquiry:
    return inquire("uk-pilot-2026", measure=measure, against="uk-2025", over=over, **told)


def line(path: str, *, at: float, slope: float = 1.0, noise: float = 0.0):
    """A stand-in: a line in one input that is nought at some value, and noise that a point and a seed fix."""

    def answer(points: Sequence[Mapping[str, Any]], seeds: int) -> np.ndarray:
        own = {"behaviour.money": 0.7071, "world.list_delay_weeks": 26.0}[path]
        means = np.array([slope * (point.get(path, own) - at) for point in points])
        return means[:, None] + np.random.default_rng(2).normal(0.0, noise, (1, seeds))

    return answer


def test_ishigami_through_the_whole_analysis() -> None:
    def answer(points: Sequence[Mapping[str, Any]], seeds: int) -> np.ndarray:
        laid = np.array([[point.get(path, 1.0) - math.pi for path in ROUND[:3]] for point in points])
        return np.repeat(Ishigami.evaluate(laid)[:, None], seeds, axis=1)

    inquiry = asked(*(f"{path}=0:{2 * math.pi}" for path in ROUND), points=1024, trajectories=8)
    found = analyse(inquiry, answer=answer)
    assert {factor.path for factor in found.kept} == set(ROUND[:3])
    assert found.idle == (ROUND[3],)
    rows = {row["input"]: row for row in share_rows(found)}
    assert [rows[path]["first"] for path in ROUND[:3]] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.05)
    assert [rows[path]["total"] for path in ROUND[:3]] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.05)
    assert found.runs == 0


def test_screening_keeps_the_largest_and_tells_the_effects_of_the_rest() -> None:
    def answer(points: Sequence[Mapping[str, Any]], seeds: int) -> np.ndarray:
        slopes = dict(zip(ROUND, (4.0, 3.0, 2.0, 1.0), strict=True))
        means = np.array([sum(slope * point.get(path, 1.0) for path, slope in slopes.items()) for point in points])
        return np.repeat(means[:, None], seeds, axis=1)

    found = analyse(asked(*(f"{path}=0:1" for path in ROUND), most=2, points=8), answer=answer)
    assert [factor.path for factor in found.kept] == ROUND[:2]
    assert found.left_out == pytest.approx({ROUND[2]: 2.0, ROUND[3]: 1.0})
    assert [bar.path for bar in found.bars] == ROUND[:2]
    assert [bar.swing for bar in found.bars] == pytest.approx([4.0, 3.0])


@pytest.mark.parametrize("slope", [1.0, -2.0])
def test_a_sign_turns_at_its_known_root(slope: float) -> None:
    found = analyse(asked("behaviour.money", points=8), answer=line("behaviour.money", at=1.2, slope=slope))
    (turn,) = found.turns
    assert turn.value == pytest.approx(1.2, abs=0.01)
    assert turn.rises == (slope > 0)
    assert turn.outside_noise
    (row,) = turn_rows(found)
    assert "behaviour.money passes 1.2" in turn_told(row)


def test_a_turn_says_how_well_its_place_is_known() -> None:
    inquiry = asked("behaviour.money", points=8, at_ends=20)
    (turn,) = analyse(inquiry, answer=line("behaviour.money", at=1.2, noise=0.5)).turns
    assert turn.outside_noise
    half = 0.5 * 1.729 / math.sqrt(20)  # Student's, 19 degrees of freedom
    assert turn.to_value - turn.from_value == pytest.approx(2 * half, rel=0.3)
    assert turn.from_value < turn.value < turn.to_value


def test_a_turn_within_the_noise_is_told_as_such() -> None:
    found = analyse(asked("behaviour.money", points=8), answer=line("behaviour.money", at=1.2, noise=20.0))
    assert all(not turn.outside_noise for turn in found.turns)
    assert all("within Monte-Carlo noise" in turn_told(row) for row in turn_rows(found))


def test_a_turn_of_a_whole_number_is_a_whole_number() -> None:
    path = "world.list_delay_weeks"
    (turn,) = analyse(asked(path, points=8), answer=line(path, at=50.2)).turns
    assert turn.value in (50.0, 51.0)


def test_a_measure_that_does_not_vary_is_refused() -> None:
    with pytest.raises(InputError, match=r"net_saving_npv.*a measure that varies.*it is 3 at the reference"):
        analyse(asked("behaviour.money"), answer=lambda points, seeds: np.full((len(points), seeds), 3.0))


# ---- with the model ---------------------------------------------------------------------------------


def test_the_answer_is_the_same_with_one_worker_and_with_two() -> None:
    inquiry = asked(*OVER, **SMALL)
    one, two = (whole(analyse(inquiry, workers=workers)) for workers in (1, 2))
    assert str(one) == str(two)
    assert one["runs"] > 0


def test_differences_are_those_of_the_model_on_the_same_seeds_and_levers_are_the_variants_alone() -> None:
    eager = ["behaviour.assisted=-2"]
    found = analyse(asked("offer.amount_per_person=0:20000", measure="offer_spend", settings=eager, **SMALL))
    variant, baseline = (
        load_case(name, weeks=60, settings={"behaviour.assisted": -2.0, **lever}).prepared().run(1)
        for name, lever in (("uk-pilot-2026", {"offer.amount_per_person": 20_000.0}), ("uk-2025", {}))
    )
    answers = Answers(found.inquiry)([{"offer.amount_per_person": 20_000.0}], 3)
    assert answers[0, 1] == variant.measures["offer_spend"] - baseline.measures["offer_spend"] > 0.0


def test_a_measure_that_no_run_has_is_refused_with_others_that_all_have() -> None:
    with pytest.raises(InputError) as refusal:
        analyse(asked(*OVER, measure="return_rate_60m", **SMALL))
    told = str(refusal.value)
    assert "--measure = 'return_rate_60m'" in told
    assert "3 of 3 pairs of runs have none (nobody is followed that long)" in told
    assert "all of them have" in told


def test_a_measure_that_some_runs_lack_is_refused() -> None:
    # Where nobody leaves, the share of departures that is unsafe is a share of nothing.
    with pytest.raises(InputError, match=r"unsafe_share.*[1-9]\d* of \d+ pairs of runs have none"):
        analyse(asked(*OVER, measure="unsafe_share", **{**SMALL, "households": 10}))


def test_ctrl_c_stops_it() -> None:
    class Stopped(Silent):
        def update(self, done: int, failed: int, total: int) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyse(asked(*OVER, **SMALL), progress=Stopped())
