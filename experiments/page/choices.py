"""What a visitor chose: two policies on one caseload, levers moved, one seed — and the same as a web address.

Everything typed or found in an address is checked against the declarations.  Names are names of shipped
files only: no path is ever taken from a visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from abm.arrays.setting import INFLOW, day_of
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError, nearest_spelling, read
from abm.model import Prepared
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import caseload_names, load_behaviour, load_caseload, load_policy, policy_names
from experiments.page.declared import value_of
from experiments.page.lever_words import WHOSE, Refused, refusal
from experiments.page.place import KEYS
from experiments.question.case import Case, Uncertainty, fitted_members
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, DEFAULT_VARIANTS, SEED, WEEKS
from experiments.question.question import Question, even_replicates

#: Least and most of the numbers that a visitor chooses.
LIMITS: Mapping[str, tuple[int, int]] = {
    "seed": (0, 2**31 - 1),
    "households": (10, 10_000),
    "weeks": (26, 520),
    "replicates": (1, 200),
}
#: What those numbers, and the three names, are called.
TITLES: Mapping[str, str] = {
    "households": "Households simulated", "weeks": "Weeks", "replicates": "Runs", "seed": "Seed",
    "caseload": "Caseload", "a": "Policy A", "b": "Policy B",
}  # fmt: skip
#: Fewer than a command line takes: a visitor waits.  Of replicates, about so many: each vector as often as any other.
USUAL_HOUSEHOLDS, USUAL_REPLICATES = 1_000, 30
#: Most households that one run may hold, those who arrive included.
MOST_ROWS = 60_000
#: An address longer than this is not read.
MOST_TEXT = 20_000
SIDES = ("a", "b")

policy_of = cache(load_policy)
caseload_of = cache(load_caseload)
fitted_behaviour: Callable[[], Behaviour] = cache(load_behaviour)


ensemble = cache(fitted_members)


def usual_replicates() -> int:
    """Runs in all unless a visitor says otherwise."""
    return even_replicates(USUAL_REPLICATES, len(ensemble()[0]))


@dataclass(frozen=True)
class Choices:
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

    caseload: str = DEFAULT_CASELOAD
    a: str = DEFAULT_BASELINE
    b: str = DEFAULT_VARIANTS[0]
    levers_a: Mapping[str, Any] = field(default_factory=dict)
    levers_b: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    seed: int = SEED
    households: int | None = None
    weeks: int = WEEKS
    replicates: int = field(default_factory=usual_replicates)

    def levers(self, side: str) -> Mapping[str, Any]:
        """Levers of a side (``a`` or ``b``) that were moved."""
        return self.levers_a if side == "a" else self.levers_b

    @property
    def size(self) -> int:
        """Households simulated at the start."""
        return self.households or min(caseload_of(self.caseload).households, USUAL_HOUSEHOLDS)

    def chosen(self, what: str, value: Any) -> Choices:
        """The same with one choice changed: ``caseload``, ``a``, ``b`` or one of the numbers.

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
            near = nearest_spelling(str(value), known)
            fault = InputError(what, value, "one of " + ", ".join(known), nearest=near)
            hint = f" Did you mean {near}?" if near else ""
            raise Refused(fault, f"{TITLES[what]}: “{value}” is not known: one of {', '.join(known)}.{hint}")
        if what == "caseload":
            return replace(self, caseload=value, households=None)
        return self._with({what: value, f"levers_{what}": {}})

    def moved(self, side: str, path: str, value: Any) -> Choices:
        """The same with one lever moved: side ``a`` or ``b``, or ``both`` for world and behaviour.

        Raises
        ------
        InputError
            If there is no such lever, or the value is not of its kind.
        """
        value = value_of(side, path, value)
        name = "shared" if side == "both" else f"levers_{side}"
        changed = {key: old for key, old in getattr(self, name).items() if key != path}
        if value != self.starting(side, path):
            changed[path] = value
        return self._with({name: changed})

    def _with(self, changes: Mapping[str, Any]) -> Choices:
        return replace(self, **changes)

    def swapped(self) -> Choices:
        """A in the place of B."""
        return replace(self, a=self.b, b=self.a, levers_a=self.levers_b, levers_b=self.levers_a)

    def untouched(self) -> Choices:
        """The same caseload and policies, with every lever and number where it started."""
        return Choices(self.caseload, self.a, self.b)

    def starting(self, side: str, path: str) -> Any:
        """The value of a lever before it was moved."""
        if side != "both":
            policy, day = policy_of(self.a if side == "a" else self.b), day_of(caseload_of(self.caseload))
            found = read(policy, path)
            return found if not isinstance(found, date) else read(policy.in_weeks(day), path) if day else None
        if path.startswith("world."):
            return read(caseload_of(self.caseload), path)
        return read(fitted_behaviour(), path.removeprefix("behaviour."))

    # -- as a question

    @cached_property
    def question(self) -> Question:
        """The comparison that these choices come to: A is the baseline; behaviours of the ensemble if there is one.

        Raises
        ------
        InputError
            If levers contradict each other or a value is out of bounds.
        """
        return self._asked(*ensemble())

    @cached_property
    def shown(self) -> Question:
        """The same with the one fitted behaviour: what the film, the card and the list of inputs show."""
        return self._asked((fitted_behaviour(),), "seeds")

    def _asked(self, members: tuple[Behaviour, ...], uncertainty: Uncertainty) -> Question:
        cases = tuple(self._case(side, members) for side in SIDES)
        labels = tuple(case.policy.name for case in cases)
        return Question(cases, labels, seed=self.seed, replicates=self.replicates, uncertainty=uncertainty)

    def _case(self, side: str, members: tuple[Behaviour, ...]) -> Case:
        """A side with its levers moved; a policy with moved levers carries that in its name."""
        base = policy_of(self.a if side == "a" else self.b)
        start = Case(base, caseload_of(self.caseload), members, self.weeks, self.size)
        try:
            case = start.with_settings({**self.shared, **self.levers(side)}, file=WHOSE[side])
        except InputError as fault:
            known = fault.field in known_paths()
            raise (refusal(side, fault.field, fault.value, fault.allowed) if known else fault) from None
        if not self.levers(side):
            return case
        named = {
            "name": f"{base.name}-edited-{side}",
            "title": f"{base.title} (edited)",
            "describes": f"Edited in the browser, starting from {base.name}. {base.describes}",
        }
        return replace(case, policy=case.policy.model_copy(update=named))

    def prepared(self, side: str, replicate: int | None = None) -> Prepared:
        """A side packed for running, with the fitted behaviour, or with that of a replicate.

        Raises
        ------
        InputError
            If an input is not valid, or the run would hold too many households for a page.
        """
        question = self.shown if replicate is None else self.question
        packed = question.cases[SIDES.index(side)].prepared(replicate or 0)
        expected = self.size + float(packed.plain.inflow[INFLOW.now].sum())
        if expected > MOST_ROWS:
            most = max(LIMITS["households"][0], int(self.size * MOST_ROWS / expected))
            told = f"at most about {most:,} here: with those who arrive, {expected:,.0f} would be shown"
            fault = InputError("households", self.size, told)
            raise Refused(fault, f"{TITLES['households']}: {self.size:,} are too many; {told}.")
        return packed

    # -- as a web address

    def query(self) -> str:
        """The whole set-up as the query of a web address; what is usual is left out, but for the three names."""
        told = {"caseload": self.caseload, "a": self.a, "b": self.b}
        usual = Choices()
        told |= {name: str(v) for name in LIMITS if (v := getattr(self, name)) != getattr(usual, name)}
        for side in SIDES:
            told |= {f"{side}.{path}": text_of(value) for path, value in sorted(self.levers(side).items())}
        told |= {path: text_of(value) for path, value in sorted(self.shared.items())}
        return urlencode(told)

    @classmethod
    def from_query(cls, text: str | None) -> tuple[Choices, list[str]]:
        """The set-up of a web address, and what could not be read in it, one sentence each."""
        choices, problems = cls(), []
        if text and len(text) > MOST_TEXT:
            return choices, [f"The address is longer than {MOST_TEXT:,} characters and was not read."]
        pairs = parse_qsl((text or "").lstrip("?"), keep_blank_values=True)
        names = ("caseload", "a", "b", *LIMITS)
        pairs.sort(key=lambda pair: names.index(pair[0]) if pair[0] in names else len(names))
        for key, value in pairs:
            if key in KEYS:
                continue
            try:
                if key in names:
                    choices = choices.chosen(key, value)
                elif key.startswith(("a.", "b.")):
                    choices = choices.moved(key[0], key[2:], value)
                else:
                    choices = choices.moved("both", key, value)
            except InputError as fault:
                problems.append(f"From the address: {fault}")
        return choices, problems


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
        fault = InputError(what, value, f"a whole number from {least:,} to {most:,}")
        raise Refused(fault, f"{TITLES[what]}: “{value}” is not accepted. Allowed: {fault.allowed}.")
    return int(number)
