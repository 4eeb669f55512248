"""``returns sweep``: what it plans, what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.cli.sweep import app

AMOUNT = "offer.amount_per_person"


@pytest.mark.usefixtures("tiny")
def test_a_plan_counts_the_runs_and_runs_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["offer-amount", "--plan", "--replicates", "3"], result_action="return_value") == 0
    assert (
        "2 variants × 11 points + a baseline of 1 points × 1 draws × 3 replicates = 69 runs" in capsys.readouterr().out
    )
    assert not list(tmp_path.iterdir())


def test_without_a_design_the_ready_ones_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app([], result_action="return_value") == 0
    assert "pilot-sobol" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny")
def test_json_tells_the_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["offer-amount", "--replicates", "1", "--out", str(out), "--json"]
    assert app(command, result_action="return_value") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"], told["failed"], told["folder"]) == (23, 0, str(out))


def test_the_exit_code_says_whether_runs_failed(
    tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "fails"
    failing.touch()
    monkeypatch.setenv("TINY_FAILS", str(failing))
    file = tmp_path / "d.toml"
    file.write_text(
        f'variants = ["uk-2025"]\nweeks = 4\nreplicates = 3\n[set]\n"offer.household_cap" = "none"\n'
        f'[factors]\n"{AMOUNT}" = [666]\n'
    )
    command = [str(file), "--out", str(tmp_path / "out")]
    assert app(command, result_action="return_value") == 1
    assert "3 runs failed" in capsys.readouterr().out
    failing.unlink()
    assert app([*command, "--retry-failed"], result_action="return_value") == 0


SMALL = (
    'variants = ["uk-pilot-2026"]\nbaseline = "uk-2025"\nweeks = 4\nreplicates = 4\n'
    '[set]\n"offer.household_cap" = "none"\n[factors]\n'
)
FIGURES = ("figure.png", "figure.svg", "figure.pdf")


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("more", "shown"), [
    (f'"{AMOUNT}" = [0, 1000, 2000]\n', "net saving"),
    (f'"{AMOUNT}" = [0, 1000, 2000]\n"offer.early_bonus" = [0, 1]\n', "largest with amount per person"),
    (f'"{AMOUNT}" = [0, 1000]\n"offer.early_bonus" = [0, 1]\n[sampling]\nmethod = "one-at-a-time"\n', "least"),
])  # fmt: skip
def test_a_sweep_ends_with_a_table_and_a_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, shown: str
) -> None:
    file, out = tmp_path / "d.toml", tmp_path / "out"
    file.write_text(SMALL + more)
    assert app([str(file), "--out", str(out)], result_action="return_value") == 0
    assert shown in capsys.readouterr().out.lower()
    first = {name: (out / name).read_bytes() for name in FIGURES}
    assert all(first.values())
    assert "<text" in first["figure.svg"].decode()
    for name in FIGURES:
        (out / name).unlink()
    # Nothing new is run, and the figure is the same to the byte.
    assert app([str(file), "--out", str(out)], result_action="return_value") == 0
    assert {name: (out / name).read_bytes() for name in FIGURES} == first


@pytest.mark.usefixtures("tiny")
def test_plot_draws_what_is_asked_for_and_refuses_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "d.toml", tmp_path / "out"
    file.write_text(f'{SMALL}"{AMOUNT}" = [0, 1000]\n"offer.early_bonus" = [0, 0.5, 1]\n')
    assert main(["sweep", str(file), "--out", str(out)]) == 0
    picture = tmp_path / "mine.svg"
    command = ["plot", str(out), "--measure", "departures", "--x", "offer.early_bonus", "--out", str(picture)]
    assert main(command) == 0
    assert "Additional departures" in picture.read_text(encoding="utf-8")
    capsys.readouterr()
    for wrong, told in (
        (["--measure", "net_savings_npv"], "net_saving_npv"), (["--x", "offer.early_bonu"], "offer.early_bonus"),
        (["--y", "offer.early_bonus"], "beside --x"), (["--out", "figure.bmp"], ".svg"),
    ):  # fmt: skip
        assert main(["plot", str(out), *wrong]) == 2
        assert told in capsys.readouterr().err
    assert main(["plot", str(tmp_path / "nothing")]) == 2


@pytest.mark.usefixtures("tiny")
def test_points_left_out_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.toml"
    clash = f'"{AMOUNT}" = [5000, 20000]\n"offer.household_cap" = [10000, 40000]\n'
    head = 'variants = ["uk-pilot-2026"]\nweeks = 4\nreplicates = 2\n[factors]\n'
    file.write_text(head + clash)
    assert main(["sweep", str(file), "--plan"]) == 2
    assert "point 2 of uk-pilot-2026" in capsys.readouterr().err
    file.write_text(head + clash + "[sampling]\nskip_clashes = true\n")
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 0
    assert "1 of 4 points left out" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny")
def test_a_precision_of_the_saving_is_given_in_millions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.toml"
    file.write_text(f'{SMALL}"{AMOUNT}" = [0, 1000]\n')
    command = ["sweep", str(file), "--out", str(tmp_path / "out"), "--precision", "net_saving_npv=±1m", "--json"]
    assert main(command) == 0
    looks = json.loads(capsys.readouterr().out)["precision"]
    assert [(row["measure"], row["asked"], row["reached"]) for row in looks] == [("net_saving_npv", 1e6, True)] * 2
