"""What the state does in a week: decisions, appeals, reviews, visits and removals, each with a queue.

A queue serves at most its weekly capacity.  Cases are served in order of waiting (or by the policy's
priority); equal turns are drawn by lot, keyed by household, so that the order of rows never matters.
"""

from __future__ import annotations

import math
from heapq import heappush, heapreplace

from abm.arithmetic import exp, log, routine, rule
from abm.beliefs import raised, trust_after_visit
from abm.decision import WEEKS_PER_YEAR
from abm.draws import Purpose, uniform
from abm.ledger import (
    ADVICE_LINE, APPEALS_LINE, CASEWORK_LINE, DETENTION_LINE, ENFORCEMENT_LINE, charge,
)  # fmt: skip
from abm.moves import exhaust, leave, make_offers, start_to_end_support
from abm.parameters import NO_LIMIT
from abm.policy import FAMILIES_FIRST, LONGEST_FIRST, NEWEST_FIRST, SINGLES_FIRST
from abm.setting import ALLOWED, GRANT, RETURNABLE, VISIT_PAUSE, Setting
from abm.stages import (
    ABSCONDED, ABSENT, ACCOUNT, ADULTS, ALERT, APPEALS, AWAITING, CHILDREN, EXHAUSTED, ID, ORIGIN, OWN, PAYMENT, PROTECTED, PROTECTED_AT,
    REFUSED, REMOVED, REVIEW_DUE, SCHOOL, SETTLED, SINCE, STAGE, SUPPORT_END, TIES, VISITED,
)  # fmt: skip
from abm.state import (
    ALLOWED_FLOW, ATTEMPTS_FLOW, DISMISSED_FLOW, FAMILIES_IN, GRANTED_FLOW, HOUSEHOLDS, LEDGER_AT, LISTED, REFUSED_FLOW, REMOVED_FLOW, REVIEWS_FLOW, REVOKED_FLOW,
    SETTLED_FLOW, VISITS_FLOW, State, enter, note, rehouse,
)  # fmt: skip

_DECISION_TURN, _DECISION, _APPEALS, _APPEAL_TURN, _APPEAL = (
    int(Purpose.DECISION_TURN), int(Purpose.DECISION), int(Purpose.APPEALS), int(Purpose.APPEAL_TURN),
    int(Purpose.APPEAL),
)  # fmt: skip
_REVIEW_TURN, _REVIEW, _VISIT_TURN, _ENFORCEMENT_TURN, _ENFORCEMENT = (
    int(Purpose.REVIEW_TURN), int(Purpose.REVIEW), int(Purpose.VISIT_TURN), int(Purpose.ENFORCEMENT_TURN),
    int(Purpose.ENFORCEMENT),
)  # fmt: skip


@rule
def capacity(per_week: float, week: int) -> int:
    """Whole cases that can be served this week; fractions add up over the weeks."""
    return int(math.floor(per_week * (week + 1)) - math.floor(per_week * week))


@routine
def first_in_line(queue, turns: list[tuple[float, int]], most: int) -> int:  # type: ignore[no-untyped-def]
    """Write the rows of `turns` into `queue` in order of row; returns how many there are."""
    served = 0
    for _, i in turns:
        queue[served] = i
        served += 1
    queue[:served].sort()
    return min(served, most)


@rule
def stand_in_line(turns: list[tuple[float, int]], most: int, turn: float, i: int) -> None:
    """Let household i stand in a line that keeps the `most` smallest turns (a heap of negated turns)."""
    if most == 0:
        return
    if len(turns) < most:
        heappush(turns, (-turn, i))
    elif -turn > turns[0][0]:
        heapreplace(turns, (-turn, i))


@rule
def empty_line() -> list[tuple[float, int]]:
    """A line in which nobody stands yet."""
    return [(0.0, 0) for _ in range(0)]


