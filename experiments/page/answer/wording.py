"""How numbers are written on the page, and the few sentences that sum a comparison up."""

from __future__ import annotations

import math
from typing import Any

from abm.measures import MEASURES
from experiments.page.paired import Answer
from experiments.statistics.intervals import Spread

#: What stands for a number that does not exist.
NONE = "–"
#: A space, and nothing, at which no line breaks.
_JOIN, _GLUE = "\u00a0", "\u2060"

#: The measures shown first, in order; the others follow on request.
KEY_FIGURES = (
    "return_rate_12m", "assisted_return_rate_12m", "caseload_end", "absconded_share", "removed_share",
    "cost_npv", "outside_account_end", "offer_spend", "cost_per_departure",
    "child_years_in_limbo", "children_removed", "unsafe_returns", "induced_arrivals",
)  # fmt: skip


def amount(value: float, unit: str, *, signed: bool = False, most: float | None = None) -> str:
    """A number with its unit, written for people.

    Parameters
    ----------
    signed
        For differences: with its sign, shares in percentage points.
    most
        The largest number beside it, which sets scale and digits.
    """
    if math.isnan(value):
        return NONE
    most = max(abs(value), abs(most or 0.0))
    factor, before, after, digits = 1.0, "", "", 1 if most < 20 and most != int(most) else 0
    if unit == "share":
        factor, after, digits = 0.01, "" if signed else f"{_JOIN}%", 1 if most < 0.2 else 0
    elif unit.startswith("GBP"):
        scales = ((1e9, 1e9, f"{_JOIN}bn"), (1e6, 1e6, f"{_JOIN}m"), (1e4, 1e3, f"{_JOIN}k"), (0.0, 1.0, ""))
        factor, after = next((f, word) for least, f, word in scales if most >= least)
        before, digits = "£", 0 if factor == 1.0 else 0 if most >= 100 * factor else 1 if most >= 10 * factor else 2
    text = f"{abs(value) / factor:,.{digits}f}"
    sign = "" if not text.strip("0.,") else f"−{_GLUE}" if value < 0 else "+" if signed else ""
    return f"{sign}{before}{text}{after}"


def unit_of(unit: str) -> str:
    """The unit as it stands beside a difference."""
    return {"share": "points", "GBP": "", "GBP/household": "per household"}.get(unit, unit)


def row(answer: Answer, name: str) -> dict[str, Any]:
    """One measure as the table shows it: texts for A, for B and for the difference."""
    measure, tally = MEASURES[name], answer.tally
    a, b, d = tally.spread(0, name), tally.spread(1, name), tally.difference(name)
    most = max((abs(v) for v in (*_shown(a), *_shown(b)) if not math.isnan(v)), default=0.0)
    several = tally.count > 1
    apart = several and not math.isnan(d.mean) and (d.run_p05 > 0 or d.run_p95 < 0)
    return {
        "id": name,
        "title": measure.title,
        "unit": measure.unit,
        "definition": measure.definition,
        "group": measure.group,
        "key": name in KEY_FIGURES,
        "a": _cell(a, measure.unit, several, most, signed=False),
        "b": _cell(b, measure.unit, several, most, signed=False),
        "d": _cell(d, measure.unit, several, None, signed=True) | {"unit": unit_of(measure.unit), "apart": apart},
    }


def _cell(found: Spread, unit: str, several: bool, most: float | None, *, signed: bool) -> dict[str, Any]:
    most = most if most is not None else max((abs(v) for v in _shown(found) if not math.isnan(v)), default=0.0)
    mean, p05, p95 = (amount(v, unit, signed=signed, most=most) for v in _shown(found))
    if not several or math.isnan(found.mean):
        return {"mean": mean, "interval": ""}
    if p05 == p95:
        return {"mean": mean, "interval": ""}
    p05 = p05.removesuffix(f"{_JOIN}%")
    return {"mean": mean, "interval": f"{p05} to {p95}"}


def _shown(found: Spread) -> tuple[float, float, float]:
    """What a cell shows of some runs: their mean and the middle 90 % of them."""
    return found.mean, found.run_p05, found.run_p95


def table(answer: Answer) -> list[dict[str, Any]]:
    """All measures, the key figures first."""
    names = [*KEY_FIGURES, *(name for name in MEASURES if name not in KEY_FIGURES)]
    return [row(answer, name) for name in names]


def in_short(answer: Answer) -> list[str]:
    """What the comparison says, in three neutral sentences."""
    tally, years = answer.tally, answer.choices.weeks / 52
    several = tally.count > 1
    told = []
    a, b, d = (
        tally.spread(0, "return_rate_12m"),
        tally.spread(1, "return_rate_12m"),
        tally.difference("return_rate_12m"),
    )
    if not math.isnan(d.mean):
        told.append(
            f"Within twelve months of their claim failing, {amount(b.mean, 'share', most=a.mean)} of households leave "
            f"under B and {amount(a.mean, 'share', most=b.mean)} under A: a difference of "
            f"{amount(d.mean, 'share', signed=True)} points" + _range(d, "share", several)
        )
    d = tally.difference("cost_npv")
    if not math.isnan(d.mean):
        many = "one year" if round(years) == 1 else f"{years:.0f} years"
        direction = (
            "the same as" if d.mean == 0 else f"{amount(abs(d.mean), 'GBP')} {'more' if d.mean > 0 else 'less'} than"
        )
        told.append(
            f"Over {many}, asylum support and return under B cost {direction} under A" + _range(d, "GBP", several)
        )
    d = tally.difference("child_years_in_limbo")
    if not math.isnan(d.mean):
        more = (
            "as much time"
            if d.mean == 0
            else f"{amount(abs(d.mean), '')} child-years {'more' if d.mean > 0 else 'less'}"
        )
        told.append(
            f"Under B children spend {more} without a lasting answer {'as' if d.mean == 0 else 'than'} under A"
            + _range(d, "", several)
        )
    return told


def _range(d: Spread, unit: str, several: bool) -> str:
    if not several or d.run_p05 == d.run_p95:
        return "."
    ends = (d.run_p05, d.run_p95)
    p05, p95 = (amount(v, unit, signed=True, most=max(map(abs, ends))) for v in ends)
    return f" (nine runs in ten: {p05} to {p95})."
