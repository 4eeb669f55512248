"""The inputs of a run as the rules read them: numbers by name, and small arrays.

Three validated objects go in (policy, caseload with its world, behaviour); nothing here decides anything.  A setting
does not depend on the seed, so that all replicates of a run share one.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from abm.arrays.ledger import Prices, prices
from abm.arrays.pull import pull_factors
from abm.evidence.homeland import origin
from abm.household.offers import schedule
from abm.household.stages import STAGES, Holds, Housing, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload, HousingMix, StageMix
from abm.inputs.parameters import plain
from abm.inputs.policy import Offer, Policy
from abm.inputs.world import World
from abm.numerics.arithmetic import exp, log, normal_quantile
from abm.numerics.calendar import WEEKS_PER_YEAR, weekly_chance
from abm.numerics.named import Named, numbers

#: Households fall into this many classes of patience, equally likely.
PATIENCE_CLASSES = 4


class Frame(NamedTuple):
    """The measure of a run, and the few inputs that are arithmetic on others."""

    weeks: float
    households: float  # simulated, at the start
    scale: float  # households simulated for each of the caseload
    sites: float
    inflow: float  # arrivals a week under the caseload's own conditions
    inflow_stage: float
    credibility: float  # seen weekly chance of removal at the start: no children
    credibility_family: float
    regularised: float  # weekly chances: reckoned once, since agents stepped one by one ask for them every time
    detected: float
    returning: float
    returning_unsafe: float


class Origin(Named):
    """What is known of a country of origin, whatever the week."""

    share = "cumulative share of the households"
    safety = "true safety at the start"
    on_path = "1 if its safety follows the world's path"
    income = "income at home, GBP a year per head"
    grant = "share granted at first decision"
    allowed = "share of appeals allowed"
    families = "share of households with children"
    returnable = "1 if removal is feasible"
    country = "a number that belongs to the country wherever it stands in a list"


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


ORIGIN, GIVEN, MIX = numbers(Origin), numbers(Given), numbers(Mix)


class Mixes(NamedTuple):
    """How stages and housing are drawn: a row a `Mix`."""

    stages: np.ndarray  # of the stock at the start, (2, stages)
    housing: np.ndarray  # (2, housing)


class Setting(NamedTuple):
    """Everything a run reads and never changes.

    The first four hold the numbers of the inputs, by name and section in section, as a type checker sees them; `b` is
    read so often that it has the shortest name.  Small arrays stand inside records: like those of the `State`, an array
    of its own costs each call that the setting is handed to.
    """

    b: Behaviour
    policy: Policy  # without its offers
    caseload: Caseload  # without its mixes and its world
    world: World
    offers: tuple[Any, ...]  # see `offer_terms`
    frame: Frame
    prices: Prices
    mixes: Mixes
    origins: np.ndarray  # a row an `Origin`, (rows, origins)
    shares: np.ndarray  # shares of each amount, (offers, weeks, C + 1, delays): see `abm.household.offers.schedule`
    inflow: np.ndarray  # mean arrivals of each week under this policy, (weeks,)
    given: np.ndarray  # households given one by one: a column a `Given`, or no rows


def patience(behaviour: Behaviour) -> np.ndarray:
    """Weekly discount factors of the patience classes, most patient first, shape (C,)."""
    factors = []
    for c in range(PATIENCE_CLASSES):
        z = normal_quantile((c + 0.5) / PATIENCE_CLASSES)
        yearly = behaviour.discounting * exp(behaviour.discounting_spread * z)
        factors.append(exp(-log(1.0 + yearly) / WEEKS_PER_YEAR))
    return np.array(factors)


def origin_names(caseload: Caseload) -> list[str]:
    """The origins of a caseload, in the order of its setting's arrays."""
    return list(dict.fromkeys([*caseload.origins, *(row.origin for row in caseload.rows)]))


def setting_of(policy: Policy, caseload: Caseload, behaviour: Behaviour, weeks: int, households: int) -> Setting:
    """Pack validated inputs for a run of `weeks` weeks with `households` households at the start."""
    names, weekly, scale = origin_names(caseload), patience(behaviour), households / caseload.households
    return Setting(
        b=plain(behaviour),
        policy=plain(policy, without=(Offer,)),
        caseload=plain(caseload, without=(World, StageMix, HousingMix)),
        world=plain(caseload.world),
        offers=tuple(offer_terms(name, offer, weekly) for name, offer in policy.offers.items()),
        frame=_frame(policy, caseload, weeks, households),
        prices=prices(caseload.world, policy.reintegration.per_household),
        mixes=Mixes(stages=_mix(caseload.stages, Stage), housing=_mix(caseload.housing, Housing)),
        origins=_origins(caseload, names),
        shares=_stacked([schedule(offer, weeks, weekly) for offer in policy.offers.values()]),
        inflow=caseload.inflow_per_week * scale * pull_factors(policy, caseload, weeks),
        given=_given(caseload, names),
    )


