"""The first table of a comparison: the baseline's levels once, and how each policy differs, in about a dozen rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abm.measures import MEASURES
from experiments.compare.comparing import Comparison
from experiments.compare.further import AT_LEAST
from experiments.compare.paired import CHANCE, WITH_PULL, by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE, number, pounds
from experiments.report.names import names_of
from experiments.report.notes import Row, is_nought
from experiments.report.verdict import findings

#: Marks a saving whose sign turns with the pull factor on.
TURNS = "!!"
#: Measures whose difference from the baseline is shown, with a short name and a unit; money stands among them.
PEOPLE: dict[str, tuple[str, str, bool]] = {
    "return_rate_12m": ("leave within 12 months", "%", True),
    "departures": ("departures", "", False),
}
ANYWAY = "deadweight"
STAYING: dict[str, tuple[str, str, bool]] = {
    "child_years_in_limbo": ("child-years in limbo", "", False),
    "destitution_weeks": ("weeks without support", "", False),
    "absconded_share": ("ever out of contact", "%", True),
    "removals": ("removals", "", False),
    "children_removed": ("children removed", "", False),
    "unsafe_returns": ("returns to an unsafe country", "", False),
}
#: Names of what is nought everywhere, in one sentence.
NOUGHT = {
    "removals": "removals", "children_removed": "children removed", "unsafe_returns": "returns to an unsafe country",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A figure: its mean, the percentiles of the runs (or another interval), and a mark behind it."""

    mean: str
    interval: str = ""
    mark: str = ""
    strong: bool = False

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(part for part in (self.mean, self.interval, self.mark) if part)


@dataclass(frozen=True)
class Line:
    """A row of the table: what it tells, the baseline's level, and a cell a policy.

    Where there is no room beside the mean, a minor one is shown without its interval.
    """

    label: str
    base: str
    cells: tuple[Cell, ...]
    minor: bool = False


@dataclass(frozen=True)
class Screen:
    """The table with its words.

    Attributes
    ----------
    caption
        What is compared with what, and what the brackets are.
    names
        The baseline first.
    lines
        Rows, in order.
    nought
        One sentence on what is nought under every policy; may be empty.
    legend
        What marks mean.
    """

    caption: str
    names: tuple[str, ...]
    lines: tuple[Line, ...]
    nought: str
    legend: str


def first_screen(comparison: Comparison, rows: Sequence[Row]) -> Screen:
    """The first table of a comparison.

    Parameters
    ----------
    rows
        As `experiments.compare.paired.rows` gives them.
    """
    found = by_measure([row for row in rows if not row["group"]])
    names = names_of(comparison.question)
    nought = [words for name, words in NOUGHT.items() if is_nought(found[name])]
    lines = [
        *(_differing(found[name], *told) for name, told in PEOPLE.items()),
        *_money(comparison, rows),
        *(_differing(found[name], *told) for name, told in STAYING.items() if not is_nought(found[name])),
    ]
    turned = any(one.turns for one in findings(comparison))
    return Screen(
        caption=(
            f"Change against “{names[0]}”: mean [5–95 % of {comparison.replicates:,} paired runs]"
        ),
        names=names,
        lines=tuple(lines),
        nought=f"None under any policy: {', '.join(nought)}." if nought else "",
        legend=f"{TURNS} the sign of the saving turns." if turned else "",
    )  # fmt: skip


# ---- the rows ---------------------------------------------------------------------------------------


