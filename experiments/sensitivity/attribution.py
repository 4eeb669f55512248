"""A change shared out over its causes: Shapley shares of what differs between two situations.

Two situations (policy and caseload) give a measure two values.  What differs between them falls into groups of inputs
(`experiments.sensitivity.groups`), and every mixture of the two can be run: some groups as in the second situation, the
others as in the first.  The share of a group is what the measure changes when the group passes from the first to the
second situation, averaged over all orders in which the groups may pass,

    φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (v(S ∪ {i}) − v(S)),

where v(S) is the measure of the mixture with the groups S as in the second.  The shares sum to the change, a group that
makes no difference has none, two groups that do the same have the same, and what two groups do only together is halved
between them.  It is reckoned exactly, run by run: replicate r of every mixture has the same seed and the same
behavioural vector, so the spread of the shares is that of chance and parameters together.

References
----------
L. S. Shapley, "A value for n-person games" (Contributions to the Theory of Games II, Princeton, 1953, 307–317).
A. B. Owen, "Sobol' indices and Shapley value" (SIAM/ASA Journal on Uncertainty Quantification 2, 2014, 245–251).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.sensitivity.asking import Asked
from experiments.sensitivity.mixing import Mixture
from experiments.sensitivity.outcomes import found_in

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """A change and its shares, replicate by replicate.

    Attributes
    ----------
    values
        The outcomes of every mixture, shape (2 ** players, replicates, outcomes).
    shares
        Shape (players, replicates, outcomes); they sum to `change`.
    """

    asked: Asked
    values: Array
    shares: Array
    seconds: float

    @property
    def change(self) -> Array:
        """Second situation less first, shape (replicates, outcomes)."""
        return np.asarray(self.values[-1] - self.values[0])


def shapley(values: Array) -> Array:
    """Exact Shapley shares.

    Parameters
    ----------
    values
        v(S) by number of the coalition, along the first axis: bit i says whether player i is in it, shape (2 ** n, …).

    Returns
    -------
    Array
        Share of each player, shape (n, …).

    References
    ----------
    .. [1] L. S. Shapley, "A value for n-person games" (1953).
    """
    n = len(values).bit_length() - 1
    numbers = np.arange(len(values))
    sizes = np.array([number.bit_count() for number in range(len(values))])
    weights = np.array([math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n) for s in range(n)])
    shares = np.zeros((n, *values.shape[1:]))
    for i in range(n):
        without = numbers[numbers >> i & 1 == 0]
        gains = values[without | 1 << i] - values[without]
        shares[i] = np.tensordot(weights[sizes[without]], gains, axes=1)
    return shares


def attribute(asked: Asked, *, workers: int | None = None, progress: Progress | None = None) -> Attribution:
    """Run every mixture with the same seeds, and share the change out.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The results do not depend on it.

    Raises
    ------
    InputError
        If the inputs do not go together, or the number of workers makes no sense.
    KeyboardInterrupt
        On Ctrl-C, once no new run will be started.
    """
    begun, told, count = time.perf_counter(), progress or Silent(), workers_of(workers)
    mixtures = asked.mixtures()
    jobs = [(mixed, replicate) for replicate in range(asked.replicates) for mixed in mixtures]

    # Where all replicates share a behaviour, each mixture is packed once.
    packed = {} if len(asked.both[0].members) > 1 else {id(mixed): mixed.prepared() for mixed in mixtures}

    def run(job: tuple[Mixture, int]) -> Array:
        mixed, replicate = job
        prepared = packed.get(id(mixed)) or mixed.prepared(replicate)
        return found_in(prepared, asked.seed + replicate, asked.outcomes)

    told.start(len(jobs), 0, f"{count} threads")
    try:
        # The first in this thread, where compilation can be told of.
        found = [run(jobs[0])]
        found += each(jobs[1:], run, workers=count, told=lambda done: told.update(1 + done, 0, len(jobs)))
    finally:
        told.end()
    values = np.stack(found).reshape(asked.replicates, len(mixtures), len(asked.outcomes)).swapaxes(0, 1)
    return Attribution(asked, values, shapley(values), time.perf_counter() - begun)
