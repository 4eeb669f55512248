"""The tables of evidence: every figure marked and sourced, and what is read from them by country."""

from __future__ import annotations

import pytest

from abm.evidence.figures import FIGURE_TABLES, evidence_figure, table
from abm.evidence.homeland import DEPENDANTS_PER_FAMILY, MOST_FAMILIES, origin, origins, shares_by
from abm.inputs.parameters import MARKS, InputError


@pytest.mark.parametrize("name", FIGURE_TABLES)
def test_every_evidence_figure_has_a_known_mark_and_unless_a_gap_a_source(name: str) -> None:
    rows = table(name)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["mark"] in MARKS, row["id"]
        assert row["unit"], row["id"]
        if row["value"]:
            assert row["source"], row["id"]
            assert row["low"] == "" or float(row["low"]) <= float(row["value"]), row["id"]
            assert row["high"] == "" or float(row["value"]) <= float(row["high"]), row["id"]


def test_every_column_of_the_series_is_described_once() -> None:
    described = [(row["table"], row["column"]) for row in table("columns")]
    assert len(set(described)) == len(described)
    labels = {"nationality", "iso3", "year", "quarter", "event", "application_year"}
    for name in {where for where, _ in described}:
        assert {column for where, column in described if where == name} == set(table(name)[0]) - labels, name


def test_safety_falls_with_the_peace_index_and_stays_within_nought_and_one() -> None:
    rows = [row for row in table("origins") if row["gpi_2022"]]
    by_index = sorted((float(row["gpi_2022"]), origin(row["nationality"]).safety) for row in rows)
    safety = [s for _, s in by_index]
    assert safety == sorted(safety, reverse=True)
    assert safety[-1] >= 0
    assert safety[0] <= 1
    assert origin("Albania").safety == pytest.approx((4 - 1.761) / 3)


def test_missing_figures_of_an_origin_are_filled_with_the_median_and_flagged() -> None:
    assert origin("Colombia").filled == ("appeal_allowed",)
    assert origin("Albania").filled == ()
    land = origin("Moldova")
    assert set(land.filled) == {"grant_rate", "appeal_allowed", "family_share"}
    others = sorted(o.grant_rate for o in origins().values() if "grant_rate" not in o.filled)
    assert land.grant_rate == others[len(others) // 2]
    assert land.figures["grant_rate"].mark == "assumed"


def test_share_of_families_follows_dependants_and_is_capped() -> None:
    assert origin("Albania").family_share == pytest.approx(1793 / 4746 / DEPENDANTS_PER_FAMILY)
    assert all(0 <= o.family_share <= MOST_FAMILIES for o in origins().values())


def test_origins_are_known_by_other_spellings() -> None:
    assert origin("DR Congo") is origin("Congo (Democratic Republic)")
    assert origin("Gambia") is origin("Gambia, The")


def test_shares_by_a_column_are_in_proportion_and_limited_to_the_largest() -> None:
    shares = shares_by("latest_refusals_cohort2010_20", limit=2)
    assert list(shares) == ["Pakistan", "Bangladesh"]
    assert shares["Pakistan"] == pytest.approx(12_859 / (12_859 + 7_156))
    safe = shares_by("refused_dependants_ye_sep2024", safe_threshold=0.5)
    assert all(origin(name).safety >= 0.5 for name in safe)


def test_unknown_origin_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        origin("Albanai")
    told = refused.value
    assert (told.field, told.value, told.nearest) == ("origin", "Albanai", "Albania")
    assert told.allowed in str(told)


@pytest.mark.parametrize("name", ["costs", "costs:", "cost:hotel_night_hac", "", ":"])
def test_unknown_evidence_is_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        evidence_figure(name)
    assert (refused.value.field, refused.value.value) == ("evidence", name)
