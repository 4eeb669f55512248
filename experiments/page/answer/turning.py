"""What turns the answer: one input at a time from end to end of its range, by few runs, while a visitor waits.

All inputs of behaviour, world and caseload that have a plausible range are tried with `SCREENED` seeds on a sample of
the caseload; the `MOST` that move the net saving most, and the pull factor whatever it does, are tried again with as
many seeds as the answer of the page has (`seeds`), told a few at a time.  A and B share seeds, and the behaviour is the
one fitted vector, as in `returns sensitivity`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.measures import IDS, difference
from experiments.page.answer.wording import written
from experiments.page.choices import USUAL_REPLICATES, Choices, text_of
from experiments.page.lever_words import name_of, ranged
from experiments.question.question import PULL_ON
from experiments.report.amounts import number
from experiments.running.threads import cores, each
from experiments.running.turns import TURNS, by_turns
from experiments.sensitivity.inquiry import Inquiry, applied, inquire
from experiments.sensitivity.tornado import Bar, tornado
from experiments.statistics.intervals import spread

#: Seeds with which every input is tried; the fewest and most with which those are tried again that move the saving
#: most, and how many of these lie between two pictures.
SCREENED, FEWEST, LARGEST, AT_A_TIME = 1, 12, USUAL_REPLICATES, 4
#: Households simulated while every input is tried.
SAMPLE = 150
#: Inputs that are told, the pull factor among them.
MOST = 20
PULL = next(iter(PULL_ON))
#: Inputs with a plausible range, about: what is told before anything was looked at.
_ABOUT = 120
#: Answers that are kept: the same question has the same one, whoever asks.
_KEPT = 32

Array = NDArray[np.float64]
Point = dict[str, Any]


@dataclass(frozen=True)
class Turning:
    """How far it is, and what was found.

    Attributes
    ----------
    done, of
        Runs.
    centre
        Net saving with every input as it is, GBP.
    bars
        The pull factor first, then the widest; empty before there are any.
    seeds
        Runs on which each figure rests, and `of_seeds` on which it will.
    """

    done: int
    of: int
    centre: float = 0.0
    bars: tuple[Bar, ...] = ()
    inquiry: Inquiry | None = None
    tried: int = 0
    seeds: int = 0
    of_seeds: int = 0

    @property
    def complete(self) -> bool:
        """Whether it is the answer."""
        return 0 < self.of_seeds == self.seeds


_found: OrderedDict[str, Turning] = OrderedDict()


def seeds(choices: Choices) -> int:
    """Seeds with which the inputs are tried again: those of the answer, within bounds."""
    return max(FEWEST, min(choices.replicates, LARGEST))


def turning(choices: Choices, stopped: Callable[[], bool]) -> Iterator[Turning]:
    """How far it is, again and again, and at last what turns the answer to a question.

    Raises
    ------
    InputError
        If A and B are the same policy, or nothing may vary.
    """
    key = choices.query()
    if key in _found:
        yield _found[key]
        return
    yield Turning(0, 0)
    inquiry = _inquiry(choices)
    sample = replace(inquiry, cases=tuple(replace(c, households=min(choices.size, SAMPLE)) for c in inquiry.cases))
    points = _ends(inquiry)
    kept = min(MOST, len(inquiry.factors))
    again = seeds(choices)
    runs = 2 * (SCREENED * len(points) + again * (2 * kept + 1))
    values: list[Array] = []
    done = 0
    for part in _parts(sample, points, range(SCREENED)):
        if stopped():
            return
        values += part
        done += 2 * SCREENED * len(part)
        yield Turning(done, runs)
    screened = tornado(inquiry.factors, inquiry.own, lambda _: np.stack(values))
    best = [bar.path for bar in screened if bar.path != PULL][: kept - 1]
    tried, inquiry = (
        len(inquiry.factors),
        replace(inquiry, factors=tuple(f for f in inquiry.factors if f.path in (PULL, *best))),
    )
    told, points = Turning(done, runs), [{}, *_ends(inquiry)]
    held = np.empty((len(points), 0))
    while held.shape[1] < again:
        first = held.shape[1]
        more, values = range(first, min(first + AT_A_TIME, again)), []
        for part in _parts(inquiry, points, more):
            if stopped():
                return
            values += part
            done += 2 * len(more) * len(part)
            yield replace(told, done=done)
        held = np.hstack([held, np.stack(values)])
        told = _told(inquiry, held, Turning(done, runs, tried=tried, seeds=held.shape[1], of_seeds=again))
        yield told
    _found[key] = told
    while len(_found) > _KEPT:
        _found.popitem(last=False)


def _told(inquiry: Inquiry, held: Array, far: Turning) -> Turning:
    """What some seeds tell, from the savings as everything is and at both ends of each input, shape (points, seeds)."""
    bars = tornado(inquiry.factors, inquiry.own, lambda _: held[1:])
    bars.sort(key=lambda bar: bar.path != PULL)
    return replace(far, centre=spread(held[0]).mean, bars=tuple(bars), inquiry=inquiry)


def _inquiry(choices: Choices) -> Inquiry:
    """What varies, around the one fitted behaviour; what a visitor has set herself stays."""
    q = choices.shown
    moved = [f"{path}={text_of(v)}" for path, v in choices.shared.items() if path.startswith("behaviour.")]
    base, variant = q.cases
    inquiry = inquire(
        variant.policy, measure="net_saving_npv", against=base.policy, caseload=q.caseload, weeks=q.weeks,
        households=q.households, seed=q.seed, settings=moved,
    )  # fmt: skip
    return replace(inquiry, factors=tuple(one for one in inquiry.factors if one.path not in choices.shared))


def _ends(inquiry: Inquiry) -> list[Point]:
    """Each factor at either end, in the order in which `tornado` asks."""
    return [{factor.path: factor.at(end)} for factor in inquiry.factors for end in (0.0, 1.0)]


def _parts(inquiry: Inquiry, points: Sequence[Point], which: range) -> Iterator[list[Array]]:
    """The net saving at some points with some seeds, shape (seeds,) each, a few points at a time."""
    size = 4 * cores()
    for start in range(0, len(points), size):
        yield each(points[start : start + size], lambda point: _savings(inquiry, point, which))


def _savings(inquiry: Inquiry, point: Point, which: range) -> Array:
    measured = []
    for position, case in enumerate(inquiry.cases):
        settings = applied(point, baseline=position == 0)
        with TURNS:
            prepared = case.with_settings(settings, file="a range").prepared()
            runs = np.stack([by_turns(prepared, inquiry.seed + seed).values for seed in which])
        measured.append({name: runs[:, k] for k, name in enumerate(IDS)})
    base, variant = measured
    return np.asarray(difference("net_saving_npv", variant, base))


def planned(choices: Choices) -> str:
    """About how many runs it will take."""
    runs = 2 * (SCREENED * 2 * _ABOUT + seeds(choices) * (2 * MOST + 1))
    return number(round(runs, -2))


def shown(found: Turning | None) -> dict[str, Any]:
    """What the page draws: rows with texts and places, the sentence above them, and how far it is."""
    found = found or Turning(0, 0)
    told: dict[str, Any] = {"done": found.done, "of": found.of, "complete": found.complete, "rows": [], "lead": ""}
    told |= {"seeds": 0, "of_seeds": 0, "zero": 0, "centre": 0, "saving": "", "note": ""}
    inquiry = found.inquiry
    if inquiry is None:
        return told
    ends = [end.mean for bar in found.bars for end in (bar.at_low, bar.at_high)]
    put = written("GBP", [], [found.centre, *ends])
    least, most = min([0.0, found.centre, *ends]), max([0.0, found.centre, *ends])
    room = 0.03 * (most - least) or 1.0
    least, most = least - room, most + room

    def place(value: float) -> float:
        return round(100 * (value - least) / (most - least), 2)

    for bar in found.bars:
        told["rows"].append({
            "path": bar.path,
            "name": name_of(bar.path),
            "range": ranged(bar.path, bar.low, bar.high, bar.own),
            "mark": inquiry.marks.get(bar.path, ""),
            "low": put.change(bar.at_low.mean),
            "high": put.change(bar.at_high.mean),
            "at_low": place(bar.at_low.mean),
            "at_high": place(bar.at_high.mean),
            "turns": turns(bar, found.centre),
        })  # fmt: skip
    told |= {"zero": place(0.0), "centre": place(found.centre), "saving": put.change(found.centre)}
    told |= {"seeds": found.seeds, "of_seeds": found.of_seeds, "lead": _lead(told["rows"], found)}
    told["note"] = (
        f"Net saving of B against A, one input at a time, all else as it is (then {put.change(found.centre)}); each"
        f" figure is a mean of {found.seeds} runs. {found.tried} inputs with a plausible range were first tried at both"
        f" ends, {SCREENED} run each on a sample; here are the {len(found.bars)} that moved it most, the pull factor in"
        " any case. A and B on the same seeds, with one fitted behaviour: the mean at the top of the page is over many."
    )
    return told


def turns(bar: Bar, centre: float) -> str:
    """Whether the sign of the mean turns within the range: ``yes``, ``maybe`` (zero is in an interval), or nothing."""
    ends = [bar.at_low, bar.at_high]
    if not min(centre, *(end.mean for end in ends)) < 0 < max(centre, *(end.mean for end in ends)):
        return ""
    beyond = [end for end in ends if end.mean * centre < 0] or ends
    return "yes" if any(end.mean_low > 0 or end.mean_high < 0 for end in beyond) else "maybe"


def _lead(rows: Sequence[dict[str, Any]], found: Turning) -> str:
    """What is seen, in a sentence."""
    turned, maybe = ([row["name"] for row in rows if row["turns"] == word] for word in ("yes", "maybe"))
    start = "" if found.complete else f"So far, {found.seeds} of {found.of_seeds} runs each: "
    parts = []
    if turned:
        parts.append(f"each of these alone turns the sign within its range: {'; '.join(turned)}")
    if maybe:
        parts.append(
            f"{'with these' if len(maybe) > 1 else 'with this one'} it may turn, or be chance: {'; '.join(maybe)}"
        )
    told = start + (". ".join(parts) or "none of these alone turns the sign of the saving within its range") + "."
    return ". ".join(part[:1].upper() + part[1:] for part in told.split(". "))
