"""One entry of a scenario file: a bare value, a figure with its source, or a reference to the evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from abm.evidence.figures import evidence_figure
from abm.inputs.parameters import MARKS, Declaration, Figure, InputError, nearest_spelling

_KEYS = ("value", "evidence", "times", "low", "high", "unit", "mark", "source", "url", "note")
_TEXTS = ("unit", "source", "url", "note")


def entry(declared: Declaration, given: Any, file: str) -> tuple[Any, Figure]:
    """The value that an entry gives to a declared parameter, and the figure behind it.

    Raises
    ------
    InputError
        If the entry is not a value, a figure or a reference to one.
    """
    if not isinstance(given, dict):
        value = _value(declared, given)
        note = "given without a source" if _is_number(value) else ""
        return value, Figure(value, declared.unit, declared.low, declared.high, "assumed", "", note=note)
    told = dict(given)
    _check(declared, told, file)
    if "evidence" in told:
        return _referred(declared, told, file)
    value = _value(declared, told["value"])
    figure = Figure(
        value=value,
        unit=told.get("unit", declared.unit),
        low=told.get("low"),
        high=told.get("high"),
        mark=told.get("mark", "assumed"),
        source=told.get("source", ""),
        url=told.get("url", ""),
        note=told.get("note", ""),
    )
    _check_range(declared, figure, file)
    return value, figure


def _value(declared: Declaration, given: Any) -> Any:
    return None if declared.optional and given == "none" else given


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check(declared: Declaration, told: Mapping[str, Any], file: str) -> None:
    """Refuse what an entry may not hold."""
    where = declared.path
    for key, value in told.items():
        if key not in _KEYS:
            near = nearest_spelling(key, _KEYS)
            raise InputError(f"{where}.{key}", value, "one of " + ", ".join(_KEYS), file=file, nearest=near)
        if key in _TEXTS and not isinstance(value, str):
            raise InputError(f"{where}.{key}", value, "text", file=file)
        if key in ("low", "high", "times") and not (_is_number(value) and math.isfinite(value)):
            raise InputError(f"{where}.{key}", value, "a finite number", file=file)
    if ("value" in told) == ("evidence" in told):
        raise InputError(where, dict(told), "a figure with either value or evidence", file=file)
    if "times" in told and "evidence" not in told:
        raise InputError(f"{where}.times", told["times"], "given only together with evidence", file=file)
    if "mark" in told and told["mark"] not in MARKS:
        near = nearest_spelling(str(told["mark"]), MARKS)
        raise InputError(f"{where}.mark", told["mark"], "one of " + ", ".join(MARKS), file=file, nearest=near)


def _check_range(declared: Declaration, figure: Figure, file: str) -> None:
    """Refuse a range that does not hold its value."""
    if not _is_number(figure.value) or not math.isfinite(figure.value):
        return
    if figure.low is not None and figure.low > figure.value:
        raise InputError(f"{declared.path}.low", figure.low, f"at most the value ({figure.value:g})", file=file)
    if figure.high is not None and figure.high < figure.value:
        raise InputError(f"{declared.path}.high", figure.high, f"at least the value ({figure.value:g})", file=file)


def _referred(declared: Declaration, told: Mapping[str, Any], file: str) -> tuple[Any, Figure]:
    """Value and figure of an entry that refers to the evidence, scaled by `times`."""
    name, times = told["evidence"], told.get("times", 1.0)
    if not isinstance(name, str):
        raise InputError(f"{declared.path}.evidence", name, "the name of a figure, table:id", file=file)
    found = evidence_figure(name, field=f"{declared.path}.evidence", file=file)
    value = found.value * times
    low = None if found.low is None else found.low * times
    high = None if found.high is None else found.high * times
    if declared.kind == "int":
        value = round(value)
    computed = times != 1.0 or value != found.value
    figure = Figure(
        value=value,
        unit=told.get("unit", declared.unit),
        low=told.get("low", low),
        high=told.get("high", high),
        mark=told.get("mark", "inferred" if computed and found.mark in ("primary", "press") else found.mark),
        source=told.get("source", found.source),
        url=told.get("url", found.url),
        note=told.get("note", ""),
    )
    _check_range(declared, figure, file)
    return value, figure
