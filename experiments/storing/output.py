"""A folder of results: there whole or not at all, and never over something else.

Everything is first written into a temporary folder beside its place (or inside it, where the place is
there already), flushed to the disk, and then renamed; the manifest comes last.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from abm.inputs.parameters import InputError

MANIFEST = "manifest.json"
#: Packages whose version a manifest gives.
PACKAGES = ("household-returns", "numpy", "numba", "mesa", "pandas", "scipy", "pyarrow", "matplotlib")

#: Writes a file at a path.
Writer = Callable[[Path], object]


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """Hash of inputs: canonical JSON, so that equal inputs have equal hashes."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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
        self.path, self.kind, self.mark = path, kind, mark
        self._refuse_what_is_not_ours()
        new = [folder for folder in path.absolute().parents if not folder.exists()]
        self._temporary().rmdir()
        for folder in new:
            # Only a trial: what it made goes again, until there is something to write.
            with suppress(OSError):
                folder.rmdir()

    def write(self, files: Mapping[str, Writer], told: Mapping[str, Any]) -> None:
        """Write the files and, last, the manifest.

        Parameters
        ----------
        files
            Writer by name.
        told
            What the manifest says besides kind, fingerprint, versions and the hash of each file.

        Raises
        ------
        InputError
            If the disk is full or the folder cannot be written; nothing is left behind.
        """
        self._refuse_what_is_not_ours()
        temporary = self._temporary()
        try:
            hashes = {}
            for name, writer in files.items():
                writer(temporary / name)
                hashes[name] = _flushed(temporary / name)
            whole = {
                "kind": self.kind, "fingerprint": self.mark, **told, "versions": versions(), "sha256": hashes,
            }  # fmt: skip
            text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            (temporary / MANIFEST).write_text(text, encoding="utf-8")
            _flushed(temporary / MANIFEST)
            self._move(temporary, [*files, MANIFEST])
        except OSError as fault:
            raise self._not_written(fault) from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _move(self, temporary: Path, names: list[str]) -> None:
        if temporary.parent == self.path:
            # The folder is there (empty, or with the same results): file by file, the manifest last.
            for name in names:
                os.replace(temporary / name, self.path / name)
            _flush_folder(self.path)
            return
        _flush_folder(temporary)
        os.rename(temporary, self.path)
        _flush_folder(self.path.parent)

    def _temporary(self) -> Path:
        """A fresh folder to write into."""
        inside = self.path.is_dir()
        name = f".{self.path.resolve().name}-{os.getpid()}-unfinished"
        temporary = (self.path if inside else self.path.parent) / name
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
        except OSError as fault:
            raise self._not_written(fault) from None
        return temporary

    def _refuse_what_is_not_ours(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise InputError("--out", str(self.path), "a folder: this is a file")
        try:
            names = sorted(p.name for p in self.path.iterdir() if not p.name.endswith("-unfinished"))
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
    temporary = path.with_name(f".{path.name}-{os.getpid()}-unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        _flushed(temporary)
        os.replace(temporary, path)
        _flush_folder(path.absolute().parent)
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        raise InputError("--out", str(path), f"a file that can be written ({reason})") from None
    finally:
        temporary.unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the results depend on."""
    from abm.model import model_version

    told = {"model": model_version(), "python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            told[name] = version(name)
    return told


def _manifest(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _flushed(path: Path) -> str:
    """SHA-256 of a file, after it has been flushed to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(path: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
