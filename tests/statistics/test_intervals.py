"""Intervals of runs and of estimates: what they cover, and when there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from experiments.statistics.intervals import (
    bought_by_pairing,
    differs,
    half_width,
    ratio_of_means,
    spread,
    student_quantile,
    vector_means,
)


def test_the_interval_of_a_ratio_covers_the_truth_about_nine_times_in_ten() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(150):
        below = rng.normal(4.0, 1.0, 40)
        above = 3.0 * below + rng.normal(0.0, 2.0, 40)
        _, low, high = ratio_of_means(above, below)
        covered += low <= 3.0 <= high
    assert 0.82 <= covered / 150 <= 0.97


def test_a_ratio_that_is_the_same_in_every_run_has_no_width() -> None:
    below = np.array([1.0, 2.0, 4.0])
    assert ratio_of_means(2.0 * below, below) == (2.0, 2.0, 2.0)


def test_a_difference_is_told_from_zero_by_students_interval() -> None:
    assert differs(np.array([1.0, 1.1, 0.9, 1.0]))
    assert not differs(np.array([1.0, -1.1, 0.9, -1.0]))
    assert not differs(np.zeros(5))
    assert not differs(np.array([1.0]))


def test_a_measure_that_some_runs_lack_is_told_over_those_that_have_it() -> None:
    told = spread(np.array([np.nan, 2.0, 4.0]))
    assert (told.mean, told.defined) == (3.0, 2)
    assert told.mean_low < told.run_p05 < told.run_p95 < told.mean_high
    assert all(math.isnan(x) for x in spread(np.array([np.nan, np.nan]))[:6])


@pytest.mark.parametrize("count", [2, 5, 40])
def test_half_of_students_interval(count: int) -> None:
    values = np.random.default_rng(count).normal(3.0, 2.0, count)
    interval = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.90)
    assert half_width(count, values.std(ddof=1)) == pytest.approx((interval.high - interval.low) / 2)
    assert half_width(count, values.std(ddof=1), 0.99) > half_width(count, values.std(ddof=1))


@pytest.mark.parametrize("share", [0.6, 0.95, 0.975, 0.995])
def test_students_quantile_has_ten_digits_of_its_closed_forms(share: float) -> None:
    """One and two degrees of freedom; versions of SciPy differ in the ninth, and intervals must not."""
    closed = [math.tan(math.pi * (share - 0.5)), (2 * share - 1) / math.sqrt(2 * share * (1 - share))]
    assert student_quantile([1, 2], share).tolist() == [float(f"{value:.10g}") for value in closed]


def test_one_value_has_no_interval() -> None:
    assert np.isnan(half_width([0, 1, 2], [0.0, 0.0, 1.0])).tolist() == [True, True, False]


def test_pairing_buys_what_the_runs_have_in_common() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(0.0, 3.0, 2_000)
    own = rng.normal(0.0, 1.0, 2_000)
    # Var(base) + Var(base + own) over Var(own) = (9 + 10) / 1.
    assert bought_by_pairing(base, base + own, own) == pytest.approx(19.0, rel=0.1)
    assert math.isnan(bought_by_pairing(base, base, np.zeros(2_000)))
    assert math.isnan(bought_by_pairing(np.ones(5), np.arange(5.0), np.arange(5.0) - 1.0))


# ---- runs that share a parameter vector -------------------------------------------------------------


def drawn(rng: np.random.Generator, vectors: int, runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of vectors in turn, four fifths of whose variance lies between vectors (true mean 0), and the vectors."""
    at = np.arange(runs) % vectors
    return rng.normal(0.0, 2.0, vectors)[at] + rng.normal(0.0, 1.0, runs), at


