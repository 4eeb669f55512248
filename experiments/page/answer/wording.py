"""How numbers are written on the page: digits enough that what stands side by side agrees, units as people say them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from experiments.report.amounts import NONE, number

#: Significant digits of the smallest number that matters.
_DIGITS = 2
#: A difference of less than this, in the unit of the levels, takes them to a smaller unit.
_LOST = 0.1
#: From which amount on, worth of the unit, its sign.
_MONEY = ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e4, 1e3, "k"))


@dataclass(frozen=True)
class Written:
    """How the numbers of one measure are written, all with the same scale and digits.

    Attributes
    ----------
    factor
        What values are multiplied by.
    decimals, fine, rough
        Digits after the point: of levels, of their difference, and of the ends of intervals; below nought they are
        rounded to tens, hundreds …
    before, after
        What stands before a number (£) and behind a level (m, %).
    unit
        What stands behind a difference, in words; levels of shares are in per cent and differences in points.
    """

    factor: float
    decimals: int
    fine: int
    rough: int
    before: str = ""
    after: str = ""
    unit: str = ""

    def level(self, value: float) -> str:
        """A level, such as £5.1m or 4.8 %."""
        return self._put(value, self.decimals, signed=False, after=self._of_level)

    def change(self, value: float) -> str:
        """A difference, with its sign and without its unit, such as −£1.4m or +1.6."""
        return self._put(value, self.fine, signed=True, after=self.after)

    def levels(self, low: float, high: float) -> str:
        """An interval of levels."""
        first = self._put(low, self.rough, signed=False, after=self.after)
        return f"{first} to {self._put(high, self.rough, signed=False, after=self._of_level)}"

    def changes(self, low: float, high: float) -> str:
        """An interval of differences."""
        return " to ".join(self._put(end, self.rough, signed=True, after=self.after) for end in (low, high))

    @property
    def _of_level(self) -> str:
        return "\u00a0%" if self.unit == "points" else self.after

    def _put(self, value: float, decimals: int, *, signed: bool, after: str) -> str:
        if math.isnan(value):
            return NONE
        text = number(round(value * self.factor, decimals), max(0, decimals), signed=signed)
        if value == 0.0 and self.before:
            return f"{self.before}0"
        if text[0] in "+−":
            return f"{text[0]}\u2060{self.before}{text[1:]}{after}"
        return f"{self.before}{text}{after}"


def written(
    unit: str, levels: Iterable[float], changes: Iterable[float] = (), *, agree: bool = False, error: float = 0.0
) -> Written:
    """The way of writing that suits some numbers of a unit.

    Parameters
    ----------
    unit
        As a measure declares it: ``share``, ``GBP``, ``households`` …
    levels, changes
        All that will be written; NaN is left out.
    agree
        The first two levels are A's and B's and the first change is their difference: what is written of them adds up,
        or else the difference has a digit more than the levels, so that it is seen that they are rounded.
    error
        Standard error of the first change: no digit is written that stands behind the second of it.  NaN: not known,
        as of a single run; then three digits that say something.
    """
    levels, changes = list(levels), list(changes)
    known = [abs(value) for value in (*levels, *changes) if not math.isnan(value)]
    most, least = max(known, default=0.0), _smallest(changes) or _smallest(levels)
    factor, before, after, words = 1.0, "", "", unit
    if unit == "share":
        factor, words = 100.0, "points"
    elif unit.startswith("GBP"):
        size, after = _money(most, changes[0] if agree and changes else math.nan)
        factor, before, words = 1.0 / size, "£", unit.removeprefix("GBP").replace("/", "per ")
    whole = factor == 1.0 and all(float(value).is_integer() for value in known)
    first = 0 if whole or not least else min(2, max(0, _DIGITS - 1 - math.floor(math.log10(least * factor))))
    if unit == "share" or after in ("m", "bn"):
        first = max(1, first) if most * factor < 100 or after else first
    first = min(first, supported((levels, changes)[bool(changes)], error, factor))
    decimals = fine = first
    if agree and len(levels) > 1 and changes and not any(map(math.isnan, (*levels[:2], changes[0]))):
        a, b, change = levels[0], levels[1], changes[0]
        fewer = first - 1 if first and round(change * factor, first - 1) else first
        agreed = next((k for k in (first, fewer) if _adds_up(a, b, change, factor, k)), None)
        apart = (first - 1, first) if first > 1 or first < 0 else (first, first + 1)
        decimals, fine = apart if agreed is None else (agreed, agreed)
    return Written(factor, decimals, fine, first, before, after, words)


def supported(values: list[float], error: float, factor: float = 1.0) -> int:
    """Digits after the point that the standard error of the first of some values supports; −1 stands for tens."""
    known = [value for value in values if not math.isnan(value)]
    size = abs(known[0]) / 100.0 if math.isnan(error) and known else error / 10.0
    return -math.floor(math.log10(size * factor)) if size > 0.0 else 99


def _money(most: float, change: float) -> tuple[float, str]:
    """Worth and sign of the unit that suits amounts up to `most`; a smaller one where a change would be lost in it."""
    units = [*((least, size, sign) for least, size, sign in _MONEY if most >= least), (0.0, 1.0, "")]
    (_, size, sign), *smaller = units
    if smaller and 0.0 < abs(change) < _LOST * size:
        _, size, sign = smaller[0]
    return size, sign


def _adds_up(a: float, b: float, change: float, factor: float, decimals: int) -> bool:
    """Whether rounded numbers are as far apart as their rounded difference says."""
    shown_a, shown_b, shown = (round(round(value * factor, decimals) * 10**decimals) for value in (a, b, change))
    return shown_b - shown_a == shown


def _smallest(values: Iterable[float]) -> float:
    """The smallest first number that matters: that of the mean, if it is not nought, else the largest."""
    known = [abs(value) for value in values if not math.isnan(value)]
    if not known:
        return 0.0
    return known[0] if known[0] > 0.05 * max(known) else max(known)
