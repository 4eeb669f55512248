"""The causes over which a change is shared out: named groups of inputs, and to which of them each input belongs.

Declared once, here.  Every dotted path of a policy, a world and a caseload belongs to exactly one group; one that
belongs to none is an error, so that a new parameter cannot be forgotten (a test asks for all of them).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from abm.inputs.caseload import Caseload
from abm.inputs.parameters import declarations, read
from abm.inputs.policy import Policy

OFFER, PUBLICITY, THREAT, OTHER = "offer", "publicity", "threat", "other"

#: What each group is, for people.
GROUPS: dict[str, str] = {
    OFFER: "offers: the money, its terms and when it is paid, help after return",
    PUBLICITY: "publicity: that an offer is made, the attention that it and its last day draw, advisers' visits",
    THREAT: "threat: the chance of removal that is announced, and to whom",
    "enforcement": "enforcement: removal attempts, and how often they succeed",
    "procedure": "procedure: speed and outcome of decisions and appeals, weeks from accepting to leaving",
    "support": "support: who keeps housing and subsistence after refusal",
    "status": "status: reviews of protection, settlement, regularisation",
    "inflow": "inflow: who arrives, comes again, or is drawn",
    "ways-out": "ways out of the place: moving on, leaving hotels, removals without escort",
    "composition": "composition: number, origins, families, housing, past and ties of the people",
    "safety": "safety and income in the countries of origin, and which count as safe",
    OTHER: "everything else: unit costs, discounting",
}

#: Group by path, or by the beginning of paths (ending in a dot); the longest that fits is the one that counts.
BELONGS: dict[str, str] = {
    # -- the policy
    "offer.": OFFER, "standing.": OFFER, "offers.": OFFER, "reintegration.": OFFER,
    "advice.": PUBLICITY,
    "enforcement.": "enforcement", "enforcement.announced_risk": THREAT, "enforcement.notice": THREAT,
    "procedure.": "procedure",
    "support.": "support",
    "status.": "status", "settlement.": "status",
    "housing.": "ways-out",
    "scope.": "safety",
    "entry.": "inflow",
    "rule.": OTHER,  # levers of rules of one's own
    # -- the caseload
    "caseload.households": "composition", "caseload.default_sample": "composition", "caseload.origins": "composition",
    "caseload.rows": "composition", "caseload.stages.": "composition", "caseload.housing.": "composition",
    "caseload.composition.": "composition", "caseload.durations.": "composition", "caseload.network.": "composition",
    "caseload.inflow_per_week": "inflow", "caseload.inflow": "inflow", "caseload.inflow_stage": "inflow",
    "caseload.hotel_exit_per_year": "ways-out",
    "caseload.procedure.": "procedure",
    "caseload.countries": "safety", "caseload.date": "safety",
    # -- the world
    "world.hotel_night": OTHER, "world.dispersal_night": OTHER, "world.subsistence_week": OTHER,
    "world.hotel_subsistence_week": OTHER, "world.decision_case": OTHER, "world.appeal_case": OTHER,
    "world.review_case": OTHER, "world.casework_year": OTHER, "world.visit": OTHER, "world.travel_person": OTHER,
    "world.enforcement_attempt": OTHER, "world.enforcement_success": OTHER, "world.detention_day": OTHER,
    "world.detention_days": OTHER, "world.detention_days_family": OTHER, "world.discount_rate": OTHER,
    "world.price_year": OTHER, "world.lasting_cost_year": OTHER, "world.lasting_taxes_year": OTHER,
    "world.unsupported_cost_year": OTHER, "world.place_assisted": OTHER, "world.place_unassisted": OTHER,
    "world.removal_success": "enforcement", "world.removal_success_family": "enforcement",
    "world.removal_school": "enforcement", "world.removal_absconded": "enforcement",
    "world.detection_per_year": "enforcement",
    "world.unescorted": "ways-out", "world.onward_per_year": "ways-out",
    "world.remigration_per_year": "inflow", "world.remigration_unsafe": "inflow", "world.ban_effect": "inflow",
    "world.pull_elasticity": "inflow", "world.support_worth": "inflow", "world.pull_reference_offer": "inflow",
    "world.pull_reference_weeks": "inflow", "world.reunion_share": "inflow",
    "world.processing_weeks": "procedure", "world.processing_spread": "procedure", "world.withdrawal": "procedure",
    "world.payment_reliability": OFFER,
    "world.revocation": "status",
    "world.income_floor": "safety", "world.safety_path": "safety", "world.safety_origins": "safety",
    "world.safety_trend": "safety", "world.safety_change": "safety", "world.safety_week": "safety",
    "world.safety_recovery_years": "safety", "world.regime_per_year": "safety", "world.unsafe_below": "safety",
    "world.list_delay_weeks": "safety",
}  # fmt: skip

#: Fields of a caseload that hold more than one number, or a text that decides something.
WHOLE = ("origins", "rows", "inflow", "countries", "date")
#: How many households stand for the caseload is no cause of anything.
NO_CAUSE = ("caseload.default_sample",)


#: What a caseload gives for all of its people together.  In a mixture it goes with their number: 700 arrivals a week
#: at a stock of 40,000 are 7 at one of 400.
WITH_SIZE = (
    "caseload.inflow_per_week", "caseload.inflow", "caseload.procedure.decisions_per_week",
    "caseload.procedure.appeals_per_week", "caseload.procedure.reviews_per_week",
)  # fmt: skip


@cache
def group_of(path: str) -> str:
    """The one group to which an input belongs.

    Parameters
    ----------
    path
        As ``--set`` knows it (``offer.amount_per_person``, ``world.onward_per_year``, ``caseload.households``), or a
        field of a caseload that holds many numbers (``caseload.origins``).

    Raises
    ------
    LookupError
        If it belongs to none.
    """
    fits = [place for place in BELONGS if path == place or (place.endswith(".") and path.startswith(place))]
    if not fits:
        raise LookupError(f"{path} belongs to no group of {__name__}.BELONGS")
    return BELONGS[max(fits, key=len)]


def caseload_path(path: str) -> str:
    """The path of a caseload's own parameter as ``--set`` knows it."""
    return path if path.startswith("world.") else f"caseload.{path}"


def caseload_values(caseload: Caseload) -> dict[str, Any]:
    """Every input of a caseload by path, its world's among them."""
    found = {caseload_path(path): read(caseload, path) for path in declarations(Caseload)}
    return found | {f"caseload.{name}": getattr(caseload, name) for name in WHOLE}


def lever_paths() -> list[str]:
    """The paths of a policy's levers, those of its offers aside: an offer is taken whole."""
    return [path for path in declarations(Policy) if Policy.place_of(path)[0] != "offers"]
