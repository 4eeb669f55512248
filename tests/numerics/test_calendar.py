"""Weeks and years, and how "not yet" and "no limit" are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.numerics.calendar import NEVER, NO_LIMIT, WEEKS_PER_YEAR, happened, limited, weekly_chance


def test_a_rate_a_year_becomes_a_chance_a_week() -> None:
    assert (1 - weekly_chance(0.3)) ** (365.25 / 7) == pytest.approx(np.exp(-0.3))
    assert weekly_chance(0.0) == 0.0


@given(st.floats(-5_200.0, 5_200.0))
def test_any_week_of_any_run_has_happened_and_is_a_limit(week: float) -> None:
    assert happened(week)
    assert limited(week)
    assert not limited(week + NO_LIMIT)


def test_what_has_not_happened_and_what_has_no_limit_is_told_of_a_column_too() -> None:
    weeks = np.array([NEVER, -520.0, 0.0, 5_200.0, NO_LIMIT, 10.0 + NO_LIMIT])
    assert happened(weeks).tolist() == [False, True, True, True, True, True]
    assert limited(weeks).tolist() == [True, True, True, True, False, False]
    assert WEEKS_PER_YEAR == 365.25 / 7
