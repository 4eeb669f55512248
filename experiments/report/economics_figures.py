"""The pictures of an appraisal: costs against effects, acceptability by worth, and the value of information."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.economics.appraisal import Appraisal, Row
from experiments.economics.decision import acceptability, acceptability_frontier
from experiments.economics.groups import EVERYTHING
from experiments.economics.strategies import NON_DOMINATED
from experiments.report.amounts import scale
from experiments.report.economics_words import a_unit, telling, worth_told
from experiments.report.figures import BASELINE, COLOURS, SETTINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, DPI = 7.0, 300
#: Formats of each picture.
KINDS = ("png", "svg", "pdf")
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (4, 1.5, 1, 1.5)))
#: Text stays text in an SVG.
OWN: Any = {**SETTINGS, "svg.fonttype": "none", "font.size": 8.5, "axes.titlesize": 9.5}
#: Behind a text that may lie on dots.
PATCH: Any = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
#: Panels of the plane side by side, and most panels.
ACROSS, MOST_PANELS = 3, 9


def pictures(found: Appraisal, information: Sequence[Row]) -> dict[str, Figure]:
    """The pictures that an appraisal has, by name: curves need draws, bars need information."""
    from matplotlib import rc_context

    drawn: dict[str, Callable[[], Figure]] = {"plane": lambda: plane(found)}
    if found.uncertain:
        drawn["acceptability"] = lambda: curves(found)
    if information:
        drawn["information"] = lambda: bars(found, information)
    with rc_context(OWN):
        return {name: draw() for name, draw in drawn.items()}


def save(figure: Figure, path: Path) -> None:
    """Write a picture in the format that the file's name says, the same bytes every time."""
    from matplotlib import rc_context

    unstamped: dict[str, dict[str, Any]] = {
        ".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None},
    }  # fmt: skip
    with rc_context(OWN):
        figure.savefig(path, dpi=DPI, metadata=unstamped[path.suffix])


