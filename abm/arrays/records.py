"""Numbers by name as records: how the compiled driver reads what Mesa's driver reads as named tuples."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from abm.numerics.arithmetic import INTERPRETED

M = TypeVar("M", bound=tuple[Any, ...])

#: Layout of each kind of record: how its numbers, sections and arrays lie is the same in all of a kind.
_LAYOUTS: dict[type, np.dtype[Any]] = {}


def as_records(x: M) -> M:
    """The same named tuple with its parts as records, which pass as pointers; arrays are handed on as they are.

    Uncompiled it reads them as Mesa's driver does.
    """
    return type(x)(*map(_as_record, x))


def _as_record(part: Any) -> Any:
    if INTERPRETED or isinstance(part, np.ndarray):
        return part
    if hasattr(part, "_fields"):
        return np.array([part], dtype=_layout(part))[0]
    return np.array(list(part), dtype=_layout(part[0]))


def _layout(part: Any) -> np.dtype[Any]:
    kind = type(part)
    if kind not in _LAYOUTS:
        _LAYOUTS[kind] = np.dtype([_field(*named) for named in zip(part._fields, part, strict=True)])
    return _LAYOUTS[kind]


def _field(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return name, _layout(value)
    if isinstance(value, np.ndarray):
        return name, np.float64, value.shape
    return name, np.int64 if isinstance(value, int) else np.float64
