"""How fast sweeps are, as ratios: against one run's own rate, against Mesa's batch_run, two cores against one.

Not part of the suite: ``pytest tests/benchmarks --benchmark-only``.  The ratios are printed in the column
``extra_info`` of ``--benchmark-json``, and with ``-s`` as lines.  Nothing here is asserted: a shared machine
is no clock.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import abm
from experiments.running.threads import cores
from experiments.sweep import sweep

pytest.importorskip("pytest_benchmark")

HOUSEHOLDS, WEEKS, RUNS = 1_000, 260, 200
DESIGN: dict[str, Any] = {
    "variants": ["uk-pilot-2026"], "caseload": "uk-families-2026", "set": {"offer.household_cap": "none"},
    "weeks": WEEKS, "households": HOUSEHOLDS,
}  # fmt: skip
#: Few points with many replicates, and a new point every run: the two ends of what a design can be.
REPLICATES = {**DESIGN, "factors": {"behaviour.money": "plausible"}, "sampling": {"levels": 4}, "replicates": RUNS // 4}
POINTS = {
    **DESIGN, "factors": {"behaviour.money": "plausible"}, "sampling": {"method": "latin-hypercube", "points": RUNS},
    "replicates": 1,
}  # fmt: skip


def kernel_rate(design: dict[str, Any]) -> float:
    """Runs a second of one thread that does nothing but run, over the design's own points and seeds."""
    from experiments.question.study import lay_out

    study = lay_out(design)
    prepared = [study.case(cell).prepared() for cell in range(study.cells)]
    prepared[0].measures(0)
    begun = time.perf_counter()
    for seed in range(study.design.replicates):
        for point in prepared:
            point.measures(seed)
    return study.runs / (time.perf_counter() - begun)


def rate(design: dict[str, Any], tmp_path: Path, **options: Any) -> float:
    """Runs a second of a whole sweep, tables and all."""
    out = tmp_path / f"out-{time.monotonic_ns()}"
    begun = time.perf_counter()
    outcome = sweep(design, out=out, **options)
    return outcome.new / (time.perf_counter() - begun)


@pytest.fixture
def told(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Keep ratios with the benchmark, and print them."""

    def tell(**ratios: float) -> None:
        benchmark.extra_info.update(ratios)
        with capsys.disabled():
            print("\n  " + ", ".join(f"{name} {value:,.2f}" for name, value in ratios.items()))

    return tell


@pytest.mark.parametrize("design", [REPLICATES, POINTS], ids=["replicates", "points"])
def test_sweep_against_the_kernel(
    benchmark: Any, told: Callable[..., None], tmp_path: Path, design: dict[str, Any]
) -> None:
    alone = kernel_rate(design)
    rates: list[float] = []
    benchmark.pedantic(lambda: rates.append(rate(design, tmp_path)), rounds=3)
    told(
        kernel_runs_a_second=alone,
        sweep_runs_a_second=max(rates),
        share_of_cores_x_kernel=max(rates) / (cores() * alone),
    )


def test_two_cores_against_one(benchmark: Any, told: Callable[..., None], tmp_path: Path) -> None:
    if cores() < 2:
        pytest.skip("one core")
    one = max(rate(REPLICATES, tmp_path, workers=1) for _ in range(3))
    rates: list[float] = []
    benchmark.pedantic(lambda: rates.append(rate(REPLICATES, tmp_path, workers=2)), rounds=3)
    told(two_against_one=max(rates) / one)


def test_sweep_against_mesas_batch_run(benchmark: Any, told: Callable[..., None], tmp_path: Path) -> None:
    import mesa

    # Shorter runs: object by object, 260 weeks would take minutes.
    weeks, seeds = 26, list(range(4 * cores()))
    apart = "rng" in inspect.signature(mesa.batch_run).parameters
    fixed: dict[str, Any] = {
        "policy": "uk-pilot-2026", "caseload": "uk-families-2026", "households": HOUSEHOLDS, "weeks": weeks,
        "driver": "agents",
    }  # fmt: skip
    begun = time.perf_counter()
    rows = mesa.batch_run(
        abm.ReturnModel,
        parameters=fixed if apart else {**fixed, "rng": seeds},
        **({"rng": seeds} if apart else {}),
        number_processes=cores(),
        max_steps=weeks,
        display_progress=False,
        data_collection_period=-1,
    )
    objects = len(rows) / (time.perf_counter() - begun)
    short = {**REPLICATES, "weeks": weeks}
    rates: list[float] = []
    benchmark.pedantic(lambda: rates.append(rate(short, tmp_path)), rounds=3)
    told(batch_run_runs_a_second=objects, sweep_runs_a_second=max(rates), sweep_against_batch_run=max(rates) / objects)


def test_resuming_ten_thousand_finished_runs(benchmark: Any, told: Callable[..., None], tmp_path: Path) -> None:
    design = {**DESIGN, "factors": {
        "offer.amount_per_person": {"low": 0, "high": 20000}, "behaviour.money": "plausible",
        "behaviour.safety": "plausible",
    }, "sampling": {"method": "saltelli", "points": 1024}, "replicates": 2, "weeks": 2, "households": 5}  # fmt: skip
    sweep(design, out=tmp_path / "out")
    outcome = benchmark.pedantic(lambda: sweep(design, out=tmp_path / "out"), rounds=5)
    told(runs=outcome.done, new=outcome.new, seconds=benchmark.stats.stats.mean)
