"""Who the households of a run are: as the caseload says, and who arrives: as its inflow and the pull factor say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tiny import ALL_REFUSED, LIVELY, QUIET, STILL, busy, busy_caseload, busy_policy, capacities, caseload, flow, served

from abm import load_caseload, prepare
from abm.arrays.arrivals import ARRIVALS
from abm.arrays.population import poisson
from abm.arrays.pull import pull_factor, pull_factors
from abm.arrays.state import State
from abm.arrays.ties import in_circles
from abm.evidence.homeland import origin
from abm.household.stages import ACCOUNT, COL, STAGE
from abm.inputs.caseload import Caseload, HouseholdRow


def begin(people: Caseload, seed: int = 1, weeks: int = 4, **levers: Any) -> State:
    return prepare(STILL.with_values(levers), people, LIVELY, weeks=weeks).begin(seed)


def test_composition_is_as_the_caseload_says() -> None:
    people = caseload(households=8_000, composition__family_share=0.4, composition__second_adult=0.3,
                      composition__extra_children=0.9, composition__school_share=0.6)  # fmt: skip
    s = begin(people).s
    family = s[COL.children] > 0
    assert family.mean() == pytest.approx(0.4, abs=0.02)
    assert np.all(s[COL.adults, ~family] == 1)
    assert s[COL.adults, family].mean() == pytest.approx(1.3, abs=0.03)
    assert s[COL.children, family].mean() == pytest.approx(1.9, abs=0.05)
    assert s[COL.school].sum() / s[COL.children].sum() == pytest.approx(0.6, abs=0.02)
    assert np.all(s[COL.school] <= s[COL.children])


def test_no_household_has_more_children_than_the_most() -> None:
    s = begin(
        caseload(
            households=3_000,
            composition__family_share=1.0,
            composition__extra_children=4.0,
            composition__max_children=5,
        )
    ).s
    assert s[COL.children].min() == 1
    assert s[COL.children].max() == 5


def test_family_shares_by_origin_come_from_the_evidence() -> None:
    people = caseload({"Nigeria": 0.5, "Nepal": 0.5}, households=6_000, composition__family_share_by_origin=True)
    s = begin(people).s
    for position, name in enumerate(("Nigeria", "Nepal")):
        seen = (s[COL.children] > 0)[s[COL.origin] == position].mean()
        assert seen == pytest.approx(origin(name).family_share, abs=0.025)


def test_origins_stages_and_housing_have_their_shares() -> None:
    s = begin(busy_caseload(households=8_000, default_sample=8_000), weeks=1).s
    stock = s[:, s[COL.id] < ARRIVALS]
    for column, expected in ((COL.origin, [0.3, 0.3, 0.2, 0.2]), (COL.stage, [0, 0.2, 0.15, 0.4, 0.1, 0, 0.15])):
        seen = np.bincount(stock[column].astype(int), minlength=len(expected)) / 8_000
        assert seen == pytest.approx(expected, abs=0.025)
    in_contact = stock[:, stock[COL.stage] <= STAGE.EXHAUSTED]
    # Without a lever that ends it, support goes on: housing is as drawn.
    assert np.bincount(in_contact[COL.housing].astype(int)) / in_contact.shape[1] == pytest.approx(
        [0.3, 0.5, 0.2], abs=0.02
    )


def test_weeks_already_spent_are_exponential() -> None:
    s = begin(caseload(households=5_000, durations__exhausted_weeks=104.0, durations__before_exhausted_weeks=60.0)).s
    assert np.mean(-s[COL.since]) == pytest.approx(104 - 0.5, rel=0.05)
    assert stats.kstest(-s[COL.since], "expon", (-0.5, 104)).statistic < 0.03
    assert np.mean(s[COL.since] - s[COL.arrived]) == pytest.approx(60 + 0.5, rel=0.05)
    assert np.all(s[COL.arrived] < s[COL.since])


def test_tastes_beliefs_and_patience_have_their_spread() -> None:
    s = begin(caseload(households=6_000, durations__exhausted_weeks=0.0)).s
    assert s[COL.taste_return].std() == pytest.approx(LIVELY.taste_return, rel=0.04)
    assert s[COL.taste_irregular].std() == pytest.approx(LIVELY.taste_irregular, rel=0.04)
    assert abs(s[COL.taste_return].mean()) < 0.04
    assert s[COL.safety].mean() == pytest.approx(origin("Albania").safety, abs=0.01)
    assert np.all((s[COL.safety] >= 0) & (s[COL.safety] <= 1))
    assert np.bincount(s[COL.patience].astype(int)) / 6_000 == pytest.approx([0.25] * 4, abs=0.02)
    kinds = s[[COL.taste_return, COL.taste_irregular, COL.patience, COL.safety, COL.children, COL.arrived, COL.site]]
    assert np.max(np.abs(np.corrcoef(kinds) - np.eye(7))) < 0.06


def test_rows_are_in_order_of_arrival() -> None:
    prepared = busy()
    state = prepared.begin(1)
    s, stock = state.s, prepared.households
    assert s[COL.id, :stock].tolist() == list(range(stock))
    assert np.all(s[COL.id, stock:] >= ARRIVALS)
    assert np.all(np.diff(s[COL.arrived, stock:]) >= 0)
    for week in range(prepared.weeks):
        rows = slice(state.arrivals[week], state.arrivals[week + 1])
        assert np.all(s[COL.arrived, rows] == week)
    assert state.arrivals[-1] == s.shape[1] == len(np.unique(s[COL.id]))


def test_whom_a_policy_keeps_away_has_a_row_and_never_comes() -> None:
    """Nobody else is touched: not who they are, nor whom they know."""
    inflow = {"households": 50, "inflow_per_week": 6.0, "inflow_stage": "exhausted"}
    drawn = {"world__pull_elasticity": 1.0, "world__pull_reference_weeks": 0.0}
    own, fewer = (
        prepare(STILL, caseload(**inflow, **drawn, world__pull_reference_offer=offer), LIVELY, weeks=30)
        for offer in (0.0, 20_000.0)
    )
    before, after = own.begin(1), fewer.begin(1)
    away = after.s[COL.kept_away] == 1.0
    assert 20 < away.sum() < (after.s[COL.id] >= ARRIVALS).sum()
    assert not before.s[COL.kept_away].any()
    for column in (COL.id, COL.origin, COL.children, COL.taste_return):
        assert np.array_equal(before.s[column], after.s[column])
    assert np.array_equal(before.ties, after.ties)
    fewer.advance(1, after, 0, 30)
    assert np.array_equal(after.s[COL.stage] == STAGE.ABSENT, away)


def test_circles_hold_everybody_once_by_origin_then_site_then_arrival() -> None:
    prepared = busy()
    s = prepared.begin(1).s
    circles, sites = in_circles(s, prepared.plain), int(prepared.plain.frame.sites)
    assert sorted(circles.rows) == list(range(s.shape[1]))
    assert np.array_equal(circles.rows[circles.places], np.arange(s.shape[1]))
    group = np.repeat(np.arange(len(circles.starts) - 1), np.diff(circles.starts))
    origin, within = group // (sites + 2), group % (sites + 2)
    assert np.array_equal(origin, s[COL.origin, circles.rows])
    of_stock = s[COL.id, circles.rows] < ARRIVALS
    assert np.array_equal(within < sites, of_stock)
    assert np.array_equal(within[of_stock], s[COL.site, circles.rows[of_stock]])
    induced = s[COL.account, circles.rows] == ACCOUNT.INDUCED
    assert np.array_equal(within == sites + 1, induced)
    assert induced.any()
    assert np.all(np.diff(circles.rows)[np.diff(group) == 0] > 0)


def test_only_those_whose_claim_has_failed_are_at_risk_at_the_start() -> None:
    s = busy().begin(1).s
    assert np.array_equal(
        s[COL.risk_from] == 0, np.isin(s[COL.stage], (STAGE.EXHAUSTED, STAGE.ABSCONDED, STAGE.BOOKED))
    )


# ---- households given one by one -------------------------------------------------------------------------

ROWS = (
    HouseholdRow(origin="Albania", size=4, children=2, school_children=1, stage="exhausted", housing="hotel",
                 weeks_in_stage=10.0, weeks_in_country=80.0),
    HouseholdRow(origin="Iraq", size=1, stage="awaiting", housing="own"),
    HouseholdRow(origin="Albania", size=2, stage="absconded", housing="own", weeks_in_stage=5.0),
)  # fmt: skip


def test_households_given_one_by_one_are_taken_as_given() -> None:
    people = Caseload(name="given", rows=ROWS, households=3, origins={"Albania": 0.5, "Iraq": 0.5})
    s = begin(people).s[:, :]
    s = s[:, np.argsort(s[COL.id])]
    assert s[COL.adults].tolist() == [2, 1, 2]
    assert s[COL.children].tolist() == [2, 0, 0]
    assert s[COL.school].tolist() == [1, 0, 0]
    assert s[COL.stage].tolist() == [3, 1, 4]
    assert s[COL.housing].tolist() == [0, 2, 2]
    assert s[COL.since].tolist() == [-10, 0, -5]
    assert s[COL.arrived].tolist() == [-80, -52, -52]


def test_more_households_than_rows_repeat_rows_by_lot() -> None:
    people = Caseload(name="given", rows=ROWS, households=3_000, origins={"Albania": 0.5, "Iraq": 0.5})
    s = begin(people).s
    assert np.mean(s[COL.stage] == 1.0) == pytest.approx(1 / 3, abs=0.04)
    assert set(zip(s[COL.adults], s[COL.children], s[COL.stage], strict=True)) == {(2, 2, 3), (1, 0, 1), (2, 0, 4)}


def test_fewer_households_than_rows_are_a_sample_not_the_head_of_the_table() -> None:
    """A table sorted by stage must not lose its last stages."""
    rows = tuple(
        HouseholdRow(origin="Albania", size=1, stage=stage) for stage in ("awaiting", "exhausted") for _ in range(100)
    )  # type: ignore[arg-type]
    people = Caseload(name="sorted", rows=rows, households=200, origins={"Albania": 1.0})
    s = prepare(STILL, people, LIVELY, weeks=2, households=100).begin(1).s
    assert 0.3 < np.mean(s[COL.stage] == STAGE.EXHAUSTED) < 0.7


# ---- arrivals --------------------------------------------------------------------------------------------


@given(st.floats(0, 30), st.floats(1e-9, 1 - 1e-9))
def test_poisson_numbers_are_the_quantiles(mean: float, u: float) -> None:
    k = poisson(mean, u)
    assert stats.poisson.cdf(k, mean) >= u - 1e-9
    assert k == 0 or stats.poisson.cdf(k - 1, mean) <= u + 1e-9


def test_arrivals_are_poisson_at_the_inflow() -> None:
    weekly = np.concatenate(
        [
            flow(prepare(STILL, caseload(households=10, inflow_per_week=3.0), QUIET, weeks=100).run(seed), "arrivals")
            for seed in range(20)
        ]
    )
    assert stats.chisquare(*_binned(weekly, 3.0)).pvalue > 1e-5


def _binned(weekly: np.ndarray, mean: float) -> tuple[np.ndarray, np.ndarray]:
    seen = np.append(np.bincount(np.minimum(weekly, 8), minlength=9)[:8], np.sum(weekly >= 8))
    expected = np.append(stats.poisson.pmf(np.arange(8), mean), stats.poisson.sf(7, mean)) * len(weekly)
    return seen, expected


def test_arrivals_come_in_their_week_and_stage() -> None:
    prepared = prepare(STILL, caseload(households=50, inflow_per_week=4.0, inflow_stage="exhausted"), QUIET, weeks=30)
    state = prepared.begin(1)
    arriving = state.s[COL.arrived].copy()
    for week in range(30):
        assert np.all(state.s[COL.stage, arriving >= week] == STAGE.ABSENT)
        prepared.advance(1, state, week, week + 1)
        come = arriving == week
        assert np.all(state.s[COL.stage, come] == STAGE.EXHAUSTED)
        assert np.all(state.s[COL.risk_from, come] == week)


#: elasticity, standing amount a person, arrivals as a multiple: ((5,115 + amount) / (5,115 + 3,000)) ** elasticity.
PULLS = [(0.0, 10_000.0, 1.0), (1.0, 3_000.0, 1.0), (1.0, 3_000.0 + 8_115.0, 2.0), (0.5, 3_000.0 + 3 * 8_115.0, 2.0)]


@pytest.mark.parametrize(("elasticity", "amount", "factor"), PULLS)
def test_the_pull_factor_is_an_elasticity(elasticity: float, amount: float, factor: float) -> None:
    policy = STILL.with_values({"standing.amount_per_person": amount})
    people = caseload(**ALL_REFUSED, world__pull_elasticity=elasticity)
    assert pull_factor(policy, people, QUIET, amount) == pytest.approx(factor)
    assert pull_factors(policy, people, QUIET, 3) == pytest.approx([factor] * 3)
    smaller = policy.with_values({"offer.amount_per_person": amount / 2})
    assert pull_factors(smaller, people, QUIET, 3) == pytest.approx([factor] * 3)  # the best of two counts


def test_an_offer_closed_to_new_claims_pulls_nobody() -> None:
    people = caseload(**ALL_REFUSED, world__pull_elasticity=1.0)
    standing = STILL.with_values({"standing.amount_per_person": 3_000.0})
    big = standing.with_values({"offer.amount_per_person": 30_000.0})
    assert np.all(pull_factors(big, people, QUIET, 5) > 3)
    assert pull_factors(standing, people, QUIET, 5) == pytest.approx([1.0] * 5)
    old_claims = big.with_values({"offer.claims_before_week": 0})
    assert pull_factors(old_claims, people, QUIET, 5) == pytest.approx([1.0] * 5)


def test_an_offer_pulls_in_the_weeks_in_which_it_is_open() -> None:
    people = caseload(**ALL_REFUSED, world__pull_elasticity=1.0)
    policy = STILL.with_values({"standing.amount_per_person": 3_000.0, "offer.amount_per_person": 30_000.0,
                                "offer.start_week": 2, "offer.end_week": 4})  # fmt: skip
    factors = pull_factors(policy, people, QUIET, 6)
    assert np.flatnonzero(factors > 3).tolist() == [2, 3]
    assert factors[[0, 1, 4, 5]] == pytest.approx([1.0] * 4)
    endless = policy.with_values({"offer.end_week": None})
    assert np.flatnonzero(pull_factors(endless, people, QUIET, 6) > 3).tolist() == [2, 3, 4, 5]


def test_an_offer_pulls_nobody_after_it_has_closed() -> None:
    policy = STILL.with_values({"offer.amount_per_person": 30_000.0, "offer.end_week": 50})
    people = caseload(households=100, inflow_per_week=5.0, world__pull_elasticity=1.0)
    run = prepare(policy, people, QUIET, weeks=100).run(1)
    assert flow(run, "induced_arrivals")[:50].sum() > 0
    assert flow(run, "induced_arrivals")[50:].sum() == 0


def test_the_pull_factor_induces_arrivals_in_its_proportion() -> None:
    policy = STILL.with_values({"standing.amount_per_person": 11_115.0})
    people = caseload(**ALL_REFUSED, households=100, inflow_per_week=5.0, world__pull_elasticity=1.0)
    run = prepare(policy, people, QUIET, weeks=200).run(1)
    assert flow(run, "induced_arrivals").sum() / flow(run, "arrivals").sum() == pytest.approx(0.5, abs=0.03)
    assert np.sum(run.state.s[COL.account] == ACCOUNT.INDUCED) == flow(run, "induced_arrivals").sum()


def test_a_smaller_offer_than_the_one_observed_brings_fewer_and_induces_none() -> None:
    people = caseload(households=100, inflow_per_week=5.0, world__pull_elasticity=1.3)
    run = prepare(STILL, people, QUIET, weeks=200).run(1)
    assert flow(run, "induced_arrivals").sum() == 0
    assert flow(run, "arrivals").sum() < 0.7 * 5 * 200


def test_a_higher_age_for_family_reunion_brings_fewer() -> None:
    people = caseload(households=100, inflow_per_week=5.0, world__reunion_share=0.02)
    runs = [
        prepare(STILL.with_values({"entry.family_reunion_age": age}), people, QUIET, weeks=100).run(1)
        for age in (18.0, 24.0)
    ]
    usual, fewer = (set(run.state.s[COL.id, run.state.s[COL.stage] != STAGE.ABSENT]) for run in runs)
    assert fewer < usual
    assert len(fewer) / len(usual) == pytest.approx(1 - 0.02 * 6, abs=0.05)


def test_an_offer_pulls_nobody_before_it_opens() -> None:
    policy = STILL.with_values({"offer.amount_per_person": 30_000.0, "offer.start_week": 50})
    people = caseload(households=100, inflow_per_week=5.0, world__pull_elasticity=1.0)
    run = prepare(policy, people, QUIET, weeks=100).run(1)
    assert flow(run, "induced_arrivals")[50:].sum() > 0
    assert flow(run, "induced_arrivals")[:50].sum() == 0


def test_a_sample_keeps_the_proportions_of_inflow_and_capacity() -> None:
    """A tenth of the households meets a tenth of the arrivals and of every queue's capacity; all of them bind."""
    people = busy_caseload(households=4_000, inflow_per_week=40.0)
    whole, tenth = (prepare(busy_policy(), people, LIVELY, weeks=20, households=n) for n in (4_000, 400))
    assert tenth.plain.inflow == pytest.approx(whole.plain.inflow / 10)
    many, few = served(whole.run(1)), served(tenth.run(1))
    assert set(many) == {"decisions", "appeals", "reviews", "visits", "attempts"}
    for name, rate in capacities(whole).items():
        assert capacities(tenth)[name] == pytest.approx(rate / 10), name
        assert (many[name][10:].sum(), few[name][10:].sum()) == (round(10 * rate), round(rate)), name


@pytest.mark.parametrize("name", ["uk-families-2026", "uk-refused-2025", "section9-2005", "uk-status-2026"])
def test_the_named_caseloads_make_their_households(name: str) -> None:
    people = load_caseload(name)
    s = prepare(STILL, people, LIVELY, weeks=2, households=min(people.households, 300)).begin(1).s
    stock = s[:, s[COL.id] < ARRIVALS]
    assert stock.shape[1] == min(people.households, 300)
    assert np.all(stock[COL.adults] >= 1)
    assert np.all((stock[COL.stage] >= STAGE.AWAITING) & (stock[COL.stage] <= STAGE.PROTECTED))
