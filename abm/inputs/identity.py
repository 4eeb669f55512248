"""What tells inputs apart: a hash of all that they say, section by section."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from abm.inputs.kept import Kept, once
from abm.inputs.parameters import Inputs, declarations


@once
def digest(inputs: Inputs, without: tuple[str, ...] = ()) -> str:
    """A hash of all that an input says, from those of its sections.

    Named members (offers, countries) may stand in any order; origins and households are drawn in theirs.

    Parameters
    ----------
    without
        Fields that do not count.
    """
    return _hash(_told(inputs, without))


def _told(inputs: Inputs, without: tuple[str, ...] = ()) -> dict[str, Any]:
    told = dict(vars(inputs))
    for name in without:
        del told[name]
    for name in _nested(type(inputs)):
        told[name] = _said(told[name])
    return told


#: Hashes of what stands in inputs by name or in rows.
_INSIDE: Kept[str] = Kept()


def _said(value: Any) -> Any:
    if isinstance(value, Inputs):
        return digest(value)
    return _INSIDE.of(id(value), lambda: _hash(_inside(value)), value) if isinstance(value, dict | tuple) else value


def _inside(value: dict[str, Any] | tuple[Any, ...]) -> Any:
    if isinstance(value, tuple):
        return [_told(one) if isinstance(one, Inputs) else one for one in value]
    if any(isinstance(one, Inputs) for one in value.values()):
        return {name: digest(value[name]) for name in sorted(value)}
    return value


def _hash(told: Any) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


@cache
def _nested(model: type[Inputs]) -> tuple[str, ...]:
    """The fields that are no single number or text."""
    single = {*declarations(model)}
    return tuple(
        name for name, field in model.model_fields.items() if name not in single and field.annotation is not str
    )
