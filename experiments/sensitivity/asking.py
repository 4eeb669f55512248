"""What an attribution asks: two situations, what differs between them, and what is to be shared out.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.arrays.setting import day_of
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError, nearest_spelling
from abm.inputs.policy import Policy
from abm.model import checked_seed
from abm.numerics.calendar import week_of
from experiments.question.case import Case, Uncertainty, fitted_members, load_case
from experiments.question.defaults import DEFAULT_CASELOAD, SEED, WEEKS
from experiments.question.question import MOST_REPLICATES
from experiments.question.settings import parse_settings
from experiments.sensitivity.groups import GROUPS, OTHER
from experiments.sensitivity.mixing import Both, Mixture, check_dates, differences, mixture
from experiments.sensitivity.outcomes import Outcome, horizon, outcome

#: Most groups that a change is shared out over: each of them doubles the mixtures.
MOST_GROUPS = 10
#: What is shared out unless something else is asked for.
DEFAULT_MEASURES = ("departures", "cost_npv")
#: Replicates unless asked otherwise, where parameters do not vary.
USUAL_REPLICATES = 25


class Player(NamedTuple):
    """One cause in the sum.

    Attributes
    ----------
    name
        Of its group; ``other`` may stand for several.
    groups
        The groups that pass together.
    inputs
        What differs: dotted paths.
    """

    name: str
    groups: tuple[str, ...]
    inputs: tuple[str, ...]


#: Draws of the posterior that are used unless more runs are asked for.
MANY = 60


@dataclass(frozen=True)
class Asked:
    """An attribution, loaded and checked.

    Attributes
    ----------
    both
        The two situations.
    labels
        How they are called.
    players
        The causes that differ, in the order of `GROUPS`.
    outcomes
        What is shared out.
    seed
        Of replicate 0; replicate r has seed + r and vector r modulo their number, in every mixture.
    """

    both: Both
    labels: tuple[str, str]
    players: tuple[Player, ...]
    outcomes: tuple[Outcome, ...]
    replicates: int
    seed: int
    uncertainty: Uncertainty
    told: Mapping[str, Any]

    @property
    def vectors(self) -> NDArray[np.int64]:
        """Which behavioural vector each replicate has."""
        return np.arange(self.replicates) % len(self.both[0].members)

    def mixtures(self) -> list[Mixture]:
        """All of them, shape (2 ** players,): bit i of the number says whether player i is as in the second situation.

        Raises
        ------
        InputError
            If the inputs of the two situations do not go together.
        """
        made = []
        for number in range(2 ** len(self.players)):
            sides = {g: number >> i & 1 for i, player in enumerate(self.players) for g in player.groups}
            made.append(mixture(sides, self.both))
        return made


def ask(
    first: str,
    second: str | None = None,
    *,
    measures: Sequence[str] = (),
    groups: Sequence[str] = (),
    weeks: int | None = None,
    households: int | None = None,
    replicates: int | None = None,
    seed: int = SEED,
    uncertainty: Uncertainty | None = None,
    draws: Sequence[Behaviour] = (),
    settings: Sequence[str] = (),
    first_settings: Sequence[str] = (),
    second_settings: Sequence[str] = (),
    hold: str | None = None,
    hold_inflow: int | None = None,
) -> Asked:
    """Load and check what is to be shared out.

    Parameters
    ----------
    first, second
        Situations, written POLICY@CASELOAD or POLICY: names, or paths of TOML files.
    measures
        As `experiments.sensitivity.outcomes.outcome` reads them.
    groups
        The groups to be told apart; what else differs goes into ``other`` together.  Without any, all.
    draws
        Draws in the place of those of the shipped posterior.
    settings, first_settings, second_settings
        PATH=VALUE for both situations, the first, the second.
    hold
        A date (or week): without a second situation, the first is what happened, and it is compared with the same
        without any change of policy from that date on, and with the inflow of that year in all later ones.
    hold_inflow
        The year whose inflow all later years have, if not that of `hold`.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    members, kind = fitted_members(uncertainty, draws)
    if (second is None) == (hold is None):
        told = (
            "given, or --hold DATE in its place"
            if second is None
            else "left out: --hold compares a situation with itself"
        )
        raise InputError("TO", second or "nothing", told)
    texts = (first, second) if second is not None else (first, first)
    bare = [_situation(text, members, households) for text in texts]
    changes = [
        _changes(settings, "--set"),
        _changes(first_settings, "--from-set"),
        _changes(second_settings, "--to-set"),
    ]
    for where, own in (("--from-set", changes[1]), ("--to-set", changes[2])):
        for path in own:
            if path.startswith("behaviour."):
                raise InputError(path, own[path], "given with --set: people do not behave otherwise", file=where)
    one, other = (case.with_settings(changes[0]) for case in bare)
    labels = (texts[0], texts[1])
    if hold is not None:
        one = held(one, hold, hold_inflow)
        of = "" if hold_inflow is None else f" with the inflow of {hold_inflow}"
        labels = (f"{first}, held from {hold}{of}", first)
    elif hold_inflow is not None:
        raise InputError("--hold-inflow", hold_inflow, "given together with --hold")
    one = one.with_settings(changes[1], file="--from-set")
    other = other.with_settings(changes[2], file="--to-set")
    check_dates((one, other))
    asked_for = list(dict.fromkeys(measures or DEFAULT_MEASURES))
    outcomes = tuple(outcome(text, other.caseload) for text in asked_for)
    long = horizon(outcomes, weeks, WEEKS)
    both = (replace(one, weeks=long), replace(other, weeks=long))
    count = replicates if replicates is not None else min(len(members), MANY) if len(members) > 1 else USUAL_REPLICATES
    if not 1 <= count <= MOST_REPLICATES:
        raise InputError("--replicates", count, f"a whole number from 1 to {MOST_REPLICATES:,}")
    checked_seed(checked_seed(seed) + count)
    for case in both:
        case.prepared()  # what a situation by itself cannot be is told before anything runs
    told_of = {
        "measures": asked_for, "weeks": long, "households": households, "replicates": count, "seed": seed,
        "uncertainty": kind, "groups": list(groups),
        "settings": [list(settings), list(first_settings), list(second_settings)],
        "hold": hold, "hold_inflow": hold_inflow,
    }  # fmt: skip
    return Asked(both, labels, players(differences(both), groups), outcomes, count, seed, kind, told_of)


