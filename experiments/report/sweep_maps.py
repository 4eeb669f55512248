"""A map of two factors: the measure at each pair of values, where its sign turns, and where it cannot be told."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.report.amounts import Scale
from experiments.report.sweep_reading import Reading, column_of, label, points_of, value_words
from experiments.report.sweep_words import LINE_HEIGHT, found_over, scale_of, title_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.statistics.intervals import Array

#: Diverging, told apart by colour-blind readers; brown is below zero.
COLOURS_OF_SIGN, COLOURS_OF_LEVEL = "BrBG", "viridis"
#: Cells with more columns than this bear no numbers.
MOST_NUMBERS = 12
#: How bright red, green and blue are, so that numbers stand out.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def heat_maps(reading: Reading, across: str, up: str) -> tuple[Figure, list[str], str]:
    """A map a variant, with the contour of zero and hatching where the 90 % interval of the mean holds zero."""
    from matplotlib.figure import Figure

    variants = reading.variants
    maps = [_grid(reading, across, up, variant) for variant in variants]
    s = scale_of(reading, reading.rows)
    most = max((float(np.nanmax(np.abs(held["value"]))) for _, _, held in maps if held["value"].size), default=0.0)
    panel = max(1.5, 0.3 * max(len(rows) for _, rows, _ in maps) + 0.3)
    lines = title_lines([
        (variant, found_over(reading, across, up, reading.over(across, up, variant))) for variant in variants
    ])  # fmt: skip
    above, below, between = 0.25 + LINE_HEIGHT * len(lines) + 0.2 * (len(variants) > 1), 1.05, 0.85
    height = above + below + len(variants) * panel + (len(variants) - 1) * between
    figure = Figure(figsize=(7.0, height))
    grid = figure.add_gridspec(len(variants), 1, left=0.16, right=0.9, top=1 - above / height, bottom=below / height,
                               hspace=between / panel)  # fmt: skip
    for position, (variant, (columns, rows, held)) in enumerate(zip(variants, maps, strict=True)):
        axes = figure.add_subplot(grid[position])
        image = _map(axes, held, s, most * s.factor if reading.baseline else None)
        axes.set_xticks(range(len(columns)), [value_words(across, value) for value in columns])
        axes.set_yticks(range(len(rows)), [value_words(up, value) for value in rows])
        axes.set_xlabel(label(across))
        axes.set_ylabel(textwrap.fill(label(up), 24))
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.set_label(f"{reading.name}, {s.label}", fontsize=7)
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "−"))
        if len(variants) > 1:
            axes.set_title(variant)
    note = ""
    if reading.baseline:
        note = "Hatched: the 90 % interval of the mean holds zero. Black line: zero, interpolated between the points."
    if len(reading.factors) > 2:
        note += " Means over the values of the other factors."
    return figure, lines, note


def _grid(reading: Reading, across: str, up: str, variant: str) -> tuple[list[Any], list[Any], dict[str, Array]]:
    """Values of both factors, numbers in their order, and what was found, shape (up, across)."""
    rows = reading.over(across, up, variant)
    axes: list[list[Any]] = []
    for factor in (across, up):
        values, numbers = points_of(rows.drop_duplicates(column_of(factor)), factor)
        known = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        rest = [value for value in values if value not in known or isinstance(value, bool)]
        axes.append(sorted(known) + rest if numbers is None else sorted(values))
    columns, lines = axes
    held = {name: np.full((len(lines), len(columns)), np.nan) for name in ("value", "low", "high")}
    at = [points_of(rows, factor)[0] for factor in (across, up)]
    for k, (x, y) in enumerate(zip(*at, strict=True)):
        for name, found in held.items():
            found[lines.index(y), columns.index(x)] = rows[name].iloc[k]
    return columns, lines, held


def _map(axes: Axes, held: dict[str, Array], s: Scale, most: float | None) -> Any:
    """Colours, numbers, hatching, and the contour of zero."""
    values = held["value"] * s.factor
    ends: dict[str, Any] = {"vmin": -most, "vmax": most} if most else {}
    image = axes.imshow(values, origin="lower", aspect="auto", cmap=COLOURS_OF_SIGN if most else COLOURS_OF_LEVEL,
                        **ends)  # fmt: skip
    if most:
        unsure = (held["low"] <= 0) & (held["high"] >= 0)
        for row, column in np.argwhere(unsure):
            axes.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, facecolor="none",
                              edgecolor="#555555", hatch="////", linewidth=0)  # fmt: skip
        if min(values.shape) > 1 and np.nanmin(values) < 0 < np.nanmax(values):
            axes.contour(values, levels=[0.0], colors="black", linewidths=1.6)
    if values.shape[1] <= MOST_NUMBERS:
        fills = np.asarray(image.to_rgba(values))
        for (row, column), value in np.ndenumerate(held["value"]):
            if np.isfinite(value):
                colour = "black" if fills[row, column, :3] @ LUMINANCE > 0.45 else "white"
                box = {"facecolor": fills[row, column], "edgecolor": "none", "pad": 1.0}
                axes.text(column, row, s.value(value).replace("-", "−"), ha="center", va="center", fontsize=6.5,
                          color=colour, bbox=box)  # fmt: skip
    axes.spines[["top", "right"]].set_visible(True)
    return image
