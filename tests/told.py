"""Worlds of a few households, told one by one: who they are, what each did, and what it was paid."""

from __future__ import annotations

from typing import Any

from tiny import ATTENTIVE, CASH, STILL, STILL_WORLD

from abm import Prepared, Run, prepare
from abm.household.stages import COL, STAGES
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload, HouseholdRow
from abm.inputs.policy import Policy

#: Who considers takes what is on offer.
WILLING = ATTENTIVE.with_values({"assisted": 60.0})


def household(size: int = 1, children: int = 0, **terms: Any) -> HouseholdRow:
    """One household, exhausted and in dispersal housing in Albania's name unless told otherwise."""
    return HouseholdRow(**{"origin": "Albania", "size": size, "children": children, "housing": "dispersal", **terms})


ONE = household()
FAMILY = household(3, 2, school_children=1)


def world(*rows: HouseholdRow, **changes: Any) -> Caseload:
    """These households and no other; `changes` by path, dots written as ``__``."""
    values = {
        "households": len(rows), "network.mean_ties": 0.0, "network.abroad": 0.0, "procedure.appeal_share": 0.0,
        "world.payment_reliability": 1.0, **STILL_WORLD, **CASH,
        **{path.replace("__", "."): value for path, value in changes.items()},
    }  # fmt: skip
    return Caseload(name="told", rows=rows).with_values(values)


def pulled(**levers: Any) -> Policy:
    """A policy under which nothing else happens, with these levers."""
    return STILL.with_values({path.replace("__", "."): value for path, value in levers.items()})


def offering(**terms: Any) -> Policy:
    """The same with an offer of £1,000 a person, on these terms."""
    return pulled(offer__amount_per_person=1_000.0).with_values({f"offer.{k}": v for k, v in terms.items()})


def setting(policy: Policy, people: Caseload, behaviour: Behaviour = WILLING, weeks: int = 8) -> Prepared:
    return prepare(policy, people, behaviour, weeks=weeks)


def ran(policy: Policy, people: Caseload, behaviour: Behaviour = WILLING, weeks: int = 8) -> Run:
    return setting(policy, people, behaviour, weeks).run(1)


def of(run: Run, column: str) -> list[float]:
    """A column, in the order in which the households were told (then those who came)."""
    s = run.state.s
    pairs = sorted(zip(s[COL.id].tolist(), s[getattr(COL, column)].tolist(), strict=True))
    return [value for _, value in pairs]


def stages(run: Run) -> list[str]:
    return [STAGES[int(stage)].lower() for stage in of(run, "stage")]


def took(run: Run) -> list[float | None]:
    """What each household was paid in pounds; None if it took no offer."""
    gone = [stage == "returned_assisted" for stage in stages(run)]
    return [pence / 100.0 if left else None for left, pence in zip(gone, of(run, "received"), strict=True)]


def left_in(run: Run) -> list[float | None]:
    """The week in which each household left."""
    return [week if week >= 0 else None for week in of(run, "left_at")]


def booked(run: Run, line: str) -> list[float]:
    """A line of the account by week, in pounds."""
    return run.series[f"cost_{line}"].tolist()


def happened(run: Run, flow: str) -> list[int]:
    """A flow by week."""
    return run.series[flow].tolist()
