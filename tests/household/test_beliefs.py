"""Attention and the three beliefs move as their rules say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import ATTENTIVE, LIVELY, QUIET, STILL, caseload, column

from abm import prepare
from abm.household.beliefs import (
    CONSIDERS,
    FATE,
    MOVES,
    SUPPORT_ENDS,
    Attention,
    after_reports,
    notice_of,
    raised,
    removal_after_news,
    safety_after_news,
    trust_after_visit,
    within_a_year,
)  # fmt: skip
from abm.numerics.draws import key_of
from abm.household.stages import COL, STAGE
from abm.arrays.state import LAND

share = st.floats(0.0, 1.0)
HERE = (STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.ABSCONDED, STAGE.PROTECTED)
GONE = (STAGE.SETTLED, STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.REMOVED)
KEY = key_of(1)


def attention(**given: float) -> Attention:
    return Attention(**(dict.fromkeys(Attention._fields, 0.0) | given))


# ---- rules -----------------------------------------------------------------------------------------------


@given(share, share)
def test_one_more_reason_to_think_raises_attention_within_bounds(alert: float, bump: float) -> None:
    after = raised(alert, bump)
    assert alert - 1e-15 <= after <= 1.0
    assert after == pytest.approx(1 - (1 - alert) * (1 - bump))


@given(share)
def test_no_reason_to_think_leaves_attention_as_it_is_to_the_bit(alert: float) -> None:
    assert raised(alert, 0.0) == alert


@given(share, share, st.sampled_from(HERE), st.floats(0, 2), share, st.integers(0, 500))
def test_belief_on_safety_stays_a_share(
    belief: float, truth: float, stage: float, noise: float, rate: float, week: int
) -> None:
    b = attention(learning_safety=rate, list_trust=0.05)
    assert 0.0 <= safety_after_news(b, KEY, 3, week, belief, stage, noise, truth, 1.0) <= 1.0


@given(share, share, st.sampled_from(HERE), share)
def test_news_without_noise_moves_belief_part_of_the_way_to_the_truth(
    belief: float, truth: float, stage: float, rate: float
) -> None:
    after = safety_after_news(attention(learning_safety=rate), KEY, 3, 5, belief, stage, 0.0, truth, 0.0)
    assert after == pytest.approx(belief + rate * (truth - belief), abs=1e-12)


@given(share, share, share)
def test_more_true_safety_never_lowers_believed_safety(belief: float, one: float, other: float) -> None:
    low, high = (
        safety_after_news(attention(learning_safety=0.1), KEY, 3, 5, belief, STAGE.EXHAUSTED, 0.2, truth, 0.0)
        for truth in sorted((one, other))
    )
    assert low <= high


@given(share, share)
def test_the_safe_list_is_believed_by_its_trust(belief: float, trust: float) -> None:
    b = attention(list_trust=trust)
    on, off = (safety_after_news(b, KEY, 3, 5, belief, STAGE.EXHAUSTED, 0.0, 0.0, listed) for listed in (1.0, 0.0))
    assert on == pytest.approx(belief + trust * (1 - belief), abs=1e-12)
    assert off == belief


@given(share, share, share, st.sampled_from(GONE))
def test_those_who_are_not_in_the_country_learn_nothing(belief: float, truth: float, rate: float, stage: float) -> None:
    b = attention(learning_safety=rate, list_trust=rate, learning_removal=rate)
    assert safety_after_news(b, KEY, 3, 5, belief, stage, 0.3, truth, 1.0) == belief
    assert removal_after_news(b, belief, stage, 0.0, 1.0, 1.0) == belief


@given(share, share, share, share)
def test_belief_on_removal_drifts_to_what_is_seen_of_ones_kind(
    belief: float, rate: float, single: float, family: float
) -> None:
    b = attention(learning_removal=rate)
    for children, seen in ((0.0, single), (2.0, family)):
        after = removal_after_news(b, belief, STAGE.EXHAUSTED, children, single, family)
        assert after == pytest.approx(belief + rate * (seen - belief), abs=1e-12)


@given(share, st.floats(0.01, 1_000), st.integers(0, 50), share)
def test_reports_are_weighed_as_a_beta_binomial(belief: float, strength: float, count: int, mean: float) -> None:
    after = after_reports(belief, strength, float(count), count * mean)
    assert after == pytest.approx((strength * belief + count * mean) / (strength + count))
    assert min(belief, mean) - 1e-9 <= after <= max(belief, mean) + 1e-9
    assert after_reports(belief, strength, 0.0, 0.0) == pytest.approx(belief, rel=1e-15)


@given(share, share, share)
def test_an_independent_adviser_removes_doubt_about_payment(belief: float, trust: float, independence: float) -> None:
    after = trust_after_visit(belief, trust, independence)
    assert 1 - after == pytest.approx((1 - belief) * (1 - trust * independence), abs=1e-12)
    assert trust_after_visit(belief, trust, 0.0) == belief


def notice(b: Attention, household: int = 1, week: int = 10, **given: float) -> int:
    facts = {"stage": STAGE.EXHAUSTED, "alert": 0.0, "closing": 1e9, "support_end": 1e9, "housing": 0.0, "limbo_fate": 0.0,
             "absconded_fate": 0.0, "returned_fate": 0.0, "hotel_exit": 0.0} | given  # fmt: skip
    return int(notice_of(b, KEY, household, week, **facts))


@pytest.mark.parametrize(("stage", "expected"), [(s, s <= STAGE.ABSCONDED and s >= 1) for s in (0.0, *HERE, *GONE)])
def test_only_those_without_an_answer_consider(stage: float, expected: bool) -> None:
    assert bool(notice(attention(consider=1.0), stage=stage) & CONSIDERS) == expected


def test_an_offer_draws_attention_in_its_last_two_weeks() -> None:
    b = attention(alert_closing=1.0)
    assert [week for week in range(5, 16) if notice(b, week=week, closing=12.0) & CONSIDERS] == [10, 11]


def test_support_ends_from_its_week_on_and_moves_happen_to_those_in_hotels() -> None:
    b = attention()
    assert [week for week in range(8, 13) if notice(b, week=week, support_end=10.0) & SUPPORT_ENDS] == [10, 11, 12]
    assert not notice(b, support_end=0.0, stage=STAGE.AWAITING) & SUPPORT_ENDS
    assert notice(b, hotel_exit=1.0) & MOVES
    assert not notice(b, hotel_exit=1.0, housing=1.0) & MOVES
    assert not notice(b, hotel_exit=1.0, stage=STAGE.PROTECTED) & MOVES


@pytest.mark.parametrize(
    ("stage", "which"),
    [
        (STAGE.EXHAUSTED, "limbo_fate"),
        (STAGE.ABSCONDED, "absconded_fate"),
        (STAGE.RETURNED_ASSISTED, "returned_fate"),
        (STAGE.RETURNED_UNASSISTED, "returned_fate"),
    ],
)
def test_fates_come_by_stage(stage: float, which: str) -> None:
    assert notice(attention(), stage=stage, **{which: 1.0}) == FATE
    others = {"limbo_fate", "absconded_fate", "returned_fate"} - {which}
    assert notice(attention(), stage=stage, **dict.fromkeys(others, 1.0)) == 0
    assert notice(attention(), stage=STAGE.REMOVED, **{which: 1.0}) == 0


# ---- in a run --------------------------------------------------------------------------------------------


def test_beliefs_on_safety_converge_on_the_truth() -> None:
    people = caseload(households=2_000)
    b = QUIET.with_values({"learning_safety": 0.1, "news_noise": 0.2, "safety_spread": 0.3})
    run = prepare(STILL, people, b, weeks=104).run(1)
    truth = run.state.lands[LAND.true_safety, 0, 0]
    assert column(run, COL.safety).mean() == pytest.approx(truth, abs=0.01)
    assert column(run, COL.safety).std() == pytest.approx(
        0.2 * np.sqrt(0.1 / 1.9), rel=0.1
    )  # a stationary first-order process


def test_ties_abroad_make_news_less_noisy() -> None:
    s = prepare(STILL, caseload(households=500, network__abroad=3.0), LIVELY, weeks=1).begin(1).s
    assert np.allclose(s[COL.news_noise], LIVELY.news_noise / np.sqrt(1 + s[COL.abroad]))
    assert s[COL.abroad].mean() == pytest.approx(3.0, abs=0.3)


def test_one_report_moves_the_beliefs_of_a_tie_a_week_later() -> None:
    """From b to (κ b + r) / (κ + 1), of safety and of payment; those who heard nothing keep theirs."""
    people = caseload(households=400, network__mean_ties=4.0, world__payment_reliability=0.0)
    b = ATTENTIVE.with_values({"assisted": -4.0, "information": 1.0, "report_strength": 4.0, "payment_belief": 0.6,
                               "safety_spread": 0.2})  # fmt: skip
    prepared = prepare(STILL.with_values({"standing.amount_per_person": 1_000.0}), people, b, weeks=10)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 1)
    before = state.s.copy()
    prepared.advance(1, state, 1, 2)
    here = (before[COL.stage] == STAGE.EXHAUSTED) & (before[COL.reports] <= 1)
    one, none = here & (before[COL.reports] == 1), here & (before[COL.reports] == 0)
    assert one.sum() > 10
    truth = np.floor(state.lands[LAND.true_safety, 0, 0] * 1024 + 0.5) / 1024
    assert np.allclose(state.s[COL.safety, one], (4 * before[COL.safety, one] + truth) / 5)
    assert np.allclose(state.s[COL.payment, one], 4 * before[COL.payment, one] / 5)  # nobody is ever paid later
    assert np.array_equal(state.s[[COL.safety, COL.payment]][:, none], before[[COL.safety, COL.payment]][:, none])


def test_a_removal_among_ties_raises_the_believed_risk() -> None:
    people = caseload(households=600, network__mean_ties=6.0, composition__family_share=0.0, world__removal_success=1.0)
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 3.0})
    b = QUIET.with_values({"fear": 1.0, "removal_strength": 8.0})
    run = prepare(policy, people, b, weeks=10).run(1)
    still = column(run, COL.stage) == STAGE.EXHAUSTED
    removed = column(run, COL.ties_removed)
    start = within_a_year(run.prepared.plain.rates.credibility)
    heard = removed >= 1
    assert np.all(column(run, COL.removal)[still & ~heard] == start)
    one = still & (removed == 1) & (column(run, COL.removals) == 0)
    assert one.sum() > 20
    assert np.allclose(column(run, COL.removal)[one], (8 * start + 1) / 9)


def test_an_announced_risk_is_believed_in_part() -> None:
    b = QUIET.with_values({"learning_removal": 0.2, "announcement_trust": 0.25})
    run = prepare(STILL.with_values({"enforcement.announced_risk": 0.4}), caseload(households=50), b, weeks=80).run(1)
    assert np.allclose(column(run, COL.removal), 0.1, atol=1e-6)


def test_a_visit_raises_trust_and_attention() -> None:
    b = QUIET.with_values({"visit_trust": 0.5, "payment_belief": 0.5, "alert_visit": 0.8, "alert_memory": 1.0})
    policy = STILL.with_values({"advice.visits_per_1000_week": 100.0, "advice.independence": 0.6})
    prepared = prepare(policy, caseload(households=200), b, weeks=5)
    start, run = prepared.begin(1).s, prepared.run(1)
    visited = column(run, COL.visited) >= 0
    assert visited.sum() == 100
    before = start[COL.payment][np.argsort(start[0])]
    assert np.allclose(1 - column(run, COL.payment)[visited], (1 - before[visited]) * 0.7)
    assert np.all(column(run, COL.payment)[~visited] == before[~visited])
    assert np.allclose(column(run, COL.alert), np.where(visited, 0.8, 0.0))


def test_initial_trust_in_payment_has_the_mean_that_is_asked_for() -> None:
    for mean in (0.3, 0.6, 0.9):
        s = prepare(STILL, caseload(households=5_000), QUIET.with_values({"payment_belief": mean}), weeks=1).begin(1).s
        assert s[COL.payment].mean() == pytest.approx(mean, abs=0.015)
        assert np.all((s[COL.payment] >= 0) & (s[COL.payment] <= 1))
