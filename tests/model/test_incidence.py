"""Return rates are cumulative incidences: they use everybody as long as they are seen, and never fall."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tiny import busy, caseload

from abm import load_policy, prepare
from abm.arrays.tally import departures_by_week, incidence
from abm.household.stages import COL, ROUTES, Housing, Stage


def test_rates_never_fall_as_the_window_grows() -> None:
    for seed in range(5):
        run = prepare("uk-upfront-national", "uk-families-2026", weeks=260).run(seed)
        rates = [run.measures[f"return_rate_{months}m"] for months in (12, 24, 60)]
        assert rates == sorted(rates)


def test_one_route_alone_is_one_less_the_kaplan_meier_survival() -> None:
    rng = np.random.default_rng(1)
    duration, gone = rng.integers(0, 50, 300), rng.random(300) < 0.6
    left = np.zeros((51, len(Stage)))
    np.add.at(left, (duration[gone], int(Stage.RETURNED_ASSISTED)), 1.0)
    seen = np.bincount(duration, minlength=51)[::-1].cumsum()[::-1].astype(float)
    data = stats.CensoredData(uncensored=duration[gone].astype(float), right=duration[~gone].astype(float))
    survival = stats.ecdf(data).sf
    for weeks in (1, 10, 30):
        expected = 1.0 - survival.evaluate(weeks - 1)
        assert incidence(left, seen)[weeks, Stage.RETURNED_ASSISTED] == pytest.approx(expected)


def test_routes_sum_to_the_share_that_left_and_a_longer_window_than_the_follow_up_has_none() -> None:
    run = busy(weeks=60).run(1)
    by_week, seen = departures_by_week(run.state, 60)
    share = incidence(by_week, seen)
    assert np.all(share[1:60].sum(axis=1) <= 1.0)
    assert set(np.flatnonzero(share[59])) <= {int(route) for route in ROUTES}
    assert np.isnan(run.measures["return_rate_24m"])
    assert 0.0 < run.measures["return_rate_12m"] < 1.0


def test_where_nobody_is_lost_from_sight_the_rate_is_the_share_that_left() -> None:
    run = prepare(load_policy("uk-2025"), caseload(households=500), weeks=53).run(1)
    s = run.state.s
    left = (s[COL.left_at] >= 0) & (s[COL.left_at] < 52)
    assert run.measures["return_rate_12m"] == pytest.approx(left.mean())


def test_groups_are_those_of_the_start_and_not_of_the_outcome() -> None:
    run = prepare("uk-2025", "uk-families-2026", weeks=104).run(1)
    table = run.by("housing")
    assert list(table.index) == [Housing.HOTEL.name]  # all start in hotels, whatever became of them
    assert table.loc["HOTEL", "return_rate"] == pytest.approx(run.measures["return_rate_12m"])
    assert table.loc["HOTEL", "households"] == run.measures["at_risk"]


def test_a_group_of_everybody_has_the_rate_of_the_measure() -> None:
    run = prepare("uk-2025", "uk-families-2026", weeks=104).run(4)
    table = run.by("family")
    assert table.loc["family", "return_rate"] == pytest.approx(run.measures["return_rate_12m"])
    assert table.loc["family", "absconded_share"] == pytest.approx(run.measures["absconded_share"])
