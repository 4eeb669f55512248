"""What the state does in a week to decide: first decisions, appeals, status reviews and advisers' visits.

Each has a queue that serves at most its weekly capacity (see `abm.queues`).
"""

from __future__ import annotations


from abm.arithmetic import loop, routine, rule
from abm.beliefs import raised, trust_after_visit
from abm.draws import Purpose, uniform
from abm.ledger import (
    ADVICE_LINE, APPEALS_LINE, CASEWORK_LINE, charge,
)  # fmt: skip
from abm.moves import exhaust, make_offers, start_to_end_support
from abm.parameters import NO_LIMIT
from abm.queues import capacity, draw_lots, likely_last_lot, serve, stand
from abm.setting import ALLOWED, GRANT, VISIT_PAUSE, Setting
from abm.stages import (
    ABSCONDED, ABSENT, ACCOUNT, ALERT, APPEALS, AWAITING, EXHAUSTED, ID, ORIGIN, OWN, PAYMENT, PROTECTED,
    PROTECTED_AT, REENTRIES, REFUSED, REVIEW_DUE, SETTLED, SINCE, STAGE, SUPPORT_END, TIES, VISITED,
)  # fmt: skip
from abm.state import (
    ALLOWED_FLOW, DISMISSED_FLOW, GRANTED_FLOW, HOUSEHOLDS, LEDGER_AT, LISTED, REFUSED_FLOW, REVIEWS_FLOW,
    REVOKED_FLOW, SETTLED_FLOW, VISITS_FLOW, State, enter, note, rehouse,
)  # fmt: skip

_DECISION_TURN, _DECISION, _APPEALS, _APPEAL_TURN, _APPEAL = (
    int(Purpose.DECISION_TURN), int(Purpose.DECISION), int(Purpose.APPEALS), int(Purpose.APPEAL_TURN),
    int(Purpose.APPEAL),
)  # fmt: skip
_REVIEW_TURN, _REVIEW, _VISIT_TURN = int(Purpose.REVIEW_TURN), int(Purpose.REVIEW), int(Purpose.VISIT_TURN)


@rule
def claim_number(state: State, i: int) -> int:
    """Which of its refusals or grants this is: how a claim is decided does not depend on when."""
    s = state.s
    return 2 * int(s[REENTRIES, i]) + (1 if s[PROTECTED_AT, i] > -1.0e5 else 0)


@routine
def initial_decisions(key: int, week: int, x: Setting, state: State) -> None:
    """Decide claims in order of waiting: grant with the origin's rate, else refuse."""
    s = state.s
    most = capacity(x.rates.decisions, week)
    if most == 0 or state.counts[HOUSEHOLDS, 1] == 0:
        return
    for q in range(serve(state, line_up_for_decision(key, state), most)):
        i = state.queue[q]
        identity = int(s[ID, i])
        charge(state.history[week, LEDGER_AT:], CASEWORK_LINE, s[ACCOUNT, i], x.prices.decision)
        if uniform(key, identity, claim_number(state, i), _DECISION) < x.origins[GRANT, int(s[ORIGIN, i])]:
            protect(x, state, i, week)
            note(state, week, GRANTED_FLOW, 1)
        else:
            refuse(key, week, x, state, i)
            note(state, week, REFUSED_FLOW, 1)


@loop
def line_up_for_decision(key: int, state: State) -> int:
    """Everybody awaiting a decision, by week of the claim; returns how many."""
    s = state.s
    waiting = 0
    for i in range(s.shape[1]):
        if s[STAGE, i] == AWAITING:
            turn = s[SINCE, i] + uniform(key, int(s[ID, i]), 0, _DECISION_TURN)
            waiting = stand(state, waiting, i, turn)
    return waiting


@routine
def protect(x: Setting, state: State, i: int, week: int) -> None:
    """Grant protection and set the date of its first review."""
    enter(state, i, PROTECTED, week)
    state.s[PROTECTED_AT, i] = float(week)
    state.s[REVIEW_DUE, i] = week + x.rates.review_weeks


