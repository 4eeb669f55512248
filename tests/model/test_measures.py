"""Outcomes: each by its definition, with its denominator, computed a second time from the table of households."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, QUIET, STANDING, STILL, busy, busy_caseload, busy_policy, caseload, flow

from abm import COMPARED, MEASURES, InputError, Run, prepare
from abm.household.stages import ACCOUNT, COL, STAGE
from abm.numerics.calendar import WEEKS_PER_YEAR


@pytest.fixture(scope="module")
def run() -> Run:
    return prepare(busy_policy(), busy_caseload(households=800), LIVELY, weeks=156, households=400).run(2)


def test_every_measure_says_what_it_is(run: Run) -> None:
    assert list(run.measures) == list(MEASURES)
    for measure in (*MEASURES.values(), *COMPARED.values()):
        assert measure.unit
        assert len(measure.definition) > 15
        assert measure.group in ("firm", "fair", "compassionate", "public money")
    wanted = (
        "assisted_return_rate_12m return_rate_12m return_rate_60m caseload_end median_weeks_to_departure "
        "absconded_share "
        "removed_share reentry_share cost_npv cost_per_departure child_years_in_limbo unsafe_returns induced_arrivals"
    )
    assert set(wanted.split()) <= set(MEASURES)
    assert {"net_saving_npv", "cost_per_additional_return"} <= set(COMPARED)


@pytest.mark.parametrize(
    ("measure", "window", "routes"),
    [
        ("assisted_return_rate_12m", 52, (STAGE.RETURNED_ASSISTED,)),
        ("return_rate_12m", 52, (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.REMOVED)),
        ("return_rate_24m", 104, (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.REMOVED)),
    ],
)
def test_return_rates_are_the_cumulative_incidence_of_those_at_risk(
    run: Run, measure: str, window: int, routes: tuple[float, ...]
) -> None:
    """By hand, week by week: who is still seen, and who of them leaves by these routes and by any."""
    s = run.state.s
    risk = s[COL.risk_from] >= 0
    gone = risk & (s[COL.left_at] >= s[COL.risk_from])
    seen_for = np.where(gone, s[COL.left_at] - s[COL.risk_from], 155 - s[COL.risk_from])
    rate, staying = 0.0, 1.0
    for week in range(window):
        seen = np.sum(risk & (seen_for >= week))
        leaves = gone & (seen_for == week)
        rate += staying * np.sum(leaves & np.isin(s[COL.route], routes)) / seen
        staying *= 1.0 - np.sum(leaves) / seen
    assert rate > 0.0
    assert run.measures[measure] == pytest.approx(rate, rel=1e-9)


def test_shares_are_of_those_ever_at_risk(run: Run) -> None:
    s, m = run.state.s, run.measures
    risk = s[COL.risk_from] >= 0
    assert m["at_risk"] == risk.sum() * 2.0
    assert m["absconded_share"] == np.mean(s[COL.absconded_at, risk] >= 0)
    for name, route in (
        ("removed_share", STAGE.REMOVED),
        ("assisted_share", STAGE.RETURNED_ASSISTED),
        ("unassisted_share", STAGE.RETURNED_UNASSISTED),
    ):
        assert m[name] == np.mean((s[COL.route, risk] == route) & (s[COL.left_at, risk] >= s[COL.risk_from, risk]))
    own = s[COL.account] != ACCOUNT.INDUCED
    returned = own & np.isin(s[COL.route], (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED))
    assert m["reentry_share"] == np.mean(s[COL.reentries, returned] > 0)
    left = own & (s[COL.left_at] >= 0)
    assert m["unsafe_share"] == np.mean(s[COL.left_unsafe, left])


def test_totals_stand_for_the_caseload(run: Run) -> None:
    s, m, weight = run.state.s, run.measures, 2.0
    assert run.prepared.weight == weight
    own = s[COL.account] != ACCOUNT.INDUCED
    assert m["departures"] == weight * np.sum(own & (s[COL.left_at] >= 0))
    assert m["departed_persons"] == weight * (s[COL.adults] + s[COL.children])[own & (s[COL.left_at] >= 0)].sum()
    assert m["assisted_departures"] == weight * np.sum(own & (s[COL.route] == STAGE.RETURNED_ASSISTED))
    assert m["removals"] == weight * np.sum(own & (s[COL.route] == STAGE.REMOVED))
    assert m["caseload_end"] == weight * np.sum((s[COL.stage] == STAGE.EXHAUSTED) | (s[COL.stage] == STAGE.BOOKED))
    assert m["arrivals"] == weight * flow(run, "arrivals").sum()
    assert m["induced_arrivals"] == weight * flow(run, "induced_arrivals").sum()
    assert m["children_removed"] == weight * flow(run, "removed_children").sum()
    assert m["unsafe_returns"] == weight * flow(run, "unsafe_persons").sum()
    assert m["child_years_in_limbo"] == pytest.approx(weight * flow(run, "children_in_limbo").sum() / WEEKS_PER_YEAR)
    assert m["destitution_weeks"] == weight * flow(run, "unsupported_persons").sum()


def test_child_years_and_destitution_are_sums_over_weeks_of_the_table() -> None:
    prepared = busy(weeks=52)
    state = prepared.begin(3)
    children, destitute = 0.0, 0.0
    for week in range(52):
        prepared.advance(3, state, week, week + 1)
        s = state.s
        limbo = (s[COL.stage] >= STAGE.AWAITING) & (s[COL.stage] <= STAGE.BOOKED)
        children += s[COL.children, limbo].sum()
        failed = (s[COL.stage] == STAGE.EXHAUSTED) | (s[COL.stage] == STAGE.BOOKED)
        without = (s[COL.stage] == STAGE.ABSCONDED) | (failed & (s[COL.withdrawn] == 1))
        destitute += (s[COL.adults] + s[COL.children])[without].sum()
    m = prepared.run(3).measures
    assert m["child_years_in_limbo"] == pytest.approx(children / WEEKS_PER_YEAR)
    assert m["destitution_weeks"] == destitute


def test_spending_on_departures_is_shared_among_departures(run: Run) -> None:
    weekly = 1.035 ** -(np.arange(156) / WEEKS_PER_YEAR)
    lines = ("offer", "travel", "reintegration", "advice", "enforcement", "detention")
    spent = sum(float(run.series[f"cost_{name}"] @ weekly) for name in lines)
    left = (run.state.s[COL.left_at] >= 0) & (
        run.state.s[COL.account] != ACCOUNT.INDUCED
    )  # induced arrivals have an account of their own
    assert run.measures["cost_per_departure"] == pytest.approx(spent / np.sum(left))


def test_the_median_of_constant_hazards_is_that_of_the_formula() -> None:
    b = ATTENTIVE.with_values({"assisted": -3.0})
    run = prepare(STANDING, caseload(households=4_000), b, weeks=104).run(1)
    hazard = math.exp(-3) / (1 + math.exp(-3))
    assert run.measures["median_weeks_to_departure"] == pytest.approx(math.log(0.5) / math.log(1 - hazard), abs=1.5)


# ---- what does not exist ---------------------------------------------------------------------------------


def test_a_rate_whose_window_is_longer_than_the_run_does_not_exist() -> None:
    m = prepare(STANDING, caseload(households=50), QUIET, weeks=51).run(1).measures
    assert all(
        math.isnan(m[name])
        for name in ("return_rate_12m", "return_rate_24m", "return_rate_60m", "assisted_return_rate_12m")
    )
    m = prepare(STANDING, caseload(households=50), QUIET, weeks=52).run(1).measures
    assert m["return_rate_12m"] == 0.0
    assert math.isnan(m["return_rate_24m"])


def test_shares_of_nobody_do_not_exist() -> None:
    people = caseload(households=50, stages__protected=1.0, stages__exhausted=0.0)
    m = prepare(STILL, people, QUIET, weeks=60).run(1).measures
    for name in (
        "return_rate_12m",
        "absconded_share",
        "removed_share",
        "reentry_share",
        "cost_per_departure",
        "unsafe_share",
    ):
        assert math.isnan(m[name])
    assert m["departures"] == m["at_risk"] == 0.0


def test_who_leaves_before_the_claim_has_failed_is_not_a_return_of_those_at_risk() -> None:
    """It left while awaiting a decision, came back, and was refused then: the window starts with that refusal."""
    b = QUIET.with_values({"consider": 0.2, "unassisted": -1.0})
    people = caseload(
        households=600, stages__awaiting=1.0, stages__exhausted=0.0, world__remigration_per_year=20.0,
        procedure__decisions_per_week=15.0, procedure__grant_rate=0.0, procedure__appeal_share=0.0,
    )  # fmt: skip
    run = prepare(STILL, people, b, weeks=104).run(1)
    s = run.state.s
    followed = (s[COL.risk_from] >= 0) & (s[COL.risk_from] + 52 <= 104)
    early = followed & (s[COL.left_at] >= 0) & (s[COL.left_at] < s[COL.risk_from])
    assert early.sum() > 0
    assert np.sum(followed & (s[COL.reentries] > 0)) > 20
    within = followed & (s[COL.left_at] >= s[COL.risk_from]) & (s[COL.left_at] < s[COL.risk_from] + 52)
    told = run.measures["return_rate_12m"]
    assert told == pytest.approx(within.sum() / followed.sum(), abs=0.03), f"{early.sum()} left before"
    assert told < (within | early).sum() / followed.sum()


@pytest.mark.parametrize(("settings", "field"), [
    ({"weeks": 0}, "weeks"), ({"weeks": -1}, "weeks"), ({"weeks": 1.5}, "weeks"), ({"weeks": True}, "weeks"),
    ({"weeks": 5_201}, "weeks"), ({"households": 0}, "households"), ({"households": 10_000_001}, "households"),
])  # fmt: skip
def test_a_run_of_no_weeks_or_no_households_is_refused(settings: dict[str, int], field: str) -> None:
    with pytest.raises(InputError) as refused:
        prepare(STILL, caseload(), QUIET, **settings)
    assert refused.value.field == field


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "1", True, None])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(InputError):
        prepare(STILL, caseload(households=5), QUIET, weeks=2).run(seed)  # type: ignore[arg-type]


def test_rates_by_group_add_up_to_the_whole(run: Run) -> None:
    for group in ("origin", "size", "family", "housing"):
        table = run.by(group, 12)
        assert table["households"].sum() * run.prepared.weight == run.measures["at_risk"]
        whole = (table["households"] * table["return_rate"]).sum() / table["households"].sum()
        assert whole == pytest.approx(run.measures["return_rate_12m"], abs=0.01)  # censored alike, but for chance
    with pytest.raises(InputError):
        run.by("colour")


def test_the_table_of_households_reads_like_one(run: Run) -> None:
    table = run.households
    assert len(table) == run.state.s.shape[1]
    assert set(table["route"].dropna()) <= {"RETURNED_ASSISTED", "RETURNED_UNASSISTED", "REMOVED"}
    assert (table["size"] == table["adults"] + table["children"]).all()
    assert table["left_at"].notna().sum() == np.sum(run.state.s[COL.left_at] >= 0)
    assert table["received"].sum() == pytest.approx(run.state.s[COL.received].sum() / 100.0)
    assert (table["received"] > 0).sum() > 10
