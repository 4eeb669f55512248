"""Rules of one's own: what is registered beside the model's, and the parameters that they declare.

A rule is a small function of named numbers.  A set of rules has a mark, a hash of all that it says: it goes into the
setting of a run, into its identity and into the key under which the compiled week is kept, so that a run with other
rules can never be taken for one without.  `abm.rules` has the decorators that make and register them.
"""

from __future__ import annotations

import hashlib
import inspect
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any, ClassVar

import numpy as np
from pydantic import create_model

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import OWN, InputError, Inputs, declarations, nearest_spelling, read
from abm.inputs.policy import Policy

#: How a coefficient of the model's own behaviour is called by a rule: ``b_money``.
OF_BEHAVIOUR = "b_"


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """A registered function.

    Attributes
    ----------
    name, label
        Its name, and what it is called for people.
    function
        A function of numbers; what it is handed is told by the names of its arguments.
    parameters, levers
        Declarations of parameters of behaviour, and of levers of the policy, by name.
    """

    kind: ClassVar[str] = "rule"

    name: str
    label: str
    function: Callable[..., Any] = field(repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    levers: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """Every function of it."""
        return (self.function,)

    @property
    def said(self) -> tuple[Any, ...]:
        """What it says besides its functions and declarations: where it acts, in the order of its fields."""
        return tuple(getattr(self, one.name) for one in fields(self) if one.repr and one.name not in ("name", "label"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Term(Rule):
    """A term of the decision.

    Attributes
    ----------
    into
        The way out whose utility it enters: assisted, unassisted, irregular, or ``return`` (both ways of returning).
    replaces
        Terms of the model that it stands for, as ``assisted.incentive``.
    """

    kind: ClassVar[str] = "term"
    into: str
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class WayOut(Rule):
    """One more alternative of the decision; its function is its utility.

    Attributes
    ----------
    stages
        Stages in which it is open.
    leads_to
        The stage that whoever takes it enters.
    """

    kind: ClassVar[str] = "way out"
    stages: tuple[str, ...]
    leads_to: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Attention(Rule):
    """Something that makes a household think: its function is the attention that it adds in a week, 0 to 1."""

    kind: ClassVar[str] = "attention rule"
    stages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Event(Rule):
    """Something that befalls a household: its function is the chance in a week."""

    kind: ClassVar[str] = "event"
    stages: tuple[str, ...]
    leads_to: str


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnColumn(Rule):
    """One more column of the households: its function is the value with which a household begins."""

    kind: ClassVar[str] = "column"


@dataclass(frozen=True, kw_only=True, eq=False)
class Weekly(Rule):
    """What becomes of a column of one's own in a week: its function is the new value."""

    kind: ClassVar[str] = "weekly rule"
    column: str
    stages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape(Rule):
    """The shape of an offer: its function is what the offer counts for in the decision, GBP for the household.

    Attributes
    ----------
    paid
        What is paid in the end, GBP, by the draw of the household; by default what it counts for.
    offer
        Name of the offer.
    """

    kind: ClassVar[str] = "shape of an offer"
    offer: str
    paid: Callable[..., Any] | None = field(default=None, repr=False)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """What it counts for, and what is paid."""
        return (self.function, self.paid) if self.paid else (self.function,)


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnMeasure(Rule):
    """A measure: its function is handed the finished run."""

    kind: ClassVar[str] = "measure"
    unit: str
    group: str


@dataclass(frozen=True)
class RuleSet:
    """The rules of a run, in an order that does not depend on that in which they were registered.

    Attributes
    ----------
    rules
        All of them.
    sources
        Names and texts of the files that they come from.
    """

    rules: tuple[Rule, ...] = ()
    sources: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.rules)

    def of(self, kind: type[Rule]) -> tuple[Any, ...]:
        """The rules of one kind."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind))

    def with_rule(self, rule: Rule) -> RuleSet:
        """The set with one more rule, or another of that name."""
        others = [known for known in self.rules if known.name != rule.name]
        ordered = sorted([*others, rule], key=lambda known: (known.kind, known.name))
        return replace(self, rules=tuple(ordered))

    @cached_property
    def mark(self) -> str:
        """What tells this set from every other: a hash of all that its rules say."""
        if not self.rules:
            return f"{MARK}none"
        digest = hashlib.blake2b(digest_size=10)
        for rule in self.rules:
            told = [rule.kind, rule.name, repr(rule.said), *map(fingerprint, rule.functions)]
            declared = [*rule.parameters.items(), "levers", *rule.levers.items()]
            digest.update("\0".join([*told, *map(repr, declared), "\1"]).encode())
        return MARK + digest.hexdigest()

    @cached_property
    def compiled(self) -> RuleSet:
        """Those of them that are compiled with the week: all but measures."""
        return RuleSet(tuple(rule for rule in self.rules if not isinstance(rule, OwnMeasure)))

    @cached_property
    def declared(self) -> dict[str, tuple[type[Inputs], Any]]:
        """The parameters of all rules by name, each with the input that holds it, and its declaration."""
        found: dict[str, tuple[type[Inputs], Any]] = {}
        for rule in self.rules:
            for model, told in ((Behaviour, rule.parameters), (Policy, rule.levers)):
                for name, info in told.items():
                    if name in found and repr(found[name]) != repr((model, info)):
                        allowed = "a name that no other rule gives to another parameter"
                        raise InputError(f"rule.{name}", rule.name, allowed)
                    found[name] = (model, info)
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that a setting holds: parameters, coefficients of behaviour, places of offers."""
        asked = {name for rule in self.rules for function in rule.functions for name in arguments(function)}
        of_behaviour = sorted(name for name in asked if name.startswith(OF_BEHAVIOUR))
        return (*sorted(self.declared), *of_behaviour, *(offer_of(shape) for shape in self.of(Shape)))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of one's own, in the order in which they stand."""
        return tuple(rule.name for rule in self.of(OwnColumn))

    def numbers(self, policy: Policy, offers: Sequence[str], behaviour: Behaviour) -> Any:
        """The numbers that a setting holds for these rules, under their mark; `offers`: their names, in its order."""
        if self != self.compiled:
            return self.compiled.numbers(policy, offers, behaviour)
        if not self.rules:
            return _own(self.mark, bare=True)(0.0)
        held: list[float] = []
        for name in self.names:
            if name.startswith(OFFER):
                offer = name.removeprefix(OFFER)
                held.append(float(offers.index(offer)) if offer in offers else -1.0)
            elif name in self.declared:
                model, _ = self.declared[name]
                held.append(float(read(policy if model is Policy else behaviour, f"rule.{name}")))
            else:
                held.append(float(getattr(behaviour, name.removeprefix(OF_BEHAVIOUR))))
        return _own(self.mark)(0.0, np.array([*held, 0.0]))

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process the files are read again."""
        if not self.rules:
            return RuleSet, ()
        if not self.sources:
            named = ", ".join(rule.name for rule in self.rules)
            raise InputError("rules", named, "kept in a file, and loaded with abm.rules.load, to go to another process")
        return READERS[0], (self.sources,)


MARK, OFFER = "rules_", "offer:"


def offer_of(told: Shape | str) -> str:
    """How the place of a shape's offer among those of a policy is called."""
    return OFFER + (told if isinstance(told, str) else told.offer)


NOTHING = RuleSet()
_active = NOTHING
#: Every set that was in force, by its mark: runs that were prepared with one go on with it.
_known: dict[str, RuleSet] = {NOTHING.mark: NOTHING}
#: What reads a text of rules (see `abm.rules`): this wing stands below it.
READERS: list[Callable[[tuple[tuple[str, str], ...]], RuleSet]] = []


@cache
def _own(mark: str, *, bare: bool = False) -> Any:
    return namedtuple("Own", [mark] if bare else [mark, "values"])


def active() -> RuleSet:
    """The rules with which runs are prepared now."""
    return _active


def known(mark: str) -> RuleSet:
    """The set of that mark."""
    return _known[mark]


def activate(rules: RuleSet) -> None:
    """Put a set in force: its parameters are declared from now on.

    Raises
    ------
    InputError
        If two of its rules declare a parameter differently.
    """
    global _active
    held: dict[type[Inputs], dict[str, Any]] = {Behaviour: {}, Policy: {}}
    for name, (model, info) in rules.declared.items():
        held[model][name] = (float, info)
    OWN.clear()
    for model, own in held.items():
        if own:
            OWN[model] = create_model("Own", __base__=Inputs, **own)
    declarations.cache_clear()
    _known[rules.compiled.mark] = rules.compiled
    _active = rules


def arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments of a function."""
    return tuple(inspect.signature(function).parameters)


def fingerprint(function: Callable[..., Any], seen: tuple[Any, ...] = ()) -> str:
    """What a function says: its text, and what it reads of its module."""
    function = inspect.unwrap(function)
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = _code(function.__code__) if isinstance(function, FunctionType) else repr(function)
    if not isinstance(function, FunctionType) or function in seen:
        return text
    read_of: Iterable[tuple[str, Any]] = inspect.getclosurevars(function).globals.items()
    held = inspect.getclosurevars(function).nonlocals.items()
    return "\0".join([text, *(f"{name}={_shown(value, (*seen, function))}" for name, value in (*read_of, *held))])


def _shown(value: Any, seen: tuple[Any, ...]) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return fingerprint(value, seen) if callable(value) else repr(value)


def _code(code: CodeType) -> str:
    inner = [_code(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts]
    return repr((code.co_code, inner, code.co_names))


def check_shapes(policies: Iterable[Policy]) -> None:
    """See that every offer to which a rule in force gives a shape is one that some of these policies makes.

    Raises
    ------
    InputError
        Naming the rule and its offer.
    """
    shapes = _active.of(Shape)
    made = sorted({name for policy in policies for name in policy.offer_names}) if shapes else []
    for shape in shapes:
        if shape.offer not in made:
            allowed = f"an offer that a policy here makes ({', '.join(made) or 'none'}): this rule would have no effect"
            raise InputError(
                f"rules.{shape.name}.offer", shape.offer, allowed, nearest=nearest_spelling(shape.offer, made)
            )
