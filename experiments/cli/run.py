"""`returns run`: one run, week by week.  `returns why`: why one household stayed or left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.question.defaults import DEFAULT_CASELOAD, SEED, WEEKS
from experiments.report.printed import AsCsv, AsJson, Settings, console, print_json, tell

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from abm.model import Prepared, Run
    from abm.why import Explanation

#: Weeks shown on a terminal, about; the files hold every week.
ROWS = 27
#: Columns of the weekly table: heading, series.
COLUMNS = {
    "awaiting": "stock_awaiting", "refused": "stock_refused", "exhausted": "stock_exhausted",
    "out of\ncontact": "stock_absconded", "protected": "stock_protected", "settled": "stock_settled",
    "assisted": "assisted", "unassisted": "unassisted", "removed": "removed", "cost,\n£k": "cost_total",
}  # fmt: skip
#: The same for a narrow terminal: departures by any route together.
NARROW = {name: column for name, column in COLUMNS.items() if column.startswith("stock_")} | {
    "left": "left",
    "cost,\n£k": "cost_total",
}
CUMULATED = ("assisted", "unassisted", "removed", "left", "cost_total")


def run_command(
    variant: str,
    /,
    *,
    caseload: str = DEFAULT_CASELOAD,
    seed: int = SEED,
    weeks: int = WEEKS,
    households: int | None = None,
    settings: Settings = (),
    out: Path | None = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> int:
    """Run one policy once: the weekly series and the measures of that run.

    Writes weekly.parquet, weekly.csv, households.parquet and .csv, measures.csv and manifest.json into a folder.

    Parameters
    ----------
    variant
        Name of a policy, or path of a TOML file.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    seed
        Seed of the run.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    settings
        PATH=VALUE, as often as you like: levers, world., behaviour. and caseload. paths.
    out
        Folder for the results; without one, results/run- and the hash of the inputs.
    as_json
        Print measures and weekly series as JSON.
    as_csv
        Print the weekly series as CSV.
    """
    from abm.inputs.parameters import InputError

    if as_json and as_csv:
        raise InputError("--csv", "together with --json", "one of the two")
    prepared = _prepare(variant, caseload, weeks, households, settings)
    from experiments.report.people import tell_left_open
    from experiments.report.run_files import FILES, place_of, write
    from experiments.running.compiling import announcing_compilation

    place = place_of(prepared, seed, out)
    tell_left_open(prepared.caseload)
    with announcing_compilation(tell):
        run = prepared.run(seed)
        _tell_idle(variant, caseload, weeks, households, settings, seed)
    write(place, run)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        tell(files)
        series = run.series
        told = {"variant": prepared.policy.name, "caseload": prepared.caseload.name, "seed": seed,
                "weight": prepared.weight, "identity": prepared.identity(seed), "measures": run.measures,
                "series": {name: series[name].tolist() for name in series.columns}}  # fmt: skip
        print_json(told)
    elif as_csv:
        tell(files)
        run.series.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        output = console()
        _show_run(output, run)
        output.print(files)
    return 0


def why_command(
    variant: str,
    /,
    *,
    household: int,
    week: int | None = None,
    caseload: str = DEFAULT_CASELOAD,
    seed: int = SEED,
    weeks: int = WEEKS,
    households: int | None = None,
    settings: Settings = (),
    as_json: AsJson = False,
) -> int:
    """Say why one household stayed or left: the terms of its decision, by name.

    Parameters
    ----------
    variant
        Name of a policy, or path of a TOML file.
    household
        Identity of the household: 0 to the number of households less one for those there at the start.
    week
        Week of the decision; without one, the last in which it considered its situation.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    seed
        Seed of the run.
    weeks
        Horizon in weeks.
    households
        Households simulated, as in the run in question.
    settings
        PATH=VALUE, as in the run in question.
    as_json
        Print the explanation as JSON.
    """
    prepared = _prepare(variant, caseload, weeks, households, settings)
    from dataclasses import asdict

    from abm.why import explain
    from experiments.running.compiling import announcing_compilation

    with announcing_compilation(tell):
        told = explain(prepared, seed, household, week)
    if as_json:
        print_json(asdict(told))
    else:
        _show_why(console(), prepared, seed, told)
    return 0


def _prepare(policy: str, caseload: str, weeks: int, households: int | None, settings: tuple[str, ...]) -> Prepared:
    from abm.inputs.registry import check_shapes
    from experiments.question.case import load_case
    from experiments.question.settings import parse_settings

    changes = {change.path: change.value for change in parse_settings(settings)}
    case = load_case(policy, caseload, weeks=weeks, households=households, settings=changes)
    check_shapes([case.policy])
    return case.prepared()


def _tell_idle(
    policy: str, caseload: str, weeks: int, households: int | None, settings: tuple[str, ...], seed: int
) -> None:
    """Tell of each setting that changes no figure."""
    from contextlib import suppress

    from abm.inputs.parameters import InputError
    from experiments.question.case import load_case
    from experiments.question.idle import idle_settings
    from experiments.question.settings import parse_settings

    bare = load_case(policy, caseload, weeks=weeks, households=households)
    changes = {change.path: change.value for change in parse_settings(settings)}
    without = {}
    for path, value in changes.items():
        with suppress(InputError):
            without[f"{path}={value}"] = [bare.with_settings({p: v for p, v in changes.items() if p != path})]
    for line in idle_settings([bare.with_settings(changes)], without, seed):
        tell(line)


# ---- one run ----------------------------------------------------------------------------------------


def _show_run(output: Console, run: Run) -> None:
    from rich.table import Table
    from rich.text import Text

    from abm.measures import MEASURES
    from experiments.report.amounts import scale
    from experiments.report.terminal import fits

    prepared = run.prepared
    weight = prepared.weight
    output.print(Text(f"{prepared.policy.name} on {prepared.caseload.name}, seed {run.seed}", style="bold"))
    each = "" if weight == 1 else f", each standing for {weight:,.4g}; counts below are of the simulated households"
    output.print(Text(
        f"One run of {prepared.weeks:,} weeks, {prepared.households:,} households simulated{each}."
        " Chance alone can move it: returns compare shows how far."
    ))  # fmt: skip
    every = max(1, -(-prepared.weeks // ROWS))
    series = run.series.assign(left=lambda weekly: weekly["assisted"] + weekly["unassisted"] + weekly["removed"])
    weeks = sorted({*range(0, prepared.weeks, every), prepared.weeks - 1})
    table = _weekly_table(series, weeks, COLUMNS)
    output.print(table if fits(output, table) else _weekly_table(series, weeks, NARROW))
    told = "Stocks at the end of the week; departures and cost (not discounted) since the start."
    output.print(Text(f"{told} Every {every} weeks; the files hold every week." if every > 1 else told, style="dim"))
    measures = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    measures.add_column("measure", overflow="fold")
    measures.add_column("", justify="right")
    measures.add_column("unit", overflow="fold")
    for name, value in run.measures.items():
        s = scale(MEASURES[name].unit, [value])
        measures.add_row(MEASURES[name].title, s.value(value), s.label)
    output.print()
    output.print(measures)


def _weekly_table(series: Any, weeks: list[int], columns: dict[str, str]) -> Table:
    """Some weeks of a run; stages that nobody is ever in are left out."""
    from rich.table import Table

    from experiments.report.amounts import number

    shown = {head: name for head, name in columns.items() if name in CUMULATED or series[name].any()}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("week", *shown):
        table.add_column(heading, justify="right", vertical="bottom")
    totals = series[list(CUMULATED)].cumsum()
    for week in weeks:
        cells = [
            number(totals[name][week] / 1_000) if name == "cost_total"
            else number(float((totals if name in CUMULATED else series)[name][week]))
            for name in shown.values()
        ]  # fmt: skip
        table.add_row(f"{week}", *cells)
    return table


# ---- why --------------------------------------------------------------------------------------------


def _show_why(output: Console, prepared: Prepared, seed: int, told: Explanation) -> None:
    from rich.table import Table
    from rich.text import Text

    from experiments.report.amounts import plain

    def pairs(values: dict[str, Any], head: str) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        for name, value in values.items():
            table.add_row(Text(name, style="dim"), Text(plain(round(value, 4) if isinstance(value, float) else value)))
        output.print(Text(head, style="bold"))
        output.print(table)

    who = told.household.get("id", "")
    output.print(Text(
        f"Household {who} in week {told.week}: {prepared.policy.name} on {prepared.caseload.name}, seed {seed}",
        style="bold",
    ))  # fmt: skip
    choice = told.choice.lower().replace("_", " ")
    if told.considered:
        output.print(Text(f"{told.stage.lower().capitalize()}. It considered its situation and chose: {choice}."))
    else:
        output.print(Text(
            f"{told.stage.lower().capitalize()}. It did not consider its situation this week, and stays as it is;"
            " below is what it would have weighed."
        ))  # fmt: skip
    output.print(Text(
        f"Chance that it considers in this week: {_percent(told.attention)}; it does if the number drawn"
        f" ({_percent(told.attention_draw)}) is below.", style="dim",
    ))  # fmt: skip
    output.print()
    pairs({k: v for k, v in told.household.items() if k != "id"}, "Who they are")
    output.print()
    if told.offers:
        pairs(told.offers, "What is on offer")
        output.print()
    pairs(told.beliefs, "What they see and believe")
    output.print()
    output.print(Text("What is weighed (utility; staying is 0)", style="bold"))
    _show_terms(output, told)
    output.print()
    if told.history:
        output.print(Text("Its history until then", style="bold"))
        for week, event in told.history:
            output.print(Text(f"  week {week:>4}  {event}"))


def _show_terms(output: Console, told: Explanation) -> None:
    """Terms down, ways out across: what each adds to each, the utilities, and the chances they give."""
    from rich.table import Table
    from rich.text import Text

    belongs = {
        "assisted return": ("assisted", "return"), "unassisted return": ("unassisted", "return"),
        "go irregular": ("irregular",),
    }  # fmt: skip
    ways = [way for way in belongs if way in told.utilities]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", overflow="fold")
    for way in ("stay", *ways):
        table.add_column(way, justify="right")
    for name, value, applies in told.terms:
        cells = [f"{value:+.3f}" if applies in belongs[way] else "" for way in ways]
        if value and any(cells):
            table.add_row(name, "", *cells)
    every = ("stay", *ways)
    table.add_row(Text("utility", "bold"), *(Text(f"{told.utilities[way]:+.3f}", "bold") for way in every))
    table.add_row(Text("chance of choosing it", "bold"), *(_percent(told.probabilities[way]) for way in every))
    table.add_row(Text("number drawn: chosen if below", "dim"), *(_percent(told.picks[way]) for way in every))
    table.add_row(Text("the same as an error", "dim"), *(f"{told.draws[way]:+.3f}" for way in every))
    table.add_row(Text("utility and error", "bold"), *(f"{told.utilities[w] + told.draws[w]:+.3f}" for w in every))
    output.print(table)
    output.print(Text("The largest utility and error is chosen. Terms that are zero are left out.", style="dim"))


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 else f"{share:.3%}"
