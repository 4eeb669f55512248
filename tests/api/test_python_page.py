"""What experiments/PYTHON.md shows works as pasted, here with small numbers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import abm

#: Where what is tested lies: what is compiled already need not be compiled again.
HOME = str(Path(abm.__file__).parents[1])
PAGE = (Path(__file__).parents[2] / "experiments" / "PYTHON.md").read_text(encoding="utf-8")
SECTIONS = {
    head: re.findall(r"^```python\n(.*?)^```", body, flags=re.MULTILINE | re.DOTALL)
    for head, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
}
NEEDED = {"Optuna": "optuna", "EMA Workbench": "ema_workbench", "SALib": "SALib"}
#: What the first sections have imported already.
BEFORE = "from abm import load_policy, simulate\nfrom experiments import compare\n"
#: Numbers of the page, and those that a test has time for.
SMALLER = {
    r"replicates=\d+": "replicates=2, weeks=40, households=60", r'"replicates": 20': '"replicates": 2, "weeks": 40',
    r'"uk-families-2026", seed=1': '"uk-families-2026", weeks=40, households=60, seed=1', r"n_trials=\d+": "n_trials=3",
    r"scenarios=\d+, policies=\d+": "scenarios=2, policies=2", r"problem, 64,": "problem, 4,",
}  # fmt: skip
USED = {pattern for pattern in SMALLER if any(re.search(pattern, text) for told in SECTIONS.values() for text in told)}


def test_the_page_has_the_numbers_that_are_made_smaller() -> None:
    assert set(SMALLER) == USED
    for name in NEEDED:
        assert any(name in head for head in SECTIONS), name


@pytest.mark.slow
@pytest.mark.parametrize("head", [head for head, told in SECTIONS.items() if told])
def test_what_the_page_shows_works(head: str, tmp_path: Path) -> None:
    for name, module in NEEDED.items():
        if name in head and find_spec(module) is None:
            pytest.skip(f"{name} is not installed: pip install 'household-returns[frontier,discover]'")
    code = ("" if head == "A comparison" else BEFORE) + "\n".join(SECTIONS[head])
    for pattern, small in SMALLER.items():
        code = re.sub(pattern, small, code)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=900, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": HOME},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert len(max(SECTIONS[head], key=len).strip().splitlines()) <= 13


def test_the_same_lever_by_keyword_and_by_path_is_the_same_run(tmp_path: Path) -> None:
    # The page prints whether it is.
    own, small = '"uk-families-2026"', '"uk-families-2026", weeks=60, households=60'
    code = SECTIONS["One run, any lever"][0].replace(own, small)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": HOME})  # fmt: skip
    assert done.stdout.startswith("True "), done.stderr
