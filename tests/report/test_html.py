"""The report without a browser: whole, self-contained, escaped, and with the numbers of the comparison."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from tiny import busy

from abm import InputError, load_policy
from abm.household.stages import COL, Stage
from abm.scenarios.export import to_toml
from experiments.cli.main import main
from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question.question import ask
from experiments.report.compare_files import place_of, write
from experiments.report.html.again import question_of
from experiments.report.html.page import MOST_BYTES, page
from experiments.report.html.palette import DARK
from experiments.report.html.parts import Subject
from experiments.report.html.runs.along import crossings, own_offer, savings
from experiments.report.html.runs.lives import stages
from experiments.report.html.runs.witnesses import queues, share_following

NAMED = '<b>$5k</b> & "more"'
DAY = date(2026, 11, 28)
VOID = {"meta", "link", "br", "hr", "img", "input"}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy whose name is markup."""
    path = tmp_path_factory.mktemp("policy") / "own.toml"
    told = load_policy("uk-upfront-national").model_copy(update={"name": NAMED, "title": NAMED, "describes": NAMED})
    path.write_text(to_toml(told), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def comparison(policy: Path) -> Comparison:
    return compare(ask([str(policy)], weeks=60, replicates=3, households=60))


@pytest.fixture(scope="module")
def found(comparison: Comparison) -> list[dict[str, Any]]:
    return rows(comparison)


@pytest.fixture(scope="module")
def text(comparison: Comparison, found: list[dict[str, Any]]) -> str:
    return page(Subject(comparison, found, quick=True, command="returns report"), day=DAY)


class Read(HTMLParser):
    """Checks that every element is closed in its order, and keeps attributes and words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def read(text: str) -> Read:
    reader = Read()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def file_in(address: str) -> str:
    return base64.b64decode(address.partition("base64,")[2]).decode()


# ---- the page ----------------------------------------------------------------------------------------


def test_every_id_is_there_once_and_every_reference_has_its_own(read: Read) -> None:
    """Two drawings that share the name of a clip would be cut by each other's."""
    ids = [held["id"] for _, held in read.attributes if "id" in held]
    assert len(ids) == len(set(ids))
    wanted = [value for _, held in read.attributes for value in held.values() if value and value.startswith("url(#")]
    wanted += [f"url({held['href']})" for tag, held in read.attributes if tag == "a" and (held["href"] or "")[0] == "#"]
    assert {found.removeprefix("url(#").removesuffix(")") for found in wanted} <= set(ids)


def test_it_is_small_and_refers_to_nothing_outside(text: str, read: Read) -> None:
    assert len(text.encode()) < MOST_BYTES
    for tag, held in read.attributes:
        assert tag not in ("script", "iframe", "object", "embed")
        for name in ("src", "srcset", "data"):
            assert name not in held, tag
        if tag == "link":
            assert held["href"] == "data:,"
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_a_name_that_is_markup_stays_words(text: str, read: Read, comparison: Comparison) -> None:
    assert "<b>" not in text
    assert not any(tag == "b" for tag, _ in read.attributes)
    assert NAMED in "".join(read.words)
    pictures = [
        file_in(held["href"] or "") for _, held in read.attributes if (held.get("download") or "").endswith("svg")
    ]
    assert len(pictures) > 8
    drawn = [ElementTree.fromstring(picture) for picture in pictures]
    assert any("<b>$5k</b>" in "".join(one.itertext()) for one in drawn)


def test_every_chart_has_words_for_those_who_do_not_see_it(read: Read) -> None:
    drawings = [held for tag, held in read.attributes if tag == "div" and "drawing" in (held.get("class") or "")]
    assert len(drawings) > 16
    assert all(held["role"] == "img" and len(held["aria-label"] or "") > 40 for held in drawings)


def test_every_colour_of_a_drawing_has_its_like_in_the_dark(text: str) -> None:
    """But for cells of the heat map and the text on bars, which bring their own ground."""
    used = {colour.lower() for colour in re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{3,8})"', text)}
    assert used - set(DARK) <= {"#fffffd", "#1c1c1d"}


def test_its_numbers_are_those_of_the_comparison(read: Read, found: list[dict[str, Any]]) -> None:
    address = next(held["href"] for _, held in read.attributes if held.get("download") == "summary.csv")
    told = list(csv.DictReader(io.StringIO(file_in(address or ""))))
    assert len(told) == len(found)
    for row, own in zip(told, found, strict=True):
        assert (row["variant"], row["measure"]) == (own["variant"], own["measure"])
        for key in ("mean", "difference_run_p05", "difference_mean_high"):
            assert row[key] == "" if np.isnan(own[key]) else float(row[key]) == own[key]


def test_the_account_goes_from_the_baseline_to_the_policy(read: Read, found: list[dict[str, Any]]) -> None:
    """The steps of the waterfall join, from the mean cost of the one to that of the other."""
    address = next(held["href"] for _, held in read.attributes if held.get("download") == "account-1.csv")
    told = list(csv.DictReader(io.StringIO(file_in(address or ""))))
    cost = {row["role"]: row["mean"] for row in found if row["measure"] == "cost_npv"}
    factor = {"£m": 1e-6, "£k": 1e-3, "£bn": 1e-9}[told[0]["unit"]]
    assert float(told[0]["to"]) == pytest.approx(cost["baseline"] * factor)
    assert float(told[-1]["to"]) == pytest.approx(cost["variant"] * factor)
    steps = told[1:-1]
    for step, after in pairwise(steps):
        assert float(step["to"]) == pytest.approx(float(after["from"]))
    # Lines that change too little to be drawn are at most a fiftieth of the largest change each.
    assert float(steps[-1]["to"]) == pytest.approx(cost["variant"] * factor, rel=1e-3)


def test_what_a_quick_report_leaves_out_it_says(text: str) -> None:
    assert text.count("a quick report was asked for") == 4


def test_the_same_question_gives_the_same_page(comparison: Comparison, found: list[dict[str, Any]], text: str) -> None:
    again = page(Subject(comparison, found, quick=True, command="returns report"), day=DAY)
    marks = re.compile(r"r\d+-")
    assert marks.sub("", again.split("<main>")[0]) == marks.sub("", text.split("<main>")[0])
    assert re.findall(r"<td[^>]*>[^<]*", again) == re.findall(r"<td[^>]*>[^<]*", text)


# ---- from a folder -----------------------------------------------------------------------------------


def test_a_folder_is_asked_again_with_the_same_numbers(
    tmp_path: Path, comparison: Comparison, found: list[dict[str, Any]], policy: Path
) -> None:
    """The policy's file is gone: the manifest holds its values."""
    place = place_of(comparison.question, tmp_path / "kept")
    write(place, comparison, found)
    question, remarks = question_of(place.path)
    assert any(NAMED in remark for remark in remarks)
    assert question.baseline.policy.figures  # the shipped baseline has kept its sources
    again = compare(question)
    assert again.identity == comparison.identity
    for name in ("measures", "lines", "departed"):
        assert np.array_equal(getattr(again.runs[1], name), getattr(comparison.runs[1], name), equal_nan=True)


def test_settings_are_asked_again(tmp_path: Path) -> None:
    settings = ["offer.amount_per_person=5000", "world.hotel_night=120", "behaviour.norm=0.5"]
    question = ask(["uk-upfront-national"], weeks=4, replicates=2, households=20, settings=settings)
    made = compare(question)
    place = place_of(question, tmp_path / "kept")
    write(place, made, rows(made))
    again, remarks = question_of(place.path)
    assert remarks == ()
    assert compare(again).identity == made.identity


@pytest.mark.parametrize(("change", "word"), [
    (lambda told: told.update(kind="run"), "a folder that returns compare has left"),
    (lambda told: told["inputs"].update(model="0.0.1"), "this version of the model"),
    (lambda told: told["inputs"].update(weeks=5), "the comparison that its manifest describes"),
])  # fmt: skip
def test_a_folder_that_is_no_such_comparison_is_refused(
    tmp_path: Path, comparison: Comparison, found: list[dict[str, Any]], change: Any, word: str
) -> None:
    place = place_of(comparison.question, tmp_path / "kept")
    write(place, comparison, found)
    told = json.loads((place.path / "manifest.json").read_text("utf-8"))
    change(told)
    (place.path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(InputError, match=word):
        question_of(place.path)


# ---- the command -------------------------------------------------------------------------------------

FEW = ["--weeks", "20", "--households", "30", "--replicates", "2", "--quick"]


def test_the_command_leaves_the_comparison_and_its_report(tmp_path: Path, capsys: Any) -> None:
    assert main(["report", "uk-pilot-2026", *FEW, "--out", str(tmp_path / "kept")]) == 0
    first = (tmp_path / "kept" / "report.html").read_text("utf-8")
    assert (tmp_path / "kept" / "summary.csv").exists()
    assert main(["report", str(tmp_path / "kept"), "--quick"]) == 0
    again = (tmp_path / "kept" / "report.html").read_text("utf-8")
    cells = r"<td[^>]*>[^<]*"
    assert re.findall(cells, again) == re.findall(cells, first)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert "returns report uk-pilot-2026 --baseline uk-2025" in first
    assert f"returns report {tmp_path / 'kept'} --quick" in again


def test_a_report_alone_goes_where_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "one.html"
    assert main(["report", "uk-pilot-2026", *FEW, "--out", str(path)]) == 0
    assert [found.name for found in tmp_path.iterdir()] == ["one.html"]


@pytest.mark.parametrize(("words", "told"), [
    (["report", "uk-pilot-2026", "--about", "uk-pilot-2025"], "Did you mean 'uk-pilot-2026'"),
    (["report", "."], "a folder that returns compare has left"),
])  # fmt: skip
def test_bad_input_is_told_in_a_sentence(words: list[str], told: str, capsys: Any) -> None:
    assert main(words) == 2
    assert told in capsys.readouterr().err


# ---- further runs ------------------------------------------------------------------------------------


def test_who_follows_a_tie_is_counted_as_by_hand() -> None:
    """Departures by choice with a tie's departure by choice in one of the eight weeks before, one by one."""
    run = busy(weeks=80).run(3)
    s, state = run.state.s, run.state
    home = {float(Stage.RETURNED_ASSISTED), float(Stage.RETURNED_UNASSISTED)}
    weeks = {i: s[COL.left_at, i] for i in range(s.shape[1]) if s[COL.left_at, i] >= 0 and s[COL.route, i] in home}
    follow = [
        any(0 < week - weeks[j] <= 8 for j in state.ties[state.tie_start[i] : state.tie_start[i + 1]] if j in weeks)
        for i, week in weeks.items()
    ]
    assert 0 < sum(follow) < len(follow)
    assert share_following(run) == sum(follow) / len(follow)


def test_queues_are_the_stocks_of_the_series() -> None:
    run = busy(weeks=40).run(0)
    waiting, awaiting, refused = queues(run.state.history, 2.0)
    assert np.array_equal(waiting, 2.0 * (run.series["stock_exhausted"] + run.series["stock_booked"]))
    assert np.array_equal(awaiting, 2.0 * run.series["stock_awaiting"])
    assert np.array_equal(refused, 2.0 * run.series["stock_refused"])


def test_a_life_is_told_without_gaps_and_ends_where_the_run_does() -> None:
    prepared = busy(weeks=60)
    run = prepared.run(1)
    for household in range(0, 400, 29):
        told = stages(prepared, 1, household)
        assert told[0][0] == 0
        assert told[-1][1] == 60
        assert all(one[1] == other[0] and one[2] != other[2] for one, other in pairwise(told))
        row = int(np.flatnonzero(run.state.s[COL.id] == household)[0])
        assert told[-1][2] == run.state.s[COL.stage, row]


def test_a_line_crosses_nought_where_straight_lines_do() -> None:
    assert crossings(np.array([0.0, 10.0, 20.0]), np.array([1.0, 3.0, -1.0])) == [(17.5, True)]
    assert crossings(np.array([0.0, 4.0]), np.array([-1.0, 1.0])) == [(2.0, False)]
    assert crossings(np.array([0.0, 4.0]), np.array([2.0, 1.0])) == []


def test_the_offer_as_it_is_saves_what_the_comparison_says() -> None:
    """The point of the line at the offer's own amount is the comparison itself."""
    made = compare(ask(["uk-upfront-national"], weeks=60, replicates=3, households=60))
    found = rows(made)
    subject = Subject(made, found)
    own = own_offer(subject)
    assert own is not None
    ((saved, left, _),) = savings(subject, [own.amount(own.offer.amount_per_person)], 3)
    assert saved.mean == pytest.approx(subject.row("net_saving_npv", 1)["mean"], rel=1e-12, abs=1e-6)
    assert left.mean == pytest.approx(subject.row("departures", 1)["difference"])


def test_a_policy_without_an_offer_of_its_own_has_none_to_vary() -> None:
    made = compare(ask(["enforcement-only"], weeks=4, replicates=2, households=20))
    assert own_offer(Subject(made, rows(made))) is None
