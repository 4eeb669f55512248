"""Books balance: every household is in one stage every week, flows reconcile stocks, the account sums to the penny."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, STILL, busy, busy_caseload, busy_policy, caseload, changed, flow

from abm import Prepared, Run, load_behaviour, load_caseload, load_policy, prepare
from abm.arrays.arrivals import is_arrival
from abm.arrays.ledger import Line, Upkeep, pence
from abm.arrays.state import FLOWS_AT, LEDGER_AT, Count, Flow, Kin, State
from abm.household.stages import ACCOUNT, COL, HOUSING, STAGE, Account, Holds, Stage
from abm.numerics.calendar import WEEKS_PER_YEAR

#: Lines of the account, by name.
LINES = tuple(line.name for line in Line)


#: On whose case the state works, and whom it may house.
PENDING = (STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.BOOKED)


def recount(state: State) -> np.ndarray:
    """The counts, from the table alone: written down a second time, on purpose."""
    s = state.s
    counts = np.zeros_like(state.counts)
    persons = (s[COL.adults] + s[COL.children]).astype(int)
    for stage in Stage:
        there = s[COL.stage] == stage
        counts[Count.households, stage] = there.sum()
        counts[Count.persons, stage] = persons[there].sum()
        counts[Count.children, stage] = s[COL.children, there].sum()
        counts[Count.families, stage] = (s[COL.children, there] > 0).sum()
    pending = np.isin(s[COL.stage], PENDING)
    for_good = (STAGE.EXHAUSTED, STAGE.ABSCONDED)
    booked = (s[COL.stage] == STAGE.BOOKED) & np.isin(s[COL.booked_from], (STAGE.REFUSED, *for_good))
    refused = booked | np.isin(s[COL.stage], for_good)
    for kin in Kin:
        own = refused & ((s[COL.children] > 0) == (kin == Kin.family))
        counts[Count.refused_for_good, kin] = own.sum()
    housed = pending & (s[COL.withdrawn] == 0)
    failed = np.isin(s[COL.stage], (STAGE.EXHAUSTED, STAGE.BOOKED))
    unsupported = (s[COL.stage] == STAGE.ABSCONDED) | (failed & (s[COL.withdrawn] == 1))
    for account in Account:
        own = s[COL.account] == account
        counts[Count.cases, account] = (pending & own).sum()
        counts[Count.hotel, account] = persons[housed & own & (s[COL.housing] == HOUSING.HOTEL)].sum()
        counts[Count.dispersal, account] = persons[housed & own & (s[COL.housing] == HOUSING.DISPERSAL)].sum()
        counts[Count.unsupported, account] = persons[unsupported & own].sum()
    for kept, who in kept_by(s).items():
        for row, housing in ((Count.from_hotels, HOUSING.HOTEL), (Count.from_dispersal, HOUSING.DISPERSAL)):
            counts[row, kept] = persons[who & (s[COL.first_housing] == housing)].sum()
    for row in (Count.unread, Count.there):  # not counts of the table
        counts[row, 0] = state.counts[row, 0]
    return counts


def kept_by(s: np.ndarray) -> dict[Upkeep, np.ndarray]:
    """Which households have each kind of upkeep, from their table: induced arrivals have none."""
    came = (s[COL.stage] != STAGE.ABSENT) & (s[COL.account] != ACCOUNT.INDUCED)
    gone = s[COL.stage] >= STAGE.RETURNED_ASSISTED
    left = came & (gone | (s[COL.account] == ACCOUNT.REENTERED))
    here = came & ~left
    pending = here & np.isin(s[COL.stage], PENDING)
    housed = pending & (s[COL.withdrawn] == 0) & (s[COL.housing] != HOUSING.OWN)
    return {
        Upkeep.supported: housed,
        Upkeep.withdrawn: pending & ~housed,
        Upkeep.out_of_contact: here & (s[COL.stage] == STAGE.ABSCONDED),
        Upkeep.stays: here & np.isin(s[COL.stage], (STAGE.PROTECTED, STAGE.SETTLED)),
        Upkeep.left: left,
    }


def totals(run: Run) -> dict[str, int]:
    """Each line of the account over the run, in pence."""
    return dict(zip(LINES, run.state.history[:, LEDGER_AT:].sum(axis=0).tolist(), strict=True))


def supported_persons(prepared: Prepared, seed: int, weeks: int) -> np.ndarray:
    """Persons housed by the state at the end of each week, from that week's table: (weeks, hotel | dispersal)."""
    state = prepared.begin(seed)
    found = np.zeros((weeks, 2), int)
    for week in range(weeks):
        prepared.advance(seed, state, week, week + 1)
        s = state.s
        housed = np.isin(s[COL.stage], PENDING) & (s[COL.withdrawn] == 0)
        for k, housing in enumerate((HOUSING.HOTEL, HOUSING.DISPERSAL)):
            found[week, k] = (s[COL.adults] + s[COL.children])[housed & (s[COL.housing] == housing)].sum()
    return found


