"""`returns frontier`: policies that no other beats on what one cares about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, DEFAULT_VARIANTS, SEED, WEEKS
from experiments.report.printed import AsJson, Settings, console, print_json, tell
from experiments.search.defaults import FINAL_REPLICATES, GENERATION, REPLICATES, TRIALS

STOPPED = 130

Levers = Annotated[tuple[str, ...], Parameter(name="--lever", negative="", show_default=False)]
Goals = Annotated[tuple[str, ...], Parameter(name="--goal", negative="", show_default=False)]
Limits = Annotated[tuple[str, ...], Parameter(name="--limit", negative="", show_default=False)]
Named = Annotated[tuple[str, ...] | None, Parameter(negative="", show_default=False)]

app = App(name="frontier", help="Search the levers for policies that no other beats on several goals.")


@app.default
def frontier_command(
    variant: str = DEFAULT_VARIANTS[0],
    /,
    *,
    levers: Levers = (),
    goals: Goals = (),
    limits: Limits = (),
    also: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    against: str = DEFAULT_BASELINE,
    show: Named = None,
    robust: Literal["mean", "worst-decile"] = "mean",
    caseload: str = DEFAULT_CASELOAD,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    uncertainty: Literal["parameters", "seeds"] | None = None,
    trials: int = TRIALS,
    generation: int = GENERATION,
    replicates: int = REPLICATES,
    final_replicates: int = FINAL_REPLICATES,
    workers: int | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Search the levers for policies that no other beats on several goals.

    Without arguments: amount, weeks open and early bonus of the pilot's offer, for net saving and additional
    departures. NSGA-II (Deb and others, 2002) tries policies, each paired with the baseline on the same seeds and draws
    of the posterior; those that no other beats are run again on fresh seeds, and only those figures are told. Writes
    each policy of the frontier as a file that returns compare accepts. The same command resumes, and with more
    --trials goes on. As it stands a few minutes on two cores.

    Parameters
    ----------
    variant
        The policy whose levers are moved: a name, or the path of a TOML file.
    levers
        PATH=low:high, PATH=low:high:step or PATH=a,b,c, as often as you like; PATH,PATH=… gives several the same value.
    goals
        MEASURE, MEASURE:max or MEASURE:min, at least two: the difference from the baseline. See returns list measures.
    limits
        MEASURE<=NUMBER or MEASURE>=NUMBER, as often as you like: of the policy's own level (offer_spend<=5m), or of
        the difference where the measure is one (net_saving_1y>=0).
    also
        Measures that are told of each policy besides the goals.
    against
        The baseline.
    show
        Policies that are shown beside what is found; without any, those of the pilot question.
    robust
        What a policy is judged by: its mean over the draws of the posterior, or the mean of their worst tenth.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run and of the search.
    settings
        PATH=VALUE as in returns compare: for every policy but the baseline, or with VARIANT: for one.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
    trials
        Policies tried, rounded up to whole generations.
    generation
        Policies that are tried together.
    replicates
        Runs of each policy in the search.
    final_replicates
        Runs on fresh seeds of each policy that the search leaves, and of those shown beside.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    out
        Folder for the results; without one, results/frontier- and the hash of the inputs.
    as_json
        Print rows as JSON instead of the table.
    """
    from experiments.search.asking import seek

    sought = seek(
        variant, levers=levers, goals=goals, limits=limits, told=also, against=against, show=show, caseload=caseload,
        weeks=weeks, households=households, seed=seed, settings=settings, uncertainty=uncertainty, robust=robust,
        trials=trials, generation=generation, replicates=replicates, final=final_replicates,
    )  # fmt: skip
    from experiments.question.idle import idle_settings
    from experiments.report.frontier_files import FILES, open_folder, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen
    from experiments.search.frontier import find_frontier
    from experiments.search.kept import Kept
    from experiments.search.pareto import check_installed

    check_installed()
    with open_folder(sought, out) as folder:
        progress = progress_if_seen()
        kept = Kept(seed, folder, workers=workers, progress=progress)
        try:
            with announcing_compilation(tell):
                found = find_frontier(sought, kept)
        except KeyboardInterrupt:
            tell(f"Stopped; {len(kept.done):,} runs are kept in {folder.path}. The same command resumes.")
            return STOPPED
        write(folder, found)
        files = f"Written to {folder.path}: {', '.join(FILES)}, manifest.json"
    for line in idle_settings(sought.question.cases, sought.question.without, seed):
        tell(line)
    if as_json:
        from experiments.search.rows import rows, summary

        tell(files)
        print_json({**summary(found), "rows": rows(found)})
        return 0
    from experiments.report.frontier_terminal import show_frontier

    again = f", {found.kept:,} of them done before" if found.kept else ""
    show_frontier(console(), found, [f"{found.new + found.kept:,} runs{again}. {files}"])
    return 0
