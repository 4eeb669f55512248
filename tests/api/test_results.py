"""Data frames hold the numbers of the command line, with units, and show themselves in a notebook."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_history import TEXT

from abm import InputError, load_policy
from abm.measures import COMPARED, MEASURES
from abm.scenarios.scenario import DRAWS
from experiments import ask, attribute, compare, fit, sensitivity, sweep, validate
from experiments.cli.main import main
from experiments.report.printed import without_nan

SMALL: dict[str, Any] = {"weeks": 40, "households": 60, "replicates": 3}
OPTIONS = ["--weeks", "40", "--households", "60", "--replicates", "3"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What a command prints as JSON."""

    def run(*argv: str) -> Any:
        capsys.readouterr()
        assert main([*argv, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    told: list[dict[str, Any]] = without_nan([
        {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ])  # fmt: skip
    return told


def is_sound(html: str, title: str) -> bool:
    """Whether it is one balanced table under a title."""
    return html.count("<tr>") == html.count("</tr>") > 2 and f"<b>{title}" in html and html.count("<table") == 1


# ---- comparisons ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found() -> Any:
    return compare("uk-pilot-2026", baseline="uk-2025", **SMALL)


def test_a_comparison_has_the_rows_of_the_command(found: Any, printed: Callable[..., Any]) -> None:
    told = printed("compare", "uk-pilot-2026", *OPTIONS)
    assert records(found.frame) == told
    assert found.frame["unit"].notna().all()


def test_there_is_one_row_a_run_and_policy(found: Any) -> None:
    assert not found.runs.duplicated(["variant", "seed"]).any()
    assert len(found.runs) == len(found.pulled_runs) == 2 * 3
    assert found.runs.attrs["units"]["cost_npv"] == MEASURES["cost_npv"].unit
    # Three runs have three vectors, so the mean of the frame is the plain mean of the runs.
    means = found.runs.groupby("variant")["cost_npv"].mean()
    rows = found.frame.query("measure == 'cost_npv'").set_index("variant")
    for variant in ("uk-2025", "uk-pilot-2026"):
        assert means[variant] == pytest.approx(rows.loc[variant, "mean"])


def test_series_are_of_every_week_and_policy(found: Any) -> None:
    one = found.series.query("series == 'stock_exhausted' and variant == 'uk-2025'")
    assert one["week"].tolist() == list(range(40))
    assert set(found.series["unit"]) == {"share", "households", "number", "GBP"}


@pytest.mark.slow
def test_a_comparison_leaves_the_folder_of_the_command(found: Any, tmp_path: Path) -> None:
    place = found.write(tmp_path / "there")
    assert main(["compare", "uk-pilot-2026", *OPTIONS, "--out", str(tmp_path / "command")]) == 0
    one, other = ((folder / "summary.csv").read_bytes() for folder in (place, tmp_path / "command"))
    assert one == other


def test_it_shows_itself(found: Any) -> None:
    assert repr(found) == (
        "ComparisonResult(uk-pilot-2026 against uk-2025 on uk-families-2026, 3 runs of 3 vectors;"
        " .frame, .runs, .pulled_runs, .series)"
    )
    html = found._repr_html_()
    assert is_sound(html, "Who returns")
    assert "uk-2025 (baseline)" in html
    assert "nan" not in html


def test_what_a_policy_is_called_is_text_and_not_markup() -> None:
    named = load_policy("uk-pilot-2026").model_copy(update={"name": "<b>[red]$5k$"})
    html = compare(named, **{**SMALL, "replicates": 2}, in_brief=True)._repr_html_()
    assert "&lt;b&gt;[red]$5k$" in html
    assert "<b>[red]" not in html


def test_settings_by_path_are_those_of_set() -> None:
    paths = {"offer.amount_per_person": 5_000, "uk-2025:standing.amount_per_person": 1_000, "world.hotel_night": 120.5}
    texts = [f"{path}={value}" for path, value in paths.items()]
    one, other = (ask("uk-pilot-2026", settings=told, **SMALL) for told in (paths, texts))
    assert one.cases == other.cases
    assert one.cases[1].policy.offer.amount_per_person == 5_000.0
    assert one.cases[0].policy.standing.amount_per_person == 1_000.0
    assert one.caseload.world.hotel_night == 120.5
    assert ask(settings={"offer.household_cap": None}, **SMALL).cases[1].policy.offer.household_cap is None


def test_a_setting_that_changes_nothing_is_told() -> None:
    # Nothing is paid early unless there is an early bonus.
    with pytest.warns(UserWarning, match=r"offer.early_weeks=8 changed no figure"):
        compare("uk-pilot-2026", settings={"offer.early_weeks": 8}, in_brief=True, **SMALL)


def test_draws_of_ones_own_take_the_place_of_the_shipped_ones(found: Any) -> None:
    shipped = pd.read_csv(DRAWS)
    again = compare("uk-pilot-2026", baseline="uk-2025", posterior=shipped.head(3), **SMALL)
    assert again.comparison.identity == found.comparison.identity
    assert again.frame.equals(found.frame)
    (one,) = ask(posterior=shipped[["behaviour.money"]].iloc[[4]], **SMALL).behaviours
    assert one.money == shipped["behaviour.money"][4]


@pytest.mark.parametrize(("table", "told"), [
    (pd.DataFrame({"behaviour.mony": [1.0]}), "Did you mean 'money'"),
    (pd.DataFrame({"behaviour.money": [1.0, math.nan]}), "of finite numbers alone"),
    (pd.DataFrame({"behaviour.money": ["much"]}), "of finite numbers alone"),
    (pd.DataFrame({"behaviour.money": []}), "a row a draw"),
    ("nowhere.csv", "the path of a CSV or Parquet file"),
])  # fmt: skip
def test_draws_that_are_none_are_refused(table: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        ask(posterior=table, **SMALL)
    with pytest.raises(InputError, match="parameters"):
        ask(posterior=pd.DataFrame({"behaviour.money": [1.0]}), uncertainty="seeds", **SMALL)


# ---- the others -------------------------------------------------------------------------------------


def test_a_sweep_has_the_table_of_the_command(tiny: None, tmp_path: Path) -> None:
    design = {
        "variants": ["uk-pilot-2026"], "factors": {"offer.amount_per_person": [5_000, 15_000]}, "replicates": 4,
        "series": True, "weeks": 6,
    }  # fmt: skip
    found = sweep(design, out=tmp_path / "here")
    (tmp_path / "design.toml").write_text(
        'variants = ["uk-pilot-2026"]\nreplicates = 4\nseries = true\nweeks = 6\n'
        "[factors]\noffer.amount_per_person = [5000, 15000]\n", encoding="utf-8",
    )  # fmt: skip
    assert main(["sweep", str(tmp_path / "design.toml"), "--out", str(tmp_path / "command")]) == 0
    assert found.frame.equals(pd.read_parquet(tmp_path / "command" / "summary.parquet"))
    assert len(found.runs) == 2 * 4
    assert found.runs.attrs["units"]["offer.amount_per_person"] == "GBP/person"
    assert found.runs.attrs["units"]["departures"] == MEASURES["departures"].unit
    assert len(found.series) == 2 * 4 * 6
    assert found.failures.empty
    assert "8 of 8 runs" in repr(found)
    html = found._repr_html_()
    assert is_sound(html, "Sweep")
    assert html.count("<tr>") == 1 + 2
    assert sweep(design, out=tmp_path / "here").outcome.new == 0


def test_a_sensitivity_has_the_rows_of_the_command(printed: Callable[..., Any]) -> None:
    numbers = {"weeks": 40, "replicates": 2, "trajectories": 2, "points": 4, "most": 3, "tornado_replicates": 3}
    over = ("behaviour.assisted=-5:-1", "behaviour.consider", "world.hotel_night")
    found = sensitivity("uk-pilot-2026", measure="net_saving_npv", against="uk-2025", over=over, **numbers)  # type: ignore[arg-type]
    options = [word for name, value in numbers.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    told = printed(
        "sensitivity", "uk-pilot-2026", "--measure", "net_saving_npv", "--against", "uk-2025", *options,
        *(word for path in over for word in ("--over", path)),
    )  # fmt: skip
    for name, frame in (("shares", found.frame), ("screening", found.screening), ("tornado", found.tornado)):
        assert records(frame) == told[name]
    assert found.screening.attrs["units"]["mu_star"] == COMPARED["net_saving_npv"].unit
    assert found.frame.set_index("input").loc["world.hotel_night", "unit"].startswith("GBP")
    assert is_sound(found._repr_html_(), "What it hangs on")
    assert "net_saving_npv of uk-pilot-2026 against uk-2025 on uk-families-2026" in repr(found)


def test_an_attribution_has_the_rows_of_the_command(printed: Callable[..., Any]) -> None:
    found = attribute("uk-2025", "uk-pilot-2026", measures=["departures"], **SMALL)
    told = printed("attribute", "uk-2025", "uk-pilot-2026", "--measure", "departures", *OPTIONS)
    assert records(found.frame) == told["rows"]
    groups = [g for g in found.frame["group"] if g not in ("from", "to", "change")]
    assert np.allclose(found.runs[groups].sum(axis=1), found.runs["change"])
    assert set(found.runs["unit"]) == {MEASURES["departures"].unit}
    assert is_sound(found._repr_html_(), "What made the difference")
    assert repr(found) == "AttributionResult(departures from uk-2025 to uk-pilot-2026; .frame, .runs)"


def test_a_validation_has_the_rows_of_the_command(printed: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(TEXT, encoding="utf-8")
    found = validate(path, draws=4)
    told = printed("validate", str(path), "--draws", "4")
    assert records(found.frame.drop(columns="unit")) == told["rows"]
    units = found.frame.set_index("id")["unit"]
    assert units["R_2005"] == "persons"
    assert units["R_RATIO"] == "ratio"
    assert is_sound(found._repr_html_(), "Predicted")
    assert re.search(r"Held out: \d of \d rows", repr(found))
    again = validate(path, draws=4, posterior=DRAWS)
    assert again.frame.equals(found.frame)


@pytest.mark.slow
def test_a_fit_has_the_tables_of_its_folder_and_its_draws_can_be_compared_with(tmp_path: Path) -> None:
    pytest.importorskip("emcee")
    pytest.importorskip("sklearn")
    path = tmp_path / "small.toml"
    path.write_text(TEXT, encoding="utf-8")
    found = fit(path, out=tmp_path / "fit", waves=(40, 24, 24), steps=120)
    written = pd.read_csv(tmp_path / "fit" / "posterior.csv")
    assert list(found.posterior.columns) == list(written.columns)
    assert np.allclose(found.posterior, written, rtol=1e-5)
    assert found.posterior.attrs["units"]["behaviour.consider"] == "1/week"
    assert found.frame[["id", "unit"]].values.tolist() == [["R_2005", "persons"]]
    assert set(found.parameters["name"]) == set(found.posterior.columns)
    assert is_sound(found._repr_html_(), "Fit")
    assert "1 rows met" in repr(found)
    few = found.posterior.head(2)
    drawn = ask(posterior=few, **SMALL).behaviours
    assert [one.money for one in drawn] == few["behaviour.money"].tolist()
    assert validate(path, draws=2, posterior=few).frame["median"].notna().any()


def test_numbers_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    refused: list[tuple[Callable[..., Any], Mapping[str, Any], str]] = [
        (compare, {"replicates": 0}, "whole number"), (compare, {"settings": {"offer.amont": 3}}, "no such parameter"),
        (validate, {"draws": 1}, "at least 2"), (compare, {"precision": {"departures": -1.0}}, "above zero"),
    ]  # fmt: skip
    for call, given, told in refused:
        with pytest.raises(InputError, match=told):
            call(**given)
    assert list(tmp_path.iterdir()) == []
