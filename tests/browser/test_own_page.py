"""The pages of one's own in the documents work as pasted with ``solara run page.py``, here without a browser."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("solara") is None:
    pytest.skip("not installed: solara (pip install -e '.[browser]')", allow_module_level=True)

from browser_fixtures import solara_run
from browser_visitor import Visitor

from abm.browser.bands import paired_differences

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "experiments" / "page" / "README.md").read_text(encoding="utf-8")
PLACED, OFFLINE, COINS = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)

#: As Solara's server does: run the file and show its `page`; then every text on it until some words are there.
SHOWN = """
import os, runpy, sys, time, warnings
warnings.simplefilter("ignore")
import ipywidgets, solara
path, words = sys.argv[1:]
page = runpy.run_path(path)["page"]
_, context = solara.render(page, handle_error=False)
until, said = time.monotonic() + 200, ""
while words not in said and time.monotonic() < until:
    time.sleep(0.1)
    said = " ".join(
        str(getattr(widget, name, ""))
        for widget in context.find(ipywidgets.Widget).widgets
        for name in ("children", "spec", "unsafe_innerHTML", "label")
    )
print("SHOWN" if words in said else said[:2_000], flush=True)
os._exit(0)  # runs may still go on
"""


@pytest.mark.parametrize(
    ("example", "words"),
    [(PLACED, "Household 0, week 0"), (COINS, "bias = 0.6 against bias = 0.5"), (COINS, "Mean and middle 90 % of")],
    ids=["placed", "coins-title", "coins-band"],
)
def test_a_page_of_ones_own_works_as_pasted(example: str, words: str, tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, str(page), words], capture_output=True, text=True, timeout=280, cwd=ROOT
    )
    assert "SHOWN" in done.stdout, done.stdout + done.stderr


def test_the_difference_in_the_second_example_is_that_of_the_draws_in_between() -> None:
    made: dict[str, object] = {"__name__": "page"}
    exec(COINS, made)
    for found in paired_differences(made["Coins"], {"bias": 0.5}, {"bias": 0.6}, "won", seeds=30, steps=100):
        # The same draws on both sides: a step differs, by 2, only where its draw is between 0.5 and 0.6.
        assert set(np.unique(np.diff(found, axis=1))) <= {0.0, 2.0}
    # Expected: 100 steps of 2 x 0.1; standard error of 30 runs: 10 x 2 x sqrt(0.1 x 0.9) / sqrt(30) = 1.1.
    assert found[:, -1].mean() == pytest.approx(20.0, abs=4.4)


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_offline_page_as_pasted_asks_no_network(chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(OFFLINE, encoding="utf-8")
    with solara_run(str(page), home=tmp_path) as address:
        visitor = Visitor(chromium, address)
        visitor.page.goto(address)
        visitor.page.wait_for_selector(".vega-embed canvas")
        visitor.page.get_by_text("Household 0, week 0").wait_for()
        visitor.page.wait_for_function(
            "document.querySelector('.vega-embed canvas').clientHeight > 250"
        )  # as its place
        assert visitor.elsewhere == []
        assert visitor.errors == []
        visitor.context.close()