@routine
def initial_decisions(key: int, week: int, x: Setting, state: State) -> None:
    """Decide claims in order of waiting: grant with the origin's rate, else refuse."""
    s = state.s
    most = capacity(x.rates.decisions, week)
    if most == 0 or state.counts[HOUSEHOLDS, 1] == 0:
        return
    line = empty_line()
    for i in range(s.shape[1]):
        if s[STAGE, i] == AWAITING:
            stand_in_line(line, most, s[SINCE, i] + uniform(key, int(s[ID, i]), 0, _DECISION_TURN), i)
    for q in range(first_in_line(state.queue, line, most)):
        i = state.queue[q]
        identity = int(s[ID, i])
        charge(state.history[week, LEDGER_AT:], CASEWORK_LINE, s[ACCOUNT, i], x.prices.decision)
        if uniform(key, identity, week, _DECISION) < x.origins[GRANT, int(s[ORIGIN, i])]:
            protect(x, state, i, week)
            note(state, week, GRANTED_FLOW, 1)
        else:
            refuse(key, week, x, state, i)
            note(state, week, REFUSED_FLOW, 1)


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
    enter(state, i, REFUSED, week)
    appeals = uniform(key, int(s[ID, i]), week, _APPEALS) < x.procedure.appeal_share
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
    line = empty_line()
    for i in range(s.shape[1]):
        if s[STAGE, i] == REFUSED:
            if s[APPEALS, i] == 1.0:
                stand_in_line(line, most, s[SINCE, i] + uniform(key, int(s[ID, i]), 0, _APPEAL_TURN), i)
            elif week - s[SINCE, i] >= x.procedure.appeal_window_weeks:
                exhaust(x, state, i, week)
    for q in range(first_in_line(state.queue, line, most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], APPEALS_LINE, s[ACCOUNT, i], x.prices.appeal)
        if uniform(key, int(s[ID, i]), week, _APPEAL) < x.origins[ALLOWED, int(s[ORIGIN, i])]:
            protect(x, state, i, week)
            note(state, week, ALLOWED_FLOW, 1)
        else:
            exhaust(x, state, i, week)
            note(state, week, DISMISSED_FLOW, 1)


@routine
def reviews(key: int, week: int, x: Setting, state: State) -> None:
    """Settle protection that has lasted long enough, and review what is due, longest due first."""
    s = state.s
    if state.counts[HOUSEHOLDS, 5] == 0:
        return
    most = capacity(x.rates.reviews, week)
    line = empty_line()
    for i in range(s.shape[1]):
        if s[STAGE, i] == PROTECTED:
            if week - s[PROTECTED_AT, i] >= x.rates.settlement_weeks:
                enter(state, i, SETTLED, week)
                note(state, week, SETTLED_FLOW, 1)
            elif s[REVIEW_DUE, i] <= week:
                stand_in_line(line, most, s[REVIEW_DUE, i] + uniform(key, int(s[ID, i]), 0, _REVIEW_TURN), i)
    for q in range(first_in_line(state.queue, line, most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], CASEWORK_LINE, s[ACCOUNT, i], x.prices.review)
        note(state, week, REVIEWS_FLOW, 1)
        safe = state.lands[LISTED, week, int(s[ORIGIN, i])] > 0.0
        if safe and uniform(key, int(s[ID, i]), week, _REVIEW) < x.w.revocation:
            note(state, week, REVOKED_FLOW, 1)
            refuse(key, week, x, state, i)
        else:
            s[REVIEW_DUE, i] = week + x.rates.review_weeks


@routine
def visits(key: int, week: int, x: Setting, state: State) -> None:
    """Visit refused and exhausted households, by lot among those not visited lately."""
    s = state.s
    most = capacity(x.rates.visits, week)
    if most == 0:
        return
    line = empty_line()
    for i in range(s.shape[1]):
        if (s[STAGE, i] == REFUSED or s[STAGE, i] == EXHAUSTED) and week - s[VISITED, i] >= VISIT_PAUSE:
            stand_in_line(line, most, uniform(key, int(s[ID, i]), week, _VISIT_TURN), i)
    for q in range(first_in_line(state.queue, line, most)):
        i = state.queue[q]
        s[VISITED, i] = float(week)
        s[PAYMENT, i] = trust_after_visit(s[PAYMENT, i], x.b.visit_trust, x.rates.independence)
        s[ALERT, i] = raised(s[ALERT, i], x.b.alert_visit)
        charge(state.history[week, LEDGER_AT:], ADVICE_LINE, s[ACCOUNT, i], x.prices.visit)
        note(state, week, VISITS_FLOW, 1)


