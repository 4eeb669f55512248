"""A results folder: one sweep at a time, durable writes, nothing of another sweep overwritten.

    manifest.json    what was run with what: inputs and their hashes, versions, counts, hashes of the tables
    parts/           part-<hash>.parquet, a row a run, written while the sweep goes on; the hash is of the file's bytes
    runs.parquet, baseline.parquet, summary.parquet, summary.csv, failures.parquet, series.parquet    made at the end
    .lock            held while a sweep is writing; the system releases it when the process dies, however it dies

A file appears under its own name only when it is whole: it is written under a name that begins with ``_tmp``,
flushed to the disk, renamed, and the folder flushed too.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from abm.inputs.given import no_file, path_given
from abm.inputs.parameters import InputError

MANIFEST, LOCK, PARTS, TEMPORARY = "manifest.json", ".lock", "parts", "_tmp-"
TABLES = (
    "runs.parquet", "baseline.parquet", "summary.parquet", "summary.csv", "failures.parquet", "series.parquet",
    "precision.csv",
)  # fmt: skip


class FolderError(InputError):
    """A results folder that cannot be used as it is: what is wrong with it, and what to do."""

    def __init__(self, folder: Path | str, problem: str, remedy: str) -> None:
        super().__init__("--out", str(folder), f"{problem}; {remedy}")
        self.folder, self.problem, self.remedy = folder, problem, remedy
        self.args = (f"results folder {folder}: {problem}; {remedy}.",)

    def __reduce__(self) -> tuple[Any, ...]:
        return FolderError, (self.folder, self.problem, self.remedy)


class Folder:
    """An open results folder, locked until `close` (or the end of the process).

    Parameters
    ----------
    path
        Created if it is not there.
    inputs
        Hash by name of everything that determines the results; a folder with others is refused.

    Raises
    ------
    FolderError
        If the folder cannot be written, is in use, or holds something else.
    """

    def __init__(self, path: Path, inputs: Mapping[str, str], fingerprint: str) -> None:
        self.path, self.fingerprint, self._inputs = path_given(path, "--out"), fingerprint, dict(inputs)
        self._lock: int | None = None
        self._refuse_what_is_not_ours()
        try:
            (path / PARTS).mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as fault:
            raise _not_written(path, fault) from None
        try:
            self._take_lock()
            self._refuse_what_is_not_ours()
            for place in (path, path / PARTS):
                for left in place.glob(f"{TEMPORARY}*"):
                    left.unlink(missing_ok=True)
        except BaseException as fault:
            self.close()
            if isinstance(fault, OSError):
                raise _not_written(path, fault) from None
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # ---- the manifest -------------------------------------------------------------------------------

    def manifest(self) -> dict[str, Any]:
        """The manifest; empty if there is none yet."""
        return read_manifest(self.path)

    def write_manifest(self, told: Mapping[str, Any]) -> None:
        """Replace the manifest."""
        whole = {"fingerprint": self.fingerprint, "inputs": self._inputs, **told}
        text = json.dumps(whole, indent=2, ensure_ascii=False, default=str) + "\n"
        self.write(MANIFEST, lambda file: file.write(text.encode()))

    # ---- parts and tables ---------------------------------------------------------------------------

    def write(self, name: str, content: Callable[[BinaryIO], object]) -> None:
        """Write a file of the folder so that it is there whole or not at all, whatever happens.

        Raises
        ------
        FolderError
            If the disk is full or the folder cannot be written; nothing is left behind.
        """
        try:
            _write_whole(self.path / name, content)
        except OSError as fault:
            raise _not_written(self.path, fault) from None

    def write_part(self, content: bytes) -> None:
        """Write a part under the hash of its bytes."""
        self.write(f"{PARTS}/part-{_digest(content)}.parquet", lambda file: file.write(content))

    def remove(self, name: str) -> None:
        """Remove a table that no longer holds."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as fault:
            raise _not_written(self.path, fault) from None

    def part_names(self) -> list[str]:
        """Names of the parts, sorted."""
        return sorted(path.name for path in (self.path / PARTS).glob("part-*.parquet"))

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each part, checked against its name.

        Raises
        ------
        FolderError
            If a part is damaged.
        """
        for name in self.part_names():
            yield name, self.part(name)

    def part(self, name: str) -> bytes:
        """The bytes of a part, checked against its name."""
        path = self.path / PARTS / name
        if kind := no_file(path):
            raise FolderError(self.path, f"{PARTS}/{name} is {kind} and no file", "move it out of the folder")
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise FolderError(
                self.path, f"{PARTS}/{name} cannot be read ({fault.strerror})", "mend that first"
            ) from None
        if name != f"part-{_digest(content)}.parquet":
            raise FolderError(
                self.path,
                f"{PARTS}/{name} is damaged (its {len(content):,} bytes do not match its name)",
                "move it out of the folder and run the same command again: only its runs will be done again",
            )
        return content

    def hashes(self) -> dict[str, str]:
        """Hash of each result table that is there."""
        return {name: digest_of(self.path / name) for name in TABLES if (self.path / name).is_file()}

    # ---- whose folder is it? ------------------------------------------------------------------------

    def _refuse_what_is_not_ours(self) -> None:
        path = self.path
        if not path.exists():
            return
        if not path.is_dir():
            raise FolderError(path, "it is a file", "name a folder with --out")
        try:
            names = {entry.name for entry in path.iterdir()}
        except OSError as fault:
            raise _not_written(path, fault) from None
        if MANIFEST in names:
            self._compare(read_manifest(path))
            return
        others = sorted(name for name in names - {LOCK, PARTS} if not name.startswith(TEMPORARY))
        if (path / PARTS).is_dir() and self.part_names():
            others.append(PARTS)
        if others:
            told = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
            remedy = "name an empty or a new folder with --out"
            raise FolderError(path, f"it holds other things ({told}) and no {MANIFEST} of a sweep", remedy)

    def _compare(self, manifest: Mapping[str, Any]) -> None:
        if manifest.get("fingerprint") == self.fingerprint:
            return
        found = manifest.get("inputs")
        if not isinstance(found, Mapping):
            raise FolderError(self.path, f"its {MANIFEST} is not that of a sweep", "name another folder with --out")
        differ = [name for name in self._inputs if found.get(name) != self._inputs[name]]
        if "model version" in differ:
            problem = (
                f"its runs are of model version {found.get('model version')}, this is {self._inputs['model version']}"
            )
        else:
            problem = f"it holds another design's runs (what differs: {', '.join(differ) or 'the inputs'})"
        raise FolderError(self.path, problem, "name another folder with --out, or go back to what was run there")

    def _take_lock(self) -> None:
        assert self._lock is not None
        if not locked(self._lock):
            holder = os.pread(self._lock, 20, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            problem = "another process" + (f" ({holder})" if holder else "") + " is sweeping into it"
            raise FolderError(self.path, problem, "wait for it, or name another folder with --out")
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())


def write_whole(path: Path, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Write a file so that it is there whole or not at all.

    Raises
    ------
    FolderError
        If its folder cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, (lambda file: file.write(content)) if isinstance(content, bytes) else content)
    except OSError as fault:
        raise _not_written(path.parent, fault) from None


def _write_whole(target: Path, content: Callable[[BinaryIO], object]) -> None:
    temporary = target.parent / f"{TEMPORARY}{os.getpid()}-{target.stem}"
    try:
        with open(temporary, "wb") as file:
            content(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        flush_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a results folder; empty if there is none.

    Raises
    ------
    FolderError
        If the manifest cannot be read.
    """
    file = path_given(path, "FOLDER") / MANIFEST
    if kind := no_file(file):
        raise FolderError(path, f"its {MANIFEST} is {kind} and no file", "name another folder with --out")
    if not file.is_file():
        return {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise FolderError(path, f"its {MANIFEST} cannot be read ({fault})", "name another folder with --out") from None
    if not isinstance(told, dict):
        raise FolderError(path, f"its {MANIFEST} is not that of a sweep", "name another folder with --out")
    return told


def locked(descriptor: int) -> bool:
    """Take an exclusive lock that ends with the process; False if another holds it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as fault:
        if fault.errno not in (errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK):
            raise
        # Some network file systems know only the older kind of lock.
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
    return True


def flush_folder(path: Path) -> None:
    """See that the names in a folder are on the disk."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_written(path: Path, fault: OSError) -> FolderError:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        remedy = "what is done is kept: make room and run the same command again"
        return FolderError(path, f"the disk is full ({fault.strerror})", remedy)
    return FolderError(path, f"it cannot be written ({fault.strerror or fault})", "name another folder with --out")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_of(path: Path) -> str:
    """Hash of a file, as a manifest has it."""
    with path.open("rb") as file:
        digest = hashlib.blake2b(digest_size=16)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
