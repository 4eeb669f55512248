"""A frontier as text for a terminal: the policies that no other beats, those named beside them, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from abm.measures import COMPARED, MEASURES
from experiments.report.amounts import Scale, plain, scale
from experiments.report.terminal import fits
from experiments.search.frontier import Frontier, Standing, spread_out
from experiments.search.goals import ROBUST, Robust
from experiments.search.levers import Lever
from experiments.search.rows import FELL_BACK, NAMED, Row, rows

#: Policies of the frontier in the table, and labels written out after each.
SHOWN, LABELS = 12, 3


def show_frontier(console: Console, found: Frontier, files: Sequence[str] = ()) -> None:
    """Print a frontier: what was sought, the table, and what can and cannot be said of it.

    Parameters
    ----------
    files
        Lines that say where the files are.
    """
    every = rows(found)
    for text in _header(found):
        console.print(text)
    console.print()
    whole = _table(found, every)
    if fits(console, whole):
        console.print(whole)
    else:
        console.print(_table(found, every, levers=False, besides=False))
        console.print(_table(found, every, figures=False))
    console.print()
    for line in (*closing(found, every), *files):
        console.print(Text(line))


def lever_names(levers: Sequence[Lever]) -> list[str]:
    """Short names of levers: the last part of their paths, or whole paths where two share it."""
    leaves = [[path.rpartition(".")[2] for path in lever.paths] for lever in levers]
    flat = [leaf for some in leaves for leaf in some]
    return [
        " = ".join(
            (leaf if flat.count(leaf) == 1 else path).replace("_", " ")
            for leaf, path in zip(some, lever.paths, strict=True)
        )
        for some, lever in zip(leaves, levers, strict=True)
    ]


def column_of(name: str, robust: Robust) -> str:
    """The column of the figure of a goal that was sought."""
    return f"{name}_mean" if robust == "mean" else f"{name}_worst_tenth"


def scale_of(name: str, every: Sequence[Row], column: str) -> Scale:
    """The scale that suits a measure in all rows."""
    values = [row[f"{column}{end}"] for row in every for end in ("", "_low", "_high")]
    return scale((MEASURES | COMPARED)[name].unit, [row[column] for row in every], values)


def _header(found: Frontier) -> Iterator[Text]:
    sought, case = found.sought, found.sought.variant
    question = sought.question
    yield Text("Policies that no other beats", style="bold")
    yield Text(
        f"{' and '.join(goal.told for goal in sought.goals)}, against {question.labels[0]}; levers of"
        f" {question.labels[1]}: {', '.join(_range(lever) for lever in sought.levers)}.",
        style="bold",
    )
    if sought.limits:
        yield Text(f"Limits: {', '.join(map(str, sought.limits))} ({ROBUST[sought.robust]}).")
    told = f" – {case.caseload.title}" if case.caseload.title else ""
    yield Text(
        f"Caseload {case.caseload.name}{told}: {case.caseload.households:,} households, {case.size:,} simulated,"
        f" {case.weeks:,} weeks."
    )
    for setting in question.settings:
        yield Text(f"Set: {setting}", style="yellow")
    yield Text(
        f"{len(found.trials):,} policies tried over {sought.replicates:,} runs each; those that none beat run again on"
        f" {sought.final:,} fresh seeds{_draws(found)}. Figures: {ROBUST[sought.robust]} of those (90 % interval)."
    )


def _draws(found: Frontier) -> str:
    return ", each a draw of the posterior" if found.sought.question.uncertainty == "parameters" else ""


def _range(lever: Lever) -> str:
    given = "/".join(map(plain, lever.values)) if lever.values else f"{plain(lever.low)}–{plain(lever.high)}"
    return f"{' = '.join(lever.paths)} {given}"


def shown(found: Frontier) -> list[Standing]:
    """Some of the frontier, spread over it, in its order."""
    standing = found.standing
    if not standing:
        return []
    return [standing[k] for k in spread_out(np.array([one.values for one in standing]), SHOWN)]


def _table(
    found: Frontier, every: Sequence[Row], *, levers: bool = True, figures: bool = True, besides: bool = True
) -> Table:
    """A row a policy: its levers, its figures (those besides the goals too), and which cannot be told from it."""
    sought = found.sought
    listed = {one.label for one in shown(found)}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    moved = sought.levers if levers else ()
    for name in lever_names(moved):
        table.add_column(_folded(name), justify="right", vertical="bottom")
    told = [(goal.name, column_of(goal.name, sought.robust), True) for goal in sought.goals if figures]
    told += [(name, f"{name}_mean", False) for name in sought.told if figures and besides]
    scales = [scale_of(name, every, column) for name, column, _ in told]
    for (name, _, is_goal), s in zip(told, scales, strict=True):
        measure = (MEASURES | COMPARED)[name]
        words = measure.title if measure.compared else f"more {measure.title}"
        heading = Text(_folded(words) + f"\n{s.difference_label}", "bold" if is_goal else "")
        table.add_column(heading, justify="right", no_wrap=True)
    if figures:
        table.add_column("not told\napart from", no_wrap=besides)
    for row in every:
        named = row["status"] == NAMED
        if not named and row["policy"] not in listed:
            continue
        style = "dim" if named else ""
        cells = [Text(_lever_cell(found, row, lever), style) for lever in moved]
        cells += [Text(_figure(row, column, s), style) for (_, column, _), s in zip(told, scales, strict=True)]
        beside = row["not_told_apart_from"].split() if not named else row["beaten_by"].split()
        words = (f"beaten by {_some(beside)}" if named else _some(beside)) if beside else ""
        cells += [Text(words, style)] if figures else []
        table.add_row(Text(row["policy"], "dim" if named else "bold"), *cells)
    return table


def _folded(words: str) -> str:
    """A heading on as many lines as it has words, short ones together."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < 12:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def _lever_cell(found: Frontier, row: Row, lever: Lever) -> str:
    values = list(dict.fromkeys(plain(row[path]) for path in lever.paths))
    return " / ".join(_money(value) for value in values)


