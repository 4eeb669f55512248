"""A change shared out, for people: rows, the table in a terminal, and files."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from abm.model import model_version
from experiments.report.amounts import NONE, Scale, number, scale
from experiments.report.terminal import OF_MEAN, OF_RUNS, fits
from experiments.sensitivity.asking import Asked
from experiments.sensitivity.attribution import Array, Attribution
from experiments.sensitivity.groups import GROUPS, OTHER
from experiments.statistics.intervals import differs, ratio_of_means, spread
from experiments.storing.output import Place, Writer, fingerprint

Row = dict[str, Any]

#: What is said of a share whose interval holds nought.
NOT_TOLD = "not distinguishable from nought"
FROM, TO, CHANGE = "from", "to", "change"
#: Names of the files, besides the manifest.
FILES = ("shares.csv", "runs.csv", "mixtures.csv")


def rows(found: Attribution) -> list[Row]:
    """One row a measure and cause: the level in each situation, the change, and the share of each group.

    Returns
    -------
    list of dict
        measure, title, unit, group (``from``, ``to``, ``change`` or a group), mean, median, mean_low and mean_high
        (90 % interval of the mean, by behavioural vector), run_p05 and run_p95 (5th and 95th percentile of the runs),
        share, share_low and share_high (of the change; a ratio of means with its 90 % interval; NaN where the change
        cannot be told from nought), distinguishable, defined (runs that have the measure), inputs (paths that differ).
    """
    made = []
    for k, asked in enumerate(found.asked.outcomes):
        change, vectors = found.change[:, k], found.asked.vectors
        there = ~np.isnan(found.values[:, :, k]).any(axis=0)  # runs in which every mixture has the measure
        told = bool(there.any()) and differs(change[there], vectors[there])

        held: list[tuple[str, Array, tuple[str, ...]]] = [
            (FROM, found.values[0, :, k], ()),
            (TO, found.values[-1, :, k], ()),
        ]
        held += [(CHANGE, change, ())]
        held += [(player.name, found.shares[i, :, k], player.inputs) for i, player in enumerate(found.asked.players)]
        for group, values, changed in held:
            of = change[there] if told and group not in (FROM, TO) else None
            made.append(
                {"measure": asked.id, "title": asked.title, "unit": asked.unit, "group": group}
                | _summed_up(values[there], vectors[there], of)
                | {"inputs": list(changed)}
            )
    return made


def _summed_up(values: Array, vectors: NDArray[np.int64], change: Array | None) -> Row:
    """Some runs summed up, and their share of a change that can be told from nought."""
    s = spread(values, vectors)
    share, low, high = (math.nan,) * 3 if change is None else ratio_of_means(values, change, vectors)
    return {
        "mean": s.mean, "median": float(np.median(values)) if len(values) else math.nan,
        "mean_low": s.mean_low, "mean_high": s.mean_high, "run_p05": s.run_p05, "run_p95": s.run_p95,
        "share": share, "share_low": low, "share_high": high,
        "distinguishable": len(values) > 0 and differs(values, vectors), "defined": s.defined,
    }  # fmt: skip


# ---- in a terminal ----------------------------------------------------------------------------------


def show(console: Console, found: Attribution, told: list[Row], files: str = "") -> None:
    """Print a change and its shares, a table a measure, and what the groups and intervals are."""
    for line in header(found):
        console.print(line)
    for asked in found.asked.outcomes:
        mine = [row for row in told if row["measure"] == asked.id]
        levels = [row["mean"] for row in mine if row["group"] in (FROM, TO)]
        changes = [
            abs(row[key]) for row in mine for key in ("mean", "run_p05", "run_p95") if row["group"] not in (FROM, TO)
        ]
        s = scale(asked.unit, levels, changes)
        console.print()
        wide = _table(mine, s, runs=True)
        console.print(wide if fits(console, wide) else _table(mine, s, runs=False))
    console.print()
    for line in closing(found):
        console.print(line)
    if files:
        console.print(files)


def header(found: Attribution) -> Iterator[Text]:
    """What was asked, on whom, and how often."""
    asked = found.asked
    yield Text("What made the difference", style="bold")
    yield Text.assemble("From ", (asked.labels[0], "bold"), " to ", (asked.labels[1], "bold"))
    names = dict.fromkeys(case.caseload.name for case in asked.both)
    vectors = len(set(asked.vectors.tolist()))
    kind = "chance and parameters vary" if asked.uncertainty == "parameters" else "chance alone varies"
    size = " and ".join(dict.fromkeys(f"{case.size:,}" for case in asked.both))
    yield Text(
        f"Caseload {', '.join(names)}: {size} households simulated, {asked.both[0].weeks:,} weeks."
        f" {len(found.values):,} mixtures, {asked.replicates:,} runs of each with the same seeds and behaviour"
        f" ({vectors:,} vector{'s' * (vectors > 1)}; {kind})."
    )


def closing(found: Attribution) -> Iterator[Text]:
    """What each group holds, and how to read the numbers."""
    yield Text("Groups, and what differs in each", style="bold")
    for player in found.asked.players:
        words = GROUPS[player.name] if player.name != OTHER else ", ".join(player.groups)
        shown = ", ".join(player.inputs[:3]) + (f" and {len(player.inputs) - 3} more" if len(player.inputs) > 3 else "")
        yield Text.assemble(player.name, (f"  {words.removeprefix(f'{player.name}: ')} – {shown}", "dim"))
    yield Text(
        "Groups that are not named do not differ, and have no share. A share is the mean change when its group passes"
        " over, over all orders in which the groups can (Shapley); the shares sum to the change in every run. What two"
        " groups do only together is halved between them.",
        style="dim",
    )
    yield Text(
        f"{OF_MEAN}: the 90 % interval of the mean, by behavioural vector; {OF_RUNS}: percentiles of the runs. Where"
        f" the interval of the mean holds nought, a share is {NOT_TOLD}.",
        style="dim",
    )


def _table(mine: list[Row], s: Scale, *, runs: bool) -> Table:
    title, by = mine[0]["title"], {row["group"]: row for row in mine}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(Text(f"{title}, {s.label}", "bold"), overflow="fold")
    for heading in ("mean", OF_MEAN, *([OF_RUNS] if runs else []), "of the change"):
        table.add_column(Text(heading), justify="right", header_style="dim", overflow="fold")
    for group in (FROM, TO):
        row = by[group]
        cells = [s.value(row["mean"]), _round(s.interval(row["mean_low"], row["mean_high"]))]
        table.add_row(group, *cells, *([s.interval(row["run_p05"], row["run_p95"])] if runs else []), "")
    groups = sorted((row for row in mine if row["group"] not in (FROM, TO, CHANGE)), key=lambda row: -abs(row["mean"]))
    for row in (by[CHANGE], *groups):
        style = "bold" if row["distinguishable"] else ""
        cells = [s.difference(row["mean"]), _round(s.difference_interval(row["mean_low"], row["mean_high"]))]
        cells += [s.difference_interval(row["run_p05"], row["run_p95"])] if runs else []
        indent = "" if row["group"] == CHANGE else "  "
        table.add_row(Text(f"{indent}{row['group']}", style), Text(cells[0], style), *cells[1:], _percent(row))
        if not row["distinguishable"]:
            table.add_row(Text(f"{indent}  {_why_not(row)}", "dim"))
    return table


def _why_not(row: Row) -> str:
    """Why a share is not set in bold."""
    if not row["defined"]:
        return "no run has it"
    return NOT_TOLD if row["mean_low"] != row["mean_high"] or row["mean"] else "nought in every run"


def _round(interval: str) -> str:
    """An interval of a mean, in round brackets: those of runs stand in square ones."""
    return f"({interval[1:-1]})" if interval else ""


def _percent(row: Row) -> str:
    """The share of the change, with its interval; nothing where there is none, or no change to speak of."""
    if math.isnan(row["share"]):
        return NONE
    told = f"{number(100 * row['share'])} %"
    if row["group"] == CHANGE or math.isnan(row["share_low"]) or row["share_low"] == row["share_high"]:
        return told
    return f"{told} ({number(100 * row['share_low'])}, {number(100 * row['share_high'])})"


# ---- files ------------------------------------------------------------------------------------------


def inputs(asked: Asked) -> dict[str, Any]:
    """Everything that determines an attribution, as plain values."""
    return {
        "model": model_version(),
        "situations": list(asked.labels),
        "policies": [case.policy.model_dump(mode="json") for case in asked.both],
        "caseloads": [case.caseload.record() for case in asked.both],
        "behaviours": [member.model_dump(mode="json") for member in asked.both[0].members],
        "groups": {player.name: list(player.groups) for player in asked.players},
        "asked": dict(asked.told),
    }


def place_of(asked: Asked, out: Path) -> Place:
    """Where the files of an attribution go.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    return Place(out, "attribute", fingerprint(inputs(asked)))


