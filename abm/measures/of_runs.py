"""The outcomes of one run: each a function of what the run adds up to.

*At risk* are households whose claim has failed for good: appeal rights exhausted (in the stock, or in
the course of the run), or claim given up by leaving or going out of contact after a refusal.  A window
of twelve months starts for each of them in the week in which it came to be at risk (week 0 for the
stock).  Rates are cumulative incidences: households with a shorter follow-up count as long as they are
seen, and a rate never falls as its window grows.

Totals (unit GBP, persons, households …) stand for the whole caseload, also when a sample of it is
simulated.  Money is discounted to week 0.  A measure that a run cannot have is NaN.

The docstring of a function is its definition, with window and denominator.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from abm.arrays.ledger import LINE, UPKEEP, Concern, Line
from abm.arrays.state import FLOW
from abm.arrays.tally import HORIZONS, WINDOWS, Tally
from abm.household.stages import ROUTES, Stage, case_is_open, in_country, went_home
from abm.measures.declared import MEASURES, OWN, TOO_SHORT, WIDER_OFF, measure
from abm.numerics.calendar import WEEKS_PER_YEAR


def measured(t: Tally) -> np.ndarray:
    """Every outcome of a finished run, in the order of `MEASURES`, shape (measures,); those of `OWN` aside."""
    plain = Tally._make(part.tolist() if isinstance(part, np.ndarray) else part for part in t)
    return np.array([told.of(plain) for name, told in MEASURES.items() if name not in OWN])


def share(part: float, whole: float) -> float:
    """A share, or NaN of nothing."""
    return part / whole if whole > 0.0 else math.nan


def by_route(left: np.ndarray | Sequence[float]) -> float:
    """Departures by any route."""
    return sum_of([left[stage] for stage in ROUTES])


def sum_of(values: Iterable[float]) -> float:
    """A sum from left to right, the same on every Python (the built-in one compensates from 3.12 on)."""
    total = 0.0
    for value in values:
        total += value
    return total


def within(t: Tally, weeks: int, *routes: Stage) -> float:
    """Share of the households at risk that left within a window by some routes; NaN in a shorter run."""
    left = t.left_within[WINDOWS.index(weeks)]
    return sum_of([left[route] for route in routes])


#: Routes by which people went home of their own will; stages of those in the country whose costs no line holds.
_HOME = tuple(stage for stage in ROUTES if went_home(stage))
_OUTSIDE = tuple(stage for stage in Stage if in_country(stage) and not case_is_open(stage))
#: Lines of the account by what they have in common, and those that departures cause.
_LINES = {concern: tuple(line for line in Line if line.concern is concern) for concern in Concern}
_ON_LEAVING = (LINE.offer, LINE.travel, LINE.reintegration, LINE.advice, LINE.enforcement, LINE.detention)


# ---- firm -------------------------------------------------------------------------------------------

_SHORT = "nobody is followed that long"


@measure("assisted return within 12 months", unit="share", group="firm", absent=_SHORT)
def assisted_return_rate_12m(t: Tally) -> float:
    """Share of households at risk that took an assisted return within 52 weeks."""
    return within(t, 52, Stage.RETURNED_ASSISTED)


@measure("return within 12 months", unit="share", group="firm", absent=_SHORT)
def return_rate_12m(t: Tally) -> float:
    """Share of households at risk that left within 52 weeks by any route (assisted, unassisted, removed)."""
    return within(t, 52, *ROUTES)


@measure("return within 24 months", unit="share", group="firm", absent=_SHORT)
def return_rate_24m(t: Tally) -> float:
    """The same within 104 weeks."""
    return within(t, 104, *ROUTES)


@measure("return within 60 months", unit="share", group="firm", absent=_SHORT)
def return_rate_60m(t: Tally) -> float:
    """The same within 260 weeks."""
    return within(t, 260, *ROUTES)


@measure("caseload awaiting removal at the end", unit="households", group="firm")
def caseload_end(t: Tally) -> float:
    """Households whose appeal rights are exhausted and who are in contact, or booked to leave, in the last week."""
    return (t.stocks[Stage.EXHAUSTED] + t.stocks[Stage.BOOKED]) * t.weight


@measure("median weeks to departure", unit="weeks", group="firm", absent="not reached (fewer than half depart)")
def median_weeks_to_departure(t: Tally) -> float:
    """Median of the weeks from being at risk to departure by any route (Kaplan–Meier).

    Those still there, settled or out of contact count as not yet departed at the end of their follow-up; NaN if fewer
    than half are seen to depart.
    """
    return t.median_weeks


@measure("ever out of contact", unit="share", group="firm")
def absconded_share(t: Tally) -> float:
    """Share of households at risk that ever went out of contact during the run."""
    return share(t.at_risk_absconded, t.at_risk)


@measure("removed by force", unit="share", group="firm")
def removed_share(t: Tally) -> float:
    """Share of households at risk whose first departure was a removal."""
    return share(t.at_risk_left[Stage.REMOVED], t.at_risk)


@measure("assisted return", unit="share", group="firm")
def assisted_share(t: Tally) -> float:
    """Share of households at risk whose first departure was an assisted return."""
    return share(t.at_risk_left[Stage.RETURNED_ASSISTED], t.at_risk)


@measure("unassisted return", unit="share", group="firm")
def unassisted_share(t: Tally) -> float:
    """Share of households at risk whose first departure was an unassisted return."""
    return share(t.at_risk_left[Stage.RETURNED_UNASSISTED], t.at_risk)


@measure("came back", unit="share", group="firm")
def reentry_share(t: Tally) -> float:
    """Share of households that returned (assisted or unassisted) and came back with a new claim during the run."""
    return share(t.came_back, sum_of([t.left[stage] for stage in _HOME]))


@measure("departures", unit="households", group="firm")
def departures(t: Tally) -> float:
    """First departures by any route, induced arrivals aside."""
    return by_route(t.left) * t.weight


@measure("assisted departures", unit="households", group="firm")
def assisted_departures(t: Tally) -> float:
    """First departures by assisted return, induced arrivals aside."""
    return t.left[Stage.RETURNED_ASSISTED] * t.weight


@measure("persons who departed", unit="persons", group="firm")
def departed_persons(t: Tally) -> float:
    """Persons in first departures by any route, induced arrivals aside."""
    return t.left_persons * t.weight


@measure("removals", unit="households", group="firm")
def removals(t: Tally) -> float:
    """First departures by removal, induced arrivals aside."""
    return t.left[Stage.REMOVED] * t.weight


# ---- public money -----------------------------------------------------------------------------------


@measure("cost of asylum support and return", unit="GBP", group="public money")
def cost_npv(t: Tally) -> float:
    """All lines of the account over the run, discounted.

    The account covers asylum support, casework, return and enforcement; nothing of what people cost or pay who are
    protected, settled or out of contact.
    """
    return sum_of(t.lines) * t.weight


@measure("the same in the first year", unit="GBP", group="public money", absent=TOO_SHORT)
def cost_1y(t: Tally) -> float:
    """All lines of the account in the first 52 weeks, discounted."""
    return t.spent_by[HORIZONS.index(52)] * t.weight


@measure("the same in three years", unit="GBP", group="public money", absent=TOO_SHORT)
def cost_3y(t: Tally) -> float:
    """All lines of the account in the first 156 weeks, discounted."""
    return t.spent_by[HORIZONS.index(156)] * t.weight


@measure("the same in five years", unit="GBP", group="public money", absent=TOO_SHORT)
def cost_5y(t: Tally) -> float:
    """All lines of the account in the first 260 weeks, discounted."""
    return t.spent_by[HORIZONS.index(260)] * t.weight


@measure("outside the account at the end", unit="households", group="public money")
def outside_account_end(t: Tally) -> float:
    """Households in the country in the last week whose costs the account does not hold.

    Out of contact, protected or settled.
    """
    return sum_of([t.stocks[stage] for stage in _OUTSIDE]) * t.weight


@measure("spent on the offers", unit="GBP", group="public money")
def offer_spend(t: Tally) -> float:
    """Payments under the offers over the run, discounted.

    As every line: those who were induced to come, and those who came back, have lines of their own.
    """
    return t.lines[LINE.offer] * t.weight


@measure("spent on housing and subsistence", unit="GBP", group="public money")
def accommodation_spend(t: Tally) -> float:
    """Hotel, dispersal and subsistence lines over the run, discounted.

    Those who were induced to come, and those who came back, have lines of their own.
    """
    return _spent(t, Concern.HOUSING) * t.weight


@measure("spent on induced arrivals", unit="GBP", group="public money")
def induced_spend(t: Tally) -> float:
    """Everything spent on arrivals that the policy induced, discounted."""
    return t.lines[LINE.induced_arrivals] * t.weight


@measure("spent on departures, per departure", unit="GBP/household", group="public money")
def cost_per_departure(t: Tally) -> float:
    """Offers, travel, help in kind, advice, enforcement and detention, discounted, divided by departures.

    Induced arrivals are left aside on both sides.
    """
    return share(_spent_on_leaving(t), by_route(t.left))


def _spent(t: Tally, concern: Concern) -> float:
    return sum_of([t.lines[line] for line in _LINES[concern]])


def _spent_on_leaving(t: Tally) -> float:
    return sum_of([t.lines[line] for line in _ON_LEAVING])


@measure("spent on departures", unit="GBP", group="public money")
def leaving_spend(t: Tally) -> float:
    """Offers, travel, help in kind, advice, enforcement and detention over the run, discounted."""
    return _spent_on_leaving(t) * t.weight


@measure("spent on enforcement and detention", unit="GBP", group="public money")
def enforcement_spend(t: Tally) -> float:
    """Enforcement and detention lines over the run, discounted."""
    return _spent(t, Concern.FORCE) * t.weight


@measure("spent on casework and appeals", unit="GBP", group="public money")
def casework_spend(t: Tally) -> float:
    """Casework and appeals lines over the run, discounted."""
    return _spent(t, Concern.PROCEDURE) * t.weight


@measure("spent on households that came back", unit="GBP", group="public money")
def reentry_spend(t: Tally) -> float:
    """Everything spent on households that came back, discounted."""
    return t.lines[LINE.re_entry] * t.weight


@measure("upkeep", unit="GBP", group="public money")
def upkeep(t: Tally) -> float:
    """Support of everybody who came, induced arrivals aside, at the price of their first housing, discounted.

    From the week in which a household came to the end of the run, paid or not.
    """
    return t.upkeep_whole * t.weight


@measure("upkeep not paid: left", unit="GBP", group="public money")
def upkeep_left(t: Tally) -> float:
    """Upkeep in the weeks after a household left, whether or not it came back."""
    return t.upkeep[UPKEEP.left] * t.weight


@measure("upkeep not paid: out of contact", unit="GBP", group="public money")
def upkeep_out_of_contact(t: Tally) -> float:
    """Upkeep in the weeks that households spend out of contact."""
    return t.upkeep[UPKEEP.out_of_contact] * t.weight


@measure("upkeep not paid: protected or settled", unit="GBP", group="public money")
def upkeep_stays(t: Tally) -> float:
    """Upkeep in the weeks that households spend protected or settled."""
    return t.upkeep[UPKEEP.stays] * t.weight


@measure("upkeep not paid: support withdrawn", unit="GBP", group="public money")
def upkeep_withdrawn(t: Tally) -> float:
    """Upkeep in the weeks that households spend with an open case and without support."""
    return t.upkeep[UPKEEP.withdrawn] * t.weight


@measure("upkeep not paid: other housing", unit="GBP", group="public money")
def upkeep_moved(t: Tally) -> float:
    """Upkeep in the weeks of support, less what housing and subsistence cost: nought where nobody is moved."""
    return t.upkeep_moved * t.weight


@measure("cost, wider account", unit="GBP", group="public money", absent=WIDER_OFF)
def cost_wider(t: Tally) -> float:
    """Cost of asylum support and return, and what people outside that account cost less what they pay, discounted.

    Person-years protected or settled, out of contact or without support, times the yearly figures of the world; none
    of them is set by default, and then there is no wider account.
    """
    return cost_npv(t) + t.wider * t.weight


@measure("a person-week in a hotel", unit="GBP/person-week", group="public money")
def hotel_week(t: Tally) -> float:
    """Price of a week's hotel and subsistence for one person."""
    return t.hotel_week


