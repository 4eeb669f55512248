"""The levers: what a government can set.  A named policy is a set of levers with their sources.

A policy has two offers.  The *standing* offer is what is always there; the *offer* is the one under
discussion.  Where both are open, a household considers the better of the two.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from abm.inputs.parameters import Inputs, clash, parameter, positions

SupportRule = Literal["continue", "end_after", "end_on_refusal"]
Priority = Literal["random", "longest_first", "newest_first", "families_first", "singles_first"]
NoticeRule = Literal["with_offer", "when_exhausted"]
#: The same as the rules know them: ``SUPPORT.end_after``, ``PRIORITY.longest_first``.
SUPPORT, PRIORITY, NOTICE_OF_REMOVAL = positions(SupportRule), positions(Priority), positions(NoticeRule)


class Offer(Inputs):
    """Money for leaving: how much, for whom, when, and how it is paid."""

    amount_per_person: float = parameter(
        0.0, unit="GBP/person", ge=0, le=100_000, low=0, high=20_000, step=500,
        meaning="amount for each adult; 0: no such offer (and where no offer is open there is no assisted return)"
    )
    child_share: float = parameter(
        1.0, unit="1", ge=0, le=1, meaning="amount for a child, as a share of an adult's"
    )
    household_cap: float | None = parameter(
        None, unit="GBP/household", ge=0, le=1_000_000, meaning="most that one household can get; none: no cap"
    )
    start_week: int = parameter(0, unit="week", ge=0, le=5_000, meaning="week in which the offer opens")
    end_week: int | None = parameter(
        None, unit="week", ge=0, le=5_000, meaning="first week in which it is closed to all (deadline); none: stays open"
    )
    acceptance_window_weeks: int | None = parameter(
        None, unit="weeks", ge=1, le=520,
        meaning="weeks a household has to accept from when it is made the offer; none: no limit",
    )
    early_bonus: float = parameter(
        0.0, unit="1", ge=0, le=10, meaning="extra for accepting early, as a share of the amount"
    )
    early_weeks: int = parameter(0, unit="weeks", ge=0, le=520, meaning="weeks for which the early bonus is paid")
    decline_per_week: float = parameter(
        0.0, unit="1/week", ge=-0.1, le=1, meaning="share of the amount lost each week after the early weeks (negative: it rises)"
    )
    floor_share: float = parameter(
        0.0, unit="1", ge=0, le=1, meaning="share of the amount below which a decline does not go"
    )
    paid_at_departure: float = parameter(
        1.0, unit="1", ge=0, le=1, meaning="share paid at departure; the rest is paid after return"
    )
    later_payment_weeks: float = parameter(
        26.0, unit="weeks", ge=0, le=520, meaning="weeks after departure at which the rest is paid"
    )
    open_awaiting: bool = parameter(False, unit="yes/no", meaning="open to households still awaiting a first decision")
    open_refused: bool = parameter(False, unit="yes/no", meaning="open after the first refusal, while appeal is possible or pending")
    open_exhausted: bool = parameter(True, unit="yes/no", meaning="open once appeal rights are exhausted")
    open_absconded: bool = parameter(False, unit="yes/no", meaning="open to households out of contact")
    safe_origins_only: bool = parameter(False, unit="yes/no", meaning="only for origins on the safe list")
    families_only: bool = parameter(False, unit="yes/no", meaning="only for households with children")
    claims_before_week: int | None = parameter(
        None, unit="week", ge=-5_000, le=5_000, meaning="only for claims made before this week; none: for all claims"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Offer:
        if self.household_cap is not None and self.household_cap < self.amount_per_person:
            raise clash("household_cap", self.household_cap, f"at least amount_per_person ({self.amount_per_person:g})")
        if self.end_week is not None and self.end_week < self.start_week:
            raise clash("end_week", self.end_week, f"at least start_week ({self.start_week})")
        return self


class Reintegration(Inputs):
    """Help in kind after return."""

    per_household: float = parameter(
        0.0, unit="GBP/household", ge=0, le=100_000, low=0, high=5_000, meaning="reintegration help in kind after an assisted return"
    )


class Advice(Inputs):
    """Advisers who visit households and explain the offer."""

    visits_per_1000_week: float = parameter(
        0.0, unit="visits/week per 1,000 households", ge=0, le=1_000, low=0, high=50, meaning="advisers' capacity"
    )
    independence: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0, high=1, meaning="how far advisers are independent of enforcement (drives trust)"
    )


class Support(Inputs):
    """Housing and subsistence after appeal rights are exhausted."""

    families: SupportRule = parameter("continue", unit="rule", meaning="rule for households with children")
    families_weeks: int = parameter(0, unit="weeks", ge=0, le=520, meaning="weeks until support ends, under end_after")
    singles: SupportRule = parameter("end_after", unit="rule", meaning="rule for households without children")
    singles_weeks: int = parameter(
        3, unit="weeks", ge=0, le=520, meaning="weeks until support ends, under end_after",
        mark="inferred", source="21 days after appeal rights are exhausted (Immigration and Asylum Act 1999 support rules)",
    )


class Housing(Inputs):
    """Where supported households live."""

    hotel_exit_per_week: float = parameter(
        0.0, unit="1/week", ge=0, le=1, low=0, high=0.05, meaning="share of supported households moved from hotels to dispersal each week"
    )


class Enforcement(Inputs):
    """Removal by force: how many attempts, on whom, and how loudly announced."""

    attempts_per_1000_week: float = parameter(
        0.0, unit="attempts/week per 1,000 households", ge=0, le=1_000, low=0, high=10, meaning="removal attempts the state can make"
    )
    priority: Priority = parameter("random", unit="rule", meaning="who is attempted first")
    include_families: bool = parameter(False, unit="yes/no", meaning="whether households with children are attempted")
    include_absconded: bool = parameter(True, unit="yes/no", meaning="whether households out of contact are attempted")
    safe_origins_only: bool = parameter(False, unit="yes/no", meaning="only origins on the safe list")
    announced_risk: float = parameter(
        0.0, unit="1/year", ge=0, le=1, low=0, high=0.5, meaning="chance of removal within a year that the state announces to those to whom notice is given"
    )
    notice: NoticeRule = parameter(
        "with_offer", unit="rule",
        meaning="to whom that chance is announced: each household when the offer is made to it, or when its appeal rights are exhausted (the stock in week 0)",
    )


class Procedure(Inputs):
    """Speed of decisions and appeals against the caseload's own."""

    decision_speed: float = parameter(
        1.0, unit="× caseload's capacity", ge=0, le=20, low=0.5, high=3, meaning="initial decisions a week"
    )
    appeal_speed: float = parameter(
        1.0, unit="× caseload's capacity", ge=0, le=20, low=0.5, high=3, meaning="appeals decided a week"
    )


