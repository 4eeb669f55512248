"""The report in a real browser: no network, no error, nothing cut off, on screens and on paper, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from browser_visitor import PICTURES

from experiments.compare.comparing import compare
from experiments.compare.paired import rows
from experiments.question.question import ask
from experiments.report.html.page import page
from experiments.report.html.parts import Subject

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

#: Charts of a report of two variants with everything in it, by the names of their files.
CHARTS = {
    "differences", "departures", "account-1", "account-2", "turning", "break-even", "levers", "plane", "acceptability",
    "who", "people", "peers", "fit", "held-out", "marks", "stocks",
}  # fmt: skip

#: Elements that reach beyond the page, texts of drawings that reach beyond them, and drawings with nothing in them.
WRONG = """() => {
  const page = document.documentElement, wrong = [];
  if (page.scrollWidth > page.clientWidth) wrong.push('the page scrolls sideways: ' + page.scrollWidth);
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || e.closest('.skip')) continue;
    const r = e.getBoundingClientRect();
    const beyond = r.width && (r.right > page.clientWidth + 1 || r.left < -1);
    if (beyond) wrong.push('beyond the page: ' + e.outerHTML.slice(0, 60));
  }
  for (const panel of document.querySelectorAll('.drawing svg svg')) {
    const outer = panel.ownerSVGElement, o = outer.getBoundingClientRect();
    if (!o.width) continue;
    const k = o.width / outer.viewBox.baseVal.width, at = name => k * panel.getAttribute(name);
    const left = o.left + at('x'), top = o.top + at('y'), right = left + at('width'), bottom = top + at('height');
    if (!panel.querySelectorAll('text, path').length) wrong.push('nothing drawn: ' + panel.closest('figure').id);
    for (const text of panel.querySelectorAll('text')) {
      const r = text.getBoundingClientRect();
      if (r.width && (r.left < left - 2 || r.right > right + 2 || r.top < top - 3 || r.bottom > bottom + 4))
        wrong.push('cut off: ' + panel.closest('figure').id + ' ' + text.textContent);
    }
  }
  return wrong;
}"""

#: The ink of the page and of a drawing, and the ground behind them.
COLOURS = """() => [
  getComputedStyle(document.body).backgroundColor,
  getComputedStyle(document.body).color,
  getComputedStyle(document.querySelector('.drawing text[fill="#222223"]')).fill,
]"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = compare(ask(["uk-pilot-2026", "uk-upfront-national"], weeks=110, replicates=4, households=80))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(Subject(made, rows(made)), day=date(2026, 11, 28)), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Any, report: Path) -> Iterator[Any]:
    """Opens the report in a window; at the end nothing was asked of a network and nothing went wrong."""
    asked: list[str] = []
    errors: list[str] = []
    contexts = []

    def come(width: int, scheme: str) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        found = context.new_page()
        found.on("request", lambda request: asked.append(request.url))
        found.on("console", lambda message: errors.append(message.text))
        found.on("pageerror", lambda error: errors.append(str(error)))
        found.goto(report.as_uri())
        return found

    yield come
    for context in contexts:
        context.close()
    assert errors == []
    assert {url for url in asked if not url.startswith("data:")} == {report.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_off_on_a_screen(opened: Any, width: int, scheme: str) -> None:
    found = opened(width, scheme)
    assert found.evaluate(WRONG) == []
    shown = found.evaluate("[...document.querySelectorAll('figure')].map(f => f.id.replace('figure-', ''))")
    assert set(shown) >= CHARTS
    for figure in found.query_selector_all("figure"):
        visible = [drawing for drawing in figure.query_selector_all(".drawing") if drawing.is_visible()]
        assert len(visible) == 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    found.screenshot(path=PICTURES / f"report-{width}-{scheme}.png", full_page=True)


def test_the_dark_page_and_its_drawings_are_dark(opened: Any) -> None:
    ground, ink, drawn = opened(1280, "dark").evaluate(COLOURS)
    assert (ground, ink, drawn) == ("rgb(22, 24, 27)", "rgb(230, 230, 230)", "rgb(230, 230, 230)")
    ground, ink, drawn = opened(1280, "light").evaluate(COLOURS)
    assert (ground, drawn) == ("rgb(255, 255, 255)", "rgb(34, 34, 35)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_prints_on_white_with_nothing_cut_off(opened: Any, scheme: str, tmp_path: Path) -> None:
    """On paper of 180 mm between the margins: 680 pixels."""
    found = opened(680, scheme)
    found.emulate_media(media="print", color_scheme=scheme)
    assert found.evaluate(WRONG) == []
    ground, _, drawn = found.evaluate(COLOURS)
    assert (ground, drawn) == ("rgb(255, 255, 255)", "rgb(34, 34, 35)")
    assert found.locator("figure .wide").first.is_visible()
    written = found.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert written.startswith(b"%PDF")
    assert len(written) > 50_000


def test_a_picture_can_be_taken_away(opened: Any, tmp_path: Path) -> None:
    found = opened(1280, "light")
    with found.expect_download() as waiting:
        found.locator("#figure-differences a", has_text="SVG").click()
    waiting.value.save_as(tmp_path / "taken.svg")
    text = (tmp_path / "taken.svg").read_text("utf-8")
    assert "Change against the baseline" in text
    assert "Source: household-returns" in text
