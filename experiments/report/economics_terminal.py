"""An appraisal as text for a terminal: a small table, then sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.economics.appraisal import Appraisal, Row
from experiments.economics.information import LEAST_DRAWS
from experiments.economics.policies import NOT_IN_THE_LEDGER, PAYERS, Policies
from experiments.economics.strategies import COLUMNS
from experiments.economics.table import StrategyTable
from experiments.report.amounts import NONE, financial_year, number, scale
from experiments.report.economics_words import choices, find_out, how_sure, left_out, money
from experiments.report.notes import behind

HEADINGS = ("strategy", "cost", "effect", "Δ cost", "Δ effect", "cost per unit", "status")
UNITED_KINGDOM = "United Kingdom"


def show_policies(console: Console, found: Policies, information: Sequence[Row], files: Sequence[str] = ()) -> None:
    """Print an appraisal of policies.

    Parameters
    ----------
    information
        As `Appraisal.information` gives it; empty if there is none.
    files
        Lines that say where the files are.
    """
    for line in _header(found):
        console.print(line)
    console.print()
    _show(console, found.appraisal, information, _outside(found))
    for line in _closing(found):
        console.print(line)
    console.print()
    console.print(_discounting(found))
    _who_pays(console, found)
    for text in files:
        console.print(Text(text))


def show_table(console: Console, table: StrategyTable, found: Appraisal, files: Sequence[str] = ()) -> None:
    """Print an appraisal of a table."""
    drawn = f", {len(table.draws):,} draws of each" if table.draws else ""
    console.print(Text("Which strategy is worth its money", style="bold"))
    console.print(Text(f"{table.path.name}: {len(found.names):,} strategies{drawn}; costs and effects as they stand."))
    console.print()
    _show(console, found, [], ())
    for text in files:
        console.print(Text(text))


def rows_table(found: Appraisal) -> Table:
    """The rows of the strategies."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    costs, effects = (
        scale(unit, [abs(row[key]) for row in found.rows], [abs(row[step]) for row in found.rows[1:]])
        for key, step, unit in (("cost", "incremental_cost", "GBP"), ("effect", "incremental_effect", found.terms.unit))
    )
    currency, digits = found.terms.currency, 5 if found.uncertain else 10
    for heading in HEADINGS:
        told = f"cost, {costs.label}" if heading == "cost" and currency else heading
        table.add_column(told, justify="left" if heading in ("strategy", "status") else "right")
    for row in found.rows:
        name, cost, effect, more_cost, more_effect, ratio, status = (row[key] for key in COLUMNS)
        table.add_row(
            name,
            costs.value(cost) if currency else _figure(cost, digits),
            effects.value(effect) if currency else _figure(effect, digits),
            NONE if math.isnan(more_cost) else money(more_cost, currency, signed=True),
            NONE if math.isnan(more_effect) else f"+{_figure(more_effect, digits)}",
            NONE if math.isnan(ratio) else money(ratio, currency),
            status,
        )  # fmt: skip
    return table


def _figure(value: float, digits: int) -> str:
    """A number without a unit, with so many digits that matter, and whole thousands in full."""
    return f"{value:,.{digits}g}" if abs(value) < 1_000 or digits > 5 else f"{value:,.0f}"


def _show(console: Console, found: Appraisal, information: Sequence[Row], warnings: Sequence[str]) -> None:
    console.print(rows_table(found))
    console.print()
    told = "Means over the draws. " if found.uncertain else ""
    told += "ND: on the frontier, each against the one before it; ED: extendedly dominated; D: dominated."
    console.print(Text(told, style="dim"))
    for text in warnings:
        console.print(Text(text, style="yellow"))
    for text in left_out(found):
        console.print(Text(text))
    console.print(Text(choices(found), style="bold"))
    if not found.uncertain:
        return
    console.print()
    for text in how_sure(found):
        console.print(Text(text))
    console.print()
    for text in find_out(found, information):
        console.print(Text(text))


def _header(found: Policies) -> Iterator[Text]:
    comparison, terms = found.comparison, found.appraisal.terms
    q = comparison.question
    world, title = q.caseload.world, f" – {q.caseload.title}" if q.caseload.title else ""
    yield Text("Which policy is worth its money", style="bold")
    yield Text(f"Caseload {q.caseload.name}{title}; {behind(comparison)} under each policy, the same under all.")
    yield Text(
        f"Cost: {terms.cost}, pounds at prices of {financial_year(world.price_year)}. Effect: {terms.effect}"
        f" ({terms.unit}) against {q.labels[0]}, whole caseload, not discounted;"
        f" a {'higher' if found.effect.sign > 0 else 'lower'} number of {found.effect.measure.title} is taken for"
        " better."
    )
    for setting in q.settings:
        yield Text(f"Set: {setting}", style="yellow")


def _outside(found: Policies) -> list[str]:
    """Policies whose cost leaves out people that the baseline's holds: told before any is called the best."""
    return [
        f"{name}: {number(more, 0 if more >= 10 else 1)} more households end outside the account than under"
        f" {found.appraisal.names[0]} (protected, settled or out of contact). What they cost or pay is not in its cost,"
        " so that it cannot be called cheaper by this table alone."
        for name, more in found.outside.items()
    ]


def _closing(found: Policies) -> Iterator[Text]:
    if not found.groups:
        yield Text("One behaviour is in use, so nothing can be found out about it: --uncertainty parameters varies it.")
    elif found.appraisal.draws < LEAST_DRAWS:
        yield Text("Too few draws to say what finding out an input would be worth: --replicates 100 or more.")
    yield Text(f"With the pull factor on (its upper bound): {choices(found.pulled)}")


def _discounting(found: Policies) -> Table:
    """Cost against the baseline at each discount rate."""
    runs = found.discounted_runs
    few = "" if runs == found.comparison.replicates else f", first {runs:,} runs"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    table.add_column(f"cost against {found.appraisal.names[0]}, discounted at{few}")
    for rate in found.rates:
        table.add_column(f"{100 * rate:.4g} %", justify="right")
    at = {(row["discount_rate"], row["strategy"]): row["against_baseline"] for row in found.discounting}
    for name in found.appraisal.names[1:]:
        table.add_row(name, *(money(at[rate, name], "£", signed=True) for rate in found.rates))
    return table


def _who_pays(console: Console, found: Policies) -> None:
    """Cost against the baseline by payer, each with its 90 % interval of the mean."""
    names = found.appraisal.names
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    table.add_column(f"who bears it: cost against {names[0]}, £k")
    for name in names[1:]:
        table.add_column(name, justify="right")
    at = {(row["payer"], row["strategy"]): row["difference"] for row in found.payers}
    here = found.comparison.question.caseload.place == UNITED_KINGDOM
    for payer in PAYERS:
        if any(at[payer, name] for name in names):
            told = payer if here else payer.replace(" (Home Office)", "").replace("Home Office", "the state")
            table.add_row(told, *(number(at[payer, name] / 1e3, signed=True) for name in names[1:]))
    console.print(table)
    console.print(Text(NOT_IN_THE_LEDGER, style="dim"))
