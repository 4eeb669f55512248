"""Means, intervals and paired differences of many points at once: the columns of a sweep's summary.

The same numbers, under the same names, as `experiments.compare.paired` gives one policy at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import abm
from experiments.compare.paired import estimated
from experiments.question.study import Study
from experiments.statistics.intervals import PERCENTILES, Array, half_width
from experiments.sweep.pairing import OF_PAIRS, OF_RUNS, RATIOS, of_pairs, outcomes

Starts = NDArray[Any]
#: What is told of a difference, in this order, each after ``difference``.
OF_DIFFERENCES = ("mean_low", "mean_high", "run_p05", "run_p95", "standard_error")
#: Share of the runs whose difference is above zero (of the means over parameter vectors, as `mean`).
ABOVE_ZERO = "difference_above_zero"


class Groups:
    """Runs sorted by cell and replicate, cut into (variant, point) groups.

    Attributes
    ----------
    number
        (variant, point) of each group, as cell // draws.
    """

    def __init__(self, study: Study, cells: NDArray[np.int64], replicates: NDArray[np.int64]) -> None:
        group = cells // len(study.draws)
        self._starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
        self.number = group[self._starts]
        self.runs = np.diff([*self._starts, len(cells)])
        #: Which parameter vector each run has; None where all have the same, and are independent.
        self.vector = study.vector(cells, replicates) if study.vectors > 1 else None
        self.vectors = np.ones(len(self.number), np.int64)
        if self.vector is not None:
            # Runs that share a vector are not independent: a mean is over the vectors' means, and so is its interval.
            self._order = np.lexsort((self.vector, group))
            labels, parts = self.vector[self._order], group[self._order]
            fresh = (labels[1:] != labels[:-1]) | (parts[1:] != parts[:-1])
            self._vector_starts = np.flatnonzero(np.concatenate(([True], fresh)))
            self._independent = np.searchsorted(self._vector_starts, self._starts)
            self.vectors = np.diff([*self._independent, len(self._vector_starts)])

    def means(self, values: Array) -> tuple[NDArray[Any], Array, Array]:
        """Count, mean and standard deviation of what is independent of each other, shape (groups, columns)."""
        if self.vector is None:
            return moments(values, self._starts)
        _, of_vectors, _ = moments(values[self._order], self._vector_starts)
        return moments(of_vectors, self._independent)

    def deviations(self, values: Array) -> Array:
        """Standard deviation of the runs themselves, shape (groups, columns)."""
        return moments(values, self._starts)[2]

    def told(self, values: Array) -> dict[str, Array]:
        """Mean, both intervals, standard error and count of each column, by the names that all tables use."""
        count, mean, deviation = self.means(values)
        half = half_width(count, deviation)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = deviation / np.sqrt(count)
        p05, p95 = self._percentiles(values)
        return {
            "mean": mean, "mean_low": mean - half, "mean_high": mean + half,
            "run_p05": p05, "run_p95": p95, "standard_error": error,
            "defined": np.add.reduceat(~np.isnan(values), self._starts, axis=0, dtype=np.int64),
        }  # fmt: skip

    def _percentiles(self, values: Array) -> Array:
        """5th and 95th percentile of each column over the values that exist, shape (2, groups, columns)."""
        found = np.full((len(PERCENTILES), len(self.number), values.shape[1]), np.nan)
        for length in np.unique(self.runs):  # groups of as many runs together
            groups = np.flatnonzero(self.runs == length)
            held = values[self._starts[groups, None] + np.arange(length)]
            there = ~np.isnan(held)
            found[:, groups] = np.percentile(held, PERCENTILES, axis=1)
            for group, column in np.argwhere(~there.all(axis=1) & there.any(axis=1)):
                known = held[group, there[group, :, column], column]
                found[:, groups[group], column] = np.percentile(known, PERCENTILES)
        return found

    def split(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """The values of each group."""
        return np.split(values, self._starts[1:])


def summed_up(groups: Groups, values: Array, base: Array | None) -> dict[str, NDArray[Any]]:
    """The columns of the summary, each of shape (groups, measures): measures as declared, then those of comparisons.

    Parameters
    ----------
    values, base
        Measures of the runs and, with a baseline, of its runs with the same seeds, shape (runs, measures).
    """
    if base is None:
        told = groups.told(values)
        whole = {name: told[name] for name in (*_LEVELS, "standard_error")}
        return {**whole, **_counts(groups, values.shape[1]), "defined": told["defined"]}
    levels, differences = _levels(values, base)
    told, apart = groups.told(levels), groups.told(differences)
    above = groups.means(np.where(np.isnan(differences), np.nan, differences > 0))[1]
    none = {"mean", *_LEVELS, "standard_error", "difference", ABOVE_ZERO, "variance_reduction"}
    columns: dict[str, NDArray[Any]] = {
        **{name: told[name] for name in _LEVELS}, "difference": apart["mean"],
        **{f"difference_{name}": apart[name] for name in OF_DIFFERENCES}, ABOVE_ZERO: above,
        "standard_error": told["standard_error"], "variance_reduction": _bought(groups, levels, differences),
        **_counts(groups, levels.shape[1]), "defined": told["defined"],
        "words": np.full(told["mean"].shape, "", dtype=object),
    }  # fmt: skip
    ratios = _ratios(groups, values, base)
    for name, held in columns.items():
        rest = ratios.get(name)
        if rest is None:
            fill = np.nan if name in none or name.startswith("difference_") else held[:, :1]
            rest = np.broadcast_to(fill, (len(held), len(RATIOS)))
        columns[name] = np.hstack([held, rest])
    return columns


def summed_levels(groups: Groups, values: Array, base: Array) -> dict[str, Array]:
    """The same means and intervals alone, of what each run has: shape (groups, measures and those of comparisons)."""
    levels, differences = _levels(values, base)
    told, apart = groups.told(levels), groups.told(differences)
    return {
        **{name: told[name] for name in _LEVELS}, "difference": apart["mean"],
        **{f"difference_{name}": apart[name] for name in OF_DIFFERENCES}, **_counts(groups, levels.shape[1]),
    }  # fmt: skip


def _levels(values: Array, base: Array) -> tuple[Array, Array]:
    """What each run measures and what its comparison does, as levels and as differences."""
    pairs = np.column_stack(list(of_pairs(values, base).values()))
    return np.hstack([values, pairs]), np.hstack([values - base, pairs])


_LEVELS = ("mean", "mean_low", "mean_high", "run_p05", "run_p95")


def measures_of(base: bool) -> dict[str, str]:
    """Unit by id of what the summary tells, in its order."""
    told = {name: measure.unit for name, measure in abm.MEASURES.items()}
    return told | ({name: OF_PAIRS[name].unit for name in (*OF_RUNS, *RATIOS)} if base else {})


def _counts(groups: Groups, width: int) -> dict[str, NDArray[Any]]:
    counted = {"runs": groups.runs, "vectors": groups.vectors}
    return {name: np.repeat(held[:, None], width, axis=1) for name, held in counted.items()}


def _bought(groups: Groups, levels: Array, differences: Array) -> Array:
    """How many times fewer runs the paired difference needs (`experiments.statistics.intervals.bought_by_pairing`)."""
    there = ~np.isnan(differences)
    base, run = (np.where(there, held, np.nan) for held in (levels - differences, levels))
    of_base, of_runs, apart = (groups.deviations(held) ** 2 for held in (base, run, differences))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((of_base > 0) & (apart > 0), (of_base + of_runs) / apart, np.nan)


def _ratios(groups: Groups, values: Array, base: Array) -> dict[str, NDArray[Any]]:
    """Ratios of means with their intervals, or words in their place, shape (groups, ratios)."""
    shape = (len(groups.number), len(RATIOS))
    found: dict[str, NDArray[Any]] = {name: np.full(shape, np.nan) for name in ("mean", "mean_low", "mean_high")}
    found |= {"words": np.full(shape, "", dtype=object), "defined": np.zeros(shape, dtype=np.int64)}
    run, other = outcomes(values), outcomes(base)
    vectors = groups.split(groups.vector) if groups.vector is not None else [None] * shape[0]
    for k, name in enumerate(RATIOS):
        ratio = OF_PAIRS[name].of(run, other)
        pairs = zip(groups.split(ratio.above), groups.split(ratio.below), vectors, strict=True)
        for group, (above, below, own) in enumerate(pairs):
            known = np.isfinite(above) & np.isfinite(below)
            if not known.any():
                continue
            one = ratio._replace(above=above[known], below=below[known])
            *numbers, words = estimated(one, None if own is None else own[known])
            for column, number in zip(("mean", "mean_low", "mean_high"), numbers, strict=True):
                found[column][group, k] = number
            found["words"][group, k] = words
            found["defined"][group, k] = int(known.sum()) if np.isfinite(numbers[0]) else 0
    return found


def moments(values: Array, starts: Starts) -> tuple[NDArray[Any], Array, Array]:
    """Count, mean and standard deviation by group of rows, over the values that exist (are not NaN).

    Values that are all alike have their own value as mean, and no deviation, to the last bit.
    """
    there = ~np.isnan(values)
    count = np.add.reduceat(there, starts, axis=0, dtype=np.int64)
    lengths = np.diff([*starts, len(values)])
    with np.errstate(invalid="ignore", divide="ignore"):
        least = np.fmin.reduceat(values, starts, axis=0)
        above = np.where(there, values - np.repeat(least, lengths, axis=0), 0.0)
        beyond = np.add.reduceat(above, starts, axis=0) / count
        away = np.where(there, above - np.repeat(beyond, lengths, axis=0), 0.0)
        variance = np.add.reduceat(away * away, starts, axis=0) / (count - 1)
        return count, least + beyond, np.sqrt(np.where(count > 1, variance, np.nan))
