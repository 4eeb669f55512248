"""The state of a run: the table of households, their ties, and the counts that are kept as things happen.

Counts of stocks and the public account are not summed up anew each week; every change of a
household passes through `enter`, which keeps them true.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from abm.arrays.ledger import UPKEEP, Line, Upkeep
from abm.arrays.setting import Setting
from abm.arrays.table import Table, rows_in
from abm.household.beliefs import within_a_year
from abm.household.decision import Circumstances
from abm.household.stages import ACCOUNT, COL, HOUSING, STAGE, STAGES, at_risk, case_is_open, in_country, was_refused
from abm.numerics.arithmetic import maker, routine, rule
from abm.numerics.calendar import happened
from abm.numerics.named import Named, numbers


class Flow(Named):
    """Weekly counts of what happened, in households unless the name says persons or children."""

    arrivals = "new households"
    induced_arrivals = "of them, those that came because of the policy"
    granted = "claims granted at first decision"
    refused = "claims refused at first decision"
    appeals_allowed = "appeals allowed"
    appeals_dismissed = "appeals dismissed"
    exhausted = "households whose appeal rights were exhausted"
    reviews = "protection statuses reviewed"
    revoked = "protection statuses ended at review"
    visits = "advisers' visits"
    attempts = "removal attempts"
    considered = "households that considered their situation"
    accepted = "households that accepted an offer"
    withdrawn = "households that accepted an offer and did not leave"
    assisted = "assisted returns"
    unassisted = "unassisted returns"
    removed = "enforced removals"
    unescorted = "of them, those put on a plane without escort"
    absconded = "households that went out of contact"
    moved_on = "of them, those that moved on or disappeared as people of the place do"
    detected = "households found again"
    regularised = "households given leave to stay after their claim had failed"
    settled = "households settled after protection"
    re_entered = "returned households that came back with a new claim"
    support_ended = "households whose support ended"
    assisted_persons = "persons in assisted returns"
    unassisted_persons = "persons in unassisted returns"
    removed_persons = "persons in enforced removals"
    removed_children = "children in enforced removals"
    unsafe_persons = "persons who went back to a country unsafe at that time, by any route"
    unsupported_persons = "persons in limbo without state support at the end of the week"
    children_in_limbo = "children whose household has no lasting answer at the end of the week"
    persons_in_hotels = "persons housed in hotels at the end of the week"
    lasting_persons = "persons protected or settled at the end of the week"


FLOW = numbers(Flow)

#: Columns of the weekly history: stocks by stage, flows, upkeep, then lines of the account (these two in pence).
STOCKS_AT = 0
FLOWS_AT = len(STAGES)
UPKEEP_AT = FLOWS_AT + len(Flow)
LEDGER_AT = UPKEEP_AT + len(Upkeep)
HISTORY_COUNT = LEDGER_AT + len(Line)


class Count(Named):
    """Stocks that are kept as things happen: rows of whole numbers, an entry a stage, an account or an `Upkeep`."""

    households = "households, by stage"
    persons = "persons, by stage"
    children = "children, by stage"
    families = "households with children, by stage"
    refused_for_good = "households in the country whose claim has failed for good, by kin"
    cases = "households whose case is open, by account"
    hotel = "persons whom the state houses in hotels, by account"
    dispersal = "persons whom the state houses in dispersal, by account"
    unsupported = "persons in limbo without support, by account"
    from_hotels = "persons first housed in hotels, induced arrivals aside, by upkeep"
    from_dispersal = "persons first housed in dispersal, induced arrivals aside, by upkeep"
    unread = "households with unread news (one number)"
    there = "rows of those who have come so far (one number)"


class Land(Named):
    """What is known of a country of origin in a week."""

    true_safety = "true safety, 0–1"
    listed = "1 while it is on the safe list"
    removable = "1 while removals there are feasible, and attempted under the policy"


class Kin(Named):
    """Whose removals are seen, each by its own kind."""

    single = "households without children"
    family = "households with children"


class Event(Named):
    """What is counted by origin, kind of household and first housing, in runs that are asked for it."""

    assisted = "assisted returns"
    unassisted = "unassisted returns"
    removed = "enforced removals"
    disappeared = "households that went out of contact"
    accepted = "households that accepted an offer"


class Counted(Named):
    """What an event is counted in."""

    households = "households"
    persons = "persons"
    children = "children"


#: Ties abroad that a household may have: as many as a column of small numbers tells apart.
MOST_ABROAD = 256


class News(Named):
    """What a household has heard of its ties, and not read yet: counts and sums that are exact in any order."""

    reports = "ties that went home, each with a report on safety"
    reported = "sum of their reports"
    payments = "reports on payment from ties that returned with assistance"
    paid = "of them, that it was paid"
    removals = "ties that were removed"


class Seat(Named):
    """What is written of a household at its place on the bench, below its circumstances (a row each)."""

    row = "its row"
    household = "its identity"
    stage = "its stage"
    offered = "1 while assisted return is on offer to it"
    choice = "what it chooses"
    truth = "how safe its home is"
    listed = "1 while that is on the safe list"
    news = "the noise of its news, drawn"
    spare = "on the way to that"
    due = "1 if it is to stand in a line"
    turn = "its turn there: a lot, or what the line goes by"


COUNT, LAND, KIN, NEWS = numbers(Count), numbers(Land), numbers(Kin), numbers(News)
SEAT = numbers(Seat, lambda place: len(Circumstances._fields) + place)
SEATS = len(Circumstances._fields) + len(Seat)
EVENT, COUNTED = numbers(Event), numbers(Counted)


#: Households that sit on the bench together: their lots are drawn, or their decisions taken, several at a time.
BLOCK = 256


class State(NamedTuple):
    """Everything of a run that changes, and its history so far."""

    s: Any  # households, a `Table` (a type checker would take its entries for those of a tuple)
    arrivals: np.ndarray  # rows of those who arrive in week w are arrivals[w] : arrivals[w + 1], (weeks + 1,)
    tie_start: np.ndarray  # (rows + 1,)
    ties: np.ndarray  # neighbour lists
    lands: np.ndarray  # a plane a `Land`, (lands, weeks, origins)
    credibility: np.ndarray  # seen chance of removal in a week, and within a year: an entry a `Kin`, (2, 2)
    noise: np.ndarray  # standard deviation of a week's news on safety, by ties abroad, (MOST_ABROAD,)
    counts: np.ndarray  # a row a `Count`, (counts, stages)
    history: np.ndarray  # one row a week: stocks, flows, upkeep, account; (weeks, HISTORY_COUNT)
    events: np.ndarray  # events, a plane a week (or none: they are not asked for), (weeks, events, counted, groups)
    heard: np.ndarray  # rows with unread news, (rows,)
    news: np.ndarray  # that news, in the same order: a row a `News`, (news, rows)
    queue: np.ndarray  # rows in line, (rows,)
    turns: np.ndarray  # their turns, (rows,)
    bench: np.ndarray  # a block of households: a row a field of `Circumstances`, then a row a `Seat`, (seats, BLOCK)


@maker
def noise_of_news(of_one: float) -> np.ndarray:
    """Standard deviation of a week's news on safety by ties abroad, each of whom tells as much as the news of one."""
    found = np.empty(MOST_ABROAD)
    for abroad in range(MOST_ABROAD):
        found[abroad] = of_one / math.sqrt(1.0 + abroad)
    return found


