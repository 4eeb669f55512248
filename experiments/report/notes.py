"""What is said around the table of a comparison: what was asked, how to read it, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.text import Text

from abm.measures import COMPARED
from experiments.compare.comparing import Comparison
from experiments.compare.further import FURTHER, TOLD_OF
from experiments.compare.paired import by_measure
from experiments.question.question import Question
from experiments.report.amounts import financial_year, number, pounds
from experiments.report.marks import assumptions
from experiments.report.names import names_of

Row = dict[str, Any]

#: Shown only where somebody has set the figures that they need.
OFF_UNLESS_SET = ("net_saving_wider",)

#: What the table shows, by concern; the files hold every measure.
SHOWN: dict[str, tuple[str, ...]] = {
    "Firm": (
        "assisted_return_rate_12m", "return_rate_12m", "return_rate_60m", "median_weeks_to_departure", "departures",
        "assisted_departures", "removed_share", "absconded_share", "reentry_share", "caseload_end",
    ),
    "Public money": (
        "cost_npv", "net_saving_1y", "net_saving_3y", "net_saving_npv", "net_saving_wider",
        "outside_account_end", "offer_spend", "deadweight", "deadweight_share", "cost_per_departure",
        "cost_per_additional_return", "break_even_offer", "break_even_stay_hotel", "break_even_stay_dispersal",
        "induced_arrivals",
    ),
    "Compassionate": ("child_years_in_limbo", "children_removed", "destitution_weeks", "unsafe_returns"),
}  # fmt: skip


def shown(rows: Sequence[Row]) -> dict[str, list[str]]:
    """What the table shows of some rows, by concern: measures that are nought everywhere, or switched off, are not."""
    found, table = by_measure(rows), {}
    for concern, every in SHOWN.items():
        names = [name for name in every if name in found]
        table[concern] = [name for name in names if name not in OFF_UNLESS_SET and not is_nought(found[name])]
        table[concern] += [name for name in names if name in OFF_UNLESS_SET and any(r["defined"] for r in found[name])]
        table[concern].sort(key=names.index)
    return {concern: names for concern, names in table.items() if names}


def is_nought(rows: Sequence[Row]) -> bool:
    """Whether a measure is nought in every run under every policy."""
    keys = ("mean", "run_p05", "run_p95", "difference", "difference_run_p05", "difference_run_p95")
    return not any(row[key] for row in rows for key in keys)  # a ratio has no percentiles of runs, so it is not


def title(name: str) -> str:
    """What a measure is called for people."""
    return TOLD_OF[name].title


def alike(comparison: Comparison) -> Iterator[str]:
    """A sentence for each two policies that have the same figures, to the last bit, in every run."""
    names = names_of(comparison.question)
    for position, runs in enumerate(comparison.runs):
        for before, other in enumerate(comparison.runs[:position]):
            if np.array_equal(runs.measures, other.measures, equal_nan=True):
                yield f"“{names[position]}” has the same figures as “{names[before]}” in every run."
                break


def behind(comparison: Comparison, runs: int | None = None) -> str:
    """What stands behind a mean: how many runs (all, or the first), and of how many parameter vectors."""
    runs = comparison.replicates if runs is None else runs
    vectors = len(set(comparison.vectors[:runs].tolist()))
    return f"{runs:,} run{'s' * (runs > 1)} of {vectors:,} vector{'s' * (vectors > 1)}"


def header(comparison: Comparison) -> Iterator[Text]:
    """What was compared, on whom, and how often."""
    q, runs = comparison.question, comparison.runs[0]
    label = q.labels[0]
    yield Text.assemble(("Who returns, when and at what cost", "bold"))
    yield Text.assemble((", ".join(q.variants), "bold"), " against ", (label, "bold"), " (the baseline)")
    each = f"each stands for {runs.weight:,.4g}" if runs.weight != 1 else "each stands for itself"
    title = f" – {q.caseload.title}" if q.caseload.title else ""
    yield Text(
        f"Caseload {q.caseload.name}{title}: {q.caseload.households:,} households at the start,"
        f" {runs.households:,} simulated ({each})."
    )
    last = q.seed + comparison.replicates - 1
    if q.uncertainty == "parameters":
        used, there = min(comparison.replicates, len(q.behaviours)), len(q.behaviours)
        which = f"{there:,}" if used == there else f"{used:,} of {there:,}"
        kind = f"Chance and parameters vary: {which} draws of the posterior in turn, the same under every policy."
    else:
        kind = "Chance varies; the behavioural parameters are the one fitted vector."
    yield Text(
        f"{q.weeks:,} weeks; {comparison.replicates:,} runs of each policy, seeds {q.seed} to {last}, paired. {kind}"
    )
    world = q.caseload.world
    yield Text(
        f"Prices of {financial_year(world.price_year)}; money discounted at {100 * world.discount_rate:.4g} % a year to"
        " week 0."
    )
    yield from set_told(q)
    yield Text()


def set_told(question: Question) -> Iterator[Text]:
    """A line for each setting that was asked for, and whose it is."""
    for setting in question.settings:
        if setting.variant:
            where = f"{setting.variant} only"
        else:
            where = "all variants, not the baseline" if setting.is_lever else "all policies"
        yield Text(f"Set: {setting.path} = {setting.value} ({where})", style="yellow")


def notes(comparison: Comparison, rows: Sequence[Row]) -> Iterator[Text]:
    """How to read the table, and what it cannot show."""
    everything, table = rows, shown(rows)
    in_it = {name for names in table.values() for name in names}
    rows = [row for row in rows if row["measure"] in in_it]
    q = comparison.question
    by = "" if len(q.behaviours) == 1 else ", by vector, since runs that share one are not independent"
    yield Text(
        f"Mean of {behind(comparison)}. (Mean 90 %): its 90 % interval (mean_low, mean_high){by}. [Runs 5–95 %]: 5th"
        " and 95th percentile of the runs (run_p05, run_p95). Δ: the same of the paired differences from the baseline;"
        " bold where the runs' leave zero out. Cost per additional return, break-even payment and stay are ratios of"
        " means; the break-even payment is against the same policy without its money. The account covers"
        " asylum support, casework, return and enforcement; what people cost"
        " or pay who are out of contact, protected or settled is outside it: the table says how many they are.",
        style="dim",
    )
    if q.uneven:
        yield Text(q.uneven, style="dim")
    yield from _outside(comparison, everything)
    left_out = [title(n) for names in SHOWN.values() for n in names if n not in in_it and n not in OFF_UNLESS_SET]
    if left_out:
        yield Text(f"Nought under every policy, and not shown: {', '.join(left_out)}.", style="dim")
    missing = [f"{title(name)}: {TOLD_OF[name].absent}" for name in sorted(_missing(rows))]
    if missing:
        yield Text("–  " + "; ".join(missing) + ".", style="dim")
    for row in rows:
        if 0 < row["defined"] < row["runs"]:
            yield Text(
                f"{title(row['measure'])}, {row['variant']}: over the {row['defined']:,} of {row['runs']:,} runs that"
                " have one.",
                style="dim",
            )
    yield from precision_told(comparison)


def precision_told(comparison: Comparison) -> Iterator[Text]:
    """A line for each precision that was asked for."""
    for seen in comparison.looks:
        reached = "reached" if seen["reached"] else "NOT reached"
        found = "too few runs have it" if math.isnan(seen["half_width"]) else f"±{seen['half_width']:.4g}"
        yield Text(
            f"Precision of Δ {seen['measure']}, {seen['variant']}: {found}, asked"
            f" ±{seen['asked']:.4g}: {reached} with {seen['replicates']:,} runs (interval widened for having looked"
            f" {seen['looks']} times).{_left(seen)}"
        )


def _left(seen: Mapping[str, Any]) -> str:
    if seen["reached"] or not seen["floor"] >= seen["asked"]:
        return ""
    return f" The vectors' own means differ too much: more runs of each would leave about ±{seen['floor']:.4g}."


def _outside(comparison: Comparison, rows: Sequence[Row]) -> Iterator[Text]:
    """How many more people are outside the account under a policy, and what of its saving that is."""
    found, base = by_measure(rows, "variant"), comparison.question.labels[0]
    for position, row in enumerate(found["outside_account_end"]):
        more = row["difference"]
        if more <= 0 or row["difference_mean_low"] <= 0:
            continue
        parts = sum(found[name][position]["mean"] for name in ("saving_out_of_contact", "saving_settled"))
        count, saved = number(more, 0 if more >= 10 else 1), f"{'−' if parts < 0 else ''}{pounds(abs(parts))}"
        yield Text(
            f"{row['variant']}: {count} more households outside the account at the end than under {base}; {saved} of"
            " the net saving is support not paid to people out of contact, protected or settled. What they then cost"
            " or pay is not in it.",
            style="yellow",
        )


def _missing(rows: Sequence[Row]) -> set[str]:
    """Measures that some policy does not have (a comparison's own need no baseline)."""
    return {row["measure"] for row in rows if math.isnan(row["mean"]) and not row["words"]} - {
        name
        for name in COMPARED | FURTHER
        if all(r["defined"] or r["words"] for r in rows if (r["measure"], r["role"]) == (name, "variant"))
    }


def closing(comparison: Comparison, files: Sequence[str]) -> Iterator[Text]:
    """What the numbers rest on, polls quoted beside a policy, and where the files are."""
    told = assumptions(comparison.question)
    yield Text.assemble(("What this rests on: ", "bold"), told)
    for label, policy in zip(comparison.question.labels, comparison.question.policies, strict=True):
        if policy.context:
            yield Text(f"Context of {label} (not a result): {policy.context}")
    for line in files:
        yield Text(line)
