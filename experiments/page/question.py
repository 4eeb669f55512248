"""What a visitor asks: two policies on one caseload, levers moved, one seed — and the same as a web address.

Everything typed or found in an address is checked against the declarations.  Names are names of shipped
files only: no path is ever taken from a visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import Declaration, InputError, nearest_spelling, parse_value, read
from abm.inputs.policy import Policy
from abm.model import Prepared, prepare
from abm.scenarios.overrides import apply_settings, known_paths
from abm.scenarios.scenario import (
    caseload_names,
    load_behaviour,
    load_behaviour_draws,
    load_caseload,
    load_policy,
    policy_names,
)

#: Least, most and usual of the numbers that a visitor chooses.
LIMITS: Mapping[str, tuple[int, int]] = {
    "seed": (0, 2**31 - 1),
    "households": (10, 10_000),
    "weeks": (26, 520),
    "replicates": (1, 200),
}
USUAL_HOUSEHOLDS, USUAL_WEEKS, USUAL_REPLICATES = 1_000, 260, 30
#: Most households that one run may hold, those who arrive included.
MOST_ROWS = 60_000
#: An address longer than this is not read.
MOST_TEXT = 20_000
SIDES = ("a", "b")

policy_of = cache(load_policy)
caseload_of = cache(load_caseload)
fitted_behaviour: Callable[[], Behaviour] = cache(load_behaviour)


@cache
def behaviours() -> tuple[Behaviour, ...]:
    """The fitted behavioural vectors; replicate r uses number r, starting over when they are used up."""
    return tuple(load_behaviour_draws()) or (fitted_behaviour(),)


@dataclass(frozen=True)
class Question:
    """The whole set-up of the page.

    Attributes
    ----------
    caseload, a, b
        Names of the caseload and of the two policies from which levers start.
    levers_a, levers_b
        Levers that differ from those policies, value by path.
    shared
        Figures of the world and of behaviour (``world.…``, ``behaviour.…``) that are the same for both.
    households
        Households simulated at the start; None: all of the caseload's, up to 1,000.
    replicates
        Runs in all; run r has seed + r.
    """

    caseload: str = "uk-families-2026"
    a: str = "uk-2025"
    b: str = "uk-pilot-2026"
    levers_a: Mapping[str, Any] = field(default_factory=dict)
    levers_b: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    households: int | None = None
    weeks: int = USUAL_WEEKS
    replicates: int = USUAL_REPLICATES

    def levers(self, side: str) -> Mapping[str, Any]:
        """Levers of a side (``a`` or ``b``) that were moved."""
        return self.levers_a if side == "a" else self.levers_b

    @property
    def size(self) -> int:
        """Households simulated at the start."""
        return self.households or min(caseload_of(self.caseload).households, USUAL_HOUSEHOLDS)

    def chosen(self, what: str, value: Any) -> Question:
        """The question with one choice changed: ``caseload``, ``a``, ``b`` or one of the numbers.

        A new policy starts from its own levers; a new caseload from its own size.

        Raises
        ------
        InputError
            If the value is not allowed.
        """
        if what in LIMITS:
            return self._with({what: _number(what, value)})
        known = caseload_names() if what == "caseload" else policy_names()
        if what not in ("caseload", "a", "b"):
            raise InputError(what, value, "no such choice")
        if value not in known:
            raise InputError(what, value, "one of " + ", ".join(known), nearest=nearest_spelling(str(value), known))
        if what == "caseload":
            return replace(self, caseload=value, households=None)
        return self._with({what: value, f"levers_{what}": {}})

    def moved(self, side: str, path: str, value: Any) -> Question:
        """The question with one lever moved: side ``a`` or ``b``, or ``both`` for world and behaviour.

        Raises
        ------
        InputError
            If there is no such lever, or the value is not of its kind.
        """
        declared = declared_at(path, shared=side == "both")
        if isinstance(value, str) or value is None:
            value = parse_value(declared, "none" if value is None else value, file="")
        elif isinstance(value, bool) is not (declared.kind == "bool"):
            raise InputError(path, value, declared.allowed)
        elif declared.kind in ("int", "float"):
            value = parse_value(declared, repr(value), file="")
        name = "shared" if side == "both" else f"levers_{side}"
        changed = {key: old for key, old in getattr(self, name).items() if key != path}
        if value != self.starting(side, path):
            changed[path] = value
        return self._with({name: changed})

    def _with(self, changes: Mapping[str, Any]) -> Question:
        return replace(self, **changes)

    def swapped(self) -> Question:
        """A in the place of B."""
        return replace(self, a=self.b, b=self.a, levers_a=self.levers_b, levers_b=self.levers_a)

    def untouched(self) -> Question:
        """The same choices with every lever where it started."""
        return replace(self, levers_a={}, levers_b={}, shared={})

    def starting(self, side: str, path: str) -> Any:
        """The value of a lever before it was moved."""
        if side != "both":
            return read(policy_of(self.a if side == "a" else self.b), path)
        if path.startswith("world."):
            return read(caseload_of(self.caseload), path)
        return read(fitted_behaviour(), path.removeprefix("behaviour."))

    def inputs(self, side: str) -> tuple[Policy, Caseload, Behaviour]:
        """The validated inputs of a side, levers moved; a policy with moved levers carries that in its name.

        Raises
        ------
        InputError
            If levers contradict each other or a value is out of bounds.
        """
        label = side.upper()
        base = policy_of(self.a if side == "a" else self.b)
        policy, caseload, behaviour = apply_settings(
            base, caseload_of(self.caseload), fitted_behaviour(), {**self.shared, **self.levers(side)}, file=label
        )
        if self.levers(side):
            named = {
                "name": f"{base.name}-edited-{side}",
                "title": f"{base.title} (edited)",
                "describes": f"Edited in the browser, starting from {base.name}. {base.describes}",
            }
            policy = policy.model_copy(update=named)
        return policy, caseload, behaviour

    def prepared(self, side: str, replicate: int | None = None) -> Prepared:
        """A side packed for running, with the fitted behaviour, or with the behavioural vector of a replicate.

        Raises
        ------
        InputError
            If an input is not valid, or the run would hold too many households for a page.
        """
        policy, caseload, behaviour = self.inputs(side)
        if replicate is not None and len(behaviours()) > 1:
            own = {
                path.removeprefix("behaviour."): v for path, v in self.shared.items() if path.startswith("behaviour.")
            }
            behaviour = behaviours()[replicate % len(behaviours())].with_values(own)
        packed = prepare(policy, caseload, behaviour, weeks=self.weeks, households=self.size)
        expected = self.size + max(packed.plain.rates.inflow_open, packed.plain.rates.inflow_closed) * self.weeks
        if expected > MOST_ROWS:
            most = max(LIMITS["households"][0], int(self.size * MOST_ROWS / expected))
            raise InputError(
                "households",
                self.size,
                f"at most about {most:,} here: with those who arrive, {expected:,.0f} would be shown",
            )
        return packed

    # -- as a web address

    def query(self) -> str:
        """The whole set-up as the query of a web address; what is usual is left out, but for the three names."""
        told = {"caseload": self.caseload, "a": self.a, "b": self.b}
        usual = Question()
        told |= {name: str(v) for name in LIMITS if (v := getattr(self, name)) != getattr(usual, name)}
        for side in SIDES:
            told |= {f"{side}.{path}": text_of(value) for path, value in sorted(self.levers(side).items())}
        told |= {path: text_of(value) for path, value in sorted(self.shared.items())}
        return urlencode(told)

    @classmethod
    def from_query(cls, text: str | None) -> tuple[Question, list[str]]:
        """The set-up of a web address, and what could not be read in it, one sentence each."""
        question, problems = cls(), []
        if text and len(text) > MOST_TEXT:
            return question, [f"The address is longer than {MOST_TEXT:,} characters and was not read."]
        pairs = parse_qsl((text or "").lstrip("?"), keep_blank_values=True)
        names = ("caseload", "a", "b", *LIMITS)
        pairs.sort(key=lambda pair: names.index(pair[0]) if pair[0] in names else len(names))
        for key, value in pairs:
            try:
                if key in names:
                    question = question.chosen(key, value)
                elif key.startswith(("a.", "b.")):
                    question = question.moved(key[0], key[2:], value)
                else:
                    question = question.moved("both", key, value)
            except InputError as fault:
                problems.append(f"From the address: {fault}")
        return question, problems


def declared_at(path: str, *, shared: bool) -> Declaration:
    """What is declared about a lever of a policy, or about a shared figure.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = {
        name: declared
        for name, (model, declared) in known_paths().items()
        if (name.startswith(("world.", "behaviour.")) if shared else model is Policy)
    }
    if path not in known:
        raise InputError(path, "", "no such lever", nearest=nearest_spelling(path, known))
    return replace(known[path], path=path)


def text_of(value: Any) -> str:
    """A value as an address or a command line writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _number(what: str, value: Any) -> int:
    least, most = LIMITS[what]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (least <= number <= most) or number != int(number):
        raise InputError(what, value, f"a whole number from {least:,} to {most:,}")
    return int(number)
