"""With peers, beliefs and queues off, what households do is the competing-risk formula.

Each week a household considers with a known chance and chooses by a known logit; then the fates that
nobody chooses have their turn.  The formulas below are written down a second time, from the documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tiny import QUIET, STANDING, STILL, caseload

from abm import Run, prepare
from abm.evidence.homeland import origin
from abm.household.stages import COL, STAGE
from abm.inputs.behaviour import Behaviour
from abm.inputs.policy import Policy
from abm.numerics.calendar import WEEKS_PER_YEAR

#: Seeds are fixed, so that a failure is for ever: a true model fails one of these with a chance of a few in 1e4.
IMPROBABLE = 1e-5

#: One adult each, so that a sum a person is a sum a household.
ALONE: dict[str, Any] = {"composition__family_share": 0.0}
CHOOSING = QUIET.with_values({"consider": 0.2, "assisted": -3.0, "money": 0.5, "unassisted": -3.5, "irregular": -4.0})


def yearly(rate: float) -> float:
    return 1.0 - np.exp(-rate / WEEKS_PER_YEAR)


def choice(b: Behaviour, cash: float, *, asked: bool = True, absconded: bool = False) -> np.ndarray:
    """Weekly chances of assisted return, unassisted return and going irregular."""
    assisted = np.exp(b.assisted + b.money * np.log1p(cash / origin("Albania").income_gbp)) if asked else 0.0
    weights = np.array([assisted, np.exp(b.unassisted), 0.0 if absconded else np.exp(b.irregular)])
    return b.consider * weights / (1.0 + weights.sum())


def consistent(seen: Sequence[int], chances: Sequence[float]) -> float:
    """p-value of counts against chances (those left over are one more class)."""
    chances, n = np.append(chances, 1.0 - np.sum(chances)), None
    counts = np.asarray(seen, float)
    n = counts.sum()
    assert np.all((chances * n >= 5) | (chances == 0)), "too few expected for the test to mean something"
    kept = chances > 0
    assert counts[~kept].sum() == 0
    return float(stats.chisquare(counts[kept], chances[kept] * n).pvalue)


@pytest.mark.parametrize(("households", "seed"), [(300, 1), (3_000, 2), (3_000, 3), (20_000, 4)])
@pytest.mark.parametrize("weeks", [13, 104])
def test_survival_is_the_competing_risk_formula(households: int, seed: int, weeks: int) -> None:
    """Constant hazards: cause k by week T has chance h_k / h (1 − (1 − h)^T)."""
    policy = STANDING.with_values({"settlement.regularisation_per_year": 0.3})
    run = prepare(policy, caseload(households=households, **ALONE), CHOOSING, weeks=weeks).run(seed)
    s = run.state.s
    hazards = choice(CHOOSING, 3_000.0)
    hazards = np.append(hazards, (1 - hazards.sum()) * yearly(0.3))
    total = hazards.sum()
    expected = hazards / total * (1 - (1 - total) ** weeks)
    gone_dark = s[COL.absconded_at] >= 0
    assisted, unassisted = (s[COL.route] == way for way in (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED))
    ends = (assisted & ~gone_dark, unassisted & ~gone_dark, gone_dark, (s[COL.stage] == STAGE.SETTLED) & ~gone_dark)
    seen = [int(np.sum(end)) for end in ends]
    seen.append(households - sum(seen))
    if households * expected.min() < 5:
        pytest.skip("too few expected")
    assert consistent(seen, expected.tolist()) > IMPROBABLE


def test_time_to_departure_is_geometric() -> None:
    run = prepare(STANDING, caseload(households=20_000, **ALONE), CHOOSING, weeks=60).run(6)
    hazards = choice(CHOOSING, 3_000.0)
    week = run.state.s[COL.left_at, (run.state.s[COL.route] == STAGE.RETURNED_ASSISTED)].astype(int)
    chances = hazards[0] * (1 - hazards.sum()) ** np.arange(60)
    seen = [*np.bincount(week, minlength=60), 20_000 - len(week)]
    assert consistent(seen, chances.tolist()) > IMPROBABLE


@pytest.mark.parametrize("seed", range(3))
def test_going_irregular_and_being_found_is_a_markov_chain(seed: int) -> None:
    """Exhausted and absconded exchange households; matrix powers give the distribution in week T."""
    b = CHOOSING.with_values({"irregular": -1.0})
    weeks, n = 80, 4_000
    policy = STANDING.with_values({"settlement.regularisation_per_year": 0.2})
    run = prepare(policy, caseload(households=n, world__detection_per_year=3.0, **ALONE), b, weeks=weeks).run(seed)
    stages = [STAGE.EXHAUSTED, STAGE.ABSCONDED, STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.SETTLED]
    move = np.eye(5)
    for row, absconded in ((0, False), (1, True)):
        chosen = choice(b, 3_000.0, asked=not absconded, absconded=absconded)
        stay = 1 - chosen.sum()
        move[row] = [0, 0, chosen[0], chosen[1], stay * yearly(0.2)]
        move[row, 1] += chosen[2]
        found = stay * yearly(3.0) if absconded else 0.0
        move[row, 0] += found
        move[row, row] += 1 - move[row].sum()
    # A household that was found keeps the offer: it was made to it before it went.
    expected = np.linalg.matrix_power(move, weeks)[0]
    seen = [int(np.sum(run.state.s[COL.stage] == stage)) for stage in stages]
    assert sum(seen) == n
    assert stats.chisquare(seen, expected * n).pvalue > IMPROBABLE


def test_attention_after_an_offer_fades_geometrically() -> None:
    """Considering in week t has chance 1 − (1 − c)(1 − a m^t)."""
    b = CHOOSING.with_values({"alert_offer": 0.6, "alert_memory": 0.7, "assisted": -60.0, "unassisted": -60.0,
                              "irregular": -60.0, "consider": 0.05})  # fmt: skip
    policy = STILL.with_values({"offer.amount_per_person": 1_000.0})
    run = prepare(policy, caseload(households=5_000, **ALONE), b, weeks=30).run(2)
    considered = run.series["considered"].to_numpy()
    chance = 1 - 0.95 * (1 - 0.6 * 0.7 ** np.arange(30))
    z = (considered - 5_000 * chance) / np.sqrt(5_000 * chance * (1 - chance))
    assert stats.chi2.sf(float(z @ z), 30) > IMPROBABLE


def test_removals_that_reach_everybody_have_their_chance_of_success() -> None:
    """Capacity for all every week: singles go at q, families at q', those with children at school at q' f."""
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 1_000.0, "enforcement.include_families": True})
    people = caseload(
        households=4_000, composition__family_share=0.5, composition__school_share=0.4, world__removal_success=0.05,
        world__removal_success_family=0.03, world__removal_school=0.33,
    )  # fmt: skip
    s = prepare(policy, people, QUIET, weeks=10).run(3).state.s
    for who, q in (
        (s[COL.children] == 0, 0.05),
        ((s[COL.children] > 0) & (s[COL.school] == 0), 0.03),
        (s[COL.school] > 0, 0.03 * 0.33),
    ):
        gone, n = int(np.sum(who & (s[COL.route] == STAGE.REMOVED))), int(who.sum())
        assert stats.binomtest(gone, n, 1 - (1 - q) ** 10).pvalue > IMPROBABLE


def expected_departures(run: Run, b: Behaviour, cash: np.ndarray, weeks: int) -> np.ndarray:
    """Each household's own chance of an assisted return by the end, from its attributes: shape (rows, 3) by way."""
    s = run.state.s
    income = np.array([origin(name).income_gbp for name in run.prepared.origins])[s[COL.origin].astype(int)]
    lands = [origin(name) for name in run.prepared.origins]
    effect, safety = (
        np.array(figures)[s[COL.origin].astype(int)]
        for figures in ([land.return_effect for land in lands], [land.safety for land in lands])
    )
    staying, ways = np.ones(s.shape[1]), np.zeros((s.shape[1], 3))
    for week in range(weeks):
        years = (week - s[COL.arrived]) / WEEKS_PER_YEAR
        home = (
            b.origin * effect + b.safety * (s[COL.safety] - safety) + s[COL.taste_return]
            + b.home_income * np.log(income / 2_000.0)
            - b.host_ties * (1 - np.exp(-years / b.ties_years)) - b.school * (s[COL.school] > 0) + b.hotel
        )  # fmt: skip
        weights = np.exp([
            b.assisted + b.money * np.log1p(cash / (s[COL.adults] + s[COL.children]) / income) + home,
            b.unassisted + home,
            b.irregular - b.irregular_children * (s[COL.children] > 0) + s[COL.taste_irregular],
        ])  # fmt: skip
        chance = b.consider * weights / (1 + weights.sum(axis=0))
        ways += (staying * chance).T
        staying = staying * (1 - chance.sum(axis=0))
    return ways


