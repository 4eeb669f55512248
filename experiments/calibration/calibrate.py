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
#: From the start of the Section 9 project (December 2004) to the review (June 2007).
SECTION9_WEEKS = 130


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
    run = history("uk-2006-offer", "uk-refused-2005", behaviour, seed, weeks=104, size=size)
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
    errors = [np.log(max(float(np.mean(found[m.id])), 1e-6) / targets[m.id]) / m.sigma for m in used]
    return np.array(errors)


def fit(
    start: Behaviour,
    *,
    seeds: Sequence[int] = (1, 2, 3, 4),
    size: int = 8_000,
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
    """Target against model, one row a moment: means and 90 % intervals over seeds, and whether it is met.

    A target is met if the model's mean lies within its range.
    """
    found = simulated(behaviour, list(seeds), size)
    rows = []
    for m in moments():
        values = found[m.id]
        low, high = np.quantile(values, [0.05, 0.95])
        mean = float(values.mean())
        rows.append({
            "id": m.id, "meaning": m.meaning, "target": m.value, "low": m.low, "high": m.high, "model": mean,
            "model_low": float(low), "model_high": float(high), "fitted": m.weight > 0,
            "met": bool(m.low <= mean <= m.high),
        })  # fmt: skip
    return rows


def ensemble(point: Behaviour, members: int, seed: int = 0, size: int = 4_000) -> list[tuple[Behaviour, float]]:
    """Behaviours that meet the targets while everything unidentified varies over its range.

    A Latin hypercube over `VARIED`; for each member the targets are drawn within their ranges and the
    fitted coefficients are fitted anew.  Returns (behaviour, root mean square of its weighted errors).
    """
    from scipy.stats import norm, qmc

    known = declarations(Behaviour)
    used = [m for m in moments() if m.weight > 0]
    cube = qmc.LatinHypercube(len(VARIED) + len(used), rng=np.random.default_rng(seed)).random(members)
    result = []
    for k, u in enumerate(cube):
        changes = {}
        for name, share in zip(VARIED, u, strict=False):
            low, high = float(known[name].low or 0.0), float(known[name].high or 0.0)
            changes[name] = low + share * (high - low)
        drawn = norm.ppf(np.clip(u[len(VARIED) :], 0.05, 0.95))
        targets = {m.id: m.value * float(np.exp(m.sigma * z)) for m, z in zip(used, drawn, strict=True)}
        seeds = (1000 + 2 * k, 1001 + 2 * k)
        member = fit(point.with_values(changes), seeds=seeds, size=size, targets=targets, evaluations=6)
        errors = residuals(simulated(member, seeds, size, shown=False), targets)
        result.append((member, float(np.sqrt(np.mean(errors**2)))))
    return result


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


#: Members are kept up to this root mean square of weighted errors: on average inside the central nine tenths.
ACCEPTED = 1.645


def write_draws(members: Sequence[tuple[Behaviour, float]], folder: Path = EVIDENCE) -> None:
    """Write the accepted members of an ensemble, one a row, to ``behaviour_draws.csv`` in a folder."""
    names = (*FITTED, *VARIED)
    with (folder / "behaviour_draws.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(f"behaviour.{name}" for name in names)
        for member, error in members:
            if error > ACCEPTED:
                continue
            writer.writerow(f"{getattr(member, name):.6g}" for name in names)


def write_table(table: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write target against model as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        for row in table:
            writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})


def main(members: int = 48) -> None:
    """Fit, show the table, and write the three files (about twenty minutes on two cores)."""
    point = fit(Behaviour())
    table = fit_table(point)
    write_fit(point, table)
    write_table(table, EVIDENCE.parent.parent / "results" / "reference" / "fit.csv")
    for row in table:
        print(
            f"{row['id']:20s} target {row['target']:10.4g} [{row['low']:.4g}, {row['high']:.4g}]  "
            f"model {row['model']:10.4g} "
            f"[{row['model_low']:.4g}, {row['model_high']:.4g}]  {'fitted' if row['fitted'] else 'shown'}  "
            f"{'met' if row['met'] else 'MISSED'}"
        )
    write_draws(ensemble(point, members))


if __name__ == "__main__":
    main()
