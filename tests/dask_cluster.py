"""A Dask cluster of processes on this machine, some of which are to die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent


class Cluster:
    """A scheduler and its workers, each a process.

    Parameters
    ----------
    environment
        Variables of all of them.
    host
        Address on which the scheduler listens.
    """

    def __init__(self, folder: Path, environment: dict[str, str], host: str = "127.0.0.1") -> None:
        folder.mkdir(exist_ok=True)
        self._file, self._folder = folder / "scheduler.json", folder
        python = os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")])
        self._environment = {
            **os.environ, **environment, "PYTHONPATH": python, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        }  # fmt: skip
        self.scheduler = self._start([], "scheduler", "--host", host, "--port", "0", "--no-dashboard")
        until = time.monotonic() + 60
        while not self._file.exists() or not self._file.read_text().strip().endswith("}"):
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.05)
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text())["address"])

    def add_worker(
        self, *options: str, host: str = "127.0.0.1", within: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        """One more worker; `within`: the words of a command that runs it somewhere else."""
        worker = self._start(
            within, "worker", "--host", host, "--nthreads", "1", "--no-dashboard", "--local-directory",
            str(self._folder), *options, **environment,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            # The whole group: a nanny has a worker below it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def add_tiny(self, *options: str, **more: Any) -> subprocess.Popen[bytes]:
        """One more worker that has the stand-in for the model."""
        return self.add_worker(*options, "--preload", str(TESTS / "tiny_model.py"), **more)

    def _start(self, within: Sequence[str], kind: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [*within, sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file), *options]
        log = (self._folder / f"{kind}.log").open("ab")
        with log:
            return subprocess.Popen(
                command, env={**self._environment, **environment}, stdout=log, stderr=log, start_new_session=True
            )