@maker
def new_state(
    x: Setting,
    table: Table,
    arrivals: np.ndarray,
    tie_start: np.ndarray,
    ties: np.ndarray,
    lands: np.ndarray,
) -> State:
    """An empty history around freshly made households."""
    rows = rows_in(table)
    state = State(
        table,
        arrivals,
        tie_start,
        ties,
        lands,
        np.zeros((2, len(KIN))),
        noise_of_news(x.b.news_noise),
        np.zeros((len(COUNT), len(STAGES)), np.int64),
        np.zeros((int(x.frame.weeks), HISTORY_COUNT), np.int64),
        np.zeros((0, len(EVENT), len(COUNTED), groups(x.origins.shape[1])), np.int64),
        np.empty(rows, np.int64),
        np.empty((len(NEWS), rows)),
        np.empty(rows, np.int64),
        np.empty(rows),
        np.empty((SEATS, BLOCK)),
    )
    see(state, KIN.single, x.frame.credibility)
    see(state, KIN.family, x.frame.credibility_family)
    for i in range(rows):
        count(state, i, 1)
    state.counts[COUNT.there, 0] = arrivals[0]
    return state


@rule
def there(state: State) -> int:
    """How many rows are of those who have come so far (or were kept away): always the first ones."""
    return state.counts[COUNT.there, 0]


@rule
def see(state: State, kin: int, weekly: float) -> None:
    """So much of the removal of a kind of household is seen, a week."""
    state.credibility[0, kin] = weekly
    state.credibility[1, kin] = within_a_year(weekly)


@rule
def failed_for_good(stage: float, booked_from: float) -> bool:
    """Whether a household's claim has failed for good: at risk, or booked to leave once it had been refused."""
    return at_risk(stage) | ((stage == STAGE.BOOKED) & was_refused(booked_from))


@rule
def supported(s, i: int) -> bool:  # type: ignore[no-untyped-def]
    """Housed and paid by the state."""
    return case_is_open(s[COL.stage, i]) and s[COL.housing, i] != HOUSING.OWN and s[COL.withdrawn, i] == 0.0


