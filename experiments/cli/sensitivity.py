"""`returns sensitivity`: which inputs an answer hangs on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

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
from experiments.report.printed import AsJson, Settings, console, print_json, tell

app = App(name="sensitivity", help="Find the inputs that an answer hangs on, and where its sign turns.")


@app.default
def sensitivity_command(
    variant: str = DEFAULT_VARIANTS[0],
    /,
    *,
    measure: str,
    against: str | None = None,
    caseload: str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    over: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    levers: Annotated[bool, Parameter(negative="")] = False,
    replicates: int = REPLICATES,
    trajectories: int = TRAJECTORIES,
    points: int = POINTS,
    most: int = MOST_DECOMPOSED,
    tornado_replicates: int = AT_ENDS,
    workers: int | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Find the inputs that an answer hangs on, and where its sign turns.

    Every input of behaviour, world and caseload that has a plausible range varies over it. Screening (Morris) finds
    those that matter; the variance of the measure is shared out among them (Sobol indices); each is taken from
    end to end by itself (tornado); and where a difference from the baseline changes its sign, the value is found.
    Prints tables and writes them with a picture into a folder. As it stands about five minutes on two cores.

    Parameters
    ----------
    variant
        Name of a policy, or path of a TOML file.
    measure
        Id of a measure; see returns list measures. Those of comparisons, such as net_saving_npv, need --against.
    against
        A baseline: then the difference from it is looked at, on the same seeds.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run of every point, and of the points themselves.
    settings
        PATH=VALUE, as often as you like, as in returns compare: moves the reference. What is set does not vary, unless
        --over names it.
    over
        PATH, PATH=low:high, or a group of paths (behaviour, caseload.network, offer), as often as you like: only
        these vary.
    levers
        The levers of the variant that have a plausible range vary too.
    replicates
        Seeds over which each point of screening and variance is averaged.
    trajectories
        Trajectories of the screening, each of one point more than inputs.
    points
        Base points for the shares of variance, a power of two; times (inputs kept + 2).
    most
        Inputs that screening keeps at most.
    tornado_replicates
        Seeds at the reference, at both ends of each input, and where a sign turns.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    out
        Folder for the results; without one, results/sensitivity- and the hash of the inputs.
    as_json
        Print everything as JSON instead of tables.
    """
    from experiments.sensitivity.inquiry import inquire

    inquiry = inquire(
        variant, measure=measure, against=against, caseload=caseload, weeks=weeks, households=households, seed=seed,
        settings=settings, over=over, levers=levers, replicates=replicates, trajectories=trajectories, points=points,
        most=most, at_ends=tornado_replicates,
    )  # fmt: skip
    from experiments.question.idle import idle_settings
    from experiments.report.sensitivity_files import FILES, place_of, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen
    from experiments.sensitivity.analysis import analyse

    place = place_of(inquiry, out)
    with announcing_compilation(tell):
        found = analyse(inquiry, workers=workers, progress=progress_if_seen())
    for line in idle_settings(inquiry.cases, inquiry.without, seed):
        tell(line)
    write(place, found)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        from experiments.sensitivity.rows import whole

        tell(files)
        print_json(whole(found))
        return 0
    from experiments.report.sensitivity_terminal import show_sensitivity

    show_sensitivity(console(), found, [files])
    return 0
