"""The versions on which the figures of a run hang: a worker of a cluster has to have those of whoever asks."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import numba
import numpy as np

import abm
from abm.inputs.parameters import InputError

#: Name and number of each, in the order in which a message gives them.
Versions = Mapping[str, str]


def versions() -> dict[str, str]:
    """Those of this process.  The hash in that of the model is of its rules and the tables they read."""
    return {
        "model version": str(abm.MODEL_VERSION),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def check_versions(theirs: Versions, ours: Versions, worker: str = "") -> None:
    """See that a worker has the versions asked for.

    Parameters
    ----------
    worker
        Its address, if that is known.

    Raises
    ------
    InputError
        Naming every version that differs.
    """
    differ = [name for name in ours if theirs.get(name) != ours[name]]
    if differ:
        told = ", ".join(f"{name} {theirs.get(name, 'unknown')}" for name in differ)
        wanted = ", ".join(f"{name} {ours[name]}" for name in differ)
        at = f" at {worker}" if worker else ""
        raise InputError("--cluster", f"a worker{at} with {told}", f"workers with {wanted}, as here: install the same")
