"""Offers and support: to whom an offer is made, when it closes, what is on offer now, and when support ends.

`x.offers[k]` is a record: take it once (``offer = x.offers[k]``) and read its fields, or a loop over households costs a
tenth more; and test what is cheap (the stage) before what is not.
"""

from __future__ import annotations

from abm.arrays.origins import OPEN_TO, ORIGIN
from abm.arrays.population import next_review
from abm.arrays.setting import PATIENCE_CLASSES, Setting
from abm.arrays.state import BLOCK, LAND, State, there
from abm.arrays.table import set_made, week_made
from abm.household.beliefs import raised, removal_after_threat
from abm.household.offers import is_drawn, meets_conditions
from abm.household.stages import COL, HOUSING, STAGE, chooses
from abm.inputs.policy import NOTICE_OF_REMOVAL, SUPPORT
from abm.numerics.arithmetic import routine, rule
from abm.numerics.calendar import NO_LIMIT, limited


@routine
def could_have(key: int, week: int, x: Setting, state: State, i: int, k: int) -> bool:
    """Whether household i meets the conditions of offer k, its window aside."""
    s = state.s
    offer = x.offers[k]
    if offer.open_to[int(s[COL.stage, i])] == 0.0:
        return False
    origin = int(s[COL.origin, i])
    if x.origins[OPEN_TO + k, origin] == 0.0:
        return False
    listed = state.lands[LAND.listed, week, origin]
    if not meets_conditions(offer, s[COL.children, i], s[COL.arrived, i], listed):
        return False
    return is_drawn(key, offer, int(s[COL.id, i]), int(s[COL.site, i]))


@rule
def is_open(x: Setting, k: int, week: int) -> bool:
    """Whether offer k is open to anybody; an amount of nought is no offer."""
    offer = x.offers[k]
    return offer.amount_per_person > 0.0 and offer.start_week <= week and week < offer.end_week


@routine
def make_offers(key: int, week: int, x: Setting, state: State, i: int, announced: bool) -> None:
    """Make household i the offers that are open and that it can have in its stage, each once; it hears of them.

    Of an offer that opens this week it hears with all the others, unless that has been `announced` already.
    """
    s = state.s
    for k in range(len(x.offers)):
        if not limited(week_made(s, k, i)) and is_open(x, k, week) and could_have(key, week, x, state, i, k):
            set_made(s, k, i, float(week))
            if announced or week != int(x.offers[k].start_week):
                hear_of_offer(x, state, i, k, week)


@routine
def offers_known(key: int, x: Setting, state: State, i: int) -> None:
    """Household i of the stock knows the offers from before the run since it could have them: they are no news."""
    s = state.s
    for k in range(len(x.offers)):
        offer = x.offers[k]
        if offer.start_week < 0.0 and is_open(x, k, 0) and could_have(key, 0, x, state, i, k):
            set_made(s, k, i, max(s[COL.since, i], offer.start_week))
    note_closing(x, state, i, 0)


@routine
def note_closing(x: Setting, state: State, i: int, week: int) -> None:
    """Household i knows when each offer made to it, or its bonus, closes; the next to close is the one to think of."""
    s, first = state.s, NO_LIMIT
    for k in range(len(x.offers)):
        offer, told = x.offers[k], week_made(s, k, i)
        if limited(told) and offer.amount_per_person > 0.0:
            closing = offer_ends(x, k, told)
            if offer.early_bonus > 0.0 and told + offer.early_weeks > week:
                closing = min(closing, told + offer.early_weeks)
            if closing > week:
                first = min(first, closing)
    s[COL.closing, i] = first


@rule
def several_close(x: Setting) -> bool:
    """Whether a household may have more than one end to think of."""
    return len(x.offers) > 1 or x.offers[0].early_bonus > 0.0


@routine
def next_to_close(x: Setting, state: State, week: int) -> None:
    """Those for whom an offer or a bonus has just closed think of the next to close."""
    s = state.s
    if not several_close(x):
        return
    for first in range(0, there(state), BLOCK):
        last = min(first + BLOCK, there(state))
        found = 0
        for i in range(first, last):
            found += 1 if s[COL.closing, i] == week else 0
        for i in range(first, last if found > 0 else first):
            if s[COL.closing, i] == week:
                note_closing(x, state, i, week)


