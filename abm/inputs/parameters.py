"""One declaration per parameter, and the one error for bad input.

A parameter is declared once, as a field of a frozen model: name, unit, bounds, default, plausible
range, mark, source and a one-line meaning.  Validation, `--set`, help texts, sliders, the JSON schema
and sensitivity ranges all read that declaration.

Marks say how far a figure can be trusted:

``primary``  government, parliament, official statistics, or a study's own text
``press``    press or another secondary report
``inferred`` arithmetic on sourced figures
``fitted``   set so that the model meets calibration targets
``assumed``  nobody has measured it; the range says how wrong it may be
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from keyword import iskeyword
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from pydantic_core import PydanticCustomError

from abm.inputs.kept import once
from abm.numerics.calendar import NO_LIMIT

Mark = Literal["primary", "press", "inferred", "fitted", "assumed"]
MARKS: tuple[str, ...] = get_args(Mark)

#: Where a coefficient of the decision pushes a household: which way out it makes more, or less, likely.
Push = Literal[
    "more return", "less return", "more assisted return", "less assisted return", "more unassisted return",
    "more irregularity", "less irregularity",
]  # fmt: skip

M = TypeVar("M", bound="Inputs")

#: A week of the run, or a date that the caseload's own date turns into one.
Week = Annotated[int, Field(ge=-5_000, le=5_000)] | date


class InputError(ValueError):
    """A user's mistake, told in one sentence: file, field, value, what is allowed, nearest spelling.

    Parameters
    ----------
    field
        Dotted path of the offending field, or a short name of the thing asked for.
    value
        What was given.
    allowed
        What would have been accepted.
    file
        Where it was given: a path, or a word such as ``--set``.
    nearest
        The closest correct spelling, if one is close.
    """

    def __init__(self, field: str, value: object, allowed: str, *, file: str = "", nearest: str | None = None) -> None:
        self.field, self.value, self.allowed, self.file, self.nearest = field, value, allowed, file, nearest
        where = f"{file}: " if file else ""
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        said = f"{shortened(field, MOST_ECHOED)} = {_echo(value)} is not accepted: {shortened(allowed, MOST_SAID)}"
        super().__init__(printable(f"{where}{said}.{hint}"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _input_error, (self.field, self.value, self.allowed, self.file, self.nearest)


def printable(text: str) -> str:
    """A text with escapes for what would do something to a terminal."""
    return "".join(ascii(letter)[1:-1] if _is_control(letter) else letter for letter in text)


def _is_control(letter: str) -> bool:
    """Whether a letter would do something to a terminal instead of standing in it."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


#: Longest echo of what somebody gave, in characters; a quarter of it is kept from the end.
MOST_ECHOED = 120
#: Longest list of what is allowed.
MOST_SAID = 1_000


def _echo(value: object) -> str:
    """A value as it was given, shortened; what cannot be printed is written as an escape."""
    if isinstance(value, int) and value.bit_length() > 4 * MOST_ECHOED:
        return f"a number of about {round(value.bit_length() * math.log10(2.0)):,} digits"
    return shortened(repr(value.isoformat() if isinstance(value, date) else value), MOST_ECHOED)


def shortened(text: str, most: int = MOST_SAID) -> str:
    """A text of at most so many letters and a remark: its beginning and its end."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end]} … {text[-end:]} ({len(text):,} characters)"


def _input_error(field: str, value: object, allowed: str, file: str, nearest: str | None) -> InputError:
    return InputError(field, value, allowed, file=file, nearest=nearest)


def nearest_spelling(word: str, known: Iterable[str]) -> str | None:
    """The known name closest to `word`, or None when nothing is close."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return close[0]
    tails = {name.rsplit(".", 1)[-1]: name for name in names}
    close = difflib.get_close_matches(word.rsplit(".", 1)[-1], list(tails), n=1, cutoff=0.75)
    return tails[close[0]] if close else None


