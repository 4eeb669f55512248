"""Every file that decides what a run does is part of the model's version, and so of the cache of compiled code."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

import abm
from abm.version import VERSION
from abm.week import compiled

ABM = Path(abm.__file__).parent
#: The hash covers these; `abm.model` adds the measures.
WINGS = (*compiled.WINGS, "measures")
HASHED = {path for wing in WINGS for path in (ABM / wing).glob("*.py")}


def imported(path: Path) -> set[Path]:
    """The files of the model that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = (ABM.parent / f"{name.replace('.', '/')}.py" for name in names if name.startswith("abm."))
    return {file for file in files if file.is_file()}


def test_every_file_with_a_rule_is_part_of_the_models_version() -> None:
    """Otherwise a changed rule could meet stale compiled code, or pass for the same model."""
    marks = ("@rule\n", "@routine\n", "@maker\n", "@entry\n")
    with_rules = {path for path in ABM.rglob("*.py") if any(mark in path.read_text(encoding="utf-8") for mark in marks)}
    assert len(with_rules) > 20
    assert with_rules <= HASHED


def test_every_file_that_the_compiled_week_reads_is_part_of_the_models_version() -> None:
    """From `abm.week.compiled` and the measures on, file by file."""
    reached: set[Path] = set()
    waiting = {ABM / "week" / "compiled.py", *(ABM / "measures").glob("*.py")}
    while waiting:
        path = waiting.pop()
        reached.add(path)
        waiting |= imported(path) - reached
    assert len(reached) > 25
    assert reached <= HASHED


def test_no_wing_with_rules_has_folders_that_the_hash_would_miss() -> None:
    for wing in WINGS:
        assert set((ABM / wing).rglob("*.py")) == set((ABM / wing).glob("*.py")), wing
    assert all((ABM / name).is_file() for name in compiled.TABLES)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model's files that `source_hash` takes for its own."""
    shutil.copytree(ABM, tmp_path / "abm", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "abm" / "week" / "compiled.py"))
    return tmp_path / "abm"


def test_a_change_of_a_rule_a_table_or_a_measure_makes_another_model(copy: Path) -> None:
    before = compiled.source_hash("measures")
    assert f"{VERSION}+{before}" == abm.MODEL_VERSION
    changed = [*(f"{wing}/__init__.py" for wing in WINGS), "week/week.py", "measures/of_runs.py", *compiled.TABLES]
    for name in changed:
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(whole + b"\n")
        assert compiled.source_hash("measures") != before, name
        (copy / name).write_bytes(whole)
    (copy / "why.py").write_text("")
    assert compiled.source_hash("measures") == before
