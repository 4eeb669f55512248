"""A sensitivity analysis as text for a terminal: what the answer hangs on, and what it does not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.report.amounts import Scale, number, plain, pounds, scale
from experiments.report.terminal import fits
from experiments.sensitivity.analysis import Sensitivity
from experiments.sensitivity.rows import Row, screening_rows, share_rows, tornado_rows, turn_rows
from experiments.statistics.intervals import spread

#: Characters of a bar of the tornado, and names of left-out inputs that are written out.
WIDTH, NAMED = 28, 12


def show_sensitivity(console: Console, found: Sensitivity, files: Sequence[str] = ()) -> None:
    """Print an analysis: what was asked, shares of variance, tornado, turns, and what was left out.

    Parameters
    ----------
    files
        Lines that say where the files are.
    """
    bars = tornado_rows(found)
    s = measure_scale(found, bars)
    for line in _header(found, s):
        console.print(line)
    console.print()
    _shares(console, found, s)
    console.print()
    _tornado(console, found, bars, s)
    for line in _turns(found):
        console.print(line)
    console.print()
    for line in _closing(found, s):
        console.print(line)
    for text in files:
        console.print(text)


def measure_scale(found: Sensitivity, bars: Sequence[Row]) -> Scale:
    """The scale that suits every value of the measure that is written."""
    ends = [row[key] for row in bars for key in ("at_low", "at_high")]
    return scale(found.inquiry.measure.unit, [*ends, float(found.centre.mean())], ends)


def amount(value: float, s: Scale) -> str:
    """One value by itself, with its unit."""
    if s.label.startswith("£"):
        return ("-" if value < 0 else "") + pounds(abs(value)) + s.label.lstrip("£kmbn")
    return f"{s.value(value)} {s.label}"


def heading(found: Sensitivity) -> str:
    """Of which measure and policies the analysis is."""
    inquiry = found.inquiry
    if not inquiry.paired:
        return f"{inquiry.measure.title}: {inquiry.labels[-1]}"
    what = inquiry.measure.title if inquiry.measure.compared else f"difference in {inquiry.measure.title}"
    return f"{what}: {inquiry.labels[-1]} against {inquiry.labels[0]}"


def points_told(found: Sensitivity) -> str:
    """How many points, seeds and runs stand behind an analysis, in one sentence."""
    inquiry = found.inquiry
    return (
        f"{inquiry.variant.weeks:,} weeks. Screening: {inquiry.trajectories:,} trajectories, {found.screening.points:,}"
        f" points; shares of variance: {inquiry.points:,} base points, {found.shares.points:,} points; each the mean of"
        f" {inquiry.replicates:,} seeds from {inquiry.seed}, the same everywhere. Reference, ends and turns:"
        f" {inquiry.at_ends:,} seeds. {found.runs:,} runs in all."
    )


def turn_told(row: Row) -> str:
    """One sentence on a turn of the sign."""
    way = "from below zero to above" if row["rises"] else "from above zero to below"
    value, low, high = (plain(_short(row[key])) for key in ("value", "from_value", "to_value"))
    unit = "" if row["unit"] in ("", "1") else f" {row['unit']}"
    noise = (
        f"outside Monte-Carlo noise: the sign is certain (90 %) below {low} and above {high}"
        if row["outside_noise"]
        else "within Monte-Carlo noise: the sign at the ends cannot be told from zero (90 %)"
    )
    return f"The sign turns when {row['input']} passes {value}{unit} (reference {plain(row['own'])}), {way}; {noise}."


# ---- parts ------------------------------------------------------------------------------------------


def _header(found: Sensitivity, s: Scale) -> Iterator[Text]:
    inquiry, case = found.inquiry, found.inquiry.variant
    at = spread(found.centre)
    yield Text("What the answer hangs on", style="bold")
    yield Text(heading(found), style="bold")
    told = f" – {case.caseload.title}" if case.caseload.title else ""
    yield Text(
        f"Caseload {case.caseload.name}{told}: {case.caseload.households:,} households, {case.size:,} simulated."
    )
    yield Text(points_told(found))
    for setting in inquiry.settings:
        yield Text(f"Set: {setting}", style="yellow")
    interval = f" ({amount(at.mean_low, s)}, {amount(at.mean_high, s)})" if at.mean_low < at.mean_high else ""
    yield Text.assemble(
        "At the reference: ", (amount(at.mean, s), "bold"), f"{interval}; the 90 % interval is over seeds."
    )
    yield Text(
        f"{len(inquiry.factors):,} inputs vary, evenly over their plausible ranges and independently of each other."
        " The reference has the one fitted behaviour; fitted coefficients vary like all others, whether or not the"
        " targets of the fit are then met."
    )


def _shares(console: Console, found: Sensitivity, s: Scale) -> None:
    shares, rows = found.shares, share_rows(found)
    deviation = amount(math.sqrt(shares.variance), s)
    console.print(
        Text.assemble(
            ("Shares of the variance", "bold reverse"),
            f" between points (standard deviation {deviation}) when these {len(rows)} vary and all else is at"
            " the reference",
        )
    )
    for wide in (True, False):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("", overflow="fold")
        headings = ("low", "reference", "high", "unit", "mark") if wide else ()
        for name in (*headings, "by itself", "with interactions"):
            table.add_column(name, justify="left" if name in ("unit", "mark") else "right", no_wrap=wide)
        for row in rows:
            style = "bold" if row["above_noise"] else "dim"
            cells = [plain(_short(row["low"])), plain(row["own"]), plain(_short(row["high"])), row["unit"], row["mark"]]
            told = [_percent(row["first"], row["first_half"]), _percent(row["total"], row["total_half"])]
            table.add_row(
                Text(row["input"], style), *(map(Text, cells) if wide else ()), *(Text(t, style) for t in told)
            )
        blank = [""] * len(headings)
        table.add_row(Text("interactions among them"), *blank, Text(_percent(shares.interactions)), "")
        table.add_row(Text("only seeds: attributed to none"), *blank, Text(_percent(shares.noise)), "")
        if not wide or fits(console, table):
            console.print(table)
            break
    at_centre = found.seeds_variance / found.inquiry.replicates / shares.variance
    console.print(
        Text(
            "First-order and total indices ± half their 90 % interval; bold where the total lies above the share of the"
            " seeds, as much of which any total index may hold. Reckoned from the seeds at the reference alone, that"
            f" share would be {_percent(at_centre)} (standard deviation of one"
            f" {'pair of runs' if found.inquiry.paired else 'run'} {amount(math.sqrt(found.seeds_variance), s)}).",
            style="dim",
        )
    )


def _tornado(console: Console, found: Sensitivity, bars: Sequence[Row], s: Scale) -> None:
    console.print(
        Text.assemble(("One at a time", "bold reverse"), f" {s.label}, everything else at the reference; mean (90 %)")
    )
    centre = float(found.centre.mean())
    ends = [row[key] for row in bars for key in ("at_low", "at_high")] + [centre]
    for wide in (True, False):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("", overflow="fold")
        for name in ("low", "there", "high", "there"):
            table.add_column(name, justify="right", no_wrap=True)
        if wide:
            table.add_column("│ reference", no_wrap=True)
        for row in bars:
            style = "bold" if row["differ"] else "dim"
            cells = []
            for end in ("low", "high"):
                told = _mean(row, f"at_{end}", s) if wide else s.value(row[f"at_{end}"])
                cells += [Text(plain(_short(row[end])), style), Text(told, style)]
            if wide:
                cells.append(Text(_bar(row["at_low"], row["at_high"], centre, min(ends), max(ends))))
            table.add_row(Text(row["input"], style), *cells)
        if not wide or fits(console, table):
            console.print(table)
            break
    console.print(Text("Bold where both ends differ (90 %, paired by seed).", style="dim"))


def _turns(found: Sensitivity) -> Iterator[Text]:
    if not found.inquiry.paired:
        return
    yield Text()
    yield Text("Where the sign turns", style="bold reverse")
    rows = turn_rows(found)
    for row in rows:
        yield Text(turn_told(row), style="" if row["outside_noise"] else "dim")
    if not rows:
        yield Text("Nowhere, as any of these inputs by itself goes from end to end.")


def _closing(found: Sensitivity, s: Scale) -> Iterator[Text]:
    inquiry, screened = found.inquiry, screening_rows(found)
    left = [row for row in screened if row["mu_star"] > 0.0 and not row["decomposed"]]
    if left:
        told = ", ".join(
            f"{row['input']} {s.value(row['mu_star'])} ± {s.value(row['mu_star_half'])}" for row in left[:NAMED]
        )
        more = f", and {len(left) - NAMED:,} with less (screening.csv)" if len(left) > NAMED else ""
        least = min(row["mu_star"] for row in screened if row["decomposed"])
        yield Text(
            f"Left out after screening, with their mean absolute effect over the whole range (µ* ± half its 90 %"
            f" interval, {s.label}; the least of those kept has {s.value(least)}): {told}{more}."
        )
    if found.idle:
        yield Text(f"Without any effect here, to the last bit ({len(found.idle)}): {', '.join(found.idle)}.", "dim")
    if inquiry.held:
        held = "; ".join(f"{path} ({why})" for path, why in inquiry.held.items())
        yield Text(f"Held at the reference: {held}.", "dim")
    if inquiry.without_range:
        named = ", ".join(inquiry.without_range)
        yield Text(f"No plausible range is declared, and not varied: {named}.", style="dim")


def _mean(row: Row, name: str, s: Scale) -> str:
    interval = s.interval(row[f"{name}_low"], row[f"{name}_high"])
    return f"{s.value(row[name])} {_round(interval)}".rstrip()


def _round(interval: str) -> str:
    """An interval of a mean, in round brackets."""
    return f"({interval[1:-1]})" if interval else ""


def _percent(share: float, half: float | None = None) -> str:
    told = f"{number(100.0 * share)} %"
    return told if half is None else f"{told} ± {number(100.0 * half)}"


def _short(value: float) -> float:
    """A value with no more digits than a reader needs."""
    return float(f"{value:.4g}") if abs(value) < 10_000 else float(round(value))


def _bar(low: float, high: float, centre: float, least: float, most: float) -> str:
    """A bar from the low to the high end of the values, with the reference in it."""
    span = (most - least) or 1.0
    place = [round((value - least) / span * (WIDTH - 1)) for value in (low, high, centre)]
    drawn = ["━" if min(place[:2]) <= k <= max(place[:2]) and low != high else " " for k in range(WIDTH)]
    drawn[place[2]] = "│" if drawn[place[2]] == " " else "┿"
    return "".join(drawn)
