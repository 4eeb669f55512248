"""The house and its wings: a file imports from its own wing and from those below it, never from one above."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

#: From the ground up.  Files that stand beside the wings have a place of their own, several on one floor together.
FLOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "abm": (
        ("numerics",), ("inputs",), ("evidence",), ("scenarios",), ("household",), ("arrays",), ("week",),
        ("measures",), ("frames", "model", "why_state", "why", "why_words", "mesa_network", "mesa_run", "mesa_agent",
         "mesa_reporters", "mesa_model", "mesa_scenario", "rules"), ("examples",), ("browser",),
    ),
    "experiments": (
        ("statistics",), ("storing",), ("question",), ("running",), ("compare",), ("sweep",), ("calibration",),
        ("sensitivity",), ("search",), ("economics",), ("trial",), ("report",), ("api",), ("page",), ("cli",),
    ),
}  # fmt: skip
#: Read by everybody: they import nothing of the house.
CELLAR = {"abm.version"}
#: Says where the page was before it moved.
FORWARDER = "abm.browser.app"

FILES = sorted(path for package in FLOORS for path in (ROOT / package).rglob("*.py"))


def module_of(path: Path) -> str:
    """The name of a file's module; that of a package for its ``__init__``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


class Import(NamedTuple):
    """One module of the house imported by another."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        where = MODULES[self.importer].relative_to(ROOT) if self.importer in MODULES else self.importer
        return f"{where}:{self.line} imports {self.imported}"


def names_of(node: ast.Import | ast.ImportFrom, importer: str) -> Iterator[str]:
    """What a statement imports, as dotted names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parents = importer.split(".")
        if MODULES.get(importer, Path()).name != "__init__.py":
            parents = parents[:-1]
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
    yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(importer: str, text: str, known: set[str]) -> Iterator[Import]:
    """Every import of a module of the house, wherever in the file it stands: also in functions, also for types."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in names_of(node, importer):
                found = name
                while found and found not in known:
                    found = found.rpartition(".")[0]
                if found:
                    yield Import(importer, found, node.lineno)


EVERY = [found for module, path in MODULES.items() for found in imports(module, path.read_text("utf-8"), set(MODULES))]


def floor(module: str) -> int:
    """On which floor of its package a module stands."""
    package, _, inside = module.partition(".")
    wing = inside.split(".")[0]
    return next(n for n, wings in enumerate(FLOORS[package]) if wing in wings)


def climbs(found: Import) -> bool:
    """Whether an import reaches for a higher floor of the same package (the package itself has them all)."""
    package = found.importer.split(".")[0]
    if found.imported.split(".")[0] != package or found.imported in CELLAR or found.importer == package:
        return False
    return found.imported == package or floor(found.imported) > floor(found.importer)


def unseemly(found: Import) -> bool:
    """Whether it is the model that reaches for its experiments."""
    return found.importer.startswith("abm") and found.imported.startswith("experiments")


def circles(every: list[Import]) -> list[str]:
    """Modules that import each other in a circle, or nothing."""
    needs: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in every:
        if found.importer != found.imported:
            needs.setdefault(found.importer, set()).add(found.imported)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


# ---- the house as it stands -------------------------------------------------------------------------


@pytest.mark.parametrize("package", FLOORS)
def test_every_file_stands_in_a_wing_that_is_named_here(package: str) -> None:
    inside = {
        module.removeprefix(f"{package}.").split(".")[0] for module in MODULES if module.startswith(f"{package}.")
    }
    wings = {wing for floor in FLOORS[package] for wing in floor}
    assert inside - {module.split(".")[1] for module in CELLAR} == wings


def test_imports_go_down_the_house() -> None:
    assert len(EVERY) > 300
    assert [str(found) for found in EVERY if climbs(found)] == []


def test_the_model_knows_nothing_of_its_experiments() -> None:
    reaching = [found for found in EVERY if unseemly(found)]
    assert {found.importer for found in reaching} <= {FORWARDER}


def test_no_two_files_need_each_other() -> None:
    assert circles(EVERY) == []


def test_what_everybody_reads_reads_nobody() -> None:
    assert [str(found) for found in EVERY if found.importer in CELLAR] == []


@pytest.mark.parametrize("wing", [
    *(f"{package}/{wing}" for package, floors in FLOORS.items() for floor in floors for wing in floor),
])  # fmt: skip
def test_every_wing_says_in_one_sentence_what_it_holds(wing: str) -> None:
    if (ROOT / wing).is_dir():
        told = ast.get_docstring(ast.parse((ROOT / wing / "__init__.py").read_text("utf-8")))
        assert told is not None
        assert "\n\n" not in told
        assert told.endswith(".")
        assert len(re.findall(r"[.!?](?=\s|$)", told)) == 1, told


# ---- so that the tests above could fail -------------------------------------------------------------


@pytest.mark.parametrize(("importer", "text", "line"), [
    ("abm.numerics.draws", "from abm.week.week import attend", 1),
    ("abm.arrays.state", "import abm.week.compiled as compiled", 1),
    ("abm.arrays.state", "from abm import prepare", 1),
    ("abm.household.offers", "from ..arrays import setting", 1),
    ("abm.inputs.policy", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from abm.model import Run", 3),
    ("abm.week.week", "def later():\n    from abm.why import explain", 2),
    ("experiments.storing.store", "from experiments.sweep import sweep", 1),
])  # fmt: skip
def test_an_import_up_the_house_is_found(importer: str, text: str, line: int) -> None:
    found = [found.line for found in imports(importer, text, set(MODULES)) if climbs(found)]
    assert found == [line]


@pytest.mark.parametrize("text", ["import experiments", "def f():\n    from experiments.cli import main"])
def test_an_import_of_the_experiments_is_found(text: str) -> None:
    assert any(map(unseemly, imports("abm.model", text, set(MODULES))))


def test_a_circle_is_found() -> None:
    back = Import("abm.household.stages", "abm.household.beliefs", 1)
    assert {"abm.household.stages", "abm.household.beliefs"} <= set(circles([*EVERY, back]))
