"""Rules of one's own beside those of the model, without touching it.

A rule is a small function of named numbers, marked for what it is::

    from abm.rules import column, parameter, term

    @column
    def skill(u):
        "command of the language, 0-1"
        return u

    @term(into="return", language=parameter(0.8, unit="utility", ge=0, le=10, low=0.2, high=1.5, meaning="its weight"))
    def speaks(language, skill):
        "command of the language"
        return -language * skill

The names of the arguments say what a function is handed:

* the parameters that it declares (any rule's), and the name of any column of one's own;
* columns of the household (``adults``, ``children``, ``safety``, ``alert``, …: `abm.household.stages.Column`),
  ``week``, ``weeks_in_stage`` and ``income`` (at home, per head, GBP a year);
* in a term or a way out, what the household weighs (`abm.household.decision.Circumstances`);
* coefficients of the model's own behaviour as ``b_money``, ``b_safety``, …;
* ``u`` (and ``z``), an even number from 0 to 1 (and the normal one that belongs to it), where something is drawn.

The docstring is what people read.  A parameter is set, listed and swept as ``behaviour.rule.NAME``, a lever (of the
policy, so that two policies can differ in it) as ``rule.NAME``.  Rules are compiled with the week and stepped by Mesa's
agents alike.  For the same bits on every machine use `exp` and `log` from here.

Rules act from week 0 on: what became of the stock before is told by the model's own terms.
"""

from __future__ import annotations

import ast
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from numba.core import types
from numba.core.errors import NumbaError

from abm.arrays.own import ALWAYS, compiled
from abm.household.decision import GROUPS, Circumstances
from abm.household.stages import Column, Holds, Kind, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.given import bytes_of, path_given
from abm.inputs.parameters import InputError, is_name, nearest_spelling, parameter
from abm.inputs.registry import (
    NOTHING,
    OF_BEHAVIOUR,
    READERS,
    Attention,
    Event,
    OwnColumn,
    OwnMeasure,
    Rule,
    RuleSet,
    Shape,
    Term,
    WayOut,
    Weekly,
    activate,
    active,
    arguments,
)
from abm.measures import Measure, with_own
from abm.numerics.arithmetic import exp, log
from abm.week.own import LEADS_TO, WAYS

