"""Where a curve passes zero: by hand, and how often the interval covers it."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.crossing import crossings


def test_a_straight_line_passes_zero_where_it_does() -> None:
    x = np.array([0.0, 10.0, 40.0])
    (found,) = crossings(x, np.array([2.0 - x / 8.0]))  # zero at 16
    assert found.at == pytest.approx(16.0)
    assert not found.rising
    assert np.isnan([found.low, found.high]).all()  # one row has no interval


def test_each_passage_is_told_and_a_touch_is_not() -> None:
    x = np.arange(6.0)
    found = crossings(x, np.array([[-1.0, 1.0, 0.0, 1.0, 0.0, -1.0]]))
    assert [(turn.at, turn.rising) for turn in found] == [(0.5, True), (4.0, False)]


def test_no_passage_where_the_sign_stays() -> None:
    assert crossings([0.0, 1.0], np.array([[1.0, 2.0], [1.0, 3.0]])) == []


def test_an_interval_beyond_the_values_tried_is_open() -> None:
    rng = np.random.default_rng(0)
    rows = np.array([3.0, 2.0, -0.1])[None, :] + rng.normal(0.0, 1.0, (30, 1))
    (found,) = crossings([0.0, 1.0, 2.0], rows)
    assert found.high == np.inf
    assert 1.0 < found.low < found.at < 2.0


def test_nine_intervals_in_ten_hold_the_truth() -> None:
    """Lines 1 − x with a common shift: the mean of 40 passes zero at 1, give or take its own error."""
    rng = np.random.default_rng(1)
    x = np.array([0.0, 0.5, 1.5, 2.0])
    held = 0
    for _ in range(100):
        (found,) = crossings(x, 1.0 - x[None, :] + rng.normal(0.0, 0.5, (40, 1)))
        held += found.low <= 1.0 <= found.high
    assert 80 <= held <= 98  # binomial (100, 0.9): five standard errors below, nearly three above