@dataclass(frozen=True)
class Figure:
    """A number as it was found: where it comes from and how far it can be trusted."""

    value: Any
    unit: str = ""
    low: float | None = None
    high: float | None = None
    mark: str = "assumed"
    source: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Declaration:
    """What is declared about one parameter, under its dotted path."""

    path: str
    unit: str
    meaning: str
    default: Any
    ge: float | None
    le: float | None
    low: float | None
    high: float | None
    mark: str
    source: str
    kind: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    higher: str = ""

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers: counts and weeks (a date becomes a week)."""
        return self.kind in ("int", "week")

    @property
    def told(self) -> str:
        """Its meaning; of a coefficient of the decision also what a higher value brings."""
        return f"{self.meaning} (higher: {self.higher})" if self.higher else self.meaning

    @property
    def allowed(self) -> str:
        """The accepted values, as a phrase for an error message."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        words = "a whole number" if self.whole else "a number" if self.kind == "float" else self.kind
        if self.ge is not None and self.le is not None:
            words += f" from {self.ge:.12g} to {self.le:.12g}"
        elif self.ge is not None:
            words += f" of at least {self.ge:.12g}"
        if self.unit and self.unit != "1":
            words += f" ({self.unit})"
        if self.kind == "week":
            words += ", or a date such as 2006-01-12"
        return words + (", or none" if self.optional else "")


def parameter(
    default: Any,
    *,
    unit: str,
    meaning: str,
    ge: float | None = None,
    le: float | None = None,
    low: float | None = None,
    high: float | None = None,
    mark: Mark = "assumed",
    source: str = "",
    step: float | None = None,
    higher: Push | None = None,
) -> Any:
    """Declare a parameter (a pydantic field that carries unit, range, mark and source).

    Parameters
    ----------
    ge, le
        Hard bounds: anything outside is refused.
    low, high
        Plausible range, for sensitivity analysis; inside the hard bounds.
    higher
        Of a coefficient of the decision: what a higher value brings, where what it weighs is above its reference.
    """
    extra: dict[str, Any] = {"unit": unit, "low": low, "high": high, "mark": mark, "source": source, "step": step}
    extra |= {"higher": higher} if higher else {}
    return Field(default, ge=ge, le=le, description=meaning, json_schema_extra=extra)


class Inputs(BaseModel):
    """A frozen, validated set of parameters; misspelt names, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    _figures: dict[str, Figure] = PrivateAttr(default_factory=dict)

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Sources of the values that a file gave, by dotted path."""
        return self._figures

    def figure(self, path: str) -> Figure:
        """The figure behind a dotted path: from the file if it gave one, else from the declaration."""
        value = read(self, path)
        declared = declarations(type(self))[path]
        if path in self._figures:
            return self._figures[path]
        if value == declared.default:
            return Figure(value, declared.unit, declared.low, declared.high, declared.mark, declared.source)
        return Figure(value, declared.unit, declared.low, declared.high, "assumed", "set by the user")

    @classmethod
    def place_of(cls, path: str) -> tuple[str, ...]:
        """Where the value of a dotted path stands: the names of the sections down to its own."""
        return tuple(path.split("."))

    @classmethod
    def path_at(cls, place: tuple[str, ...]) -> str:
        """The dotted path of a place: the other way round."""
        return ".".join(place)

    @property
    def paths(self) -> list[str]:
        """The dotted path of every parameter."""
        return list(declarations(type(self)))

    def with_values(self: M, changes: Mapping[str, Any], *, file: str = "") -> M:
        """A copy with some dotted paths changed, and validated; fields without a change are shared, as they are.

        Raises
        ------
        InputError
            If a path is unknown or a value is not allowed.
        """
        known = declarations(type(self))
        values = _opened(self)
        for path, value in changes.items():
            if path not in known:
                raise InputError(path, value, "no such parameter", file=file, nearest=nearest_spelling(path, known))
            place = values
            *parents, leaf = self.place_of(path)
            for parent in parents:
                place[parent] = _opened(place.get(parent, {}))
                place = place[parent]
            place[leaf] = value
        made = build(type(self), values, file=file)
        touched = {self.place_of(path)[0] for path in changes}
        vars(made).update({name: value for name, value in vars(self).items() if name not in touched})
        made._figures.update(self._figures)
        for path in changes:
            made._figures.pop(path, None)
        return made


def _opened(section: Inputs | Mapping[str, Any]) -> dict[str, Any]:
    """The values of a section by name, those inside it as they are."""
    return dict(vars(section) if isinstance(section, Inputs) else section)


