"""The notebooks run from top to bottom, in a kernel of their own, and are kept without outputs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import abm

#: Where what is tested lies: what is compiled already need not be compiled again.
HOME = str(Path(abm.__file__).parents[1])
NOTEBOOKS = sorted((Path(__file__).parents[2] / "experiments" / "notebooks").glob("*.ipynb"))
#: Runs a notebook in a kernel of the interpreter that tests, and prints it with what it shows.
RUN = """
import sys
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

command = [sys.executable, "-W", "error::UserWarning:__main__", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
manager = AsyncKernelManager()
manager._kernel_spec = KernelSpec(argv=command, display_name="tested", language="python")
run = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(run, timeout=800, km=manager).execute()
print(nbformat.writes(run))
"""


def cells(notebook: Path, kind: str) -> list[dict[str, Any]]:
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def test_there_are_three() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(notebook: Path) -> None:
    """They would be those of some earlier model, and every change of it would be a change of pictures."""
    for cell in cells(notebook, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(notebook: Path) -> None:
    text = "".join("".join(cell["source"]) for cell in cells(notebook, "markdown"))
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", text)
    assert links
    assert [link for link in links if not (notebook.parent / link).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_tables_and_figures(notebook: Path, tmp_path: Path) -> None:
    for module in ("nbclient", "ipykernel", "ipywidgets"):
        pytest.importorskip(module, reason="the extra `notebook` is not installed")
    place = {"PYTHONPATH": os.pathsep.join([HOME, os.environ.get("PYTHONPATH", "")])}
    inherited = {
        name: value for name, value in os.environ.items() if name != "MPLBACKEND"
    }  # the kernel's own shows figures
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(notebook)], capture_output=True, text=True, timeout=900, cwd=tmp_path,
        env=inherited | place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    shown = [output.get("data", {}) for cell in run["cells"] for output in cell.get("outputs", [])]
    assert sum("image/png" in data for data in shown) >= 1
    assert sum("<table" in "".join(data.get("text/html", "")) for data in shown) >= 3
    assert not list(tmp_path.iterdir())  # nothing is left behind
