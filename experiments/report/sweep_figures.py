"""The natural figure of a sweep: a dose–response with its break-even, a map of two levers, or a tornado.

Seven inches wide, as journals print them; the title says what was found.
"""

from __future__ import annotations

import io
import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.report.amounts import Scale, financial_year
from experiments.report.figures import BASELINE, COLOURS, SETTINGS
from experiments.report.sweep_maps import heat_maps
from experiments.report.sweep_reading import Reading, column_of, label, points_of, value_words
from experiments.report.sweep_words import LINE_HEIGHT, found_along, found_apart, scale_of, swings, title_lines
from experiments.statistics.crossing import Crossing
from experiments.storing.store import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches; dots an inch; and what a sweep leaves in its folder.
WIDTH, DPI = 7.0, 300
FILES = ("figure.png", "figure.svg", "figure.pdf")
#: Text stays text in SVG and PDF; a name with a dollar sign is not read as a formula.
OWN_SETTINGS: Any = {
    **SETTINGS, "font.size": 8, "axes.titlesize": 9, "svg.fonttype": "none", "pdf.fonttype": 42,
    "text.parse_math": False, "hatch.linewidth": 0.5,
}  # fmt: skip
#: Bars of a tornado.
MOST_BARS = 20


def sweep_figure(reading: Reading, x: str | None = None, y: str | None = None) -> Figure | None:
    """Draw a sweep; None where nothing is natural and nothing was asked for.

    Parameters
    ----------
    x, y
        Factors of the axes.  Without them: one factor gives a dose–response, two of a grid a map, one at a time a
        tornado.
    """
    from matplotlib import rc_context

    if x is None and reading.method != "one-at-a-time" and reading.method == "grid" and len(reading.factors) in (1, 2):
        x, y = reading.factors[0], y or (reading.factors[1] if len(reading.factors) == 2 else None)
    with rc_context(OWN_SETTINGS):
        if x is not None and y is not None:
            return _framed(reading, *heat_maps(reading, x, y))
        if x is not None:
            return _framed(reading, *_dose_response(reading, x))
        if reading.method == "one-at-a-time":
            return _framed(reading, *_tornado(reading))
    return None


def write_figure(figure: Figure, paths: list[Path]) -> None:
    """Write a figure under each name, in the format that it says: the same bytes every time, whole or not at all."""
    from matplotlib import rc_context

    for path in paths:
        kind = path.suffix.removeprefix(".")
        stamps = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
        content = io.BytesIO()
        with rc_context(OWN_SETTINGS):
            figure.savefig(content, format=kind, dpi=DPI, metadata=stamps.get(kind))
        write_whole(path, content.getvalue())


def _framed(reading: Reading, figure: Figure, lines: list[str], note: str) -> Figure:
    """Title above and footnote below a figure whose panels leave room for both."""
    height = figure.get_figheight()
    figure.text(0.012, 1 - 0.08 / height, "\n".join(lines), fontsize=10, fontweight="bold", va="top")
    figure.text(0.012, 0.06 / height, textwrap.fill(f"{note} {_behind(reading)}", 138), fontsize=6.5, color="#444444",
                va="bottom", linespacing=1.35)  # fmt: skip
    return figure


def _behind(reading: Reading) -> str:
    """What stands behind the figure."""
    runs, vectors = int(reading.rows["runs"].max()), int(reading.rows["vectors"].max())
    design = reading.design
    against = f" against {reading.baseline}, the same seeds" if reading.baseline else ""
    of = f", {vectors:,} parameter vectors" if vectors > 1 else ""
    from abm.scenarios.scenario import load_caseload

    try:
        year = f" Prices of {financial_year(load_caseload(design['caseload']).world.price_year)}."
    except ValueError:  # a caseload of the sweep's own that is no longer there
        year = ""
    return (
        f"{design['caseload']}, {design['weeks']:,} weeks; {runs:,} run{'s' * (runs > 1)} a point{of}{against}."
        f"{year if 'GBP' in reading.unit else ''} Most behavioural inputs are assumed or fitted, not measured."
    )


# ---- dose–response ----------------------------------------------------------------------------------


def _dose_response(reading: Reading, factor: str) -> tuple[Figure, list[str], str]:
    """The measure along a factor, a line a variant; beside money, the departures that it buys."""
    from matplotlib.figure import Figure

    beside = reading.other("departures") if reading.baseline and "GBP" in reading.unit else None
    turns = {variant: reading.break_even(factor, variant) for variant in reading.variants}
    lines = title_lines([
        (variant, found_along(reading, factor, reading.along(factor, variant), turns[variant]))
        for variant in reading.variants
    ])  # fmt: skip
    above, below = 0.42 + LINE_HEIGHT * len(lines), 1.1
    height = above + below + 2.4
    figure = Figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(1, 2 if beside else 1, left=0.1, right=0.97, bottom=below / height,
                               top=1 - above / height, wspace=0.28,
                               width_ratios=(1.2, 1) if beside else (1,))  # fmt: skip
    for place, shown in enumerate([reading, *([beside] if beside else [])]):
        axes = figure.add_subplot(grid[place])
        s = scale_of(shown, shown.rows)
        for position, variant in enumerate(reading.variants):
            _curve(axes, shown, factor, variant, position, s)
        axes.set_title(f"{_capital(shown.name)}, {s.label}", pad=6, fontsize=8.5)
        if place == 0:
            _turns(axes, turns)
            if len(reading.variants) > 1:
                axes.legend(fontsize=7, frameon=False, loc="best")
    note = "Lines are means; dark bands 90 % intervals of the mean, pale ones 5th to 95th percentile of the runs."
    if any(turns.values()):
        note += " Thick piece of the zero line: 90 % interval of the break-even, interpolated between the points."
    return figure, lines, note


