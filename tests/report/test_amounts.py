"""How numbers are written for people."""

from __future__ import annotations

import math

import pytest

from abm import InputError
from experiments.report.amounts import amount_of, number, pounds, scale


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [("share", 0.0123, "1.2"), ("GBP", 199_123_456.0, "199.1"), ("GBP", 1_912_345.0, "1,912"),
     ("GBP", 45_300.0, "45.3"), ("GBP", 812.0, "812"),
     ("households", 2446.7, "2,447"), ("GBP", 0.0, "0"), ("weeks", math.nan, "–")],
)  # fmt: skip
def test_numbers_are_written_for_people(unit: str, value: float, text: str) -> None:
    assert scale(unit, [value]).value(value) == text


def test_a_difference_shows_its_sign_and_two_digits() -> None:
    s = scale("GBP", [2e8], [1.6e6])
    assert (s.label, s.difference(-1.6e6), s.difference(0.0)) == ("£m", "−1.6", "0")
    assert number(-0.001, 1, signed=True) == "0.0"
    assert [pounds(x) for x in (2_389_000.0, 180_400.0, 95.0, 1.3e8)] == ["£2.4m", "£180k", "£95", "£130m"]


@pytest.mark.parametrize(
    ("text", "pounds_told"),
    [("5m", 5e6), ("£250k", 250e3), ("5,000,000", 5e6), ("1.5bn", 1.5e9), ("750", 750.0), (" 2 M ", 2e6)],
)
def test_an_amount_is_read_as_people_write_it(text: str, pounds_told: float) -> None:
    assert amount_of(text, field="--at-least") == pytest.approx(pounds_told)


@pytest.mark.parametrize("text", ["", "m", "-5m", "0", "5x", "1.2.3", "inf", "nan", "5m or so"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="an amount of pounds above zero"):
        amount_of(text, field="--at-least")
