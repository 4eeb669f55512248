"""The saving along levers of one policy's own offer: along its amount, and over amount and window together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.setting import day_of
from abm.inputs.parameters import InputError
from abm.inputs.policy import Offer, Policy
from abm.measures import IDS, difference
from experiments.question.control import A_PENNY
from experiments.report.html.parts import Subject
from experiments.report.html.runs.witnesses import first_members
from experiments.statistics.intervals import Spread, spread

Array = NDArray[np.float64]

#: Amounts that are tried, as multiples of the offer's own; the first is a penny.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
GRID_SHARES = (0.25, 0.5, 1.0, 1.5, 2.0)
#: Weeks for which an offer is open; None: for as long as the policy leaves it open.
WINDOWS: tuple[int | None, ...] = (1, 4, 13, 52)


@dataclass(frozen=True)
class Own:
    """The largest offer that a policy makes and its baseline does not.

    Attributes
    ----------
    name
        Of the offer, as paths have it.
    offer
        Its terms, in weeks.
    """

    policy: Policy
    name: str
    offer: Offer

    def path(self, leaf: str) -> str:
        """The path of one of its terms."""
        return self.policy.path_at(("offers", self.name, leaf))

    def amount(self, value: float) -> dict[str, Any]:
        """Settings that make it so much a person; a cap rises and falls with it."""
        amount = max(A_PENNY, value)
        settings: dict[str, Any] = {self.path("amount_per_person"): amount}
        if self.offer.household_cap is not None:
            cap = self.offer.household_cap * amount / self.offer.amount_per_person
            settings[self.path("household_cap")] = max(cap, amount)
        return settings

    def window(self, weeks: int | None) -> dict[str, Any]:
        """Settings that leave it open for so many weeks: to each household, and to all where it has an end."""
        settings: dict[str, Any] = {self.path("acceptance_window_weeks"): weeks}
        if self.offer.end_week is not None and weeks is not None:
            settings[self.path("end_week")] = int(self.offer.start_week) + weeks  # type: ignore[arg-type]
        return settings

    @property
    def windows(self) -> tuple[int | None, ...]:
        """The windows that are tried: without limit too where the offer itself has no end."""
        return (*WINDOWS[:-1], None) if self.offer.end_week is None else WINDOWS


def own_offer(subject: Subject) -> Own | None:
    """The offer that is varied; None where the policy has none of its own, or changes it in the course of time."""
    case, baseline = subject.question.cases[subject.about], subject.question.baseline
    try:
        policy = case.policy.in_weeks(day_of(case.caseload))
    except InputError:
        return None
    own = [
        (name, offer) for name, offer in policy.offers.items()
        if offer.amount_per_person > 0 and offer != baseline.policy.offers.get(name)
    ]  # fmt: skip
    if not own:
        return None
    name, offer = max(own, key=lambda found: found[1].amount_per_person)
    found = Own(policy, name, offer)
    changed = {path for regime in policy.regimes for path in regime.levers}
    return None if any(path.startswith(found.path("")) for path in changed) else found


def savings(subject: Subject, settings: list[dict[str, Any]], replicates: int) -> list[tuple[Spread, Spread, Spread]]:
    """Net saving, departures and offer spending against the baseline at each of some settings, on the same seeds."""
    q = subject.question
    bare = first_members(q.cases[subject.about], replicates)
    own = own_offer(subject)
    assert own is not None, "only asked where there is an offer to vary"
    cases = [
        first_members(bare, replicates).with_settings({**_in_weeks(bare.policy, own), **changed}, file="the report")
        for changed in settings
    ]
    jobs = [(case, replicate) for case in cases for replicate in range(replicates)]
    found = subject.each(jobs, lambda job: job[0].prepared(job[1]).measures(q.seed + job[1]))
    measured = np.array(found).reshape(len(cases), replicates, len(IDS))
    base = dict(zip(IDS, subject.comparison.runs[0].measures[:replicates].T, strict=True))
    vectors = q.vectors(replicates)
    told = []
    for table in measured:
        run = dict(zip(IDS, table.T, strict=True))
        names = ("net_saving_npv", "departures", "offer_spend")
        saved, left, paid = (spread(np.asarray(difference(name, run, base)), vectors) for name in names)
        told.append((saved, left, paid))
    return told


def _in_weeks(policy: Policy, own: Own) -> dict[str, Any]:
    """Dates of the offer as weeks, so that a window can be reckoned from them."""
    leaves = ("start_week", "end_week")
    return {own.path(leaf): getattr(own.offer, leaf) for leaf in leaves if getattr(own.offer, leaf) is not None}


def crossings(amounts: Array, means: Array) -> list[tuple[float, bool]]:
    """Where a line through some means passes nought, and whether it falls there."""
    found = []
    for (x, right), (a, b) in zip(pairwise(amounts.tolist()), pairwise(means.tolist()), strict=True):
        if a * b < 0:
            found.append((x + (right - x) * a / (a - b), a > 0))
    return found
