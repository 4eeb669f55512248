"""The state of a run: the table of households, their ties, and the counts that are kept as things happen.

Counts of stocks and the public account are not summed up anew each week; every change of a
household passes through `enter`, which keeps them true.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abm.arithmetic import routine, rule
from abm.ledger import LINE_COUNT
from abm.setting import Setting
from abm.stages import (
    ABSCONDED, ABSCONDED_AT, ACCOUNT, ADULTS, AWAITING, CHILDREN, EXHAUSTED, HOUSING, OWN, SINCE, STAGE,
    STAGE_COUNT, WITHDRAWN,
)  # fmt: skip

#: Weekly counts of what happened, in households unless the name says persons or children.
FLOWS: dict[str, str] = {
    "arrivals": "new households",
    "induced_arrivals": "of them, those that came because of the policy",
    "granted": "claims granted at first decision",
    "refused": "claims refused at first decision",
    "appeals_allowed": "appeals allowed",
    "appeals_dismissed": "appeals dismissed",
    "exhausted": "households whose appeal rights were exhausted",
    "reviews": "protection statuses reviewed",
    "revoked": "protection statuses ended at review",
    "visits": "advisers' visits",
    "attempts": "removal attempts",
    "considered": "households that considered their situation",
    "assisted": "assisted returns",
    "unassisted": "unassisted returns",
    "removed": "enforced removals",
    "absconded": "households that went out of contact",
    "detected": "households found again",
    "regularised": "households given leave to stay after their claim had failed",
    "settled": "households settled after protection",
    "re_entered": "returned households that came back with a new claim",
    "support_ended": "households whose support ended",
    "assisted_persons": "persons in assisted returns",
    "unassisted_persons": "persons in unassisted returns",
    "removed_persons": "persons in enforced removals",
    "removed_children": "children in enforced removals",
    "unsafe_persons": "persons who went back to a country unsafe at that time, by any route",
    "unsupported_persons": "persons in limbo without state support at the end of the week",
    "children_in_limbo": "children whose household has no lasting answer at the end of the week",
    "persons_in_hotels": "persons housed in hotels at the end of the week",
}
(
    ARRIVALS_FLOW, INDUCED_FLOW, GRANTED_FLOW, REFUSED_FLOW, ALLOWED_FLOW, DISMISSED_FLOW, EXHAUSTED_FLOW, REVIEWS_FLOW,
    REVOKED_FLOW, VISITS_FLOW, ATTEMPTS_FLOW, CONSIDERED_FLOW, ASSISTED_FLOW, UNASSISTED_FLOW, REMOVED_FLOW,
    ABSCONDED_FLOW, DETECTED_FLOW, REGULARISED_FLOW, SETTLED_FLOW, REENTERED_FLOW, SUPPORT_ENDED_FLOW, ASSISTED_PERSONS,
    UNASSISTED_PERSONS, REMOVED_PERSONS, REMOVED_CHILDREN, UNSAFE_PERSONS, UNSUPPORTED_PERSONS, CHILDREN_IN_LIMBO,
    PERSONS_IN_HOTELS,
) = range(len(FLOWS))  # fmt: skip
FLOW_COUNT = len(FLOWS)


#: Columns of the weekly history: stocks by stage, then flows, then lines of the account (in pence).
STOCKS_AT = 0
FLOWS_AT = STAGE_COUNT
LEDGER_AT = FLOWS_AT + FLOW_COUNT
HISTORY_COUNT = LEDGER_AT + LINE_COUNT

#: Rows of the counts: households, persons and children by stage; persons housed, by account and housing;
#: a row of single counts; households with children by stage.
HOUSEHOLDS, PERSONS, YOUNG, HOUSED, SINGLE, FAMILIES_IN = 0, 1, 2, 3, 6, 7
CASES, UNSUPPORTED, UNREAD = 0, 3, 4  # unresolved cases by account, persons without support, households with news

#: Planes of the lands: true safety, and 1 while on the safe list.
TRUE_SAFETY, LISTED = 0, 1


class State(NamedTuple):
    """Everything of a run that changes, and its history so far."""

    s: np.ndarray  # households, (columns, rows)
    segments: np.ndarray  # rows of origin o: segments[o] : segments[o + 1]
    tie_start: np.ndarray  # (rows + 1,)
    ties: np.ndarray  # neighbour lists
    arrival_rows: np.ndarray
    arrival_start: np.ndarray  # (weeks + 1,)
    lands: np.ndarray  # true safety and safe list, (2, weeks, origins)
    credibility: np.ndarray  # seen weekly chance of removal: without, with children; (2,)
    counts: np.ndarray  # kept as things happen, (8, stages)
    history: np.ndarray  # one row a week: stocks, flows, pence; (weeks, HISTORY_COUNT)
    heard: np.ndarray  # rows with unread news, (rows,)
    queue: np.ndarray  # rows in line, (rows,)
    turns: np.ndarray  # their turns, (rows,)
    lots: np.ndarray  # a lot for every row, (rows,)


@routine
def new_state(
    x: Setting,
    table: np.ndarray,
    segments: np.ndarray,
    tie_start: np.ndarray,
    ties: np.ndarray,
    arrival_rows: np.ndarray,
    arrival_start: np.ndarray,
    lands: np.ndarray,
) -> State:
    """An empty history around freshly made households."""
    rows = table.shape[1]
    state = State(
        table,
        segments,
        tie_start,
        ties,
        arrival_rows,
        arrival_start,
        lands,
        np.array([x.rates.credibility, x.rates.credibility_family]),
        np.zeros((8, STAGE_COUNT), np.int64),
        np.zeros((int(x.rates.weeks), HISTORY_COUNT), np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows),
        np.empty(rows),
    )
    for i in range(rows):
        count(state, i, 1)
    return state


@rule
def in_limbo(stage: float) -> bool:
    """Without a lasting answer: awaiting, refused, exhausted or absconded."""
    return 1.0 <= stage <= ABSCONDED


@rule
def supported(s, i: int) -> bool:  # type: ignore[no-untyped-def]
    """Housed and paid by the state."""
    return 1.0 <= s[STAGE, i] <= EXHAUSTED and s[HOUSING, i] != OWN and s[WITHDRAWN, i] == 0.0


@rule
def count(state: State, i: int, sign: int) -> None:
    """Add household i to the counts, or take it out."""
    s = state.s
    stage = int(s[STAGE, i])
    children = int(s[CHILDREN, i])
    persons = int(s[ADULTS, i]) + children
    account = int(s[ACCOUNT, i])
    counts = state.counts
    counts[HOUSEHOLDS, stage] += sign
    counts[PERSONS, stage] += sign * persons
    counts[YOUNG, stage] += sign * children
    if children > 0:
        counts[FAMILIES_IN, stage] += sign
    if AWAITING <= stage <= EXHAUSTED:
        counts[SINGLE, CASES + account] += sign
    if supported(s, i):
        counts[HOUSED + account, int(s[HOUSING, i])] += sign * persons
    if stage == ABSCONDED or (stage == EXHAUSTED and s[WITHDRAWN, i] == 1.0):
        counts[SINGLE, UNSUPPORTED] += sign * persons


@routine
def enter(state: State, i: int, stage: float, week: int) -> None:
    """Move household i to a stage, keeping every count true."""
    count(state, i, -1)
    s = state.s
    s[STAGE, i] = stage
    s[SINCE, i] = float(week)
    if stage == AWAITING:
        s[WITHDRAWN, i] = 0.0
    if stage == ABSCONDED:
        s[HOUSING, i] = OWN
        if s[ABSCONDED_AT, i] < -1e5:
            s[ABSCONDED_AT, i] = float(week)
    count(state, i, 1)


@routine
def rehouse(state: State, i: int, housing: float, withdrawn: float) -> None:
    """Change a household's housing, keeping every count true."""
    count(state, i, -1)
    state.s[HOUSING, i] = housing
    state.s[WITHDRAWN, i] = withdrawn
    count(state, i, 1)


@rule
def note(state: State, week: int, flow: int, amount: int) -> None:
    """Count something that happened this week."""
    state.history[week, FLOWS_AT + flow] += amount
