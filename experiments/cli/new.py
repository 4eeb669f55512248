"""`returns new`: a policy or a caseload of one's own, as a commented file to fill in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from experiments.report.printed import tell

Word = Annotated[str, Parameter(show_default=False)]
Rows = Annotated[bool, Parameter(name="--rows", negative="", show_default=False)]

app = App(name="new", help="Write a policy or a caseload of your own as a commented file, to be filled in.")


@app.command(name="policy")
def new_policy(name: str, /, *, extends: Word = "") -> int:
    """Write NAME.toml: every lever with its unit, bounds, mark and meaning, at the value that it has untouched.

    It runs as written. A file that is there already is never written over.

    Parameters
    ----------
    name
        Name of the policy, or path of its file.
    extends
        A policy from which it starts: name, or path of a TOML file. Without one, the declared defaults.
    """
    from abm.scenarios.template import policy_template

    path = _place(name)
    base = _beside(extends, path)
    _write({path: lambda: policy_template(path.stem, extends=base, folder=path.parent)})
    tell(f"Written: {path}. It runs as it is: returns compare {path} --replicates 8")
    return 0


@app.command(name="caseload")
def new_caseload(name: str, /, *, extends: Word = "", rows: Rows = False, day: Word = "") -> int:
    """Write NAME.toml: every figure of a caseload and its world, with unit, bounds, mark and meaning.

    It runs as written. A file that is there already is never written over.

    Parameters
    ----------
    name
        Name of the caseload, or path of its file.
    extends
        A caseload from which it starts: name, or path of a TOML file. Without one, the declared defaults.
    rows
        The people as a table, a row a household: writes NAME.csv as well, with two examples.
    day
        The day on which week 0 begins, such as 2026-01-05; without one, today.
    """
    from abm.inputs.parameters import InputError
    from abm.scenarios.template import caseload_template, rows_template

    path = _place(name)
    try:
        begins = date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise InputError("--day", day, "a day such as 2026-01-05") from None
    table = path.with_suffix(".csv")
    base, named = _beside(extends, path), table.name if rows else ""
    files: dict[Path, Callable[[], str]] = {
        path: lambda: caseload_template(path.stem, day=begins, extends=base, rows=named, folder=path.parent)
    }
    _write(files | ({table: rows_template} if rows else {}))
    what = f"{path} and {table}" if rows else f"{path}"
    tell(f"Written: {what}. It runs as it is: returns compare --caseload {path} --replicates 8")
    return 0


def _place(name: str) -> Path:
    """The file of a name."""
    from abm.inputs.given import path_given
    from abm.inputs.parameters import InputError

    path = path_given(name, "NAME")
    if not path.name or path.is_dir():
        raise InputError("NAME", name, "a name, or the path of a file to be written")
    return path if path.suffix == ".toml" else path_given(path.with_name(f"{path.name}.toml"), "NAME")


def _beside(extends: str, path: Path) -> str:
    """What a file extends, as that file has to call it: a path from its own folder."""
    if not extends.endswith(".toml"):
        return extends
    from abm.inputs.given import path_given

    return Path(os.path.relpath(path_given(extends, "--extends"), path.parent)).as_posix()


def _write(files: Mapping[Path, Callable[[], str]]) -> None:
    """Write some new files: all or none.

    Raises
    ------
    InputError
        If one of them is there already, or cannot be written.
    """
    from abm.inputs.parameters import InputError

    for path in files:
        if path.exists():
            raise InputError("NAME", str(path), "a name of which there is no file yet: nothing is written over")
    texts = {path: text() for path, text in files.items()}
    written: list[Path] = []
    try:
        for path, text in texts.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as fault:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise InputError("NAME", str(fault.filename), f"a file that can be written ({fault.strerror})") from None
