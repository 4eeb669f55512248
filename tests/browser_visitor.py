"""A visitor of the page, for the tests in a real browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from experiments.page.choices import Choices
from experiments.page.film import film

ROOT = Path(__file__).parents[1]
#: Where screenshots and what was measured are left.
PICTURES = ROOT / "results" / "browser"
#: The set-up that most tests open.
QUERY = "caseload=uk-families-2026&a=uk-2025&b=uk-upfront-national&replicates=6"
ASKED = Choices.from_query(QUERY)[0]

#: Milliseconds until what is waited for counts as not coming: far more than it takes, for a machine may be busy.
PATIENCE = 90_000

#: Words in what Solara says of a part that another has replaced before it was drawn: the next one is drawn, so nobody
#: sees it.  Its `vegalite.vue` waits a tenth of a second, and then asks an element that is gone for its classes; its
#: `jupyter-widget` asks for the model of a part that has been closed.
REPLACED = (
    ("VUE_TEMPLATE_SCRIPT", "undefined (reading 'classList')"),
    ("widget model not found", "getModelById"),
)


class Visitor:
    """A browser window with a storage of its own, that notes what leaves the machine and what goes wrong."""

    def __init__(self, chromium: Any, address: str, **options: Any) -> None:
        self.address = address
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("websocket", lambda socket: self._noted(socket.url))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", self._failed)

    def _failed(self, error: Any) -> None:
        told = error.stack or str(error)
        if not any(all(words in told for words in told_by) for told_by in REPLACED):
            self.errors.append(told)

    def _asked(self, request: Any) -> None:
        self._noted(request.url)

    def _noted(self, url: str) -> None:
        host = self.address.removeprefix("http://")
        if not url.startswith((self.address, f"ws://{host}", "blob:", "data:")):
            self.elsewhere.append(url)

    def open(self, query: str = "replicates=6") -> Any:
        """Open the page and wait until every run is there."""
        self.page.goto(f"{self.address}?{query}")
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until all runs of the question in the address are there."""
        self.page.wait_for_function(
            """() => {
                const runs = document.querySelector('.r-runs');
                if (!runs || document.querySelector('.r-stale')) return false;
                const asked = new URLSearchParams(location.search);
                for (const key of ['tab', 'week', 'household', 'lever', 'second', 'measure']) asked.delete(key);
                const answered = new URLSearchParams(document.querySelector('.r-strip').dataset.answers);
                if (asked.toString() !== answered.toString()) return false;
                const [done, of] = runs.textContent.split(' of ').map(x => parseInt(x));
                return done === of;
            }"""
        )

    def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def difference(page: Any, measure: str) -> str:
    """The difference that the table shows, unfolded or not."""
    page.wait_for_function(  # the table may come a moment after the count of runs
        "document.querySelector('.r-figures caption').textContent.match(/\\d+/)[0] ==="
        " document.querySelector('.r-runs').textContent.match(/\\d+/)[0]"
    )
    return page.text_content(f"[data-measure={measure}] td:last-child .r-mean")


def lever(page: Any, path: str, side: str = "b", kind: str = "range") -> Any:
    """The slider of a lever, or its number."""
    return page.locator(f'[data-lever="{path}"] .r-of-{side} input[type={kind}]')


def at(page: Any, household: int) -> dict[str, float]:
    """Where a household is drawn under A, in pixels of its picture."""
    shown = film(ASKED.prepared("a"), ASKED.prepared("b"), 0)
    xy = np.frombuffer(base64.b64decode(shown.cast["xy"]), "<u2").reshape(-1, 2)[
        int(np.searchsorted(shown.ids, household))
    ]
    box = page.locator(".r-stage").first.bounding_box()
    return {"x": xy[0] / 65_535 * box["width"], "y": xy[1] / 65_535 * box["height"]}
