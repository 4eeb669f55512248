"""A study: a design laid out into cells (variant × point × posterior draw), each with replicates.

Common random numbers by construction: a replicate of a draw has the same seed at every variant and point.  Draws
have seeds of their own, as in a comparison, so that they are independent of each other and their mean is over seeds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import abm
from abm.arrays.setting import day_of
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import Figure, InputError, Inputs, nearest_spelling, read
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import load_behaviour, load_caseload, load_policy
from experiments.question.case import Case, fitted_members
from experiments.question.design import Design, load_design
from experiments.question.factors import OWN, factors_of
from experiments.question.sampling import Points, lay_points

#: Points whose values are tried together before the first run; later ones that clash are recorded as failed.
CHECKED_POINTS = 10_000
#: More cells than this is a slip of the pen rather than a design.
MOST_CELLS = 20_000_000

Inputed = TypeVar("Inputed", bound=Inputs)
ArrayOrInt = TypeVar("ArrayOrInt", int, NDArray[np.int64])


@dataclass(frozen=True)
class Shared:
    """What all runs of a study share, and all that a worker needs to know of it.

    Attributes
    ----------
    cases
        One a variant, before settings change it.  Where it has several behaviours, replicates take them in turn.
    settings
        The design's own, for every cell.
    seed
        Of replicate 0 of draw 0.
    draws
        Posterior draws, which take the seeds in turn.
    series
        Whether the weekly series of every run is kept.
    file
        How messages name the design.
    """

    cases: tuple[Case, ...]
    settings: Mapping[str, Any]
    seed: int
    draws: int
    series: bool
    file: str
    model_version: str

    def seed_of(self, cell: ArrayOrInt, replicate: ArrayOrInt) -> ArrayOrInt:
        """The seed of a replicate of a cell (or of many): replicate r of draw d has seed + r × draws + d."""
        return self.seed + replicate * self.draws + cell % self.draws

    @property
    def vectors(self) -> int:
        """Parameter vectors that replicates take in turn."""
        return len(self.cases[0].members)

    def case(self, variant: int, settings: Mapping[str, Any], replicate: int = 0) -> Case:
        """A variant with the design's settings and those of a cell, and the behaviour of a replicate.

        Raises
        ------
        InputError
            If the values do not go together (a cap below the amount, for example).
        """
        bare = self.cases[variant]
        one = replace(bare, members=(bare.members[replicate % self.vectors],))
        return one.with_settings({**self.settings, **settings}, file=self.file)


@dataclass(frozen=True)
class Study:
    """A design with its inputs loaded and its points laid.

    Cells are numbered (variant × points + point) × draws + draw.
    """

    design: Design
    shared: Shared
    points: Points
    draws: Points

    @property
    def cells(self) -> int:
        """Number of cells: variants × points × draws."""
        return len(self.design.variants) * len(self.points) * len(self.draws)

    @property
    def runs(self) -> int:
        """Number of runs that the design asks for."""
        return self.cells * self.design.replicates

    @property
    def vectors(self) -> int:
        """Parameter vectors that the runs of a point have: draws of the design's file, or those taken in turn."""
        return len(self.draws) if len(self.draws) > 1 else self.shared.vectors

    def vector(self, cell: ArrayOrInt, replicate: ArrayOrInt) -> ArrayOrInt:
        """Which of them a run has."""
        return cell % len(self.draws) if len(self.draws) > 1 else replicate % self.shared.vectors

    def locate(self, cell: int) -> tuple[int, int, int]:
        """Variant, point and draw of a cell."""
        rest, draw = divmod(int(cell), len(self.draws))
        variant, point = divmod(rest, len(self.points))
        return variant, point, draw

    def settings(self, cell: int) -> dict[str, Any]:
        """Value by path of everything that the cell sets beyond the design's own settings."""
        _, point, draw = self.locate(cell)
        return {**self.draws.settings(draw), **self.points.settings(point)}

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
        """Paths that differ between cells, in the order of the design: factors, then the draws' parameters."""
        return (*self.points.columns, *self.draws.columns)

    def value(self, cell: int, path: str) -> Any:
        """The value that a path has in a cell, whether set there or the variant's own."""
        variant, point, draw = self.locate(cell)
        for points, row in ((self.points, point), (self.draws, draw)):
            if path in points.columns:
                value = points.value(path, row)
                if value != OWN:
                    return value
        return self._own[variant][path]

    @cached_property
    def _own(self) -> list[dict[str, Any]]:
        given = {path: value for path, value in self.shared.settings.items() if path in self.paths}
        return [{path: own_value(case, path) for path in self.paths} | given for case in self.shared.cases]

    @cached_property
    def inputs(self) -> dict[str, str]:
        """A hash of each thing that determines the runs, under the name a message would use."""
        shared, design = self.shared, self.design
        first = shared.cases[0]
        columns = [{path: _plain(p.columns[path]) for path in p.columns} for p in (self.points, self.draws)]
        return {
            "model version": shared.model_version,
            "variants": _hash([case.policy.model_dump(mode="json") for case in shared.cases]),
            "caseload": _hash(first.caseload.model_dump(mode="json")),
            "behaviour": _hash([member.model_dump(mode="json") for member in first.members]),
            "[set]": _hash(dict(shared.settings)),
            "points": _hash([columns[0], self.points.varied, len(self.points)]),
            "posterior draws": _hash([columns[1], len(self.draws)]),
            "weeks": str(first.weeks),
            "households": str(first.households),
            "seed": str(design.seed) if shared.draws == 1 else f"{design.seed}, a seed a draw",
            "series": str(shared.series).lower(),
            "measures": _hash(list(abm.MEASURES)),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that determines the results of a cell and replicate."""
        return _hash(self.inputs)

    def check(self) -> None:
        """Try the values of the points together, before anything runs.

        Raises
        ------
        InputError
            If a combination is refused: the design should not ask for it.
        """
        step = max(1, -(-self.cells // CHECKED_POINTS))
        for cell in range(0, self.cells, step):
            self.case(cell)


def lay_out(design: Design | Mapping[str, Any] | str | Path) -> Study:
    """Load a design's inputs and lay its points.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    design = load_design(design)
    file = design.file
    caseload = _loaded(load_caseload, "caseload", design.caseload, file)
    members = _members(design, file)
    behaviour = members[0]
    policies = tuple(_loaded(load_policy, "variants", name, file) for name in design.variants)
    if design.every_household:
        households: int | None = caseload.households
    else:
        households = design.households
    figures = figures_by_path((policies[0], ""), (caseload, "caseload."), (behaviour, "behaviour."))
    factors = factors_of(design.factors, figures, file=file)
    _count_cells(
        design, [len(f.at_levels(design.sampling.levels)) for f in factors] if design.sampling.method == "grid" else []
    )
    draws = _draws(design)
    first = Case(policies[0], caseload, members, design.weeks, households)
    shared = Shared(
        cases=tuple(replace(first, policy=policy) for policy in policies), settings=dict(design.set),
        seed=design.seed, draws=len(draws), series=design.series, file=file, model_version=abm.MODEL_VERSION,
    )  # fmt: skip
    points = lay_points(design, factors)
    both = set(points.columns) & set(draws.columns)
    if both:
        path = min(both)
        raise InputError(
            f"factors.{path}", design.factors[path], f"not a parameter that {design.posterior} draws", file=file
        )
    return Study(design, shared, points, draws)


def _members(design: Design, file: str) -> tuple[Behaviour, ...]:
    """The behaviours that replicates take in turn: those that the design names, or else the posterior's draws."""
    if design.behaviour is not None or design.posterior is not None:
        return (_loaded(load_behaviour, "behaviour", design.behaviour, file),)
    return fitted_members(design.uncertainty)[0]


def _loaded(load: Callable[[Any], Inputed], field: str, name: Any, file: str) -> Inputed:
    """An input that the design names; a name that is not known is the design's fault, not the input's."""
    try:
        return load(name)
    except InputError as fault:
        if fault.file or fault.value != name:
            raise
        raise InputError(field, name, fault.allowed, file=file, nearest=fault.nearest) from None


def _count_cells(design: Design, levels: list[int]) -> None:
    cells = len(design.variants)
    for count in levels:
        cells *= count
    if cells > MOST_CELLS:
        allowed = f"a grid of at most {MOST_CELLS:,} points ({' × '.join(map(str, levels))} is {cells:,})"
        raise InputError("sampling.levels", design.sampling.levels, allowed, file=design.file)


def figures_by_path(*inputs: tuple[Inputs, str]) -> dict[str, Figure]:
    """The figures that the files of some inputs give, by the path under which each can be set."""
    return {
        path if path.startswith("world.") else f"{prefix}{path}": figure
        for held, prefix in inputs
        for path, figure in held.figures.items()
    }


def own_value(case: Case, path: str) -> Any:
    """The value that a case itself has at a path; a date as its week."""
    model, declared = known_paths()[path]
    if model is Behaviour and len(case.members) > 1:
        return None  # a draw of its own in every run
    policy = case.policy.in_weeks(day_of(case.caseload)) if declared.kind == "week" else case.policy
    held = next(x for x in (policy, case.caseload, case.members[0]) if isinstance(x, model))
    return read(held, declared.path)


def _draws(design: Design) -> Points:
    """The posterior draws of the design's file: a column a parameter, a row a draw."""
    if design.posterior is None:
        return Points({}, None, 1)
    beside = Path(design.file).parent / design.posterior
    path = beside if beside.is_file() else Path(design.posterior).expanduser()
    if not path.is_file() or path.suffix not in (".csv", ".parquet"):
        raise InputError("posterior", design.posterior, "the path of a CSV or Parquet file of draws", file=design.file)
    import pandas as pd

    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    table = table.drop(columns=[name for name in ("draw", "chain") if name in table.columns])
    known = known_paths()
    for name in table.columns:
        if name not in known:
            near = nearest_spelling(str(name), known)
            raise InputError(f"column {name}", name, "the dotted path of a parameter", file=str(path), nearest=near)
    if not np.isfinite(table.to_numpy(dtype=np.float64)).all():
        raise InputError("posterior", design.posterior, "a table of finite numbers", file=design.file)
    count = len(table) if design.draws is None else design.draws
    if not 0 < count <= len(table):
        raise InputError(
            "draws", design.draws, f"a whole number from 1 to {len(table)}, the rows of {path}", file=design.file
        )
    columns = {str(name): table[name].to_numpy(dtype=np.float64)[:count] for name in table.columns}
    return Points(columns, None, count)


def _plain(column: Sequence[Any] | NDArray[np.float64]) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
