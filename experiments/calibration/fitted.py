"""What a fit found: what is known better than before, what is not, how each row was met, and whether to believe it.

Simulation-based calibration is done around the record (posterior SBC): draws of the posterior say what might have been
recorded instead; fitted to both, the record and the invented one, the true draw must lie anywhere among the new
posterior's draws with equal chance.

References
----------
S. Talts et al., "Validating Bayesian inference algorithms with simulation-based calibration" (arXiv:1804.06788).
T. Säilynoja, M. Schmitt, P. Bürkner, A. Vehtari, "Posterior SBC" (arXiv:2502.03279).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from experiments.calibration.fit import LOOSE, Fit, log_likelihoods, sampled
from experiments.statistics.intervals import PERCENTILES

Array = NDArray[np.float64]

#: A number is called identified, or weakly so, if its spread fell by at least this share.
IDENTIFIED, WEAKLY = 0.30, 0.10
#: Invented records, and draws of each walker that they are fitted with: few draws fit two records at once, and with
#: fewer than some hundreds the ranks lie at the ends whatever the fit is.
REPETITIONS, A_WALKER = 200, 1_500
#: Two numbers whose draws correlate by more than this are told together.
TOGETHER = 0.4
#: Numbers whose ranks are checked.
RANKED = (
    "behaviour.assisted", "behaviour.unassisted", "behaviour.irregular", "behaviour.money", "behaviour.consider",
    "behaviour.taste_return", "behaviour.alert_offer", "behaviour.lost_support_irregular", "behaviour.host_ties",
    "discrepancy.year", "discrepancy.persistence",
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """A fit in tables, each a list of rows.

    Attributes
    ----------
    rows
        Each row used: recorded, median, p05, p95, met, noise, emulated.
    parameters
        Each free number: prior and posterior, and what the record has to say on it.
    correlations
        Pairs whose draws go together.
    ranks
        Simulation-based calibration: for each number, chance of ranks so uneven if all is well (also adjusted for how
        many numbers are looked at: Benjamini and Hochberg, 1995), and how many draws the ranks rest on (median of the
        effective sizes).
    """

    rows: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    correlations: list[dict[str, Any]]
    ranks: list[dict[str, Any]]
    effective: float
    draws: int
    last: int
    moved: float

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return {"rows": self.rows, "parameters": self.parameters, "correlations": self.correlations,
                "ranks": self.ranks, "effective": self.effective, "draws": self.draws}  # fmt: skip

    @property
    def lines(self) -> list[str]:
        """What a reader must know, in sentences."""
        met = sum(row["met"] for row in self.rows)
        known = [row["name"] for row in self.parameters if row["says"] == "identified"]
        weak = [row["name"] for row in self.parameters if row["says"] == "weakly identified"]
        rest = [row["name"] for row in self.parameters if row["says"] == "not identified"]
        uneven = [row["name"] for row in self.ranks if row["adjusted"] < 0.05]
        told = [
            f"{met} of {len(self.rows)} rows lie in their 90 % predictive interval.",
            f"Identified (spread down by {IDENTIFIED:.0%} or more): {_listed(known)}.",
            f"Weakly identified: {_listed(weak)}.",
            f"Not identified (posterior = prior): {_listed(rest)}.",
        ]
        if self.correlations:
            pairs = [f"{row['one']} and {row['other']} ({row['correlation']:+.2f})" for row in self.correlations[:6]]
            told.append(f"Known together rather than apart: {_listed(pairs)}.")
        told.append(
            f"{self.draws} draws of equal weight. The last wave of runs moved the means of the posterior by"
            f" {self.moved:.2f} of a spread (root mean square); its {self.last} points, drawn before it, have an"
            f" effective size of {self.effective:.0f} under the emulator that has seen them."
        )
        told.append(
            f"Ranks of {REPETITIONS} invented records are even for {len(self.ranks) - len(uneven)} of {len(self.ranks)}"
            " numbers (p ≥ 0.05, adjusted for their number)" + (f"; uneven: {_listed(uneven)}." if uneven else ".")
        )
        return told


def _listed(words: Sequence[str]) -> str:
    return ", ".join(word.removeprefix("behaviour.") for word in words) or "none"


def summary(found: Fit) -> Summary:
    """Sum up a fit."""
    return Summary(
        rows=_rows(found), parameters=_parameters(found), correlations=_correlations(found), ranks=_ranks(found),
        effective=found.effective, draws=len(found.z), last=len(found.weights), moved=found.moved,
    )  # fmt: skip


def predicted(found: Fit, moments: Array, z: Array, seed: int = 3) -> Array:
    """What might have been recorded at some points, as figures, (points, rows)."""
    rng = np.random.default_rng(seed)
    aims = found.plan.targets
    off = _shocks(found, z, rng)
    off += np.sqrt(aims.variance) * rng.standard_normal(off.shape)
    return np.asarray(np.exp(moments + off) - aims.least)


def _shocks(found: Fit, z: Array, rng: np.random.Generator) -> Array:
    """Shocks on the log, one of each row at each point, (points, rows)."""
    pairs = zip(*found.plan.discrepancy(z), strict=True)
    return np.concatenate([found.shocks.draw(rng, float(year), float(lasting), 1) for year, lasting in pairs])


def _rows(found: Fit) -> list[dict[str, Any]]:
    aims = found.plan.targets
    told = np.concatenate([predicted(found, found.check_moments, found.check, seed) for seed in range(3, 13)])
    ends: Array = np.asarray(np.percentile(told, [PERCENTILES[0], 50.0, PERCENTILES[1]], axis=0))
    p05, median, p95 = ends[0], ends[1], ends[2]
    made = []
    for k, (history, row) in enumerate(aims.rows):
        value = float(row.value or 0.0)
        made.append({
            "id": row.id, "history": history.name, "quantity": row.quantity, "recorded": value,
            "median": float(median[k]), "p05": float(max(p05[k], 0.0)), "p95": float(p95[k]),
            "met": bool(p05[k] <= value <= p95[k]), "noise": float(np.sqrt(found.noise[k])),
            "emulated": float(found.emulator.explained[k]),
        })  # fmt: skip
    return made


def _parameters(found: Fit) -> list[dict[str, Any]]:
    from scipy.stats import truncnorm

    made = []
    for k, prior in enumerate(found.plan.priors):
        z = found.chain[:, k]
        low, high = prior.bounds
        before = float(truncnorm.std(low, high))
        p05, median, p95 = np.percentile(prior.value(found.z[:, k]), [PERCENTILES[0], 50.0, PERCENTILES[1]])
        fell = 1.0 - float(z.std()) / before
        says = "identified" if fell >= IDENTIFIED else "weakly identified" if fell >= WEAKLY else "not identified"
        made.append({
            "name": prior.name, "unit": prior.unit, "meaning": prior.meaning, "prior_low": prior.low,
            "prior_median": float(prior.value(0.0)), "prior_high": prior.high, "p05": float(p05),
            "median": float(median), "p95": float(p95), "spread_down": fell,
            "moved": float((z.mean() - truncnorm.mean(low, high)) / before), "says": says,
        })  # fmt: skip
    return made


def _correlations(found: Fit) -> list[dict[str, Any]]:
    names = [prior.name for prior in found.plan.priors]
    table: Array = np.asarray(np.corrcoef(found.chain, rowvar=False))
    first, second = np.triu_indices(len(names), k=1)
    made = [{"one": names[i], "other": names[j], "correlation": float(table[i, j])}
            for i, j in zip(first, second, strict=True) if abs(table[i, j]) >= TOGETHER]  # fmt: skip
    return sorted(made, key=lambda row: -abs(row["correlation"]))


def _ranks(found: Fit, repetitions: int = REPETITIONS, seed: int = 11) -> list[dict[str, Any]]:
    """Ranks of the draws behind invented records among the draws of the posterior given both records."""
    from scipy.stats import false_discovery_control, kstest

    made = found.plan
    rng = np.random.default_rng([made.seed, seed])
    chain = sampled(made, found.emulator, found.shocks, len(made.waves), A_WALKER)
    columns = {prior.name: k for k, prior in enumerate(made.priors) if prior.name in RANKED}
    ranks: dict[str, list[float]] = {name: [] for name in columns}
    guessed = found.emulator.predict(chain[:, :-LOOSE])
    chosen = rng.permutation(len(found.check))[:repetitions]
    off = _shocks(found, found.check[chosen], rng)
    invented = found.check_moments[chosen] + off + np.sqrt(made.targets.variance) * rng.standard_normal(off.shape)
    every = log_likelihoods(made, found.shocks, guessed, chain, found.emulator.error, invented)
    effective = []
    for k, raw in zip(chosen, every, strict=True):
        weight = np.exp(raw - raw.max())
        weight /= weight.sum()
        effective.append(1.0 / np.square(weight).sum())
        for name, column in columns.items():
            below = float(weight[chain[:, column] < found.check[k, column]].sum())
            ranks[name].append(below)
    chances = np.array([kstest(held, "uniform").pvalue for held in ranks.values()])
    adjusted = false_discovery_control(chances) if len(chances) else chances
    return [{"name": name, "repetitions": len(held), "mean": float(np.mean(held)), "p": float(p),
             "adjusted": float(q), "effective": float(np.median(effective))}
            for (name, held), p, q in zip(ranks.items(), chances, adjusted, strict=True)]  # fmt: skip


# ---- files ------------------------------------------------------------------------------------------


def write(found: Fit, told: Summary, out: Path) -> None:
    """Write the tables of a fit into its folder, each whole or not at all."""
    import pandas as pd

    from experiments.storing.store import Folder

    with Folder(out, {"fit": found.plan.fingerprint}, found.plan.fingerprint) as folder:
        tables = {
            "posterior.csv": pd.DataFrame({name: rounded(values) for name, values in found.columns().items()}),
            "fit.csv": pd.DataFrame(told.rows), "parameters.csv": pd.DataFrame(told.parameters),
            "correlations.csv": pd.DataFrame(told.correlations), "ranks.csv": pd.DataFrame(told.ranks),
        }  # fmt: skip
        for name, table in tables.items():
            numbers = table.select_dtypes("number").columns
            if name != "posterior.csv":
                table[numbers] = table[numbers].map(lambda value: float(f"{value:.5g}"))
            text = table.to_csv(index=False, lineterminator="\n")
            folder.write(name, lambda file, text=text: file.write(text.encode()))  # type: ignore[misc]
        folder.write("reference.toml", lambda file: file.write(reference_text(found).encode()))
        folder.write("prior-predictive.png", lambda file: picture(found, told).savefig(file, format="png", dpi=150))


def rounded(values: Array) -> list[float]:
    """Six digits that matter."""
    return [float(f"{value:.6g}") for value in values]


def reference_text(found: Fit) -> str:
    """The middle of the posterior as a behaviour file, each coefficient with its range and what is known of it.

    The middle is the mean of each coordinate.  No draw would do: in so many dimensions each lies far out in some.
    """
    middle = found.chain.mean(axis=0)
    lines = ["# Written by `returns fit`: the middle of the posterior, abm/evidence/posterior.csv.", ""]
    for k, row in enumerate(_parameters(found)):
        if not row["name"].startswith("behaviour."):
            continue
        value = float(f"{float(found.plan.priors[k].value(middle[k])):.6g}")
        low, high = (float(f"{row[end]:.4g}") for end in ("p05", "p95"))
        name = row["name"].removeprefix("behaviour.")
        declared = declarations(Behaviour)[name]
        mark, source = declared.mark, f"{declared.source}; " if declared.source else ""
        if row["says"] != "not identified":
            mark, source = "fitted", ""
        lines.append(
            f"{name} = {{ value = {value!r}, low = {min(low, value)!r}, high = {max(high, value)!r},"
            f' mark = "{mark}", source = "{source}abm/evidence/VALIDATION.md: {row["says"]}" }}'
        )
    return "\n".join(lines) + "\n"


def picture(found: Fit, told: Summary) -> Any:
    """Prior and posterior predictions of each row beside what was recorded: one panel, ratios to the record."""
    from matplotlib.figure import Figure

    aims = found.plan.targets
    rng = np.random.default_rng(5)
    before = predicted(found, found.prior_moments, rng.standard_normal((len(found.prior_moments), LOOSE)))
    after = predicted(found, found.check_moments, found.check)
    recorded = np.array(
        [max(float(row.value or 0.0), least) for (_, row), least in zip(aims.rows, aims.least, strict=True)]
    )
    figure = Figure(figsize=(9.0, 0.27 * len(recorded) + 1.4), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(recorded))[::-1]
    for table, colour, width, name in ((before, "#b8c4d6", 7.0, "before the fit"), (after, "#1f5a96", 3.0, "after it")):
        low, mid, high = np.percentile(np.maximum(table, 1e-9) / recorded, [PERCENTILES[0], 50, PERCENTILES[1]], axis=0)
        axes.hlines(places, np.maximum(low, 1e-3), high, color=colour, linewidth=width, label=f"{name}: 90 %")
        axes.plot(mid, places, "o", color="white", markeredgecolor=colour, markersize=4)
    axes.axvline(1.0, color="#b5482a", linewidth=1.2, label="recorded")
    axes.set_xscale("log")
    axes.set_xlim(0.02, 50.0)
    axes.set_xticks([0.1, 0.5, 1, 2, 10], ["1/10", "1/2", "1", "2", "10 times"])
    axes.minorticks_off()
    axes.set_yticks(places, aims.ids, fontsize=7)
    axes.set_ylim(-1, len(recorded))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("What the model predicts of each row before and after the fit, over what was recorded", loc="left",
                   fontsize=10)  # fmt: skip
    figure.legend(loc="outside lower right", ncols=3, frameon=False, fontsize=8)
    return figure