@pytest.mark.parametrize("seed", range(4))
def test_every_household_leaves_at_its_own_hazard(seed: int) -> None:
    """Tastes, origins, ties to the host country, school and the cap on: expected and seen departures agree by group."""
    b = CHOOSING.with_values({
        "safety": 1.5, "safety_spread": 0.15, "home_income": 0.4, "host_ties": 1.0, "school": 0.53, "taste_return": 1.0,
        "taste_irregular": 0.7, "irregular_children": 0.5, "hotel": 0.3,
    })  # fmt: skip
    policy = STILL.with_values({"standing.amount_per_person": 4_000.0, "standing.household_cap": 9_000.0,
                                "standing.child_share": 0.5})  # fmt: skip
    people = caseload(
        {"Albania": 0.4, "India": 0.3, "Afghanistan": 0.3},
        households=3_000,
        composition__family_share=0.5,
        housing__hotel=1.0,
        housing__dispersal=0.0,
        housing__own=0.0,
    )
    weeks = 52
    run = prepare(policy, people, b, weeks=weeks).run(seed)
    s = run.state.s
    cash = np.minimum(9_000.0, 4_000.0 * (s[COL.adults] + 0.5 * s[COL.children]))
    ways = expected_departures(run, b, cash, weeks)
    dark = s[COL.absconded_at] >= 0
    seen = np.array(
        [(s[COL.route] == STAGE.RETURNED_ASSISTED) & ~dark, (s[COL.route] == STAGE.RETURNED_UNASSISTED) & ~dark, dark]
    ).T
    groups = {"all": np.ones(len(dark), bool), "school": s[COL.school] > 0, "alone": s[COL.children] == 0,
              "Afghanistan": s[COL.origin] == 2, "fond of home": s[COL.taste_return] > 1.0}  # fmt: skip
    for name, group in groups.items():
        mean, spread = ways[group].sum(axis=0), np.sqrt((ways * (1 - ways))[group].sum(axis=0))
        z = (seen[group].sum(axis=0) - mean) / spread
        assert np.all(np.abs(z) < stats.norm.isf(IMPROBABLE / 2)), f"{name}: {z}"


