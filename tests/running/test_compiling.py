"""The first run: what is compiled is told, once, and only then; the week is compiled apart, by the same types."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import abm.week.compiled as compiled
from experiments.question.case import load_case
from experiments.running import compiling
from experiments.running.compiling import SENTENCE, announcing_compilation


@pytest.fixture(autouse=True)
def warm() -> None:
    load_case("uk-2025", weeks=1, households=1).prepared().run(0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def compile_something() -> None:
    numba.njit(lambda x: x + 1)(1)


def test_nothing_is_said_when_all_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    with announcing_compilation(told.append):
        load_case("uk-pilot-2026", weeks=2, households=3).prepared().run(0)
    assert told == []
    assert capsys.readouterr() == ("", "")


def test_what_the_block_compiles_is_told_in_one_sentence() -> None:
    told: list[str] = []
    with announcing_compilation(told.append):
        compile_something()
        compile_something()
    assert len(told) == 1
    assert told[0].startswith(SENTENCE)


@pytest.mark.parametrize(("clock", "shown"), [(True, True), (False, False)])
def test_a_terminal_shows_the_seconds_and_then_what_it_took(
    monkeypatch: pytest.MonkeyPatch, clock: bool, shown: bool
) -> None:
    told: list[str] = []
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(compiling, "_compile", lambda week: compile_something())
    with announcing_compilation(told.append, clock=clock):
        pass
    assert (SENTENCE in screen.getvalue()) is shown
    assert ("0:00:0" in screen.getvalue()) is shown
    assert screen.getvalue().endswith(" s\n") is shown
    assert len(told) == (not shown)


def test_the_week_is_typed_by_households_that_the_plain_functions_make() -> None:
    """Else the process apart would keep a week that nobody asks for."""
    prepared = load_case("uk-2025", weeks=1, households=1).prepared()
    assert numba.typeof(compiled.begin.py_func(0, prepared.plain)) == numba.typeof(prepared.begin(0))


def test_where_no_process_can_be_started_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(compiling, "cores", lambda: 2)
    apart = compiling._WeekApart()
    apart.start()
    apart.wait()
    apart.stop()


@pytest.mark.slow
def test_the_first_run_tells_it_and_the_second_has_nothing_to_tell(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "experiments.cli.main", "run", "uk-2025", "--weeks", "1", "--households", "1"]
    kept = tmp_path / "kept"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kept)}

    def told() -> str:
        done = subprocess.run(
            [*command, "--out", str(tmp_path / "run")], env=environment, capture_output=True, text=True, check=True
        )
        return done.stderr

    assert [line for line in told().splitlines() if line.startswith(SENTENCE)] != []
    entries = sorted(path.name.split("-")[0].rpartition(".")[2] for path in kept.rglob("*.nbc"))
    assert entries == ["advance", "begin", "best_later", "tallied"]  # each once, though two processes made them
    assert SENTENCE not in told()
