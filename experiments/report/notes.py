"""What is said around the table of a comparison: what was asked, how to read it, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from abm.measures import COMPARED, MEASURES
from experiments.compare.comparing import Comparison
from experiments.report.marks import assumptions

Row = dict[str, Any]

#: What the table shows, by concern; the files hold every measure.
SHOWN: dict[str, tuple[str, ...]] = {
    "Firm": (
        "assisted_return_rate_12m", "return_rate_12m", "return_rate_60m", "median_weeks_to_departure", "departures",
        "assisted_departures", "removed_share", "absconded_share", "reentry_share", "caseload_end",
    ),
    "Public money": (
        "cost_npv", "net_saving_1y", "net_saving_3y", "net_saving_npv", "outside_account_end", "offer_spend",
        "cost_per_departure", "cost_per_additional_return", "break_even_offer", "break_even_stay_hotel",
        "break_even_stay_dispersal", "induced_arrivals",
    ),
    "Compassionate": ("child_years_in_limbo", "children_removed", "destitution_weeks", "unsafe_returns"),
}  # fmt: skip


def title(name: str) -> str:
    """What a measure is called for people."""
    return (MEASURES | COMPARED)[name].title


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
        kind = f"Chance and parameters vary: {which} fitted behavioural vectors in turn, the same under every policy."
    else:
        kind = "Chance varies; the behavioural parameters are the one fitted vector."
    yield Text(
        f"{q.weeks:,} weeks; {comparison.replicates:,} runs of each policy, seeds {q.seed} to {last}, paired. {kind}"
    )
    world = q.caseload.world
    yield Text(f"Prices of {world.price_year}; money discounted at {100 * world.discount_rate:.4g} % a year to week 0.")
    for setting in q.settings:
        if setting.variant:
            where = f"{setting.variant} only"
        else:
            where = "all variants, not the baseline" if setting.is_lever else "all policies"
        yield Text(f"Set: {setting.path} = {setting.value} ({where})", style="yellow")
    yield Text()


def notes(comparison: Comparison, rows: Sequence[Row]) -> Iterator[Text]:
    """How to read the table, and what it cannot show."""
    shown = {name for names in SHOWN.values() for name in names}
    rows = [row for row in rows if row["measure"] in shown]
    yield Text(
        f"Mean of {comparison.replicates:,} runs and [5th, 95th percentile of the runs]; Δ: the same of the paired"
        " differences from the baseline. Cost per additional return, break-even payment and stay: ratios of means with"
        " their 90 % interval. The account covers asylum support, casework, return and enforcement; what people cost"
        " or pay who are out of contact, protected or settled is outside it: the table says how many they are.",
        style="dim",
    )
    missing = [f"{title(name)}: {(MEASURES | COMPARED)[name].absent}" for name in sorted(_missing(rows))]
    if missing:
        yield Text("–  " + "; ".join(missing) + ".", style="dim")
    for row in rows:
        if 0 < row["defined"] < row["runs"]:
            yield Text(
                f"{title(row['measure'])}, {row['variant']}: over the {row['defined']:,} of {row['runs']:,} runs that"
                " have one.",
                style="dim",
            )
    for seen in comparison.looks:
        reached = "reached" if seen["reached"] else "NOT reached"
        yield Text(
            f"Precision of Δ {seen['measure']}, {seen['variant']}: ±{seen['half_width']:.4g}, asked"
            f" ±{seen['asked']:.4g}: {reached} with {seen['replicates']:,} runs (interval widened for having looked"
            f" {seen['looks']} times)."
        )


def _missing(rows: Sequence[Row]) -> set[str]:
    """Measures that some policy does not have (a comparison's own need no baseline)."""
    return {row["measure"] for row in rows if math.isnan(row["mean"])} - {
        name for name in COMPARED if all(r["defined"] for r in rows if (r["measure"], r["role"]) == (name, "variant"))
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
