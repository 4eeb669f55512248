"""Settings by dotted path: what `--set`, sliders and web addresses change in the three inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import Declaration, InputError, Inputs, M, declarations, nearest_spelling, parse_value
from abm.inputs.policy import Policy
from abm.scenarios.people import check_origins


@cache
def known_paths() -> Mapping[str, tuple[type[Inputs], Declaration]]:
    """Every path that can be set, with the input that holds it and its declaration.

    Levers of the policy are bare (``offer.amount_per_person``); the others begin with ``world.``,
    ``caseload.`` or ``behaviour.``.
    """
    known: dict[str, tuple[type[Inputs], Declaration]] = {}
    for model, prefix in ((Policy, ""), (Caseload, "caseload."), (Behaviour, "behaviour.")):
        for path, declared in declarations(model).items():
            known[path if path.startswith("world.") else f"{prefix}{path}"] = (model, declared)
    return known


def apply_settings(
    policy: Policy,
    caseload: Caseload,
    behaviour: Behaviour,
    settings: Mapping[str, Any],
    *,
    file: str = "--set",
) -> tuple[Policy, Caseload, Behaviour]:
    """The three inputs with some paths changed.

    Parameters
    ----------
    settings
        Value by path; a text is read according to the declaration of its path.
    file
        How messages call the place where the settings were given.

    Raises
    ------
    InputError
        If a path is unknown (with the nearest known one) or a value is not allowed.
    """
    known = known_paths()
    changes: dict[type[Inputs], dict[str, Any]] = {Policy: {}, Caseload: {}, Behaviour: {}}
    for path, value in settings.items():
        if path not in known:
            raise InputError(path, value, "no such parameter", file=file, nearest=nearest_spelling(path, known))
        model, declared = known[path]
        if isinstance(value, str):
            value = parse_value(replace(declared, path=path), value, file=file)
        changes[model][declared.path] = value
    changed = _changed(caseload, changes[Caseload], "caseload.", file)
    if "world.safety_origins" in changes[Caseload]:
        check_origins(changed, file=file)
    return (
        _changed(policy, changes[Policy], "", file),
        changed,
        _changed(behaviour, changes[Behaviour], "behaviour.", file),
    )


def _changed(inputs: M, changes: Mapping[str, Any], prefix: str, file: str) -> M:
    if not changes:
        return inputs
    try:
        return inputs.with_values(changes, file=file)
    except InputError as fault:
        field = fault.field if fault.field.startswith("world") else f"{prefix}{fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=file, nearest=fault.nearest) from None