@pytest.mark.parametrize("runs", [114, 100, 40])
def test_the_interval_by_vector_covers_the_truth_nine_times_in_ten_and_that_by_run_does_not(runs: int) -> None:
    """Also where some vectors have more runs than others (100 and 40 runs of 38 vectors)."""
    rng, trials = np.random.default_rng(runs), 500
    covered = np.zeros(2)
    for _ in range(trials):
        values, vectors = drawn(rng, 38, runs)
        for k, told in enumerate((spread(values, vectors), spread(values))):
            covered[k] += told.mean_low <= 0.0 <= told.mean_high
    # Binomial, three standard deviations either side.
    assert covered[0] / trials == pytest.approx(0.90, abs=3 * (0.09 / trials) ** 0.5)
    if runs == 114:
        assert covered[1] / trials < 0.80


def test_a_ratio_by_vector_covers_the_truth_about_nine_times_in_ten() -> None:
    rng, trials = np.random.default_rng(11), 150
    covered = np.zeros(2)
    for _ in range(trials):
        below, vectors = drawn(rng, 38, 114)
        noise, _ = drawn(rng, 38, 114)
        below = 8.0 + below
        above = 3.0 * below + noise
        for k, told in enumerate((ratio_of_means(above, below, vectors), ratio_of_means(above, below))):
            covered[k] += told[1] <= 3.0 <= told[2]
    assert 0.82 <= covered[0] / trials <= 0.97
    assert covered[1] / trials < 0.80


def test_more_runs_of_the_same_vectors_do_not_make_the_mean_known() -> None:
    effects = np.random.default_rng(5).normal(0.0, 2.0, 38)
    few, many = (np.arange(38 * rounds) % 38 for rounds in (1, 20))
    narrow, wide = spread(effects[many], many), spread(effects[few], few)
    assert narrow.mean_high - narrow.mean_low == pytest.approx(wide.mean_high - wide.mean_low)
    ends = ratio_of_means(effects[many], effects[many] + 9.0, many)
    assert ends == pytest.approx(ratio_of_means(effects[few], effects[few] + 9.0, few))


@pytest.mark.parametrize("vectors", [np.arange(40), np.zeros(40, int), None], ids=["own", "one", "none"])
def test_with_a_vector_each_or_one_for_all_the_runs_are_independent(vectors: np.ndarray | None) -> None:
    rng = np.random.default_rng(2)
    values, others = rng.normal(3.0, 2.0, 40), rng.normal(9.0, 1.0, 40)
    told = spread(values, vectors)
    interval = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.90)
    assert (told.mean_low, told.mean_high) == pytest.approx((interval.low, interval.high))
    assert told.standard_error == pytest.approx(values.std(ddof=1) / 40**0.5)
    assert ratio_of_means(values, others, vectors) == ratio_of_means(values, others)


def test_vectors_of_unequal_numbers_of_runs_count_alike() -> None:
    values, vectors = np.array([1.0, 10.0, 3.0, np.nan, 5.0]), np.array([0, 1, 0, 1, 0])
    told = spread(values, vectors)
    assert vector_means(values, vectors).tolist() == [3.0, 10.0]
    assert (told.mean, told.defined) == (6.5, 4)
    assert told.standard_error == pytest.approx(np.std([3.0, 10.0], ddof=1) / 2**0.5)
    assert (told.run_p05, told.run_p95) == pytest.approx(np.percentile([1, 3, 5, 10], [5, 95]))


def test_a_measure_that_one_vector_alone_has_gets_no_interval_of_its_mean() -> None:
    told = spread(np.array([1.0, np.nan, 3.0, np.nan]), np.array([0, 1, 0, 1]))
    assert told.mean == 2.0
    assert math.isnan(told.mean_low)
    assert math.isnan(told.standard_error)


def test_runs_that_are_all_alike_have_no_width() -> None:
    told = spread(np.full(9, 0.1), np.arange(9) % 3)
    assert told[:6] == (0.1, 0.1, 0.1, 0.1, 0.1, 0.0)


def test_series_are_averaged_by_vector() -> None:
    values, vectors = np.array([[1.0, 2.0], [10.0, 20.0], [3.0, 4.0]]), np.array([0, 1, 0])
    assert vector_means(values, vectors).tolist() == [[2.0, 3.0], [10.0, 20.0]]
