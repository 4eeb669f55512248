"""Time in charts: which weeks are drawn and tabled, and the axis of years."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

#: Weeks of a year, as the measures count them.
A_YEAR = 52
#: Points of a line, about.
_POINTS = 60


def weeks_shown(weeks: int) -> NDArray[np.int64]:
    """About sixty weeks that are drawn, the first and the last of every year and of the run among them."""
    step = max(1, math.ceil(weeks / _POINTS))
    year = np.arange(A_YEAR - 1, weeks, A_YEAR)
    return np.unique(np.concatenate([[0], np.arange(step - 1, weeks, step), year, [weeks - 1]])).astype(np.int64)


def weeks_tabled(weeks: int) -> list[int]:
    """The last week of every year (of every quarter, in short runs), and of the run."""
    step = A_YEAR if weeks > 2 * A_YEAR else A_YEAR // 4
    return sorted({*range(step - 1, weeks, step), weeks - 1})


def year_of(week: int) -> float:
    """The end of a week, in years since the start."""
    return round((week + 1) / A_YEAR, 4)


def years(weeks: int, **told: Any) -> alt.X:
    """The axis of time, in whole years."""
    step = 1 if weeks <= 10 * A_YEAR else 2
    ticks: list[float] = list(range(0, math.ceil(weeks / A_YEAR) + 1, step))
    if weeks < 2 * A_YEAR:
        ticks = [quarter / 4 for quarter in range(int(4 * weeks / A_YEAR) + 1)]
    return alt.X(
        "year:Q",
        title="years since the start",
        axis=alt.Axis(values=ticks, format="~g", grid=False),
        scale=alt.Scale(domain=[0, year_of(weeks - 1)], nice=False),
        **told,
    )
