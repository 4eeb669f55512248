"""A results folder keeps what is done, is written by one sweep at a time, and is never overwritten by another."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from small_disk import small_disk

from abm.inputs.parameters import InputError
from experiments.storing import store
from experiments.storing.store import Folder, FolderError
from experiments.sweep import sweep, tally

TESTS = Path(__file__).parents[1]
DESIGN = {
    "variants": ["uk-upfront-national"], "factors": {"offer.amount_per_person": [0, 1000, 2000]},
    "set": {"offer.household_cap": "none"}, "replicates": 10, "weeks": 4,
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """The folder of a finished sweep."""
    return sweep(DESIGN, out=tmp_path / "swept").folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the lock, with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


# ---- killed at every step ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_sweep_killed_at_any_step_of_its_writing_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    harness = [sys.executable, str(TESTS / "kill_harness.py"), str(tmp_path)]
    ended = subprocess.run(
        harness,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["tables"] == ["baseline.parquet", "runs.parquet", "series.parquet", "summary.csv", "summary.parquet"]
    assert told["kills"] > 60
    assert told["kills_of_one"] > 10
    assert told["different"] == 0, "a resumed sweep has other result tables than an undisturbed one"
    assert told["redone"] == 0, "a run that a part already held was done again"
    assert told["left_over"] == 0


# ---- whose folder it is -----------------------------------------------------------------------------


def test_a_folder_of_another_model_version_is_refused_and_left_as_it_was(
    swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(swept)
    monkeypatch.setattr("abm.model_version", lambda: "tiny-2")
    with pytest.raises(FolderError, match="model version tiny-1, this is tiny-2"):
        sweep(DESIGN, out=swept)
    assert contents(swept) == before


def test_a_folder_of_another_design_is_refused_by_what_differs(swept: Path) -> None:
    before = contents(swept)
    with pytest.raises(FolderError, match=r"another design's runs .what differs: weeks, seed"):
        sweep({**DESIGN, "weeks": 5, "seed": 3}, out=swept)
    assert contents(swept) == before


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(FolderError, match=r"other things \(thesis.docx\)"):
        sweep(DESIGN, out=tmp_path)
    assert contents(tmp_path) == {"thesis.docx": b"years of work"}
    assert not (tmp_path / ".lock").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="it is a file"):
        sweep(DESIGN, out=tmp_path / "file")


@pytest.mark.parametrize("text", ["{ half of a mani", "[]", '{"made": "by something else"}'])
def test_a_manifest_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(FolderError, match=r"manifest\.json"):
        sweep(DESIGN, out=tmp_path)
    assert (tmp_path / "manifest.json").read_text() == text


# ---- damage -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied"])
def test_a_damaged_part_is_named_and_nothing_is_overwritten(swept: Path, damage: str) -> None:
    part = next((swept / "parts").glob("part-*"))
    whole = part.read_bytes()
    flipped = bytes([*whole[:100], whole[100] ^ 1, *whole[101:]])
    part.write_bytes({"truncated": whole[: len(whole) // 2], "flipped": flipped, "emptied": b""}[damage])
    before = contents(swept)
    with pytest.raises(FolderError, match=f"{part.name} is damaged"):
        sweep(DESIGN, out=swept)
    assert contents(swept) == before


def test_what_the_message_advises_about_a_damaged_part_works(swept: Path, tmp_path: Path) -> None:
    whole = (swept / "summary.csv").read_bytes()
    part = next((swept / "parts").glob("part-*"))
    part.write_bytes(b"")
    part.rename(tmp_path / "aside")
    outcome = sweep(DESIGN, out=swept)
    assert outcome.new > 0
    assert (swept / "summary.csv").read_bytes() == whole


def test_a_part_of_another_sweep_is_refused(swept: Path, tmp_path: Path) -> None:
    other = sweep({**DESIGN, "seed": 99}, out=tmp_path / "other").folder
    for part in (other / "parts").iterdir():
        (swept / "parts" / part.name).write_bytes(part.read_bytes())
    with pytest.raises(FolderError, match="of another sweep"):
        sweep(DESIGN, out=swept)


def test_a_lost_table_is_made_again_from_the_parts(swept: Path) -> None:
    whole = contents(swept)
    (swept / "runs.parquet").unlink()
    (swept / "summary.csv").write_text("scribble")
    assert sweep(DESIGN, out=swept).new == 0
    again = contents(swept)
    assert {k: v for k, v in again.items() if k != "manifest.json"} == {
        k: v for k, v in whole.items() if k != "manifest.json"
    }


# ---- no room, no right ------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    with small_disk(tmp_path, "1m") as made:
        yield made


def test_a_full_disk_stops_the_sweep_with_a_message_and_keeps_what_is_done(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "FLUSH_RUNS", 5)
    ballast = disk / "ballast"
    out = disk / "out"
    sweep({**DESIGN, "replicates": 2}, out=out)
    ballast.write_bytes(b"x" * (shutil.disk_usage(disk).free - 80_000))
    with pytest.raises(FolderError, match=r"the disk is full.*run the same command again"):
        sweep({**DESIGN, "replicates": 50}, out=out)
    assert not list(out.rglob("_tmp*"))
    ballast.unlink()
    kept = len(list((out / "parts").iterdir()))
    assert kept > 0
    monkeypatch.undo()
    tiny_model.install(monkeypatch.setattr)
    again = sweep({**DESIGN, "replicates": 12}, out=out)
    assert again.done == 36


def test_an_error_of_the_disk_leaves_the_old_file_and_no_other(swept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study_inputs = json.loads((swept / "manifest.json").read_text())
    with Folder(swept, study_inputs["inputs"], study_inputs["fingerprint"]) as folder:
        before = contents(swept)

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(store.os, "fsync", full)
        with pytest.raises(FolderError, match="disk is full"):
            folder.write("summary.csv", lambda file: file.write(b"half"))
    assert contents(swept) == before


def test_a_limit_on_file_size_reads_as_a_full_disk(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent)!r}]\n"
        "import tiny_model; tiny_model.install()\n"
        "from experiments.sweep.sweeping import sweep\n"
        f"try: sweep({DESIGN!r}, out={str(tmp_path / 'out')!r})\n"
        "except Exception as fault: print(type(fault).__name__, fault)\n"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    ended = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, preexec_fn=limit, check=False
    )
    assert ended.stdout.startswith("FolderError"), ended.stderr
    assert "the disk is full" in ended.stdout


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="cannot be written"):
        sweep(DESIGN, out=tmp_path / "file" / "out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FolderError, match="cannot be written"):
            sweep(DESIGN, out=tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


# ---- one at a time ----------------------------------------------------------------------------------

HOLD = (
    "import sys, time; sys.path[:0] = [{tests!r}, {root!r}]\n"
    "from pathlib import Path\n"
    "from experiments.storing.store import Folder\n"
    "folder = Folder(Path({out!r}), {inputs!r}, {fingerprint!r})\n"
    "print('held', flush=True); time.sleep(60)\n"
)


def test_two_processes_cannot_sweep_into_one_folder_and_a_killed_one_holds_nothing(swept: Path) -> None:
    manifest: dict[str, Any] = json.loads((swept / "manifest.json").read_text())
    code = HOLD.format(
        tests=str(TESTS),
        root=str(TESTS.parent),
        out=str(swept),
        inputs=manifest["inputs"],
        fingerprint=manifest["fingerprint"],
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            with pytest.raises(FolderError, match=f"another process .{holder.pid}. is sweeping"):
                sweep(DESIGN, out=swept)
        finally:
            holder.kill()
            holder.wait()
    begun = time.monotonic()
    assert sweep(DESIGN, out=swept).done == 30
    assert time.monotonic() - begun < 30


def test_a_message_about_a_folder_is_an_input_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    with pytest.raises(InputError) as refusal:
        sweep(DESIGN, out=tmp_path)
    assert str(refusal.value).startswith(f"results folder {tmp_path}: ")
    assert "\n" not in str(refusal.value)
