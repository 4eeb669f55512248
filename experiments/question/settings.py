"""Settings as a command line gives them: ``path=value``, or ``VARIANT:path=value``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from abm.inputs.parameters import InputError, nearest_spelling
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths


@dataclass(frozen=True)
class Change:
    """One ``--set``: a path, its value as text, and the variant it is for ("" : see `parse_settings`)."""

    path: str
    value: str
    variant: str = ""

    def __str__(self) -> str:
        """The words in which it was given."""
        return f"{self.variant}:{self.path}={self.value}" if self.variant else f"{self.path}={self.value}"

    @property
    def is_lever(self) -> bool:
        """Whether it changes a policy, not the world, the behaviour or the caseload."""
        return known_paths()[self.path][0] is Policy


def as_texts(settings: Mapping[str, Any] | Iterable[str]) -> tuple[str, ...]:
    """Settings as ``--set`` gives them, from a mapping of paths (or ``VARIANT:path``) to values, or from such texts."""
    if isinstance(settings, Mapping):
        return tuple(f"{path}={'none' if value is None else value}" for path, value in settings.items())
    return (settings,) if isinstance(settings, str) else tuple(settings)


def parse_settings(texts: Iterable[str], labels: Sequence[str] = (), *, file: str = "--set") -> list[Change]:
    """Settings as ``--set`` gives them.

    A lever without a variant is for every variant but not for the baseline; a lever with one is for the
    policy of that name, the baseline included.  ``world.``, ``behaviour.`` and ``caseload.`` are for all.

    Raises
    ------
    InputError
        If a setting is not of that form, names an unknown path or variant, or comes twice.
    """
    known = known_paths()
    made: list[Change] = []
    for text in texts:
        where, equals, value = text.partition("=")
        variant, colon, path = where.rpartition(":")
        variant, path = variant.strip(), path.strip()
        if not equals or not path:
            raise InputError("--set", text, "path=value or VARIANT:path=value")
        if path not in known:
            raise InputError(path, value, "no such parameter", file=file, nearest=nearest_spelling(path, known))
        if colon and variant not in labels:
            near = nearest_spelling(variant, labels)
            allowed = "VARIANT:path=value with one of " + ", ".join(labels) if labels else "path=value"
            raise InputError("--set", text, allowed, nearest=near and f"{near}:{path}={value}")
        change = Change(path, value.strip(), variant)
        if colon and not change.is_lever:
            raise InputError("--set", text, f"{path}=value without a variant: all variants share it")
        if any((c.path, c.variant) == (path, variant) for c in made):
            raise InputError("--set", text, "each path once")
        made.append(change)
    return made


def for_all(changes: Iterable[Change]) -> dict[str, str]:
    """Value by path of what every policy shares: the world, the behaviour, the caseload."""
    return {c.path: c.value for c in changes if not c.is_lever}


def levers_of(changes: Sequence[Change], label: str, *, is_baseline: bool) -> dict[str, str]:
    """Value by path of the levers of one policy: those for all variants first, then its own."""
    shared = {c.path: c.value for c in changes if c.is_lever and not c.variant and not is_baseline}
    return shared | {c.path: c.value for c in changes if c.is_lever and c.variant == label}
