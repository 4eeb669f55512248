"""What it would be worth to find out some of the inputs before choosing, from the draws of an analysis by regression.

References
----------
Strong, Oakley and Brennan 2014, Medical Decision Making 34: 311–326: the expected net benefit of each strategy *given*
the inputs in question is its regression on them, so one set of draws is enough.  Briggs, Claxton and Sculpher 2006,
chapter 7.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.inputs.parameters import InputError

Array = NDArray[np.float64]

#: A Gaussian process on at most so many draws; beyond, splines, whose effort grows with the draws and not their cube.
MOST_DRAWS = 2_000
#: Its scales are found on at most so many of them.
TUNED_ON = 200
#: A scale for each input where there are at most so many of them, and so many draws for each; else one for all.
MOST_SCALES, DRAWS_A_SCALE = 5, 40
KNOTS = 7
#: Draws of the fitted functions from their posterior, for the standard error.
SAMPLES = 200
INSTALL = "pip install 'household-returns[economics]'"
#: Fewer draws than this support no regression.
LEAST_DRAWS = 20


@dataclass(frozen=True)
class Information:
    """The expected value of partial perfect information (EVPPI) of some inputs.

    Attributes
    ----------
    value
        In the unit of the net benefit: nought at least, and at most the value of perfect information of the same draws.
    standard_error
        Spread of the value over the posterior of the fitted functions (Strong and others 2014).
    held_out
        A check of bias from below: what would have been gained by choosing in each draw by a function fitted to all the
        *other* draws; no less than nought.  `value` is biased upwards where draws are few, this one downwards.
    method
        What was fitted.
    """

    value: float
    standard_error: float
    held_out: float
    method: str


@dataclass(frozen=True)
class _Fit:
    """A function fitted to one column: its values at the draws, those without each draw, and samples of them."""

    fitted: Array
    left_out: Array
    sampled: Array

    def tells(self, values: Array) -> bool:
        """Whether it comes nearer to draws held out than their mean does (each draw again left out of it)."""
        count = len(values)
        of_mean = values.var() * (count / (count - 1.0)) ** 2
        return bool(np.mean((values - self.left_out) ** 2) < of_mean)


def installed() -> bool:
    """Whether the extra ``economics`` is installed, without which there is no regression."""
    return find_spec("sklearn") is not None


def evppi(net_benefit: ArrayLike, parameters: ArrayLike, *, seed: int = 0) -> Information:
    """Expected value of perfect information on some inputs, by non-parametric regression.

    Parameters
    ----------
    net_benefit
        Shape (draws, strategies), at one worth of the effect.
    parameters
        The inputs in question in the same draws, shape (draws, inputs) or (draws,).
    seed
        Of the draws behind the standard error, and of those on which a Gaussian process finds its scales.

    Raises
    ------
    InputError
        If shapes do not go together, there are fewer than 20 draws, a number is not finite, or the extra ``economics``
        is not installed.

    Notes
    -----
    Differences from the strategy of the highest mean are regressed on the inputs: by penalised cubic splines for one
    input, by a Gaussian process (linear part, smooth part and noise; scales by maximum likelihood) for several, and by
    splines with products of pairs where there are more than 2,000 draws.  What a group of many inputs does jointly is
    then found only as far as it is near linear or the draws show it, so its value is rather too small than too large.
    A function that comes no nearer to draws held out than their mean does is not used: it has fitted chance.
    Inputs that do not vary are worth nothing.
    """
    benefit, inputs = _checked(net_benefit, parameters)
    if not installed():
        raise InputError("evppi", "scikit-learn", f"the extra `economics`: {INSTALL}")
    inputs = inputs[:, np.ptp(inputs, axis=0) > 0.0]
    reference = int(benefit.mean(axis=0).argmax())
    differences = benefit - benefit[:, [reference]]
    ceiling = _gain(differences)
    varying = np.flatnonzero(np.ptp(differences, axis=0) > 0.0)
    if not inputs.shape[1] or not len(varying) or ceiling <= 0.0:
        return Information(0.0, 0.0, 0.0, "nothing varies that could change the choice")
    rng = np.random.default_rng(seed)
    standard = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    splines = inputs.shape[1] == 1 or len(inputs) > MOST_DRAWS
    fits = {int(column): (_splines if splines else _process)(standard, differences[:, column], rng)
            for column in varying}  # fmt: skip
    means = differences.mean(axis=0)
    fitted, left_out = (np.tile(means, (len(benefit), 1)) for _ in range(2))
    sampled = np.tile(means, (SAMPLES, len(benefit), 1))
    for column, fit in fits.items():
        sampled[:, :, column] = fit.sampled
        if fit.tells(differences[:, column]):
            fitted[:, column], left_out[:, column] = fit.fitted, fit.left_out
    gains = np.array([_gain(one) for one in sampled])
    chosen = differences[np.arange(len(differences)), left_out.argmax(axis=1)]
    return Information(
        min(_gain(fitted), ceiling), float(gains.std(ddof=1)), min(max(0.0, float(chosen.mean())), ceiling),
        "splines" if splines else "Gaussian process",
    )  # fmt: skip


def _gain(differences: Array) -> float:
    """What choosing draw by draw brings over choosing once."""
    return max(0.0, float(differences.max(axis=1).mean() - differences.mean(axis=0).max()))


def _splines(inputs: Array, values: Array, rng: np.random.Generator) -> _Fit:
    """Penalised cubic splines of each input, and products of pairs; the penalty by the evidence (MacKay 1992)."""
    from sklearn.linear_model import BayesianRidge

    basis = _basis(inputs)
    scale = values.std()
    target = (values - values.mean()) / scale
    model = BayesianRidge(fit_intercept=False, compute_score=False).fit(basis, target)
    fitted = basis @ model.coef_
    # The share that each draw has in its own fitted value: that of the intercept, and of the penalised basis.
    own = 1.0 / len(basis) + model.alpha_ * np.einsum("ij,jk,ik->i", basis, model.sigma_, basis)
    root = _root(model.sigma_)
    sampled = fitted + (rng.standard_normal((SAMPLES, basis.shape[1])) @ root.T) @ basis.T
    return _scaled(fitted, target - (target - fitted) / (1.0 - np.minimum(own, 0.999)), sampled, values)


def _basis(inputs: Array) -> Array:
    """Columns of the splines, each of mean nought and spread one."""
    from sklearn.preprocessing import SplineTransformer

    columns = [inputs]
    for k in range(inputs.shape[1]):
        knots = np.unique(np.quantile(inputs[:, k], np.linspace(0.0, 1.0, KNOTS)))
        if len(knots) > 2:
            columns.append(SplineTransformer(degree=3, knots=knots[:, None]).fit_transform(inputs[:, [k]]))
    if inputs.shape[1] <= MOST_SCALES:
        columns += [inputs[:, [j]] * inputs[:, [k]] for k in range(inputs.shape[1]) for j in range(k)]
    basis = np.column_stack(columns)
    basis = basis[:, np.ptp(basis, axis=0) > 0.0]
    return np.asarray((basis - basis.mean(axis=0)) / basis.std(axis=0))


def _process(inputs: Array, values: Array, rng: np.random.Generator) -> _Fit:
    """A Gaussian process with a linear part, a smooth part and noise."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

    count, width = inputs.shape
    target = (values - values.mean()) / values.std()
    # A shorter scale than this is noise by another name: no two draws are near each other in so many dimensions.
    own = width <= MOST_SCALES and count >= DRAWS_A_SCALE * width
    least = 1.0 if own else float(np.sqrt(width))
    scales = np.full(width, 2.0 * least) if own else 2.0 * least
    kernel = (
        ConstantKernel(0.5 / width, (1e-6, 1e2)) * DotProduct(0.0, "fixed")
        + ConstantKernel(0.2, (1e-6, 1e2)) * RBF(scales, (least, 100.0))
        + WhiteKernel(0.5, (1e-6, 2.0))
    )
    some = rng.permutation(count)[:TUNED_ON]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a scale at its bound: a part that is not there
        tuned = GaussianProcessRegressor(kernel, alpha=1e-8).fit(inputs[some], target[some]).kernel_
    noise = tuned.k2.noise_level + 1e-8
    shared = tuned.k1(inputs)
    precision = np.linalg.inv(shared + noise * np.eye(count))
    fitted = shared @ (precision @ target)
    left_out = target - (precision @ target) / np.diag(precision)
    # The posterior's covariance, K − K (K + noise)⁻¹ K, is noise × K (K + noise)⁻¹.
    root = _root(noise * (shared @ precision))
    sampled = fitted + rng.standard_normal((SAMPLES, root.shape[1])) @ root.T
    return _scaled(fitted, left_out, sampled, values)


