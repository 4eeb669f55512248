"""Factors: the inputs that a design varies, each a list of values or a range, checked against its declaration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from abm.inputs.parameters import (
    Declaration,
    Figure,
    InputError,
    Inputs,
    build,
    declarations,
    nearest_spelling,
    parameter,
)
from abm.scenarios.overrides import known_paths
from experiments.question.keys import path_of, tied_keys

Scale = Literal["linear", "log"]

#: Instead of a range: the plausible range that the input's own figure, or else its declaration, gives.
PLAUSIBLE = "plausible"

#: In a list: the value that the variant (or the caseload, or the fitted behaviour) has itself.
OWN = "own"


class Range(Inputs):
    """A factor that runs from `low` to `high`."""

    low: float = parameter(0.0, unit="", meaning="lowest value")
    high: float = parameter(1.0, unit="", meaning="highest value")
    levels: int | None = parameter(None, unit="levels", ge=2, le=100_000, meaning="levels in grid and one-at-a-time")
    scale: Scale = parameter("linear", unit="scale", meaning="spacing of levels and of samples")


@dataclass(frozen=True)
class Factor:
    """One input that varies: a list of values, or a range.

    Attributes
    ----------
    path
        Where it is set; with ``VARIANT:`` before it, for that variant alone.
    tied
        Further paths that take the same value.
    """

    path: str
    declared: Declaration
    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    levels: int | None = None
    scale: Scale = "linear"
    tied: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that takes the factor's value."""
        return (self.path, *self.tied)

    @property
    def name(self) -> str:
        """How the factor is called: its paths, as the design has them."""
        return ", ".join(self.paths)

    @property
    def definition(self) -> list[Any]:
        """All that says which values it takes."""
        ends = [None if math.isnan(end) else end for end in (self.low, self.high)]
        return [list(self.paths), list(self.values), *ends, self.levels, self.scale]

    def at_levels(self, levels: int) -> tuple[Any, ...]:
        """The listed values, or equally spaced levels of the range (ends included)."""
        if self.values:
            return self.values
        count = self.levels or levels
        found = [self._between(i / (count - 1)) for i in range(count)]
        return tuple(dict.fromkeys(found))

    def at(self, share: float) -> Any:
        """The value a share (0–1, 1 excluded) of the way through the list or the range."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.declared.whole:
            return int(self.low) + min(
                int(share * (int(self.high) - int(self.low) + 1)), int(self.high) - int(self.low)
            )
        return self._between(share)

    def _between(self, share: float) -> Any:
        if self.scale == "log":
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.declared.whole else value


def declaration(path: str, value: Any, *, field: str, file: str) -> Declaration:
    """The declaration of a dotted path, whomever it is for; `InputError` with the nearest path if there is none."""
    known, path = known_paths(), path_of(path)
    if path not in known:
        raise InputError(field, value, "no such parameter", file=file, nearest=nearest_spelling(path, known))
    return known[path][1]


def typed(path: str, value: Any, *, field: str, file: str) -> Any:
    """A value of the kind that its path declares; "none" takes a limit away.

    Raises
    ------
    InputError
        If the value is of another kind or out of bounds.
    """
    declared = declaration(path, value, field=field, file=file)
    fault = InputError(field, value, declared.allowed, file=file)
    if declared.optional and (value is None or value == "none"):
        return None
    if declared.choices:
        if value not in declared.choices:
            raise InputError(
                field, value, declared.allowed, file=file, nearest=nearest_spelling(str(value), declared.choices)
            )
        return value
    if declared.kind in ("bool", "str"):
        if not isinstance(value, bool if declared.kind == "bool" else str):
            raise fault
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise fault
    if declared.whole and value != int(value):
        raise fault
    if (declared.ge is not None and value < declared.ge) or (declared.le is not None and value > declared.le):
        raise fault
    return int(value) if declared.whole else float(value)


def factors_of(
    given: Mapping[str, Any], figures: Mapping[str, Figure] | None = None, *, file: str = ""
) -> tuple[Factor, ...]:
    """The factors that a design gives by dotted path, checked.

    Parameters
    ----------
    given
        By path; paths separated by commas take the same value.
    figures
        Figures by path, whose low and high "plausible" means; without one, the declaration's.

    Raises
    ------
    InputError
        Naming the factor, its value and what is allowed.
    """
    return tuple(_tied(key, value, figures or {}, file) for key, value in given.items())


def _tied(key: str, given: Any, figures: Mapping[str, Figure], file: str) -> Factor:
    """The factor of one path, or of several that take the same value."""
    first, *others = (_factor(path, given, f"factors.{key}", figures, file) for path in tied_keys(key))
    for other in others:
        if other.definition[1:] != first.definition[1:] or other.declared.whole != first.declared.whole:
            allowed = f"values that {first.path} and {other.path} both take"
            raise InputError(f"factors.{key}", given, allowed, file=file)
    return replace(first, tied=tuple(other.path for other in others))


def _factor(path: str, given: Any, field: str, figures: Mapping[str, Figure], file: str) -> Factor:
    declared = declaration(path, given, field=field, file=file)
    if given == PLAUSIBLE:
        figure = figures.get(path, figures.get(path_of(path)))
        low, high = (figure.low, figure.high) if figure is not None else (None, None)
        if low is None or high is None:
            low, high = declared.low, declared.high
        if low is None or high is None:
            raise InputError(field, given, "a list or { low, high }: no plausible range is declared", file=file)
        given = {"low": low, "high": high}
    if isinstance(given, Mapping):
        return _range(path, given, declared, field, file)
    if not isinstance(given, list):
        allowed = 'a list of values, { low = …, high = … } or "plausible" (a single value belongs in [set])'
        raise InputError(field, given, allowed, file=file)
    values = tuple(OWN if value == OWN else typed(path, value, field=field, file=file) for value in given)
    if not values or len(set(values)) < len(values):
        raise InputError(field, given, "a list of at least one value, each once", file=file)
    return Factor(path, declared, values)


def _range(path: str, given: Mapping[str, Any], declared: Declaration, field: str, file: str) -> Factor:
    known = declarations(Range)
    for key, value in given.items():
        if key not in known:
            near = nearest_spelling(key, known)
            raise InputError(f"{field}.{key}", value, "one of " + ", ".join(known), file=file, nearest=near)
    for end in ("low", "high"):
        if end not in given:
            raise InputError(field, dict(given), f"a range with low and high ({end} is missing)", file=file)
    if not (declared.whole or declared.kind == "float"):
        raise InputError(field, dict(given), f"a list: {path} takes {declared.allowed}", file=file)
    low, high = (typed(path, given[end], field=f"{field}.{end}", file=file) for end in ("low", "high"))
    try:
        made = build(Range, {**given, "low": float(given["low"]), "high": float(given["high"])}, file=file)
    except InputError as fault:
        raise InputError(f"{field}.{fault.field}", fault.value, fault.allowed, file=file) from None
    if low is None or high is None or low >= high:
        raise InputError(field, dict(given), "a range whose low is below its high", file=file)
    if made.scale == "log" and low <= 0:
        raise InputError(field, dict(given), "a range above zero when its scale is log", file=file)
    return Factor(path, declared, (), float(low), float(high), made.levels, made.scale)
