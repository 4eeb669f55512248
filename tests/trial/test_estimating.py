"""The trialist's estimate: known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_ind

from experiments.trial.estimating import detectable, estimate

RNG = np.random.default_rng(5)
VALUES = RNG.normal(size=60) + 0.3
TREATED = np.arange(60) < 25


def test_families_by_themselves_are_welchs_test() -> None:
    told, known = estimate(VALUES, TREATED), ttest_ind(VALUES[TREATED], VALUES[~TREATED], equal_var=False)
    assert told.difference == pytest.approx(VALUES[TREATED].mean() - VALUES[~TREATED].mean())
    assert told.difference / told.error == pytest.approx(known.statistic)
    assert told.p == pytest.approx(known.pvalue)


def test_equal_clusters_are_welchs_test_of_their_means() -> None:
    clusters = np.repeat(np.arange(12), 5)
    treated = clusters < 5
    means = VALUES.reshape(12, 5).mean(axis=1)
    told, known = estimate(VALUES, treated, clusters), ttest_ind(means[:5], means[5:], equal_var=False)
    assert told.difference / told.error == pytest.approx(known.statistic)
    assert told.p == pytest.approx(known.pvalue)


def test_what_families_of_a_site_share_widens_the_error() -> None:
    """Six copies of each family: the error of clusters is that of the families, not of six times as many."""
    one, copies = estimate(VALUES, TREATED), np.repeat(VALUES, 6)
    clusters, treated = np.repeat(np.arange(60), 6), np.repeat(TREATED, 6)
    assert estimate(copies, treated, clusters).error == pytest.approx(one.error)
    assert estimate(copies, treated).error < 0.5 * one.error


def test_one_cluster_in_an_arm_allows_no_test() -> None:
    told = estimate(VALUES, TREATED, TREATED.astype(np.int64))
    assert math.isnan(told.error)
    assert math.isnan(told.p)
    assert told.difference == pytest.approx(VALUES[TREATED].mean() - VALUES[~TREATED].mean())
    assert math.isnan(estimate(VALUES, np.ones(60, dtype=np.bool_)).difference)


def test_nobody_left_is_no_effect() -> None:
    assert estimate(np.zeros(60), TREATED) == (0.0, 0.0, 1.0)
    assert estimate(TREATED.astype(float), TREATED).p == 0.0  # all who were drawn left, and nobody else


def test_the_smallest_effect_to_be_seen_is_2_8_standard_errors() -> None:
    assert detectable(1.0, 0.05, 0.80) == pytest.approx(1.959964 + 0.841621, abs=1e-6)
