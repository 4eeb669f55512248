"""Small settings in which one mechanism can be seen at a time.

`QUIET` is a behaviour in which nothing happens and nobody differs; tests switch on what they are about.
`busy()` is the opposite: every mechanism at once, with queues that bind and arrivals that come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from abm import Prepared, Run, prepare
from abm.arrays.state import FLOWS_AT, Flow
from abm.arrays.table import Table
from abm.household.stages import COL, TOLD, Column
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.policy import Policy

#: No attention unless given, no way out chosen, no beliefs that move, no tastes.
QUIET = Behaviour(
    origin=0.0,
    consider=0.0, alert_refusal=0.0, alert_offer=0.0, alert_closing=0.0, alert_visit=0.0, alert_departure=0.0,
    alert_removal=0.0, alert_memory=0.0, assisted=-60.0, money=0.0, anticipation=0.0, discounting=0.0,
    discounting_spread=0.0, present_bias=1.0, payment_belief=1.0, in_kind_value=0.0, safety=0.0, home_income=0.0,
    norm=0.0, information=0.0, fear=0.0, host_ties=0.0, school=0.0, hope=0.0, hotel=0.0, lost_support_return=0.0,
    lost_support_irregular=0.0, removal_risk=0.0, removal_risk_irregular=0.0, announcement_trust=0.0, unassisted=-60.0,
    irregular=-60.0, irregular_children=0.0, taste_return=0.0, taste_irregular=0.0, learning_safety=0.0,
    news_noise=0.0, list_trust=0.0, safety_spread=0.0, learning_removal=0.0, visit_trust=0.0,
)  # fmt: skip

#: Everybody attends every week, and nobody's attention needs a reason.
ATTENTIVE = QUIET.with_values({"consider": 1.0})

#: Nobody's claim is regularised, nobody is found, nobody comes back; who accepts an offer leaves at once.
STILL_WORLD = {"world.detection_per_year": 0.0, "world.remigration_per_year": 0.0, "world.processing_weeks": 0.0}
#: Support is worth its cash alone, so that little money pulls many.
CASH = {"world.support_worth": 5_115.0}
#: Every claim fails for good, so that an offer after that is as good as sure.
ALL_REFUSED = {"procedure__grant_rate": 0.0, "procedure__appeal_allowed": 0.0}
STILL = Policy(name="still").with_values({"settlement.regularisation_per_year": 0.0, "support.singles": "continue"})

#: A standing offer open to those whose appeal rights are exhausted.
STANDING = STILL.with_values({"standing.amount_per_person": 3_000.0})


def caseload(origins: dict[str, float] | None = None, **changes: Any) -> Caseload:
    """Exhausted households of one safe origin without ties; `changes` by path, dots written as ``__``."""
    values = {
        "households": 300, "default_sample": 5_000_000, "network.mean_ties": 0.0, "network.abroad": 0.0,
        **STILL_WORLD, **CASH,
        **{path.replace("__", "."): value for path, value in changes.items()},
    }  # fmt: skip
    return Caseload(name="tiny", origins=origins or {"Albania": 1.0}).with_values(values)


def busy_caseload(**changes: Any) -> Caseload:
    """Every stage, every queue, four origins, ties and arrivals."""
    values = {
        "households": 400, "inflow_per_week": 3.0,
        "stages.awaiting": 0.2, "stages.refused": 0.15, "stages.exhausted": 0.4, "stages.protected": 0.15,
        "stages.absconded": 0.1, "composition.family_share": 0.5,
        "procedure.decisions_per_week": 3.0, "procedure.appeals_per_week": 2.0, "procedure.reviews_per_week": 2.0,
        "network.mean_ties": 8.0, "world.detection_per_year": 0.5, "world.remigration_per_year": 0.3,
        "world.safety_path": "regime_change", "world.regime_per_year": 0.5, "world.safety_change": 0.2,
        "world.pull_elasticity": 0.8, "world.pull_reference_offer": 500.0, "world.list_delay_weeks": 4,
        "procedure.decision_weeks": 3.0, "procedure.appeal_weeks": 4.0, "hotel_exit_per_year": 0.2,
        "world.processing_weeks": 3.0, "world.withdrawal": 0.2, "world.onward_per_year": 0.1, "world.unescorted": 0.5,
        "durations.past_offer": 500.0,
        **CASH,
        **{path.replace("__", "."): value for path, value in changes.items()},
    }  # fmt: skip
    shares = {"Albania": 0.3, "India": 0.3, "Pakistan": 0.2, "Afghanistan": 0.2}
    return Caseload(name="busy", origins=shares).with_values(values)


def busy_policy(**changes: Any) -> Policy:
    """Every lever pulled."""
    values = {
        "offer.amount_per_person": 8_000.0, "offer.household_cap": 20_000.0, "offer.start_week": 6,
        "offer.end_week": 90, "offer.acceptance_window_weeks": 20,
        "offer.decline_per_week": 0.02, "offer.paid_at_departure": 0.5,
        "offer.open_refused": True, "offer.safe_origins_only": True, "offer.early_bonus": 0.3, "offer.early_weeks": 4,
        "standing.amount_per_person": 2_000.0, "standing.open_awaiting": True, "standing.open_refused": True,
        "standing.open_absconded": True, "standing.paid_at_departure": 0.0, "reintegration.per_household": 1_500.0,
        "advice.visits_per_1000_week": 20.0, "support.families": "end_on_refusal", "support.singles_weeks": 8,
        "housing.hotel_exit_per_week": 0.02, "enforcement.attempts_per_1000_week": 8.0,
        "enforcement.include_families": True, "enforcement.priority": "longest_first",
        "enforcement.announced_risk": 0.4, "status.review_interval_months": 6, "status.settlement_years": 2.0,
        "settlement.regularisation_per_year": 0.05, "entry.reentry_ban_years": 0.3, "entry.family_reunion_age": 21.0,
        **{path.replace("__", "."): value for path, value in changes.items()},
    }  # fmt: skip
    return Policy(name="busy").with_values(values)


#: Lively: enough happens in a short run that every rule is exercised.
LIVELY = Behaviour(assisted=-4.0, unassisted=-4.5, irregular=-4.0, hotel=0.2, list_trust=0.02, present_bias=0.8)


def busy(weeks: int = 104, households: int | None = None) -> Prepared:
    """A setting in which everything happens at once."""
    return prepare(busy_policy(), busy_caseload(), LIVELY, weeks=weeks, households=households)


def changed(prepared: Prepared, path: str, value: Any) -> Prepared:
    """The same setting with one parameter changed: bare levers, ``behaviour.…``, ``caseload.…`` or ``world.…``."""
    policy, people, behaviour = prepared.policy, prepared.caseload, prepared.behaviour
    if path.startswith("behaviour."):
        behaviour = behaviour.with_values({path.removeprefix("behaviour."): value})
    elif path.startswith(("caseload.", "world.")):
        people = people.with_values({path.removeprefix("caseload."): value})
    else:
        policy = policy.with_values({path: value})
    return prepare(policy, people, behaviour, weeks=prepared.weeks, households=prepared.households)


def weekly_tables(prepared: Prepared, seed: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Week, and the table of households before and after it."""
    state = prepared.begin(seed)
    for week in range(prepared.weeks):
        before = np.array(state.s)
        prepared.advance(seed, state, week, week + 1)
        yield week, before, np.array(state.s)


