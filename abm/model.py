"""Runs: one seed through one setting, by the compiled driver or by Mesa's agents — same week, same bits.

`prepare` packs validated inputs once; `Prepared` runs them for any number of seeds, from any number of
threads.  `simulate` is the one-line version.  `ReturnModel` is the same run as a Mesa model.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import abm.week.compiled as compiled
from abm.arrays.ledger import Line
from abm.arrays.setting import Setting, Spell, day_of, origin_names, spells
from abm.arrays.state import COUNTED, FLOWS_AT, LEDGER_AT, STOCKS_AT, Counted, Event, Flow, Kin, State
from abm.arrays.tally import incidence
from abm.evidence.homeland import year_of
from abm.household.stages import COL, ROUTES, STAGES, TOLD, Column, Housing, Kind, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, mark, nearest_spelling
from abm.inputs.policy import Policy
from abm.inputs.registry import NOTHING, OwnMeasure, RuleSet, active, check_shapes
from abm.inputs.shown import table
from abm.measures import IDS, MEASURES, OWN, measured
from abm.numerics.calendar import MONTHS_PER_YEAR, happened
from abm.numerics.draws import key_for_entries
from abm.scenarios.overrides import apply_settings, check_used, levers_of
from abm.scenarios.scenario import load_behaviour, load_caseload, load_policy
from abm.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

#: Identifies what a run does: version of the package and hash of its rules and measures.
MODEL_VERSION = f"{VERSION}+{compiled.source_hash('measures.py')}"


def model_version() -> str:
    """`MODEL_VERSION`, and the mark of the rules of one's own that are in force: what a folder of results names."""
    return f"{MODEL_VERSION}+{active().mark}" if active() else MODEL_VERSION


#: Longest run, in weeks.
MOST_WEEKS = 5_200
MOST_HOUSEHOLDS = 10_000_000
MOST_SEED = 2**63 - 1


