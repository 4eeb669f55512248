"""Where a saving comes from: parts that sum to it, each found by hand where one thing alone differs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, QUIET, STILL, busy_caseload, busy_policy, caseload, flow

from abm import COMPARED, MEASURES, Run, load_behaviour, prepare
from abm.arrays.ledger import pence
from abm.household.stages import ACCOUNT, COL, STAGE
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.policy import Policy
from abm.measures import SAVING_PARTS
from abm.numerics.calendar import WEEKS_PER_YEAR

#: A week of one adult in a hotel, and in dispersal housing, in pounds.
HOTEL = (pence(7 * 144.98) + pence(8.86)) / 100
DISPERSAL = (pence(7 * 15.3) + pence(49.18)) / 100
#: Single people in hotels; money is not discounted, and an open case costs nothing.
SINGLE = caseload(
    households=50, housing__hotel=1.0, housing__dispersal=0.0, housing__own=0.0, composition__family_share=0.0,
    world__discount_rate=0.0, world__casework_year=0.0,
)  # fmt: skip


def parts(run: Run, base: Run) -> dict[str, float]:
    """The parts of a saving that are not nought, in pounds to the penny."""
    found = {name: COMPARED[name].of(run.measures, base.measures) for name in SAVING_PARTS}
    return {name: round(value, 2) for name, value in found.items() if abs(value) > 1e-6}


def pair(variant: Policy, people: Caseload = SINGLE, behaviour: Behaviour = QUIET, weeks: int = 8) -> tuple[Run, Run]:
    """A run under a policy, and one under which nothing happens."""
    return prepare(variant, people, behaviour, weeks=weeks).run(1), prepare(STILL, people, QUIET, weeks=weeks).run(1)


POLICIES: dict[str, dict[str, Any]] = {
    "busy": {},
    "no offer": {"offer__amount_per_person": 0.0},
    "settles": {"settlement__regularisation_per_year": 6.0},
    "withdraws": {"support__families": "end_after", "support__families_weeks": 4},
    "moves": {"housing__hotel_exit_per_week": 0.3},
    "pulls": {"standing__amount_per_person": 15_000.0, "entry__family_reunion_age": 18.0},
}


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(POLICIES, 2)))
def test_the_parts_of_a_saving_sum_to_it_to_the_penny(one: str, other: str) -> None:
    run, base = (prepare(busy_policy(**POLICIES[k]), busy_caseload(), LIVELY, weeks=60).run(3) for k in (one, other))
    total = COMPARED["net_saving_npv"].of(run.measures, base.measures)
    assert abs(total) > 1_000.0
    assert sum(COMPARED[name].of(run.measures, base.measures) for name in SAVING_PARTS) == pytest.approx(
        total, abs=0.01
    )


def test_upkeep_is_the_same_under_every_policy_that_brings_the_same_people() -> None:
    people = busy_caseload(world__pull_elasticity=0.0, world__reunion_share=0.0)
    runs = [prepare(busy_policy(**change), people, LIVELY, weeks=60).run(3) for change in POLICIES.values()]
    assert len({run.measures["upkeep"] for run in runs}) == 1
    assert len({run.measures["cost_npv"] for run in runs}) == len(runs)


def test_who_is_settled_saves_by_being_settled() -> None:
    run, base = pair(STILL.with_values({"settlement.regularisation_per_year": 52.0}))
    settled = run.state.history[:, int(STAGE.SETTLED)].sum()
    assert settled > 50
    assert parts(run, base) == {"saving_settled": round(settled * HOTEL, 2)}


def test_who_is_moved_saves_the_difference_between_two_prices() -> None:
    run, base = pair(STILL.with_values({"housing.hotel_exit_per_week": 0.3}))
    moved = 50 * 8 - flow(run, "persons_in_hotels").sum()
    assert moved > 50
    assert parts(run, base) == {"saving_housing": pytest.approx(moved * (HOTEL - DISPERSAL))}
    assert base.measures["upkeep_moved"] == 0.0


def test_who_loses_support_saves_as_support_withdrawn() -> None:
    people = SINGLE.with_values({"durations.exhausted_weeks": 0.0})
    run, base = pair(STILL.with_values({"support.singles": "end_after", "support.singles_weeks": 4}), people)
    without = flow(run, "unsupported_persons").sum()
    assert without > 100
    assert parts(run, base) == {"saving_withdrawn": round(without * HOTEL, 2)}


def test_a_departure_saves_upkeep_less_what_is_paid_for_it() -> None:
    policy = STILL.with_values({"standing.amount_per_person": 1_000.0})
    run, base = pair(policy, behaviour=ATTENTIVE.with_values({"assisted": -2.0}))
    left = run.state.s[COL.left_at]
    weeks_gone = (8 - left[left >= 0]).sum()
    assert parts(run, base) == {
        "saving_departures": pytest.approx(weeks_gone * HOTEL),
        "saving_offers": pytest.approx(-(1_000.0 + 887.0) * np.sum(left >= 0)),
    }


def test_a_departure_in_place_of_a_disappearance_saves_nothing() -> None:
    """All leave in the first week where all would have gone out of contact: one reason for the other."""
    leave, vanish = (
        prepare(STILL, SINGLE, ATTENTIVE.with_values({way: 60.0}), weeks=8).run(1)
        for way in ("unassisted", "irregular")
    )
    assert parts(leave, vanish) == {
        "saving_departures": round(50 * 8 * HOTEL, 2), "saving_out_of_contact": round(-50 * 8 * HOTEL, 2),
    }  # fmt: skip
    assert COMPARED["net_saving_npv"].of(leave.measures, vanish.measures) == pytest.approx(0.0)


def test_who_comes_back_costs_what_their_departure_saved() -> None:
    """Everybody leaves at once and comes back as fast as can be: what that costs is taken off what leaving saves."""
    people = SINGLE.with_values({"world.remigration_per_year": 52.0})
    run, base = pair(STILL, people, ATTENTIVE.with_values({"unassisted": 60.0}))
    assert run.measures["reentry_spend"] > 0
    saved = run.measures["upkeep_left"] - run.measures["reentry_spend"]
    assert parts(run, base)["saving_departures"] == pytest.approx(saved)


# ---- the same people above and below the line ----------------------------------------------------------


def test_spending_on_offers_counts_those_whose_departures_are_counted() -> None:
    """With many induced, who are paid too: neither what they are paid nor their departures are in it."""
    policy = busy_policy(standing__amount_per_person=15_000.0, entry__family_reunion_age=18.0)
    people = busy_caseload(world__pull_elasticity=1.3, world__remigration_per_year=0.0, world__discount_rate=0.0)
    run = prepare(policy, people, LIVELY, weeks=80).run(3)
    s, m = run.state.s, run.measures
    own, paid = s[COL.account] == ACCOUNT.ORDINARY, s[COL.received] > 0
    assert np.sum(paid & ~own) > 20
    assert m["assisted_departures"] == np.sum(own & (s[COL.route] == STAGE.RETURNED_ASSISTED))
    assert np.sum(paid & own & (s[COL.route] != STAGE.RETURNED_ASSISTED)) == 0
    assert m["offer_spend"] == pytest.approx(s[COL.received, own].sum() / 100)
    assert m["departed_persons"] == (s[COL.adults] + s[COL.children])[own & (s[COL.left_at] >= 0)].sum()


# ---- the wider account ---------------------------------------------------------------------------------


def test_without_figures_there_is_no_wider_account() -> None:
    run = prepare("uk-2025", "uk-families-2026", load_behaviour(), weeks=60).run(1)
    assert np.isnan(run.measures["cost_wider"])
    figures = {"world.lasting_cost_year": 9_000.0, "world.lasting_taxes_year": 4_000.0}
    wider = prepare("uk-2025", run.prepared.caseload.with_values(figures), load_behaviour(), weeks=60).run(1)
    for name in MEASURES:
        if name != "cost_wider":
            assert np.array_equal(run.measures[name], wider.measures[name], equal_nan=True), name


def test_the_wider_account_adds_person_years_times_their_figures() -> None:
    figures = {"lasting_cost_year": 9_000.0, "lasting_taxes_year": 4_000.0, "unsupported_cost_year": 1_500.0}
    people = busy_caseload(world__discount_rate=0.0, **{f"world__{name}": value for name, value in figures.items()})
    prepared = prepare(busy_policy(), people, LIVELY, weeks=60)
    state, lasting, unsupported = prepared.begin(2), 0.0, 0.0
    for week in range(60):
        prepared.advance(2, state, week, week + 1)
        s, persons = state.s, state.s[COL.adults] + state.s[COL.children]
        lasting += persons[np.isin(s[COL.stage], (STAGE.PROTECTED, STAGE.SETTLED))].sum()
        failed = np.isin(s[COL.stage], (STAGE.EXHAUSTED, STAGE.BOOKED))
        without = (s[COL.stage] == STAGE.ABSCONDED) | (failed & (s[COL.withdrawn] == 1))
        unsupported += persons[without].sum()
    m = prepared.run(2).measures
    more = (lasting * (9_000.0 - 4_000.0) + unsupported * 1_500.0) / WEEKS_PER_YEAR
    assert m["cost_wider"] - m["cost_npv"] == pytest.approx(more)
    assert COMPARED["net_saving_wider"].of(m, m) == 0.0
