"""How numbers are written for people: money in £m or £k, shares in per cent, and no more digits than they carry."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from abm.inputs.parameters import InputError
from abm.inputs.shown import plain as plain  # values of parameters are written alike everywhere

#: What an amount ends with, and what it is worth.
SIZES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
#: What stands for a number that does not exist.
NONE = "–"


@dataclass(frozen=True)
class Scale:
    """How one measure is written, the same for all policies.

    Attributes
    ----------
    factor
        What values are multiplied by.
    label
        The unit as shown, and that of differences.
    decimals, difference_decimals
        Digits after the point.
    """

    factor: float
    label: str
    difference_label: str
    decimals: int
    difference_decimals: int

    def value(self, value: float) -> str:
        """A level."""
        return number(value * self.factor, self.decimals)

    def difference(self, value: float) -> str:
        """A difference, with its sign."""
        return number(value * self.factor, self.difference_decimals, signed=True)

    def interval(self, low: float, high: float) -> str:
        """An interval of levels; nothing where all are alike."""
        if low == high or math.isnan(low) or math.isnan(high):
            return ""
        return f"[{self.value(low)}, {self.value(high)}]"

    def difference_interval(self, low: float, high: float) -> str:
        """An interval of differences; nothing where all are alike."""
        if low == high or math.isnan(low) or math.isnan(high):
            return ""
        return f"[{self.difference(low)}, {self.difference(high)}]"


def scale(unit: str, levels: Iterable[float], differences: Iterable[float] = ()) -> Scale:
    """The scale that suits some values of a unit.

    Parameters
    ----------
    unit
        As a measure declares it: ``share``, ``GBP``, ``GBP/household``, ``households`` …
    levels, differences
        All the numbers that will be written with it; NaN is left out.
    """
    levels = list(levels)
    most, most_difference = _largest(levels), _largest(differences)
    factor, label, difference_label = 1.0, unit, unit
    if unit == "share":
        factor, label, difference_label = 100.0, "%", "points"
    elif unit.startswith("GBP"):
        per = unit.removeprefix("GBP").replace("/", " per ")
        factor, sign = next(
            ((f, s) for least, f, s in ((1e11, 1e-9, "£bn"), (1e7, 1e-6, "£m"), (1e4, 1e-3, "£k")) if most >= least),
            (1.0, "£"),
        )
        label = difference_label = sign + per
    decimals = _decimals(most * factor, 3, at_most=1 if most * factor >= 1 else 2)
    if factor == 1.0 and all(math.isnan(value) or value.is_integer() for value in levels):
        decimals = 0
    if factor in (1e-9, 1e-6):
        decimals = max(1, decimals)
    return Scale(
        factor, label, difference_label, decimals, max(decimals, _decimals(most_difference * factor, 2, at_most=3))
    )


def financial_year(begins: int) -> str:
    """The name of a financial year: 2024–25 begins in 2024."""
    return f"{begins}–{(begins + 1) % 100:02d}"


def amount_of(text: str, *, field: str) -> float:
    """An amount of money as people write it: ``5m``, ``£250k``, ``5,000,000``, ``1.5bn``.

    Raises
    ------
    InputError
        Naming the field, if it is not an amount above zero.
    """
    found = re.fullmatch(r"£?\s*([\d.,_]+)\s*(k|m|bn)?", text.strip().lower())
    try:
        value = float(found[1].replace(",", "").replace("_", "")) * SIZES[found[2] or ""] if found else math.nan
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise InputError(field, text, "an amount of pounds above zero, such as 5m, 250k or 5000000")
    return value


def pounds(value: float) -> str:
    """One amount by itself: £2.4m, £180k, £95."""
    for least, sign in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= least:
            return f"£{number(value / least, 0 if abs(value) >= 100 * least else 1)}{sign}"
    return f"£{number(value)}"


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """A number with thousands separated and a real minus sign; zero without sign or digits; a dash for NaN."""
    if math.isnan(value):
        return NONE
    if value == 0.0:
        return "0"
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    # A small number that rounds to zero keeps its zeros and loses its sign.
    return (text.lstrip("+-") if not text.strip("+-0.,") else text).replace("-", "−")


def _largest(values: Iterable[float]) -> float:
    return max((abs(value) for value in values if not math.isnan(value)), default=0.0)


def _decimals(most: float, digits: int, *, at_most: int) -> int:
    """Decimals that show so many significant digits of the largest number."""
    if most == 0.0:
        return 0
    return min(at_most, max(0, digits - 1 - math.floor(math.log10(most))))