def _turns(axes: Axes, turns: dict[str, list[Crossing]]) -> None:
    """Each break-even on the line of zero, with its interval."""
    edges = axes.get_xlim()
    for position, found in enumerate(turns.values()):
        for turn in found:
            ends = [end if np.isfinite(end) else edge for end, edge in zip(turn[1:3], edges, strict=True)]
            axes.plot(ends, [0, 0], color=_colour(position), linewidth=4, alpha=0.45, solid_capstyle="butt", zorder=4)
            axes.plot(turn.at, 0, "|", color=_colour(position), markersize=11, markeredgewidth=1.8, zorder=5)
    axes.set_xlim(edges)


def _curve(axes: Axes, reading: Reading, factor: str, variant: str, position: int, s: Scale) -> None:
    rows, colour = reading.along(factor, variant), _colour(position)
    values, numbers = points_of(rows, factor)
    places = np.arange(len(rows), dtype=float) if numbers is None else numbers
    order = np.argsort(places, kind="stable")
    held = {name: rows[name].to_numpy(float)[order] * s.factor for name in ("value", "low", "high", "p05", "p95")}
    places = places[order]
    if numbers is None:
        shift = places + 0.08 * position
        axes.vlines(shift, held["p05"], held["p95"], color=colour, alpha=0.35, linewidth=1.2)
        axes.vlines(shift, held["low"], held["high"], color=colour, linewidth=3)
        axes.plot(shift, held["value"], "o", color=colour, label=variant, markersize=5)
        axes.set_xticks(places, [value_words(factor, values[int(i)]) for i in order])
    else:
        axes.fill_between(places, held["p05"], held["p95"], color=colour, alpha=0.12, linewidth=0)
        axes.fill_between(places, held["low"], held["high"], color=colour, alpha=0.30, linewidth=0)
        axes.plot(places, held["value"], "o-", color=colour, label=variant, markersize=3.5, linewidth=1.5)
        axes.xaxis.set_major_formatter(lambda value, _: value_words(factor, float(value)))
        axes.locator_params(axis="x", nbins=5)
    if reading.baseline:
        axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set_xlabel(textwrap.fill(label(factor), 44))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "−"))


# ---- tornado ----------------------------------------------------------------------------------------


def _tornado(reading: Reading) -> tuple[Figure, list[str], str]:
    """One at a time: from the least to the most that each factor makes of the measure, the widest on top."""
    from matplotlib.figure import Figure

    variants = reading.variants
    shown = {variant: swings(reading, variant)[:MOST_BARS] for variant in variants}
    s = scale_of(reading, reading.rows)
    lines = title_lines([(variant, found_apart(reading, rows, s)) for variant, rows in shown.items()])
    panels = max(0.8, 0.27 * max(len(rows) for rows in shown.values()))
    several = len(variants) > 1
    above, below, between = 0.25 + LINE_HEIGHT * len(lines) + 0.2 * several, 0.95, 0.75
    height = above + below + len(variants) * panels + (len(variants) - 1) * between
    figure = Figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(len(variants), 1, left=0.33, right=0.95, top=1 - above / height, bottom=below / height,
                               hspace=between / panels)  # fmt: skip
    for position, variant in enumerate(variants):
        axes = figure.add_subplot(grid[position])
        base = reading.rows[(reading.rows["variant"] == variant) & (reading.rows["factor"] == "")]
        centre = float(base["value"].iloc[0]) * s.factor if len(base) else math.nan
        _bars(axes, shown[variant], centre, s)
        if reading.baseline:
            axes.axvline(0, color="black", linewidth=0.8, linestyle=(0, (3, 2)))
        axes.set_xlabel(f"{reading.name}, {s.label}")
        if several:
            axes.set_title(variant)
    note = "Each factor over its values by itself, the others as they are (grey line). Numbers: values of the factor."
    return figure, lines, note


def _bars(axes: Axes, rows: list[dict[str, Any]], centre: float, s: Scale) -> None:
    for place, row in zip(range(len(rows))[::-1], rows, strict=True):
        least, most = row["least"] * s.factor, row["most"] * s.factor
        for start, end, colour in ((least, min(centre, most), COLOURS[1]), (max(centre, least), most, COLOURS[0])):
            if end > start:
                axes.barh(place, end - start, left=start, height=0.6, color=colour, linewidth=0)
        for at, words, side in ((least, row["least_at"], -1), (most, row["most_at"], 1)):
            axes.annotate(words, (at, place), xytext=(3 * side, 0), textcoords="offset points", va="center",
                          ha="left" if side > 0 else "right", fontsize=6.5, color="#333333")  # fmt: skip
    axes.axvline(centre, color=BASELINE, linewidth=1)
    axes.set_yticks(range(len(rows))[::-1], [textwrap.fill(column_of(row["factor"]), 36) for row in rows], fontsize=7)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.use_sticky_edges = False
    axes.margins(x=0.14)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "−"))


def _colour(position: int) -> str:
    return COLOURS[position % len(COLOURS)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
