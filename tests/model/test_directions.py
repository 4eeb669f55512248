"""More money, more safety and more peers home never lower the chance that a given household returns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import LIVELY, QUIET, caseload, column, flow

from abm import prepare
from abm.numerics.arithmetic import exp
from abm.inputs.behaviour import Behaviour
from abm.household.decision import (
    Circumstances,
    Shocks,
    choose,
    incentive,
    irregular_utility,
    return_utility,
    terms,
    worth,
)
from abm.inputs.parameters import declarations
from abm.inputs.policy import Policy
from abm.household.stages import STAGE, CHOICE, COL

#: Coefficients over their whole plausible ranges.
behaviours = st.fixed_dictionaries(
    {
        path: st.floats(d.low, d.high)
        for path, d in declarations(Behaviour).items()
        if d.low is not None and d.high is not None
    }
).map(lambda values: Behaviour(**values))

share = st.floats(0.0, 1.0)
flag = st.sampled_from([0.0, 1.0])
situations = st.builds(
    Circumstances,
    stage=st.sampled_from([STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.ABSCONDED]),
    cash_now=st.floats(0, 1e5),
    cash_later=st.floats(0, 1e5),
    income=st.floats(200, 3e4),
    safety=share,
    peers_left=share,
    years_here=st.floats(0, 40),
    at_school=flag,
    hope=share,
    in_hotel=flag,
    lost_support=flag,
    removal=share,
    has_children=flag,
    taste_return=st.floats(-4, 4),
    taste_irregular=st.floats(-4, 4),
)
error = st.floats(1e-9, 50.0)
errors = st.builds(Shocks, error, error, error, error)

HOME = (CHOICE.ASSISTED_RETURN, CHOICE.UNASSISTED_RETURN)
#: What may change upwards, by name, keeping all else equal.
BETTER = {"cash_now": st.floats(0, 1e5), "safety": share, "peers_left": share}


def chances(b: Behaviour, x: Circumstances, offered: float) -> tuple[float, float, float]:
    """Assisted, unassisted, irregular: the multinomial logit."""
    v = terms(b, x)
    home = return_utility(v)
    a, u = offered * exp(v.assisted_constant + v.incentive + v.waiting + home), exp(v.unassisted_constant + home)
    g = 0.0 if x.stage == STAGE.ABSCONDED else exp(irregular_utility(v))
    return a / (1 + a + u + g), u / (1 + a + u + g), g / (1 + a + u + g)


def improved(x: Circumstances, name: str, value: float) -> Circumstances:
    return x._replace(**{name: max(value, getattr(x, name))})


improvements = st.sampled_from(list(BETTER)).flatmap(lambda name: st.tuples(st.just(name), BETTER[name]))


@given(behaviours, situations, improvements, flag, errors)
def test_what_is_better_at_home_never_turns_a_return_into_anything_else(
    b: Behaviour, x: Circumstances, improvement: tuple[str, float], offered: float, shocks: Shocks
) -> None:
    """Nor does it turn staying into hiding: for the same errors, choices only turn towards home."""
    before, after = (choose(terms(b, y), x.stage, offered, shocks) for y in (x, improved(x, *improvement)))
    assert after in HOME if before in HOME else after in (*HOME, before)


@given(behaviours, situations, improvements, flag)
def test_what_is_better_at_home_never_lowers_the_chance_of_return(
    b: Behaviour, x: Circumstances, improvement: tuple[str, float], offered: float
) -> None:
    before, after = (chances(b, y, offered) for y in (x, improved(x, *improvement)))
    assert after[0] + after[1] >= (before[0] + before[1]) * (1 - 1e-12)
    assert after[0] >= before[0] * (1 - 1e-12)
    assert after[2] <= before[2] * (1 + 1e-12)


@given(behaviours, situations, st.floats(0, 1e5), errors)
def test_more_money_turns_no_choice_into_any_but_an_assisted_return(
    b: Behaviour, x: Circumstances, cash: float, shocks: Shocks
) -> None:
    """A better offer must not send a household that would have stayed into hiding, or home unpaid."""
    before, after = (choose(terms(b, y), x.stage, 1.0, shocks) for y in (x, improved(x, "cash_now", cash)))
    assert after in (before, CHOICE.ASSISTED_RETURN)


@given(behaviours, situations, errors)
def test_an_offer_turns_no_choice_into_any_but_an_assisted_return(
    b: Behaviour, x: Circumstances, shocks: Shocks
) -> None:
    without, with_it = (choose(terms(b, x), x.stage, offered, shocks) for offered in (0.0, 1.0))
    assert without != CHOICE.ASSISTED_RETURN
    assert with_it in (without, CHOICE.ASSISTED_RETURN)


@given(behaviours, situations, errors)
def test_a_household_out_of_contact_cannot_go_out_of_contact(b: Behaviour, x: Circumstances, shocks: Shocks) -> None:
    assert choose(terms(b, x), STAGE.ABSCONDED, 1.0, shocks) != CHOICE.GO_IRREGULAR


def test_a_race_of_errors_is_the_multinomial_logit() -> None:
    from scipy import stats

    b = QUIET.with_values({"assisted": -0.5, "money": 0.4, "unassisted": -0.2, "irregular": 0.3})
    x = Circumstances(STAGE.EXHAUSTED, 900.0, 0.0, 1_000.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    v, n = terms(b, x), 20_000
    chosen = [
        choose(v, STAGE.EXHAUSTED, 1.0, Shocks(*row)) for row in np.random.default_rng(1).exponential(size=(n, 4))
    ]
    seen = np.bincount(np.array(chosen, int), minlength=4)
    expected = np.array([1 - sum(chances(b, x, 1.0)), *chances(b, x, 1.0)])
    assert stats.chisquare(seen, expected * n).pvalue > 1e-5


@given(behaviours, situations, st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0.9, 1.0))
def test_a_larger_constant_offer_never_lowers_assisted_return_though_households_look_ahead(
    b: Behaviour, x: Circumstances, one: float, other: float, discount: float
) -> None:
    """Now m, later δ β m: anticipation never outweighs the offer in hand."""
    low, high = (
        x._replace(cash_now=cash, cash_later=b.present_bias * discount * cash) for cash in sorted((one, other))
    )
    assert chances(b, high, 1.0)[0] >= chances(b, low, 1.0)[0] * (1 - 1e-9)


@given(behaviours, st.floats(0, 1e5), st.floats(0, 1e5), st.floats(100, 3e4))
def test_the_incentive_is_increasing_and_concave(b: Behaviour, one: float, other: float, income: float) -> None:
    low, high = sorted((one, other))
    half = incentive(b, (low + high) / 2, income)
    assert incentive(b, low, income) <= half * (1 + 1e-12) <= incentive(b, high, income) * (1 + 1e-11)
    assert 2 * half >= (incentive(b, low, income) + incentive(b, high, income)) * (1 - 1e-12)


@given(st.floats(0, 1e5), share, share, share, share, st.floats(0, 1e4))
def test_what_is_believed_and_soon_is_worth_more(
    cash: float, front: float, trust: float, more: float, later: float, kind: float
) -> None:
    low, high = sorted((trust, more))
    assert worth(cash, front, low, later, kind, 3.0) <= worth(cash, front, high, later, kind, 3.0) * (1 + 1e-12)
    assert worth(cash, front, trust, later, 0.0, 3.0) <= worth(cash, 1.0, trust, later, 0.0, 3.0) * (1 + 1e-12)


# ---- whole runs ----------------------------------------------------------------------------------------

#: Tastes, beliefs and looking ahead, but no peers; nothing that one household does reaches another.
ALONE = LIVELY.with_values({
    "norm": 0.0, "information": 0.0, "fear": 0.0, "alert_departure": 0.0, "alert_removal": 0.0, "anticipation": 0.9,
    "money": 1.5,
})  # fmt: skip
PEOPLE = caseload({"Albania": 0.5, "Pakistan": 0.3, "Afghanistan": 0.2}, households=600, composition__family_share=0.4)
AMOUNTS = (100.0, 500.0, 2_000.0, 6_000.0, 20_000.0)


def assisted_week(b: Behaviour, amount: float, seed: int, **levers: object) -> np.ndarray:
    """Week of each household's assisted return under a standing amount; infinite if it takes none."""
    policy = Policy().with_values({"standing.amount_per_person": amount, **levers})
    run = prepare(policy, PEOPLE, b, weeks=104).run(seed)
    return np.where(column(run, COL.route) == STAGE.RETURNED_ASSISTED, column(run, COL.left_at), np.inf)


