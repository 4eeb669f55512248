"""Figures change with the model, and with nothing else (see `golden`)."""

from __future__ import annotations

import json

import golden
import pytest

import abm


def kept() -> dict[str, object]:
    told: dict[str, object] = json.loads(golden.GOLDEN.read_text("utf-8"))
    return told


def test_runs_give_what_they_gave_to_the_last_bit() -> None:
    told = kept()
    same_model = told["model"] == abm.MODEL_VERSION
    hint = (
        "the same model, other figures: a library, a processor or Python made the difference"
        if same_model
        else "another model: if its figures are meant to change, `python tests/golden.py` and a line in the changelog"
    )
    assert golden.made() == told["runs"], hint


def test_the_file_is_not_written_anew_for_the_model_that_it_was_made_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = golden.GOLDEN.read_text("utf-8")
    monkeypatch.setattr(abm, "MODEL_VERSION", kept()["model"])
    monkeypatch.setattr(golden, "made", lambda: {"pilot": {}})
    assert golden.main() == 1
    assert "the same model" in capsys.readouterr().out
    assert golden.GOLDEN.read_text("utf-8") == before


def test_another_model_writes_it_with_its_own_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(golden, "GOLDEN", tmp_path / "golden.json")  # type: ignore[operator]
    monkeypatch.setattr(golden, "made", lambda: {"pilot": {"departures": "1.0"}})
    assert golden.main() == 0
    assert kept() == {"model": abm.MODEL_VERSION, "runs": {"pilot": {"departures": "1.0"}}}
    assert golden.main() == 0
    assert "left as it is" in capsys.readouterr().out
