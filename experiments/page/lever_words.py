"""What levers are called on the page: a short label, the unit after the number, and choices in words.

All that decides anything (bounds, ranges, meaning, marks) stands in the declarations; here are words only.  A lever
without a label here is called by what it means, up to the first semicolon.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from abm.inputs.parameters import Declaration, InputError
from abm.scenarios.overrides import known_paths

#: Labels of at most six words.  Those of an offer stand under ``offer.`` and hold for every offer.
LABELS = {
    "offer.amount_per_person": "Amount for each adult",
    "offer.child_share": "Amount for a child",
    "offer.household_cap": "Most for one household",
    "offer.start_week": "Opens in",
    "offer.end_week": "Closes in",
    "offer.deadline": "To be done before it closes",
    "offer.acceptance_window_weeks": "Time to accept",
    "offer.early_bonus": "Extra for accepting early",
    "offer.early_weeks": "The early extra is paid for",
    "offer.decline_per_week": "Loss by waiting",
    "offer.floor_share": "Least that is left by waiting",
    "offer.in_kind_share": "Given in kind, not in cash",
    "offer.paid_at_departure": "Paid at departure, not later",
    "offer.later_payment_weeks": "The rest is paid after",
    "offer.open_awaiting": "Open while awaiting a decision",
    "offer.open_refused": "Open after a refusal, appeal possible",
    "offer.open_exhausted": "Open once appeal rights are exhausted",
    "offer.open_absconded": "Open to those out of contact",
    "offer.open_protected": "Open to those with protection",
    "offer.safe_origins_only": "Only people from safe countries",
    "offer.families_only": "Only households with children",
    "offer.origins": "Countries of origin it is for",
    "offer.claims_before_week": "Only claims made before",
    "offer.share": "Share of them, chosen by lot",
    "offer.share_by": "The lot is drawn for each",
    "reintegration.per_household": "Help in kind after return",
    "advice.visits_per_1000_week": "Advisers' visits",
    "advice.independence": "Independence of the advisers",
    "support.families": "Support of refused families",
    "support.families_weeks": "Families' support then lasts",
    "support.singles": "Support of other refused households",
    "support.singles_weeks": "Their support then lasts",
    "housing.hotel_exit_per_week": "Moved out of hotels",
    "enforcement.attempts_per_1000_week": "Attempts at removal",
    "enforcement.priority": "Who is attempted first",
    "enforcement.include_families": "Attempts on households with children",
    "enforcement.include_absconded": "Attempts on those out of contact",
    "enforcement.safe_origins_only": "Attempts to safe countries only",
    "enforcement.announced_risk": "Risk of removal that is announced",
    "enforcement.notice": "That risk is announced",
    "procedure.decision_speed": "Speed of first decisions",
    "procedure.appeal_speed": "Speed of appeals",
    "procedure.capacity_follows_inflow": "Capacity grows with pulled arrivals",
    "status.review_interval_months": "Protection is reviewed every",
    "status.review_speed": "Speed of reviews",
    "status.settlement_years": "Settlement after",
    "settlement.regularisation_per_year": "Refused households given leave to stay",
    "scope.safe_threshold": "A country counts as safe from",
    "entry.family_reunion_age": "Lowest age for spouses' reunion",
    "entry.reentry_ban_years": "Ban on coming again",
    "world.hotel_night": "A night in a hotel",
    "world.dispersal_night": "A night in dispersal housing",
    "world.subsistence_week": "Subsistence in dispersal housing",
    "world.hotel_subsistence_week": "Subsistence in a hotel",
    "world.decision_case": "Deciding a claim",
    "world.appeal_case": "Deciding an appeal",
    "world.review_case": "Reviewing a protection status",
    "world.casework_year": "Keeping a case open",
    "world.visit": "An adviser's visit",
    "world.travel_person": "Travel of an assisted return",
    "world.enforcement_attempt": "An attempt at removal",
    "world.enforcement_success": "Papers and escort of a removal",
    "world.detention_day": "Detention",
    "world.detention_days": "Detention before a removal",
    "world.detention_days_family": "Holding of families before a removal",
    "world.discount_rate": "Discount rate",
    "world.price_year": "Prices are of the year",
    "world.lasting_cost_year": "Lasting cost of those who stay",
    "world.lasting_taxes_year": "Taxes of those who stay",
    "world.unsupported_cost_year": "Cost of those without support",
    "world.removal_success": "An attempt succeeds, no children",
    "world.removal_success_family": "An attempt succeeds, with children",
    "world.removal_school": "Factor for children at school",
    "world.removal_absconded": "Factor for those out of contact",
    "world.unescorted": "Removals without escort or detention",
    "world.onward_per_year": "Moving on whatever is offered",
    "world.place_assisted": "Constant of the country, assisted return",
    "world.place_unassisted": "Constant of the country, unassisted return",
    "world.detection_per_year": "Those out of contact found again",
    "world.remigration_per_year": "Coming back with a new claim",
    "world.remigration_unsafe": "Factor while home is unsafe",
    "world.ban_effect": "Factor while a ban holds",
    "world.processing_weeks": "From accepting to leaving",
    "world.processing_spread": "Spread of that time",
    "world.withdrawal": "Accepted, then withdrawn",
    "world.payment_reliability": "Later payments really made",
    "world.revocation": "Reviews that end protection",
    "world.income_floor": "Least income at home that counts",
    "world.safety_path": "How safety at home develops",
    "world.safety_origins": "Countries on that path",
    "world.safety_trend": "Yearly change under a trend",
    "world.safety_change": "Size of a shock or change",
    "world.safety_week": "Week of the shock",
    "world.safety_recovery_years": "Half-life of a shock",
    "world.regime_per_year": "Rate of changes of regime",
    "world.unsafe_below": "A return is unsafe below",
    "world.list_delay_weeks": "Delay of the safe list",
    "world.pull_elasticity": "Pull factor: arrivals drawn by offers",
    "world.support_worth": "Worth of staying on support",
    "world.pull_reference_offer": "Offer while arrivals were observed",
    "world.pull_reference_weeks": "That offer was paid after",
    "world.reunion_share": "Arrivals lost by a higher age",
    "behaviour.consider": "Considers leaving without news",
    "behaviour.alert_refusal": "Attention after a refusal",
    "behaviour.alert_offer": "Attention when an offer is made",
    "behaviour.alert_closing": "Attention before an offer closes",
    "behaviour.alert_visit": "Attention after a visit",
    "behaviour.alert_departure": "Attention when a tie leaves",
    "behaviour.alert_removal": "Attention when a tie is removed",
    "behaviour.alert_memory": "Attention left a week later",
    "behaviour.assisted": "Constant of assisted return",
    "behaviour.money": "Weight of money",
    "behaviour.anticipation": "Waiting for a better offer",
    "behaviour.discounting": "Discounting of later money, median",
    "behaviour.discounting_spread": "Discounting, spread between households",
    "behaviour.present_bias": "Later payments against immediate ones",
    "behaviour.payment_belief": "Belief in later payments, at first",
    "behaviour.in_kind_value": "Worth of help in kind",
    "behaviour.origin": "Weight of the country of origin",
    "behaviour.safety": "Weight of safety at home",
    "behaviour.home_income": "Weight of income at home",
    "behaviour.norm": "Weight of ties who left",
    "behaviour.information": "Reach of returnees' reports",
    "behaviour.report_strength": "Reports that equal own belief",
    "behaviour.fear": "Fear after a tie's removal",
    "behaviour.removal_strength": "Removals that equal own belief",
    "behaviour.host_ties": "Weight of ties to this country",
    "behaviour.ties_years": "Time in which ties grow",
    "behaviour.school": "Weight of children at school",
    "behaviour.hope": "Weight of hope to stay",
    "behaviour.hotel": "Push from living in a hotel",
    "behaviour.lost_support_return": "Lost support: push to return",
    "behaviour.lost_support_irregular": "Lost support: push into irregularity",
    "behaviour.removal_risk": "Fear of removal: towards returning",
    "behaviour.removal_risk_irregular": "Fear of removal: towards irregularity",
    "behaviour.announcement_trust": "How far a threat is believed",
    "behaviour.unassisted": "Constant of unassisted return",
    "behaviour.irregular": "Constant of going irregular",
    "behaviour.irregular_children": "Children against going irregular",
    "behaviour.taste_return": "Taste for returning, spread",
    "behaviour.taste_irregular": "Taste for irregularity, spread",
    "behaviour.learning_safety": "A week's news on safety",
    "behaviour.news_noise": "Noise of that news",
    "behaviour.list_trust": "Trust in the safe list",
    "behaviour.safety_spread": "Beliefs on safety, spread",
    "behaviour.learning_removal": "A week's evidence on removals",
    "behaviour.credibility_memory": "Credibility of enforcement that lasts",
    "behaviour.visit_trust": "Doubt that an adviser removes",
}

#: What the options of a choice are called; others are written without their underscores.
OPTIONS = {
    "continue": "goes on", "end_after": "ends after some weeks", "end_on_refusal": "ends on refusal",
    "random": "anybody, by chance", "longest_first": "longest here first", "newest_first": "newest first",
    "families_first": "families first", "singles_first": "others before families",
    "with_offer": "when the offer is made", "when_exhausted": "when appeal rights are exhausted",
    "application": "to accept", "departure": "to have left", "constant": "stays as it is", "trend": "a trend",
    "shock": "a shock", "regime_change": "changes of regime",
}  # fmt: skip

#: Numbers without a unit, and rates, that people read as per cent.
_SHARES = {
    "child_share", "early_bonus", "floor_share", "in_kind_share", "paid_at_departure", "share", "independence",
    "removal_success", "removal_success_family", "unescorted", "withdrawal", "payment_reliability", "revocation",
    "alert_refusal", "alert_offer", "alert_closing", "alert_visit", "alert_departure", "alert_removal",
    "payment_belief", "visit_trust", "announcement_trust", "anticipation",
}  # fmt: skip
_FACTORS = {"removal_school", "removal_absconded", "remigration_unsafe", "ban_effect", "present_bias", "in_kind_value"}
#: Numbers that are no quantity: a year or week is not written with a comma.
_DATES = {"year", "week"}
_AFTER = {
    "GBP/person": "a person", "GBP/household": "a household", "GBP/person/night": "a person a night",
    "GBP/person/week": "a person a week", "GBP/visit": "a visit", "GBP/case": "a case",
    "GBP/case/year": "a case a year", "GBP/removal": "a removal", "GBP/attempt": "an attempt",
    "GBP/person/day": "a person a day", "GBP/person/year": "a person a year", "1/week": "% a week",
    "1/year": "% a year", "1/year of age": "% for each year", "visits/week per 1,000 households":
    "a week per 1,000 households", "attempts/week per 1,000 households": "a week per 1,000 households",
    "cases/week": "cases a week", "households/week": "households a week", "ties/household": "ties a household",
    "× caseload's capacity": "× today's", "safety index": "on the 0–1 index", "safety index 0–1": "on the 0–1 index",
    "safety index/year": "on the 0–1 index, a year", "utility per log unit": "utility",
    "utility per unit of safety": "utility", "1": "", "yes/no": "", "rule": "", "kind": "", "names": "",
    "origins": "", "stage": "", "year": "", "week": "",
}  # fmt: skip
_OF = {"child_share": "% of an adult's", "early_bonus": "% of the amount", "floor_share": "% of the amount"}
#: Units of which there may be one.
ONE = {"weeks": "week", "days": "day", "months": "month", "years": "year", "reports": "report", "removals": "removal"}


@dataclass(frozen=True)
class Unit:
    """How the numbers of a lever are written.

    Attributes
    ----------
    before, after
        What stands before and after the number.
    factor
        What the number is multiplied by: 100 where people read per cent.
    """

    before: str = ""
    after: str = ""
    factor: float = 1.0


def unit_of(declared: Declaration) -> Unit:
    """How the numbers of a lever are written: "£… a person", "… weeks", "… % a week"."""
    leaf, unit = declared.path.rpartition(".")[2], declared.unit
    if leaf in _OF or leaf in _SHARES:
        return Unit(after=_OF.get(leaf, "%"), factor=100.0)
    if leaf in _FACTORS:
        return Unit(after="times")
    after = _AFTER.get(unit, unit)
    before = "£" if unit.startswith("GBP") else "week" if unit == "week" else ""
    return Unit(before, after, 100.0 if after.startswith("%") else 1.0)


def place_of(path: str) -> str:
    """Where the words for a path stand: those of any offer under ``offer.``."""
    head, _, rest = path.partition(".")
    if head == "offers":
        rest = rest.partition(".")[2]
    return f"offer.{rest}" if head in ("offer", "offers", "standing") else path


def label_of(path: str) -> str:
    """What a lever is called inside its group: "Amount for each adult"."""
    found = LABELS.get(place_of(path))
    if found is None:
        meaning = _declared(path).meaning.partition(";")[0].strip() or path
        found = meaning[:1].upper() + meaning[1:]
    return found


def name_of(path: str) -> str:
    """What a lever is called by itself; an offer's with the name of its offer."""
    head, _, rest = path.partition(".")
    if head == "standing":
        return f"{label_of(path)} (standing offer)"
    return f"{label_of(path)} (offer “{rest.partition('.')[0]}”)" if head == "offers" else label_of(path)


