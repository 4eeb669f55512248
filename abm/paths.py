"""How true safety at home develops, and how the official safe list follows it.

The path of an origin is constant, a trend, a shock that fades, or a regime change at a random week; it
is a draw of its own, keyed by seed and country, so that it is the same under every policy.
"""

from __future__ import annotations

import numpy as np

from abm.arithmetic import exp, routine, rule
from abm.decision import WEEKS_PER_YEAR
from abm.draws import Purpose, exponential
from abm.setting import AFFECTED, COUNTRY, LEVEL, Setting
from abm.state import LISTED, TRUE_SAFETY

_PATH = int(Purpose.SAFETY_PATH)
CONSTANT, TREND, SHOCK, REGIME_CHANGE = 0.0, 1.0, 2.0, 3.0


@rule
def safety_in(key: int, week: int, x: Setting, origin: int) -> float:
    """True safety of an origin in a week, 0–1."""
    level = x.origins[LEVEL, origin]
    if x.origins[AFFECTED, origin] == 0.0 or x.w.safety_path == CONSTANT:
        return level
    years = week / WEEKS_PER_YEAR
    if x.w.safety_path == TREND:
        level += x.w.safety_trend * years
    elif x.w.safety_path == SHOCK:
        if week >= x.w.safety_week:
            since = (week - x.w.safety_week) / WEEKS_PER_YEAR
            level += x.w.safety_change * exp(-0.6931471805599453 * since / x.w.safety_recovery_years)
    elif (
        x.w.regime_per_year > 0.0
        and years >= exponential(key, int(x.origins[COUNTRY, origin]), 0, _PATH) / x.w.regime_per_year
    ):
        level += x.w.safety_change
    return min(1.0, max(0.0, level))


@routine
def safety_paths(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """True safety and the safe list.

    Returns
    -------
    float64 array, shape (2, weeks, origins)
        True safety; and 1 while the origin is on the list: its safety some weeks ago reached the
        policy's threshold.
    """
    weeks, origins = int(x.rates.weeks), x.origins.shape[1]
    lands = np.zeros((2, weeks, origins))
    for origin in range(origins):
        for week in range(weeks):
            lands[TRUE_SAFETY, week, origin] = safety_in(key, week, x, origin)
            seen = lands[TRUE_SAFETY, max(0, week - int(x.w.list_delay_weeks)), origin]
            lands[LISTED, week, origin] = 1.0 if seen >= x.rates.safe_threshold else 0.0
    return lands
