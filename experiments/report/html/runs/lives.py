"""Three households of one run: one that stays, one that money moves, one that a peer moves; each told as `why` has it.

They are looked for with the one fitted behaviour, so that `returns why` prints the same of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.household.stages import COL, Stage, went_home
from abm.inputs.parameters import InputError
from abm.model import Prepared, Run
from abm.numerics.calendar import happened
from abm.scenarios.scenario import load_behaviour
from abm.why import Explanation, explain, row_of
from experiments.question.case import Case
from experiments.report.html.parts import Subject

#: Seeds that are searched, and stayers among whom the middle one is taken.
SEEDS, STAYERS = 40, 41
#: Households found that are weighed against each other: the one with the largest term is told.
CANDIDATES = 6
#: The term that moves a household of each kind.
MOVER = {"moved by the money": "the offer, against income at home", "moved by a peer": "peers who left"}


@dataclass(frozen=True)
class Life:
    """A household under the baseline and under the policy.

    Attributes
    ----------
    kind
        What it stands for.
    stages
        For the baseline and the policy: (first week, week after the last, stage).
    told
        The decision that is explained, under the policy.
    """

    kind: str
    seed: int
    household: int
    stages: tuple[tuple[tuple[int, int, Stage], ...], ...]
    told: Explanation


def lives(subject: Subject) -> list[Life | str]:
    """The three, or a sentence in the place of one that the seeds searched do not have."""
    q = subject.question
    both = (_fitted(q.baseline, subject), _fitted(q.cases[subject.about], subject))
    first = both[1].run(q.seed)
    found: list[Life | str] = [_stayer(both, first, q.seed)]
    control = q.controls[subject.about]
    others: dict[str, Prepared | None] = {
        "moved by the money": None if control is None else _fitted(control, subject),
        "moved by a peer": _fitted(q.cases[subject.about], subject, {"behaviour.norm": "0"}),
    }
    for kind, other in others.items():
        if other is None:
            found.append(f"No household is {kind}: the policy has no offer of its own.")
            continue
        moved = list(islice(_moved(kind, both, other, range(q.seed, q.seed + SEEDS)), CANDIDATES))
        found.append(
            max(moved, key=lambda life: _term(life.told, MOVER[kind]))
            if moved
            else f"No household of the stock is {kind} in {SEEDS} runs."
        )
    return found


def _fitted(case: Case, subject: Subject, changed: Mapping[str, str] | None = None) -> Prepared:
    own = {c.path: c.value for c in subject.question.settings if c.path.startswith("behaviour.")}
    return replace(case, members=(load_behaviour(),)).with_settings(own | dict(changed or {})).prepared()


def _stayer(both: tuple[Prepared, Prepared], run: Run, seed: int) -> Life | str:
    """Of the stock whose claim has failed and who are there at the end, the one of the middle chance."""
    s = run.state.s
    there = (s[COL.stage] == Stage.EXHAUSTED) & (s[COL.id] < run.prepared.households) & happened(s[COL.considered_at])
    ids = np.sort(s[COL.id][there].astype(int))[:STAYERS]
    told = [found for found in (_told(both[1], seed, int(one)) for one in ids) if found is not None]
    if not told:
        return "No household of the stock stays to the end and has considered leaving."
    told.sort(key=lambda one: one.probabilities["stay"])
    middle = told[len(told) // 2]
    return _life("the stayer in the middle", both, seed, int(middle.household["id"]), middle)


def _moved(kind: str, both: tuple[Prepared, Prepared], other: Prepared, seeds: range) -> Iterator[Life]:
    """Households of the stock that accept an offer or go home under the policy and never leave under the other."""
    for seed in seeds:
        run, without = both[1].run(seed), other.run(seed)
        for household in _gone(run) - _gone(without, by_any=True):
            told = _told(both[1], seed, household)
            if told is None or told.choice == "STAY":
                continue
            by_money = kind == "moved by the money"
            if _term(told, MOVER[kind]) <= 0.0 or (by_money and told.choice != "ASSISTED_RETURN"):
                continue
            yield _life(kind, both, seed, household, told)


def _term(told: Explanation, name: str) -> float:
    return next((value for term, value, _ in told.terms if term == name), 0.0)


def _gone(run: Run, *, by_any: bool = False) -> set[int]:
    """Households of the stock that have gone home by choice (or left by any route)."""
    s = run.state.s
    home = np.array([went_home(float(stage)) for stage in Stage])
    left: NDArray[Any] = np.asarray(happened(s[COL.left_at])) & (s[COL.id] < run.prepared.households)
    if not by_any:
        left = left & home[s[COL.route].astype(int)]
    return {int(one) for one in np.sort(s[COL.id][left])}


def _told(prepared: Prepared, seed: int, household: int) -> Explanation | None:
    """The latest decision that it considered; nothing where the state decided first."""
    try:
        return explain(prepared, seed, household)
    except InputError:
        return None


def _life(kind: str, both: tuple[Prepared, Prepared], seed: int, household: int, told: Explanation) -> Life:
    return Life(kind, seed, household, tuple(stages(one, seed, household) for one in both), told)


def stages(prepared: Prepared, seed: int, household: int) -> tuple[tuple[int, int, Stage], ...]:
    """Where a household stands, as (first week, week after the last, stage)."""
    state = prepared.begin(seed)
    row = row_of(state, household)
    found = [(0, 0, Stage(int(state.s[COL.stage, row])))]
    for week in range(prepared.weeks):
        prepared.advance(seed, state, week, week + 1)
        stage = Stage(int(state.s[COL.stage, row]))
        first, _, last = found[-1]
        if stage == last:
            found[-1] = (first, week + 1, last)
        else:
            found[-1] = (first, week, last) if week > first else found[-1]
            found.append((week, week + 1, stage))
    return tuple(entry for entry in found if entry[1] > entry[0])
