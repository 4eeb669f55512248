"""The charts in a real browser: saved as one file each, shown as a table, stacked on a phone."""

from __future__ import annotations

import csv
import struct

import pytest
from browser_visitor import ASKED, QUERY

from experiments.page.paired import answers

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_a_chart_is_saved_with_title_and_source_and_shown_as_a_table(visit, tmp_path):
    *_, answer = answers(ASKED)
    visitor = visit()
    page = visitor.open(QUERY)
    chart = page.locator("[data-chart=departures]")
    chart.locator("summary").click()
    chart.scroll_into_view_if_needed()
    chart.locator("svg.marks").last.wait_for()

    def taken(kind):
        with page.expect_download() as waiting:
            chart.locator(f"[data-format={kind}]").click()
        name = waiting.value.suggested_filename
        assert name == f"departures-uk-upfront-national-against-uk-2025.{kind.lower()}"
        waiting.value.save_as(tmp_path / name)
        return tmp_path / name

    png = taken("PNG").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">I", png[16:20])[0] > 1_900  # twice as many pixels as it is wide, not blown up
    title = chart.locator(".r-c-title").inner_text()
    svg = taken("SVG").read_text(encoding="utf-8")
    for text in (title[:40], "assisted return", "household-returns", "(uk-upfront-national)", "?caseload="):
        assert text in svg, text

    lines = taken("CSV").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {title}"
    rows = [*csv.DictReader(line for line in lines if not line.startswith("# "))]
    for side, name in enumerate("AB"):
        *_, last = (row for row in rows if row["side"] == name and row["route"] == "all routes")
        told = answer.tally.departures(side)[0, -1].sum()
        assert (int(last["week"]), float(last["households"])) == (259, pytest.approx(told, abs=1e-3))

    chart.locator(".r-c-more").click()
    assert chart.locator("table tbody tr").count() == 5
    page.set_viewport_size({"width": 390, "height": 844})
    panels = [panel.bounding_box() for panel in chart.locator(".r-c-panel").all()]
    assert [box["x"] for box in panels] == [panels[0]["x"]] * 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
