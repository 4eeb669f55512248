"""Trials conducted: the same families with the offer open to all, to none and to a share, run after run.

Run r of every size has seed + r and the next draw of the posterior.  The truth of a run is the mean over its families
of what becomes of each with the offer open to all, less with it open to none.  A trial opens it to those whose lot is
drawn; those who are not hear of departures from those whom they know, which is what leaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from abm.model import Prepared
from experiments.running.threads import each
from experiments.statistics.intervals import Array
from experiments.trial.asking import By, Outcome, Trial
from experiments.trial.estimating import estimate
from experiments.trial.following import Followed, follow

#: What is kept of each trial, an entry a run and a horizon.
KEPT = ("truth", "without", "estimate", "error", "p", "null_p", "leak", "shortfall")


@dataclass(frozen=True)
class Runs:
    """The trials of one size and assignment, by outcome.

    Attributes
    ----------
    families
        Households at the start.
    enrolled, sites, treated
        Families that are followed, sites on which they live, and families to whom the offer is open, an entry a run.
    found
        By outcome and by each of `KEPT`, shape (runs, horizons).  ``truth``: the effect of opening the offer to all
        rather than to none; ``without``: the outcome when it is open to none; ``estimate``, ``error``, ``p``: what the
        trialist reckons; ``null_p``: the same of the same arms when the offer is open to none; ``leak``: what the trial
        changes for those to whom it is not open; ``shortfall``: what those to whom it is open lack of its effect when
        it is open to all.
    """

    families: int
    by: By
    enrolled: NDArray[np.int64]
    sites: NDArray[np.int64]
    treated: NDArray[np.int64]
    found: dict[Outcome, dict[str, Array]]
    checked: bool = False


@dataclass
class Conducted:
    """Everything that came out of some trials."""

    trial: Trial
    runs: list[Runs]
    vectors: NDArray[np.int64]
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _One:
    """One run with the offer open to all and to none, and by assignment the trial of it."""

    whole: Followed
    none: Followed
    trials: dict[By, tuple[Followed, NDArray[np.bool_]]]


def conduct(
    trial: Trial,
    families: Sequence[int] = (),
    *,
    by: Sequence[By] = (),
    workers: int | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> list[Runs]:
    """Conduct every trial of some sizes, those asked for without any.

    Raises
    ------
    InputError
        If the offer is open to none of the families when it opens.
    """
    sizes, ways = tuple(families) or trial.families, tuple(by) or trial.by
    replicates = range(trial.question.replicates)
    jobs = [(size, replicate) for size in sizes for replicate in replicates]
    first = _one(trial, *jobs[0], ways)  # in this thread, where compilation can be told of
    if len(first.whole.names) == 0:
        told_of = f"a policy whose offer is open to some families of {trial.variant.caseload.name} when it opens"
        raise InputError("VARIANT", trial.label, f"{told_of} (week {trial.opening})")
    rest = each(jobs[1:], lambda job: _one(trial, *job, ways), workers=workers, told=told)
    ones = [first, *rest]
    return [
        _runs(trial, size, way, ones[place * len(replicates) : (place + 1) * len(replicates)])
        for place, size in enumerate(sizes)
        for way in ways
    ]


def _one(trial: Trial, families: int, replicate: int, ways: Sequence[By]) -> _One:
    """One run of everything with the same seed."""
    seed, opening = trial.question.seed + replicate, trial.opening

    def run(prepared: Prepared, names: Array | None = None) -> Followed:
        return follow(prepared, seed, opening, trial.horizons, trial.offers, names)

    whole = run(trial.case(families, 1.0).prepared(replicate))
    none = run(trial.case(families, 0.0).prepared(replicate), whole.names)
    trials: dict[By, tuple[Followed, NDArray[np.bool_]]] = {}
    for way in ways:
        lots = whole.lots if way == "family" else whole.site_lots
        share = trial.share if way == "family" else even_share(lots, trial.share)
        found = run(trial.case(families, share, way).prepared(replicate), whole.names)
        trials[way] = found, lots < share
    return _One(whole, none, trials)


def even_share(lots: Array, share: float) -> float:
    """The share below which exactly the wanted share of some sites' lots lies, to the nearest site, and one at least.

    With few sites a trialist would not leave to chance how many are in each arm.
    """
    sites = np.unique(lots)
    if len(sites) < 2:
        return share
    drawn = min(max(1, round(share * len(sites))), len(sites) - 1)
    return float(0.5 * (sites[drawn - 1] + sites[drawn]))


def _runs(trial: Trial, families: int, way: By, ones: Sequence[_One]) -> Runs:
    found: dict[Outcome, dict[str, Array]] = {}
    for outcome in trial.outcomes:
        kept = {name: np.full((len(ones), len(trial.months)), np.nan) for name in KEPT}
        for r, one in enumerate(ones):
            trialled, treated = one.trials[way]
            clusters = one.whole.sites if way == "site" else None
            whole, none, seen = (_outcome(held, outcome) for held in (one.whole, one.none, trialled))
            for h in range(len(trial.months)):
                told = estimate(seen[h], treated, clusters)
                kept["truth"][r, h] = _mean(whole[h] - none[h])
                kept["without"][r, h] = _mean(none[h])
                kept["estimate"][r, h], kept["error"][r, h], kept["p"][r, h] = told
                kept["null_p"][r, h] = estimate(none[h], treated, clusters).p
                kept["leak"][r, h] = _mean((seen[h] - none[h])[~treated])
                kept["shortfall"][r, h] = _mean((whole[h] - seen[h])[treated])
        found[outcome] = kept
    return Runs(
        families, way, np.array([len(one.whole.names) for one in ones]),
        np.array([len(np.unique(one.whole.sites)) for one in ones]),
        np.array([int(one.trials[way][1].sum()) for one in ones]), found,
    )  # fmt: skip


def _outcome(followed: Followed, outcome: Outcome) -> Array:
    """What is compared, so that more is more departed or more saved, shape (horizons, families)."""
    return followed.departed if outcome == "departed" else -followed.cost


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else np.nan
