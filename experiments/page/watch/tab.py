"""The tab that shows the households."""

from __future__ import annotations

from dataclasses import replace

import solara

from abm.browser.components import component
from abm.browser.network import Network
from abm.browser.palette import legend
from experiments.page.paired import Answer
from experiments.page.view import View
from experiments.page.watch.household import HouseholdCard


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
    looks = solara.use_memo(legend, [])
    household, week = view.place.household, 51 if view.place.week is None else view.place.week
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
    HouseholdCard(
        answer=answer,
        household=household,
        week=week,
        looks=looks,
        dark=view.dark,
        busy=view.busy,
        go=lambda told: view.go(replace(view.place, household=int(told["household"]), week=int(told["week"]))),
        close=lambda: view.go(replace(view.place, household=None)),
    )
