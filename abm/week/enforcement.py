"""Removals: whom the state attempts to remove in a week, with what success, and how credible that makes it."""

from __future__ import annotations

from typing import Any

from abm.arrays.ledger import LINE, charge
from abm.arrays.setting import Setting
from abm.arrays.state import (
    BLOCK,
    COUNT,
    FLOW,
    KIN,
    LAND,
    LEDGER_AT,
    SEAT,
    State,
    failed_for_good,
    note,
    see,
    stock,
    there,
)  # fmt: skip
from abm.household.stages import COL, STAGE
from abm.inputs.policy import PRIORITY
from abm.numerics.arithmetic import routine, rule, where
from abm.numerics.draws import PURPOSE, uniform
from abm.week.departures import leave
from abm.week.queues import capacity, draw_lots, join, likely_last_lot, serve


@rule
def may_be_removed(absconded: float, families: float, stage: float, booked_from: float, children: float) -> bool:
    """Whether a removal would be attempted, from what a household's stage and family are.

    The policy includes those out of contact, and families, if the first two are above nought.  Whoever accepted an
    offer before its claim was decided is left to go.
    """
    in_reach = (stage != STAGE.ABSCONDED) | (absconded > 0.0)
    of_kind = (children == 0.0) | (families > 0.0)
    return failed_for_good(stage, booked_from) & in_reach & of_kind


@rule
def exposed_to_removal(x: Setting, state: State) -> int:
    """How many households may be removed, wherever they are from."""
    kinds = state.counts[COUNT.refused_for_good]
    absconded, families = stock(state, STAGE.ABSCONDED), state.counts[COUNT.families, int(STAGE.ABSCONDED)]
    out_of_reach = x.policy.enforcement.include_absconded == 0.0
    exposed: int = kinds[KIN.single] - (absconded - families if out_of_reach else 0)
    if x.policy.enforcement.include_families > 0.0:
        exposed += kinds[KIN.family] - (families if out_of_reach else 0)
    return exposed


@rule
def turn_for_removal(priority: Any, since: float, children: float, lot: float) -> float:
    """Place in the line for removal: smaller is earlier."""
    if priority == PRIORITY.longest_first:
        return since + lot
    if priority == PRIORITY.newest_first:
        return lot - since
    if priority == PRIORITY.families_first:
        return lot + (0.0 if children > 0.0 else 1.0)
    if priority == PRIORITY.singles_first:
        return lot + (1.0 if children > 0.0 else 0.0)
    return lot


@rule
def chance_of_removal(x: Setting, stage: float, children: float, at_school: float) -> float:
    """Chance that an attempt succeeds."""
    chance = x.world.removal_success_family if children > 0.0 else x.world.removal_success
    if at_school > 0.0:
        chance = chance * x.world.removal_school
    if stage == STAGE.ABSCONDED:
        chance = chance * x.world.removal_absconded
    return chance


@routine
def removals(key: int, week: int, x: Setting, state: State) -> None:
    """Attempt removals within capacity, and let what is seen of them move the credibility of the threat."""
    s = state.s
    attempts = x.policy.enforcement.attempts_per_1000_week * x.frame.households / 1_000.0
    most = capacity(attempts, week)
    singles, families = (
        state.counts[COUNT.refused_for_good, KIN.single],
        state.counts[COUNT.refused_for_good, KIN.family],
    )
    removed_singles, removed_families = 0, 0
    waiting, exposed = 0, exposed_to_removal(x, state)
    if most > 0 and exposed > 0:
        by_lot = x.policy.enforcement.priority == PRIORITY.random
        likely = likely_last_lot(most, exposed) if by_lot else 1.0
        waiting = line_up_for_removal(key, week, x, state, likely)
        if waiting < most and likely < 1.0:
            waiting = line_up_for_removal(key, week, x, state, 1.0)
    for q in range(serve(state, waiting, most)):
        i = state.queue[q]
        charge(state.history[week, LEDGER_AT:], LINE.enforcement, s[COL.account, i], x.prices.attempt)
        note(state, week, FLOW.attempts, 1)
        chance = chance_of_removal(x, s[COL.stage, i], s[COL.children, i], s[COL.school, i])
        if uniform(key, int(s[COL.id, i]), week, PURPOSE.ENFORCEMENT) < chance:
            if s[COL.children, i] > 0.0:
                removed_families += 1
            else:
                removed_singles += 1
            remove(key, week, x, state, i)
    see(state, KIN.single, credibility(x, state.credibility[0, KIN.single], removed_singles, singles))
    see(state, KIN.family, credibility(x, state.credibility[0, KIN.family], removed_families, families))


@routine
def line_up_for_removal(key: int, week: int, x: Setting, state: State, last_lot: float) -> int:
    """Households that may be removed and whose lot is small enough, by the policy's priority; returns how many."""
    s = state.s
    absconded, families = x.policy.enforcement.include_absconded, x.policy.enforcement.include_families
    waiting = 0
    removable = state.lands[LAND.removable, week]
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        due, turn = state.bench[SEAT.due], state.bench[SEAT.turn]
        draw_lots(key, week, PURPOSE.ENFORCEMENT_TURN, state, first, last)
        for i in range(first, last):
            due[i - first] = removable[int(s[COL.origin, i])]
        found = 0
        for i in range(first, last):
            stage, children = s[COL.stage, i], s[COL.children, i]
            exposed = may_be_removed(absconded, families, stage, s[COL.booked_from, i], children)
            due[i - first] = where(exposed & (due[i - first] > 0.0) & (turn[i - first] < last_lot), 1.0, 0.0)
            found += int(due[i - first])
        if found > 0:
            for i in range(first, last):
                since, children = s[COL.since, i], s[COL.children, i]
                turn[i - first] = turn_for_removal(x.policy.enforcement.priority, since, children, turn[i - first])
            waiting = join(state, waiting, first, last)
    return waiting


@routine
def remove(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Remove a household by force."""
    s = state.s
    persons = int(s[COL.children, i]) + int(s[COL.adults, i])
    ledger = state.history[week, LEDGER_AT:]
    if uniform(key, int(s[COL.id, i]), week, PURPOSE.ESCORT) < x.world.unescorted:
        charge(ledger, LINE.travel, s[COL.account, i], persons * x.prices.travel)
        note(state, week, FLOW.unescorted, 1)
    else:
        held = x.prices.detention_family if s[COL.children, i] > 0.0 else x.prices.detention
        charge(ledger, LINE.enforcement, s[COL.account, i], x.prices.removal)
        charge(ledger, LINE.detention, s[COL.account, i], held * persons)
    leave(key, week, x, state, i, STAGE.REMOVED)
    note(state, week, FLOW.removed, 1)


@rule
def credibility(x: Setting, seen: float, removed: int, exposed: int) -> float:
    """Seen weekly chance of removal: a fading mean of each week's share (put on a year only when it is read)."""
    share = removed / exposed if exposed > 0 else 0.0
    return x.b.credibility_memory * seen + (1.0 - x.b.credibility_memory) * share
