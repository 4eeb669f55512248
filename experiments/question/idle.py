"""Settings that change nothing: asked for, and without any effect on the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from abm.arrays.pull import MOST_PULL
from experiments.question.case import Case

#: Runs of each case that are compared, with and without a setting.
RUNS = 2


def idle_settings(cases: Sequence[Case], without: Mapping[str, Sequence[Case]], seed: int) -> Iterator[str]:
    """A sentence for each setting with which some runs are, to the last bit, what they are without it.

    Parameters
    ----------
    cases
        As they are run, with every setting.
    without
        The same cases with all settings but one, by the words in which that one was given.
    seed
        Of the first run.
    """
    for words, others in without.items():
        pairs = [(case, other) for case, other in zip(cases, others, strict=True) if case != other]
        if all(_same(case, other, seed + k) for case, other in pairs for k in range(RUNS)):
            yield f"{words} changed no figure, in {RUNS} runs of each policy with and without it."


def held_arrivals(cases: Mapping[str, Case]) -> Iterator[str]:
    """A sentence for each case in which the pull factor is held at the most that it may be."""
    for label, case in cases.items():
        if case.pull().max() >= MOST_PULL:
            yield f"{label}: the pull factor is held at {MOST_PULL:g} times the caseload's own arrivals."


def _same(case: Case, other: Case, seed: int) -> bool:
    one, two = (made.prepared().run(seed) for made in (case, other))
    same_history = one.state.history.tobytes() == two.state.history.tobytes()
    return bool(same_history and one.values.tobytes() == two.values.tobytes())