def write(place: Place, found: Attribution, told: list[Row]) -> None:
    """Write shares, the shares of each run, the value of each mixture in each run, and a manifest.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    asked = found.asked
    names = [player.name for player in asked.players]

    def of_mixtures() -> Iterator[list[Any]]:
        yield [*names, "measure", "replicate", "value"]
        for mixed, values in enumerate(found.values):
            sides = [mixed >> i & 1 for i in range(len(names))]
            for k, measure in enumerate(asked.outcomes):
                for r in range(asked.replicates):
                    yield [*sides, measure.id, r, _cell(values[r, k])]

    def of_shares() -> Iterator[list[Any]]:
        yield list(told[0])
        for row in told:
            yield [" ".join(value) if isinstance(value, list) else _cell(value) for value in row.values()]

    def of_runs() -> Iterator[list[Any]]:
        return ([*map(_cell, line)] for line in run_lines(found))

    writers: dict[str, Writer] = {
        name: _csv(lines) for name, lines in zip(FILES, (of_shares, of_runs, of_mixtures), strict=True)
    }
    place.write(writers, {"inputs": inputs(asked), "duration_seconds": round(found.seconds, 3)})


def run_lines(found: Attribution) -> Iterator[list[Any]]:
    """Headings, then a line a measure and run: both situations, the change, and the share of each group."""
    asked = found.asked
    names = [player.name for player in asked.players]
    yield ["measure", "replicate", "seed", "vector", FROM, TO, CHANGE, *names]
    for k, measure in enumerate(asked.outcomes):
        for r in range(asked.replicates):
            numbers = [found.values[0, r, k], found.values[-1, r, k], found.change[r, k], *found.shares[:, r, k]]
            yield [measure.id, r, asked.seed + r, int(asked.vectors[r]), *map(float, numbers)]


def _csv(lines: Callable[[], Iterator[list[Any]]]) -> Writer:
    def write_lines(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines())

    return write_lines


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else float(value)
    return value
