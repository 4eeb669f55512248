"""Settings by dotted path: what `--set`, sliders and web addresses change in the three inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.kept import Kept
from abm.inputs.parameters import (
    OWN,
    RULE,
    Declaration,
    InputError,
    Inputs,
    M,
    declarations,
    nearest_spelling,
    parse_value,
    read,
)
from abm.inputs.policy import Offer, Policy
from abm.scenarios.people import check_offers, check_origins


class KnownPaths(dict[str, tuple[type[Inputs], Declaration]]):
    """Every path that can be set, with the input that holds it and its declaration; offers of any name among them."""

    def __missing__(self, path: str) -> tuple[type[Inputs], Declaration]:
        return Policy, declarations(Policy)[path]

    def __contains__(self, path: object) -> bool:
        return super().__contains__(path) or path in declarations(Policy)


def known_paths() -> KnownPaths:
    """Every path that can be set.

    Levers of the policy are bare (``offer.amount_per_person``, ``offers.pilot.amount_per_person``); the others begin
    with ``world.``, ``caseload.`` or ``behaviour.``.
    """
    return _known_paths(tuple(OWN.values()))


@cache
def _known_paths(own: tuple[type, ...]) -> KnownPaths:
    """Every path; `own`: what registered rules declare besides."""
    known = KnownPaths()
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
            if path.startswith((f"{RULE}.", f"behaviour.{RULE}.")):
                own = ", ".join(name for name in known if RULE in name.split(".")) or "none are given: --rule FILE.py"
                raise InputError(path, value, f"a parameter of rules of your own ({own})", file=file)
            raise InputError(path, value, "no such parameter", file=file, nearest=nearest_spelling(path, known))
        model, declared = known[path]
        if isinstance(value, str):
            value = parse_value(replace(declared, path=path), value, file=file)
        changes[model][declared.path] = value
    changed = _changed(caseload, changes[Caseload], "caseload.", file)
    if "inflow_per_week" in changes[Caseload] and caseload.inflow:
        told = f"left out: {caseload.name} gives its inflow by year ({', '.join(caseload.inflow)})"
        raise InputError("caseload.inflow_per_week", changes[Caseload]["inflow_per_week"], told, file=file)
    if "world.safety_origins" in changes[Caseload]:
        check_origins(changed, file=file)
    for path, value in changes[Policy].items():
        place = Policy.place_of(path)
        if place[0] == "offers" and place[1] not in (*policy.offer_names, *Policy.usual):
            named = ", ".join(policy.offer_names) or "none"
            near = nearest_spelling(path, policy.paths)
            allowed = f"a lever of an offer that the policy has ({named})"
            raise InputError(path, value, allowed, file=file, nearest=near)
    levers = _changed(policy, changes[Policy], "", file)
    if any(path.endswith(".origins") for path in changes[Policy]):
        check_offers(levers, file=file)
    return (
        levers,
        changed,
        _changed(behaviour, changes[Behaviour], "behaviour.", file),
    )


def levers_of(
    levers: Mapping[str, Any] | None, keywords: Mapping[str, Any], options: Sequence[str] = ()
) -> dict[str, Any]:
    """Settings by dotted path, from a mapping and from keywords, in which two underscores stand for a dot.

    Numbers of NumPy, as samplers give them, become Python's own.

    Parameters
    ----------
    options
        The other keywords of whoever asks, for the message on one that is neither.

    Raises
    ------
    InputError
        If a path is given more than once, or a keyword is none.
    """
    made = dict(levers or {})
    for word, value in keywords.items():
        path = word.replace("__", ".")
        if "." not in path:
            allowed = f"{', '.join(options)}, or a parameter by its path, such as offer__amount_per_person"
            raise InputError(word, value, allowed, nearest=nearest_spelling(word, options))
        if path in made:
            raise InputError(path, value, "a lever that is given once")
        made[path] = value
    return {path: value.item() if isinstance(value, np.generic) else value for path, value in made.items()}


def check_used(policy: Policy, levers: Mapping[str, Any]) -> None:
    """See that no lever is of an offer that a policy does not make.

    Raises
    ------
    InputError
        If one is, and no amount of that offer is among the levers.
    """
    amounts = [name for name in Offer.model_fields if name.startswith("amount_")]
    for path, value in levers.items():
        place = Policy.place_of(path)
        if place[0] != "offers":
            continue
        offer = Policy.path_at(place[:2])
        paths = [f"{offer}.{amount}" for amount in amounts]
        regimes = [regime.levers.get(each, 0.0) for regime in policy.regimes for each in paths]
        if not any(each in levers for each in paths) and not any([*(read(policy, each) for each in paths), *regimes]):
            allowed = f"given together with {paths[0]}: {policy.name} makes no such offer, so it has no effect"
            raise InputError(path, value, allowed)


#: Inputs with some paths changed: many points of a sweep change what others do.
_CHANGED: Kept[Any] = Kept()


def _changed(inputs: M, changes: Mapping[str, Any], prefix: str, file: str) -> M:
    if not changes:
        return inputs
    known = known_paths()
    key = id(inputs), id(known), repr(changes)
    return cast(M, _CHANGED.of(key, lambda: _with(inputs, changes, prefix, file), (inputs, known)))


def _with(inputs: M, changes: Mapping[str, Any], prefix: str, file: str) -> M:
    try:
        if isinstance(inputs, Policy):
            return cast(M, inputs.set_throughout(changes, file=file))
        return inputs.with_values(changes, file=file)
    except InputError as fault:
        field = fault.field if fault.field.startswith("world") else f"{prefix}{fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=file, nearest=fault.nearest) from None
