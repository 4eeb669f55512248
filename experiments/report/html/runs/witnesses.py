"""The runs of a comparison once more, to see what it does not keep: rates by group, who followed whom, no inflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abm.arrays.state import STOCKS_AT
from abm.household.stages import COL, Stage, went_home
from abm.model import Run
from abm.numerics.calendar import happened
from experiments.question.case import Case
from experiments.report.html.parts import Subject

Array = NDArray[np.float64]

#: Weeks after a departure in which another one counts as following it.
SOON = 8
#: What households are told apart by.
GROUPINGS = ("origin", "size", "housing")
#: Groups of fewer simulated households than this are told together.
LEAST = 10
#: What peers do, switched off step by step.
WORLDS: dict[str, dict[str, Any]] = {
    "as fitted": {},
    "without the weight of peers who left": {"behaviour.norm": 0.0},
    "and without attention when one leaves": {"behaviour.norm": 0.0, "behaviour.alert_departure": 0.0},
}
#: Stages that wait for a departure.
WAITING = (Stage.EXHAUSTED, Stage.BOOKED)
#: Stages of the procedure, by the queue in which they wait.
QUEUES = {
    "households whose claim has failed": WAITING,
    "awaiting a first decision": (Stage.AWAITING,),
    "refused, appeal possible or pending": (Stage.REFUSED,),
}


def first_members(case: Case, replicates: int) -> Case:
    """The case with the behaviours of its first replicates alone: replicate r has the one that it has in the whole."""
    return replace(case, members=case.members[:replicates]) if replicates < len(case.members) else case


# ---- who leaves -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """A group of households: how many are ever at risk (simulated, a run), and what share of them leaves in a year."""

    by: str
    name: str
    households: float
    rate: float


def groups(subject: Subject, replicates: int) -> list[list[Group]]:
    """Rates by group of each policy: over all runs together, small groups pooled, the largest first."""
    q = subject.question
    cases = [first_members(case, replicates) for case in q.cases]
    jobs = [(case, replicate) for case in cases for replicate in range(replicates)]

    def work(job: tuple[Case, int]) -> dict[str, pd.DataFrame]:
        case, replicate = job
        run = case.prepared(replicate).run(q.seed + replicate)
        return {by: run.by(by) for by in GROUPINGS}

    tables = subject.each(jobs, work)
    return [
        [
            group
            for by in GROUPINGS
            for group in _pooled(by, [found[by] for found in tables[k * replicates : (k + 1) * replicates]])
        ]
        for k in range(len(cases))
    ]


def _pooled(by: str, tables: list[pd.DataFrame]) -> list[Group]:
    joined = pd.concat(tables)
    joined["leavers"] = joined["households"] * joined["return_rate"]
    sums = joined.groupby(joined.index)[["households", "leavers"]].sum(min_count=1) / len(tables)
    small = sums["households"] < LEAST
    found = [Group(by, str(name), row["households"], row["leavers"] / row["households"])
             for name, row in sums[~small].sort_values("households", ascending=False).iterrows()]  # fmt: skip
    if by == "size":
        found.sort(key=lambda group: int(group.name))
    if small.any():
        rest = sums[small].sum()
        found.append(Group(by, f"others, {int(small.sum())} groups", rest["households"],
                           rest["leavers"] / rest["households"]))  # fmt: skip
    return [group for group in found if group.households > 0 and np.isfinite(group.rate)]


# ---- who follows whom -------------------------------------------------------------------------------


def share_following(run: Run, weeks: int = SOON) -> float:
    """Share of departures by choice that come at most so many weeks after one of a tie; NaN without departures.

    The tie left by choice in an earlier week.
    """
    s, state = run.state.s, run.state
    left, ties = s[COL.left_at], np.diff(state.tie_start)
    home = np.array([went_home(float(stage)) for stage in Stage])
    by_choice = happened(left) & home[s[COL.route].astype(int)]
    one = np.repeat(np.arange(len(left)), ties)
    other = state.ties[: len(one)]
    gap = left[one] - left[other]
    follows = by_choice[one] & by_choice[other] & (gap > 0) & (gap <= weeks)
    count = int(by_choice.sum())
    return len(np.unique(one[follows])) / count if count else float("nan")


def following(subject: Subject, replicates: int) -> dict[str, Array]:
    """Share of departures that follow a tie's by what peers do, shape (policies, replicates)."""
    return {world: _each_run(subject, replicates, settings, share_following) for world, settings in WORLDS.items()}


def _each_run(subject: Subject, replicates: int, settings: Mapping[str, Any], told: Any) -> Any:
    """Something of every run with some settings changed, shape (policies, replicates, …)."""
    q = subject.question
    cases = [first_members(case, replicates).with_settings(settings) for case in q.cases]
    jobs = [(case, replicate) for case in cases for replicate in range(replicates)]
    found = subject.each(jobs, lambda job: told(job[0].prepared(job[1]).run(q.seed + job[1])))
    return np.array(found).reshape(len(cases), replicates, *np.shape(found[0]))


# ---- stocks without inflow --------------------------------------------------------------------------


def stocks_without_inflow(subject: Subject, replicates: int) -> Array:
    """Households of the caseload by queue and week when nobody comes, shape (policies, replicates, queues, weeks)."""
    nobody: dict[str, Any] = {"caseload.inflow_per_week": 0.0}
    return np.asarray(
        _each_run(subject, replicates, nobody, lambda run: queues(run.state.history, run.prepared.weight))
    )


def queues(history: NDArray[np.int64], weight: float) -> Array:
    """Households waiting, by queue and week, from a run's history, shape (…, queues, weeks)."""
    found = [sum(history[..., STOCKS_AT + stage] for stage in stages) for stages in QUEUES.values()]
    return np.stack([np.asarray(stock, dtype=np.float64) * weight for stock in found], axis=-2)
