"""A household that considers: what it sees of its own situation, weighed by `abm.household.decision`."""

from __future__ import annotations

from typing import Any, NamedTuple

from abm.arrays.origins import ORIGIN
from abm.arrays.setting import PATIENCE_CLASSES, Setting
from abm.arrays.state import FLOW, SEAT, State, note
from abm.arrays.table import week_made
from abm.household.decision import Circumstances, Shocks, hope_of_staying, race, terms, worth
from abm.household.offers import household_amount
from abm.household.stages import COL, HOUSING
from abm.numerics.arithmetic import rule
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, exponential, identity_of
from abm.week.offering import could_have
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
def best_offers(key: int, week: int, x: Setting, state: State, i: int):  # type: ignore[no-untyped-def]
    """The best offer now, which it is, and the best still to come on the household's own path, discounted.

    Both in GBP per head; of offers that are worth the same the first, −1 if there is none.
    """
    s = state.s
    now, which, to_come = 0.0, -1, 0.0
    in_kind = x.b.in_kind_value * x.policy.reintegration.per_household
    for k in range(len(x.offers)):
        told = week_made(s, k, i)
        if told <= week:
            since = min(int(week - told), x.shares.shape[3] - 1)
            share = x.shares[k, week, PATIENCE_CLASSES, since]
            later = x.shares[k, week, int(s[COL.patience, i]), since]
            if (share > 0.0 or later > 0.0) and could_have(key, week, x, state, i, k):
                if share > 0.0:
                    found = worth_of(x, state, i, week, k, share, in_kind, x.b.present_bias)
                    if which < 0 or found > now:
                        now, which = found, k
                if later > 0.0:
                    kind = in_kind * min(1.0, later)  # waiting discounts it like the money
                    to_come = max(to_come, x.b.present_bias * worth_of(x, state, i, week, k, later, kind, 1.0))
    return now, which, to_come


@rule
def circumstances(x: Setting, state: State, i: int, week: int, now: float, to_come: float) -> Circumstances:
    """What household i weighs this week; the best offers, as `best_offers` finds them."""
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
        cash_now=now,
        cash_later=to_come,
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


#: In which row of the bench each of the circumstances stands.
FIELD: Any = Circumstances(*range(len(Circumstances._fields)))


class Considering(NamedTuple):
    """What else its choice depends on."""

    household: int
    stage: float
    offered: float  # 1 while assisted return is on offer to it, else 0


@rule
def decided(key: int, week: int, x: Setting, state: State, i: int, c: Circumstances, of: Considering) -> float:
    """What household i chooses under its circumstances."""
    u = weighed(x, state, i, week, c, terms(x.b, c))
    choice, first = race(u, of.stage, of.offered, shocks_of(key, of.household, week))
    return first_of_own(key, week, x, state, i, c, choice, first)


@rule
def consider(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Household i considers its situation and chooses; nothing takes effect yet."""
    s = state.s
    now, which, to_come = best_offers(key, week, x, state, i)
    c = circumstances(x, state, i, week, now, to_come)
    of = Considering(int(s[COL.id, i]), s[COL.stage, i], 1.0 if which >= 0 else 0.0)
    s[COL.choice, i] = decided(key, week, x, state, i, c, of)
    s[COL.considered_at, i] = float(week)
    note(state, week, FLOW.considered, 1)


# ---- several at a time -----------------------------------------------------------------------------


@rule
def sit_down(key: int, week: int, x: Setting, state: State, i: int, place: int) -> None:
    """Household i, which considers, takes a place on the bench: what it weighs is written there."""
    s, bench = state.s, state.bench
    now, which, to_come = best_offers(key, week, x, state, i)
    c = circumstances(x, state, i, week, now, to_come)
    for field in range(len(c)):
        bench[field, place] = c[field]
    bench[SEAT.row, place] = float(i)
    bench[SEAT.household, place] = s[COL.id, i]
    bench[SEAT.stage, place] = s[COL.stage, i]
    bench[SEAT.offered, place] = 1.0 if which >= 0 else 0.0
    s[COL.considered_at, i] = float(week)


@rule
def choose_together(key: int, week: int, x: Setting, state: State, places: int) -> None:
    """Those on the bench choose, as `consider` has it, several at a time (how: see `abm.week.week.attend_together`)."""
    bench = state.bench
    for p in range(places):
        of = Considering(identity_of(bench[SEAT.household, p]), bench[SEAT.stage, p], bench[SEAT.offered, p])
        row = int(bench[SEAT.row, p])
        bench[SEAT.choice, p] = decided(key, week, x, state, row, seated(bench, p), of)
    for p in range(places):
        state.s[COL.choice, int(bench[SEAT.row, p])] = bench[SEAT.choice, p]
    note(state, week, FLOW.considered, places)


@rule
def seated(bench: Any, p: int) -> Circumstances:
    """The circumstances of the household at a place on the bench."""
    return Circumstances(
        cash_now=bench[FIELD.cash_now, p],
        cash_later=bench[FIELD.cash_later, p],
        income=bench[FIELD.income, p],
        safety=bench[FIELD.safety, p],
        safety_before=bench[FIELD.safety_before, p],
        origin=bench[FIELD.origin, p],
        peers_left=bench[FIELD.peers_left, p],
        years_here=bench[FIELD.years_here, p],
        at_school=bench[FIELD.at_school, p],
        hope=bench[FIELD.hope, p],
        in_hotel=bench[FIELD.in_hotel, p],
        lost_support=bench[FIELD.lost_support, p],
        removal=bench[FIELD.removal, p],
        has_children=bench[FIELD.has_children, p],
        taste_return=bench[FIELD.taste_return, p],
        taste_irregular=bench[FIELD.taste_irregular, p],
    )
