"""The public account: lines, unit prices in whole pence, and who is charged to which line.

All money inside a run is counted in whole pence (64-bit integers), so that sums are exact and do not
depend on the order in which households act; the books balance to the penny.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from abm.household.stages import ACCOUNT
from abm.inputs.world import World
from abm.numerics.arithmetic import rule
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.named import Named, numbers


class Concern(Enum):
    """What lines of the account have in common."""

    HOUSING = "housing and subsistence"
    LEAVING = "offers, travel, help, advice"
    FORCE = "enforcement, detention"
    PROCEDURE = "casework, appeals"
    OTHERS = "induced arrivals, re-entry"


class Line(Named):
    """A line of the account."""

    hotel = "hotel accommodation", Concern.HOUSING
    dispersal = "dispersal accommodation", Concern.HOUSING
    subsistence = "subsistence payments", Concern.HOUSING
    casework = "initial decisions, status reviews and keeping cases open", Concern.PROCEDURE
    appeals = "appeals", Concern.PROCEDURE
    advice = "advisers' visits", Concern.LEAVING
    offer = "payments under the offers", Concern.LEAVING
    travel = "travel and processing of assisted returns", Concern.LEAVING
    reintegration = "help in kind after return", Concern.LEAVING
    enforcement = "removal attempts, documents and escorts", Concern.FORCE
    detention = "detention before removal", Concern.FORCE
    induced_arrivals = "everything spent on arrivals that the policy induced", Concern.OTHERS
    re_entry = "everything spent on households that came back", Concern.OTHERS

    def __init__(self, meaning: Any, concern: Concern) -> None:
        self.concern = concern


LINE = numbers(Line)


class Upkeep(Named):
    """What became of a household whose support is reckoned at the price of its first housing, week by week."""

    supported = "the state houses and pays it"
    withdrawn = "its case is open, but it has no support"
    out_of_contact = "it is out of contact"
    stays = "it is protected or settled"
    left = "it has left, whether or not it came back"


UPKEEP = numbers(Upkeep)


class Prices(NamedTuple):
    """Unit costs in whole pence."""

    hotel_week: int
    dispersal_week: int
    subsistence_week: int
    hotel_subsistence_week: int
    decision: int
    appeal: int
    review: int
    case_week: int
    visit: int
    travel: int
    attempt: int
    removal: int
    detention: int
    detention_family: int
    reintegration: int


def pence(pounds: float) -> int:
    """Pounds as whole pence."""
    return round(pounds * 100.0)


def prices(world: World, reintegration: float) -> Prices:
    """Unit costs of a world, per person, case, visit or attempt as the name says."""
    return Prices(
        hotel_week=pence(7.0 * world.hotel_night),
        dispersal_week=pence(7.0 * world.dispersal_night),
        subsistence_week=pence(world.subsistence_week),
        hotel_subsistence_week=pence(world.hotel_subsistence_week),
        decision=pence(world.decision_case),
        appeal=pence(world.appeal_case),
        review=pence(world.review_case),
        case_week=pence(world.casework_year / WEEKS_PER_YEAR),
        visit=pence(world.visit),
        travel=pence(world.travel_person),
        attempt=pence(world.enforcement_attempt),
        removal=pence(world.enforcement_success),
        detention=pence(world.detention_day * world.detention_days),
        detention_family=pence(world.detention_day * world.detention_days_family),
        reintegration=pence(reintegration),
    )


@rule
def line_for(line: int, account: float) -> int:
    """The line that is charged: its own for the caseload, one line for induced arrivals and re-entries."""
    if account == ACCOUNT.ORDINARY:
        return line
    if account == ACCOUNT.REENTERED:
        return LINE.re_entry
    return LINE.induced_arrivals


@rule
def support_week(prices: Prices, hotel: int, dispersal: int) -> int:
    """A week's housing and subsistence of some persons, in pence."""
    in_hotels = hotel * (prices.hotel_week + prices.hotel_subsistence_week)
    return in_hotels + dispersal * (prices.dispersal_week + prices.subsistence_week)


@rule
def charge(ledger, line: int, account: float, amount: int) -> None:  # type: ignore[no-untyped-def]
    """Book an amount in pence to a week's account (one entry a line)."""
    ledger[line_for(line, account)] += amount
