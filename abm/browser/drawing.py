"""The households as Mesa's `SpaceRenderer` draws them: stages by colour and shape, a tooltip for each, ties, a legend.

One way for Mesa 3.3, 3.5 and 4: what differs between them is in `household_renderer` and `HouseholdRenderer`.
"""

from __future__ import annotations

import csv
from dataclasses import fields
from functools import cache, partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from mesa.visualization import SpaceRenderer
from mesa.visualization.backends import AltairBackend
from mesa.visualization.components import AgentPortrayalStyle
from mesa.visualization.space_drawers import NetworkSpaceDrawer

from abm.browser.layout import ASPECT, headed
from abm.browser.palette import LOOKS, Look
from abm.browser.places import HouseholdNetwork, PlacedModel
from abm.household.stages import COL, Stage, in_country
from abm.mesa_model import Household

#: More ties than that are not drawn: they would be a grey area, and take the browser seconds a week.
MOST_TIES = 6_000
#: Mesa 3.3 has no tooltips of its own for agents.
_HAS_TOOLTIP = "tooltip" in {field.name for field in fields(AgentPortrayalStyle)}
#: Shapes of Vega (or paths) by the last word of the shape in `LOOKS`, and what matplotlib calls them, as Mesa wants it.
_SHAPES = {
    "disc": ("circle", "o"), "ring": ("circle", "o"), "square": ("square", "s"), "diamond": ("diamond", "D"),
    "cross": ("M-1,-1L1,1M1,-1L-1,1", "x"), "plus": ("cross", "P"), "triangle": ("triangle-up", "^"),
    "arrow": ("triangle-right", ">"), "small disc": ("M0.6,0A0.6,0.6,0,1,1,-0.6,0A0.6,0.6,0,1,1,0.6,0Z", "."),
}  # fmt: skip
#: No menu that leads to an editor elsewhere.
_PLAIN = {"embedOptions": {"actions": False, "renderer": "canvas"}}
_INK = {False: ("#1f2328", "#565c65", "#7080a0"), True: ("#ececec", "#aeb4bd", "#8fa0c4")}


def shape_of(look: Look) -> tuple[str, bool]:
    """What Vega calls the shape of a stage, and whether it is open."""
    return _spelled(look)[0], look.shape.startswith("open ") or look.shape == "ring"


def _spelled(look: Look) -> tuple[str, str]:
    """What Vega and what Matplotlib call the shape of a stage."""
    return _SHAPES.get(look.shape) or _SHAPES.get(look.shape.rpartition(" ")[2], _SHAPES["disc"])


def told(household: Household) -> dict[str, Any]:
    """What the tooltip says of a household."""
    stage = Stage[household.stage]
    return {
        "household": household.id,
        "origin": household.origin,
        "people": f"{household.adults} + {household.children} children" if household.children else household.adults,
        "stage": LOOKS[stage].title,
        "last choice": household.last_choice.lower().replace("_", " ") or "none yet",
    }


def portrayal(household: Household, *, dark: bool = False, size: float = 60.0) -> AgentPortrayalStyle:
    """How Mesa draws a household: colour and shape of its stage, and (from Mesa 3.5 on) a tooltip.

    Parameters
    ----------
    household
        An agent of the model.
    dark
        Whether it is drawn on black.
    size
        Area of its mark, in square pixels.
    """
    look = LOOKS[Stage[household.stage]]
    _, is_open = shape_of(look)
    ink = look.dark if dark else look.light
    tooltip = {"tooltip": told(household)} if _HAS_TOOLTIP else {}
    return AgentPortrayalStyle(
        color="transparent" if is_open else ink,
        edgecolors=ink,
        marker=_spelled(look)[1],
        size=size,
        linewidths=1.4,
        **tooltip,
    )


class HouseholdDrawer(NetworkSpaceDrawer):
    """The ties between households in the country, and the names of the origins, in given places."""

    def __init__(self, space: HouseholdNetwork) -> None:
        super().__init__(space, layout_alg=lambda graph: space.places, layout_kwargs={})
        self.viz_xmin, self.viz_xmax, self.viz_ymin, self.viz_ymax = 0.0, ASPECT, 0.0, 1.0

    def draw_altair(self, *, dark: bool = False, **sizes: Any) -> Any:
        """The layers under the households."""
        space: HouseholdNetwork = self.space
        _, soft, line = _INK[dark]
        layers = [_on(_headings(soft), _names_of(space))]
        frame = ties_drawn(space)
        if len(frame) <= MOST_TIES:
            layers.insert(0, _on(_lines(line), frame))
        return alt.layer(*layers)


