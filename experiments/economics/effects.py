"""What a policy is to achieve: a measure of the model, and whether more or less of it is the better."""

from __future__ import annotations

from dataclasses import dataclass

from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import MEASURES, Measure

#: Which way is taken for better unless it is said; which it is, is the reader's choice and not the model's.
MORE = ("return_rate_12m", "return_rate_24m", "return_rate_60m", "assisted_return_rate_12m", "assisted_share",
        "departures", "assisted_departures", "departed_persons")  # fmt: skip
LESS = ("child_years_in_limbo", "children_removed", "destitution_weeks", "unsafe_returns", "unsafe_share",
        "absconded_share", "caseload_end", "reentry_share", "induced_arrivals")  # fmt: skip
DEFAULT = "departures"


@dataclass(frozen=True)
class Effect:
    """A measure as an effect: more of it, or less of it, against the baseline.

    Attributes
    ----------
    sign
        1 where more is better, −1 where less is.
    """

    measure: Measure
    sign: int

    @property
    def title(self) -> str:
        """What a unit of it is, such as *additional departures*, or *avoided child-years in limbo*."""
        return f"{'additional' if self.sign > 0 else 'avoided'} {self.measure.title}"

    @property
    def unit(self) -> str:
        """The unit in which it is counted."""
        return "from 0 to 1" if self.measure.unit == "share" else self.measure.unit


def effect_of(word: str) -> Effect:
    """The effect that a word asks for: a measure, or ``measure:more`` or ``measure:less``.

    Raises
    ------
    InputError
        If there is no such measure, it is money (which is the cost), or nobody has said which way is better.
    """
    name, _, way = word.partition(":")
    able = sorted(told.id for told in MEASURES.values() if not told.unit.startswith("GBP"))
    if name not in able:
        allowed = "a measure that is not money: one of " + ", ".join(able)
        raise InputError("--effect", word, allowed, nearest=nearest_spelling(name, able))
    if way not in ("", "more", "less"):
        raise InputError("--effect", word, f"{name}:more or {name}:less")
    if not way and name not in MORE + LESS:
        raise InputError("--effect", word, f"{name}:more or {name}:less, as you hold one or the other for better")
    return Effect(MEASURES[name], 1 if (way or ("more" if name in MORE else "less")) == "more" else -1)
