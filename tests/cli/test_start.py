"""What help needs is imported, and nothing else: so that it is there at once (no clock: machines differ)."""

from __future__ import annotations

import json
import subprocess
import sys

from experiments.cli.main import app

#: Of a second or more together; none of them has a word to say in a help text.
HEAVY = ("abm", "numba", "numpy", "pandas", "pyarrow", "scipy", "matplotlib", "mesa", "networkx", "pydantic", "SALib")
COMMANDS = sorted(name for name in app if not name.startswith("-"))
HELP = [[], ["--help"], ["list"], *([name, "--help"] for name in COMMANDS)]

CALLED = """
import io, json, sys
from contextlib import redirect_stdout
from experiments.cli.main import main

told = []
for given in json.loads(sys.argv[1]):
    with redirect_stdout(io.StringIO()) as printed:
        code = main(given)
    heavy = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
    told.append([code, "Usage" in printed.getvalue(), heavy])
print(json.dumps(told))
"""


def called(*given: list[str]) -> list[list[object]]:
    """Exit code, whether usage was printed, and the heavy modules imported by then, one call after the other."""
    command = [sys.executable, "-c", CALLED, json.dumps(given), json.dumps(HEAVY)]
    told: list[list[object]] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


def test_help_brings_no_library_that_only_runs_need() -> None:
    assert {"compare", "list", "serve", "sweep", "why"} <= set(COMMANDS)
    told = dict(zip(map(" ".join, HELP), called(*HELP), strict=True))
    assert {given: found for given, found in told.items() if found != [0, True, []]} == {}


def test_what_a_run_needs_would_be_found() -> None:
    ((code, usage, heavy),) = called(["list", "variants"])
    assert (code, usage) == (0, False)
    assert {"abm", "numba", "numpy"} <= set(heavy)  # type: ignore[arg-type]
