"""Nothing that is read becomes code, and nothing leaves the machine: the source is searched, and a run is watched.

The exceptions stand here, each with its reason, and in SECURITY.md.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for package in ("abm", "experiments") for path in (ROOT / package).rglob("*.py"))

#: Modules that read objects of any kind, reach the network or start programs.
MODULES = {
    "pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "urllib.request", "http.client", "http",
    "requests", "httpx", "aiohttp", "urllib3", "socket", "socketserver", "ssl", "ftplib", "smtplib", "xmlrpc",
    "telnetlib", "webbrowser", "subprocess", "multiprocessing", "runpy", "distributed", "dask", "code", "pty",
}  # fmt: skip
#: Calls by name, and by attribute wherever it stands.
CALLS = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {"read_pickle", "to_pickle", "import_module", "exec_module", "run_path", "run_module", "system", "popen"}
#: Options that let a reader or a shell run what it is given.
OPTIONS = {"allow_pickle", "shell"}

ALLOWED = {
    ("abm/rules.py", "exec"): "a file named with --rule is Python of the user's own",
    ("abm/rules.py", "compile"): "the same",
    ("abm/browser/__init__.py", "import_module"): "names of a table of its own, so that drawing is imported late",
    ("experiments/running/runs.py", "pickle"): "what runs share, on its way to a worker of a cluster; never on disk",
    ("experiments/running/cluster.py", "distributed"): "the scheduler that --cluster names",
    ("experiments/running/runs.py", "distributed"): "the worker that a batch is on",
    ("experiments/running/compiling.py", "subprocess"): "this Python once more, to compile on a second core",
    ("experiments/page/gate.py", "socket"): "the names of this machine",
    ("experiments/cli/serve.py", "socket"): "where the page listens",
    ("experiments/cli/serve.py", "webbrowser"): "shows the page of this machine",
    ("experiments/cli/report.py", "webbrowser"): "shows the file that it has written (--open)",
}


def suspicious(text: str) -> Iterator[str]:
    """Whatever a reader of the source would want explained."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name in MODULES or name.partition(".")[0] in MODULES - {"http"})
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in CALLS:
                yield called.id
            if isinstance(called, ast.Attribute) and called.attr in ATTRIBUTES:
                yield called.attr
            yield from (word.arg for word in node.keywords if word.arg in OPTIONS)


def found_in(path: Path) -> set[tuple[str, str]]:
    name = path.relative_to(ROOT).as_posix()
    return {(name, what.partition(".")[0]) for what in suspicious(path.read_text("utf-8"))}


def test_nothing_read_becomes_code_and_nothing_reaches_out_but_for_the_exceptions() -> None:
    assert set().union(*map(found_in, FILES)) == set(ALLOWED)


def test_pickled_is_only_what_travels_to_a_worker() -> None:
    """By `dumps` and `loads`, of bytes in memory: never `load` of a file."""
    tree = ast.parse((ROOT / "experiments/running/runs.py").read_text("utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pickle"
    }
    assert used == {"dumps", "loads", "HIGHEST_PROTOCOL"}


@pytest.mark.parametrize("text", [
    "import pickle", "from pickle import load", "def f():\n    import urllib.request", "from http.client import x",
    "import socket as s", "eval('1')", "exec(text)", "pd.read_pickle(path)", "np.load(path, allow_pickle=True)",
    "os.system('ls')", "run(['ls'], shell=True)", "importlib.import_module(name)", "from urllib import request",
])  # fmt: skip
def test_what_is_searched_for_would_be_found(text: str) -> None:
    assert list(suspicious(text))


@pytest.mark.parametrize("text", ["re.compile(x)", "import http_cache", "from urllib.parse import urlsplit", "load(x)"])
def test_what_is_harmless_is_let_be(text: str) -> None:
    assert not list(suspicious(text))


WATCHED = """
import sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"):
        print("REACHES OUT", event, arguments, file=sys.stderr, flush=True)
        raise PermissionError(f"{event} {arguments}")

sys.addaudithook(watch)
"""


def watched(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Some code in a process that fails where it reaches for a network; the interpreter itself reports it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-c", WATCHED + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_a_comparison_reaches_for_no_network(tmp_path: Path) -> None:
    done = watched(
        "from experiments.cli.main import main\nsys.exit(main(sys.argv[1:]))",
        "compare", "uk-pilot-2026", "--replicates", "2", "--weeks", "4", "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "REACHES OUT" not in done.stderr
    assert (tmp_path / "out" / "summary.csv").is_file()


def test_reaching_out_would_be_seen() -> None:
    done = watched("import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=1)")
    assert done.returncode == 1
    assert "REACHES OUT" in done.stderr
