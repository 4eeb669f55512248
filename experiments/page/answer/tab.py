"""The tab that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from experiments.page import downloads
from experiments.page.answer import making
from experiments.page.answer.cards import cards, economics, facts, first_look
from experiments.page.answer.charts.shown import Charts
from experiments.page.answer.differing import differing
from experiments.page.answer.table import table
from experiments.page.answer.turning import planned, shown, turning
from experiments.page.answer.waiting import Waiting, waiting
from experiments.page.background import Latest, in_background
from experiments.page.choices import SIDES
from experiments.page.evidence.trust import trust
from experiments.page.paired import Answer
from experiments.page.strip import enough
from experiments.page.view import View

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
_FILES = (
    ("figures", "Figures (CSV)"), ("series", "Weekly series (CSV)"), ("a", "Policy A (TOML)"), ("b", "Policy B (TOML)"),
)  # fmt: skip


@drawn_by("look.vue")
def Look(
    first: list[str], cards: list[dict[str, Any]], facts: list[dict[str, str]], runs: dict[str, Any], busy: bool
) -> None:
    """What the numbers are of, six differences, and what else is said of the money."""


@drawn_by("turning.vue")
def Turning(
    found: dict[str, Any],
    fault: str,
    busy: bool,
    event_find: Callable[[Any], None],
    event_stop: Callable[[Any], None],
) -> None:
    """What turns the answer."""


@drawn_by("differing.vue")
def Differing(levers: list[dict[str, str]], economics: dict[str, Any], runs: dict[str, Any], busy: bool) -> None:
    """The levers in which A and B differ; the economics of the same runs."""


@drawn_by("figures.vue")
def Figures(
    rows: list[dict[str, Any]],
    runs: dict[str, Any],
    rests: dict[str, Any],
    command: str,
    query: str,
    edited: bool,
    files: list[dict[str, str]],
    file: dict[str, Any],
    report: dict[str, Any],
    busy: bool,
    event_download: Callable[[dict[str, str]], None],
    event_make: Callable[[str], None],
    event_evidence: Callable[[Any], None],
) -> None:
    """All measures, what they rest on, and what can be taken away."""


@component
def AnswerTab(view: View) -> None:
    """What was found for the question of a visitor."""
    solara.Style(STYLE)
    if view.answer is None:
        Waiting(**waiting(view.choices, fault=bool(view.fault)))
    else:
        _Found(view.answer, view)


@component
def _Found(answer: Answer, view: View) -> None:
    told = solara.use_memo(lambda: (first_look(answer), cards(answer), facts(answer), economics(answer)), [answer])
    first, six, money, further = told
    Look(first=first, cards=six, facts=money, runs=_runs(answer), busy=view.busy)
    _Turning(view)
    levers = solara.use_memo(lambda: differing(answer.choices), [answer.choices])
    Differing(levers=levers, economics=further, runs=_runs(answer), busy=view.busy)
    Charts(answer=answer, dark=view.dark, busy=view.busy)
    _Figures(answer, view)


@component
def _Turning(view: View) -> None:
    """What turns the answer; found when asked for, and stopped by the visitor, or by another question."""
    said, set_said = solara.use_state(("", ""))
    latest, set_latest = solara.use_state(Latest())
    question = view.choices.query()
    asked, going = said[1] == question, said == ("find", question)

    def begin() -> Callable[[], None] | None:
        if not going:
            return None
        set_latest(Latest())
        return in_background(lambda stopped: turning(view.choices, stopped), set_latest)

    solara.use_effect(begin, [question, going])
    found = shown(latest.value) if asked and latest.value else shown(None)
    Turning(
        found=found | {"asked": asked, "stopped": asked and not going, "planned": planned(view.choices)},
        fault=latest.problem if going else "",
        busy=view.busy,
        event_find=lambda _: set_said(("find", question)),
        event_stop=lambda _: set_said(("stop", question)),
    )


@component
def _Figures(answer: Answer, view: View) -> None:
    """All measures, and what can be taken away, the report among it: made when asked for."""
    choices = answer.choices
    file, set_file = solara.use_state({"name": "", "text": "", "count": 0})
    asked, set_asked = solara.use_state(("", ""))
    latest, set_latest = solara.use_state(Latest())
    question = view.choices.query()
    kind = asked[1] if asked[0] == question else ""

    def begin() -> Callable[[], None] | None:
        set_latest(Latest())
        quick = kind == "quick"
        if not kind:
            return None
        return in_background(lambda stopped: making.report(view.choices, quick=quick, stopped=stopped), set_latest)

    solara.use_effect(begin, [question, kind])
    made: making.Report | None = latest.value if kind else None

    def download(told: dict[str, str]) -> None:
        if told["kind"] != "report":
            found = _file(answer, told["kind"])
        elif made and made.html:
            found = {"name": "report.html", "text": made.html}
        else:
            return
        set_file({**found, "count": file["count"] + 1})

    rests = solara.use_memo(lambda: trust(answer.question), [choices])
    Figures(
        rows=solara.use_memo(lambda: table(answer), [answer]),
        runs=_runs(answer),
        rests={"total": rests["total"], "assumed": next(m["count"] for m in rests["marks"] if m["mark"] == "assumed")},
        command=downloads.command(choices),
        query=choices.query(),
        edited=bool(choices.levers_a or choices.levers_b),
        files=[{"kind": kind, "title": title} for kind, title in _FILES],
        file=file,
        report={
            "kind": kind,
            "told": made.told if made else "",
            "size": f"{len(made.html.encode()) / 1e6:.1f} MB" if made and made.html else "",
            "fault": latest.problem if kind else "",
        },
        busy=view.busy,
        event_download=download,
        event_make=lambda told: set_asked((question, told if told in ("quick", "full") else "")),
        event_evidence=lambda _: view.go(replace(view.place, tab="evidence")),
    )


def _runs(answer: Answer) -> dict[str, Any]:
    return {
        "done": answer.tally.count,
        "of": answer.choices.replicates,
        "vectors": len(set(answer.tally.vectors.tolist())),
        "enough": enough(answer),
    }


def _file(answer: Answer, kind: str) -> dict[str, str]:
    if kind in SIDES:
        policy = answer.question.policies[SIDES.index(kind)]
        return {"name": f"{policy.name}.toml", "text": downloads.policy_toml(answer.choices, kind)}
    if kind == "series":
        return {"name": "weekly-series.csv", "text": downloads.series_csv(answer)}
    return {"name": "figures.csv", "text": downloads.figures_csv(answer)}
