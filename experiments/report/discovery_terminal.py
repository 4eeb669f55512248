"""A discovery as text for a terminal: where a policy fails, in words, with how well that tells failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.report.amounts import number, plain
from experiments.search.boxes import SIGNIFICANT, Box, Fit
from experiments.search.discovered import density_interval, holds_up, limit_of
from experiments.search.discovery import Discovery

#: Boxes on the way that are told of each box.
STEPS = 8


def show_discovery(console: Console, found: Discovery, files: Sequence[str] = ()) -> None:
    """Print a discovery: what was asked, each box in words, its restrictions and the way to it.

    Parameters
    ----------
    files
        Lines that say where the files are.
    """
    for line in _header(found):
        console.print(line)
    for k, box in enumerate(found.boxes):
        console.print()
        console.print(Text(f"Box {k + 1}", style="bold reverse"), Text(box_told(found, k)))
        console.print(_restrictions(found, box))
        console.print(_way(box))
    console.print()
    for text in (*closing(found), *files):
        console.print(Text(text))


def heading(found: Discovery) -> str:
    """Which policy fails what."""
    inquiry = found.doubt.inquiry
    against = f" against {inquiry.labels[0]}" if inquiry.paired else ""
    return f"Where {inquiry.labels[-1]}{against} fails: {found.doubt.goal}"


def box_told(found: Discovery, number_of: int) -> str:
    """A box in one or two sentences."""
    box = found.boxes[number_of]
    where = " and ".join(restrictions_told(found, box))
    told, low_high = box.tested, density_interval(box.tested)
    low, high = (percent(low_high[f"density_tested_{end}"]) for end in ("low", "high"))
    beside = "outside the boxes before, " if number_of else ""
    return (
        f"{beside}it fails where {where}: {percent(told.coverage)} of all failures lie there (coverage), and"
        f" {percent(told.density)} ({low}, {high}) of such worlds fail (density); with the points it was found with,"
        f" {percent(box.found.coverage)} and {percent(box.found.density)}."
        + ("" if holds_up(box) else " On the other points some of it cannot be told from chance.")
    )


def restrictions_told(found: Discovery, box: Box) -> list[str]:
    """The restrictions of a box in words, an input each."""
    told = []
    for column in box.columns:
        factor = found.doubt.inquiry.factors[column]
        sides = {one.upper: plain(limit_of(found, one)) for one in box.restrictions if one.column == column}
        if len(sides) == 2:
            told.append(f"{factor.path} is from {sides[False]} to {sides[True]}")
        else:
            (upper, limit), *_ = sides.items()
            told.append(f"{factor.path} is {'at most' if upper else 'at least'} {limit}")
    return told


def percent(share: float) -> str:
    """A share in per cent."""
    return f"{number(100.0 * share)} %"


def closing(found: Discovery) -> Iterator[str]:
    """What can and cannot be said, in sentences."""
    inquiry = found.doubt.inquiry
    if not found.boxes:
        some = found.base_rate
        why = (
            "it meets its goal at every point" if some == 0.0 else "it fails its goal at every point" if some == 1.0
            else "no restriction of any input tells failures beyond chance, or there are too few of them"
        )  # fmt: skip
        yield f"No box: {why}."
    yield (
        "Shares are of worlds laid evenly over plausible ranges, each input independently of the others: they are not"
        " probabilities, and fitted coefficients leave the fit."
    )
    yield (
        f"At {percent(found.divided)} of the points some of the {inquiry.replicates} seeds fail and some do not: there"
        " it is luck as well, which no box can tell."
    )
    if inquiry.held:
        yield f"Held: {', '.join(f'{path} ({why})' for path, why in inquiry.held.items())}."


def _header(found: Discovery) -> Iterator[Text]:
    inquiry, case = found.doubt.inquiry, found.doubt.inquiry.variant
    yield Text(heading(found), style="bold")
    told = f" – {case.caseload.title}" if case.caseload.title else ""
    yield Text(
        f"Caseload {case.caseload.name}{told}: {case.caseload.households:,} households, {case.size:,} simulated,"
        f" {case.weeks:,} weeks."
    )
    for setting in inquiry.settings:
        yield Text(f"Set: {setting}", style="yellow")
    yield Text(
        f"{len(inquiry.factors):,} inputs vary over their plausible ranges, at {len(found.x):,} points (half find"
        f" boxes, half try them), each the mean of {inquiry.replicates:,} seeds. It fails at"
        f" {percent(found.base_rate)} of the points."
    )


def _restrictions(found: Discovery, box: Box) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", overflow="fold")
    for name in ("in the box", "plausible range", "reference", "quasi-p\nfound", "quasi-p\ntested"):
        table.add_column(name, justify="right", vertical="bottom")
    for one in box.restrictions:
        factor = found.doubt.inquiry.factors[one.column]
        own = found.doubt.inquiry.own[factor.path]
        table.add_row(
            factor.path, f"{'≤' if one.upper else '≥'} {plain(limit_of(found, one))}",
            f"{plain(factor.low)}–{plain(factor.high)}", plain(own) if own is not None else "–",
            _probability(one.p), Text(_probability(one.p_tested), "" if one.p_tested <= SIGNIFICANT else "red"),
        )  # fmt: skip
    return table


def _probability(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _way(box: Box) -> Table:
    """Some of the boxes on the way, the chosen one among them."""
    last = len(box.steps) - 1
    some = sorted({round(k * last / (STEPS - 1)) for k in range(STEPS)} | {box.chosen})
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", style="dim")
    table.add_column("peels")
    for name in ("inputs", "coverage", "density", "tested: coverage", "density"):
        table.add_column(name, justify="right")
    for k in some:
        step = box.steps[k]
        count = len({one.column for one in step.restrictions})
        table.add_row(str(k), str(count), *_fit(step.found), *_fit(step.tested))
        if k == box.chosen:
            table.add_row("→ the box", str(len(box.columns)), *_fit(box.found), *_fit(box.tested), style="bold")
    return table


def _fit(told: Fit) -> tuple[str, str]:
    return percent(told.coverage), percent(told.density)
