"""The pull factor: how many more (or fewer) come under a policy than the caseload's own conditions bring.

An elasticity acts on the expected worth, per head, of a claim,

    arrivals / own arrivals = ((B + m) / (B + m₀)) ^ ε,

where B is the worth of staying on support, housing included, m what the best offer that pulls is worth to those who
would come, and m₀ what was on offer when the caseload's own arrivals were counted.  What an offer is worth is

    m = q a δ^(w + d) [p + (1 − p) β t δ^l],

with q the chance of being offered it (family, origin, lot, and that the claim comes to a stage in which it is open:
refused, or refused for good), a the amount per head, what is in kind at its value,
w the wait from the refusal until a stage in which it is open, d the delay after that at which it is best, p the share
paid at departure and l the weeks until the rest is, t the belief that later payments are made, β present bias, and δ
the discount factor of the median household.  The elasticity is nought unless it is switched on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from abm.evidence.homeland import Origin, home, place_name
from abm.household.offers import by_delay
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload, Composition, HouseholdRow
from abm.inputs.parameters import Week
from abm.inputs.policy import Offer, Policy
from abm.numerics.arithmetic import exp, log
from abm.numerics.calendar import WEEKS_PER_YEAR

#: The pull factor never multiplies arrivals by more than this.
MOST_PULL = 10.0


def pull_over(
    timeline: Sequence[tuple[int, Policy]], caseload: Caseload, behaviour: Behaviour, weeks: int
) -> np.ndarray:
    """Arrivals of each week as a multiple of the caseload's own, under the policies of a timeline, shape (weeks,)."""
    found = np.ones(weeks)
    for week, policy in timeline:
        found[week:] = pull_factors(policy, caseload, behaviour, weeks)[week:]
    return found


def pull_factors(policy: Policy, caseload: Caseload, behaviour: Behaviour, weeks: int) -> np.ndarray:
    """Arrivals of each week under a policy as a multiple of the caseload's own, shape (weeks,)."""
    if caseload.world.pull_elasticity == 0.0:  # whatever an offer is worth
        return np.full(weeks, pull_factor(policy, caseload, behaviour, 0.0))
    worth = np.zeros(weeks)
    for offer in policy.offers.values():
        if offer.claims_before_week is None:  # an offer that is closed to new claims pulls nobody
            end = weeks if offer.end_week is None else max(0, _week(offer.end_week))
            open_weeks = slice(max(0, _week(offer.start_week)), end)
            worth[open_weeks] = np.maximum(worth[open_weeks], worth_per_head(offer, policy, caseload, behaviour))
    found = {money: pull_factor(policy, caseload, behaviour, money) for money in set(worth.tolist())}
    return np.array([found[money] for money in worth.tolist()])


def _week(when: Week) -> int:
    assert isinstance(when, int)  # dates have been turned into weeks
    return when


def pull_factor(policy: Policy, caseload: Caseload, behaviour: Behaviour, worth: float) -> float:
    """Arrivals as a multiple of the caseload's own while an offer is worth so much to a head, GBP."""
    world = caseload.world
    reunion = max(0.0, 1.0 - world.reunion_share * (policy.entry.family_reunion_age - 18.0))
    if world.pull_elasticity == 0.0:  # whatever an offer is worth
        return reunion
    reference = Offer(amount_per_person=world.pull_reference_offer, open_refused=True)
    own = amount_per_head(reference, policy, caseload, by_chance=True) * later(behaviour, world.pull_reference_weeks)
    # Rounded, so that an offer like the one under which arrivals were counted pulls exactly nobody.
    ratio = round((world.support_worth + worth) / (world.support_worth + own), 12)
    return min(MOST_PULL, exp(world.pull_elasticity * log(ratio))) * reunion


def worth_per_head(offer: Offer, policy: Policy, caseload: Caseload, behaviour: Behaviour) -> float:
    """What an offer is worth to a head of the households that would come, whether or not they are refused, GBP.

    Whoever leaves it for the week in which it is best is paid what is then on offer.
    """
    wait = weeks_until_open(offer, caseload)
    if wait is None or offer.amount_per_person == 0.0:
        return 0.0
    profile = by_delay(offer)
    discounted = [share * discount(behaviour, delay) for delay, share in enumerate(profile.tolist())]
    delay = int(np.argmax(discounted))
    amount = amount_per_head(offer, policy, caseload, float(profile[delay]), by_chance=True)
    amount *= 1.0 - offer.in_kind_share * (1.0 - behaviour.in_kind_value)
    paid = offer.paid_at_departure + (1.0 - offer.paid_at_departure) * later(behaviour, offer.later_payment_weeks)
    return amount * paid * discount(behaviour, wait + delay)