def told(path: str, value: Any) -> str:
    """A value as people read it: "£3,000 a person", "1 week", "5 % a week", "yes", "none"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return OPTIONS.get(value, value.replace("_", " "))
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    declared = _declared(path)
    unit = unit_of(declared)
    whole_pounds = unit.before == "£" and 1_000 <= abs(value) < math.inf
    number = written(round(value) if whole_pounds else value * unit.factor, grouped=declared.unit not in _DATES)
    after = ONE.get(unit.after, unit.after) if value == 1 else unit.after
    before = f"{unit.before} " if unit.before == "week" else unit.before
    if number.startswith("−") and before == "£":
        number, before = number[1:], "−£"
    return f"{before}{number} {after}".strip()


def written(value: float, *, grouped: bool = True) -> str:
    """A number with no more digits than it carries, thousands by commas and a real minus."""
    rounded = float(f"{value:.6g}")
    text = f"{rounded:,.0f}" if rounded.is_integer() and abs(rounded) < 1e15 else f"{rounded:,.10g}"
    return (text if grouped else text.replace(",", "")).replace("-", "−")


def allowed_of(declared: Declaration) -> str:
    """What a lever may be, in words and in the unit in which it is shown."""
    if declared.choices:
        return "one of " + ", ".join(OPTIONS.get(word, word.replace("_", " ")) for word in declared.choices)
    if declared.kind == "bool":
        return "yes or no"
    if not (declared.whole or declared.kind == "float"):
        return "names separated by commas, or all"
    unit = unit_of(declared)
    words = "a whole number" if declared.whole else "a number"
    if declared.ge is not None:
        words += f" from {written(declared.ge * unit.factor, grouped=declared.unit not in _DATES)}"
    if declared.le is not None:
        words += f" to {written(declared.le * unit.factor, grouped=declared.unit not in _DATES)}"
    after = f"{'£ ' if unit.before == '£' else ''}{unit.after}".strip()
    words += f" ({after})" if after else ""
    if declared.kind == "week":
        words += ", or a date such as 2006-01-12"
    return words + (", or none" if declared.optional else "")


#: Whose a lever is, before what is said of it.
WHOSE = {"a": "Policy A", "b": "Policy B", "both": "Both policies"}


class Refused(InputError):
    """A value that cannot be had, told in words: whose it is, what was given, what is allowed."""

    def __init__(self, fault: InputError, sentence: str) -> None:
        super().__init__(fault.field, fault.value, fault.allowed, file=fault.file, nearest=fault.nearest)
        self.args = (sentence,)

    def __reduce__(self) -> tuple[Any, ...]:
        return Refused, (InputError(self.field, self.value, self.allowed, file=self.file), str(self))


def refusal(side: str, path: str, value: Any, allowed: str = "") -> Refused:
    """A lever cannot be what was asked: `value` is text as it was typed, or a value.

    Parameters
    ----------
    allowed
        What another rule says, with names of levers as they are declared; else what the declaration allows.
    """
    given = value if isinstance(value, str) else told(path, value)
    why = _in_words(allowed) if allowed else allowed_of(_declared(path))
    fault = InputError(path, value, why, file=WHOSE[side])
    return Refused(fault, f"{WHOSE[side]}, {name_of(path)}: “{given}” is not accepted. Allowed: {why}.")


def _in_words(rule: str) -> str:
    """A rule with the labels of levers in place of the names that they are declared under."""
    labels = {path.rpartition(".")[2]: label for path, label in LABELS.items()}
    rule = re.sub(r"[a-z]+(?:_[a-z]+)+", lambda word: f"“{labels[word[0]]}”" if word[0] in labels else word[0], rule)
    return re.sub(r"\((\d+(?:\.\d+)?)\)", lambda number: f"({written(float(number[1]))})", rule)


@cache
def _declared(path: str) -> Declaration:
    return known_paths()[path][1]


def unlabelled(paths: Iterable[str]) -> list[str]:
    """Those paths that have no label here."""
    return [path for path in paths if place_of(path) not in LABELS]
