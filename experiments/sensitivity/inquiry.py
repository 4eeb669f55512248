"""What a sensitivity analysis asks: of which measure, of which policy (or pair of policies), over which inputs.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from abm.inputs.caseload import Caseload
from abm.inputs.parameters import Declaration, InputError, nearest_spelling, parse_value
from abm.inputs.policy import Policy
from abm.measures import COMPARED, MEASURES, Measure
from abm.model import checked_seed
from abm.scenarios.overrides import known_paths
from experiments.question.case import Case, load_case
from experiments.question.defaults import (
    AT_ENDS,
    DEFAULT_CASELOAD,
    DEFAULT_VARIANTS,
    MOST_DECOMPOSED,
    POINTS,
    REPLICATES,
    SEED,
    TRAJECTORIES,
    WEEKS,
)  # fmt: skip
from experiments.question.factors import PLAUSIBLE, Factor, factors_of
from experiments.question.loading import figures_by_path, own_value
from experiments.question.settings import Change, for_all, levers_of, parse_settings

#: Combinations of ends that are tried together before the first run: every pair of inputs meets all four ways.
CORNERS = 64

#: Value by dotted path.
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Inquiry:
    """A sensitivity analysis, loaded and checked.

    Attributes
    ----------
    cases
        The baseline, if there is one, then the variant, each with its own reference values.
    labels
        How each is called.
    measure
        Of the variant; or, with a baseline, the difference paired by seed.
    factors
        What varies, each uniformly over its range and independently of the others.
    own
        Reference value of each, by path.
    marks
        How far each reference value can be trusted, by path.
    held
        Why an input that has a range is held at its reference, by path.
    without_range
        Paths of the inputs that no plausible range is declared for.
    replicates
        Seeds over which each point of screening and decomposition is averaged: ``seed``, ``seed`` + 1, …
    at_ends
        The same at the reference, at the ends of the tornado and where a sign turns.
    trajectories
        Of the screening, each of as many points as there are factors, and one.
    points
        Base points of the decomposition, a power of two.
    most
        Factors that screening leaves for the decomposition, at most.
    settings, without
        What was set, and the cases with all settings but one, by the words of that one.
    """

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    measure: Measure
    factors: tuple[Factor, ...]
    own: Mapping[str, Any]
    marks: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    without_range: tuple[str, ...] = ()
    seed: int = SEED
    replicates: int = REPLICATES
    at_ends: int = AT_ENDS
    trajectories: int = TRAJECTORIES
    points: int = POINTS
    most: int = MOST_DECOMPOSED
    settings: tuple[Change, ...] = ()
    without: Mapping[str, tuple[Case, ...]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check the numbers."""
        least = {"--replicates": (self.replicates, 2), "--tornado-replicates": (self.at_ends, 2),
                 "--trajectories": (self.trajectories, 2), "--most": (self.most, 1)}  # fmt: skip
        for name, (value, at_least) in least.items():
            if value < at_least:
                raise InputError(name, value, f"a whole number of at least {at_least}")
        if self.points < 2 or self.points & (self.points - 1):
            raise InputError(
                "--points", self.points, "a power of two from 2 on: the balance of the points depends on it"
            )
        checked_seed(checked_seed(self.seed) + max(self.replicates, self.at_ends))

    @property
    def variant(self) -> Case:
        """The case that is looked at."""
        return self.cases[-1]

    @property
    def paired(self) -> bool:
        """Whether it is a difference from a baseline."""
        return len(self.cases) > 1

    def declared(self, path: str) -> Declaration:
        """The declaration of an input that varies."""
        return next(factor.declared for factor in self.factors if factor.path == path)


