"""The README says what is true: its commands, its examples, and the tables it quotes."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

from abm import load_policy
from experiments.cli.main import app
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


def test_there_is_no_block_that_is_not_run() -> None:
    """The first two of the shell are run as they stand by `.ci/run`, the others below."""
    fences = re.findall(r"^```(\w*)$", README, flags=re.MULTILINE)[::2]
    assert sorted(fences) == sorted(["sh"] * 3 + ["python"] * len(blocks("python")))


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.mark.browser
def test_the_page_opens_as_the_readme_says(tmp_path: Path) -> None:
    """The block as it stands, in an environment that has everything already and does not open a browser."""
    pytest.importorskip("solara")
    port = free_port()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    returns = f'exec "{sys.executable}" -m experiments.cli.main "$@" --no-open --port {port}'
    for name, line in (("pip", 'echo "$@" > asked'), ("returns", returns)):
        (tmp_path / ".venv" / "bin" / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / ".venv" / "bin" / name).chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SOLARA_HOME": str(tmp_path)}
    with subprocess.Popen(
        ["sh", "-ec", blocks("sh")[2]], cwd=tmp_path, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as served:  # fmt: skip
        try:
            assert answered(f"http://127.0.0.1:{port}/", served)
        finally:
            os.killpg(served.pid, signal.SIGTERM)
    assert (tmp_path / "asked").read_text(encoding="utf-8").split() == [
        "install", "-q", "-c", "constraints.txt", "-e", ".[browser]"
    ]  # fmt: skip


def answered(address: str, served: subprocess.Popen[bytes]) -> bool:
    """Whether a server answers within five minutes, as long as it lives."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            if served.poll() is not None:
                return False
            time.sleep(0.5)
    return False


def lines_of_returns() -> list[tuple[str, str]]:
    """Every command of `returns` that a document shows whole: without a placeholder in capitals, … or [ ]."""
    found = set()
    for name in ("README.md", "experiments/README.md", "experiments/PYTHON.md", "experiments/page/README.md",
                 "experiments/histories/README.md", "abm/README.md", "abm/scenarios/README.md"):  # fmt: skip
        text = (ROOT / name).read_text(encoding="utf-8").replace(" \\\n", " ")
        lines = re.findall(r"^    (returns .*)$", text, flags=re.MULTILINE) + re.findall(r"`(returns [^`]+)`", text)
        for line in lines:
            command = line.partition("  #")[0].partition(" > ")[0].strip()
            if not re.search(r"…|\[|\b[A-Z]{2,}\b", command):
                found.add((name, command))
    return sorted(found)


@pytest.mark.parametrize(("name", "command"), lines_of_returns())
def test_commands_of_the_documents_can_be_read(name: str, command: str) -> None:
    """They are parsed and not run: an option that does not exist is an error."""
    words = shlex.split(command)[1:]
    if len(words) == 1 and not words[0].startswith("-"):  # a command by its name, in a sentence
        assert words[0] in set(app)
        return
    called, *_ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert callable(called)


def test_the_two_commands_come_first() -> None:
    first, second = blocks("sh")[:2]
    assert "returns compare" in first
    assert second.rstrip().endswith('pytest -n auto -m "not slow"')


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize(("file", "anchor"), sorted(set(re.findall(r"\]\(((?!http)[^)#]*)#([^)]+)\)", README))))
def test_links_to_a_heading_have_one(file: str, anchor: str) -> None:
    text = (ROOT / (file or "README.md")).read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


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


def test_the_policy_of_the_experiments_pays_per_child(tmp_path: Path) -> None:
    (tmp_path / "per-child.toml").write_text(blocks("toml", OF_EXPERIMENTS)[1], encoding="utf-8")
    offer = load_policy(tmp_path / "per-child.toml").offer
    assert (offer.amount_per_person * offer.child_share, offer.household_cap) == (10_000, None)
