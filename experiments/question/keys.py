"""Whom an entry of a design is for: ``path`` is for every variant, ``VARIANT:path`` for one.

As in a comparison, a lever without a variant leaves the baseline alone, and one with the baseline's name moves it;
``world.``, ``caseload.`` and ``behaviour.`` are what the policies meet, so they are for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from abm.inputs.parameters import InputError, nearest_spelling
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths


@cache
def split_key(key: str) -> tuple[str, str]:
    """Variant ("": every one) and path of a key."""
    variant, _, path = key.rpartition(":")
    return variant.strip(), path.strip()


def path_of(key: str) -> str:
    """The path of a key, whomever it is for."""
    return split_key(key)[1]


def tied_keys(key: str) -> tuple[str, ...]:
    """The keys of an entry: several, separated by commas, take the same value."""
    return tuple(part.strip() for part in key.split(","))


def is_lever(path: str) -> bool:
    """Whether a path changes a policy, not the world, the caseload or the behaviour."""
    return known_paths()[path][0] is Policy


def applies(key: str, label: str, *, baseline: bool = False) -> bool:
    """Whether a key is for the policy of that label."""
    variant, path = split_key(key)
    if not is_lever(path):
        return True
    return variant == label if variant else not baseline


def for_policy(settings: Mapping[str, Any], label: str, *, baseline: bool = False) -> dict[str, Any]:
    """Value by path of what is for one policy: that for every variant first, then its own."""
    mine = [key for key in settings if applies(key, label, baseline=baseline)]
    return {path_of(key): settings[key] for own in (False, True) for key in mine if bool(split_key(key)[0]) is own}


def check_key(key: str, value: Any, labels: Iterable[str], *, field: str, file: str) -> None:
    """Check the variant that a key names.

    Raises
    ------
    InputError
        If there is no such variant, or the path is not a lever.
    """
    variant, path = split_key(key)
    if ":" not in key or path not in known_paths():
        return
    labels = list(dict.fromkeys(labels))
    if variant not in labels:
        near = nearest_spelling(variant, labels)
        allowed = "VARIANT:path with one of " + ", ".join(labels)
        raise InputError(field, value, allowed, file=file, nearest=near and f"{near}:{path}")
    if not is_lever(path):
        raise InputError(field, value, f"{path} without a variant: all variants share it", file=file)
