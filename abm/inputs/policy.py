"""The levers: what a government can set.  A named policy is a set of levers with their sources.

A policy has any number of offers, each under a name.  The name means nothing: where several are open to a household,
it considers the best that it can have.  A policy is a *timeline*: from the date of each of its regimes on, the levers
that the regime names have other values.  Each regime is an announcement, of which nobody knows before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from abm.inputs.kept import ByName, FrozenDict
from abm.inputs.parameters import (
    InputError,
    Inputs,
    Week,
    check_own,
    clash,
    declarations,
    parameter,
    positions,
    read,
)
from abm.inputs.shown import table
from abm.numerics.calendar import week_of

SupportRule = Literal["continue", "end_after", "end_on_refusal"]
Priority = Literal["random", "longest_first", "newest_first", "families_first", "singles_first"]
NoticeRule = Literal["with_offer", "when_exhausted"]
Deadline = Literal["application", "departure"]
ShareBy = Literal["household", "site"]
#: Levers of an offer that are weeks, or dates.
WEEKS_OF_OFFER = ("start_week", "end_week", "claims_before_week")
#: The same as the rules know them: ``SUPPORT.end_after``, ``PRIORITY.longest_first``.
SHARE_BY = positions(ShareBy)
SUPPORT, PRIORITY, NOTICE_OF_REMOVAL = positions(SupportRule), positions(Priority), positions(NoticeRule)


def _is_before(a: Week, b: Week) -> bool:
    """Whether a week or date is known to be before another: a week and a date cannot be compared yet."""
    if isinstance(a, date) and isinstance(b, date):
        return a < b
    return isinstance(a, int) and isinstance(b, int) and a < b


class Offer(Inputs):
    """Money for leaving: how much, for whom, when, and how it is paid."""

    amount_per_person: float = parameter(
        0.0, unit="GBP/person", ge=0, le=100_000, low=0, high=20_000, step=500,
        meaning="amount for each adult; 0: no such offer (and where no offer is open there is no assisted return)"
    )
    child_share: float = parameter(
        1.0, unit="1", ge=0, le=10, meaning="amount for a child, as a multiple of an adult's"
    )
    household_cap: float | None = parameter(
        None, unit="GBP/household", ge=0, le=1_000_000, meaning="most that one household can get; none: no cap"
    )
    start_week: Week = parameter(
        0, unit="week",
        meaning="week in which the offer is announced and opens; negative: so long ago that it is news only to those to whom it is made later",
    )
    end_week: Week | None = parameter(
        None, unit="week", meaning="first week in which it is closed to all (deadline); none: stays open"
    )
    deadline: Deadline = parameter(
        "application", unit="rule", meaning="what has to be done before it closes: to accept, or to have left"
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
    in_kind_share: float = parameter(
        0.0, unit="1", ge=0, le=1, meaning="share of the amount that is given in kind and not in cash"
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
    open_protected: bool = parameter(False, unit="yes/no", meaning="open to households with protection, who may go home of their own will")
    safe_origins_only: bool = parameter(False, unit="yes/no", meaning="only for origins on the safe list")
    families_only: bool = parameter(False, unit="yes/no", meaning="only for households with children")
    origins: str = parameter(
        "all", unit="origins", meaning="origins to which it is open, separated by commas, or all"
    )
    claims_before_week: Week | None = parameter(
        None, unit="week", meaning="only for claims made before this week; none: for all claims"
    )
    share: float = parameter(
        1.0, unit="1", ge=0, le=1, step=0.05,
        meaning="share of those who meet its conditions to whom it is open, by lot (as in a trial); 1: all of them. Lots are the same for every offer"
    )
    share_by: ShareBy = parameter(
        "household", unit="rule", meaning="what the lot is drawn for: each household, or each site, where it falls on all who are housed there"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Offer:
        if self.household_cap is not None and self.household_cap < self.amount_per_person:
            raise clash("household_cap", self.household_cap, f"at least amount_per_person ({self.amount_per_person:g})")
        if self.end_week is not None and _is_before(self.end_week, self.start_week):
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
        1.0, unit="× caseload's capacity", ge=0, le=20, low=0.5, high=3, meaning="initial decisions a week, and how fast each can be made"
    )
    appeal_speed: float = parameter(
        1.0, unit="× caseload's capacity", ge=0, le=20, low=0.5, high=3, meaning="appeals decided a week, and how fast each can be"
    )
    capacity_follows_inflow: bool = parameter(
        False, unit="yes/no", meaning="decisions and appeals a week grow with the arrivals that the policy pulls"
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


class Regime(Inputs):
    """What a policy announces in the course of its time: from a week or date on, some levers have other values."""

    start: Week
    title: str = ""
    levers: ByName[Any] = Field(default_factory=FrozenDict)


class Policy(Inputs):
    """A named set of levers, and how they change in time."""

    #: Names of offers whose parameters have a short path, ``offer.amount_per_person``; others have a long one,
    #: ``offers.pilot.amount_per_person``.
    usual: ClassVar[tuple[str, ...]] = ("offer", "standing")

    name: str = "unnamed"
    title: str = ""
    describes: str = ""
    context: str = ""
    offers: ByName[Offer] = Field(default_factory=FrozenDict)
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
    regimes: tuple[Regime, ...] = ()
    rule: ByName[float] = Field(default_factory=FrozenDict)

    @model_validator(mode="after")
    def _own(self) -> Policy:
        check_own(self, self.rule)
        return self

    @model_validator(mode="before")
    @classmethod
    def _usual_offers(cls, values: Any) -> Any:
        """``Policy(offer=Offer(…))`` is ``Policy(offers={"offer": Offer(…)})``."""
        if not isinstance(values, Mapping):
            return values
        rest = {name: value for name, value in values.items() if name not in cls.usual}
        usual = {name: values[name] for name in cls.usual if name in values}
        return {**rest, "offers": {**dict(values.get("offers", {})), **usual}} if usual else rest

    @model_validator(mode="after")
    def _regimes_hold(self) -> Policy:
        for number, (one, other) in enumerate(pairwise(regime.start for regime in self.regimes)):
            if one == other or _is_before(other, one):
                raise clash(f"regime.{number + 1}.from", str(other), f"later than the regime before it ({one})")
        policy = self.model_copy(update={"regimes": ()}) if self.regimes else self
        for number, regime in enumerate(self.regimes):
            try:
                policy = policy.with_values(regime.levers)
            except InputError as fault:
                raise clash(f"regime.{number}.{fault.field}", fault.value, fault.allowed) from None
        return self

    @classmethod
    def place_of(cls, path: str) -> tuple[str, ...]:
        """Where the value of a dotted path stands; the usual offers stand among the others."""
        place = tuple(path.split("."))
        return ("offers", *place) if place[0] in cls.usual else place

    @classmethod
    def path_at(cls, place: tuple[str, ...]) -> str:
        """The dotted path of a place, as a file would have it."""
        if place[:1] == ("regimes",):
            return ".".join(("regime", *place[1:])).replace(".start", ".from")
        return ".".join(place[1:] if place[:1] == ("offers",) and place[1:2] and place[1] in cls.usual else place)

    @property
    def paths(self) -> list[str]:
        """The dotted path of every lever, those of each of its offers among them."""
        leaves = list(Offer.model_fields)
        others = [name for name in self.offer_names if name not in self.usual]
        return [*declarations(type(self)), *(f"offers.{name}.{leaf}" for name in others for leaf in leaves)]

    @property
    def offer(self) -> Offer:
        """The offer of that name, or one of nothing."""
        return self.offers.get("offer", Offer())

    @property
    def standing(self) -> Offer:
        """The offer of that name, or one of nothing."""
        return self.offers.get("standing", Offer())

    @property
    def offer_names(self) -> list[str]:
        """Names of the offers of all its time, in alphabetical order."""
        named = {self.place_of(path)[1] for regime in self.regimes for path in regime.levers if self.place_of(path)[0] == "offers"}
        return sorted({*self.offers, *named})

    @property
    def has_dates(self) -> bool:
        """Whether a date stands where a week could: the caseload's own date then makes a week of it."""
        weeks: list[Any] = [getattr(offer, lever) for offer in self.offers.values() for lever in WEEKS_OF_OFFER]
        for regime in self.regimes:
            weeks += [regime.start, *regime.levers.values()]
        return any(isinstance(week, date) for week in weeks)

    @property
    def said(self) -> dict[str, Any]:
        """The levers that are not as declared, by dotted path, then those of each regime: what this policy says."""
        known = declarations(type(self))
        every = {path: read(self, path) for path in self.paths}
        told = {path: value for path, value in every.items() if value != known[path].default}
        for number, regime in enumerate(self.regimes):
            told |= {f"regime.{number}.{path}": value for path, value in regime.levers.items()}
        return told

    def __repr__(self) -> str:
        """Its name and what it says."""
        return f"Policy({', '.join([repr(self.name), *(f'{path}={value!r}' for path, value in self.said.items())])})"

    def __str__(self) -> str:
        """The same."""
        return repr(self)

    def _repr_html_(self) -> str:
        """What it says as a table for notebooks, with units, marks and what is declared."""
        rows: list[tuple[Any, ...]] = []
        for path, value in self.said.items():
            _, number, lever = path.split(".", 2) if path.startswith("regime.") else ("", "", path)
            declared = declarations(type(self))[lever]
            figure = self.figures.get(path) or (None if number else self.figure(path))
            since = f"from {self.regimes[int(number)].start}: {lever}" if number else lever
            rows.append((since, value, declared.unit, figure.mark if figure else "", declared.default, declared.meaning))
        heads = ("lever", "value", "unit", "mark", "as declared", "meaning")
        told = [f"Described in its file as: {self.describes}"] if self.describes else []  # values may have been changed since
        notes = (*told, "Levers that are not named are as declared.")
        return table(" – ".join(filter(None, (self.name, self.title))), heads, rows, notes, numbers=(1, 4))

    def set_throughout(self, changes: Mapping[str, Any], *, file: str = "") -> Policy:
        """As `with_values`, in every regime: what is set here no regime changes again."""
        places = {self.place_of(path) for path in changes}
        kept = tuple(
            regime.model_copy(
                update={"levers": {p: v for p, v in regime.levers.items() if self.place_of(p) not in places}}
            )
            for regime in self.regimes
        )
        if not self.regimes:
            return self.with_values(changes, file=file)
        made = self.model_copy(update={"regimes": kept}).with_values(changes, file=file)
        made._figures.update({p: f for p, f in self._figures.items() if p.startswith("regime.")})
        return made

    def in_weeks(self, day: date | None) -> Policy:
        """The same policy with weeks in the place of dates.

        Parameters
        ----------
        day
            The day on which week 0 begins.

        Raises
        ------
        InputError
            If a date has to be turned into a week and `day` is not known.
        """
        changes: dict[str, Any] = {}
        for name, lever in product(self.offers, WEEKS_OF_OFFER):
            value = getattr(self.offers[name], lever)
            if isinstance(value, date):
                path = self.path_at(("offers", name, lever))
                whole = lever != "start_week"  # what ends in the course of a week is open for all of it
                changes[path] = _as_week(value + timedelta(days=6) if whole else value, day, path)
                start = self.path_at(("offers", name, "start_week"))
                if lever == "end_week" and _is_before(changes[path], changes.get(start, self.offers[name].start_week)):
                    changes[start] = changes[path]  # over before the run, whenever it opened
        return self.with_values(changes) if changes else self

    def timeline(self, day: date | None) -> list[tuple[int, Policy]]:
        """The policies in force from week 0 on, each without regimes or dates, with the week in which it begins.

        An offer whose terms change with a regime is made anew: it opens in the regime's week, unless the regime says
        that it opens later.

        Parameters
        ----------
        day
            The day on which week 0 begins.

        Raises
        ------
        InputError
            If a date has to be turned into a week and `day` is not known.
        """
        whole = self.model_copy(update={"regimes": ()}) if self.regimes else self
        now, last = whole.in_weeks(day), None
        found = [(0, now)]
        for number, regime in enumerate(self.regimes):
            week = _as_week(regime.start, day, f"regime.{number}.from")
            if last is not None and week <= last:  # a week and a date can only be compared here
                raise InputError(f"regime.{number}.from", str(regime.start), f"later than week {last}, of the one before")
            last = week
            whole = whole.with_values(regime.levers)
            now = _made_anew(whole.in_weeks(day), now, week, regime).model_copy(update={"title": regime.title})
            found = [item for item in found if item[0] < max(0, week)]
            found.append((max(0, week), now))
        return found


def _as_week(when: Week, day: date | None, path: str) -> int:
    if isinstance(when, int):
        return when
    if day is None:
        raise InputError(path, when.isoformat(), "a week of the run: the caseload has no date, so none can be turned into a week")
    return week_of(when, day)


def _made_anew(policy: Policy, before: Policy, week: int, regime: Regime) -> Policy:
    """A policy in which the offers that a regime changes open in its week, or later if it says so."""
    changes: dict[str, Any] = {}
    for name, offer in policy.offers.items():
        path = f"{policy.path_at(('offers', name))}.start_week"
        was = before.offers.get(name, Offer())
        told = path in regime.levers
        opens: Any = max(offer.start_week, week) if told else week
        changed = told or offer.model_copy(update={"start_week": was.start_week}) != was
        over = offer.end_week is not None and _is_before(offer.end_week, opens)
        changes[path] = opens if changed and not over else was.start_week
    return policy.with_values(changes) if changes else policy
