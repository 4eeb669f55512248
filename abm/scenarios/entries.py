"""One entry of a scenario file: a bare value, a figure with its source, or a reference to the evidence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from abm.evidence.figures import evidence_figure
from abm.inputs.parameters import MARKS, Declaration, Figure, InputError, nearest_spelling, parse_value

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
        value = _value(declared, given, file)
        note = "given without a source" if _is_number(value) else ""
        return value, Figure(value, declared.unit, declared.low, declared.high, "assumed", "", note=note)
    told = dict(given)
    _check(declared, told, file)
    if "evidence" in told:
        return _referred(declared, told, file)
    if "times" in told:
        told = _converted(declared, told, file)
    value = _value(declared, told["value"], file)
    figure = Figure(
        value=value,
        unit=declared.unit,
        low=told.get("low"),
        high=told.get("high"),
        mark=told.get("mark", "assumed"),
        source=told.get("source", ""),
        url=told.get("url", ""),
        note=told.get("note", ""),
    )
    _check_range(declared, figure, file)
    return value, figure


def _value(declared: Declaration, given: Any, file: str) -> Any:
    if declared.kind == "week" and isinstance(given, str) and given != "none":
        return parse_value(declared, given, file=file)
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
    _check_unit(declared, told, file)
    if "mark" in told and told["mark"] not in MARKS:
        near = nearest_spelling(str(told["mark"]), MARKS)
        raise InputError(f"{where}.mark", told["mark"], "one of " + ", ".join(MARKS), file=file, nearest=near)


def _check_unit(declared: Declaration, told: Mapping[str, Any], file: str) -> None:
    """Refuse a figure in another unit than the parameter's, unless `times` says what one of it is in that unit."""
    where, unit = declared.path, told.get("unit", declared.unit)
    if _is_in(unit, declared.unit):
        if "times" in told and "evidence" not in told:
            allowed = "given only together with evidence, or with a value in another unit"
            raise InputError(f"{where}.times", told["times"], allowed, file=file)
        return
    if "times" not in told or "evidence" in told:
        allowed = f"{declared.unit}, the unit of {where}; a value in another unit needs `times`, the worth of one of it"
        raise InputError(f"{where}.unit", unit, allowed, file=file)
    if not _is_number(told["value"]):
        raise InputError(f"{where}.value", told["value"], f"a number of {unit}", file=file)


def _is_in(unit: str, declared: str) -> bool:
    """Whether a unit is the declared one, or its first part (GBP of GBP/person)."""
    return unit.strip() in (declared, declared.split("/")[0])


def _converted(declared: Declaration, told: Mapping[str, Any], file: str) -> dict[str, Any]:
    """A figure in another unit, in the declared one."""
    try:
        scaled = {key: told[key] * told["times"] for key in ("value", "low", "high") if key in told}
        if declared.whole:
            scaled["value"] = round(scaled["value"])
    except (OverflowError, ValueError):
        raise InputError(f"{declared.path}.times", told["times"], "a factor of a finite figure", file=file) from None
    mark = told.get("mark", "assumed")
    made = f"{told['value']:,} {told['unit']} × {told['times']}"
    note = "; ".join(filter(None, [made, told.get("note", "")]))
    return {**told, **scaled, "mark": "inferred" if mark in ("primary", "press") else mark, "note": note}


def _measured_in(unit: str) -> str:
    """The currency or span of time in which a unit counts; empty if it counts something else."""
    first = re.split(r"[/ ]", unit, maxsplit=1)[0]
    return first if re.fullmatch("[A-Z]{3}", first) or first in ("days", "weeks", "months", "years") else ""


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
    if "times" not in told and _measured_in(found.unit) != _measured_in(declared.unit):
        allowed = f"a figure in {declared.unit}, not {found.unit}; another unit needs `times`, the worth of one of it"
        raise InputError(f"{declared.path}.evidence", name, allowed, file=file)
    value = found.value * times
    if not math.isfinite(value):
        raise InputError(f"{declared.path}.times", times, "a factor of a finite figure", file=file)
    low = None if found.low is None else found.low * times
    high = None if found.high is None else found.high * times
    if declared.whole:
        value = round(value)
    computed = times != 1.0 or value != found.value
    figure = Figure(
        value=value,
        unit=declared.unit,
        low=told.get("low", low),
        high=told.get("high", high),
        mark=told.get("mark", "inferred" if computed and found.mark in ("primary", "press") else found.mark),
        source=told.get("source", found.source),
        url=told.get("url", found.url),
        note=told.get("note", ""),
    )
    _check_range(declared, figure, file)
    return value, figure
