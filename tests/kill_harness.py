"""Kills a sweep at every step of its writing, one child process a step, and says what was found.

Run as ``python tests/kill_harness.py FOLDER``; prints a JSON object.  A process of its own, because it forks.
"""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import pandas  # noqa: F401 - here, so that no child has to
import scipy.special
import scipy.stats  # noqa: F401
import tiny_model

from experiments.question.study import lay_out
from experiments.storing import store
from experiments.storing.parquet import from_bytes
from experiments.storing.store import TABLES
from experiments.sweep import sweep, tally

DESIGN = {
    "variants": ["uk-pilot-2026", "uk-upfront-national"],
    "baseline": "uk-2025",
    "factors": {"offer.amount_per_person": [0, 1000, 2000]},
    "set": {"offer.household_cap": "none"},
    "replicates": 8,
    "weeks": 4,
    "series": True,
    "uncertainty": "seeds",  # so that no child has to read the posterior
}
#: Steps of the manifest and of the parts, at least.
EVERY_STEP = 70


class Deadly:
    """Counts the steps of writing (open, write, flush, rename); at the chosen one the process is killed."""

    def __init__(self, step: int) -> None:
        self.left = step

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        fsync, replace, rename, opened = os.fsync, os.replace, os.rename, builtins.open

        def counted_fsync(descriptor: int) -> None:
            self.count()
            fsync(descriptor)

        def counted_replace(source: Any, target: Any) -> None:
            self.count()
            replace(source, target)
            self.count()

        def counted_rename(source: Any, target: Any) -> None:
            self.count()
            rename(source, target)
            self.count()

        def counted_open(*args: Any, **options: Any) -> Any:
            self.count()
            file = opened(*args, **options)
            write = file.write

            def half_then_all(content: Any) -> int:
                """Half of it reaches the file before the moment at which the process may die."""
                content = memoryview(content).cast("B")
                write(content[: len(content) // 2])
                file.flush()
                self.count()
                return len(content) // 2 + int(write(content[len(content) // 2 :]))

            return _Wrapped(file, half_then_all)

        store.os.fsync, store.os.replace, store.os.rename = counted_fsync, counted_replace, counted_rename
        store.open = counted_open  # type: ignore[attr-defined]


class _Wrapped:
    """A file whose writes go through another function."""

    def __init__(self, file: Any, write: Any) -> None:
        self._file, self.write = file, write

    def __enter__(self) -> _Wrapped:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def child(out: Path, log: Path, step: int) -> bool:
    """Sweep in a child process that is killed at a step (0: never); True if it lived to the end."""
    number = os.fork()
    if number == 0:
        try:
            os.environ["TINY_LOG"] = str(log)
            tiny_model.install()
            tally.FLUSH_RUNS = 5
            Deadly(step).install()
            sweep(DESIGN, out=out, workers=2)
            os._exit(0)
        except BaseException as fault:
            print(repr(fault), file=sys.stderr)
            os._exit(1)
    _, status = os.waitpid(number, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"a sweep failed at step {step}")
    return True


def kept(out: Path) -> set[str]:
    """Identities of the runs that the parts of a folder hold."""
    found: set[str] = set()
    for part in (out / "parts").glob("part-*.parquet"):
        found |= set(from_bytes(part.read_bytes(), ["run_id"]).column("run_id").to_pylist())
    return found


def tables(out: Path) -> dict[str, bytes]:
    """The bytes of the result tables."""
    return {name: (out / name).read_bytes() for name in TABLES if (out / name).is_file()}


def main(folder: Path) -> dict[str, Any]:
    """Kill at step 1, 2, 3 … of a fresh sweep and resume; then keep killing one sweep until it is through."""
    lay_out(DESIGN)  # what is kept at hand of the declarations need not be made again in each child
    reference = folder / "reference"
    child(reference, folder / "log", 0)
    whole = tables(reference)
    told: dict[str, Any] = {"tables": sorted(whole), "kills": 0, "different": 0, "redone": 0, "left_over": 0}
    step = 1
    while True:
        out, log = folder / f"out-{step}", folder / f"log-{step}"
        if child(out, log, step):
            break
        told["kills"] += 1
        before, done = (kept(out), Counter(log.read_text().split())) if log.exists() else (set(), Counter())
        child(out, log, 0)
        again = Counter(log.read_text().split()) - done
        told["redone"] += len(before & set(again))
        told["different"] += tables(out) != whole
        told["left_over"] += len([*out.glob("_tmp*"), *(out / "parts").glob("_tmp*")])
        # Parts and manifest: every step.  The tables write in many small pieces: some of them.
        step += 1 if step < EVERY_STEP else 60
    out, log, step = folder / "often", folder / "log-often", 7
    told["kills_of_one"] = 0
    while not child(out, log, step):
        told["kills_of_one"] += 1
        step += 29  # far enough each time to write something more
    told["different"] += tables(out) != whole
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
