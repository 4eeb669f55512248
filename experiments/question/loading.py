"""The inputs that a design names, loaded: its policies, its caseload and its behaviours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from abm.arrays.setting import day_of
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import Figure, InputError, Inputs, read
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import load_behaviour, load_caseload, load_policy
from experiments.question.case import Case, fitted_members
from experiments.question.design import FITTED, Design
from experiments.question.draws import checked_draws

Inputed = TypeVar("Inputed", bound=Inputs)


def cases_of(design: Design) -> tuple[Case, ...]:
    """A case for each variant, and last the baseline if there is one; nothing is set yet.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    file = design.file
    caseload = _loaded(load_caseload, "caseload", design.caseload, file)
    members = _members(design, file)
    policies = [_loaded(load_policy, "variants", name, file) for name in design.variants]
    if design.baseline is not None:
        policies.append(_loaded(load_policy, "baseline", design.baseline, file))
    households = caseload.households if design.every_household else design.households
    first = Case(policies[0], caseload, members, design.weeks, households)
    return tuple(replace(first, policy=policy) for policy in policies)


def _members(design: Design, file: str) -> tuple[Behaviour, ...]:
    """The behaviours that replicates take in turn: those that the design names, or else the posterior's draws."""
    if design.behaviour is not None or design.posterior not in (None, FITTED):
        return (_loaded(load_behaviour, "behaviour", design.behaviour, file),)
    members, _ = fitted_members("parameters" if design.posterior == FITTED else design.uncertainty)
    return members[: checked_draws(design, len(members), "the shipped posterior")] if design.draws else members


def _loaded(load: Callable[[Any], Inputed], field: str, name: Any, file: str) -> Inputed:
    """An input that the design names; a name that is not known is the design's fault, not the input's."""
    try:
        return load(name)
    except InputError as fault:
        if fault.file or fault.value != name:
            raise
        raise InputError(field, name, fault.allowed, file=file, nearest=fault.nearest) from None


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
