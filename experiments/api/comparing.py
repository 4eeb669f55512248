"""`compare` and `sweep`: the same questions, defaults and numbers as `returns …`, and results as data frames.

Nothing heavy is imported before one of them is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.api.taken import members_of, telling, warn_of
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, MAX_REPLICATES, SEED, WEEKS

if TYPE_CHECKING:
    import pandas as pd

    from abm.inputs.caseload import Caseload
    from abm.inputs.policy import Policy
    from experiments.api.compared import ComparisonResult, SweepResult
    from experiments.question.case import Uncertainty
    from experiments.question.design import Design
    from experiments.question.question import Question
    from experiments.running.progress import Progress

    #: Values by dotted path (or ``VARIANT:path``), or texts as ``--set`` has them.
    Settings = Mapping[str, Any] | Sequence[str]


def ask(
    *variants: Policy | str,
    baseline: Policy | str = DEFAULT_BASELINE,
    caseload: Caseload | str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    uncertainty: Uncertainty | None = None,
    posterior: pd.DataFrame | Path | str | None = None,
    by: str | None = None,
    precision: Mapping[str, float] | None = None,
    max_replicates: int = MAX_REPLICATES,
    in_brief: bool = False,
) -> Question:
    """Load and check a comparison without running it; the parameters are those of `compare`.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    from experiments.question import question
    from experiments.statistics.precision import parse_targets

    targets = parse_targets((f"{name}={width}" for name, width in (precision or {}).items()), compared=True)
    return question.ask(
        variants, baseline=baseline, caseload=caseload, replicates=replicates, weeks=weeks, households=households,
        seed=seed, settings=settings, uncertainty=uncertainty, draws=members_of(posterior), by=by, most=max_replicates,
        precision=tuple((target.measure, target.half_width) for target in targets), in_brief=in_brief,
    )  # fmt: skip


def compare(
    *variants: Policy | str,
    baseline: Policy | str = DEFAULT_BASELINE,
    caseload: Caseload | str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    uncertainty: Uncertainty | None = None,
    posterior: pd.DataFrame | Path | str | None = None,
    by: str | None = None,
    precision: Mapping[str, float] | None = None,
    max_replicates: int = MAX_REPLICATES,
    in_brief: bool = False,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> ComparisonResult:
    """Compare policies with a baseline, as `returns compare` does.

    Parameters
    ----------
    *variants
        Policies at hand, names, or paths of TOML files; three variants of the pilot question without any.
    baseline, caseload
        The policy that the others are compared with, and the people.
    replicates
        Runs of each policy; without a number about 100, fewer for a large caseload.
    weeks, households, seed
        Horizon; households simulated at the start (without a number all, up to the caseload's ``default_sample``); seed
        of run 0.
    settings
        Values by dotted path.  A lever is set in every variant but not in the baseline; ``"VARIANT:path"`` sets it in
        that policy only.  ``world.``, ``behaviour.`` and ``caseload.`` are for all.
    uncertainty
        ``parameters``: each run takes the next draw of the posterior; ``seeds``: the one fitted vector.
    posterior
        Draws in the place of the shipped ones: a column a parameter of the behaviour (``behaviour.money``), a row a
        draw, as a data frame or the path of a CSV or Parquet file.
    by
        Group rates by ``origin``, ``size``, ``housing`` or ``family`` as well.
    precision, max_replicates
        Half-width by measure: add runs until the 90 % interval of the mean paired difference is as narrow.
    in_brief
        Leave out the grid of the pull factor and the policies without their money.
    workers
        Threads; without a number, one a core.  The results do not depend on it.
    progress
        True: a bar; None: a bar in a notebook only.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.

    Warns
    -----
    UserWarning
        If a setting changes no figure.
    """
    question = ask(
        *variants, baseline=baseline, caseload=caseload, replicates=replicates, weeks=weeks, households=households,
        seed=seed, settings=settings, uncertainty=uncertainty, posterior=posterior, by=by, precision=precision,
        max_replicates=max_replicates, in_brief=in_brief,
    )  # fmt: skip
    from experiments.api.compared import ComparisonResult
    from experiments.compare import comparing
    from experiments.question.idle import held_arrivals, idle_settings

    with telling(progress) as told:
        found = comparing.compare(question, workers=workers, progress=told)
    warn_of(idle_settings(question.cases, question.without, question.seed, found.known()))
    warn_of(held_arrivals(dict(zip(question.labels, question.cases, strict=True))))
    return ComparisonResult(found)


def sweep(
    design: Design | Mapping[str, Any] | str | Path,
    *,
    out: Path | str | None = None,
    replicates: int | None = None,
    weeks: int | None = None,
    households: int | None = None,
    seed: int | None = None,
    precision: Mapping[str, float] | None = None,
    max_replicates: int = MAX_REPLICATES,
    workers: int | None = None,
    cluster: str | None = None,
    retry_failed: bool = False,
    progress: bool | Progress | None = None,
) -> SweepResult:
    """Run a design, or what is missing of it, as `returns sweep` does; the same call again resumes.

    Parameters
    ----------
    design
        A design, the name of a ready one, the path of a TOML file, or a mapping laid out as one.
    out
        Results folder; without one, ``results/`` and the name of the design.
    replicates, weeks, households, seed
        In the place of the design's own.
    precision, max_replicates
        Half-width by measure: add replicates until the interval of the mean is as narrow at every point.
    workers, cluster
        Threads (without a number, one a core), or the address of a Dask scheduler.
    retry_failed
        Try again the runs that failed before.
    progress
        True: a bar; None: a bar in a notebook only.

    Raises
    ------
    InputError
        If the design is wrong, or the folder cannot be used.
    InterruptedSweep
        On Ctrl-C or SIGTERM; a KeyboardInterrupt.

    Warns
    -----
    UserWarning
        If an entry of the design's ``set`` changes no figure.
    """
    from experiments.api.compared import SweepResult
    from experiments.question.design import load_design
    from experiments.question.idle import idle_in_design
    from experiments.question.study import lay_out
    from experiments.running.progress import progress_of
    from experiments.statistics.precision import parse_targets
    from experiments.sweep import sweeping

    options: dict[str, Any] = {"replicates": replicates, "weeks": weeks, "seed": seed, "households": households}
    if households is not None:
        options["every_household"] = False
    made = load_design(design).with_options(**options)
    outcome = sweeping.sweep(
        made, out=out, workers=workers, cluster=cluster, retry_failed=retry_failed, max_replicates=max_replicates,
        precision=parse_targets(f"{name}={width}" for name, width in (precision or {}).items()),
        progress=progress_of(progress),
    )  # fmt: skip
    if outcome.new and not outcome.failed:
        warn_of(idle_in_design(lay_out(made)))
    return SweepResult(outcome)
