"""The picture of a comparison: who left and when, what changed in the public account, what happened to people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.compare.comparing import Comparison
from experiments.compare.paired import WITH_PULL, by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import financial_year, pounds, scale
from experiments.report.notes import Row, behind, title
from experiments.statistics.intervals import PERCENTILES, vector_means

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers (Okabe and Ito); the baseline is grey.
BASELINE = "#4d4d4d"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)))

#: Parts of a saving by where it comes from, and their colours.
PARTS = {
    ("support of people who left", "#88A9C3"): ("saving_departures",),
    ("out of contact, protected or settled", "#C9D6DF"): ("saving_out_of_contact", "saving_settled"),
    ("support withdrawn, other housing", "#5F7F8C"): ("saving_withdrawn", "saving_housing"),
    ("offers, travel, help, advice", "#E3B23C"): ("saving_offers",),
    ("enforcement, detention", "#A65E5E"): ("saving_enforcement",),
    ("casework, appeals", "#9A8FBF"): ("saving_casework",),
    ("arrivals", "#6B6B6B"): ("saving_arrivals",),
}
#: What happened to people: the panels on the right.
PEOPLE = ("departures", "child_years_in_limbo", "destitution_weeks")
#: Ends of a whisker.
WHISKER = ("difference_run_p05", "difference_run_p95")

SETTINGS: Any = {
    "font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#888888", "axes.labelcolor": "#333333",
    "xtick.color": "#333333", "ytick.color": "#333333", "svg.hashsalt": "household-returns",
    "font.family": ["DejaVu Sans"],
}  # fmt: skip


def picture(comparison: Comparison, rows: Sequence[Row]) -> Figure:
    """Draw the picture; `save` writes it."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        return draw(comparison, rows)


