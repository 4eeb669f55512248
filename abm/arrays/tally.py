"""What a finished run adds up to: one pass over households and weeks, from which every measure is read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abm.arrays.ledger import LINE
from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, FLOW, FLOWS_AT, LEDGER_AT, State
from abm.household.stages import ACCOUNT, COL, STAGE, went_home
from abm.numerics.arithmetic import exp, log, routine, rule
from abm.numerics.calendar import WEEKS_PER_YEAR, happened

#: Windows of the return rates, in weeks from being at risk.
WINDOWS = (52, 104, 260)
#: Horizons of the account, in weeks from the start: one, three and five years.
HORIZONS = (52, 156, 260)


class Tally(NamedTuple):
    """Sums over a finished run of the simulated households; by stage, entry ``STAGE.X`` of an array."""

    weight: float  # households of the caseload for which one simulated household stands
    flows: np.ndarray  # over all weeks, (flows,)
    lines: np.ndarray  # the account, GBP, discounted to week 0, (lines,)
    spent_by: np.ndarray  # all lines up to each horizon, GBP, discounted; NaN in a shorter run, (horizons,)
    hotel_week: float  # a person-week in a hotel, subsistence included, GBP
    dispersal_week: float
    stocks: np.ndarray  # households at the end, by stage
    at_risk: float  # households ever at risk
    at_risk_absconded: float  # of them, ever out of contact
    at_risk_left: np.ndarray  # of them, left since they came to be at risk, by stage they left to
    left_within: np.ndarray  # share of them that left within a window, by stage they left to, (windows, stages)
    left: np.ndarray  # first departures, by stage they left to
    left_ordinary: float  # first departures, induced arrivals aside
    left_unsafe: float  # first departures to a country unsafe at that time
    came_back: float  # households that first went home by choice and came back
    median_weeks: float  # Kaplan–Meier median of weeks from being at risk to departure


@rule
def ever_at_risk(state: State, i: int) -> bool:
    """Whether household i was at risk at any time of the run."""
    return happened(state.s[COL.risk_from, i])


@rule
def left_at_risk(state: State, i: int) -> bool:
    """Whether household i has left since it came to be at risk."""
    left_at = state.s[COL.left_at, i]
    return happened(left_at) and left_at >= state.s[COL.risk_from, i]


@rule
def weeks_at_risk(state: State, i: int, weeks: int) -> int:
    """Weeks from being at risk to departure, or to the end of what is seen of household i."""
    s = state.s
    if left_at_risk(state, i):
        return int(min(float(weeks), max(0.0, s[COL.left_at, i] - s[COL.risk_from, i])))
    return int(max(0.0, weeks - s[COL.risk_from, i] - 1.0))


@routine
def departures_by_week(state: State, weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Departures by weeks since being at risk, and how many are still seen then.

    Returns
    -------
    left : float64 array, shape (weeks + 1, stages)
        Departures d weeks after coming to be at risk, by the stage left to.
    seen : float64 array, shape (weeks + 1,)
        Households neither gone nor lost from sight before.
    """
    left = np.zeros((weeks + 1, len(STAGE)))
    seen = np.zeros(weeks + 1)
    for i in range(state.s.shape[1]):
        if ever_at_risk(state, i):
            duration = weeks_at_risk(state, i, weeks)
            seen[duration] += 1.0
            if left_at_risk(state, i):
                left[duration, int(state.s[COL.route, i])] += 1.0
    for duration in range(weeks - 1, -1, -1):
        seen[duration] += seen[duration + 1]
    return left, seen


