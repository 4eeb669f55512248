"""A study: a design laid out into cells (variant × point × posterior draw), each with replicates.

Common random numbers by construction: a replicate of a draw has the same seed at every variant and point, and under
the baseline.  Draws have seeds of their own, as in a comparison, so that they are independent of each other and their
mean is over seeds.

The baseline has points of its own: those that differ in something that it meets.  Points that differ in levers alone
share one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import abm
from abm.inputs.parameters import InputError
from abm.inputs.registry import check_shapes
from experiments.question.case import Case
from experiments.question.design import Design, load_design
from experiments.question.draws import draws_of
from experiments.question.factors import OWN, factors_of
from experiments.question.keys import path_of
from experiments.question.loading import cases_of, figures_by_path, own_value
from experiments.question.sampling import Points, lay_points
from experiments.question.shared import ArrayOrInt, Shared
from experiments.storing.output import fingerprint

#: Points whose values are tried together before the first run; later ones that clash are recorded as failed.
CHECKED_POINTS = 10_000
#: More cells than this is a slip of the pen rather than a design.
MOST_CELLS = 20_000_000

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Study:
    """A design with its inputs loaded and its points laid.

    Cells are numbered (variant × points + point) × draws + draw; those of the baseline come after, (its point) ×
    draws + draw.
    """

    design: Design
    shared: Shared
    points: Points
    draws: Points

    @property
    def variant_cells(self) -> int:
        """Cells that are not the baseline's: variants × points × draws."""
        return self.shared.variants * len(self.points) * len(self.draws)

    @property
    def cells(self) -> int:
        """Number of cells, those that are left out (`active`) among them."""
        return self.variant_cells + len(self.baseline_points) * len(self.draws)

    @property
    def runs(self) -> int:
        """Number of runs that the design asks for."""
        return int(self.active.sum()) * self.design.replicates

    @property
    def vectors(self) -> int:
        """Parameter vectors that the runs of a point have: draws of the design's file, or those taken in turn."""
        return len(self.draws) if len(self.draws) > 1 else self.shared.vectors

    def vector(self, cell: ArrayOrInt, replicate: ArrayOrInt) -> ArrayOrInt:
        """Which of them a run has."""
        return cell % len(self.draws) if len(self.draws) > 1 else replicate % self.shared.vectors

    def locate(self, cell: int) -> tuple[int, int, int]:
        """Variant, point and draw of a cell; of one of the baseline, its place among the cases and its own point."""
        rest, draw = divmod(int(cell), len(self.draws))
        variant, point = divmod(rest, len(self.points))
        if variant >= self.shared.variants:
            return self.shared.variants, rest - self.shared.variants * len(self.points), draw
        return variant, point, draw

    def cell(self, variant: ArrayOrInt, point: ArrayOrInt, draw: ArrayOrInt) -> ArrayOrInt:
        """The cell that is there: `locate` the other way round."""
        return (variant * len(self.points) + point) * len(self.draws) + draw

    def settings(self, cell: int) -> dict[str, Any]:
        """Value by path of everything that the cell sets beyond the design's own settings."""
        variant, point, draw = self.locate(cell)
        if self.shared.is_baseline(variant):
            point = int(self.baseline_points[point])
        return {**self.draws.settings(draw), **self.shared.own(self.points.settings(point), variant)}

    def case(self, cell: int) -> Case:
        """What a cell runs.

        Raises
        ------
        InputError
            If its values do not go together.
        """
        return self.shared.case(self.locate(cell)[0], self.settings(cell))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Keys that differ between cells, in the order of the design: factors, then the draws' parameters."""
        return (*self.points.columns, *self.draws.columns)

    def value(self, cell: int, path: str) -> Any:
        """The value that a key has in a cell, whether set there or the variant's own; None where it is not for it."""
        variant, point, draw = self.locate(cell)
        if not self.shared.applies(path, variant):
            return None
        if self.shared.is_baseline(variant):
            point = int(self.baseline_points[point])
        for points, row in ((self.points, point), (self.draws, draw)):
            if path in points.columns:
                value = points.value(path, row)
                if value != OWN:
                    return value
        return self._own[variant][path]

    def varied(self, cell: int) -> str:
        """One at a time: the factor that a cell varies ("" at the base)."""
        variant, point, _ = self.locate(cell)
        assert self.points.varied is not None
        return self.points.varied[int(self.baseline_points[point]) if self.shared.is_baseline(variant) else point]

    @cached_property
    def _own(self) -> list[dict[str, Any]]:
        found = []
        for variant, case in enumerate(self.shared.cases):
            given = self.shared.own(self.shared.settings, variant)
            mine = [key for key in self.paths if self.shared.applies(key, variant)]
            found.append({
                key: given[path_of(key)] if path_of(key) in given else own_value(case, path_of(key)) for key in mine
            })  # fmt: skip
        return found

    # ---- which cells are run ------------------------------------------------------------------------

    def _first_alike(self, variant: int) -> Cells:
        """For each point, the first at which all that is for a case or its baseline has the same value, (points,)."""
        cases = [variant, *range(self.shared.variants, len(self.shared.cases))]
        mine = [key for key in self.points.columns if any(self.shared.applies(key, case) for case in cases)]
        if len(mine) == len(self.points.columns):
            return np.arange(len(self.points))
        seen: dict[tuple[Any, ...], int] = {}
        values = (tuple(self.points.value(key, point) for key in mine) for point in range(len(self.points)))
        return np.array([seen.setdefault(value, point) for point, value in enumerate(values)], dtype=np.int64)

    @cached_property
    def baseline_points(self) -> Cells:
        """The points at which the baseline is run: of those alike to it the first, in order; none without one."""
        return np.unique(self._baseline_first) if self.shared.baseline else np.empty(0, dtype=np.int64)

    @cached_property
    def _baseline_first(self) -> Cells:
        return self._first_alike(self.shared.variants)

    def baseline_of(self, cells: Cells) -> Cells:
        """The cell of the baseline that goes with each cell of a variant."""
        point, draw = np.divmod(cells, len(self.draws))
        own = np.searchsorted(self.baseline_points, self._baseline_first)
        return self.variant_cells + own[point % len(self.points)] * len(self.draws) + draw

    @cached_property
    def clashes(self) -> dict[tuple[int, int], str]:
        """Points that are left out, by variant and point, and why: where the design says to skip what clashes."""
        if not self.design.sampling.skip_clashes:
            return {}
        found = {}
        for variant in range(self.shared.variants):
            for point in range(len(self.points)):
                try:
                    self.case(self.cell(variant, point, 0))
                except InputError as fault:
                    found[variant, point] = str(fault).removeprefix(f"{self.shared.file}: ")
        if len(found) == self.shared.variants * len(self.points):
            allowed = f"a design with a point at which the values go together (the first: {next(iter(found.values()))})"
            raise InputError("sampling.skip_clashes", True, allowed, file=self.shared.file)
        return found

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which cells are run: not those of points left out, nor a variant twice where nothing of it differs."""
        run = np.zeros((self.shared.variants, len(self.points)), dtype=np.bool_)
        for variant in range(self.shared.variants):
            run[variant, np.unique(self._first_alike(variant))] = True
        for place in self.clashes:
            run[place] = False
        of_variants = np.repeat(run.ravel(), len(self.draws))
        whole = np.concatenate([of_variants, np.zeros(self.cells - len(of_variants), dtype=np.bool_)])
        if self.shared.baseline:
            whole[self.baseline_of(np.flatnonzero(of_variants))] = True
        return whole

    def words(self, variant: int, point: int) -> str:
        """A point by name: its variant, its number and its values."""
        settings = self.points.settings(point)
        values = ", ".join(f"{key} = {value}" for key, value in settings.items() if self.shared.applies(key, variant))
        return f"point {point} of {self.shared.labels[variant]}" + (f" ({values})" if values else "")

    # ---- what determines the runs -------------------------------------------------------------------

    @cached_property
    def inputs(self) -> dict[str, str]:
        """A hash of each thing that determines the runs, under the name a message would use."""
        shared, design = self.shared, self.design
        first, variants = shared.cases[0], shared.cases[: shared.variants]
        baseline = [case.policy.model_dump(mode="json") for case in shared.cases[shared.variants :]]
        return {
            "model version": shared.model_version,
            "variants": fingerprint([case.policy.model_dump(mode="json") for case in variants]),
            "baseline": fingerprint(baseline) if baseline else "none",
            "caseload": fingerprint(first.caseload.model_dump(mode="json")),
            "behaviour": fingerprint([member.model_dump(mode="json") for member in first.members]),
            "[set]": fingerprint(dict(shared.settings)),
            "points": fingerprint(self.points.identity),
            "posterior draws": fingerprint(self.draws.identity),
            "weeks": str(first.weeks),
            "households": str(first.households),
            "seed": str(design.seed) if shared.draws == 1 else f"{design.seed}, a seed a draw",
            "series": str(shared.series).lower(),
            "measures": fingerprint(list(abm.MEASURES)),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that determines the results of a cell and replicate."""
        return fingerprint(self.inputs)

    def check(self) -> None:
        """Try the values of the points together, before anything runs.

        Raises
        ------
        InputError
            If a combination is refused: the design should not ask for it, or say ``sampling.skip_clashes``.
        """
        cells = np.flatnonzero(self.active)
        for cell in cells[:: max(1, -(-len(cells) // CHECKED_POINTS))]:
            self._try(int(cell))

    def _try(self, cell: int) -> None:
        variant, point, _ = self.locate(cell)
        try:
            self.case(cell)
        except InputError as fault:
            if not self.points.columns:
                raise
            point = int(self.baseline_points[point]) if self.shared.is_baseline(variant) else point
            allowed = f"{fault.allowed}, at {self.words(variant, point)}"
            if not self.shared.is_baseline(variant):
                allowed += "; sampling.skip_clashes = true leaves such points out"
            raise InputError(fault.field, fault.value, allowed, file=fault.file, nearest=fault.nearest) from None


def lay_out(design: Design | Mapping[str, Any] | str | Path) -> Study:
    """Load a design's inputs and lay its points.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    design = load_design(design)
    file = design.file
    cases = cases_of(design)
    bare = cases[0]
    figures = figures_by_path((bare.policy, ""), (bare.caseload, "caseload."), (bare.members[0], "behaviour."))
    for label, case in zip(design.labels, cases, strict=True):
        figures |= {f"{label}:{path}": figure for path, figure in case.policy.figures.items()}
    factors = factors_of(design.factors, figures, file=file)
    _count_cells(
        design, [len(f.at_levels(design.sampling.levels)) for f in factors] if design.sampling.method == "grid" else []
    )
    draws = draws_of(design)
    check_shapes(case.policy for case in cases)
    shared = Shared(
        cases=cases, labels=design.labels, baseline=design.baseline is not None, settings=dict(design.set),
        seed=design.seed, draws=len(draws), series=design.series, file=file, model_version=abm.model_version(),
    )  # fmt: skip
    points = lay_points(design, factors)
    both = set(points.columns) & set(draws.columns)
    if both:
        path = min(both)
        raise InputError(
            f"factors.{path}", path, f"not a parameter that the posterior ({design.posterior}) draws", file=file
        )
    return Study(design, shared, points, draws)


def _count_cells(design: Design, levels: list[int]) -> None:
    cells = len(design.variants)
    for count in levels:
        cells *= count
    if cells > MOST_CELLS:
        allowed = f"a grid of at most {MOST_CELLS:,} points ({' × '.join(map(str, levels))} is {cells:,})"
        raise InputError("sampling.levels", design.sampling.levels, allowed, file=design.file)
