"""Write `abm/ODD.md`, or with ``--check`` say whether it is what the declarations make."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from experiments.report.odd.page import ODD, page


def main(arguments: Sequence[str]) -> int:
    """Write the protocol.

    Parameters
    ----------
    arguments
        Nothing, or ``--check``: then nothing is written.

    Returns
    -------
    int
        0; 1 if the file is not what the declarations make; 2 for other arguments.
    """
    if list(arguments) not in ([], ["--check"]):
        print("usage: python -m experiments.report.odd [--check]", file=sys.stderr)
        return 2
    made = page()
    if arguments:
        if ODD.exists() and ODD.read_text(encoding="utf-8") == made:
            return 0
        print(f"{ODD} is not what the declarations make: python -m experiments.report.odd", file=sys.stderr)
        return 1
    ODD.write_text(made, encoding="utf-8", newline="\n")
    print(f"Written to {ODD}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
