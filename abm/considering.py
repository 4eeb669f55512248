"""A household that considers: what it sees of its own situation, weighed by `abm.decision`."""

from __future__ import annotations

from abm.arithmetic import rule
from abm.decision import WEEKS_PER_YEAR, Circumstances, Shocks, choose, hope_of_staying, terms, worth
from abm.draws import Purpose, exponential
from abm.moves import offered_now
from abm.offers import household_amount, meets_conditions, open_to_stage
from abm.setting import ALLOWED, GRANT, INCOME, Setting
from abm.stages import (
    ADULTS, APPEALS, ARRIVED, CHILDREN, CHOICE, CONSIDERED_AT, HOTEL, HOUSING, ID, OFFERED, ORIGIN, PATIENCE,
    PAYMENT, REMOVAL, SAFETY, SCHOOL, STAGE, STANDING_OFFERED, TASTE_IRREGULAR, TASTE_RETURN, TIES, TIES_LEFT,
    WITHDRAWN,
)  # fmt: skip
from abm.state import CONSIDERED_FLOW, LISTED, State, note

_SHOCK_STAY, _SHOCK_ASSISTED = int(Purpose.SHOCK_STAY), int(Purpose.SHOCK_ASSISTED)
_SHOCK_UNASSISTED, _SHOCK_IRREGULAR = int(Purpose.SHOCK_UNASSISTED), int(Purpose.SHOCK_IRREGULAR)


@rule
def worth_of(x: Setting, state: State, i: int, standing: bool, share: float, in_kind: float, bias: float) -> float:
    """Worth per head of a share of one of the offers to household i, GBP; `bias` on what is paid later."""
    s = state.s
    offer = x.standing if standing else x.offer
    full = household_amount(offer, s[ADULTS, i], s[CHILDREN, i], share)
    later = bias * x.paid_later[1 if standing else 0, int(s[PATIENCE, i])]
    persons = s[ADULTS, i] + s[CHILDREN, i]
    return worth(full, offer.paid_at_departure, s[PAYMENT, i], later, in_kind, persons)


@rule
def best_now(x: Setting, state: State, i: int, week: int):  # type: ignore[no-untyped-def]
    """The better of the two offers now: (worth per head, 0 none | 1 the offer | 2 the standing offer)."""
    in_kind = x.b.in_kind_value * x.rates.in_kind
    value, which = 0.0, 0
    share = offered_now(x, state, i, week, True)
    if share > 0.0:
        value, which = worth_of(x, state, i, True, share, in_kind, x.b.present_bias), 2
    share = offered_now(x, state, i, week, False)
    if share > 0.0:
        better = worth_of(x, state, i, False, share, in_kind, x.b.present_bias)
        if which == 0 or better > value:
            value, which = better, 1
    return value, which


@rule
def best_to_come(x: Setting, state: State, i: int, week: int) -> float:
    """Discounted worth per head of the best offer still to come on the household's own path, GBP."""
    s = state.s
    value = 0.0
    in_kind = x.b.in_kind_value * x.rates.in_kind
    for standing in (True, False):
        told = s[STANDING_OFFERED, i] if standing else s[OFFERED, i]
        shares = x.standing_shares if standing else x.offer_shares
        if told <= week and could_have(x, state, i, week, standing):
            delay = min(int(week - told), shares.shape[2] - 1)
            share = shares[week, int(s[PATIENCE, i]), delay]
            if share > 0.0:
                kind = in_kind * min(1.0, share)  # waiting discounts it like the money
                value = max(value, x.b.present_bias * worth_of(x, state, i, standing, share, kind, 1.0))
    return value


@rule
def could_have(x: Setting, state: State, i: int, week: int, standing: bool) -> bool:
    """Whether a household meets the conditions of one of the offers, its window aside."""
    s = state.s
    offer = x.standing if standing else x.offer
    listed = state.lands[LISTED, week, int(s[ORIGIN, i])]
    return open_to_stage(offer, s[STAGE, i]) and meets_conditions(offer, s[CHILDREN, i], s[ARRIVED, i], listed)


@rule
def circumstances(x: Setting, state: State, i: int, week: int, cash_now: float) -> Circumstances:
    """What household i weighs this week."""
    s = state.s
    origin = int(s[ORIGIN, i])
    stage = s[STAGE, i]
    ties = s[TIES, i]
    return Circumstances(
        stage,
        cash_now,
        best_to_come(x, state, i, week),
        x.origins[INCOME, origin],
        s[SAFETY, i],
        s[TIES_LEFT, i] / ties if ties > 0.0 else 0.0,
        max(0.0, week - s[ARRIVED, i]) / WEEKS_PER_YEAR,
        1.0 if s[SCHOOL, i] > 0.0 else 0.0,
        hope_of_staying(stage, x.origins[GRANT, origin], s[APPEALS, i], x.origins[ALLOWED, origin], x.rates.hope),
        1.0 if s[HOUSING, i] == HOTEL else 0.0,
        s[WITHDRAWN, i],
        s[REMOVAL, i],
        1.0 if s[CHILDREN, i] > 0.0 else 0.0,
        s[TASTE_RETURN, i],
        s[TASTE_IRREGULAR, i],
    )


@rule
def shocks_of(key: int, household: int, week: int) -> Shocks:
    """A household's errors of the week."""
    return Shocks(
        exponential(key, household, week, _SHOCK_STAY),
        exponential(key, household, week, _SHOCK_ASSISTED),
        exponential(key, household, week, _SHOCK_UNASSISTED),
        exponential(key, household, week, _SHOCK_IRREGULAR),
    )


@rule
def consider(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Household i considers its situation and chooses; nothing takes effect yet."""
    s = state.s
    cash, which = best_now(x, state, i, week)
    v = terms(x.b, circumstances(x, state, i, week, cash))
    offered = 1.0 if which > 0 else 0.0
    s[CHOICE, i] = choose(v, s[STAGE, i], offered, shocks_of(key, int(s[ID, i]), week))
    s[CONSIDERED_AT, i] = float(week)
    note(state, week, CONSIDERED_FLOW, 1)