def _money(word: str) -> str:
    try:
        value = float(word.replace(",", ""))
    except ValueError:
        return word
    return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1_000 else word


def _figure(row: Row, column: str, s: Scale) -> str:
    value = s.difference(row[column])
    if not row[f"{column}_low"] < row[f"{column}_high"]:
        return value
    return f"{value} ({s.difference(row[f'{column}_low'])}, {s.difference(row[f'{column}_high'])})"


def _some(labels: Sequence[str]) -> str:
    more = f" +{len(labels) - LABELS}" if len(labels) > LABELS else ""
    return " ".join(labels[:LABELS]) + more


def closing(found: Frontier, every: Sequence[Row]) -> Iterator[str]:
    """What can and cannot be said of a frontier, in sentences."""
    sought, standing = found.sought, {one.label for one in found.standing}
    hidden = len(found.standing) - len(shown(found))
    more = f" ({hidden:,} of them in the files only)" if hidden > 0 else ""
    yield (
        f"Policies that no other beat: {found.left:,} by the figures of the search; run again on fresh seeds"
        f" {len(found.found):,}; still unbeaten {len(found.standing):,}{more}."
    )
    if not found.standing:
        yield "None of them keeps the limits on fresh seeds: more runs (--replicates) or wider limits."
        return
    better = [
        f"{goal.measure.title} {scale_of(goal.name, every, column_of(goal.name, sought.robust)).difference(luck)}"
        f" {scale_of(goal.name, every, column_of(goal.name, sought.robust)).difference_label}"
        for goal, luck in zip(sought.goals, found.luck, strict=True)
    ]
    yield (
        "What looks best is partly lucky: the search's own figures of these policies, which are not used, were better"
        f" than those on fresh seeds by {' and '.join(better)} on average (negative: worse)."
    )
    ahead = {row["policy"]: row["beaten_by"].split() for row in every if row["policy"] in standing and row["beaten_by"]}
    if ahead:
        yield (
            f"{', '.join(sorted({name for some in ahead.values() for name in some}))}: better than"
            f" {_some(list(ahead))} in every goal, and set otherwise in levers that were not searched."
        )
    alike = [one for one in found.standing if one.alike]
    if alike:
        yield (
            f"{len(alike):,} of the {len(found.standing):,} have others on the frontier that cannot be told from them"
            " in any goal (90 %, paired by seed): choose among such for other reasons."
        )
    last, generations = found.last_found, found.trials[-1].generation + 1
    late = last > 0.8 * generations
    yield (
        f"The youngest policy of the frontier was found in generation {last} of {generations}"
        + ("; more --trials may find better ones." if late else ".")
    )
    if found.twins:
        yield f"Left out, since every run was to the last bit that of another policy found: {found.twins:,}."
    if found.at_ends:
        ends = ", ".join(f"{name} ({plain(value)})" for name, value in found.at_ends.items())
        yield f"All along the frontier at an end of its range: {ends}; a wider range may hold better policies."
    fell = sum(row["status"] == FELL_BACK for row in every)
    if fell:
        yield f"{fell:,} fell back on fresh seeds; they are in the files, marked so."
    broken = [row["policy"] for row in every if row["status"] == NAMED and not row["keeps_limits"]]
    if broken:
        yield f"Beyond the limits: {', '.join(broken)}."
    yield f"Each policy of the frontier is a file: returns compare {number_file(found)} runs it like any other."


def number_file(found: Frontier) -> str:
    """The first policy file of a frontier, as it is called in its folder."""
    return f"policies/{found.standing[0].label}.toml" if found.standing else ""