@routine
def incidence(left: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Share that has left by each route within d weeks, in the presence of the other routes.

    The Aalen–Johansen estimator: a household whose follow-up ends earlier counts as long as it is seen, so that the
    share never falls as the window grows.

    Returns
    -------
    float64 array, shape (weeks + 1, stages)
        Entry d: left within d weeks; NaN where nobody is followed that long.

    References
    ----------
    .. [1] O. O. Aalen, S. Johansen, "An empirical transition matrix for non-homogeneous Markov chains based on
       censored observations", Scandinavian Journal of Statistics 5 (1978), 141–150.
    """
    share = np.zeros(left.shape)
    staying = 1.0
    for d in range(len(seen) - 1):
        if seen[d] == 0.0 and staying > 0.0:
            share[d + 1 :] = np.nan
            break
        hazard = left[d] / max(seen[d], 1.0)
        share[d + 1] = share[d] + staying * hazard
        staying *= 1.0 - left[d].sum() / max(seen[d], 1.0)
    return share


@routine
def median_of(left: np.ndarray, seen: np.ndarray) -> float:
    """Kaplan–Meier median of the weeks from being at risk to departure; NaN if it is not reached.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations",
       Journal of the American Statistical Association 53 (1958), 457–481.
    """
    survival = 1.0
    for duration in range(len(seen)):
        if seen[duration] <= 0.0:
            break
        gone = 0.0
        for stage in range(left.shape[1]):
            gone += left[duration, stage]
        survival *= 1.0 - gone / seen[duration]
        if survival <= 0.5:
            return duration + 1.0
    return np.nan


@routine
def discounted(state: State, x: Setting) -> tuple[np.ndarray, np.ndarray]:
    """The account in pounds, discounted to week 0: by line over the run, and all lines up to each horizon."""
    lines, spent_by = np.zeros(len(LINE)), np.full(len(HORIZONS), np.nan)
    weekly = exp(-log(1.0 + x.world.discount_rate) / WEEKS_PER_YEAR)
    factor, spent = 1.0, 0.0
    for week in range(state.history.shape[0]):
        for line in range(len(lines)):
            booked = factor * (state.history[week, LEDGER_AT + line] / 100.0)
            lines[line] += booked
            spent += booked
        factor *= weekly
        for h in range(len(HORIZONS)):
            if week + 1 == HORIZONS[h]:
                spent_by[h] = spent
    return lines, spent_by


@routine
def tally(x: Setting, state: State, weight: float) -> Any:
    """Add up a finished run.

    Returns
    -------
    Tally
    """
    s = state.s
    weeks = state.history.shape[0]
    at_risk, absconded, ordinary, unsafe, back = 0.0, 0.0, 0.0, 0.0, 0.0
    left, risk_left = np.zeros(len(STAGE)), np.zeros(len(STAGE))
    for i in range(s.shape[1]):
        route = int(s[COL.route, i])
        if ever_at_risk(state, i):
            at_risk += 1.0
            if happened(s[COL.absconded_at, i]):
                absconded += 1.0
            if left_at_risk(state, i):
                risk_left[route] += 1.0
        if happened(s[COL.left_at, i]):
            left[route] += 1.0
            ordinary += 1.0 if s[COL.account, i] != ACCOUNT.INDUCED else 0.0
            unsafe += s[COL.left_unsafe, i]
            if went_home(s[COL.route, i]) and s[COL.reentries, i] > 0.0:
                back += 1.0
    flows = np.zeros(len(FLOW))
    for week in range(weeks):
        for flow in range(len(flows)):
            flows[flow] += state.history[week, FLOWS_AT + flow]
    lines, spent_by = discounted(state, x)
    by_week, seen = departures_by_week(state, weeks)
    shares = incidence(by_week, seen)
    within = np.full((len(WINDOWS), len(STAGE)), np.nan)
    for w in range(len(WINDOWS)):
        if WINDOWS[w] <= weeks:
            within[w] = shares[WINDOWS[w]]
    return Tally(
        weight=weight,
        flows=flows,
        lines=lines,
        spent_by=spent_by,
        hotel_week=(x.prices.hotel_week + x.prices.hotel_subsistence_week) / 100.0,
        dispersal_week=(x.prices.dispersal_week + x.prices.subsistence_week) / 100.0,
        stocks=state.counts[COUNT.households].astype(np.float64),
        at_risk=at_risk,
        at_risk_absconded=absconded,
        at_risk_left=risk_left,
        left_within=within,
        left=left,
        left_ordinary=ordinary,
        left_unsafe=unsafe,
        came_back=back,
        median_weeks=median_of(by_week, seen),
    )
