"""How a household's attention and its three beliefs move in a week (scalar rules).

Safety at home is learned from noisy news about the true state, a little from the official safe list,
and from the reports of those who went back.  The risk of removal follows the credibility of
enforcement that can be seen, and jumps when somebody one knows is removed.  Whether promised money is
paid is learned from those who were promised it, and from an independent adviser.
"""

from __future__ import annotations

from typing import NamedTuple

from abm.arithmetic import exp, log, rule, where
from abm.decision import WEEKS_PER_YEAR
from abm.draws import Purpose, normal, uniform
from abm.stages import ABSCONDED, EXHAUSTED, HOTEL, PROTECTED

_NEWS, _CONSIDER, _FATE, _MOVE = (
    int(Purpose.NEWS), int(Purpose.CONSIDER), int(Purpose.FATE), int(Purpose.MOVE),
)  # fmt: skip

#: Weeks before an offer closes in which it draws attention.
CLOSING_SOON = 2.0

#: Bits of a household's notice of the week.
CONSIDERS, FATE, SUPPORT_ENDS, MOVES = 1, 2, 4, 8


class Attention(NamedTuple):
    """The coefficients that every household needs every week (see `abm.behaviour.Behaviour`)."""

    consider: float
    alert_closing: float
    alert_memory: float
    learning_safety: float
    list_trust: float
    learning_removal: float


@rule
def _present(stage: float) -> bool:
    """In the country and in the procedure: awaiting, refused, exhausted, absconded or protected."""
    return (stage >= 1.0) & (stage <= PROTECTED)


@rule
def safety_after_news(
    b: Attention,
    key: int,
    household: int,
    week: int,
    belief: float,
    stage: float,
    noise: float,
    truth: float,
    listed: float,
) -> float:
    """Belief on safety after a week's news and a week of the official list.

    b' = b + λ (S + σ z − b) + τ L (1 − b), held within 0 and 1; L is 1 while the origin is on the list.
    """
    signal = truth + noise * normal(key, household, week, _NEWS)
    moved = belief + b.learning_safety * (signal - belief)
    moved = moved + b.list_trust * listed * (1.0 - moved)
    moved = where(moved < 0.0, 0.0, where(moved > 1.0, 1.0, moved))
    return where(_present(stage), moved, belief)


@rule
def removal_after_news(
    b: Attention, belief: float, stage: float, children: float, single: float, family: float
) -> float:
    """Belief on removal after a week: it drifts to the credibility of enforcement for one's kind."""
    seen = where(children > 0.0, family, single)
    return where(_present(stage), belief + b.learning_removal * (seen - belief), belief)


@rule
def notice_of(
    b: Attention,
    key: int,
    household: int,
    week: int,
    stage: float,
    alert: float,
    closing: float,
    support_end: float,
    housing: float,
    limbo_fate: float,
    absconded_fate: float,
    returned_fate: float,
    hotel_exit: float,
) -> float:
    """What this week brings a household, as bits: it considers, meets its fate, loses support, moves.

    The chance of considering is 1 − (1 − c)(1 − alert)(1 − closing soon).  Fates are the events nobody
    chooses: regularisation, detection, re-migration, each a weekly chance by stage.
    """
    soon = (closing - week > 0.0) & (closing - week <= CLOSING_SOON)
    chance = 1.0 - (1.0 - b.consider) * (1.0 - alert) * (1.0 - where(soon, b.alert_closing, 0.0))
    may_choose = (stage >= 1.0) & (stage <= ABSCONDED)
    considers = may_choose & (uniform(key, household, week, _CONSIDER) < chance)
    hazard = where(stage == EXHAUSTED, limbo_fate, where(stage == ABSCONDED, absconded_fate, 0.0))
    hazard = where((stage == 7.0) | (stage == 8.0), returned_fate, hazard)
    fated = uniform(key, household, week, _FATE) < hazard
    ends = (stage == EXHAUSTED) & (support_end <= week)
    housed = (stage >= 1.0) & (stage <= EXHAUSTED) & (housing == HOTEL)
    moves = housed & (uniform(key, household, week, _MOVE) < hotel_exit)
    bits = where(considers, 1.0, 0.0) + where(fated, 2.0, 0.0)
    return bits + where(ends, 4.0, 0.0) + where(moves, 8.0, 0.0)


@rule
def after_reports(belief: float, strength: float, count: float, total: float) -> float:
    """A belief worth `strength` reports, after `count` reports with the given sum.

    The posterior mean of a beta–binomial model: (κ b + Σ r) / (κ + n).  Reports are multiples of
    1/1024, so their sum is exact in whatever order they arrive.
    """
    return belief + (total - count * belief) / (strength + count)


@rule
def trust_after_visit(belief: float, share: float, independence: float) -> float:
    """Belief on payment after an adviser's visit: an independent one removes a share of the doubt."""
    return belief + share * independence * (1.0 - belief)


@rule
def raised(alert: float, bump: float) -> float:
    """Attention after one more reason to think: 1 − (1 − a)(1 − bump)."""
    return alert + bump * (1.0 - alert)


@rule
def within_a_year(weekly: float) -> float:
    """A weekly chance as the chance within a year: 1 − (1 − p) ^ 52.18."""
    return 1.0 - exp(WEEKS_PER_YEAR * log(max(1e-12, 1.0 - weekly)))
