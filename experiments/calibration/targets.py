"""What a fit aims at: the rows that may be used for it, as numbers on the log with their errors.

Held-out rows are left out here, before anything else of them than their use is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.discrepancy import Shocks, own_range, shocks_of
from experiments.calibration.history import Binomial, History, Row
from experiments.calibration.observing import Observed

Array = NDArray[np.float64]

#: Where the model counts nobody and the record has no chance of its own, a share of the recorded figure stands for it.
FLOOR = 1e-3


@dataclass(frozen=True)
class Targets:
    """Rows of the record that a fit may use.

    Attributes
    ----------
    rows
        With their histories.
    value
        Recorded figures on the log, each with the least that its counting can tell added, (rows,).
    least
        What is added before the logarithm, to record and model alike, (rows,).
    variance
        Of the record on the log: the chance of its counting and its own range, (rows,).
    """

    rows: tuple[tuple[History, Row], ...]
    value: Array
    least: Array
    variance: Array

    @property
    def ids(self) -> list[str]:
        """The rows' ids."""
        return [row.id for _, row in self.rows]

    @property
    def histories(self) -> list[History]:
        """The histories to run, once each."""
        return list({history.name: history for history, _ in self.rows}.values())

    def moments(self, seen: Mapping[str, Observed]) -> Array:
        """The model's figures on the log, as the record's are, (rows,); `seen`: a run of each history, by its name."""
        found = [seen[history.name].values[row.id] for history, row in self.rows]
        return np.log(np.nan_to_num(np.array(found)) + self.least)

    def shocks(self, seen: Mapping[str, Observed]) -> Shocks:
        """What may part record and model, see `experiments.calibration.discrepancy`."""
        return shocks_of(self.rows, seen)


def targets(histories: Sequence[History]) -> Targets:
    """The rows of some histories that a fit may use."""
    rows = tuple((history, row) for history in histories for row in history.rows if row.use == "calibrate")
    values = np.array([float(row.value or 0.0) for _, row in rows])
    told = [_counting(history, row) for history, row in rows]
    least, chance = (np.array([pair[k] for pair in told]) for k in (0, 1))
    own = np.array([own_range(row) for _, row in rows])
    return Targets(rows, np.log(values + least), least, chance + own**2)


def _counting(history: History, row: Row) -> tuple[float, float]:
    """What is added before the logarithm, and the variance of counting on the log.

    Half a count is added: the logarithm of a Poisson or binomial count so mended has almost no bias and a variance of
    one over the count (D. Cox, "The continuity correction", Biometrika 57, 1970).
    """
    value = float(row.value or 0.0)
    if isinstance(row.sampling, Binomial):
        n = row.sampling.binomial
        count = value * n + 0.5
        return 0.5 / n, max(0.0, 1.0 - value) / count
    if row.sampling == "poisson":
        if row.over is None:
            return 0.5, 1.0 / (value + 0.5)
        below = history.by_id[row.over].value
        if below is None:
            return FLOOR * max(value, FLOOR), 0.0
        return 0.5 / below, 1.0 / (value * below + 0.5) + 1.0 / (below + 0.5)
    return FLOOR * max(value, FLOOR), 0.0


def log_density(off: Array, covariance: Array) -> Array:
    """Logarithm of the normal density at each deviation.

    Parameters
    ----------
    off
        (n, rows).
    covariance
        (n, rows, rows), or one for all.
    """
    lower = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(np.broadcast_to(lower, (len(off), *lower.shape[-2:])), off[..., None])[..., 0]
    spread = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
    return np.asarray(-0.5 * np.square(scaled).sum(axis=-1) - spread - 0.5 * off.shape[1] * math.log(2.0 * math.pi))
