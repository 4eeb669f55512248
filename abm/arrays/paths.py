"""How true safety at home develops.

The path of an origin is constant, a trend, a shock that fades, or a regime change at a random week; it
is a draw of its own, keyed by seed and country, so that it is the same under every policy.
"""

from __future__ import annotations

import numpy as np

from abm.arrays.origins import ORIGIN
from abm.arrays.setting import Setting
from abm.arrays.state import LAND
from abm.inputs.world import SAFETY_PATH
from abm.numerics.arithmetic import exp, maker, rule
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, exponential


@rule
def safety_in(key: int, week: int, x: Setting, origin: int) -> float:
    """True safety of an origin in a week, 0–1."""
    level = x.origins[ORIGIN.safety, origin]
    if x.origins[ORIGIN.on_path, origin] == 0.0 or x.world.safety_path == SAFETY_PATH.constant:
        return level
    years = week / WEEKS_PER_YEAR
    if x.world.safety_path == SAFETY_PATH.trend:
        level += x.world.safety_trend * years
    elif x.world.safety_path == SAFETY_PATH.shock:
        if week >= x.world.safety_week:
            since = (week - x.world.safety_week) / WEEKS_PER_YEAR
            level += x.world.safety_change * exp(-0.6931471805599453 * since / x.world.safety_recovery_years)
    elif x.world.regime_per_year > 0.0:
        drawn = exponential(key, int(x.origins[ORIGIN.country, origin]), 0, PURPOSE.SAFETY_PATH)
        if years >= drawn / x.world.regime_per_year:
            level += x.world.safety_change
    return min(1.0, max(0.0, level))


@maker
def safety_paths(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """True safety of every origin in every week, and an empty safe list, (lands, weeks, origins)."""
    weeks, origins = int(x.frame.weeks), x.origins.shape[1]
    lands = np.zeros((len(LAND), weeks, origins))
    for origin in range(origins):
        level = safety_in(key, 0, x, origin)
        stays = x.origins[ORIGIN.on_path, origin] == 0.0 or x.world.safety_path == SAFETY_PATH.constant
        for week in range(weeks):
            lands[LAND.true_safety, week, origin] = level if stays else safety_in(key, week, x, origin)
    return lands
