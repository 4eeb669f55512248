"""Tables of a finished run: its weeks, its households, rates by group, and what happened by group and period."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from abm.arrays.ledger import Line
from abm.arrays.setting import day_of
from abm.arrays.state import COUNTED, FLOWS_AT, LEDGER_AT, STOCKS_AT, Counted, Event, Flow, Kin, State
from abm.arrays.table import Table
from abm.arrays.tally import incidence
from abm.household.stages import COL, ROUTES, STAGES, TOLD, Column, Housing, Kind, Stage
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, nearest_spelling
from abm.numerics.calendar import MONTHS_PER_YEAR, happened

if TYPE_CHECKING:
    import pandas as pd

#: What `flows` can tell apart, and over which periods.
GROUPED = ("origin", "family", "housing")
Every = Literal["week", "quarter", "year"]


def weekly(history: np.ndarray) -> pd.DataFrame:
    """Stocks by stage, flows and the account in pounds, a row a week."""
    import pandas as pd

    told = {f"stock_{name.lower()}": history[:, STOCKS_AT + k] for k, name in enumerate(STAGES) if k > 0}
    told |= {flow.name: history[:, FLOWS_AT + flow] for flow in Flow}
    told |= {f"cost_{line.name}": history[:, LEDGER_AT + line] / 100.0 for line in Line}
    frame = pd.DataFrame(told)
    frame["cost_total"] = history[:, LEDGER_AT:].sum(axis=1) / 100.0
    frame.insert(0, "week", np.arange(len(frame)))
    return frame


def offered_column(offer: str) -> str:
    """Name of the column that says when an offer was made to a household."""
    return "offered" if offer == "offer" else f"{offer}_offered"


def of_households(s: Table, origins: Sequence[str], offers: Sequence[str], own: Mapping[str, int]) -> pd.DataFrame:
    """A row a household, with names for codes; weeks that never came are NaN.

    Parameters
    ----------
    own
        Columns of rules of one's own: which row of the table each is.
    """
    import pandas as pd

    frame = pd.DataFrame({
        column.name: column.shown(s[column]) for column in Column if column.kind is not Kind.WORKING
    })  # fmt: skip
    for k, name in enumerate(offers):
        frame[offered_column(name)] = Column.closing.shown(s[TOLD + k])
    for name, row in own.items():
        frame[name] = s[row]
    frame["origin"] = pd.Categorical.from_codes(s[COL.origin].astype(int), list(origins))
    frame["stage"] = pd.Categorical.from_codes(frame["stage"].astype(int), STAGES)
    route = frame["route"].astype(int)
    frame["route"] = pd.Series([STAGES[code] if code else None for code in route], dtype="object")
    frame["housing"] = pd.Categorical.from_codes(s[COL.housing].astype(int), [h.name for h in Housing])
    frame["size"] = (s[COL.adults] + s[COL.children]).astype(int)
    frame["received"] = frame["received"] / 100.0
    return frame


def rates(state: State, origins: Sequence[str], group: str, months: int) -> pd.DataFrame:
    """Return rates of the households at risk by group; see `abm.model.Run.by`."""
    import pandas as pd

    if group not in ("origin", "size", "housing", "family"):
        raise InputError("by", group, "one of origin, size, housing, family")
    s, weeks = state.s, state.history.shape[0]
    since, left_at = s[COL.risk_from], s[COL.left_at]
    rows = np.flatnonzero(happened(since))
    gone = happened(left_at[rows]) & (left_at[rows] >= since[rows])
    duration = np.where(gone, left_at[rows] - since[rows], weeks - since[rows] - 1).clip(0, weeks).astype(int)
    window = round(months / MONTHS_PER_YEAR * 52)
    told = {}
    for name, members in _groups(s, origins, group, rows).items():
        left = np.zeros((weeks + 1, len(STAGES)))
        np.add.at(left, (duration[members & gone], s[COL.route, rows[members & gone]].astype(int)), 1.0)
        seen = np.bincount(duration[members], minlength=weeks + 1)[::-1].cumsum()[::-1].astype(np.float64)
        share = incidence(left, seen)[window] if window <= weeks else np.full(len(STAGES), np.nan)
        told[name] = {
            "households": int(members.sum()),
            "return_rate": float(share[list(ROUTES)].sum()),
            "assisted_return_rate": float(share[Stage.RETURNED_ASSISTED]),
            "removed_rate": float(share[Stage.REMOVED]),
            "absconded_share": float(np.mean(happened(s[COL.absconded_at, rows[members]]))),
            "unsafe_share": float(np.mean(s[COL.left_unsafe, rows[members]])),
            "children_removed_share": _children_removed(s, rows[members]),
        }
    columns = ["households", "return_rate", "assisted_return_rate", "removed_rate", "absconded_share"]
    columns += ["unsafe_share", "children_removed_share"]
    return pd.DataFrame.from_dict(told, orient="index", columns=columns).rename_axis(group)


def _children_removed(s: Table, rows: np.ndarray) -> float:
    """Share of the children of some households that were removed by force; NaN without children."""
    children = s[COL.children, rows]
    removed = children[s[COL.route, rows] == Stage.REMOVED].sum()
    return float(removed / children.sum()) if children.sum() > 0 else math.nan


def _groups(s: Table, origins: Sequence[str], group: str, rows: np.ndarray) -> dict[Any, np.ndarray]:
    """Which of some rows belong to each group, by its name, in order."""
    names: Sequence[Any]
    if group == "origin":
        names, keys = origins, s[COL.origin, rows].astype(int)
    elif group == "housing":
        names, keys = [housing.name for housing in Housing], s[COL.first_housing, rows].astype(int)
    elif group == "family":
        names, keys = ["no children", "family"], (s[COL.children, rows] > 0).astype(int)
    else:
        keys = (s[COL.adults, rows] + s[COL.children, rows]).astype(int)
        names = range(int(keys.max(initial=0)) + 1)
    return {names[key]: keys == key for key in np.unique(keys).tolist()}


def flows(
    events: np.ndarray, caseload: Caseload, origins: Sequence[str], weight: float, by: Sequence[str], every: str
) -> pd.DataFrame:
    """What happened by group and period; see `abm.model.Run.flows`.

    Parameters
    ----------
    events
        Events of the simulated households, (weeks, events, counted, groups).
    weight
        Households of the caseload for which one simulated household stands.
    """
    import pandas as pd

    periods = _periods(len(events), caseload, every)
    week, event, group = np.nonzero(events[:, :, COUNTED.households])
    land, kin, housing = np.unravel_index(group, (len(origins), len(Kin), len(Housing)))
    found = pd.DataFrame({
        "period": periods[week],
        "origin": np.array(origins, dtype=object)[land],
        "family": kin == Kin.family,
        "housing": np.array([housing.name.lower() for housing in Housing], dtype=object)[housing],
        "event": np.array([event.name for event in Event], dtype=object)[event],
    } | {unit.name: events[week, event, unit, group] * weight for unit in Counted})  # fmt: skip
    keys = ["period", *(name for name in GROUPED if name in by), "event"]
    return found.groupby(keys, sort=True)[[unit.name for unit in Counted]].sum().reset_index()


def check_grouped(by: Sequence[str]) -> None:
    """See that flows can be told apart so.

    Raises
    ------
    InputError
        If a group is not known.
    """
    for name in by:
        if name not in GROUPED:
            raise InputError("by", name, "any of " + ", ".join(GROUPED), nearest=nearest_spelling(name, GROUPED))


def _periods(weeks: int, caseload: Caseload, every: str) -> np.ndarray:
    """The period of each week: its number, or the first day of its quarter or year."""
    if every == "week":
        return np.arange(weeks)
    if every not in ("quarter", "year"):
        raise InputError("every", every, "one of week, quarter, year")
    start = day_of(caseload)
    if start is None:
        allowed = "the day on which week 0 begins, such as 2005-01-03; or every week"
        raise InputError("date", caseload.date, allowed)
    days = [start + timedelta(weeks=week) for week in range(weeks)]
    months = [1 if every == "year" else day.month - (day.month - 1) % 3 for day in days]
    return np.array([date(day.year, month, 1) for day, month in zip(days, months, strict=True)], dtype=object)
