"""The inputs of a run as the compiled week reads them: named tuples of numbers and small arrays.

Three validated objects go in (policy, caseload with its world, behaviour); nothing here decides
anything.  A setting does not depend on the seed, so that all replicates of a run share one.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from abm.arithmetic import exp, log, normal_quantile
from abm.behaviour import Behaviour, Coefficients
from abm.caseload import (
    Caseload, CompositionTerms, DurationTerms, HousingShares, NetworkTerms, ProcedureTerms, StageShares,
)  # fmt: skip
from abm.decision import WEEKS_PER_YEAR
from abm.homeland import origin
from abm.ledger import Prices, prices
from abm.offers import schedule
from abm.parameters import NO_LIMIT, plain
from abm.policy import EnforcementTerms, OfferTerms, Policy, SupportTerms
from abm.stages import Housing, Stage
from abm.world import Conditions, World

#: Households fall into this many classes of patience, equally likely.
PATIENCE_CLASSES = 4

#: Weeks between two visits to the same household.
VISIT_PAUSE = 13.0

MONTHS_PER_YEAR = 12.0

#: The pull factor never multiplies arrivals by more than this.
MOST_PULL = 10.0


class Rates(NamedTuple):
    """Weekly capacities of the simulated households, weekly chances, and single levers."""

    weeks: float
    households: float
    decisions: float
    appeals: float
    reviews: float
    visits: float
    attempts: float
    regularised: float  # weekly chance, exhausted and absconded
    detected: float  # weekly chance, absconded
    returning: float  # weekly chance of re-migration while home is safe
    returning_unsafe: float
    ban_weeks: float
    hotel_exit: float
    hope: float  # chance of regularisation within five years
    independence: float
    in_kind: float  # GBP, worth of reintegration help
    review_weeks: float
    settlement_weeks: float
    safe_threshold: float
    inflow: float  # arrivals a week under the caseload's own conditions
    inflow_open: float  # arrivals a week under this policy while its offer is open
    inflow_closed: float  # and while it is not
    inflow_stage: float
    sites: float
    credibility: float  # seen weekly chance of removal at the start: no children
    credibility_family: float


#: Rows of `Setting.origins`: cumulative share, safety at the start, 1 if on the world's safety path, income
#: (GBP a year per head), grant rate, share of appeals allowed, share with children, 1 if removal is feasible,
#: and a number that belongs to the country wherever it stands in a list.
SHARE, LEVEL, AFFECTED, INCOME, GRANT, ALLOWED, FAMILIES, RETURNABLE, COUNTRY = range(9)


class Setting(NamedTuple):
    """Everything a run reads and never changes."""

    b: Any  # Behaviour, as Coefficients
    w: Any  # World, as Conditions
    offer: Any
    standing: Any
    support: Any
    enforcement: Any
    composition: Any
    durations: Any
    network: Any
    procedure: Any
    stages: Any
    housing: Any
    prices: Prices
    rates: Rates
    origins: np.ndarray  # figures by origin, (9, O): the rows named below
    offer_shares: np.ndarray  # shares of the full amount, (W, C + 1, D): see `abm.offers.schedule`
    standing_shares: np.ndarray
    paid_later: np.ndarray  # discount on the part that is paid later, (2, C): the offer, the standing offer
    # households given one by one: (rows, 8), or no rows
    given: np.ndarray


def weekly_chance(per_year: float) -> float:
    """A rate per year as a chance per week: 1 − exp(−rate / 52.18)."""
    return 1.0 - exp(-per_year / WEEKS_PER_YEAR)


def patience(behaviour: Behaviour) -> np.ndarray:
    """Weekly discount factors of the patience classes, most patient first, shape (C,)."""
    factors = []
    for c in range(PATIENCE_CLASSES):
        z = normal_quantile((c + 0.5) / PATIENCE_CLASSES)
        yearly = behaviour.discounting * exp(behaviour.discounting_spread * z)
        factors.append(exp(-log(1.0 + yearly) / WEEKS_PER_YEAR))
    return np.array(factors)


def pull_factor(policy: Policy, world: World, *, offer_open: bool) -> float:
    """Arrivals under a policy as a multiple of the caseload's own, while the offer is open or not.

    An elasticity acts on the worth of being refused: (B + offer) / (B + reference offer), where B is
    the worth of staying on support.  An offer that is closed to new claims pulls nobody.  Amounts are
    those a person can get; caps and conditions on family are left out, which overstates the pull.
    """
    pulls = offer_open and policy.offer.claims_before_week is None
    amount = max(policy.offer.amount_per_person if pulls else 0.0, policy.standing.amount_per_person)
    ratio = (world.pull_reference + amount) / (world.pull_reference + world.pull_reference_offer)
    pull = exp(world.pull_elasticity * log(ratio)) if world.pull_elasticity > 0.0 else 1.0
    reunion = max(0.0, 1.0 - world.reunion_share * (policy.entry.family_reunion_age - 18.0))
    return min(MOST_PULL, pull) * reunion


def given_rows(caseload: Caseload, names: list[str]) -> np.ndarray:
    """Households given one by one, as numbers: (rows, 8)."""
    rows = [
        (
            names.index(row.origin), row.size - row.children, row.children, row.school_children,
            Stage[row.stage.upper()], Housing[row.housing.upper()], row.weeks_in_stage, row.weeks_in_country,
        )
        for row in caseload.rows
    ]  # fmt: skip
    return np.array(rows, dtype=np.float64).reshape(len(rows), 8)


def origin_names(caseload: Caseload) -> list[str]:
    """The origins of a caseload, in the order of its setting's arrays."""
    return list(dict.fromkeys([*caseload.origins, *(row.origin for row in caseload.rows)]))


