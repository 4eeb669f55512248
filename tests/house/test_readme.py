"""The README says what is true: its commands, its examples, and the tables it quotes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
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


#: The rows of the first table: the words with which one begins, what it is of, and in what.
QUOTED = {
    "returned within 12 months": ("return_rate_12m", "", 0.01),
    "additional departures": ("departures", "difference", 1.0),
    "net saving, £m": ("net_saving_npv", "difference", 1e6),
    "— of it without the money": ("net_saving_without_money", "difference", 1e6),
    "— with the pull factor on": ("net_saving_npv_with_pull", "difference", 1e6),
}
POLICIES = ("uk-pilot-2026", "uk-upfront-national", "danish-2021")


@pytest.mark.parametrize("words", QUOTED)
def test_the_first_table_is_quoted_from_the_reference(words: str) -> None:
    table = pd.read_csv(ROOT / "results" / "reference" / "headline.csv", keep_default_na=False, na_values=[""])
    measure, of, unit = QUOTED[words]
    rows = table[(table["measure"] == measure) & table["group"].isna()].set_index("variant")
    [line] = [line for line in README.splitlines() if line.startswith(f"| {words}")]
    for policy, cell in zip(POLICIES, line.strip("| ").split(" | ")[1:], strict=True):
        told = re.findall(r"[−\d.]+", cell)
        names = ("difference", "difference_run_p05", "difference_run_p95") if of else ("mean",)
        assert len(told) == len(names)
        for number, name in zip(told, names, strict=True):
            decimals = len(number.partition(".")[2])
            assert float(number.replace("−", "-")) == round(rows.loc[policy, name] / unit, decimals), (policy, name)


def test_before_the_fold_there_is_one_screen() -> None:
    """Commands, main figures with their weakest input, one picture, and where to go: about what a screen holds."""
    screen, fold, _ = README.partition("\n---\n")
    assert fold
    assert len(screen.splitlines()) <= 45
    assert screen.count("<img ") + screen.count("![") == 1
    assert "weakest input" in screen
    assert len(blocks("sh", screen)) == 2


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
