"""`returns discover` as its users meet it."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.report.discovery_terminal import box_told
from experiments.search.discovered import whole
from experiments.search.discovery import Doubt, discover, doubt

Returns = Callable[..., tuple[int, str, str]]
OVER = ("behaviour.assisted=-5:-1", "behaviour.consider", "world.hotel_night", "world.support_worth")


def small(**changes: Any) -> list[str]:
    """The command with few short runs: where fewer than 80 of 150 families leave within 40 weeks."""
    told = {"goal": "departures>80", "against": "none", "weeks": 40, "points": 120, "replicates": 2} | changes
    options = [f"--{name}={value}" for name, value in told.items()]
    return ["discover", "uk-upfront-national", *options, *(f"--over={path}" for path in OVER)]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "150")


def test_it_tells_where_a_policy_fails_and_writes_its_tables_and_picture(returns: Returns) -> None:
    code, out, err = returns(*small(), "--out", "found")
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    # From 20 departures to 160 as the constant of assisted return goes from end to end: it decides nearly all.
    for told in (
        "Where uk-upfront-national fails: departures > 80", "4 inputs vary", "120 points",
        "Box 1", "it fails where behaviour.assisted is at most", "(coverage)", "(density)", "quasi-p", "→ the box",
        "not probabilities", "Written to found",
    ):  # fmt: skip
        assert told in words
    assert set(os.listdir("found")) == {
        "boxes.csv", "trajectory.csv", "points.csv", "figure.png", "figure.svg", "manifest.json",
    }  # fmt: skip
    with open("found/points.csv", encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    assert len(points) == 120
    assert [row["half"] for row in points].count("tested on") == 60
    with open("found/boxes.csv", encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["input"], first["side"]) == ("behaviour.assisted", "at most")
    assert -3.5 < float(first["limit"]) < -2.0
    everywhere = [row["fails"] for row in points].count("True") / len(points)
    assert float(first["density_tested_low"]) > everywhere
    assert all((float(row["departures"]) > 80) == (row["fails"] == "False") for row in points)


def test_json_is_the_same_for_any_number_of_workers(returns: Returns) -> None:
    told = [returns(*small(), "--json", "--workers", workers)[1] for workers in ("1", "2")]
    assert told[0] == told[1]
    assert json.loads(told[0])["goal"] == "departures > 80"


@pytest.mark.parametrize(("changes", "told"), [
    ({"goal": "net_saving_npv"}, "MEASURE>NUMBER"),
    ({"goal": "net_saving_np>0"}, "Did you mean 'net_saving_npv'?"),
    ({"goal": "net_saving_npv>much"}, "a number at the end"),
    ({"goal": "cost_per_additional_return<5"}, "a ratio of means over runs"),
    ({"goal": "net_saving_npv>0", "against": "none"}, "--against BASELINE"),
    ({"points": 81}, "an even number from 40"),
    ({"most": 0}, "a whole number from 1 to 10"),
    ({"replicates": 1}, "a whole number of at least 2"),
])  # fmt: skip
def test_bad_input_is_told_in_one_sentence(returns: Returns, changes: dict[str, object], told: str) -> None:
    code, out, err = returns(*small(**changes))
    assert code == 2
    assert out == ""
    assert told in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(("goal", "told"), [
    ("departures>1000", "it fails its goal at every point"), ("departures<1000", "it meets its goal at every point"),
])  # fmt: skip
def test_where_there_is_nothing_to_find_it_says_so(returns: Returns, goal: str, told: str) -> None:
    code, out, err = returns(*small(goal=goal, points=40), "--out", "found")
    assert code == 0, err
    assert f"No box: {told}." in out
    assert Path("found/figure.png").is_file()


# ---- with a stand-in for the model ------------------------------------------------------------------------


def asked(goal: str, **told: Any) -> Doubt:
    return doubt("uk-pilot-2026", goal=goal, over=OVER, points=800, **told)


def night() -> tuple[float, float]:
    return next((f.low, f.high) for f in asked("net_saving_npv>0").inquiry.factors if f.path == "world.hotel_night")


def answer(points: Sequence[Mapping[str, Any]], seeds: int) -> np.ndarray:
    """A saving of 1; where one input is below -3 and another beyond three quarters of its range, a loss of 1."""
    low, high = night()
    beyond = low + 0.75 * (high - low)
    lost = [one["behaviour.assisted"] < -3 and one["world.hotel_night"] > beyond for one in points]
    return np.repeat(np.where(lost, -1.0, 1.0)[:, None], seeds, axis=1)


def test_a_known_region_is_found_in_the_units_of_the_inputs() -> None:
    found = discover(asked("net_saving_npv>0", boxes=1), answer=answer)
    (box,) = found.boxes
    limits = {row["input"]: (row["side"], row["limit"]) for row in whole(found)["boxes"]}
    low, high = night()
    assert limits["behaviour.assisted"] == ("at most", pytest.approx(-3.0, abs=0.15))
    beyond = pytest.approx(low + 0.75 * (high - low), abs=0.05 * (high - low))
    assert limits["world.hotel_night"] == ("at least", beyond)
    assert set(limits) == {"behaviour.assisted", "world.hotel_night"}
    assert found.base_rate == pytest.approx(0.125, abs=0.01)  # half of one range, a quarter of the other
    assert min(box.tested.coverage, box.tested.density) > 0.85
    assert found.divided == 0.0
    assert "behaviour.assisted is at most -3" in box_told(found, 0)


@pytest.mark.parametrize(("goal", "fails"), [
    ("net_saving_npv>1", True), ("net_saving_npv>=1", False), ("net_saving_npv<-1", True), ("net_saving_npv<=1", False),
])  # fmt: skip
def test_a_goal_is_met_or_not_at_its_very_bound(goal: str, fails: bool) -> None:
    assert bool(asked(goal).fails(np.array([1.0]))[0]) is fails
