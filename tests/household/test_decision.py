"""The decision: more money, safety and peers home never lower a household's chance of returning; what it weighs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tiny import QUIET

from abm.household.decision import (
    RETURN,
    Circumstances,
    Shocks,
    choose,
    incentive,
    terms,
    utilities,
    worth,
)  # fmt: skip
from abm.household.stages import CHOICE, STAGE
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from abm.numerics.arithmetic import exp

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
stages = st.sampled_from([STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.ABSCONDED])
situations = st.builds(
    Circumstances,
    cash_now=st.floats(0, 1e5),
    cash_later=st.floats(0, 1e5),
    income=st.floats(200, 3e4),
    safety=share,
    safety_before=share,
    origin=st.floats(-2, 2),
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


def chances(b: Behaviour, x: Circumstances, stage: float, offered: float) -> tuple[float, float, float]:
    """Assisted, unassisted, irregular: the multinomial logit."""
    u = utilities(terms(b, x))
    assisted, unassisted = offered * exp(u.assisted), exp(u.unassisted)
    irregular = 0.0 if stage == STAGE.ABSCONDED else exp(u.irregular)
    every = 1 + assisted + unassisted + irregular
    return assisted / every, unassisted / every, irregular / every


def improved(x: Circumstances, name: str, value: float) -> Circumstances:
    return x._replace(**{name: max(value, getattr(x, name))})


improvements = st.sampled_from(list(BETTER)).flatmap(lambda name: st.tuples(st.just(name), BETTER[name]))


@given(behaviours, situations)
def test_a_utility_is_the_sum_of_its_terms(b: Behaviour, x: Circumstances) -> None:
    """Both ways of returning share what waits at home, what holds here, and what else pushes."""
    v = terms(b, x)
    assert set(v._fields) == {"assisted", "unassisted", "irregular", *RETURN}
    shared = [*v.home, *v.here, *v.leaving]
    expected = math.fsum([*v.assisted, *shared]), math.fsum([*v.unassisted, *shared]), math.fsum(v.irregular)
    assert utilities(v) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(behaviours, situations, stages, improvements, flag, errors)
def test_what_is_better_at_home_never_turns_a_return_into_anything_else(
    b: Behaviour, x: Circumstances, stage: float, improvement: tuple[str, float], offered: float, shocks: Shocks
) -> None:
    """Nor does it turn staying into hiding: for the same errors, choices only turn towards home."""
    before, after = (choose(terms(b, y), stage, offered, shocks) for y in (x, improved(x, *improvement)))
    assert after in HOME if before in HOME else after in (*HOME, before)


@given(behaviours, situations, stages, improvements, flag)
def test_what_is_better_at_home_never_lowers_the_chance_of_return(
    b: Behaviour, x: Circumstances, stage: float, improvement: tuple[str, float], offered: float
) -> None:
    before, after = (chances(b, y, stage, offered) for y in (x, improved(x, *improvement)))
    assert after[0] + after[1] >= (before[0] + before[1]) * (1 - 1e-12)
    assert after[0] >= before[0] * (1 - 1e-12)
    assert after[2] <= before[2] * (1 + 1e-12)


@given(behaviours, situations, stages, st.floats(0, 1e5), errors)
def test_more_money_turns_no_choice_into_any_but_an_assisted_return(
    b: Behaviour, x: Circumstances, stage: float, cash: float, shocks: Shocks
) -> None:
    """A better offer must not send a household that would have stayed into hiding, or home unpaid."""
    before, after = (choose(terms(b, y), stage, 1.0, shocks) for y in (x, improved(x, "cash_now", cash)))
    assert after in (before, CHOICE.ASSISTED_RETURN)


@given(behaviours, situations, stages, errors)
def test_an_offer_turns_no_choice_into_any_but_an_assisted_return(
    b: Behaviour, x: Circumstances, stage: float, shocks: Shocks
) -> None:
    without, with_it = (choose(terms(b, x), stage, offered, shocks) for offered in (0.0, 1.0))
    assert without != CHOICE.ASSISTED_RETURN
    assert with_it in (without, CHOICE.ASSISTED_RETURN)


@given(behaviours, situations, errors)
def test_a_household_out_of_contact_cannot_go_out_of_contact(b: Behaviour, x: Circumstances, shocks: Shocks) -> None:
    assert choose(terms(b, x), STAGE.ABSCONDED, 1.0, shocks) != CHOICE.GO_IRREGULAR


def test_a_race_of_errors_is_the_multinomial_logit() -> None:
    b = QUIET.with_values({"assisted": -0.5, "money": 0.4, "unassisted": -0.2, "irregular": 0.3})
    nothing = Circumstances(*[0.0] * len(Circumstances._fields))
    x = nothing._replace(cash_now=900.0, income=1_000.0, safety=0.5, years_here=1.0)
    v, n = terms(b, x), 20_000
    chosen = [
        choose(v, STAGE.EXHAUSTED, 1.0, Shocks(*row)) for row in np.random.default_rng(1).exponential(size=(n, 4))
    ]
    seen = np.bincount(np.array(chosen, int), minlength=4)
    leaving = chances(b, x, STAGE.EXHAUSTED, 1.0)
    expected = np.array([1 - sum(leaving), *leaving])
    assert stats.chisquare(seen, expected * n).pvalue > 1e-5


@given(behaviours, situations, stages, st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0.9, 1.0))
def test_a_larger_constant_offer_never_lowers_assisted_return_though_households_look_ahead(
    b: Behaviour, x: Circumstances, stage: float, one: float, other: float, discount: float
) -> None:
    """Now m, later δ β m: anticipation never outweighs the offer in hand."""
    low, high = (
        x._replace(cash_now=cash, cash_later=b.present_bias * discount * cash) for cash in sorted((one, other))
    )
    assert chances(b, high, stage, 1.0)[0] >= chances(b, low, stage, 1.0)[0] * (1 - 1e-9)


@given(behaviours, st.floats(0, 1e5), st.floats(0, 1e5), st.floats(100, 3e4))
def test_the_incentive_is_increasing_and_concave(b: Behaviour, one: float, other: float, income: float) -> None:
    low, high = sorted((one, other))
    half = incentive(b, (low + high) / 2, income)
    assert incentive(b, low, income) <= half * (1 + 1e-12) <= incentive(b, high, income) * (1 + 1e-11)
    # Of an amount far below a penny, 1 + m / Y is rounded: by 2e-16 at most, and so is its logarithm.
    assert 2 * half >= (incentive(b, low, income) + incentive(b, high, income)) * (1 - 1e-12) - 1e-15 * b.money


@given(st.floats(0, 1e5), share, share, share, share, st.floats(0, 1e4))
def test_what_is_believed_and_soon_is_worth_more(
    cash: float, front: float, trust: float, more: float, later: float, kind: float
) -> None:
    low, high = sorted((trust, more))
    assert worth(cash, front, low, later, kind, 3.0) <= worth(cash, front, high, later, kind, 3.0) * (1 + 1e-12)
    assert worth(cash, front, trust, later, 0.0, 3.0) <= worth(cash, 1.0, trust, later, 0.0, 3.0) * (1 + 1e-12)
