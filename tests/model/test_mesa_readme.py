"""What abm/README.md says to users of Mesa works as pasted."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import mesa
import pytest

README = (Path(__file__).parents[2] / "abm" / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## For Mesa users")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```python\n(.*?)^```", SECTION, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_for_mesa_users_works_as_pasted(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "batch_run" in block and not hasattr(mesa, "batch_run"):
        pytest.skip(f"Mesa {mesa.__version__} has no batch_run")
    if "mesa_scenario" in block and int(mesa.__version__.partition(".")[0]) < 4:
        pytest.skip(f"Mesa {mesa.__version__} is not Mesa 4, whose scenarios these are")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The `iterations` keyword", DeprecationWarning)  # of Mesa 3.5
        exec(compile(block, "abm/README.md", "exec"), {"__name__": "pasted"})
    assert capsys.readouterr().out.strip()


def test_every_block_of_the_section_is_one_that_is_run() -> None:
    assert len(BLOCKS) == SECTION.count("```") / 2 == 6
