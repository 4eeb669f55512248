"""The decision of a household that considers its situation (scalar rules).

A household compares *staying* (utility zero by construction) with *assisted return*, *unassisted
return* and *going irregular*, by random utility with extreme-value errors (multinomial logit) and
lasting tastes of its own:

    V_assisted   = α_A + incentive − waiting + R
    V_unassisted = α_U + R
    V_irregular  = α_G + risk of removal + lost support − children + taste

    R = home + here + leaving
      home    = country of origin + change of safety + income at home + peers who left
      here    = − ties − school − hope + hotel + lost support
      leaving = risk of removal + taste

Who is refused is selected, so that levels across countries do not tell what safety or income at home do: a level is an
effect of the country, taken from returns of the past, and safety acts through its change.

A term is a coefficient in `abm.inputs.behaviour`, a line of its group below (with what it is called for people) and a
line of `terms`; what a household must be asked for it is a field of `Circumstances`.

The incentive is concave in the amount relative to income at home, g(m) = β ln(1 + m / Y).  Waiting is
the pull of the best offer still to come, κ g(discounted best later): a rising schedule makes people
wait, a deadline makes them decide.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_type_hints

from abm.household.stages import CHOICE, STAGE, case_is_open
from abm.inputs.behaviour import Behaviour
from abm.numerics.arithmetic import exp, log, rule, where

#: Income at home, in pounds a year per head, at which the income term is zero.
REFERENCE_INCOME = 2_000.0


class Circumstances(NamedTuple):
    """What a household weighs; what carries words is shown to people under them."""

    cash_now: Annotated[float, "offer now, worth per head (GBP)"]
    cash_later: Annotated[float, "best offer to come, worth per head (GBP)"]
    income: Annotated[float, "income at home per head (GBP a year)"]
    safety: Annotated[float, "safety at home (0–1)"]
    safety_before: Annotated[float, "safety at home when the run began"]
    origin: Annotated[float, "effect of its country of origin"]
    peers_left: Annotated[float, "share of peers who left"]
    years_here: Annotated[float, "years in the country"]
    at_school: float  # 1 if it has children of school age
    hope: Annotated[float, "chance of being allowed to stay"]
    in_hotel: float
    lost_support: float
    removal: Annotated[float, "chance of removal within a year"]
    has_children: float
    taste_return: float
    taste_irregular: float


class Shocks(NamedTuple):
    """The errors of the four alternatives, exponential with mean one."""

    stay: float
    assisted: float
    unassisted: float
    irregular: float


class Assisted(NamedTuple):
    """What assisted return has of its own."""

    constant: Annotated[float, "constant of assisted return"]
    incentive: Annotated[float, "the offer, against income at home"]
    waiting: Annotated[float, "the best offer still to come"]


class Unassisted(NamedTuple):
    """What unassisted return has of its own."""

    constant: Annotated[float, "constant of unassisted return"]


class Home(NamedTuple):
    """What waits at home, for both ways of returning."""

    origin: Annotated[float, "country of origin, whatever happens there"]
    safety: Annotated[float, "safety at home, as believed, against the start"]
    home_income: Annotated[float, "income at home"]
    peers_left: Annotated[float, "peers who left"]


class Here(NamedTuple):
    """What holds a household here, or drives it away, for both ways of returning."""

    host_ties: Annotated[float, "ties to the host country"]
    school: Annotated[float, "children at school"]
    hope: Annotated[float, "hope of being allowed to stay"]
    hotel: Annotated[float, "life in a hotel"]
    lost_support: Annotated[float, "support withdrawn"]


class Leaving(NamedTuple):
    """What else pushes towards both ways of returning."""

    removal_risk: Annotated[float, "risk of removal, as believed"]
    taste: Annotated[float, "lasting taste for returning"]


class Irregular(NamedTuple):
    """What is weighed in going out of contact."""

    constant: Annotated[float, "constant of going irregular"]
    removal_risk: Annotated[float, "risk of removal, as believed"]
    lost_support: Annotated[float, "support withdrawn"]
    children: Annotated[float, "having children"]
    taste: Annotated[float, "lasting taste for irregularity"]


class Terms(NamedTuple):
    """The utility of each way out, term by term and group by group; staying is zero."""

    assisted: Assisted
    unassisted: Unassisted
    home: Home
    here: Here
    leaving: Leaving
    irregular: Irregular


#: The groups by name.
GROUPS: dict[str, Any] = get_type_hints(Terms)
#: The groups of terms that both ways of returning share.
RETURN = ("home", "here", "leaving")


class Utilities(NamedTuple):
    """The utility of each way out."""

    assisted: float
    unassisted: float
    irregular: float


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
        assisted=Assisted(
            constant=b.assisted,
            incentive=incentive(b, x.cash_now, x.income),
            waiting=-b.anticipation * incentive(b, x.cash_later, x.income),
        ),
        unassisted=Unassisted(
            constant=b.unassisted,
        ),
        home=Home(
            origin=b.origin * x.origin,
            safety=b.safety * (x.safety - x.safety_before),
            home_income=b.home_income * log(x.income / REFERENCE_INCOME),
            peers_left=b.norm * x.peers_left,
        ),
        here=Here(
            host_ties=-b.host_ties * attachment(b, x.years_here),
            school=-b.school * x.at_school,
            hope=-b.hope * x.hope,
            hotel=b.hotel * x.in_hotel,
            lost_support=b.lost_support_return * x.lost_support,
        ),
        leaving=Leaving(
            removal_risk=b.removal_risk * x.removal,
            taste=x.taste_return,
        ),
        irregular=Irregular(
            constant=b.irregular,
            removal_risk=b.removal_risk_irregular * x.removal,
            lost_support=b.lost_support_irregular * x.lost_support,
            children=-b.irregular_children * x.has_children,
            taste=x.taste_irregular,
        ),
    )


@rule
def total(group: Any, start: float = 0.0) -> float:
    """The terms of a group, added in order to a start.

    A loop, since the built-in `sum` of floats compensates for rounding from Python 3.12 on, and neither older
    versions nor the compiled week do.
    """
    value = start
    for term in group:
        value += term
    return value


@rule
def utilities(v: Terms) -> Utilities:
    """The utility of each way out: its own terms, and those that both ways of returning share."""
    returning = total(v.leaving, total(v.home) + total(v.here))
    return Utilities(
        assisted=total(v.assisted) + returning,
        unassisted=total(v.unassisted) + returning,
        irregular=total(v.irregular),
    )


@rule
def choose(v: Terms, stage: float, offered: float, shocks: Shocks) -> float:
    """The choice of one household: the way out with the largest utility plus extreme-value error; see `race`."""
    return race(utilities(v), stage, offered, shocks)[0]


@rule
def race(u: Utilities, stage: float, offered: float, shocks: Shocks) -> tuple[float, float]:
    """The way out with the largest utility plus extreme-value error, and when it is reached.

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
    choice: float = CHOICE.STAY
    first = shocks.stay
    reached = shocks.assisted * exp(-u.assisted)
    is_first = (offered > 0.0) & (reached < first)
    choice, first = where(is_first, CHOICE.ASSISTED_RETURN, choice), where(is_first, reached, first)
    reached = shocks.unassisted * exp(-u.unassisted)
    is_first = reached < first
    choice, first = where(is_first, CHOICE.UNASSISTED_RETURN, choice), where(is_first, reached, first)
    reached = shocks.irregular * exp(-u.irregular)
    is_first = case_is_open(stage) & (reached < first)
    choice, first = where(is_first, CHOICE.GO_IRREGULAR, choice), where(is_first, reached, first)
    return choice, first


@rule
def hope_of_staying(stage: float, grant_rate: float, appeals: float, allowed: float, regularised: float) -> float:
    """Chance of being allowed to stay, as the stage has it."""
    if stage == STAGE.AWAITING:
        return grant_rate
    if stage == STAGE.REFUSED:
        return appeals * allowed
    if stage == STAGE.PROTECTED:
        return 1.0
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
