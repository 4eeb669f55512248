"""The levers and the evidence in a real browser: found, moved, refused, read."""

from __future__ import annotations

import pytest
from browser_scripts import POOR_CONTRAST
from browser_visitor import ASKED, QUERY, lever

from experiments.page.choices import Choices

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
EVIDENCE = QUERY.replace("replicates=6", "replicates=2") + "&tab=evidence"


def asked(page):
    return Choices.from_query(page.evaluate("location.search"))[0]


def test_a_lever_is_moved_typed_refused_and_put_back(visit):
    visitor = visit()
    page = visitor.open(EVIDENCE)
    start = asked(page)
    lever(page, "offer.amount_per_person").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=10600')")
    box = lever(page, "offer.amount_per_person", kind="number")
    box.fill("2500")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=2500')")
    assert asked(page) == start.moved("b", "offer.amount_per_person", 2_500)
    box.fill("-5")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-refused")
    said = "Policy B, Amount for each adult: “−£5 a person” is not accepted. Allowed: a number from 0 to 100,000"
    assert page.inner_text(".r-refused").startswith(said)
    assert box.input_value() == "2500"
    bonus = lever(page, "offer.early_bonus", kind="number")
    bonus.fill("25")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('b.offer.early_bonus=0.25')")
    page.locator('[data-lever="offer.amount_per_person"] .r-mark-yours').click()
    page.wait_for_function("!location.search.includes('amount_per_person')")
    visitor.settled()
    assert asked(page).levers_b == {"offer.early_bonus": 0.25}
    assert asked(page).b == ASKED.b


def test_what_is_being_typed_stays_while_the_page_changes_beneath_it(visit):
    """Else whoever types on at once after a change would find the answer to it in the box."""
    page = visit().open(EVIDENCE)
    box = lever(page, "offer.amount_per_person", kind="number")
    for amount in ("2400", "2600"):
        box.fill(amount)
        page.keyboard.press("Enter")
        page.wait_for_function(f"location.search.includes('b.offer.amount_per_person={amount}')")
    box.fill("-5")
    page.evaluate("history.back()")
    page.wait_for_function("location.search.includes('b.offer.amount_per_person=2400')")
    slider = lever(page, "offer.amount_per_person")
    page.wait_for_function("slider => slider.value === '2400'", arg=slider.element_handle())
    assert box.input_value() == "-5"
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-refused")
    page.wait_for_function("box => box.value === '2400'", arg=box.element_handle())
    box.fill("77")
    box.fill("2400")
    page.keyboard.press("Tab")
    page.evaluate("history.back()")
    page.wait_for_function("!location.search.includes('b.offer.amount_per_person')")
    page.wait_for_function("box => box.value === '10000'", arg=box.element_handle())


def test_a_size_that_is_being_typed_stays_too(visit):
    page = visit().open(EVIDENCE)
    page.locator(".r-numbers summary").click()
    box = page.locator("#r-households")
    box.fill("60")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('households=60')")
    page.wait_for_function("document.querySelector('.r-numbers summary').textContent.includes('60 households')")
    box.fill("70")
    page.evaluate("history.back()")
    page.wait_for_function("!document.querySelector('.r-numbers summary').textContent.includes('60 households')")
    assert box.input_value() == "70"
    page.keyboard.press("Tab")
    page.wait_for_function("location.search.includes('households=70')")


def test_a_lever_is_found_by_a_misspelt_name_a_source_and_a_mark_and_explained_by_keyboard(visit):
    page = visit().open(EVIDENCE)
    page.fill(".r-lever-find", "houshold cap")
    page.wait_for_function("document.querySelector('.r-found').innerText.startsWith('3 of ')")
    page.fill(".r-lever-find", "national audit office 2005")
    page.wait_for_function("document.querySelector('.r-found').innerText.startsWith('2 of ')")
    assert lever(page, "world.enforcement_attempt", "both").is_visible()
    page.fill(".r-lever-find", "")
    page.locator(".r-lever-mark").select_option("primary")
    shown = page.locator("[data-lever] .r-mark-primary").count()
    assert shown == int(page.inner_text(".r-found").split()[0]) > 0
    page.locator(".r-lever-mark").select_option("")
    about = page.locator('[data-lever="offer.amount_per_person"] .r-info')
    about.focus()
    page.keyboard.press("Enter")
    assert about.get_attribute("aria-expanded") == "true"
    assert "Plausible: £0 a person to £20,000 a person." in page.inner_text('[data-lever="offer.amount_per_person"]')
    assert page.inner_text("#r-levers-title em") == "2 differ between A and B"


def test_inputs_are_listed_by_mark_and_levers_stand_in_line_at_any_width(visit):
    page = visit(viewport={"width": 1440, "height": 844}).open(EVIDENCE)
    page.wait_for_selector(".r-ev-part")
    page.locator(".r-ev-part.r-mark-assumed").click()
    rows = page.locator("#r-ev-inputs tbody tr").count()
    assert rows == int(page.inner_text(".r-ev-part.r-mark-assumed b"))
    for summary in page.locator(".r-ev-rows summary").all():
        summary.click()
    assert page.locator(".r-ev-dots li").count() == 49 + 51
    clipped = """[...document.querySelectorAll('.r-lever-row input[type=number]')].filter(e => e.offsetParent
        && e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"""
    apart = """[...document.querySelectorAll('[data-lever]')].map(e => [...e.querySelectorAll('input[type=range]')]
        .map(x => x.getBoundingClientRect())).filter(r => r.length === 2
        && (r[0].left !== r[1].left || r[0].width !== r[1].width)).length"""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(clipped) == []
        assert page.evaluate(apart) == 0
        assert page.evaluate(POOR_CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
