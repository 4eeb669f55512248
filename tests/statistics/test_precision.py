"""Replicates until an interval is narrow enough: the rule keeps its promise of 90 % however often it looks."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from abm.inputs.parameters import InputError
from experiments.statistics.precision import FIRST, Look, Target, confidence_of_look, look, parse_target

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


def stopped(values: np.ndarray, vectors: np.ndarray | None, width: float, first: int) -> Look:
    """The look at which the rule stops."""
    number, runs = 1, first
    while True:
        had = None if vectors is None else vectors[:runs]
        taken = look(values[:runs], width, number, most=len(values), vectors=had)
        if taken.enough or taken.next_runs == taken.runs:
            return taken
        number, runs = number + 1, taken.next_runs


def test_by_vector_too_the_rule_covers_the_truth_as_often_as_promised() -> None:
    """Runs are added in whole rounds of 38 vectors; taking the runs for independent breaks the promise."""
    rng, trials = np.random.default_rng(8), 400
    vectors = np.arange(38 * 30) % 38
    covered = np.zeros(2)
    for _ in range(trials):
        values = rng.normal(0.0, 1.0, 38)[vectors] + rng.normal(0.0, 1.0, len(vectors))
        for k, had in enumerate((vectors, None)):
            taken = stopped(values, had, 0.2, 38)
            assert k or taken.runs % 38 == 0
            covered[k] += abs(taken.mean) <= taken.half_width
    # Binomial, three standard deviations below 90 %.
    assert covered[0] / trials > 0.90 - 3 * (0.09 / trials) ** 0.5 > covered[1] / trials


def test_what_more_runs_of_the_same_vectors_cannot_do_is_not_tried() -> None:
    vectors = np.arange(38 * 50) % 38
    rng = np.random.default_rng(4)
    effects = rng.normal(0.0, 1.0, 38)
    values = effects[vectors] + rng.normal(0.0, 0.5, len(vectors))
    taken = stopped(values, vectors, 0.05, 38)
    assert not taken.enough
    assert taken.runs <= 38 * 3
    # The floor is the interval of the vectors' own means, at the confidence of the next look.
    quantile = scipy.stats.t.ppf(0.5 + confidence_of_look(taken.number + 1) / 2, 37)
    assert taken.floor == pytest.approx(quantile * effects.std(ddof=1) / 38**0.5, rel=0.1)


def test_runs_with_a_vector_each_are_judged_as_runs() -> None:
    values = np.random.default_rng(6).normal(0.0, 1.0, 50)
    assert look(values, 0.4, 2, most=900, vectors=np.zeros(50, int)) == look(values, 0.4, 2, most=900)
    own, plain = (look(values, 0.4, 2, most=900, vectors=v) for v in (np.arange(50), None))
    assert (own.mean, own.half_width, own.enough) == (plain.mean, plain.half_width, plain.enough)
    assert own.next_runs == plain.next_runs  # the posterior has more of them


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
