"""What calls share: draws of a posterior as a Python user has them, progress, and remarks as warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from abm.inputs.behaviour import Behaviour
    from experiments.running.progress import Progress


def rows_of(posterior: pd.DataFrame | Path | str) -> list[dict[str, Any]]:
    """The rows of a table of draws, a column a parameter.

    Raises
    ------
    InputError
        If there is no such file, no row, or something that is not a finite number.
    """
    import numpy as np
    import pandas as pd

    from abm.inputs.given import path_given
    from abm.inputs.parameters import InputError
    from experiments.question.draws import draws_in

    table = posterior
    if not isinstance(table, pd.DataFrame):
        path = path_given(table, "posterior")
        if not path.is_file() or path.suffix not in (".csv", ".parquet"):
            raise InputError("posterior", str(path), "a data frame, or the path of a CSV or Parquet file of draws")
        table = draws_in(path, "posterior")
    numbers = table.select_dtypes("number")
    if table.empty or len(numbers.columns) < len(table.columns) or not np.isfinite(numbers.to_numpy()).all():
        raise InputError("posterior", f"a table of {len(table):,} rows", "a row a draw, of finite numbers alone")
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def members_of(posterior: pd.DataFrame | Path | str | None) -> Sequence[Behaviour]:
    """The behaviours of some draws; none where there is no posterior.

    Raises
    ------
    InputError
        As `rows_of`; also if a column is unknown or a value is not allowed.
    """
    if posterior is None:
        return ()
    from abm.scenarios.scenario import behaviour_draws

    return behaviour_draws(rows_of(posterior), file="posterior")


@contextmanager
def telling(asked: bool | Progress | None) -> Iterator[Progress]:
    """How far the runs are, as it was asked for, and that the model is being compiled, if it is."""
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import Silent, progress_of

    told = progress_of(asked)
    with announcing_compilation(told.say, clock=not isinstance(told, Silent)):
        yield told


def warn_of(lines: Iterable[str]) -> None:
    """Warn of settings without effect, at the line that called the function that calls this."""
    for line in lines:
        warnings.warn(line, UserWarning, stacklevel=3)
