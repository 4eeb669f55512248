"""What a run of Mesa's is besides inputs and seed: ties of one's own, beliefs that somebody wrote, a policy set later.

All of it is kept, so that the run can be replayed (`abm.why`) as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from abm.arrays.setting import day_of, spells
from abm.arrays.state import State
from abm.household.stages import COL, STAGE, TOLD, Column
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.mesa_network import with_ties
from abm.model import MOST_SEED, Prepared
from abm.scenarios.succession import followed_by
from abm.why import Explanation, explain

#: Fresh seeds are below this: a spreadsheet shows them with all their digits.
_FRESH = 10**15


class Written(NamedTuple):
    """A belief that was written from outside the rules."""

    week: int  # before which
    household: int  # its identity
    column: int
    value: float


@dataclass(frozen=True)
class OwnRun(Prepared):
    """Inputs of a run that may have ties of its own, and in which somebody may have written beliefs.

    Attributes
    ----------
    ties
        Pairs of identities of households at the start, in the place of those that would be drawn; None: as drawn.
    written
        What was written, from early to late.
    """

    ties: tuple[tuple[int, int], ...] | None = field(default=None, repr=False)
    written: tuple[Written, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, prepared: Prepared, ties: np.ndarray | None = None) -> OwnRun:
        """Prepared inputs, and ties of one's own."""
        told = None if ties is None else tuple((int(a), int(b)) for a, b in ties)
        p = prepared
        return cls(p.policy, p.caseload, p.behaviour, p.weeks, p.households, p.spells, p.rules, told)

    def with_policy(self, policy: Policy, week: int) -> OwnRun:
        """The same, with another policy from some week on."""
        merged = followed_by(self.policy, policy, week, day_of(self.caseload))
        packed = spells(merged, self.caseload, self.behaviour, self.weeks, self.households, self.rules)
        return replace(self, policy=merged, spells=packed)

    def with_written(self, written: Sequence[Written]) -> OwnRun:
        """The same, with all that was written so far."""
        return replace(self, written=tuple(written))

    def begin(self, seed: int, *, events: bool = False) -> State:
        """The households, their ties and an empty history, before week 0."""
        state = super().begin(seed, events=events)
        if self.ties is not None:
            state = with_ties(state, np.array(self.ties, np.int64).reshape(-1, 2))
        self._write(state, 0)
        return state

    def advance(self, seed: int, state: State, first: int, last: int) -> None:
        """Run weeks first … last − 1; what was written before a week is in the state when that week begins."""
        stops = {one.week for one in self.written if first < one.week <= last}
        for stop in sorted({*stops, last}):
            super().advance(seed, state, first, stop)
            self._write(state, stop)
            first = stop

    def _write(self, state: State, week: int) -> None:
        for one in self.written:
            if one.week == week:
                state.s[one.column, state.s[COL.id] == one.household] = one.value

    def identity(self, seed: int) -> str:
        """Hash of everything that determines a run."""
        if self.ties is None and not self.written:
            return super().identity(seed)
        digest = self._digest.copy()
        digest.update(repr((seed, self.ties, self.written)).encode())
        return str(digest.hexdigest())

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"ties": self.ties, "written": self.written}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.update(ties=state["ties"], written=state["written"])


def checked_inputs(policy: Any, caseload: Any = "", behaviour: Any = None) -> None:
    """See that inputs are validated objects or names.

    Raises
    ------
    InputError
        If one is neither, as where `mesa.batch_run` takes an object apart that does not stand in a list.
    """
    kinds = (("policy", policy, Policy), ("caseload", caseload, Caseload), ("behaviour", behaviour or "", Behaviour))
    for field_name, given, kind in kinds:
        if not isinstance(given, str | kind):
            allowed = f"a {kind.__name__} or a name; among the parameters of mesa.batch_run an object stands in a list"
            raise InputError(field_name, type(given).__name__, allowed)


def seed_of(rng: Any) -> int:
    """The seed that Mesa's ``rng`` stands for.

    A whole number (also as text, from a form) is the seed itself, None a fresh one; whatever else
    `numpy.random.default_rng` takes (a generator, a sequence of numbers) gives one.

    Raises
    ------
    InputError
        If it is none of them.
    """
    allowed = f"None (a fresh seed), a whole number from 0 to {MOST_SEED}, or a generator or seed sequence of NumPy's"
    if isinstance(rng, str) and rng.strip().isdigit():
        rng = int(rng)
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and 0 <= rng <= MOST_SEED:
        return int(rng)
    if isinstance(rng, bool | str | int | float | np.integer | np.floating):
        raise InputError("rng", rng, allowed)
    try:
        return int(np.random.default_rng(rng).integers(_FRESH))
    except (TypeError, ValueError):
        raise InputError("rng", rng, allowed) from None


def explained(run: OwnRun, seed: int, state: State, now: int, household: int, week: int | None) -> Explanation:
    """Explain a decision of a run that has come to the week `now`, by replaying it.

    Raises
    ------
    InputError
        If there is no such household, the week is still to come or none in which it decides, or the replay does not
        come to the same state.
    """
    if week is None:
        considered = state.s[COL.considered_at, state.s[COL.id] == household]
        week = int(max([0.0, *considered]))
    if week > now:
        raise InputError("week", week, f"a week that was run, or the next: 0 to {now}")
    again = run.begin(seed)
    run.advance(seed, again, 0, now)
    if not _same_past(state, again, now):
        allowed = (
            "asked of a run that the rules alone have made: here columns were written, or the agent class has a step of"
            " its own, and a replay knows neither"
        )
        raise InputError("why", f"household {household}", allowed)
    return explain(run, seed, household, week)


def passed_on(before: OwnRun, after: OwnRun, seed: int, state: State, week: int) -> State:
    """The state of a run before a week, as other inputs for the weeks to come have it.

    Where inputs and seed alone made it, it is made anew with them; else what the rules do not know stays as it is.

    Raises
    ------
    InputError
        If the rules did not make it, and others would arrive under the new inputs.
    """
    again = after.begin(seed)
    after.advance(seed, again, 0, week)
    if _same_past(state, again, week):
        return again
    new = after.begin(seed)
    if not np.array_equal(new.s[COL.id], state.s[COL.id]):
        allowed = (
            "a policy told before the run, as a regime: who arrives follows from it (world.pull_elasticity), and here"
            " something other than the rules has changed households"
        )
        raise InputError("policy", after.policy.name, allowed)
    for column in Column:
        new.s[column] = state.s[column]
    for k, name in enumerate(after.offers):
        if name in before.offers:
            new.s[TOLD + k] = state.s[TOLD + before.offers.index(name)]
    for row in range(-len(before.rules.columns), 0):
        new.s[row] = state.s[row]
    return state._replace(s=new.s)


def _same_past(one: State, other: State, week: int) -> bool:
    """Whether two runs up to a week are the same: households that have come, and history; offers to come aside."""
    here, there = (np.flatnonzero(state.s[COL.stage] != STAGE.ABSENT) for state in (one, other))
    here, there = here[np.argsort(one.s[COL.id, here])], there[np.argsort(other.s[COL.id, there])]
    return (
        all(one.s[column, here].tobytes() == other.s[column, there].tobytes() for column in Column)
        and np.array_equal(one.history[:week, 1:], other.history[:week, 1:])  # the first: those still to come
        and one.credibility.tobytes() == other.credibility.tobytes()
    )
