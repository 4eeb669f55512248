"""The figures of a comparison: differences, the saving with and without the pull factor, and who has left by when."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.compare.comparing import Comparison
from experiments.compare.further import TOLD_OF
from experiments.compare.paired import WITH_PULL, by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import pounds, scale
from experiments.report.figures import BASELINE, SETTINGS, WIDTH, Picture, looks
from experiments.report.first_screen import in_short
from experiments.report.names import named, names_of
from experiments.report.notes import Row, behind, title
from experiments.report.verdict import IN_ALL, findings, horizon
from experiments.statistics.intervals import PERCENTILES, vector_means

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Measures whose differences the first figure shows: people and money.
DIFFERENCES = (
    "return_rate_12m", "departures", "net_saving_npv", "offer_spend", "child_years_in_limbo", "destitution_weeks",
)  # fmt: skip
#: Ends of a line: percentiles of the runs.
WHISKER = ("difference_run_p05", "difference_run_p95")
#: How many times larger what the pull factor makes of savings must be for the axis to bend.
BENDS = 5.0
#: Sizes of letters.
SMALL, MIDDLE, LARGE = 7, 8, 10
#: Letters of the title in a line, and of a name beside a panel.
ACROSS, BESIDE = 88, 24


def pictures(comparison: Comparison, rows: Sequence[Row]) -> dict[str, Picture]:
    """The three figures, by the name of their files."""
    from matplotlib import rc_context

    whole = [row for row in rows if not row["group"]]
    with rc_context(SETTINGS | {"font.size": MIDDLE}):
        return {
            "differences": _differences(comparison, whole),
            "pull-factor": _pull_factor(comparison, whole),
            "departures": _departures(comparison),
        }


# ---- differences ------------------------------------------------------------------------------------


def _differences(comparison: Comparison, rows: Sequence[Row]) -> Picture:
    """A panel a measure: each policy's mean difference, and percentiles of the runs."""
    found, names = by_measure(rows), names_of(comparison.question)
    lines = [len(textwrap.wrap(name, BESIDE)) for name in names[1:]]
    panel = 0.35 + sum(0.17 * max(1.6, count) for count in lines)
    figure, top = _page(3 * panel + 2 * 0.66, finding := _money_told(comparison), _caption(comparison, "Dots"))
    grid = figure.add_gridspec(3, 2, left=0.225, right=0.97, top=top, bottom=0.42 / figure.get_figheight(),
                               hspace=0.66 / panel, wspace=0.1)  # fmt: skip
    told = []
    for k, name in enumerate(DIFFERENCES):
        axes = figure.add_subplot(grid[k // 2, k % 2])
        told.append(_forest(axes, comparison, found[name], lines, named_here=k % 2 == 0))
    alt = f"Six panels, one a measure; in each a dot and a line for each policy. {' '.join(told)}"
    return Picture(figure, finding, alt)


def _forest(axes: Axes, comparison: Comparison, rows: Sequence[Row], lines: Sequence[int], *, named_here: bool) -> str:
    """One measure; what it shows is given back in words."""
    names, name = names_of(comparison.question), rows[0]["measure"]
    base, variants = rows[0], [row for row in rows if row["role"] == "variant"]
    s = scale(rows[0]["unit"], [row[key] for row in variants for key in ("difference", *WHISKER)])
    heights = np.maximum(1.6, lines)
    places = -(np.cumsum(heights) - heights / 2)
    told = []
    for place, row, (colour, mark), who in zip(places, variants, looks(comparison.question), names[1:], strict=True):
        low, high = (row[key] * s.factor for key in WHISKER)
        axes.plot([low, high], [place, place], color=colour, linewidth=1.8, solid_capstyle="round")
        axes.plot(row["difference"] * s.factor, place, mark, color=colour, markersize=5)
        between = s.difference_interval(row["difference_run_p05"], row["difference_run_p95"])
        told.append(f"{who} {s.difference(row['difference'])} {between}".rstrip())
    axes.axvline(0, color=BASELINE, linewidth=0.8, zorder=0)
    axes.set_ylim(-heights.sum(), 0)
    axes.set_yticks(places, [textwrap.fill(who, BESIDE) for who in names[1:]] if named_here else [""] * len(places))
    axes.tick_params(axis="y", length=0, labelsize=SMALL)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.spines["left"].set_visible(False)
    _ticks(axes, nothing=not any(row[key] for row in variants for key in (*WHISKER, "difference")))
    unit = s.difference_label
    heading = title(name) if unit in title(name) else f"{title(name)}, {unit}"
    axes.set_title(f"{heading[:1].upper()}{heading[1:]}", fontsize=MIDDLE, pad=3)
    if not TOLD_OF[name].compared:
        level = f"{s.value(base['mean'])}{' %' if s.label == '%' else ''}"
        axes.set_xlabel(f"change from {level}", fontsize=SMALL, labelpad=1, color="#555555")
    return f"{heading}: {'; '.join(told)}."


# ---- the pull factor --------------------------------------------------------------------------------


def _pull_factor(comparison: Comparison, rows: Sequence[Row]) -> Picture:
    """A line a policy from its saving without the pull factor to that with it, on one axis."""
    found, names = by_measure(rows, "variant"), names_of(comparison.question)
    off, on = found["net_saving_npv"], found[f"net_saving_npv{WITH_PULL}"]
    (elasticity,) = PULL_ON.values()
    turned = [one.name for one in findings(comparison) if one.turns]
    count = f"{len(turned)} of {len(names) - 1} policies" if len(names) > 2 else f"“{names[1]}”"
    finding = (
        f"If offers draw arrivals, the sign of the saving turns for {count}"
        if turned
        else "If offers draw arrivals, the sign of no saving turns"
    )
    most, least = (max((abs(row["mean"]) for row in held), default=0.0) for held in (on, off))
    bent = most > BENDS * least > 0
    linear = 10.0 ** math.floor(math.log10(most)) / 10.0 if bent else 0.0
    words = f" The axis is logarithmic beyond ±{in_short(linear)}." if bent else ""
    caption = (
        f"Net saving over {horizon(comparison.question.weeks)} against “{names[0]}”. Hollow: pull factor off; filled:"
        f" on (elasticity of arrivals {elasticity:g}, the upper bound in the evidence). Lines: 5–95 % of"
        f" {behind(comparison)}.{words}"
    )
    figure, top = _page(0.25 + 0.55 * len(off), finding, caption)
    axes = figure.add_axes((0.225, 0.42 / figure.get_figheight(), 0.735, top - 0.42 / figure.get_figheight()))
    told = []
    for place, (who, one, other, (colour, mark)) in enumerate(zip(names[1:], off, on, looks(comparison.question),
                                                                  strict=True)):  # fmt: skip
        y = -place
        axes.plot([one["mean"], other["mean"]], [y, y], color=colour, linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=1)
        for row, lift, face in ((one, 0.13, "white"), (other, -0.13, colour)):
            axes.plot([row[key] for key in WHISKER], [y + lift] * 2, color=colour, linewidth=1.6, zorder=2)
            axes.plot(row["mean"], y + lift, mark, color=colour, markerfacecolor=face, markersize=5.5, zorder=3)
            axes.annotate(_money(row["mean"]), (row["mean"], y + lift), xytext=(0, 5 if lift > 0 else -5), ha="center",
                          textcoords="offset points", va="bottom" if lift > 0 else "top", fontsize=SMALL)  # fmt: skip
        told.append(f"{who} {_money(one['mean'])} without and {_money(other['mean'])} with the pull factor.")
    if bent:
        axes.set_xscale("symlog", linthresh=linear, linscale=0.8)
        _powers(axes, linear, most)
    else:
        _ticks(axes, nothing=most == 0.0)
    axes.xaxis.set_major_formatter(lambda value, _: _money(value).replace(".0", ""))
    axes.axvline(0, color=BASELINE, linewidth=0.8, zorder=0)
    axes.set_yticks(-np.arange(len(off)), [textwrap.fill(who, BESIDE) for who in names[1:]])
    axes.set_ylim(-len(off) + 0.42, 0.58)
    axes.tick_params(axis="y", length=0, labelsize=SMALL)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("◄ costs     saves ►", fontsize=SMALL)
    return Picture(figure, finding, f"Two dots a policy on one axis of net saving. {' '.join(told)}")


def _powers(axes: Axes, linear: float, most: float) -> None:
    """Ticks at powers of ten on both sides, as far as there is something."""
    low, high = axes.get_xlim()
    sizes = linear * 10.0 ** np.arange(0, 1 + math.ceil(math.log10(most / linear)))
    axes.set_xticks([value for value in (*-sizes[::-1], 0.0, *sizes) if low <= value <= high])
    axes.minorticks_off()


def _money(value: float) -> str:
    """An amount with its sign; a real minus."""
    return f"{'−' if value < 0 else '+'}{pounds(abs(value))}" if value else "0"


# ---- departures -------------------------------------------------------------------------------------


def _departures(comparison: Comparison) -> Picture:
    """How many more of those there at the start have left, by week: a panel a policy."""
    q, names = comparison.question, names_of(comparison.question)
    count = len(q.variants)
    across = 2 if count in (2, 4) else min(count, 3)
    down = -(-count // across)
    here = q.caseload.households
    more = [(runs.departed - comparison.runs[0].departed) * here for runs in comparison.runs[1:]]
    ends = [float(vector_means(values, comparison.vectors).mean(axis=0)[-1]) for values in more]
    between = f"{_count(min(ends))} to {_count(max(ends))}" if count > 1 else _count(ends[0])
    finding = f"After {horizon(q.weeks)}, {between} of the first {here:,} households have left beyond the baseline"
    names_high = max(len(textwrap.wrap(name, 84 // across)) for name in names[1:])
    panel, between_panels = 1.6, 0.3 + 0.13 * names_high
    inside = down * panel + (down - 1) * between_panels + 0.13 * (names_high - 1)
    figure, top = _page(inside, finding, _caption(comparison, "Curves"))
    height = figure.get_figheight()
    grid = figure.add_gridspec(
        down, across, left=0.075, right=0.97, top=top - 0.13 * (names_high - 1) / height, bottom=0.42 / height,
        hspace=between_panels / panel, wspace=0.14,
    )  # fmt: skip
    weeks = np.arange(1, q.weeks + 1)
    bands = [np.percentile(values, PERCENTILES, axis=0) for values in more]
    low, high = min(0.0, *(b.min() for b in bands)), max(0.0, *(b.max() for b in bands))
    margin = 0.06 * (high - low) or 1.0
    told = []
    for k, (values, band, who, (colour, _)) in enumerate(zip(more, bands, names[1:], looks(q), strict=True)):
        axes = figure.add_subplot(grid[k // across, k % across])
        axes.fill_between(weeks, *band, color=colour, alpha=0.2, linewidth=0)
        axes.plot(weeks, vector_means(values, comparison.vectors).mean(axis=0), color=colour, linewidth=1.8)
        axes.axhline(0, color=BASELINE, linewidth=0.8, zorder=0)
        axes.set_xlim(0, weeks[-1])
        axes.set_ylim(low - margin, high + margin)
        axes.set_title(textwrap.fill(who, 84 // across), fontsize=MIDDLE, pad=3)
        axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:+,.6g}".replace("-", "−") if value else "0")
        axes.tick_params(labelsize=SMALL, labelleft=k % across == 0)
        _time(axes, q.weeks, labelled=k + across >= count)
        told.append(f"{who}: {_count(ends[k])} [{_count(band[0][-1])}, {_count(band[1][-1])}] at the end.")
    alt = f"A panel a policy: households that have left beyond those under the baseline, by week. {' '.join(told)}"
    return Picture(figure, finding, alt)


def _count(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−") if abs(value) >= 10 else f"{value:+.1f}".replace("-", "−")


def _time(axes: Axes, weeks: int, *, labelled: bool) -> None:
    """Ticks in years for a long horizon, in weeks for a short one."""
    years = weeks >= 104
    if years:
        ticks = np.arange(0, weeks + 1, 52 * max(1, round(weeks / 52 / 6)))
        axes.set_xticks(ticks, [f"{tick // 52}" for tick in ticks])
    if labelled:
        axes.set_xlabel("years since the start" if years else "weeks since the start", fontsize=SMALL)
    else:
        axes.tick_params(labelbottom=False)


# ---- the page around them ---------------------------------------------------------------------------


def _page(inside: float, finding: str, caption: str) -> tuple[Figure, float]:
    """A figure with its title and a line on how to read it; and where the top of its panels is."""
    from matplotlib.figure import Figure

    heading, below = textwrap.fill(finding, ACROSS), textwrap.fill(caption, 124)
    head = 0.12 + 0.17 * (1 + heading.count("\n"))
    above = head + 0.08 + 0.125 * (1 + below.count("\n")) + 0.32
    height = above + inside + 0.42
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.012, 1 - 0.1 / height, heading, fontsize=LARGE, fontweight="bold", va="top")
    figure.text(0.012, 1 - (head + 0.06) / height, below, fontsize=SMALL, color="#444444", va="top", linespacing=1.25)
    return figure, 1 - above / height


def _caption(comparison: Comparison, marks: str) -> str:
    q = comparison.question
    spread = "bands" if marks == "Curves" else "lines"
    return (
        f"Difference from “{names_of(q)[0]}”. {marks}: mean of {behind(comparison)}; {spread}: 5–95 % of the paired"
        f" runs. {q.caseload.title or q.caseload.name},"
        f" {q.caseload.households:,} households at the start; {horizon(q.weeks)}."
    )


def _money_told(comparison: Comparison) -> str:
    """How many policies save and how many cost, as a title."""
    found, q = findings(comparison), comparison.question
    if len(found) == 1:
        (one,) = found
        if one.effect == "none":
            return f"“{one.name}” changes the cost in no run"
        if one.effect == "unclear":
            return f"“{one.name}” may save or cost ({_money(one.saving)} on average)"
        return f"“{one.name}” {one.effect} {pounds(abs(one.saving))} over {horizon(q.weeks)}"
    groups = [
        f"{count} {words}" for effect, words in IN_ALL.items() if (count := sum(one.effect == effect for one in found))
    ]
    of = f"settings of “{named(q)}”" if q.varied else "policies"
    if len(groups) == 1:
        return f"All {len(found)} {of} {groups[0].partition(' ')[2]} over {horizon(q.weeks)}"
    told = f"{', '.join(groups[:-1])} and {groups[-1]}"
    return f"Of {len(found)} {of}, over {horizon(q.weeks)}, {told}"


def _ticks(axes: Axes, *, nothing: bool) -> None:
    """A few ticks with signs."""
    if nothing:
        axes.set_xlim(-1, 1)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+,.6g}".replace("-", "−") if value else "0")
