"""From the question to the frontier: search, choose what no other beats, and look at it again on fresh seeds.

What is best of many by noisy figures is partly what was lucky (the winner's curse).  So the policies that the search
leaves are run again with seeds and draws that it has not seen, and only those figures are told.

References
----------
J. E. Smith, R. L. Winkler, "The optimizer's curse" (Management Science 52, 2006, 311–322).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from experiments.question.case import Case
from experiments.search.asking import Sought
from experiments.search.goals import Figure, figure, summed, told_apart, undominated
from experiments.search.kept import Kept
from experiments.search.pareto import Scored, Settings, Trial, search

Array = NDArray[np.float64]

#: Policies that are run again at most, spread evenly over what the search left.
MOST_FINAL = 40


@dataclass(frozen=True)
class Standing:
    """A policy on fresh seeds.

    Attributes
    ----------
    label
        ``F1``, ``F2`` … for those found, or the name of a policy that is shown beside.
    settings
        What the search set; None for a named policy.
    searched
        Its figures in the search, one a goal; None for a named policy.
    runs
        Its measures, shape (replicates, measures).
    figures
        One a goal: the mean, or the mean of the worst tenth, of the difference from the baseline.
    limits
        The figure of each limit.
    allowed
        Whether it keeps them all.
    stands
        Whether no policy found that keeps them is better on fresh seeds.
    alike
        Labels of other policies of the frontier that cannot be told from it in any goal (90 %).
    """

    label: str
    settings: Settings | None
    case: Case
    searched: tuple[float, ...] | None
    runs: Array
    figures: tuple[Figure, ...]
    limits: tuple[float, ...]
    allowed: bool
    stands: bool = False
    alike: tuple[str, ...] = field(default=())

    @property
    def values(self) -> tuple[float, ...]:
        """Its figures, one a goal."""
        return tuple(one.value for one in self.figures)


@dataclass(frozen=True)
class Frontier:
    """What came out.

    Attributes
    ----------
    trials
        Every policy tried, in order.
    left
        How many different policies the search left: those no other beat.
    base
        Measures of the baseline on the fresh seeds.
    found
        Policies found, on fresh seeds, by the first goal, the best first.
    named
        The policies shown beside.
    twins
        Policies left out, since each of their runs was to the last bit that of another one found.
    new, kept
        Runs that were done, and that had been done before.
    """

    sought: Sought
    trials: tuple[Trial, ...]
    left: int
    base: Array
    found: tuple[Standing, ...]
    named: tuple[Standing, ...]
    twins: int = 0
    new: int = 0
    kept: int = 0

    @property
    def standing(self) -> tuple[Standing, ...]:
        """The frontier: what still stands on fresh seeds."""
        return tuple(one for one in self.found if one.stands)

    @property
    def luck(self) -> tuple[float, ...]:
        """By how much the search's figures were better than those on fresh seeds, on average, one a goal."""
        if not self.found:
            return (0.0,) * len(self.sought.goals)
        was = np.array([one.searched for one in self.found], dtype=np.float64)
        now = np.array([one.values for one in self.found], dtype=np.float64)
        sign = np.where(self.sought.maximise, 1.0, -1.0)
        return tuple(float(x) for x in ((was - now) * sign).mean(axis=0))

    @property
    def at_ends(self) -> dict[str, object]:
        """Levers that the whole frontier has at one end of their range, by name, with the value there."""
        found: dict[str, object] = {}
        for lever in self.sought.levers:
            values = {one.settings[lever.paths[0]] for one in self.standing if one.settings is not None}
            if len(values) == 1 and not lever.values and values <= {lever.at_end(0), lever.at_end(1)}:
                found[lever.name] = values.pop()
        return found

    @property
    def last_found(self) -> int:
        """The generation, counted from 1, in which the youngest policy of the frontier was first tried."""
        first: dict[tuple[object, ...], int] = {}
        for trial in self.trials:
            first.setdefault(tuple(trial.settings.values()), trial.generation)
        return max((first[tuple(one.settings.values())] + 1 for one in self.standing if one.settings), default=0)


