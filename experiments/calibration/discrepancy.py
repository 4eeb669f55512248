"""How far the record may lie from a model that is right in the mean: shocks that no household chooses.

A count is what the model expects times the exponential of its shocks:

==================  ==========================================  ========================
shock               shared by                                   sd on the log
==================  ==========================================  ========================
year                a place's counts by that route, that year   fitted (prior 0.05–0.32)
stock               a place's stock at that year's end          as the year
quarter             the same, in a quarter (spans under 9       0.10
                    months)
origin              rows of the same origins, all years         0.93 over √(origins)
origin and year     the same, in one year                       0.32 over √(origins)
==================  ==========================================  ========================

Sources: residuals of cohort shares by nationality (0.93), of yearly assisted returns by nationality beyond sampling
(0.32), and of quarters within years (0.10), in the Home Office's series of 2004–2023.  A ratio has the shocks of what
is above the line less those of what is below: what both share cancels.

Shocks of a year and of the next are not independent: what the model leaves out (advice, recording, who is in the
caseload) lasts longer than a year.  Their correlation, the *persistence*, is fitted (prior 0.1–0.9), and falls with the
years between two shocks of the same series: an autoregression of the first order.  Otherwise the errors of a cohort,
whose departures spread over years, would average out, as those on record do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.calibration.history import Binomial, History, Row
from experiments.calibration.observing import Observed, year_at
from experiments.calibration.priors import Z95

Array = NDArray[np.float64]

ORIGIN, ORIGIN_YEAR, QUARTER = 0.93, 0.32, 0.10
#: Spans shorter than this have a shock of their quarter.
SHORT_WEEKS = 0.75 * WEEKS_PER_YEAR


@dataclass(frozen=True)
class Shocks:
    """The shocks of some rows.

    Attributes
    ----------
    yearly
        Loadings on shocks whose spread is that of a year, (rows, shocks).
    fixed
        Loadings on all others, spread included, (rows, shocks).
    apart
        Years between two yearly shocks of the same series, infinite between those of different ones, (shocks, shocks).
    """

    yearly: Array
    fixed: Array
    apart: Array

    def covariance(self, year: Array | float, persistence: Array | float) -> Array:
        """Covariance of the rows on the log, (rows, rows), or (n, rows, rows) for several spreads and persistences."""
        square = np.square(np.asarray(year, dtype=np.float64))[..., None, None]
        alike = np.asarray(persistence, dtype=np.float64)[..., None, None] ** self.apart
        return np.asarray(square * (self.yearly @ alike @ self.yearly.T) + self.fixed @ self.fixed.T)

    def draw(self, rng: np.random.Generator, year: float, persistence: float, count: int) -> Array:
        """Shocks on the log, (count, rows)."""
        root = np.linalg.cholesky(persistence**self.apart + 1e-12 * np.eye(len(self.apart)))
        one = rng.standard_normal((count, self.yearly.shape[1])) @ (self.yearly @ root).T
        return np.asarray(year * one + rng.standard_normal((count, self.fixed.shape[1])) @ self.fixed.T)


def shocks_of(rows: Sequence[tuple[History, Row]], seen: Mapping[str, Observed]) -> Shocks:
    """The shocks of rows.

    Parameters
    ----------
    rows
        Rows with their histories.
    seen
        A run of each history, by its name: how counts are spread over years.
    """
    yearly: dict[tuple[object, ...], dict[int, float]] = {}
    fixed: dict[tuple[object, ...], dict[int, float]] = {}
    for number, (history, row) in enumerate(rows):
        parts = [(row, 1.0)] if row.over is None else [(row, 1.0), (history.by_id[row.over], -1.0)]
        for part, sign in parts:
            if part.is_stock and history.at(part) == 0:
                continue  # what the run starts from
            for key, loading, is_yearly in _loadings(history, part, seen[history.name]):
                place = (yearly if is_yearly else fixed).setdefault(key, {})
                place[number] = place.get(number, 0.0) + sign * loading
    return Shocks(_matrix(yearly, len(rows)), _matrix(fixed, len(rows)), _apart(list(yearly)))


def _apart(keys: Sequence[tuple[object, ...]]) -> Array:
    """Years between shocks whose keys end in a year, infinite where they are of different series."""
    apart = np.full((len(keys), len(keys)), np.inf)
    for i, (*series, year) in enumerate(keys):
        for j, (*other, another) in enumerate(keys):
            if series == other:
                apart[i, j] = abs(int(str(year)) - int(str(another)))
    return apart


def _matrix(told: Mapping[tuple[object, ...], Mapping[int, float]], rows: int) -> Array:
    table = np.zeros((rows, len(told)))
    for column, loadings in enumerate(told.values()):
        for row, loading in loadings.items():
            table[row, column] = loading
    return table


def _loadings(history: History, row: Row, seen: Observed) -> list[tuple[tuple[object, ...], float, bool]]:
    """Each shock of a count: its key, the loading, and whether its spread is that of a year."""
    what = (history.place, row.what, row.route)
    if row.is_stock:
        when = year_at(history, history.at(row) - 1e-6)
        shares: Mapping[int, float] = {when: 1.0}
    else:
        first, last = history.span(row)
        shares = seen.years[row.id] or {year_at(history, 0.5 * (first + last)): 1.0}
    found: list[tuple[tuple[object, ...], float, bool]] = []
    if row.origins:
        among = tuple(sorted(row.origins))
        few = math.sqrt(len(among))
        found.append((("origin", history.place, among), ORIGIN / few, False))
        found += [(("origin-year", *what, among, year), share * ORIGIN_YEAR / few, False)
                  for year, share in shares.items()]  # fmt: skip
    found += [(("year", *what, year), share, True) for year, share in shares.items()]
    if not row.is_stock:
        first, last = history.span(row)
        if last - first < SHORT_WEEKS:
            found.append((("quarter", *what, year_at(history, first), round(first / 13.0)), QUARTER, False))
    return found


def own_range(row: Row) -> float:
    """Spread on the log of what the record itself leaves open, sampling aside."""
    if row.low is None or row.high is None or not row.value:
        return 0.0
    if row.low <= 0.0:  # no lower end on the log: the upper half stands for both
        return float(np.log(row.high / row.value) / Z95)
    return float(np.log(row.high / row.low) / (2.0 * Z95))


def recorded(row: Row, observed: Observed, shocks: Array, rng: np.random.Generator) -> Array:
    """What might have been recorded: the model's value, its shocks, the record's own range, and the chance of counting.

    Parameters
    ----------
    shocks
        On the log, (n,).

    Returns
    -------
    Array
        (n,).
    """
    factor = np.exp(shocks + own_range(row) * rng.standard_normal(len(shocks)))
    value = observed.values[row.id]
    if math.isnan(value):
        return np.full(len(shocks), math.nan)
    if isinstance(row.sampling, Binomial):
        n = row.sampling.binomial
        return np.asarray(rng.binomial(n, np.clip(value * factor, 0.0, 1.0)) / n, dtype=np.float64)
    if row.sampling == "poisson":
        above = rng.poisson(observed.counts[row.id] * factor).astype(np.float64)
        if row.over is None:
            return above
        below = rng.poisson(observed.counts[row.over], len(shocks)).astype(np.float64)
        return np.divide(above, below, out=np.full(len(shocks), math.nan), where=below > 0)
    return np.asarray(value * factor)
