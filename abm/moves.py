"""What follows when a household moves: offers are made, support runs out, ties hear of it, money is paid."""

from __future__ import annotations

import math

from abm.arithmetic import routine, rule
from abm.beliefs import raised
from abm.draws import Purpose, normal, uniform
from abm.ledger import OFFER_LINE, REINTEGRATION_LINE, TRAVEL_LINE, charge
from abm.offers import meets_conditions, open_to_stage
from abm.policy import CONTINUE, END_AFTER
from abm.population import housing_of
from abm.setting import PATIENCE_CLASSES, Setting
from abm.stages import (
    ABSCONDED, ABSENT, ACCOUNT, ADULTS, ALERT, ARRIVED, ASSISTED, AWAITING, CHILDREN, CLOSING, EXHAUSTED, HOUSING,
    ID, LEFT_AT, LEFT_UNSAFE, OFFERED, ORIGIN, OWN, PAID, PAYMENTS, RECEIVED, REENTERED, REENTRIES, REFUSED,
    REMOVALS, REMOVED, REPORTED, REPORTS, RISK_FROM, ROUTE, SINCE, STAGE, STANDING_OFFERED, SUPPORT_END, TIES,
    TIES_LEFT, TIES_REMOVED, UNASSISTED, WITHDRAWN,
)  # fmt: skip
from abm.state import (
    ARRIVALS_FLOW, ASSISTED_FLOW, ASSISTED_PERSONS, EXHAUSTED_FLOW, INDUCED_FLOW, LEDGER_AT, LISTED, REENTERED_FLOW,
    REMOVED_CHILDREN, REMOVED_PERSONS, SINGLE, TRUE_SAFETY, UNASSISTED_FLOW, UNASSISTED_PERSONS, UNREAD,
    UNSAFE_PERSONS, State, count, enter, note,
)  # fmt: skip

_REPORT, _PAID, _REHOUSING = int(Purpose.REPORT), int(Purpose.PAID), int(Purpose.REHOUSING)
_NO_LIMIT = 1.0e9
_NOT_YET = -1.0e5


@routine
def make_offers(x: Setting, state: State, i: int, week: int) -> None:
    """Make household i the offers that it can have in its stage, each once; a new offer draws attention."""
    s = state.s
    listed = state.lands[LISTED, week, int(s[ORIGIN, i])]
    told = max(float(week), x.standing.start_week)
    can_have = open_to_stage(x.standing, s[STAGE, i]) and meets_conditions(
        x.standing, s[CHILDREN, i], s[ARRIVED, i], listed
    )
    if s[STANDING_OFFERED, i] == _NO_LIMIT and told < x.standing.end_week and can_have:
        s[STANDING_OFFERED, i] = told
    told = max(float(week), x.offer.start_week)
    can_have = open_to_stage(x.offer, s[STAGE, i]) and meets_conditions(x.offer, s[CHILDREN, i], s[ARRIVED, i], listed)
    if s[OFFERED, i] == _NO_LIMIT and told < x.offer.end_week and can_have and x.offer.amount_per_person > 0.0:
        s[OFFERED, i] = told
        s[CLOSING, i] = offer_ends(x, told)
        if x.offer.early_bonus > 0.0:
            s[CLOSING, i] = min(s[CLOSING, i], told + x.offer.early_weeks)
        if told == float(week) and week != int(x.offer.start_week):
            s[ALERT, i] = raised(s[ALERT, i], x.b.alert_offer)


@rule
def offer_ends(x: Setting, told: float) -> float:
    """First week in which the offer, made to a household in a week, is closed to it."""
    return min(x.offer.end_week, told + x.offer.acceptance_window_weeks)


@routine
def follow_the_list(x: Setting, state: State, week: int) -> None:
    """Make the offers to households whose country has just come onto the safe list."""
    s = state.s
    for origin in range(len(state.segments) - 1):
        came = week > 0 and state.lands[LISTED, week, origin] > state.lands[LISTED, week - 1, origin]
        if came:
            for i in range(state.segments[origin], state.segments[origin + 1]):
                if AWAITING <= s[STAGE, i] <= ABSCONDED:
                    make_offers(x, state, i, week)
                if s[STAGE, i] == EXHAUSTED:
                    start_to_end_support(x, state, i, s[SINCE, i])


