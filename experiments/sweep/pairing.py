"""Runs of a sweep beside the baseline's with the same seed and draw, and what a comparison says of each pair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from abm.measures import COMPARED, MEASURES, Measure
from experiments.question.study import Study
from experiments.statistics.intervals import Array
from experiments.sweep.parts import Index

#: Measures of comparisons that a sweep has: none needs the variant without its money, which a sweep does not run.
OF_PAIRS: dict[str, Measure] = {name: told for name, told in COMPARED.items() if not told.control}
#: Those that each run has, and those that only many together have.
OF_RUNS = tuple(name for name, told in OF_PAIRS.items() if not told.ratio)
RATIOS = tuple(name for name, told in OF_PAIRS.items() if told.ratio)
#: Departures beyond the baseline's, as a column of the runs.
ADDITIONAL = "additional_departures"


class Outcomes(dict[str, Array]):
    """Measures by id, an entry a run, each fetched when it is first asked for."""

    def __init__(self, fetch: Callable[[str], Array]) -> None:
        super().__init__()
        self._fetch = fetch

    def __missing__(self, name: str) -> Array:
        self[name] = self._fetch(name)
        return self[name]


def baseline_rows(study: Study, found: Index) -> NDArray[np.int64]:
    """Where among some runs that of the baseline is that goes with each: the same seed, draw and world.

    Parameters
    ----------
    found
        One entry a run, sorted by cell and replicate.

    Returns
    -------
    NDArray
        Shape (runs,); −1 where there is none, or it failed, and for the runs of the baseline themselves.
    """
    beside = np.full(len(found), -1, dtype=np.int64)
    of_variants = found.cell < study.variant_cells
    if not study.shared.baseline or not of_variants.any():
        return beside
    most = int(found.replicate.max()) + 1
    keys = found.cell * most + found.replicate
    asked = study.baseline_of(found.cell[of_variants]) * most + found.replicate[of_variants]
    at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    beside[of_variants] = np.where((keys[at] == asked) & ~found.failed[at], at, -1)
    return beside


def outcomes(values: Array) -> dict[str, Array]:
    """Measures by id of some runs, whose values have the shape (runs, measures)."""
    return {name: values[:, k] for k, name in enumerate(MEASURES)}


def of_pairs(values: Array, base: Array) -> dict[str, Array]:
    """What a comparison says of each run, by id: an entry a run, NaN where it has no baseline.

    Parameters
    ----------
    values, base
        Measures of the runs and of the baseline's with the same seeds, shape (runs, measures).
    """
    run, other = outcomes(values), outcomes(base)
    return {name: np.asarray(OF_PAIRS[name].of(run, other), dtype=np.float64) for name in OF_RUNS}
