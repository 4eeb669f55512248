"""The sentences of the charts: what is seen, on how many runs it rests, and where it comes from."""

from __future__ import annotations

import math
from datetime import date
from typing import Protocol

from abm.version import VERSION
from experiments.page.answer.charts.figure import ENOUGH, SIDES
from experiments.page.answer.charts.times import A_YEAR
from experiments.page.answer.wording import supported
from experiments.page.paired import Answer, Tally
from experiments.report.amounts import NONE, number


class Write(Protocol):
    """Writes a number, with its sign if asked to."""

    def __call__(self, value: float, *, signed: bool = False) -> str:
        """Write it."""
        ...


#: Amounts from which a unit is used, and its sign.
SIZES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"), (0.0, ""))
RUNS = "the middle 90 % of the runs"


def count(value: float, *, signed: bool = False, decimals: int = 0) -> str:
    """A number of households: whole unless decimals are asked for, but below one with a decimal.

    Decimals below nought round it to tens, hundreds …
    """
    if math.isnan(value):
        return NONE
    if decimals < 0:
        return number(round(value, decimals), 0, signed=signed)
    digits = max(decimals, 0 if abs(value) >= 0.95 else 1)
    return number(round(value, digits), digits, signed=signed)


def agree(a: float, b: float, difference: float, decimals: int) -> bool:
    """Whether two rounded numbers differ by their rounded difference, as a reader would reckon."""
    found = round(b, decimals) - round(a, decimals)
    return any(map(math.isnan, (a, b))) or math.isclose(found, round(difference, decimals), abs_tol=1e-9)


def decimals(a: float, b: float, difference: float, error: float) -> int:
    """Decimals with which two numbers and their difference agree, no finer than its standard error supports."""
    first = min(0, supported([difference], error))
    return next((k for k in (first, first + 1) if agree(a, b, difference, k)), first + 1)


def amount(value: float, *, signed: bool = False, decimals: int = 1) -> str:
    """An amount of money: £275.4m, −£180.0k, £95."""
    if math.isnan(value):
        return NONE
    for least, size in SIZES:
        if abs(value) >= least:
            text = f"£{number(abs(value) / (least or 1.0), decimals if size else 0)}{size}"
            return text if not text.strip("£0.") else f"{'−' if value < 0 else '+' if signed else ''}{text}"
    return NONE


def amounts(a: float, b: float, change: float) -> tuple[str, str, str]:
    """Two amounts and their difference, with a second decimal where one would contradict the others."""
    size = next(least or 1.0 for least, _ in SIZES if max(abs(a), abs(b)) >= least)
    same = abs(change) < size or agree(a / size, b / size, change / size, 1)
    return (
        amount(a, decimals=1 if same else 2),
        amount(b, decimals=1 if same else 2),
        amount(change, signed=True, decimals=1 if same else 2),
    )


def points(value: float, *, signed: bool = True) -> str:
    """A share in per cent, or a difference of shares in percentage points."""
    return number(round(100 * value, 1), 1, signed=signed) if not math.isnan(value) else NONE


def reach(low: float, high: float, text: Write = count) -> str:
    """An interval of differences in words, or nothing."""
    if math.isnan(low) or math.isnan(high):
        return ""
    if text is amount:  # both in the unit of the larger: −£7.1m to −£0.2m
        size, sign = next((least or 1.0, sign) for least, sign in SIZES if max(abs(low), abs(high)) >= least)
        ends = _in_unit(low, size, sign), _in_unit(high, size, sign)
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    ends = text(low, signed=True), text(high, signed=True)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _in_unit(value: float, size: float, sign: str) -> str:
    shown = round(abs(value) / size, 1 if sign else 0)
    return f"{'−' if value < 0 else '+'}£{number(shown, 1 if sign else 0)}{sign}" if shown else "£0"


def so_far(answer: Answer) -> str:
    """On how few runs a sentence rests; nothing where there are enough."""
    done, wanted = answer.tally.count, answer.choices.replicates
    if done >= ENOUGH:
        return ""
    return f"so far, {done} of {wanted} runs" if done < wanted else f"{done} run{'s' * (done > 1)} only"


def finding(sentence: str, low: float, high: float, answer: Answer, text: Write = count) -> str:
    """A sentence on a difference with the interval behind it, or with how few runs it rests on."""
    behind = so_far(answer) or (f"B − A: {reach(low, high, text)} in {RUNS}" if not math.isnan(low) else "")
    return f"{sentence} ({behind})" if behind else sentence


def by_the_end(weeks: int) -> str:
    """The end of a run: year 5, or week 78."""
    whole, rest = divmod(weeks, A_YEAR)
    return f"year {whole}" if not rest else f"week {weeks}"


def runs(tally: Tally) -> str:
    """How many runs a mean is of."""
    return f"mean of {tally.count} runs" if tally.count > 1 else "one run"


def bands(tally: Tally, what: str) -> str:
    """What a band or a whisker is, or why there is none."""
    if tally.count < ENOUGH:
        return f"{what}: from {ENOUGH} runs on"
    return f"{what}: {RUNS}, B and A paired by seed"


def names(answer: Answer) -> list[str]:
    """A and B by title and name."""
    policies = answer.question.policies
    return [f"{side}: {p.title or p.name} ({p.name})" for side, p in zip(SIDES, policies, strict=True)]


def source(answer: Answer) -> list[str]:
    """Where a saved chart comes from: the set-up, the program and the day, and the address."""
    choices, today = answer.choices, date.today()
    caseload = answer.question.caseload
    expected = f"{choices.size:,} households at the start, {choices.weeks} weeks, seeds from {choices.seed}"
    return [
        f"{caseload.title or caseload.name}; {expected}; {answer.tally.count} of {choices.replicates} runs",
        f"Source: household-returns {VERSION}, {today.day} {today:%B %Y}. A model, not a forecast.",
        f"Address of the set-up: ?{choices.query()}",
    ]


def stem(answer: Answer, chart: str) -> str:
    """Of the names of saved files."""
    a, b = (policy.name for policy in answer.question.policies)
    return f"{chart}-{b}-against-{a}"