def find_frontier(sought: Sought, kept: Kept) -> Frontier:
    """Search, and run what is left again on fresh seeds.

    Raises
    ------
    InputError
        If some runs lack a measure that is asked for, or no policy keeps the limits.
    KeyboardInterrupt
        On Ctrl-C; the runs that were done are kept.
    """
    generations = -(-sought.trials // sought.generation)
    searched = sought.replicates * (1 + generations * sought.generation)
    kept.expected = searched + sought.final * (1 + MOST_FINAL + len(sought.named))
    kept.progress.start(kept.expected, len(kept.done), f"{kept.workers} threads")
    try:
        (base,) = kept.runs([sought.baseline], sought.search_runs)
        trials = search(
            sought.levers, sought.maximise, _scorer(sought, kept, base), trials=sought.trials,
            generation=sought.generation, seed=sought.question.seed, first=[sought.own],
        )  # fmt: skip
        chosen, left = choose(sought, trials)
        found = [sought.variant.with_settings(dict(trial.settings)) for trial in chosen]
        kept.expected = min(kept.expected, len(kept.done) + sought.final * (1 + len(found) + len(sought.named)))
        every = kept.runs([sought.baseline, *found, *sought.named.values()], sought.final_runs)
    finally:
        kept.progress.end()
    base, ours, theirs = every[0], every[1 : 1 + len(found)], every[1 + len(found) :]
    different: dict[bytes, tuple[Trial, Case, Array]] = {}
    for trial, case, runs in zip(chosen, found, ours, strict=True):
        different.setdefault(runs.tobytes(), (trial, case, runs))
    judged = [
        judge(sought, f"F{k}", trial.settings, case, trial.scored.values, runs, base)
        for k, (trial, case, runs) in enumerate(different.values(), 1)
    ]
    named = [
        judge(sought, label, None, case, None, runs, base)
        for (label, case), runs in zip(sought.named.items(), theirs, strict=True)
    ]
    return Frontier(
        sought, tuple(trials), left, base, tuple(settle(sought, judged, base)), tuple(named),
        len(chosen) - len(judged), kept.new, kept.found,
    )  # fmt: skip


def _scorer(sought: Sought, kept: Kept, base: Array) -> Callable[[Sequence[Settings]], list[Scored]]:
    """The figures of a generation of settings."""
    vectors = sought.vectors(sought.search_runs)

    def score(settings: Sequence[Settings]) -> list[Scored]:
        cases = [sought.variant.with_settings(dict(one), file="a policy of the search") for one in settings]
        return [
            Scored(
                tuple(
                    summed(
                        _whole(goal.name, goal.values(runs, base)), vectors, sought.robust, worst_is_low=goal.maximise
                    )
                    for goal in sought.goals
                ),
                tuple(
                    limit.excess(value)
                    for limit, value in zip(sought.limits, limit_figures(sought, runs, base, vectors), strict=True)
                ),
            )
            for runs in kept.runs(cases, sought.search_runs)
        ]

    return score


def limit_figures(sought: Sought, runs: Array, base: Array, vectors: NDArray[np.int64]) -> tuple[float, ...]:
    """The figure of each limit: a mean, or the mean of the worst tenth (the largest, where there is a most)."""
    return tuple(
        summed(
            _whole(limit.measure.id, limit.values(runs, base)), vectors, sought.robust, worst_is_low=not limit.most
        )
        for limit in sought.limits
    )  # fmt: skip


def _whole(name: str, values: Array) -> Array:
    missing = int(np.isnan(values).sum())
    if missing:
        raise InputError(
            "--goal", name,
            f"a measure that every run has: {missing} of {len(values)} runs of a policy have none;"
            " another measure, more weeks or households",
        )  # fmt: skip
    return values


def choose(sought: Sought, trials: Sequence[Trial]) -> tuple[list[Trial], int]:
    """The different policies that keep the limits and that no other beats, and how many there were before thinning.

    Raises
    ------
    InputError
        If no policy keeps the limits.
    """
    different = {tuple(trial.settings.items()): trial for trial in reversed(trials)}
    allowed = [trial for trial in reversed(different.values()) if trial.scored.allowed]
    if not allowed:
        least = min((max(trial.scored.excess) for trial in trials), default=0.0)
        near = f"the nearest of {len(different):,} tried is beyond by {least:.0%} of the bound"
        raise InputError("--limit", ", ".join(map(str, sought.limits)), f"limits that some policy keeps: {near}")
    values = np.array([trial.scored.values for trial in allowed])
    best = [trial for trial, stands in zip(allowed, undominated(values, sought.maximise), strict=True) if stands]
    best.sort(key=lambda trial: (-_signed(sought, trial.scored.values)[0], trial.number))
    some = spread_out(np.array([trial.scored.values for trial in best]), MOST_FINAL)
    return [best[k] for k in some], len(best)


def spread_out(values: Array, count: int) -> list[int]:
    """So many rows that lie far apart in all columns: the best of each goal first, then always the farthest; in order.

    References
    ----------
    .. [1] R. W. Kennard, L. A. Stone, "Computer aided design of experiments" (Technometrics 11, 1969, 137–148).
    """
    if len(values) <= count:
        return list(range(len(values)))
    span = np.ptp(values, axis=0)
    shares = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    taken = list(dict.fromkeys([int(shares[:, 0].argmax()), int(shares[:, 0].argmin())]))
    nearest = np.linalg.norm(shares[:, None, :] - shares[None, taken, :], axis=2).min(axis=1)
    while len(taken) < count:
        taken.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(shares - shares[taken[-1]], axis=1))
    return sorted(taken[:count])


