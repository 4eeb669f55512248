"""The command, run in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from experiments.cli.main import main


@pytest.fixture
def returns(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command, run in this process: exit code, standard output, standard error."""

    def run(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
