"""Try every deliberate bug of ``mutants.toml``: which test says so?

``python tests/mutation/run.py`` copies the model and its quick tests, puts in one bug after the other, and runs the
tests with compilation off until one fails, so that a bug costs seconds. ``results.csv`` then says which test caught it.
A bug that no test notices has to be explained in ``survivors.toml``; the run fails if one is not, or if one that is
explained is caught after all. ``--only WORDS`` tries those whose name or file has these words.
"""

from __future__ import annotations

import argparse
import csv
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: Tests that are quick without compilation.
SUITE = (
    "household/test_terms.py", "week/test_levers_of_an_offer.py", "week/test_levers_of_the_state.py",
    "week/test_departures_and_returns.py", "week/test_what_a_household_weighs.py", "arrays/test_a_few_households.py",
    "week/test_threats.py", "week/test_change_in_force.py", "household/test_offers.py", "household/test_beliefs.py",
    "household/test_decision.py", "model/test_measures_in_plain_python.py",
)  # fmt: skip
#: Where a bug is looked for first, by the file that it is in.
_MEASURES, _FEW = "model/test_measures_in_plain_python.py", "arrays/test_a_few_households.py"
_LEAVING = "week/test_departures_and_returns.py"
FIRST = {
    "abm/measures/of_runs.py": _MEASURES, "abm/frames.py": _MEASURES, "abm/arrays/tally.py": _MEASURES,
    "abm/household/beliefs.py": "household/test_beliefs.py", "abm/household/offers.py": "household/test_offers.py",
    "abm/week/departures.py": _LEAVING, "abm/week/enforcement.py": _LEAVING, "abm/week/arriving.py": _LEAVING,
    "abm/week/procedure.py": "week/test_levers_of_the_state.py", "abm/week/week.py": "week/test_levers_of_the_state.py",
    "abm/week/considering.py": "week/test_what_a_household_weighs.py", "abm/arrays/population.py": _FEW,
    "abm/week/offering.py": "week/test_levers_of_an_offer.py", "abm/arrays/ledger.py": _LEAVING,
    "abm/arrays/pull.py": _FEW, "abm/arrays/paths.py": _FEW, "abm/arrays/setting.py": _FEW,
}  # fmt: skip
#: The libraries are loaded before pytest knows of it.
IGNORED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
#: Seconds after which tests that do not end count as failed.
PATIENCE = 600.0


class Mutant(NamedTuple):
    """A deliberate bug: what stands once in a file, and what is put in its place."""

    name: str
    file: str
    find: str
    put: str

    def text(self, root: Path = ROOT) -> str:
        """The file with the bug in it.

        Raises
        ------
        LookupError
            If what is to be replaced does not stand there exactly once.
        """
        whole = (root / self.file).read_text(encoding="utf-8")
        if whole.count(self.find) != 1:
            raise LookupError(f"{self.name}: found {whole.count(self.find)} times in {self.file}: {self.find!r}")
        return whole.replace(self.find, self.put)


class Result(NamedTuple):
    """The first test that failed; empty if none did."""

    mutant: Mutant
    caught_by: str
    seconds: float


def mutants() -> list[Mutant]:
    """All of them."""
    told = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))
    return [Mutant(**one) for one in told["mutant"]]


def survivors() -> dict[str, str]:
    """Why no test notices a bug, by its name."""
    told = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))
    return {one["name"]: one["why"] for one in told.get("survivor", [])}


def first_failure(root: Path, file: str) -> str:
    """Run the suite of a copy of the tree, with a bug in a file, until a test fails; its name, or nothing."""
    import pytest

    failed: list[str] = []

    class Notes:
        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                failed.append(report.nodeid)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                failed.append(f"{report.nodeid} (on import)")

    os.chdir(root)
    sys.path[:0] = [str(root), str(root / "tests")]
    paths = [f"tests/{path}" for path in sorted(SUITE, key=lambda path: path != FIRST.get(file))]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = pytest.main(
            ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *IGNORED, *paths], plugins=[Notes()]
        )
    return failed[0] if failed else "" if code == 0 else f"(pytest ended with {int(code)})"