@rule
def origin_may_be_removed(week: int, x: Setting, state: State, origin: int) -> bool:
    """Whether removals to an origin are feasible, and attempted under the policy."""
    if x.enforcement.safe_origins_only > 0.0 and state.lands[LISTED, week, origin] == 0.0:
        return False
    return x.origins[RETURNABLE, origin] > 0.0


@rule
def may_be_removed(x: Setting, stage: float, children: float) -> bool:
    """Whether a removal would be attempted under the policy, from what a household's stage and family are."""
    if stage != EXHAUSTED and (stage != ABSCONDED or x.enforcement.include_absconded == 0.0):
        return False
    return children == 0.0 or x.enforcement.include_families > 0.0


@rule
def turn_for_removal(priority: float, since: float, children: float, lot: float) -> float:
    """Place in the line for removal: smaller is earlier."""
    if priority == LONGEST_FIRST:
        return since + lot
    if priority == NEWEST_FIRST:
        return lot - since
    if priority == FAMILIES_FIRST:
        return lot + (0.0 if children > 0.0 else 1.0)
    if priority == SINGLES_FIRST:
        return lot + (1.0 if children > 0.0 else 0.0)
    return lot


@rule
def chance_of_removal(x: Setting, stage: float, children: float, at_school: float) -> float:
    """Chance that an attempt succeeds."""
    chance = x.w.removal_success_family if children > 0.0 else x.w.removal_success
    if at_school > 0.0:
        chance = chance * x.w.removal_school
    if stage == ABSCONDED:
        chance = chance * x.w.removal_absconded
    return chance


@routine
def removals(key: int, week: int, x: Setting, state: State) -> None:
    """Attempt removals within capacity, and let what is seen of them move the credibility of the threat."""
    s = state.s
    most = capacity(x.rates.attempts, week)
    if x.rates.attempts == 0.0:
        return
    counts = state.counts
    families = counts[FAMILIES_IN, 3] + counts[FAMILIES_IN, 4]
    singles = counts[HOUSEHOLDS, 3] + counts[HOUSEHOLDS, 4] - families
    removed_singles, removed_families = 0, 0
    line = empty_line()
    for origin in range(len(state.segments) - 1):
        if most == 0 or not origin_may_be_removed(week, x, state, origin):
            continue
        for i in range(state.segments[origin], state.segments[origin + 1]):
            if may_be_removed(x, s[STAGE, i], s[CHILDREN, i]):
                lot = uniform(key, int(s[ID, i]), week, _ENFORCEMENT_TURN)
                turn = turn_for_removal(x.enforcement.priority, s[SINCE, i], s[CHILDREN, i], lot)
                stand_in_line(line, most, turn, i)
    for q in range(first_in_line(state.queue, line, most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], ENFORCEMENT_LINE, s[ACCOUNT, i], x.prices.attempt)
        note(state, week, ATTEMPTS_FLOW, 1)
        chance = chance_of_removal(x, s[STAGE, i], s[CHILDREN, i], s[SCHOOL, i])
        if uniform(key, int(s[ID, i]), week, _ENFORCEMENT) < chance:
            if s[CHILDREN, i] > 0.0:
                removed_families += 1
            else:
                removed_singles += 1
            remove(key, week, x, state, i)
    state.credibility[0] = credibility(x, state.credibility[0], removed_singles, singles)
    state.credibility[1] = credibility(x, state.credibility[1], removed_families, families)


@routine
def remove(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Remove a household by force."""
    s = state.s
    persons = int(s[CHILDREN, i]) + int(s[ADULTS, i])
    held = x.prices.detention_family if s[CHILDREN, i] > 0.0 else x.prices.detention
    charge(state.history[week, LEDGER_AT:], ENFORCEMENT_LINE, s[ACCOUNT, i], x.prices.removal)
    charge(state.history[week, LEDGER_AT:], DETENTION_LINE, s[ACCOUNT, i], held * persons)
    leave(key, week, x, state, i, REMOVED)
    note(state, week, REMOVED_FLOW, 1)


@rule
def credibility(x: Setting, seen: float, removed: int, exposed: int) -> float:
    """Seen chance of removal within a year: a fading mean of each week's share, put on a year."""
    share = removed / exposed if exposed > 0 else 0.0
    yearly = 1.0 - exp(WEEKS_PER_YEAR * log(max(1e-12, 1.0 - share)))
    return x.b.credibility_memory * seen + (1.0 - x.b.credibility_memory) * yearly


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
