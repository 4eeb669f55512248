"""A comparison as text for a terminal: wide where it fits, a line a policy where it does not; nothing is cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from abm.measures import COMPARED
from experiments.compare.comparing import Comparison
from experiments.compare.paired import GROUPED, WITH_PULL, by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE, Scale, scale
from experiments.report.notes import SHOWN, Row, closing, header, notes, title

#: Narrowest column for the names of measures.
NAMES_WIDTH = 23
#: Rates that are shown by group.
BY_GROUP = ("return_rate_12m", "assisted_return_rate_12m")


def show(console: Console, comparison: Comparison, rows: Sequence[Row], files: Sequence[str] = ()) -> None:
    """Print a comparison: what was asked, the measures, the pull factor, and what it rests on.

    Parameters
    ----------
    rows
        As `experiments.compare.paired.rows` gives them.
    files
        Lines that say where the files are.
    """
    whole = [row for row in rows if not row["group"]]
    for line in header(comparison):
        console.print(line)
    _measures(console, comparison.question.labels, whole)
    console.print()
    for line in notes(comparison, whole):
        console.print(line)
    console.print()
    _pull(console, comparison, whole)
    if comparison.question.by:
        _groups(console, comparison, [row for row in rows if row["group"]])
    console.print()
    for line in closing(comparison, files):
        console.print(line)


def fits(console: Console, table: Table) -> bool:
    """Whether a table can be printed with no column narrowed."""
    options = console.options.update(width=100_000, max_width=100_000)
    return Measurement.get(console, options, table).maximum <= console.width


# ---- the measures -----------------------------------------------------------------------------------


def _measures(console: Console, labels: Sequence[str], rows: Sequence[Row]) -> None:
    if fits(console, _wide(labels, rows, NAMES_WIDTH)):
        console.print(_wide(labels, rows))
        return
    for group, names in SHOWN.items():
        console.print(Text(group, style="bold reverse"))
        console.print(_long(names, rows))


def _wide(labels: Sequence[str], rows: Sequence[Row], names_width: int | None = None) -> Table:
    """Measures down, policies across: mean and interval, below them the difference and its interval."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    table.add_column("", width=names_width, min_width=NAMES_WIDTH)
    for position, label in enumerate(labels):
        table.add_column(label if position else f"{label}\n(baseline)", justify="right", no_wrap=True)
    for group, names in SHOWN.items():
        table.add_row(Text(group, style="bold reverse"))
        for name in names:
            found = by_measure(rows)[name]
            s = _scale(found)
            table.add_row(_name(name, s), *(_cell(row, s) for row in found))
    return table


def _cell(row: Row, s: Scale) -> Text:
    mean, interval, difference, difference_interval = _parts(row, s)
    cell = Text.assemble((mean, "bold"), " " if mean and interval else "", (interval, "dim"))
    if difference:
        cell.append("\n" if mean else "")
        cell.append("Δ ")
        cell.append(difference, style=_shade(row))
        cell.append(f" {difference_interval}" if difference_interval else "")
    return cell


def _long(names: Sequence[str], rows: Sequence[Row]) -> Table:
    """A line a policy under each measure, for narrow terminals and many policies."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
    for heading in ("", "mean", "5–95 %", "Δ", "5–95 %"):
        table.add_column(heading, justify="right" if heading else "left", header_style="dim", overflow="fold")
    for name in names:
        found = by_measure(rows)[name]
        s = _scale(found)
        table.add_row(_name(name, s, "bold"))
        for row in found:
            mean, interval, difference, difference_interval = _parts(row, s)
            if mean or difference:
                cells = (Text(mean), Text(interval), Text(difference, _shade(row)), Text(difference_interval))
                table.add_row(f"  {row['variant']}", *cells)
    return table


def _name(name: str, s: Scale, style: str = "") -> Text:
    unit = "" if s.label in title(name) else f", {s.label}"
    return Text.assemble((title(name), style), (unit, "dim"))


def _parts(row: Row, s: Scale) -> tuple[str, str, str, str]:
    """Mean, interval, difference and its interval as words; a saving is itself a difference."""
    difference = ("", "")
    if row["role"] == "variant" and not math.isnan(row["difference"]):
        low, high = row["difference_low"], row["difference_high"]
        difference = (s.difference(row["difference"]), s.difference_interval(low, high))
    if row["measure"] in COMPARED and row["interval"] == "runs":
        return "", "", *difference
    if row["role"] == "baseline" and row["interval"] == "bootstrap":
        return "", "", "", ""
    if math.isnan(row["mean"]):
        return NONE, "", "", ""
    return s.value(row["mean"]), s.interval(row["low"], row["high"]), *difference


def _shade(row: Row) -> str:
    """Bold where the runs' interval of the difference leaves zero out."""
    return "bold" if row["difference_low"] > 0 or row["difference_high"] < 0 else ""


