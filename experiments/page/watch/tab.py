"""The tab that shows the households."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.browser.network import Network
from abm.browser.palette import legend
from experiments.page.background import Latest, in_background
from experiments.page.paired import Answer
from experiments.page.view import View
from experiments.page.watch.card import card


@drawn_by("card.vue")
def Card(card: dict[str, Any] | None, problem: str, looks: list[dict[str, Any]], dark: bool, busy: bool) -> None:
    """One household under both policies."""


@component
def WatchTab(view: View) -> None:
    """The households of the run on show."""
    if view.answer is None:
        solara.HTML("p", "Running …" if not view.fault else "Nothing was run.", classes=["r-hint"])
    else:
        _Shown(view.answer, view)


@component
def _Shown(answer: Answer, view: View) -> None:
    film = answer.film
    shown, set_shown = solara.use_state(Latest())
    looks = solara.use_memo(legend, [])
    household, week = view.place.household, 51 if view.place.week is None else view.place.week

    def look_up() -> Callable[[], None] | None:
        if household is None:
            return None
        return in_background(lambda stopped: iter([card(answer, household, week)]), set_shown)

    solara.use_effect(look_up, [film, household, week])
    Network(
        cast=film.cast,
        reels=solara.use_memo(lambda: [film.reel(0), film.reel(1)], [film]),
        weeks=film.weeks,
        looks=looks,
        titles=[prepared.policy.title or prepared.policy.name for prepared in answer.prepared],
        weight=f"{answer.prepared[0].weight:.3g}",
        dark=view.dark,
        busy=view.busy,
        event_choose=lambda told: view.go(
            replace(view.place, household=int(told["household"]), week=int(told["week"]))
        ),
    )
    Card(
        card=None if shown.problem else shown.value,
        problem=shown.problem,
        looks=looks,
        dark=view.dark,
        busy=view.busy,
    )
