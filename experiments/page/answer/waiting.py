"""What stands on the tab until the first runs are there: what is asked, what will come, and what was shipped."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from abm.browser.components import drawn_by
from experiments.page.answer.wording import written
from experiments.page.choices import Choices, caseload_of, policy_of
from experiments.report.amounts import number
from experiments.report.shipped import REFERENCE
from experiments.report.verdict import horizon

#: Measures of the shipped answer that are told, and what each is called.
_TOLD = (
    ("net_saving_npv", "Net saving of B against A"),
    ("departures", "Departures, B − A"),
    ("child_years_in_limbo", "Children's years in limbo, B − A"),
)
#: What will come, in the order of the page.
COMES = (
    "the verdict in a sentence, with the pull factor off and on",
    "six differences between B and A, each with the middle 90 % of runs once there are 20",
    "what turns the answer, if you ask for it",
    "every measure, charts year by year, economics, files and a report",
)


@drawn_by("waiting.vue")
def Waiting(asked: str, policies: list[dict[str, str]], comes: list[str], shipped: dict[str, Any], fault: bool) -> None:
    """What is asked, what will come, and the shipped answer to the same question."""


def waiting(choices: Choices, *, fault: bool = False) -> dict[str, Any]:
    """What `Waiting` shows of a question."""
    caseload = caseload_of(choices.caseload)
    policies = [] if fault else [policy_of(choices.a), policy_of(choices.b)]  # levers may contradict each other
    return {
        "asked": f"{number(choices.size)} households of “{caseload.title or caseload.name}”, over "
        f"{horizon(choices.weeks)}, {choices.replicates} times under each policy",
        "policies": [{"side": side, "title": p.title or p.name} for side, p in zip("ab", policies, strict=False)],
        "comes": list(COMES),
        "shipped": {} if fault else shipped(choices),
        "fault": fault,
    }


def shipped(choices: Choices, folder: Path = REFERENCE) -> dict[str, Any]:
    """The answer of the shipped tables to the very question of the page when it is opened; else nothing.

    Returns
    -------
    dict
        ``runs``, and ``rows`` with ``title``, ``mean`` and ``between`` (the middle 90 % of runs).
    """
    if (choices.caseload, choices.a, choices.b, choices.weeks) != _usual() or choices != _same_size(choices):
        return {}
    rows = _tables(folder)
    found = [rows.get((choices.b, name)) for name, _ in _TOLD]
    if None in found:
        return {}
    told = [_row(title, row) for (_, title), row in zip(_TOLD, found, strict=True) if row is not None]
    return {"runs": int(float(next(row["runs"] for row in found if row))), "rows": told}


def _usual() -> tuple[str, str, str, int]:
    usual = Choices()
    return usual.caseload, usual.a, usual.b, usual.weeks


def _same_size(choices: Choices) -> Choices:
    """The usual question with this many runs from this seed: other runs of the same."""
    return Choices(replicates=choices.replicates, seed=choices.seed)


def _row(title: str, row: Mapping[str, str]) -> dict[str, str]:
    mean, low, high = (float(row[f"difference{end}"]) for end in ("", "_run_p05", "_run_p95"))
    put = written(row["unit"], [], [mean, low, high])
    return {"title": title, "mean": put.change(mean), "between": put.changes(low, high), "unit": put.unit}


@cache
def _tables(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Rows of the shipped table for the whole caseload, by policy and measure; none where it is not there."""
    file = folder / "headline.csv"
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {(row["variant"], row["measure"]): row for row in csv.DictReader(lines) if not row["group"]}