def discount(behaviour: Behaviour, weeks: float) -> float:
    """The median household's discount factor over some weeks."""
    return exp(-weeks / WEEKS_PER_YEAR * log(1.0 + behaviour.discounting))


def later(behaviour: Behaviour, weeks: float) -> float:
    """What a pound paid so many weeks after departure is worth at departure: believed, biased and discounted."""
    return behaviour.payment_belief * behaviour.present_bias * discount(behaviour, weeks)


def weeks_until_open(offer: Offer, caseload: Caseload) -> float | None:
    """Mean weeks from a refusal (or from arrival, for those who arrive exhausted) until an offer is open.

    None if it is open only in stages that those who come have behind them.
    """
    awaiting = caseload.inflow_stage == "awaiting"
    if awaiting and (offer.open_awaiting or offer.open_refused):
        return 0.0
    if offer.open_exhausted or offer.open_absconded:
        procedure = caseload.procedure
        appeal = procedure.appeal_weeks or caseload.durations.refused_weeks
        without = float(procedure.appeal_window_weeks)
        return procedure.appeal_share * appeal + (1.0 - procedure.appeal_share) * without if awaiting else 0.0
    return None


def chance_of_offer(offer: Offer, policy: Policy, caseload: Caseload, land: Origin, *, by_chance: bool = True) -> float:
    """Chance that a household of an origin comes to a stage in which an offer is open to it; 0 or 1 without chance."""
    every = offer.origins.strip() == "all"
    named = every or land.name in {place_name(name.strip(), caseload.countries) for name in offer.origins.split(",")}
    if not named or (offer.safe_origins_only and land.safety < policy.scope.safe_threshold):
        return 0.0
    if not by_chance:
        return 1.0
    if caseload.inflow_stage != "awaiting" or offer.open_awaiting:
        return offer.share
    procedure = caseload.procedure
    granted = land.grant_rate if procedure.grant_rate is None else procedure.grant_rate
    allowed = land.appeal_allowed if procedure.appeal_allowed is None else procedure.appeal_allowed
    stays = 0.0 if offer.open_refused else procedure.appeal_share * allowed
    return offer.share * ((1.0 - granted) * (1.0 - stays))


def amount_per_head(
    offer: Offer, policy: Policy, caseload: Caseload, share: float = 1.0, *, by_chance: bool = False
) -> float:
    """What a share of an offer comes to for a head of the households that would come, GBP: the mean over households.

    Children's share, the cap, and the conditions on family and origin count; what a household is not offered is
    nought.

    Parameters
    ----------
    by_chance
        Weigh each household by the chance that its claim comes to a stage in which the offer is open.
    """

    def chance(name: str) -> float:
        return chance_of_offer(offer, policy, caseload, home(caseload, name), by_chance=by_chance)

    if caseload.rows:
        chances = {name: chance(name) for name in {row.origin for row in caseload.rows}}
        return float(np.mean([chances[row.origin] * _row_per_head(offer, row, share) for row in caseload.rows]))
    shares, total = caseload.origins, 0.0
    for name, given in shares.items():
        land, weight = home(caseload, name), given * chance(name)
        if weight == 0.0:
            continue
        c = caseload.composition
        families = land.family_share if c.family_share_by_origin else c.family_share
        singles = 0.0 if offer.families_only else _per_head(offer, 1, 0, share)
        total += weight * ((1.0 - families) * singles + families * _per_family_head(offer, c, share))
    return total / float(np.sum(list(shares.values())))


def _row_per_head(offer: Offer, row: HouseholdRow, share: float) -> float:
    if offer.families_only and not row.children:
        return 0.0
    return _per_head(offer, row.size - row.children, row.children, share)


def _per_head(offer: Offer, adults: int, children: int, share: float) -> float:
    amount = offer.amount_per_person * (adults + offer.child_share * children) * share
    if offer.household_cap is not None:
        amount = min(amount, offer.household_cap)
    return amount / (adults + children)


def _per_family_head(offer: Offer, c: Composition, share: float) -> float:
    """Mean over families as `abm.arrays.population.compose` draws them: a second adult or not, Poisson children."""
    total, seen, p = 0.0, 0.0, math.exp(-c.extra_children)
    for children in range(1, c.max_children + 1):
        chance = 1.0 - seen if children == c.max_children else p
        two = c.second_adult
        one_adult, two_adults = _per_head(offer, 1, children, share), _per_head(offer, 2, children, share)
        total += chance * ((1.0 - two) * one_adult + two * two_adults)
        seen += p
        p *= c.extra_children / children
    return total
