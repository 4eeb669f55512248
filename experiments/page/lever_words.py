"""How the page writes a lever: what it is called, its value with the unit after the number, what is refused and why.

All that decides anything (bounds, ranges, meaning, marks) stands in the declarations; here are words only.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from abm.inputs.parameters import Declaration, InputError
from abm.scenarios.overrides import known_paths
from experiments.page.lever_labels import LABELS, OPTIONS

#: Numbers without a unit, and rates, that people read as per cent.
_SHARES = {
    "child_share", "early_bonus", "floor_share", "in_kind_share", "paid_at_departure", "share", "independence",
    "removal_success", "removal_success_family", "unescorted", "withdrawal", "payment_reliability", "revocation",
    "alert_refusal", "alert_offer", "alert_closing", "alert_visit", "alert_departure", "alert_removal",
    "payment_belief", "visit_trust", "announcement_trust", "anticipation", "family_share", "second_adult",
    "school_share", "past_unsupported", "appeal_share", "grant_rate", "appeal_allowed", "same_site",
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
    "cases/week": "cases a week", "households/week": "households a week", "ties/household": "households",
    "× caseload's capacity": "× today's", "safety index": "on the 0–1 index", "safety index 0–1": "on the 0–1 index",
    "safety index/year": "on the 0–1 index, a year", "utility per log unit": "utility",
    "utility per unit of safety": "utility", "1": "", "yes/no": "", "rule": "", "kind": "", "names": "",
    "origins": "", "stage": "", "year": "", "week": "",
}  # fmt: skip
_OF = {"child_share": "% of an adult's", "early_bonus": "% of the amount", "floor_share": "% of the amount"}
#: Units of which there may be one.
ONE = {"weeks": "week", "days": "day", "months": "month", "years": "year", "reports": "report", "removals": "removal"}


#: Units that say nothing to a reader, and what stands in their place where a range is told.
_UNTOLD = {"utility": "", "log units": "", "on the 0–1 index": "(of 0 to 1)", "on the 0–1 index, a year": "a year",
           "times": "", "1": ""}  # fmt: skip


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
    after = _AFTER.get(unit, unit.removeprefix("GBP").removeprefix("/"))
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
        meaning = _declared(path).meaning.partition(";")[0].partition(":")[0].strip() or path
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


def ranged(path: str, low: float, high: float, own: Any) -> str:
    """A range and where in it a lever stands, rounded, the unit once: "40 to 82 % a week; here 65"."""
    unit = unit_of(_declared(path))
    ends = (
        f"{unit.before}{_rough(path, low)} to {unit.before}{_rough(path, high)} {_UNTOLD.get(unit.after, unit.after)}"
    )
    here = f"{unit.before}{_rough(path, own)}" if isinstance(own, int | float) else told(path, own)
    return f"{ends.strip()}; here {here}".replace("£−", "−£")


def _rough(path: str, value: float) -> str:
    """A number with two digits that say something, three from a hundred on; dates and counts as they are."""
    declared = _declared(path)
    shown = value * unit_of(declared).factor
    if not declared.whole and declared.unit not in _DATES and math.isfinite(shown):
        shown = float(f"{shown:.{3 if abs(shown) >= 99.5 else 2}g}")
    return written(shown, grouped=declared.unit not in _DATES)


def written(value: float, *, grouped: bool = True) -> str:
    """A number with no more digits than it carries, thousands by commas and a real minus."""
    rounded = round(float(value), 2) if 1_000 <= abs(value) < math.inf else float(f"{value:.6g}")
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
    """A rule with the labels of levers in place of the names that they are declared under, numbers with their unit."""
    known = {path.rpartition(".")[2]: path for path in reversed(LABELS)}

    def named(found: re.Match[str]) -> str:
        path = known.get(found[1])
        if path is None:
            return found[0]
        value = f" ({told(path, float(found[2]))})" if found[2] else ""
        return f"“{LABELS[path]}”{value}"

    rule = re.sub(r"([a-z]+(?:_[a-z]+)+)(?: \((\d+(?:\.\d+)?)\))?", named, rule)
    return re.sub(r"\((\d+(?:\.\d+)?)\)", lambda number: f"({written(float(number[1]))})", rule)


@cache
def _declared(path: str) -> Declaration:
    return known_paths()[path][1]
