"""A mixture of two situations: each group of inputs as it is in one of them, at every date.

Most groups are inputs, and a mixture takes each input from the side of its group.  A policy is a timeline of changes,
and each change names the levers that it changes: the timeline of a mixture holds, at the dates of both, the changes of
each side to the levers that it is taken from.

Publicity is no input but what an announcement does: it draws attention.  So the money can come without the attention,
and the attention without the money:

- what the side of the offers announces and that of the publicity does not is there for all who consider it, and
  nobody's attention is drawn to it;
- what the side of the publicity announces and that of the offers does not is announced with a penny in place of its
  amount, as in `experiments.question.control`;
- a threat that comes with an offer comes with such a penny where the offer itself does not, and draws no attention;
  it goes with whatever else the mixture announces as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.records import as_records
from abm.arrays.setting import day_of
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, Inputs, Week, build, declarations, read
from abm.inputs.policy import Offer, Policy, Regime
from abm.model import Prepared
from abm.numerics.calendar import week_of
from experiments.question.case import Case
from experiments.question.control import A_PENNY
from experiments.sensitivity.announcing import NEVER, Announcement, announcements, quiet_weeks
from experiments.sensitivity.groups import (
    GROUPS,
    NO_CAUSE,
    OFFER,
    PUBLICITY,
    THREAT,
    WHOLE,
    WITH_SIZE,
    caseload_path,
    caseload_values,
    group_of,
    lever_paths,
)

#: The situation that each group is taken from: 0 the first, 1 the second.
Sides = Mapping[str, int]
Both = tuple[Case, Case]


@dataclass(frozen=True)
class Mixture:
    """A mixed situation, ready to be prepared for any replicate.

    Attributes
    ----------
    case
        Policy, caseload and behaviours.
    hushed, unhurried
        Weeks in which the news of an offer, and a closing date, draw no attention; shape (weeks,).
    """

    case: Case
    hushed: NDArray[np.bool_]
    unhurried: NDArray[np.bool_]

    def prepared(self, replicate: int = 0) -> Prepared:
        """The mixture packed for running, with the behaviour of a replicate.

        Its identity does not tell in which weeks news draws no attention, so it is no key to store its runs under.

        Raises
        ------
        InputError
            If the inputs do not go together.
        """
        made = self.case.prepared(replicate)
        if not (self.hushed.any() or self.unhurried.any()):
            return made
        turns = np.flatnonzero(np.diff(self.hushed * 2 + self.unhurried)) + 1
        starts = {spell.week: spell for spell in made.spells}
        spells, now = [], made.spells[0]
        for week in sorted({*starts, *turns.tolist()}):
            now = starts.get(week, now)
            attention = {
                name: 0.0
                for name, off in (("alert_offer", self.hushed), ("alert_closing", self.unhurried))
                if off[week]
            }
            plain = now.plain._replace(b=now.plain.b._replace(**attention))  # type: ignore[attr-defined]
            spells.append(now._replace(week=week, plain=plain, setting=as_records(plain)))
        return replace(made, spells=tuple(spells))


def differences(both: Both) -> dict[str, list[str]]:
    """What differs between two situations: the paths of each group, in the order of `GROUPS`.

    A lever that only a later change of the policy sets counts as well; announcements that differ count as
    ``announcements`` of the publicity.  Arrivals and capacities are taken by the size of the stock, so the same number
    of them differs where the stocks do.
    """
    one, other = both
    found: dict[str, dict[str, None]] = {group: {} for group in GROUPS}
    first, second = caseload_values(one.caseload), caseload_values(other.caseload)
    sizes = first["caseload.households"] != second["caseload.households"]
    changed = [
        path
        for path in first
        if path not in NO_CAUSE and (first[path] != second[path] or (sizes and path in WITH_SIZE and first[path]))
    ]
    changed += [path for path in lever_paths() if read(one.policy, path) != read(other.policy, path)]
    for name in sorted({*one.policy.offers, *other.policy.offers}):
        theirs = [case.policy.offers.get(name, Offer()) for case in both]
        where = Policy.path_at(("offers", name))
        changed += [f"{where}.{leaf}" for leaf in Offer.model_fields if len({getattr(o, leaf) for o in theirs}) > 1]
    later = [_later(case) for case in both]
    changed += [path for (_, path) in {**later[0], **later[1]} if _by_path(later[0], path) != _by_path(later[1], path)]
    for path in changed:
        found[group_of(path)][path] = None
    if {a.told for a in announcements(one)} != {a.told for a in announcements(other)}:
        found[PUBLICITY]["announcements"] = None
    return {group: list(paths) for group, paths in found.items() if paths}


def _later(case: Case) -> dict[tuple[int, str], Any]:
    """What later changes of a policy set, by week and path."""
    return {
        (_week(change.start, case), path): value
        for change in case.policy.regimes
        for path, value in change.levers.items()
    }


def _by_path(later: Mapping[tuple[int, str], Any], path: str) -> list[tuple[int, Any]]:
    return [(week, value) for (week, named), value in later.items() if named == path]


def mixture(sides: Sides, both: Both) -> Mixture:
    """Two situations mixed: each group of inputs from one of them.

    Parameters
    ----------
    sides
        0 or 1 for each group; one that is not named is taken from the first situation.
    both
        The situations; behaviours, horizon and number of households are those of the first.

    Raises
    ------
    InputError
        If the inputs of the two do not go together.
    """
    sides = {group: sides.get(group, 0) for group in GROUPS}
    one, other = both
    policy = mixed_policy(sides, both)
    offered, published, threatened = (announcements(both[sides[group]]) for group in (OFFER, PUBLICITY, THREAT))
    there = {a.told for a in offered}
    loud = {a.told for a in published}
    pennies = [a for a in published if a.told not in there]
    carried = [a for a in threatened if a.threatens and a.told not in there | loud]
    quiet = [a for a in offered if a.told not in loud] + carried
    hushed, unhurried = quiet_weeks(quiet, published, both[sides[PUBLICITY]])
    people = mixed_caseload(sides, (one.caseload, other.caseload))
    return Mixture(replace(one, policy=_with_pennies(policy, [*pennies, *carried]), caseload=people), hushed, unhurried)


# ---- the policy -------------------------------------------------------------------------------------


def mixed_policy(sides: Sides, both: Both) -> Policy:
    """The policy of a mixture: levers and later changes, each from the side of its group; offers are taken whole."""
    policies = tuple(case.policy for case in both)
    values = policies[0].model_dump(exclude={"regimes", "offers"})
    for path in lever_paths():
        _put(values, path, read(policies[sides[group_of(path)]], path))
    values["offers"] = policies[sides[OFFER]].model_dump()["offers"]
    later: dict[int, Regime] = {}
    for side, case in enumerate(both):
        for regime in case.policy.regimes:
            levers = {path: value for path, value in regime.levers.items() if sides[group_of(path)] == side}
            if levers:
                week = _week(regime.start, case)
                known = later.get(week, Regime(start=regime.start, title=regime.title))
                later[week] = known.model_copy(update={"levers": known.levers | levers})
    values["regimes"] = tuple(later[week].model_dump() for week in sorted(later))
    return build(Policy, values | {"name": "mixture", "title": "", "describes": ""}, file="a mixture of both policies")


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        values = values[parent]
    values[leaf] = value


def _got(values: dict[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found[name]
    return found


def _week(when: Week, case: Case) -> int:
    """The week of a run in which a later change begins."""
    if isinstance(when, int):
        return when
    day = day_of(case.caseload)
    if day is None:
        raise InputError("date", case.caseload.date, f"the day on which week 0 begins: {case.policy.name} gives dates")
    return week_of(when, day)


def _with_pennies(policy: Policy, announced: list[Announcement]) -> Policy:
    """The policy with some announcements besides its own, each with a penny in place of the amount."""
    if not announced:
        return policy
    offers = dict(policy.offers)
    for number, a in enumerate(announced):
        earlier = a.offer.end_week is None or a.until < int(a.offer.end_week)  # type: ignore[arg-type]
        ends: dict[str, Any] = {"end_week": a.until, "deadline": "application"} if earlier and a.until < NEVER else {}
        changes = {"amount_per_person": A_PENNY, "household_cap": None, **ends}
        offers[f"{a.name}-announced-{number}"] = a.offer.model_copy(update=changes)
    return policy.model_copy(update={"offers": offers})


# ---- the caseload -----------------------------------------------------------------------------------


def mixed_caseload(sides: Sides, both: tuple[Caseload, Caseload]) -> Caseload:
    """The caseload of a mixture: people, procedure, world and arrivals, each from the side of its group.

    Arrivals and capacities go with the number of households: a mixture has as many of them for each household of its
    stock as the side that they are taken from.
    """
    if both[0] == both[1]:
        return both[0]
    whole = [caseload.model_dump() for caseload in both]
    values = whole[0]
    for path in declarations(Caseload):
        side = sides[group_of(caseload_path(path))]
        _put(values, path, read(both[side], path))
    for name in WHOLE:
        values[name] = both[sides[group_of(f"caseload.{name}")]].model_dump()[name]
    for path in WITH_SIZE:
        theirs = both[sides[group_of(path)]].households
        if theirs != values["households"]:
            factor, given = values["households"] / theirs, _got(values, path.removeprefix("caseload."))
            scaled = {y: rate * factor for y, rate in given.items()} if isinstance(given, dict) else given * factor
            _put(values, path.removeprefix("caseload."), scaled)
    # A place that the table of countries does not know stays a place, whoever lives there.
    places = {name: told for held in both for name, told in held.model_dump()["countries"].items() if told["like"]}
    values["countries"] = places | values["countries"]
    return build(Caseload, values, file="a mixture of both caseloads")


def check_dates(both: Both) -> None:
    """Refuse two situations of different dates where something is given by date.

    Raises
    ------
    InputError
        If a policy gives dates, or a caseload its inflow by year, and the caseloads begin on different days.
    """
    one, other = (case.caseload for case in both)
    if one.date == other.date:
        return
    by_date = [case.policy.name for case in both if any(_dates(case.policy))]
    by_date += [caseload.name for caseload in (one, other) if caseload.inflow]
    if by_date:
        told = f"caseloads of the same date, since {by_date[0]} gives something by date ({one.name}: {one.date})"
        raise InputError(f"{other.name}: date", other.date, told)


def _dates(inputs: Inputs) -> list[date]:
    """Every date that a policy gives."""
    found: list[date] = []
    todo: list[Any] = [inputs.model_dump()]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            todo += value.values()
        elif isinstance(value, list | tuple):
            todo += value
        elif isinstance(value, date):
            found.append(value)
    return found
