"""Removals: whom the state attempts to remove in a week, with what success, and how credible that makes it."""

from __future__ import annotations


from abm.arithmetic import loop, routine, rule
from abm.draws import Purpose, uniform
from abm.ledger import (
    DETENTION_LINE, ENFORCEMENT_LINE, charge,
)  # fmt: skip
from abm.moves import leave
from abm.policy import FAMILIES_FIRST, LONGEST_FIRST, NEWEST_FIRST, RANDOM, SINGLES_FIRST
from abm.queues import draw_lots, likely_last_lot, serve, stand, capacity
from abm.setting import RETURNABLE, Setting
from abm.stages import (
    ABSCONDED, ACCOUNT, ADULTS, CHILDREN, EXHAUSTED, ID, REMOVED, SCHOOL, SINCE, STAGE,
)  # fmt: skip
from abm.state import (
    ATTEMPTS_FLOW, FAMILIES_IN, HOUSEHOLDS, LEDGER_AT, LISTED, REMOVED_FLOW, State, note,
)  # fmt: skip

_ENFORCEMENT_TURN, _ENFORCEMENT = int(Purpose.ENFORCEMENT_TURN), int(Purpose.ENFORCEMENT)


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
    waiting = 0
    if most > 0:
        draw_lots(key, week, _ENFORCEMENT_TURN, state)
        by_lot = x.enforcement.priority == RANDOM
        waiting = line_up_for_removal(week, x, state, likely_last_lot(most, singles + families) if by_lot else 1.0)
        if waiting < most:
            waiting = line_up_for_removal(week, x, state, 1.0)
    for q in range(serve(state, waiting, most)):
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


@loop
def line_up_for_removal(week: int, x: Setting, state: State, last_lot: float) -> int:
    """Households that may be removed and whose lot is small enough, by the policy's priority; returns how many."""
    s = state.s
    waiting = 0
    for origin in range(len(state.segments) - 1):
        if origin_may_be_removed(week, x, state, origin):
            for i in range(state.segments[origin], state.segments[origin + 1]):
                lot = state.lots[i]
                if lot < last_lot and may_be_removed(x, s[STAGE, i], s[CHILDREN, i]):
                    turn = turn_for_removal(x.enforcement.priority, s[SINCE, i], s[CHILDREN, i], lot)
                    waiting = stand(state, waiting, i, turn)
    return waiting


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
    """Seen weekly chance of removal: a fading mean of each week's share (put on a year only when it is read)."""
    share = removed / exposed if exposed > 0 else 0.0
    return x.b.credibility_memory * seen + (1.0 - x.b.credibility_memory) * share