@routine
def hear_of_offer(x: Setting, state: State, i: int, k: int, week: int) -> None:
    """Offer k, made to household i, draws its attention, now and before it closes.

    An offer that was announced in the course of the run brings the threat that goes with it.
    """
    s = state.s
    s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_offer)
    note_closing(x, state, i, week)
    if x.policy.enforcement.notice == NOTICE_OF_REMOVAL.with_offer and x.offers[k].start_week >= 0.0:
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
def come_into_force(x: Setting, state: State, week: int) -> None:
    """Another policy comes into force in the course of the run, also for those who are there.

    What was set down for the weeks to come by the rules before it, its own rules set anew.
    """
    s = state.s
    if week != int(x.frame.since):
        return
    for i in range(there(state)):
        note_closing(x, state, i, week)
        if s[COL.stage, i] == STAGE.EXHAUSTED and week == int(x.frame.support_since):
            start_to_end_support(x, state, i)
        if s[COL.stage, i] == STAGE.PROTECTED and week == int(x.frame.reviews_since):
            s[COL.review_due, i] = next_review(x, s[COL.protected_at, i], week)


@routine
def list_countries(x: Setting, state: State, week: int) -> None:
    """The safe list of the week: the origins whose safety, some weeks ago, reached the policy's threshold.

    With it goes where removals are feasible, and attempted under the policy.
    """
    seen = max(0, week - int(x.world.list_delay_weeks))
    for origin in range(x.origins.shape[1]):
        safe = state.lands[LAND.true_safety, seen, origin] >= x.policy.scope.safe_threshold
        attempted = safe or x.policy.enforcement.safe_origins_only == 0.0
        state.lands[LAND.listed, week, origin] = 1.0 if safe else 0.0
        state.lands[LAND.removable, week, origin] = x.origins[ORIGIN.returnable, origin] if attempted else 0.0


@routine
def follow_the_list(key: int, week: int, x: Setting, state: State) -> None:
    """Make the offers to households whose country has just come onto the safe list."""
    s = state.s
    if week == 0:
        return
    now, before = state.lands[LAND.listed, week], state.lands[LAND.listed, week - 1]
    came = 0
    for origin in range(len(now)):
        came += 1 if now[origin] > before[origin] else 0
    for i in range(there(state) if came > 0 else 0):
        if now[int(s[COL.origin, i])] > before[int(s[COL.origin, i])]:
            if chooses(s[COL.stage, i]):
                make_offers(key, week, x, state, i, False)
            if s[COL.stage, i] == STAGE.EXHAUSTED:
                start_to_end_support(x, state, i)


@routine
def announce(key: int, week: int, x: Setting, state: State) -> None:
    """In the week in which an offer opens, everybody who can have it is made it and hears of it.

    Those to whom it is not open hear of it only from those whom they know, when they leave.
    An offer that was there before, on other terms, is made anew.
    """
    s = state.s
    for k in range(len(x.offers)):
        if is_open(x, k, week) and week == int(x.offers[k].start_week):
            for i in range(there(state)):
                can = chooses(s[COL.stage, i]) and could_have(key, week, x, state, i, k)
                set_made(s, k, i, float(week) if can else NO_LIMIT)
                if can:
                    hear_of_offer(x, state, i, k, week)
                    if s[COL.stage, i] == STAGE.EXHAUSTED:
                        start_to_end_support(x, state, i)
                else:
                    note_closing(x, state, i, week)


@rule
def offered_now(key: int, week: int, x: Setting, state: State, i: int, k: int) -> float:
    """Share of the amount of offer k that household i can have this week (0: none)."""
    told = week_made(state.s, k, i)
    if told > week or not could_have(key, week, x, state, i, k):
        return 0.0
    return x.shares[k, week, PATIENCE_CLASSES, min(int(week - told), x.shares.shape[3] - 1)]


@routine
def start_to_end_support(x: Setting, state: State, i: int) -> None:
    """Set the week in which support ends for a household whose appeal rights are exhausted.

    Weeks of notice count from the week in which they were, or from that of the rule, if it is later.
    """
    s = state.s
    support = x.policy.support
    family = s[COL.children, i] > 0.0
    kind = support.families if family else support.singles
    weeks = support.families_weeks if family else support.singles_weeks
    s[COL.support_end, i] = NO_LIMIT
    if s[COL.housing, i] == HOUSING.OWN or kind == SUPPORT.continue_:
        return
    if kind == SUPPORT.end_after:
        s[COL.support_end, i] = max(s[COL.since, i], x.frame.support_since) + weeks
        return
    for k in range(len(x.offers)):  # support ends with the offer that it is refused for
        if limited(week_made(s, k, i)):
            ends = offer_ends(x, k, week_made(s, k, i))
            if limited(ends):
                s[COL.support_end, i] = min(s[COL.support_end, i], ends)
