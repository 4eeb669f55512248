"""`returns serve` refuses in one sentence; `solara run` serves the same page and asks nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from browser_fixtures import ROOT

from abm import InputError

serve = pytest.importorskip("experiments.cli.serve")


@pytest.fixture
def installed(monkeypatch):
    """As if the extra were installed."""
    monkeypatch.setattr(serve, "_NEEDED", ())


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_it_listens_on_this_machine_only_unless_told_otherwise():
    with serve._listen(serve.LOCAL, 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("words", "field"),
    [(["--port", "99999"], "--port"), (["--port", "-1"], "--port"), (["--host", "192.0.2.1"], "--host")],
)
def test_what_cannot_be_listened_on_is_refused_by_name(installed, words, field):
    with pytest.raises(InputError) as refusal:
        serve.app(["--no-open", *words])
    assert refusal.value.field == field


def test_a_port_in_use_is_said(installed):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(InputError, match="not in use"):
            serve.app(["--no-open", "--port", str(held.getsockname()[1])])


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(serve, "_NEEDED", ("no_such_module",))
    with pytest.raises(InputError, match=r"household-returns\[browser\]"):
        serve.app(["--no-open"])


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_solara_run_serves_the_same_page_and_asks_nobody(chromium, tmp_path):
    from browser_visitor import Visitor

    port = free_port()
    words = [
        "run",
        "experiments.page.app",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-open",
        "--no-check-version",
    ]
    # A fresh home: on a first start Solara would tell its own site.
    environment = {**os.environ, "SOLARA_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "solara", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}/"
            for _ in range(600):
                assert process.poll() is None
                try:
                    urllib.request.urlopen(address, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            visitor = Visitor(chromium, address)
            visitor.open("replicates=2")
            assert visitor.elsewhere == []
            assert visitor.errors == []
            visitor.context.close()
        finally:
            process.terminate()
            process.wait(20)
