"""How fast a run is, as ratios (times depend on the machine, ratios hardly).

``pytest tests/benchmarks/test_kernel_speed.py -s`` prints them; add ``-m "not slow"`` to leave out the million
households.  Nothing here fails because a machine is slow, but the ratios that are promised are asserted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from abm import Prepared, ReturnModel, prepare
from abm.measures import measured
from abm.week.compiled import tallied

POLICY, CASELOAD = "uk-pilot-2026", "uk-refused-2025"
WEEKS = 260


def quickest(action: Callable[[], Any], times: int = 5) -> float:
    """Seconds of the quickest of a few."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


def household_weeks(prepared: Prepared) -> int:
    return prepared.begin(1).s.shape[1] * prepared.weeks


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    prepare(POLICY, CASELOAD, weeks=2, households=10).run(0)


@pytest.fixture
def rate_of_agents() -> float:
    """Household-weeks a second when Mesa's AgentSet calls every household."""
    weeks, households = 8, 1_000
    model = ReturnModel(POLICY, CASELOAD, households=households, weeks=weeks + 2, rng=1, driver="agents")
    model.step()  # agents are made
    start = time.perf_counter()
    for _ in range(weeks):
        model.step()
    return len(model.agents) * weeks / (time.perf_counter() - start)


@pytest.mark.parametrize("households", [1_000, 10_000, 100_000])
def test_compiled_week_against_mesa_agents(benchmark: Any, households: int, rate_of_agents: float) -> None:
    """At least 200 times the household-weeks a second of the same rules through AgentSet.do, on one core."""
    prepared = prepare(POLICY, CASELOAD, weeks=WEEKS, households=households)

    def fresh() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (1, prepared.begin(1), 0, WEEKS), {}

    benchmark.pedantic(prepared.advance, setup=fresh, rounds=5 if households < 50_000 else 2)
    rate = household_weeks(prepared) / benchmark.stats.stats.min
    ratio = rate / rate_of_agents
    benchmark.extra_info |= {"household_weeks_per_second": rate, "times_mesa_agents": ratio}
    print(
        f"\n{households:,} households: {rate / 1e6:.0f} million household-weeks a second, {ratio:.0f} × Mesa's agents"
    )
    assert ratio >= 200


@pytest.mark.parametrize("households", [1_000, 100_000])
def test_building_costs_less_than_running(benchmark: Any, households: int) -> None:
    prepared = prepare(POLICY, CASELOAD, weeks=WEEKS, households=households)
    benchmark.pedantic(prepared.begin, args=(1,), rounds=5)
    building = benchmark.stats.stats.min
    running = quickest(lambda: prepared.run(1), 2) - building
    benchmark.extra_info["building_over_running"] = building / running
    print(f"\n{households:,} households: building takes {building / running:.2f} of running")
    assert building < running


def test_packing_inputs_is_cheap(benchmark: Any) -> None:
    benchmark(prepare, *(load() for load in _objects()), weeks=WEEKS, households=1_000)


def _objects() -> tuple[Callable[[], Any], ...]:
    from abm import load_behaviour, load_caseload, load_policy

    return (lambda: load_policy(POLICY)), (lambda: load_caseload(CASELOAD)), load_behaviour


def test_measures_cost_little_beside_the_weeks(benchmark: Any) -> None:
    prepared = prepare(POLICY, CASELOAD, weeks=WEEKS, households=10_000)
    run = prepared.run(1)
    benchmark(lambda: measured(tallied(prepared.setting, run.state, 1.0)))
    share = benchmark.stats.stats.min / quickest(lambda: prepared.run(1), 3)
    print(f"\nmeasures take {share:.3f} of a run")
    assert share < 0.2


def test_threads_share_the_work(benchmark: Any) -> None:
    """The compiled week releases the interpreter lock: two threads on two cores."""
    from concurrent.futures import ThreadPoolExecutor

    prepared = prepare(POLICY, CASELOAD, weeks=WEEKS, households=5_000)
    alone = quickest(lambda: [prepared.measures(seed) for seed in range(8)], 3)
    with ThreadPoolExecutor(2) as threads:
        benchmark.pedantic(lambda: list(threads.map(prepared.measures, range(8))), rounds=3)
    speedup = alone / benchmark.stats.stats.min
    benchmark.extra_info["speedup_of_two_threads"] = speedup
    print(f"\ntwo threads: {speedup:.2f} × one")


def test_importing_the_model_brings_no_library_that_a_run_does_without(benchmark: Any) -> None:
    heavy = ("mesa", "pandas", "matplotlib", "pyarrow", "networkx")
    code = f"import abm, sys; sys.exit(', '.join(name for name in {heavy} if name in sys.modules) or None)"

    def imported() -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    imported()
    benchmark.pedantic(imported, rounds=3)
    bare = quickest(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 3)
    print(f"\nimport abm: {benchmark.stats.stats.min:.2f} s, of which {bare:.2f} s start the interpreter")


MILLION = """
import json, resource, time
from abm import prepare
prepare("{policy}", "{caseload}", weeks=2, households=10).run(0)
start = time.perf_counter()
prepared = prepare("{policy}", "{caseload}", weeks=260, households=1_000_000)
state = prepared.begin(1)
built = time.perf_counter()
prepared.advance(1, state, 0, 260)
print(json.dumps({{
    "rows": state.s.shape[1], "building": built - start, "running": time.perf_counter() - built,
    "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read in kilobytes as Linux gives it")
def test_a_million_households_for_five_years_fit_in_two_gib(benchmark: Any) -> None:
    """Peak resident memory of a process of its own, interpreter and compiled code included.

    A stock of a million families brings nearly three million arrivals with it.
    """
    caseload = "uk-families-2026"
    told: dict[str, float] = {}

    def run() -> None:
        text = MILLION.format(policy=POLICY, caseload=caseload)
        told.update(
            json.loads(subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stdout)
        )

    benchmark.pedantic(run, rounds=1)
    benchmark.extra_info |= told
    print(
        f"\n{caseload}: {told['rows']:,.0f} rows (stock and arrivals), {told['gib']:.2f} GiB, "
        f"building {told['building']:.1f} s, running {told['running']:.1f} s"
    )
    assert told["gib"] <= 2.0
