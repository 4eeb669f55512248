"""The tab on what it all rests on: inputs by mark, every lever, the fit, histories held out, sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.inputs.parameters import InputError
from experiments.page.background import Latest, in_background
from experiments.page.choices import Choices
from experiments.page.evidence.record import record, record_sources
from experiments.page.evidence.trust import inputs, sources, trust
from experiments.page.lever_panel import LeverPanel
from experiments.page.view import View

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
#: Headings of the tab by their identities.
_SECTIONS = {
    "r-levers-title": "Levers", "r-ev-rests": "What the answer rests on", "r-ev-fit": "Fit",
    "r-ev-held": "Held-out histories", "r-ev-sources": "Sources",
}  # fmt: skip
#: What can be told before it is known.
_NOTHING: dict[str, Any] = {"told": {"total": 0, "marks": []}, "inputs": [], "sources": []}


@drawn_by("evidence.vue")
def _Evidence(
    told: dict[str, Any],
    inputs: list[dict[str, Any]],
    record: dict[str, Any],
    sources: list[dict[str, Any]],
    histories: list[dict[str, Any]],
) -> None:
    """Everything but the levers."""


@drawn_by("contents.vue")
def _Contents(sections: list[dict[str, str]]) -> None:
    """Where the parts of the tab are."""


@component
def EvidenceTab(view: View) -> None:
    """Every lever with its source, and what the model has been held against."""
    choices = view.choices
    rests, set_rests = solara.use_state(Latest())
    histories, set_histories = solara.use_state(Latest())
    solara.use_effect(lambda: in_background(lambda stopped: iter([rests_of(choices)]), set_rests), [choices])
    solara.use_effect(lambda: in_background(lambda stopped: iter([record_sources()]), set_histories), [])
    found = rests.value or _NOTHING
    with solara.Div(classes=["r-evidence-tab"]):
        solara.Style(STYLE)
        _Contents(sections=[{"id": name, "title": title} for name, title in _SECTIONS.items()])
        LeverPanel(view)
        _Evidence(
            told=found["told"],
            inputs=found["inputs"],
            record=record(),
            sources=found["sources"],
            histories=histories.value or [],
        )


def rests_of(choices: Choices) -> dict[str, Any]:
    """What the inputs of some choices rest on; of the policies as they are shipped if levers contradict each other."""
    try:
        question = choices.shown
    except InputError:
        question = choices.untouched().shown
    told = trust(question)
    return {
        "told": {name: told[name] for name in ("total", "marks")},
        "inputs": inputs(question),
        "sources": sources(question),
    }
