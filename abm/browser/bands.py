"""An ensemble for any model of Mesa's: two settings of it with the same seeds, and the band of their difference.

While runs arrive the picture is drawn again; until there are twenty it shows the single runs and claims nothing.
"""

from __future__ import annotations

import inspect
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import solara
import solara.lab
from numpy.typing import NDArray

from abm.browser.components import component
from abm.browser.drawing import finished

#: Runs from which on a band is drawn.
ENOUGH = 20
#: Share of the runs inside the band.
INSIDE = 0.9


def seed_argument(model_class: Callable[..., Any]) -> str:
    """What a model class calls its seed: ``rng`` (Mesa 3.5 and 4) or ``seed``.

    Raises
    ------
    ValueError
        If it takes neither.
    """
    known = inspect.signature(model_class).parameters
    for name in ("rng", "seed"):
        if name in known:
            return name
    if any(x.kind is inspect.Parameter.VAR_KEYWORD for x in known.values()):
        return "rng"
    raise ValueError(f"{model_class.__name__} takes neither rng nor seed: runs cannot be paired")


def series(model: Any, reporter: str, steps: int) -> NDArray[np.float64]:
    """What a model reporter said up to each step, shape (collections,).

    Raises
    ------
    ValueError
        If the model has no DataCollector, or this has no such model reporter.
    """
    for _ in range(steps):
        if not model.running:
            break
        model.step()
    collector = getattr(model, "datacollector", None)
    told = getattr(collector, "model_vars", None)
    if not isinstance(told, Mapping):
        raise ValueError(f"{type(model).__name__} has no datacollector")
    if reporter not in told:
        raise ValueError(f"no model reporter {reporter!r}: there are {', '.join(sorted(told)) or 'none'}")
    return np.asarray(told[reporter], float)


