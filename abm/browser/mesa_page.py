"""Mesa's own page on the same model, as Mesa's users write it: ``solara run abm.browser.mesa_page``.

`SolaraViz` with a `SpaceRenderer` on the model's grid, sliders made from the declarations, charts of the
DataCollector, the card of a household, and (if it is asked for) Mesa's console.  For two policies side by
side open ``experiments.page.app``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mesa
import pycountry  # noqa: F401  (before anybody comes: `abm.evidence.countries` reads it)
import solara
import solara._stores  # Solara would import it with the first visitor
from mesa.visualization import CommandConsole, SolaraViz
from mesa.visualization.solara_viz import UserInputs
from mesa.visualization.utils import update_counter

from abm.browser.card import PARTS, household_card
from abm.browser.charts import cost_chart, departures_chart, stocks_chart
from abm.browser.components import component
from abm.browser.drawing import MOST_TIES, household_renderer, ties_drawn
from abm.browser.mesa_inputs import FIRST, MOST, Asked, changed, in_words, inputs, titles
from abm.browser.places import PlacedModel
from abm.browser.quiet import keep_quiet
from abm.browser.vega import LocalVega, script
from abm.inputs.parameters import InputError
from abm.mesa_model import ReturnModel
from abm.scenarios.scenario import caseload_names, policy_names

keep_quiet()

#: Set to 1 to have Mesa's console on the page.  Whoever can reach the page can then run any Python here.
CONSOLE = "RETURNS_CONSOLE"
script()  # takes seconds: before anybody comes
titles()
_STYLE = Path(__file__).with_name("mesa_page.css").read_text(encoding="utf-8")


class StockModel(PlacedModel):
    """The model with the arguments that the stock page can set: names of shipped files, numbers, and the main levers.

    Parameters
    ----------
    levers
        Values by dotted path; the policy's own for those that are not named.

    Raises
    ------
    InputError
        If a name is not that of a shipped file, or a number is out of bounds.
    """

    def __init__(
        self,
        policy: str = "uk-pilot-2026",
        caseload: str = "uk-families-2026",
        households: int = 150,
        weeks: int = 260,
        rng: Any = 0,
        levers: Mapping[str, Any] | None = None,
    ) -> None:
        # A visitor names scenarios, never files.
        for field, name, known in (("policy", policy, policy_names()), ("caseload", caseload, caseload_names())):
            if name not in known:
                raise InputError(field, name, "one of " + ", ".join(known))
        if not 1 <= int(households) <= MOST:
            raise InputError("households", households, f"a whole number from 1 to {MOST:,}")
        super().__init__(policy, caseload, households=int(households), weeks=int(weeks), rng=rng, **dict(levers or {}))


class VisitedModel(StockModel):
    """A visitor's model: what Mesa's Reset button makes anew, from what the visitor last asked for with success."""

    def __init__(self, asked: solara.Reactive[Asked]) -> None:
        super().__init__(**asked.value)


@component
def Page() -> None:
    """The stock page, with a model of its own for every visitor."""
    asked = solara.use_memo(lambda: solara.reactive(FIRST), [])
    model = solara.use_memo(lambda: solara.reactive(VisitedModel(asked)), [])
    typed, set_typed = solara.use_state(FIRST)
    fault, set_fault = solara.use_state("")
    turn, set_turn = solara.use_state(0)
    ready, set_ready = solara.use_state(False)
    dark, set_dark = solara.use_state(False)
    renderer = solara.use_memo(lambda: household_renderer(model.value, dark=dark, local_vega=True), [model.value, dark])
    components = solara.use_memo(lambda: _components(dark), [dark])

    def ask(name: str, value: Any) -> None:
        wanted = changed(typed, name, value)
        if wanted == typed:
            return
        set_typed(wanted)
        try:
            made = VisitedModel(solara.reactive(wanted))
        except InputError as error:  # the model that is there stays
            set_fault(in_words(error))
            return
        set_fault("")
        ended = not model.value.running
        asked.value = wanted
        model.value = made
        if ended:  # Mesa's buttons stay grey after the end of a run: begin with new ones
            set_turn(turn + 1)

    solara.Style(PARTS + _STYLE)
    LocalVega(script=script(), event_ready=lambda _: set_ready(True), event_darken=set_dark)
    if ready:
        SolaraViz(
            model,
            renderer=renderer,
            components=components,
            model_params={"asked": asked},
            name="household-returns",
            play_interval=200,
        ).key(f"viz-{turn}")
    with solara.Sidebar(), solara.Card("Model", classes=["m-model"]):
        UserInputs(inputs(typed), on_change=ask)
        if fault:
            solara.Error(f"{fault} The run on show goes on.", classes=["m-fault"])
        solara.HTML("p", "A change begins a new run at week 0.", classes=["m-hint"])


def _components(dark: bool) -> list[Any]:
    """What stands on Mesa's pages: households (0), charts (1), console (2)."""
    console = Console if os.environ.get(CONSOLE) == "1" else NoConsole
    return [
        (household_card, 0),
        (Caption, 0),
        (lambda model: Stocks(model, dark), 1),
        (lambda model: Departures(model, dark), 1),
        (lambda model: Cost(model, dark), 1),
        (console, 2),
        (ConsoleHelp, 2),
    ]


@component
def Caption(model: ReturnModel) -> None:
    """What the picture shows, and what it leaves out."""
    update_counter.get()
    ties = len(ties_drawn(model.grid)) if isinstance(model, PlacedModel) else 0
    drawn = f"{ties:,} lines join households in the country that know each other."
    if ties > MOST_TIES:
        drawn = f"The {ties:,} lines between those who know each other are left out: they would be a grey area."
    solara.HTML(
        "div",
        f"<h3>Week {model.week} of {model.prepared.weeks}</h3><p>One mark is one household that decides together, "
        "in the block of its country of origin; it keeps its place, also after it has left. Filled marks are in the "
        f"country. {drawn} Point at a mark to see who it is; type its number to open its card.</p>",
        classes=["m-caption"],
    )


@component
def Stocks(model: ReturnModel, dark: bool = False) -> None:
    """Households in the country by stage."""
    update_counter.get()
    solara.FigureAltair(stocks_chart(model, dark=dark))


@component
def Departures(model: ReturnModel, dark: bool = False) -> None:
    """Households who have left, by route."""
    update_counter.get()
    solara.FigureAltair(departures_chart(model, dark=dark))


@component
def Cost(model: ReturnModel, dark: bool = False) -> None:
    """Public cost to date."""
    update_counter.get()
    solara.FigureAltair(cost_chart(model, dark=dark))


@component
def Console(model: ReturnModel) -> None:
    """Mesa's console on the run on show: Mesa's own would keep the model that it first met."""
    CommandConsole(model).key(f"console-{id(model)}")


@component
def NoConsole(model: ReturnModel) -> None:
    """Where the console would be."""
    solara.HTML(
        "div",
        "<h3>The console is off</h3><p>It runs any Python on the machine that serves this page, for anybody who "
        f"can reach it. On your own machine, start the server with <code>{CONSOLE}=1</code> in its environment: "
        f"<code>{CONSOLE}=1 returns serve --mesa</code></p>",
        classes=["m-caption"],
    )


@component
def ConsoleHelp(model: ReturnModel) -> None:
    """What to type."""
    solara.HTML(
        "div",
        f"<h3>In the console (Mesa {mesa.__version__})</h3><p><code>model</code> is the run on this page. Try</p>"
        "<pre>model.agents[0].why()\nmodel.agents.select(lambda h: h.stage == 'BOOKED')\nmodel.stocks</pre>",
        classes=["m-caption"],
    )
