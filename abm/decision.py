"""The decision of a household that considers its situation (scalar rules).

A household compares *staying* (utility zero by construction) with *assisted return*, *unassisted
return* and *going irregular*, by random utility with extreme-value errors (multinomial logit) and
lasting tastes of its own:

    V_assisted   = α_A + [incentive − waiting] + R
    V_unassisted = α_U + R
    V_irregular  = α_G + risk of removal + lost support − children + taste

    R = safety + income at home + peers who left − ties − school − hope + hotel + lost support + risk + taste

The incentive is concave in the amount relative to income at home, g(m) = β ln(1 + m / Y).  Waiting is
the pull of the best offer still to come, κ g(discounted best later): a rising schedule makes people
wait, a deadline makes them decide.
"""

from __future__ import annotations

from typing import NamedTuple

from abm.arithmetic import exp, log, rule
from abm.behaviour import Behaviour
from abm.stages import (
    ABSCONDED, ASSISTED_RETURN, AWAITING, GO_IRREGULAR, REFUSED, STAY, UNASSISTED_RETURN,
)  # fmt: skip

WEEKS_PER_YEAR = 365.25 / 7.0

#: Income at home, in pounds a year per head, at which the income term is zero.
REFERENCE_INCOME = 2_000.0


class Circumstances(NamedTuple):
    """What a household weighs, in the order in which the decision reads it."""

    stage: float
    cash_now: float  # GBP per head: worth of accepting now
    cash_later: float  # GBP per head: discounted worth of the best offer still to come
    income: float  # GBP a year per head at home
    safety: float  # believed, 0–1
    peers_left: float  # share of ties who left by choice
    years_here: float
    at_school: float  # 1 if it has children of school age
    hope: float  # chance of being allowed to stay
    in_hotel: float
    lost_support: float
    removal: float  # believed chance of removal within a year
    has_children: float
    taste_return: float
    taste_irregular: float


class Shocks(NamedTuple):
    """The errors of the four alternatives, exponential with mean one."""

    stay: float
    assisted: float
    unassisted: float
    irregular: float


class Terms(NamedTuple):
    """The utility of each way out, term by term; staying is zero."""

    assisted_constant: float
    incentive: float
    waiting: float
    unassisted_constant: float
    safety: float
    home_income: float
    peers_left: float
    host_ties: float
    school: float
    hope: float
    hotel: float
    lost_support: float
    removal_risk: float
    taste: float
    irregular_constant: float
    irregular_removal_risk: float
    irregular_lost_support: float
    irregular_children: float
    irregular_taste: float


@rule
def incentive(b: Behaviour, cash: float, income: float) -> float:
    """Worth of money, concave in the amount relative to a year's income at home: β ln(1 + m / Y)."""
    return b.money * log(1.0 + cash / income)


@rule
def attachment(b: Behaviour, years: float) -> float:
    """Ties to the host country, growing from 0 to 1 with the years: 1 − exp(−years / τ)."""
    return 1.0 - exp(-years / b.ties_years)


@rule
def terms(b: Behaviour, x: Circumstances) -> Terms:
    """Every term of the decision, signed as it enters the utility."""
    return Terms(
        b.assisted,
        incentive(b, x.cash_now, x.income),
        -b.anticipation * incentive(b, x.cash_later, x.income),
        b.unassisted,
        b.safety * (x.safety - 0.5),
        b.home_income * log(x.income / REFERENCE_INCOME),
        b.norm * x.peers_left,
        -b.host_ties * attachment(b, x.years_here),
        -b.school * x.at_school,
        -b.hope * x.hope,
        b.hotel * x.in_hotel,
        b.lost_support_return * x.lost_support,
        b.removal_risk * x.removal,
        x.taste_return,
        b.irregular,
        b.removal_risk_irregular * x.removal,
        b.lost_support_irregular * x.lost_support,
        -b.irregular_children * x.has_children,
        x.taste_irregular,
    )


@rule
def return_utility(v: Terms) -> float:
    """What assisted and unassisted return share."""
    at_home = v.safety + v.home_income + v.peers_left
    here = v.host_ties + v.school + v.hope + v.hotel + v.lost_support
    return at_home + here + v.removal_risk + v.taste


@rule
def irregular_utility(v: Terms) -> float:
    """Utility of going irregular."""
    return (
        v.irregular_constant
        + v.irregular_removal_risk
        + v.irregular_lost_support
        + v.irregular_children
        + v.irregular_taste
    )


@rule
def choose(v: Terms, stage: float, offered: float, shocks: Shocks) -> float:
    """The choice of one household: the way out with the largest utility plus extreme-value error.

    Written as a race: each alternative is reached after an exponential time e / exp(V), and the first
    one is taken, which is the multinomial logit.  Each alternative has an error of its own, so that
    raising the utility of one can only turn other choices into that one.

    Parameters
    ----------
    offered
        1 while assisted return is on offer to the household, else 0.
    shocks
        Four exponential numbers of mean one.
    """
    home = return_utility(v)
    choice = STAY
    first = shocks.stay
    if offered > 0.0:
        reached = shocks.assisted * exp(-(v.assisted_constant + v.incentive + v.waiting + home))
        if reached < first:
            choice, first = ASSISTED_RETURN, reached
    reached = shocks.unassisted * exp(-(v.unassisted_constant + home))
    if reached < first:
        choice, first = UNASSISTED_RETURN, reached
    if stage != ABSCONDED:
        reached = shocks.irregular * exp(-irregular_utility(v))
        if reached < first:
            choice = GO_IRREGULAR
    return choice


@rule
def hope_of_staying(stage: float, grant_rate: float, appeals: float, allowed: float, regularised: float) -> float:
    """Chance of being allowed to stay, as the stage has it."""
    if stage == AWAITING:
        return grant_rate
    if stage == REFUSED:
        return appeals * allowed
    return regularised


@rule
def worth(cash: float, at_departure: float, trust: float, later: float, in_kind: float, persons: float) -> float:
    """Worth today, per head, of an offer part of which is paid later and must be believed in.

    Parameters
    ----------
    cash
        The offer to the household, GBP.
    at_departure
        Share paid at departure.
    trust
        Believed chance that the rest is paid.
    later
        Discount on the rest (present bias included).
    in_kind
        Worth of help in kind after return, GBP, believed and discounted like the rest.
    """
    return (cash * (at_departure + (1.0 - at_departure) * trust * later) + in_kind * trust * later) / persons
