"""Kills `returns compare` while it writes its folder, at steps and at random moments, and says what was found.

Run as ``python tests/kill_comparison.py FOLDER SEED``; prints a JSON object.  A process of its own, because it forks.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import numpy as np
from kill_harness import Deadly

from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question.question import ask
from experiments.report import comparison_figures
from experiments.report.compare_files import FIGURES, FILES, place_of, write
from experiments.storing.output import MANIFEST

#: Kills at random moments, of each way to begin.
RANDOM = 5
#: What somebody has put into a folder of results.
NOTES = "notes.txt"


class Drawn:
    """Figures that were drawn before."""

    title = "drawn before"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, path: Path) -> None:
        path.write_bytes((self.folder / path.name).read_bytes())


def child(out: Path, comparison: Comparison, step: int, seconds: float | None) -> bool:
    """Write the comparison in a child process that is killed at a step or after a time; True if it lived to the end."""
    number = os.fork()
    if number == 0:
        try:
            if step:
                Deadly(step).install()
            os.chdir(out if out.name == "here" else out.parent)
            write(place_of(comparison.question, out), comparison, rows(comparison), csv_too=True)
            os._exit(0)
        except BaseException as fault:
            print(repr(fault), file=sys.stderr)
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"writing failed at step {step}")
    return True


def state(out: Path) -> str:
    """What is there: none, whole, or something else in words."""
    if not out.exists():
        return "none"
    seen = {path.name for path in out.iterdir() if not path.name.endswith(("-unfinished", "-replaced"))}
    if not seen - {NOTES}:
        return "none"
    if MANIFEST not in seen:
        return "no manifest"
    told = json.loads((out / MANIFEST).read_text())["sha256"]
    if not {*FILES, "runs.csv"} <= set(told) or seen - {NOTES} != {*told, MANIFEST}:
        return f"other files: {seen ^ {*told, MANIFEST}}"
    wrong = [name for name in told if hashlib.sha256((out / name).read_bytes()).hexdigest() != told[name]]
    return f"other contents: {wrong}" if wrong else "whole"


def begun(parent: Path, way: str, comparison: Comparison) -> Path:
    """A place for results: a new one, one with the results of an earlier call, one that can only be filled."""
    parent.mkdir()
    out = parent / {"new": "out", "again": "out", "filled": "here"}[way]
    if way != "new":
        out.mkdir()
    if way == "again":
        child(out, comparison, 0, None)
        (out / NOTES).write_text("mine")
    return out


def main(folder: Path, seed: int) -> dict[str, Any]:
    """Kill, look, and let the next call finish: of each way to begin, at steps and at moments."""
    question = ask(["uk-upfront-national"], weeks=5, households=15, replicates=2, uncertainty="seeds", in_brief=True)
    comparison = compare(question)
    rng = np.random.default_rng(seed)
    first = begun(folder / "first", "new", comparison)
    child(first, comparison, 0, None)
    comparison_figures.pictures = lambda *_: {name: Drawn(first) for name in FIGURES}  # drawing takes seconds
    since = time.perf_counter()
    child(begun(folder / "second", "new", comparison), comparison, 0, None)
    took = time.perf_counter() - since
    found, wrong, kills = Counter[str](), [], 0
    for way in ("new", "again", "filled"):
        steps = [(step, None) for step in (1, 9, *range(19, 60, 2 if way == "filled" else 3))]
        moments = [(0, float(after)) for after in rng.uniform(0.0, took, RANDOM)]
        for number, (step, after) in enumerate([*moments, *steps]):
            out = begun(folder / f"{way}-{number}", way, comparison)
            if child(out, comparison, step, after):
                if step:
                    break
                continue
            kills += 1
            seen = state(out)
            found[f"{way}: {seen.split(':')[0]}"] += 1
            # What can only be filled has its files one by one; the next call finishes that.
            if seen not in ("none", "whole") and way != "filled":
                wrong.append(f"{way}, {step or after}: {seen}")
            child(out, comparison, 0, None)
            left = {path.name for path in out.parent.iterdir()} - {out.name}
            mine = way != "again" or (out / NOTES).read_text() == "mine"
            if state(out) != "whole" or left or not mine or any(name.startswith(".") for name in os.listdir(out)):
                wrong.append(f"{way}, {step or after}, then: {state(out)}, {sorted(left)}, {sorted(os.listdir(out))}")
    return {"kills": kills, "found": found, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
