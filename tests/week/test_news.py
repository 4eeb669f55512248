"""Attention and beliefs in the course of a run: news, reports of ties, removals, announcements and visits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import ATTENTIVE, QUIET, STILL, caseload, column

from abm import prepare
from abm.arrays.state import LAND, NEWS
from abm.arrays.table import Table
from abm.household.beliefs import within_a_year
from abm.household.stages import COL, STAGE


def unread(s: Table, news: np.ndarray, kind: int) -> np.ndarray:
    """How much unread news of a kind each household has."""
    places = s[COL.unread].astype(int)
    return np.where(places > 0, news[kind, places - 1], 0.0)


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
    """The standard deviation of n + 1 reports together; beliefs that follow a week's news alone have it."""
    b = QUIET.with_values({"learning_safety": 1.0, "news_noise": 0.1})
    prepared = prepare(STILL, caseload(households=6_000, network__abroad=3.0), b, weeks=1)
    s = prepared.begin(1).s
    assert s[COL.abroad].mean() == pytest.approx(3.0, abs=0.1)
    after = prepared.run(1).state.s
    assert np.array_equal(after[COL.abroad], s[COL.abroad])
    for abroad in (0, 1, 3, 5):
        of_so_many = after[COL.safety, after[COL.abroad] == abroad]
        assert of_so_many.std() == pytest.approx(0.1 / math.sqrt(1 + abroad), rel=4.0 / math.sqrt(2 * len(of_so_many)))


def test_one_report_moves_the_beliefs_of_a_tie_a_week_later() -> None:
    """From b to (κ b + r) / (κ + 1), of safety and of payment; those who heard nothing keep theirs."""
    people = caseload(households=400, network__mean_ties=4.0, world__payment_reliability=0.0)
    b = ATTENTIVE.with_values({"assisted": -4.0, "information": 1.0, "report_strength": 4.0, "payment_belief": 0.6,
                               "safety_spread": 0.2})  # fmt: skip
    prepared = prepare(STILL.with_values({"standing.amount_per_person": 1_000.0}), people, b, weeks=10)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 1)
    before, heard = state.s.copy(), state.news.copy()
    prepared.advance(1, state, 1, 2)
    here, reports = before[COL.stage] == STAGE.EXHAUSTED, unread(before, heard, NEWS.reports)
    one, none = here & (reports == 1), here & (reports == 0)
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
    start = within_a_year(run.prepared.plain.frame.credibility)
    heard = removed >= 1
    assert np.all(column(run, COL.removal)[still & ~heard] == start)
    one = still & (removed == 1) & (column(run, COL.unread) == 0)
    assert one.sum() > 20
    assert np.allclose(column(run, COL.removal)[one], (8 * start + 1) / 9)


def test_a_visit_raises_trust_and_attention() -> None:
    b = QUIET.with_values({"visit_trust": 0.5, "payment_belief": 0.5, "alert_visit": 0.8, "alert_memory": 1.0})
    policy = STILL.with_values({"advice.visits_per_1000_week": 100.0, "advice.independence": 0.6})
    prepared = prepare(policy, caseload(households=200), b, weeks=5)
    start, run = prepared.begin(1).s, prepared.run(1)
    visited = column(run, COL.visited) >= 0
    assert visited.sum() == 100
    before = start[COL.payment][np.argsort(start[COL.id])]
    assert np.allclose(1 - column(run, COL.payment)[visited], (1 - before[visited]) * 0.7)
    assert np.all(column(run, COL.payment)[~visited] == before[~visited])
    assert np.allclose(column(run, COL.alert), np.where(visited, 0.8, 0.0))


def test_initial_trust_in_payment_has_the_mean_that_is_asked_for() -> None:
    for mean in (0.3, 0.6, 0.9):
        s = prepare(STILL, caseload(households=5_000), QUIET.with_values({"payment_belief": mean}), weeks=1).begin(1).s
        assert s[COL.payment].mean() == pytest.approx(mean, abs=0.015)
        assert np.all((s[COL.payment] >= 0) & (s[COL.payment] <= 1))
