"""Fitting: the posterior of everything that is free, given the rows of the record that may be used for it.

Waves of runs in full teach an emulator what the simulator would say; a Markov chain on the emulator says where the
next wave should be.  The last wave is run at draws of the chain before it; the emulator that has seen it gives the
posterior, and how much it moved those draws is told as their effective size.  Held-out rows are never read.

1. Priors: `experiments.calibration.priors`.  2. Errors of the record and of the model: `targets`, `discrepancy`.
3. Stand-in: `emulator`.  4. Chain: affine-invariant and differential-evolution moves (emcee).

References
----------
M. Kennedy, A. O'Hagan, "Bayesian calibration of computer models" (J. R. Statist. Soc. B 63, 2001).
D. Foreman-Mackey, D. Hogg, D. Lang, J. Goodman, "emcee: the MCMC hammer" (PASP 125, 2013).
A. Gelman et al., "Bayesian Data Analysis" (3rd ed., 2013), ch. 10, on importance weights and their effective size.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.behaviour import Behaviour
from abm.inputs.given import no_file
from abm.inputs.parameters import InputError
from abm.model import model_version, prepare
from experiments.calibration.discrepancy import Shocks
from experiments.calibration.emulator import Emulator
from experiments.calibration.history import History
from experiments.calibration.observing import Observed, observe
from experiments.calibration.priors import Prior, behaviour_priors, discrepancy_priors, unknown_priors
from experiments.calibration.targets import Targets, log_density, targets
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.storing.store import Folder, FolderError

Array = NDArray[np.float64]

#: Points of each wave, and how much wider than the posterior so far the points of a wave are spread (the last: not).
WAVES, WIDER = (300, 200, 200, 120, 120), (1.0, 1.5, 1.2, 1.0)
#: Draws taken in the end, draws that are run in full to check it, runs written at once, and runs that tell their noise.
DRAWS, CHECKED, CHUNK, NOISE = 400, 200, 40, 40
#: Points whose covariances are held at once.
AT_ONCE = 2_000
#: Free numbers of the discrepancy, the last, which no run needs.
LOOSE = 2
#: Steps of the chain, of which the first third is thrown away, and how many of each walker are kept; walkers for each
#: free number; households in a fit.
STEPS, KEPT, WALKERS, SHARE = 2_000, 100, 2.2, 0.6
#: Bytes of the hash with which a table ends.
_DIGEST = 32


@dataclass(frozen=True)
class Plan:
    """Everything that determines a fit.

    Attributes
    ----------
    priors
        Of all free numbers, those of the discrepancy last: the spread of a year, and its persistence.
    share
        Of the households that a history simulates, so many are in a fit, which averages over many runs.
    """

    histories: tuple[History, ...]
    targets: Targets
    priors: tuple[Prior, ...]
    seed: int
    waves: tuple[int, ...]
    steps: int
    share: float

    @property
    def simulated(self) -> tuple[Prior, ...]:
        """The priors of what a run needs: all but those of the discrepancy."""
        return self.priors[:-LOOSE]

    def discrepancy(self, z: Array) -> tuple[Array, Array]:
        """Spread of a year and its persistence at some points, each (points,)."""
        year, persistence = (prior.value(z[:, k]) for k, prior in zip((-2, -1), self.priors[-LOOSE:], strict=True))
        return year, persistence

    @property
    def fingerprint(self) -> str:
        """Hash of everything that determines the runs."""
        told = [
            model_version(),
            self.seed,
            self.waves,
            self.steps,
            self.share,
            [repr(prior) for prior in self.priors],
        ]
        for history in self.targets.histories:
            unknown = {name: one.model_dump(mode="json") for name, one in history.unknown.items()}
            rows = [row.model_dump(mode="json") for row in history.rows if row.use == "calibrate"]
            prepared = prepare(history.policy or "", history.caseload or "", Behaviour(), weeks=history.weeks,
                               households=history.households)  # fmt: skip
            told.append([history.name, history.place, prepared.identity(0), unknown, rows])
        return hashlib.blake2b(json.dumps(told, default=str).encode(), digest_size=16).hexdigest()

    def behaviour(self, z: Array) -> Behaviour:
        """The behaviour at a point."""
        names = {p.name.removeprefix("behaviour."): float(p.value(z[k])) for k, p in enumerate(self.simulated)
                 if p.name.startswith("behaviour.")}  # fmt: skip
        return Behaviour().with_values(names)

    def unknowns(self, z: Array) -> dict[str, float]:
        """What histories leave open, at a point."""
        return {p.name.removeprefix("unknown."): float(p.value(z[k])) for k, p in enumerate(self.simulated)
                if p.name.startswith("unknown.")}  # fmt: skip

    def seen(self, z: Array, seed: int) -> dict[str, Observed]:
        """A run of each history at a point."""
        behaviour, unknowns = self.behaviour(z), self.unknowns(z)
        return {history.name: observe(history, behaviour, unknowns, seed, share=self.share)
                for history in self.targets.histories}  # fmt: skip


def plan(
    histories: Sequence[History],
    *,
    seed: int = 1,
    waves: Sequence[int] = WAVES,
    steps: int = STEPS,
    share: float = SHARE,
) -> Plan:
    """What to fit to what.

    Raises
    ------
    InputError
        If no row may be used, or numbers make no sense.
    """
    aims = targets(histories)
    if not aims.rows:
        raise InputError("histories", [history.name for history in histories], "at least one row with use = calibrate")
    if len(waves) < 2 or min(waves) < 20:
        raise InputError("--waves", list(waves), "at least two waves of at least 20 points")
    used = aims.histories
    priors = (*behaviour_priors(), *unknown_priors(used), *discrepancy_priors())
    return Plan(tuple(histories), aims, priors, seed, tuple(waves), steps, share)


@dataclass(frozen=True)
class Fit:
    """A posterior.

    Attributes
    ----------
    z
        Draws of equal weight, coordinates, (draws, free numbers); those of the discrepancy last.
    chain, before
        Thinned draws of the last chain, and of the one before it, (n, free numbers).
    prior_moments
        What was counted at points of the prior (first wave), on the log, (points, rows).
    check, check_moments
        Draws of the last chain that were run in full, and what was counted there.
    weights
        Of the last wave's points, drawn before it, under the emulator that has seen them; they sum to one.
    emulator, shocks
        As used at the end.
    noise
        Variance of one run's moments at one point over seeds, (rows,).
    """

    plan: Plan
    z: Array
    chain: Array
    before: Array
    prior_moments: Array
    check: Array
    check_moments: Array
    weights: Array
    emulator: Emulator
    shocks: Shocks
    noise: Array

    @property
    def effective(self) -> float:
        """Effective size of the last wave: 1 / Σ w²."""
        return float(1.0 / np.square(self.weights).sum())

    @property
    def moved(self) -> float:
        """How far the last wave moved the means of the posterior, in its spreads (root mean square)."""
        off = (self.chain.mean(axis=0) - self.before.mean(axis=0)) / self.chain.std(axis=0)
        return float(np.sqrt(np.square(off).mean()))

    def columns(self) -> dict[str, Array]:
        """The draws as numbers, by name."""
        return {prior.name: prior.value(self.z[:, k]) for k, prior in enumerate(self.plan.priors)}


def fit(made: Plan, out: Path, *, workers: int | None = None, progress: Progress | None = None) -> Fit:
    """Fit, or go on with a fit that was stopped: what was run is kept in a folder.

    Raises
    ------
    FolderError
        If the folder cannot be used.
    InputError
        If the extra `fit` is not installed.
    """
    _needs()
    progress = progress or Silent()
    total = sum(made.waves) + NOISE + CHECKED
    with Folder(out, {"fit": made.fingerprint}, made.fingerprint) as folder:
        told = {"rows": made.targets.ids, "free": [prior.name for prior in made.priors]}
        folder.write_manifest({"state": "running", **told})
        progress.start(
            total, 0, f"{workers_of(workers)} threads; each point is {len(made.targets.histories)} histories"
        )
        done = 0

        def run(name: str, points: Callable[[], Array], seed: int) -> tuple[Array, Array]:
            nonlocal done
            z = _kept(folder, name, points)
            y = _run(
                made, folder, name, z[:, :-LOOSE], seed, workers, lambda now: progress.update(done + now, 0, total)
            )
            done += len(z)
            return z, y

        try:
            shocks = made.targets.shocks(made.seen(np.zeros(len(made.simulated)), made.seed))
            zs: list[Array] = []
            ys: list[Array] = []
            emulators: dict[int, Emulator] = {}

            def emulator(number: int) -> Emulator:
                """The one taught by the waves so far, made when it is needed."""
                if number not in emulators:
                    late = slice(1 if number > 2 else 0, number)  # the first wave lies far from where it matters
                    here, counted = np.concatenate(zs[late])[:, :-LOOSE], np.concatenate(ys[late])
                    emulators[number] = Emulator(here, counted, made.seed, near=len(zs[number - 1]), workers=workers)
                return emulators[number]

            def chained(number: int) -> Array:
                return sampled(made, emulator(number), shocks, number)

            chain: Array | None = None
            for number, count in enumerate(made.waves, start=1):
                z, y = run(f"wave-{number}", partial(_points, made, chain, count, number), 1_000_000 * number)
                zs.append(z)
                ys.append(y)
                chain = _kept(folder, f"chain-{number}", partial(chained, number))
            assert chain is not None
            middle = np.tile(chain.mean(axis=0), (NOISE, 1))
            _, again = run("noise", lambda: middle, 1_000_000 * (len(made.waves) + 1))
            some = chain[np.random.default_rng([made.seed, 98]).choice(len(chain), CHECKED, replace=False)]
            check, seen = run("check", lambda: some, 1_000_000 * (len(made.waves) + 2))
        finally:
            progress.end()
        after = emulator(len(made.waves))
        weights = _weights(made, emulator(len(made.waves) - 1), after, shocks, zs[-1])
        chosen = np.random.default_rng([made.seed, 99]).choice(len(chain), DRAWS, replace=False)
        earlier = _kept(folder, f"chain-{len(made.waves) - 1}", lambda: chained(len(made.waves) - 1))
        found = Fit(made, chain[chosen], chain, earlier, ys[0], check, seen, weights, after, shocks,
                    again.var(axis=0, ddof=1))  # fmt: skip
        done_told = {"effective": found.effective, "of": len(zs[-1]), "moved": found.moved}
        folder.write_manifest({"state": "complete", **done_told, **told})
    return found


def _needs() -> None:
    try:
        import emcee  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError:
        told = "the extra `fit`: pip install 'household-returns[fit]'"
        raise InputError("returns fit", "emcee, scikit-learn", told) from None


def _points(made: Plan, chain: Array | None, count: int, number: int) -> Array:
    """Points of a wave: of the prior, or spread like the chain, a little wider but in the last wave."""
    from scipy.stats import qmc, truncnorm

    low, high = np.array([prior.bounds for prior in made.priors]).T
    if chain is None:
        u = qmc.LatinHypercube(len(made.simulated), rng=np.random.default_rng(made.seed)).random(count)
        u = np.column_stack([u, np.random.default_rng([made.seed, 1]).random((count, LOOSE))])
        return np.asarray(truncnorm.ppf(u, low, high))
    wider = 1.0 if number == len(made.waves) else WIDER[min(number - 1, len(WIDER) - 1)]
    some = chain[np.random.default_rng([made.seed, number]).choice(len(chain), count, replace=False)]
    middle = chain.mean(axis=0)
    return np.clip(middle + wider * (some - middle), low, high)


def sampled(made: Plan, emulator: Emulator, shocks: Shocks, number: int, a_walker: int = KEPT) -> Array:
    """Draws from the posterior on the emulator, thinned, (n, free numbers).

    Parameters
    ----------
    number
        Of the chain, part of its seed.
    a_walker
        Draws of each walker that are kept: all chains of one number are the same chain.
    """
    import emcee
    from threadpoolctl import threadpool_limits

    low, high = np.array([prior.bounds for prior in made.priors]).T
    size = len(made.priors)
    walkers = 2 * math.ceil(WALKERS * size / 2)

    def log_posterior(z: Array) -> Array:
        inside = ((z >= low) & (z <= high)).all(axis=1)
        found = np.full(len(z), -np.inf)
        if inside.any():
            guessed = emulator.predict(z[inside][:, :-LOOSE])
            found[inside] = log_likelihood(made, shocks, guessed, z[inside], emulator.error)
            found[inside] -= 0.5 * np.square(z[inside]).sum(axis=1)
        return found

    rng = np.random.default_rng([made.seed, number, 7])
    start = np.clip(0.3 * rng.standard_normal((walkers, size)), low + 1e-6, high - 1e-6)
    moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, size, log_posterior, vectorize=True, moves=moves)
    state = emcee.State(start, random_state=np.random.RandomState(made.seed + number).get_state())
    with threadpool_limits(1):  # matrices so small are slower in several threads
        sampler.run_mcmc(state, made.steps)
    burn = made.steps // 3
    return np.asarray(sampler.get_chain(discard=burn, thin=max(1, (made.steps - burn) // a_walker), flat=True))


def log_likelihood(
    made: Plan, shocks: Shocks, moments: Array, z: Array, extra: Array, value: Array | None = None
) -> Array:
    """Logarithm of the chance of the record at some points.

    Parameters
    ----------
    moments
        What is counted there, by the emulator or in full, on the log, (points, rows).
    z
        (points, free numbers), those of the discrepancy last.
    extra
        Covariance of what the moments are off by, (rows, rows).
    value
        Another record on the log than the real one, (rows,).
    """
    off = (made.targets.value if value is None else value) - moments
    return log_density(off, _covariance(made, shocks, z, extra))


def log_likelihoods(made: Plan, shocks: Shocks, moments: Array, z: Array, extra: Array, values: Array) -> Array:
    """The same for several records, (records, rows), at all points: (records, points)."""
    found = np.empty((len(values), len(z)))
    for first in range(0, len(z), AT_ONCE):
        here = slice(first, first + AT_ONCE)
        lower = np.linalg.cholesky(_covariance(made, shocks, z[here], extra))
        white, known = np.linalg.inv(lower), moments[here]
        spread = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
        # Of value less moments: the one part is shared by all points, the other by all records.
        scaled = white @ values.T - np.einsum("nij,nj->ni", white, known)[..., None]
        found[:, here] = (-0.5 * np.square(scaled).sum(axis=1) - spread[:, None]).T
    return found - 0.5 * moments.shape[1] * math.log(2.0 * math.pi)


def _covariance(made: Plan, shocks: Shocks, z: Array, extra: Array) -> Array:
    """Covariance of record less moments at some points, (points, rows, rows)."""
    return shocks.covariance(*made.discrepancy(z)) + np.diag(made.targets.variance) + extra


def _weights(made: Plan, before: Emulator, after: Emulator, shocks: Shocks, z: Array) -> Array:
    """Importance weights of draws made with one emulator, under another that has seen runs in full there."""
    one, other = (log_likelihood(made, shocks, emulator.predict(z[:, :-LOOSE]), z, emulator.error)
                  for emulator in (before, after))  # fmt: skip
    weights = np.exp(other - one - (other - one).max())
    return np.asarray(weights / weights.sum())


def _kept(folder: Folder, name: str, points: Callable[[], Array]) -> Array:
    """Points of that name: those written down, or else new ones, which are."""
    file = f"{name}.npy"
    if not (folder.path / file).exists():
        _write(folder, file, points())
    return _read(folder, file)


def _write(folder: Folder, file: str, table: Array) -> None:
    """Write a table, and after it the hash of its bytes."""
    buffer = io.BytesIO()
    np.save(buffer, table)
    content = buffer.getvalue()
    folder.write(file, lambda target: target.write(content + sha256(content).digest()))


def _read(folder: Folder, file: str) -> Array:
    """The table of a file.

    Raises
    ------
    FolderError
        If it is not as it was written: a fit goes on from these numbers.
    """
    remedy = "move it out of the folder and run the same command again: only what it held will be done again"
    if kind := no_file(folder.path / file):
        raise FolderError(folder.path, f"{file} is {kind} and no file", remedy)
    try:
        content = (folder.path / file).read_bytes()
    except OSError as fault:
        raise FolderError(folder.path, f"{file} cannot be read ({fault.strerror})", "mend that first") from None
    table, digest = content[:-_DIGEST], content[-_DIGEST:]
    if sha256(table).digest() != digest:
        raise FolderError(folder.path, f"{file} is damaged", remedy)
    return np.asarray(np.load(io.BytesIO(table)))


def _run(
    made: Plan, folder: Folder, name: str, z: Array, seed: int, workers: int | None, told: Callable[[int], None]
) -> Array:
    """What the simulator counts at some points, on the log; those already in the folder are not run again."""

    def one(k: int) -> Array:
        return made.targets.moments(made.seen(z[k], seed + k))

    tables = []
    for first in range(0, len(z), CHUNK):
        file = f"{name}-runs-{first // CHUNK}.npy"
        here = range(first, min(first + CHUNK, len(z)))
        if not (folder.path / file).exists():
            _write(folder, file, np.array(each(here, one, workers=workers)))
        tables.append(_read(folder, file))
        told(here.stop)
    return np.concatenate(tables)


def described(made: Plan) -> dict[str, Any]:
    """How large a fit is."""
    return {
        "rows": len(made.targets.rows), "free": len(made.priors), "histories": len(made.targets.histories),
        "runs": (sum(made.waves) + NOISE + CHECKED) * len(made.targets.histories),
    }  # fmt: skip
