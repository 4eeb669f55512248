"""A design: which inputs to vary, over what, and how often.  Written as TOML, checked before anything runs.

A design file names a caseload and variants, the factors (inputs by dotted path, each a list or a range),
how the factors are sampled, and the number of replicates.  `experiments/README.md` shows one of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from abm.inputs.given import path_given
from abm.inputs.parameters import InputError, Inputs, build, nearest_spelling, parameter
from abm.scenarios.scenario import document
from experiments.question.case import Uncertainty
from experiments.question.defaults import DEFAULT_CASELOAD, DEFAULT_VARIANTS, SEED, WEEKS
from experiments.question.factors import typed
from experiments.question.keys import check_key, path_of, split_key, tied_keys

Method = Literal["grid", "one-at-a-time", "latin-hypercube", "sobol", "saltelli"]
DESIGNS = Path(__file__).parents[1] / "designs"

#: As a posterior: the shipped draws; and what stands for a table that was handed over.
FITTED, TABLE = "fitted", "a table"


class Sampling(Inputs):
    """How points are laid over the factors."""

    method: Method = parameter("grid", unit="method", meaning="how the factors are sampled")
    levels: int = parameter(5, unit="levels", ge=2, le=100_000, meaning="levels of a range, in grid and one-at-a-time")
    points: int = parameter(
        128,
        unit="points",
        ge=1,
        le=10_000_000,
        meaning="points of latin-hypercube and sobol; base points N of saltelli, which makes N × (factors + 2)",
    )
    second_order: bool = parameter(
        False, unit="yes/no", meaning="saltelli with second-order indices: N × (2 × factors + 2) points"
    )
    skip_clashes: bool = parameter(
        False, unit="yes/no", meaning="leave out points whose values do not go together, instead of refusing the design"
    )


class Design(Inputs):
    """A question put to the model: variants × points × posterior draws × replicates."""

    title: str = ""
    describes: str = ""
    caseload: str = DEFAULT_CASELOAD
    variants: list[str] = Field(default_factory=lambda: [DEFAULT_VARIANTS[0]])
    baseline: str | None = None
    behaviour: str | None = None
    weeks: int = parameter(WEEKS, unit="weeks", ge=1, le=5_000, meaning="horizon")
    households: int | None = parameter(
        None, unit="households", ge=1, le=5_000_000, meaning="households simulated; none: the caseload's own sample"
    )
    every_household: bool = parameter(
        False, unit="yes/no", meaning="simulate every household of the caseload, one to one"
    )
    replicates: int = parameter(
        20, unit="runs", ge=1, le=1_000_000, meaning="runs of each point, seeds the same at every point"
    )
    seed: int = parameter(SEED, unit="", ge=0, le=2**62, meaning="seed of replicate 0; replicate r has seed + r")
    series: bool = parameter(False, unit="yes/no", meaning="keep the weekly series of every run")
    uncertainty: Uncertainty | None = None
    posterior: str | None = None
    table: dict[str, list[Any]] | None = None
    draws: int | None = parameter(
        None, unit="draws", ge=1, le=10_000_000, meaning="draws of the posterior used; none: all"
    )
    sampling: Sampling = Sampling()
    set: dict[str, Any] = Field(default_factory=dict)
    factors: dict[str, Any] = Field(default_factory=dict)
    name: str = "design"
    file: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the variants, and last that of the baseline if there is one."""
        return (*self.variants, *([] if self.baseline is None else [self.baseline]))

    def with_options(self, **options: Any) -> Design:
        """A copy with some top-level fields changed (None: as it was)."""
        changes = {key: value for key, value in options.items() if value is not None}
        return build(Design, {**self.model_dump(), **changes}, file=self.file or "design") if changes else self


# ---- reading ----------------------------------------------------------------------------------------


def design_names() -> tuple[str, ...]:
    """Names of the ready designs."""
    return tuple(sorted(path.stem for path in DESIGNS.glob("*.toml")))