def paired_differences(
    model_class: Callable[..., Any] | tuple[Callable[..., Any], Callable[..., Any]],
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    reporter: str,
    *,
    seeds: int = 30,
    steps: int = 100,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[NDArray[np.float64]]:
    """Run two settings with the same seeds; after each seed, the differences so far.

    Parameters
    ----------
    model_class
        A class of models (or a pair of them, one for each setting) whose ``datacollector`` has the reporter.
    one, other
        Keyword arguments of the two.
    reporter
        Name of a model reporter with numbers.
    seeds
        Runs of each: seeds 0 to seeds − 1.
    steps
        Steps of each run.  A model that stops earlier stays at its last value.
    stopped
        Asked before each seed: whether to give up.

    Yields
    ------
    Array of shape (seeds so far, collections): other − one.

    Raises
    ------
    ValueError
        If the seed cannot be set, or the reporter is not there.

    Notes
    -----
    Runs are paired by seed.  How much of the noise that takes out depends on the model: most if every draw
    belongs to an agent and a moment (common random numbers), little if one stream serves all in turn.
    """
    first, second = model_class if isinstance(model_class, tuple) else (model_class, model_class)
    names = seed_argument(first), seed_argument(second)
    found: list[NDArray[np.float64]] = []
    for seed in range(seeds):
        if stopped():
            return
        a = series(first(**{**one, names[0]: seed}), reporter, steps)
        b = series(second(**{**other, names[1]: seed}), reporter, steps)
        found.append(_stretched(b, max(len(a), len(b))) - _stretched(a, max(len(a), len(b))))
        longest = max(len(difference) for difference in found)
        yield np.array([_stretched(difference, longest) for difference in found])


def _stretched(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """A series that stays at its last value."""
    if len(values) == 0:
        return np.full(length, np.nan)
    return np.concatenate([values, np.full(length - len(values), values[-1])])


def band(differences: NDArray[np.float64]) -> pd.DataFrame:
    """Mean and middle nine tenths of the runs at each collection: columns at, mean, low, high."""
    low, high = np.quantile(differences, [(1 - INSIDE) / 2, (1 + INSIDE) / 2], axis=0)
    at = np.arange(differences.shape[1])
    return pd.DataFrame({"at": at, "mean": differences.mean(axis=0), "low": low, "high": high})


def chart_of(
    differences: NDArray[np.float64],
    reporter: str,
    *,
    seeds: int,
    dark: bool = False,
    unit: str = "",
    per: str = "step",
) -> Any:
    """The difference as it goes: single runs until there are `ENOUGH`, then mean and band."""
    ink = "#6db8f2" if dark else "#0b62a8"
    frame, done = band(differences), len(differences)
    x = alt.X("at:Q", title=per, scale=alt.Scale(domain=[0, max(1, len(frame) - 1)], nice=False))
    title = f"difference in {reporter}{', ' + unit if unit else ''}"
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(strokeDash=[4, 3], color="#8a8f98").encode(y="y:Q")
    if done < ENOUGH:
        runs = pd.DataFrame(differences.T).rename_axis("at").reset_index().melt("at", var_name="run")
        lines = alt.Chart(runs).mark_line(color=ink, opacity=0.5, strokeWidth=1)
        layers = [lines.encode(x=x, y=alt.Y("value:Q", title=title), detail="run:N")]
        heading = f"So far, {done} of {seeds} runs: each line is one"
    else:
        base = alt.Chart(frame).encode(x=x)
        tips = ["at:Q", *(alt.Tooltip(f"{name}:Q", format=",.4~g") for name in ("mean", "low", "high"))]
        layers = [
            base.mark_area(color=ink, opacity=0.25).encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
            base.mark_line(color=ink, strokeWidth=2).encode(y="mean:Q", tooltip=tips),
        ]
        heading = f"Mean and middle {100 * INSIDE:.0f} % of {done} of {seeds} runs"
    return finished(alt.layer(zero, *layers), dark=dark, title=heading)


@dataclass(frozen=True)
class _Told:
    differences: NDArray[np.float64] | None = None
    fault: str = ""
    over: bool = False


def _with(found: NDArray[np.float64], held: _Told) -> _Told:
    """What is told once there are more runs."""
    return _Told(found)


@component
def paired_bands(
    model_class: Any,
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    reporter: str,
    *,
    seeds: int = 30,
    steps: int = 100,
    title: str = "",
    unit: str = "",
    per: str = "step",
) -> None:
    """Two settings of a model over many seeds, and how far apart they are: mean and band of `other` − `one`.

    Works with any class of Mesa models that takes a seed and has a `mesa.DataCollector`; the runs are made in
    a thread of their own, and what goes wrong in it is told on the page.  Nothing is said of intervals until
    twenty runs are there.

    Parameters
    ----------
    model_class
        The class, or a pair of classes; see `paired_differences` for what is asked of it.
    one, other
        Keyword arguments of the two settings.
    reporter
        Name of a model reporter with numbers.
    seeds
        Runs of each setting.
    steps
        Steps of each run; a model that stops earlier stays at its last value.
    title
        What is compared; by default the arguments that differ.
    unit
        Unit of the reporter.
    per
        What a row of the DataCollector stands for: a step, a week, a year.

    Examples
    --------
    >>> from mesa.visualization import SolaraViz
    >>> from abm import ReturnModel
    >>> from abm.browser import paired_bands
    >>> def ensemble(model):
    ...     now, then = {"policy": "uk-2025"}, {"policy": "uk-upfront-national"}
    ...     return paired_bands(ReturnModel, now, then, "returned_assisted", steps=104, unit="households")
    >>> page = SolaraViz(ReturnModel("uk-2025", weeks=104), components=[(ensemble, 0)])
    """
    told, set_told = solara.use_state(_Told())
    again, set_again = solara.use_state(0)
    dark = bool(solara.lab.use_dark_effective())

    def start() -> Callable[[], None]:
        over = threading.Event()

        def tell(new: Callable[[_Told], _Told]) -> None:
            if not over.is_set():
                set_told(new)

        def run() -> None:
            try:
                for found in paired_differences(
                    model_class, one, other, reporter, seeds=seeds, steps=steps, stopped=over.is_set
                ):
                    tell(partial(_with, found))
                tell(lambda held: _Told(held.differences, over=True))
            except Exception as error:
                traceback.print_exc()
                fault = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
                tell(lambda held: _Told(held.differences, fault))

        set_told(_Told())
        threading.Thread(target=run, daemon=True).start()
        return over.set

    solara.use_effect(start, [model_class, dict(one), dict(other), reporter, seeds, steps, again])
    with solara.Column(classes=["m-bands"], gap="4px"):
        solara.HTML("h3", title or _differing(one, other))
        if told.fault:
            solara.Error(f"The runs stopped: {told.fault}")
        if told.differences is not None:
            solara.FigureAltair(chart_of(told.differences, reporter, seeds=seeds, dark=dark, unit=unit, per=per))
        elif not told.fault:
            solara.Text("Running …")
        if told.fault or told.over:
            solara.Button("Run again", on_click=lambda: set_again(again + 1))


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The arguments that differ, as a title."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    a, b = (", ".join(f"{name} = {held.get(name)}" for name in names) for held in (one, other))
    return f"{b} against {a}"