def inquire(
    variant: Policy | str = DEFAULT_VARIANTS[0],
    *,
    measure: str,
    against: Policy | str | None = None,
    caseload: Caseload | str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Sequence[str] = (),
    over: Sequence[str] = (),
    levers: bool = False,
    **numbers: int,
) -> Inquiry:
    """Load and check a sensitivity analysis.

    Parameters
    ----------
    variant, caseload
        Names, or paths of TOML files; or inputs at hand.
    measure
        Id of a measure; one of comparisons needs `against`.
    against
        The baseline from which differences are taken, on the same seeds.
    settings
        As ``--set`` gives them; they move the reference, and what is set does not vary unless `over` names it.
    over
        Paths, groups of paths (``behaviour``, ``caseload.network``, ``offer``), or ``PATH=low:high``; without any,
        every input of behaviour, world and caseload that has a plausible range.
    levers
        Whether the levers of the variant that have a plausible range vary too.
    numbers
        `replicates`, `at_ends`, `trajectories`, `points`, `most` of an `Inquiry`.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    told = _measure(measure, against)
    names = [name for name in (against, variant) if name is not None]
    bare = [load_case(name, caseload, weeks=weeks, households=households) for name in names]
    if against == variant:
        raise InputError("--against", against, "another policy than the variant")
    labels = tuple(case.policy.name for case in bare)
    if len(set(labels)) < len(labels):  # two files may share a name
        labels = tuple(name if isinstance(name, str) else name.name for name in names)
    changes = parse_settings(settings, labels)

    def made(some: Sequence[Change]) -> tuple[Case, ...]:
        return tuple(
            case.with_settings(for_all(some)).with_settings(
                levers_of(some, label, is_baseline=case is not bare[-1]), file=f"--set, {label}"
            )
            for case, label in zip(bare, labels, strict=True)
        )

    cases, without = made(changes), {}
    for change in changes:
        with suppress(InputError):  # one without the other may contradict itself: then both have an effect
            without[str(change)] = made([other for other in changes if other is not change])
    factors, chosen, ranged, bare_of = _factors(cases[-1], over, levers)
    held = {path: "set by you" for path in ranged if any(change.path == path for change in changes)}
    factors = [factor for factor in factors if factor.path not in held or factor.path in chosen]
    factors, clashing = _agreeing(cases, factors, chosen)
    held = {path: why for path, why in held.items() if path not in chosen} | clashing
    if not factors:
        raise InputError("--over", ", ".join(over) or "none", "at least one input with a range that may vary")
    figures = {path: _mark(cases[-1], path) for path in (factor.path for factor in factors)}
    return Inquiry(
        cases, labels, told, tuple(factors), {f.path: own_value(cases[-1], f.path) for f in factors}, figures, held,
        tuple(bare_of), seed=seed, settings=tuple(changes), without=without, **numbers,
    )  # fmt: skip


def applied(settings: Settings, *, baseline: bool) -> dict[str, Any]:
    """What of a point applies to a case: levers are the variant's alone."""
    return {path: value for path, value in settings.items() if not (baseline and is_lever(path))}


def is_lever(path: str) -> bool:
    """Whether a path belongs to a policy."""
    return known_paths()[path][0] is Policy


# ---- the measure ------------------------------------------------------------------------------------


def _measure(name: str, against: object) -> Measure:
    known = MEASURES | COMPARED
    if name not in known:
        allowed = "a measure that returns list measures prints"
        raise InputError("--measure", name, allowed, nearest=nearest_spelling(name, known))
    told = known[name]
    if told.ratio or told.control:
        why = "a ratio of means over runs" if told.ratio else "one that needs the variant without its money"
        raise InputError("--measure", name, f"a measure that each run has by itself: this is {why}; try net_saving_npv")
    if told.compared and against is None:
        raise InputError("--measure", name, "a measure of one policy, or this one with --against BASELINE")
    return told


# ---- the factors ------------------------------------------------------------------------------------


