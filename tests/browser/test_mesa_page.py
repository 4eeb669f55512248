"""Mesa's stock page on the same model."""

from __future__ import annotations

import re

import pytest
from browser_visitor import Visitor

from abm import InputError

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def weeks_gone(number: int) -> re.Pattern[str]:
    """As Mesa 3.3 writes it, or Mesa 3.5."""
    return re.compile(rf"^(Step: {number}|Time: {number}\.0)$")


def test_the_stock_page_steps_and_draws(chromium, mesa_address):
    visitor = Visitor(chromium, mesa_address)
    page = visitor.page
    page.goto(mesa_address)
    page.get_by_text(weeks_gone(0)).wait_for()
    page.get_by_role("button", name="Step").click()
    page.get_by_text(weeks_gone(1)).wait_for()
    page.get_by_role("button", name="Step").click()
    page.get_by_text(weeks_gone(2)).wait_for()
    page.wait_for_function("document.querySelectorAll('img').length >= 3")
    visitor.picture("mesa-1280-light")
    assert visitor.elsewhere == []
    assert visitor.errors == []
    visitor.context.close()


def test_the_stock_page_takes_names_and_no_paths():
    from abm.browser.mesa_page import StockModel

    with pytest.raises(InputError, match="one of "):
        StockModel(policy="/etc/passwd")
    with pytest.raises(InputError, match="households"):
        StockModel(households=10**7)
    assert StockModel(amount="2500").prepared.policy.offer.amount_per_person == 2_500