def read(inputs: Inputs, path: str) -> Any:
    """The value at a dotted path; a member that is not there has its default."""
    value: Any = inputs
    for name in inputs.place_of(path):
        if isinstance(value, Mapping):
            if name not in value:
                return declarations(type(inputs))[path].default
            value = value[name]
        else:
            value = getattr(value, name)
    return value


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """The type inside ``X | None``, and whether None was allowed."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return Union[tuple(inner)], len(inner) < len(get_args(annotation))  # noqa: UP007
    return annotation, False


#: Parameters that rules of one's own declare (`abm.inputs.registry`), by the input that holds them in its field `RULE`.
OWN: dict[type[BaseModel], type[Inputs]] = {}
RULE = "rule"


def check_own(inputs: Inputs, given: Mapping[str, float]) -> None:
    """See that values under ``rule`` are of parameters that registered rules declare, and allowed.

    Raises
    ------
    PydanticCustomError
        A `clash`, for a validator to raise.
    """
    if not given:
        return
    own = OWN.get(type(inputs), Inputs)
    try:
        build(own, given)
    except InputError as fault:
        declared = ", ".join(own.model_fields) or "nothing: no rule with such a parameter is registered"
        allowed = fault.allowed if fault.field in own.model_fields else f"a parameter of a registered rule ({declared})"
        raise clash(f"{RULE}.{fault.field}", fault.value, allowed) from None


class Declarations(dict[str, Declaration]):
    """The declared parameters of a model by dotted path, those of its named members among them.

    A field that holds models by name (the offers of a policy) declares ``field.NAME.parameter`` for any name; iterating
    gives the parameters that are always there.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        own = {f"{RULE}.{d.path}": replace(d, path=f"{RULE}.{d.path}") for d in _declared(OWN.get(model, Inputs), "")}
        super().__init__({d.path: d for d in _declared(model, "")} | own)
        self.members = {
            name: {d.path: d for d in _declared(kind, "")}
            for name, field in model.model_fields.items()
            if (kind := _member(field.annotation)) is not None
        }

    def __missing__(self, path: str) -> Declaration:
        field, _, rest = path.partition(".")
        name, _, leaf = rest.partition(".")
        if not is_name(name):
            raise KeyError(path)
        if dict.__contains__(self, rest):  # a usual member, whose path is short
            return self[rest]
        return replace(self.members[field][leaf], path=path)

    def __contains__(self, path: object) -> bool:
        if super().__contains__(path):
            return True
        try:
            return bool(self[str(path)])
        except KeyError:
            return False

    def get(self, path: str, default: Any = None) -> Any:
        """The declaration of a path, or `default`."""
        return self[path] if path in self else default  # noqa: SIM401


#: Names of members: what can stand in a dotted path.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def is_name(name: str) -> bool:
    """Whether a member may be called that."""
    return bool(_NAME.fullmatch(name))


def _member(annotation: Any) -> type[BaseModel] | None:
    """The kind of model that a field holds by name, if it does."""
    if get_origin(annotation) is dict:
        kind = get_args(annotation)[1]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


@cache
def declarations(model: type[BaseModel]) -> Declarations:
    """Every declared parameter of a model and of the models inside it, by dotted path."""
    return Declarations(model)


