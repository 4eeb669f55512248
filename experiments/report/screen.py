"""The first screen of a comparison on a terminal: verdict, first table, what it rests on, where the files are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.compare.comparing import Comparison
from experiments.report.first_screen import Cell, Line, Screen, first_screen
from experiments.report.marks import marks, shows_policy
from experiments.report.notes import Row, precision_told, set_told
from experiments.report.verdict import findings, sentence, verdict

#: Lines that the names above the columns may take where there is room for that.
HEAD_LINES = 3
#: Spaces between columns.
GAP = 2


def show_first(console: Console, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Print the verdict and the first table."""
    for told in verdict(comparison, rows):
        console.print(Text(told, style="bold"))
    for line in set_told(comparison.question):
        console.print(line)
    console.print()
    screen = first_screen(comparison, rows)
    console.print(Text(screen.caption, style="dim"))
    console.print(laid_out(screen, console.width))
    for words in filter(None, (f"{screen.legend} {screen.nought}".strip(), comparison.question.uneven)):
        console.print(Text(words))
    for line in precision_told(comparison):
        console.print(line)


def foot(comparison: Comparison, folder: object) -> Iterator[Text]:
    """Who was simulated, what it rests on, and where everything is."""
    q = comparison.question
    count = marks(q)
    last = q.seed + comparison.replicates - 1
    yield Text(
        f"{q.caseload.households:,} households, {comparison.runs[0].households:,} simulated; seeds {q.seed} to {last}."
        f" Of {sum(count.values())} inputs {count['assumed']} are assumed: {shows_policy(q)} --mark assumed.",
        style="dim",
    )
    yield Text(f"Every measure, and how to read it: --all. Files: {folder} (index.md says what each is)", style="dim")


def show_for_all(console: Console, comparison: Comparison) -> None:
    """Print what a comparison says of all to whom the policies would apply: a sentence a policy."""
    size = comparison.question.caseload.households
    console.print()
    console.print(Text(f"The same for all refused ({size:,} households)", style="bold"))
    for one in findings(comparison):
        console.print(Text(sentence(one, comparison.replicates)))


# ---- the table --------------------------------------------------------------------------------------


def laid_out(screen: Screen, width: int) -> Table:
    """The table as wide as it may be: intervals beside the means, or below them, or a line a policy."""
    for below in (False, True):
        if table := _across(screen, width, below=below):
            return table
    return _stacked(screen, width)


def _across(screen: Screen, width: int, *, below: bool) -> Table | None:
    """A column a policy, if they fit."""
    labels = max(len(line.label) for line in screen.lines)
    base = max(len("baseline"), *(len(line.base) for line in screen.lines))
    sizes = [
        max(
            *(len(part) for line in screen.lines for part in _parts(line, k, below=below)),
            *(len(word) for word in name.split()),
        )
        for k, name in enumerate(screen.names[1:])
    ]  # fmt: skip
    spare = width - labels - base - sum(sizes) - GAP * (1 + len(sizes))
    if spare < 0:
        return None
    for k, name in enumerate(screen.names[1:]):
        while spare > 0 and len(textwrap.wrap(name, sizes[k])) > HEAD_LINES:
            sizes[k], spare = sizes[k] + 1, spare - 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_edge=False)
    table.add_column("", width=labels)
    table.add_column(Text("baseline", "dim"), justify="right", width=base)
    for name, size in zip(screen.names[1:], sizes, strict=True):
        table.add_column(Text(name), justify="right", width=size)
    for line in screen.lines:
        cells = (_styled(line, k, _parts(line, k, below=below)) for k in range(len(sizes)))
        table.add_row(Text(line.label), Text(line.base, "dim"), *cells)
    return table


def _stacked(screen: Screen, width: int) -> Table:
    """A line a policy under each row's label: for many policies, or a narrow terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False, show_header=False)
    most = max(24, width - 30)
    table.add_column("", overflow="fold", max_width=most)
    table.add_column("", justify="right")
    table.add_column("", justify="right")
    for line in screen.lines:
        table.add_row(Text(line.label.strip(), "bold"), Text(line.base, "dim"), "")
        for name, cell in zip(screen.names[1:], line.cells, strict=True):
            mean = " ".join(part for part in (cell.mark, cell.mean) if part)
            told = textwrap.fill(name, most - 4, initial_indent="  ", subsequent_indent="    ")
            table.add_row(Text(told), Text(mean, _style(cell)), Text(cell.interval))
    return table


def _parts(line: Line, k: int, *, below: bool) -> list[str]:
    """The lines of a cell: on one, or the interval below the mean."""
    cell = line.cells[k]
    if not below:
        return [cell.text]
    mean = " ".join(part for part in (cell.mark, cell.mean) if part)
    return [mean] if line.minor or not cell.interval else [mean, cell.interval]


def _styled(line: Line, k: int, parts: Sequence[str]) -> Text:
    """A cell, with its mean in bold where the runs are on one side, and red where the sign turns."""
    told = Text("\n").join(map(Text, parts))
    told.stylize(_style(line.cells[k]), 0, len(parts[0]) if len(parts) > 1 else len(line.cells[k].mean))
    return told


def _style(cell: Cell) -> str:
    return "bold red" if cell.mark else "bold" if cell.strong else ""
