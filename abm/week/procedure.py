"""What the state does in a week to decide: first decisions, appeals, status reviews and advisers' visits.

Each has a queue that serves at most its weekly capacity (see `abm.week.queues`).
"""

from __future__ import annotations

import math
from typing import Any

from abm.arrays.ledger import LINE, charge
from abm.arrays.origins import ORIGIN
from abm.arrays.population import housing_of, weeks_between_reviews
from abm.arrays.setting import INFLOW, Setting
from abm.arrays.state import BLOCK, FLOW, LAND, LEDGER_AT, SEAT, State, enter, is_at_risk, note, rehouse, stock, there
from abm.household.beliefs import raised, trust_after_visit
from abm.household.stages import COL, HOUSING, STAGE, chooses
from abm.numerics.arithmetic import routine, rule, where
from abm.numerics.calendar import NO_LIMIT, WEEKS_PER_YEAR, happened, limited
from abm.numerics.draws import PURPOSE, uniform
from abm.week.offering import give_notice, list_countries, make_offers, offers_known, start_to_end_support
from abm.week.queues import capacity, draw_lots, join, join_in_order, likely_last_lot, serve

#: Weeks between two visits to the same household.
VISIT_PAUSE = 13.0


@rule
def claim_number(state: State, i: int) -> int:
    """Which of its refusals or grants this is: how a claim is decided does not depend on when."""
    s = state.s
    return 2 * int(s[COL.reentries, i]) + (1 if happened(s[COL.protected_at, i]) else 0)


@rule
def keeps_up(x: Setting, week: int) -> float:
    """By how much decisions and appeals grow with arrivals, if the policy has them follow."""
    own, now = x.inflow[INFLOW.own, int(x.frame.pipeline) + week], x.inflow[INFLOW.now, int(x.frame.pipeline) + week]
    if x.policy.procedure.capacity_follows_inflow == 0.0 or own == 0.0:
        return 1.0
    return max(1.0, now / own)


@routine
def initial_decisions(key: int, week: int, x: Setting, state: State) -> None:
    """Decide claims in order of waiting: grant with the origin's rate, else refuse."""
    s = state.s
    procedure = x.caseload.procedure
    speed = x.policy.procedure.decision_speed * keeps_up(x, week)
    most = capacity(procedure.decisions_per_week * speed * x.frame.scale, week)
    if most == 0 or stock(state, STAGE.AWAITING) == 0:
        return
    for q in range(serve(state, line_up_for_decision(key, week, x, state), most)):
        i = state.queue[q]
        granted = x.origins[ORIGIN.grant, int(s[COL.origin, i])]
        charge(state.history[week, LEDGER_AT:], LINE.casework, s[COL.account, i], x.prices.decision)
        if uniform(key, int(s[COL.id, i]), claim_number(state, i), PURPOSE.DECISION) < granted:
            protect(key, week, x, state, i)
            note(state, week, FLOW.granted, 1)
        else:
            refuse(key, week, x, state, i)
            note(state, week, FLOW.refused, 1)


@rule
def weeks_taken(least: float, speed: float) -> float:
    """Least weeks of a step of the procedure at a speed: twice as fast takes half as long."""
    return least / speed if speed > 0.0 else NO_LIMIT


@routine
def line_up_for_decision(key: int, week: int, x: Setting, state: State) -> int:
    """Everybody whose claim is ripe for a decision, by week of the claim; returns how many."""
    s = state.s
    takes = weeks_taken(x.caseload.procedure.decision_weeks, x.policy.procedure.decision_speed)
    waiting = 0
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        due, turn = state.bench[SEAT.due], state.bench[SEAT.turn]
        found = 0
        for i in range(first, last):
            turn[i - first] = s[COL.since, i]
            ripe = (s[COL.stage, i] == STAGE.AWAITING) & (week - turn[i - first] >= takes)
            due[i - first] = where(ripe, 1.0, 0.0)
            found += int(due[i - first])
        if found > 0:
            waiting = join_in_order(key, PURPOSE.DECISION_TURN, state, waiting, first, last)
    return waiting


