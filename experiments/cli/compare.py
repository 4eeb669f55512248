"""`returns compare`: policies against a baseline, on the same households and seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from experiments.question.defaults import (
    DEFAULT_BASELINE,
    DEFAULT_CASELOAD,
    FOR_ALL_CASELOAD,
    FOR_ALL_HOUSEHOLDS,
    FOR_ALL_VARIANTS,
    MAX_REPLICATES,
    SEED,
    WEEKS,
)  # fmt: skip
from experiments.report.printed import AsCsv, AsJson, Settings, console, print_json, tell
from experiments.running.progress import progress_if_seen

Vary = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]

app = App(name="compare", help="Compare policies with a baseline: who returns, when, and at what cost.")


@app.default
def compare_command(
    *variants: str,
    caseload: str = DEFAULT_CASELOAD,
    baseline: str = DEFAULT_BASELINE,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    out: Path | None = None,
    as_json: AsJson = False,
    by: Literal["origin", "size", "housing", "family"] | None = None,
    uncertainty: Literal["parameters", "seeds"] | None = None,
    precision: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    max_replicates: int = MAX_REPLICATES,
    report: Annotated[bool, Parameter(negative="")] = False,
    workers: int | None = None,
    vary: Vary = (),
    at_least: str | None = None,
    all_measures: Annotated[bool, Parameter(name="--all", negative="", show_default=False)] = False,
    table: Literal["md", "html", "tex", "csv"] | None = None,
    csv_too: AsCsv = False,
) -> int:
    """Compare policies with a baseline: who returns, when, and at what cost.

    Without arguments, the pilot question: uk-pilot-2026, uk-upfront-national and danish-2021 against
    uk-2025 on uk-families-2026; and in brief, what lasting offers come to for all refused. Prints a verdict and
    a table, and writes weekly series, runs, summary, figures and a manifest into a folder.

    Parameters
    ----------
    variants
        Names of policies, or paths of TOML files.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    baseline
        The policy that the others are compared with.
    replicates
        Runs of each policy; without a number about 100, fewer for a large caseload.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample. Totals stand for
        the whole caseload.
    seed
        Seed of the first run; run r of every policy has seed + r.
    settings
        PATH=VALUE, as often as you like. A policy lever (offer.amount_per_person=5000) is set in every
        variant but not in the baseline; VARIANT:PATH=VALUE sets it in that policy only, the baseline too if
        named. world., behaviour. and caseload. paths are set for all. See returns list levers.
    out
        Folder for the results; without one, results/compare- with the policies' names and a hash of the inputs.
    as_json
        Print tidy rows as JSON instead of the table: mean_low and mean_high are the 90 % interval of the mean,
        run_p05 and run_p95 percentiles of the runs; difference_… the same of differences paired by seed.
    by
        Show return rates by group as well.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
        Without a word, parameters if there is a posterior.
    precision
        MEASURE=±X: add runs, in whole rounds of parameter vectors, until the 90 % interval of the mean paired
        difference is at most X either side, or more runs of the same vectors would not do.
    max_replicates
        Most runs of a policy that --precision may ask for.
    report
        Write report.html into the folder as well, as returns report does.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    vary
        PATH=VALUE,VALUE… compares settings of the one VARIANT given, such as
        offer.amount_per_person=3000,10000,20000; several give each with each, at most 12.
    at_least
        A net saving, such as 5m, 250k or 5000000: tells the share of runs that save as much.
    all_measures
        Print every measure with both intervals, and notes on how to read them.
    table
        Print nothing but the table (with --all the whole one), to be pasted: md, html, tex or csv.
    csv_too
        Write runs and weekly series as CSV as well, beside the Parquet files.
    """
    from abm.inputs.parameters import InputError
    from experiments.question.question import ask
    from experiments.report.amounts import amount_of
    from experiments.statistics.precision import parse_targets

    if as_json and table:
        raise InputError("--table", table, "left out with --json")
    amount = None if at_least is None else amount_of(at_least, field="--at-least")
    asked = tuple((t.measure, t.half_width) for t in parse_targets(precision, compared=True))
    question = ask(
        variants, baseline=baseline, caseload=caseload, replicates=replicates, weeks=weeks, households=households,
        seed=seed, settings=settings, uncertainty=uncertainty, by=by, precision=asked, most=max_replicates,
        vary=vary, at_least=amount,
    )  # fmt: skip
    if report:
        from experiments.report.html.page import check_extra

        check_extra()
    from experiments.compare.comparing import compare
    from experiments.report.compare_files import INDEX, place_of, write
    from experiments.report.people import tell_left_open
    from experiments.running.compiling import announcing_compilation

    place = place_of(question, out)
    tell_left_open(question.caseload)
    progress = progress_if_seen()
    with announcing_compilation(tell):
        comparison = compare(question, workers=workers, progress=progress)
    from experiments.compare.paired import rows as rows_of
    from experiments.question.idle import held_arrivals, idle_settings
    from experiments.report.exported import exported
    from experiments.report.notes import alike
    from experiments.report.screen import foot, show_first, show_for_all
    from experiments.report.terminal import show, show_groups

    rows = rows_of(comparison)
    for line in idle_settings(question.cases, question.without, question.seed, comparison.known()):
        tell(line)
    for line in held_arrivals(dict(zip(question.labels, question.cases, strict=True))):
        tell(line)
    for line in alike(comparison):
        tell(line)
    if names := write(place, comparison, rows, csv_too=csv_too):
        tell(f"As CSV too: {', '.join(names)}")
    if report:
        from experiments.cli.report import NAME, write_report

        tell(f"Written to {write_report(place.path / NAME, comparison, rows, workers=workers)}")
    if as_json or table:
        for line in filter(None, (question.uneven, f"Written to {place.path}: {INDEX} says what each file is.")):
            tell(line)
        if table:
            print(exported(comparison, rows, table, whole=all_measures))
        else:
            print_json(rows)
        return 0
    if all_measures:
        show(console(), comparison, rows, [f"Written to {place.path}: {INDEX} says what each file is"])
    else:
        show_first(console(), comparison, rows)
        show_groups(console(), comparison, rows)
        for told in foot(comparison, place.path):
            console().print(told)
    usual = (caseload, baseline, settings, precision, by, households) == (
        DEFAULT_CASELOAD, DEFAULT_BASELINE, (), (), None, None
    )  # fmt: skip
    if usual and not variants:
        every = ask(
            FOR_ALL_VARIANTS, baseline=baseline, caseload=FOR_ALL_CASELOAD, weeks=weeks, households=FOR_ALL_HOUSEHOLDS,
            seed=seed, uncertainty=uncertainty, in_brief=True,
            replicates=min(question.replicates, len(question.behaviours)),
        )  # fmt: skip
        show_for_all(console(), compare(every, workers=workers, progress=progress_if_seen()))
    return 0
