"""The charts as a part of the page: made beside what a visitor does, and drawn in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from experiments.page.answer.charts.board import board, script
from experiments.page.background import Latest, in_background
from experiments.page.paired import Answer

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")


@drawn_by("charts.vue")
def Drawn(charts: list[dict[str, Any]], script: str, dark: bool, busy: bool) -> None:
    """The charts, drawn where they come into view."""


@component
def Charts(answer: Answer, dark: bool, busy: bool) -> None:
    """All charts of an answer."""
    bundle, set_bundle = solara.use_state(Latest())
    told, set_told = solara.use_state(Latest())
    solara.use_effect(lambda: in_background(lambda stopped: iter([script()]), set_bundle), [])
    solara.use_effect(lambda: in_background(lambda stopped: iter([board(answer, dark=dark)]), set_told), [answer, dark])
    solara.Style(STYLE)
    Drawn(charts=told.value or [], script=bundle.value or "", dark=dark, busy=busy)
