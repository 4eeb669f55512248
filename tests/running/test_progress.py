"""What a sweep tells while it runs."""

from __future__ import annotations

import builtins
import io
import time

import pytest

from experiments.running.progress import Bar, Lines, Silent, in_notebook, progress_of


def test_lines_tell_rate_time_left_and_failures() -> None:
    stream = io.StringIO()
    lines = Lines(stream, every=0.0)
    lines.start(100, 10, "2 threads")
    time.sleep(0.01)
    lines.update(40, 3, 100)
    assert "100 runs, 10 of them done already" in stream.getvalue()
    assert "a second" in stream.getvalue()
    assert "left" in stream.getvalue()
    assert "3 failed" in stream.getvalue()


def test_a_script_is_silent_unless_asked_and_a_notebook_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(progress_of(None), Silent)
    assert isinstance(progress_of(False), Silent)
    assert isinstance(progress_of(True), Lines)  # standard error of a test is no terminal
    own = Lines(io.StringIO())
    assert progress_of(own) is own
    monkeypatch.setattr("experiments.running.progress.in_notebook", lambda: True)
    assert isinstance(progress_of(False), Silent)
    monkeypatch.setattr("experiments.running.progress.find_spec", lambda name: object())
    assert isinstance(progress_of(None), Bar)
    monkeypatch.setattr("experiments.running.progress.find_spec", lambda name: None)
    assert isinstance(progress_of(None), Lines)  # a notebook that cannot draw a bar


def test_a_notebook_is_known_by_its_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    IPython = pytest.importorskip("IPython")
    shell = type("ZMQInteractiveShell", (), {})
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell())
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell(), raising=False)
    assert in_notebook()
