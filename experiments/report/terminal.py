"""A comparison as text for a terminal: wide where it fits, a line a policy where it does not; nothing is cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from abm.measures import COMPARED, SAVING_PARTS
from experiments.compare.comparing import Comparison
from experiments.compare.further import AT_LEAST
from experiments.compare.paired import CHANCE, GRID, GROUPED, TOLD, WITH_PULL, by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE, Scale, number, pounds, scale
from experiments.report.notes import Row, behind, closing, header, is_nought, notes, shown, title

#: Narrowest column for the names of measures.
NAMES_WIDTH = 23
#: Rates that are shown by group.
BY_GROUP = ("return_rate_12m", "assisted_return_rate_12m")
#: What the two intervals are called above their columns.
OF_MEAN, OF_RUNS = "(mean 90 %)", "[runs 5–95 %]"


def show(console: Console, comparison: Comparison, rows: Sequence[Row], files: Sequence[str] = ()) -> None:
    """Print all of a comparison: what was asked, the measures, the pull factor, and what it rests on.

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
    _measures(console, comparison, whole)
    console.print()
    for line in notes(comparison, whole):
        console.print(line)
    _chances(console, comparison, rows)
    console.print()
    _split(console, whole)
    console.print()
    _pull(console, comparison, whole)
    _grid(console, comparison, rows)
    show_groups(console, comparison, rows)
    console.print()
    for line in closing(comparison, files):
        console.print(line)


def fits(console: Console, table: Table) -> bool:
    """Whether a table can be printed with no column narrowed."""
    options = console.options.update(width=100_000, max_width=100_000)
    return Measurement.get(console, options, table).maximum <= console.width


# ---- the measures -----------------------------------------------------------------------------------


