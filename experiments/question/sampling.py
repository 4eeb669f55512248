"""Points laid over the factors of a design: grid, one at a time, Latin hypercube, Sobol, Saltelli.

Every method is a pure function of the design, so that a resumed sweep meets the same points.  More points of a Sobol
sequence, and more base points of Saltelli's design, begin with those that were there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.question.design import Design
from experiments.question.factors import OWN, Factor

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """The points of a design, column by column.

    Attributes
    ----------
    columns
        Values of each factor, by dotted path, one a point.
    varied
        For one at a time: the factor that each point varies ("" at the base); otherwise None.
    first
        Of a sequence that can be gone on with: so many first points tell it from others; otherwise None.
    definition
        What the factors are, for such a sequence.
    """

    columns: dict[str, Sequence[Any] | NDArray[np.float64]]
    varied: tuple[str, ...] | None
    count: int
    first: int | None = None
    definition: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return self.count

    def settings(self, point: int) -> dict[str, Any]:
        """Value by path at a point; what a point leaves out is as the variant has it."""
        values = ((path, self.value(path, point)) for path in self.columns)
        return {path: value for path, value in values if value != OWN}

    @property
    def identity(self) -> list[Any]:
        """What tells these points from others: all of them, or of a sequence what it goes on from."""
        columns = {path: plain_values(values[: self.first]) for path, values in self.columns.items()}
        return [columns, self.varied, self.definition if self.first else self.count]

    def value(self, path: str, point: int) -> Any:
        """The value of a factor at a point, `OWN` where it is as the variant has it."""
        value = self.columns[path][point]
        return value.item() if isinstance(value, np.generic) else value


def lay_points(design: Design, factors: Sequence[Factor]) -> Points:
    """The points of a design.

    References
    ----------
    McKay, Beckman and Conover 1979 (Latin hypercube); Sobol' 1967 with the scrambling of Owen 1998;
    Saltelli 2002 as laid out by SALib.
    """
    sampling = design.sampling
    if not factors:
        return Points({}, None, 1)
    if sampling.method == "one-at-a-time":
        return _one_at_a_time(factors, sampling.levels)
    if sampling.method == "grid":
        rows = list(itertools.product(*(factor.at_levels(sampling.levels) for factor in factors)))
        return Points(_columns((f, [row[i] for row in rows]) for i, f in enumerate(factors)), None, len(rows))
    shares = _shares(design, len(factors))
    columns = _columns((f, [f.at(float(share)) for share in shares[:, i]]) for i, f in enumerate(factors))
    if sampling.method == "latin-hypercube":  # another number of points is another sample
        return Points(columns, None, len(shares))
    definition = [sampling.method, sampling.second_order, [f.definition for f in factors]]
    return Points(columns, None, len(shares), len(shares) // sampling.points, definition)


def plain_values(values: Sequence[Any] | NDArray[np.float64]) -> list[Any]:
    """A column as a list."""
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _columns(laid: Iterable[tuple[Factor, list[Any]]]) -> dict[str, Sequence[Any] | NDArray[np.float64]]:
    """The values of each path; tied paths have the same."""
    columns = ((factor, _column(factor, values)) for factor, values in laid)
    return {path: column for factor, column in columns for path in factor.paths}


def _column(factor: Factor, values: list[Any]) -> Sequence[Any] | NDArray[np.float64]:
    if factor.declared.kind == "float" and all(isinstance(value, float) for value in values):
        return np.array(values, dtype=np.float64)
    return values


def _one_at_a_time(factors: Sequence[Factor], levels: int) -> Points:
    laid = [("", None)] + [(f.name, value) for f in factors for value in f.at_levels(levels)]
    columns = {path: [value if name == f.name else OWN for name, value in laid] for f in factors for path in f.paths}
    return Points(dict(columns), tuple(name for name, _ in laid), len(laid))


def _shares(design: Design, dimensions: int) -> Shares:
    """Points of the unit cube, shape (points, dimensions)."""
    rng = np.random.default_rng(design.seed)
    sampling = design.sampling
    if sampling.method == "saltelli":
        # A generator, because SALib takes seed=0 for no seed at all.
        from SALib.sample import sobol  # slow to import

        problem = {
            "num_vars": dimensions,
            "names": [str(i) for i in range(dimensions)],
            "bounds": [[0.0, 1.0]] * dimensions,
        }
        laid = sobol.sample(problem, sampling.points, calc_second_order=sampling.second_order, seed=rng)
        return np.asarray(laid, dtype=np.float64)
    from scipy.stats import qmc  # slow to import

    if sampling.method == "sobol":
        return np.asarray(qmc.Sobol(dimensions, rng=rng).random(sampling.points), dtype=np.float64)
    return np.asarray(qmc.LatinHypercube(dimensions, rng=rng).random(sampling.points), dtype=np.float64)
