"""What turns a saving: every input that has a plausible range from end to end by itself, the widest swings again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from experiments.report.html.parts import Subject
from experiments.running.progress import Progress
from experiments.sensitivity.answers import Answers
from experiments.sensitivity.inquiry import Inquiry, inquire
from experiments.sensitivity.tornado import Bar, tornado
from experiments.statistics.intervals import Spread, spread

#: Seeds with which all inputs are tried, and those with which the widest are tried again.
SCREENED, AGAIN = 2, 16
#: Inputs that are told.
MOST = 12
#: Told whatever their swing: the pull factor, and what housing costs.
ALWAYS = ("world.pull_elasticity", "world.hotel_night")


@dataclass(frozen=True)
class Ends:
    """The saving at the ends of the inputs that move it most.

    Attributes
    ----------
    centre
        With every input at its reference, over the same seeds.
    tried
        How many inputs were tried.
    """

    inquiry: Inquiry
    bars: tuple[Bar, ...]
    centre: Spread
    tried: int


def ends(subject: Subject, workers: int | None, progress: Progress) -> Ends | None:
    """The tornado of the net saving of one variant; None where nothing may vary.

    Inputs of behaviour, world and caseload vary, not the levers; what somebody has set stays.  The behaviour is the one
    fitted vector, as in `returns sensitivity`.
    """
    q = subject.question
    case, base = q.cases[subject.about], q.baseline
    if case.policy == base.policy:
        return None
    inquiry = inquire(
        case.policy, measure="net_saving_npv", against=base.policy, caseload=case.caseload, weeks=q.weeks,
        households=q.households, seed=q.seed, at_ends=AGAIN,
        settings=[str(change) for change in q.settings if change.path.startswith("behaviour.")],
    )  # fmt: skip
    held = {change.path for change in q.settings}
    inquiry = replace(inquiry, factors=tuple(one for one in inquiry.factors if one.path not in held))
    if not inquiry.factors:
        return None
    answers = Answers(inquiry, workers, progress)
    screened = tornado(inquiry.factors, inquiry.own, lambda points: answers(points, SCREENED))
    rest = [bar.path for bar in screened if bar.path not in ALWAYS]
    first = [path for path in ALWAYS if any(bar.path == path for bar in screened)]
    kept = {*first, *rest[: MOST - len(first)]}
    factors = [factor for factor in inquiry.factors if factor.path in kept]
    bars = tornado(factors, inquiry.own, lambda points: answers(points, AGAIN))
    bars.sort(key=lambda bar: (ALWAYS.index(bar.path) if bar.path in ALWAYS else len(ALWAYS), -_reach(bar)))
    centre = spread(np.asarray(answers([{}], AGAIN))[0])
    return Ends(inquiry, tuple(bars), centre, len(inquiry.factors))


def _reach(bar: Bar) -> float:
    return abs(bar.swing)
