"""Levers that a search may move: a range or a list of values, the same value at one path or at several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from abm.inputs.parameters import Declaration, InputError, nearest_spelling, parse_value
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from experiments.question.factors import factors_of

#: Significant digits of a value from a range without steps: nobody offers £13,871.2234.
DIGITS = 3


@dataclass(frozen=True)
class Lever:
    """A lever, or several that always have the same value.

    Attributes
    ----------
    paths
        Where the value is set.
    values
        The values to choose from; or, if empty, all from `low` to `high` in steps of `step` (0: any).
    """

    paths: tuple[str, ...]
    declared: Declaration
    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    step: float = 0.0

    @property
    def name(self) -> str:
        """Its paths in one word."""
        return ",".join(self.paths)

    def at_end(self, end: int) -> Any:
        """The value at its low (0) or high (1) end, or the first or last of the list."""
        if self.values:
            return self.values[-end]
        return self.value(self.high if end else self.low)

    def value(self, raw: Any) -> Any:
        """A value of the search as it is set: whole numbers whole, others without digits that mean nothing."""
        if self.values:
            return raw
        if self.declared.whole:
            return int(raw)
        rounded = float(f"{raw:.12g}") if self.step else float(f"{raw:.{DIGITS}g}")
        return min(max(rounded, self.low), self.high)

    def holds(self, value: Any) -> bool:
        """Whether the search could set a value."""
        if self.values:
            return value in self.values
        if value is None or isinstance(value, bool | str):
            return False
        steps = (value - self.low) / self.step if self.step else 0.0
        return bool(self.low <= value <= self.high and abs(steps - round(steps)) < 1e-9)


def settings_of(levers: Sequence[Lever], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Value by path, from the value of each lever by its name."""
    return {path: lever.value(raw[lever.name]) for lever in levers for path in lever.paths}


def parse_lever(text: str) -> Lever:
    """A lever as ``--lever`` gives it: ``PATH=low:high``, ``PATH=low:high:step``, ``PATH=a,b,c``, or ``PATH,PATH=…``.

    Raises
    ------
    InputError
        Naming path, value, what is allowed and the nearest spelling.
    """
    names, equals, given = text.partition("=")
    paths = tuple(path.strip() for path in names.split(",") if path.strip())
    form = "PATH=low:high, PATH=low:high:step or PATH=a,b,c (PATH,PATH=… sets several alike)"
    if not equals or not paths or not given.strip():
        raise InputError("--lever", text, form)
    known = known_paths()
    for path in paths:
        if path not in known:
            raise InputError("--lever", text, "a lever of a policy", nearest=nearest_spelling(path, known))
        if known[path][0] is not Policy:
            raise InputError("--lever", text, "a lever of a policy: this is an input of the world, not a choice")
    if len(set(paths)) < len(paths):
        raise InputError("--lever", text, "each path once")
    made = [_lever(path, given.strip(), text) for path in paths]
    if len({(lever.values or (lever.low, lever.high), lever.declared.whole) for lever in made}) > 1:
        raise InputError("--lever", text, "levers of one kind: they are to have the same value")
    return replace(made[0], paths=paths)


def _lever(path: str, given: str, text: str) -> Lever:
    declared = replace(known_paths()[path][1], path=path)
    if ":" not in given:
        listed = [parse_value(declared, word, file="--lever") for word in given.split(",")]
        if len(listed) < 2:
            raise InputError("--lever", text, "at least two values (one value belongs in --set)")
        return Lever((path,), declared, _checked(path, listed).values)
    ends = given.split(":")
    if len(ends) not in (2, 3):
        raise InputError("--lever", text, "PATH=low:high or PATH=low:high:step")
    low, high = (parse_value(declared, word, file="--lever") for word in ends[:2])
    step = _step(ends[2], text) if len(ends) == 3 else 1.0 if declared.whole else 0.0
    factor = _checked(path, {"low": low, "high": high})
    count = (factor.high - factor.low) / step if step else 1.0
    if abs(count - round(count)) > 1e-9 or (declared.whole and step != int(step)):
        raise InputError("--lever", text, "a step that divides the range" + (", whole" if declared.whole else ""))
    return Lever((path,), declared, (), factor.low, factor.high, step)


def _step(word: str, text: str) -> float:
    try:
        step = float(word)
    except ValueError:
        step = math.nan
    if not (math.isfinite(step) and step > 0):
        raise InputError("--lever", text, "PATH=low:high:step with a step above zero")
    return step


def _checked(path: str, given: Any) -> Any:
    """The factor of a design that has this range or these values, with the same checks."""
    try:
        return factors_of({path: given}, file="--lever")[0]
    except InputError as fault:
        raise InputError(path, fault.value, fault.allowed, file="--lever", nearest=fault.nearest) from None