def save(figure: Figure, path: Path) -> None:
    """Write the picture in the format that the file's name says, the same bytes every time."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        unstamped = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, dpi=160, metadata=unstamped)


def draw(comparison: Comparison, rows: Sequence[Row]) -> Figure:
    """The picture, as a figure of matplotlib."""
    from matplotlib.figure import Figure

    whole = [row for row in rows if not row["group"]]
    q = comparison.question
    count = len(q.variants)
    # Heights in inches, so that the texts above and below keep their places however many variants there are.
    panels, above, below = max(4.2, 1.35 * count), 1.25, 1.7
    height = panels + above + below
    figure = Figure(figsize=(14.5, height))
    outer = figure.add_gridspec(
        1, 3, width_ratios=(0.9, 1.05, 1.12), left=0.045, right=0.985, top=1 - above / height, bottom=below / height,
        wspace=0.16,
    )  # fmt: skip
    left = outer[0].subgridspec(count, 1, hspace=0.14)
    _departed([figure.add_subplot(left[position]) for position in range(count)], comparison)
    _account(figure.add_subplot(outer[1]), comparison, whole, panels)
    # The names of the variants need room to the left of the panels.
    inner = outer[2].subgridspec(len(PEOPLE), 2, hspace=1.05, width_ratios=(0.3, 1))
    for position, name in enumerate(PEOPLE):
        _people(figure.add_subplot(inner[position, 1]), comparison, whole, name)
    weight = comparison.runs[0].weight
    sample = "" if weight == 1 else f" ({comparison.runs[0].households:,} simulated)"
    head = f"{', '.join(q.variants)} against {q.labels[0]}"
    if len(head) > 110:
        head = f"{len(q.variants)} policies against {_short(q.labels[0])}"
    figure.text(0.012, 1 - 0.36 / height, head, fontsize=15, fontweight="bold")
    place = f"{q.caseload.title or q.caseload.name}: {q.caseload.households:,} households at the start{sample}"
    figure.text(0.012, 1 - 0.64 / height, place, fontsize=11, color="#333333")
    figure.text(0.012, 0.12 / height, _footnote(comparison), fontsize=8.5, color="#444444", linespacing=1.4)
    return figure


def _departed(panels: Sequence[Axes], comparison: Comparison) -> None:
    """Share of the households there at the start that has left, by week: a panel a variant, the baseline in each."""
    weeks = np.arange(1, comparison.question.weeks + 1)
    bands = [np.percentile(100.0 * runs.departed, PERCENTILES, axis=0) for runs in comparison.runs]
    means = [100.0 * vector_means(runs.departed, comparison.vectors).mean(axis=0) for runs in comparison.runs]
    top = max(1.0, 1.12 * max(float(p95.max()) for _, p95 in bands))
    for position, axes in enumerate(panels, 1):
        told = []
        for k in (0, position):
            colour, label = _colour(k), comparison.runs[k].label
            axes.fill_between(weeks, *bands[k], color=colour, alpha=0.16, linewidth=0)
            axes.plot(weeks, means[k], color=colour, linestyle=_style(k), linewidth=2.2)
            which = "" if k else " (baseline)"
            told.append((f"{_short(label)}{which}  {means[k][-1]:.1f} %", colour))
        for line, (text, colour) in enumerate(reversed(told)):
            axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(6, -4 - 12 * line), color=colour, va="top",
                          textcoords="offset points", fontsize=8.5, fontweight="bold")  # fmt: skip
        axes.set_xlim(0, weeks[-1])
        axes.set_ylim(0, top)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
        axes.locator_params(axis="y", nbins=4)
        axes.tick_params(labelsize=8.5)
        _time(axes, int(weeks[-1]), labelled=position == len(panels))
    panels[0].set_title("Households that have left\nof those there at the start", pad=10)


def _time(axes: Axes, weeks: int, *, labelled: bool) -> None:
    """Ticks in years for a long horizon, in weeks for a short one."""
    years = weeks >= 104
    if years:
        ticks = np.arange(0, weeks + 1, 52 * max(1, round(weeks / 52 / 6)))
        axes.set_xticks(ticks, [f"{tick // 52}" for tick in ticks])
    if labelled:
        axes.set_xlabel("years since the start" if years else "weeks since the start")
    else:
        axes.tick_params(labelbottom=False)


def _account(axes: Axes, comparison: Comparison, rows: Sequence[Row], height: float) -> None:
    """Change of the account against the baseline, by where it comes from: spending to the right, saving to the left.

    `height` of the axes is in inches, as the margin that the legend goes into.
    """
    found = by_measure([row for row in rows if not row["group"]], "variant")
    changes = {
        told: -np.array([[row["mean"] for row in found[name]] for name in names]).sum(axis=0)
        for told, names in PARTS.items()
    }
    wanted = ("cost_npv", "net_saving_npv", f"net_saving_npv{WITH_PULL}")
    cost, savings, pulled = ({row["variant"]: row for row in found[name]} for name in wanted)
    extent = [abs(row[key]) for row in cost.values() for key in WHISKER]
    s = scale("GBP", [*extent, *(abs(v).max(initial=0.0) for v in changes.values())])
    right, left = np.zeros(len(cost)), np.zeros(len(cost))
    places = np.arange(len(cost))[::-1]
    for (told, colour), values in changes.items():
        shown = values * s.factor
        if not np.abs(values).max(initial=0.0) > 1.0:  # less than a pound is rounding
            continue
        start = np.where(shown >= 0, right, left)
        axes.barh(places, shown, left=start, height=0.36, color=colour, label=told, edgecolor="white", linewidth=0.6)
        right, left = right + np.maximum(shown, 0), left + np.minimum(shown, 0)
    for place, (label, row) in zip(places, cost.items(), strict=True):
        net, *whisker = (row[key] * s.factor for key in ("difference", *WHISKER))
        axes.plot(whisker, [place, place], color="black", linewidth=1.4, zorder=3)
        axes.plot(net, place, "o", color="white", markeredgecolor="black", markersize=7, zorder=4)
        with_pull, central = pulled[label], savings[label]
        here: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
        axes.annotate(f"{_short(label)} {_net(central)}", (0, place + 0.36), xytext=(2, 0), fontsize=9.5,
                      fontweight="bold", color=_colour(len(cost) - place), **here)  # fmt: skip
        axes.annotate(f"with the pull factor on, {_net(with_pull)}", (0, place - 0.31), xytext=(2, 0), fontsize=8.5,
                      color="#333333", **here)  # fmt: skip
    axes.axvline(0, color="#333333", linewidth=1)
    axes.set_ylim(-0.5, len(cost) - 0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.06)
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.set_xlabel(f"◄ less   cost of support and return, {s.label}, discounted   more ►")
    axes.set_title(f"What changes in the public account\nagainst {comparison.question.labels[0]}", pad=10)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.55 / height), ncols=3, fontsize=8.5, frameon=False,
                    handlelength=1.0, columnspacing=1.0)  # fmt: skip
    else:
        axes.set_xlim(-1, 1)


def _people(axes: Axes, comparison: Comparison, rows: Sequence[Row], name: str) -> None:
    """Difference of one measure from the baseline: dot and interval a variant."""
    found = [row for row in rows if row["measure"] == name and row["role"] == "variant"]
    places = np.arange(len(found))[::-1]
    for position, (place, row) in enumerate(zip(places, found, strict=True), 1):
        colour = _colour(position)
        axes.plot([row[key] for key in WHISKER], [place, place], color=colour, linewidth=2.4, solid_capstyle="round")
        axes.plot(row["difference"], place, "o", color=colour, markersize=7)
    axes.axvline(0, color=BASELINE, linewidth=1)
    if not any(row[key] for row in found for key in (*WHISKER, "difference")):
        axes.set_xlim(-1, 1)
    axes.set_yticks(places, [_short(row["variant"]) for row in found], fontsize=8.5)
    for tick, position in zip(axes.get_yticklabels(), range(1, len(found) + 1), strict=True):
        tick.set_color(_colour(position))
    axes.set_ylim(-0.6, len(found) - 0.4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+,.6g}" if value else "0")
    axes.tick_params(axis="x", labelsize=8.5)
    base = next(row for row in rows if row["measure"] == name and row["role"] == "baseline")
    s = scale(base["unit"], [base["mean"]])
    unit = "" if base["unit"] in title(name) else f" {base['unit']}"
    axes.set_title(f"{title(name).capitalize()}", pad=4, fontsize=10)
    axes.set_xlabel(f"change against {s.value(base['mean'])}{unit}", fontsize=8.5, labelpad=2)


# ---- words and colours ------------------------------------------------------------------------------


def _footnote(comparison: Comparison) -> str:
    q = comparison.question
    (elasticity,) = PULL_ON.values()
    varies = "chance and fitted parameters vary" if q.uncertainty == "parameters" else "chance varies"
    world = q.caseload.world
    text = (
        f"{behind(comparison)} under each policy, the same seeds ({varies}). Lines, bars and dots are means;"
        " bands and whiskers run from the 5th to the 95th percentile (run_p05 to run_p95), of the runs (left) and of"
        f" their paired differences (middle, right). Prices of {financial_year(world.price_year)}, discounted at"
        f" {100 * world.discount_rate:.4g} % a year over {q.weeks:,} weeks. Arrivals respond to the offer with"
        f" elasticity {world.pull_elasticity:g}; “pull factor on”: {elasticity:g}, the upper bound in the evidence."
        " Most behavioural inputs are assumed or fitted, not measured: read the intervals, and the list of assumptions,"
        " before the dots."
    )
    return textwrap.fill(text, 215)


def _colour(position: int) -> str:
    return BASELINE if position == 0 else COLOURS[(position - 1) % len(COLOURS)]


def _style(position: int) -> Any:
    return STYLES[(position - 1) // len(COLOURS) % len(STYLES)] if position else "-"


def _short(label: str) -> str:
    return label if len(label) <= 22 else f"…{label[-21:]}"


def _net(saving: Row) -> str:
    """What a net saving comes to on average, or that the average cannot be told from nothing."""
    value = saving["mean"]
    if not value or saving["mean_low"] <= 0 <= saving["mean_high"]:
        return "costs about the same"
    return f"{'saves' if value > 0 else 'costs'} {pounds(abs(value))}"
