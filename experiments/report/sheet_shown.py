"""Sheets of firm, fair and compassionate: in a terminal, as Markdown, and as files."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.compare.comparing import Comparison
from experiments.question.question import Question
from experiments.report.amounts import NONE, Scale, number, scale
from experiments.report.compare_files import inputs
from experiments.report.notes import behind
from experiments.report.printed import without_nan
from experiments.report.terminal import OF_MEAN, fits
from experiments.report.three_words import BETTER_TOLD, NO_SIDE, NOT_TOLD, WORDS, WORSE_TOLD, Row, sentence, verdicts
from experiments.storing.output import Place, Writer, fingerprint

#: Names of the files, besides the manifest.
FILES = ("sheet.md", "sheet.csv", "sheet.json")
#: What stands in a table for what is told of a measure.
SIGNS = {BETTER_TOLD: "better", WORSE_TOLD: "worse", NOT_TOLD: "·", NO_SIDE: "no side"}

METHOD = (
    "Better and worse: the 90 % interval of the mean paired difference lies on one side of nought; · where it does not."
    " By chance alone it does for one measure in ten. Counted as better: more and sooner returns, fewer out of contact,"
    " coming back or waiting for removal (firm); narrower gaps between groups (fair); fewer child-years in limbo,"
    " children removed, weeks without support and returns to unsafe countries (compassionate). On removals by force no"
    " side is taken. That is a convention of this sheet, not a judgement: the numbers stand beside it. A policy"
    " improves on a word if a measure is better and none is worse, single groups aside. A gap is between the groups"
    " with the highest and the lowest rate under the baseline. Groups of fewer than 10 simulated households are taken"
    " together."
    " Child-years and weeks without support are not counted by group."
)


def heading(comparison: Comparison) -> str:
    """What was compared, on whom, and how often."""
    q, runs = comparison.question, comparison.runs[0]
    return (
        f"Against {q.labels[0]}; {q.caseload.name}, {runs.households:,} households simulated, {q.weeks:,} weeks,"
        f" {behind(comparison)}, the same seeds under every policy."
    )


def show(console: Console, comparison: Comparison, rows: Sequence[Row], files: str = "") -> None:
    """Print a sheet a policy."""
    found = verdicts(rows)
    for variant in comparison.question.variants:
        console.print(Text(f"Firm, fair, compassionate: {variant}", style="bold"))
        console.print(Text(heading(comparison)))
        console.print(Text(sentence(variant, found), style="bold"))
        for word in WORDS:
            mine = [row for row in rows if (row["variant"], row["word"]) == (variant, word)]
            if not mine:
                continue
            console.print()
            for wide in (True, False):
                table = _table(word, mine, comparison.question.labels[0], wide=wide)
                if not wide or fits(console, table):
                    console.print(table)
                    break
        console.print()
    console.print(Text(METHOD, style="dim"))
    if files:
        console.print(files)


def _table(word: str, rows: Sequence[Row], baseline: str, *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0))
    table.add_column(Text(word.capitalize(), "bold reverse"), overflow="fold")
    heads = ("households", baseline, OF_MEAN, "Δ", OF_MEAN, "") if wide else ("n", "baseline", "Δ", OF_MEAN, "")
    for head in heads:
        table.add_column(Text(head), justify="right", header_style="dim", no_wrap=True)
    for name, cells, bold in lines(rows):
        shown = cells if wide else [cells[0], cells[1], cells[3], cells[4], cells[5]]
        table.add_row(Text(name, "bold" if bold else ""), *shown)
    return table


def lines(rows: Sequence[Row]) -> Iterator[tuple[str, list[str], bool]]:
    """Name, cells, and whether it stands for the whole, of each line of a table: a measure, then its groups."""
    before = ""
    for row in rows:
        s = scale_of([r for r in rows if r["measure"] == row["measure"]])
        gap = row["word"] == "fair"
        if row["by"] and not gap:
            named = f"{_titled(row['title'], s)}, by {row['by']}"
            if named != before:
                yield named, [""] * 6, False
            before, name = named, f"  {row['group']}"
        else:
            name = _titled(f"{row['title']} ({row['group']})" if gap else row["title"], s)
        yield name, cells_of(row, s), not row["by"] or gap


def _titled(title: str, s: Scale) -> str:
    return title if s.label in title else f"{title}, {s.label}"


def scale_of(rows: Sequence[Row]) -> Scale:
    """How the values of a measure are written."""
    levels = [row[key] for row in rows for key in ("level", "level_mean_low", "level_mean_high", "value")]
    keys = ("difference", "difference_mean_low", "difference_mean_high")
    return scale(rows[0]["unit"], levels, [row[key] for row in rows for key in keys])


def cells_of(row: Row, s: Scale) -> list[str]:
    """Households, level and its interval, difference and its interval, and what is told of it."""
    count = "" if math.isnan(row["households"]) else number(row["households"])
    level = s.value(row["level"]) if math.isfinite(row["level"]) else NONE
    change = s.difference(row["difference"]) if math.isfinite(row["difference"]) else NONE
    return [
        count, level, _round(s.interval(row["level_mean_low"], row["level_mean_high"])), change,
        _round(s.difference_interval(row["difference_mean_low"], row["difference_mean_high"])), SIGNS[row["told"]],
    ]  # fmt: skip


def _round(interval: str) -> str:
    return f"({interval[1:-1]})" if interval else ""


# ---- files ------------------------------------------------------------------------------------------


def markdown(comparison: Comparison, rows: Sequence[Row]) -> str:
    """The sheets as Markdown."""
    found, told = verdicts(rows), ["# Firm, fair, compassionate", "", heading(comparison), ""]
    for variant in comparison.question.variants:
        told += [f"## {variant}", "", f"**{sentence(variant, found)}**", ""]
        for word in WORDS:
            mine = [row for row in rows if (row["variant"], row["word"]) == (variant, word)]
            if not mine:
                continue
            heads = [word.capitalize(), "households", comparison.question.labels[0], OF_MEAN, "Δ", OF_MEAN, "told"]
            told += [_line(heads), _line(["---", *["---:"] * 6])]
            told += [_line([name.replace("  ", "– ", 1), *cells]) for name, cells, _ in lines(mine)]
            told.append("")
    return "\n".join([*told, METHOD, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def place_of(question: Question, out: Path | None) -> Place:
    """Where the sheets go: the folder asked for, or one named after the hash of their inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(_inputs(question))
    return Place(out or Path("results") / f"sheet-{mark[:8]}", "sheet", mark)


def _inputs(question: Question) -> dict[str, Any]:
    return {**inputs(question), "groups": list(question.groups)}


def write(place: Place, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Write the sheets.

    Raises
    ------
    InputError
        If they cannot be written; nothing is left behind.
    """

    def table(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(list(rows[0]))
            writer.writerows(["" if isinstance(v, float) and math.isnan(v) else v for v in r.values()] for r in rows)

    text = json.dumps(without_nan(document(rows)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    files: dict[str, Writer] = {
        "sheet.md": lambda path: path.write_text(markdown(comparison, rows), encoding="utf-8"),
        "sheet.csv": table,
        "sheet.json": lambda path: path.write_text(text, encoding="utf-8"),
    }
    told = {"inputs": _inputs(comparison.question), "duration_seconds": round(comparison.seconds, 3)}
    place.write(files, {**told, "run_identities": comparison.identity})


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """Verdicts and rows, as the JSON has them."""
    return {"verdicts": verdicts(rows), "rows": list(rows)}
