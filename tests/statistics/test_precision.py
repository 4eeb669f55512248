"""Replicates until an interval is narrow enough: the rule keeps its promise of 90 % however often it looks."""

from __future__ import annotations

import numpy as np
import pytest

from abm.inputs.parameters import InputError
from experiments.statistics.precision import FIRST, Target, confidence_of_look, look, parse_target

NAME = "return_rate_12m"


def test_the_confidence_spent_over_all_looks_is_the_ten_percent_promised() -> None:
    spent = sum(1 - confidence_of_look(k) for k in range(1, 10_000))
    assert spent == pytest.approx(0.10, rel=1e-3)
    assert spent < 0.10


def test_stopping_when_narrow_covers_the_truth_as_often_as_promised() -> None:
    rng = np.random.default_rng(3)
    covered, trials = 0, 600
    for _ in range(trials):
        values = rng.exponential(1.0, 2_000)
        number, runs = 1, FIRST
        while not (taken := look(values[:runs], 0.25, number, most=2_000)).enough:
            number, runs = number + 1, taken.next_runs
        covered += abs(taken.mean - 1.0) <= 0.25
    # Binomial, three standard deviations below 90 %.
    assert covered / trials > 0.90 - 3 * (0.09 / trials) ** 0.5


def test_a_look_counts_only_runs_that_have_the_measure() -> None:
    values = np.concatenate([np.full(30, np.nan), np.random.default_rng(0).normal(0, 1, 10)])
    taken = look(values, 10.0, 1, most=1_000)
    assert not taken.enough
    assert taken.runs < taken.next_runs <= 2 * taken.runs


@pytest.mark.parametrize("text", ["return_rate_12m=±0.01", "return_rate_12m=+-0.01", "return_rate_12m=0.01"])
def test_a_precision_can_be_written_three_ways(text: str) -> None:
    assert parse_target(text) == Target(NAME, 0.01)


@pytest.mark.parametrize(("text", "nearest"), [
    ("return_rate_12=±0.01", "return_rate_12m"), ("return_rate_12m", None), ("return_rate_12m=±0", None),
    ("return_rate_12m=-1", None), ("return_rate_12m=nan", None), ("cost_npv=wide", None),
])  # fmt: skip
def test_a_bad_precision_is_refused(text: str, nearest: str | None) -> None:
    with pytest.raises(InputError) as refusal:
        parse_target(text)
    assert refusal.value.nearest == nearest
