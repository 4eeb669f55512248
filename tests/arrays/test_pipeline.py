"""The procedure takes time: its backlog in week 0 is what inflow and durations make it, and goes on from there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import QUIET, STILL, busy_caseload, busy_policy, caseload, column, flow

from abm import Run, load_caseload, prepare
from abm.arrays.arrivals import is_arrival
from abm.household.stages import COL, STAGE, Stage
from abm.inputs.parameters import InputError

#: Ten claims a week, half granted; 40 weeks to a decision, 50 to one on appeal, and offices that keep up.
STEADY: dict[str, Any] = {
    "households": 300, "inflow_per_week": 10.0, "procedure__decision_weeks": 40.0, "procedure__appeal_weeks": 50.0,
    "procedure__decisions_per_week": 200.0, "procedure__appeals_per_week": 200.0, "procedure__grant_rate": 0.5,
    "procedure__appeal_share": 0.75, "procedure__appeal_allowed": 0.4,
}  # fmt: skip


def steady(weeks: int = 200, **changes: Any) -> Run:
    return prepare(STILL, caseload(**{**STEADY, **changes}), QUIET, weeks=weeks).run(1)


def stock(run: Run, stage: Stage) -> np.ndarray:
    return run.state.history[:, int(stage)]


def test_the_backlog_is_inflow_times_duration_from_the_start_and_stays_so() -> None:
    """Little's law: 10 a week × 40 weeks await; 10 × 0.5 × (0.75 × 50 + 0.25 × 2) are refused with an appeal open."""
    run = steady()
    for stage, expected in ((Stage.AWAITING, 400.0), (Stage.REFUSED, 190.0)):
        seen = stock(run, stage)
        assert seen[:4].mean() == pytest.approx(expected, rel=0.12)
        assert seen.mean() == pytest.approx(expected, rel=0.06)
        halves = seen[:100].mean(), seen[100:].mean()
        assert halves[0] == pytest.approx(halves[1], rel=0.08)


def test_nobody_is_decided_sooner_than_a_decision_takes() -> None:
    state = prepare(STILL, caseload(**STEADY), QUIET, weeks=3).begin(1)
    s = state.s[:, state.s[COL.stage] == STAGE.AWAITING]
    assert np.all((s[COL.since] >= -40.0) & (s[COL.since] < 0.0))
    assert np.all(is_arrival(s[COL.id]))
    run = steady(weeks=60)
    claims = column(run, COL.arrived)
    decided = (column(run, COL.stage) != STAGE.AWAITING) & (column(run, COL.stage) != STAGE.ABSENT)
    assert np.all(claims[decided & (claims >= 0)] <= 59 - 40)


def test_flows_do_not_notice_where_the_run_begins() -> None:
    run = steady()
    for name in ("granted", "refused", "exhausted"):
        first, later = flow(run, name)[:60].mean(), flow(run, name)[60:].mean()
        assert first == pytest.approx(later, rel=0.15), name


@pytest.mark.parametrize(("lever", "stage"), [("decision_speed", Stage.AWAITING), ("appeal_speed", Stage.REFUSED)])
def test_twice_the_speed_is_half_the_wait(lever: str, stage: Stage) -> None:
    fast = STILL.with_values({f"procedure.{lever}": 2.0})
    run = prepare(fast, caseload(**STEADY), QUIET, weeks=200).run(1)
    assert stock(run, stage)[120:].mean() == pytest.approx(0.5 * stock(steady(), stage)[120:].mean(), rel=0.1)


def test_the_line_is_the_same_people_under_every_policy() -> None:
    people = busy_caseload(stages__awaiting=0.0, stages__refused=0.0, stages__exhausted=0.75)
    one, other = (
        prepare(policy, people, QUIET, weeks=5).begin(3).s
        for policy in (STILL, busy_policy(procedure__decision_speed=3.0, entry__family_reunion_age=24.0))
    )
    lines = [s[:, (s[COL.arrived] < 0) & is_arrival(s[COL.id])] for s in (one, other)]
    assert lines[0].shape[1] > 0
    for row in (COL.id, COL.stage, COL.since, COL.arrived, COL.adults, COL.children):
        assert np.array_equal(lines[0][row], lines[1][row])


def test_a_stock_that_is_in_the_procedure_itself_has_no_other_line() -> None:
    people = caseload(**{**STEADY, "stages__awaiting": 0.3, "stages__exhausted": 0.7})
    s = prepare(STILL, people, QUIET, weeks=3).begin(1).s
    assert not np.any(is_arrival(s[COL.id]) & (s[COL.arrived] < 0))


def test_a_policy_that_keeps_people_away_changes_nobody_elses_ties() -> None:
    people = caseload(households=200, inflow_per_week=5.0, network__mean_ties=6.0, world__reunion_share=0.03)
    runs = [
        prepare(STILL.with_values({"entry.family_reunion_age": age}), people, QUIET, weeks=80) for age in (18.0, 24.0)
    ]
    usual, fewer = (prepared.begin(1) for prepared in runs)
    assert np.array_equal(usual.s[COL.id], fewer.s[COL.id])
    assert np.array_equal(usual.ties, fewer.ties)
    assert np.array_equal(usual.tie_start, fewer.tie_start)
    arrivals = [flow(prepared.run(1), "arrivals").sum() for prepared in runs]
    assert arrivals[1] < 0.9 * arrivals[0]


# ---- inflow by year -------------------------------------------------------------------------------------


def test_inflow_follows_the_years() -> None:
    people = caseload(households=10).model_copy(
        update={"date": "2005-01-03", "inflow": {"2005": 20.0, "2006": 5.0}, "inflow_stage": "exhausted"}
    )
    arrivals = flow(prepare(STILL, people, QUIET, weeks=156).run(1), "arrivals")
    assert arrivals[:52].mean() == pytest.approx(20.0, rel=0.12)
    assert arrivals[52:104].mean() == pytest.approx(5.0, rel=0.25)
    assert arrivals[104:].mean() == pytest.approx(5.0, rel=0.25)  # the nearest year


def test_inflow_by_year_needs_a_date() -> None:
    people = caseload(households=10).model_copy(update={"inflow": {"2005": 20.0}})
    with pytest.raises(InputError, match="the inflow is given by year"):
        prepare(STILL, people, QUIET)


def test_a_caseload_with_a_line_names_what_a_claim_takes() -> None:
    people = load_caseload("uk-families-2026")
    assert people.procedure.decisions_per_week >= people.inflow_per_week
