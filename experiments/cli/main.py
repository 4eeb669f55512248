"""`returns …`: the command line.

Exit codes: 0; 1 if runs of a sweep failed; 2 for bad input, told in one sentence; 130 on Ctrl-C;
141 if the reader of the output went away.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from cyclopts import App, CycloptsError

from experiments.cli.advise import advise_command
from experiments.cli.attribute import attribute_command
from experiments.cli.compare import app as compare_app
from experiments.cli.economics import economics_command
from experiments.cli.fit import fit_command
from experiments.cli.new import app as new_app
from experiments.cli.plot import plot_command
from experiments.cli.report import app as report_app
from experiments.cli.run import run_command, why_command
from experiments.cli.sensitivity import app as sensitivity_app
from experiments.cli.sheet import sheet_command
from experiments.cli.show import list_app, show_command
from experiments.cli.sweep import app as sweep_app
from experiments.cli.trial import trial_command
from experiments.cli.validate import validate_command

BAD_INPUT, STOPPED, BROKEN_PIPE = 2, 130, 141
#: What the system says when a device is full, or nobody may write there.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM)
#: Options that several settings may follow.
SETTING = ("--set", "--from-set", "--to-set")
#: Before or after any command: a Python file of rules of one's own (see `abm.rules`).
RULE = "--rule"


def _version() -> str:
    from abm.model import MODEL_VERSION
    from abm.version import VERSION

    return f"returns {VERSION} (model {MODEL_VERSION})"


app = App(
    name="returns",
    help="Who goes home when a government offers families money to go, when, and at what cost.\n\n"
    "Every command takes --rule FILE.py, as often as you like: rules of your own (see abm/RULES.md).",
    version=_version,
    suppress_keyboard_interrupt=False,
)
COMMANDS: dict[str, Callable[..., int]] = {
    "advise": advise_command, "attribute": attribute_command, "economics": economics_command, "fit": fit_command,
    "plot": plot_command, "run": run_command, "sheet": sheet_command, "show": show_command, "trial": trial_command,
    "validate": validate_command, "why": why_command,
}  # fmt: skip
for _name, _command in COMMANDS.items():
    app.command(_command, name=_name)
for _app in (compare_app, list_app, new_app, report_app, sensitivity_app, sweep_app):
    app.command(_app)
# These take their time to import; what the list of commands says of them stands here.
app.command("experiments.cli.discover:app", name="discover", help="Find the worlds in which a policy fails its goal.")
app.command("experiments.cli.frontier:app", name="frontier",
            help="Search levers for policies that no other beats on several goals.")  # fmt: skip
app.command("experiments.cli.serve:app", name="serve", help="Open the page in a browser, on this machine only.")
app.register_install_completion_command(
    help="Set up completion of commands, options and their choices for bash, zsh or fish."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        Arguments; those of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    _replace_what_cannot_be_encoded()
    try:
        words, rules = _without_rules(sys.argv[1:] if argv is None else argv)
        with _in_force(rules):
            code = app(_each_set(words), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CycloptsError as fault:
        from abm.inputs.parameters import printable, shortened

        return _bad(printable(shortened(" ".join(str(fault).split()))))
    except ValueError as fault:
        from abm.inputs.parameters import InputError

        if not isinstance(fault, InputError):
            raise
        return _bad(str(fault))
    except (BrokenPipeError, SystemExit):  # the latter of what prints help, which has heard it by itself
        # Nobody reads any more; without this, Python complains once again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _bad(f"{fault.filename or 'what is printed'} cannot be written: {fault.strerror}.")
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr, flush=True)
        if argv is None:
            # A run in a thread cannot be interrupted, and a normal exit would wait for it; and Python, if it was
            # stopped while compiled code was being loaded, would end by the signal.
            os._exit(STOPPED)
        return STOPPED


def _without_rules(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments without ``--rule FILE``, which every command takes, and those files."""
    words, files, given = [], [], list(argv)
    while given:
        word = given.pop(0)
        option, equals, value = word.partition("=")
        if option != RULE:
            words.append(word)
        elif equals:
            files.append(value)
        elif given:
            files.append(given.pop(0))
        else:
            from abm.inputs.parameters import InputError

            raise InputError(RULE, "nothing", "the path of a Python file, or the name of an example")
    return words, files


def _in_force(files: Sequence[str]) -> AbstractContextManager[Any]:
    """Rules of one's own, while a command runs."""
    if not files:
        return nullcontext()
    from abm.rules import using

    return using(*files)


def _each_set(argv: Sequence[str]) -> list[str]:
    """The arguments with ``--set A=1 B=2`` as ``--set A=1 --set B=2``: several settings may follow one option."""
    made: list[str] = []
    option = ""
    for number, word in enumerate(argv):
        if number and argv[number - 1] in SETTING:
            option = argv[number - 1]
        elif option and ("=" not in word or word.startswith("-")):
            option = ""
        elif option:
            made.append(option)
        if word.partition("=")[0] in SETTING and "=" in word:
            option = word.partition("=")[0]
        made.append(word)
    return made


def _bad(message: str) -> int:
    with suppress(OSError):  # nowhere to say it; the exit code does
        print(f"returns: {message.strip()}", file=sys.stderr, flush=True)
    return BAD_INPUT


def _replace_what_cannot_be_encoded() -> None:
    """A terminal or pipe without, say, £ shows a question mark instead of failing; one that is closed takes all."""
    sys.stdout, sys.stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
