"""How a household's attention and its three beliefs move in a week (scalar rules).

Safety at home is learned from noisy news about the true state, a little from the official safe list,
and from the reports of those who went back.  The risk of removal follows the credibility of
enforcement that can be seen; it jumps when the household is threatened, and when somebody it knows is
removed.  Whether promised money is paid is learned from those who were promised it, and from an independent adviser.
"""

from __future__ import annotations

from typing import NamedTuple

from abm.household.stages import HOUSING, NOTICE, STAGE, case_is_open, chooses, follows_news, went_home
from abm.numerics.arithmetic import exp, log, rule, where
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, uniform

#: Weeks before an offer closes in which it draws attention.
CLOSING_SOON = 2.0


class Attention(NamedTuple):
    """The coefficients that every household needs every week (see `abm.inputs.behaviour.Behaviour`)."""

    consider: float
    alert_closing: float
    alert_memory: float
    learning_safety: float
    list_trust: float
    learning_removal: float


class Fates(NamedTuple):
    """Weekly chances of what nobody chooses."""

    refused: float  # moves on
    exhausted: float  # regularised, or moves on
    absconded: float  # regularised or found again
    returned: float  # back with a new claim, from a safe country
    returned_unsafe: float  # … and from one whose safety lies below
    unsafe_below: float
    hotel_exit: float  # moved to dispersal housing


@rule
def safety_after_news(b: Attention, belief: float, stage: float, noise: float, truth: float, listed: float) -> float:
    """Belief on safety after a week's news and a week of the official list.

    b' = b + λ (S + σ z − b) + τ L (1 − b), held within 0 and 1; σ z is the noise of the news, L is 1 while the origin
    is on the list.
    """
    moved = belief + b.learning_safety * (truth + noise - belief)
    moved = moved + b.list_trust * listed * (1.0 - moved)
    moved = where(moved < 0.0, 0.0, where(moved > 1.0, 1.0, moved))
    return where(follows_news(stage), moved, belief)


@rule
def removal_after_news(
    b: Attention, belief: float, stage: float, children: float, single: float, family: float
) -> float:
    """Belief on removal after a week: it drifts to the credibility of enforcement for one's kind."""
    seen = where(children > 0.0, family, single)
    return where(follows_news(stage), belief + b.learning_removal * (seen - belief), belief)


@rule
def considers(b: Attention, key: int, household: int, week: int, stage: float, alert: float, closing: float) -> float:
    """`NOTICE.CONSIDERS`, with the chance 1 − (1 − c)(1 − alert)(1 − closing soon); else nought."""
    soon = (closing - week > 0.0) & (closing - week <= CLOSING_SOON)
    chance = 1.0 - (1.0 - b.consider) * (1.0 - alert) * (1.0 - where(soon, b.alert_closing, 0.0))
    does = chooses(stage) & (uniform(key, household, week, PURPOSE.CONSIDER) < chance)
    return where(does, NOTICE.CONSIDERS, 0.0)


@rule
def falls_due(week: int, stage: float, support_end: float, departs_at: float) -> float:
    """What was set down for this week: `NOTICE.SUPPORT_ENDS`, `NOTICE.DEPARTS`, or nought."""
    ends = (stage == STAGE.EXHAUSTED) & (support_end <= week)
    departs = (stage == STAGE.BOOKED) & (departs_at <= week)
    return where(ends, NOTICE.SUPPORT_ENDS, 0.0) + where(departs, NOTICE.DEPARTS, 0.0)


@rule
def comes_back(fates: Fates, safety: float) -> float:
    """Weekly chance that a household comes back that went home to a country so safe."""
    return where(safety < fates.unsafe_below, fates.returned_unsafe, fates.returned)


@rule
def meets_fate(fates: Fates, key: int, household: int, week: int, stage: float, safety: float) -> float:
    """`NOTICE.FATE`, where an event that nobody chooses happens, with its weekly chance by stage; else nought."""
    hazard = where(stage == STAGE.EXHAUSTED, fates.exhausted, where(stage == STAGE.ABSCONDED, fates.absconded, 0.0))
    hazard = where(stage == STAGE.REFUSED, fates.refused, hazard)
    hazard = where(went_home(stage), comes_back(fates, safety), hazard)
    fated = uniform(key, household, week, PURPOSE.FATE) < hazard
    return where(fated, NOTICE.FATE, 0.0)


@rule
def is_moved(fates: Fates, key: int, household: int, week: int, stage: float, housing: float) -> float:
    """`NOTICE.MOVES`, where the state moves it out of a hotel; else nought."""
    housed = case_is_open(stage) & (housing == HOUSING.HOTEL)
    moves = housed & (uniform(key, household, week, PURPOSE.MOVE) < fates.hotel_exit)
    return where(moves, NOTICE.MOVES, 0.0)


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
def removal_after_threat(belief: float, trust: float, announced: float) -> float:
    """Belief on removal when a threat reaches a household: b + τ max(0, A − b).

    Nothing holds it there: from the next week on it drifts to what is seen (`removal_after_news`), so that a threat
    that nothing follows is forgotten at the rate at which removals are learned of, and one that is carried out lasts.
    """
    return belief + trust * max(0.0, announced - belief)


@rule
def raised(alert: float, bump: float) -> float:
    """Attention after one more reason to think: 1 − (1 − a)(1 − bump)."""
    return alert + bump * (1.0 - alert)


@rule
def within_a_year(weekly: float) -> float:
    """A weekly chance as the chance within a year: 1 − (1 − p) ^ 52.18."""
    return 1.0 - exp(WEEKS_PER_YEAR * log(max(1e-12, 1.0 - weekly)))
