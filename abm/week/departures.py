"""Households leave, or go out of contact: what they are paid, and what those whom they leave behind hear of it."""

from __future__ import annotations

import math

from abm.arrays.ledger import LINE, charge
from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, EVENT, FLOW, LAND, LEDGER_AT, NEWS, State, enter, is_at_risk, note, record
from abm.household.stages import COL, STAGE, was_refused
from abm.numerics.arithmetic import routine, rule
from abm.numerics.calendar import NO_LIMIT, happened
from abm.numerics.draws import PURPOSE, normal, uniform


@rule
def quantised(share: float) -> float:
    """A report as a multiple of 1/1024, so that sums of reports are exact in any order."""
    return math.floor(min(1.0, max(0.0, share)) * 1024.0 + 0.5) / 1024.0


@routine
def leave(key: int, week: int, x: Setting, state: State, i: int, route: float) -> None:
    """A household leaves the country; it tells its ties, and they will think about it."""
    s = state.s
    identity, origin = int(s[COL.id, i]), int(s[COL.origin, i])
    children = int(s[COL.children, i])
    persons = int(s[COL.adults, i]) + children
    if was_refused(s[COL.stage, i]):
        is_at_risk(state, i, week)
    first = not happened(s[COL.left_at, i])
    truth = state.lands[LAND.true_safety, week, origin]
    unsafe = truth < x.world.unsafe_below
    if first or s[COL.left_at, i] < s[COL.risk_from, i]:  # a departure before it was at risk gives way to one after
        s[COL.left_at, i] = float(week)
        s[COL.route, i] = route
        s[COL.left_unsafe, i] = 1.0 if unsafe else 0.0
    enter(state, i, route, week)
    if unsafe:
        note(state, week, FLOW.unsafe_persons, persons)
    paid = uniform(key, identity, week, PURPOSE.PAID) < x.world.payment_reliability
    if route == STAGE.REMOVED:
        note(state, week, FLOW.removed_persons, persons)
        note(state, week, FLOW.removed_children, children)
        record(state, week, EVENT.removed, i)
        tell_of_removal(state, i)
        return
    if route == STAGE.RETURNED_ASSISTED:
        note(state, week, FLOW.assisted, 1)
        note(state, week, FLOW.assisted_persons, persons)
        record(state, week, EVENT.assisted, i)
    else:
        note(state, week, FLOW.unassisted, 1)
        note(state, week, FLOW.unassisted_persons, persons)
        record(state, week, EVENT.unassisted, i)
    report = quantised(truth + x.b.news_noise * normal(key, identity, week, PURPOSE.REPORT))
    tell_of_return(state, i, report, route == STAGE.RETURNED_ASSISTED, paid)


@rule
def unread_of(state: State, j: int) -> int:
    """Where the unread news of household j stands; it takes the next place if it had none."""
    if state.s[COL.unread, j] == 0.0:
        place = state.counts[COUNT.unread, 0]
        state.heard[place] = j
        for one in range(len(state.news)):
            state.news[one, place] = 0.0
        state.counts[COUNT.unread, 0] += 1
        state.s[COL.unread, j] = float(state.counts[COUNT.unread, 0])
    return int(state.s[COL.unread, j]) - 1


@routine
def tell_of_return(state: State, i: int, report: float, promised: bool, paid: bool) -> None:
    """Ties learn that household i went home and, in time, how it fares.

    They read it next week.
    """
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[COL.stage, j] != STAGE.ABSENT:
            s[COL.ties_left, j] += 1.0
            h = unread_of(state, j)
            state.news[NEWS.reports, h] += 1.0
            state.news[NEWS.reported, h] += report
            if promised:
                state.news[NEWS.payments, h] += 1.0
                state.news[NEWS.paid, h] += 1.0 if paid else 0.0


@routine
def tell_of_removal(state: State, i: int) -> None:
    """Ties learn that household i was removed."""
    s = state.s
    for e in range(state.tie_start[i], state.tie_start[i + 1]):
        j = state.ties[e]
        if s[COL.stage, j] != STAGE.ABSENT:
            s[COL.ties_removed, j] += 1.0
            state.news[NEWS.removals, unread_of(state, j)] += 1.0


@routine
def pay(key: int, week: int, x: Setting, state: State, i: int, full: float, at_departure: float) -> None:
    """Book an assisted return: travel, help in kind, and the offer with the part that is really paid later.

    The later part is booked at departure, when the state commits to it.
    """
    s = state.s
    persons = int(s[COL.adults, i]) + int(s[COL.children, i])
    paid = uniform(key, int(s[COL.id, i]), week, PURPOSE.PAID) < x.world.payment_reliability
    amount = full * at_departure + (full * (1.0 - at_departure) if paid else 0.0)
    booked = int(math.floor(amount * 100.0 + 0.5))
    charge(state.history[week, LEDGER_AT:], LINE.offer, s[COL.account, i], booked)
    charge(state.history[week, LEDGER_AT:], LINE.travel, s[COL.account, i], persons * x.prices.travel)
    charge(state.history[week, LEDGER_AT:], LINE.reintegration, s[COL.account, i], x.prices.reintegration)
    s[COL.received, i] += float(booked)


@routine
def go_irregular(week: int, state: State, i: int) -> None:
    """Household i goes out of contact."""
    s = state.s
    if was_refused(s[COL.stage, i]):
        is_at_risk(state, i, week)
    enter(state, i, STAGE.ABSCONDED, week)
    s[COL.support_end, i] = NO_LIMIT
    note(state, week, FLOW.absconded, 1)
    record(state, week, EVENT.disappeared, i)