def ties_drawn(space: HouseholdNetwork) -> pd.DataFrame:
    """Both ends of every tie between two households in the country: columns x, y, x2, y2."""
    state = space.model.state
    starts = np.repeat(np.arange(len(state.tie_start) - 1), np.diff(state.tie_start))
    ends = state.ties[: len(starts)]
    here = in_country(state.s[COL.stage])
    kept = (starts < ends) & here[starts] & here[ends]
    xy = np.column_stack([space.picture.xy[:, 0] * ASPECT, 1.0 - space.picture.xy[:, 1]])
    return pd.DataFrame(np.hstack([xy[starts[kept]], xy[ends[kept]]]), columns=["x", "y", "x2", "y2"])


class HouseholdBackend(AltairBackend):
    """Mesa's backend for Altair with one legend of the stages, and a tooltip in every version of Mesa."""

    def collect_agent_data(self, space: Any, agent_portrayal: Any, default_size: float | None = None) -> dict[str, Any]:
        """What Mesa takes from each agent's portrayal, as columns."""
        found: dict[str, Any] = super().collect_agent_data(space, agent_portrayal, default_size)
        if "tooltip" not in found:  # Mesa 3.3
            found["tooltip"] = [told(household) for household in space.agents]
        return found

    def draw_agents(self, arguments: dict[str, Any], **options: Any) -> Any:
        """The households as one layer of marks."""
        return _households(arguments) if len(arguments["loc"]) else None


class HouseholdRenderer(SpaceRenderer):
    """Mesa's renderer with the given places, and with the backend above."""

    def __init__(self, model: PlacedModel, backend: str = "altair") -> None:
        super().__init__(model, backend)
        if backend == "altair":
            self.backend_renderer = HouseholdBackend(self.space_drawer)
            self.backend_renderer.initialize_canvas()

    def draw_structure(self, *arguments: Any, **options: Any) -> Any:
        """What stands under the households, of one week."""
        with self.space.drawing:
            return super().draw_structure(*arguments, **options)

    def draw_agents(self, *arguments: Any, **options: Any) -> Any:
        """The households of one week: the model does not step meanwhile."""
        with self.space.drawing:
            return super().draw_agents(*arguments, **options)

    def _get_space_drawer(self) -> HouseholdDrawer:
        return HouseholdDrawer(self.space)


def household_renderer(model: PlacedModel, *, dark: bool = False, local_vega: bool = False) -> HouseholdRenderer:
    """A renderer of the model's households for `mesa.visualization.SolaraViz`.

    Parameters
    ----------
    model
        A model with a ``grid`` of households.
    dark
        Whether the page is dark.
    local_vega
        Whether the page holds an `abm.browser.vega.LocalVega`, which then fits the picture to its place.

    Examples
    --------
    >>> from mesa.visualization import SolaraViz
    >>> from abm.browser import PlacedModel, household_renderer
    >>> model = PlacedModel("uk-pilot-2026", weeks=52)
    >>> page = SolaraViz(model, renderer=household_renderer(model))
    """
    renderer = HouseholdRenderer(model, backend="altair")
    area = min(120.0, max(6.0, (0.62 * model.grid.picture.spacing * 360.0) ** 2))
    portrayed = partial(portrayal, dark=dark, size=area)
    if hasattr(renderer, "setup_agents"):
        renderer.setup_structure(dark=dark).setup_agents(portrayed).render()
    else:  # Mesa 3.3
        renderer.render(agent_portrayal=portrayed, space_kwargs={"dark": dark})
    renderer.post_process = partial(finished, dark=dark, local_vega=local_vega)
    return renderer


def finished(chart: Any, *, dark: bool = False, title: str = "", local_vega: bool = False) -> Any:
    """A chart as wide and high as its place on the page, on no background of its own."""
    drawn = chart.copy(deep=False)
    if not local_vega:
        drawn.width = drawn.height = "container"
    drawn.title, drawn.background, drawn.config = title, "transparent", _config(dark)
    drawn.usermeta = {**_PLAIN, "fills": local_vega}
    return drawn