def _money(comparison: Comparison, rows: Sequence[Row]) -> Iterator[Line]:
    """The saving, the chance of it, and what it hangs on: the pull factor, the money, who would go anyway."""
    (elasticity,) = PULL_ON.values()
    whole = [row for row in rows if not row["group"]]
    found = by_measure(whole, "variant")
    cost = next(row["mean"] for row in whole if row["measure"] == "cost_npv" and row["role"] == "baseline")
    yield _differing(found["net_saving_npv"], "net saving", base=f"of {pounds(cost)}")
    yield _chances(found[CHANCE], "  runs that save, %")
    amount = comparison.question.at_least
    if amount is not None:
        asked = [row for row in rows if row["group"] == AT_LEAST.format(amount)]
        yield _chances(asked, f"  that save {in_short(amount)} or more, %")
    pulled = _differing(found[f"net_saving_npv{WITH_PULL}"], f"  pull factor on ({elasticity:g})")
    turns = [one.turns for one in findings(comparison)]
    marked = (replace(c, mark=TURNS if turned else "") for c, turned in zip(pulled.cells, turns, strict=True))
    yield replace(pulled, cells=tuple(marked))
    control = found["net_saving_without_money"]
    if any(row["defined"] for row in control):
        yield _differing(control, "  without the money", minor=True)
    ratio = found["break_even_offer"]
    if any(row["defined"] for row in ratio):
        yield _ratios(ratio, "pays for itself up to")
    anyway = by_measure(whole)[ANYWAY]
    if any(row["defined"] for row in anyway) and not is_nought(anyway):
        yield _differing(anyway, "paid to who go anyway", minor=True)


def _differing(rows: Sequence[Row], label: str, unit: str = "", minor: bool = False, *, base: str = "") -> Line:
    """The baseline's level, and each policy's difference from it with the percentiles of the runs."""
    keys = ("difference", "difference_run_p05", "difference_run_p95")
    variants = [row for row in rows if row["role"] == "variant"]
    levels = [row["mean"] for row in rows if row["role"] == "baseline" and row["measure"] in (*MEASURES, ANYWAY)]
    factor, sign = _factor(rows[0]["unit"], [row[key] for row in variants for key in keys] + levels)
    told = sign or unit
    cells = []
    for row in variants:
        mean, low, high = (row[key] * factor for key in keys)
        interval = "" if math.isnan(low) or low == high else f"[{brief(low)}, {brief(high)}]"
        cells.append(Cell(brief(mean, signed=True), interval, strong=low > 0 or high < 0))
    level = base or (brief(levels[0] * factor) if levels else "")
    return Line(f"{label}, {told}" if told else label, level, tuple(cells), minor)


def _chances(rows: Sequence[Row], label: str) -> Line:
    """Shares of runs with their Monte-Carlo standard error."""
    cells = []
    for row in rows:
        error = row["standard_error"]
        sure = f" ± {brief(100 * error)}" if error > 0 else ""
        cells.append(Cell(NONE if math.isnan(row["mean"]) else brief(100 * row["mean"]) + sure))
    return Line(label, "", tuple(cells), minor=True)


def _ratios(rows: Sequence[Row], label: str) -> Line:
    """Ratios of means with their 90 % interval, in round brackets: it is of the mean, not of the runs."""
    keys = ("mean", "mean_low", "mean_high")
    factor, sign = _factor(rows[0]["unit"], [row[key] for row in rows for key in keys])
    cells = []
    for row in rows:
        mean, low, high = (row[key] * factor for key in keys)
        interval = "" if math.isnan(low) else f"({brief(low)}, {brief(high)})"
        cells.append(Cell(row["words"] or brief(mean), interval))
    return Line(f"{label}, {sign}", "", tuple(cells), minor=True)


def _factor(unit: str, values: Sequence[float]) -> tuple[float, str]:
    """What values of a unit are multiplied by, and what they are then: £m, thousands."""
    if unit == "share":
        return 100.0, ""
    most = max((abs(value) for value in values if not math.isnan(value)), default=0.0)
    if not unit.startswith("GBP"):
        return (1e-3, "thousands") if most >= 1e6 else (1.0, "")
    return next(
        ((1 / size, sign) for size, sign in ((1e9, "£bn"), (1e6, "£m"), (1e3, "£k")) if most >= size), (1.0, "£")
    )


def in_short(amount: float) -> str:
    """A round amount of money without needless digits: £5m, £250k."""
    return re.sub(r"\.0(?=[a-z])", "", pounds(amount))


def brief(value: float, *, signed: bool = False) -> str:
    """A number with one decimal below ten, and none above."""
    return number(value, 0 if abs(value) >= 9.95 else 1, signed=signed)
