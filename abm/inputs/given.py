"""What people give as paths and values, at the edge where it comes in."""

from __future__ import annotations

import os
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