@pytest.fixture(scope="module")
def run() -> Run:
    return busy().run(1)


def test_every_household_is_in_exactly_one_stage_every_week(run: Run) -> None:
    stocks = run.state.history[:, : len(Stage)]
    assert np.all(stocks >= 0)
    assert np.all(stocks.sum(axis=1) == run.state.s.shape[1])
    assert set(run.state.s[COL.stage]) <= set(map(float, range(len(Stage))))


def test_every_kind_of_event_happens_in_the_busy_setting(run: Run) -> None:
    """So that the accounts below are put to the test."""
    happened = run.series.drop(columns="week").sum()
    idle = {name for name, total in happened.items() if total == 0}
    assert idle == set()


def test_households_present_are_those_who_came(run: Run) -> None:
    present = run.state.history[:, 1 : len(Stage)].sum(axis=1)
    assert np.array_equal(present, 400 + np.cumsum(flow(run, "arrivals")))


def test_flows_reconcile_stocks_week_by_week(run: Run) -> None:
    """The changes of each stock are exactly what the flows say, as far as flows tell stages apart."""
    stocks = run.state.history[:, : len(Stage)]
    start = recount(run.prepared.begin(1))[Count.households]
    change = np.diff(np.vstack([start, stocks]), axis=0)
    f = {kind.name: flow(run, kind.name) for kind in Flow}
    assert np.array_equal(change[:, Stage.ABSENT], -f["arrivals"])
    assert np.array_equal(change[:, Stage.SETTLED], f["settled"] + f["regularised"])
    assert np.array_equal(change[:, Stage.REMOVED], f["removed"])
    returned = change[:, Stage.RETURNED_ASSISTED] + change[:, Stage.RETURNED_UNASSISTED]
    assert np.array_equal(returned, f["assisted"] + f["unassisted"] - f["re_entered"])
    in_country = change[:, [stage for stage in Stage if Holds.IN_COUNTRY in stage.holds]].sum(axis=1)
    came = f["arrivals"] + f["re_entered"]
    went = f["assisted"] + f["unassisted"] + f["removed"]
    assert np.array_equal(in_country, came - went)
    booked = f["accepted"] - f["assisted"] - f["withdrawn"] - change[:, Stage.BOOKED]
    assert np.all((booked >= 0) & (booked <= f["removed"]))  # those booked who were removed while they waited


def test_appeals_reconcile_refusals(run: Run) -> None:
    """Rights are exhausted by a dismissed appeal or by none; nobody is exhausted who was not refused."""
    assert np.all(flow(run, "exhausted") >= flow(run, "appeals_dismissed"))
    at_start = recount(run.prepared.begin(1))[Count.households, Stage.REFUSED]
    refused = np.cumsum(flow(run, "refused") + flow(run, "revoked")) + at_start
    assert np.all(np.cumsum(flow(run, "exhausted") + flow(run, "appeals_allowed")) <= refused)


def test_counts_kept_as_things_happen_equal_a_recount() -> None:
    prepared = busy()
    state = prepared.begin(2)
    stops = [0, *sorted(np.random.default_rng(0).choice(np.arange(1, 104), 8, replace=False).tolist()), 104]
    for first, last in itertools.pairwise(stops):
        prepared.advance(2, state, first, last)
        assert np.array_equal(state.counts, recount(state)), f"after week {last - 1}"
        assert np.array_equal(state.history[last - 1, : len(Stage)], recount(state)[Count.households])


