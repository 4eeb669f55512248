"""The picture of a frontier: one goal against the other with named policies beside, and which levers lead there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from experiments.report.amounts import Scale, plain
from experiments.report.figures import BASELINE, COLOURS, SETTINGS
from experiments.report.frontier_terminal import column_of, lever_names, scale_of, shown
from experiments.search.frontier import Frontier
from experiments.search.goals import ROBUST
from experiments.search.rows import FELL_BACK, NAMED, ON_FRONTIER, Row, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FRONTIER, TRIED = COLOURS[0], "#c9d3d8"
MARKERS = ("D", "s", "^", "v", "P", "X")


def frontier_picture(found: Frontier) -> Figure:
    """Draw the picture; `experiments.report.figures.save` writes it."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        return _draw(found)


def _draw(found: Frontier) -> Figure:
    from matplotlib.figure import Figure

    sought, every = found.sought, rows(found)
    strips = len(sought.levers)
    height = max(7.2, 2.6 + 1.15 * strips)
    figure = Figure(figsize=(13.5, height))
    grid = figure.add_gridspec(
        strips, 2, width_ratios=(1.7, 1.0), left=0.075, right=0.975, top=1 - 1.25 / height, bottom=1.35 / height,
        wspace=0.3, hspace=0.32,
    )  # fmt: skip
    names = [goal.name for goal in sought.goals[:2]]
    columns = [column_of(name, sought.robust) for name in names]
    scales = [scale_of(name, every, column) for name, column in zip(names, columns, strict=True)]
    _goals(figure.add_subplot(grid[:, 0]), found, every, columns, scales)
    _levers([figure.add_subplot(grid[k, 1]) for k in range(strips)], found, every, columns[0], scales[0])
    labels = sought.question.labels
    title = " and ".join(goal.told for goal in sought.goals)
    figure.text(0.012, 1 - 0.38 / height, f"{title[:1].upper()}{title[1:]}: policies that no other beats",
                fontsize=15, fontweight="bold")  # fmt: skip
    people = sought.variant.caseload
    figure.text(
        0.012, 1 - 0.68 / height,
        f"Levers of {labels[1]}, against {labels[0]}. {people.title or people.name}: {people.households:,} households"
        f" at the start, {sought.variant.weeks:,} weeks", fontsize=11, color="#333333",
    )  # fmt: skip
    figure.text(0.012, 0.12 / height, _footnote(found), fontsize=8.5, color="#444444", linespacing=1.4)
    return figure


