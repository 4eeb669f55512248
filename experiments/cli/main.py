"""`returns …`: the command line.

Exit codes: 0; 1 if runs of a sweep failed; 2 for bad input, told in one sentence; 130 on Ctrl-C;
141 if the reader of the output went away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from experiments.cli.attribute import attribute_command
from experiments.cli.compare import app as compare_app
from experiments.cli.run import run_command, why_command
from experiments.cli.sensitivity import app as sensitivity_app
from experiments.cli.show import list_app, show_command
from experiments.cli.sweep import app as sweep_app

BAD_INPUT, STOPPED, BROKEN_PIPE = 2, 130, 141


def _version() -> str:
    from abm.model import MODEL_VERSION
    from abm.version import VERSION

    return f"returns {VERSION} (model {MODEL_VERSION})"


app = App(
    name="returns",
    help="Who goes home when a government offers families money to go, when, and at what cost.",
    version=_version,
    suppress_keyboard_interrupt=False,
)
app.command(compare_app)
app.command(attribute_command, name="attribute")
app.command(run_command, name="run")
app.command(why_command, name="why")
app.command(list_app)
app.command(show_command, name="show")
app.command(sweep_app)
app.command("experiments.cli.plot:plot_command", name="plot")
app.command("experiments.cli.validate:validate_command", name="validate")
app.command("experiments.cli.fit:fit_command", name="fit")
app.command("experiments.cli.economics:economics_command", name="economics")
app.command("experiments.cli.trial:trial_command", name="trial")
app.command("experiments.cli.sheet:sheet_command", name="sheet")
app.command(sensitivity_app)
app.command("experiments.cli.advise:advise_command", name="advise")
app.command("experiments.cli.frontier:app", name="frontier")
app.command("experiments.cli.discover:app", name="discover")
app.command("experiments.cli.report:app", name="report", help="Write a comparison as one HTML file to print and keep.")
app.command("experiments.cli.serve:app", name="serve", help="Open the page in a browser, on this machine only.")


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
        code = app(list(argv) if argv is not None else None, exit_on_error=False, print_error=False,
                   result_action="return_value")  # fmt: skip
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CycloptsError as fault:
        return _bad(str(fault))
    except ValueError as fault:
        from abm.inputs.parameters import InputError

        if not isinstance(fault, InputError):
            raise
        return _bad(str(fault))
    except BrokenPipeError:
        # Nobody reads any more; without this, Python complains once again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr, flush=True)
        if argv is None:
            # A run in a thread cannot be interrupted, and a normal exit would wait for it; and Python, if it was
            # stopped while compiled code was being loaded, would end by the signal.
            os._exit(STOPPED)
        return STOPPED


def _bad(message: str) -> int:
    print(f"returns: {message.strip()}", file=sys.stderr, flush=True)
    return BAD_INPUT


def _replace_what_cannot_be_encoded() -> None:
    """A terminal or pipe without, say, £ shows a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