@routine
def announce(x: Setting, state: State, week: int) -> None:
    """In the week in which the offer opens, everybody who can have it hears of it."""
    s = state.s
    for i in range(s.shape[1]):
        if s[OFFERED, i] == float(week) and open_to_stage(x.offer, s[STAGE, i]):
            listed = state.lands[LISTED, week, int(s[ORIGIN, i])]
            if meets_conditions(x.offer, s[CHILDREN, i], s[ARRIVED, i], listed):
                s[ALERT, i] = raised(s[ALERT, i], x.b.alert_offer)


@routine
def start_to_end_support(x: Setting, state: State, i: int, since: float) -> None:
    """Set the week in which support ends for a household whose appeal rights are exhausted since a week."""
    s = state.s
    family = s[CHILDREN, i] > 0.0
    kind = x.support.families if family else x.support.singles
    weeks = x.support.families_weeks if family else x.support.singles_weeks
    s[SUPPORT_END, i] = _NO_LIMIT
    if s[HOUSING, i] == OWN or kind == CONTINUE:
        return
    if kind == END_AFTER:
        s[SUPPORT_END, i] = since + weeks
    elif s[OFFERED, i] < _NO_LIMIT and offer_ends(x, s[OFFERED, i]) < _NO_LIMIT:
        s[SUPPORT_END, i] = offer_ends(x, s[OFFERED, i])


@routine
def exhaust(x: Setting, state: State, i: int, week: int) -> None:
    """Appeal rights are exhausted."""
    s = state.s
    enter(state, i, EXHAUSTED, week)
    if s[RISK_FROM, i] < _NOT_YET:
        s[RISK_FROM, i] = float(week)
    s[ALERT, i] = raised(s[ALERT, i], x.b.alert_refusal)
    make_offers(x, state, i, week)
    start_to_end_support(x, state, i, float(week))
    note(state, week, EXHAUSTED_FLOW, 1)


@routine
def arrive(x: Setting, state: State, week: int) -> None:
    """Let in the households of the week; ties to those already there begin to count."""
    s = state.s
    for a in range(state.arrival_start[week], state.arrival_start[week + 1]):
        i = state.arrival_rows[a]
        enter(state, i, x.rates.inflow_stage, week)
        if x.rates.inflow_stage == EXHAUSTED:
            s[RISK_FROM, i] = float(week)
            s[ALERT, i] = raised(s[ALERT, i], x.b.alert_refusal)
        make_offers(x, state, i, week)
        if x.rates.inflow_stage == EXHAUSTED:
            start_to_end_support(x, state, i, float(week))
        meet(state, i)
        note(state, week, ARRIVALS_FLOW, 1)
        if s[ACCOUNT, i] == 1.0:
            note(state, week, INDUCED_FLOW, 1)


@routine
def meet(state: State, i: int) -> None:
    """Count ties between a household that has come and those who are already there."""
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[STAGE, j] != ABSENT:
            s[TIES, i] += 1.0
            s[TIES, j] += 1.0
            if s[STAGE, j] == ASSISTED or s[STAGE, j] == UNASSISTED:
                s[TIES_LEFT, i] += 1.0
            elif s[STAGE, j] == REMOVED:
                s[TIES_REMOVED, i] += 1.0


@rule
def quantised(share: float) -> float:
    """A report as a multiple of 1/1024, so that sums of reports are exact in any order."""
    return math.floor(min(1.0, max(0.0, share)) * 1024.0 + 0.5) / 1024.0


@routine
def leave(key: int, week: int, x: Setting, state: State, i: int, route: float) -> None:
    """A household leaves the country; it tells its ties, and they will think about it."""
    s = state.s
    identity, origin = int(s[ID, i]), int(s[ORIGIN, i])
    children = int(s[CHILDREN, i])
    persons = int(s[ADULTS, i]) + children
    if s[RISK_FROM, i] < _NOT_YET and s[STAGE, i] >= REFUSED:
        s[RISK_FROM, i] = float(week)
    first = s[LEFT_AT, i] < _NOT_YET
    truth = state.lands[TRUE_SAFETY, week, origin]
    unsafe = truth < x.w.unsafe_below
    if first or s[LEFT_AT, i] < s[RISK_FROM, i]:  # a departure before it was at risk gives way to one after
        s[LEFT_AT, i] = float(week)
        s[ROUTE, i] = route
        s[LEFT_UNSAFE, i] = 1.0 if unsafe else 0.0
    enter(state, i, route, week)
    if unsafe:
        note(state, week, UNSAFE_PERSONS, persons)
    paid = uniform(key, identity, week, _PAID) < x.w.payment_reliability
    if route == REMOVED:
        note(state, week, REMOVED_PERSONS, persons)
        note(state, week, REMOVED_CHILDREN, children)
        tell_of_removal(state, i)
        return
    if route == ASSISTED:
        note(state, week, ASSISTED_FLOW, 1)
        note(state, week, ASSISTED_PERSONS, persons)
    else:
        note(state, week, UNASSISTED_FLOW, 1)
        note(state, week, UNASSISTED_PERSONS, persons)
    report = quantised(truth + x.b.news_noise * normal(key, identity, week, _REPORT))
    tell_of_return(state, i, report, route == ASSISTED, paid)