def column(run: Run, number: int) -> np.ndarray:
    """One column of a run's households, in order of identity."""
    return run.state.s[number][np.argsort(run.state.s[COL.id])]


def by_identity(run: Run) -> np.ndarray:
    """All columns of a run's households, in order of identity, shape (columns, rows)."""
    return run.state.s[:, np.argsort(run.state.s[COL.id])]


def flow(run: Run, name: str) -> np.ndarray:
    """A weekly flow by name."""
    return run.state.history[:, FLOWS_AT + Flow[name]]


def capacities(prepared: Prepared) -> dict[str, float]:
    """Cases a week that each queue can serve, from the inputs."""
    policy, procedure = prepared.policy, prepared.caseload.procedure
    scale, thousands = prepared.households / prepared.caseload.households, prepared.households / 1_000.0
    return {
        "decisions": procedure.decisions_per_week * policy.procedure.decision_speed * scale,
        "appeals": procedure.appeals_per_week * policy.procedure.appeal_speed * scale,
        "reviews": procedure.reviews_per_week * policy.status.review_speed * scale,
        "visits": policy.advice.visits_per_1000_week * thousands,
        "attempts": policy.enforcement.attempts_per_1000_week * thousands,
    }


def made(prepared: Prepared, offer: str) -> int:
    """Row of the table that says when an offer was made."""
    return TOLD + prepared.offers.index(offer)


def served(run: Run) -> dict[str, np.ndarray]:
    """Cases that each queue served, by week."""
    return {
        "decisions": flow(run, "granted") + flow(run, "refused"),
        "appeals": flow(run, "appeals_allowed") + flow(run, "appeals_dismissed"),
        **{name: flow(run, name) for name in ("reviews", "visits", "attempts")},
    }


def differing_columns(one: Table | np.ndarray, other: Table | np.ndarray) -> list[str]:
    """Names of the columns in which two tables of households differ (in any bit)."""
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape
    names = [*(column.name for column in Column), *(f"offer {k} made" for k in range(one.shape[0] - TOLD))]
    return [name for name, a, b in zip(names, one, other, strict=True) if a.tobytes() != b.tobytes()]


def assert_same_run(one: Run, other: Run) -> None:
    """Two runs are the same to the last bit: households, ties, weekly history and outcomes."""
    differing = differing_columns(one.state.s, other.state.s)
    assert differing == [], f"households differ in {differing}"
    assert np.array_equal(one.state.history, other.state.history), "the weekly histories differ"
    assert np.array_equal(one.state.ties, other.state.ties)
    assert one.values.tobytes() == other.values.tobytes()
