"""What follows from inputs is worked out once: they never change, so that the same objects always say the same.

Points of a sweep differ in few places, and share the sections in which they do not.  What is worked out section by
section is therefore at hand for all but those that a point changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Annotated, Any, Generic, ParamSpec, TypeVar

from pydantic import AfterValidator

T = TypeVar("T")
P = ParamSpec("P")


class FrozenDict(dict[str, T]):
    """A dict that cannot be changed: inputs hold theirs so, for what was worked out from them must stay true."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("inputs are not changed in place; with_values(…) gives changed ones")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is made whole, not item by item."""
        return type(self), (dict(self),)


#: Values by name, in an input.
ByName = Annotated[dict[str, T], AfterValidator(FrozenDict)]

#: Results of each function that are kept.
KEPT = 256


class Kept(Generic[T]):
    """The latest results by what they follow from; safe to share between threads.

    Parameters
    ----------
    most
        Results that are kept; the oldest makes room for a new one.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._found: dict[Hashable, tuple[T, object]] = {}
        self._lock = Lock()

    def of(self, key: Hashable, make: Callable[[], T], held: object = None) -> T:
        """What is kept under a key, or is made now (by two threads at once, if both ask first).

        Parameters
        ----------
        held
            What a key names by its place in memory: as long as it is held, nothing else has that place.
        """
        found = self._found.get(key)
        if found is not None:
            return found[0]
        made = make()
        with self._lock:
            while len(self._found) >= self._most:
                del self._found[next(iter(self._found))]
            self._found[key] = made, held
        return made


#: What is told apart by value.
_BY_VALUE = (str, int, float, tuple)


def once(function: Callable[P, T]) -> Callable[P, T]:
    """A function of inputs that is worked out once for the same ones; what it returns is not to be written to.

    Inputs are told apart as objects, numbers, texts and tuples by value.
    """
    kept: Kept[T] = Kept()

    @wraps(function)
    def found(*args: P.args, **kwargs: P.kwargs) -> T:
        key = tuple([one if isinstance(one, _BY_VALUE) else id(one) for one in args])
        return kept.of((key, *kwargs.items()), lambda: function(*args, **kwargs), args)

    return found
