"""The tab that shows the households: maps that play, what happened, and the card of one household beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.browser.network import Network
from abm.browser.palette import legend
from experiments.page.background import Latest, in_background
from experiments.page.choices import SIDES
from experiments.page.film import Film
from experiments.page.paired import Answer
from experiments.page.view import View
from experiments.page.watch.events import Event, Kept, events, looked_up, near
from experiments.page.watch.household import HouseholdCard
from experiments.page.watch.words import after_words, numbers, parting, windows

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
#: With more households than these the maps have the whole width, as long as no card is open.
_MANY = 4_000


@drawn_by("feed.vue")
def Feed(
    lines: list[dict[str, Any]],
    total: int,
    every: int,
    first: bool,
    last: bool,
    ready: bool,
    week: int,
    chosen: int | None,
    apart: bool,
    everything: bool,
    event_choose: Callable[[dict[str, Any]], None],
    event_move: Callable[[dict[str, Any]], None],
    event_sift: Callable[[dict[str, Any]], None],
) -> None:
    """What happened around the week in view, a line an event."""


@component
def WatchTab(view: View) -> None:
    """The households of the run on show."""
    if view.answer is None:
        solara.HTML("p", "Running …" if not view.fault else "Nothing was run.", classes=["r-hint"])
    else:
        _Shown(view.answer, view)


def opening(film: Film) -> int:
    """The week that is shown where the address names none: the first in which A and B differ, else the start."""
    return -1 if film.parting is None else film.parting


@component
def _Shown(answer: Answer, view: View) -> None:
    film = answer.film
    looks = solara.use_memo(legend, [])
    household = view.place.household
    kept, set_kept = solara.use_state(Kept())
    week = min(opening(film) if view.place.week is None else view.place.week, film.weeks - 1)
    words = solara.use_memo(
        lambda: {
            "numbers": numbers(answer),
            "parting": parting(film),
            "windows": [row for k in range(len(SIDES)) for row in windows(k, answer.prepared[k])],
        },
        [film],
    )

    def go(told: dict[str, Any]) -> None:
        who = int(told["household"]) if "household" in told else household
        view.go(replace(view.place, household=who, week=int(told["week"])))

    classes = ["r-watch", *(["r-opened"] if household is not None else [])]
    if household is None and len(film.ids) > _MANY:
        classes.append("r-wide")
    solara.Style(STYLE)
    with solara.Div(classes=classes):
        Network(
            cast=film.cast,
            reels=solara.use_memo(lambda: [film.reel(0), film.reel(1)], [film]),
            weeks=film.weeks,
            looks=looks,
            titles=[prepared.policy.title or prepared.policy.name for prepared in answer.prepared],
            caption=answer.prepared[0].caseload.title or answer.prepared[0].caseload.name,
            after=after_words(),
            at=week,
            chosen=household,
            dark=view.dark,
            busy=view.busy,
            event_move=go,
            event_choose=go,
            event_filter=lambda told: set_kept(Kept.told(told)),
            **words,
        )
        with solara.Div(classes=["r-beside"]):
            with solara.Div(classes=["r-drawer"] if household is not None else []):
                HouseholdCard(
                    answer=answer,
                    household=household,
                    week=week,
                    looks=looks,
                    dark=view.dark,
                    busy=view.busy,
                    go=go,
                    close=lambda: view.go(replace(view.place, household=None, week=week)),
                )
            _Happened(answer, week, household, kept, go)


@component
def _Happened(
    answer: Answer, week: int, household: int | None, kept: Kept, go: Callable[[dict[str, Any]], None]
) -> None:
    """What happened around the week in view, looked up beside what is seen."""
    film = answer.film
    sifted, set_sifted = solara.use_state({"apart": film.parting is not None, "everything": False})
    shown, set_shown = solara.use_state(Latest())
    listed: dict[bool, list[Event]] = solara.use_memo(dict, [film])
    known: dict[Event, str] = solara.use_memo(dict, [film])
    apart, everything = sifted["apart"], sifted["everything"]

    def look_up(stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        if everything not in listed:
            listed[everything] = events(film, everything=everything)
        every = [event for event in kept.of(film, listed[everything]) if event.apart or not apart]
        around = near(every, week)
        for found in looked_up(answer, around, stopped, known):
            yield {
                "lines": [event.told(film) for event in found],
                "total": len(every),
                "every": len(listed[everything]),
                "first": around[:1] == every[:1],
                "last": around[-1:] == every[-1:],
            }

    solara.use_effect(lambda: in_background(look_up, set_shown), [film, week, apart, everything, kept])
    Feed(
        **(shown.value or {"lines": [], "total": 0, "every": 0, "first": True, "last": True}),
        ready=shown.value is not None,
        week=week,
        chosen=household,
        apart=apart,
        everything=everything,
        event_choose=go,
        event_move=go,
        event_sift=lambda told: set_sifted({key: bool(told[key]) for key in ("apart", "everything")}),
    )
