"""What is to be run for a look along levers: a design, laid out as `returns sweep` lays it out.

A is the baseline, B the one variant; what is looked along is a factor, everything else that was moved is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import abm
from experiments.page.choices import Choices, caseload_of, ensemble, policy_of, text_of
from experiments.page.explore.numeric import levers
from experiments.question.case import Case
from experiments.question.design import load_design
from experiments.question.factors import factors_of
from experiments.question.question import PULL_ON
from experiments.question.sampling import Points, lay_points
from experiments.question.shared import Shared
from experiments.question.study import Study

#: Points of a line, levels of each lever of a map.
POINTS, LEVELS = 11, 6
#: Most runs of a point: of a line, and of a map or of the end of a lever.
MOST, FEW = 60, 20
(PULL,) = PULL_ON
GRID, ONE_AT_A_TIME = "grid", "one-at-a-time"


@dataclass(frozen=True)
class Plan:
    """A question along some levers.

    Attributes
    ----------
    choices
        What the visitor asks; where the levers stand that are looked along changes no run.
    factors
        The values of each lever, by path.
    replicates
        Runs of each point.
    pulled
        Whether the pull factor is on.
    method
        ``grid``, or ``one-at-a-time``.
    """

    choices: Choices = field(compare=False)
    factors: Mapping[str, Sequence[Any]]
    replicates: int
    pulled: bool = False
    method: str = GRID

    @property
    def title(self) -> str:
        """What it is, in a line."""
        named = " × ".join(self.factors) if self.method == GRID else "levers of the policy, one at a time"
        return f"{named}: {self.choices.b} against {self.choices.a}"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What is set beyond policies and caseload, by path: for both, and what was moved in B alone."""
        own = self.choices.levers_b if self.method == GRID else {}
        moved = {**self.choices.shared, **own, **(PULL_ON if self.pulled else {})}
        return {path: value for path, value in moved.items() if path not in self.factors}

    @property
    def own(self) -> Mapping[str, Any]:
        """Levers of B that its policy has before anything is set: one at a time starts from them."""
        return {} if self.method == GRID else self.choices.levers_b

    @cached_property
    def key(self) -> str:
        """Everything that determines the runs, as text."""
        c = self.choices
        told = [c.caseload, c.a, c.b, c.seed, c.size, c.weeks, self.method, sorted(c.levers_a.items())]
        told += [sorted(self.own.items()), sorted(self.settings.items()), list(self.factors.items())]
        return repr(told)

    @cached_property
    def study(self) -> Study:
        """The design laid out, its inputs loaded; points whose values do not go together are left out.

        Raises
        ------
        InputError
            If the design is refused, or no point of it can be run.
        """
        return _laid(self)

    @property
    def points(self) -> int:
        """Points of the design (and the baseline's beside them), whether or not they can be run."""
        counts = [len(values) for values in self.factors.values()]
        if self.method == GRID:
            product = 1
            for count in counts:
                product *= count
            return product
        return 1 + sum(counts)

    @property
    def runs(self) -> int:
        """Runs of B and of A, counted without laying it out."""
        shared = [len(values) for path, values in self.factors.items() if levers()[path].shared]
        of_a = 1
        for count in shared:
            of_a *= count
        return (self.points + of_a) * self.replicates


def line(choices: Choices, path: str, *, pulled: bool = False) -> Plan:
    """Along one lever of B, from end to end of its range."""
    return Plan(choices, {path: levers()[path].levels(choices, POINTS)}, min(choices.replicates, MOST), pulled)


def plane(choices: Choices, across: str, up: str, *, pulled: bool = False) -> Plan:
    """Over two levers of B."""
    factors = {path: levers()[path].levels(choices, LEVELS) for path in (across, up)}
    return Plan(choices, factors, min(choices.replicates, FEW), pulled)


def ends(choices: Choices, paths: Sequence[str], replicates: int, *, pulled: bool = False) -> Plan:
    """Each of some levers of B at the ends of its range (or at each setting), the others as they are."""
    factors = {path: levers()[path].levels(choices, 2) for path in paths}
    return Plan(choices, factors, replicates, pulled, ONE_AT_A_TIME)


def same_when_pulled(choices: Choices, paths: Sequence[str]) -> bool:
    """Whether switching the pull factor on would change nothing: it is on already, or what is looked along."""
    now = choices.shared.get(PULL, choices.starting("both", PULL))
    return PULL in paths or now == PULL_ON[PULL]


def _laid(plan: Plan) -> Study:
    choices = plan.choices
    design = load_design(document(plan, "b", "a"))
    first = Case(policy_of(choices.b), caseload_of(choices.caseload), ensemble()[0], choices.weeks, choices.size)
    variant = first.with_settings(dict(plan.own), file="B")
    base = replace(first, policy=policy_of(choices.a)).with_settings(dict(choices.levers_a), file="A")
    shared = Shared(
        cases=(variant, base), labels=design.labels, baseline=True, settings=dict(design.set), seed=design.seed,
        draws=1, series=False, file="", model_version=abm.model_version(),
    )  # fmt: skip
    return Study(design, shared, lay_points(design, factors_of(design.factors)), Points({}, None, 1))


def document(plan: Plan, variant: str, baseline: str, *, prefix: str = "") -> dict[str, Any]:
    """The design as a mapping; levers that A's policy has beyond its file (and `Plan.own` of B's) are not in it.

    Parameters
    ----------
    prefix
        Before the paths of levers of B alone, such as ``uk-pilot-2026:``.
    """
    choices = plan.choices

    def named(path: str) -> str:
        return path if path.startswith(("world.", "behaviour.")) else f"{prefix}{path}"

    return {
        "title": plan.title,
        "caseload": choices.caseload,
        "variants": [variant],
        "baseline": baseline,
        "weeks": choices.weeks,
        "households": choices.size,
        "replicates": plan.replicates,
        "seed": choices.seed,
        "sampling": {"method": plan.method, "skip_clashes": True},
        "set": {named(path): plain(value) for path, value in sorted(plan.settings.items())},
        "factors": {named(path): [plain(value) for value in values] for path, values in plan.factors.items()},
    }


def plain(value: Any) -> Any:
    """A value as TOML can hold it."""
    return value if isinstance(value, bool | int | float | str) else text_of(value)