@routine
def protect(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Grant protection and set the date of its first review."""
    enter(state, i, STAGE.PROTECTED, week)
    state.s[COL.protected_at, i] = float(week)
    set_review(x, state, i, week)
    make_offers(key, week, x, state, i, False)


@rule
def set_review(x: Setting, state: State, i: int, week: int) -> None:
    """The next review of protection that was granted or reviewed in a week; it is due from a whole week on."""
    state.s[COL.review_due, i] = week + math.ceil(weeks_between_reviews(x))


@routine
def refuse(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Refuse a claim: the household may appeal, is told of the offers, and thinks again."""
    s = state.s
    number = claim_number(state, i)
    enter(state, i, STAGE.REFUSED, week)
    appeals = uniform(key, int(s[COL.id, i]), number, PURPOSE.APPEALS) < x.caseload.procedure.appeal_share
    s[COL.appeals, i] = 1.0 if appeals else 0.0
    s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_refusal)
    make_offers(key, week, x, state, i, False)


@routine
def appeals(key: int, week: int, x: Setting, state: State) -> None:
    """Close appeal rights that were not used in time, and decide appeals in order of waiting."""
    s = state.s
    if stock(state, STAGE.REFUSED) == 0:
        return
    procedure = x.caseload.procedure
    speed = x.policy.procedure.appeal_speed * keeps_up(x, week)
    most = capacity(procedure.appeals_per_week * speed * x.frame.scale, week)
    for q in range(serve(state, line_up_for_appeal(key, week, x, state), most)):
        i = state.queue[q]
        allowed = x.origins[ORIGIN.allowed, int(s[COL.origin, i])]
        charge(state.history[week, LEDGER_AT:], LINE.appeals, s[COL.account, i], x.prices.appeal)
        if uniform(key, int(s[COL.id, i]), claim_number(state, i), PURPOSE.APPEAL) < allowed:
            protect(key, week, x, state, i)
            note(state, week, FLOW.appeals_allowed, 1)
        else:
            exhaust(key, week, x, state, i)
            note(state, week, FLOW.appeals_dismissed, 1)


@routine
def line_up_for_appeal(key: int, week: int, x: Setting, state: State) -> int:
    """Everybody whose appeal is ripe, by week of the refusal; closes rights not used in time."""
    s = state.s
    takes = weeks_taken(x.caseload.procedure.appeal_weeks, x.policy.procedure.appeal_speed)
    window = x.caseload.procedure.appeal_window_weeks
    waiting = 0
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        due, turn = state.bench[SEAT.due], state.bench[SEAT.turn]
        found = 0
        for i in range(first, last):
            turn[i - first] = s[COL.since, i]
            waited = week - turn[i - first] >= where(s[COL.appeals, i] == 1.0, takes, window)
            due[i - first] = where((s[COL.stage, i] == STAGE.REFUSED) & waited, 1.0, 0.0)
            found += int(due[i - first])
        if found > 0:
            waiting = join_in_order(key, PURPOSE.APPEAL_TURN, state, waiting, first, last)
    appealing = 0
    for q in range(waiting):
        i = state.queue[q]
        if s[COL.appeals, i] == 1.0:
            state.queue[appealing], state.turns[appealing] = i, state.turns[q]
            appealing += 1
        else:
            exhaust(key, week, x, state, i)
    return appealing