def _declared(model: type[BaseModel], prefix: str) -> Iterator[Declaration]:
    for name, field in model.model_fields.items():
        kind, optional = _unwrapped(field.annotation)
        member = _member(field.annotation)
        if member is not None:
            for usual in getattr(model, "usual", ()):
                yield from _declared(member, f"{prefix}{usual}.")
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _declared(kind, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        if not isinstance(extra, dict) or "unit" not in extra:
            continue
        bounds = {key: getattr(m, key) for m in field.metadata for key in ("ge", "le") if hasattr(m, key)}
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        told: dict[str, Any] = dict(extra)
        is_week = kind == Week
        yield Declaration(
            path=prefix + name,
            unit=told["unit"],
            meaning=field.description or "",
            default=field.default,
            ge=-5_000 if is_week else bounds.get("ge"),
            le=5_000 if is_week else bounds.get("le"),
            low=told["low"],
            high=told["high"],
            mark=told["mark"],
            source=told["source"],
            kind="choice" if choices else "week" if is_week else getattr(kind, "__name__", str(kind)),
            choices=choices,
            optional=optional,
            higher=told.get("higher", ""),
        )


def build(model: type[M], values: Mapping[str, Any], *, file: str = "") -> M:
    """Validate `values` into a model, turning a refusal into one clear `InputError`."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as refusal:
        raise _explained(model, refusal, file) from None


def clash(field: str, value: object, allowed: str) -> PydanticCustomError:
    """What a validator raises when fields contradict each other: the one to change, and what it may be."""
    return PydanticCustomError("clash", "{allowed}", {"field": field, "value": value, "allowed": allowed})


def _explained(model: type[Inputs], refusal: ValidationError, file: str) -> InputError:
    first = refusal.errors(include_url=False)[0]
    place = tuple(str(part) for part in first["loc"])
    path = model.path_at(place[:-1] if place and place[-1] in _BRANCHES else place)
    known = declarations(model)
    if first["type"] == "clash":
        told = first["ctx"]
        field = ".".join(part for part in (path, told["field"]) if part)
        return InputError(field, told["value"], told["allowed"], file=file)
    if first["type"] == "extra_forbidden":
        return InputError(path, first["input"], "no such field", file=file, nearest=nearest_spelling(path, known))
    if path in known and first["type"] != "value_error":
        value = first["input"]
        if isinstance(value, float) and not math.isfinite(value):
            return InputError(path, value, f"{known[path].allowed}, finite", file=file)
        return InputError(path, value, known[path].allowed, file=file)
    message = str(first["msg"]).removeprefix("Value error, ")
    message = message.removeprefix("Input should be ")
    value = first["input"]
    if first["type"] == "string_type":
        message = "text"
    if first["type"] == "literal_error":
        message = "one of " + first["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
    return InputError(path or model.__name__.lower(), _brief(value), message, file=file)


#: What pydantic puts at the end of the place of a fault in a `Week`.
_BRANCHES = ("int", "constrained-int", "date")


def _brief(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: v for k, v in value.items() if v is not None and not isinstance(v, Mapping)}
    return value


def parse_value(declaration: Declaration, text: str, *, file: str = "--set") -> Any:
    """Read a value written as text (``--set``, a web address) according to its declaration.

    Raises
    ------
    InputError
        If the text is not a value of the declared kind.
    """
    word = text.strip()
    if declaration.optional and word.lower() in ("none", "null", ""):
        return None
    try:
        if declaration.kind == "bool":
            return {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}[word.lower()]
        if declaration.kind == "week" and "-" in word[1:]:
            return date.fromisoformat(word)
        if declaration.whole:
            number = float(word)
            if number != int(number):
                raise ValueError
            return int(number)
        if declaration.kind == "float":
            return float(word)
    except (KeyError, ValueError, OverflowError):
        raise InputError(declaration.path, text, declaration.allowed, file=file) from None
    return word


# ---- what the rules read -----------------------------------------------------------------------


@once
def plain(inputs: M, without: tuple[type[BaseModel], ...] = ()) -> M:
    """The numbers of some inputs, by name, section in section: what the rules read.

    Parameters
    ----------
    without
        Sections to leave out.

    Returns
    -------
    namedtuple
        Floats only; a choice is its position, and None is `NO_LIMIT`.  For a type checker it is the model itself,
        so that a misspelt name in a rule is found before anything is compiled.
    """
    return cast(M, _packer(type(inputs), without)(inputs))


@cache
def _packer(model: type[BaseModel], without: tuple[type[BaseModel], ...]) -> Callable[[Any], Any]:
    """What packs an input of a kind: found once, since the points of a sweep are many."""
    readers: dict[str, Callable[[Any], Any]] = {}
    for name, field in model.model_fields.items():
        kind, _ = _unwrapped(field.annotation)
        declared = declarations(model).get(name)
        if _member(field.annotation) is not None:
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in without:
                readers[name] = _packer(kind, without)
        elif declared is not None and declared.choices:
            readers[name] = {word: float(place) for place, word in enumerate(declared.choices)}.__getitem__
        elif declared is not None and declared.kind != "str":
            readers[name] = _number
    made: Any = namedtuple(model.__name__, readers)  # type: ignore[misc]

    def pack(inputs: Any) -> Any:
        values = vars(inputs)
        return made(*[read(values[name]) for name, read in readers.items()])

    return pack


def _number(value: float | None) -> float:
    return NO_LIMIT if value is None else float(value)


def positions(choices: Any) -> Any:
    """The words of a `Literal`, by name, as the numbers that `plain` gives for them (``continue_``: a Python word)."""
    words = [f"{word}_" if iskeyword(word) else word for word in get_args(choices)]
    made: Any = namedtuple("Choices", words)  # type: ignore[misc]
    return made(*(float(place) for place in range(len(words))))