@measure("a person-week in dispersal", unit="GBP/person-week", group="public money")
def dispersal_week(t: Tally) -> float:
    """Price of a week's dispersal housing and subsistence for one person."""
    return t.dispersal_week


# ---- compassionate ----------------------------------------------------------------------------------


@measure("child-years in limbo", unit="child-years", group="compassionate")
def child_years_in_limbo(t: Tally) -> float:
    """Weeks that children spend awaiting, refused, exhausted or out of contact, in years."""
    return t.flows[FLOW.children_in_limbo] / WEEKS_PER_YEAR * t.weight


@measure("children removed by force", unit="children", group="compassionate")
def children_removed(t: Tally) -> float:
    """Children in enforced removals."""
    return t.flows[FLOW.removed_children] * t.weight


@measure("person-weeks without support", unit="person-weeks", group="compassionate")
def destitution_weeks(t: Tally) -> float:
    """Weeks that persons spend out of contact, or exhausted after support was withdrawn."""
    return t.flows[FLOW.unsupported_persons] * t.weight


@measure("returns to an unsafe country", unit="persons", group="compassionate")
def unsafe_returns(t: Tally) -> float:
    """Persons who left, by any route, for a country whose true safety was then below the world's unsafe_below."""
    return t.flows[FLOW.unsafe_persons] * t.weight


@measure("of departures, to an unsafe country", unit="share", group="compassionate")
def unsafe_share(t: Tally) -> float:
    """Share of first departures to a country unsafe at that time."""
    return share(t.left_unsafe, by_route(t.left))


# ---- who came, and denominators ---------------------------------------------------------------------


@measure("arrivals", unit="households", group="public money")
def arrivals(t: Tally) -> float:
    """New households over the run, re-entries not counted."""
    return t.flows[FLOW.arrivals] * t.weight


@measure("induced arrivals", unit="households", group="public money")
def induced_arrivals(t: Tally) -> float:
    """Of them, those that came because of the policy (pull factor)."""
    return t.flows[FLOW.induced_arrivals] * t.weight


@measure("households at risk", unit="households", group="firm")
def at_risk(t: Tally) -> float:
    """Households ever at risk: the denominator of the shares."""
    return t.at_risk * t.weight