def _root(covariance: Array) -> Array:
    """A factor of a covariance that rounding may have made not quite positive."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    kept = values > 1e-12 * max(float(values.max()), 0.0)
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def _scaled(fitted: Array, left_out: Array, sampled: Array, values: Array) -> _Fit:
    """Back in the unit of the values; the mean of a fitted function is that of what it was fitted to."""
    mean, spread = values.mean(), values.std()
    level = sampled.mean(axis=1, keepdims=True)
    return _Fit(mean + spread * (fitted - fitted.mean()), mean + spread * left_out, mean + spread * (sampled - level))


def _checked(net_benefit: ArrayLike, parameters: ArrayLike) -> tuple[Array, Array]:
    benefit, inputs = np.asarray(net_benefit, dtype=float), np.asarray(parameters, dtype=float)
    inputs = inputs[:, None] if inputs.ndim == 1 else inputs
    if benefit.ndim != 2 or not benefit.shape[1]:
        raise InputError("net_benefit", benefit.shape, "a table of draws by strategies")
    if inputs.ndim != 2 or len(inputs) != len(benefit):
        raise InputError("parameters", inputs.shape, f"a table of {len(benefit)} draws by inputs")
    if len(benefit) < LEAST_DRAWS:
        raise InputError("draws", len(benefit), f"at least {LEAST_DRAWS}, so that a regression says something")
    for field, values in (("net_benefit", benefit), ("parameters", inputs)):
        if not np.isfinite(values).all():
            raise InputError(field, float(values[~np.isfinite(values)][0]), "finite numbers")
    return benefit, inputs
