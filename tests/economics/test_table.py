"""Anybody's table of strategies: read as it is meant, or refused with file, row, column and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from abm.inputs.parameters import InputError
from experiments.economics.table import StrategyTable, load_table


def load(tmp_path: Path, text: str | bytes) -> StrategyTable:
    path = tmp_path / "strategies.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_table(path)


@pytest.mark.parametrize("text", [
    'strategy,cost,effect\nA,"26,000",277.25\nB,27000,-1\n',
    "\ufeffStrategy,COST, Effect \r\nA,26000,277.25\r\nB,27000,-1\r\n",
    "effect;cost;strategy\n277,25;26.000;A\n-1;27.000,00;B\n",
    "sep=;\nstrategy;cost;effect\nA;26,000;277.25\nB;27000;−1\n",
    'strategy;cost;effect\n"A";26 000;277,25\n"B";27 000;-1\n',
    "strategy\tcost\teffect\nA\t£26,000\t277.25\nB\t£27000\t-1\n",
    "\nstrategy,cost,effect,,\nA,2.6e4,277.25,,\n,,,,\nB,27000,-1,,\n",
    "strategy\tcost\teffect\nA\t26000\t277.25\nB\t27000\t-1\n".encode("utf-16"),
])  # fmt: skip
def test_what_spreadsheets_write_is_read(tmp_path: Path, text: str | bytes) -> None:
    table = load(tmp_path, text)
    assert table.names == ("A", "B")
    assert table.cost.tolist() == [[26_000, 27_000]]
    assert table.effect.tolist() == [[277.25, -1]]
    assert table.draws == ()


def test_three_decimals_of_a_plain_file_are_decimals(tmp_path: Path) -> None:
    assert load(tmp_path, "strategy,cost,effect\nA,1.500,23.104\n").effect.tolist() == [[23.104]]


def test_other_columns_are_named_and_left_out(tmp_path: Path) -> None:
    table = load(tmp_path, 'strategy,note,cost,effect,Source\nA,"x, y",1,2,z\n')
    assert table.ignored == ("note", "Source")


def test_draws_come_in_any_order_and_belong_together_by_name(tmp_path: Path) -> None:
    table = load(tmp_path, "draw,strategy,cost,effect\n2,B,4,40\n1,A,1,10\n1,B,2,20\n2,A,3,30\n")
    assert (table.draws, table.names) == (("2", "1"), ("B", "A"))
    assert table.cost.tolist() == [[4, 3], [2, 1]]
    assert table.effect.tolist() == [[40, 30], [20, 10]]


@pytest.mark.parametrize(("text", "told"), [
    ("strategy,cost,effect\nA,26k,1\n", "row 2, cost = '26k'"),
    ("strategy,cost,effect\nA,1,nan\n", "row 2, effect = 'nan'"),
    ("strategy,cost,effect\nA,1,inf\n", "row 2, effect = 'inf'"),
    ("strategy,cost,effect\nA,1,2\nB,,2\n", "row 3, cost = ''"),
    ("strategy,cost,effect\nA,26_000,2\n", "row 2, cost = '26_000'"),
    ("strategy,cost,effect\nA,1e999,2\n", "row 2, cost = '1e999'"),
    ("strategy,cost,effect\n,1,2\n", "row 2, strategy = ''"),
    ("strategy,cost,effect\nA,26,000,277.25\n", "row 2 = 'A,26,000,277.25'"),
    ("strategy,cost,effect,note\nA,26,000,277.25\n", "row 2, effect = '000'"),
    ("strategy,cost,effect\nA,1\n", "as many cells as columns, 3"),
    ("strategy,cost,effect\nA,1,2\nA,2,3\n", "row 3, strategy = 'A'"),
    ("strategy,costs,effect\nA,1,2\n", "no cost here"),
    ("strategy,cost,Cost,effect\nA,1,1,2\n", "cost comes twice"),
    ("strategy,cost,effect\n", "at least one strategy"),
    ("", "at least one strategy"),
    ("strategy;cost;effect\nA;26,000;277\n", "this may be 26 or 26,000"),
    ("strategy;cost;effect\nA;26.000;277\n", "this may be 26 or 26,000"),
    ("strategy;cost;effect\nA;26,000;277,25\n", "this may be 26 or 26,000"),
    ("strategy;cost;effect\nA;1;23,1\nB;2;23.1\n", "row 2, effect = '23,1'"),
    ('strategy,cost,effect\nA,"1,23",5\nB,26.5,3\n', "row 2, cost = '1,23'"),
    ("draw,strategy,cost,effect\n1,A,1,1\n1,B,1,1\n2,B,1,1\n", "row 4, draw = '2'"),
    ("draw,strategy,cost,effect\n1,A,1,1\n2,A,1,1\n2,A,3,1\n", "row 4, strategy = 'A'"),
    ("draw,strategy,cost,effect\n,A,1,1\n", "row 2, draw = ''"),
    ('strategy,cost,effect\n"A,1,2\n', "row 2"),
    ("strategy,cost,effect\nCafé,1,2\n".encode("latin-1"), "CSV UTF-8"),
    (b"PK\3\4\0\0\0", "a table of comma- or semicolon-separated values"),
])  # fmt: skip
def test_what_cannot_be_read_in_one_way_is_refused_in_one_sentence(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, text)
    message = str(refused.value)
    assert told in message
    assert message.startswith(str(tmp_path / "strategies.csv"))
    assert "\n" not in message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_table(tmp_path / "none.csv")
