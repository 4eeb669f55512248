"""What stands in a folder of results that no sweep has left there: told in one sentence, and nothing is touched."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from abm import InputError, load_behaviour, load_caseload, load_policy
from abm.rules import using
from experiments.api.taken import rows_of
from experiments.calibration.history import load_history
from experiments.economics.table import load_table
from experiments.question.design import load_design
from experiments.report.html.again import question_of
from experiments.report.sweep_reading import read
from experiments.storing.output import Place
from experiments.storing.parquet import from_bytes, to_bytes
from experiments.storing.store import FolderError
from experiments.sweep import sweep

DESIGN = {
    "variants": ["uk-upfront-national"], "baseline": "uk-2025", "factors": {"offer.amount_per_person": [0, 1000, 2000]},
    "set": {"offer.household_cap": "none"}, "replicates": 10, "weeks": 4,
}  # fmt: skip


@pytest.fixture
def swept(tmp_path: Path, tiny: None) -> Path:
    """The folder of a finished sweep."""
    return sweep(DESIGN, out=tmp_path / "swept").folder


def put_part(folder: Path, content: bytes) -> Path:
    """A part with the right hash, in the place of the others."""
    for part in (folder / "parts").iterdir():
        part.unlink()
    path = folder / "parts" / f"part-{hashlib.blake2b(content, digest_size=16).hexdigest()}.parquet"
    path.write_bytes(content)
    return path


def with_column(name: str, change: Callable[[np.ndarray], object], kind: pa.DataType | None = None) -> Callable:
    def forged(table: pa.Table) -> pa.Table:
        place = table.column_names.index(name)
        column = table.column(name)
        values = change(column.to_numpy(zero_copy_only=False).copy())
        return table.set_column(place, name, pa.array(values, kind or column.type))

    return forged


FORGED = {
    "no table": (lambda table: b"PAR1 and so on PAR1", "is no part of a sweep"),
    "half a table": (lambda table: to_bytes(table)[:-400], "is no part of a sweep"),
    "nobody's": (lambda table: table.replace_schema_metadata(None), "is of another sweep"),
    "a column less": (lambda table: table.drop_columns(["seed"]), "has other columns"),
    "a column more": (lambda table: table.append_column("x", table.column("seed")), "has other columns"),
    "a measure less": (lambda table: table.drop_columns(["cost_npv"]), "has other columns"),
    "measures of text": (with_column("cost_npv", lambda held: [str(value) for value in held], pa.string()), "columns"),
    "points of text": (with_column("point", lambda held: ["x"] * len(held), pa.string()), "has other columns"),
    "points that are not there": (with_column("point", lambda held: [None] * len(held)), "say nothing of their run"),
    "points below 0": (with_column("point", lambda held: held - 5), "are not of this sweep"),
    "draws above": (with_column("draw", lambda held: held + 7), "are not of this sweep"),
    "replicates below 0": (with_column("replicate", lambda held: held - 99), "are not of this sweep"),
    "replicates far out": (with_column("replicate", lambda held: held + 10**9), "are not of this sweep"),
    "other variants": (with_column("variant", lambda held: ["nobody"] * len(held)), "are not of this sweep"),
    "other seeds": (with_column("seed", lambda held: held + 1), "are not of this sweep"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_part_with_the_right_hash_that_no_sweep_has_written_is_refused(swept: Path, how: str) -> None:
    table = pa.concat_tables([from_bytes(part.read_bytes()) for part in sorted((swept / "parts").iterdir())])
    forge, why = FORGED[how]
    made = forge(table)
    part = put_part(swept, made if isinstance(made, bytes) else to_bytes(made))
    with pytest.raises(FolderError, match=why) as refused:
        sweep(DESIGN, out=swept)
    assert part.name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_same_rows_in_one_part_are_accepted(swept: Path) -> None:
    whole = (swept / "summary.csv").read_bytes()
    table = pa.concat_tables([from_bytes(part.read_bytes()) for part in sorted((swept / "parts").iterdir())])
    put_part(swept, to_bytes(table))
    assert sweep(DESIGN, out=swept).new == 0
    assert (swept / "summary.csv").read_bytes() == whole


# ---- what is no file --------------------------------------------------------------------------------


@pytest.fixture(params=["a folder", "a pipe", "a socket", "a device"])
def no_file(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], str]]:
    """Puts something at a path that is no file; what it is."""
    opened = socket.socket(socket.AF_UNIX) if hasattr(socket, "AF_UNIX") else None

    def put(path: Path) -> str:
        if path.exists():
            path.unlink()
        if request.param == "a folder":
            path.mkdir()
        elif request.param == "a pipe":
            os.mkfifo(path)
        elif request.param == "a device":
            path.symlink_to("/dev/zero")
        elif opened is not None:
            before = Path.cwd()
            os.chdir(path.parent)  # the name of a socket may have a hundred letters
            opened.bind(path.name)
            os.chdir(before)
        return str(request.param)

    if os.name == "nt":
        pytest.skip("no pipes, sockets and devices among the files")
    yield put
    if opened is not None:
        opened.close()


def test_a_part_that_is_no_file_is_refused(swept: Path, no_file) -> None:
    part = next((swept / "parts").iterdir())
    kind = no_file(part)
    with pytest.raises(FolderError, match=f"{part.name} is {kind} and no file"):
        sweep(DESIGN, out=swept)


def test_a_manifest_that_is_no_file_is_refused(swept: Path, no_file) -> None:
    kind = no_file(swept / "manifest.json")
    for refused in (lambda: sweep(DESIGN, out=swept), lambda: read(swept)):
        with pytest.raises(FolderError, match=f"manifest.json is {kind} and no file"):
            refused()
    with pytest.raises(InputError, match="other inputs"):
        Place(swept, "compare", "mark")
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        question_of(swept)


READERS = {
    "own.toml": (load_policy, load_caseload, load_behaviour, load_history, load_design),
    "own.csv": (load_caseload, rows_of, load_table), "own.parquet": (rows_of,), "own.xlsx": (load_caseload,),
    "own.py": (lambda path: using(path).__enter__(),),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_an_input_that_is_no_file_is_refused(tmp_path: Path, no_file, name: str) -> None:
    no_file(tmp_path / name)
    for reader in READERS[name]:
        with pytest.raises(InputError) as refused:
            reader(tmp_path / name)
        assert "\n" not in str(refused.value)


# ---- a sweep's tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["summary.parquet", "runs.parquet"])
def test_a_table_that_was_changed_is_not_drawn(swept: Path, name: str) -> None:
    content = bytearray((swept / name).read_bytes())
    content[len(content) // 2] ^= 1
    (swept / name).write_bytes(content)
    with pytest.raises(FolderError, match=f"{name} is not as the sweep has left it"):
        read(swept)


@pytest.mark.parametrize(
    "change", [{"design": []}, {"design": {}}, {"variants": 3}, {"draws": "x"}, {"vectors": None}, {"tables": {}}]
)
def test_a_manifest_that_was_changed_is_not_drawn(swept: Path, change: dict[str, object]) -> None:
    told = json.loads((swept / "manifest.json").read_text())
    (swept / "manifest.json").write_text(json.dumps(told | change))
    with pytest.raises(FolderError, match="as the sweep has left it"):
        read(swept)


DAMAGING = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import tiny_model; tiny_model.install()
from experiments.cli.main import main
from experiments.sweep import sweeping, tables, tally
tally.FLUSH_RUNS, tables.SLICE, whole = 1, 2, sweeping.write_tables

def damaged(store, study, found):
    path = store.path / "parts" / found.names[int(found.part[-5])]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return whole(store, study, found)

sweeping.write_tables = damaged
sys.exit(main(["sweep", {design!r}, "--out", {out!r}, "--workers", "2"]))
"""


def test_a_part_damaged_while_tables_are_written_is_told_and_the_process_ends_in_order(tmp_path: Path) -> None:
    """An open writer of Parquet once wrote on into its closed file, and now and then ended the process by 134."""
    design = tmp_path / "own.toml"
    design.write_text(
        'variants = ["uk-2025"]\nreplicates = 4\nweeks = 4\n[factors]\n"world.hotel_night" = [100, 110]\n'
    )
    tests = Path(__file__).parents[1]
    code = DAMAGING.format(tests=str(tests), root=str(tests.parent), design=str(design), out=str(tmp_path / "out"))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 2
    assert "is damaged" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert not list((tmp_path / "out").rglob("_tmp*"))
