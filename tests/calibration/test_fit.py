"""Fitting: emulator, chain and weights against what is known exactly, and a whole fit on a small history."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

pytest.importorskip("emcee")
pytest.importorskip("sklearn")

from small_history import TEXT

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import load_behaviour, load_behaviour_draws
from experiments.calibration import fit as fitting
from experiments.calibration.discrepancy import Shocks
from experiments.calibration.emulator import Emulator
from experiments.calibration.fit import Plan, fit, plan
from experiments.calibration.fitted import summary, write
from experiments.calibration.forecast import crps
from experiments.calibration.history import load_history
from experiments.calibration.posterior import draws_of, load_draws
from experiments.calibration.priors import Prior, behaviour_priors, discrepancy_priors, drawn
from experiments.calibration.targets import Targets
from experiments.cli.main import main
from experiments.storing.store import Folder, FolderError


def test_priors_have_their_range_as_their_central_nine_tenths_and_keep_inside_hard_bounds() -> None:
    priors = {prior.name: prior for prior in behaviour_priors()}
    assert len(priors) > 40
    money, assisted = priors["behaviour.money"], priors["behaviour.assisted"]
    assert money.on_log
    assert not assisted.on_log
    for prior in (money, assisted):
        assert prior.value(norm.ppf(0.05)) == pytest.approx(prior.low)
        assert prior.value(norm.ppf(0.95)) == pytest.approx(prior.high)
        assert prior.coordinate(prior.value(0.7)) == pytest.approx(0.7)
    for prior in priors.values():
        low, high = prior.bounds
        Behaviour().with_values({prior.name.removeprefix("behaviour."): float(prior.value(np.clip(-9.0, low, high)))})
        values = [drawn(prior, k, 1) for k in range(30)]
        assert min(values) >= prior.least
        assert max(values) <= prior.most


def test_the_emulator_knows_how_far_off_it_is() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal((240, 6))

    def simulated(x: Any, noise: float) -> Any:
        right = np.stack([1.0 + x[:, 0] - 0.5 * x[:, 1] ** 2, np.sin(x[:, 0]) + 0.3 * x[:, 4]], axis=1)
        return right + noise * rng.standard_normal(right.shape)

    made = Emulator(z, simulated(z, 0.1))
    fresh = rng.standard_normal((400, 6))
    off = made.predict(fresh) - simulated(fresh, 0.1)
    assert np.allclose(np.mean(off**2, axis=0), np.diagonal(made.error), rtol=0.5)
    assert (np.diagonal(made.error) < 0.02).all()
    assert (made.explained > 0.9).all()


def test_how_far_off_it_is_is_told_of_where_it_will_be_asked_and_for_outputs_together() -> None:
    # Far out the simulator bends in ways that 200 points do not show; near the middle it is a line with noise that
    # two outputs share.  Judged on the far points the error would be several times too large, and the spread of a
    # year would be taken for it.
    rng = np.random.default_rng(2)
    z = np.concatenate([3.0 * rng.standard_normal((200, 4)), 0.5 * rng.standard_normal((120, 4))])

    def simulated(x: Any) -> Any:
        shared = 0.1 * rng.standard_normal(len(x))
        bent = np.where(np.abs(x[:, 2]) > 2.0, np.sin(9.0 * x[:, 3]), 0.0)
        return np.stack([x[:, 0] + bent + shared, x[:, 1] + bent + shared], axis=1)

    counted = simulated(z)
    near, everywhere = Emulator(z, counted, near=120), Emulator(z, counted)
    fresh = 0.5 * rng.standard_normal((400, 4))
    off = near.predict(fresh) - simulated(fresh)
    assert np.allclose(off.T @ off / len(off), near.error, rtol=0.5, atol=0.004)
    assert (np.diagonal(everywhere.error) > 3.0 * np.diagonal(near.error)).all()
    assert near.error[0, 1] > 0.4 * near.error[0, 0]


def _linear() -> tuple[Plan, SimpleNamespace, Shocks]:
    """Two numbers, of which two rows of the record are sums with noise: the posterior is known."""
    priors = (
        Prior("behaviour.one", -1.6448536, 1.6448536, False),
        Prior("behaviour.two", -1.6448536, 1.6448536, False),
    )
    aims = Targets((), np.array([1.0, -0.5]), np.zeros(2), np.array([0.25, 0.25]))
    made = Plan((), aims, (*priors, *discrepancy_priors()), 5, (20, 20), 1_500, 1.0)
    emulator = SimpleNamespace(predict=lambda z: z[:, :2] @ np.array([[1.0, 1.0], [0.0, 1.0]]), error=np.zeros((2, 2)))
    return made, emulator, Shocks(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros((1, 1)))


def test_the_chain_finds_a_posterior_that_is_known() -> None:
    made, emulator, shocks = _linear()
    chain = fitting.sampled(made, emulator, shocks, 1)  # type: ignore[arg-type]
    slopes = np.array([[1.0, 0.0], [1.0, 1.0]])  # row of the record by number
    precision = np.eye(2) + slopes.T @ slopes / 0.25
    wanted = np.linalg.solve(precision, slopes.T @ made.targets.value / 0.25)
    assert np.allclose(chain[:, :2].mean(axis=0), wanted, atol=0.05)
    assert np.allclose(np.cov(chain[:, :2].T), np.linalg.inv(precision), atol=0.04)
    # The spread of a year loads on nothing here: it keeps its prior.
    assert chain[:, 2].mean() == pytest.approx(0.0, abs=0.12)
    assert chain[:, 2].std() == pytest.approx(1.0, abs=0.1)
    again = fitting.sampled(made, emulator, shocks, 1)  # type: ignore[arg-type]
    assert np.array_equal(chain, again)


def test_weights_say_how_far_one_emulator_is_from_another() -> None:
    made, emulator, shocks = _linear()
    chain = fitting.sampled(made, emulator, shocks, 1)  # type: ignore[arg-type]
    same = fitting._weights(made, emulator, emulator, shocks, chain)  # type: ignore[arg-type]
    assert np.allclose(same, 1 / len(chain))
    other = SimpleNamespace(predict=lambda z: emulator.predict(z) + np.array([0.3, 0.0]), error=np.zeros((2, 2)))
    weights = fitting._weights(made, emulator, other, shocks, chain)  # type: ignore[arg-type]
    slopes = np.array([[1.0, 0.0], [1.0, 1.0]])
    precision = np.eye(2) + slopes.T @ slopes / 0.25
    wanted = np.linalg.solve(precision, slopes.T @ (made.targets.value - np.array([0.3, 0.0])) / 0.25)
    assert np.allclose(weights @ chain[:, :2], wanted, atol=0.05)
    assert 1.0 / np.square(weights).sum() < len(chain)


@pytest.fixture
def small(tmp_path: Path) -> Plan:
    path = tmp_path / "small.toml"
    path.write_text(TEXT, encoding="utf-8")
    return plan([load_history(path)], waves=(40, 24, 24), steps=120)


DAMAGES = {
    "a bit": lambda content: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
    "its end is missing": lambda content: content[:-8],
    "nothing is left": lambda content: b"",
    "something else": lambda content: b"PK" + bytes(300),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_numbers_that_a_fit_has_kept_are_told_if_they_are_damaged(tmp_path: Path, damage: str) -> None:
    """One bit of them would have been fitted on; the rest ended in a traceback."""
    points = np.arange(12.0).reshape(3, 4)
    with Folder(tmp_path, {"what": "a fit"}, "mark") as folder:
        assert np.array_equal(fitting._kept(folder, "wave-0", lambda: points), points)
        assert np.array_equal(fitting._kept(folder, "wave-0", lambda: points * 2.0), points), "they are not made again"
        file = tmp_path / "wave-0.npy"
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
        with pytest.raises(FolderError, match=r"wave-0\.npy is damaged"):
            fitting._kept(folder, "wave-0", lambda: points)
        file.unlink()
        file.mkdir()
        with pytest.raises(FolderError, match=r"wave-0\.npy is a folder and no file"):
            fitting._kept(folder, "wave-0", lambda: points)


@pytest.mark.slow
def test_a_whole_fit_is_resumed_and_leaves_draws_that_load(
    small: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(small, tmp_path / "whole")
    calls = {"left": 70}
    observe = fitting.observe

    def stopping(*given: Any, **options: Any) -> Any:
        calls["left"] -= 1
        if calls["left"] < 0:
            raise KeyboardInterrupt
        return observe(*given, **options)

    monkeypatch.setattr(fitting, "observe", stopping)
    with pytest.raises(KeyboardInterrupt):
        fit(small, tmp_path / "stopped")
    monkeypatch.setattr(fitting, "observe", observe)
    resumed = fit(small, tmp_path / "stopped")
    assert np.array_equal(whole.z, resumed.z)
    assert np.array_equal(whole.check_moments, resumed.check_moments)
    assert 1.0 <= whole.effective <= len(whole.weights)
    assert whole.moved > 0.0
    told = summary(whole)
    write(whole, told, tmp_path / "whole")
    draws = load_draws(tmp_path / "whole" / "posterior.csv")
    assert len(draws) == len(whole.z) >= 300
    assert "ruritania_stock" in draws[0].fitted
    assert 0.0 < draws[0].year < 2.0
    middle = load_behaviour(tmp_path / "whole" / "reference.toml")
    money = [draw.money for draw in load_behaviour_draws(tmp_path / "whole" / "posterior.csv")]
    assert np.percentile(money, 25) < middle.money < np.percentile(money, 75)
    assert {row["says"] for row in told.parameters} <= {"identified", "weakly identified", "not identified"}
    assert [row["id"] for row in told.rows] == ["R_2005"]
    assert (tmp_path / "whole" / "prior-predictive.png").stat().st_size > 5_000
    other = plan(list(small.histories), waves=(40, 24, 24), steps=120, seed=2)
    with pytest.raises(FolderError):
        fit(other, tmp_path / "whole")


def test_a_stop_says_that_the_runs_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*given: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "fit", stopped)
    assert main(["fit", "uk-section9", "--out", str(tmp_path / "out")]) == 130
    told = capsys.readouterr().err
    assert "what was run is kept in" in told
    assert "nothing was written" not in told


def test_the_score_of_a_forecast_is_the_known_one() -> None:
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    # Gneiting and Raftery (2007): of a standard normal forecast at 0, (√2 − 1)/√π.
    assert crps(draws, 0.0) == pytest.approx((2**0.5 - 1) / np.pi**0.5, abs=1e-3)
    assert crps(np.array([3.0, 3.0]), 5.0) == pytest.approx(2.0)


def test_a_posterior_has_its_own_persistence_also_where_that_is_nought_and_nonsense_is_refused() -> None:
    # A table from Python has numbers, and nought is one: it was taken for a column that is not there.
    (draw,) = draws_of([{"discrepancy.year": 0.2, "discrepancy.persistence": 0.0}])
    assert (draw.year, draw.persistence) == (0.2, 0.0)
    (bare,) = draws_of([{"behaviour.money": "1.0"}])
    assert bare.persistence == pytest.approx(0.5)
    for name, told in (
        ("discrepancy.persistence", "1.5"), ("discrepancy.persistence", "often"), ("discrepancy.year", "nan"),
        ("discrepancy.year", "-1"), ("unknown.uk_stock_2005", "many"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"{name}.*{told}"):
            draws_of([{name: told}], file="draws.csv")