def load_design(design: Design | Mapping[str, Any] | str | Path) -> Design:
    """A design from the name of a ready one, the path of a TOML file, or a mapping laid out as one.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    if isinstance(design, Design):
        return design
    if isinstance(design, Mapping):
        return _built(dict(design), str(design.get("name", "design")), "design")
    path = _located(design)
    return _built(document(path), path.stem, str(path))


def _located(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if text in design_names():
        return DESIGNS / f"{text}.toml"
    path = path_given(text, "DESIGN")
    if path.is_file():
        return path
    near = nearest_spelling(path.stem, design_names())
    allowed = "the path of a TOML file that exists, or one of the ready designs: " + ", ".join(design_names())
    raise InputError("DESIGN", text, allowed, nearest=near)


def _built(given: dict[str, Any], name: str, file: str) -> Design:
    known = list(Design.model_fields)
    for key, value in given.items():
        if key not in known or key in ("file", "table"):
            raise InputError(key, value, "no such field of a design", file=file, nearest=nearest_spelling(key, known))
        if key in ("set", "factors", "sampling") and not isinstance(value, Mapping):
            raise InputError(key, value, f"a section, written [{key}]", file=file)
    if isinstance(given.get("variants"), str):
        given["variants"] = [given["variants"]]
    fields = {**given, "name": given.get("name", name), "file": file}
    table = given.get("posterior")
    if table is not None and hasattr(table, "columns"):  # of pandas
        fields |= {"posterior": TABLE, "table": {str(name): table[name].tolist() for name in table.columns}}
    fields["set"] = dict(_leaves(given.get("set", {})))
    fields["factors"] = dict(_leaves(given.get("factors", {})))
    design = build(Design, fields, file=file)
    _check(design)
    return design


def _leaves(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of each entry; ``offer.amount = …`` and ``"offer.amount" = …`` read the same."""
    for key, value in section.items():
        if isinstance(value, Mapping) and not _is_range(value):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _is_range(value: Mapping[str, Any]) -> bool:
    return not value or bool({"low", "high"} & set(value))


def _check(design: Design) -> None:
    file = design.file
    if not design.variants:
        raise InputError("variants", design.variants, "at least one variant", file=file)
    repeated = [name for name in design.variants if design.variants.count(name) > 1]
    if repeated:
        raise InputError("variants", repeated[0], "each variant once", file=file)
    if design.every_household and design.households is not None:
        raise InputError("households", design.households, "none when every_household is true", file=file)
    for name, given in (("posterior", design.posterior), ("behaviour", design.behaviour)):
        if design.uncertainty == "parameters" and given not in (None, FITTED):
            allowed = f"left out beside {name}: it says which behaviours are run"
            raise InputError("uncertainty", design.uncertainty, allowed, file=file)
    if design.posterior == FITTED:
        for name, other in (("behaviour", design.behaviour), ("uncertainty", design.uncertainty)):
            if other not in (None, "parameters"):
                raise InputError(name, other, 'left out beside posterior = "fitted", the shipped draws', file=file)
    if design.draws is not None and design.posterior is None:
        raise InputError("draws", design.draws, "only beside posterior, which gives the draws", file=file)
    _check_keys(design)
    method, points = design.sampling.method, design.sampling.points
    if method in ("sobol", "saltelli") and points & (points - 1):
        lower, upper = 2 ** (points.bit_length() - 1), 2 ** points.bit_length()
        allowed = f"a power of two for {method} (its balance depends on it): {lower} or {upper}"
        raise InputError("sampling.points", points, allowed, file=file)
    if method != "grid" and not design.factors:
        raise InputError("factors", {}, f"at least one factor for {method}", file=file)


def _check_keys(design: Design) -> None:
    """Check what is set and what varies: for whom, and each path once."""
    file, varied = design.file, dict[str, str]()
    for key, value in design.factors.items():
        for path in tied_keys(key):
            check_key(path, value, design.labels, field=f"factors.{key}", file=file)
            if path in varied or _beside(path, varied):
                raise InputError(f"factors.{key}", value, f"each path once: {path} is there already", file=file)
            varied[path] = key
    for path, value in design.set.items():
        check_key(path, value, design.labels, field=f"set.{path}", file=file)
        typed(path, value, field=f"set.{path}", file=file)
        if path in varied or (split_key(path)[0] and path_of(path) in varied):
            raise InputError(f"set.{path}", value, "either in [set] or in [factors], not in both", file=file)


def _beside(key: str, varied: Mapping[str, str]) -> bool:
    """Whether the same lever varies for all variants and for one of them."""
    variant, path = split_key(key)
    return path in varied if variant else any(path_of(other) == path for other in varied if split_key(other)[0])
