"""Names declared once: numbered in the order in which they are written, each with its meaning.

A class of names is an enumeration whose members are whole numbers from 0.  Documents, tables and tests read it
as it is.  The rules read `numbers` of it: a named tuple of plain numbers, which the compiler takes for constants
and plain Python reads without the cost of an enumeration's members (2.8 times slower in the driver by agents).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Self, TypeVar, cast


class Named(IntEnum):
    """Base of a class of names.  A row is a meaning, or a meaning and further facts (see the class's ``__init__``)."""

    meaning: str

    def __new__(cls, meaning: Any, *_facts: object) -> Self:  # Any: once made, a number finds its member
        """A member whose number is its place."""
        member = int.__new__(cls, len(cls.__members__))
        member._value_ = int(member)
        member.meaning = meaning
        return member


N = TypeVar("N", bound=IntEnum)


def numbers(names: type[N], kind: Callable[[int], float] = int) -> type[N]:
    """The numbers of a class of names, by name: ``STAGE = numbers(Stage, float)``, then ``STAGE.REFUSED``.

    Parameters
    ----------
    kind
        What the rules compare them with: whole numbers (positions), or floats (values in a column).

    Returns
    -------
    namedtuple
        For a type checker it is the class itself, so that a misspelt name is found before anything runs.
    """
    made: Any = namedtuple(names.__name__, list(names.__members__))  # type: ignore[misc]
    return cast("type[N]", made(*(kind(int(member)) for member in names)))
