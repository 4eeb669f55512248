"""Nothing that a visitor's thread reaches imports a library for the first time.

Reacton and Altair look libraries up in ``sys.modules`` while they draw; one that another thread is just importing
is found half made, and what was to be shown is lost.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("solara", "altair", "vl_convert")
OURS = ("abm", "experiments")

#: Imports in functions of modules that are loaded with the page, which no visitor reaches, each with the reason.
NOT_REACHED = {
    ("abm", "abm.mesa_model"): "loaded by those who ask for the class of Mesa",
    ("experiments.running.cluster", "distributed"): "only `returns sweep --cluster` asks for a cluster",
    ("experiments.running.runs", "distributed"): "what a worker of a cluster says of itself",
    ("experiments.running.progress", "rich"): "the bar of the terminal",
    ("experiments.running.compiling", "rich"): "shown on the terminal, before anybody can come",
    ("experiments.report.printed", "rich"): "the terminal",
    ("experiments.storing.store", "fcntl"): "of the standard library",
    ("experiments.storing.store", "msvcrt"): "of the standard library, on Windows",
    ("abm.arrays.ties", "networkx"): "read by those who bring their own network, which a page does not accept",
    ("experiments.economics.information", "sklearn"): "the value of information is told by commands, not by a page",
    ("experiments.question.sampling", "SALib"): "points of Sobol and Saltelli, which a page does not ask for",
    ("experiments.report.compare_files", "experiments.report.comparison_figures"): "a page writes no folder",
    ("experiments.report.figures", "matplotlib"): "a page writes no folder",
    ("experiments.sensitivity.indices", "SALib"): "indices are told by commands; a page takes one input at a time",
    ("abm.scenarios.people", "pandas"): "read from a spreadsheet, which a page does not accept",
}

#: For programs, not for pages.
FOR_PROGRAMS = "experiments.api"

STARTED = """
import importlib, json, sys
module = importlib.import_module(sys.argv[1])
print("\\n" + json.dumps(sorted(name for name, found in sys.modules.items() if found is not None)))
"""


def in_functions(text: str) -> Iterator[tuple[str, int, str]]:
    """Imports inside functions: function, line, and the module imported."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from ((function.name, node.lineno, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield function.name, node.lineno, node.module


@pytest.mark.parametrize("folder", ["experiments/page", "abm/browser"])
def test_modules_of_the_pages_import_at_the_top(folder: str) -> None:
    late = [
        f"{path.relative_to(ROOT)}:{line} {function} imports {module}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for function, line, module in in_functions(path.read_text(encoding="utf-8"))
    ]
    assert not late, "\n".join(late)


def of_process(code: str, *words: str) -> list[str]:
    """The list that some code prints last, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


needs_extra = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason="needs the extra `browser`"
)


@needs_extra
@pytest.mark.parametrize("entry", ["experiments.page.app", "abm.browser.mesa_page"])
def test_what_is_imported_late_was_imported_before_anybody_came(entry: str) -> None:
    loaded = set(of_process(STARTED, entry))
    late = []
    for name in sorted(
        module for module in loaded if module.partition(".")[0] in OURS and not module.startswith(FOR_PROGRAMS)
    ):
        found = importlib.util.find_spec(name)
        if found is None or not found.origin or not found.origin.endswith(".py"):
            continue
        for function, line, module in in_functions(Path(found.origin).read_text(encoding="utf-8")):
            top = module.partition(".")[0]
            known = (name, top) in NOT_REACHED or (name, module) in NOT_REACHED
            if module not in loaded and not known and top not in sys.stdlib_module_names:
                late.append(f"{name}:{line} {function} imports {module}")
    assert not late, "\n".join(late)


EXERCISED = """
import importlib, inspect, json, pkgutil, sys, threading
import experiments.page.app
import solara.server.app
from experiments.page import answer, choices, film, paired, place, view
import experiments.page

before = set(sys.modules)
given = choices.Choices(replicates=3, households=60, weeks=60)
found = list(paired.answers(given))[-1]
seen = view.View(given, found, place.Place(), False, "", False, lambda change: None, lambda place: None)
known = {"Answer": found, "Choices": given, "Film": found.film, "Tally": found.tally, "View": seen, "bool": False,
         "Place": seen.place}
called = []

def exercise():
    for info in pkgutil.walk_packages(experiments.page.__path__, "experiments.page."):
        module = sys.modules.get(info.name)
        if module is None:
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != info.name or hasattr(function, "__wrapped__"):
                continue
            takes = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
            kinds = {p.name: str(p.annotation) for p in takes}
            sides = {n: v for n, v in (("side", "a"), ("household", 5), ("week", 30)) if n in kinds}
            if takes and all(kinds[n] in known or n in sides for n in kinds):
                try:
                    result = function(**{n: sides[n] if n in sides else known[kinds[n]] for n in kinds})
                    if inspect.isgenerator(result):
                        list(result)
                    called.append(f"{info.name}.{name}")
                except Exception as error:
                    print(info.name, name, repr(error), file=sys.stderr)

thread = threading.Thread(target=exercise)
thread.start()
thread.join()
assert "experiments.page.downloads.series_csv" in called, called
assert "experiments.page.downloads.figures_csv" in called, called
top = {name.partition(".")[0] for name in set(sys.modules) - before}
print("\\n" + json.dumps(sorted(top - {name.partition(".")[0] for name in before} - set(sys.stdlib_module_names))))
"""


@needs_extra
def test_working_things_out_imports_no_library_for_the_first_time() -> None:
    assert of_process(EXERCISED) == []
