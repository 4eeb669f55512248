"""The tables of a comparison for other documents: Markdown, HTML, LaTeX and CSV, the first table or the whole one."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from experiments.compare.comparing import Comparison
from experiments.compare.further import AT_LEAST
from experiments.compare.paired import WITH_PULL, by_measure
from experiments.report.first_screen import first_screen, in_short
from experiments.report.names import names_of
from experiments.report.notes import Row, shown, title
from experiments.report.terminal import change, level, scale_of

Format = Literal["md", "html", "tex", "csv"]

#: How a row is marked that belongs to the one above it.
INDENT = "– "


@dataclass(frozen=True)
class Grid:
    """A table of words.

    Attributes
    ----------
    caption
        What it shows.
    head, rows
        Column titles, and cells in the same order.
    left
        How many columns, from the left, hold words rather than figures.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


def exported(comparison: Comparison, rows: Sequence[Row], form: Format, *, whole: bool = False) -> str:
    """A table of a comparison, ready to be pasted.

    Parameters
    ----------
    rows
        As `experiments.compare.paired.rows` gives them.
    form
        ``md`` (GitHub's Markdown), ``html`` (a table element), ``tex`` (a tabular that needs no package) or ``csv``
        (intervals in columns of their own, plain minus signs).
    whole
        Every measure, a row a measure and policy; otherwise the first table.
    """
    split = form == "csv"
    grid = _whole(comparison, rows) if whole else _first(comparison, rows, split=split)
    return WRITERS[form](grid)


# ---- the two tables ---------------------------------------------------------------------------------


def _first(comparison: Comparison, rows: Sequence[Row], *, split: bool) -> Grid:
    """The first table: a row a measure, a column a policy (two, where the intervals stand apart)."""
    screen = first_screen(comparison, rows)
    head = ["", f"{screen.names[0]} (baseline)"]
    for name in screen.names[1:]:
        head += [name, f"{name}: interval"] if split else [name]
    lines = []
    for line in screen.lines:
        label = INDENT + line.label.strip() if line.label.startswith(" ") else line.label
        cells = [part for cell in line.cells for part in ([cell.mean, cell.interval] if split else [cell.text])]
        lines.append((label, line.base, *cells))
    caption = " ".join(part for part in (f"{screen.caption}.", screen.legend, screen.nought) if part)
    return Grid(caption, tuple(head), tuple(lines))


def _whole(comparison: Comparison, rows: Sequence[Row]) -> Grid:
    """Every measure that the whole table shows, and the saving with the pull factor on: a row a policy."""
    names = dict(zip(comparison.question.labels, names_of(comparison.question), strict=True))
    found = by_measure([row for row in rows if not row["group"]])
    head = ("measure", "unit", "policy", "mean", "90 % of the mean", "5–95 % of runs",
            "difference", "90 % of its mean", "5–95 % of its runs")  # fmt: skip
    told = [
        (title(name), found[name])
        for measures in shown([row for row in rows if not row["group"]]).values()
        for name in measures
    ]
    for name in ("net_saving_npv", "chance_of_saving"):
        pulled = [row for row in found[name + WITH_PULL] if row["role"] == "variant"]
        told.append((f"{title(name)}, pull factor on", pulled))
    told.insert(-2, (title("chance_of_saving"), found["chance_of_saving"]))
    amount = comparison.question.at_least
    if amount is not None:
        asked = [row for row in rows if row["group"] == AT_LEAST.format(amount)]
        told.append((f"chance of saving {in_short(amount)} or more", asked))
    lines = []
    for words, held in told:
        s = scale_of(held)
        for row in held:
            parts = (*level(row, s), *change(row, s))
            if any(part not in ("", "–") for part in parts):
                lines.append((words, s.label, names[row["variant"]], *parts))
    return Grid(
        f"Mean of {comparison.replicates:,} runs under each policy, and paired differences from"
        f" “{names_of(comparison.question)[0]}”.", head, tuple(lines), left=3,
    )  # fmt: skip


# ---- the forms --------------------------------------------------------------------------------------


def _markdown(grid: Grid) -> str:
    """A pipe table as GitHub, pandoc and most others read it."""

    def cell(text: str) -> str:
        return re.sub(r"([\\`*_<>|\[\]#~])", r"\\\1", text)

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    rule = [":--" if k < grid.left else "--:" for k in range(len(grid.head))]
    lines = [line([*map(cell, grid.head)]), line(rule), *(line([*map(cell, row)]) for row in grid.rows)]
    return "\n".join([*lines, "", cell(grid.caption)])


def _html(grid: Grid) -> str:
    """A table element, which word processors take from the clipboard or a file."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f'<{tag} style="text-align:{"left" if k < grid.left else "right"}">{html.escape(text)}</{tag}>'
            for k, text in enumerate(row)
        )

    body = "\n".join(f"    <tr>{cells(row, 'td')}</tr>" for row in grid.rows)
    return (
        f"<table>\n  <caption>{html.escape(grid.caption)}</caption>\n"
        f"  <thead>\n    <tr>{cells(grid.head, 'th')}</tr>\n  </thead>\n  <tbody>\n{body}\n  </tbody>\n</table>"
    )


#: What LaTeX reads as something else, or has no glyph for.
LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "–": "--", "±": r"$\pm$", "£": r"\pounds{}",
    "“": "``", "”": "''", "<": r"\textless{}", ">": r"\textgreater{}", "[": "{[}", "]": "{]}", "’": "'",
})  # fmt: skip


def _latex(grid: Grid) -> str:
    """A tabular of the standard classes; the caption stands in a comment for whoever makes a float of it."""

    def line(cells: Sequence[str]) -> str:
        return " & ".join(text.translate(LATEX) for text in cells) + r" \\"

    columns = "l" * grid.left + "r" * (len(grid.head) - grid.left)
    return "\n".join([
        f"% {grid.caption}".replace("\n", " "), rf"\begin{{tabular}}{{{columns}}}", r"\hline", line(grid.head),
        r"\hline", *map(line, grid.rows), r"\hline", r"\end{tabular}",
    ])  # fmt: skip


def _csv(grid: Grid) -> str:
    """Comma-separated, with plain minus signs and no separators of thousands, so that spreadsheets see numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(grid.head)
    for row in grid.rows:
        words, figures = row[: grid.left], row[grid.left :]
        writer.writerow([*words, *(re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("−", "-")) for text in figures)])
    return out.getvalue().rstrip("\n")


WRITERS: dict[Format, Callable[[Grid], str]] = {"md": _markdown, "html": _html, "tex": _latex, "csv": _csv}
