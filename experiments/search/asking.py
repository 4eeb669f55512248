"""What a search for policies asks: which levers, for which goals, under which limits, and beside which named policies.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError, read
from abm.inputs.policy import Policy
from abm.model import checked_seed
from experiments.question.case import Case, Uncertainty
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, DEFAULT_VARIANTS, SEED, WEEKS
from experiments.question.question import Question, ask
from experiments.search.defaults import FINAL_REPLICATES, GENERATION, REPLICATES, TRIALS
from experiments.search.goals import (
    LEAST_FOR_A_TENTH,
    ROBUST,
    Goal,
    Limit,
    Robust,
    measure_of,
    parse_goal,
    parse_limit,
)
from experiments.search.levers import Lever, parse_lever

#: What is searched unless levers are named, of a variant that makes the offer that is called `offer`.
USUAL_LEVERS = (
    "offer.amount_per_person=0:20000:500",
    "offer.end_week,offer.acceptance_window_weeks=1:52",
    "offer.early_bonus=0:1:0.1",
    "offer.early_weeks=0:12",
)
USUAL_GOALS = ("net_saving_npv", "departures")
#: Measures that are told of every policy, whatever the goals.
TOLD = ("net_saving_npv", "departures", "child_years_in_limbo")

MOST_TRIALS = 100_000
#: Combinations of ends that are tried together before the first run.
CORNERS = 64


@dataclass(frozen=True)
class Sought:
    """A search, loaded and checked.

    Attributes
    ----------
    question
        The cases: the baseline, the variant whose levers are moved, then those that are shown beside; its members,
        its seed and its settings.
    told
        Measures that are told of every policy besides the goals.
    trials, generation
        Policies tried, and how many of them together.
    replicates, final
        Runs of each in the search (replicates 0, 1, …), and of each that stands in the end (those that follow).
    """

    question: Question
    levers: tuple[Lever, ...]
    goals: tuple[Goal, ...]
    limits: tuple[Limit, ...]
    told: tuple[str, ...]
    robust: Robust
    trials: int
    generation: int
    replicates: int
    final: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        least = LEAST_FOR_A_TENTH if self.robust == "worst-decile" else 2
        for name, value, at_least in (
            ("--trials", self.trials, 1), ("--generation", self.generation, 4),
            ("--replicates", self.replicates, least), ("--final-replicates", self.final, least),
        ):  # fmt: skip
            if not at_least <= value <= MOST_TRIALS:
                raise InputError(name, value, f"a whole number from {at_least} to {MOST_TRIALS:,}")

    @property
    def baseline(self) -> Case:
        """What every policy is compared with."""
        return self.question.baseline

    @property
    def variant(self) -> Case:
        """The policy whose levers are moved."""
        return self.question.cases[1]

    @property
    def named(self) -> dict[str, Case]:
        """The policies that are shown beside what is found, by label: the variant first."""
        return dict(zip(self.question.labels[1:], self.question.cases[1:], strict=True))

    @property
    def maximise(self) -> tuple[bool, ...]:
        """Whether more is better, one a goal."""
        return tuple(goal.maximise for goal in self.goals)

    @property
    def search_runs(self) -> range:
        """Replicates in the search."""
        return range(self.replicates)

    @property
    def final_runs(self) -> range:
        """Replicates on fresh seeds, with the draws of the posterior that come next."""
        return range(self.replicates, self.replicates + self.final)

    def vectors(self, replicates: range) -> NDArray[np.int64]:
        """Which parameter vector each replicate has."""
        return np.asarray(replicates) % len(self.variant.members)

    @property
    def own(self) -> dict[str, Any]:
        """The variant's own value of each lever, by its name; None where its paths differ."""
        found = {}
        for lever in self.levers:
            values = [read(self.variant.policy, path) for path in lever.paths]
            found[lever.name] = values[0] if all(value == values[0] for value in values) else None
        return found


def seek(
    variant: str = DEFAULT_VARIANTS[0],
    *,
    levers: Sequence[str] = (),
    goals: Sequence[str] = (),
    limits: Sequence[str] = (),
    told: Sequence[str] = (),
    against: str = DEFAULT_BASELINE,
    show: Sequence[str] | None = None,
    caseload: str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Sequence[str] = (),
    uncertainty: Uncertainty | None = None,
    robust: Robust = "mean",
    trials: int = TRIALS,
    generation: int = GENERATION,
    replicates: int = REPLICATES,
    final: int = FINAL_REPLICATES,
) -> Sought:
    """Load and check a search.

    Parameters
    ----------
    levers, goals, limits
        As `parse_lever`, `parse_goal` and `parse_limit` read them; without any, amount, weeks and early bonus of the
        offer, and net saving and additional departures.
    told
        Measures that are told of every policy besides.
    show
        Policies that are shown beside what is found; None: those of the pilot question.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    if robust not in ROBUST:
        raise InputError("--robust", robust, "one of " + ", ".join(ROBUST))
    others = tuple(name for name in (DEFAULT_VARIANTS if show is None else show) if name != variant)
    question = ask(
        (variant, *others), baseline=against, caseload=caseload, weeks=weeks, households=households, seed=seed,
        settings=settings, uncertainty=uncertainty, replicates=replicates, in_brief=True,
    )  # fmt: skip
    checked_seed(checked_seed(seed) + replicates + final)
    sought_goals = tuple(parse_goal(text) for text in goals or USUAL_GOALS)
    names = [goal.name for goal in sought_goals]
    if len(names) < 2 or len(set(names)) < len(names):
        allowed = "at least two different measures: of one alone there is a best policy and no frontier"
        raise InputError("--goal", ", ".join(names), allowed)
    sought = Sought(
        question, _levers(levers, question.cases[1].policy), sought_goals,
        tuple(parse_limit(text) for text in limits),
        tuple(dict.fromkeys(measure_of(name, "--also").id for name in (*TOLD, *told) if name not in names)),
        robust, trials, generation, replicates, final,
    )  # fmt: skip
    for one in _corners(sought.levers):
        sought.variant.with_settings(one, file="a combination of the ends of --lever")
    return sought


def _levers(texts: Sequence[str], policy: Policy) -> tuple[Lever, ...]:
    if not texts and not ("offer" in policy.offer_names and read(policy, "offer.amount_per_person") > 0):
        raise InputError(
            "--lever", "none", f"at least one: {policy.name} does not make the offer that is usually searched"
        )
    levers = tuple(parse_lever(text) for text in texts or USUAL_LEVERS)
    paths = [path for lever in levers for path in lever.paths]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError("--lever", path, "each path once")
    return levers


def _corners(levers: Sequence[Lever]) -> Iterator[Mapping[str, Any]]:
    """Each lever alone at either end, and random combinations of ends, as settings."""
    rng = np.random.default_rng(0)  # what may be searched does not depend on the seed of the runs
    for lever in levers:
        for end in (0, 1):
            yield dict.fromkeys(lever.paths, lever.at_end(end))
    for row in rng.integers(0, 2, size=(CORNERS, len(levers))):
        yield {path: lever.at_end(int(end)) for lever, end in zip(levers, row, strict=True) for path in lever.paths}
