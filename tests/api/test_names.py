"""`from experiments import compare` is the function, whatever was imported before, and costs nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from types import FunctionType

import pytest

import experiments
from experiments.cli.attribute import attribute_command
from experiments.cli.compare import compare_command
from experiments.cli.fit import fit_command
from experiments.cli.sensitivity import sensitivity_command
from experiments.cli.sweep import sweep_command
from experiments.cli.validate import validate_command

ROOT = Path(__file__).parents[2]
WINGS = {
    "compare": "from experiments.compare.comparing import Comparison",
    "sweep": "import experiments.sweep.sweeping",
    "sensitivity": "from experiments.sensitivity import analyse",
}


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("order", list(permutations(WINGS))[:3])
def test_the_names_are_functions_whatever_was_imported_before(order: tuple[str, ...]) -> None:
    before = "\n".join(WINGS[name] for name in order)
    told = python(
        f"{before}\nimport experiments.compare.paired\nfrom experiments import compare, sensitivity, sweep\n"
        "import experiments\nfrom experiments.compare import rows, comparing\nfrom experiments.sweep import results\n"
        "print(*(type(f).__name__ for f in (compare, sweep, sensitivity, experiments.compare)), comparing.__name__)"
    )
    assert told == "function " * 4 + "experiments.compare.comparing"


def test_every_name_is_a_function_here_too() -> None:
    import experiments.compare.comparing
    import experiments.sensitivity.analysis
    import experiments.sweep.sweeping

    for name in experiments.__all__:
        assert isinstance(getattr(experiments, name), FunctionType), name


def test_importing_the_names_imports_nothing_heavy() -> None:
    heavy = "numpy", "numba", "pandas", "pydantic", "scipy", "matplotlib", "rich", "mesa", "abm"
    told = python(f"import sys\nimport experiments\nprint([name for name in {heavy!r} if name in sys.modules])")
    assert told == "[]"


@pytest.mark.parametrize(("name", "command"), [
    ("compare", compare_command), ("sweep", sweep_command), ("sensitivity", sensitivity_command),
    ("attribute", attribute_command), ("validate", validate_command), ("fit", fit_command),
])  # fmt: skip
def test_a_function_has_the_defaults_of_its_command(name: str, command: FunctionType) -> None:
    of_python = inspect.signature(getattr(experiments, name)).parameters
    of_command = inspect.signature(command).parameters
    shared = [
        word for word, told in of_python.items() if word in of_command and told.default is not inspect.Parameter.empty
    ]
    assert len(shared) >= 2
    for word in shared:
        own, other = of_python[word].default, of_command[word].default
        assert own == other or (own in (None, ()) and word in ("precision", "waves", "steps", "groups")), word
