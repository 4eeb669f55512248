"""What the model says of a history: one run, looked at as the record looked at its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from abm.arrays.state import Counted, Event, Kin, State
from abm.evidence.homeland import place_name
from abm.household.stages import COL, Housing, Stage, in_country
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError
from abm.model import Prepared, prepare
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.scenarios.overrides import apply_settings, known_paths
from experiments.calibration.history import AWAITING_DEPARTURE, History, Row

Array = NDArray[np.float64]

#: The events that each route of departures counts.
ROUTES: dict[str, tuple[Event, ...]] = {
    "assisted": (Event.assisted,),
    "unassisted": (Event.unassisted,),
    "voluntary": (Event.assisted, Event.unassisted),
    "removed": (Event.removed,),
    "any": (Event.assisted, Event.unassisted, Event.removed),
}
EVENTS = {"acceptances": (Event.accepted,), "disappearances": (Event.disappeared,)}


@dataclass(frozen=True)
class Observed:
    """The rows of a history in one run, counts of the whole caseload.

    Attributes
    ----------
    values
        By id; those over another row are ratios, NaN where there is nothing below the line.
    counts
        The counts behind them, by id, never divided.
    years
        How a count is shared out over calendar years (of the run, where it has no date): by id.
    """

    values: Mapping[str, float]
    counts: Mapping[str, float]
    years: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def packed(history: History, behaviour: Behaviour, unknowns: Mapping[str, float], share: float = 1.0) -> Prepared:
    """A history ready to run.

    Parameters
    ----------
    unknowns
        Values of what the history leaves open, by name; whole numbers are rounded.
    share
        Of the history's households, so many are simulated (at least 100, or all).
    """
    assert history.policy is not None
    assert history.caseload is not None
    changes = {path: value for name, value in unknowns.items() if name in history.unknown
               for path in history.unknown[name].sets}  # fmt: skip
    policy, caseload = history.policy, history.caseload
    if changes:
        changes = {path: _fitting(path, value) for path, value in changes.items()}
        policy, caseload, _ = apply_settings(policy, caseload, behaviour, changes, file=f"{history.file}: unknown")
    households = history.households or min(caseload.households, caseload.default_sample)
    households = max(min(households, 100), round(share * households))
    return prepare(policy, caseload, behaviour, weeks=history.weeks, households=households)


def _fitting(path: str, value: float) -> float:
    """A drawn value inside the hard bounds of its path, and whole where it must be."""
    declared = known_paths()[path][1]
    value = max(value, -np.inf if declared.ge is None else declared.ge)
    value = min(value, np.inf if declared.le is None else declared.le)
    return round(value) if declared.whole else value


def observe(
    history: History, behaviour: Behaviour, unknowns: Mapping[str, float], seed: int, *, share: float = 1.0
) -> Observed:
    """Run a history once and count what its rows count; see `packed`."""
    prepared = packed(history, behaviour, unknowns, share)
    state = prepared.begin(seed, events=True)
    counts: dict[str, float] = {}
    done = 0
    stocks = sorted((history.at(row), number) for number, row in enumerate(history.rows) if row.is_stock)
    for week, number in stocks:
        prepared.advance(seed, state, done, week)
        done = week
        row = history.rows[number]
        counts[row.id] = float(_stock(state, row, _groups_of(row, prepared)) * prepared.weight)
    prepared.advance(seed, state, done, history.weeks)
    years = {}
    for row in history.rows:
        if not row.is_stock:
            weekly = _weekly(history, state, row, _groups_of(row, prepared)) * prepared.weight
            counts[row.id] = float(weekly.sum())
            years[row.id] = _by_year(history, weekly)
    return Observed({row.id: _value(row, counts) for row in history.rows}, counts, years)


def _value(row: Row, counts: Mapping[str, float]) -> float:
    if row.over is None:
        return counts[row.id]
    return counts[row.id] / counts[row.over] if counts[row.over] > 0.0 else float("nan")


def _groups_of(row: Row, prepared: Prepared) -> NDArray[np.bool_]:
    """Which groups a row counts, (origins, with and without children, housing)."""
    places = prepared.caseload.countries
    named = {place_name(name, places) for name in row.origins}
    origins = [not named or place_name(name, places) in named for name in prepared.origins]
    kin = [row.families is None or row.families is (kind is Kin.family) for kind in Kin]
    housing = [row.housing is None or row.housing == house.name.lower() for house in Housing]
    return np.logical_and.outer(np.logical_and.outer(origins, kin), housing)


def _stock(state: State, row: Row, groups: NDArray[np.bool_]) -> float:
    """Households, persons or children in some stages now."""
    s = state.s
    stage = s[COL.stage].astype(int)
    if row.what == "out of contact":
        there = stage == Stage.ABSCONDED
    elif "all" in row.stages:
        there = in_country(s[COL.stage])
    else:
        there = np.isin(stage, [Stage[name.upper()] for name in row.stages or AWAITING_DEPARTURE])
    kin = np.where(s[COL.children] > 0.0, int(Kin.family), int(Kin.single))
    there = there & groups[s[COL.origin].astype(int), kin, s[COL.first_housing].astype(int)]
    if row.count == "households":
        return float(there.sum())
    children = s[COL.children, there].sum()
    return float(children if row.count == "children" else children + s[COL.adults, there].sum())


def _weekly(history: History, state: State, row: Row, groups: NDArray[np.bool_]) -> Array:
    """What a row counts in each week of the run; a week that lies partly in its span counts in part, (weeks,)."""
    events = EVENTS.get(row.what) or ROUTES[str(row.route)]
    unit = Counted[row.count]
    counted = state.events[:, [int(event) for event in events], unit].sum(axis=1)[:, groups.ravel()].sum(axis=1)
    first, last = history.span(row)
    week = np.arange(history.weeks)
    share = np.clip(np.minimum(week + 1.0, last) - np.maximum(week, first), 0.0, 1.0)
    return np.asarray(counted * share, dtype=np.float64)


def _by_year(history: History, weekly: Array) -> dict[int, float]:
    total = float(weekly.sum())
    found: dict[int, float] = {}
    for week in np.flatnonzero(weekly).tolist():
        year = year_at(history, week)
        found[year] = found.get(year, 0.0) + float(weekly[week]) / total
    return found


def year_at(history: History, week: float) -> int:
    """Calendar year of a week; year of the run, where it has no date."""
    if history.day is None:
        return int(week / WEEKS_PER_YEAR)
    return (history.day + timedelta(weeks=week)).year


def checked(observed: Observed, history: History) -> None:
    """Refuse a row that never has a value.

    Raises
    ------
    InputError
        Naming the row.
    """
    for row in history.rows:
        if row.value is not None and np.isnan(observed.values[row.id]):
            allowed = f"over a row that counts somebody: {row.over} counts nobody"
            raise InputError(f"row {row.id}.over", row.over, allowed, file=history.file)
