"""Progress as a notebook draws it, in a kernel of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import abm

#: Where what is tested lies: what is compiled already need not be compiled again.
HOME = str(Path(abm.__file__).parents[1])
#: Runs some lines in a kernel and prints the text of whatever they display.
KERNEL = """
import json, sys
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
manager = KernelManager()
manager._kernel_spec = KernelSpec(argv=command, display_name="tested", language="python")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=120)
told = []
client.execute_interactive(sys.stdin.read(), timeout=120, output_hook=lambda message: told.append(message["content"]))
client.stop_channels()
manager.shutdown_kernel(now=True)
print(json.dumps([shown.get("data", {}).get("text/plain", "") or shown.get("text", "") for shown in told]))
"""
LINES = """
from experiments.running.progress import progress_of
told = progress_of({asked})
told.start(5, 0, "2 threads")
told.update(5, 0, 5)
told.end()
"""


def shown(asked: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], input=LINES.format(asked=asked), capture_output=True, text=True, timeout=240,
        env={**os.environ, "PYTHONPATH": HOME}, cwd=HOME,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return "\n".join(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_a_notebook_shows_a_bar_that_ends_where_the_runs_do() -> None:
    for module in ("jupyter_client", "ipykernel", "ipywidgets"):
        pytest.importorskip(module)
    # The bar is drawn ten times a second: the end must be drawn though it comes sooner.
    assert "5/5" in shown("None")
    assert "runs on" not in shown("False")