# ---- the pull factor, and groups --------------------------------------------------------------------


def _pull(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    (elasticity,) = PULL_ON.values()
    now = comparison.question.caseload.world.pull_elasticity
    found = by_measure(rows)
    central = found["net_saving_npv"]
    saving, induced = found[f"net_saving_npv{WITH_PULL}"], found[f"induced_arrivals{WITH_PULL}"]
    money, people = _scale([*saving, *central]), _scale(induced)
    wide = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    long = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", f"net saving, {money.label}", "5–95 %", "as above", "induced arrivals", "5–95 %"):
        wide.add_column(heading, justify="right" if heading else "left", header_style="dim", no_wrap=True)
    for heading in ("", "mean", "5–95 %", "as above"):
        long.add_column(heading, justify="right" if heading else "left", header_style="dim", overflow="fold")
    for with_pull, without, arrivals in zip(saving, central, induced, strict=True):
        if with_pull["role"] == "baseline":
            continue
        change = Text(money.difference(with_pull["mean"]), "bold")
        interval = Text(money.difference_interval(with_pull["low"], with_pull["high"]))
        above = money.difference(without["mean"])
        more = Text(people.value(arrivals["mean"]), "bold")
        more_interval = Text(people.interval(arrivals["low"], arrivals["high"]))
        wide.add_row(with_pull["variant"], change, interval, above, more, more_interval)
        long.add_row(with_pull["variant"])
        long.add_row(f"  net saving, {money.label}", change, interval, above)
        long.add_row("  induced arrivals, households", more, more_interval)
    told = f" (elasticity of arrivals {elasticity:g}, the upper bound in the evidence; {now:g} in the table above)"
    console.print(Text.assemble(("With the pull factor on", "bold reverse"), told))
    console.print(wide if fits(console, wide) else long)


def _groups(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Fair: rates by group, the largest group of origins first."""
    by, labels = str(comparison.question.by), comparison.question.labels
    sizes = {row["group"]: row["mean"] for row in by_measure(rows, "baseline")[GROUPED["households"]]}
    order = sorted(sizes, key=lambda group: -sizes[group]) if by == "origin" else list(sizes)
    for name in BY_GROUP:
        found = by_measure(rows)[name]
        s = _scale(found)
        console.print()
        console.print(Text.assemble((f"Fair: {title(name)}, by {by}", "bold reverse"), f" {s.label}, mean and 5–95 %"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in (by, "households", *labels):
            table.add_column(heading, justify="left" if heading == by else "right", header_style="dim", no_wrap=True)
        for group in order:
            cells = [
                f"{s.value(row['mean'])} {s.interval(row['low'], row['high'])}".rstrip()
                for row in found
                if row["group"] == group
            ]
            table.add_row(group.partition("=")[2], f"{sizes[group]:,.1f}", *map(Text, cells))
        if fits(console, table):
            console.print(table)
            continue
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in ("", "mean", "5–95 %"):
            table.add_column(heading, justify="right" if heading else "left", header_style="dim", overflow="fold")
        for group in order:
            table.add_row(f"{group.partition('=')[2]} ({sizes[group]:,.1f} households)")
            for row in found:
                if row["group"] == group:
                    interval = Text(s.interval(row["low"], row["high"]))
                    table.add_row(f"  {row['variant']}", s.value(row["mean"]), interval)
        console.print(table)


def _scale(rows: Sequence[Row]) -> Scale:
    levels = [row[key] for row in rows for key in ("mean", "low", "high")]
    differences = [row[key] for row in rows for key in ("difference", "difference_low", "difference_high")]
    return scale(rows[0]["unit"], levels, differences)
