"""Beside a folder of one's own that is called `experiments`, the package is found with ``python -P``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from experiments.sweep import sweep
import experiments
print(experiments.__file__)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A user's script next to her own package."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text('"""Mine."""\n')
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def run(script: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, script.name]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return subprocess.run(
        command, cwd=script.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_with_p_the_package_is_found(script: Path) -> None:
    done = run(script, "-P")
    assert done.returncode == 0, done.stderr
    assert str(script.parent) not in done.stdout


def test_without_p_ones_own_folder_comes_first(script: Path) -> None:
    done = run(script)
    assert done.returncode == 1
    assert "ModuleNotFoundError: No module named 'experiments.sweep'" in done.stderr
