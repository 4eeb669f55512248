"""The picture of a trial: power against families, and what leaks between the arms."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.report.amounts import number
from experiments.report.figures import BASELINE, COLOURS, SETTINGS
from experiments.report.trial_words import TITLES, effect_scale, heading
from experiments.trial.asking import LEVEL, POWER
from experiments.trial.conducting import Conducted
from experiments.trial.rows import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Lines and marks of the two assignments.
LINES: dict[str, tuple[Any, str]] = {"family": ("-", "o"), "site": ((0, (4, 2)), "s")}


def trial_picture(found: Conducted, rows: Sequence[Row]) -> Figure:
    """Draw the picture; `experiments.report.figures.save` writes it."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        return _draw(found, rows)


def _draw(found: Conducted, rows: Sequence[Row]) -> Figure:
    from matplotlib.figure import Figure

    trial, count = found.trial, len(found.trial.outcomes)
    above, below, panel, gap = 1.1, 1.55, 2.9, 0.85
    height = above + below + count * panel + (count - 1) * gap
    figure = Figure(figsize=(12.5, height))
    grid = figure.add_gridspec(
        count, 2, width_ratios=(1.35, 1), left=0.065, right=0.98, top=1 - above / height, bottom=below / height,
        hspace=gap / panel, wspace=0.36,
    )  # fmt: skip
    for place, outcome in enumerate(trial.outcomes):
        mine = [row for row in rows if row["outcome"] == outcome]
        _power(figure.add_subplot(grid[place, 0]), found, mine, outcome)
        _bias(figure.add_subplot(grid[place, 1]), found, mine, rows, outcome)
    handles = _handles(found)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.055, 0.72 / height), ncols=len(handles),
                  fontsize=9, frameon=False, columnspacing=1.4)  # fmt: skip
    figure.text(0.012, 1 - 0.36 / height, f"A randomised trial of {trial.label}", fontsize=15, fontweight="bold")
    figure.text(0.012, 1 - 0.63 / height, heading(found), fontsize=10.5, color="#333333")
    note = (
        f"{len(found.vectors):,} runs of each size, each with a seed and draw of its own. Power: share of runs that"
        f" reject at {number(100 * LEVEL)} %, two-sided; bars: 90 % intervals. Spill-over: how far the trial's effect"
        " lies from that of opening the offer to all rather than to none, since those who are not drawn hear of"
        " departures, and those who are hear of fewer (number at the right; 90 % intervals of the mean, by draw)."
    )
    figure.text(0.012, 0.12 / height, textwrap.fill(note, 190), fontsize=8.5, color="#444444", linespacing=1.4)
    return figure


def _power(axes: Axes, found: Conducted, rows: Sequence[Row], outcome: str) -> None:
    for level in (LEVEL, POWER):
        axes.axhline(100 * level, color=BASELINE, linewidth=1, linestyle=(0, (1, 1.5)))
        axes.annotate(f"{number(100 * level)} %", (1, 100 * level), xycoords=("axes fraction", "data"), xytext=(-3, 3),
                      textcoords="offset points", ha="right", fontsize=8.5, color=BASELINE)  # fmt: skip
    sizes = sorted({row["families"] for row in rows})
    lines = [(way, months) for way in found.trial.by for months in found.trial.months]
    for place, (way, months) in enumerate(lines):
        mine = sorted((r for r in rows if (r["by"], r["months"]) == (way, months) and r["impossible"] < 1.0),
                      key=lambda row: row["families"])  # fmt: skip
        # Side by side, so that bars do not hide each other.
        beside = 1.0 + 0.018 * (place - (len(lines) - 1) / 2)
        at, power = [row["families"] * beside for row in mine], [100 * row["power"] for row in mine]
        off = [
            [100 * (r["power"] - r["power_low"]) for r in mine],
            [100 * (r["power_high"] - r["power"]) for r in mine],
        ]
        style, mark = LINES[way]
        axes.errorbar(at, power, yerr=off, color=_colour(found, months), linestyle=style, marker=mark, markersize=4,
                      linewidth=1.4, elinewidth=0.8, capsize=0)  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.margins(x=0.08)
    axes.set_ylim(0, 102)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.set_xlabel("families in the trial")
    axes.set_title(f"Power, {TITLES[outcome]}", pad=8)


def _bias(axes: Axes, found: Conducted, mine: Sequence[Row], rows: Sequence[Row], outcome: str) -> None:
    s = effect_scale(rows, outcome)
    most = max(found.trial.families)
    shown = [row for row in mine if row["families"] == most and not row["checked"]]
    axes.axvline(0, color=BASELINE, linewidth=1)
    for place, row in zip(range(len(shown))[::-1], shown, strict=True):
        truth = s.factor * row["truth"]
        low, value, high = (truth + s.factor * row[key] for key in ("bias_mean_low", "bias", "bias_mean_high"))
        colour, (_, mark) = _colour(found, row["months"]), LINES[row["by"]]
        axes.plot([low, high], [place, place], color=colour, linewidth=1.6)
        axes.plot(truth, place, marker=mark, markerfacecolor="none", markeredgecolor="black", markersize=9)
        axes.plot(value, place, marker=mark, color=colour, markersize=5)
        axes.annotate(s.difference(row["bias"]), (1, place), xycoords=("axes fraction", "data"), xytext=(-2, 0),
                      textcoords="offset points", ha="right", va="center", fontsize=9, color="#333333")  # fmt: skip
    axes.set_yticks(range(len(shown))[::-1], [f"by {row['by']}, {row['months']} months" for row in shown], fontsize=9)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.22 * (high - low))  # room for the numbers
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(s.difference_label)
    axes.set_title(f"Effect with spill-over (filled), and without: {most:,} families", pad=8, fontsize=10)


def _colour(found: Conducted, months: int) -> str:
    return COLOURS[found.trial.months.index(months) % len(COLOURS)]


def _handles(found: Conducted) -> list[object]:
    from matplotlib.lines import Line2D

    told: list[object] = [
        Line2D([], [], color=_colour(found, months), linewidth=2, label=f"{months} months")
        for months in found.trial.months
    ]
    told += [
        Line2D([], [], color="black", linestyle=LINES[way][0], marker=LINES[way][1], markersize=4, label=f"by {way}")
        for way in found.trial.by
    ]
    return told