@cache
def _config(dark: bool) -> Any:
    ink, soft, _ = _INK[dark]
    return alt.Config(
        axis=alt.AxisConfig(
            labelColor=soft, titleColor=soft, gridColor=soft, gridOpacity=0.2, domainColor=soft, tickColor=soft,
        ),
        legend=alt.LegendConfig(labelColor=ink, titleColor=ink, labelFontSize=11, labelLimit=0, symbolSize=80),
        title=alt.TitleConfig(color=ink, fontSize=13, anchor="start"),
    )  # fmt: skip


def _households(drawn: dict[str, Any]) -> Any:
    """A mark for each household, with one legend for colour and shape."""
    frame = pd.DataFrame.from_records(list(drawn["tooltip"]))
    names = list(frame.columns)
    frame.insert(0, "x", drawn["loc"][:, 0])
    frame.insert(1, "y", drawn["loc"][:, 1])
    inks = dict(zip(frame["stage"], drawn["stroke"], strict=True))
    there = [look for look in LOOKS.values() if look.title in inks]
    shapes = [shape_of(look) for look in there]
    strokes = [str(inks[look.title]) for look in there]
    fills = ["transparent" if is_open else ink for (_, is_open), ink in zip(shapes, strokes, strict=True)]

    marks = _marks(
        tuple(look.title for look in there), tuple(name for name, _ in shapes), tuple(strokes), tuple(fills),
        tuple(names), float(drawn["size"][0]),
    )  # fmt: skip
    return _on(marks, frame)


# What is the same every week is made once: Altair checks each part that is made against its schema.


@cache
def _marks(
    titles: tuple[str, ...], shapes: tuple[str, ...], strokes: tuple[str, ...], fills: tuple[str, ...],
    names: tuple[str, ...], area: float,
) -> Any:  # fmt: skip
    def by_stage(channel: Any, values: tuple[str, ...]) -> Any:
        scale = alt.Scale(domain=list(titles), range=list(values))
        return channel("stage:N", scale=scale, legend=alt.Legend(title=None, orient="bottom", columns=2))

    return (
        alt.Chart()
        .mark_point(size=area, strokeWidth=1.4, opacity=1)
        .encode(
            x=_x(),
            y=_y(),
            shape=by_stage(alt.Shape, shapes),
            stroke=by_stage(alt.Stroke, strokes),
            fill=by_stage(alt.Fill, fills),
            tooltip=[alt.Tooltip(field=name, type="nominal") for name in names],
        )
    )


@cache
def _lines(ink: str) -> Any:
    rules = alt.Chart().mark_rule(stroke=ink, strokeWidth=0.5, opacity=0.3)
    return rules.encode(x=_x(), y=_y(), x2="x2:Q", y2="y2:Q")


@cache
def _headings(ink: str) -> Any:
    marks = alt.Chart().mark_text(align="left", baseline="top", fontSize=10, color=ink)
    return marks.encode(x=_x(), y=_y(), text=alt.Text(field="origin", type="nominal"))


def _names_of(space: HouseholdNetwork) -> pd.DataFrame:
    """The name of each origin whose block is large enough to carry it, and where it stands."""
    named = [
        (block.x * ASPECT + 0.004, 1.0 - block.y - 0.006, space.model.prepared.origins[origin])
        for origin, block in space.picture.blocks
        if headed(block)
    ]
    return pd.DataFrame(named, columns=["x", "y", "origin"])


def _on(marks: Any, frame: pd.DataFrame) -> Any:
    """Marks for the rows of a table, which is sent as text: shorter and quicker than a list of records."""
    text = frame.to_csv(sep="\t", index=False, float_format="%.4f", quoting=csv.QUOTE_NONE, escapechar="\\")
    drawn = marks.copy(deep=False)
    drawn.data = alt.InlineData(values=text, format=alt.CsvDataFormat(type="tsv"))
    return drawn


def _x() -> Any:
    return alt.X("x:Q", scale=alt.Scale(domain=[0.0, ASPECT], nice=False, zero=False), axis=None)


def _y() -> Any:
    return alt.Y("y:Q", scale=alt.Scale(domain=[0.0, 1.0], nice=False, zero=False), axis=None)
