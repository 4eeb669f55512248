"""A caseload: a place and a date, who is there and who arrives.  A user adds one by adding a file."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from abm.inputs.kept import ByName, FrozenDict
from abm.inputs.parameters import Inputs, clash, parameter
from abm.inputs.world import World

InflowStage = Literal["awaiting", "exhausted"]

#: Shares are typed with a few decimals; their sum may miss one by this much.
SHARE_TOLERANCE = 1e-6


def _sums_to_one(shares: dict[str, float], field: str = "") -> None:
    total = math.fsum(shares.values())
    if abs(total - 1.0) > SHARE_TOLERANCE:
        given = {name: share for name, share in shares.items() if share}
        raise clash(field, given, f"shares that sum to 1 (these sum to {total:.6g})")


def _share(default: float, meaning: str) -> Any:
    return parameter(default, unit="1", ge=0, le=1, meaning=meaning)


class StageMix(Inputs):
    """Stages of the stock at the start; they sum to one."""

    awaiting: float = _share(0.0, "share awaiting a first decision")
    refused: float = _share(0.0, "share refused, with appeal possible or pending")
    exhausted: float = _share(1.0, "share whose appeal rights are exhausted")
    protected: float = _share(0.0, "share with protection")
    absconded: float = _share(0.0, "share out of contact")

    @model_validator(mode="after")
    def _whole(self) -> StageMix:
        _sums_to_one(self.model_dump())
        return self


class HousingMix(Inputs):
    """Where households live that are in contact and supported; they sum to one."""

    hotel: float = _share(0.3, "share in hotels")
    dispersal: float = _share(0.5, "share in dispersal housing")
    own: float = _share(0.2, "share with their own arrangements (no state housing)")

    @model_validator(mode="after")
    def _whole(self) -> HousingMix:
        _sums_to_one(self.model_dump())
        return self


class Composition(Inputs):
    """Adults and children of a household."""

    family_share: float = _share(0.2, "share of households with children")
    family_share_by_origin: bool = parameter(
        False, unit="yes/no", meaning="take the share of families of each origin from refused dependants per main applicant"
    )
    second_adult: float = parameter(
        0.31, unit="1", ge=0, le=1, low=0.2, high=0.9, mark="inferred",
        source="Section 9 project: 36 adult dependants of 116 families", meaning="share of families with a second adult",
    )
    extra_children: float = parameter(
        0.89, unit="children", ge=0, le=10, low=0, high=1.5, mark="inferred",
        source="Section 9 project: 219 minors of 116 families, less one each",
        meaning="mean number of children beyond the first (Poisson)",
    )
    max_children: int = parameter(8, unit="children", ge=1, le=15, meaning="most children in a household")
    school_share: float = parameter(
        0.65, unit="1", ge=0, le=1, low=0.5, high=0.8, meaning="share of children of school age (5 to 17)"
    )


class Durations(Inputs):
    """Weeks already spent, exponential with these means."""

    exhausted_weeks: float = parameter(
        104.0, unit="weeks", ge=0, le=2_000, low=52, high=260, meaning="mean weeks since appeal rights were exhausted"
    )
    refused_weeks: float = parameter(20.0, unit="weeks", ge=0, le=2_000, low=5, high=60, meaning="mean weeks since refusal, for those with an appeal possible or pending")
    awaiting_weeks: float = parameter(40.0, unit="weeks", ge=0, le=2_000, low=15, high=100, meaning="mean weeks since the claim, for those awaiting a decision")
    protected_weeks: float = parameter(60.0, unit="weeks", ge=0, le=2_000, low=20, high=200, meaning="mean weeks since protection was granted")
    before_exhausted_weeks: float = parameter(
        60.0, unit="weeks", ge=0, le=2_000, low=20, high=150, meaning="mean weeks in the country before that stage"
    )
    past_offer: float = parameter(
        0.0, unit="GBP/person", ge=0, le=100_000, low=0, high=5_000, meaning="what the stock could have had for leaving while it stayed, per head"
    )
    past_unsupported: float = parameter(
        0.0, unit="1", ge=0, le=1, low=0, high=1, meaning="share of that time in which those without children had lost their support"
    )


class CaseProcedure(Inputs):
    """Capacities of the whole caseload, and how decisions fall."""

    decisions_per_week: float = parameter(0.0, unit="cases/week", ge=0, le=1e6, meaning="initial decisions")
    appeals_per_week: float = parameter(0.0, unit="cases/week", ge=0, le=1e6, meaning="appeals decided")
    reviews_per_week: float = parameter(0.0, unit="cases/week", ge=0, le=1e6, meaning="protection statuses reviewed")
    decision_weeks: float = parameter(
        0.0, unit="weeks", ge=0, le=1_000, low=0, high=104, meaning="least weeks from a claim to its first decision, besides waiting for capacity"
    )
    appeal_weeks: float = parameter(
        0.0, unit="weeks", ge=0, le=1_000, low=0, high=104, meaning="least weeks from a refusal to the decision on an appeal, besides waiting for capacity"
    )
    appeal_share: float = parameter(0.75, unit="1", ge=0, le=1, low=0.5, high=0.95, meaning="share of refusals appealed")
    appeal_window_weeks: int = parameter(
        2, unit="weeks", ge=1, le=52, mark="inferred", source="14 days to appeal (Tribunal Procedure Rules 2014)",
        meaning="weeks to lodge an appeal",
    )
    grant_rate: float | None = parameter(
        None, unit="1", ge=0, le=1, meaning="share granted at first decision; none: each origin's own rate (year to September 2024)"
    )
    appeal_allowed: float | None = parameter(
        None, unit="1", ge=0, le=1, meaning="share of appeals allowed; none: each origin's own (2019–22)"
    )


class Network(Inputs):
    """Ties between households; no study of this population has measured them."""

    mean_ties: float = parameter(6.0, unit="ties/household", ge=0, le=100, low=2, high=12, meaning="mean number of ties")
    tail: float = parameter(
        0.8, unit="log units", ge=0, le=2, low=0.3, high=1.2, meaning="spread of the number of ties (log-normal: heavy-tailed)"
    )
    same_site: float = parameter(0.4, unit="1", ge=0, le=1, low=0.2, high=0.6, meaning="share of ties within origin and site")
    same_origin: float = parameter(
        0.4, unit="1", ge=0, le=1, low=0.2, high=0.6, meaning="share of ties within origin, at any site"
    )
    site_households: float = parameter(
        60.0, unit="households", ge=1, le=100_000, low=20, high=150, meaning="households at a site"
    )
    abroad: float = parameter(
        2.0, unit="ties/household", ge=0, le=100, low=0, high=6, meaning="mean number of ties abroad, who report on home"
    )

    @model_validator(mode="after")
    def _shares(self) -> Network:
        if self.same_site + self.same_origin > 1 + SHARE_TOLERANCE:
            raise clash("same_origin", self.same_origin, f"at most 1 less same_site ({self.same_site:g})")
        return self


if TYPE_CHECKING:
    StartStage = str
    StartHousing = str
else:  # the names of the mixes: a stage of the stock is declared there, once
    StartStage = Literal[tuple(StageMix.model_fields)]
    StartHousing = Literal[tuple(HousingMix.model_fields)]


class HouseholdRow(Inputs):
    """One household given explicitly, in a caseload's own table."""

    origin: str
    size: int = Field(ge=1, le=30)
    children: int = Field(0, ge=0, le=29)
    school_children: int = Field(0, ge=0, le=29)
    stage: StartStage = "exhausted"
    housing: StartHousing = "hotel"
    weeks_in_stage: float = Field(0.0, ge=0, le=2_000)
    weeks_in_country: float = Field(52.0, ge=0, le=4_000)

    @model_validator(mode="after")
    def _possible(self) -> HouseholdRow:
        if self.children >= self.size:
            raise clash("children", self.children, f"fewer than size ({self.size}): one adult at least")
        if self.school_children > self.children:
            raise clash("school_children", self.school_children, f"at most children ({self.children})")
        return self