def judge(
    sought: Sought, label: str, settings: Settings | None, case: Case, searched: tuple[float, ...] | None,
    runs: Array, base: Array,
) -> Standing:  # fmt: skip
    """A policy by its runs on fresh seeds."""
    vectors = sought.vectors(sought.final_runs)
    figures = tuple(
        figure(_whole(goal.name, goal.values(runs, base)), vectors, sought.robust, worst_is_low=goal.maximise)
        for goal in sought.goals
    )
    limits = limit_figures(sought, runs, base, vectors)
    allowed = all(limit.excess(value) <= 0 for limit, value in zip(sought.limits, limits, strict=True))
    return Standing(label, settings, case, searched, runs, figures, limits, allowed)


def settle(sought: Sought, judged: Sequence[Standing], base: Array) -> list[Standing]:
    """Which policies still stand, by the first goal, and which of those cannot be told apart."""
    allowed = [one for one in judged if one.allowed]
    stands: set[str] = set()
    if allowed:
        flags = undominated(np.array([one.values for one in allowed]), sought.maximise)
        stands = {one.label for one, flag in zip(allowed, flags, strict=True) if flag}
    ordered = sorted(judged, key=lambda one: -_signed(sought, one.values)[0])
    ordered = [replace(one, label=f"F{k}", stands=one.label in stands) for k, one in enumerate(ordered, 1)]
    best = [one for one in ordered if one.stands]
    return [replace(one, alike=_alike(sought, one, best, base)) if one.stands else one for one in ordered]


def _alike(sought: Sought, one: Standing, others: Sequence[Standing], base: Array) -> tuple[str, ...]:
    vectors = sought.vectors(sought.final_runs)
    return tuple(
        other.label
        for other in others
        if other is not one
        and not any(
            told_apart(
                goal.values(one.runs, base), goal.values(other.runs, base), vectors, sought.robust,
                worst_is_low=goal.maximise,
            )
            for goal in sought.goals
        )
    )  # fmt: skip


def _signed(sought: Sought, values: Sequence[float]) -> tuple[float, ...]:
    """Values of which more is better."""
    return tuple(value if more else -value for value, more in zip(values, sought.maximise, strict=True))
