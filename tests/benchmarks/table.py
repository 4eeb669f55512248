"""The README's table of speed, in one command: ``python tests/benchmarks/table.py --write``.

What is compared runs in turn in one process, and of several turns the quickest counts: so that ratios hold on a
machine that has other things to do.  A household counts in the weeks in which it is in the country (neither still to
come, nor settled in another, nor gone), on both sides.  Without ``--write`` the table is only printed; ``--quick``
takes smaller runs (a minute), ``--long`` adds the million households (several minutes, gibibytes of memory).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numba

from abm import ReturnModel, prepare
from abm.arrays.state import STOCKS_AT, State
from abm.household.stages import Stage, in_country
from experiments.running.threads import cores
from experiments.sweep import sweep

POLICY = "uk-pilot-2026"
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- speed: python tests/benchmarks/table.py --write -->\n", "<!-- /speed -->\n"


class Row(NamedTuple):
    """What was measured, and what came out."""

    what: str
    found: str


def timed(action: Callable[[], Any]) -> float:
    """Seconds of a processor that it takes, on one core."""
    begun = time.process_time()
    action()
    return time.process_time() - begun


def present(state: State, weeks: int) -> int:
    """Household-weeks in the country, in the first weeks of a run."""
    here = [STOCKS_AT + stage for stage in Stage if in_country(float(stage))]
    return int(state.history[:weeks, here].sum())


def against_agents(households: int, weeks: int, turns: int) -> Row:
    """The same weeks of the same households, with the same bits: by Mesa's AgentSet.do, and compiled."""
    prepared = prepare(POLICY, "uk-refused-2025", households=households, weeks=weeks + 1)
    slow, fast = [], []
    for _ in range(turns):
        model = ReturnModel(POLICY, "uk-refused-2025", households=households, weeks=weeks + 1, rng=1, driver="agents")
        model.step()  # agents are made in the first week
        slow.append(timed(lambda model=model: [model.step() for _ in range(weeks)]))
        for _ in range(20):
            state = prepared.begin(1)
            prepared.advance(1, state, 0, 1)
            fast.append(timed(lambda state=state: prepared.advance(1, state, 1, weeks + 1)))
    if (state.history != model.state.history).any():
        raise AssertionError("the two drivers no longer give the same bits: nothing to compare")
    weeks_present = present(state, weeks + 1) - present(state, 1)
    rate = weeks_present / min(fast)
    found = (
        f"{min(slow) / min(fast):,.0f} × ({rate / 1e6:,.0f} million a second, against {weeks_present / min(slow):,.0f})"
    )
    return Row(f"household-weeks a second against Mesa's `AgentSet.do`, {households:,} households, one core", found)


def sweeps(households: int, runs: int, turns: int) -> Row:
    """Runs a second of a sweep whose every run is at a point of its own, in policy, world and behaviour.

    Tables and all; and the cores' time without those.
    """
    design: dict[str, Any] = {
        "variants": [POLICY], "caseload": "uk-families-2026", "set": {"offer.household_cap": "none"}, "weeks": 260,
        "households": households,
        "factors": {
            "offer.amount_per_person": [1_000, 9_000], "world.hotel_night": "plausible", "behaviour.money": "plausible",
        },
        "sampling": {"method": "latin-hypercube", "points": runs}, "replicates": 1,
    }  # fmt: skip
    rates, shares = [], []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(turns):
            outcome = sweep(design, out=Path(folder) / str(turn))
            rates.append(outcome.new / outcome.seconds)
            shares.append(outcome.compute_seconds / outcome.seconds / cores())
    share = f"{max(shares):.0%} of {cores()} cores' time; the rest is laying out and writing"
    found = f"{max(rates):,.0f} runs a second ({share})"
    where = "every run at a point of its own in policy, world and behaviour"
    return Row(f"a sweep of {households:,} households × 260 weeks, {where}", found)


#: What the rules do that are held against C.
OF_WEEK = {"attend": "news and attention of a household", "choose_together": "the choice of one that considers"}


def against_c() -> Iterator[Row]:
    """The two rules that take most of a week, against the same written by hand in C; nothing without a C compiler."""
    test = Path(__file__).with_name("test_against_c.py")
    asked = [sys.executable, "-m", "pytest", str(test), "-k", "speed", "-s", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    for rule, ours, theirs, share in re.findall(r"(\w+): (\S+) ns against (\S+) ns in C: (\d+)%", done.stdout):
        found = f"{share}% of its speed ({ours} ns against {theirs})"
        yield Row(f"{OF_WEEK[rule]}, against the same rule by hand in C", found)


MILLION = """
import json, resource, sys, time
import numpy as np
from abm import prepare
prepare("{policy}", "{caseload}", weeks=2, households=10).run(0)
begun = time.perf_counter()
prepared = prepare("{policy}", "{caseload}", weeks=260, households={households})
state = prepared.begin(1)
prepared.advance(1, state, 0, 260)
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "linux" else 2**30)
from abm.arrays.state import STOCKS_AT
from abm.household.stages import Stage
here = [STOCKS_AT + stage for stage in Stage if stage != Stage.ABSENT]
print(json.dumps([seconds, peak, int(state.history[-1, here].sum())]))
"""


def million(caseload: str, households: int) -> Row:
    """Time and peak memory of a process of its own, building, interpreter and compiled code included."""
    code = MILLION.format(policy=POLICY, caseload=caseload, households=households)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, peak, rows = json.loads(done.stdout)
    what = f"{households:,} households of `{caseload}` × 260 weeks, {rows / 1e6:,.1f} million ever there, one core"
    return Row(what, f"{seconds:,.0f} s, {peak:,.2f} GiB at most")


def rows(quick: bool, long: bool) -> Iterator[Row]:
    """All of the table."""
    turns = 2 if quick else 4
    prepare(POLICY, "uk-refused-2025", weeks=2, households=10).run(0)
    for households in [1_000] if quick else [1_000, 10_000]:
        yield against_agents(households, 13 if quick else 26, turns)
    yield from against_c()
    for households in [150] if quick else [150, 1_000]:
        yield sweeps(households, 200 if quick else 1_000, turns)
    if long:
        for caseload in ["uk-families-2026", "uk-refused-2025"]:
            yield million(caseload, 100_000 if quick else 1_000_000)


def table(made: list[Row]) -> str:
    """The rows as Markdown, with what they were measured on."""
    where = f"Python {platform.python_version()}, Numba {numba.__version__}, {platform.machine()}, {cores()} cores"
    return "\n".join([f"| measured ({where}) | |", "|---|---|", *(f"| {what} | {found} |" for what, found in made), ""])


def put_in(text: str, made: str) -> str:
    """The README with this table in the place of the one it has."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md has no place for the table: {BEGIN.strip()} … {END.strip()}")
    return head + begin + made + end + tail


def main() -> None:
    """Print the table, row by row as it is made."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("quick", "long", "write"):
        options.add_argument(f"--{name}", action="store_true")
    asked = options.parse_args()
    made = []
    for row in rows(asked.quick, asked.long):
        print(f"{row.what}: {row.found}", file=sys.stderr, flush=True)
        made.append(row)
    print(table(made), end="")
    if asked.write:
        README.write_text(put_in(README.read_text("utf-8"), table(made)), encoding="utf-8")


if __name__ == "__main__":
    main()