def _factors(case: Case, over: Sequence[str], levers: bool) -> tuple[list[Factor], set[str], list[str], list[str]]:
    """Factors, those of them that were chosen by name, every path with a range that was looked at, those without."""
    figures = figures_by_path((case.policy, ""), (case.caseload, "caseload."), (case.members[0], "behaviour."))
    own_levers = [path for path in case.policy.paths if "." in path]
    others = [path for path, (model, _) in known_paths().items() if model is not Policy]
    wanted: dict[str, Any] = {}
    chosen: set[str] = set()
    looked_at = [] if over else list(others)
    for text in over:
        path, equals, ends = text.partition("=")
        path = path.strip()
        group = [one for one in (*others, *own_levers) if one.startswith(f"{path}.")]
        if equals or not group:
            wanted[path] = _ends(path, ends, [*others, *own_levers]) if equals else PLAUSIBLE
            if path not in known_paths():
                near = nearest_spelling(path, [*others, *own_levers])
                raise InputError("--over", text, "PATH, PATH=low:high, or a group of paths", nearest=near)
            chosen.add(path)
        looked_at += group
    if levers:
        # Of offers that the variant does not make there is nothing to vary, unless one is asked for by name.
        unmade = tuple(f"{name}." for name in Policy.usual if name not in case.policy.offer_names)
        looked_at += [path for path in own_levers if not path.startswith(unmade)]
    without: list[str] = []
    for path in dict.fromkeys(looked_at):
        if path not in wanted:
            try:
                factors_of({path: PLAUSIBLE}, figures)
                wanted[path] = PLAUSIBLE
            except InputError:
                without.append(path)
    found: list[Factor] = []
    for path, given in wanted.items():
        try:
            found += factors_of({path: given}, figures, file="--over")
        except InputError as fault:
            told = "PATH=low:high: no plausible range is declared" if given == PLAUSIBLE else fault.allowed
            raise InputError(path, fault.value, told, file="--over", nearest=fault.nearest) from None
    return found, chosen, [path for path in wanted if path not in chosen], without


def _ends(path: str, text: str, known: Sequence[str]) -> dict[str, float]:
    if path not in known_paths():
        raise InputError("--over", f"{path}={text}", "no such parameter", nearest=nearest_spelling(path, known))
    low, colon, high = text.partition(":")
    if not colon:
        raise InputError("--over", f"{path}={text}", "PATH=low:high, two numbers")
    declared = replace(known_paths()[path][1], path=path)
    return {end: parse_value(declared, word, file="--over") for end, word in (("low", low), ("high", high))}


def _mark(case: Case, path: str) -> str:
    model, declared = known_paths()[path]
    held = next(one for one in (case.policy, case.caseload, case.members[0]) if isinstance(one, model))
    return held.figure(declared.path).mark


def _agreeing(
    cases: Sequence[Case], factors: Sequence[Factor], chosen: set[str]
) -> tuple[list[Factor], dict[str, str]]:
    """The factors whose values go together at every combination of ends tried; why each of the others is held.

    Raises
    ------
    InputError
        If it is one that was chosen by name that cannot vary.
    """
    kept = list(factors)
    held: dict[str, str] = {}
    while True:
        fault = next(_faults(cases, kept), None)
        if fault is None:
            return kept, held
        named = [f.path for f in kept if f.path == fault.field] or [
            f.path for f in kept if f.path.startswith(f"{fault.field}.")
        ]
        if not named or chosen & set(named):
            raise fault
        held |= dict.fromkeys(named, fault.allowed)
        kept = [factor for factor in kept if factor.path not in named]


def _faults(cases: Sequence[Case], factors: Sequence[Factor]) -> Iterator[InputError]:
    """Refusals of each factor alone at either end, and of random combinations of ends."""
    rng = np.random.default_rng(0)  # what varies does not depend on the seed of the runs
    ends = rng.integers(0, 2, size=(CORNERS, len(factors)))
    alone = [{f.path: f.at(float(end))} for f in factors for end in (0, 1)]
    together = [{f.path: f.at(float(end)) for f, end in zip(factors, row, strict=True)} for row in ends]
    for settings in (*alone, *together):
        for position, case in enumerate(cases):
            try:
                baseline = position < len(cases) - 1
                case.with_settings(applied(settings, baseline=baseline), file="a combination of the ends of ranges")
            except InputError as fault:
                yield fault
