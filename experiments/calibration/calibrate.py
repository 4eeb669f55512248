"""Fitting the household's decision to the calibration targets, and saying how well it fits.

The targets are the rows of ``abm/evidence/targets.csv`` whose use is ``calibrate`` and that the decision
can move; rows kept for validation are never read here.  Coefficients that no target identifies stay at
their assumed values in the point fit, and vary over their declared ranges in the ensemble.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from abm.evidence.figures import EVIDENCE
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from abm.model import Run
from experiments.calibration.targets import moments
from experiments.question.case import load_case
from experiments.running.threads import each
from experiments.statistics.intervals import PERCENTILES

#: Coefficients that the targets identify.
FITTED = ("assisted", "unassisted", "money", "lost_support_irregular")

#: Coefficients without a target: whatever has a plausible range and is not fitted.  They vary over it in the ensemble.
VARIED = tuple(
    name
    for name, declared in declarations(Behaviour).items()
    if name not in FITTED and declared.low is not None and declared.high is not None
)

#: Mean follow-up of the cohort of 2010–2020 to mid-2024, in weeks (8.5 years; assumed, as in `uk-2010`).
COHORT_WEEKS = 443
#: From the start of the Section 9 project (December 2004) to the count that its review gives (January 2006).
SECTION9_WEEKS = 60
#: Households of the history of 2005–06 for each of the others': its ratio of two yearly counts is the noisiest moment.
LARGER = 8


#: Households simulated in each history, in a fit and for a member of the ensemble; and the member's steps.
SIZE, MEMBER_SIZE, STEPS = 8_000, 5_000, 4


def history(
    policy: str,
    caseload: str,
    behaviour: Behaviour,
    seed: int,
    *,
    weeks: int,
    size: int | None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """A run of the past: a policy that was in force, on the people of its time.

    Parameters
    ----------
    size
        Households simulated; None: all, up to the caseload's own sample.
    settings
        Value by path of what was different.
    """
    case = load_case(policy, caseload, (behaviour,), weeks=weeks, households=size, settings=settings)
    return case.prepared().run(seed)


def _history_of_2005(behaviour: Behaviour, seed: int, size: int) -> dict[str, float]:
    size *= LARGER
    run = history("uk-2002-2015", "uk-refused-2005", behaviour, seed, weeks=104, size=size)
    assisted = run.series["assisted_persons"].to_numpy() * run.prepared.weight
    early = {"standing.amount_per_person": 500.0}
    before = history("uk-2005", "uk-refused-2005", behaviour, seed, weeks=52, size=size, settings=early)
    yearly = before.series["assisted_persons"].sum() * before.prepared.weight
    return {
        "UK_AVR_HAZARD_2004": float(yearly) / before.prepared.caseload.households,
        "UK_AVR_2006/2005": float(assisted[52:104].sum()) / max(1.0, float(assisted[:52].sum())),
        "UK_AVR_2005": float(assisted[:52].sum()),
        "UK_AVR_2006": float(assisted[52:104].sum()),
    }


def _cohort(behaviour: Behaviour, seed: int, size: int) -> dict[str, float]:
    measures = history("uk-2010", "uk-cohort-2010", behaviour, seed, weeks=COHORT_WEEKS, size=size).measures
    return {
        "UK_COHORT_ASSISTED": measures["assisted_share"],
        "UK_COHORT_VOLUNTARY": measures["assisted_share"] + measures["unassisted_share"],
        "UK_COHORT_ENFORCED": measures["removed_share"],
    }


def _section9(behaviour: Behaviour, seed: int, size: int) -> dict[str, float]:
    measures = history("section9", "section9-2005", behaviour, seed, weeks=SECTION9_WEEKS, size=size).measures
    left = measures["assisted_share"] + measures["unassisted_share"] + measures["removed_share"]
    return {"S9_ABSCOND": measures["absconded_share"], "S9_REMOVED": left}


def _flows_of_2023(behaviour: Behaviour, seed: int, size: int) -> dict[str, float]:
    run = history("uk-2025", "uk-refused-2025", behaviour, seed, weeks=52, size=size)
    total = run.series.sum() * run.prepared.weight
    return {
        "UK_VOL_FLOW_2023": float(total["assisted_persons"] + total["unassisted_persons"]),
        "UK_ENF_FLOW_2023": float(total["removed_persons"]),
        "UK_ENF_CHILDREN": float(total["removed_children"]),
    }


_HISTORIES = (_history_of_2005, _cohort, _section9, _flows_of_2023)


def simulated(behaviour: Behaviour, seeds: Sequence[int], size: int, *, shown: bool = True) -> dict[str, np.ndarray]:
    """Moments of the model: one value a seed.

    Counts of two years are pooled over the seeds before their ratio is taken: a mean of ratios is biased.

    Parameters
    ----------
    size
        Households simulated in each history.
    shown
        Also those that the fit does not use.
    """
    histories = _HISTORIES if shown else _HISTORIES[:3]
    jobs = [(past, seed) for past in histories for seed in seeds]
    found: dict[str, list[float]] = {}
    for part in each(jobs, lambda job: job[0](behaviour, job[1], size)):
        for name, value in part.items():
            found.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in found.items()}


def residuals(found: Mapping[str, np.ndarray], targets: Mapping[str, float]) -> np.ndarray:
    """Weighted log errors of the moments that the fit uses."""
    used = [m for m in moments() if m.weight > 0]
    errors = [np.log(max(pooled(found, m.id), 1e-6) / targets[m.id]) / m.sigma for m in used]
    return np.array(errors)


def pooled(found: Mapping[str, np.ndarray], moment: str) -> float:
    """A moment over all seeds; a ratio of two counts is that of their sums."""
    if moment == "UK_AVR_2006/2005":
        return float(found["UK_AVR_2006"].sum() / max(1.0, found["UK_AVR_2005"].sum()))
    return float(np.mean(found[moment]))


def fit(
    start: Behaviour,
    *,
    seeds: Sequence[int] = (1, 2, 3, 4),
    size: int = SIZE,
    targets: Mapping[str, float] | None = None,
    evaluations: int = 8,
) -> Behaviour:
    """Least squares on the log errors over the fitted coefficients (`scipy.optimize.least_squares`).

    Common random numbers make the moments a smooth enough function of the coefficients for finite
    differences of a tenth of a unit.
    """
    from scipy.optimize import least_squares

    wanted = targets or {m.id: m.value for m in moments()}
    known = declarations(Behaviour)

    def errors(point: np.ndarray) -> np.ndarray:
        tried = start.with_values(dict(zip(FITTED, point.tolist(), strict=True)))
        return residuals(simulated(tried, seeds, size, shown=False), wanted)

    bounds = ([known[n].ge for n in FITTED], [known[n].le for n in FITTED])
    scale = np.array([0.1, 0.1, 0.05, 0.1])
    first = np.array([getattr(start, name) for name in FITTED])
    found = least_squares(
        errors, first, bounds=bounds, x_scale=scale, diff_step=scale / np.maximum(np.abs(first), 0.1),
        max_nfev=evaluations, xtol=1e-3, ftol=1e-3,
    )  # fmt: skip
    return start.with_values(dict(zip(FITTED, np.round(found.x, 4).tolist(), strict=True)))


def fit_table(behaviour: Behaviour, seeds: Sequence[int] = range(100, 120), size: int = 20_000) -> list[dict[str, Any]]:
    """Target against model, one row a moment: mean and percentiles of the runs, and whether it is met.

    A target is met if the model's mean lies within its range.
    """
    found = simulated(behaviour, list(seeds), size)
    rows = []
    for m in moments():
        values = found[m.id]
        p05, p95 = np.percentile(values, PERCENTILES)
        mean = float(values.mean())
        rows.append({
            "id": m.id, "meaning": m.meaning, "target": m.value, "evidence_low": m.low, "evidence_high": m.high,
            "model": mean, "run_p05": float(p05), "run_p95": float(p95), "fitted": m.weight > 0,
            "met": bool(m.low <= mean <= m.high),
        })  # fmt: skip
    return rows


def ensemble(
    point: Behaviour, members: int, seed: int = 0, size: int = MEMBER_SIZE
) -> list[tuple[Behaviour, dict[str, np.ndarray]]]:
    """Behaviours that aim at the targets while everything unidentified varies over its range.

    A Latin hypercube over `VARIED`; for each member the targets are drawn within their ranges and the fitted
    coefficients are fitted anew: Gauss–Newton steps with the Jacobian of the point fit, which is much the same for
    all.  Returns (behaviour, its moments on seeds that the fit has not seen).
    """
    from scipy.stats import norm, qmc

    known = declarations(Behaviour)
    used = [m for m in moments() if m.weight > 0]
    cube = qmc.LatinHypercube(len(VARIED) + len(used), rng=np.random.default_rng(seed)).random(members)
    step = np.linalg.pinv(jacobian(point, size))
    result = []
    for k, u in enumerate(cube):
        changes = {}
        for name, share in zip(VARIED, u, strict=False):
            low, high = float(known[name].low or 0.0), float(known[name].high or 0.0)
            changes[name] = low + share * (high - low)
        drawn = norm.ppf(np.clip(u[len(VARIED) :], 0.05, 0.95))
        targets = {m.id: m.value * float(np.exp(m.sigma * z)) for m, z in zip(used, drawn, strict=True)}
        member, fresh = point.with_values(changes), 10_000 + 10 * k
        best, least = member, np.inf
        for again in range(STEPS):
            errors = residuals(
                simulated(member, (fresh + 2 * again, fresh + 2 * again + 1), size, shown=False), targets
            )
            if float(errors @ errors) < least:
                best, least = member, float(errors @ errors)
            member = moved(member, -step @ errors)
        result.append((best, simulated(best, (fresh + 8, fresh + 9), size, shown=False)))
    return result


def moved(behaviour: Behaviour, by: np.ndarray) -> Behaviour:
    """Fitted coefficients moved, at most by one each, within their bounds."""
    known = declarations(Behaviour)
    changes = {}
    for name, amount in zip(FITTED, by.tolist(), strict=True):
        value = getattr(behaviour, name) + max(-1.0, min(1.0, amount))
        least, most = known[name].ge, known[name].le
        changes[name] = float(np.clip(value, -np.inf if least is None else least, np.inf if most is None else most))
    return behaviour.with_values(changes)


def jacobian(point: Behaviour, size: int, seeds: Sequence[int] = (1, 2, 3, 4)) -> np.ndarray:
    """Change of each weighted log error for a unit of each fitted coefficient, (moments, coefficients)."""
    targets = {m.id: m.value for m in moments()}
    columns = []
    for k in range(len(FITTED)):
        by = np.zeros(len(FITTED))
        by[k] = 0.2
        up, down = (
            residuals(simulated(moved(point, sign * by), seeds, size, shown=False), targets) for sign in (1.0, -1.0)
        )
        columns.append((up - down) / 0.4)
    return np.stack(columns, axis=1)


def meets_every_target(found: Mapping[str, np.ndarray]) -> bool:
    """Whether each moment that the fit uses lies within its own range."""
    return all(m.low <= pooled(found, m.id) <= m.high for m in moments() if m.weight > 0)


def write_fit(point: Behaviour, table: Sequence[Mapping[str, Any]], folder: Path = EVIDENCE) -> None:
    """Write the fitted coefficients, with what they were fitted to, to ``behaviour.toml`` in a folder."""
    used = ", ".join(str(row["id"]) for row in table if row["fitted"])
    lines = [
        "# Written by `python -m experiments.calibration.calibrate`; every other coefficient has its declared value.",
        "",
    ]
    for name in FITTED:
        declared = declarations(Behaviour)[name]
        lines.append(
            f"{name} = {{ value = {getattr(point, name)!r}, low = {declared.low}, high = {declared.high}, "
            f'mark = "fitted", source = "least squares on the log errors of {used}" }}'
        )
    (folder / "behaviour.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_draws(members: Sequence[tuple[Behaviour, Mapping[str, np.ndarray]]], folder: Path = EVIDENCE) -> int:
    """Write the members that meet every target, one a row, to ``behaviour_draws.csv`` in a folder; returns how many."""
    names = (*FITTED, *VARIED)
    kept = [member for member, found in members if meets_every_target(found)]
    with (folder / "behaviour_draws.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(f"behaviour.{name}" for name in names)
        for member in kept:
            writer.writerow(f"{getattr(member, name):.6g}" for name in names)
    return len(kept)


def write_table(table: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write target against model as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        for row in table:
            writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})


def main(members: int = 72) -> None:
    """Fit, show the table, and write the three files (about twenty minutes on two cores)."""
    point = fit(Behaviour())
    table = fit_table(point)
    write_fit(point, table)
    write_table(table, EVIDENCE.parent.parent / "results" / "reference" / "fit.csv")
    for row in table:
        print(
            f"{row['id']:20s} target {row['target']:10.4g} [{row['evidence_low']:.4g}, {row['evidence_high']:.4g}]  "
            f"model {row['model']:10.4g} "
            f"[{row['run_p05']:.4g}, {row['run_p95']:.4g}]  {'fitted' if row['fitted'] else 'shown'}  "
            f"{'met' if row['met'] else 'MISSED'}"
        )
    kept = write_draws(ensemble(point, members))
    print(f"{kept} of {members} members of the ensemble meet every target on seeds that their fit has not seen")


if __name__ == "__main__":
    main()
