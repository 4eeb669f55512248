"""Settings that change nothing: asked for, and without any effect on the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from abm.arrays.pull import MOST_PULL
from abm.inputs.parameters import InputError
from experiments.question.case import Case
from experiments.question.content import Content
from experiments.question.study import Study

#: Runs of each case that are compared, with and without a setting, each with a draw of its own: few respond in one.
RUNS = 8
#: Households of such a run of a design.
FEW = 500


def idle_settings(
    cases: Sequence[Case],
    without: Mapping[str, Sequence[Case]],
    seed: int,
    known: Mapping[bytes, NDArray[np.float64]] = MappingProxyType({}),
) -> Iterator[str]:
    """A sentence for each setting with which some runs are, to the last bit, what they are without it.

    Parameters
    ----------
    cases
        As they are run, with every setting.
    without
        The same cases with all settings but one, by the words in which that one was given.
    seed
        Of the first run.
    known
        Measures of runs that were made before, by their content.
    """
    seen = {content: measures.tobytes() for content, measures in known.items()}
    for words, others in without.items():
        pairs = [(case, other) for case, other in zip(cases, others, strict=True) if case != other]
        if all(_same(case, other, seed, k, seen) for case, other in pairs for k in range(RUNS)):
            yield f"{words} changed no figure, in {RUNS} runs of each policy with and without it."


def idle_in_design(study: Study) -> Iterator[str]:
    """A sentence for each entry of a design's ``set`` that changes nothing at its first and its last point.

    At most `FEW` households are simulated for it.
    """
    shared, settings, seen = study.shared, study.shared.settings, dict[bytes, bytes]()
    active = np.flatnonzero(study.active[: study.variant_cells]).tolist()
    cells = sorted({active[0], active[-1]})
    for path, value in settings.items():
        rest = replace(shared, settings={other: own for other, own in settings.items() if other != path})
        with suppress(InputError):  # one without the other may contradict itself: then both have an effect
            pairs = [(study.case(cell), rest.case(study.locate(cell)[0], study.settings(cell))) for cell in cells]
            few = [tuple(replace(case, households=min(FEW, case.size)) for case in pair) for pair in pairs]
            if all(_same(case, other, shared.seed, k, seen) for case, other in few for k in range(RUNS)):
                yield f"set.{path} = {value} changed no figure, in {RUNS} runs of the first and the last point."


def held_arrivals(cases: Mapping[str, Case]) -> Iterator[str]:
    """A sentence for each case in which the pull factor is held at the most that it may be."""
    for label, case in cases.items():
        if case.pull().max() >= MOST_PULL:
            yield f"{label}: the pull factor is held at {MOST_PULL:g} times the caseload's own arrivals."


def _same(case: Case, other: Case, seed: int, replicate: int, seen: dict[bytes, bytes]) -> bool:
    """Whether a replicate of both cases gives the same; `seen`: what runs gave, by their content, each made once."""
    one, two = (Content(each).of(replicate, seed + replicate) for each in (case, other))
    if one == two:
        return True
    for content, each in ((one, case), (two, other)):
        if content not in seen:
            seen[content] = each.prepared(replicate).measures(seed + replicate).tobytes()
    return seen[one] == seen[two]
