"""`returns validate`: what the model would have predicted of histories, against what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from experiments.report.printed import AsJson, console, print_json, tell

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.calibration.validate import Validation, Verdict

#: What a verdict is called in the table.
HIT, MISSED, LITTLE, PREDICTED, TOLD = "hit", "missed", "hit, says little", "prediction", "told"


def validate_command(
    *histories: str,
    draws: int = 100,
    seed: int = 5_000,
    workers: int | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
    brief: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Predict histories that are on record, and compare with what was recorded.

    Parameters
    ----------
    histories
        Names of shipped histories, or paths of TOML files laid out like them; all that are shipped without any.
    draws
        Runs of each history, each with a draw of the posterior and a seed of its own.
    seed
        Seed of the first run.
    workers
        Threads; by default one a core.
    out
        Also write validation.csv into this folder.
    as_json
        Print JSON.
    brief
        Only the coverage and the misses.
    """
    from abm.inputs.parameters import InputError
    from abm.model import checked_seed
    from experiments.calibration.history import load_histories
    from experiments.calibration.posterior import load_draws
    from experiments.calibration.validate import validate
    from experiments.report.validation_files import TABLE, place_of, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import Silent, progress_for
    from experiments.running.threads import workers_of

    if draws < 2:
        raise InputError("--draws", draws, "a whole number of at least 2")
    workers_of(workers)
    checked_seed(checked_seed(seed) + draws)
    chosen = load_histories(histories)
    posterior = load_draws()
    place = None if out is None else place_of(chosen, draws, seed, out)
    progress = Silent() if as_json else progress_for()
    total = draws * sum(history.policy is not None for history in chosen)
    with announcing_compilation(tell):
        progress.start(total, 0, f"{min(len(posterior), draws)} draws of the posterior")
        try:
            found = validate(chosen, posterior, count=draws, seed=seed, workers=workers,
                             told=lambda done: progress.update(done, 0, total))  # fmt: skip
        finally:
            progress.end()
    if place is not None:
        write(place, chosen, found, seed)
        tell(f"Written: {place.path / TABLE}")
    if as_json:
        print_json(_as_json(found))
        return 0
    screen = console()
    if not brief:
        screen.print(_table(found))
        if any(verdict.row.use == "context" for verdict in found.verdicts):
            screen.print("Told: what the runs were given, or what nothing hangs on; not counted.\n")
    for line in lines_on(found):
        screen.print(line)
    return 0


def _as_json(found: Validation) -> dict[str, object]:
    hits, rows, factor = found.coverage()
    return {
        "rows": [verdict.as_row() for verdict in found.verdicts],
        "not_represented": [
            {"history": name, "id": row.id, "quantity": row.quantity, "why": row.why}
            for name, row in found.not_represented
        ],
        "coverage": {"hits": hits, "rows": rows, "median_factor": factor if rows else None},
        "draws": found.draws,
    }  # fmt: skip


def verdict_of(found: Verdict) -> str:
    """What a verdict is called."""
    if found.hit is None:
        return PREDICTED
    if found.row.use == "context":
        return TOLD
    if not found.hit:
        return MISSED
    return LITTLE if found.says_little else HIT


def _table(found: Validation) -> Table:
    from rich.table import Table

    from experiments.calibration.validate import number

    table = Table(title="Predicted beforehand, and recorded", title_justify="left", header_style="bold")
    for heading in ("row", "use", "recorded", "predicted", "90 % of predictions", "verdict"):
        table.add_column(heading, justify="right" if heading in ("recorded", "predicted") else "left",
                         overflow="fold" if heading == "row" else "ellipsis")  # fmt: skip
    last = ""
    styles = {MISSED: "bold red", HIT: "green", LITTLE: "yellow", PREDICTED: "cyan", TOLD: "dim"}
    for verdict in found.verdicts:
        if verdict.history != last:
            table.add_section()
            table.add_row(f"[bold]{verdict.history}[/bold]")
            last = verdict.history
        called = verdict_of(verdict)
        away = f" by {abs(verdict.distance):.1f} widths" if called == MISSED and verdict.distance else ""
        table.add_row(
            f"  {verdict.row.id}", verdict.row.use, number(verdict.row.value), number(verdict.median),
            f"{number(verdict.p05)} – {number(verdict.p95)}", f"[{styles[called]}]{called}{away}[/]",
        )  # fmt: skip
    return table


def lines_on(found: Validation) -> list[str]:
    """The coverage, the misses and what cannot be represented, in sentences."""
    told = []
    for use, words in (("validate", "Held out"), ("calibrate", "Fitted")):
        hits, rows, factor = found.coverage(use)
        if rows:
            told.append(
                f"{words}: {hits} of {rows} rows inside their 90 % interval ({100 * hits / rows:.0f} %);"
                f" the median interval spans a factor of {factor:.1f}."
            )
    missed = [verdict for verdict in found.verdicts if verdict.hit is False and verdict.row.use != "context"]
    if missed:
        told += ["", "Misses:", *(f"  {verdict.words}" for verdict in missed)]
    if found.not_represented:
        told += ["", "Not represented:", *(f"  {row.id}: {row.why}" for _, row in found.not_represented)]
    return told
