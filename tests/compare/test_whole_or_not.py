"""The folder of a comparison appears whole or not at all: killed at any moment, on a full disk, beside others."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kill_comparison import NOTES, state
from small_disk import small_disk

import abm
from experiments.storing.aside import UNFINISHED, held
from experiments.storing.output import Place

TESTS = Path(__file__).parents[1]
HOME = str(Path(abm.__file__).parents[1])
SMALL = ("--weeks", "5", "--households", "15", "--replicates", "2", "--uncertainty", "seeds", "--out", "out")
COMMAND = [sys.executable, "-m", "experiments.cli.main", "compare", "uk-pilot-2026", *SMALL, "--csv"]


def started(folder: Path, **options: object) -> subprocess.Popen[str]:
    """The command in a folder, as a process of its own."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([HOME, os.environ.get("PYTHONPATH", "")])}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(COMMAND, cwd=folder, env=env, **{**pipes, **options})  # type: ignore[call-overload,no-any-return]


def finished(folder: Path, **options: object) -> tuple[int, str]:
    """The command run to its end: exit code and what it said."""
    with started(folder, **options) as process:
        _, said = process.communicate(timeout=300)
        return process.returncode, said


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_writing_that_is_killed_at_any_step_leaves_the_old_folder_or_none_or_the_new_one(tmp_path: Path) -> None:
    harness = [sys.executable, str(TESTS / "kill_comparison.py"), str(tmp_path), "1"]
    ended = subprocess.run(harness, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["wrong"] == []
    assert told["kills"] > 40
    assert {"new: none", "again: whole", "filled: none"} <= set(told["found"])


@pytest.mark.slow
def test_a_comparison_that_is_killed_at_a_random_moment_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    since = time.monotonic()
    assert finished(tmp_path)[0] == 0
    took = time.monotonic() - since
    (tmp_path / "out" / NOTES).write_text("mine")
    for after in np.random.default_rng(3).uniform(0.3 * took, took, 6):
        with started(tmp_path) as process:
            time.sleep(after)
            process.kill()
            process.communicate()
        assert state(tmp_path / "out") in ("whole", "none")
    assert finished(tmp_path)[0] == 0
    assert state(tmp_path / "out") == "whole"
    assert (tmp_path / "out" / NOTES).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    """As on a full disk, wherever it is full."""
    code, said = finished(tmp_path, preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert code == 2, said
    assert said.splitlines()[-1].startswith("returns: --out = 'out' is not accepted: a folder that can be written (")
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path, "64k") as disk:
        code, said = finished(disk)
        assert code == 2, said
        assert "No space left on device" in said.splitlines()[-1]
        assert list(disk.iterdir()) == []


# ---- what others have left, or are at ---------------------------------------------------------------


def test_what_a_dead_process_has_left_is_cleared_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    left, writing = (tmp_path / f".out-{number}{UNFINISHED}" for number in (11, 12))
    for folder in (left, writing):
        folder.mkdir()
        (folder / "half.csv").write_text("half")
    other = (tmp_path / f".other-11{UNFINISHED}", tmp_path / ".out-notes")
    for folder in other:
        folder.mkdir()
    with held(writing):
        Place(tmp_path / "out", "compare", "mark")
        assert not left.exists()
        assert (writing / "half.csv").exists()
        assert all(folder.exists() for folder in other)
    Place(tmp_path / "out", "compare", "mark")
    assert not writing.exists()


def test_a_folder_that_was_about_to_be_replaced_comes_back(tmp_path: Path) -> None:
    place = Place(tmp_path / "out", "compare", "mark")
    place.write({"table.csv": lambda path: path.write_text("1")}, {})
    (tmp_path / "out").rename(tmp_path / ".out-11-replaced")
    Place(tmp_path / "out", "compare", "mark")
    assert (tmp_path / "out" / "table.csv").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_somebody_put_into_a_folder_of_results_stays_there(tmp_path: Path) -> None:
    files = {"table.csv": lambda path: path.write_text("1")}
    Place(tmp_path / "out", "compare", "mark").write(files, {})
    deep = tmp_path / "out" / "mine" / "deep.txt"
    deep.parent.mkdir()
    deep.write_text("mine")
    (tmp_path / "out" / "link").symlink_to("nowhere")
    Place(tmp_path / "out", "compare", "mark").write(files, {})
    assert deep.read_text() == "mine"
    assert (tmp_path / "out" / "link").is_symlink()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"table.csv", "manifest.json", "mine", "link"}


def test_the_folder_in_which_one_stands_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        Place(Path(), "compare", "mark").write({"table.csv": lambda path: path.write_text("1")}, {})
        assert {path.name for path in tmp_path.iterdir()} == {"table.csv", "manifest.json"}
    assert Path.cwd() == tmp_path
