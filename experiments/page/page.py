"""The page: what a visitor chose, what was run for it, and the parts that show it.

Everything of a visitor lives in the state of this component, so two visitors never share a model.  Runs
happen in a thread of their own, one a visitor; a new choice stops the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.browser.network import Network
from abm.browser.palette import legend
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import caseload_names, policy_names
from experiments.page import charts, downloads
from experiments.page.background import Latest, in_background
from experiments.page.card import card
from experiments.page.choices import LIMITS, SIDES, Choices, caseload_of, policy_of
from experiments.page.levers import differing, panel, values
from experiments.page.paired import Answer, answers
from experiments.page.trust import trust
from experiments.page.wording import in_short, table

STYLE = Path(__file__).with_name("page.css")
_NUMBERS = (
    ("households", "Households simulated"), ("weeks", "Weeks"), ("replicates", "Runs"), ("seed", "Seed"),
)  # fmt: skip
_FILES = (
    ("figures", "Figures (CSV)"), ("series", "Weekly series (CSV)"), ("a", "Policy A (TOML)"), ("b", "Policy B (TOML)"),
)  # fmt: skip


@drawn_by("header.vue")
def Header(
    chosen: dict[str, Any],
    options: dict[str, Any],
    numbers: list[dict[str, Any]],
    problems: list[str],
    query: str,
    event_choose: Callable[[dict[str, Any]], None],
    event_darken: Callable[[bool], None],
    event_swap: Callable[[Any], None],
    event_restart: Callable[[Any], None],
) -> None:
    """The question, the three choices and the numbers of a run."""


@drawn_by("levers.vue")
def Levers(
    groups: list[dict[str, Any]],
    standing: dict[str, Any],
    differ: int,
    event_move: Callable[[dict[str, Any]], None],
) -> None:
    """The panel of levers."""


@drawn_by("short.vue")
def Short(sentences: list[str], runs: dict[str, int], total: int, assumed: int, query: str, busy: bool) -> None:
    """What the comparison says, how many runs it rests on, and how many assumptions."""


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


@drawn_by("card.vue")
def Card(card: dict[str, Any] | None, problem: str, looks: list[dict[str, Any]], dark: bool, busy: bool) -> None:
    """One household under both policies."""


@drawn_by("charts.vue")
def Charts(charts: list[dict[str, Any]], script: str, looks: list[dict[str, Any]], dark: bool, busy: bool) -> None:
    """The charts."""


@component
def Page() -> None:
    """The whole page of one visitor."""
    search = solara.use_router().search
    (first, unread) = solara.use_memo(lambda: Choices.from_query(search), [])
    choices, set_choices = solara.use_state(first)
    problems, set_problems = solara.use_state(unread)
    latest, set_latest = solara.use_state(Latest())
    answer: Answer | None = latest.value
    fault = latest.problem
    dark, set_dark = solara.use_state(False)

    solara.use_effect(lambda: in_background(lambda stopped: answers(choices, stopped), set_latest), [choices])

    def attempt(change: Callable[[], Choices]) -> None:
        try:
            set_choices(change())
            set_problems([])
        except InputError as error:
            set_problems([str(error)])

    def choose(told: dict[str, Any]) -> None:
        attempt(lambda: choices.chosen(str(told["what"]), told["value"]))

    def move(told: dict[str, Any]) -> None:
        attempt(lambda: choices.moved(str(told["side"]), str(told["path"]), told["value"]))

    def swap(_: Any) -> None:
        attempt(choices.swapped)

    def restart(_: Any) -> None:
        attempt(choices.untouched)

    busy = answer is None or answer.choices != choices
    with solara.Div(classes=["returns"]):
        solara.Style(STYLE)
        Header(
            chosen=_chosen(choices),
            options=_options(),
            numbers=_numbers(),
            problems=[*problems, *([fault] if fault else [])],
            query=choices.query(),
            event_choose=choose,
            event_darken=set_dark,
            event_swap=swap,
            event_restart=restart,
        )
        with solara.Div(classes=["r-main"]):
            with solara.Div(classes=["r-side"]):
                Levers(groups=panel(), standing=values(choices), differ=_differing(choices), event_move=move)
            with solara.Div(classes=["r-results"]):
                if answer is None:
                    solara.HTML("p", "Running …" if not fault else "Nothing was run.", classes=["r-hint"])
                else:
                    Results(answer, busy and not fault, dark)
        solara.HTML(
            "p",
            "A model, not a forecast: no single number here should be believed without its interval, and no interval "
            "without the inputs it rests on. Colours can be told apart with any common colour blindness.",
            classes=["r-foot"],
        )


@component
def Results(answer: Answer, busy: bool, dark: bool) -> None:
    """Everything that was run for a question."""
    choices = answer.choices
    file, set_file = solara.use_state({"name": "", "text": "", "count": 0})
    picked, set_picked = solara.use_state(None)
    shown, set_shown = solara.use_state(Latest())
    script, set_script = solara.use_state(Latest())
    board, set_board = solara.use_state(Latest())
    looks = solara.use_memo(legend, [])

    solara.use_effect(lambda: in_background(lambda stopped: iter([charts.script()]), set_script), [])

    # Figures and film are on their way first.
    solara.use_effect(
        lambda: in_background(lambda stopped: iter([charts.board(answer, dark=dark)]), set_board), [answer, dark]
    )

    def look_up() -> Callable[[], None] | None:
        if picked is None:
            return None
        return in_background(lambda stopped: iter([card(answer, *picked)]), set_shown)

    solara.use_effect(look_up, [answer.film, picked])

    def download(told: dict[str, str]) -> None:
        set_file({**_file(answer, told["kind"]), "count": file["count"] + 1})

    film = answer.film
    told = solara.use_memo(
        lambda: trust(choices.shown) | {"drawn": answer.question.uncertainty == "parameters"}, [choices]
    )
    weight = answer.prepared[0].weight
    runs = {"done": answer.tally.count, "of": choices.replicates, "vectors": len(set(answer.tally.vectors.tolist()))}
    Short(
        sentences=in_short(answer),
        runs=runs,
        total=told["total"],
        assumed=len(told["assumed"]),
        query=choices.query(),
        busy=busy,
    )
    Network(
        cast=film.cast,
        reels=solara.use_memo(lambda: [film.reel(0), film.reel(1)], [film]),
        weeks=film.weeks,
        looks=looks,
        titles=[prepared.policy.title or prepared.policy.name for prepared in answer.prepared],
        weight=f"{weight:.3g}",
        dark=dark,
        busy=busy,
        event_choose=lambda found: set_picked((int(found["household"]), int(found["week"]))),
    )
    Figures(
        rows=table(answer),
        runs=runs,
        trust=told,
        command=downloads.command(choices),
        query=choices.query(),
        edited=bool(choices.levers_a or choices.levers_b),
        files=[{"kind": kind, "title": title} for kind, title in _FILES],
        file=file,
        busy=busy,
        event_download=download,
    )
    Card(card=None if shown.problem else shown.value, problem=shown.problem, looks=looks, dark=dark, busy=busy)
    Charts(charts=board.value or [], script=script.value or "", looks=looks, dark=dark, busy=busy)


def _file(answer: Answer, kind: str) -> dict[str, str]:
    if kind in SIDES:
        policy = answer.question.policies[SIDES.index(kind)]
        return {"name": f"{policy.name}.toml", "text": downloads.policy_toml(answer.choices, kind)}
    if kind == "series":
        return {"name": "weekly-series.csv", "text": downloads.series_csv(answer)}
    return {"name": "figures.csv", "text": downloads.figures_csv(answer)}


def _chosen(choices: Choices) -> dict[str, Any]:
    edited = {side: len(choices.levers(side)) for side in SIDES}
    return {
        "caseload": choices.caseload,
        "a": choices.a,
        "b": choices.b,
        "edited": edited,
        "any": bool(sum(edited.values()) or choices.shared),
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
        {"name": name, "title": title, "least": LIMITS[name][0], "most": LIMITS[name][1], "step": 1}
        for name, title in _NUMBERS
    ]


def _differing(choices: Choices) -> int:
    try:
        return differing(choices)
    except InputError:
        return 0
