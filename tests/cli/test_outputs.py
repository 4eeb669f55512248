"""Where nobody reads, and where nothing can be written: every command that prints ends in one line, or in none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import abm

HOME = str(Path(abm.__file__).parents[1])
ENV = {**os.environ, "PYTHONPATH": os.pathsep.join([HOME, os.environ.get("PYTHONPATH", "")])}
TINY = ("--weeks", "5", "--households", "15")
SEEDS = ("--replicates", "2", "--uncertainty", "seeds")
DESIGN = 'variants = ["uk-pilot-2026"]\nweeks = 5\nhouseholds = 15\nreplicates = 2\nuncertainty = "seeds"\n'
#: Each command once or twice, as it prints most.
COMMANDS = (
    ("list", "parameters"), ("list", "measures", "--json"), ("show", "uk-pilot-2026"), ("show", "uk-2025", "--json"),
    ("compare", "--help"), ("run", "uk-pilot-2026", *TINY), ("run", "uk-pilot-2026", *TINY, "--csv"),
    ("why", "uk-pilot-2026", *TINY, "--household", "3"), ("compare", "uk-pilot-2026", *TINY, *SEEDS),
    ("compare", "uk-pilot-2026", *TINY, *SEEDS, "--json"),
    ("compare", "uk-pilot-2026", *TINY, *SEEDS, "--table", "csv"),
    ("sheet", "uk-pilot-2026", *TINY, *SEEDS), ("economics", "uk-pilot-2026", *TINY, "--replicates", "2"),
    ("attribute", "uk-2025", "uk-pilot-2026", *TINY, *SEEDS), ("trial", "uk-pilot-2026", "--families", "10", "--months",
    "1", *SEEDS), ("sweep", "own.toml"), ("sweep", "own.toml", "--plan"), ("validate", "germany-2017-2018"),
)  # fmt: skip

#: Commands run one after the other, in a process whose output is what the test made it.
EACH = """
import json, os, sys
from experiments.cli.main import main
words, codes = json.loads(sys.argv[1]), []
held = os.dup(1)
for some in words:
    os.dup2(held, 1)
    sys.stdout = open(1, "w", closefd=False)
    codes.append(main(some))
    print(some[0], codes[-1], file=sys.stderr)
os._exit(0 if len(set(codes)) == 1 else 1)
"""


def ends(folder: Path, output: int) -> list[tuple[str, str, list[str]]]:
    """Of each command, with that output: its name, its exit code, and what it said that began with its own name."""
    (folder / "own.toml").write_text(DESIGN)
    command = [sys.executable, "-c", EACH, json.dumps(COMMANDS)]
    done = subprocess.run(
        command, stdout=output, stderr=subprocess.PIPE, text=True, cwd=folder, env=ENV, check=False, timeout=500
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert "Exception ignored" not in done.stderr, done.stderr[-3000:]
    found, said = [], []
    for line in done.stderr.splitlines():
        name, _, code = line.partition(" ")
        if line.startswith("returns: "):
            said.append(line)
        elif code.isdigit() and name in {words[0] for words in COMMANDS}:
            found.append((name, code, said))
            said = []
    assert len(found) == len(COMMANDS), done.stderr[-3000:]
    return found


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_output_to_a_full_device_is_one_sentence_of_every_command(tmp_path: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    for name, code, said in ends(tmp_path, full):
        assert (name, code, len(said)) == (name, "2", 1), said
        assert said[0] == "returns: what is printed cannot be written: No space left on device."
    os.close(full)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no POSIX pipes")
def test_a_reader_that_has_gone_away_is_heard_by_every_command(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for name, code, said in ends(tmp_path, writer):
        assert (name, code, said) == (name, "141", [])
    os.close(writer)


@pytest.mark.parametrize(("words", "code"), [(("list", "levers"), 0), (("list", "levrs"), 2)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_closed_outputs_change_nothing(words: tuple[str, ...], code: int, closed: str) -> None:
    line = f"{sys.executable} -m experiments.cli.main {' '.join(words)} {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=ENV, check=False, timeout=120)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
