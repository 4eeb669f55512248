"""`sensitivity` and `attribute`: what an answer hangs on, and what made a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.api.taken import members_of, telling, warn_of
from experiments.question.defaults import (
    AT_ENDS,
    DEFAULT_CASELOAD,
    DEFAULT_VARIANTS,
    MOST_DECOMPOSED,
    POINTS,
    REPLICATES,
    SEED,
    TRAJECTORIES,
    WEEKS,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from experiments.api.explained import AttributionResult, SensitivityResult
    from experiments.question.case import Uncertainty
    from experiments.running.progress import Progress

    #: Values by dotted path, or texts as ``--set`` has them.
    Settings = Mapping[str, Any] | Sequence[str]


def sensitivity(
    variant: str = DEFAULT_VARIANTS[0],
    *,
    measure: str,
    against: str | None = None,
    caseload: str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    over: Sequence[str] = (),
    levers: bool = False,
    replicates: int = REPLICATES,
    trajectories: int = TRAJECTORIES,
    points: int = POINTS,
    most: int = MOST_DECOMPOSED,
    tornado_replicates: int = AT_ENDS,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> SensitivityResult:
    """Find the inputs that an answer hangs on, as `returns sensitivity` does.

    Parameters
    ----------
    variant, measure, against
        A policy, the id of a measure, and a baseline: then the difference from it is looked at.
    over, levers
        Paths, groups of paths or ``PATH=low:high`` that vary; whether the variant's levers vary too.
    replicates, trajectories, points, most, tornado_replicates
        Seeds of each point; trajectories of the screening; base points of the shares of variance (a power of two);
        inputs that these are of at most; seeds at the ends of the tornado.
    settings, progress
        As in `compare`; what is set does not vary, unless `over` names it.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.

    Warns
    -----
    UserWarning
        If a setting changes no figure.
    """
    from experiments.api.explained import SensitivityResult
    from experiments.question.idle import idle_settings
    from experiments.question.settings import as_texts
    from experiments.sensitivity.analysis import analyse
    from experiments.sensitivity.inquiry import inquire

    inquiry = inquire(
        variant, measure=measure, against=against, caseload=caseload, weeks=weeks, households=households, seed=seed,
        settings=as_texts(settings), over=as_texts(over), levers=levers, replicates=replicates,
        trajectories=trajectories, points=points, most=most, at_ends=tornado_replicates,
    )  # fmt: skip
    with telling(progress) as told:
        found = analyse(inquiry, workers=workers, progress=told)
    warn_of(idle_settings(inquiry.cases, inquiry.without, seed))
    return SensitivityResult(found)


def attribute(
    first: str,
    second: str | None = None,
    *,
    measures: Sequence[str] = (),
    groups: Sequence[str] = (),
    hold: str | None = None,
    hold_inflow: int | None = None,
    weeks: int | None = None,
    households: int | None = None,
    replicates: int | None = None,
    seed: int = SEED,
    uncertainty: Uncertainty | None = None,
    posterior: pd.DataFrame | Path | str | None = None,
    settings: Settings = (),
    first_settings: Settings = (),
    second_settings: Settings = (),
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> AttributionResult:
    """Share the change of a measure between two situations out over its causes, as `returns attribute` does.

    Parameters
    ----------
    first, second
        Situations, written POLICY@CASELOAD or POLICY; the second is left out with `hold`.
    measures
        Ids of measures, ``stock:DATE``, or weekly counts between two days; departures and cost without any.
    groups
        Groups of inputs to be told apart; all without any.
    hold, hold_inflow
        A date: the situation against itself without any later change of policy or inflow; the year whose inflow goes
        on.
    settings, first_settings, second_settings
        Values by dotted path in both situations, the first, the second.
    posterior, uncertainty, progress
        As in `compare`.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    from experiments.api.explained import AttributionResult
    from experiments.question.settings import as_texts
    from experiments.sensitivity import asking, attribution

    asked = asking.ask(
        first, second, measures=as_texts(measures), groups=as_texts(groups), weeks=weeks, households=households,
        replicates=replicates, seed=seed, uncertainty=uncertainty, draws=members_of(posterior),
        settings=as_texts(settings), first_settings=as_texts(first_settings),
        second_settings=as_texts(second_settings), hold=hold, hold_inflow=hold_inflow,
    )  # fmt: skip
    with telling(progress) as told:
        return AttributionResult(attribution.attribute(asked, workers=workers, progress=told))
