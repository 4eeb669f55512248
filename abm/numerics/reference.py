"""Handing a named tuple to compiled functions by reference.

The compiler hands a named tuple on entry by entry, and each of its arrays as seven to eleven numbers: some 250 of them
for a setting and a state, at every call of a function that is not inlined.  `by_reference` writes the tuple down once,
among the variables of the function that asks for it, and what is handed on is where that is; entries are read from
there under the same names.  It is good as long as that function runs.  In Python it is the tuple itself.
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
from numba.extending import infer_getattr, lower_builtin, lower_getattr_generic, models, register_model

T = TypeVar("T")


class Reference(types.Type):
    """Where a named tuple of some type is written down."""

    def __init__(self, to: types.BaseNamedTuple) -> None:
        self.to, self.fields, self.types = to, to.fields, to.types
        self.instance_class = to.instance_class
        super().__init__(name=f"reference({to.name})")


@register_model(Reference)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Reference) -> None:
        super().__init__(manager, kind, manager.lookup(kind.to).get_value_type().as_pointer())


def by_reference(given: T) -> T:
    """The same named tuple, to be handed on by reference."""
    return given


@infer_global(by_reference)
class _ByReference(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0] if isinstance(args[0], Reference) else Reference(args[0]), *args)


@lower_builtin(by_reference, types.BaseNamedTuple)
def _written_down(context, builder, sig, args):  # type: ignore[no-untyped-def]
    at = cgutils.alloca_once_value(builder, args[0])
    # The compiler must not take it for a variable of its own: it would look there before anything is written.
    return builder.asm(ir.FunctionType(at.type, [at.type]), "", "=r,0,~{memory}", [at], True)


@lower_builtin(by_reference, Reference)
def _already(context, builder, sig, args):  # type: ignore[no-untyped-def]
    return args[0]


@infer_getattr
class _Entries(AttributeTemplate):
    key = Reference

    def generic_resolve(self, kind: Reference, name: str) -> Any:
        if name not in kind.fields:
            return None
        found = kind.types[kind.fields.index(name)]
        return Reference(found) if isinstance(found, types.BaseNamedTuple) else found


@lower_getattr_generic(Reference)
def _entry(context, builder, kind, where, name):  # type: ignore[no-untyped-def]
    place = kind.fields.index(name)
    found, at = kind.types[place], cgutils.gep_inbounds(builder, where, 0, place)
    if isinstance(found, types.BaseNamedTuple):
        return at
    return impl_ret_borrowed(context, builder, found, unchanging(builder, at))


def unchanging(builder: Any, at: Any) -> Any:
    """What stands somewhere, part by part: as nobody ever writes there, it may be read once and kept."""
    kind = at.type.pointee
    if not isinstance(kind, ir.BaseStructType | ir.ArrayType):
        read = builder.load(at)
        read.set_metadata("invariant.load", builder.module.add_metadata([]))
        return read
    whole = ir.Constant(kind, ir.Undefined)
    for part in range(len(kind.elements) if isinstance(kind, ir.BaseStructType) else kind.count):
        whole = builder.insert_value(whole, unchanging(builder, cgutils.gep_inbounds(builder, at, 0, part)), part)
    return whole
