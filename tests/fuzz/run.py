"""Read thousands of spoilt inputs: whatever stands in them, they are read or refused in one sentence, soon.

``python tests/fuzz/run.py --seed 1 --cases 10000`` tries so many and prints a JSON object; a case depends on the seed
and its number alone, so ``--seed 1 --case 4711`` tries one again, shows it, and leaves its files in a folder.
With ``--to-the-end`` small commands are run; otherwise nothing is, but all is read.
A fault is any exception but `InputError`, a message of several lines or of a thousand characters, more than `PATIENCE`
seconds, more than `MEMORY` bytes, and a file that is left half-written.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import numpy as np
from fuzz.edges import EDGES, TO_THE_END, Edge, Reached, Refused, WrongEnd, sentence, stop_at_the_first_run

from abm.inputs.parameters import InputError

#: Seconds that reading one input may take.
PATIENCE = 120.0
#: Bytes of address space that reading may take beyond what the process has at the start.
MEMORY = 4_000_000_000
#: How the names of files begin or end that are not finished.
UNFINISHED = ("_tmp-*", "*-unfinished")


class Hang(BaseException):
    """An input has taken too long."""


def edge_of(number: int, edges: Sequence[Edge] = EDGES) -> Edge:
    """Which edge a case tries: each its share of any hundred cases in a row."""
    place = number * 37 % 100
    for edge in edges:
        place -= edge.share
        if place < 0:
            return edge
    raise AssertionError("the shares of the edges come to 100")


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise `Hang` in what takes longer; what cannot even be interrupted ends the process, with a traceback."""

    def late(*_: object) -> None:
        raise Hang(f"no end in {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(3 * seconds, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


def half_written(folder: Path) -> list[str]:
    """Files that are not finished, and folders of results that are not whole."""
    wrong = [path.name for pattern in UNFINISHED for path in folder.rglob(pattern)]
    for manifest in folder.rglob("manifest.json"):
        for name, mark in json.loads(manifest.read_text()).get("sha256", {}).items():
            if hashlib.sha256((manifest.parent / name).read_bytes()).hexdigest() != mark:
                wrong.append(name)
    results = folder / "results"
    made = sorted(results.iterdir()) if results.is_dir() else []
    return wrong + [str(path) for path in made if not (path / "manifest.json").is_file()]


def tried(seed: int, number: int, folder: Path, edges: Sequence[Edge] = EDGES) -> tuple[str, str, BaseException | None]:
    """One case: how it ended ("read", "refused" or "fault"), what was spoilt, and the fault."""
    edge = edge_of(number, edges)
    told = edge.name
    try:
        with warnings.catch_warnings(), bounded(PATIENCE):
            warnings.simplefilter("ignore")
            told, act = edge.make(np.random.default_rng([seed, number]), folder)
            told = f"{edge.name}: {told}"
            act()
        end = "read"
    except Reached:
        end = "read"
    except Refused:
        end = "refused"
    except InputError as refused:
        try:
            sentence(str(refused))
        except WrongEnd as fault:
            return "fault", told, fault
        end = "refused"
    except BaseException as fault:
        if isinstance(fault, KeyboardInterrupt):
            raise
        return "fault", told, fault
    left = half_written(folder)
    return ("fault", told, AssertionError(f"left half-written: {left}")) if left else (end, told, None)


def kind(fault: BaseException) -> str:
    """What faults of one cause have in common: the exception, and where in the program it came up."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if "/abm/" in frame.filename or "/experiments/" in frame.filename]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(fault).__name__}{place}"


def many(seed: int, cases: range, at: Path | None = None, edges: Sequence[Edge] = EDGES) -> dict[str, Any]:
    """Try cases, each in an emptied folder; `at`: a file that says which, should the process break down."""
    begun, ends, faults, slowest = time.perf_counter(), Counter[str](), [], (0.0, -1)
    by_edge: dict[str, Counter[str]] = {edge.name: Counter() for edge in edges}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as parent:
        for number in cases:
            folder = Path(parent) / "case"
            folder.mkdir()
            os.chdir(folder)
            if at is not None:
                at.write_text(f"seed {seed}, case {number}")
            since = time.perf_counter()
            end, told, fault = tried(seed, number, folder, edges)
            slowest = max(slowest, (time.perf_counter() - since, number))
            ends[end] += 1
            by_edge[edge_of(number, edges).name][end] += 1
            if fault is not None:
                faults.append({"seed": seed, "case": number, "kind": kind(fault), "input": told[:300]})
                faults[-1]["fault"] = repr(fault)[:300]
            os.chdir(parent)
            shutil.rmtree(folder)
            if isinstance(fault, MemoryError):
                break  # a process that had none may break down at any moment
        os.chdir("/")
    return {
        "seed": seed, "cases": len(cases), **ends, "seconds": round(time.perf_counter() - begun, 1),
        "slowest": {"seconds": round(slowest[0], 2), "case": slowest[1]},
        "grown_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) // 1_000,
        "edges": by_edge, "kinds": Counter(fault["kind"] for fault in faults), "faults": faults,
    }  # fmt: skip


def again(seed: int, number: int, edges: Sequence[Edge]) -> int:
    """One case once more, with all that it says."""
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{seed}-{number}-"))
    os.chdir(folder)
    end, told, fault = tried(seed, number, folder, edges)
    print(f"seed {seed}, case {number}, {end}: {told}\nin {folder}: {[path.name for path in folder.iterdir()]}")
    if fault is not None:
        traceback.print_exception(fault)
    return int(fault is not None)


def limited() -> None:
    """No more memory than a margin beyond what there is."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").is_file() else 0
    if pages:
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    """Try them; 1 if there are faults."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--case", type=int, help="only this one")
    asked.add_argument("--to-the-end", action="store_true", help="small commands, and they are run")
    asked.add_argument("--at", type=Path, help="file that says which case is being tried")
    told = asked.parse_args()
    faulthandler.enable()
    edges = TO_THE_END if told.to_the_end else EDGES
    if not told.to_the_end:
        stop_at_the_first_run()
    limited()
    if told.case is not None:
        return again(told.seed, told.case, edges)
    found = many(told.seed, range(told.first, told.first + told.cases), told.at, edges)
    print(json.dumps(found, indent=1))
    return int(bool(found["faults"]))


if __name__ == "__main__":
    sys.exit(main())