def test_flows_of_persons_equal_the_households_that_left(run: Run) -> None:
    s = run.state.s
    once = s[COL.reentries] == 0
    for route, name in (
        (STAGE.RETURNED_ASSISTED, "assisted"),
        (STAGE.RETURNED_UNASSISTED, "unassisted"),
        (STAGE.REMOVED, "removed"),
    ):
        first = np.bincount(s[COL.left_at, s[COL.route] == route].astype(int), minlength=104)
        again = flow(run, name).sum() - first.sum()
        assert 0 <= again <= s[COL.reentries].sum()
        assert np.all(flow(run, name) >= first)
    assert flow(run, "re_entered").sum() == s[COL.reentries].sum()
    left_for_good = once & np.isin(s[COL.stage], (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.REMOVED))
    persons = sum(flow(run, f"{name}_persons").sum() for name in ("assisted", "unassisted", "removed"))
    assert persons >= (s[COL.adults] + s[COL.children])[left_for_good].sum()


# ---- the public account ------------------------------------------------------------------------------


def test_the_account_sums_to_the_total(run: Run) -> None:
    lines = run.series[[f"cost_{name}" for name in LINES]]
    assert np.allclose(lines.sum(axis=1), run.series["cost_total"], rtol=1e-15)
    assert round(run.series["cost_total"].sum() * 100) == sum(totals(run).values())


def test_discounted_lines_sum_to_the_public_cost(run: Run) -> None:
    weekly = 1.035 ** -(np.arange(104) / WEEKS_PER_YEAR)
    assert run.measures["cost_npv"] == pytest.approx(float(run.series["cost_total"] @ weekly), rel=1e-12)
    assert run.measures["offer_spend"] == pytest.approx(float(run.series["cost_offer"] @ weekly), rel=1e-12)


def test_accommodation_is_persons_times_price() -> None:
    """With one account, so that the lines hold everybody."""
    prepared = prepare(busy_policy(), busy_caseload(world__remigration_per_year=0.0, world__pull_elasticity=0.0,
                       inflow_per_week=2.0), LIVELY, weeks=60)  # fmt: skip
    run = prepared.run(4)
    persons = supported_persons(prepared, 4, 60)
    w = prepared.caseload.world
    lines = {name: run.state.history[:, LEDGER_AT + k] for k, name in enumerate(LINES)}
    assert np.array_equal(lines["hotel"], persons[:, 0] * pence(7 * w.hotel_night))
    assert np.array_equal(lines["dispersal"], persons[:, 1] * pence(7 * w.dispersal_night))
    food = persons @ np.array([pence(w.hotel_subsistence_week), pence(w.subsistence_week)])
    assert np.array_equal(lines["subsistence"], food)
    assert np.array_equal(flow(run, "persons_in_hotels"), persons[:, 0])
    assert lines["induced_arrivals"].sum() == lines["re_entry"].sum() == 0


def test_casework_appeals_advice_and_enforcement_are_counts_times_price() -> None:
    prepared = prepare(busy_policy(), busy_caseload(world__remigration_per_year=0.0, world__pull_elasticity=0.0),
                       LIVELY, weeks=80)  # fmt: skip
    run = prepared.run(4)
    w, f, paid = prepared.caseload.world, {kind.name: flow(run, kind.name).sum() for kind in Flow}, totals(run)
    pending = run.state.history[:, [int(stage) for stage in PENDING]].sum()
    decided = (f["granted"] + f["refused"]) * pence(w.decision_case) + f["reviews"] * pence(w.review_case)
    assert paid["casework"] == decided + pending * pence(w.casework_year / WEEKS_PER_YEAR)
    assert paid["appeals"] == (f["appeals_allowed"] + f["appeals_dismissed"]) * pence(w.appeal_case)
    assert paid["advice"] == f["visits"] * pence(w.visit)
    escorted = f["removed"] - f["unescorted"]
    assert paid["enforcement"] == f["attempts"] * pence(w.enforcement_attempt) + escorted * pence(w.enforcement_success)
    flown = paid["travel"] - f["assisted_persons"] * pence(w.travel_person)
    assert f["unescorted"] * pence(w.travel_person) <= flown <= f["removed_persons"] * pence(w.travel_person)
    assert paid["reintegration"] == f["assisted"] * pence(prepared.policy.reintegration.per_household)
    assert paid["offer"] == run.state.s[COL.received].sum()
    assert paid["offer"] > 0


