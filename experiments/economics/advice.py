"""The standing question: how much a person, with how long to accept, to whom, and how early.

Every combination of the answers is an offer of its own; all are run against the policy that stands, with the same
households, seeds and draws of the posterior, without and with the pull factor.  What is recommended follows from a
goal alone: the offer with the best mean, or none.  Beside it stand the chance that another would have done better,
what is lost if it is the wrong one, and what would be worth finding out first.

References
----------
Briggs, Claxton and Sculpher 2006, Decision Modelling for Health Economic Evaluation, chapters 6 and 7 (the mean
decides; the probability of error and the value of information say how firmly).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import difference
from abm.scenarios.scenario import load_policy
from experiments.compare.comparing import Comparison, Made, Runs, compare
from experiments.question.case import Uncertainty, fitted_members, load_case
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED, WEEKS
from experiments.question.question import Question, usual_replicates
from experiments.running.progress import Progress
from experiments.statistics.intervals import spread

Array = NDArray[np.float64]

#: The policy whose offer is varied: the pilot's amounts, for all and lasting, without a threat.
BASE = "uk-upfront-national"
#: As in the pilot, most that a household can get, in amounts a person.
CAP_PERSONS = 4.0
#: To whom the offer is made: words, and what has to be set.  Those there now are families of safe countries, as in the
#: pilot; families and all are meant with those who come later.
AUDIENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "present": (
        "families now there",
        {"offer.families_only": True, "offer.safe_origins_only": True, "offer.claims_before_week": 0},
    ),
    "families": ("families", {"offer.families_only": True}),
    "all": ("all refused", {}),
}
#: How early: words, and what has to be set.
MOMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "exhausted": ("after appeals", {"offer.open_refused": False}),
    "refused": ("from the first refusal", {"offer.open_refused": True}),
}
#: Of the runs, so many have to save for an offer to be prudent.
SURE = 0.9
#: Runs by which offers that are the same on a caseload are recognised.
ALIKE_RUNS = 2


@dataclass(frozen=True)
class Goal:
    """What is to be as large, or as small, as can be.

    Attributes
    ----------
    measure
        Of `abm.MEASURES` or `abm.COMPARED`; its difference from the policy that stands.
    sign
        1.0: the more the better; −1.0: the less.
    sure
        Only offers that save in so many of the runs are considered.
    """

    name: str
    title: str
    measure: str
    unit: str
    sign: float = 1.0
    sure: float = 0.0


GOALS = (
    Goal("money", "least public cost", "net_saving_npv", "GBP"),
    Goal("departures", "most additional departures", "departures", "households"),
    Goal("children", "fewest children's years in limbo", "child_years_in_limbo", "child-years", -1.0),
    Goal("prudent", f"most departures among offers that save in {SURE:.0%} of runs".replace("%", " %"), "departures",
         "households", 1.0, SURE),
)  # fmt: skip


@dataclass(frozen=True)
class Option:
    """One way to make the offer, or (without settings) none.

    Attributes
    ----------
    answers
        What it answers to each part of the question, in words.
    """

    answers: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        """In words."""
        return ", ".join(words for _, words in self.answers) or "no new offer"


NOTHING = Option((), ())


@dataclass(frozen=True)
class Inquiry:
    """What is asked.

    Attributes
    ----------
    question
        The policy that stands, then the offers.
    options
        The offers, in the order of the question's variants.
    """

    question: Question
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Recommendation:
    """What follows from one goal.

    Attributes
    ----------
    goal, with_pull
        The goal, and whether offers draw arrivals.
    best
        Position of the offer of the best mean among `Advice.options`; 0: none.
    mean, p05, p95
        Of the measure's difference from the policy that stands, with it.
    wrong, wrong_error
        Share of runs in which another of the options does better, and its standard error.
    worse
        Share of runs in which it does worse than no new offer.
    loss
        What is forgone on average against the option that is best in each run, in the unit of the measure.
    alike
        Positions of options whose mean cannot be told from the best one's (90 % interval of the paired difference).
    levels
        Best mean that each answer to each part of the question can have: (part, words, mean).
    """

    goal: Goal
    with_pull: bool
    best: int
    mean: float
    p05: float
    p95: float
    wrong: float
    wrong_error: float
    worse: float
    loss: float
    alike: tuple[int, ...]
    levels: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Worth:
    """What it would be worth to know a group of inputs before choosing for the least cost, GBP.

    Attributes
    ----------
    value, standard_error, held_out
        As `experiments.economics.information.Information` has them.
    """

    what: str
    value: float
    standard_error: float
    held_out: float

    @property
    def stands_out(self) -> bool:
        """Whether it can be told from nought, by both ways of reckoning."""
        return min(self.value, self.held_out) > self.standard_error


@dataclass(frozen=True)
class Advice:
    """What was found.

    Attributes
    ----------
    options
        No new offer, then the offers that differ on this caseload.
    same
        Offers that are the same there as an earlier one: their words, and those of that one.
    recommended
        One for each goal, without the pull factor, then with it.
    worth
        What to find out first, the most valuable first.
    stake
        Least public cost: what is forgone by choosing as if offers drew nobody where they do, GBP.
    """

    inquiry: Inquiry
    comparison: Comparison
    options: tuple[Option, ...]
    same: tuple[tuple[str, str], ...]
    recommended: tuple[Recommendation, ...]
    worth: tuple[Worth, ...]
    stake: float


def inquire(
    *,
    amounts: Sequence[float] = (3_000.0, 10_000.0, 20_000.0),
    windows: Sequence[int | None] = (1, 13, None),
    audiences: Sequence[str] = tuple(AUDIENCES),
    moments: Sequence[str] = tuple(MOMENTS),
    baseline: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    uncertainty: Uncertainty | None = None,
) -> Inquiry:
    """Put the question.

    Parameters
    ----------
    amounts
        GBP a person; the most that a household gets is four times as much.
    windows
        Weeks to accept from being made the offer; None: no limit.
    audiences, moments
        Of `AUDIENCES` and `MOMENTS`.

    Raises
    ------
    InputError
        Naming field, value and what is allowed.
    """
    _check("--to", audiences, tuple(AUDIENCES))
    _check("--when", moments, tuple(MOMENTS))
    for field, told in (("--amounts", amounts), ("--windows", windows)):
        if not told or len(set(told)) < len(told):
            raise InputError(field, ", ".join(map(str, told)), "at least one value, each once")
    for amount in amounts:
        if not amount > 0:
            raise InputError("--amounts", amount, "amounts above 0: none at all is always among the options")
    options = tuple(_option(*told) for told in product(amounts, windows, audiences, moments))
    members, kind = fitted_members(uncertainty)
    standing = load_case(load_policy(baseline), caseload, members, weeks=weeks, households=households)
    offered = replace(standing, policy=load_policy(BASE))
    cases = (standing, *(offered.with_settings(dict(option.settings), file="advise") for option in options))
    count = usual_replicates(standing) if replicates is None else replicates
    labels = (standing.policy.name, *(option.label for option in options))
    return Inquiry(Question(cases, labels, seed, count, kind, in_brief=True), options)


def _check(field: str, told: Sequence[str], allowed: tuple[str, ...]) -> None:
    for word in told:
        if word not in allowed:
            raise InputError(field, word, "any of " + ", ".join(allowed), nearest=nearest_spelling(word, allowed))
    if not told or len(set(told)) < len(told):
        raise InputError(field, ", ".join(told), "at least one of " + ", ".join(allowed) + ", each once")


def _option(amount: float, window: int | None, audience: str, moment: str) -> Option:
    to_accept = "no deadline" if window is None else f"{window} week{'s' * (window > 1)} to accept"
    whom, to_whom = AUDIENCES[audience]
    early, how_early = MOMENTS[moment]
    settings = {
        "offer.amount_per_person": amount, "offer.household_cap": CAP_PERSONS * amount,
        "offer.acceptance_window_weeks": "none" if window is None else window, **to_whom, **how_early,
    }  # fmt: skip
    answers = (("amount", f"£{amount:,.0f} a person"), ("window", to_accept), ("to", whom), ("when", early))
    return Option(answers, tuple(settings.items()))


def advise(asked: Inquiry, *, workers: int | None = None, progress: Progress | None = None) -> Advice:
    """Answer the question.

    Raises
    ------
    InputError
        If the inputs do not go together.
    """
    made: Made = {}
    kept, same = _different(asked, workers, made)
    question = asked.question
    chosen = replace(
        question,
        cases=(question.cases[0], *(question.cases[1 + k] for k in kept)),
        labels=(question.labels[0], *(question.labels[1 + k] for k in kept)),
    )
    found = compare(chosen, workers=workers, progress=progress, made=made)
    options = (NOTHING, *(asked.options[k] for k in kept))
    saves = np.array([np.mean(_outcome(found.runs, k, "net_saving_npv") > 0) for k in range(len(options))])
    recommended = [
        _recommend(goal, with_pull, found, options, saves if not with_pull else _saves(found.pulled))
        for with_pull in (False, True)
        for goal in GOALS
    ]
    money = _table(found.pulled, "net_saving_npv", 1.0)
    stake = float(money.mean(axis=0).max() - money.mean(axis=0)[recommended[0].best])
    return Advice(asked, found, options, tuple(same), tuple(recommended), _worth(found), stake)


def _different(asked: Inquiry, workers: int | None, made: Made) -> tuple[list[int], list[tuple[str, str]]]:
    """The offers that differ on this caseload, told by a few runs, and which is the same as which."""
    few = compare(replace(asked.question, replicates=ALIKE_RUNS), workers=workers, made=made)
    seen: dict[bytes, int] = {}
    kept: list[int] = []
    same: list[tuple[str, str]] = []
    for k, (runs, pulled) in enumerate(zip(few.runs[1:], few.pulled[1:], strict=True)):
        mark = runs.measures.tobytes() + pulled.measures.tobytes()
        if mark in seen:
            same.append((asked.options[k].label, asked.options[seen[mark]].label))
        else:
            seen[mark] = k
            kept.append(k)
    return kept, same


def _outcome(runs: Sequence[Runs], position: int, measure: str) -> Array:
    return np.asarray(difference(measure, runs[position].outcomes, runs[0].outcomes), dtype=np.float64)


def _saves(runs: Sequence[Runs]) -> Array:
    return np.array([np.mean(_outcome(runs, k, "net_saving_npv") > 0) for k in range(len(runs))])


def _table(runs: Sequence[Runs], measure: str, sign: float) -> Array:
    """What each option achieves, the more the better, (runs, options)."""
    return sign * np.stack([_outcome(runs, k, measure) for k in range(len(runs))], axis=1)


def _recommend(
    goal: Goal, with_pull: bool, found: Comparison, options: Sequence[Option], saves: Array
) -> Recommendation:
    reached = _table(found.pulled if with_pull else found.runs, goal.measure, goal.sign)
    if not np.isfinite(reached).all():
        raise InputError("--weeks", found.question.weeks, f"long enough for {goal.measure} to exist in every run")
    allowed = np.flatnonzero((saves >= goal.sure) | (np.arange(len(options)) == 0))
    means = reached.mean(axis=0)
    best = int(allowed[means[allowed].argmax()])
    mine, vectors = reached[:, best], found.vectors
    wrong = spread((reached[:, allowed].max(axis=1) > mine).astype(np.float64), vectors)
    told = spread(goal.sign * mine, vectors)
    alike = tuple(int(k) for k in allowed if k != best and _as_good(reached[:, k] - mine, vectors))
    return Recommendation(
        goal, with_pull, best, told.mean, told.run_p05, told.run_p95, wrong.mean, wrong.standard_error,
        float(np.mean(mine < reached[:, 0])), float((reached[:, allowed].max(axis=1) - mine).mean()), alike,
        _levels(goal, options, allowed, means),
    )  # fmt: skip


def _as_good(more: Array, vectors: NDArray[np.int64]) -> bool:
    """Whether one option cannot be told from another: their differences are nought, or may be on average."""
    told = spread(more, vectors)
    return not more.any() or bool(told.mean_low <= 0.0 <= told.mean_high)


def _levels(
    goal: Goal, options: Sequence[Option], allowed: NDArray[np.intp], means: Array
) -> tuple[tuple[str, str, float], ...]:
    best: dict[tuple[str, str], float] = {}
    for k in allowed:
        for answer in options[k].answers:
            best[answer] = max(best.get(answer, -np.inf), float(means[k]))
    return tuple((part, words, goal.sign * mean) for (part, words), mean in best.items())


# ---- what to find out first -------------------------------------------------------------------------

#: Options among which information is reckoned: the best on average, and none.
CONSIDERED = 6


def _worth(found: Comparison) -> tuple[Worth, ...]:
    """What knowing each group of behavioural inputs would be worth for the least cost, the most valuable first."""
    from experiments.economics.groups import EVERYTHING, varying
    from experiments.economics.information import LEAST_DRAWS, evppi, installed

    saved = _table(found.runs, "net_saving_npv", 1.0)
    if len(saved) < LEAST_DRAWS or len(found.question.behaviours) == 1 or not installed():
        return ()
    order = np.argsort(-saved.mean(axis=0), kind="stable")
    kept = np.union1d(order[:CONSIDERED], [0])
    told = []
    for group in varying([found.question.behaviours[vector] for vector in found.vectors]):
        if group.title != EVERYTHING:
            known = evppi(saved[:, kept], group.values)
            told.append(Worth(group.title, known.value, known.standard_error, known.held_out))
    return tuple(sorted(told, key=lambda one: -one.value))