def _situation(text: str, members: Sequence[Behaviour], households: int | None) -> Case:
    policy, at, caseload = text.rpartition("@")
    if not at:
        policy, caseload = text, DEFAULT_CASELOAD
    if not policy or not caseload:
        raise InputError("situation", text, "POLICY@CASELOAD, or POLICY on the usual caseload")
    return load_case(policy, caseload, members, households=households)


def _changes(texts: Sequence[str], option: str) -> dict[str, str]:
    try:
        return {change.path: change.value for change in parse_settings(texts)}
    except InputError as fault:
        if option == "--set":
            raise
        field = option if fault.field == "--set" else fault.field
        raise InputError(
            field, fault.value, fault.allowed, file=option if fault.file else "", nearest=fault.nearest
        ) from None


def players(differing: Mapping[str, Sequence[str]], groups: Sequence[str] = ()) -> tuple[Player, ...]:
    """The causes of a change: each group that differs, or those that are to be told apart and the rest together.

    Parameters
    ----------
    differing
        Paths that differ, by group.

    Raises
    ------
    InputError
        If a group is not known, nothing differs, or more than `MOST_GROUPS` do.
    """
    for name in groups:
        if name not in GROUPS:
            raise InputError("--groups", name, "some of " + ", ".join(GROUPS), nearest=nearest_spelling(name, GROUPS))
    apart = [group for group in GROUPS if group in differing and (not groups or group in groups) and group != OTHER]
    rest = [group for group in GROUPS if group in differing and group not in apart]
    made = [Player(group, (group,), tuple(differing[group])) for group in apart]
    if rest:
        made.append(Player(OTHER, tuple(rest), tuple(path for group in rest for path in differing[group])))
    if not made:
        raise InputError("TO", "the same as FROM", "a situation that differs in some input")
    if len(made) > MOST_GROUPS:
        names = ", ".join(player.name for player in made)
        raise InputError(
            "--groups",
            names,
            f"at most {MOST_GROUPS} that differ: name up to {MOST_GROUPS - 1}, the rest are told together",
        )
    return tuple(made)


def held(case: Case, hold: str, hold_inflow: int | None = None) -> Case:
    """A situation in which what was before a date goes on: no later change of policy, and no later change of inflow.

    Offers that are there keep the end that was announced for them.

    Raises
    ------
    InputError
        If the date or the year makes no sense, or nothing changes after it.
    """
    day = day_of(case.caseload)
    try:
        at = int(hold) if hold.lstrip("-").isdigit() else date.fromisoformat(hold)
    except ValueError:
        raise InputError("--hold", hold, "a date such as 2020-08-01, or a week") from None
    if isinstance(at, date) and day is None:
        raise InputError("--hold", hold, f"a week: {case.caseload.name} has no date")

    def week(when: int | date) -> int:
        return when if isinstance(when, int) else week_of(when, day)  # type: ignore[arg-type]

    kept = tuple(r for r in case.policy.regimes if _is_before(r.start, at, week))
    policy: Policy = case.policy.model_copy(update={"regimes": kept})
    inflow = dict(case.caseload.inflow)
    year = hold_inflow if hold_inflow is not None else at.year if isinstance(at, date) else None
    if year is not None and inflow:
        if str(year) not in inflow:
            raise InputError("--hold-inflow", year, f"a year of {case.caseload.name}: " + ", ".join(inflow))
        inflow = {name: inflow[str(year)] if int(name) > year else rate for name, rate in inflow.items()}
    elif hold_inflow is not None:
        raise InputError(
            "--hold-inflow", hold_inflow, f"left out: {case.caseload.name} does not give its inflow by year"
        )
    return replace(case, policy=policy, caseload=case.caseload.model_copy(update={"inflow": inflow}))


def _is_before(start: int | date, at: int | date, week: Any) -> bool:
    """Whether a change of policy came before a day (two dates are compared by the day)."""
    if isinstance(start, date) and isinstance(at, date):
        return start < at
    return bool(week(start) < week(at))
