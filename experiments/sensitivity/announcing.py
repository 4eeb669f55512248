"""What a policy announces in the course of a run, and when an announcement that a mixture leaves out would be heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.arrays.setting import day_of
from abm.inputs.policy import Offer
from experiments.question.case import Case

#: A week that never comes.
NEVER = 10**6
#: What of an offer is not its money: when it is announced, until when it is open, and to whom.
ANNOUNCED = (
    "start_week", "end_week", "deadline", "acceptance_window_weeks", "open_awaiting", "open_refused", "open_exhausted",
    "open_absconded", "open_protected", "safe_origins_only", "families_only", "origins", "claims_before_week",
    "share", "share_by",
)  # fmt: skip


class Announcement(NamedTuple):
    """An offer announced in the course of a run.

    Attributes
    ----------
    week, until
        Week in which it is announced, and the first in which it is closed, other or over (`NEVER`, if none).
    name, offer
        The offer, in weeks.
    threatens
        Whether a threat of removal goes with it.
    """

    week: int
    until: int
    name: str
    offer: Offer
    threatens: bool

    @property
    def told(self) -> tuple[Any, ...]:
        """What is announced, the money aside."""
        return tuple(getattr(self.offer, field) for field in ANNOUNCED)

    @property
    def closes(self) -> bool:
        """Whether there is a last day to think of: of the offer, of a household's time to accept it, or of a bonus."""
        offer = self.offer
        limits = (offer.end_week, offer.acceptance_window_weeks)
        return any(limit is not None for limit in limits) or offer.early_bonus > 0


def announcements(case: Case) -> list[Announcement]:
    """What a policy announces in the course of a run, in the order of weeks and names."""
    timeline = case.policy.timeline(day_of(case.caseload))
    found = []
    for number, (begins, policy) in enumerate(timeline):
        rest = timeline[number + 1 :]
        next_begins = rest[0][0] if rest else NEVER
        for name, offer in sorted(policy.offers.items()):
            week = int(offer.start_week)  # type: ignore[arg-type]
            # What opens later than the next change belongs to the policy that is then in force.
            if not (offer.amount_per_person > 0 and max(0, begins) <= week < min(next_begins, case.weeks)):
                continue
            changed = [start for start, later in rest if later.offers.get(name) != offer]
            until = min([NEVER, *changed[:1], *([] if offer.end_week is None else [int(offer.end_week)])])  # type: ignore[arg-type]
            if until > week:
                enforcement = policy.enforcement
                threatens = enforcement.announced_risk > 0 and enforcement.notice == "with_offer"
                found.append(Announcement(week, until, name, offer, threatens))
    return sorted(found, key=lambda a: (a.week, a.name))


def quiet_weeks(
    quiet: Sequence[Announcement], published: Sequence[Announcement], case: Case
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Weeks in which news of an offer, and a closing date, draw no attention.

    The week of an announcement, and as long as the offer lasts where the side of the publicity has no offer open of
    which those who come later could hear; never what that side itself announces.
    """
    weeks = np.arange(case.weeks)
    news, closing = np.zeros(case.weeks, dtype=np.bool_), np.zeros(case.weeks, dtype=np.bool_)
    opened = _open_weeks(case)
    for a in quiet:
        lasts = (weeks >= a.week) & (weeks < a.until)
        news |= (weeks == a.week) | (lasts & ~opened)
        if a.closes:
            closing |= lasts
    for a in published:
        news &= weeks != a.week
        if a.closes:
            closing &= ~((weeks >= a.week) & (weeks < a.until))
    return news, closing


def _open_weeks(case: Case) -> NDArray[np.bool_]:
    """Weeks in which a policy has any offer open, shape (weeks,)."""
    weeks, found = np.arange(case.weeks), np.zeros(case.weeks, dtype=np.bool_)
    timeline = case.policy.timeline(day_of(case.caseload))
    for number, (begins, policy) in enumerate(timeline):
        ends = timeline[number + 1][0] if number + 1 < len(timeline) else NEVER
        for offer in policy.offers.values():
            if offer.amount_per_person > 0:
                last = NEVER if offer.end_week is None else int(offer.end_week)  # type: ignore[arg-type]
                found |= (weeks >= max(begins, int(offer.start_week))) & (weeks < min(ends, last))  # type: ignore[arg-type]
    return found
