"""What a finished run adds up to: one pass over households and weeks, from which every measure is read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abm.arrays.ledger import LINE, UPKEEP
from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, FLOW, FLOWS_AT, LEDGER_AT, UPKEEP_AT, State
from abm.arrays.table import rows_in
from abm.household.stages import ACCOUNT, COL, STAGE, went_home
from abm.numerics.arithmetic import exp, log, maker, routine, rule
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
    upkeep: np.ndarray  # support at the price of the first housing, GBP, discounted, by what became of it, (upkeep,)
    upkeep_whole: float  # all of it
    upkeep_moved: float  # of that of supported households, what their housing does not cost
    wider: float  # costs less taxes outside the account, GBP, discounted; NaN where the wider account is off
    hotel_week: float  # a person-week in a hotel, subsistence included, GBP
    dispersal_week: float
    stocks: np.ndarray  # households at the end, by stage
    at_risk: float  # households ever at risk
    at_risk_absconded: float  # of them, ever out of contact
    at_risk_left: np.ndarray  # of them, left since they came to be at risk, by stage they left to
    left_within: np.ndarray  # share of them that left within a window, by stage they left to, (windows, stages)
    left: np.ndarray  # first departures, induced arrivals aside, by stage they left to
    left_persons: float  # persons in them
    left_unsafe: float  # of them, to a country unsafe at that time
    came_back: float  # of them, households that first went home by choice and came back
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


@maker
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
    for i in range(rows_in(state.s)):
        if ever_at_risk(state, i):
            duration = weeks_at_risk(state, i, weeks)
            seen[duration] += 1.0
            if left_at_risk(state, i):
                left[duration, int(state.s[COL.route, i])] += 1.0
    for duration in range(weeks - 1, -1, -1):
        seen[duration] += seen[duration + 1]
    return left, seen


@maker
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


@maker
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


@maker
def upkeep_of_all(state: State, x: Setting) -> tuple[np.ndarray, float, float]:
    """Support at the price of each household's first housing, discounted, GBP: by what became of it, all, and moved.

    Pence are summed before they are discounted, so that what is equal in every week is equal to the last digit.
    """
    upkeep, whole, moved = np.zeros(len(UPKEEP)), 0.0, 0.0
    weekly = exp(-log(1.0 + x.world.discount_rate) / WEEKS_PER_YEAR)
    factor = 1.0
    for week in range(state.history.shape[0]):
        kept = state.history[week, UPKEEP_AT : UPKEEP_AT + len(UPKEEP)]
        lines = state.history[week, LEDGER_AT:]
        for k in range(len(UPKEEP)):
            upkeep[k] += factor * (kept[k] / 100.0)
        whole += factor * (kept.sum() / 100.0)
        paid = lines[LINE.hotel] + lines[LINE.dispersal] + lines[LINE.subsistence]
        moved += factor * ((kept[UPKEEP.supported] - paid) / 100.0)
        factor *= weekly
    return upkeep, whole, moved


@routine
def outside(state: State, x: Setting) -> float:
    """What people outside the account cost less what they pay, discounted, GBP; NaN where no such figure is set."""
    w = x.world
    if w.lasting_cost_year == 0.0 and w.lasting_taxes_year == 0.0 and w.unsupported_cost_year == 0.0:
        return np.nan
    weekly = exp(-log(1.0 + w.discount_rate) / WEEKS_PER_YEAR)
    factor, total = 1.0, 0.0
    for week in range(state.history.shape[0]):
        lasting = state.history[week, FLOWS_AT + FLOW.lasting_persons]
        unsupported = state.history[week, FLOWS_AT + FLOW.unsupported_persons]
        net = lasting * (w.lasting_cost_year - w.lasting_taxes_year) + unsupported * w.unsupported_cost_year
        total += factor * net / WEEKS_PER_YEAR
        factor *= weekly
    return total


@maker
def tally(x: Setting, state: State, weight: float) -> Any:
    """Add up a finished run.

    Returns
    -------
    Tally
    """
    s = state.s
    weeks = state.history.shape[0]
    at_risk, absconded, persons, unsafe, back = 0.0, 0.0, 0.0, 0.0, 0.0
    left, risk_left = np.zeros(len(STAGE)), np.zeros(len(STAGE))
    for i in range(rows_in(s)):
        route = int(s[COL.route, i])
        if ever_at_risk(state, i):
            at_risk += 1.0
            if happened(s[COL.absconded_at, i]):
                absconded += 1.0
            if left_at_risk(state, i):
                risk_left[route] += 1.0
        if happened(s[COL.left_at, i]) and s[COL.account, i] != ACCOUNT.INDUCED:
            left[route] += 1.0
            persons += s[COL.adults, i] + s[COL.children, i]
            unsafe += s[COL.left_unsafe, i]
            if went_home(s[COL.route, i]) and s[COL.reentries, i] > 0.0:
                back += 1.0
    flows = np.zeros(len(FLOW))
    for week in range(weeks):
        for flow in range(len(flows)):
            flows[flow] += state.history[week, FLOWS_AT + flow]
    lines, spent_by = discounted(state, x)
    upkeep, whole, moved = upkeep_of_all(state, x)
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
        upkeep=upkeep,
        upkeep_whole=whole,
        upkeep_moved=moved,
        wider=outside(state, x),
        hotel_week=(x.prices.hotel_week + x.prices.hotel_subsistence_week) / 100.0,
        dispersal_week=(x.prices.dispersal_week + x.prices.subsistence_week) / 100.0,
        stocks=state.counts[COUNT.households].astype(np.float64),
        at_risk=at_risk,
        at_risk_absconded=absconded,
        at_risk_left=risk_left,
        left_within=within,
        left=left,
        left_persons=persons,
        left_unsafe=unsafe,
        came_back=back,
        median_weeks=median_of(by_week, seen),
    )
