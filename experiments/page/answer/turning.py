"""What turns the answer: one input at a time from end to end of its range, by few runs, while a visitor waits.

All inputs of behaviour, world and caseload that have a plausible range are tried with `SCREENED` seeds on a sample of
the caseload; the `MOST` that move the net saving most, and the pull factor whatever it does, are tried again with
`AGAIN` seeds.  A and B share seeds, and the behaviour is the one fitted vector, as in `returns sensitivity`: a rough
answer.
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
from experiments.page.choices import Choices, text_of
from experiments.question.question import PULL_ON
from experiments.report.amounts import plain
from experiments.running.threads import cores, each
from experiments.running.turns import TURNS, by_turns
from experiments.sensitivity.inquiry import Inquiry, applied, inquire
from experiments.sensitivity.tornado import Bar, tornado
from experiments.statistics.intervals import spread

#: Seeds with which every input is tried, and with which those are tried again that move the saving most.
SCREENED, AGAIN = 1, 4
#: Households simulated while every input is tried.
SAMPLE = 150
#: Inputs that are told, the pull factor among them.
MOST = 20
PULL = next(iter(PULL_ON))
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
        The pull factor first, then the widest; empty before the end.
    """

    done: int
    of: int
    centre: float = 0.0
    bars: tuple[Bar, ...] = ()
    inquiry: Inquiry | None = None
    tried: int = 0

    @property
    def complete(self) -> bool:
        """Whether it is the answer."""
        return self.inquiry is not None


_found: OrderedDict[str, Turning] = OrderedDict()


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
    runs = 2 * (SCREENED * len(points) + AGAIN * (2 * kept + 1))
    values, done = [], 0
    for part in _parts(sample, points, SCREENED):
        if stopped():
            return
        values += part
        done += 2 * SCREENED * len(part)
        yield Turning(done, runs)
    screened = tornado(inquiry.factors, inquiry.own, lambda _: np.stack(values))
    best = [bar.path for bar in screened if bar.path != PULL][: kept - 1]
    inquiry = replace(inquiry, factors=tuple(f for f in inquiry.factors if f.path in (PULL, *best)))
    again = []
    for part in _parts(inquiry, [{}, *_ends(inquiry)], AGAIN):
        if stopped():
            return
        again += part
        done += 2 * AGAIN * len(part)
        yield Turning(done, runs)
    bars = tornado(inquiry.factors, inquiry.own, lambda _: np.stack(again[1:]))
    bars.sort(key=lambda bar: bar.path != PULL)
    told = Turning(done, done, spread(again[0]).mean, tuple(bars), inquiry, len(sample.factors))
    _found[key] = told
    while len(_found) > _KEPT:
        _found.popitem(last=False)
    yield told


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


def _parts(inquiry: Inquiry, points: Sequence[Point], seeds: int) -> Iterator[list[Array]]:
    """The net saving at some points, shape (seeds,) each, a few points at a time."""
    size = 4 * cores()
    for start in range(0, len(points), size):
        yield each(points[start : start + size], lambda point: _savings(inquiry, point, seeds))


def _savings(inquiry: Inquiry, point: Point, seeds: int) -> Array:
    measured = []
    for position, case in enumerate(inquiry.cases):
        settings = applied(point, baseline=position == 0)
        with TURNS:
            prepared = case.with_settings(settings, file="a range").prepared()
            runs = np.stack([by_turns(prepared, inquiry.seed + seed).values for seed in range(seeds)])
        measured.append({name: runs[:, k] for k, name in enumerate(IDS)})
    base, variant = measured
    return np.asarray(difference("net_saving_npv", variant, base))


def shown(found: Turning) -> dict[str, Any]:
    """What the page draws: rows with texts and places, the sentence above them, and how far it is."""
    told: dict[str, Any] = {"done": found.done, "of": found.of, "complete": found.complete, "rows": [], "lead": ""}
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
        declared = inquiry.declared(bar.path)
        unit = "" if declared.unit in ("1", "") or declared.unit.startswith("utility") else f" {declared.unit}"
        signs = np.sign([bar.at_low.mean, found.centre, bar.at_high.mean])
        told["rows"].append({
            "path": bar.path,
            "name": _first(declared.meaning),
            "range": f"{plain(bar.low)} to {plain(bar.high)}{unit}; here {plain(bar.own)}".replace("-", "−"),
            "mark": inquiry.marks.get(bar.path, ""),
            "low": put.change(bar.at_low.mean),
            "high": put.change(bar.at_high.mean),
            "at_low": place(bar.at_low.mean),
            "at_high": place(bar.at_high.mean),
            "turns": bool(signs.min() < 0 < signs.max()),
        })  # fmt: skip
    turned = [row["name"] for row in told["rows"] if row["turns"]]
    told |= {"zero": place(0.0), "centre": place(found.centre), "saving": put.change(found.centre)}
    tries = f"{SCREENED} run{'s' * (SCREENED > 1)}"
    told["note"] = (
        f"Net saving of B against A, one input at a time. Rough: {found.tried} inputs with a plausible range, each"
        f" tried at both ends by {tries}; the {len(found.bars)} that move it most, the pull factor in any case, again"
        f" by {AGAIN} (as they are: {put.change(found.centre)}). A and B on the same seeds; one fitted behaviour."
    )
    told["lead"] = (
        f"Each of these alone turns the sign within its range: {'; '.join(turned)}."
        if turned
        else "None of these alone turns the sign of the saving within its range."
    )
    return told


def _first(meaning: str) -> str:
    """A meaning without what follows a colon or semicolon."""
    text = meaning.partition(";")[0].partition(":")[0].strip()
    if text.count("(") > text.count(")"):
        text = text.rpartition("(")[0].strip()
    return text[:1].upper() + text[1:]
