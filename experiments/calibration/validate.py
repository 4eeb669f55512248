"""Histories told by the model beforehand: what it would have predicted, against what was recorded.

A prediction is a distribution: of parameters (draws of the posterior), of what a history leaves open, of chance (a
seed a draw), of shocks that no household chooses (`experiments.calibration.discrepancy`) and of the record's own error.
A row is hit if the recorded figure lies between the 5th and the 95th percentile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.discrepancy import own_range, recorded, shocks_of
from experiments.calibration.history import Binomial, History, NotRepresented, Row
from experiments.calibration.observing import Observed, checked, observe
from experiments.calibration.posterior import Draw
from experiments.running.threads import each
from experiments.statistics.intervals import CONFIDENCE, PERCENTILES

Array = NDArray[np.float64]

#: Seed of the first draw; predictions of a row drawn around each run; draws unless told otherwise.
SEED, AROUND, DRAWS = 5_000, 40, 100
#: An interval wider than this factor says little.
LITTLE = 3.0


@dataclass(frozen=True)
class Verdict:
    """A row of the record against its predictive distribution.

    Attributes
    ----------
    median, p05, p95
        Of the prediction.
    low, high
        Central 90 % of the recorded figure: the record's own range, or the chance of its sampling; else the figure.
    hit
        Whether the figure lies in the interval; None without a figure.
    distance
        How far outside it lies, in widths of the interval: below 0 if the figure is lower, 0 inside.
    """

    history: str
    row: Row
    place: str
    median: float
    p05: float
    p95: float
    low: float | None
    high: float | None
    hit: bool | None
    distance: float | None

    @property
    def factor(self) -> float:
        """Of the 95th percentile over the 5th."""
        return self.p95 / self.p05 if self.p05 > 0.0 else math.inf

    @property
    def says_little(self) -> bool:
        """Whether the interval is so wide that a hit means little."""
        return self.factor > LITTLE

    @property
    def words(self) -> str:
        """A sentence on it."""
        told = f"{number(self.median)} [{number(self.p05)}, {number(self.p95)}]"
        if self.hit is None:
            return f"{self.row.id}: predicted {told}; no figure is known."
        found = f"{self.row.id}: {number(self.row.value)} recorded, {told} predicted"
        if self.hit:
            return f"{found}: a hit{', and it says little' if self.says_little else ''}."
        side = "below" if (self.distance or 0.0) < 0.0 else "above"
        return f"{found}: missed, {abs(self.distance or 0.0):.1f} widths of the interval {side} it."

    def as_row(self) -> dict[str, Any]:
        """The verdict as JSON and CSV have it."""
        return {
            "id": self.row.id, "use": self.row.use, "place": self.place, "history": self.history,
            "quantity": self.row.quantity, "observed": self.row.value, "low": self.low, "high": self.high,
            "median": _finite(self.median), "p05": _finite(self.p05), "p95": _finite(self.p95), "hit": self.hit,
            "distance": self.distance, "says_little": self.says_little,
        }  # fmt: skip


@dataclass(frozen=True)
class Validation:
    """Every row of some histories with its verdict, and what cannot be represented."""

    verdicts: tuple[Verdict, ...]
    not_represented: tuple[tuple[str, NotRepresented], ...]
    draws: int

    def of(self, use: str) -> list[Verdict]:
        """The verdicts of one use that have a recorded figure."""
        return [found for found in self.verdicts if found.row.use == use and found.hit is not None]

    def coverage(self, use: str = "validate") -> tuple[int, int, float]:
        """Hits, rows, and the median factor between the ends of the intervals, of one use."""
        rows = self.of(use)
        factor = float(np.median([found.factor for found in rows])) if rows else math.nan
        return sum(bool(found.hit) for found in rows), len(rows), factor


def validate(
    histories: Sequence[History],
    draws: Sequence[Draw],
    *,
    count: int = DRAWS,
    seed: int = SEED,
    workers: int | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> Validation:
    """Predict every row of some histories, and compare.

    Parameters
    ----------
    draws
        Draws of the posterior; more predictions than draws take them in turn.
    count
        Runs of each history: run k has draw k and seed ``seed + k``.
    workers, told
        See `experiments.running.threads.each`.

    Raises
    ------
    InputError
        If a row is over another that counts nobody.
    """
    real = [history for history in histories if history.policy is not None]
    jobs = [(history, k) for k in range(count) for history in real]

    def run(job: tuple[History, int]) -> Observed:
        history, k = job
        draw = draws[k % len(draws)]
        return observe(history, draw.behaviour, draw.unknowns(history, k), seed + k)

    found = each(jobs, run, workers=workers, told=told)
    runs = {history.name: found[place :: len(real)] for place, history in enumerate(real)}
    verdicts = []
    for history in real:
        checked(_middle(runs[history.name]), history)
        verdicts += _judged(history, runs[history.name], [draws[k % len(draws)] for k in range(count)], seed)
    left_out = [(history.name, row) for history in histories for row in history.not_represented]
    return Validation(tuple(verdicts), tuple(left_out), count)


def _middle(runs: Sequence[Observed]) -> Observed:
    """Means over runs, of what has a value."""
    ids = runs[0].values
    values = {}
    for name in ids:
        known = [run.values[name] for run in runs if not math.isnan(run.values[name])]
        values[name] = float(np.mean(known)) if known else math.nan
    counts = {name: float(np.mean([run.counts[name] for run in runs])) for name in ids}
    years: dict[str, Mapping[int, float]] = {}
    for name in runs[0].years:
        shares: dict[int, float] = {}
        for run in runs:
            for year, share in run.years[name].items():
                shares[year] = shares.get(year, 0.0) + share
        total = sum(shares.values())
        years[name] = {year: share / total for year, share in shares.items()} if total else {}
    return Observed(values, counts, years)


def _judged(history: History, runs: Sequence[Observed], draws: Sequence[Draw], seed: int) -> list[Verdict]:
    rows = [row for row in history.rows if row.value is not None or row.use != "context"]
    shocks = shocks_of([(history, row) for row in rows], {history.name: _middle(runs)})
    predicted: list[list[Array]] = [[] for _ in rows]
    for k, (run, draw) in enumerate(zip(runs, draws, strict=True)):
        rng = np.random.default_rng([seed, k, *history.name.encode()])
        around = shocks.draw(rng, draw.year, draw.persistence, AROUND)
        for number, row in enumerate(rows):
            predicted[number].append(recorded(row, run, around[:, number], rng))
    return [_verdict(history, row, np.concatenate(values)) for row, values in zip(rows, predicted, strict=True)]


def _verdict(history: History, row: Row, predicted: Array) -> Verdict:
    known = predicted[~np.isnan(predicted)]
    p05, median, p95 = (float(q) for q in np.percentile(known, [PERCENTILES[0], 50.0, PERCENTILES[1]]))
    low, high = _range(row)
    hit = distance = None
    if row.value is not None:
        hit = p05 <= row.value <= p95
        outside = min(0.0, row.value - p05) + max(0.0, row.value - p95)
        distance = 0.0 if hit else float(outside / max(p95 - p05, 1e-12))
    return Verdict(history.name, row, history.place, median, p05, p95, low, high, hit, distance)


def _range(row: Row) -> tuple[float | None, float | None]:
    """Central 90 % of a recorded figure."""
    from scipy.stats import beta, chi2

    if row.value is None or row.low is not None or row.high is not None:
        return (row.low if row.low is not None else row.value), (row.high if row.high is not None else row.value)
    tail = (1.0 - CONFIDENCE) / 2.0
    if isinstance(row.sampling, Binomial):
        n = row.sampling.binomial
        hits = round(row.value * n)
        low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
        return low, float(beta.ppf(1.0 - tail, hits + 1, n - hits)) if hits < n else 1.0
    if row.sampling == "poisson" and row.over is None:
        low = float(chi2.ppf(tail, 2.0 * row.value) / 2.0) if row.value else 0.0
        return low, float(chi2.ppf(1.0 - tail, 2.0 * row.value + 2.0) / 2.0)
    return row.value, row.value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def number(value: float | None) -> str:
    """A number as sentences have it: three digits that matter, thousands parted."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0.0 or abs(value) >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.3g}"


__all__ = ["Validation", "Verdict", "number", "own_range", "validate"]
