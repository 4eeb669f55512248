"""`returns discover`: where in the uncertain world a policy fails its goal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, DEFAULT_VARIANTS, SEED, WEEKS
from experiments.report.printed import AsJson, Settings, console, print_json, tell
from experiments.search.defaults import BOXES, MOST, POINTS, SEEDS

NOTHING = "none"

app = App(name="discover", help="Find the worlds in which a policy fails its goal.")


@app.default
def discover_command(
    variant: str = DEFAULT_VARIANTS[0],
    /,
    *,
    goal: str = "net_saving_npv>0",
    against: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    over: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    levers: Annotated[bool, Parameter(negative="")] = False,
    points: int = POINTS,
    replicates: int = SEEDS,
    most: int = MOST,
    boxes: int = BOXES,
    workers: int | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Find the worlds in which a policy fails its goal.

    Every input that has a plausible range varies over it, all at once. Where the policy fails its goal, PRIM
    (Friedman and Fisher, 1999) looks for boxes: a few inputs, each cut off at a value, in which most worlds fail and
    most failures lie. Each cut is tested, and each box tried on points it was not found with. Without arguments: where
    the pilot does not save money. As it stands some minutes on two cores.

    Parameters
    ----------
    variant
        Name of a policy, or path of a TOML file.
    goal
        MEASURE>NUMBER (or >=, <, <=) that the mean of the seeds of a point has to meet; 5m is five million. See
        returns list measures.
    against
        The baseline from which the difference is taken, on the same seeds; none: the measure of the policy by itself.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run of every point, and of the points themselves.
    settings
        PATH=VALUE, as often as you like, as in returns compare. What is set does not vary, unless --over names it.
    over
        PATH, PATH=low:high, or a group of paths (behaviour, world, caseload.network), as often as you like: only these
        vary.
    levers
        The levers of the variant that have a plausible range vary too.
    points
        Points in all, half of them to find boxes with, half to try them on.
    replicates
        Seeds over which each point is averaged.
    most
        Inputs that a box may restrict.
    boxes
        Boxes at most.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    out
        Folder for the results; without one, results/discover- and the hash of the inputs.
    as_json
        Print everything as JSON instead of tables.
    """
    from experiments.search.boxes import check_installed
    from experiments.search.discovery import discover, doubt

    asked = doubt(
        variant, goal=goal, against=None if against == NOTHING else against, caseload=caseload, weeks=weeks,
        households=households, seed=seed, settings=settings, over=over, levers=levers, points=points,
        replicates=replicates, most=most, boxes=boxes,
    )  # fmt: skip
    check_installed()
    from experiments.question.idle import idle_settings
    from experiments.report.discovery_files import FILES, place_of, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen

    place = place_of(asked, out)
    with announcing_compilation(tell):
        found = discover(asked, workers=workers, progress=progress_if_seen())
    for line in idle_settings(asked.inquiry.cases, asked.inquiry.without, seed):
        tell(line)
    write(place, found)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        from experiments.search.discovered import whole

        tell(files)
        print_json(whole(found))
        return 0
    from experiments.report.discovery_terminal import show_discovery

    show_discovery(console(), found, [files])
    return 0