@rule
def hear(state: State, j: int) -> None:
    """Put household j on the list of those with unread news, once."""
    s = state.s
    if s[REPORTS, j] + s[REMOVALS, j] == 0.0:
        state.heard[state.counts[SINGLE, UNREAD]] = j
        state.counts[SINGLE, UNREAD] += 1


@routine
def tell_of_return(state: State, i: int, report: float, promised: bool, paid: bool) -> None:
    """Ties learn that household i went home and, in time, how it fares.

    What they hear are counts and sums that are exact in any order; they read it next week.
    """
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[STAGE, j] != ABSENT:
            hear(state, j)
            s[TIES_LEFT, j] += 1.0
            s[REPORTS, j] += 1.0
            s[REPORTED, j] += report
            if promised:
                s[PAYMENTS, j] += 1.0
                s[PAID, j] += 1.0 if paid else 0.0


@routine
def tell_of_removal(state: State, i: int) -> None:
    """Ties learn that household i was removed."""
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[STAGE, j] != ABSENT:
            hear(state, j)
            s[TIES_REMOVED, j] += 1.0
            s[REMOVALS, j] += 1.0


@routine
def pay(key: int, week: int, x: Setting, state: State, i: int, full: float, at_departure: float) -> None:
    """Book an assisted return: travel, help in kind, and the offer with the part that is really paid later.

    The later part is booked at departure, when the state commits to it.
    """
    s = state.s
    persons = int(s[ADULTS, i]) + int(s[CHILDREN, i])
    paid = uniform(key, int(s[ID, i]), week, _PAID) < x.w.payment_reliability
    amount = full * at_departure + (full * (1.0 - at_departure) if paid else 0.0)
    booked = int(math.floor(amount * 100.0 + 0.5))
    charge(state.history[week, LEDGER_AT:], OFFER_LINE, s[ACCOUNT, i], booked)
    charge(state.history[week, LEDGER_AT:], TRAVEL_LINE, s[ACCOUNT, i], persons * x.prices.travel)
    charge(state.history[week, LEDGER_AT:], REINTEGRATION_LINE, s[ACCOUNT, i], x.prices.reintegration)
    s[RECEIVED, i] += float(booked)


@routine
def come_back(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """A returned household comes back and claims again."""
    s = state.s
    u = uniform(key, int(s[ID, i]), week, _REHOUSING)
    count(state, i, -1)
    s[STAGE, i] = AWAITING
    s[SINCE, i] = float(week)
    s[ARRIVED, i] = float(week)
    s[ACCOUNT, i] = REENTERED
    s[WITHDRAWN, i] = 0.0
    s[HOUSING, i] = housing_of(u, x)
    count(state, i, 1)
    s[REENTRIES, i] += 1.0
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        if s[STAGE, state.ties[e]] != ABSENT:
            s[TIES_LEFT, state.ties[e]] -= 1.0
    s[OFFERED, i] = _NO_LIMIT
    s[STANDING_OFFERED, i] = _NO_LIMIT
    s[CLOSING, i] = _NO_LIMIT
    s[SUPPORT_END, i] = _NO_LIMIT
    make_offers(x, state, i, week)
    note(state, week, REENTERED_FLOW, 1)


@rule
def offered_now(x: Setting, state: State, i: int, week: int, standing: bool) -> float:
    """Share of the amount of one of the offers that a household can have this week (0: none)."""
    s = state.s
    terms = x.standing if standing else x.offer
    told = s[STANDING_OFFERED, i] if standing else s[OFFERED, i]
    listed = state.lands[LISTED, week, int(s[ORIGIN, i])]
    if told > week or not open_to_stage(terms, s[STAGE, i]):
        return 0.0
    if not meets_conditions(terms, s[CHILDREN, i], s[ARRIVED, i], listed):
        return 0.0
    shares = x.standing_shares if standing else x.offer_shares
    return shares[week, PATIENCE_CLASSES, min(int(week - told), shares.shape[2] - 1)]