def test_school_lowers_the_odds_of_return_as_the_study_has_it() -> None:
    """exp(−0.53) = 0.59, on the odds of leaving in a week."""
    b = CHOOSING.with_values({"school": 0.53, "unassisted": -60.0, "irregular": -60.0, "money": 0.0})
    people = caseload(households=20_000, composition__family_share=0.6, composition__school_share=0.6)
    s = prepare(STANDING, people, b, weeks=20).run(2).state.s
    at_school = s[COL.school] > 0
    for who, utility in ((at_school, -3.0 - 0.53), (~at_school, -3.0)):
        hazard = 0.2 * np.exp(utility) / (1 + np.exp(utility))
        gone = int(np.sum(who & (s[COL.route] == STAGE.RETURNED_ASSISTED)))
        assert stats.binomtest(gone, int(who.sum()), 1 - (1 - hazard) ** 20).pvalue > IMPROBABLE


def test_nobody_leaves_whose_ways_are_all_closed() -> None:
    run = prepare(STILL, caseload(households=2_000), QUIET.with_values({"consider": 1.0}), weeks=104).run(1)
    assert np.all(run.state.s[COL.stage] == STAGE.EXHAUSTED)


def test_a_policy_without_levers_is_still() -> None:
    assert Policy().offer.amount_per_person == Policy().standing.amount_per_person == 0.0
