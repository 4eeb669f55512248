"""Intervals of runs and of estimates: what they cover, and when there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from experiments.statistics.intervals import bought_by_pairing, differs, half_width, ratio_of_means, spread


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
    mean, low, high, _, count = spread(np.array([np.nan, 2.0, 4.0]))
    assert (mean, count) == (3.0, 2)
    assert low < high
    assert all(math.isnan(x) for x in spread(np.array([np.nan, np.nan]))[:4])


@pytest.mark.parametrize("count", [2, 5, 40])
def test_half_of_students_interval(count: int) -> None:
    values = np.random.default_rng(count).normal(3.0, 2.0, count)
    interval = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.90)
    assert half_width(count, values.std(ddof=1)) == pytest.approx((interval.high - interval.low) / 2)
    assert half_width(count, values.std(ddof=1), 0.99) > half_width(count, values.std(ddof=1))


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
