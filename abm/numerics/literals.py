"""Names whose numbers the compiler knows (of those of `abm.numerics.named` it knows only that they are numbers)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar, cast

from numba import types
from numba.core.imputils import lower_constant
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr_generic, models, register_model, typeof_impl

N = TypeVar("N", bound=IntEnum)


class Literals:
    """The numbers of a class of names, by name; where the compiler meets one, it knows which, not only that it is one.

    So what a number stands for may decide of the type of what is found there: a column by its number, say.
    """

    def __init__(self, names: type[IntEnum]) -> None:
        self._of = f"{names.__module__}.{names.__name__}"
        self.__dict__.update({member.name: int(member) for member in names})


def literals(names: type[N]) -> type[N]:
    """As `numbers`, for `Literals`."""
    return cast("type[N]", Literals(names))


class _Literals(types.Type):
    def __init__(self, held: Literals) -> None:
        self.held = held
        super().__init__(name=held._of)


@typeof_impl.register(Literals)
def _typeof(value, _):  # type: ignore[no-untyped-def]
    return _Literals(value)


register_model(_Literals)(models.OpaqueModel)


@lower_constant(_Literals)
def _constant(context, builder, typ, value):  # type: ignore[no-untyped-def]
    return context.get_dummy_value()


@infer_getattr
class _OneOfThem(AttributeTemplate):
    key = _Literals

    def generic_resolve(self, typ: _Literals, name: str) -> Any:
        return types.literal(getattr(typ.held, name))


@lower_getattr_generic(_Literals)
def _number(context, builder, typ, value, name):  # type: ignore[no-untyped-def]
    return context.get_constant(types.intp, getattr(typ.held, name))
