"""The picture of a discovery: how much of each range a box takes, and the points over its two main inputs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from experiments.report.amounts import plain, scale
from experiments.report.discovery_terminal import heading, percent
from experiments.report.figures import BASELINE, COLOURS, SETTINGS
from experiments.search.boxes import Box
from experiments.search.discovered import limit_of
from experiments.search.discovery import Discovery

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAILS, MEETS = COLOURS[1], "#a9c7dc"


def discovery_picture(found: Discovery) -> Figure:
    """Draw the picture; `experiments.report.figures.save` writes it."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        return _draw(found)


def _draw(found: Discovery) -> Figure:
    from matplotlib.figure import Figure

    bars = sum(len(box.columns) + 1 for box in found.boxes)
    above, below, panels = 1.35, 1.45, max(4.6, 0.5 * bars)
    height = above + below + panels
    figure = Figure(figsize=(13.5, height))
    grid = figure.add_gridspec(
        1, 2, width_ratios=(1.2, 1.0), left=0.235, right=0.975, top=1 - above / height, bottom=below / height,
        wspace=0.42,
    )  # fmt: skip
    _ranges(figure.add_subplot(grid[0]), found)
    _points(figure.add_subplot(grid[1]), found)
    figure.text(0.012, 1 - 0.38 / height, heading(found), fontsize=15, fontweight="bold")
    people, weeks = found.doubt.inquiry.variant.caseload, found.doubt.inquiry.variant.weeks
    place = f"{people.title or people.name}: {people.households:,} households at the start, {weeks:,} weeks"
    figure.text(0.012, 1 - 0.68 / height, place, fontsize=11, color="#333333")
    figure.text(0.012, 0.12 / height, _footnote(found), fontsize=8.5, color="#444444", linespacing=1.4)
    return figure


def _ranges(axes: Axes, found: Discovery) -> None:
    """The whole range of each input that a box restricts, and the part of it that lies in the box."""
    factors, own = found.doubt.inquiry.factors, found.doubt.inquiry.own
    place, places, names = 0.0, [], []
    for k, box in enumerate(found.boxes):
        told = box.tested
        words = f"Box {k + 1}: {percent(told.coverage)} of all failures; {percent(told.density)} in it fail"
        axes.text(0.0, place - 0.02, words, fontsize=9.5, fontweight="bold", va="center")
        place -= 0.85
        for column in box.columns:
            factor = factors[column]
            span = factor.high - factor.low
            low, high = _sides(found, box, column)
            ends = [(end - factor.low) / span for end in (low, high)]
            axes.barh(place, 1.0, height=0.34, color="#e6e9eb", linewidth=0)
            axes.barh(place, ends[1] - ends[0], left=ends[0], height=0.34, color=FAILS, linewidth=0)
            reference = own[factor.path]
            if reference is not None and factor.low <= reference <= factor.high:
                axes.plot(
                    [(reference - factor.low) / span] * 2, [place - 0.24, place + 0.24], color="black", linewidth=1.3
                )
            for at, end, edge in ((ends[0], low, factor.low), (ends[1], high, factor.high)):
                if end != edge:
                    axes.text(at, place + 0.2, plain(end), fontsize=8, ha="center", va="bottom", color=FAILS)
            axes.text(0.0, place - 0.2, plain(factor.low), fontsize=7.5, ha="left", va="top", color="#555555")
            axes.text(1.0, place - 0.2, plain(factor.high), fontsize=7.5, ha="right", va="top", color="#555555")
            places.append(place)
            names.append(factor.path)
            place -= 1.0
        place -= 0.15
    axes.set_yticks(places, names, fontsize=9)
    axes.set_ylim(min(place + 0.4, -3.0), 0.5)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title("Where it fails: part of each plausible range (black: reference)", pad=10)
    if not found.boxes:
        axes.text(0.5, -1.2, "no box", ha="center", color="#555555")


def _sides(found: Discovery, box: Box, column: int) -> tuple[float, float]:
    factor = found.doubt.inquiry.factors[column]
    sides = {one.upper: limit_of(found, one) for one in box.restrictions if one.column == column}
    return sides.get(False, factor.low), sides.get(True, factor.high)


def _points(axes: Axes, found: Discovery) -> None:
    """The points the box was not found with, over its two main inputs (or over one, and the measure)."""
    from matplotlib.patches import Rectangle

    inquiry = found.doubt.inquiry
    x, fails, means = (some[found.half :] for some in (found.x, found.fails, found.means))
    columns = found.boxes[0].columns[:2] if found.boxes else ()
    if not columns:
        axes.set_axis_off()
        return
    across = columns[0]
    s = scale(inquiry.measure.unit, means.tolist())
    up = x[:, columns[1]] if len(columns) > 1 else means * s.factor
    for flag, colour, label in ((False, MEETS, "meets the goal"), (True, FAILS, "fails")):
        axes.scatter(
            x[fails == flag, across], up[fails == flag], s=13, color=colour, linewidth=0, alpha=0.8, label=label
        )
    low, high = _sides(found, found.boxes[0], across)
    bottom, top = (
        _sides(found, found.boxes[0], columns[1]) if len(columns) > 1 else (float(np.min(up)), float(np.max(up)))
    )
    axes.add_patch(Rectangle((low, bottom), high - low, top - bottom, fill=False, edgecolor="black", linewidth=1.3))
    first = inquiry.factors[across]
    axes.set_xlabel(_named(first.path, first.declared.unit))
    if len(columns) > 1:
        second = inquiry.factors[columns[1]]
        axes.set_ylabel(_named(second.path, second.declared.unit))
    else:
        axes.axhline(found.doubt.bound * s.factor, color=BASELINE, linewidth=1, linestyle=(0, (3, 2)))
        axes.set_ylabel(f"{inquiry.measure.title}, {s.label}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_title("Box 1 on points it was not found with", pad=26)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, fontsize=8.5, frameon=False, handletextpad=0.2)


def _named(path: str, unit: str) -> str:
    return f"{path}, {unit}" if unit not in ("", "1") else path


def _footnote(found: Discovery) -> str:
    inquiry = found.doubt.inquiry
    text = (
        f"{len(inquiry.factors):,} inputs vary evenly and independently over their plausible ranges, at"
        f" {len(found.x):,} points, each the mean of {inquiry.replicates} seeds; it fails at {percent(found.base_rate)}"
        f" of them, and at {percent(found.divided)} some seeds fail and some do not. Boxes by PRIM from one half of"
        " the points; coverage and density on the other half. Shares of worlds are not probabilities."
    )
    return textwrap.fill(text, 200)