@dataclass(repr=False)
class Run:
    """A finished run.

    Attributes
    ----------
    seed
        Its seed.
    state
        Everything there is: final columns of the households, ties, weekly history.
    values
        Outcomes, float64, NaN where the run has none.
    ids
        Which they are: by default those of `abm.measures.MEASURES`, in its order.
    """

    prepared: Prepared
    seed: int
    state: State
    values: np.ndarray
    ids: tuple[str, ...] = field(default_factory=lambda: tuple(IDS))

    def __repr__(self) -> str:
        """What was run."""
        p = self.prepared
        return (
            f"Run({p.policy.name!r} on {p.caseload.name!r}, seed {self.seed}, {p.weeks:,} weeks,"
            f" {p.households:,} households; .measures, .series, .households, .by(), .flows())"
        )

    def _repr_html_(self) -> str:
        """Its measures as a table for notebooks."""
        p = self.prepared
        known = [(name, MEASURES[name]) for name in self.ids if name in MEASURES]
        rows = [(told.title, figure(self.measures[name]), told.unit, name) for name, told in known]
        notes = (
            f"One run of {p.weeks:,} weeks, {p.households:,} households simulated, each standing for {p.weight:,.4g}."
            " Chance alone can move it.",
            ".series: week by week; .households: one row a household; .by(…), .flows(…): by group and period.",
        )
        title = f"{p.policy.name} on {p.caseload.name}, seed {self.seed}"
        return table(title, ("measure", "value", "unit", "id"), rows, notes, numbers=(1,))

    @property
    def measures(self) -> dict[str, float]:
        """Outcomes by id."""
        return dict(zip(self.ids, self.values.tolist(), strict=True))

    @cached_property
    def series(self) -> pd.DataFrame:
        """Weekly history of the simulated households: stocks by stage, flows, and the account in pounds.

        Counts are of the simulated households; multiply by `prepared.weight` for the caseload.  The
        account is not discounted.  Columns ``stock_*``, the flows by name, ``cost_*``.
        """
        import pandas as pd

        history = self.state.history
        table = {f"stock_{name.lower()}": history[:, STOCKS_AT + k] for k, name in enumerate(STAGES) if k > 0}
        table |= {flow.name: history[:, FLOWS_AT + flow] for flow in Flow}
        table |= {f"cost_{line.name}": history[:, LEDGER_AT + line] / 100.0 for line in Line}
        frame = pd.DataFrame(table)
        frame["cost_total"] = history[:, LEDGER_AT:].sum(axis=1) / 100.0
        frame.insert(0, "week", np.arange(len(frame)))
        return frame

    @cached_property
    def households(self) -> pd.DataFrame:
        """One row a household, final state; origin, stage and housing by name, weeks that never came as NaN."""
        import pandas as pd

        s = self.state.s
        frame = pd.DataFrame({
            column.name: column.shown(s[column]) for column in Column if column.kind is not Kind.WORKING
        })  # fmt: skip
        for k, name in enumerate(self.prepared.offers):
            frame[offered_column(name)] = Column.closing.shown(s[TOLD + k])
        for k, name in enumerate(self.prepared.rules.columns):
            frame[name] = s[TOLD + len(self.prepared.plain.offers) + k]
        frame["origin"] = pd.Categorical.from_codes(s[COL.origin].astype(int), self.prepared.origins)
        frame["stage"] = pd.Categorical.from_codes(frame["stage"].astype(int), STAGES)
        route = frame["route"].astype(int)
        frame["route"] = pd.Series([STAGES[code] if code else None for code in route], dtype="object")
        frame["housing"] = pd.Categorical.from_codes(s[COL.housing].astype(int), [h.name for h in Housing])
        frame["size"] = (s[COL.adults] + s[COL.children]).astype(int)
        frame["received"] = frame["received"] / 100.0
        return frame

    def by(self, group: str, months: int = 12) -> pd.DataFrame:
        """Return rates of the households at risk, by ``origin``, ``size``, ``housing`` or ``family``.

        Parameters
        ----------
        group
            What to group by: what a household was at the start or on arrival, never what became of it.
        months
            Window of the rates.

        Returns
        -------
        DataFrame
            Per group: households ever at risk, share returned by any route, by assisted return and by removal
            (cumulative incidences, as the measures), and ever out of contact; over the run, share that left for a
            country unsafe at that time, and share of their children that were removed by force (NaN without children).
        """
        import pandas as pd

        if group not in ("origin", "size", "housing", "family"):
            raise InputError("by", group, "one of origin, size, housing, family")
        s, weeks = self.state.s, self.state.history.shape[0]
        since, left_at = s[COL.risk_from], s[COL.left_at]
        rows = np.flatnonzero(happened(since))
        gone = happened(left_at[rows]) & (left_at[rows] >= since[rows])
        duration = np.where(gone, left_at[rows] - since[rows], weeks - since[rows] - 1).clip(0, weeks).astype(int)
        window = round(months / MONTHS_PER_YEAR * 52)
        told = {}
        for name, members in self._groups(group, rows).items():
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
                "children_removed_share": self._children_removed(rows[members]),
            }
        columns = ["households", "return_rate", "assisted_return_rate", "removed_rate", "absconded_share"]
        columns += ["unsafe_share", "children_removed_share"]
        return pd.DataFrame.from_dict(told, orient="index", columns=columns).rename_axis(group)

    def _children_removed(self, rows: np.ndarray) -> float:
        """Share of the children of some households that were removed by force; NaN without children."""
        children = self.state.s[COL.children, rows]
        removed = children[self.state.s[COL.route, rows] == Stage.REMOVED].sum()
        return float(removed / children.sum()) if children.sum() > 0 else math.nan

    def flows(self, by: Sequence[str] = (), every: Every = "year") -> pd.DataFrame:
        """What happened in each period, as a tidy table: a row a period, a group and an event.

        A run that did not count events by group is run once more: the same seed gives the same run.

        Parameters
        ----------
        by
            What to tell apart besides the event: any of ``origin``, ``family``, ``housing`` (where first housed).
        every
            ``week`` (of the run), or the calendar's ``quarter`` or ``year``, in which a week counts where it begins.

        Returns
        -------
        DataFrame
            ``period`` (a whole number of weeks; or the day on which the quarter or year begins), the groups, ``event``
            (assisted, unassisted, removed, disappeared, accepted), and how many ``households``, ``persons`` and
            ``children`` of the whole caseload.  Nothing happened where there is no row.

        Raises
        ------
        InputError
            If a group or period is not known, or the caseload has no date to reckon a calendar from.
        """
        import pandas as pd

        for name in by:
            if name not in GROUPED:
                raise InputError("by", name, "any of " + ", ".join(GROUPED), nearest=nearest_spelling(name, GROUPED))
        periods = self._periods(every)
        counted = self.events
        week, event, group = np.nonzero(counted[:, :, COUNTED.households])
        land, kin, housing = np.unravel_index(group, (len(self.prepared.origins), len(Kin), len(Housing)))
        table = pd.DataFrame({
            "period": periods[week],
            "origin": np.array(self.prepared.origins, dtype=object)[land],
            "family": kin == Kin.family,
            "housing": np.array([housing.name.lower() for housing in Housing], dtype=object)[housing],
            "event": np.array([event.name for event in Event], dtype=object)[event],
        } | {unit.name: counted[week, event, unit, group] * self.prepared.weight for unit in Counted})  # fmt: skip
        keys = ["period", *(name for name in GROUPED if name in by), "event"]
        return table.groupby(keys, sort=True)[[unit.name for unit in Counted]].sum().reset_index()

    @cached_property
    def events(self) -> np.ndarray:
        """Events of the simulated households, (weeks, events, counted, groups); run once more if not counted yet."""
        if len(self.state.events):
            return self.state.events
        state = self.prepared.begin(self.seed, events=True)
        self.prepared.advance(self.seed, state, 0, self.prepared.weeks)
        return state.events

    def _periods(self, every: str) -> np.ndarray:
        """The period of each week: its number, or the first day of its quarter or year."""
        weeks = len(self.state.history)
        if every == "week":
            return np.arange(weeks)
        if every not in ("quarter", "year"):
            raise InputError("every", every, "one of week, quarter, year")
        start = day_of(self.prepared.caseload)
        if start is None:
            allowed = "the day on which week 0 begins, such as 2005-01-03; or every week"
            raise InputError("date", self.prepared.caseload.date, allowed)
        days = [start + timedelta(weeks=week) for week in range(weeks)]
        months = [1 if every == "year" else day.month - (day.month - 1) % 3 for day in days]
        return np.array([date(day.year, month, 1) for day, month in zip(days, months, strict=True)], dtype=object)

    def _groups(self, group: str, rows: np.ndarray) -> dict[Any, np.ndarray]:
        """Which of some rows belong to each group, by its name, in order."""
        s = self.state.s
        if group == "origin":
            names: Sequence[Any] = self.prepared.origins
            keys = s[COL.origin, rows].astype(int)
        elif group == "housing":
            names, keys = [housing.name for housing in Housing], s[COL.first_housing, rows].astype(int)
        elif group == "family":
            names, keys = ["no children", "family"], (s[COL.children, rows] > 0).astype(int)
        else:
            keys = (s[COL.adults, rows] + s[COL.children, rows]).astype(int)
            names = range(int(keys.max(initial=0)) + 1)
        return {names[key]: keys == key for key in np.unique(keys).tolist()}