@rule
def unsupported(s, i: int) -> bool:  # type: ignore[no-untyped-def]
    """In limbo without support: out of contact, or refused for good (or booked to leave) after it was withdrawn."""
    stage = s[COL.stage, i]
    waits = stage == STAGE.EXHAUSTED or stage == STAGE.BOOKED
    return stage == STAGE.ABSCONDED or (waits and s[COL.withdrawn, i] == 1.0)


@rule
def upkeep_of(s, i: int) -> int:  # type: ignore[no-untyped-def]
    """What became of the upkeep of household i, which has come."""
    stage = s[COL.stage, i]
    if not in_country(stage) or s[COL.account, i] == ACCOUNT.REENTERED:
        return UPKEEP.left
    if case_is_open(stage):
        return UPKEEP.supported if supported(s, i) else UPKEEP.withdrawn
    return UPKEEP.out_of_contact if stage == STAGE.ABSCONDED else UPKEEP.stays


@rule
def groups(origins: int) -> int:
    """How many groups of households events are told apart by."""
    return origins * len(KIN) * len(HOUSING)


@rule
def group_of(s, i: int) -> int:  # type: ignore[no-untyped-def]
    """The group of household i: its origin, whether it has children, and where it was first housed."""
    kin = KIN.family if s[COL.children, i] > 0.0 else KIN.single
    return (int(s[COL.origin, i]) * len(KIN) + kin) * len(HOUSING) + int(s[COL.first_housing, i])


@routine
def record(state: State, week: int, event: int, i: int) -> None:
    """Count an event of household i, if this run is asked for them."""
    if week < state.events.shape[0]:
        children = int(state.s[COL.children, i])
        group = group_of(state.s, i)
        state.events[week, event, COUNTED.households, group] += 1
        state.events[week, event, COUNTED.persons, group] += int(state.s[COL.adults, i]) + children
        state.events[week, event, COUNTED.children, group] += children


@rule
def stock(state: State, stage: float) -> int:
    """Households in a stage now."""
    return state.counts[COUNT.households, int(stage)]


@routine
def count(state: State, i: int, sign: int) -> None:
    """Add household i to the counts, or take it out."""
    s = state.s
    stage = int(s[COL.stage, i])
    children = int(s[COL.children, i])
    persons = int(s[COL.adults, i]) + children
    account = int(s[COL.account, i])
    counts = state.counts
    counts[COUNT.households, stage] += sign
    counts[COUNT.persons, stage] += sign * persons
    counts[COUNT.children, stage] += sign * children
    if children > 0:
        counts[COUNT.families, stage] += sign
    if failed_for_good(stage, s[COL.booked_from, i]):
        counts[COUNT.refused_for_good, KIN.family if children > 0 else KIN.single] += sign
    if case_is_open(s[COL.stage, i]):
        counts[COUNT.cases, account] += sign
    if supported(s, i):
        row = COUNT.hotel if s[COL.housing, i] == HOUSING.HOTEL else COUNT.dispersal
        counts[row, account] += sign * persons
    if unsupported(s, i):
        counts[COUNT.unsupported, account] += sign * persons
    if s[COL.first_housing, i] != HOUSING.OWN and s[COL.account, i] != ACCOUNT.INDUCED and stage != STAGE.ABSENT:
        row = COUNT.from_hotels if s[COL.first_housing, i] == HOUSING.HOTEL else COUNT.from_dispersal
        counts[row, upkeep_of(s, i)] += sign * persons


@routine
def enter(state: State, i: int, stage: float, week: int) -> None:
    """Move household i to a stage, keeping every count true."""
    count(state, i, -1)
    s = state.s
    s[COL.stage, i] = stage
    s[COL.since, i] = float(week)
    if stage == STAGE.AWAITING:
        s[COL.withdrawn, i] = 0.0
    if stage == STAGE.ABSCONDED:
        s[COL.housing, i] = HOUSING.OWN
        if not happened(s[COL.absconded_at, i]):
            s[COL.absconded_at, i] = float(week)
    count(state, i, 1)


@rule
def is_at_risk(state: State, i: int, week: int) -> None:
    """From this week on (unless it was before), the claim of household i has failed for good."""
    if not happened(state.s[COL.risk_from, i]):
        state.s[COL.risk_from, i] = float(week)


@routine
def rehouse(state: State, i: int, housing: float, withdrawn: float) -> None:
    """Change a household's housing, keeping every count true."""
    count(state, i, -1)
    state.s[COL.housing, i] = housing
    state.s[COL.withdrawn, i] = withdrawn
    count(state, i, 1)


@rule
def note(state: State, week: int, flow: int, amount: int) -> None:
    """Count something that happened this week."""
    state.history[week, FLOWS_AT + flow] += amount
