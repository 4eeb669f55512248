"""A fast stand-in for the simulator: the logarithms of what it would count, as a function of the free numbers.

A second-order response surface (ridge regression) carries most of it; a Gaussian process on what that leaves over
carries the rest.  How far off the stand-in is, noise of the simulator included, is measured on points that it was not
given.

References
----------
J. Sacks, W. Welch, T. Mitchell, H. Wynn, "Design and analysis of computer experiments" (Statistical Science 4, 1989).
L. Bastos, A. O'Hagan, "Diagnostics for Gaussian process emulators" (Technometrics 51, 2009).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Strengths of the ridge that are tried, parts of the cross-validation, and most points of the Gaussian process.
ALPHAS, FOLDS, MOST = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0), 5, 700


class Emulator:
    """Response surface and Gaussian process for several outputs at once.

    Parameters
    ----------
    z
        Points, standard normal coordinates, (points, free numbers).
    y
        Outputs, (points, outputs).
    main
        Which coordinates may act in squares, products and in the Gaussian process; the others act along a line.
    seed
        Of the split in the cross-validation.

    Attributes
    ----------
    variance
        Mean square of what it is off by on points that it was not given, (outputs,).
    explained
        Share of the outputs' variance that it explains on such points, (outputs,).
    """

    def __init__(self, z: Array, y: Array, main: Sequence[int], seed: int = 0) -> None:
        from sklearn.model_selection import KFold

        self.main = list(main)
        self._fit(z, y)
        missed = np.zeros(y.shape)
        for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(z):
            part = Emulator.__new__(Emulator)
            part.main = self.main
            part._fit(z[train], y[train], kernel=self._gp.kernel_, alpha=self._alpha)
            missed[test] = y[test] - part.predict(z[test])
        self.variance = np.mean(missed**2, axis=0)
        self.explained = 1.0 - self.variance / np.maximum(y.var(axis=0), 1e-12)

    def _features(self, z: Array) -> Array:
        some = z[:, self.main]
        first, second = np.triu_indices(len(self.main))
        return np.concatenate([z, some[:, first] * some[:, second]], axis=1)

    def _fit(self, z: Array, y: Array, kernel: Any = None, alpha: float | None = None) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
        from sklearn.linear_model import Ridge, RidgeCV

        if alpha is None:
            alpha = float(RidgeCV(alphas=ALPHAS).fit(self._features(z), y).alpha_)
        self._alpha = alpha
        self._trend = Ridge(alpha=alpha).fit(self._features(z), y)
        left = y - self._trend.predict(self._features(z)).reshape(y.shape)
        self._scale = np.maximum(left.std(axis=0), 1e-9)
        fixed = kernel is not None
        if kernel is None:
            lengths = np.full(len(self.main), 4.0)
            kernel = ConstantKernel(0.3, (1e-3, 10.0)) * RBF(lengths, (0.8, 100.0)) + WhiteKernel(0.7, (1e-2, 10.0))
        some = slice(-MOST, None)  # the latest points lie where it matters
        process = GaussianProcessRegressor(kernel, optimizer=None if fixed else "fmin_l_bfgs_b", alpha=1e-8)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a coordinate without effect has no length of its own
            self._gp = process.fit(z[some][:, self.main], left[some] / self._scale)

    def predict(self, z: Array) -> Array:
        """Outputs at some points, (points, outputs)."""
        rest = self._gp.predict(z[:, self.main]).reshape(len(z), -1)
        return np.asarray(self._trend.predict(self._features(z)).reshape(len(z), -1) + rest * self._scale)