@pytest.mark.parametrize("at_departure", [0.0, 0.5, 1.0])
def test_more_money_never_makes_an_assisted_return_later(at_departure: float) -> None:
    """Where staying is the only other choice."""
    b = ALONE.with_values({"unassisted": -60.0, "irregular": -60.0})
    weeks = [assisted_week(b, amount, 4, **{"standing.paid_at_departure": at_departure}) for amount in AMOUNTS]
    for less, more in itertools.pairwise(weeks):
        assert np.all(more <= less)
    assert np.sum(weeks[-1] < weeks[0]) > 10


def test_more_money_never_makes_an_assisted_return_later_with_every_way_open() -> None:
    """Households may also leave unassisted or go irregular (and are not found again)."""
    weeks = [assisted_week(ALONE, amount, 4) for amount in AMOUNTS]
    for less, more in itertools.pairwise(weeks):
        assert np.all(more <= less), f"later for {int(np.sum(more > less))} of {int(np.sum(less < np.inf))} returns"


def test_more_money_brings_more_assisted_returns_with_everything_on() -> None:
    from tiny import busy_caseload, busy_policy

    def returns(amount: float) -> float:
        policy = busy_policy(standing__amount_per_person=amount, offer__amount_per_person=0.0)
        prepared = prepare(policy, busy_caseload(world__pull_elasticity=0.0), LIVELY, weeks=104)
        return float(np.mean([flow(prepared.run(seed), "assisted").sum() for seed in range(4)]))

    assert returns(500.0) < returns(5_000.0) < returns(50_000.0)


@pytest.mark.parametrize(("path", "low", "high"), [
    ("safety", "world.safety_change", 0.3), ("norm", "behaviour.norm", 4.0),
])  # fmt: skip
def test_a_safer_home_and_more_example_bring_more_returns(path: str, low: str, high: float) -> None:
    from tiny import changed

    people = caseload({"Pakistan": 1.0}, households=1_500, network__mean_ties=8.0, world__safety_path="shock",
                      world__safety_week=10, world__safety_recovery_years=100.0, world__safety_change=0.0)  # fmt: skip
    policy = Policy().with_values({"standing.amount_per_person": 3_000.0})
    base = prepare(policy, people, LIVELY.with_values({"norm": 0.0}), weeks=104)
    returned = [
        sum(prepared.run(s).measures["departures"] for s in range(3)) for prepared in (base, changed(base, low, high))
    ]
    assert returned[1] > 1.05 * returned[0], path