class Country(Inputs):
    """What a caseload says of a country of origin itself, in place of the table's figures; none: as the table has it."""

    like: str = ""
    income: float | None = parameter(None, unit="GBP/person/year", ge=1, le=1e6, meaning="income per head at home")
    safety: float | None = parameter(None, unit="safety index 0–1", ge=0, le=1, meaning="true safety at home")
    grant_rate: float | None = parameter(None, unit="1", ge=0, le=1, meaning="share granted at first decision")
    appeal_allowed: float | None = parameter(None, unit="1", ge=0, le=1, meaning="share of appeals allowed")
    family_share: float | None = parameter(
        None, unit="1", ge=0, le=1, meaning="share of refused households with children, under composition.family_share_by_origin"
    )
    returnable: bool | None = parameter(None, unit="yes/no", meaning="whether enforced return is feasible")


class Caseload(Inputs):
    """Who is there at the start, who arrives, and the world they live in."""

    name: str = "unnamed"
    title: str = ""
    describes: str = ""
    place: str = ""
    date: str = ""
    households: int = parameter(1_000, unit="households", ge=1, le=5_000_000, meaning="households at the start")
    default_sample: int = parameter(
        5_000, unit="households", ge=1, le=5_000_000, meaning="most households simulated unless --households says otherwise"
    )
    inflow_per_week: float = parameter(0.0, unit="households/week", ge=0, le=1e5, meaning="households that arrive in a week")
    hotel_exit_per_year: float = parameter(
        0.0, unit="1/year", ge=0, le=52, low=0, high=0.7,
        meaning="rate at which supported households leave hotels for dispersal housing whatever the policy: how long they would otherwise stay",
    )
    inflow: ByName[float] = Field(
        default_factory=FrozenDict, description="households that arrive in a week, by year, in the place of inflow_per_week"
    )
    inflow_stage: InflowStage = parameter("awaiting", unit="stage", meaning="stage in which new households arrive")
    origins: ByName[float] = Field(default_factory=FrozenDict, description="share of each origin; they sum to one")
    countries: ByName[Country] = Field(default_factory=FrozenDict, description="figures of a country, in place of the table's")
    stages: StageMix = StageMix()
    housing: HousingMix = HousingMix()
    composition: Composition = Composition()
    durations: Durations = Durations()
    procedure: CaseProcedure = CaseProcedure()
    network: Network = Network()
    world: World = World()
    rows: tuple[HouseholdRow, ...] = ()

    @model_validator(mode="after")
    def _people(self) -> Caseload:
        if not self.origins and not self.rows:
            raise clash("origins", {}, "shares by country (or rows: households of its own)")
        if self.origins:
            for name, share in self.origins.items():
                if not 0 <= share <= 1:
                    raise clash(f"origins.{name}", share, "a share from 0 to 1")
            _sums_to_one(self.origins, "origins")
        for year, rate in self.inflow.items():
            if not (year.isdigit() and 1900 <= int(year) <= 2200):
                raise clash(f"inflow.{year}", rate, "a year, such as 2005")
            if not 0 <= rate <= 1e5:
                raise clash(f"inflow.{year}", rate, "a number from 0 to 100000 (households/week)")
        return self

    def record(self) -> dict[str, Any]:
        """Plain values for the record of a run: of households given one by one their number and hash, not the people."""
        told = self.model_dump(mode="json")
        if self.rows:
            text = json.dumps(told["rows"], sort_keys=True)
            told["rows"] = {"households": len(self.rows), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        return told