def _measures(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    labels, told = comparison.question.labels, behind(comparison)
    if fits(console, _wide(told, labels, rows, NAMES_WIDTH)):
        console.print(_wide(told, labels, rows))
        return
    for group, names in shown(rows).items():
        console.print(Text(group, style="bold reverse"))
        console.print(_long(told, names, rows))


def _wide(told: str, labels: Sequence[str], rows: Sequence[Row], names_width: int | None = None) -> Table:
    """Measures down, policies across: mean and both intervals, below them those of the difference."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    table.add_column(Text(f"\n{told}", "dim"), width=names_width, min_width=NAMES_WIDTH)
    for position, label in enumerate(labels):
        heading = label if position else f"{label} (baseline)"
        table.add_column(Text.assemble(heading, (f"\n{OF_MEAN} {OF_RUNS}", "dim")), justify="right", no_wrap=True)
    for group, names in shown(rows).items():
        table.add_row(Text(group, style="bold reverse"))
        for name in names:
            found = by_measure(rows)[name]
            s = scale_of(found)
            table.add_row(_name(name, s), *(_cell(row, s) for row in found))
    return table


def _cell(row: Row, s: Scale) -> Text:
    lines = []
    if any(of_level := level(row, s)):
        lines.append(Text.assemble((of_level[0], "bold"), *((f" {told}", "dim") for told in of_level[1:] if told)))
    if any(of_change := change(row, s)):
        lines.append(Text.assemble("Δ ", (of_change[0], _shade(row)), *(f" {told}" for told in of_change[1:] if told)))
    return Text("\n").join(lines)


def _long(told: str, names: Sequence[str], rows: Sequence[Row]) -> Table:
    """A line a policy under each measure, and one for its difference: for narrow terminals and many policies."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
    least = min(max(len(row["variant"]) for row in rows) + 4, NAMES_WIDTH)
    table.add_column(told, header_style="dim", overflow="fold", min_width=least)
    for heading in ("mean", OF_MEAN, OF_RUNS):
        table.add_column(Text(heading), justify="right", header_style="dim", overflow="fold")
    for name in names:
        found = by_measure(rows)[name]
        s = scale_of(found)
        table.add_row(_name(name, s, "bold"))
        for row in found:
            of_level, of_change = level(row, s), change(row, s)
            if any(of_level):
                table.add_row(f"  {row['variant']}", *map(Text, of_level))
            if any(of_change):
                label = Text("    Δ" if any(of_level) else f"  {row['variant']} Δ")
                table.add_row(label, Text(of_change[0], _shade(row)), *map(Text, of_change[1:]))
    return table


def _name(name: str, s: Scale, style: str = "") -> Text:
    unit = "" if s.label in title(name) else f", {s.label}"
    return Text.assemble((title(name), style), (unit, "dim"))


def level(row: Row, s: Scale) -> tuple[str, str, str]:
    """Mean, its interval, and percentiles of the runs, as words; a saving is itself a difference and has no level."""
    if row["words"]:
        return row["words"], "", ""
    told = COMPARED.get(row["measure"])
    if told is not None and (row["role"] == "baseline" or not (told.ratio or math.isnan(row["difference"]))):
        return "", "", ""
    if math.isnan(row["mean"]):
        return NONE, "", ""
    of_mean, of_runs = ((row[a], row[b]) for a, b in (("mean_low", "mean_high"), ("run_p05", "run_p95")))
    return s.value(row["mean"]), _of_mean(s.interval(*of_mean)), s.interval(*of_runs)


def change(row: Row, s: Scale) -> tuple[str, str, str]:
    """The same of the difference from the baseline; nothing where there is none."""
    if row["role"] == "baseline" or math.isnan(row["difference"]):
        return "", "", ""
    of_mean = s.difference_interval(row["difference_mean_low"], row["difference_mean_high"])
    of_runs = s.difference_interval(row["difference_run_p05"], row["difference_run_p95"])
    return s.difference(row["difference"]), _of_mean(of_mean), of_runs


def _of_mean(interval: str) -> str:
    """An interval of a mean, in round brackets: those of runs stand in square ones."""
    return f"({interval[1:-1]})" if interval else ""


def _shade(row: Row) -> str:
    """Bold where the percentiles of the runs' differences leave zero out."""
    return "bold" if row["difference_run_p05"] > 0 or row["difference_run_p95"] < 0 else ""


def _chances(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Chances of saving with their Monte-Carlo standard error, and of saving as much as was asked for."""
    amount = comparison.question.at_least
    asked = {row["variant"]: row for row in rows if amount is not None and row["group"] == AT_LEAST.format(amount)}
    found = by_measure([row for row in rows if not row["group"]], "variant")
    console.print()
    console.print(Text.assemble(("Runs that save", "bold reverse"), " %, ± Monte-Carlo standard error, by vector"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "at all", *([f"{pounds(amount)} or more"] if amount else ()), "with the pull factor on"):
        table.add_column(heading, justify="right" if heading else "left", header_style="dim", overflow="fold")
    for row, pulled in zip(found[CHANCE], found[CHANCE + WITH_PULL], strict=True):
        held = [row, *([asked[row["variant"]]] if asked else []), pulled]
        table.add_row(row["variant"], *(_chance(one) for one in held))
    console.print(table)


def _chance(row: Row) -> str:
    return f"{number(100 * row['mean'])}" + (f" ± {number(100 * e, 1)}" if (e := row["standard_error"]) > 0 else "")


# ---- where a saving comes from ----------------------------------------------------------------------


def _split(console: Console, rows: Sequence[Row]) -> None:
    """The parts of each net saving, on average; and what the policy would save without its money."""
    found = by_measure(rows, "variant")
    parts = [name for name in SAVING_PARTS if not is_nought(found[name])]
    if not parts:
        return
    total, control = found["net_saving_npv"], found["net_saving_without_money"]
    money = scale("GBP", [row["mean"] for name in parts for row in (*found[name], *total)])
    seen = [name for name in parts if any(money.difference(row["mean"]).strip("0.") for row in found[name])]
    lines = [(title(name), found[name], "") for name in seen] + [("net saving", total, "bold")]
    if any(row["defined"] for row in control):
        lines.append(("of it without the money: publicity, threats", control, "dim"))
    console.print(
        Text.assemble(("Where the saving comes from", "bold reverse"), f" {money.label}, mean; the parts sum to it")
    )
    wide = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", *(row["variant"] for row in total)):
        wide.add_column(heading, justify="right" if heading else "left", header_style="dim", no_wrap=True)
    for told, cells, style in lines:
        wide.add_row(Text(told, style), *(Text(money.difference(row["mean"]), style) for row in cells))
    if fits(console, wide):
        console.print(wide)
        return
    for position, variant in enumerate(row["variant"] for row in total):
        long = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
        long.add_column(variant, header_style="dim", overflow="fold")
        long.add_column("", justify="right")
        for told, cells, style in lines:
            long.add_row(Text(f"  {told}", style), Text(money.difference(cells[position]["mean"]), style))
        console.print(long)


# ---- the pull factor, and groups --------------------------------------------------------------------


def _pull(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    (elasticity,) = PULL_ON.values()
    now = comparison.question.caseload.world.pull_elasticity
    found = by_measure(rows)
    central = found["net_saving_npv"]
    saving, induced = found[f"net_saving_npv{WITH_PULL}"], found[f"induced_arrivals{WITH_PULL}"]
    money, people = scale_of([*saving, *central]), scale_of(induced)
    wide = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    long = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    both = (OF_MEAN, OF_RUNS)
    for heading in ("", f"net saving, {money.label}", *both, "as above", "induced arrivals", *both):
        wide.add_column(Text(heading), justify="right" if heading else "left", header_style="dim", no_wrap=True)
    for heading in ("", "mean", *both, "as above"):
        long.add_column(Text(heading), justify="right" if heading else "left", header_style="dim", overflow="fold")
    for with_pull, without, arrivals in zip(saving, central, induced, strict=True):
        if with_pull["role"] == "baseline":
            continue
        saved, *saved_between = map(Text, change(with_pull, money))
        came, *came_between = map(Text, level(arrivals, people))
        saved.stylize("bold")
        came.stylize("bold")
        above = money.difference(without["mean"])
        wide.add_row(with_pull["variant"], saved, *saved_between, above, came, *came_between)
        long.add_row(with_pull["variant"])
        long.add_row(f"  net saving, {money.label}", saved, *saved_between, above)
        long.add_row("  induced arrivals, households", came, *came_between)
    told = f" (elasticity of arrivals {elasticity:g}, the upper bound in the evidence; {now:g} in the table above)"
    console.print(Text.assemble(("With the pull factor on", "bold reverse"), told))
    console.print(wide if fits(console, wide) else long)


def _grid(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    """The saving by elasticity of arrivals and worth of support: policies that pull nobody are left out."""
    q, without = comparison.question, by_measure([row for row in rows if not row["group"]], "variant")
    pulled = {row["variant"] for row in without[f"induced_arrivals{WITH_PULL}"] if row["mean"]}
    cells = {(row["variant"], row["group"]): row["mean"] for row in rows if row["measure"].endswith(WITH_PULL)}
    elasticities, worths = (sorted({at[k] for at in comparison.grid}) for k in (0, 1))
    if not pulled or not comparison.grid:
        return
    money = scale("GBP", [cells[label, GRID.format(*at)] for label in pulled for at in comparison.grid])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "elasticity", *(f"£{number(worth)}" for worth in worths)):
        table.add_column(heading, justify="right" if heading else "left", header_style="dim", overflow="fold")
    for label in (label for label in q.variants if label in pulled):
        for k, elasticity in enumerate(elasticities):
            told = [money.difference(cells[label, GRID.format(elasticity, worth)]) for worth in worths]
            table.add_row("" if k else label, f"{elasticity:.3g}", *told)
    runs = comparison.grid_replicates
    console.print(
        f"Net saving, {money.label}, by elasticity and by what support is worth to a head (mean of"
        f" {behind(comparison, runs)}{', the first' if runs < comparison.replicates else ''}):"
    )
    console.print(table)


def show_groups(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Fair: rates by group, the largest group of origins first; nothing unless it was asked for."""
    if not comparison.question.by:
        return
    rows = [row for row in rows if row["group"]]
    by, labels = str(comparison.question.by), comparison.question.labels
    sizes = {row["group"]: row["mean"] for row in by_measure(rows, "baseline")[GROUPED["households"]]}
    order = sorted(sizes, key=lambda group: -sizes[group]) if by == "origin" else list(sizes)
    for name in BY_GROUP:
        found = by_measure(rows)[name]
        s = scale_of(found)
        console.print()
        console.print(Text.assemble((f"Fair: {title(name)}, by {by}", "bold reverse"), f" {s.label}, mean {OF_RUNS}"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in (by, "households", *labels):
            table.add_column(heading, justify="left" if heading == by else "right", header_style="dim", no_wrap=True)
        for group in order:
            cells = [
                f"{s.value(row['mean'])} {s.interval(row['run_p05'], row['run_p95'])}".rstrip()
                for row in found
                if row["group"] == group
            ]
            table.add_row(group.partition("=")[2], f"{sizes[group]:,.1f}", *map(Text, cells))
        if fits(console, table):
            console.print(table)
            continue
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in ("", "mean", OF_RUNS):
            table.add_column(Text(heading), justify="right" if heading else "left", header_style="dim", overflow="fold")
        for group in order:
            table.add_row(f"{group.partition('=')[2]} ({sizes[group]:,.1f} households)")
            for row in found:
                if row["group"] == group:
                    interval = Text(s.interval(row["run_p05"], row["run_p95"]))
                    table.add_row(f"  {row['variant']}", s.value(row["mean"]), interval)
        console.print(table)


def scale_of(rows: Sequence[Row]) -> Scale:
    """The scale that suits every number of some rows of one measure."""
    levels = [row[key] for row in rows for key in ("mean", *TOLD)]
    differences = [row[key] for row in rows for key in ("difference", *(f"difference_{key}" for key in TOLD))]
    return scale(rows[0]["unit"], levels, differences)
