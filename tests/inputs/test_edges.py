"""Where data comes in: what cannot be read is told in one short sentence, never by a traceback."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from abm import InputError, load_behaviour, load_caseload, load_policy
from abm.inputs.given import path_given
from abm.scenarios.kinds import kind_of
from experiments.api.taken import rows_of
from experiments.calibration.history import load_history
from experiments.cli.main import main
from experiments.question.design import load_design
from experiments.question.draws import draws_of

POLICY = 'extends = "uk-2025"\n[offer]\namount_per_person = {}\n'


def told(refused: pytest.ExceptionInfo[InputError]) -> str:
    """The message, which is one sentence of a bearable length."""
    text = str(refused.value)
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 700
    return text


@pytest.mark.parametrize("value", [
    "9" * 400, "9" * 5_000, "-" + "9" * 4_299, "1e999", "nan", '"' + "x" * 100_000 + '"', "[" * 3_000, "{a=" * 3_000,
    '{ evidence = "incentives:dk_cooperating", times = 1e308 }',
    '{ evidence = "incentives:dk_cooperating", times = ' + "9" * 400 + " }",
    "{ value = 1, low = " + "9" * 400 + " }", "1979-05-27", "true", '"\\u001b[31m\\n"', "0x" + "f" * 4_000,
])  # fmt: skip
def test_a_value_that_is_none_is_told_shortly(tmp_path, value):
    file = tmp_path / "own.toml"
    file.write_text(POLICY.format(value))
    with pytest.raises(InputError) as refused:
        load_policy(file)
    assert "own.toml" in told(refused)


def test_a_key_with_an_escape_is_shown_as_one(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('extends = "uk-2025"\n"a\\u001b[31mb\\nc" = 3\n')
    with pytest.raises(InputError) as refused:
        load_policy(file)
    assert r"a\x1b[31mb\nc = 3" in told(refused)


def test_what_is_echoed_is_cut_in_the_middle():
    long = InputError("field", "a" * 500 + "z" * 500, "something else")
    assert "(1,002 characters)" in str(long)
    assert "zzz' …" not in str(long)
    assert str(long).startswith("field = 'aaa")
    assert "about 1,000 digits" in str(InputError("field", 10**1_000, "less"))
    assert "\N{NO-BREAK SPACE}" in str(InputError("field", 1, "5\N{NO-BREAK SPACE}%"))


def test_a_chain_of_files_ends(tmp_path):
    for k in range(1_500):
        (tmp_path / f"c{k}.toml").write_text(f'extends = "c{k + 1}.toml"\n')
    with pytest.raises(InputError) as refused:
        load_policy(tmp_path / "c0.toml")
    assert "at most 50 files" in told(refused)


@pytest.mark.parametrize(
    "name", ["a" * 5_000 + ".toml", "~nobody-of-that-name/x.toml", "a\0b.toml", "x/" * 3_000 + "y.toml"]
)
@pytest.mark.parametrize("load", [load_policy, load_caseload, load_behaviour, load_history, load_design, rows_of])
def test_a_path_that_no_file_can_have(load, name):
    with pytest.raises(InputError) as refused:
        load(name)
    told(refused)


def test_a_path_is_as_given_where_it_can_be_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_given("~/x.toml", "NAME") == tmp_path / "x.toml"
    assert path_given("nowhere/at/all.toml", "NAME") == Path("nowhere/at/all.toml")


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00money\n", b"", b'money\n"1.0\n', b"money\nabc\n", b"money,money\n1\n1,2,3\n"]
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_draws_that_are_none(tmp_path, content, ending):
    table = tmp_path / f"draws.{ending}"
    table.write_bytes(content)
    with pytest.raises(InputError) as refused:
        rows_of(table)
    told(refused)
    design = tmp_path / "own.toml"
    design.write_text(
        f'variants = ["uk-2025"]\nposterior = "draws.{ending}"\n[factors]\n"offer.amount_per_person" = [1, 2]\n'
    )
    with pytest.raises(InputError) as refused:
        draws_of(load_design(design))
    told(refused)


@pytest.mark.parametrize(
    "content",
    [
        'origin,size\nAlbania,"' + "3" * 200_000 + '"\n',
        "origin,size\nAlbania," + "9" * 400 + "\n",
        "origin,size\nAlbania," + "9" * 5_000 + "\n",
        "origin,size\nAlb\x1b[31mania,3\n",
    ],
)
def test_a_table_of_people_that_is_none(tmp_path, content):
    table = tmp_path / "people.csv"
    table.write_text(content)
    with pytest.raises(InputError) as refused:
        load_caseload(table)
    told(refused)
    assert kind_of(table) == "caseload"


@pytest.mark.parametrize("argv", [
    ["serve", "--host", "..", "--no-open"], ["serve", "--host", "a" * 300, "--no-open"],
    ["compare", "--set", "world.hotel_night=" + "9" * 5_000], ["run", "a" * 5_000 + ".toml"],
    ["show", "~nobody-of-that-name/x"],
])  # fmt: skip
def test_the_command_line_says_so(argv, capsys):
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1
    assert len(said) < 700


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_output_to_a_full_device_is_told():
    command = [sys.executable, "-m", "experiments.cli.main", "list", "levers"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["returns: what is printed cannot be written: No space left on device."]


def test_a_number_of_a_hundred_digits_is_read_as_it_is(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(POLICY.format("1" + "0" * 30))
    with pytest.raises(InputError, match="from 0 to 100000"):
        load_policy(file)
    assert math.isfinite(load_policy("uk-2025").offer.amount_per_person)
