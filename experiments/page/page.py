"""The page: what a visitor asks, what was run for it, and the four tabs that show it.

Everything of a visitor lives in the state of this component, so two visitors never share a model.  Runs
happen in a thread of their own, one a visitor; a new question stops the last one.  Question and place stand
in the web address, so that a link opens what was seen and Back returns to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import caseload_names, policy_names
from experiments.page.answer.tab import AnswerTab
from experiments.page.background import Latest, in_background
from experiments.page.choices import LIMITS, SIDES, TITLES, Choices, caseload_of, policy_of
from experiments.page.evidence.tab import EvidenceTab
from experiments.page.explore.tab import ExploreTab
from experiments.page.lever_panel import LeverPanel
from experiments.page.paired import Answer, answers
from experiments.page.place import TABS, Place
from experiments.page.strip import strip
from experiments.page.tour import STEPS
from experiments.page.view import View
from experiments.page.watch.tab import WatchTab

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
#: Questions that can be taken back, at most.
_KEPT = 50
_TITLES = {"answer": "Answer", "watch": "Watch", "explore": "Explore", "evidence": "Evidence"}
_SHOWN = {"answer": AnswerTab, "watch": WatchTab, "explore": ExploreTab, "evidence": EvidenceTab}
#: Tabs with the levers that matter most beside them.
_WITH_LEVERS = ("answer", "explore")
_NUMBERS = {
    "households": "there at the start; more smooth out chance, fewer are quicker",
    "weeks": "52 a year",
    "replicates": "the same families, other luck and another fitted behaviour; 20 or more to say something",
    "seed": "any number; the same number gives the same runs",
}


@drawn_by("header.vue")
def Header(
    chosen: dict[str, Any],
    options: dict[str, Any],
    numbers: list[dict[str, Any]],
    problems: list[str],
    address: str,
    undoable: int,
    event_choose: Callable[[dict[str, Any]], None],
    event_darken: Callable[[bool], None],
    event_swap: Callable[[Any], None],
    event_undo: Callable[[Any], None],
    event_restart: Callable[[Any], None],
    event_navigate: Callable[[str], None],
) -> None:
    """The question, the three choices and the numbers of a run; keeps the address in step with what is shown."""


@drawn_by("strip.vue")
def Strip(
    told: dict[str, Any],
    tabs: list[dict[str, str]],
    tab: str,
    query: str,
    busy: bool,
    event_show: Callable[[str], None],
    event_again: Callable[[Any], None],
) -> None:
    """The verdict in a line, how many runs it rests on, and the tabs."""


@drawn_by("tour.vue")
def Tour(steps: list[dict[str, Any]], event_show: Callable[[str], None]) -> None:
    """The tour of a first visit."""


@component
def Page() -> None:
    """The whole page of one visitor."""
    search = solara.use_router().search
    first, unread = solara.use_memo(lambda: _from_address(search), [])
    (choices, place), set_at = solara.use_state(first)
    problems, set_problems = solara.use_state(unread)
    before, set_before = solara.use_state(())
    latest, set_latest = solara.use_state(Latest())
    again, set_again = solara.use_state(0)
    dark, set_dark = solara.use_state(False)
    answer: Answer | None = latest.value
    fault = latest.problem

    solara.use_effect(
        lambda: in_background(lambda stopped: answers(choices, stopped), set_latest, others=True), [choices, again]
    )

    def ask(new: Choices) -> None:
        if new != choices:
            set_before((*before, choices)[-_KEPT:])
            set_at((new, place))

    def change(changed: Callable[[Choices], Choices]) -> None:
        try:
            ask(changed(choices))
            set_problems([])
        except InputError as error:
            set_problems([str(error)])

    def undo(_: Any) -> None:
        if before:
            set_at((before[-1], place))
            set_before(before[:-1])
            set_problems([])

    def navigate(address: str) -> None:
        found, unread = _from_address(address)
        if found[0] != choices:
            set_before((*before, choices)[-_KEPT:])
        set_at(found)
        set_problems(unread)

    def show(tab: str) -> None:
        if tab in TABS:
            set_at((choices, replace(place, tab=tab)))

    busy = answer is None or answer.choices != choices
    view = View(
        choices=choices,
        answer=answer,
        place=place,
        busy=busy and not fault,
        fault=fault,
        dark=dark,
        change=change,
        go=lambda new: set_at((choices, new)),
        others=latest.others,
    )
    with solara.Div(classes=["returns"]):
        solara.Style(STYLE)
        Header(
            chosen=_chosen(choices),
            options=_options(),
            numbers=_numbers(),
            problems=[*problems, *([fault] if fault else [])],
            address="&".join(filter(None, (choices.query(), place.query()))),
            undoable=len(before),
            event_choose=lambda told: change(lambda now: now.chosen(str(told["what"]), told["value"])),
            event_darken=set_dark,
            event_swap=lambda _: change(Choices.swapped),
            event_undo=undo,
            event_restart=lambda _: change(Choices.untouched),
            event_navigate=navigate,
        )
        Strip(
            told=strip(view),
            tabs=[{"id": tab, "title": _TITLES[tab]} for tab in TABS],
            tab=place.tab,
            query=answer.choices.query() if answer else "",
            busy=view.busy,
            event_show=show,
            event_again=lambda _: set_again(again + 1),
        )
        Tour(steps=list(STEPS), event_show=show)
        with solara.Div(
            classes=["r-tab"],
            attributes={"id": "r-panel", "role": "tabpanel", "tabindex": "-1", "aria-labelledby": f"r-tab-{place.tab}"},
        ):
            if place.tab in _WITH_LEVERS:
                with solara.Div(classes=["r-with-levers"]):
                    LeverPanel(view, compact=True)
                    with solara.Div(classes=["r-stack"]):
                        _SHOWN[place.tab](view)
            else:
                with solara.Div(classes=["r-stack"]):
                    _SHOWN[place.tab](view)
        solara.HTML(
            "p",
            "A model, not a forecast: no single number here should be believed without its interval, and no interval "
            "without the inputs it rests on. Colours can be told apart with any common colour blindness.",
            classes=["r-foot"],
        )


def _from_address(address: str | None) -> tuple[tuple[Choices, Place], list[str]]:
    """Question and place of an address, and what could not be read in it."""
    choices, unread = Choices.from_query(address)
    place, unplaced = Place.from_query(address)
    return (choices, place), [*unread, *unplaced]


def _chosen(choices: Choices) -> dict[str, Any]:
    edited = {side: len(choices.levers(side)) for side in SIDES}
    return {
        "caseload": choices.caseload,
        "a": choices.a,
        "b": choices.b,
        "edited": edited,
        "any": choices != choices.untouched(),
        "households": choices.size,
        "weeks": choices.weeks,
        "replicates": choices.replicates,
        "seed": choices.seed,
    }


def _options() -> dict[str, Any]:
    def told(name: str, load: Callable[[str], Any]) -> dict[str, str]:
        found = load(name)
        return {"name": name, "title": found.title or name, "describes": found.describes}

    return {
        "caseloads": [told(name, caseload_of) for name in caseload_names()],
        "policies": [told(name, policy_of) for name in policy_names()],
    }


def _numbers() -> list[dict[str, Any]]:
    return [
        {"name": name, "title": TITLES[name], "help": text, "least": least, "most": most, "step": 1}
        for name, text in _NUMBERS.items()
        for least, most in (LIMITS[name],)
    ]
