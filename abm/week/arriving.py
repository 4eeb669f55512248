"""Households come, or come back: they are told of the offers and meet those whom they know."""

from __future__ import annotations

from abm.arrays.population import housing_of
from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, FLOW, State, count, enter, note
from abm.arrays.table import set_made
from abm.household.beliefs import raised
from abm.household.stages import ACCOUNT, COL, STAGE, went_home
from abm.numerics.arithmetic import routine
from abm.numerics.calendar import NO_LIMIT
from abm.numerics.draws import PURPOSE, uniform
from abm.week.offering import give_notice, make_offers, start_to_end_support


@routine
def arrive(key: int, week: int, x: Setting, state: State) -> None:
    """Let in the households of the week; ties to those already there begin to count."""
    s = state.s
    state.counts[COUNT.there, 0] = state.arrivals[week + 1]
    for i in range(state.arrivals[week], state.arrivals[week + 1]):
        if s[COL.kept_away, i] == 1.0:
            continue
        enter(state, i, x.frame.inflow_stage, week)
        if x.frame.inflow_stage == STAGE.EXHAUSTED:
            s[COL.risk_from, i] = float(week)
            s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_refusal)
        make_offers(key, week, x, state, i, False)
        if x.frame.inflow_stage == STAGE.EXHAUSTED:
            give_notice(x, state, i)
            start_to_end_support(x, state, i)
        meet(state, i)
        note(state, week, FLOW.arrivals, 1)
        if s[COL.account, i] == ACCOUNT.INDUCED:
            note(state, week, FLOW.induced_arrivals, 1)


@routine
def meet(state: State, i: int) -> None:
    """Count ties between a household that has come and those who are already there."""
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[COL.stage, j] != STAGE.ABSENT:
            s[COL.ties, i] += 1.0
            s[COL.ties, j] += 1.0
            if went_home(s[COL.stage, j]):
                s[COL.ties_left, i] += 1.0
            elif s[COL.stage, j] == STAGE.REMOVED:
                s[COL.ties_removed, i] += 1.0


@routine
def come_back(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """A returned household comes back and claims again."""
    s = state.s
    u = uniform(key, int(s[COL.id, i]), week, PURPOSE.REHOUSING)
    count(state, i, -1)
    s[COL.stage, i] = STAGE.AWAITING
    s[COL.since, i] = float(week)
    s[COL.arrived, i] = float(week)
    if s[COL.account, i] != ACCOUNT.INDUCED:  # who came because of the policy stays on its account
        s[COL.account, i] = ACCOUNT.REENTERED
    s[COL.withdrawn, i] = 0.0
    s[COL.housing, i] = housing_of(u, x)
    count(state, i, 1)
    s[COL.reentries, i] += 1.0
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        if s[COL.stage, state.ties[e]] != STAGE.ABSENT:
            s[COL.ties_left, state.ties[e]] -= 1.0
    for k in range(len(x.offers)):
        set_made(s, k, i, NO_LIMIT)
    s[COL.closing, i] = NO_LIMIT
    s[COL.support_end, i] = NO_LIMIT
    make_offers(key, week, x, state, i, True)
    note(state, week, FLOW.re_entered, 1)
