"""`returns sweep`: run a design, resume it, make its tables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from experiments.question.defaults import MAX_REPLICATES
from experiments.report.printed import AsCsv

if TYPE_CHECKING:
    from experiments.question.study import Study
    from experiments.sweep.sweeping import Outcome

#: Exit codes: every run done; some runs failed.
DONE, SOME_FAILED = 0, 1
#: Points left out that are named on the screen.
NAMED = 3

app = App(name="sweep", help="Run a design of experiments; the same command again resumes it.")


@app.default
def sweep_command(
    design: str = "",
    /,
    *,
    out: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    retry_failed: Annotated[bool, Parameter(negative="")] = False,
    precision: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    max_replicates: int = MAX_REPLICATES,
    replicates: int | None = None,
    weeks: int | None = None,
    households: int | None = None,
    seed: int | None = None,
    csv_too: AsCsv = False,
    plan: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Run a design of experiments; the same command again resumes it.

    Exit code 0: every run is done; 1: some runs failed (see failures.parquet); 2: bad input or a folder
    that cannot be used; 130: stopped by Ctrl-C, 143: by SIGTERM; what was done is kept.

    Parameters
    ----------
    design
        Name of a ready design, or path of a TOML file. Without one, the ready designs are listed.
    out
        Results folder; without one, results/NAME.
    workers
        Threads; without a number, one a core.
    cluster
        Address of a Dask scheduler to run on, such as tcp://10.0.0.1:8786.
    retry_failed
        Try again the runs that failed before.
    precision
        MEASURE=±X: add replicates until the 90 % interval of this measure is at most X either side at every point,
        for example net_saving_npv=±1m; a measure of comparisons needs a design with a baseline.
    max_replicates
        Most replicates of a point that --precision may ask for.
    replicates
        Runs of each point, instead of the design's number.
    weeks
        Horizon in weeks, instead of the design's.
    households
        Households simulated, instead of the design's.
    seed
        Seed of the first replicate, instead of the design's.
    csv_too
        Write the tables as CSV as well, beside the Parquet files.
    plan
        Only say what would be run.
    as_json
        Print the outcome as JSON.
    """
    from experiments.question.design import load_design

    if not design:
        return _list_designs()
    from experiments.statistics.precision import parse_targets

    options = {"replicates": replicates, "weeks": weeks, "seed": seed, "households": households}
    if households is not None:
        options["every_household"] = False
    made = load_design(design).with_options(**options)
    if plan:
        return _plan(made)
    from experiments.running.progress import Silent, progress_for
    from experiments.sweep.sweeping import InterruptedSweep, sweep

    try:
        outcome = sweep(
            made, out=out, workers=workers, cluster=cluster, retry_failed=retry_failed,
            precision=parse_targets(precision, compared=made.baseline is not None), max_replicates=max_replicates,
            progress=Silent() if as_json and not sys.stderr.isatty() else progress_for(),
        )  # fmt: skip
    except InterruptedSweep as stop:
        told = stop.outcome
        print(
            f"Stopped after {told.done:,} of {told.total:,} runs, kept in {told.folder}."
            " Run the same command again to resume.",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        if stop.left_running:
            # The threads' runs cannot be interrupted, and a normal exit would wait for them.
            sys.stdout.flush()
            os._exit(128 + stop.signal)
        return 128 + stop.signal
    from experiments.question.idle import idle_in_design
    from experiments.report.people import tell_left_open
    from experiments.report.printed import tell
    from experiments.storing.as_csv import beside

    study = outcome.study
    assert study is not None
    tell_left_open(study.shared.cases[0].caseload)
    if made.behaviour is None and made.posterior in (None, "fitted"):
        tell(_drawn(study))
    for line in _left_out(study):
        tell(line)
    if outcome.new and not outcome.failed:
        for line in idle_in_design(study):
            tell(line)
    if names := beside(outcome.folder, asked=csv_too):
        tell(f"As CSV too: {', '.join(names)}")
    _tell(outcome, as_json)
    if outcome.failed < outcome.done:
        _show(outcome, as_json)
    return SOME_FAILED if outcome.failed else DONE


def _drawn(study: Study) -> str:
    """Which behaviours the runs had."""
    count = min(study.vectors, study.design.replicates)
    if study.vectors == 1:
        return "Every run has the one fitted behaviour (uncertainty = seeds)."
    return (
        f"Replicates take draws of the posterior in turn, the same at every point ({count:,} of {study.vectors:,});"
        ' uncertainty = "seeds" in the design takes the one fitted behaviour instead.'
    )


def _left_out(study: Study) -> Iterator[str]:
    """How many points were left out because their values clash, and the first of them by name."""
    clashes = study.clashes
    if not clashes:
        return
    total = study.shared.variants * len(study.points)
    named = [f"{study.words(*place)}: {why}" for place, why in list(clashes.items())[:NAMED]]
    yield f"{len(clashes):,} of {total:,} points left out, whose values clash (all are in manifest.json):"
    yield from named


def _show(outcome: Outcome, as_json: bool) -> None:
    """The table on the screen, and the figure in the folder."""
    from experiments.report.printed import console, tell
    from experiments.report.sweep_figures import FILES, sweep_figure, write_figure
    from experiments.report.sweep_reading import read
    from experiments.report.sweep_table import show_sweep

    reading = read(outcome.folder)
    if not as_json:
        show_sweep(console(), reading)
    paths = [outcome.folder / name for name in FILES]
    if outcome.new or not all(path.is_file() for path in paths):
        figure = sweep_figure(reading)
        if figure is None:
            if reading.factors:
                tell(f"No figure suits this design by itself: returns plot {outcome.folder} --x FACTOR draws one.")
            return
        write_figure(figure, paths)
    if not as_json:
        print(f"Figure: {paths[0]} (.svg, .pdf)")


def _tell(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        told = {
            "folder": str(outcome.folder), "total": outcome.total, "done": outcome.done, "new": outcome.new,
            "failed": outcome.failed, "seconds": round(outcome.seconds, 3), "precision": outcome.looks,
        }  # fmt: skip
        print(json.dumps(told, indent=2))
        return
    rate = f", {outcome.new / outcome.seconds:,.0f} a second" if outcome.new else ""
    now = f"{outcome.new:,} of them now ({outcome.seconds:,.1f} s{rate})"
    print(f"{outcome.done:,} of {outcome.total:,} runs done, {now}.")
    if outcome.failed:
        print(
            f"{outcome.failed:,} runs failed: parameters and errors in {outcome.folder / 'failures.parquet'};"
            " --retry-failed tries them again."
        )
    missed = [row for row in outcome.looks if not row["reached"]]
    if outcome.looks:
        reached = len(outcome.looks) - len(missed)
        where = outcome.folder / "precision.csv"
        print(f"Precision reached for {reached:,} of {len(outcome.looks):,} (point, measure): {where}")
    print(f"Tables: {outcome.folder / 'summary.csv'}, {outcome.folder / 'runs.parquet'}")


def _plan(design: object) -> int:
    from experiments.question.design import Design
    from experiments.question.study import lay_out

    assert isinstance(design, Design)
    study = lay_out(design)
    study.check()
    baseline = f" + a baseline of {len(study.baseline_points):,} points" if design.baseline is not None else ""
    print(
        f"{design.title or design.name}: {len(design.variants):,} variants × {len(study.points):,} points{baseline}"
        f" × {len(study.draws):,} draws × {design.replicates:,} replicates = {study.runs:,} runs"
        f" of {design.weeks:,} weeks."
    )
    for line in _left_out(study):
        print(line)
    return DONE


def _list_designs() -> int:
    from experiments.question.design import design_names, load_design

    for name in design_names():
        print(f"{name:28} {load_design(name).title}")
    return DONE
