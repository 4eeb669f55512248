"""A trial as text for a terminal: a table an outcome, and sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.report.amounts import NONE, Scale, number
from experiments.report.terminal import fits
from experiments.report.trial_words import (
    METHOD,
    TITLES,
    effect_scale,
    false_positives,
    heading,
    impossible,
    leaks,
    rounded,
    settled,
)
from experiments.trial.conducting import Conducted
from experiments.trial.rows import Row


def show(console: Console, found: Conducted, rows: Sequence[Row], files: str = "") -> None:
    """Print what trials would find.

    Parameters
    ----------
    rows
        As `experiments.trial.rows.rows` gives them.
    """
    trial, q = found.trial, found.trial.question
    console.print(Text(f"A randomised trial of {trial.label}", style="bold"))
    console.print(Text(heading(found)))
    vectors = len(set(found.vectors.tolist()))
    kind = f"{vectors:,} draws of the posterior" if q.uncertainty == "parameters" else "the one fitted vector"
    console.print(Text(
        f"Caseload {q.caseload.name}; followed are families to whom it is open in week {trial.opening}, when it opens."
        f" {len(found.vectors):,} runs of each size, seeds {q.seed} to {q.seed + len(found.vectors) - 1}, {kind}."
    ))  # fmt: skip
    for outcome in trial.outcomes:
        mine, s = [row for row in rows if row["outcome"] == outcome], effect_scale(rows, outcome)
        console.print()
        wide = _table(mine, outcome, s, wide=True)
        console.print(wide if fits(console, wide) else _table(mine, outcome, s, wide=False))
    console.print()
    for line in settled(found, rows):
        console.print(Text(line))
    for line in leaks(found, rows):
        console.print(Text(line))
    for line in (*impossible(rows), *false_positives(found, rows), *found.remarks):
        console.print(Text(line, style="yellow"))
    console.print(Text(METHOD, style="dim"))
    if files:
        console.print(files)


def _table(rows: Sequence[Row], outcome: str, s: Scale, *, wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(Text(f"{TITLES[outcome]}, {s.difference_label}", "bold"), overflow="fold")
    headings = ["months", "true effect", "spill-over", "seen from", "power, %", "null, %", "needed"]
    if wide:
        headings[2:2] = ["(mean 90 %)"]
        headings[4:4] = ["(mean 90 %)", "st. error"]
    for head in headings:
        table.add_column(head, justify="right", header_style="dim", no_wrap=True)
    before = None
    for row in rows:
        group = (row["families"], row["by"])
        name = f"{row['families']:,} by {row['by']}{', check' if row['checked'] else ''}" if group != before else ""
        before = group
        possible = row["impossible"] < 1.0
        cells = [f"{row['months']}", s.difference(row["truth"]), s.difference(row["bias"]),
                 s.difference(row["detectable"]).lstrip("+") if possible else NONE, _chance(row, "power", wide),
                 _chance(row, "false_positive", wide),
                 rounded(row["needed"]) if row["effect_told"] and possible else NONE]  # fmt: skip
        if wide:
            cells[2:2] = [_round(s.difference_interval(row["truth_mean_low"], row["truth_mean_high"]))]
            bias = _round(s.difference_interval(row["bias_mean_low"], row["bias_mean_high"]))
            cells[4:4] = [bias, s.difference(row["standard_error"]).lstrip("+")]
        table.add_row(name, *cells)
    return table


def _chance(row: Row, name: str, wide: bool) -> str:
    if row["impossible"] == 1.0:
        return NONE
    told = number(100 * row[name])
    return f"{told} ({number(100 * row[f'{name}_low'])}, {number(100 * row[f'{name}_high'])})" if wide else told


def _round(interval: str) -> str:
    return f"({interval[1:-1]})" if interval else ""
