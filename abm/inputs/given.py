"""What people give as paths and values, at the edge where it comes in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from abm.inputs.parameters import InputError


def path_given(text: str | Path, field: str, *, file: str = "") -> Path:
    """The path of a text, with ``~`` for the home folder; whether anything is there is another question.

    Raises
    ------
    InputError
        If no file of this system can have such a path: too long, an unknown home folder, a character of its own.
    """
    try:
        path = Path(text).expanduser()
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    except (OSError, RuntimeError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or str(fault).rstrip(".")
        raise InputError(
            field, str(text), f"a path that a file can have ({why[:1].lower()}{why[1:]})", file=file
        ) from None
    return path


def no_file(path: Path) -> str:
    """What stands at a path in the place of a file: a folder, a pipe; nothing, if it is a file or nothing is there."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    kinds = {stat.S_IFREG: "", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def bytes_of(path: Path, field: str, *, file: str = "") -> bytes:
    """The bytes of a file, and of nothing else: a pipe or a device may go on for ever.

    Raises
    ------
    InputError
        If it is no file, or cannot be read.
    """
    if kind := no_file(path):
        raise InputError(field, str(path), f"a file: this is {kind}", file=file)
    try:
        return path.read_bytes()
    except OSError as fault:
        raise InputError(field, str(path), f"a file that can be read ({fault.strerror})", file=file) from None