def figure(value: float) -> str:
    """A number with the digits that a reader needs: four that matter, thousands parted, a dash for NaN."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


#: What `Run.flows` can tell apart, and over which periods.
GROUPED = ("origin", "family", "housing")
Every = Literal["week", "quarter", "year"]


def offered_column(offer: str) -> str:
    """Name of the column that says when an offer was made to a household."""
    return "offered" if offer == "offer" else f"{offer}_offered"


@dataclass(frozen=True)
class Prepared:
    """Inputs packed for running: safe to share between threads, and picklable.

    Attributes
    ----------
    policy, caseload, behaviour
        The validated inputs.
    weeks, households
        Length of the run and households simulated at the start.
    """

    policy: Policy
    caseload: Caseload
    behaviour: Behaviour
    weeks: int
    households: int
    spells: tuple[Spell, ...] = field(repr=False, compare=False)
    rules: RuleSet = field(default=NOTHING, repr=False, compare=False)

    @property
    def plain(self) -> Setting:
        """The inputs of week 0 as Python reads them."""
        return self.spells[0].plain

    @property
    def setting(self) -> Setting:
        """The inputs of week 0 as the compiled week reads them."""
        return self.spells[0].setting

    def plain_in(self, week: int) -> Setting:
        """The inputs of a week as Python reads them."""
        return next(spell.plain for spell in reversed(self.spells) if spell.week <= week)

    @property
    def offers(self) -> list[str]:
        """Names of the offers, in the order of the setting."""
        return self.policy.offer_names

    @property
    def weight(self) -> float:
        """Households of the caseload for which one simulated household stands."""
        return self.caseload.households / self.households

    @property
    def origins(self) -> list[str]:
        """Names of the origins, in the order of the setting."""
        return origin_names(self.caseload)

    @cached_property
    def _digest(self) -> Any:
        """Hash of what determines a run beside its seed."""
        inputs: dict[str, Any] = {
            "model": MODEL_VERSION,
            "policy": mark(self.policy, ("name", "title", "describes", "context")),
            "caseload": mark(self.caseload, ("name", "title", "describes", "place", "date", "default_sample")),
            "behaviour": mark(self.behaviour),
            "year": year_of(self.caseload.date),
            "weeks": self.weeks,
            "households": self.households,
        }
        if self.caseload.inflow or self.policy.has_dates:
            inputs["date"] = self.caseload.date  # weeks are reckoned from it
        if self.rules:
            inputs["rules"] = self.rules.mark
        return hashlib.blake2b(repr(inputs).encode(), digest_size=16)

    def identity(self, seed: int) -> str:
        """Hash of everything that determines a run: model, inputs, seed.

        Names and titles are left out, and the day of the caseload's date, where nothing is reckoned from it.
        """
        digest = self._digest.copy()
        digest.update(str(checked_seed(seed)).encode())
        return str(digest.hexdigest())

    def __getstate__(self) -> dict[str, Any]:
        names = ("rules", "policy", "caseload", "behaviour", "weeks", "households")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        inputs = (state["policy"], state["caseload"], state["behaviour"])
        again = _prepared(*inputs, state["weeks"], state["households"], state["rules"])
        self.__dict__.update(again.__dict__)

    def begin(self, seed: int, *, events: bool = False) -> State:
        """The households, their ties and an empty history, before week 0.

        Parameters
        ----------
        events
            Whether departures, acceptances and disappearances are counted by group, for `Run.flows`.
        """
        state: State = compiled.begin(key_for_entries(checked_seed(seed)), self.setting)
        if events:
            state = state._replace(events=np.zeros((self.weeks, *state.events.shape[1:]), np.int64))
        return state

    def advance(self, seed: int, state: State, first: int, last: int) -> None:
        """Run weeks first … last − 1 (compiled; releases the interpreter lock)."""
        key, ends = key_for_entries(seed), [spell.week for spell in self.spells[1:]] + [last]
        for spell, end in zip(self.spells, ends, strict=True):
            if max(first, spell.week) < min(last, end):
                compiled.advance(key, spell.setting, state, max(first, spell.week), min(last, end))

    def run(self, seed: int = 0, *, events: bool = False) -> Run:
        """A whole run with everything that can be asked of it; `events`: see `begin`."""
        state = self.begin(seed, events=events)
        self.advance(seed, state, 0, self.weeks)
        return self.finished(seed, state)

    def finished(self, seed: int, state: State) -> Run:
        """A run whose weeks have all been run, with its outcomes."""
        values = measured(compiled.tallied(self.setting, state, self.weight))
        own = self.rules.of(OwnMeasure)
        if not own:
            return Run(self, seed, state, values)
        ids = tuple(name for name in IDS if name not in OWN)
        run = Run(self, seed, state, values, ids)
        found = [own_value(one, run) for one in own]
        return Run(self, seed, state, np.array([*values, *found]), (*ids, *(one.name for one in own)))

    def measures(self, seed: int) -> np.ndarray:
        """Outcomes of a run in the order of `abm.measures.MEASURES`, shape (measures,)."""
        return self.run(seed).values


def own_value(own: OwnMeasure, run: Run) -> float:
    """What a measure of one's own says of a run.

    Raises
    ------
    InputError
        If it fails, or is not a number.
    """
    try:
        value: Any = own.function(run)
    except Exception as fault:  # whatever somebody's function does
        told = f"{type(fault).__name__}: {fault}"
        raise InputError(f"rules.{own.name}", told, "a function of a finished run that gives a number") from fault
    if isinstance(value, bool | str) or not isinstance(value, int | float | np.number):
        raise InputError(f"rules.{own.name}", value, "a number (NaN, if a run has none)")
    return float(value)


def checked_seed(seed: object) -> int:
    """A seed as a plain integer.

    Raises
    ------
    InputError
        If it is not a whole number from 0 to 2**63 − 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= int(seed) <= MOST_SEED:
        raise InputError("seed", seed, f"a whole number from 0 to {MOST_SEED}")
    return int(seed)


