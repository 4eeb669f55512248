"""Draws of a posterior that a design brings along: a file or a table, a column a parameter, a row a draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.inputs.given import path_given
from abm.inputs.parameters import InputError, nearest_spelling
from abm.scenarios.overrides import known_paths
from experiments.question.design import FITTED, TABLE, Design
from experiments.question.sampling import Points

if TYPE_CHECKING:
    import pandas as pd

#: Columns that number the rows rather than name a parameter.
_NUMBERS = ("draw", "chain")


def draws_of(design: Design) -> Points:
    """The posterior draws that a design crosses its points with; one without any where it names none of its own.

    Raises
    ------
    InputError
        If there is no such file, a column is not a parameter, a number is not finite, or there are too few rows.
    """
    if design.posterior in (None, FITTED):
        return Points({}, None, 1)
    table, where = _table(design)
    table = table.drop(columns=[name for name in _NUMBERS if name in table.columns])
    known = known_paths()
    for name in table.columns:
        if name not in known:
            near = nearest_spelling(str(name), known)
            raise InputError(f"column {name}", name, "the dotted path of a parameter", file=where, nearest=near)
    try:
        numbers = table.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        raise InputError("posterior", design.posterior, "a table of finite numbers", file=design.file)
    count = checked_draws(design, len(table), where)
    return Points({str(name): numbers[:count, k] for k, name in enumerate(table.columns)}, None, count)


def checked_draws(design: Design, there: int, where: str) -> int:
    """How many of the draws that are there a design uses.

    Raises
    ------
    InputError
        If it asks for more than there are.
    """
    count = there if design.draws is None else design.draws
    if not 0 < count <= there:
        allowed = f"a whole number from 1 to {there}, the rows of {where}"
        raise InputError("draws", design.draws, allowed, file=design.file)
    return count


def _table(design: Design) -> tuple[pd.DataFrame, str]:
    """The draws as a table, and what to call the place they come from."""
    import pandas as pd

    if design.posterior == TABLE and design.table is not None:
        return pd.DataFrame(design.table), "the table"
    name = str(design.posterior)
    beside = Path(design.file).parent / name
    path = path_given(name, "posterior", file=design.file)
    path = beside if beside.is_file() else path
    if not path.is_file() or path.suffix not in (".csv", ".parquet"):
        allowed = f'"{FITTED}" (the shipped draws) or the path of a CSV or Parquet file of draws'
        raise InputError("posterior", name, allowed, file=design.file)
    return draws_in(path, "posterior", file=design.file), str(path)


def draws_in(path: Path, field: str, *, file: str = "") -> pd.DataFrame:
    """The table of a file of draws, CSV or Parquet.

    Raises
    ------
    InputError
        If it cannot be read as one.
    """
    import pandas as pd

    try:
        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as fault:  # pandas' own faults and Arrow's are of these kinds
        why = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        raise InputError(
            field, str(path), f"a table of draws that can be read ({why[:100].rstrip('.')})", file=file
        ) from None
