"""Levers as a visitor may move them: which there are, and what a value typed or found in an address comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from abm.inputs.parameters import Declaration, InputError, nearest_spelling, parse_value
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import load_policy, policy_names
from experiments.page.lever_words import WHOSE, Refused, refusal

#: What A and B share is set under these.
SHARED = ("world.", "behaviour.")


def value_of(side: str, path: str, value: Any) -> Any:
    """What a value comes to as that of a lever: text is read according to the declaration.

    Parameters
    ----------
    side
        ``a`` or ``b``, or ``both`` for world and behaviour.

    Raises
    ------
    InputError
        If there is no such lever, or the value is not of its kind or not within its bounds.
    """
    declared = declared_at(path, side=side)
    given = value
    try:
        if isinstance(value, str) or value is None:
            value = parse_value(declared, "none" if value is None else value, file="")
        elif isinstance(value, bool) is not (declared.kind == "bool"):
            raise InputError(path, value, declared.allowed)
        elif declared.whole or declared.kind == "float":
            value = parse_value(declared, repr(value), file="")
    except InputError:
        raise refusal(side, path, given) from None
    if not _within(declared, value):
        raise refusal(side, path, given)
    return value


def declared_at(path: str, *, side: str) -> Declaration:
    """What is declared about a lever of a policy (side ``a`` or ``b``), or about a figure that ``both`` share.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if path in known_paths():
        model, declared = known_paths()[path]
        if path.startswith(SHARED) if side == "both" else model is Policy and _offered(path):
            return replace(declared, path=path)
    raise _no_lever(path, side)


def _offered(path: str) -> bool:
    """Whether a path is not that of an offer which no shipped policy has."""
    head, _, rest = path.partition(".")
    return head != "offers" or rest.partition(".")[0] in _offers()


@cache
def _offers() -> frozenset[str]:
    return frozenset(name for policy in policy_names() for name in load_policy(policy).offer_names)


def _no_lever(path: str, side: str) -> Refused:
    """There is no such lever, and which one may have been meant."""
    levers = [name for name, (model, _) in known_paths().items() if model is Policy]
    if side == "both":
        near = nearest_spelling(path, [name for name in known_paths() if name.startswith(SHARED)])
        whose = nearest_spelling(path, levers) if near is None else None
        hint = f" Did you mean a.{whose} or b.{whose}? A lever of a policy needs to say whose it is." if whose else ""
        told = f"There is no such lever of the world or of behaviour: {path}."
    else:
        near, hint = nearest_spelling(path, levers), ""
        told = f"{WHOSE[side]}: no such lever: {path}."
    hint = f" Did you mean {near}?" if near else hint
    return Refused(InputError(path, None, "no such lever", nearest=near), f"{told}{hint}")


def _within(declared: Declaration, value: Any) -> bool:
    """Whether a value of the right kind is inside the bounds, or among the choices."""
    if declared.choices:
        return value in declared.choices
    if value is None or isinstance(value, (bool, str, date)):
        return True
    least = float("-inf") if declared.ge is None else declared.ge
    most = float("inf") if declared.le is None else declared.le
    return bool(least <= value <= most)  # NaN is in no bounds
