"""A folder of results: there whole or not at all, and never over something else.

Everything is first written into a hidden folder beside its place, flushed to the disk, and then renamed, so that the
folder appears whole; a folder that is there already is replaced as one.  Where that cannot be (the place is a disk of
its own, the folder above may not be written) the hidden folder is inside, and its files move one by one, the manifest
last; a process that comes to the place after one that died finishes that.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from abm.inputs.given import no_file, path_given
from abm.inputs.parameters import InputError
from experiments.storing.aside import UNFINISHED, aside, clear, held, in_hand, is_aside, swapped
from experiments.storing.store import flush_folder

MANIFEST = "manifest.json"
#: Packages whose version a manifest gives.
PACKAGES = ("household-returns", "numpy", "numba", "mesa", "pandas", "scipy", "pyarrow", "matplotlib")

#: Writes a file at a path.
Writer = Callable[[Path], object]


def fingerprint(inputs: Any) -> str:
    """Hash of inputs: canonical JSON, so that equal inputs have equal hashes.

    What stands by name may stand in any order, but for origins: households are drawn in theirs.
    """
    text = json.dumps(_ordered(inputs), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _ordered(value: Any, name: str = "") -> Any:
    """The same with origins as a list."""
    if isinstance(value, Mapping):
        told = {key: _ordered(one, key) for key, one in value.items()}
        return list(told.items()) if name == "origins" else told
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value


class Place:
    """Where results are going to be: checked before anything is run.

    Parameters
    ----------
    path
        The folder; made, with its parents, if it is not there.
    kind, mark
        What the results are (``compare``, ``run``) and the hash of their inputs.  A folder that holds
        anything else is refused, and nothing in it touched.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """

    def __init__(self, path: Path, kind: str, mark: str) -> None:
        self.path, self.kind, self.mark = (path := path_given(path, "--out")), kind, mark
        self._finish()
        self._refuse_what_is_not_ours()
        new = [folder for folder in path.absolute().parents if not folder.exists()]
        self._temporary().rmdir()
        for folder in new:
            # Only a trial: what it made goes again, until there is something to write.
            with suppress(OSError):
                folder.rmdir()

    def write(
        self,
        files: Mapping[str, Writer],
        told: Mapping[str, Any],
        more: Callable[[Path], Sequence[str]] = lambda folder: (),
    ) -> None:
        """Write the files and, last, the manifest; whatever else is in the folder stays there.

        Parameters
        ----------
        files
            Writer by name.
        told
            What the manifest says besides kind, fingerprint, versions and the hash of each file.
        more
            Writes more files from those of a folder, and gives their names.

        Raises
        ------
        InputError
            If the disk is full or the folder cannot be written; nothing is left behind.
        """
        self._refuse_what_is_not_ours()
        temporary = self._temporary()
        try:
            with held(temporary):
                if temporary.parent != self.path and self.path.is_dir():
                    _bring(self.path, temporary, besides={*files, MANIFEST})
                for name, writer in files.items():
                    writer(temporary / name)
                names = [*files, *more(temporary)]
                whole = {
                    "kind": self.kind, "fingerprint": self.mark, **told, "versions": versions(),
                    "sha256": {name: _flushed(temporary / name) for name in names},
                }  # fmt: skip
                text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
                (temporary / MANIFEST).write_text(text, encoding="utf-8")
                _flushed(temporary / MANIFEST)
                self._move(temporary, [*names, MANIFEST])
        except OSError as fault:
            raise self._not_written(fault) from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _move(self, temporary: Path, names: Sequence[str]) -> None:
        flush_folder(temporary)
        if not self.path.exists():
            os.rename(temporary, self.path)
            flush_folder(self.path.parent)
        elif temporary.parent == self.path or not swapped(temporary, self.path.resolve()):
            for name in names:
                os.replace(temporary / name, self.path / name)
            flush_folder(self.path)

    def _temporary(self) -> Path:
        """A fresh folder to write into."""
        temporary = aside(self._inside if self._is_only_filled() else self.path.resolve())
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
        except OSError as fault:
            raise self._not_written(fault) from None
        return temporary

    @property
    def _inside(self) -> Path:
        """What the hidden folder is beside, where it is inside."""
        return self.path / self.path.resolve().name

    def _is_only_filled(self) -> bool:
        """Whether nothing can be put in the folder's place: a disk of its own, the folder where this process stands."""
        real = self.path.resolve()
        fixed = os.path.ismount(real) or Path.cwd().is_relative_to(real) or not os.access(real.parent, os.W_OK)
        return self.path.is_dir() and fixed

    def _finish(self) -> None:
        """Put in place what a process that died had written whole; clear what others have left."""
        if self.path.is_dir() and not (self.path / MANIFEST).exists():
            for left in sorted(self.path.glob(f".*{UNFINISHED}")):
                found = _manifest(left / MANIFEST)
                if (found.get("kind"), found.get("fingerprint")) == (self.kind, self.mark) and not in_hand(left):
                    with suppress(OSError):
                        self._move(left, sorted((path.name for path in left.iterdir()), key=MANIFEST.__eq__))
        for place in (self._inside, self.path.resolve()):
            clear(place)

    def _refuse_what_is_not_ours(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise InputError("--out", str(self.path), "a folder: this is a file")
        try:
            names = sorted(p.name for p in self.path.iterdir() if not is_aside(p.name))
        except OSError as fault:
            raise self._not_written(fault) from None
        if not names:
            return
        if MANIFEST not in names:
            told = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            raise InputError("--out", str(self.path), f"an empty or a new folder: this one holds other things ({told})")
        found = _manifest(self.path / MANIFEST)
        if (found.get("kind"), found.get("fingerprint")) != (self.kind, self.mark):
            raise InputError(
                "--out", str(self.path), "an empty or a new folder: this one holds the results of other inputs"
            )

    def _not_written(self, fault: OSError) -> InputError:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        return InputError("--out", str(self.path), f"a folder that can be written ({reason})")


def put(path: Path, content: bytes) -> None:
    """Write one file, there whole or not at all; its folder is made if it is not there.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    temporary = aside(path)
    try:
        clear(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        with held(temporary):
            temporary.write_bytes(content)
            _flushed(temporary)
            os.replace(temporary, path)
        flush_folder(path.absolute().parent)
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        raise InputError("--out", str(path), f"a file that can be written ({reason})") from None
    finally:
        temporary.unlink(missing_ok=True)


def _bring(folder: Path, new: Path, *, besides: set[str]) -> None:
    """What a folder holds besides some files, in the folder that will take its place: the same files, not copies."""

    def left_out(where: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(where) == folder and (name in besides or is_aside(name))}

    def linked(source: str, target: str) -> None:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:  # not every file system has links
            shutil.copy2(source, target)

    shutil.copytree(folder, new, symlinks=True, ignore=left_out, copy_function=linked, dirs_exist_ok=True)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the results depend on."""
    from abm.model import model_version

    told = {"model": model_version(), "python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            told[name] = version(name)
    return told


def _manifest(path: Path) -> dict[str, Any]:
    if no_file(path):
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _flushed(path: Path) -> str:
    """SHA-256 of a file, after it has been flushed to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
