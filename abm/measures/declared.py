"""What a measure is, and which there are."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from abm.inputs.parameters import InputError

Group = Literal["firm", "fair", "compassionate", "public money"]

#: Measures by id, of one run or of many (a float, or an array with an entry a run).
Outcomes = Mapping[str, Any]


class Ratio(NamedTuple):
    """A ratio that is taken of means over runs, not run by run.

    With `only_more` there is none unless what stands below the line can be told to be above zero; with `only_dearer`
    what stands above it must be so too.
    """

    above: Any
    below: Any
    only_more: bool = False
    only_dearer: bool = False


@dataclass(frozen=True)
class Measure:
    """What an outcome means, and how it is found.

    Attributes
    ----------
    id, title, unit, definition
        Name for files, name for people, unit, and definition with window and denominator.
    group
        Which concern it speaks to.
    compared
        True if it needs a baseline.
    ratio
        True for a `Ratio`: one number for all runs, not one a run.
    control
        True if it needs the variant without its money as well.
    absent
        Why there may be none.
    of
        A function of a `Tally`; of two `Outcomes` (variant, baseline) if it needs a baseline, of three (variant,
        baseline, control) if it needs a control.
    """

    id: str
    title: str
    unit: str
    definition: str
    group: Group
    compared: bool = False
    ratio: bool = False
    control: bool = False
    absent: str = field(default="there is none in these runs", repr=False)
    of: Callable[..., Any] = field(default=lambda *_: math.nan, repr=False, compare=False)


#: Why a measure is absent from runs, where several are for the same reason.
TOO_SHORT = "the run is shorter"
WIDER_OFF = "no yearly figures for people outside the account are set"

MEASURES: dict[str, Measure] = {}
#: Outcomes of a comparison: they need a baseline with the same seeds.
COMPARED: dict[str, Measure] = {}

Function = Callable[..., Any]


def _declared(into: dict[str, Measure], title: str, unit: str, group: Group, told: Mapping[str, Any]) -> Any:
    def declare(function: Function) -> Function:
        definition = " ".join(inspect.cleandoc(function.__doc__ or "").split()).removesuffix(".")
        definition = definition[:1].lower() + definition[1:]
        into[function.__name__] = Measure(function.__name__, title, unit, definition, group, of=function, **told)
        return function

    return declare


def measure(title: str, *, unit: str, group: Group, **told: Any) -> Callable[[Function], Function]:
    """Make a function of a `Tally` a measure: its name is the id, its docstring the definition."""
    return _declared(MEASURES, title, unit, group, told)


def compared(title: str, *, unit: str, group: Group, **told: Any) -> Callable[[Function], Function]:
    """Make a function of the `Outcomes` of a variant and its baseline (and its control) a measure of comparisons."""
    return _declared(COMPARED, title, unit, group, {"compared": True, **told})


class _Ids(Sequence[str]):
    """The ids of `MEASURES`, those of rules of one's own among them."""

    def __len__(self) -> int:
        return len(MEASURES)

    def __getitem__(self, place: Any) -> Any:
        return tuple(MEASURES)[place]

    def __iter__(self) -> Iterator[str]:
        return iter(MEASURES)


IDS: Sequence[str] = _Ids()
#: Those of them that rules of one's own add (`abm.rules.measure`): of a finished run, not of a `Tally`.
OWN: set[str] = set()


def with_own(told: Iterable[Measure]) -> None:
    """Have these measures of one's own in the place of those there were.

    Raises
    ------
    InputError
        If one has the id of a measure of the model.
    """
    own = list(told)
    for one in own:
        if one.id in (MEASURES.keys() | COMPARED.keys()) - OWN:
            raise InputError("rules", one.id, "an id that no measure of the model has")
    for name in OWN:
        del MEASURES[name]
    OWN.clear()
    OWN.update(one.id for one in own)
    MEASURES.update({one.id: one for one in own})
