"""`validate` and `fit`: the model against what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.api.taken import rows_of, telling

if TYPE_CHECKING:
    import pandas as pd

    from experiments.api.recorded import FitResult, ValidationResult
    from experiments.running.progress import Progress


def validate(
    *histories: Path | str,
    draws: int = 100,
    seed: int = 5_000,
    posterior: pd.DataFrame | Path | str | None = None,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> ValidationResult:
    """Predict histories that are on record and compare with what was recorded, as `returns validate` does.

    Parameters
    ----------
    *histories
        Names, or paths of TOML files; all that are shipped without any.
    draws
        Runs of each history, each with a draw of the posterior and a seed of its own.
    posterior
        Draws in the place of the shipped ones, with the columns that ``posterior.csv`` has (of a fit: its `posterior`).
    progress
        True: a bar; None: a bar in a notebook only.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    from abm.inputs.parameters import InputError
    from abm.model import checked_seed
    from experiments.api.recorded import ValidationResult
    from experiments.calibration import validate as validation
    from experiments.calibration.history import load_histories
    from experiments.calibration.posterior import draws_of, load_draws

    if draws < 2:
        raise InputError("draws", draws, "a whole number of at least 2")
    checked_seed(checked_seed(seed) + draws)
    chosen = load_histories(histories)
    drawn = load_draws() if posterior is None else draws_of(rows_of(posterior), file="posterior")
    total = draws * sum(history.policy is not None for history in chosen)
    with telling(progress) as told:
        told.start(total, 0, f"{min(len(drawn), draws)} draws of the posterior")
        try:
            found = validation.validate(
                chosen, drawn, count=draws, seed=seed, workers=workers, told=lambda done: told.update(done, 0, total)
            )
        finally:
            told.end()
    return ValidationResult(found)


def fit(
    *histories: Path | str,
    out: Path | str = Path("results") / "fit",
    waves: Sequence[int] | None = None,
    steps: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> FitResult:
    """Fit everything that is free to histories, as `returns fit` does (about half an hour); the same call resumes.

    Parameters
    ----------
    *histories
        Names, or paths of TOML files; all that are shipped without any.
    out
        Folder in which runs and tables are kept.
    waves, steps
        Points of each wave of runs, and steps of the Markov chain after each.
    progress
        True: a bar; None: a bar in a notebook only.

    Raises
    ------
    InputError
        If no row may be used, the folder cannot be used, or the extra `fit` is not installed.
    """
    from experiments.api.recorded import FitResult
    from experiments.calibration import fit as fitting
    from experiments.calibration.fitted import summary, write
    from experiments.calibration.history import load_histories

    made = fitting.plan(
        load_histories(histories), seed=seed, waves=waves or fitting.WAVES, steps=steps or fitting.STEPS
    )
    with telling(progress) as told:
        found = fitting.fit(made, Path(out), workers=workers, progress=told)
    tables = summary(found)
    write(found, tables, Path(out))
    return FitResult(found, tables, Path(out))