__all__ = [
    "RuleSet", "active", "attention", "clear", "column", "each_week", "event", "exp", "lever", "load", "log", "measure",
    "offer_shape", "parameter", "rules_of", "term", "using", "way_out",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
#: Stages in which a household may choose.
_CHOOSING = tuple(stage.name for stage in Stage if Holds.CHOOSES in stage.holds)
_PRESENT = tuple(stage.name for stage in Stage if Holds.IN_COUNTRY in stage.holds)
#: Terms of the model, by group and name: what a term of one's own can replace.
_TERMS = tuple(f"{group}.{name}" for group, kind in GROUPS.items() for name in kind._fields)


@dataclass(frozen=True)
class Lever:
    """A parameter that belongs to the policy."""

    declared: Any


def lever(default: float, **told: Any) -> Lever:
    """Declare a lever of the policy; its arguments are those of `parameter`."""
    return Lever(parameter(float(default), **told))


# ---- what can be registered ------------------------------------------------------------------------


def term(*, into: str, replaces: str | Sequence[str] = (), **declared: Any) -> Callable[[F], F]:
    """A term of the decision: its function gives utility.

    Parameters
    ----------
    into
        Whose utility it enters: ``assisted``, ``unassisted``, ``irregular``, or ``return`` (both ways of returning).
    replaces
        Terms of the model in whose place it stands, as ``"assisted.incentive"``.
    **declared
        Parameters and levers, by name.

    Raises
    ------
    InputError
        If something is not known, or cannot be compiled.
    """
    _one_of("into", into, WAYS)
    names = (replaces,) if isinstance(replaces, str) else tuple(replaces)
    for name in names:
        _one_of("replaces", name, _TERMS)
    return _registering(Term, Circumstances._fields, declared, into=into, replaces=names)


def way_out(*, leads_to: str, stages: Sequence[str] = _CHOOSING[:3], **declared: Any) -> Callable[[F], F]:
    """One more way out: its function gives its utility, constant included, against staying at nought.

    Parameters
    ----------
    leads_to
        The stage that it leads to: ``SETTLED``, ``ABSCONDED`` or ``RETURNED_UNASSISTED``.
    stages
        Where it is open: by default while the case is open.
    """
    checked = _stages(stages, leads_to)
    return _registering(WayOut, Circumstances._fields, declared, stages=checked, leads_to=leads_to)


def attention(*, stages: Sequence[str] = _CHOOSING, **declared: Any) -> Callable[[F], F]:
    """Attention that a week adds, 0 to 1, in some stages; it fades like that of the model's own news."""
    return _registering(Attention, (), declared, stages=_stages(stages, among=_CHOOSING))


def event(*, leads_to: str, stages: Sequence[str], **declared: Any) -> Callable[[F], F]:
    """Something that befalls households in some stages: its function gives the chance in a week.

    Parameters
    ----------
    leads_to
        The stage that it leads to: ``SETTLED``, ``ABSCONDED`` or ``RETURNED_UNASSISTED``.
    """
    return _registering(Event, (), declared, stages=_stages(stages, leads_to), leads_to=leads_to)


def column(function: F | None = None, **declared: Any) -> Any:
    """A column of one's own: the function (of ``u``, ``z`` and what the household is) gives its first value."""
    registering = _registering(OwnColumn, ("u", "z"), declared)
    return registering(function) if function is not None else registering


def each_week(*, of: str, stages: Sequence[str] = _PRESENT, **declared: Any) -> Callable[[F], F]:
    """What becomes of a column of one's own in a week in the country: the function gives its new value."""
    if of not in active().columns:
        raise InputError(
            "of", of, "a column that is registered before it", nearest=nearest_spelling(of, active().columns)
        )
    return _registering(Weekly, ("u",), declared, column=of, stages=_stages(stages, among=_PRESENT))


def offer_shape(*, offer: str = "offer", paid: Callable[..., Any] | None = None, **declared: Any) -> Callable[[F], F]:
    """The shape of an offer: its function gives what an ``amount`` counts for in the decision, GBP for the household.

    Parameters
    ----------
    offer
        Name of the offer in the policy; policies without it are as ever.
    paid
        What is paid in the end, of ``amount`` and the draw ``u``; by default what it counts for.
    """
    return _registering(Shape, ("amount",), declared, offer=offer, paid=paid)


def measure(title: str, *, unit: str, group: str = "public money") -> Callable[[F], F]:
    """A measure: its function is handed the finished `abm.Run`, and gives a number (NaN if the run has none)."""
    _one_of("group", group, ("firm", "fair", "compassionate", "public money"))

    def register(function: F) -> F:
        _register(OwnMeasure(name=function.__name__, label=title, function=function, unit=unit, group=group))
        return function

    return register


# ---- registering -----------------------------------------------------------------------------------


def _registering(kind: type[Rule], handed: Sequence[str], declared: dict[str, Any], **told: Any) -> Callable[[F], F]:
    parameters = {name: info for name, info in declared.items() if not isinstance(info, Lever)}
    levers = {name: info.declared for name, info in declared.items() if isinstance(info, Lever)}

    def register(function: F) -> F:
        label = (function.__doc__ or "").strip().partition("\n")[0].rstrip(".") or function.__name__.replace("_", " ")
        rule: Any = kind
        made: Rule = rule(
            name=function.__name__, label=label, function=function, parameters=parameters, levers=levers, **told
        )
        _check(made, handed)
        _register(made)
        return function

    return register


def _check_declared(where: str, name: str, info: Any) -> None:
    """See that a declaration is one, and does not contradict itself."""
    if not isinstance(getattr(info, "default", None), int | float) or isinstance(info.default, bool):
        raise InputError(where, name, "declared by parameter(…) or lever(…), with a number as default")
    if not is_name(name) or name.startswith(OF_BEHAVIOUR) or "-" in name:
        allowed = f"a parameter with a name of letters, digits and _, not beginning with {OF_BEHAVIOUR}"
        raise InputError(where, name, allowed)
    told: dict[str, Any] = dict(info.json_schema_extra)
    bounds = {key: getattr(m, key) for m in info.metadata for key in ("ge", "le") if hasattr(m, key)}
    ge, le = bounds.get("ge", -math.inf), bounds.get("le", math.inf)
    low, high = (end if told[key] is None else told[key] for key, end in (("low", ge), ("high", le)))
    if not ge <= info.default <= le:
        raise InputError(f"{where}.{name}", info.default, f"a default from {ge:g} to {le:g}, as it is declared")
    if not ge <= low <= high <= le:
        raise InputError(f"{where}.{name}", f"{low:g} to {high:g}", f"a range from low to high inside {ge:g} to {le:g}")


def _check(made: Rule, handed: Sequence[str]) -> None:
    """See that a rule asks for what there is, uses what it declares, and compiles."""
    where, rules = f"rules.{made.name}", active()
    own = {*rules.declared, *made.parameters, *made.levers}
    for name, info in (*made.parameters.items(), *made.levers.items()):
        if name in Circumstances._fields or name in Column.__members__ or name in ALWAYS or name in rules.columns:
            raise InputError(where, name, "a parameter with a name of its own: there is a number of that name")
        _check_declared(where, name, info)
    shared = {name for name, column_ in Column.__members__.items() if column_.kind is not Kind.WORKING}
    columns = {*rules.columns, *((made.name,) if isinstance(made, Weekly) else ())}
    for at, function in enumerate(made.functions):
        _check_function(where, function)
        more = (*handed, "u") if at else tuple(handed)
        allowed = {*own, *more, *columns, *shared, *ALWAYS}
        for name in arguments(function):
            coefficient = name.removeprefix(OF_BEHAVIOUR)
            if name.startswith(OF_BEHAVIOUR) and coefficient in Behaviour.model_fields and coefficient != "rule":
                continue
            if name not in allowed:
                near = nearest_spelling(name, allowed)
                known = ", ".join(sorted({*own, *more, *columns})) or "none of its own"
                raise InputError(
                    where, name, f"a number that it is handed ({known}; or of the household)", nearest=near
                )
    asked = {name for function in made.functions for name in arguments(function)}
    for name in (*made.parameters, *made.levers):
        if name not in asked:
            raise InputError(where, name, "a parameter that the function takes: this one would have no effect")
    for function in made.functions:
        _compile(where, function)


def _check_function(where: str, function: Callable[..., Any]) -> None:
    """See that a function has a name, arguments by name, and no draws of its own."""
    if not function.__name__.isidentifier():
        raise InputError(where, function.__name__, "a function with a name, made by def")
    for name, told in inspect.signature(function).parameters.items():
        if told.kind is not told.POSITIONAL_OR_KEYWORD or told.default is not told.empty:
            raise InputError(where, str(told), f"an argument by its name alone ({name})")
    code: Any = function.__code__
    if "random" in code.co_names or "print" in code.co_names:
        word = "random" if "random" in code.co_names else "print"
        allowed = "a function of what it is handed alone: where something is drawn, that is u or z"
        raise InputError(where, word, allowed)


def _compile(where: str, function: Callable[..., Any]) -> None:
    code = compiled(function)
    if not hasattr(code, "compile"):  # compilation is off
        return
    signature = (types.float64,) * len(arguments(function))
    try:
        code.compile(signature)
    except NumbaError as fault:
        raise InputError(where, _line(fault), "a function of numbers that can be compiled") from None
    made = code.overloads[signature].signature.return_type
    if not isinstance(made, types.Float | types.Integer | types.Boolean):
        raise InputError(where, str(made), "a function that always returns a number")


def _line(fault: Exception) -> str:
    """What a compiler has to say, in one line."""
    lines = [line.strip() for line in str(fault).splitlines()]
    telling = [
        line for line in lines if line and not line.startswith(("Failed in", "During", "File", "<source", "This "))
    ]
    return (telling or [type(fault).__name__])[0][:160]


def _register(made: Rule) -> None:
    if _READING and made.name in {rule.name for rule in active().rules}:  # in a notebook a cell is run again
        raise InputError("rules", made.name, "a name that no other rule of these files has")
    if made.name in _TAKEN:
        raise InputError("rules", made.name, "a name that the model does not use itself")
    _put(active().with_rule(made))


def _put(rules: RuleSet) -> None:
    with_own(_measure(own) for own in rules.of(OwnMeasure))
    activate(rules)


def _measure(own: OwnMeasure) -> Measure:
    told = " ".join((own.function.__doc__ or own.label).split())
    group: Any = own.group
    return Measure(own.name, own.label, own.unit, told, group)


_TAKEN = {*Column.__members__, *Circumstances._fields, *ALWAYS, "u", "z", "amount", "stay"}


def _one_of(field_: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(field_, value, "one of " + ", ".join(known), nearest=nearest_spelling(str(value), known))


def _stages(stages: Sequence[str], leads_to: str = "", among: Sequence[str] = ()) -> tuple[str, ...]:
    if leads_to or not among:
        _one_of("leads_to", leads_to, tuple(LEADS_TO))
        among = LEADS_TO[leads_to]
    names = (stages,) if isinstance(stages, str) else tuple(stages)
    for name in names:
        _one_of("stages", name, among)
    return names


# ---- files -----------------------------------------------------------------------------------------


#: Worked examples, by name.
EXAMPLES = Path(__file__).with_name("examples")


def load(*files: str | Path) -> RuleSet:
    """Put the rules of some Python files in force, in the place of those that were; without any: none.

    Parameters
    ----------
    *files
        Paths, or names of worked examples: ``language``, ``lottery``, ``prospect``.

    Raises
    ------
    InputError
        Naming the file and the line, if it cannot be read, fails, or registers nothing.
    """
    sources = []
    for given in files:
        path = path_given(given, "--rule")
        known = [example.stem for example in EXAMPLES.glob("[a-z]*.py")]
        if str(given) in known:
            path = EXAMPLES / f"{given}.py"
        elif not path.exists():
            near = nearest_spelling(str(given), known)
            allowed = f"the path of a Python file that exists, or one of {', '.join(sorted(known))}"
            raise InputError("--rule", str(given), allowed, nearest=near)
        try:
            sources.append((str(path), bytes_of(path, "--rule").decode("utf-8")))
        except UnicodeDecodeError:
            raise InputError("--rule", str(given), "a Python file that can be read (not UTF-8 text)") from None
    return _read(tuple(sources))


#: Not empty while files are read.
_READING: list[bool] = []


def _read(sources: tuple[tuple[str, str], ...]) -> RuleSet:
    before = active()
    _put(NOTHING)
    _READING.append(True)
    try:
        for name, text in dict(sources).items():
            known = active()
            _execute(name, text)
            if active() is known:
                raise InputError("rules", Path(name).name, "a file that registers a rule (see abm.rules)", file=name)
        _put(RuleSet(active().rules, tuple(dict(sources).items())))
    except BaseException:
        _put(before)
        raise
    finally:
        _READING.pop()
    return active()


READERS.append(_read)


def _execute(name: str, text: str) -> None:
    """Run a file of rules as a module of its own."""
    import linecache

    module = ModuleType(f"rules_of_{Path(name).stem}")
    module.__file__ = name
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # so that functions have a text
    sys.modules[module.__name__] = module
    try:
        exec(compile(ast.parse(text, name), name, "exec", dont_inherit=True), module.__dict__)
    except InputError as fault:
        if fault.file:
            raise
        raise InputError(fault.field, fault.value, fault.allowed, file=name, nearest=fault.nearest) from None
    except Exception as fault:
        line = fault.lineno if isinstance(fault, SyntaxError) else _line_of(fault, name)
        told = f"{type(fault).__name__}: {str(fault).splitlines()[0] if str(fault) else 'no message'}"
        raise InputError(f"line {line}", told, "Python that runs", file=name) from None


def _line_of(fault: BaseException, name: str) -> int:
    line, step = 0, fault.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == name:
            line = step.tb_lineno
        step = step.tb_next
    return line


def clear() -> None:
    """Leave only the model's own rules in force."""
    _put(NOTHING)


@contextmanager
def using(*files: str | Path) -> Iterator[RuleSet]:
    """The rules of some files, or none, inside a block; afterwards those that were there before."""
    before = active()
    try:
        yield load(*files)
    finally:
        _put(before)


def rules_of(rules: RuleSet | None = None) -> list[dict[str, Any]]:
    """The rules in force as rows: kind, name, label, where it acts, and its parameters by path."""
    found = active() if rules is None else rules
    rows = []
    for rule in found.rules:
        acts = [" ".join(part) if isinstance(part, tuple) else str(part) for part in rule.said if part]
        paths = [*(f"behaviour.rule.{name}" for name in rule.parameters), *(f"rule.{name}" for name in rule.levers)]
        told = {"kind": rule.kind, "name": rule.name, "label": rule.label}
        rows.append({**told, "acts": ", ".join(acts), "parameters": ", ".join(paths)})
    return rows
