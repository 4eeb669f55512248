"""The pull factor counts what a head of those who would come would get."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import caseload

from abm import load_caseload, load_policy, prepare
from abm.arrays.pull import amount_per_head, pull_factors
from abm.household.stages import COL
from abm.inputs.policy import Policy

FAMILIES = load_caseload("uk-families-2026").with_values({"world.pull_elasticity": 1.3})


@pytest.mark.parametrize(
    ("policy", "amount", "factor"),
    [
        # mean per head of the families of this caseload, by their composition, children's share and cap
        ("uk-2025", 3_000.0, 1.0),
        ("danish-2021", 3_299.0, 1.048),
        ("danish-as-reported", 10_331.0, 2.31),
        ("uk-upfront-national", 9_737.0, 2.194),
    ],
)
def test_a_named_offer_is_worth_what_a_head_really_gets(policy: str, amount: float, factor: float) -> None:
    found = load_policy(policy)
    best = max(amount_per_head(offer, found, FAMILIES) for offer in found.offers.values())
    assert best == pytest.approx(amount, rel=0.01)
    assert pull_factors(found, FAMILIES, 1)[0] == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize("cap", [None, 2_500.0])
def test_the_mean_per_head_is_that_of_the_households_that_are_drawn(cap: float | None) -> None:
    people = caseload(households=20_000, composition__family_share=0.6)
    offer = {"amount_per_person": 1_000.0, "child_share": 0.5, "household_cap": cap}
    policy = Policy().with_values({f"offer.{name}": value for name, value in offer.items()})
    s = prepare(policy, people, weeks=1).begin(1).s
    amount = 1_000.0 * (s[COL.adults] + 0.5 * s[COL.children])
    drawn = np.minimum(amount, np.inf if cap is None else cap) / (s[COL.adults] + s[COL.children])
    assert amount_per_head(policy.offer, policy, people) == pytest.approx(drawn.mean(), rel=0.01)


def test_who_is_not_offered_anything_is_not_pulled() -> None:
    people = caseload(origins={"Albania": 0.5, "Afghanistan": 0.5}, composition__family_share=0.25)
    whole = Policy().with_values({"offer.amount_per_person": 1_000.0})
    families = whole.with_values({"offer.families_only": True})
    safe = whole.with_values({"offer.safe_origins_only": True})
    assert amount_per_head(whole.offer, whole, people) == pytest.approx(1_000.0)
    assert amount_per_head(families.offer, families, people) == pytest.approx(250.0)
    assert amount_per_head(safe.offer, safe, people) == pytest.approx(500.0)


def test_an_offer_pulls_while_it_is_open_to_new_claims() -> None:
    people = caseload(world__pull_elasticity=1.0, world__pull_reference_offer=0.0)
    open_for_a_while = Policy().with_values(
        {"offer.amount_per_person": 5_115.0, "offer.start_week": 2, "offer.end_week": 4}
    )
    assert pull_factors(open_for_a_while, people, 6) == pytest.approx([1, 1, 2, 2, 1, 1])
    closed = open_for_a_while.with_values({"offer.claims_before_week": 0})
    assert pull_factors(closed, people, 6) == pytest.approx(np.ones(6))
