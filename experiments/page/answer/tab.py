"""The tab that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from experiments.page import downloads
from experiments.page.answer.charts.shown import Charts
from experiments.page.answer.wording import table
from experiments.page.choices import SIDES
from experiments.page.evidence.trust import trust
from experiments.page.paired import Answer
from experiments.page.view import View

_FILES = (
    ("figures", "Figures (CSV)"), ("series", "Weekly series (CSV)"), ("a", "Policy A (TOML)"), ("b", "Policy B (TOML)"),
)  # fmt: skip


@drawn_by("figures.vue")
def Figures(
    rows: list[dict[str, Any]],
    runs: dict[str, int],
    trust: dict[str, Any],
    command: str,
    query: str,
    edited: bool,
    files: list[dict[str, str]],
    file: dict[str, Any],
    busy: bool,
    event_download: Callable[[dict[str, str]], None],
) -> None:
    """Key figures, what they rest on, and what can be taken away."""


@component
def AnswerTab(view: View) -> None:
    """What was found for the question of a visitor."""
    if view.answer is None:
        solara.HTML("p", "Running …" if not view.fault else "Nothing was run.", classes=["r-hint"])
    else:
        _Found(view.answer, view)


@component
def _Found(answer: Answer, view: View) -> None:
    choices = answer.choices
    file, set_file = solara.use_state({"name": "", "text": "", "count": 0})

    def download(told: dict[str, str]) -> None:
        set_file({**_file(answer, told["kind"]), "count": file["count"] + 1})

    told = solara.use_memo(
        lambda: trust(choices.shown) | {"drawn": answer.question.uncertainty == "parameters"}, [choices]
    )
    runs = {"done": answer.tally.count, "of": choices.replicates, "vectors": len(set(answer.tally.vectors.tolist()))}
    Figures(
        rows=table(answer),
        runs=runs,
        trust=told,
        command=downloads.command(choices),
        query=choices.query(),
        edited=bool(choices.levers_a or choices.levers_b),
        files=[{"kind": kind, "title": title} for kind, title in _FILES],
        file=file,
        busy=view.busy,
        event_download=download,
    )
    Charts(answer=answer, dark=view.dark, busy=view.busy)


def _file(answer: Answer, kind: str) -> dict[str, str]:
    if kind in SIDES:
        policy = answer.question.policies[SIDES.index(kind)]
        return {"name": f"{policy.name}.toml", "text": downloads.policy_toml(answer.choices, kind)}
    if kind == "series":
        return {"name": "weekly-series.csv", "text": downloads.series_csv(answer)}
    return {"name": "figures.csv", "text": downloads.figures_csv(answer)}
