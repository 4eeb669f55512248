"""The README says what is true: its commands, its examples, and the tables it quotes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.question.study import lay_out
from experiments.sweep import results

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OF_EXPERIMENTS = (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    """The code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", blocks("python"))
def test_python_examples_work_as_pasted(example: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_first_example_has_five_lines() -> None:
    lines = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len(lines) == 5


def test_the_two_commands_come_first() -> None:
    first, second = blocks("sh")[:2]
    assert "returns compare" in first
    assert second.rstrip().endswith("pytest -n auto")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_nothing_is_left_to_be_filled_in() -> None:
    assert not re.findall(r"@[A-Z]+@", README)


# ---- of the experiments -----------------------------------------------------------------------------


def test_the_python_of_the_experiments_works_as_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table, first = blocks("python", OF_EXPERIMENTS)[:2]
    exec(table, {})
    exec(first, {})
    assert len(results("results/first")) == len(results("results/first", "baseline")) == 5 * 5


def test_the_design_of_the_experiments_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "design.toml").write_text(blocks("toml", OF_EXPERIMENTS)[0], encoding="utf-8")
    study = lay_out(tmp_path / "design.toml")
    study.check()
    assert study.cells == 2 * 9 * 2 * 5 * 2 + 5 * 2  # the baseline meets the weight of money and the norm
