"""A fast stand-in for the simulator: the logarithms of what it would count, as a function of the free numbers.

Each output has a linear trend over all free numbers, of which the lasso keeps those that matter, and a Gaussian process
over the ten that matter most, on what the trend leaves over.  How far off the stand-in is, noise of the simulator
included, is measured on points that it was not given, of the kind that it will be asked for: outputs that are off
together (the same cohort a year apart) are told as such, by a covariance whose correlations are shrunk.

References
----------
J. Sacks, W. Welch, T. Mitchell, H. Wynn, "Design and analysis of computer experiments" (Statistical Science 4, 1989).
L. Bastos, A. O'Hagan, "Diagnostics for Gaussian process emulators" (Technometrics 51, 2009).
O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (J. Multivariate
Analysis 88, 2004).
R. Tibshirani, "Regression shrinkage and selection via the lasso" (J. R. Statist. Soc. B 58, 1996).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.running.threads import each

Array = NDArray[np.float64]

#: Coordinates in a Gaussian process, parts of a cross-validation, and points and steps that fit its lengths.
MOST, FOLDS, FITTED, STEPS = 10, 5, 240, 40


@dataclass(frozen=True)
class _Output:
    """The stand-in of one output."""

    trend: Any
    process: Any
    scale: float
    top: NDArray[np.intp]

    def predict(self, z: Array) -> Array:
        # As the process itself would, without what it checks anew at each of a million calls.
        smooth = self.process.kernel_.k1
        lengths = np.asarray(smooth.k2.length_scale)
        here, there = z[:, self.top] / lengths, self.process.X_train_ / lengths
        square = np.square(here).sum(axis=1)[:, None] + np.square(there).sum(axis=1) - 2.0 * here @ there.T
        mean = smooth.k1.constant_value * (np.exp(-0.5 * np.maximum(square, 0.0)) @ self.process.alpha_)
        return np.asarray(z @ self.trend.coef_ + self.trend.intercept_ + self.scale * mean)


class Emulator:
    """Trends and Gaussian processes of several outputs.

    Parameters
    ----------
    z
        Points, standard normal coordinates, (points, free numbers).
    y
        Outputs, (points, outputs).
    seed
        Of the splits.
    near
        So many points, the last, lie where it will be asked; its error is measured on those (all, if not said).
    workers
        Threads.

    Attributes
    ----------
    error
        Mean products of what it is off by on points that it was not given, (outputs, outputs).
    explained
        Share of the outputs' variance that it explains on such points, (outputs,).
    """

    def __init__(
        self, z: Array, y: Array, seed: int = 0, *, near: int | None = None, workers: int | None = None
    ) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        # One thread an output: those of the linear algebra would wait for each other.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)  # a coordinate without effect has no length of its own
            made = each(range(y.shape[1]), lambda k: _made(z, y[:, k], seed), workers=workers)
        self._outputs = [output for output, _ in made]
        late = slice(0 if near is None else len(z) - near, None)
        self.error = _products(np.stack([missed for _, missed in made], axis=1)[late])
        self.explained = 1.0 - np.diagonal(self.error) / np.maximum(y[late].var(axis=0), 1e-12)

    def predict(self, z: Array) -> Array:
        """Outputs at some points, (points, outputs)."""
        return np.stack([output.predict(z) for output in self._outputs], axis=1)


def _products(off: Array) -> Array:
    """Mean products of deviations, (points, outputs), their correlations shrunk as their number asks for."""
    from sklearn.covariance import ledoit_wolf

    spread = np.maximum(np.sqrt(np.square(off).mean(axis=0)), 1e-9)
    shrunk = ledoit_wolf(off / spread, assume_centered=True)[0]
    unit = np.sqrt(np.diagonal(shrunk))
    return np.asarray(shrunk / np.outer(unit, unit) * np.outer(spread, spread))


def _made(z: Array, y: Array, seed: int) -> tuple[_Output, Array]:
    """The stand-in of one output, and what it is off by at each point when it was not given it."""
    from sklearn.model_selection import KFold

    whole = _fitted(z, y, seed)
    missed = np.zeros(len(y))
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(z):
        missed[test] = y[test] - _fitted(z[train], y[train], seed, like=whole).predict(z[test])
    return whole, missed


def _fitted(z: Array, y: Array, seed: int, like: _Output | None = None) -> _Output:
    """A stand-in; `like`: with its penalty, its coordinates and the lengths of its process."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.linear_model import Lasso, LassoCV

    if like is None:
        trend: Any = LassoCV(cv=4, random_state=seed).fit(z, y)
        top = np.argsort(-np.abs(trend.coef_), kind="stable")[:MOST]
    else:
        trend, top = Lasso(alpha=_penalty(like.trend)).fit(z, y), like.top
    left = y - trend.predict(z)
    scale = max(float(left.std()), 1e-9)
    if like is None:
        start = ConstantKernel(1.0, (1e-3, 100.0)) * RBF(np.full(len(top), 3.0), (0.5, 50.0))
        some = np.random.default_rng(seed).permutation(len(z))[:FITTED]
        first = GaussianProcessRegressor(start + WhiteKernel(0.3, (1e-2, 10.0)), optimizer=_few_steps, alpha=1e-8)
        kernel = first.fit(z[some][:, top], left[some] / scale).kernel_
    else:
        kernel = like.process.kernel_
    process = GaussianProcessRegressor(kernel, optimizer=None, alpha=1e-8).fit(z[:, top], left / scale)
    return _Output(trend, process, scale, top)


def _few_steps(value: Any, start: Array, bounds: Array) -> tuple[Array, float]:
    """Lengths good enough: the likelihood is flat around the best ones."""
    from scipy.optimize import minimize

    found = minimize(value, start, method="L-BFGS-B", jac=True, bounds=bounds, options={"maxfun": STEPS})
    return found.x, float(found.fun)


def _penalty(trend: Any) -> float:
    return max(float(getattr(trend, "alpha_", getattr(trend, "alpha", 1e-3))), 1e-6)
