"""A server and a headless Chromium for the tests of the pages; skipped with the reason where there are none.

A plugin of ``conftest.py``: tests of `experiments.page`, of `abm.browser` and of the command that serves them share
it.  What it needs is imported when a test asks for it.

``CHROMIUM`` names its file (default: the first of ``chromium``, ``chromium-browser`` and
``google-chrome`` on the path).  Screenshots are left in ``results/browser``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
#: Chromium keeps quiet: no start-up traffic of its own.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
NEEDED = ("solara", "solara_assets", "altair", "vl_convert", "playwright")


def find_chromium() -> str | None:
    """The browser's file, or None."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next((path for path in found if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    reason = ""
    if missing:
        reason = f"not installed: {', '.join(missing)} (pip install -e '.[browser]' playwright)"
    elif find_chromium() is None:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
    if reason:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=reason))


def serve(*arguments: str) -> Iterator[str]:
    """Start `returns serve` on a free port, yield its address, stop it."""
    code = "import sys; from experiments.cli.serve import app; app(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--no-open", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "http://127.0.0.1:" in line, f"the server said {line!r}"
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def solara_run(app: str, *, home: Path) -> Iterator[str]:
    """Start ``solara run`` on a free port, with a fresh home: on a first start Solara would tell its own site."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    words = ["run", app, "--host", "127.0.0.1", "--port", str(port), "--no-open", "--no-check-version", "--production"]
    command = [sys.executable, "-m", "solara", *words]
    quiet, environment = subprocess.DEVNULL, {**os.environ, "SOLARA_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                assert process.poll() is None
                try:
                    urllib.request.urlopen(address, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    yield from serve()


@pytest.fixture(scope="session")
def mesa_address() -> Iterator[str]:
    yield from serve("--mesa")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Any]:
    """Make visitors; at the end none of them has reached elsewhere or met an error."""
    from browser_visitor import Visitor

    made: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        made.append(Visitor(chromium, address, **options))
        return made[-1]

    yield come
    for visitor in made:
        visitor.context.close()
    assert [url for visitor in made for url in visitor.elsewhere] == []
    assert [error for visitor in made for error in visitor.errors] == []
