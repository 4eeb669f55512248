"""The inputs of a run as the rules read them: numbers by name, and small arrays.

Three validated objects go in (policy, caseload with its world, behaviour); nothing here decides anything.  A setting
does not depend on the seed, so that all replicates of a run share one.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Hashable
from datetime import date, timedelta
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from abm.arrays.ledger import Prices, prices
from abm.arrays.origins import by_origin, open_to, origin_names
from abm.arrays.pull import pull_over
from abm.arrays.records import as_records
from abm.household.offers import schedule
from abm.household.stages import STAGES, Holds, Housing, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload, HouseholdRow, HousingMix, StageMix
from abm.inputs.kept import Kept, once
from abm.inputs.parameters import InputError, plain
from abm.inputs.policy import Offer, Policy
from abm.inputs.registry import NOTHING, RuleSet
from abm.inputs.world import World
from abm.numerics.arithmetic import exp, log, normal_quantile
from abm.numerics.calendar import NEVER, NO_LIMIT, WEEKS_PER_YEAR, weekly_chance
from abm.numerics.named import Named, numbers

#: Households fall into this many classes of patience, equally likely.
PATIENCE_CLASSES = 4
#: Years over which a household reckons its chance of being regularised.
HOPE_YEARS = 5.0
#: What a policy says of an offer that it does not make.
NO_OFFER = Offer()
#: Stages in which a household chooses, and the lever that opens an offer to them.
OPENED_BY = {stage: f"open_{stage.name.lower()}" for stage in Stage if Holds.CHOOSES in stage.holds}


class Frame(NamedTuple):
    """The measure of a run, and the few inputs that are arithmetic on others."""

    weeks: float
    households: float  # simulated, at the start
    scale: float  # households simulated for each of the caseload
    sites: float
    pipeline: float  # weeks before week 0 in which households claimed whose claim may be open
    inflow_stage: float
    credibility: float  # seen weekly chance of removal at the start: no children
    credibility_family: float
    regularised: float  # weekly chances: reckoned once, since agents stepped one by one ask for them every time
    regularised_in_time: float  # chance within `HOPE_YEARS`
    detected: float
    onward: float
    hotel_exit: float
    returning: float
    returning_unsafe: float
    since: float  # week in which the policy came into force, or `NEVER`: before the run
    support_since: float  # week in which its rules of support did
    reviews_since: float  # week in which the time between its reviews of protection did


class Spell(NamedTuple):
    """A stretch of a run under one policy: from which week on, and the inputs as both drivers read them."""

    week: int
    title: str
    plain: Setting
    setting: Setting


class Inflow(Named):
    """Mean arrivals of a week."""

    own = "under the caseload's own conditions"
    now = "under the policy"


class Given(Named):
    """What a table of households gives of each."""

    origin = "position of its origin"
    adults = "adults"
    children = "children"
    school = "children of school age"
    stage = "stage"
    housing = "housing"
    weeks_in_stage = "weeks in that stage"
    weeks_in_country = "weeks in the country"


class Mix(Named):
    """How a share is drawn: the first entry whose cumulative share is above a uniform number."""

    share = "cumulative share"
    what = "stage or housing that it stands for"


INFLOW, GIVEN, MIX = numbers(Inflow), numbers(Given), numbers(Mix)


class Mixes(NamedTuple):
    """How stages and housing are drawn: a row a `Mix`."""

    stages: np.ndarray  # of the stock at the start, (2, stages)
    housing: np.ndarray  # (2, housing)


class Setting(NamedTuple):
    """Everything a run reads and never changes.

    The first four hold the numbers of the inputs, by name and section in section, as a type checker sees them; `b` is
    read so often that it has the shortest name.  Small arrays stand inside records.
    """

    b: Behaviour
    policy: Policy  # without its offers
    caseload: Caseload  # without its mixes and its world
    world: World
    offers: tuple[Any, ...]  # see `offer_terms`
    frame: Frame
    prices: Prices
    mixes: Mixes
    origins: np.ndarray  # a row an `Origin`, then one an offer: see `abm.arrays.origins`, (rows, origins)
    shares: np.ndarray  # shares of each amount, (offers, weeks, C + 1, delays): see `abm.household.offers.schedule`
    inflow: np.ndarray  # mean arrivals of each week, from the pipeline's first on: a row an `Inflow`, (2, weeks)
    given: np.ndarray  # households given one by one: a column a `Given`, or no rows
    own: Any  # the numbers of rules of one's own, under their mark: see `abm.inputs.registry`


def patience(behaviour: Behaviour) -> np.ndarray:
    """Weekly discount factors of the patience classes, most patient first, shape (C,)."""
    return np.array(_patience(behaviour.discounting, behaviour.discounting_spread))


@once
def _patience(discounting: float, spread: float) -> tuple[float, ...]:
    factors = []
    for c in range(PATIENCE_CLASSES):
        z = normal_quantile((c + 0.5) / PATIENCE_CLASSES)
        yearly = discounting * exp(spread * z)
        factors.append(exp(-log(1.0 + yearly) / WEEKS_PER_YEAR))
    return tuple(factors)


def spells(
    policy: Policy, caseload: Caseload, behaviour: Behaviour, weeks: int, households: int, rules: RuleSet = NOTHING
) -> tuple[Spell, ...]:
    """Pack validated inputs for a run of `weeks` weeks with `households` households at the start.

    A spell for each policy of the timeline that comes into force in the course of the run; what is not a lever is the
    same in all.  A household looks ahead over what its own spell has announced.

    Raises
    ------
    InputError
        If a week is given as a date and the caseload has none.
    """
    names, places, scale = tuple(origin_names(caseload)), tuple(caseload.countries), households / caseload.households
    timeline = [(week, found) for week, found in policy.timeline(day_of(caseload)) if week < weeks]
    offers = policy.offer_names or ["none"]
    before = pipeline_weeks(caseload)
    own = scale * own_inflow(caseload, -before, weeks)
    pull = pull_over(timeline, caseload, behaviour, weeks)
    patient = tuple(patience(behaviour).tolist())
    lands = by_origin(caseload, names)
    # What is no lever, packed once.
    x: dict[str, Any] = {
        "b": plain(of_the_place(behaviour, caseload.world)),
        "caseload": plain(caseload, (World, StageMix, HousingMix)),
        "world": plain(caseload.world),
        "mixes": _mixes(caseload.stages, caseload.housing),
        "inflow": np.stack([own, own * np.concatenate([np.ones(before), pull])]),
        "given": _given(caseload, names),
    }
    made: list[Spell] = []
    since = support_since = reviews_since = NEVER
    for number, (week, found) in enumerate(timeline):
        terms = tuple(found.offers.get(name, NO_OFFER) for name in offers)
        close = tuple(closes(offer, caseload) for offer in terms)
        if number:
            was, since = timeline[number - 1][1], float(week)
            support_since = since if found.support != was.support else support_since
            interval = found.status.review_interval_months
            reviews_since = since if interval != was.status.review_interval_months else reviews_since
        frame = _frame(found, caseload, weeks, households)
        setting = Setting(
            **x,
            policy=plain(found),
            offers=tuple(map(offer_terms, terms, repeat(patient), close)),
            frame=frame._replace(since=since, support_since=support_since, reviews_since=reviews_since),
            prices=prices(caseload.world, found.reintegration.per_household),
            origins=np.concatenate([lands, [open_to(offer, names, places) for offer in terms]]),
            shares=_shares(terms, patient, close, weeks),
            own=rules.numbers(found, offers, behaviour),
        )
        made.append(Spell(week, found.title, setting, as_records(setting)))
    return tuple(made)


def of_the_place(behaviour: Behaviour, world: World) -> Behaviour:
    """The behaviour with the constants of both ways of returning as they are in that country."""
    assisted, unassisted = world.place_assisted, world.place_unassisted
    if assisted == 0.0 and unassisted == 0.0:
        return behaviour
    known = {"assisted": behaviour.assisted + assisted, "unassisted": behaviour.unassisted + unassisted}
    return behaviour.with_values(known)


def pipeline_weeks(caseload: Caseload) -> int:
    """Weeks before week 0 in which households claimed whose claim may be open in week 0.

    None where the stock itself has households in the procedure, or where households arrive when it is over.
    """
    procedure, stages = caseload.procedure, caseload.stages
    if caseload.inflow_stage != "awaiting" or caseload.rows or stages.awaiting + stages.refused > 0.0:
        return 0
    if procedure.decision_weeks + procedure.appeal_weeks == 0.0:
        return 0
    return math.ceil(procedure.decision_weeks + max(procedure.appeal_weeks, procedure.appeal_window_weeks))


def own_inflow(caseload: Caseload, first: int, last: int) -> np.ndarray:
    """Mean arrivals under the caseload's own conditions in weeks first … last − 1, (last − first,).

    Where they are given by year, a week has those of the year in which it begins; a year before the first or after the
    last has those of the nearest.
    """
    if not caseload.inflow:
        return np.full(last - first, caseload.inflow_per_week)
    day = day_of(caseload)
    if day is None:
        allowed = "the day on which week 0 begins, such as 2005-01-03: the inflow is given by year"
        raise InputError("date", caseload.date, allowed)
    years = np.array(sorted(int(year) for year in caseload.inflow))
    rates = np.array([caseload.inflow[str(year)] for year in years])
    at = np.array([(day + timedelta(weeks=week)).year for week in range(first, last)])
    return rates[np.abs(at[:, None] - years[None, :]).argmin(axis=1)]


def day_of(caseload: Caseload) -> date | None:
    """The day on which week 0 begins, if the caseload has a date."""
    try:
        return date.fromisoformat(caseload.date)
    except ValueError:
        return None


def closes(offer: Offer, caseload: Caseload) -> float:
    """First week in which an offer can no longer be accepted: before its end, where one has to have left by then."""
    if offer.end_week is None:
        return NO_LIMIT
    assert isinstance(offer.end_week, int)  # dates have been turned into weeks
    return offer.end_week - (caseload.world.processing_weeks if offer.deadline == "departure" else 0.0)


@once
def offer_terms(offer: Offer, patient: tuple[float, ...], closed: float) -> Any:
    """The numbers of an offer by name, and what follows from them.

    Parameters
    ----------
    patient
        Weekly discount factors of the patience classes, (C,).
    closed
        First week in which it can no longer be accepted.

    Returns
    -------
    namedtuple
        The fields of `Offer`, with `end_week` the first week in which it cannot be accepted; `open_to`: 1 for each
        stage to which it is open, (stages,); `paid_later`: discount on the part that is paid later, by class of
        patience, (C,).
    """
    open_to = np.zeros(len(STAGES))
    for stage, lever in OPENED_BY.items():
        open_to[stage] = getattr(offer, lever)
    own: Any = plain(offer)
    later = np.array(_after(offer.later_payment_weeks, patient))
    for array in (open_to, later):
        array.setflags(write=False)
    return _offer_type(*own._fields)(*own._replace(end_week=closed), open_to, later)


@once
def _after(weeks: float, patient: tuple[float, ...]) -> tuple[float, ...]:
    """Discount factors over some weeks."""
    return tuple(exp(weeks * log(factor)) for factor in patient)


#: Chances of a week by those of a year.
_weekly = once(weekly_chance)


@cache
def _offer_type(*fields: str) -> Any:
    return namedtuple("OfferTerms", [*fields, "open_to", "paid_later"])


@once
def _frame(policy: Policy, caseload: Caseload, weeks: int, households: int) -> Frame:
    world, enforcement = caseload.world, policy.enforcement
    scale = households / caseload.households
    attempts = enforcement.attempts_per_1000_week * households / 1_000.0
    moved = _weekly(caseload.hotel_exit_per_year)
    families = world.removal_success_family if enforcement.include_families else 0.0
    return Frame(
        weeks=float(weeks),
        households=float(households),
        scale=scale,
        sites=float(max(1, round(households / caseload.network.site_households))),
        pipeline=float(pipeline_weeks(caseload)),
        inflow_stage=float(Stage[caseload.inflow_stage.upper()]),
        credibility=min(1.0, attempts / households * world.removal_success),
        credibility_family=min(1.0, attempts / households * families),
        regularised=_weekly(policy.settlement.regularisation_per_year),
        regularised_in_time=1.0 - exp(-HOPE_YEARS * policy.settlement.regularisation_per_year),
        detected=_weekly(world.detection_per_year),
        onward=_weekly(world.onward_per_year),
        hotel_exit=policy.housing.hotel_exit_per_week + moved * (1.0 - policy.housing.hotel_exit_per_week),
        returning=_weekly(world.remigration_per_year),
        returning_unsafe=_weekly(world.remigration_per_year * world.remigration_unsafe),
        since=NEVER,
        support_since=NEVER,
        reviews_since=NEVER,
    )


@once
def _mixes(stages: StageMix, housing: HousingMix) -> Mixes:
    return Mixes(_mix(stages, Stage), _mix(housing, Housing))


def _mix(mix: StageMix | HousingMix, names: type[Named]) -> np.ndarray:
    """Cumulative shares in the order in which a mix declares them, and what each stands for."""
    shares = list(mix.model_dump().values())
    total, cumulative = 0.0, []
    for share in shares:
        total += share
        cumulative.append(total)
    drawn = np.array([cumulative, [float(names[name.upper()]) for name in type(mix).model_fields]])
    drawn.setflags(write=False)
    return drawn


#: Schedules for as long as somebody has them: those of a long run are large.
_SCHEDULES: WeakValueDictionary[Hashable, np.ndarray] = WeakValueDictionary()


def _shares(terms: tuple[Offer, ...], patient: tuple[float, ...], close: tuple[float, ...], weeks: int) -> np.ndarray:
    """Schedules of the offers as one array; a shorter one goes on with its last entry, as it is meant to."""
    key = terms, patient, close, weeks
    found = _SCHEDULES.get(key)
    if found is None:
        weekly = np.array(patient)
        found = _stacked([schedule(offer, weeks, weekly, closed) for offer, closed in zip(terms, close, strict=True)])
        _SCHEDULES[key] = found
    return found


def _stacked(schedules: list[np.ndarray]) -> np.ndarray:
    weeks, planes, _ = schedules[0].shape
    stacked = np.empty((len(schedules), weeks, planes, max(found.shape[2] for found in schedules)))
    for shares, found in zip(stacked, schedules, strict=True):
        shares[:, :, : found.shape[2]] = found
        shares[:, :, found.shape[2] :] = found[:, :, -1:]
    return stacked


#: Households given one by one, packed: few, for there may be many households.
_GIVEN: Kept[np.ndarray] = Kept(8)


def _given(caseload: Caseload, names: tuple[str, ...]) -> np.ndarray:
    """Households given one by one, as numbers, a column a `Given`."""
    rows = caseload.rows
    return _GIVEN.of((id(rows), names), lambda: _packed(rows, names), rows)


def _packed(rows: tuple[HouseholdRow, ...], names: tuple[str, ...]) -> np.ndarray:
    found = [
        {
            Given.origin: names.index(row.origin),
            Given.adults: row.size - row.children,
            Given.children: row.children,
            Given.school: row.school_children,
            Given.stage: Stage[row.stage.upper()],
            Given.housing: Housing[row.housing.upper()],
            Given.weeks_in_stage: row.weeks_in_stage,
            Given.weeks_in_country: row.weeks_in_country,
        }
        for row in rows
    ]
    return np.array([[row[column] for column in Given] for row in found], dtype=np.float64).reshape(-1, len(Given))
