"""An analysis as rows of plain values: what its files, ``--json`` and reports read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.sensitivity.analysis import Sensitivity
from experiments.statistics.intervals import Spread, spread

Row = dict[str, Any]


def screening_rows(found: Sensitivity) -> list[Row]:
    """A row an input that varied: effects over its whole range, in the unit of the measure, the largest first."""
    inquiry, effects = found.inquiry, found.screening
    kept = {factor.path for factor in found.kept}
    rows = [
        {
            **_input(found, factor.path, factor.low, factor.high), "mark": inquiry.marks.get(factor.path, ""),
            "mu_star": float(effects.mu_star[k]), "mu_star_half": float(effects.mu_star_half[k]),
            "mu": float(effects.mu[k]), "sigma": float(effects.sigma[k]),
            "decomposed": factor.path in kept, "meaning": factor.declared.meaning,
        }
        for k, factor in enumerate(inquiry.factors)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["mu_star"])


def share_rows(found: Sensitivity) -> list[Row]:
    """A row an input that was decomposed, the largest total index first; halves are of 90 % intervals.

    ``above_noise``: whether the interval of the total index lies above the share that is only seeds, which every total
    index may hold.
    """
    shares = found.shares
    rows = [
        {
            **_input(found, factor.path, factor.low, factor.high), "mark": found.inquiry.marks.get(factor.path, ""),
            "first": float(shares.first[k]), "first_half": float(shares.first_half[k]),
            "total": float(shares.total[k]), "total_half": float(shares.total_half[k]),
            "above_noise": bool(shares.total[k] - shares.total_half[k] > shares.noise),
        }
        for k, factor in enumerate(found.kept)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["total"])


def tornado_rows(found: Sensitivity) -> list[Row]:
    """A row an input: the measure at both ends with the 90 % interval of its mean, the widest bar first."""
    return [
        {
            **_input(found, bar.path, bar.low, bar.high),
            **_at("at_low", bar.at_low), **_at("at_high", bar.at_high), "swing": bar.swing, "differ": bar.differ,
        }
        for bar in found.bars
    ]  # fmt: skip


def turn_rows(found: Sensitivity) -> list[Row]:
    """A row a turn of the sign: at which value of the input, and between which the interval holds zero."""
    return [
        {
            "input": turn.path, "unit": found.inquiry.declared(turn.path).unit, "own": found.inquiry.own[turn.path],
            "value": turn.value, "from_value": turn.from_value, "to_value": turn.to_value, "rises": turn.rises,
            "outside_noise": turn.outside_noise,
        }
        for turn in found.turns
    ]  # fmt: skip


#: The tables of an analysis by name.
TABLES: dict[str, Callable[[Sensitivity], list[Row]]] = {
    "screening": screening_rows, "shares": share_rows, "tornado": tornado_rows, "turns": turn_rows,
}  # fmt: skip


def whole(found: Sensitivity) -> dict[str, Any]:
    """The analysis as one document."""
    inquiry, shares = found.inquiry, found.shares
    return {
        "variant": inquiry.labels[-1],
        "baseline": inquiry.labels[0] if inquiry.paired else None,
        "caseload": inquiry.variant.caseload.name,
        "measure": inquiry.measure.id,
        "unit": inquiry.measure.unit,
        "weeks": inquiry.variant.weeks,
        "households": inquiry.variant.size,
        "seed": inquiry.seed,
        "replicates": inquiry.replicates,
        "tornado_replicates": inquiry.at_ends,
        "trajectories": inquiry.trajectories,
        "base_points": inquiry.points,
        "screening_points": found.screening.points,
        "decomposition_points": shares.points,
        "runs": found.runs,
        "reference": {**_at("mean", spread(found.centre)), "seeds_variance": found.seeds_variance},
        "variance": {
            "mean": shares.mean, "variance": shares.variance, "only_seeds": shares.noise,
            "seeds_at_reference": found.seeds_variance / inquiry.replicates / shares.variance,
            "interactions": shares.interactions,
        },
        **{name: rows(found) for name, rows in TABLES.items()},
        "without_effect": list(found.idle),
        "held": dict(inquiry.held),
        "without_range": list(inquiry.without_range),
    }  # fmt: skip


def _input(found: Sensitivity, path: str, low: float, high: float) -> Row:
    declared = found.inquiry.declared(path)
    return {"input": path, "unit": declared.unit, "low": low, "own": found.inquiry.own[path], "high": high}


def _at(name: str, at: Spread) -> Row:
    return {name: at.mean, f"{name}_low": at.mean_low, f"{name}_high": at.mean_high}