def test_detention_is_charged_for_those_removed() -> None:
    prepared = prepare(busy_policy(), busy_caseload(world__remigration_per_year=0.0, world__pull_elasticity=0.0,
                       world__unescorted=0.0), LIVELY, weeks=80)  # fmt: skip
    run = prepared.run(4)
    s, w = run.state.s, prepared.caseload.world
    removed = s[COL.route] == STAGE.REMOVED
    days = np.where(s[COL.children] > 0, w.detention_days_family, w.detention_days)
    owed = sum(
        int(n) * pence(w.detention_day * d)
        for n, d in zip((s[COL.adults] + s[COL.children])[removed], days[removed], strict=True)
    )
    assert totals(run)["detention"] == owed > 0


def test_induced_arrivals_and_re_entries_have_their_own_lines() -> None:
    """What the others cost is on the ordinary lines; moving it between lines changes no total."""
    with_both = busy().run(1)
    assert totals(with_both)["induced_arrivals"] > 0
    assert totals(with_both)["re_entry"] > 0
    without = changed(changed(busy(), "world.pull_elasticity", 0.0), "world.remigration_per_year", 0.0).run(1)
    assert totals(without)["induced_arrivals"] == totals(without)["re_entry"] == 0


def test_who_came_because_of_the_policy_stays_on_its_account() -> None:
    """Whoever was induced to come, left and came back costs what it costs because of the policy."""
    run = changed(busy(), "world.remigration_per_year", 2.0).run(1)
    s = run.state.s
    again = s[COL.reentries] > 0
    assert np.sum(s[COL.account] == ACCOUNT.INDUCED) == flow(run, "induced_arrivals").sum()
    assert np.sum((s[COL.account] == ACCOUNT.INDUCED) & again) > 10
    assert np.all(s[COL.account, ~again] != ACCOUNT.REENTERED)


def test_nobody_gets_more_than_the_cap() -> None:
    """A household that leaves once gets one payment, and the cap is the most that one household can get."""
    for terms in ({}, {"offer__early_bonus": 1.0, "offer__early_weeks": 10}, {"offer__decline_per_week": -0.1}):
        policy = busy_policy(offer__safe_origins_only=False, standing__amount_per_person=0.0, **terms)
        run = prepare(policy, busy_caseload(), LIVELY, weeks=60).run(1)
        once = run.state.s[COL.received, run.state.s[COL.reentries] == 0]
        assert once.max() > 0
        assert once.max() <= pence(20_000.0), f"{once.max() / 100:.0f} paid under a cap of 20,000, with {terms}"


def test_a_bonus_and_a_decline_are_paid_as_scheduled() -> None:
    """One adult each: 1,000 and half as much again for four weeks, then a fiftieth less each week down to 600."""
    terms = {"offer.amount_per_person": 1_000.0, "offer.early_bonus": 0.5, "offer.early_weeks": 4,
             "offer.decline_per_week": 0.02, "offer.floor_share": 0.6}  # fmt: skip
    people = caseload(composition__family_share=0.0, households=400)
    run = prepare(STILL.with_values(terms), people, ATTENTIVE.with_values({"assisted": -3.0}), weeks=52).run(1)
    left = run.state.s[COL.left_at] >= 0
    weeks = run.state.s[COL.left_at, left]
    owed = np.where(weeks < 4, 1_500.0, np.maximum(600.0, 1_000.0 * (1 - 0.02 * (weeks - 4))))
    assert np.array_equal(run.state.s[COL.received, left], np.floor(owed * 100 + 0.5))
    assert weeks.min() < 4
    assert weeks.max() > 30


def test_the_unpaid_part_of_an_offer_costs_nothing() -> None:
    terms = {"standing.amount_per_person": 1_000.0, "standing.paid_at_departure": 0.25}
    people = caseload(composition__family_share=0.0, households=2_000, world__payment_reliability=0.6)
    run = prepare(STILL.with_values(terms), people, ATTENTIVE.with_values({"assisted": 0.0}), weeks=52).run(1)
    paid = run.state.s[COL.received, run.state.s[COL.left_at] >= 0] / 100
    assert set(paid) == {250.0, 1_000.0}
    assert np.mean(paid == 1_000.0) == pytest.approx(0.6, abs=0.05)


