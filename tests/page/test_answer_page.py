"""The answer in a real browser: read by keyboard, taken away, and turned."""

from __future__ import annotations

import re

import pytest
from browser_scripts import NAMELESS, POOR_CONTRAST

from abm import load_policy
from experiments.page.choices import Choices
from experiments.page.downloads import figures_csv, policy_toml
from experiments.page.paired import answers

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

SMALL = "caseload=uk-families-2026&a=uk-2025&b=uk-upfront-national&households=30&weeks=60"


def test_the_answer_claims_little_from_few_runs_and_tells_what_is_meant(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = visitor.open(f"{SMALL}&replicates=2")
    page.wait_for_selector("[data-card=cost_npv]")
    assert page.inner_text(".r-strip li").startswith("Only 2 runs")
    assert page.locator("[data-pull]").count() == 2
    assert page.locator(".r-six-card").count() == 6
    assert page.locator(".r-reach").count() == 0  # no intervals yet
    page.locator(".r-measures > summary").click()
    button = page.locator("[data-measure=departures] .r-info")
    button.focus()
    page.keyboard.press("Enter")
    assert "First departures by any route" in page.inner_text("[data-measure=departures] .r-definition")
    page.locator(".r-economics > summary").click()
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".r-to-evidence").click()
    page.wait_for_function("location.search.includes('tab=evidence')")
    page.go_back()  # what was unfolded is so still
    page.wait_for_selector("[data-measure=departures]")
    assert page.locator(".r-economics .r-econ").is_visible()
    assert not page.locator(".r-fold-levers table").is_visible()


def test_files_and_the_report_are_those_of_the_page(visit, tmp_path):
    page = visit().open(f"{SMALL}&replicates=2&b.offer.amount_per_person=9000")
    *_, moved = answers(Choices.from_query(f"{SMALL}&replicates=2&b.offer.amount_per_person=9000")[0])

    def taken(button):
        with page.expect_download() as waiting:
            button.click()
        waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
        return tmp_path / waiting.value.suggested_filename

    def named(name):
        return page.get_by_role("button", name=name, exact=True)

    assert taken(named("Figures (CSV)")).read_text(encoding="utf-8") == figures_csv(moved)
    file = taken(named("Policy B (TOML)"))
    assert file.read_text(encoding="utf-8") == policy_toml(moved.choices, "b")
    assert load_policy(str(file)).offer.amount_per_person == 9_000
    assert file.name in page.text_content(".r-command")
    page.locator(".r-make-quick").click()
    page.wait_for_selector(".r-report [role=status], .r-take-report")
    page.wait_for_selector(".r-take-report", timeout=120_000)
    assert "What it says" in taken(page.locator(".r-take-report")).read_text(encoding="utf-8")


def test_what_turns_it_is_found_on_request_and_stopped_by_another_question_or_by_hand(visit):
    visitor = visit(viewport={"width": 1024, "height": 800})
    page = visitor.open(f"{SMALL}&replicates=1")
    page.locator(".r-find-turns").click()
    page.wait_for_selector(".r-turning [role=status]")
    page.locator(".r-numbers > summary").click()
    page.locator("#r-seed").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-find-turns")
    visitor.settled()
    page.locator(".r-find-turns").click()
    page.wait_for_selector(".r-tornado", timeout=120_000)
    page.locator(".r-stop-turns").click()  # what is there stays, and says on how many runs it rests
    page.wait_for_function("document.querySelector('.r-turning [role=status]').innerText.startsWith('Stopped after')")
    assert re.match(r"So far, \d+ of 12 runs each: ", page.inner_text(".r-turning .r-lead"))
    assert page.locator(".r-tornado li").count() == 6
    page.locator(".r-all-turns").click()
    assert page.locator(".r-tornado li").count() == 20
    assert page.locator(".r-tornado code").count() == 0
    assert page.locator(".r-tornado li").first.get_attribute("data-turn") == "world.pull_elasticity"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
