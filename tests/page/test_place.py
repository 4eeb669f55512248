"""Where one is stands in the address, and only there."""

from __future__ import annotations

import pytest

from experiments.page.choices import Choices
from experiments.page.place import Place


@pytest.mark.parametrize(
    "place",
    [Place(), Place("watch"), Place("watch", week=-1), Place("watch", week=10, household=4334813184)],
)
def test_an_address_brings_back_its_place(place):
    assert Place.from_query(place.query()) == (place, [])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("tab=wach", "tab = 'wach'"),
        ("week=-2", "week = '-2'"),
        ("week=1.5", "week = '1.5'"),
        ("household=-1", "household = '-1'"),
        ("household=9007199254740992", "household"),
    ],
)
def test_what_cannot_be_a_place_is_told_and_left_out(query, told):
    place, problems = Place.from_query(query)
    assert place == Place()
    assert len(problems) == 1
    assert told in problems[0]


def test_a_place_is_no_part_of_the_question():
    asked = Choices.from_query("b=uk-upfront-national&tab=watch&week=3&household=7")
    assert asked == (Choices().chosen("b", "uk-upfront-national"), [])