class Status(Inputs):
    """Protection: reviewed or lasting, and the route to settlement."""

    review_interval_months: int | None = parameter(
        None, unit="months", ge=1, le=240, meaning="months between reviews of protection; none: not reviewed"
    )
    review_speed: float = parameter(
        1.0, unit="× caseload's capacity", ge=0, le=20, low=0.5, high=3, meaning="reviews decided a week"
    )
    settlement_years: float | None = parameter(
        5.0, unit="years", ge=0, le=40, meaning="years of protection until settlement; none: never",
        mark="assumed", source="five-year route as it stood before the 2026 reforms",
    )


class Settlement(Inputs):
    """Regularisation of households whose claim has failed."""

    regularisation_per_year: float = parameter(
        0.01, unit="1/year", ge=0, le=52, low=0, high=0.05, meaning="rate at which exhausted and absconded households are given leave to stay"
    )


class Scope(Inputs):
    """Which countries count as safe."""

    safe_threshold: float = parameter(
        0.45, unit="safety index 0–1", ge=0, le=1, low=0.35, high=0.6, meaning="safety from which a country is on the safe list"
    )


class Entry(Inputs):
    """Rules on coming (again)."""

    family_reunion_age: float = parameter(
        18.0, unit="years", ge=18, le=40, low=18, high=24, meaning="lowest age for family reunion of spouses"
    )
    reentry_ban_years: float = parameter(
        0.0, unit="years", ge=0, le=50, low=0, high=10, meaning="years for which those who returned may not come back"
    )


class Policy(Inputs):
    """A named set of levers."""

    name: str = "unnamed"
    title: str = ""
    describes: str = ""
    context: str = ""
    offer: Offer = Offer()
    standing: Offer = Offer()
    reintegration: Reintegration = Reintegration()
    advice: Advice = Advice()
    support: Support = Support()
    housing: Housing = Housing()
    enforcement: Enforcement = Enforcement()
    procedure: Procedure = Procedure()
    status: Status = Status()
    settlement: Settlement = Settlement()
    scope: Scope = Scope()
    entry: Entry = Entry()

    @property
    def offers(self) -> dict[str, Offer]:
        """The offers by name.  Where two are worth the same to a household, it takes the one that comes first."""
        return {"standing": self.standing, "offer": self.offer}
