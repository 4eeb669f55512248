"""A stand-in for the model, for tests of the machinery: its runs take as long as wanted, and can be made to fail.

A worker of a cluster preloads it (``dask worker --preload tests/tiny_model.py``), and child processes import it.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import abm

#: Runs with this amount fail while the file named by TINY_FAILS exists; with this one their process dies.
FAILING, DEADLY = 666.0, 999.0
VERSION = "tiny-1"


class TinyPrepared:
    """Measures that depend on a few inputs and the seed alone."""

    def __init__(self, policy: Any, caseload: Any, behaviour: Any, weeks: int, households: int | None) -> None:
        self.amount = policy.offer.amount_per_person
        inputs = (policy.name, self.amount, policy.offer.early_bonus, caseload.world.hotel_night, behaviour.money)
        self.key = repr((*inputs, weeks, households))
        self.weeks = weeks

    def identity(self, seed: int) -> str:
        return hashlib.blake2b(f"{VERSION}{self.key}{seed}".encode(), digest_size=16).hexdigest()

    def measures(self, seed: int) -> np.ndarray:
        if os.environ.get("TINY_SECONDS"):
            time.sleep(float(os.environ["TINY_SECONDS"]))
        if os.environ.get("TINY_LOG"):
            with open(os.environ["TINY_LOG"], "a") as log:
                log.write(self.identity(seed) + "\n")
        if os.environ.get("TINY_WHO"):
            with open(os.environ["TINY_WHO"], "a") as log:
                log.write(f"{os.getpid()}\n")
        if self.amount == FAILING and Path(os.environ.get("TINY_FAILS", "")).is_file():
            raise ArithmeticError("the amount is 666")
        if self.amount == DEADLY:
            os.kill(os.getpid(), 9)
        # The seed sets most of it and the point a little: what common random numbers give.
        common = np.random.default_rng(seed).normal(0.5, 0.1, len(abm.MEASURES))
        return common + int(self.identity(0)[:4], 16) / 1e7

    def run(self, seed: int) -> Any:
        import pandas as pd

        weeks = np.arange(self.weeks)
        series = pd.DataFrame({"week": weeks, "exhausted": 100.0 - weeks, "departures": weeks * self.measures(seed)[0]})
        return type(
            "Run", (), {"measures": dict(zip(abm.MEASURES, self.measures(seed), strict=True)), "series": series}
        )


def prepare(
    policy: Any, caseload: Any, behaviour: Any = None, *, weeks: int = 260, households: int | None = None
) -> TinyPrepared:
    return TinyPrepared(policy, caseload, behaviour, weeks, households)


def install(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Put the stand-in where the sweep looks for the model."""
    put(abm, "prepare", prepare)
    put(abm, "MODEL_VERSION", VERSION)
    put(abm, "model_version", lambda: VERSION)


def dask_setup(worker: Any) -> None:
    """Called by a Dask worker that preloads this file.

    TINY_OTHER makes it a worker of another version of something: the model, ``numpy`` or ``numba``.
    """
    install()
    other = os.environ.get("TINY_OTHER", "")
    if other == "model":
        abm.MODEL_VERSION = "tiny-2"  # type: ignore[misc]
    elif other in ("numpy", "numba"):
        importlib.import_module(other).__version__ = "0.1"