def _goals(axes: Axes, found: Frontier, every: list[Row], columns: list[str], scales: list[Scale]) -> None:
    """The first goal along, the second up; whiskers are 90 % intervals."""
    sought = found.sought
    tried = np.array([trial.scored.values[:2] for trial in found.trials])
    x, y = (tried[:, k] * s.factor for k, s in enumerate(scales))
    axes.scatter(x, y, s=9, color=TRIED, linewidth=0, label="tried (figures of the search)", zorder=1)
    short = {one.label for one in shown(found)}
    groups = (
        (ON_FRONTIER, FRONTIER, "o", 34, "on the frontier, on fresh seeds"),
        (FELL_BACK, "#8fb8d6", "o", 16, "fell back on fresh seeds"),
    )
    for status, colour, marker, size, label in groups:
        some = [row for row in every if row["status"] == status]
        if some:
            _points(axes, some, columns, scales, colour, marker, size, label, whiskers=status == ON_FRONTIER)
    for row in (row for row in every if row["policy"] in short):
        _label(axes, row, columns, scales, row["policy"], FRONTIER, small=True)
    for k, row in enumerate(row for row in every if row["status"] == NAMED):
        colour = COLOURS[1 + k % (len(COLOURS) - 1)]
        _points(axes, [row], columns, scales, colour, MARKERS[k % len(MARKERS)], 58, row["policy"], whiskers=True)
    axes.scatter([0], [0], marker="+", s=90, color=BASELINE, zorder=5, label=f"{sought.question.labels[0]} (baseline)")
    for line in (axes.axvline, axes.axhline):
        line(0, color=BASELINE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    for goal, s, name in zip(sought.goals, scales, ("x", "y"), strict=False):
        what = goal.measure.title if goal.measure.compared else f"additional {goal.measure.title}"
        arrow = ("→" if name == "x" else "↑") if goal.maximise else ("←" if name == "x" else "↓")
        getattr(axes, f"set_{name}label")(f"{what}, {s.difference_label} ({arrow} better)")
        getattr(axes, f"{name}axis").set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.set_title("What each policy comes to", pad=10)
    axes.legend(fontsize=8.5, frameon=True, framealpha=0.85, edgecolor="none", loc="best")


def _points(
    axes: Axes, some: list[Row], columns: list[str], scales: list[Scale], colour: str, marker: str, size: float,
    label: str, *, whiskers: bool,
) -> None:  # fmt: skip
    x, y = (np.array([row[column] * s.factor for row in some]) for column, s in zip(columns, scales, strict=True))
    if whiskers:
        off = [
            np.abs(
                [
                    [row[f"{column}{end}"] * s.factor - row[column] * s.factor for row in some]
                    for end in ("_low", "_high")
                ]
            )
            for column, s in zip(columns, scales, strict=True)
        ]
        axes.errorbar(x, y, xerr=off[0], yerr=off[1], fmt="none", ecolor=colour, elinewidth=0.8, alpha=0.4, zorder=2)
    axes.scatter(x, y, s=size, color=colour, marker=marker, edgecolor="white", linewidth=0.6, zorder=4, label=label)


def _label(
    axes: Axes, row: Row, columns: list[str], scales: list[Scale], text: str, colour: str, *, small: bool
) -> None:
    at = tuple(row[column] * s.factor for column, s in zip(columns, scales, strict=True))
    axes.annotate(text, (at[0], at[1]), xytext=(5, 5), textcoords="offset points", fontsize=8 if small else 9,
                  color=colour, zorder=6)  # fmt: skip


def _levers(panels: list[Axes], found: Frontier, every: list[Row], column: str, s: Scale) -> None:
    """The value of each lever along the frontier, against the first goal."""
    levers = found.sought.levers
    best = [row for row in every if row["status"] == ON_FRONTIER]
    named = [row for row in every if row["status"] == NAMED]
    for axes, lever, name in zip(panels, levers, lever_names(levers), strict=True):
        words = [plain(value) for value in lever.values]
        for k, row in enumerate((*best, *named)):
            values = {row[path] for path in lever.paths}
            value = values.pop()
            if values or (value is None and not words):
                continue  # a named policy that has no one value there
            if plain(value) not in words if words else not lever.low <= value <= lever.high:
                continue
            at = words.index(plain(value)) if words else float(value)
            beside = k - len(best)
            axes.scatter(
                row[column] * s.factor, at, s=34 if beside >= 0 else 20, zorder=3 if beside < 0 else 4, linewidth=0.5,
                color=FRONTIER if beside < 0 else COLOURS[1 + beside % (len(COLOURS) - 1)], edgecolor="white",
                marker="o" if beside < 0 else MARKERS[beside % len(MARKERS)],
            )  # fmt: skip
        axes.set_title(f"{name}, {lever.declared.unit}" if lever.declared.unit not in ("", "1") else name, fontsize=9,
                       pad=3)  # fmt: skip
        axes.tick_params(labelsize=8)
        if words:
            axes.set_yticks(range(len(words)), words)
            axes.set_ylim(-0.5, len(words) - 0.5)
        else:
            room = 0.06 * (lever.high - lever.low)
            axes.set_ylim(lever.low - room, lever.high + room)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
            axes.locator_params(axis="y", nbins=4)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
        axes.sharex(panels[0])
        if axes is not panels[-1]:
            axes.tick_params(labelbottom=False)
    goal = found.sought.goals[0]
    what = goal.measure.title if goal.measure.compared else f"additional {goal.measure.title}"
    panels[-1].set_xlabel(f"{what}, {s.difference_label}")


def _footnote(found: Frontier) -> str:
    sought = found.sought
    limits = f" Limits: {', '.join(map(str, sought.limits))}." if sought.limits else ""
    draws = ", each a draw of the posterior," if sought.question.uncertainty == "parameters" else ""
    text = (
        f"{len(found.trials):,} policies tried over {sought.replicates:,} runs each{draws} paired with the baseline;"
        f" those that none beat ({found.left:,}) run again on {sought.final:,} fresh seeds, which alone are shown"
        f" ({ROBUST[sought.robust]}; whiskers: 90 % interval).{limits} Grey points are the search's own figures and"
        " partly lucky. Right: how the levers of the frontier are set; a range in which points lie everywhere does not"
        " matter, or cannot be told."
    )
    return textwrap.fill(text, 200)
