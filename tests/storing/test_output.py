"""A place for results is written whole or not at all, and never over anything else."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from abm import InputError
from experiments.storing.output import Place, fingerprint


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "deep" / "results"
    if there:
        path.mkdir(parents=True)
    place = Place(path, "compare", "mark")

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        place.write({"small.txt": lambda p: p.write_text("whole"), "large.txt": full}, {})
    assert not any(p.is_file() for p in tmp_path.rglob("*"))
    assert path.exists() == there


def test_an_interruption_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    place = Place(tmp_path / "results", "compare", "mark")

    def interrupted(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.write({"large.txt": interrupted}, {})
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    Place(tmp_path / "a" / "b" / "results", "compare", "mark")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["file.txt", "file.txt/below"])
def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(InputError, match="--out"):
        Place(tmp_path / path, "compare", "mark")
    assert (tmp_path / "file.txt").read_text() == "mine"


def test_a_fingerprint_depends_on_every_value_and_not_on_their_order() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1, "b": [1, 2]}) != fingerprint({"a": 1, "b": [2, 1]})
