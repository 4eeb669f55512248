"""`returns report`: a comparison as one HTML file that a reader can print, keep and check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED, WEEKS
from experiments.report.printed import Settings, tell
from experiments.running.progress import progress_if_seen

if TYPE_CHECKING:
    from experiments.compare.comparing import Comparison
    from experiments.question.question import Question
    from experiments.report.notes import Row

app = App(name="report", help="Write a comparison as one HTML file: charts, tables, sources and files inside it.")

#: Name of the report in the folder of a comparison.
NAME = "report.html"


@app.default
def report_command(
    *variants: str,
    caseload: str = DEFAULT_CASELOAD,
    baseline: str = DEFAULT_BASELINE,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    about: str | None = None,
    quick: Annotated[bool, Parameter(negative="")] = False,
    out: Path | None = None,
    browser: Annotated[bool, Parameter(name="--open", negative="")] = False,
    workers: int | None = None,
) -> int:
    """Write a comparison as one HTML file: charts, tables, sources and files inside it.

    Given policies, compares them as returns compare does and leaves the same folder, with report.html in it. Given
    the folder of a comparison, asks its question again (same inputs and seeds, so the same numbers) and puts the
    report there. The file refers to nothing outside itself, and prints.

    Parameters
    ----------
    variants
        Names of policies, or paths of TOML files; or one folder that returns compare has left. Without any, the
        pilot question.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    baseline
        The policy that the others are compared with.
    replicates
        Runs of each policy; without a number about 100, fewer for a large caseload.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run.
    settings
        PATH=VALUE, as in returns compare.
    about
        The variant that is looked into more closely (what turns it, break-even, three households); else the first.
    quick
        Leave out what takes many runs of its own, and say so in the report.
    out
        Folder for the results, or the path of an HTML file for the report alone.
    browser
        Open the report in a browser.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    """
    from abm.inputs.parameters import InputError
    from experiments.report.html.again import is_folder, question_of
    from experiments.report.html.page import check_extra

    check_extra()
    folder = Path(variants[0]) if len(variants) == 1 and is_folder(variants[0]) else None
    remarks: tuple[str, ...] = ()
    if folder is not None:
        own = {
            "--caseload": caseload != DEFAULT_CASELOAD, "--baseline": baseline != DEFAULT_BASELINE,
            "--replicates": replicates is not None, "--weeks": weeks != WEEKS, "--households": households is not None,
            "--seed": seed != SEED, "--set": bool(settings),
        }  # fmt: skip
        for option, given in own.items():
            if given:
                raise InputError(option, "given", "left out: the folder says what was asked")
        question, remarks = question_of(folder)
    else:
        from experiments.question.question import ask

        question = ask(
            variants, baseline=baseline, caseload=caseload, replicates=replicates, weeks=weeks, households=households,
            seed=seed, settings=settings,
        )  # fmt: skip
    position = _about(question, about)
    alone = out if out is not None and out.suffix.lower() in (".html", ".htm") else None
    from experiments.compare.comparing import compare
    from experiments.compare.paired import rows as rows_of
    from experiments.report.compare_files import place_of, write
    from experiments.running.compiling import announcing_compilation

    place = place_of(question, folder if folder is not None and out is None else None if alone else out)
    with announcing_compilation(tell):
        comparison = compare(question, workers=workers, progress=progress_if_seen())
    rows = rows_of(comparison)
    if folder is None and alone is None:
        write(place, comparison, rows)
    path = write_report(
        alone or place.path / NAME,
        comparison,
        rows,
        about=position,
        quick=quick,
        workers=workers,
        remarks=remarks,
        from_folder=folder is not None,
    )
    tell(f"Written to {path}")
    if browser:
        import webbrowser

        webbrowser.open(path.absolute().as_uri())
    return 0


def _about(question: Question, label: str | None) -> int:
    from abm.inputs.parameters import InputError, nearest_spelling

    if label is None:
        return 1
    if label not in question.variants:
        allowed = "one of the variants: " + ", ".join(question.variants)
        raise InputError("--about", label, allowed, nearest=nearest_spelling(label, question.variants))
    return 1 + question.variants.index(label)


def write_report(
    path: Path,
    comparison: Comparison,
    rows: list[Row],
    *,
    about: int = 1,
    quick: bool = False,
    workers: int | None = None,
    remarks: tuple[str, ...] = (),
    from_folder: bool = False,
) -> Path:
    """Make the report of a comparison and put it at a path, there whole or not at all.

    Raises
    ------
    InputError
        If the extra is not installed or the file cannot be written.
    """
    from datetime import date

    from experiments.report.html.again import command_of
    from experiments.report.html.page import Making, page
    from experiments.report.html.parts import Subject
    from experiments.storing.output import put

    making = Making(workers, progress_if_seen(), tell if sys.stderr.isatty() else lambda title: None)
    # Settings that were varied have no words of their own on a command line.
    kept = path.parent if from_folder or comparison.question.varied else None
    command = command_of(comparison.question, about=about, quick=quick, folder=kept)
    subject = Subject(comparison, rows, about, quick, command, making.each)
    put(path, page(subject, day=date.today(), making=making, remarks=remarks).encode())
    return path
