"""What is written stands aside, under a hidden name beside its place, until it is whole.

A process that dies leaves it there: the next one that comes to the same place clears it away.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from experiments.storing.store import flush_folder, locked

UNFINISHED, REPLACED = "-unfinished", "-replaced"


def is_aside(name: str) -> bool:
    """Whether a file or folder of that name is one that stands aside."""
    return name.startswith(".") and name.endswith((UNFINISHED, REPLACED))


def aside(path: Path) -> Path:
    """Where a file or folder stands until it is whole."""
    return path.with_name(f".{path.name}-{os.getpid()}{UNFINISHED}")


@contextmanager
def held(standing: Path) -> Iterator[None]:
    """While it is being written nobody else clears it: a lock that ends with the process, however that ends."""
    descriptor = None
    if os.name != "nt":  # there a folder cannot be opened
        descriptor = os.open(standing, os.O_RDONLY)
        with suppress(OSError):  # some network file systems know no such lock
            locked(descriptor)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def swapped(standing: Path, path: Path) -> bool:
    """Put a folder in the place of another; whether that could be done.

    At any moment the old one is there, none, or the new one.
    """
    old = standing.with_name(standing.name.removesuffix(UNFINISHED) + REPLACED)
    try:
        shutil.copymode(path, standing)
        os.rename(path, old)
    except OSError:
        return False
    try:
        os.rename(standing, path)
    except OSError:
        os.rename(old, path)
        return False
    flush_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)
    return True


def clear(path: Path) -> None:
    """Clear what processes that died have left aside of a path; a folder that one was about to replace comes back."""
    for old in _left(path, REPLACED):
        if in_hand(old.with_name(old.name.removesuffix(REPLACED) + UNFINISHED)):
            continue
        with suppress(OSError):
            if path.exists():
                shutil.rmtree(old)
            else:
                os.rename(old, path)
    for standing in _left(path, UNFINISHED):
        if not in_hand(standing):
            with suppress(OSError):
                shutil.rmtree(standing) if standing.is_dir() else standing.unlink()


def _left(path: Path, ending: str) -> list[Path]:
    return sorted(path.parent.glob(f".{escape(path.name)}-*{ending}"))


def in_hand(standing: Path) -> bool:
    """Whether a process that lives is writing it; where that cannot be told, it counts as if one were."""
    if os.name == "nt":
        return standing.exists()
    try:
        descriptor = os.open(standing, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not locked(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