def _rates(policy: Policy, caseload: Caseload, weeks: int, households: int) -> Rates:
    world, procedure = caseload.world, caseload.procedure
    scale = households / caseload.households
    regularised = policy.settlement.regularisation_per_year
    attempts = policy.enforcement.attempts_per_1000_week * households / 1_000.0
    seen = min(1.0, attempts / households * world.removal_success)
    families = world.removal_success_family if policy.enforcement.include_families else 0.0
    seen_family = min(1.0, attempts / households * families)
    review, settlement = policy.status.review_interval_months, policy.status.settlement_years
    return Rates(
        weeks=float(weeks),
        households=float(households),
        decisions=procedure.decisions_per_week * policy.procedure.decision_speed * scale,
        appeals=procedure.appeals_per_week * policy.procedure.appeal_speed * scale,
        reviews=procedure.reviews_per_week * policy.status.review_speed * scale,
        visits=policy.advice.visits_per_1000_week * households / 1_000.0,
        attempts=attempts,
        regularised=weekly_chance(regularised),
        detected=weekly_chance(world.detection_per_year),
        returning=weekly_chance(world.remigration_per_year),
        returning_unsafe=weekly_chance(world.remigration_per_year * world.remigration_unsafe),
        ban_weeks=policy.entry.reentry_ban_years * WEEKS_PER_YEAR,
        hotel_exit=policy.housing.hotel_exit_per_week,
        hope=1.0 - exp(-5.0 * regularised),
        independence=policy.advice.independence,
        in_kind=policy.reintegration.per_household,
        review_weeks=NO_LIMIT if review is None else review / MONTHS_PER_YEAR * WEEKS_PER_YEAR,
        settlement_weeks=NO_LIMIT if settlement is None else settlement * WEEKS_PER_YEAR,
        safe_threshold=policy.scope.safe_threshold,
        inflow=caseload.inflow_per_week * scale,
        inflow_open=caseload.inflow_per_week * scale * pull_factor(policy, world, offer_open=True),
        inflow_closed=caseload.inflow_per_week * scale * pull_factor(policy, world, offer_open=False),
        inflow_stage=float(Stage[caseload.inflow_stage.upper()]),
        sites=float(max(1, round(households / caseload.network.site_households))),
        credibility=seen,
        credibility_family=seen_family,
    )


def setting_of(policy: Policy, caseload: Caseload, behaviour: Behaviour, weeks: int, households: int) -> Setting:
    """Pack validated inputs for a run of `weeks` weeks with `households` households at the start."""
    world, procedure = caseload.world, caseload.procedure
    names = origin_names(caseload)
    lands = [origin(name) for name in names]
    shares = np.array([caseload.origins.get(name, 0.0) for name in names])
    path = {name.strip().casefold() for name in world.safety_origins.split(",")}
    by_origin = caseload.composition.family_share_by_origin
    weekly = patience(behaviour)
    return Setting(
        b=plain(Coefficients, behaviour),
        w=plain(Conditions, world),
        offer=plain(OfferTerms, policy.offer),
        standing=plain(OfferTerms, policy.standing),
        support=plain(SupportTerms, policy.support),
        enforcement=plain(EnforcementTerms, policy.enforcement),
        composition=plain(CompositionTerms, caseload.composition),
        durations=plain(DurationTerms, caseload.durations),
        network=plain(NetworkTerms, caseload.network),
        procedure=plain(ProcedureTerms, procedure),
        stages=plain(StageShares, caseload.stages),
        housing=plain(HousingShares, caseload.housing),
        prices=prices(world, policy.reintegration.per_household),
        rates=_rates(policy, caseload, weeks, households),
        origins=np.array([
            np.cumsum(shares) / max(shares.sum(), 1e-300),
            [land.safety for land in lands],
            [float("all" in path or land.name.casefold() in path) for land in lands],
            [land.income_gbp for land in lands],
            [land.grant_rate if procedure.grant_rate is None else procedure.grant_rate for land in lands],
            [land.appeal_allowed if procedure.appeal_allowed is None else procedure.appeal_allowed for land in lands],
            [land.family_share if by_origin else caseload.composition.family_share for land in lands],
            [float(land.returnable) for land in lands],
            [float(int(land.iso3, 36)) for land in lands],
        ]),
        offer_shares=schedule(policy.offer, weeks, weekly),
        standing_shares=schedule(policy.standing, weeks, weekly),
        paid_later=np.array([
            _paid_later(weekly, policy.offer.later_payment_weeks),
            _paid_later(weekly, policy.standing.later_payment_weeks),
        ]),
        given=given_rows(caseload, names),
    )  # fmt: skip


def _paid_later(weekly: np.ndarray, delay: float) -> list[float]:
    return [exp(delay * log(float(factor))) for factor in weekly]


def as_records(x: Setting) -> Setting:
    """The same setting for the compiled driver: named tuples of numbers become records, which pass as pointers."""
    parts: list[Any] = [_record(part) if isinstance(part, tuple) else part for part in x]
    return Setting(*parts)


@cache
def _layout(kind: Any) -> Any:
    number = np.int64 if kind is Prices else np.float64
    return np.dtype([(name, number) for name in kind._fields])


def _record(part: Any) -> Any:
    kind: Any = type(part)
    return np.array([tuple(part)], dtype=_layout(kind))[0]
