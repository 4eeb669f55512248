"""Mesa's own stock page on the same model: ``solara run abm.browser.mesa_page``.

Stock controls, the plots of the DataCollector, and a drawer of the network that keeps the given places.
For two policies side by side, and for why a household stayed or left, open ``experiments.page.app``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pycountry  # noqa: F401  (before anybody comes: `abm.evidence.countries` reads it)
import solara
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from mesa.visualization import Slider, SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from abm.browser.components import component
from abm.browser.layout import ASPECT, Picture, headed, picture
from abm.browser.palette import LOOKS
from abm.browser.quiet import keep_quiet
from abm.household.stages import COL, ROUTES, Stage, in_country
from abm.inputs.parameters import InputError
from abm.mesa_model import ReturnModel
from abm.scenarios.scenario import caseload_names, policy_names

keep_quiet()

#: Most households to start with: a stock page sends every picture whole.
MOST = 2_000
_AS_IT_IS = "as the policy has it"
_AMOUNTS = [_AS_IT_IS, *(str(amount) for amount in range(0, 20_001, 2_500))]


class StockModel(ReturnModel):
    """The model with the arguments that the stock controls can set: names of shipped files, and numbers.

    Parameters
    ----------
    amount
        Amount of the offer for each adult, GBP, as text; or the words for the policy's own.

    Raises
    ------
    InputError
        If a name is not that of a shipped file, or a number is out of bounds.
    """

    def __init__(
        self,
        policy: str = "uk-pilot-2026",
        caseload: str = "uk-families-2026",
        amount: str = _AS_IT_IS,
        households: int = 150,
        weeks: int = 260,
        rng: Any = 0,
    ) -> None:
        # A visitor names scenarios, never files.
        for field, name, known in (("policy", policy, policy_names()), ("caseload", caseload, caseload_names())):
            if name not in known:
                raise InputError(field, name, "one of " + ", ".join(known))
        if not 1 <= int(households) <= MOST:
            raise InputError("households", households, f"a whole number from 1 to {MOST:,}")
        levers: dict[str, Any] = {} if amount == _AS_IT_IS else {"offer.amount_per_person": amount}
        super().__init__(policy, caseload, households=int(households), weeks=int(weeks), rng=rng or 0, **levers)


PARAMETERS: dict[str, Any] = {
    "policy": {"type": "Select", "label": "Policy", "value": "uk-pilot-2026", "values": list(policy_names())},
    "caseload": {"type": "Select", "label": "Caseload", "value": "uk-families-2026", "values": list(caseload_names())},
    "amount": {
        "type": "Select",
        "label": "Amount of the offer (GBP for each adult)",
        "value": _AS_IT_IS,
        "values": _AMOUNTS,
    },
    "households": Slider("Households", value=150, min=50, max=MOST, step=50),
    "weeks": Slider("Weeks", value=260, min=26, max=520, step=26),
    "rng": {"type": "InputText", "label": "Seed", "value": "0"},
}


def laid_out(model: ReturnModel) -> Picture:
    """Places by origin and site, the same as on the page of two policies."""
    s = model.state.s
    order = np.lexsort((s[COL.id], s[COL.site]))
    return picture(s[COL.origin].astype(np.int64), order)


@component
def HouseholdNetwork(model: ReturnModel) -> None:
    """Households in their given places, coloured by stage, and the ties between those in the country."""
    update_counter.get()
    drawn = solara.use_memo(lambda: laid_out(model), [id(model)])
    state = model.state
    xy = np.column_stack([drawn.xy[:, 0] * ASPECT, 1.0 - drawn.xy[:, 1]])
    stages = state.s[COL.stage].astype(int)
    figure = Figure(figsize=(6.4, 5.8), dpi=110, layout="constrained")
    axes = figure.add_subplot(xlim=(0, ASPECT), ylim=(0, 1), aspect="equal")
    axes.set_axis_off()
    ends = np.repeat(np.arange(len(xy)), np.diff(state.tie_start))
    others = state.ties[: len(ends)]
    here = in_country(stages)
    kept = (ends < others) & here[ends] & here[others]
    axes.add_collection(
        LineCollection(
            list(np.stack([xy[ends[kept]], xy[others[kept]]], axis=1)), colors="#7080a0", linewidths=0.4, alpha=0.2
        )
    )
    size = min(60.0, (0.55 * drawn.spacing * 72 * 5.3) ** 2)
    for stage, look in LOOKS.items():
        rows = stages == stage
        gone = stage in ROUTES
        axes.scatter(
            xy[rows, 0], xy[rows, 1], s=size, label=f"{look.title} ({rows.sum()})", linewidths=1.2,
            facecolors="none" if gone else look.light, edgecolors=look.light,
            marker="s" if stage in (Stage.PROTECTED, Stage.SETTLED) else "o",
        )  # fmt: skip
    for origin, block in drawn.blocks:
        if headed(block):
            axes.text(
                block.x * ASPECT + 0.004,
                1.0 - block.y - 0.03,
                model.prepared.origins[origin],
                fontsize=8,
                color="#50555e",
            )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, fontsize=8, frameon=False)
    axes.set_title(f"Week {model.week} of {model.prepared.weeks}", fontsize=10)
    solara.FigureMatplotlib(figure)


@component
def Page() -> None:
    """The stock page, with a model of its own for every visitor."""
    model = solara.use_memo(StockModel, [])
    stocks = {stage.name.lower(): LOOKS[stage].light for stage in LOOKS if stage not in ROUTES}
    routes = {stage.name.lower(): LOOKS[stage].light for stage in ROUTES}
    SolaraViz(
        model,
        components=[
            (HouseholdNetwork, 0),
            make_plot_component(stocks),
            make_plot_component(routes),
            make_plot_component("cost"),
        ],
        model_params=PARAMETERS,
        name="household-returns",
        play_interval=200,
    )
