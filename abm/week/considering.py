"""A household that considers: what it sees of its own situation, weighed by `abm.household.decision`."""

from __future__ import annotations

from abm.arrays.setting import ORIGIN, Setting
from abm.arrays.state import FLOW, State, note
from abm.household.decision import Circumstances, Shocks, hope_of_staying, race, terms, worth
from abm.household.offers import household_amount
from abm.household.stages import COL, HOUSING, TOLD
from abm.numerics.arithmetic import rule
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, exponential
from abm.week.offering import could_have, offered_now
from abm.week.own import first_of_own, shaped, weighed


@rule
def worth_of(x: Setting, state: State, i: int, week: int, k: int, share: float, in_kind: float, bias: float) -> float:
    """Worth per head of a share of offer k to household i, GBP; `bias` on what is paid later."""
    s = state.s
    offer = x.offers[k]
    amount = household_amount(offer, s[COL.adults, i], s[COL.children, i], share)
    full = shaped(x, state, i, week, k, amount) * (1.0 - offer.in_kind_share * (1.0 - x.b.in_kind_value))
    later = bias * offer.paid_later[int(s[COL.patience, i])]
    persons = s[COL.adults, i] + s[COL.children, i]
    return worth(full, offer.paid_at_departure, s[COL.payment, i], later, in_kind, persons)


@rule
def best_now(x: Setting, state: State, i: int, week: int):  # type: ignore[no-untyped-def]
    """The best offer now: (worth per head, which), the first of those that are worth the same; −1 if there is none."""
    in_kind = x.b.in_kind_value * x.policy.reintegration.per_household
    value, which = 0.0, -1
    for k in range(len(x.offers)):
        share = offered_now(x, state, i, week, k)
        if share > 0.0:
            found = worth_of(x, state, i, week, k, share, in_kind, x.b.present_bias)
            if which < 0 or found > value:
                value, which = found, k
    return value, which


@rule
def best_to_come(x: Setting, state: State, i: int, week: int) -> float:
    """Discounted worth per head of the best offer still to come on the household's own path, GBP."""
    s = state.s
    value = 0.0
    in_kind = x.b.in_kind_value * x.policy.reintegration.per_household
    for k in range(len(x.offers)):
        told = s[TOLD + k, i]
        if told <= week and could_have(x, state, i, week, k):
            share = x.shares[k, week, int(s[COL.patience, i]), min(int(week - told), x.shares.shape[3] - 1)]
            if share > 0.0:
                kind = in_kind * min(1.0, share)  # waiting discounts it like the money
                value = max(value, x.b.present_bias * worth_of(x, state, i, week, k, share, kind, 1.0))
    return value


@rule
def circumstances(x: Setting, state: State, i: int, week: int, cash_now: float) -> Circumstances:
    """What household i weighs this week."""
    s = state.s
    origin = int(s[COL.origin, i])
    stage = s[COL.stage, i]
    ties = s[COL.ties, i]
    grant, allowed = x.origins[ORIGIN.grant, origin], x.origins[ORIGIN.allowed, origin]
    # The compiler takes no condition inside a call of so many names.
    peers = s[COL.ties_left, i] / ties if ties > 0.0 else 0.0
    at_school = 1.0 if s[COL.school, i] > 0.0 else 0.0
    in_hotel = 1.0 if s[COL.housing, i] == HOUSING.HOTEL else 0.0
    has_children = 1.0 if s[COL.children, i] > 0.0 else 0.0
    return Circumstances(
        cash_now=cash_now,
        cash_later=best_to_come(x, state, i, week),
        income=x.origins[ORIGIN.income, origin],
        safety=s[COL.safety, i],
        safety_before=x.origins[ORIGIN.safety, origin],
        origin=x.origins[ORIGIN.effect, origin],
        peers_left=peers,
        years_here=max(0.0, week - s[COL.arrived, i]) / WEEKS_PER_YEAR,
        at_school=at_school,
        hope=hope_of_staying(stage, grant, s[COL.appeals, i], allowed, x.frame.regularised_in_time),
        in_hotel=in_hotel,
        lost_support=s[COL.withdrawn, i],
        removal=s[COL.removal, i],
        has_children=has_children,
        taste_return=s[COL.taste_return, i],
        taste_irregular=s[COL.taste_irregular, i],
    )


@rule
def shocks_of(key: int, household: int, week: int) -> Shocks:
    """A household's errors of the week."""
    return Shocks(
        stay=exponential(key, household, week, PURPOSE.SHOCK_STAY),
        assisted=exponential(key, household, week, PURPOSE.SHOCK_ASSISTED),
        unassisted=exponential(key, household, week, PURPOSE.SHOCK_UNASSISTED),
        irregular=exponential(key, household, week, PURPOSE.SHOCK_IRREGULAR),
    )


@rule
def consider(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Household i considers its situation and chooses; nothing takes effect yet."""
    s = state.s
    cash, which = best_now(x, state, i, week)
    c = circumstances(x, state, i, week, cash)
    u = weighed(x, state, i, week, c, terms(x.b, c))
    offered = 1.0 if which >= 0 else 0.0
    choice, first = race(u, s[COL.stage, i], offered, shocks_of(key, int(s[COL.id, i]), week))
    s[COL.choice, i] = first_of_own(key, week, x, state, i, c, choice, first)
    s[COL.considered_at, i] = float(week)
    note(state, week, FLOW.considered, 1)
