"""Questions asked of the model: comparisons, sweeps, and what they leave on disk.

>>> from experiments import compare
>>> found = compare("uk-pilot-2026", baseline="uk-2025", replicates=20)
>>> found.frame  # doctest: +SKIP
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

from experiments.api import ask, attribute, compare, fit, sensitivity, sweep, validate

__all__ = ["ask", "attribute", "compare", "fit", "sensitivity", "sweep", "validate"]


class _Package(ModuleType):
    """The package: `compare` stays the function when the wing of that name is imported (`sweep`, `sensitivity` too).

    Python binds a sub-package in its package when it is first imported.  `from experiments.compare import …` needs no
    such binding.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and isinstance(vars(self).get(name), FunctionType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
