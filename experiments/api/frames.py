"""Data frames with units.

A column ``unit`` says what a row is measured in; where columns differ, ``frame.attrs["units"]`` does, by column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from abm.measures import COMPARED, MEASURES

if TYPE_CHECKING:
    import pandas as pd

#: Most rows of a table in a notebook; the frames hold all.
MOST_ROWS = 40


def frame_of(rows: Any, units: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Rows as a frame; `units` of the columns that it has."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    if units:
        frame.attrs["units"] = {name: unit for name, unit in units.items() if name in frame.columns}
    return frame


def units_of_measures() -> dict[str, str]:
    """Unit of each measure."""
    return {name: measure.unit for name, measure in (MEASURES | COMPARED).items()}


def of_mean(interval: str) -> str:
    """An interval of a mean, in round brackets: those of runs stand in square ones."""
    return f"({interval[1:-1]})" if interval else ""
