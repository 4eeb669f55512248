"""A frontier as rows of plain values: what its files, ``--json`` and tables read."""

from __future__ import annotations

from typing import Any

from abm.inputs.parameters import read
from experiments.search.frontier import Frontier, Standing
from experiments.search.goals import ROBUST, differences, figure, told_apart
from experiments.statistics.intervals import spread

Row = dict[str, Any]

#: What a row is of.
ON_FRONTIER, FELL_BACK, NAMED = "on the frontier", "fell back on fresh seeds", "named"


def rows(found: Frontier) -> list[Row]:
    """A row a policy: those found, by the first goal, then those that are shown beside.

    Every figure is of fresh seeds but ``…_search``.  Of a goal: the mean and the mean of the worst tenth, each with its
    90 % interval, and percentiles of the runs, all of the difference from the baseline; of what is told besides,
    the mean difference; of a limit, the figure held against it.
    """
    return [_row(found, one) for one in (*found.found, *found.named)]


def status(found: Frontier, one: Standing) -> str:
    """Whether a policy is on the frontier, was, or is shown beside it."""
    return NAMED if one in found.named else ON_FRONTIER if one.stands else FELL_BACK


def file_of(one: Standing) -> str:
    """The policy file of a policy that was found."""
    return f"policies/{one.label}.toml" if one.settings is not None else ""


def beaten_by(found: Frontier, one: Standing) -> list[str]:
    """Policies that are at least as good in every goal, and better in one beyond the noise (90 %), limits kept.

    Of those on the frontier and those shown beside it: one that is shown may have levers that were not searched.
    """
    others = (*found.standing, *found.named)
    return [other.label for other in others if other is not one and other.allowed and _beats(found, other, one)]


def _beats(found: Frontier, other: Standing, one: Standing) -> bool:
    sought, vectors = found.sought, found.sought.vectors(found.sought.final_runs)
    ahead = [
        (theirs - ours) * (1 if goal.maximise else -1)
        for goal, ours, theirs in zip(sought.goals, one.values, other.values, strict=True)
    ]
    return min(ahead) >= 0 and any(
        by > 0
        and told_apart(
            goal.values(one.runs, found.base), goal.values(other.runs, found.base), vectors, sought.robust,
            worst_is_low=goal.maximise,
        )
        for goal, by in zip(sought.goals, ahead, strict=True)
    )  # fmt: skip


def trial_rows(found: Frontier) -> list[Row]:
    """A row a policy tried, in the order of the search, with the figures that led it."""
    sought = found.sought
    return [
        {
            "trial": trial.number, "generation": trial.generation + 1, **trial.settings,
            **{goal.name: value for goal, value in zip(sought.goals, trial.scored.values, strict=True)},
            **{f"over {limit}": over for limit, over in zip(sought.limits, trial.scored.excess, strict=True)},
            "keeps_limits": trial.scored.allowed,
        }
        for trial in found.trials
    ]  # fmt: skip


def summary(found: Frontier) -> Row:
    """What is said of the search as a whole."""
    sought = found.sought
    return {
        "goals": [
            {"measure": goal.name, "direction": "max" if goal.maximise else "min", "unit": goal.measure.unit,
             "search_better_than_fresh_seeds_by": luck}
            for goal, luck in zip(sought.goals, found.luck, strict=True)
        ],
        "limits": [str(limit) for limit in sought.limits], "robust": ROBUST[sought.robust],
        "tried": len(found.trials), "different": len({tuple(t.settings.values()) for t in found.trials}),
        "generations": found.trials[-1].generation + 1, "left_by_the_search": found.left,
        "run_again": len(found.found), "alike_to_the_last_bit": found.twins, "on_the_frontier": len(found.standing),
        "last_generation_with_one_of_them": found.last_found,
        "replicates": sought.replicates, "final_replicates": sought.final, "uncertainty": sought.question.uncertainty,
    }  # fmt: skip


def _row(found: Frontier, one: Standing) -> Row:
    sought, vectors = found.sought, found.sought.vectors(found.sought.final_runs)
    row: Row = {"policy": one.label, "status": status(found, one)}
    for lever in sought.levers:
        for path in lever.paths:
            row[path] = read(one.case.policy, path)
    for k, goal in enumerate(sought.goals):
        values, name = goal.values(one.runs, found.base), goal.name
        told = spread(values, vectors)
        tenth = figure(values, vectors, "worst-decile", worst_is_low=goal.maximise)
        row |= {
            f"{name}_mean": told.mean, f"{name}_mean_low": told.mean_low, f"{name}_mean_high": told.mean_high,
            f"{name}_worst_tenth": tenth.value, f"{name}_worst_tenth_low": tenth.low,
            f"{name}_worst_tenth_high": tenth.high,
            f"{name}_run_p05": told.run_p05, f"{name}_run_p95": told.run_p95,
            f"{name}_search": None if one.searched is None else one.searched[k],
        }  # fmt: skip
    for name in sought.told:
        told = spread(differences(name, one.runs, found.base), vectors)
        row |= {f"{name}_mean": told.mean, f"{name}_mean_low": told.mean_low, f"{name}_mean_high": told.mean_high}
    row |= {str(limit): value for limit, value in zip(sought.limits, one.limits, strict=True)}
    return row | {
        "keeps_limits": one.allowed, "not_told_apart_from": " ".join(one.alike),
        "beaten_by": " ".join(beaten_by(found, one)), "file": file_of(one),
    }  # fmt: skip
