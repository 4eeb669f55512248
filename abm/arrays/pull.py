"""The pull factor: how many more (or fewer) come under a policy than the caseload's own conditions bring.

An elasticity acts on the expected worth, per head, of a claim that fails,

    arrivals / own arrivals = ((B + m) / (B + m₀)) ^ ε,

where B is the worth of staying on support, m what the best offer that pulls is worth to those who would come, and m₀
what was on offer when the caseload's own arrivals were counted.  The elasticity is nought unless it is switched on.
"""

from __future__ import annotations

import math

import numpy as np

from abm.evidence.homeland import origin
from abm.inputs.caseload import Caseload, Composition, HouseholdRow
from abm.inputs.policy import Offer, Policy
from abm.inputs.world import World
from abm.numerics.arithmetic import exp, log

#: The pull factor never multiplies arrivals by more than this.
MOST_PULL = 10.0


def pull_factors(policy: Policy, caseload: Caseload, weeks: int) -> np.ndarray:
    """Arrivals of each week under a policy as a multiple of the caseload's own, shape (weeks,)."""
    worth = np.zeros(weeks)
    for offer in policy.offers.values():
        if offer.claims_before_week is None:  # an offer that is closed to new claims pulls nobody
            open_weeks = slice(offer.start_week, offer.end_week)
            worth[open_weeks] = np.maximum(worth[open_weeks], amount_per_head(offer, policy, caseload))
    found = {amount: pull_factor(policy, caseload.world, amount) for amount in set(worth.tolist())}
    return np.array([found[amount] for amount in worth.tolist()])


def pull_factor(policy: Policy, world: World, amount: float) -> float:
    """Arrivals as a multiple of the caseload's own while an offer is worth so much to a head, GBP."""
    ratio = (world.pull_reference + amount) / (world.pull_reference + world.pull_reference_offer)
    pull = exp(world.pull_elasticity * log(ratio)) if world.pull_elasticity > 0.0 else 1.0
    reunion = max(0.0, 1.0 - world.reunion_share * (policy.entry.family_reunion_age - 18.0))
    return min(MOST_PULL, pull) * reunion


def amount_per_head(offer: Offer, policy: Policy, caseload: Caseload) -> float:
    """What an offer comes to for a head of the households that would come, GBP: the mean over households.

    Children's share, the cap, and the conditions on family and origin count; what a household is not offered is
    nought.  The full amount counts, whenever it is paid and however likely the claim is to fail.
    """
    if caseload.rows:
        return float(np.mean([_row_per_head(offer, policy, row) for row in caseload.rows]))
    shares, total = caseload.origins, 0.0
    for name, share in shares.items():
        land = origin(name)
        if offer.safe_origins_only and land.safety < policy.scope.safe_threshold:
            continue
        c = caseload.composition
        families = land.family_share if c.family_share_by_origin else c.family_share
        singles = 0.0 if offer.families_only else _per_head(offer, 1, 0)
        total += share * ((1.0 - families) * singles + families * _per_family_head(offer, c))
    return total / float(np.sum(list(shares.values())))


def _row_per_head(offer: Offer, policy: Policy, row: HouseholdRow) -> float:
    safe = origin(row.origin).safety >= policy.scope.safe_threshold
    if (offer.safe_origins_only and not safe) or (offer.families_only and not row.children):
        return 0.0
    return _per_head(offer, row.size - row.children, row.children)


def _per_head(offer: Offer, adults: int, children: int) -> float:
    amount = offer.amount_per_person * (adults + offer.child_share * children)
    if offer.household_cap is not None:
        amount = min(amount, offer.household_cap)
    return amount / (adults + children)


def _per_family_head(offer: Offer, c: Composition) -> float:
    """Mean over families as `abm.arrays.population.compose` draws them: a second adult or not, Poisson children."""
    total, seen, p = 0.0, 0.0, math.exp(-c.extra_children)
    for children in range(1, c.max_children + 1):
        chance = 1.0 - seen if children == c.max_children else p
        two = c.second_adult
        total += chance * ((1.0 - two) * _per_head(offer, 1, children) + two * _per_head(offer, 2, children))
        seen += p
        p *= c.extra_children / children
    return total