@routine
def exhaust(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Appeal rights are exhausted."""
    s = state.s
    enter(state, i, STAGE.EXHAUSTED, week)
    is_at_risk(state, i, week)
    s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_refusal)
    make_offers(key, week, x, state, i, False)
    start_to_end_support(x, state, i)
    give_notice(x, state, i)
    note(state, week, FLOW.exhausted, 1)


@routine
def reviews(key: int, week: int, x: Setting, state: State) -> None:
    """Settle protection that has lasted long enough, and review what is due, longest due first."""
    s = state.s
    if stock(state, STAGE.PROTECTED) == 0:
        return
    most = capacity(x.caseload.procedure.reviews_per_week * x.policy.status.review_speed * x.frame.scale, week)
    for q in range(serve(state, line_up_for_review(key, week, x, state), most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], LINE.casework, s[COL.account, i], x.prices.review)
        note(state, week, FLOW.reviews, 1)
        safe = state.lands[LAND.listed, week, int(s[COL.origin, i])] > 0.0
        if safe and uniform(key, int(s[COL.id, i]), week, PURPOSE.REVIEW) < x.world.revocation:
            note(state, week, FLOW.revoked, 1)
            housing = housing_of(uniform(key, int(s[COL.id, i]), week, PURPOSE.REHOUSING), x)
            rehouse(state, i, housing, 0.0)  # as for a newcomer: where it lived years ago says nothing
            refuse(key, week, x, state, i)
        else:
            set_review(x, state, i, week)


@routine
def line_up_for_review(key: int, week: int, x: Setting, state: State) -> int:
    """Everybody whose protection is due for review, longest due first; settles what has lasted long enough."""
    s = state.s
    years: Any = x.policy.status.settlement_years  # a number here, also where there is none
    settles_after = years * WEEKS_PER_YEAR if limited(years) else NO_LIMIT
    waiting = 0
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        due, turn = state.bench[SEAT.due], state.bench[SEAT.turn]
        found = 0
        for i in range(first, last):
            turn[i - first] = s[COL.review_due, i]
            at_term = (week - s[COL.protected_at, i] >= settles_after) | (turn[i - first] <= week)
            due[i - first] = where((s[COL.stage, i] == STAGE.PROTECTED) & at_term, 1.0, 0.0)
            found += int(due[i - first])
        if found > 0:
            waiting = join_in_order(key, PURPOSE.REVIEW_TURN, state, waiting, first, last)
    to_review = 0
    for q in range(waiting):
        i = state.queue[q]
        if week - s[COL.protected_at, i] < settles_after:
            state.queue[to_review], state.turns[to_review] = i, state.turns[q]
            to_review += 1
        else:
            enter(state, i, STAGE.SETTLED, week)
            note(state, week, FLOW.settled, 1)
    return to_review


@routine
def visits(key: int, week: int, x: Setting, state: State) -> None:
    """Visit refused and exhausted households, by lot among those not visited lately."""
    s = state.s
    most = capacity(x.policy.advice.visits_per_1000_week * x.frame.households / 1_000.0, week)
    if most == 0:
        return
    likely = likely_last_lot(most, stock(state, STAGE.REFUSED) + stock(state, STAGE.EXHAUSTED))
    waiting = line_up_for_visit(key, week, state, likely)
    if waiting < most and likely < 1.0:
        waiting = line_up_for_visit(key, week, state, 1.0)
    for q in range(serve(state, waiting, most)):
        i = state.queue[q]
        s[COL.visited, i] = float(week)
        s[COL.payment, i] = trust_after_visit(s[COL.payment, i], x.b.visit_trust, x.policy.advice.independence)
        s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_visit)
        charge(state.history[week, LEDGER_AT:], LINE.advice, s[COL.account, i], x.prices.visit)
        note(state, week, FLOW.visits, 1)


@routine
def line_up_for_visit(key: int, week: int, state: State, last_lot: float) -> int:
    """Refused and exhausted households not visited lately whose lot is small enough; returns how many."""
    s = state.s
    waiting = 0
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        due, turn = state.bench[SEAT.due], state.bench[SEAT.turn]
        draw_lots(key, week, PURPOSE.VISIT_TURN, state, first, last)
        found = 0
        for i in range(first, last):
            here = (s[COL.stage, i] == STAGE.REFUSED) | (s[COL.stage, i] == STAGE.EXHAUSTED)
            not_lately = week - s[COL.visited, i] >= VISIT_PAUSE
            due[i - first] = where(here & not_lately & (turn[i - first] < last_lot), 1.0, 0.0)
            found += int(due[i - first])
        if found > 0:
            waiting = join(state, waiting, first, last)
    return waiting


@routine
def stock_at_start(key: int, x: Setting, state: State) -> None:
    """What the state has already told and done to the stock when the run starts."""
    s = state.s
    list_countries(x, state, 0)
    for i in range(there(state)):
        if chooses(s[COL.stage, i]):
            offers_known(key, x, state, i)
            make_offers(key, 0, x, state, i, False)
        if s[COL.stage, i] == STAGE.EXHAUSTED or s[COL.stage, i] == STAGE.BOOKED:
            give_notice(x, state, i)
            start_to_end_support(x, state, i)
            if s[COL.support_end, i] < 0.0:
                rehouse(state, i, HOUSING.OWN, 1.0)
                s[COL.support_end, i] = NO_LIMIT
        if s[COL.stage, i] != STAGE.ABSENT:
            for e in range(state.tie_start[i], state.tie_start[i + 1]):
                if s[COL.stage, state.ties[e]] != STAGE.ABSENT:
                    s[COL.ties, i] += 1.0
