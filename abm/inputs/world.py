"""What nobody in the room controls: unit costs, chances, and how safety at home develops."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from abm.inputs.parameters import Inputs, clash, parameter, positions

SafetyPath = Literal["constant", "trend", "shock", "regime_change"]
SAFETY_PATH = positions(SafetyPath)


class World(Inputs):
    """Exogenous figures of a place and time; a caseload file overrides what differs there."""

    # -- unit costs
    hotel_night: float = parameter(
        144.98, unit="GBP/person/night", ge=0, le=10_000, low=118.87, high=162.16, mark="press",
        source="Home Affairs Committee, October 2025; range: BBC freedom of information, March 2025 and March 2023",
        meaning="hotel accommodation",
    )
    dispersal_night: float = parameter(
        15.3, unit="GBP/person/night", ge=0, le=10_000, low=14, high=23, mark="inferred",
        source="National Audit Office, May 2025, from rounded totals", meaning="dispersal accommodation",
    )
    subsistence_week: float = parameter(
        49.18, unit="GBP/person/week", ge=0, le=10_000, low=49.18, high=58.68, mark="primary",
        source="section 95 rate from January 2024, House of Commons Library", meaning="subsistence in dispersal housing",
    )
    hotel_subsistence_week: float = parameter(
        8.86, unit="GBP/person/week", ge=0, le=10_000, low=8.86, high=9.95, mark="primary",
        source="full-board rate from January 2024, House of Commons Library", meaning="subsistence in a hotel",
    )
    decision_case: float = parameter(
        2_000.0, unit="GBP/case", ge=0, le=1_000_000, low=800, high=5_000, meaning="deciding one claim"
    )
    appeal_case: float = parameter(
        3_000.0, unit="GBP/case", ge=0, le=1_000_000, low=1_000, high=8_000, meaning="deciding one appeal"
    )
    review_case: float = parameter(
        1_000.0, unit="GBP/case", ge=0, le=1_000_000, low=300, high=3_000, meaning="reviewing one protection status"
    )
    casework_year: float = parameter(
        500.0, unit="GBP/case/year", ge=0, le=1_000_000, low=100, high=2_000,
        meaning="keeping one unresolved case open for a year",
    )
    visit: float = parameter(150.0, unit="GBP/visit", ge=0, le=100_000, low=50, high=400, meaning="one adviser's visit")
    travel_person: float = parameter(
        887.0, unit="GBP/person", ge=0, le=100_000, low=400, high=1_500, mark="inferred",
        source="average spend per assisted return 2021–24 (3,887) less the standing offer (3,000)",
        meaning="travel and processing of an assisted return",
    )
    enforcement_attempt: float = parameter(
        4_700.0, unit="GBP/attempt", ge=0, le=1_000_000, low=2_800, high=10_000, mark="inferred",
        source="National Audit Office 2005: arrest 2,800 (2003–04 prices), uprated by 1.68", meaning="an attempt at removal",
    )
    enforcement_success: float = parameter(
        4_030.0, unit="GBP/removal", ge=0, le=1_000_000, low=2_400, high=10_000, mark="inferred",
        source="National Audit Office 2005: documents 1,500 and travel 900 (2003–04 prices), uprated by 1.68",
        meaning="documents and escorted travel of a removal",
    )
    detention_day: float = parameter(
        116.26, unit="GBP/person/day", ge=0, le=10_000, low=104.99, high=120.42, mark="primary",
        source="Home Office transparency data, Q4 2023", meaning="immigration detention",
    )
    detention_days: float = parameter(
        28.0, unit="days", ge=0, le=1_000, low=3, high=60, meaning="detention before a removal, for households without children"
    )
    detention_days_family: float = parameter(
        3.0, unit="days", ge=0, le=1_000, low=0, high=7, meaning="holding before a removal, for households with children"
    )
    discount_rate: float = parameter(
        0.035, unit="1/year", ge=0, le=0.2, low=0.015, high=0.05, mark="primary",
        source="HM Treasury Green Book", meaning="social time preference rate",
    )
    price_year: int = parameter(
        2024, unit="year", ge=1990, le=2100, meaning="financial year in whose prices costs are stated (the year in which it begins)", mark="primary",
        source="period of the unit costs (2024–25)",
    )

    # -- outside the account: counted only where a figure is set
    lasting_cost_year: float = parameter(
        0.0, unit="GBP/person/year", ge=0, le=1_000_000, low=0, high=20_000,
        meaning="welfare, housing and services for a person protected or settled (wider account; 0: left out)",
    )
    lasting_taxes_year: float = parameter(
        0.0, unit="GBP/person/year", ge=0, le=1_000_000, low=0, high=10_000,
        meaning="taxes and contributions of a person protected or settled (wider account; 0: left out)",
    )
    unsupported_cost_year: float = parameter(
        0.0, unit="GBP/person/year", ge=0, le=1_000_000, low=0, high=10_000,
        meaning="local authorities and health care for a person out of contact or without support (wider account; 0: left out)",
    )

    # -- chances
    removal_success: float = parameter(
        0.35, unit="1", ge=0, le=1, low=0.1, high=0.6, meaning="chance that an attempt removes a household without children"
    )
    removal_success_family: float = parameter(
        0.10, unit="1", ge=0, le=1, low=0.01, high=0.4, meaning="chance that an attempt removes a household with children"
    )
    removal_school: float = parameter(
        0.33, unit="1", ge=0, le=1, low=0.2, high=1.0, mark="press",
        source="relative likelihood of enforced return with children at school, Netherlands (FAiR project summary)",
        meaning="factor on that chance for children at school",
    )
    removal_absconded: float = parameter(
        0.3, unit="1", ge=0, le=1, low=0.1, high=0.6, meaning="factor on that chance for a household out of contact"
    )
    unescorted: float = parameter(
        0.0, unit="1", ge=0, le=1, low=0, high=0.8, meaning="share of removals that the state arranges without escort or detention"
    )
    onward_per_year: float = parameter(
        0.0, unit="1/year", ge=0, le=52, low=0, high=0.8,
        meaning="rate at which refused households in contact move on or disappear, as people of the place do whatever is offered",
    )
    place_assisted: float = parameter(
        0.0, unit="utility", ge=-30, le=30,
        meaning="constant of the country for assisted return, added to the behaviour's (0: as in the United Kingdom)",
    )
    place_unassisted: float = parameter(
        0.0, unit="utility", ge=-30, le=30,
        meaning="constant of the country for unassisted return, added to the behaviour's (0: as in the United Kingdom)",
    )
    detection_per_year: float = parameter(
        0.10, unit="1/year", ge=0, le=52, low=0.02, high=0.3, meaning="rate at which households out of contact are found again"
    )
    remigration_per_year: float = parameter(
        0.01, unit="1/year", ge=0, le=52, low=0.002, high=0.05, meaning="rate at which returned households come back with a new claim"
    )
    remigration_unsafe: float = parameter(
        2.0, unit="1", ge=0, le=100, low=1, high=5, meaning="factor on that rate while home is unsafe"
    )
    ban_effect: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0, high=1, meaning="factor on that rate while a re-entry ban holds"
    )
    processing_weeks: float = parameter(
        8.0, unit="weeks", ge=0, le=104, low=4, high=16, meaning="median time from accepting an offer to leaving (papers, a flight); 0: in the same week"
    )
    processing_spread: float = parameter(
        0.42, unit="log units", ge=0, le=2, low=0.2, high=0.7, meaning="spread of that time between households (log-normal)"
    )
    withdrawal: float = parameter(
        0.1, unit="1", ge=0, le=1, low=0, high=0.3, meaning="share of those who accepted that withdraw before they leave"
    )
    payment_reliability: float = parameter(
        0.9, unit="1", ge=0, le=1, low=0.6, high=1.0, meaning="share of later payments that are really made"
    )
    revocation: float = parameter(
        0.8, unit="1", ge=0, le=1, low=0.3, high=1.0, meaning="share of reviews that end protection once home is judged safe"
    )

    # -- home
    income_floor: float = parameter(
        500.0, unit="GBP/person/year", ge=1, le=100_000, low=250, high=1_000,
        meaning="least income per head at home that counts; without it an offer weighs without bound where GDP per head is smallest",
    )
    safety_path: SafetyPath = parameter("constant", unit="kind", meaning="how true safety at home develops")
    safety_origins: str = parameter("all", unit="names", meaning="origins on that path (comma-separated), or all; the others stay constant")
    safety_trend: float = parameter(
        0.0, unit="safety index/year", ge=-1, le=1, low=-0.05, high=0.05, meaning="yearly change, under trend"
    )
    safety_change: float = parameter(
        -0.3, unit="safety index", ge=-1, le=1, low=-0.4, high=0.4, meaning="size of the change, under shock and regime_change"
    )
    safety_week: int = parameter(52, unit="week", ge=0, le=5_000, meaning="week of the shock")
    safety_recovery_years: float = parameter(
        1.0, unit="years", ge=0.02, le=100, low=0.25, high=5, meaning="half-life of a shock"
    )
    regime_per_year: float = parameter(
        0.1, unit="1/year", ge=0, le=52, low=0.02, high=0.3, meaning="rate of regime change, per origin (a seeded draw)"
    )
    unsafe_below: float = parameter(
        0.35, unit="safety index 0–1", ge=0, le=1, low=0.25, high=0.45, meaning="safety below which a return counts as to an unsafe country"
    )
    list_delay_weeks: int = parameter(
        26, unit="weeks", ge=0, le=520, low=4, high=104, meaning="delay with which the safe list follows true safety"
    )

    # -- arrivals
    pull_elasticity: float = parameter(
        0.0, unit="1", ge=0, le=5, low=0, high=1.3, mark="primary",
        source="upper bound: benefits elasticity of immigration, Denmark (Agersnap, Jensen, Kleven); central case off",
        meaning="response of arrivals to generosity (the pull factor)",
    )
    support_worth: float = parameter(
        16_253.0, unit="GBP/person", ge=1, le=1_000_000, low=5_115, high=50_000, mark="inferred",
        source="two years of section 95 subsistence (49.18 × 104) and dispersal housing at its price (15.3 × 728); low: the subsistence alone",
        meaning="worth to a head of staying on support, housing included, to which an offer is compared",
    )
    pull_reference_offer: float = parameter(
        3_000.0, unit="GBP/person", ge=0, le=100_000, mark="press", source="standing offer to 2026",
        meaning="offer under which the caseload's inflow was observed, open from the refusal on and paid after return",
    )
    pull_reference_weeks: float = parameter(
        4.0, unit="weeks", ge=0, le=520, low=1, high=13, meaning="weeks after departure at which that offer was paid"
    )
    reunion_share: float = parameter(
        0.01, unit="1/year of age", ge=0, le=0.1, low=0, high=0.03, meaning="share of the inflow lost for each year that the family-reunion age is raised"
    )

    @model_validator(mode="after")
    def _known_origins(self) -> World:
        if not self.safety_origins.strip():
            raise clash("safety_origins", self.safety_origins, "all, or names of origins separated by commas")
        return self