def offer_terms(name: str, offer: Offer, weekly: np.ndarray) -> Any:
    """The numbers of an offer by name, and what follows from them.

    Returns
    -------
    namedtuple
        The fields of `Offer`; `announced`: 1 if it draws attention when it is made and before it closes; `open_to`: 1
        for each stage to which it is open, (stages,); `paid_later`: discount on the part that is paid later, by class
        of patience, (C,).
    """
    open_to = np.zeros(len(STAGES))
    for stage in Stage:
        if Holds.CHOOSES in stage.holds:
            open_to[stage] = getattr(offer, f"open_{stage.name.lower()}")
    own: Any = plain(offer)
    later = np.array([exp(offer.later_payment_weeks * log(float(factor))) for factor in weekly])
    announced = float(name != "standing")
    return _offer_type(*own._fields)(*own, announced, open_to, later)


@cache
def _offer_type(*fields: str) -> Any:
    return namedtuple("OfferTerms", [*fields, "announced", "open_to", "paid_later"])


def _frame(policy: Policy, caseload: Caseload, weeks: int, households: int) -> Frame:
    world, enforcement = caseload.world, policy.enforcement
    scale = households / caseload.households
    attempts = enforcement.attempts_per_1000_week * households / 1_000.0
    families = world.removal_success_family if enforcement.include_families else 0.0
    return Frame(
        weeks=float(weeks),
        households=float(households),
        scale=scale,
        sites=float(max(1, round(households / caseload.network.site_households))),
        inflow=caseload.inflow_per_week * scale,
        inflow_stage=float(Stage[caseload.inflow_stage.upper()]),
        credibility=min(1.0, attempts / households * world.removal_success),
        credibility_family=min(1.0, attempts / households * families),
        regularised=weekly_chance(policy.settlement.regularisation_per_year),
        detected=weekly_chance(world.detection_per_year),
        returning=weekly_chance(world.remigration_per_year),
        returning_unsafe=weekly_chance(world.remigration_per_year * world.remigration_unsafe),
    )


def _origins(caseload: Caseload, names: list[str]) -> np.ndarray:
    """Figures by origin, a row an `Origin`."""
    lands = [origin(name) for name in names]
    shares = np.array([caseload.origins.get(name, 0.0) for name in names])
    path = {name.strip().casefold() for name in caseload.world.safety_origins.split(",")}
    composition, procedure = caseload.composition, caseload.procedure
    grant, allowed = procedure.grant_rate, procedure.appeal_allowed
    by_origin = composition.family_share_by_origin
    found = {
        Origin.share: np.cumsum(shares) / max(shares.sum(), 1e-300),
        Origin.safety: [land.safety for land in lands],
        Origin.on_path: [float("all" in path or land.name.casefold() in path) for land in lands],
        Origin.income: [land.income_gbp for land in lands],
        Origin.grant: [land.grant_rate if grant is None else grant for land in lands],
        Origin.allowed: [land.appeal_allowed if allowed is None else allowed for land in lands],
        Origin.families: [land.family_share if by_origin else composition.family_share for land in lands],
        Origin.returnable: [float(land.returnable) for land in lands],
        Origin.country: [float(int(land.iso3, 36)) for land in lands],
    }
    return np.array([found[row] for row in Origin])


def _mix(mix: StageMix | HousingMix, names: type[Named]) -> np.ndarray:
    """Cumulative shares in the order in which a mix declares them, and what each stands for."""
    shares = list(mix.model_dump().values())
    total, cumulative = 0.0, []
    for share in shares:
        total += share
        cumulative.append(total)
    return np.array([cumulative, [float(names[name.upper()]) for name in type(mix).model_fields]])


def _stacked(schedules: list[np.ndarray]) -> np.ndarray:
    """Schedules of the offers as one array; a shorter one goes on with its last entry, as it is meant to."""
    longest = max(found.shape[2] for found in schedules)
    return np.stack([
        np.concatenate([found, np.repeat(found[:, :, -1:], longest - found.shape[2], axis=2)], axis=2)
        for found in schedules
    ])  # fmt: skip


def _given(caseload: Caseload, names: list[str]) -> np.ndarray:
    """Households given one by one, as numbers, a column a `Given`."""
    rows = [
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
        for row in caseload.rows
    ]
    return np.array([[row[column] for column in Given] for row in rows], dtype=np.float64).reshape(-1, len(Given))


def as_records(x: Setting) -> Setting:
    """The same setting for the compiled driver: numbers by name become records, which pass as pointers."""
    parts: list[Any] = [part if isinstance(part, np.ndarray) else _record(part) for part in x]
    return Setting(*parts)


def _record(part: Any) -> Any:
    if hasattr(part, "_fields"):
        return np.array([part], dtype=_layout(part))[0]
    return np.array(list(part), dtype=_layout(part[0]))


#: Layout of each kind of record: how its numbers, sections and arrays lie is the same in all of a kind.
_LAYOUTS: dict[type, np.dtype[Any]] = {}


def _layout(part: Any) -> np.dtype[Any]:
    kind = type(part)
    if kind not in _LAYOUTS:
        _LAYOUTS[kind] = np.dtype([_field(*named) for named in zip(part._fields, part, strict=True)])
    return _LAYOUTS[kind]


def _field(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return name, _layout(value)
    if isinstance(value, np.ndarray):
        return name, np.float64, value.shape
    return name, np.int64 if isinstance(value, int) else np.float64
