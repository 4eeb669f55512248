"""CONTRIBUTING says what is true: the house as the imports make it, files, tests, commands and options that exist."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import networkx as nx
import pytest
from house.test_wings import EVERY, FLOORS, FORWARDER

from abm.version import VERSION
from experiments.cli.main import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# ---- the house in one figure ------------------------------------------------------------------------


def wing_of(module: str) -> str:
    """The wing, or file beside the wings, in which a module stands; the package itself for its ``__init__``."""
    return ".".join(module.split(".")[:2])


def arrows(package: str) -> list[tuple[str, str]]:
    """Which wing imports which, from the top; what another wing on the way imports already is left out."""
    wings = [wing for floor in FLOORS[package] for wing in floor]
    graph = nx.DiGraph()
    graph.add_nodes_from(wings)
    for found in EVERY:
        one, other = (wing_of(module).partition(".") for module in (found.importer, found.imported))
        inside = one[0] == other[0] == package and {one[2], other[2]} <= set(wings)
        if inside and one[2] != other[2] and found.importer != FORWARDER:
            graph.add_edge(one[2], other[2])
    order = {wing: place for place, wing in enumerate(wings)}
    return sorted(nx.transitive_reduction(graph).edges, key=lambda edge: (-order[edge[0]], -order[edge[1]]))


def house() -> str:
    """The figure, as Mermaid."""
    lines = ["flowchart LR"]
    for package in reversed(FLOORS):
        lines += [f'    subgraph {package}["{package}/"]', "        direction TB"]
        lines += [f"        {package}.{one} --> {package}.{other}" for one, other in arrows(package)]
        wings = [wing for floor in FLOORS[package] for wing in floor]
        lines += [f'        {package}.{wing}["{_title(package, wing)}"]' for wing in wings]
        lines.append("    end")
    return "\n".join([*lines, "    experiments --> abm"])


def _title(package: str, wing: str) -> str:
    return f"{wing}/" if (ROOT / package / wing).is_dir() else f"{wing}.py"


def test_the_figure_is_the_house_as_its_imports_make_it() -> None:
    drawn = re.findall(r"^```mermaid\n(.*?)\n```", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert drawn == [house()], "\n" + house()


def test_every_arrow_goes_down_the_house() -> None:
    for package, floors in FLOORS.items():
        floor = {wing: place for place, wings in enumerate(floors) for wing in wings}
        found = arrows(package)
        assert len(found) >= len(floor) - 1
        assert all(floor[one] >= floor[other] for one, other in found)


# ---- files and tests that it names ------------------------------------------------------------------

#: What stands in code and looks like a path of the repository.
PATHS = sorted(set(re.findall(r"`((?:abm|experiments|tests|results)/[\w./-]*[\w/]|\.[a-z][\w./-]+/[\w.-]+)`", TEXT)))
TESTS = sorted(set(re.findall(r"`(tests/[\w./]+\.py)::(\w+)`", TEXT)))


@pytest.mark.parametrize("path", [*PATHS, *sorted({file for file, _ in TESTS})])
def test_what_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_tests_that_are_named_exist(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_ten_changes_have_each_their_files_and_their_tests() -> None:
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| **")]
    assert len(rows) == 10
    for change, files, tests in rows:
        assert "`" in files, change
        assert "`tests/" in tests, change


# ---- commands ---------------------------------------------------------------------------------------


def commands() -> list[str]:
    """Every command line of the blocks and of the code within sentences."""
    lines = [line.partition("  #")[0].strip() for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
             for line in block.splitlines()]  # fmt: skip
    lines += re.findall(r"`((?:returns|python -m|pytest|ruff|mypy|bash|pre-commit) [^`]+)`", TEXT)
    parts = {part.strip().removeprefix(".venv/bin/") for line in lines for part in line.split("&&") if part}
    return sorted({re.sub(r"^(?:[A-Z_]+=\S+ )+", "", part) for part in parts})


COMMANDS = commands()


def test_every_kind_of_command_is_looked_at() -> None:
    kinds = {command.split()[0] for command in COMMANDS}
    assert kinds == {"returns", "python", "python3", "pytest", "ruff", "mypy", "bash", "pip", "pre-commit"}


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("returns ")])
def test_commands_of_returns_can_be_read(command: str) -> None:
    """They are parsed and not run: an option that does not exist is an error."""
    called, *_ = app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)
    assert callable(called)


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("python -m ")])
def test_modules_that_are_run_exist(command: str) -> None:
    _, _, module, *arguments = shlex.split(command)
    assert importlib.util.find_spec(module) is not None
    if module == "experiments.report.reference" and arguments[:1] != ["ship"]:
        assert set(arguments) <= reference_tables()
    if module == "experiments.report.odd":
        assert arguments in ([], ["--check"])


def reference_tables() -> set[str]:
    """The names of the reference tables, read from the command that makes them."""
    tree = ast.parse((ROOT / "experiments" / "report" / "reference.py").read_text(encoding="utf-8"))
    [made] = [node.value for node in ast.walk(tree)
              if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "made"]  # fmt: skip
    assert isinstance(made, ast.Dict)
    return {ast.literal_eval(key) for key in made.keys if key is not None}


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("pytest")])
def test_tests_are_chosen_by_markers_and_paths_that_exist(command: str) -> None:
    words = shlex.split(command)
    markers = {marker.partition(":")[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    if "-m" in words:
        assert set(re.findall(r"\w+", words[words.index("-m") + 1])) - {"not", "or", "and"} <= markers
    assert all((ROOT / word).exists() for word in words if word.startswith("tests"))


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("pip install")])
def test_extras_that_are_installed_are_declared(command: str) -> None:
    extras = set(re.findall(r"\w+", "".join(re.findall(r"\.\[(.*?)\]", command))))
    assert extras <= set(PROJECT["project"]["optional-dependencies"])


# ---- what goes with it ------------------------------------------------------------------------------


def test_the_version_is_the_same_wherever_it_stands() -> None:
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    assert cited is not None
    assert PROJECT["project"]["version"] == VERSION == cited[1]


def test_the_workflow_runs_what_is_run_here() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.findall(r"^ *- run: (.+)$", workflow, re.M) == ["bash .ci/run"]


def test_hooks_are_local_and_run_what_is_installed() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ *- repo: (.+)$", hooks, re.M) == ["local"]
    entries = re.findall(r"^ *entry: (.+)$", hooks, re.M)
    assert [entry.split()[0] for entry in entries] == ["ruff", "ruff", "python"]
    assert set(re.findall(r"^ *language: (.+)$", hooks, re.M)) == {"system"}
    development = " ".join(PROJECT["project"]["optional-dependencies"]["dev"])
    assert "ruff" in development
    assert "mypy" in development
