"""Between accepting and leaving lies a stage: booked, housed and paid for."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import ATTENTIVE, STILL, busy, caseload, changed, column, flow

from abm import Run, prepare
from abm.arrays.state import LEDGER_AT, Flow
from abm.household.stages import COL, Stage

#: Everybody takes the offer in week 0.
EAGER = ATTENTIVE.with_values({"assisted": 30.0})
OFFER = STILL.with_values({"offer.amount_per_person": 1_000.0, "offer.end_week": 1})


def booked(weeks: int, **world: float) -> Run:
    people = caseload(households=400, **{f"world__{name}": value for name, value in world.items()})
    return prepare(OFFER, people, EAGER, weeks=weeks).run(1)


def test_nobody_leaves_before_its_departure_has_come() -> None:
    run = booked(60, processing_weeks=8.0, processing_spread=0.0, withdrawal=0.0)
    assert flow(run, "accepted")[0] == 400
    assert np.array_equal(np.flatnonzero(flow(run, "assisted")), [8])
    assert flow(run, "assisted")[8] == 400


def test_the_weeks_until_departure_have_their_median_and_spread() -> None:
    run = booked(100, processing_weeks=8.0, processing_spread=0.42, withdrawal=0.0)
    weeks = column(run, COL.left_at)
    assert np.median(weeks) == pytest.approx(8.0, abs=1.0)
    assert np.quantile(weeks, [0.05, 0.95]) == pytest.approx([4.0, 16.0], abs=2.0)


def test_those_booked_are_housed_and_paid_for_until_they_go() -> None:
    waits, goes = (booked(12, processing_weeks=w, processing_spread=0.0, withdrawal=0.0) for w in (8.0, 0.0))
    assert np.array_equal(flow(waits, "persons_in_hotels")[:8] > 0, [True] * 8)
    assert flow(goes, "persons_in_hotels").sum() == 0
    assert waits.state.history[8, LEDGER_AT:].sum() > 0  # paid at departure
    assert np.all(waits.series["cost_offer"].to_numpy()[:8] == 0.0)


def test_some_withdraw_and_are_where_they_were() -> None:
    run = booked(20, processing_weeks=4.0, processing_spread=0.0, withdrawal=0.25)
    assert flow(run, "withdrawn").sum() == pytest.approx(100, abs=30)
    assert flow(run, "withdrawn").sum() + flow(run, "assisted").sum() == flow(run, "accepted").sum()
    stays = column(run, COL.left_at) < 0.0
    assert set(column(run, COL.stage)[stays]) == {float(Stage.EXHAUSTED)}


def test_those_booked_may_be_removed() -> None:
    policy = OFFER.with_values({"enforcement.attempts_per_1000_week": 500.0, "enforcement.include_families": True})
    sure = {"world__removal_success": 1.0, "world__removal_success_family": 1.0, "world__removal_school": 1.0}
    waits = {"world__processing_weeks": 30.0, "world__processing_spread": 0.0}
    run = prepare(policy, caseload(households=100, **sure, **waits), EAGER, weeks=10).run(1)
    assert flow(run, "removed").sum() == 100
    assert flow(run, "assisted").sum() == 0


def test_without_processing_acceptance_is_departure() -> None:
    run = changed(busy(weeks=80), "world.processing_weeks", 0.0).run(3)
    assert np.array_equal(flow(run, "accepted"), flow(run, "assisted"))
    assert run.state.history[:, int(Stage.BOOKED)].sum() == 0


def test_the_books_balance_with_households_booked() -> None:
    run = changed(busy(weeks=104), "world.processing_weeks", 6.0).run(1)
    stocks = run.state.history[:, : len(Stage)]
    assert stocks[:, Stage.BOOKED].max() > 0
    entered, left = flow(run, "accepted"), flow(run, "assisted") + flow(run, "withdrawn")
    start = np.sum(run.prepared.begin(1).s[COL.stage] == Stage.BOOKED)
    removed = np.diff(stocks[:, Stage.BOOKED], prepend=start) - (entered - left)
    assert np.all(removed <= 0)  # the rest were removed while they waited
    assert len(Flow) + len(Stage) < run.state.history.shape[1]