def plane(found: Appraisal) -> Figure:
    """Differences from the reference: a panel a strategy with its draws, or one panel of the means."""
    from matplotlib.figure import Figure

    others = [k for k in range(len(found.names)) if k != found.reference]
    if not found.uncertain or not others or len(others) > MOST_PANELS:
        return _means(found)
    across = min(ACROSS, len(others))
    down = math.ceil(len(others) / across)
    figure = Figure(figsize=(WIDTH, 2.5 * down + 1.1), layout="constrained")
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    cost, effect = (table - table[:, [found.reference]] for table in (found.cost, found.effect))
    s = _cost_scale(found, cost)
    for axes in panels.flat[len(others) :]:
        axes.set_visible(False)
    reach = [_reach(table[:, others]) for table in (effect, cost * s[0])]
    for axes, k, colour in zip(panels.flat, others, _colours(found), strict=False):
        _quadrants(axes, effect[:, k], cost[:, k] * s[0], colour)
        axes.set_xlim(*reach[0])
        axes.set_ylim(*reach[1])
        on_axis = float(((effect[:, k] == 0) | (cost[:, k] == 0)).mean())
        axes.set_title(textwrap.fill(found.names[k], 34))
        if on_axis >= 0.005:
            axes.annotate(f"{100 * on_axis:.0f} % on an axis", (0.5, 0), xycoords="axes fraction", xytext=(0, 4),
                          textcoords="offset points", ha="center", va="bottom", fontsize=7, color="#555555",
                          bbox=PATCH)  # fmt: skip
    figure.supxlabel(f"{found.terms.effect}{_in(found.terms.unit)}", fontsize=9)
    figure.supylabel(f"additional cost{_in(s[1])}", fontsize=9)
    figure.suptitle(
        f"Against {found.names[found.reference]}: cost and effect, a dot a draw; ring: mean", fontsize=10.5,
        fontweight="bold", x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _reach(values: np.ndarray) -> tuple[float, float]:
    """Limits of an axis that show all values, nought, and enough of both of its sides to write there."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = 0.25 * ((high - low) or 1.0)
    return min(low - room / 2, -room), max(high + room / 2, room)


def _quadrants(axes: Axes, effect: np.ndarray, cost: np.ndarray, colour: str) -> None:
    """The draws of one strategy, and the share of them in each quadrant; those on an axis are in none."""
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.scatter(effect, cost, s=7, color=colour, alpha=0.55, linewidth=0)
    axes.scatter(effect.mean(), cost.mean(), s=44, facecolor="white", edgecolor="black", linewidth=1.3, zorder=4)
    for right in (True, False):
        for up in (True, False):
            share = float((((effect > 0) if right else (effect < 0)) & ((cost > 0) if up else (cost < 0))).mean())
            axes.annotate(
                f"{100 * share:.0f} %", (float(right), float(up)), xycoords="axes fraction", fontsize=8,
                xytext=(-4 if right else 4, -4 if up else 4), textcoords="offset points",
                ha="right" if right else "left", va="top" if up else "bottom", color="#333333", bbox=PATCH,
            )  # fmt: skip
    axes.locator_params(nbins=4)
    axes.xaxis.set_major_formatter(_plain)
    axes.yaxis.set_major_formatter(_plain)


def _means(found: Appraisal) -> Figure:
    """Every strategy at its mean, and the frontier."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    axes = figure.add_subplot()
    s = _cost_scale(found, found.cost)
    on = [row for row in found.rows if row["status"] == NON_DOMINATED]
    axes.plot([row["effect"] for row in on], [row["cost"] * s[0] for row in on], color=COLOURS[0], linewidth=1.5,
              label="frontier", zorder=1)  # fmt: skip
    middle = np.mean([row["effect"] for row in found.rows])
    for row in found.rows:
        kept = row["status"] == NON_DOMINATED
        at = row["effect"], row["cost"] * s[0]
        axes.scatter(*at, s=34, color=COLOURS[0] if kept else "white", edgecolor=COLOURS[0] if kept else BASELINE,
                     linewidth=1.2, zorder=3)  # fmt: skip
        # Above the frontier on the right, below it on the left: it bends upwards.
        left = row["effect"] > middle
        axes.annotate(row["strategy"] + ("" if kept else f" ({row['status']})"), at, fontsize=8,
                      xytext=(-6, 5) if left else (7, -11 if kept else 5), textcoords="offset points",
                      ha="right" if left else "left",
                      color="black" if kept else BASELINE)  # fmt: skip
    axes.margins(0.12)
    axes.xaxis.set_major_formatter(_plain)
    axes.yaxis.set_major_formatter(_plain)
    axes.set_xlabel(f"{found.terms.effect}{_in(found.terms.unit)}")
    axes.set_ylabel(f"{textwrap.shorten(found.terms.cost, 60)}{_in(s[1])}")
    axes.set_title("Costs and effects (line: frontier; hollow: dominated)", pad=8)
    return figure


def curves(found: Appraisal) -> Figure:
    """Probability of being the best by worth, and along the thick line that of the strategy to choose."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    axes = figure.add_subplot()
    worths = found.curve
    probability = 100.0 * acceptability(found.cost, found.effect, worths)
    frontier = acceptability_frontier(found.cost, found.effect, worths)
    colours = iter(_colours(found))
    for k, name in enumerate(found.names):
        colour = BASELINE if k == found.reference else next(colours)
        axes.plot(worths, probability[:, k], color=colour, linestyle=STYLES[k % len(STYLES)], linewidth=1.6, label=name)
    # The frontier jumps where the choice changes: each stretch is a line of its own.
    ends = np.flatnonzero(np.diff(frontier.best)) + 1
    for position, stretch in enumerate(np.split(np.arange(len(worths)), ends)):
        told = None if position else "frontier: highest expected net benefit"
        axes.plot(worths[stretch], 100.0 * frontier.probability[stretch], color="black", alpha=0.28, linewidth=6,
                  solid_capstyle="butt", zorder=1, label=told)  # fmt: skip
    axes.set_ylim(-2, 102)
    axes.set_xlim(0, worths[-1])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.xaxis.set_major_formatter(lambda value, _: worth_told(float(f"{value:.6g}"), found.terms.currency))
    axes.set_xlabel(f"worth of {a_unit(found)}")
    axes.set_ylabel("probability of being the best")
    axes.set_title("Acceptability: how often each is the best, by what the effect is worth", pad=8)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def bars(found: Appraisal, information: Sequence[Row]) -> Figure:
    """Value of finding out each group of inputs, at the worth at which finding out is worth most."""
    from matplotlib.figure import Figure

    at = telling(found, information)
    here = sorted((row for row in information if row["worth"] == found.worths[at]),
                  key=lambda row: (row["group"] == EVERYTHING, row["evppi"]))  # fmt: skip
    labels = [*(row["group"] for row in here), "everything, chance included (EVPI)"]
    values = np.array([*(row["evppi"] for row in here), float(found.perfect[at])])
    s = _cost_scale(found, values)
    figure = Figure(figsize=(WIDTH, 0.3 * len(labels) + 1.3), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(labels))
    axes.barh(places, values * s[0], height=0.6, linewidth=0,
              color=[COLOURS[0] if row["group"] != EVERYTHING else "#004B78" for row in here] + [BASELINE])  # fmt: skip
    for place, row in zip(places, here, strict=False):
        ends = [max(0.0, row["evppi"] - row["standard_error"]), row["evppi"] + row["standard_error"]]
        first = place == 0
        axes.plot(np.array(ends) * s[0], [place, place], color="black", linewidth=1,
                  label="standard error either side" if first else None)  # fmt: skip
        axes.plot(row["held_out"] * s[0], place, marker="|", markersize=11, color=COLOURS[1], markeredgewidth=2,
                  linestyle="none", clip_on=False, zorder=5,
                  label="by draws held out (biased downwards)" if first else None)  # fmt: skip
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(_plain)
    axes.set_xlabel(f"value of information{_in(s[1])}")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    worth = worth_told(found.worths[at], found.terms.currency)
    figure.suptitle(f"What would be worth finding out, at {worth} a unit of {found.terms.effect}", fontsize=10,
                    fontweight="bold", x=0.01, ha="left")  # fmt: skip
    return figure


def _plain(value: float, _: object) -> str:
    return f"{value:,.6g}".replace("-", "−")


def _in(unit: str) -> str:
    return f", {unit}" if unit else ""


def _cost_scale(found: Appraisal, values: np.ndarray) -> tuple[float, str]:
    """What costs are multiplied by, and the unit that they then have."""
    if not found.terms.currency:
        return 1.0, ""
    s = scale("GBP", np.abs(values).ravel().tolist())
    return s.factor, s.label


def _colours(found: Appraisal) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(len(found.names))]