def test_totals_stand_for_the_whole_caseload() -> None:
    people = busy_caseload(households=4_000)
    sample, half = (prepare(busy_policy(), people, LIVELY, weeks=20, households=n).run(1) for n in (400, 200))
    assert sample.prepared.weight == 10.0
    assert half.prepared.weight == 20.0
    own = sample.state.s[COL.account] != ACCOUNT.INDUCED
    assert sample.measures["departures"] == 10.0 * np.sum(own & (sample.state.s[COL.left_at] >= 0))
    assert half.measures["cost_npv"] == pytest.approx(sample.measures["cost_npv"], rel=0.15)


# ---- the official arithmetic -------------------------------------------------------------------------


def test_a_family_of_three_in_a_hotel_costs_158_000_pounds_a_year() -> None:
    """Out of the account: the hotel line of a year in which nobody leaves, per family."""
    people = load_caseload("uk-families-2026-official")
    nobody = load_behaviour().with_values({"assisted": -60.0, "unassisted": -60.0, "irregular": -60.0})
    policy = load_policy("uk-2025").with_values({"settlement.regularisation_per_year": 0.0})
    run = prepare(policy, people, nobody, weeks=52).run(0)
    assert np.all(run.state.s[COL.adults] + run.state.s[COL.children] == 3)
    a_year = totals(run)["hotel"] / 100 / 150 * WEEKS_PER_YEAR / 52
    assert a_year == pytest.approx(158_000, rel=0.01)
    assert run.measures["cost_npv"] == totals(run)["hotel"] / 100


@pytest.mark.parametrize("seed", range(3))
def test_official_arithmetic_if_every_family_accepts(seed: int) -> None:
    """150 families of three, 30,000 each, all accept in the week of the offer: about 19.2 million saved in a year."""
    people = load_caseload("uk-families-2026-official").with_values({"world.processing_weeks": 0.0})
    behaviour = load_behaviour()
    nobody = behaviour.with_values({"assisted": -60.0, "unassisted": -60.0, "irregular": -60.0})
    everybody = nobody.with_values({"consider": 1.0, "assisted": 60.0})
    still = {"settlement.regularisation_per_year": 0.0}
    pilot = load_policy("uk-pilot-2026").with_values(still | {"standing.amount_per_person": 0.0})
    stay = prepare(load_policy("uk-2025").with_values(still), people, nobody, weeks=52).run(seed)
    leave = prepare(pilot, people, everybody, weeks=52).run(seed)
    assert np.all(leave.state.s[COL.left_at] == 0.0)
    assert totals(leave)["offer"] == 150 * pence(30_000.0)
    assert {name for name, total in totals(leave).items() if total} == {"offer"}
    saved = stay.measures["cost_npv"] - leave.measures["cost_npv"]
    assert saved == pytest.approx(19.2e6, rel=0.01)


def test_re_entry_and_stages_of_the_stock_start_as_the_caseload_says() -> None:
    state = prepare(STILL, busy_caseload(households=4_000), LIVELY, weeks=2).begin(1)
    stock = state.s[COL.stage, ~is_arrival(state.s[COL.id])]
    shares = np.bincount(stock.astype(int), minlength=len(Stage)) / len(stock)
    drawn = [Stage.AWAITING, Stage.REFUSED, Stage.EXHAUSTED, Stage.ABSCONDED, Stage.PROTECTED]
    assert shares[drawn] == pytest.approx([0.2, 0.15, 0.4, 0.1, 0.15], abs=0.025)
    assert np.all(state.s[COL.arrived, ~is_arrival(state.s[COL.id])] < 0)


def test_nothing_is_booked_when_nothing_costs() -> None:
    prices = (
        "hotel_night dispersal_night subsistence_week hotel_subsistence_week decision_case appeal_case review_case "
        "casework_year visit travel_person enforcement_attempt enforcement_success detention_day"
    )
    people = busy_caseload(**{f"world__{name}": 0.0 for name in prices.split()}, durations__past_offer=0.0)
    policy = busy_policy(
        offer__amount_per_person=0.0, standing__amount_per_person=0.0, reintegration__per_household=0.0
    )
    run = prepare(policy, people, LIVELY, weeks=60).run(1)
    assert not run.state.history[:, LEDGER_AT:].any()
    assert run.state.history[:, FLOWS_AT:LEDGER_AT].any()
