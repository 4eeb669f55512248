"""`returns fit`: the posterior of the behaviour, given what is on record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.report.printed import AsJson, console, print_json, tell

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.calibration.fitted import Summary


def fit_command(
    *histories: str,
    out: Path = Path("results") / "fit",
    waves: tuple[int, ...] = (300, 200, 200, 120, 120),
    steps: int = 2_000,
    seed: int = 1,
    workers: int | None = None,
    as_json: AsJson = False,
) -> int:
    """Fit everything that is free to the rows of histories that may be used for it (about half an hour on two cores).

    Held-out rows are not read.  A fit that was stopped goes on where it was if the same command is given again.

    Parameters
    ----------
    histories
        Names of shipped histories, or paths of TOML files; all that are shipped without any.
    out
        Folder: runs, posterior.csv (equally weighted draws), parameters.csv (prior and posterior of each free number),
        fit.csv (each row used, and how it was met), correlations.csv, ranks.csv (simulation-based calibration) and
        prior-predictive.png.
    waves
        Points of each wave of runs, each spread like the posterior so far.
    steps
        Steps of the Markov chain after each wave.
    seed
        Of everything random.
    workers
        Threads; by default one a core.
    as_json
        Print JSON.
    """
    from experiments.calibration.fit import described, fit, plan
    from experiments.calibration.fitted import summary, write
    from experiments.calibration.history import load_histories
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import Silent, progress_for

    made = plan(load_histories(histories), seed=seed, waves=waves, steps=steps)
    size = described(made)
    tell(f"{size['free']} free numbers, {size['rows']} rows of {size['histories']} histories, {size['runs']:,} runs.")
    try:
        with announcing_compilation(tell):
            found = fit(made, out, workers=workers, progress=Silent() if as_json else progress_for())
    except KeyboardInterrupt:
        tell(f"Stopped; what was run is kept in {out}. Run the same command again to go on.")
        return 130
    told = summary(found)
    write(found, told, out)
    if as_json:
        print_json(told.as_json())
        return 0
    screen = console()
    screen.print(_table(told))
    for line in told.lines:
        screen.print(line)
    tell(f"Written: {out / 'posterior.csv'} and the tables beside it")
    return 0


def _table(told: Summary) -> Table:
    from rich.table import Table

    from experiments.calibration.validate import number

    table = Table(title="What was fitted to, and how it was met", title_justify="left", header_style="bold")
    for heading in ("row", "recorded", "fitted", "90 % of predictions", ""):
        table.add_column(heading, justify="right" if heading in ("recorded", "fitted") else "left")
    for row in told.rows:
        met = "met" if row["met"] else "[bold red]missed[/]"
        table.add_row(row["id"], number(row["recorded"]), number(row["median"]),
                      f"{number(row['p05'])} – {number(row['p95'])}", met)  # fmt: skip
    return table
