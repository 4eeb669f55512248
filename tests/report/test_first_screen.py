"""The first table: levels once, differences otherwise, what turns the sign inside it, and forms to be pasted."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question.question import ask
from experiments.report.exported import exported
from experiments.report.first_screen import TURNS, Screen, brief, first_screen, in_short
from experiments.report.notes import Row, alike
from experiments.report.screen import laid_out, show_for_all

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 5, "households": 60, "uncertainty": "seeds", "at_least": 5e5}
#: A title with everything that some form of a table reads as something else.
NASTY = "50 % & more_$5k | <b> [x] #1 {y} ^ ~ \\z *a* `c`"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "settle-all"], **SMALL))


@pytest.fixture(scope="module")
def told(comparison: Comparison) -> list[Row]:
    return rows(comparison)


@pytest.fixture(scope="module")
def nasty(comparison: Comparison) -> Comparison:
    q = comparison.question
    policy = q.policies[1].model_copy(update={"title": NASTY})
    cases = (q.cases[0], replace(q.cases[1], policy=policy), *q.cases[2:])
    return replace(comparison, question=replace(q, cases=cases))


def line(screen: Screen, start: str) -> tuple[str, tuple[str, ...]]:
    """Base and cells of a row."""
    found = next(held for held in screen.lines if held.label.strip().startswith(start))
    return found.base, tuple(cell.text for cell in found.cells)


def test_the_baseline_is_told_once_and_policies_by_how_they_differ(comparison: Comparison, told: list[Row]) -> None:
    screen = first_screen(comparison, told)
    found = {(r["variant"], r["measure"]): r for r in told if not r["group"]}
    base, cells = line(screen, "child-years")
    assert base == brief(found["uk-2025", "child_years_in_limbo"]["mean"])
    for cell, label in zip(cells, comparison.question.variants, strict=True):
        row = found[label, "child_years_in_limbo"]
        low, high = (brief(row[f"difference_run_{end}"]) for end in ("p05", "p95"))
        assert cell == f"{brief(row['difference'], signed=True)} [{low}, {high}]"


def test_the_pull_factor_is_in_the_table_and_marked_where_it_turns_the_sign(comparison: Comparison) -> None:
    """With the two runs exchanged, what saved costs with the pull factor on, and the other way round."""
    turned = replace(comparison, pulled=[comparison.runs[2], comparison.runs[1], comparison.runs[0]])
    screen = first_screen(turned, rows(turned))
    assert line(screen, "net saving")[1][1].startswith("+")
    cell = line(screen, "pull factor on (1.3)")[1][1]
    assert cell.startswith("−")
    assert cell.endswith(TURNS)
    assert "sign" in screen.legend
    plain = first_screen(comparison, rows(comparison))
    assert not line(plain, "pull factor on (1.3)")[1][1].endswith(TURNS)


def test_what_is_nought_everywhere_is_one_sentence(comparison: Comparison, told: list[Row]) -> None:
    screen = first_screen(comparison, told)
    assert screen.nought.startswith("None under any policy: ")
    assert "children removed" in screen.nought
    assert not any("children removed" in held.label for held in screen.lines)


def test_the_chance_of_saving_as_much_as_asked_is_a_row(comparison: Comparison, told: list[Row]) -> None:
    cells = line(first_screen(comparison, told), "that save £500k or more, %")[1]
    saved = comparison.runs[0].measure("cost_npv") - comparison.runs[2].measure("cost_npv")
    assert cells[1].split(" ± ")[0] == brief(100 * (saved >= 5e5).mean())


@pytest.mark.parametrize(("count", "width"), [(1, 80), (2, 80), (4, 80), (4, 120), (12, 80)])
def test_the_table_fits_however_many_policies_and_cuts_nothing_off(
    comparison: Comparison, told: list[Row], count: int, width: int
) -> None:
    screen = first_screen(comparison, told)
    names = (screen.names[0], *(f"policy number {k} with a rather long title" for k in range(count)))
    lines = tuple(replace(held, cells=(held.cells * count)[:count]) for held in screen.lines)
    out = io.StringIO()
    Console(file=out, width=width).print(laid_out(replace(screen, names=names, lines=lines), width))
    printed = out.getvalue()
    assert max(map(len, printed.splitlines())) <= width
    assert "…" not in printed
    words = " ".join(printed.split())
    for held in lines:
        assert held.label.strip() in words
        for cell in held.cells:
            assert cell.mean in printed
            assert held.minor or cell.interval in printed


def test_all_refused_are_told_in_a_sentence_a_policy(comparison: Comparison) -> None:
    out = io.StringIO()
    show_for_all(Console(file=out, width=80, highlight=False), comparison)
    blank, heading, *lines = out.getvalue().splitlines()
    assert (blank, heading) == ("", "The same for all refused (150 households)")
    assert " ".join(line.strip() for line in lines).count("“") == len(comparison.question.variants)
    assert len(lines) <= 3 * len(comparison.question.variants)


def test_numbers_are_short(comparison: Comparison) -> None:
    assert [brief(value, signed=True) for value in (0.04, 0.25, -9.94, 9.96, -1234.5, 0.0)] == [
        "0.0", "+0.2", "−9.9", "+10", "−1,234", "0",
    ]  # fmt: skip
    assert [in_short(amount) for amount in (5e6, 250e3, 1.5e9, 750)] == ["£5m", "£250k", "£1.5bn", "£750"]


def test_policies_with_the_same_figures_are_named(comparison: Comparison) -> None:
    assert list(alike(comparison)) == []
    same = replace(comparison, runs=[comparison.runs[0], comparison.runs[1], comparison.runs[1]])
    (sentence,) = alike(same)
    assert sentence.endswith("has the same figures as “the pilot's amounts for everybody, lasting” in every run.")


# ---- to be pasted -----------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The rows of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        self.open = tag in ("td", "th")
        if self.open:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("whole", [False, True])
def test_every_form_holds_the_same_cells(nasty: Comparison, whole: bool) -> None:
    found = rows(nasty)
    parser = Cells()
    parser.feed(exported(nasty, found, "html", whole=whole))
    cells = parser.rows
    assert len({len(row) for row in cells}) == 1
    assert any(NASTY in row for row in cells)
    table = exported(nasty, found, "md", whole=whole).partition("\n\n")[0].splitlines()
    read = [re.split(r"(?<!\\)\|", text)[1:-1] for text in table]
    plain = [[re.sub(r"\\([\\`*_<>|\[\]#~])", r"\1", cell).strip() for cell in row] for row in (read[0], *read[2:])]
    assert plain == [[cell.strip() for cell in row] for row in cells]
    lines = exported(nasty, found, "tex", whole=whole).splitlines()
    body = [text for text in lines if text.endswith(r" \\")]
    assert len(body) == len(cells)
    for text, row in zip(body, cells, strict=True):
        assert len(re.findall(r"(?<!\\)&", text)) == len(row) - 1
        assert not re.search(r"(?<!\\)[%#_]|[£−–±“”]", text)
        assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert lines[0].startswith("% ")
    by_csv = list(csv.reader(io.StringIO(exported(nasty, found, "csv", whole=whole))))
    assert len(by_csv) == len(cells)
    assert any(any(NASTY in cell for cell in row) for row in by_csv)


def test_a_spreadsheet_sees_numbers(comparison: Comparison, told: list[Row]) -> None:
    table = list(csv.reader(io.StringIO(exported(comparison, told, "csv"))))
    limbo = next(row for row in table if row[0] == "child-years in limbo")
    assert [float(limbo[k]) for k in (1, 2)]
    assert limbo[3].startswith("[")
    assert table[0][3] == f"{table[0][2]}: interval"
