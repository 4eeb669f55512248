"""Offers and support: to whom an offer is made, when it closes, what is on offer now, and when support ends.

`x.offers[k]` is a record: take it once (``offer = x.offers[k]``) and read its fields, or a loop over households costs a
tenth more; and test what is cheap (the stage) before what is not.
"""

from __future__ import annotations

from abm.arrays.setting import PATIENCE_CLASSES, Setting
from abm.arrays.state import LAND, State
from abm.household.beliefs import raised, removal_after_threat
from abm.household.offers import meets_conditions
from abm.household.stages import COL, HOUSING, STAGE, TOLD, chooses
from abm.inputs.policy import NOTICE_OF_REMOVAL, SUPPORT
from abm.numerics.arithmetic import routine, rule
from abm.numerics.calendar import NO_LIMIT, limited


@rule
def could_have(x: Setting, state: State, i: int, week: int, k: int) -> bool:
    """Whether household i meets the conditions of offer k, its window aside."""
    s = state.s
    offer = x.offers[k]
    if offer.open_to[int(s[COL.stage, i])] == 0.0:
        return False
    listed = state.lands[LAND.listed, week, int(s[COL.origin, i])]
    return meets_conditions(offer, s[COL.children, i], s[COL.arrived, i], listed)


@routine
def make_offers(x: Setting, state: State, i: int, week: int) -> None:
    """Make household i the offers that it can have in its stage, each once; an announced one draws attention."""
    s = state.s
    for k in range(len(x.offers)):
        offer = x.offers[k]
        told = max(float(week), offer.start_week)
        if limited(s[TOLD + k, i]) or told >= offer.end_week or not could_have(x, state, i, week, k):
            continue
        if offer.announced == 0.0:
            s[TOLD + k, i] = told
        elif offer.amount_per_person > 0.0:
            s[TOLD + k, i] = told
            s[COL.closing, i] = offer_ends(x, k, told)
            if offer.early_bonus > 0.0:
                s[COL.closing, i] = min(s[COL.closing, i], told + offer.early_weeks)
            if told == float(week) and week != int(offer.start_week):
                hear_of_offer(x, state, i)


@rule
def hear_of_offer(x: Setting, state: State, i: int) -> None:
    """An announced offer draws the attention of household i, and brings the threat that goes with it."""
    state.s[COL.alert, i] = raised(state.s[COL.alert, i], x.b.alert_offer)
    if x.policy.enforcement.notice == NOTICE_OF_REMOVAL.with_offer:
        threaten(x, state, i)


@rule
def threaten(x: Setting, state: State, i: int) -> None:
    """Household i is told that it will be removed, as likely as the policy announces."""
    belief, announced = state.s[COL.removal, i], x.policy.enforcement.announced_risk
    state.s[COL.removal, i] = removal_after_threat(belief, x.b.announcement_trust, announced)


@rule
def give_notice(x: Setting, state: State, i: int) -> None:
    """Threaten household i, whose claim has failed for good, where the policy does so whatever it offers."""
    if x.policy.enforcement.notice == NOTICE_OF_REMOVAL.when_exhausted:
        threaten(x, state, i)


@rule
def offer_ends(x: Setting, k: int, told: float) -> float:
    """First week in which offer k, made to a household in a week, is closed to it."""
    offer = x.offers[k]
    return min(offer.end_week, told + offer.acceptance_window_weeks)


@routine
def follow_the_list(x: Setting, state: State, week: int) -> None:
    """Make the offers to households whose country has just come onto the safe list."""
    s = state.s
    for origin in range(len(state.segments) - 1):
        came = week > 0 and state.lands[LAND.listed, week, origin] > state.lands[LAND.listed, week - 1, origin]
        if came:
            for i in range(state.segments[origin], state.segments[origin + 1]):
                if chooses(s[COL.stage, i]):
                    make_offers(x, state, i, week)
                if s[COL.stage, i] == STAGE.EXHAUSTED:
                    start_to_end_support(x, state, i, s[COL.since, i])


@routine
def announce(x: Setting, state: State, week: int) -> None:
    """In the week in which an announced offer opens, everybody who can have it hears of it."""
    s = state.s
    for k in range(len(x.offers)):
        offer = x.offers[k]
        if offer.announced > 0.0 and offer.amount_per_person > 0.0 and week == int(offer.start_week):
            for i in range(s.shape[1]):
                if s[TOLD + k, i] == float(week) and could_have(x, state, i, week, k):
                    hear_of_offer(x, state, i)


@rule
def offered_now(x: Setting, state: State, i: int, week: int, k: int) -> float:
    """Share of the amount of offer k that household i can have this week (0: none)."""
    told = state.s[TOLD + k, i]
    if told > week or not could_have(x, state, i, week, k):
        return 0.0
    return x.shares[k, week, PATIENCE_CLASSES, min(int(week - told), x.shares.shape[3] - 1)]


@routine
def start_to_end_support(x: Setting, state: State, i: int, since: float) -> None:
    """Set the week in which support ends for a household whose appeal rights are exhausted since a week."""
    s = state.s
    support = x.policy.support
    family = s[COL.children, i] > 0.0
    kind = support.families if family else support.singles
    weeks = support.families_weeks if family else support.singles_weeks
    s[COL.support_end, i] = NO_LIMIT
    if s[COL.housing, i] == HOUSING.OWN or kind == SUPPORT.continue_:
        return
    if kind == SUPPORT.end_after:
        s[COL.support_end, i] = since + weeks
        return
    for k in range(len(x.offers)):  # support ends with the offer that it is refused for
        offer = x.offers[k]
        if offer.announced > 0.0 and limited(s[TOLD + k, i]):
            ends = offer_ends(x, k, s[TOLD + k, i])
            if limited(ends):
                s[COL.support_end, i] = min(s[COL.support_end, i], ends)
