"""What a comparison prints: nothing that is nought everywhere, and nothing saved without a word on how."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from abm import COMPARED
from abm.measures import SAVING_PARTS
from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import GRID, rows
from experiments.question.question import ask
from experiments.report.amounts import financial_year
from experiments.report.notes import is_nought, shown
from experiments.report.terminal import show

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 5, "households": 60, "uncertainty": "seeds"}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "settle-all"], **SMALL))


def printed(comparison: Comparison, width: int = 160) -> str:
    """Everything that is printed, runs of white space as one."""
    out = io.StringIO()
    show(Console(file=out, width=width, highlight=False), comparison, rows(comparison))
    return re.sub(r"\s+", " ", out.getvalue())


@pytest.mark.parametrize("width", [80, 160])
def test_where_a_saving_comes_from_is_printed_and_sums_to_it(comparison: Comparison, width: int) -> None:
    told = printed(comparison, width)
    for words in ("Where the saving comes from", "people protected or settled", "of it without the money"):
        assert words in told
    found = {(row["variant"], row["measure"]): row["mean"] for row in rows(comparison) if not row["group"]}
    for variant in comparison.question.variants:
        total = sum(found[variant, name] for name in SAVING_PARTS)
        assert total == pytest.approx(found[variant, "net_saving_npv"])


def test_a_saving_by_settling_people_is_said_to_be_one(comparison: Comparison) -> None:
    told = printed(comparison)
    assert re.search(r"settle-all: \d+ more households outside the account at the end than under uk-2025; £", told)
    assert "What they then cost or pay is not in it." in told


def test_what_is_nought_under_every_policy_is_named_and_not_shown(comparison: Comparison) -> None:
    whole = [row for row in rows(comparison) if not row["group"]]
    table = {name for names in shown(whole).values() for name in names}
    assert "children_removed" not in table
    assert "children removed by force" in printed(comparison).partition("Nought under every policy")[2]
    for name in table:
        assert not is_nought([row for row in whole if row["measure"] == name]), name


def test_the_wider_saving_is_shown_where_its_figures_are_set(comparison: Comparison) -> None:
    assert COMPARED["net_saving_wider"].title not in printed(comparison)
    wider = compare(ask(["settle-all"], **SMALL, settings=["world.lasting_cost_year=9000"]))
    assert COMPARED["net_saving_wider"].title in printed(wider)
    found = {row["measure"]: row["mean"] for row in rows(wider) if row["role"] == "variant" and not row["group"]}
    assert found["net_saving_wider"] < found["net_saving_npv"]


def test_the_saving_is_printed_by_elasticity_and_worth_of_support(comparison: Comparison) -> None:
    told = printed(comparison)
    for words in ("£5,115", "£16,253", "£50,000", "0.325", "0.65"):
        assert words in told
    cells = {
        row["group"]: row["mean"]
        for row in rows(comparison)
        if row["variant"] == "uk-upfront-national" and row["group"].startswith("pull")
    }
    assert len(cells) == 9
    strong, weak = cells[GRID.format(1.3, 5_115)], cells[GRID.format(0.325, 50_000)]
    assert strong < weak


def test_words_stand_where_a_ratio_would_mislead(comparison: Comparison) -> None:
    assert "saves and fewer leave" in printed(comparison)


def test_a_financial_year_is_told_by_both_its_years() -> None:
    assert [financial_year(year) for year in (2024, 1999, 2008)] == ["2024–25", "1999–00", "2008–09"]
