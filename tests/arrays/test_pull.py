"""The pull factor counts what a head of those who would come would get."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import ALL_REFUSED, QUIET, caseload

from abm import load_caseload, load_policy, prepare
from abm.arrays.pull import amount_per_head, pull_factors, worth_per_head
from abm.evidence.homeland import home
from abm.household.stages import COL
from abm.inputs.behaviour import Behaviour
from abm.inputs.policy import Policy
from abm.numerics.calendar import WEEKS_PER_YEAR

FAMILIES = load_caseload("uk-families-2026").with_values({"world.pull_elasticity": 1.3})


@pytest.mark.parametrize(
    ("policy", "amount", "worth", "after_appeal"),
    [
        # Mean per head of the families of this caseload, by their composition, children's share and cap, and what it is
        # worth at the refusal: believed to be paid with 0.6, discounted at 0.5 a year.
        ("uk-2025", 3_000.0, 3_000.0 * 0.6 * 1.5 ** (-4 / WEEKS_PER_YEAR), False),
        # Half of it later, from the first refusal.
        ("danish-2021", 3_299.0, 3_299.0 * (0.5 + 0.5 * 0.6 * 1.5 ** (-8 / WEEKS_PER_YEAR)), False),
        # At once, but after the appeal: three quarters wait 54 weeks for it, the others have two to lodge it.
        ("danish-as-reported", 10_331.0, 10_331.0 * 1.5 ** (-(0.75 * 54 + 0.25 * 2) / WEEKS_PER_YEAR), True),
        ("uk-upfront-national", 9_737.0, 9_737.0 * 1.5 ** (-(0.75 * 54 + 0.25 * 2) / WEEKS_PER_YEAR), True),
    ],
)
def test_a_named_offer_is_worth_what_a_head_really_gets(
    policy: str, amount: float, worth: float, after_appeal: bool
) -> None:
    """Once refused, times the chance to be: that the claim fails, and the appeal where it is open only after it."""
    lands = {name: home(FAMILIES, name) for name in FAMILIES.origins}

    def refused(appealed: float) -> float:
        return sum(
            share * (1 - lands[name].grant_rate) * (1 - appealed * lands[name].appeal_allowed)
            for name, share in FAMILIES.origins.items()
        )

    worth *= refused(0.75 if after_appeal else 0.0)
    found, b = load_policy(policy), Behaviour(payment_belief=0.6, discounting=0.5, present_bias=1.0)
    assert max(amount_per_head(o, found, FAMILIES) for o in found.offers.values()) == pytest.approx(amount, rel=0.01)
    assert max(worth_per_head(o, found, FAMILIES, b) for o in found.offers.values()) == pytest.approx(worth, rel=0.01)
    support, own = 16_253.0, 3_000.0 * 0.6 * 1.5 ** (-4 / WEEKS_PER_YEAR) * refused(0.0)
    factor = ((support + worth) / (support + own)) ** 1.3
    assert pull_factors(found, FAMILIES, b, 1)[0] == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize("belief", [0.3, 0.6, 0.9])
def test_the_offer_under_which_arrivals_were_counted_pulls_exactly_nobody(belief: float) -> None:
    b = Behaviour(payment_belief=belief, discounting=0.83, present_bias=0.7)
    assert pull_factors(load_policy("uk-2025"), FAMILIES, b, 3).tolist() == [1.0, 1.0, 1.0]


def test_an_offer_that_those_who_come_can_no_longer_have_pulls_nobody() -> None:
    early = Policy().with_values(
        {"offer.amount_per_person": 9_000.0, "offer.open_awaiting": True, "offer.open_exhausted": False}
    )
    exhausted = caseload(inflow_stage="exhausted")
    assert worth_per_head(early.offer, early, caseload(), QUIET) == pytest.approx(9_000.0)
    assert worth_per_head(early.offer, early, exhausted, QUIET) == 0.0
    late = early.with_values({"offer.open_awaiting": False, "offer.open_exhausted": True})
    assert worth_per_head(late.offer, late, exhausted, QUIET) == pytest.approx(9_000.0)


def test_an_early_bonus_counts_within_the_cap() -> None:
    policy = Policy().with_values(
        {"offer.amount_per_person": 1_000.0, "offer.early_bonus": 0.5, "offer.early_weeks": 4}
    )
    people = caseload(**ALL_REFUSED, composition__family_share=0.0)
    assert worth_per_head(policy.offer, policy, people, QUIET) == pytest.approx(1_500.0)
    capped = policy.with_values({"offer.household_cap": 1_200.0})
    assert worth_per_head(capped.offer, capped, people, QUIET) == pytest.approx(1_200.0)


def test_a_rising_offer_is_worth_the_week_in_which_it_is_best() -> None:
    """A tenth more a week, for ten weeks: at a discount of 20 % a year the last is best, at 2,000 % an earlier one."""
    policy = Policy().with_values(
        {"offer.amount_per_person": 1_000.0, "offer.decline_per_week": -0.1, "offer.acceptance_window_weeks": 11}
    )
    people = caseload(composition__family_share=0.0, inflow_stage="exhausted")
    slow, fast = (QUIET.with_values({"discounting": rate}) for rate in (0.2, 20.0))
    assert worth_per_head(policy.offer, policy, people, slow) == pytest.approx(2_000.0 * 1.2 ** (-10 / WEEKS_PER_YEAR))
    best = max(1_000.0 * (1 + 0.1 * d) * 21.0 ** (-d / WEEKS_PER_YEAR) for d in range(11))
    assert worth_per_head(policy.offer, policy, people, fast) == pytest.approx(best)


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
    named = whole.with_values({"offer.origins": "afghanistan"})
    assert amount_per_head(named.offer, named, people) == pytest.approx(500.0)


def test_what_is_in_kind_pulls_as_much_as_it_is_valued() -> None:
    people = caseload(inflow_stage="exhausted", composition__family_share=0.0)
    policy = Policy().with_values({"offer.amount_per_person": 1_000.0, "offer.in_kind_share": 0.5})
    b = QUIET.with_values({"in_kind_value": 0.4})
    assert worth_per_head(policy.offer, policy, people, b) == pytest.approx(700.0)


def test_an_offer_after_the_appeal_counts_by_the_chance_that_both_fail() -> None:
    """Half are refused; three quarters of those appeal, and two in five of them succeed."""
    people = caseload(procedure__grant_rate=0.5, procedure__appeal_share=0.75, procedure__appeal_allowed=0.4)
    policy = Policy().with_values({"offer.amount_per_person": 1_000.0})
    assert amount_per_head(policy.offer, policy, people, by_chance=True) == pytest.approx(1_000.0 * 0.5 * 0.7)
    early = policy.with_values({"offer.open_refused": True})
    assert amount_per_head(early.offer, early, people, by_chance=True) == pytest.approx(500.0)
    any_time = policy.with_values({"offer.open_awaiting": True})
    assert amount_per_head(any_time.offer, any_time, people, by_chance=True) == pytest.approx(1_000.0)


def test_an_offer_pulls_while_it_is_open_to_new_claims() -> None:
    people = caseload(**ALL_REFUSED, world__pull_elasticity=1.0, world__pull_reference_offer=0.0)
    open_for_a_while = Policy().with_values(
        {"offer.amount_per_person": 5_115.0, "offer.start_week": 2, "offer.end_week": 4}
    )
    assert pull_factors(open_for_a_while, people, QUIET, 6) == pytest.approx([1, 1, 2, 2, 1, 1])
    closed = open_for_a_while.with_values({"offer.claims_before_week": 0})
    assert pull_factors(closed, people, QUIET, 6) == pytest.approx(np.ones(6))
