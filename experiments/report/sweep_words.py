"""What a sweep found, in a sentence: where the best point lies, where the sign turns, what matters most."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.scenarios.overrides import known_paths
from experiments.question.keys import path_of
from experiments.report.amounts import Scale, scale
from experiments.report.sweep_reading import Reading, column_of, label, points_of, short, value_words
from experiments.statistics.crossing import Crossing

if TYPE_CHECKING:
    import pandas as pd

MILLION = 1e6

#: Characters of a line of a figure's title, and inches that one takes.
LINE, LINE_HEIGHT = 86, 0.165


def title_lines(findings: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of a figure's title: what was found of each variant, its name before it where there are several."""
    told = [text[:1].upper() + text[1:] if len(findings) == 1 else f"{name}: {text}" for name, text in findings]
    return [line for text in told for line in textwrap.wrap(text, LINE)]


def scale_of(reading: Reading, rows: pd.DataFrame) -> Scale:
    """How the measure is written, the same at all points."""
    held = rows[["value", "low", "high"]].to_numpy(float).ravel().tolist()
    suits = scale(reading.unit, held)
    most = max((abs(value) for value in held if math.isfinite(value)), default=0.0)
    if suits.label.startswith("£k") and most >= MILLION:  # no four digits of thousands
        label = suits.label.replace("£k", "£m")
        return Scale(1 / MILLION, label, label, 2, 2)
    return suits


def amount(reading: Reading, value: float, s: Scale) -> str:
    """A value of the measure with its unit."""
    number = s.value(value)
    if s.label.startswith("£"):
        short, _, per = s.label.removeprefix("£").partition(" ")
        return f"{'−' if value < 0 else ''}£{number.lstrip('-−')}{short}{f' {per}' if per else ''}"
    return f"{number.replace('-', '−')} {s.label}" if s.label != "%" else f"{number.replace('-', '−')} %"


def certain(rows: pd.DataFrame) -> tuple[bool, bool]:
    """Whether the mean is above zero, or below it, at every point (its 90 % interval excludes zero)."""
    return bool((rows["low"] > 0).all()), bool((rows["high"] < 0).all())


def found_along(reading: Reading, factor: str, rows: pd.DataFrame, turns: list[Crossing]) -> str:
    """What a dose–response says: the best value, and where it breaks even."""
    s = scale_of(reading, rows)
    values, numbers = points_of(rows, factor)
    order = range(len(rows)) if numbers is None else [int(i) for i in numbers.argsort()]
    held = rows["value"].to_numpy(float)
    if not reading.baseline:
        first, last = order[0], order[-1]
        return (
            f"{reading.name}: {amount(reading, held[first], s)} at {value_words(factor, values[first])},"
            f" {amount(reading, held[last], s)} at {value_words(factor, values[last])}"
        )
    if len(rows) > 1 and (held == held[0]).all():
        return f"{reading.name} is {amount(reading, held[0], s)} at every value"
    best = max(order, key=lambda i: held[i] if math.isfinite(held[i]) else -math.inf)
    sentence = f"{reading.name} is largest at {value_words(factor, values[best])} ({amount(reading, held[best], s)})"
    always, never = certain(rows)
    if turns:
        sentence += ", breaks even at " + " and ".join(_turn(factor, turn) for turn in turns)
    elif always or never:
        sentence += f"; {'above' if always else 'below'} zero at every value"
    else:
        above, below = int((rows["low"] > 0).sum()), int((rows["high"] < 0).sum())
        known = [f"{word} zero at {n} of {len(rows)} values" for word, n in (("above", above), ("below", below)) if n]
        sentence += "; " + (", ".join(known) or "its sign cannot be told")
    return sentence


def at_the_edge(reading: Reading, factor: str, rows: pd.DataFrame) -> str:
    """One sentence if the best value is the first or the last of the numbers tried; otherwise nothing.

    Nothing either at a bound of the factor, beyond which there is nothing to try.
    """
    _, numbers = points_of(rows, factor)
    held = rows["value"].to_numpy(float)
    if numbers is None or len(numbers) < 3 or not reading.baseline or not math.isfinite(max(held)):
        return ""
    best = float(numbers[held.argmax()])
    if best not in (numbers.min(), numbers.max()) or (held == held[0]).all():
        return ""
    declared = known_paths()[path_of(column_of(factor))][1]
    if best in (declared.ge, declared.le):
        return ""
    end = "bottom" if best == numbers.min() else "top"
    return f"{reading.name} is largest at the {end} of the range ({value_words(factor, best)}): widen it"


def found_over(reading: Reading, across: str, up: str, rows: pd.DataFrame) -> str:
    """What a map of two factors says."""
    s = scale_of(reading, rows)
    best = rows["value"].idxmax()
    place = " and ".join(
        f"{short(factor)} {value_words(factor, points_of(rows.loc[[best]], factor)[0][0])}" for factor in (across, up)
    )
    sentence = f"{reading.name} is largest with {place} ({amount(reading, float(rows['value'][best]), s)})"
    always, never = certain(rows)
    if always or never:
        return f"{sentence}; {'above' if always else 'below'} zero everywhere"
    unsure = int(((rows["low"] <= 0) & (rows["high"] >= 0)).sum())
    if reading.baseline and unsure:
        sentence += f"; its sign cannot be told at {unsure} of {len(rows)} points"
    return sentence


def found_apart(reading: Reading, rows: Sequence[dict[str, Any]], s: Scale) -> str:
    """What a tornado says: the factor that moves the measure most."""
    if not rows:
        return "nothing varies"
    most = rows[0]
    return (
        f"{reading.name} hangs most on {label(most['factor'])}: {amount(reading, most['least'], s)} at"
        f" {most['least_at']}, {amount(reading, most['most'], s)} at {most['most_at']}"
    )


def swings(reading: Reading, variant: str) -> list[dict[str, Any]]:
    """One at a time: the least and the most that each factor makes of the measure, and where; the widest first."""
    found = []
    for factor in reading.factors:
        rows = reading.along(factor, variant)
        held = rows["value"].to_numpy(float)
        if not len(held) or np.isnan(held).all():
            continue
        values, _ = points_of(rows, factor)
        least, most = int(np.nanargmin(held)), int(np.nanargmax(held))
        found.append({
            "factor": factor, "least": float(held[least]), "most": float(held[most]),
            "least_at": value_words(factor, values[least]), "most_at": value_words(factor, values[most]),
        })  # fmt: skip
    return sorted(found, key=lambda row: row["least"] - row["most"])


def _turn(factor: str, turn: Crossing) -> str:
    text = value_words(factor, float(f"{turn.at:.3g}"))
    if math.isnan(turn.low):
        return text
    ends = [value_words(factor, float(f"{end:.3g}")) if math.isfinite(end) else "" for end in (turn.low, turn.high)]
    if not any(ends):
        return f"{text} (anywhere in the range)"
    if not all(ends):
        return f"{text} ({'from ' + ends[0] + ' on' if ends[0] else 'up to ' + ends[1]})"
    return f"{text} ({ends[0]} to {ends[1]})"
