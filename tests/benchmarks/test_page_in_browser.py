"""What the page takes in a browser, kept for the documents; run by name, and no time decides it."""

from __future__ import annotations

import json
import time

import pytest
from browser_scripts import FRAMES_A_SECOND, MILLISECONDS_TO_FIGURES
from browser_visitor import PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_what_was_measured_is_kept(visit):
    """Times for the closing table, in ``results/browser/measured.json``; none of them decides a test."""
    query = "caseload=uk-cohort-2010&a=uk-2010&b=uk-upfront-national&households={n}&replicates=2"
    told = {}
    for n in (1_000, 10_000):
        visitor = visit()
        page = visitor.page
        start = time.perf_counter()
        page.goto(f"{visitor.address}?{query.format(n=n)}")
        page.wait_for_selector("[data-card=cost_npv]")
        told[f"page ready, {n} households, seconds"] = time.perf_counter() - start
        visitor.settled()
        times = []
        for amount in (7_000, 8_000, 9_000, 11_000, 12_000):
            old = page.text_content(".r-strip ul")
            times.append(page.evaluate(MILLISECONDS_TO_FIGURES, [amount, old]) / 1000)
            visitor.settled()
        told[f"lever to new figures, {n} households, seconds"] = sorted(times)[2]
        page.goto(f"{visitor.address}{page.evaluate('location.search')}&tab=watch")
        visitor.settled()
        page.locator(".r-speed").select_option("60")
        page.locator(".r-mode").select_option("on")
        told[f"frames a second, {n} households"] = page.evaluate(FRAMES_A_SECOND)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "measured.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    assert all(value > 0 for value in told.values())
