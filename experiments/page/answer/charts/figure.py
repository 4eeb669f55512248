"""What every chart consists of, and what charts share: time in years, the two sides, one look for both themes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, ParamSpec

import altair as alt
import numpy as np
from altair.utils.schemapi import debug_mode
from numpy.typing import NDArray

from abm.browser.palette import SIDE_COLOURS
from experiments.page.paired import Tally
from experiments.report.html.palette import DARK
from experiments.statistics.intervals import PERCENTILES, vector_means

Row = dict[str, Any]
Spec = Mapping[str, Any]
Made = ParamSpec("Made")
Array = NDArray[np.float64]

SIDES = ("A", "B")
COLOURS = SIDE_COLOURS["light"]
#: A dashed and B solid, A a disc and B a diamond: told apart without colour too.
DASHES, SHAPES = ([6, 4], [1, 0]), ("circle", "diamond")
#: Names stand in the order of the rows, which may change while runs arrive.
IN_ORDER = alt.EncodingSortField(field="order", op="min")
#: Fewer runs than these make no claim, and show no interval.
ENOUGH = 20
#: Each colour for white, and its like for black.
_DARK = {**DARK, **{one.lower(): other for one, other in zip(*SIDE_COLOURS.values(), strict=True)}}


@dataclass(frozen=True)
class Panel:
    """One view of a chart.

    Attributes
    ----------
    heading
        What is seen in it.
    spec
        A Vega-Lite specification of the named rows, without size, theme or title: made by a function that is `once`.
    height
        In pixels.
    narrow, narrow_height
        The same for small screens, where it needs another one.
    right
        Pixels right of the axes that its texts take.
    named
        Whether names stand left of it, not numbers.
    """

    heading: str
    spec: Spec
    height: int
    narrow: Spec | None = None
    right: int = 12
    named: bool = False
    narrow_height: int = 0


@dataclass(frozen=True)
class Figure:
    """A chart before it is put on a page or into a file.

    Attributes
    ----------
    title
        What is seen, in a sentence.
    note
        What is drawn: how lines, dots and bands are to be read.
    rows
        Its numbers, by name of the data that the panels refer to.
    key
        Signs and what they stand for: ``label``, ``colour`` and ``dash`` (of a line), ``shape`` (of a dot) or
        ``fill``.
    head, body
        The same as a table of texts, at most about thirty rows.
    """

    id: str
    title: str
    note: str
    panels: Sequence[Panel]
    rows: Mapping[str, list[Row]]
    head: Sequence[str]
    body: Sequence[Sequence[str]]
    key: Sequence[Row] = ()


def once(make: Callable[Made, Any]) -> Callable[Made, Spec]:
    """A function that makes an Altair chart, as one that gives its specification, and makes it once for all visitors.

    While runs arrive only the rows change; Altair takes a hundred times longer than they do.
    """

    @lru_cache(maxsize=256)
    def kept(*args: Any) -> Spec:
        with debug_mode(False):  # what is built is valid, which the tests check once
            told: dict[str, Any] = make(*args).to_dict(validate=False)  # type: ignore[call-arg]
        return {key: value for key, value in told.items() if key not in ("$schema", "config")}

    return wraps(make)(kept)  # type: ignore[return-value]


def rounded_up(value: float) -> float:
    """A round number at or a little above a positive one: where an axis ends, so that it seldom moves."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * size >= value * (1 - 1e-12))


def mean(values: Array, tally: Tally) -> Array:
    """The mean over runs that the table shows, from values of shape (runs, …)."""
    return np.asarray(vector_means(values, tally.vectors).mean(axis=0))


def banded(values: Array, tally: Tally) -> Array:
    """Mean over runs, and their 5th and 95th percentile (NaN before there are enough), shape (3, …)."""
    found = mean(values, tally)
    if tally.count < ENOUGH:
        return np.stack([found, np.full_like(found, math.nan), np.full_like(found, math.nan)])
    return np.stack([found, *np.percentile(values, PERCENTILES, axis=0)])


def known(value: float, digits: int = 3) -> float | None:
    """A number as data of a chart; nothing for NaN."""
    return None if math.isnan(value) else round(float(value), digits)


def data(name: str) -> alt.NamedData:
    """The rows of that name."""
    return alt.NamedData(name)


def side_scales() -> dict[str, Any]:
    """Colour and dash of lines by ``side``."""
    return {
        "color": alt.Color("side:N", scale=alt.Scale(domain=list(SIDES), range=list(COLOURS)), legend=None),
        "strokeDash": alt.StrokeDash("side:N", scale=alt.Scale(domain=list(SIDES), range=list(DASHES)), legend=None),
    }


def side_key(*, dots: bool = False) -> list[Row]:
    """The key to A and B."""
    if dots:
        return [{"label": s, "colour": c, "shape": x} for s, c, x in zip(SIDES, COLOURS, SHAPES, strict=True)]
    return [{"label": s, "colour": c, "dash": x} for s, c, x in zip(SIDES, COLOURS, DASHES, strict=True)]


def darkened(told: Any) -> Any:
    """The same specification in the colours for black."""
    if isinstance(told, dict):
        return {key: darkened(value) for key, value in told.items()}
    if isinstance(told, list):
        return [darkened(value) for value in told]
    return _DARK.get(told.lower(), told) if isinstance(told, str) and told.startswith("#") else told