@routine
def refuse(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Refuse a claim: the household may appeal, is told of the offers, and thinks again."""
    s = state.s
    number = claim_number(state, i)
    enter(state, i, REFUSED, week)
    appeals = uniform(key, int(s[ID, i]), number, _APPEALS) < x.procedure.appeal_share
    s[APPEALS, i] = 1.0 if appeals else 0.0
    s[ALERT, i] = raised(s[ALERT, i], x.b.alert_refusal)
    make_offers(x, state, i, week)


@routine
def appeals(key: int, week: int, x: Setting, state: State) -> None:
    """Close appeal rights that were not used in time, and decide appeals in order of waiting."""
    s = state.s
    if state.counts[HOUSEHOLDS, 2] == 0:
        return
    most = capacity(x.rates.appeals, week)
    for q in range(serve(state, line_up_for_appeal(key, week, x, state), most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], APPEALS_LINE, s[ACCOUNT, i], x.prices.appeal)
        if uniform(key, int(s[ID, i]), claim_number(state, i), _APPEAL) < x.origins[ALLOWED, int(s[ORIGIN, i])]:
            protect(x, state, i, week)
            note(state, week, ALLOWED_FLOW, 1)
        else:
            exhaust(x, state, i, week)
            note(state, week, DISMISSED_FLOW, 1)


@loop
def line_up_for_appeal(key: int, week: int, x: Setting, state: State) -> int:
    """Everybody with an appeal pending, by week of the refusal; closes rights not used in time."""
    s = state.s
    waiting = 0
    for i in range(s.shape[1]):
        if s[STAGE, i] == REFUSED:
            if s[APPEALS, i] == 1.0:
                turn = s[SINCE, i] + uniform(key, int(s[ID, i]), 0, _APPEAL_TURN)
                waiting = stand(state, waiting, i, turn)
            elif week - s[SINCE, i] >= x.procedure.appeal_window_weeks:
                exhaust(x, state, i, week)
    return waiting


@routine
def reviews(key: int, week: int, x: Setting, state: State) -> None:
    """Settle protection that has lasted long enough, and review what is due, longest due first."""
    s = state.s
    if state.counts[HOUSEHOLDS, 5] == 0:
        return
    most = capacity(x.rates.reviews, week)
    for q in range(serve(state, line_up_for_review(key, week, x, state), most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], CASEWORK_LINE, s[ACCOUNT, i], x.prices.review)
        note(state, week, REVIEWS_FLOW, 1)
        safe = state.lands[LISTED, week, int(s[ORIGIN, i])] > 0.0
        if safe and uniform(key, int(s[ID, i]), week, _REVIEW) < x.w.revocation:
            note(state, week, REVOKED_FLOW, 1)
            refuse(key, week, x, state, i)
        else:
            s[REVIEW_DUE, i] = week + x.rates.review_weeks


@loop
def line_up_for_review(key: int, week: int, x: Setting, state: State) -> int:
    """Everybody whose protection is due for review, longest due first; settles what has lasted long enough."""
    s = state.s
    waiting = 0
    for i in range(s.shape[1]):
        if s[STAGE, i] == PROTECTED:
            if week - s[PROTECTED_AT, i] >= x.rates.settlement_weeks:
                enter(state, i, SETTLED, week)
                note(state, week, SETTLED_FLOW, 1)
            elif s[REVIEW_DUE, i] <= week:
                turn = s[REVIEW_DUE, i] + uniform(key, int(s[ID, i]), 0, _REVIEW_TURN)
                waiting = stand(state, waiting, i, turn)
    return waiting


@routine
def visits(key: int, week: int, x: Setting, state: State) -> None:
    """Visit refused and exhausted households, by lot among those not visited lately."""
    s = state.s
    most = capacity(x.rates.visits, week)
    if most == 0:
        return
    draw_lots(key, week, _VISIT_TURN, state)
    exposed = state.counts[HOUSEHOLDS, 2] + state.counts[HOUSEHOLDS, 3]
    waiting = line_up_for_visit(week, state, likely_last_lot(most, exposed))
    if waiting < most:
        waiting = line_up_for_visit(week, state, 1.0)
    for q in range(serve(state, waiting, most)):
        i = state.queue[q]
        s[VISITED, i] = float(week)
        s[PAYMENT, i] = trust_after_visit(s[PAYMENT, i], x.b.visit_trust, x.rates.independence)
        s[ALERT, i] = raised(s[ALERT, i], x.b.alert_visit)
        charge(state.history[week, LEDGER_AT:], ADVICE_LINE, s[ACCOUNT, i], x.prices.visit)
        note(state, week, VISITS_FLOW, 1)


@loop
def line_up_for_visit(week: int, state: State, last_lot: float) -> int:
    """Refused and exhausted households not visited lately whose lot is small enough; returns how many."""
    s = state.s
    waiting = 0
    for i in range(s.shape[1]):
        if state.lots[i] < last_lot:
            here = s[STAGE, i] == REFUSED or s[STAGE, i] == EXHAUSTED
            if here and week - s[VISITED, i] >= VISIT_PAUSE:
                waiting = stand(state, waiting, i, state.lots[i])
    return waiting


@routine
def stock_at_start(x: Setting, state: State) -> None:
    """What the state has already told and done to the stock when the run starts."""
    s = state.s
    for i in range(s.shape[1]):
        if 1.0 <= s[STAGE, i] <= ABSCONDED:
            make_offers(x, state, i, 0)
        if s[STAGE, i] == EXHAUSTED:
            start_to_end_support(x, state, i, s[SINCE, i])
            if s[SUPPORT_END, i] < 0.0:
                rehouse(state, i, OWN, 1.0)
                s[SUPPORT_END, i] = NO_LIMIT
        if s[STAGE, i] != ABSENT:
            for e in range(state.tie_start[i], state.tie_start[i + 1]):
                if s[STAGE, state.ties[e]] != ABSENT:
                    s[TIES, i] += 1.0