def _whole(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= int(value) <= most:
        raise InputError(name, value, f"a whole number from {least:,} to {most:,}")
    return int(value)


def prepare(
    policy: Policy | str,
    caseload: Caseload | str,
    behaviour: Behaviour | str | None = None,
    *,
    weeks: int = 260,
    households: int | None = None,
    levers: Mapping[str, Any] | None = None,
) -> Prepared:
    """Pack inputs for running.

    Parameters
    ----------
    policy, caseload, behaviour
        Validated objects, or names (or paths) of scenario files; the fitted behaviour by default.
    weeks
        Length of the run; one step is one week.
    households
        Households simulated at the start; by default all of the caseload's, up to its
        ``default_sample``.  Totals stand for the whole caseload whatever the number.
    levers
        Values by dotted path (``offer.amount_per_person``, ``world.hotel_night``, ``behaviour.money``, …) in the place
        of those that the inputs have; `returns list levers` and `returns list parameters` name them all.

    Raises
    ------
    InputError
        If an input is not valid, or a lever is unknown or of an offer that the policy does not make.
    """
    if isinstance(policy, str):
        policy = load_policy(policy)
    if isinstance(caseload, str):
        caseload = load_caseload(caseload)
    if behaviour is None or isinstance(behaviour, str):
        behaviour = load_behaviour(behaviour) if behaviour else load_behaviour()
    if levers:
        policy, caseload, behaviour = apply_settings(policy, caseload, behaviour, levers, file="")
        check_used(policy, levers)
    weeks = _whole("weeks", weeks, 1, MOST_WEEKS)
    if households is None:
        households = min(caseload.households, caseload.default_sample)
    households = _whole("households", households, 1, MOST_HOUSEHOLDS)
    return _prepared(policy, caseload, behaviour, weeks, households, active())


def _prepared(
    policy: Policy, caseload: Caseload, behaviour: Behaviour, weeks: int, households: int, rules: RuleSet
) -> Prepared:
    compiled.check_rules()
    packed = spells(policy, caseload, behaviour, weeks, households, rules)
    return Prepared(policy, caseload, behaviour, weeks, households, packed, rules)


def simulate(
    policy: Policy | str,
    caseload: Caseload | str,
    behaviour: Behaviour | str | None = None,
    *,
    seed: int = 0,
    weeks: int = 260,
    households: int | None = None,
    levers: Mapping[str, Any] | None = None,
    **paths: Any,
) -> Run:
    """Run one policy on one caseload once; see `prepare` for the parameters.

    Parameters
    ----------
    levers
        Values by dotted path, as in ``levers={"offers.pilot.amount_per_person": 5_000}``.
    **paths
        The same as keywords, with two underscores for a dot: ``offer__amount_per_person=5_000``.

    Raises
    ------
    InputError
        If an input is not valid, or a lever is unknown, given twice, or of an offer that the policy does not make.
    """
    told = levers_of(levers, paths, ("seed", "weeks", "households", "levers"))
    prepared = prepare(policy, caseload, behaviour, weeks=weeks, households=households, levers=told)
    check_shapes([prepared.policy])
    return prepared.run(seed)
