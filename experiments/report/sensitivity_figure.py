"""The picture of a sensitivity analysis: the tornado, and beside it first and total indices of the same inputs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from experiments.report.amounts import Scale, number, plain
from experiments.report.figures import BASELINE, COLOURS, SETTINGS
from experiments.report.sensitivity_terminal import heading, measure_scale, points_told
from experiments.sensitivity.analysis import Sensitivity
from experiments.sensitivity.rows import Row, share_rows, tornado_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The end of a bar at the low and at the high end of an input, and the two indices.
ENDS = {"low": COLOURS[0], "high": COLOURS[1]}
FIRST, TOTAL = "#2F6F62", "#A9CFC4"


def sensitivity_picture(found: Sensitivity) -> Figure:
    """Draw the picture; `experiments.report.figures.save` writes it."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        return _draw(found)


def _draw(found: Sensitivity) -> Figure:
    from matplotlib.figure import Figure

    bars = tornado_rows(found)
    # Heights in inches, so that the texts above and below keep their places however many inputs there are.
    above, below, panels = 1.35, 1.75, max(1.6, 0.46 * len(bars))
    height = above + below + panels
    figure = Figure(figsize=(13.5, height))
    grid = figure.add_gridspec(
        1, 2, width_ratios=(1.35, 1.0), left=0.225, right=0.975, top=1 - above / height, bottom=below / height,
        wspace=0.13,
    )  # fmt: skip
    left = figure.add_subplot(grid[0])
    _tornado(left, found, bars, measure_scale(found, bars), panels)
    _shares(figure.add_subplot(grid[1]), found, bars, panels)
    figure.text(0.012, 1 - 0.36 / height, heading(found)[:1].upper() + heading(found)[1:], fontsize=15,
                fontweight="bold")  # fmt: skip
    caseload = found.inquiry.variant.caseload
    place = f"{caseload.title or caseload.name}: {caseload.households:,} households at the start"
    figure.text(0.012, 1 - 0.66 / height, place, fontsize=11, color="#333333")
    figure.text(0.012, 0.12 / height, _footnote(found), fontsize=8.5, color="#444444", linespacing=1.4)
    return figure


def _tornado(axes: Axes, found: Sensitivity, bars: list[Row], s: Scale, height: float) -> None:
    """The measure from one end of each input to the other; the value of the input stands at each end."""
    centre = float(found.centre.mean()) * s.factor
    for place, row in zip(range(len(bars))[::-1], bars, strict=True):
        away = {end: row[f"at_{end}"] * s.factor - centre for end in ("low", "high")}
        opposite = away["low"] * away["high"] < 0
        far, near = sorted(("low", "high"), key=lambda end: -abs(away[end]))
        for end in (far, near):
            # Where both ends lie on one side, the shorter bar is drawn thin on the longer one, and its number opposite.
            thick = 0.56 if opposite or end == far else 0.26
            axes.barh(place, away[end], left=centre, height=thick, color=ENDS[end], linewidth=0,
                      alpha=1.0 if row["differ"] else 0.45)  # fmt: skip
            right = away[end] > 0 if opposite or end == far else away[far] <= 0
            at = centre + (away[end] if opposite or end == far else 0.0)
            axes.annotate(plain(float(f"{row[end]:.4g}")), (at, place), xytext=(4 if right else -4, 0), va="center",
                          textcoords="offset points", ha="left" if right else "right", fontsize=8,
                          color=ENDS[end], zorder=5,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})  # fmt: skip
    axes.axvline(centre, color=BASELINE, linewidth=1)
    if found.inquiry.paired:
        axes.axvline(0, color="black", linewidth=1, linestyle=(0, (3, 2)))
    axes.set_yticks(range(len(bars))[::-1], [row["input"] for row in bars], fontsize=9)
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.use_sticky_edges = False  # room for the numbers beside the bars
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.set_xlabel(s.label)
    axes.set_title("One at a time, everything else at the reference", pad=10)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [Patch(color=ENDS["low"], label="at its low end"), Patch(color=ENDS["high"], label="at its high end"),
               Line2D([], [], color=BASELINE, linewidth=1, label="reference")]  # fmt: skip
    if found.inquiry.paired:
        handles.append(Line2D([], [], color="black", linewidth=1, linestyle=(0, (3, 2)), label="zero"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.52 / height), ncols=4, fontsize=8.5,
                frameon=False, handlelength=1.2, columnspacing=1.2)  # fmt: skip


def _shares(axes: Axes, found: Sensitivity, bars: list[Row], height: float) -> None:
    """First and total index of the same inputs, and the share that is only seeds."""
    shares = {row["input"]: row for row in share_rows(found)}
    for place, bar in zip(range(len(bars))[::-1], bars, strict=True):
        row = shares[bar["input"]]
        total, first = 100.0 * row["total"], 100.0 * row["first"]
        axes.barh(
            place + 0.16, total, height=0.3, color=TOTAL, linewidth=0, label=None if place else "with interactions"
        )
        axes.barh(place - 0.16, max(first, 0.0), height=0.3, color=FIRST, linewidth=0,
                  label=None if place else "by itself")  # fmt: skip
        for at, value, half in ((0.16, total, row["total_half"]), (-0.16, first, row["first_half"])):
            ends = [max(0.0, value - 100.0 * half), max(0.0, value + 100.0 * half)]
            axes.plot(ends, [place + at, place + at], color="black", linewidth=1)
    noise = 100.0 * found.shares.noise
    axes.axvline(noise, color=BASELINE, linewidth=1, linestyle=(0, (1, 1.5)), label=f"only seeds: {number(noise)} %")
    axes.set_yticks([])
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.set_xlim(0, min(102.0, axes.get_xlim()[1]))  # an interval may reach beyond what an index can be
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.set_xlabel("share of the variance")
    axes.set_title("All at once: shares of the variance", pad=10)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.52 / height), ncols=3, fontsize=8.5, frameon=False,
                handlelength=1.2, columnspacing=1.2)  # fmt: skip


def _footnote(found: Sensitivity) -> str:
    shown, varied = len(found.kept), len(found.inquiry.factors)
    text = (
        f"{points_told(found)} Of {varied:,} inputs that vary over their plausible ranges, evenly and independently,"
        f" screening left the {shown} shown; the others are at the reference. Numbers at the bars: values of the input."
        " Pale bars: both ends cannot be told apart (90 %). Whiskers: 90 % intervals of the indices. A total index may"
        " hold the share that is only seeds."
    )
    return textwrap.fill(text, 200)