def tried(root: Path, file: str, answers: Any) -> None:
    """In a process of its own: what the tests say."""
    answers.send(first_failure(root, file))


def copied(folder: Path) -> Path:
    """The model and its tests, where they can be changed."""
    skip = shutil.ignore_patterns("__pycache__", "browser", ".hypothesis")
    for name in ("abm", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def put(path: Path, text: str, time: int) -> None:
    """Write a file with a time of its own, so that what Python keeps of another text is never taken for it."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time, time))


def results(chosen: list[Mutant], workers: int) -> Iterator[Result]:
    """Try bugs, several at a time, each in a process that is forked when the libraries are loaded already."""
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        free = [copied(Path(folder) / str(k)) for k in range(workers)]
        waiting, running, changed = list(reversed(chosen)), [], 0
        while waiting or running:
            while waiting and free:
                mutant, root = waiting.pop(), free.pop()
                changed += 1
                put(root / mutant.file, mutant.text(), changed)
                ours, theirs = fork.Pipe(duplex=False)
                process = fork.Process(target=tried, args=(root, mutant.file, theirs))
                process.start()
                theirs.close()
                running.append((mutant, root, process, ours, time.monotonic()))
            for one in list(running):
                mutant, root, process, ours, since = one
                late = time.monotonic() - since > PATIENCE
                if not (ours.poll(0.05) or late):
                    continue
                try:
                    said = ours.recv() if ours.poll() else f"(no end in {PATIENCE:g} s)"
                except EOFError:
                    said = "(the tests broke down)"
                if late:
                    process.kill()
                process.join()
                ours.close()
                changed += 1
                put(root / mutant.file, (ROOT / mutant.file).read_text(encoding="utf-8"), changed)
                free.append(root)
                running.remove(one)
                yield Result(mutant, said, time.monotonic() - since)


def write_down(every: list[Mutant], found: list[Result]) -> None:
    """Put results in their rows of the table; other bugs keep theirs, and those that are gone lose it."""
    table = HERE / "results.csv"
    known: dict[str, str] = {}
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            known = {row["mutant"]: row["caught by"] for row in csv.DictReader(file)}
    known |= {result.mutant.name: result.caught_by.removeprefix("tests/") for result in found}
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["mutant", "file", "caught by"])
        rows.writerows([one.name, one.file, known[one.name]] for one in every if one.name in known)


def loaded() -> None:
    """Load the libraries once, before processes are forked; nothing of the model."""
    import hypothesis  # noqa: F401
    import mesa  # noqa: F401
    import numba  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401


def main() -> int:
    """Try them; 1 if what the tests notice is not what is told."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    asked.add_argument("--only", default="", help="try bugs whose name or file has these words")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args()
    os.environ.update(NUMBA_DISABLE_JIT="1", HYPOTHESIS_PROFILE="few", OMP_NUM_THREADS="1")
    loaded()
    every, explained = mutants(), survivors()
    chosen = [one for one in every if told.only in f"{one.name} {one.file}"]
    whole = len(chosen) == len(every)
    if whole:
        sound = Mutant("the model as it is", "abm/version.py", "VERSION =", "VERSION =")
        if said := next(results([sound], 1)).caught_by:
            print(f"The tests fail without any bug: {said}")
            return 1
    found = []
    for result in results(chosen, told.workers):
        found.append(result)
        print(
            f"{len(found):>4}  {result.seconds:5.1f} s  {result.mutant.name}: {result.caught_by or 'SURVIVES'}",
            flush=True,
        )
    lived = {result.mutant.name for result in found if not result.caught_by}
    wrong = [f"not explained: {name}" for name in sorted(lived - set(explained))]
    told_of = {mutant.name for mutant in chosen} if not whole else set(explained)
    wrong += [f"explained, and caught or gone: {name}" for name in sorted(set(explained) & told_of - lived)]
    write_down(every, found)
    print(f"{len(found) - len(lived)} of {len(found)} caught.", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
