"""Histories as files: what they say, how they are read, what is counted, and what is refused."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz.changes import replaced
from small_history import TEXT

from abm.inputs.parameters import InputError
from abm.scenarios.scenario import load_behaviour
from experiments.calibration.discrepancy import Shocks, recorded, shocks_of
from experiments.calibration.history import Binomial, History, Row, history_names, load_histories, load_history
from experiments.calibration.observing import Observed, observe, packed
from experiments.calibration.posterior import Draw
from experiments.calibration.targets import log_density, targets
from experiments.calibration.validate import validate
from experiments.cli.main import main


def written(tmp_path: Path, text: str = TEXT) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> History:
    return load_history(written(tmp_path))


# ---- the shipped ones -------------------------------------------------------------------------------


def test_every_shipped_history_is_read_and_says_where_its_figures_come_from() -> None:
    found = load_histories()
    assert len(found) == len(history_names()) > 20
    uses = {row.use for history in found for row in history.rows}
    assert uses == {"calibrate", "validate", "context"}
    for history in found:
        assert history.title, history.name
        assert history.place or history.policy is None, history.name
        for row in history.rows:
            assert row.value is None or row.source or row.mark == "assumed", (history.name, row.id)
    places = {history.place for history in found}
    assert {"United Kingdom", "Denmark", "Netherlands", "Norway", "Ireland"} <= places


def test_no_held_out_row_is_read_by_a_fit() -> None:
    """Whatever the held-out rows say, the fit aims at the same."""
    told = load_histories()

    def changed(row: Row) -> Row:
        return row if row.use == "calibrate" else row.model_copy(update={"value": 12_345.0, "low": None, "high": None})

    other = [replace(history, rows=tuple(changed(row) for row in history.rows)) for history in told]
    below = {row.over for history in told for row in history.rows if row.use == "calibrate"}
    one, two = targets(told), targets(other)
    assert one.ids == two.ids
    assert all(row.use == "calibrate" for _, row in one.rows)
    assert np.array_equal(one.value, two.value)
    # A figure below a line may lend its size to the chance of the ratio; it is context, never held out.
    assert not below & {row.id for history in told for row in history.rows if row.use == "validate"}


# ---- counting ---------------------------------------------------------------------------------------


def test_rows_count_what_the_run_counts(small: History) -> None:
    behaviour = load_behaviour()
    seen = observe(small, behaviour, {}, 4)
    run = packed(small, behaviour, {}).run(4)
    series = run.series.sum(numeric_only=False)
    assert seen.values["R_2005"] + seen.values["R_2006"] == pytest.approx(
        float(series["assisted_persons"]) * run.prepared.weight
    )
    told = run.flows(["origin"], every="week")
    iraq = told[(told["origin"] == "Iraq") & (told["event"] == "assisted") & (told["period"] < 52)]["persons"].sum()
    assert seen.counts["R_RATIO"] == pytest.approx(iraq)
    assert seen.values["R_RATIO"] == pytest.approx(iraq / seen.values["R_2005"])
    assert seen.counts["R_STOCK"] == pytest.approx(run.prepared.caseload.households)
    out = run.series["stock_absconded"].to_numpy()[51] * run.prepared.weight
    assert seen.counts["R_GONE"] == pytest.approx(out)
    assert sum(seen.years["R_2005"].values()) == pytest.approx(1.0)


def test_what_is_not_known_changes_the_run(small: History) -> None:
    behaviour = load_behaviour()
    least, most = (observe(small, behaviour, {"ruritania_stock": size}, 4) for size in (155_000.4, 283_500.0))
    assert (least.counts["R_STOCK"], most.counts["R_STOCK"]) == (155_000.0, 283_500.0)
    draw = Draw(behaviour, 0.1, 0.5)
    drawn = [draw.unknowns(small, k)["ruritania_stock"] for k in range(400)]
    assert drawn == [draw.unknowns(small, k)["ruritania_stock"] for k in range(400)]
    low, high = np.percentile(drawn, [5, 95])
    assert low == pytest.approx(155_000, rel=0.06)
    assert high == pytest.approx(283_500, rel=0.06)
    assert Draw(behaviour, 0.1, 0.5, {"ruritania_stock": 200_000.0}).unknowns(small, 3) == {
        "ruritania_stock": 200_000.0
    }


def test_a_week_that_lies_partly_in_a_span_counts_in_part(tmp_path: Path) -> None:
    halved = load_history(
        written(tmp_path, TEXT.replace("to = 2006-01-02", "to = 4").replace("from = 2005-01-03", "from = 2005-01-06"))
    )
    run = packed(halved, load_behaviour(), {}).run(4)
    weekly = run.series["assisted_persons"].to_numpy()[:4] * run.prepared.weight
    wanted = 4 / 7 * weekly[0] + weekly[1:4].sum()
    assert observe(halved, load_behaviour(), {}, 4).values["R_2005"] == pytest.approx(wanted)


# ---- errors of model and record ----------------------------------------------------------------------


def _observed(small: History, value: float) -> Observed:
    counts = {row.id: value for row in small.rows}
    years = {row.id: {2005: 1.0} for row in small.rows if not row.is_stock}
    return Observed(dict(counts), counts, years)


def test_shocks_shared_above_and_below_a_line_cancel(small: History) -> None:
    rows = [(small, small.by_id[name]) for name in ("R_2005", "R_RATIO", "R_GONE")]
    shocks = shocks_of(rows, {"small": _observed(small, 100.0)})
    covariance = shocks.covariance(0.2, 0.5)
    assert covariance[0, 0] == pytest.approx(0.04)
    # Iraq over all: the year is in both, what is left is the origin's level and year.
    assert covariance[1, 1] == pytest.approx(0.93**2 + 0.32**2)
    assert covariance[0, 1] == pytest.approx(0.0)
    # A stock over the stock that the run starts from: the year's shock alone.
    assert covariance[2, 2] == pytest.approx(0.04)
    assert np.allclose(shocks.covariance(np.array([0.2, 0.4]), np.array([0.5, 0.1]))[1], shocks.covariance(0.4, 0.1))
    drawn = shocks.draw(np.random.default_rng(1), 0.2, 0.5, 40_000)
    assert np.allclose(np.cov(drawn.T), covariance, atol=0.03)


def test_what_the_model_leaves_out_lasts_and_does_not_average_out_over_the_years_of_a_cohort() -> None:
    # Counts of one year, of another three years later, and of both alike: without persistence the mean of two shocks
    # has half the variance of one, with a correlation of 0.5³ it has (1 + 0.125) / 2 of it.
    loadings, apart = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), np.array([[0.0, 3.0], [3.0, 0.0]])
    shocks = Shocks(loadings, np.zeros((3, 1)), apart)
    assert shocks.covariance(0.2, 0.0)[2, 2] == pytest.approx(0.02)
    found = shocks.covariance(0.2, 0.5)
    assert found[0, 1] == pytest.approx(0.04 * 0.125)
    assert found[2, 2] == pytest.approx(0.04 * 0.5625)
    drawn = shocks.draw(np.random.default_rng(3), 0.2, 0.5, 60_000)
    assert np.allclose(np.cov(drawn.T), found, atol=0.002)


def test_the_record_has_the_chance_of_its_counting(small: History) -> None:
    rng, none = np.random.default_rng(2), np.zeros(60_000)
    seen = Observed({"A": 0.3}, {"A": 0.3})
    share = Row(id="A", what="stock", at=0, over="B", sampling=Binomial(binomial=116))
    found = recorded(share, seen, none, rng)
    assert found.mean() == pytest.approx(0.3, abs=0.002)
    assert found.std() == pytest.approx((0.3 * 0.7 / 116) ** 0.5, rel=0.02)
    count = Row(id="A", what="stock", at=0, sampling="poisson")
    found = recorded(count, Observed({"A": 25.0}, {"A": 25.0}), none, rng)
    assert found.std() == pytest.approx(5.0, rel=0.02)
    wide = Row(id="A", what="stock", at=0, value=10.0, low=5.0, high=20.0)
    found = recorded(wide, Observed({"A": 10.0}, {"A": 10.0}), none, rng)
    assert np.percentile(found, [5, 95]) == pytest.approx([5.0, 20.0], rel=0.03)


def test_the_density_is_the_normal_one() -> None:
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(3)
    root = rng.normal(size=(4, 4))
    covariance, off = root @ root.T + np.eye(4), rng.normal(size=(5, 4))
    assert np.allclose(log_density(off, covariance), multivariate_normal(np.zeros(4), covariance).logpdf(off))
    several = np.stack([covariance * k for k in range(1, 6)])
    one_by_one = [multivariate_normal(np.zeros(4), c).logpdf(x) for c, x in zip(several, off, strict=True)]
    assert np.allclose(log_density(off, several), one_by_one)


def test_records_drawn_from_the_model_are_hit_nine_times_in_ten(small: History) -> None:
    """A record that the model made itself lies inside nine intervals of ten, and no verdict hangs on the threads."""
    behaviour = load_behaviour()
    draw = Draw(behaviour, 0.15, 0.5)
    rng = np.random.default_rng(8)
    hits = []
    for k in range(16):
        seen = observe(small, behaviour, draw.unknowns(small, 700 + k), 700 + k)
        rows = [(small, row) for row in small.rows if row.id != "R_STOCK"]
        off = shocks_of(rows, {"small": seen}).draw(rng, 0.15, 0.5, 1)[0]
        values = {row.id: float(recorded(row, seen, off[[j]], rng)[0]) for j, (_, row) in enumerate(rows)}
        invented = tuple(row.model_copy(update={"value": values.get(row.id)}) for row in small.rows)
        found = validate([replace(small, rows=invented)], [draw], count=24, seed=40)
        hits += [bool(verdict.hit) for verdict in found.verdicts if verdict.hit is not None]
    assert 0.8 <= np.mean(hits) <= 0.98


def test_the_number_of_threads_changes_nothing(small: History) -> None:
    draw = Draw(load_behaviour(), 0.1, 0.5)
    one, two = (validate([small], [draw], count=6, workers=workers) for workers in (1, 2))
    assert [verdict.as_row() for verdict in one.verdicts] == [verdict.as_row() for verdict in two.verdicts]


# ---- the command, and what is refused ----------------------------------------------------------------


def test_the_command_tells_of_a_users_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    assert main(["validate", str(path), "--draws", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {row["id"]: row for row in told["rows"]}
    assert set(rows) == {"R_2005", "R_2006", "R_RATIO", "R_GONE"}
    asked = {"id", "use", "place", "observed", "low", "high", "median", "p05", "p95", "hit", "distance"}
    assert all(asked <= set(row) for row in rows.values())
    for row in rows.values():
        assert row["hit"] == (row["p05"] <= row["observed"] <= row["p95"])
        assert (row["distance"] == 0) == row["hit"]
    assert told["coverage"]["rows"] == 3
    assert told["not_represented"][0]["why"] == "nobody counted it"
    assert main(["validate", str(path), "--draws", "4", "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "Held out:" in out
    assert (tmp_path / "out" / "validation.csv").read_text().startswith("id,use,place,history")


REFUSED: dict[str, tuple[tuple[str, str], str]] = {
    "a field misspelt": (('route = "assisted"\nfrom = 2005', 'rute = "assisted"\nfrom = 2005'), "row R_2005.*'route'"),
    "no route": (('route = "assisted"\nfrom = 2005', "from = 2005"), r"row R_2005\.route"),
    "a route that there is not": (('route = "assisted"\nfrom = 2005', 'route = "asisted"\nfrom = 2005'), "one of"),
    "a span outside the run": (("to = 2006-01-02", "to = 2026-01-02"), r"row R_2005\.from.*within the run"),
    "an end before its beginning": (("from = 2006-01-02", "from = 2008-01-01"), r"row R_2006\.from"),
    "nowhere": (('origins = ["Iraq"]', 'origins = ["Atlantis"]'), r"Atlantis"),
    "an origin that is not there": (('origins = ["Iraq"]', 'origins = ["Iceland"]'), r"row R_RATIO\.origins"),
    "over nothing": (('over = "R_2005"', 'over = "R_2015"'), r"row R_RATIO\.over.*'R_2005'"),
    "a fitted row without a figure": (("value = 3235\n", ""), r"row R_2005\.value"),
    "a share above one": (("value = 0.1", "value = 1.1"), r"row R_GONE\.value"),
    "an unknown path": (('"caseload.households"', '"caseload.housholds"'), r"ruritania_stock\.path.*households"),
    "a range upside down": (("high = 283500", "high = 100"), r"unknown\.ruritania_stock\.high"),
    "an id twice": (('id = "R_2006"', 'id = "R_2005"'), "each id once"),
    "no end": (("until = 2007-01-01\n", ""), "until"),
    "an end before the start": (("until = 2007-01-01", "until = 2004-01-01"), "until"),
    "no caseload": (('caseload = "uk-refused-2005"\n', ""), "caseload"),
    "a policy misspelt": (('"uk-2002-2015"', '"uk-2002-2051"'), "uk-2002-2015"),
    "a number that is not one": (("value = 3235", "value = nan"), r"row R_2005\.value"),
    "a stock over a time": (("at = 52", "from = 0\nto = 52"), r"row R_GONE\.at"),
    "a week as begin": (("from = 2005-01-03", "begin = 2005-01-03"), "written from and to"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_one_clear_error_names_the_row_and_the_field(what: str, tmp_path: Path) -> None:
    (old, new), message = REFUSED[what]
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        load_history(written(tmp_path, TEXT.replace(old, new, 1)))
    assert re.search(message, str(caught.value)), str(caught.value)
    assert "small.toml" in str(caught.value)


def mutations() -> list[tuple[str, dict[str, Any]]]:
    """The small history with one value of it, or of its first row, unknown or gap, replaced by something else."""
    whole = tomllib.loads(TEXT)
    places: list[tuple[str | int, ...]] = [(key,) for key in whole]
    places += [("row", k) for k in range(2)] + [("row", 0, key) for key in whole["row"][0]]
    places += [("row", 4, key) for key in whole["row"][4]]
    places += [("row", 2, "stages"), ("settings",), ("weeks",), ("unknown", "ruritania_stock"), ("not_represented", 0)]
    places += [("unknown", "ruritania_stock", key) for key in whole["unknown"]["ruritania_stock"]]
    return list(replaced(whole, places))


def test_whatever_stands_in_a_file_it_is_read_or_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path)
    for told, whole in mutations():
        monkeypatch.setattr("experiments.calibration.history.document", lambda _, whole=whole: whole)
        refused = refusal_of(path)
        assert refused is None or isinstance(refused, InputError), (told, refused)
        assert refused is None or "small.toml" in str(refused), (told, refused)


def refusal_of(path: Path) -> Exception | None:
    """What reading a history raises, if it does."""
    try:
        load_history(path)
    except Exception as fault:
        return fault
    return None


def test_two_files_share_no_id_and_one_range_for_one_name(tmp_path: Path) -> None:
    one = written(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text(TEXT)
    with pytest.raises(InputError, match="a name of its own"):
        load_histories([one, other])
    text: Any = re.sub(r'"R_', '"S_', TEXT).replace("high = 283500", "high = 300000")
    other.write_text(text)
    with pytest.raises(InputError, match="one range for one name"):
        load_histories([one, other])
