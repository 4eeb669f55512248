"""Runs: one seed through one setting, by the compiled driver or by Mesa's agents — same week, same bits.

`prepare` packs validated inputs once; `Prepared` runs them for any number of seeds, from any number of
threads.  `simulate` is the one-line version.  `ReturnModel` is the same run as a Mesa model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import abm.frames as frames
import abm.week.compiled as compiled
from abm.arrays.origins import origin_names
from abm.arrays.setting import Setting, Spell, spells
from abm.arrays.state import State
from abm.evidence.homeland import year_of
from abm.household.stages import TOLD
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.identity import digest
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.inputs.registry import NOTHING, OwnMeasure, RuleSet, active, check_shapes
from abm.inputs.shown import figure, table
from abm.measures import IDS, MEASURES, OWN, measured
from abm.numerics.draws import key_for_entries
from abm.scenarios.overrides import apply_settings, check_used, levers_of
from abm.scenarios.scenario import load_behaviour, load_caseload, load_policy
from abm.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

#: Identifies what a run does: version of the package and hash of its rules and measures.
MODEL_VERSION = f"{VERSION}+{compiled.source_hash('measures')}"


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
        return frames.weekly(self.state.history)

    @cached_property
    def households(self) -> pd.DataFrame:
        """One row a household, final state; origin, stage and housing by name, weeks that never came as NaN."""
        p = self.prepared
        own = {name: TOLD + len(p.plain.offers) + k for k, name in enumerate(p.rules.columns)}
        return frames.of_households(self.state.s, p.origins, p.offers, own)

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
        return frames.rates(self.state, self.prepared.origins, group, months)

    def flows(self, by: Sequence[str] = (), every: frames.Every = "year") -> pd.DataFrame:
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
        frames.check_grouped(by)
        p = self.prepared
        return frames.flows(self.events, p.caseload, p.origins, p.weight, by, every)

    @cached_property
    def events(self) -> np.ndarray:
        """Events of the simulated households, (weeks, events, counted, groups); run once more if not counted yet."""
        if len(self.state.events):
            return self.state.events
        state = self.prepared.begin(self.seed, events=True)
        self.prepared.advance(self.seed, state, 0, self.prepared.weeks)
        return state.events


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
            "policy": digest(self.policy, ("name", "title", "describes", "context")),
            "caseload": digest(self.caseload, ("name", "title", "describes", "place", "date", "default_sample")),
            "behaviour": digest(self.behaviour),
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
