"""All countries of the world: what they are called, and their income and safety by year."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

import pycountry
import pytest

from abm.arrays.origins import ORIGIN
from abm.arrays.setting import spells
from abm.evidence.countries import codes, country_code, country_name, folded
from abm.evidence.figures import table
from abm.evidence.homeland import (
    STABILITY_CHANGE,
    STABILITY_LEVEL,
    STABILITY_SLOPE,
    home,
    income_in,
    origin,
    origins,
    safety_in,
    year_of,
)
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.scenarios.scenario import load_caseload

# ---- names --------------------------------------------------------------------------------------------

#: Names that are easily taken for one another, with the code that each must have.
APART = {
    "Niger": "NER", "Nigeria": "NGA", "Congo": "COG", "Republic of the Congo": "COG", "DR Congo": "COD", "DRC": "COD",
    "Guinea": "GIN", "Guinea-Bissau": "GNB", "Equatorial Guinea": "GNQ", "Papua New Guinea": "PNG", "Dominica": "DMA",
    "Dominican Republic": "DOM", "North Korea": "PRK", "South Korea": "KOR", "Sudan": "SDN", "South Sudan": "SSD",
    "Georgia": "GEO", "Ireland": "IRL", "Iran": "IRN", "Iraq": "IRQ", "Gambia": "GMB", "Zambia": "ZMB", "Mali": "MLI",
    "Malawi": "MWI", "Mauritania": "MRT", "Mauritius": "MUS", "Samoa": "WSM", "American Samoa": "ASM", "Austria": "AUT",
    "Australia": "AUS", "Slovakia": "SVK", "Slovenia": "SVN", "China": "CHN", "Taiwan": "TWN", "Serbia": "SRB",
    "Serbia and Montenegro": "SCG", "Montenegro": "MNE", "Kosovo": "XKX", "Palestine": "PSE", "Stateless": "XXA",
    "Syria": "SYR", "Viet Nam": "VNM", "Vietnam": "VNM", "Türkiye": "TUR", "Turkey": "TUR", "Moldova": "MDA",
    "North Macedonia": "MKD", "Swaziland": "SWZ", "Eswatini": "SWZ", "Cote d'Ivoire": "CIV", "Ivory Coast": "CIV",
    "Turkmenistan": "TKM", "Saint Martin": "MAF", "Libya": "LBY", "Liberia": "LBR", "Lebanon": "LBN",
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_a_name_is_that_of_one_country_and_no_other(name: str) -> None:
    assert country_code(name) == APART[name]


def test_every_country_of_iso_3166_is_known_by_each_of_its_names_and_codes() -> None:
    assert {c.alpha_3 for c in pycountry.countries} | {"SCG", "XKX", "XXA"} == set(codes())
    for country in pycountry.countries:
        for kind in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            name = getattr(country, kind, country.name)
            assert country_code(name) == country_code(name.upper()) == country.alpha_3, name


def test_no_spelling_of_ours_is_the_name_or_code_of_another_country() -> None:
    theirs = {
        folded(getattr(c, kind)): c.alpha_3
        for c in pycountry.countries
        for kind in ("alpha_2", "alpha_3", "name", "common_name", "official_name")
        if hasattr(c, kind)
    }
    for row in table("names"):
        assert theirs.get(folded(row["name"]), row["iso3"]) == row["iso3"], row["name"]
    spelled = [folded(row["name"]) for row in table("names")]
    assert len(set(spelled)) == len(spelled)


def test_every_country_has_a_name_of_its_own_that_leads_back_to_it() -> None:
    assert len({country_name(code) for code in codes()}) == len(codes())
    assert all(country_code(country_name(code)) == code for code in codes())


def test_a_name_of_two_countries_is_refused_with_both() -> None:
    with pytest.raises(InputError, match="two countries are called that: South Korea or North Korea"):
        country_code("Korea")


@pytest.mark.parametrize(("given", "nearest"), [("Moldva", "Moldova"), ("Nigerria", "Nigeria"), ("Tunesia", "Tunisia")])
def test_a_misspelt_country_is_refused_with_the_nearest(given: str, nearest: str) -> None:
    with pytest.raises(InputError) as refused:
        country_code(given)
    assert refused.value.nearest == nearest


def test_the_library_of_names_is_not_loaded_for_a_country_of_our_own_tables() -> None:
    code = (
        "import sys; from abm.scenarios.scenario import load_caseload, caseload_names;"
        "[load_caseload(name) for name in caseload_names()]; assert 'pycountry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- income and safety by year ------------------------------------------------------------------------


def test_income_is_dollars_of_the_year_at_the_rate_of_the_year() -> None:
    assert income_in("Iraq", 2005) == pytest.approx(1_762 * 0.5493)
    assert income_in("Iraq", 2023) == pytest.approx(5_565 * 0.8039)
    assert origin("Iraq").income_gbp == income_in("Iraq", 2023)


def test_a_missing_year_is_served_by_the_nearest_and_the_note_says_so() -> None:
    assert income_in("Iraq", 2026) == income_in("Iraq", 2023)
    assert "2023 stands for 2026" in origin("Iraq", 2026).figures["income_gbp"].note
    assert income_in("Eritrea", 2020) == pytest.approx(689 * 0.6233)  # last published for 2011
    assert "2011 stands for 2020" in origin("Eritrea", 2020).figures["income_gbp"].note


def test_safety_is_that_of_the_peace_index_from_its_year_on() -> None:
    for year in (2022, 2025, 2026):
        assert safety_in("Albania", year) == pytest.approx((4 - 1.761) / 3)
    assert origin("Albania").safety == safety_in("Albania", 2022)


def test_earlier_safety_moves_with_the_stability_index() -> None:
    # Albania: index −0.51 in 2005, 0.11 in 2022.
    assert safety_in("Albania", 2005) == pytest.approx((4 - 1.761) / 3 + STABILITY_CHANGE * (-0.51 - 0.11))
    assert safety_in("Syria", 2005) > safety_in("Syria", 2015) + 0.15  # before and in the war
    assert safety_in("Albania", 2001) == safety_in("Albania", 2000)  # none was published for 2001


def test_a_country_without_a_score_has_the_safety_of_the_stability_index() -> None:
    assert origin("Moldova").safety == pytest.approx(STABILITY_LEVEL + STABILITY_SLOPE * -0.66)
    assert origin("Moldova").figures["safety"].mark == "inferred"


def test_the_stability_index_stands_for_the_peace_index_as_the_constants_say() -> None:
    stability = {row["iso3"]: row["2022"] for row in table("political_stability")}
    pairs = [(float(stability[o.iso3]), o.safety) for o in origins().values() if o.iso3 in stability]
    residuals = [STABILITY_LEVEL + STABILITY_SLOPE * x - y for x, y in pairs]
    assert len(pairs) == 47
    assert abs(sum(residuals)) / 47 < 0.001
    assert abs(sum(r * x for r, (x, _) in zip(residuals, pairs, strict=True))) / 47 < 0.001


def test_serbia_and_montenegro_has_the_figures_of_serbia() -> None:
    land = origin("Serbia and Montenegro", 2005)
    assert (land.income_gbp, land.safety) == (income_in("Serbia", 2005), safety_in("Serbia", 2005))
    assert "figure of Serbia" in land.figures["income_gbp"].note


def test_no_figures_at_all_are_filled_with_the_median_of_the_region_and_told() -> None:
    land = origin("Stateless", 2020)
    around = [row["iso3"] for row in table("countries") if row["region"] == "Western Asia" and row["iso3"] != "XXA"]
    assert land.income_gbp == pytest.approx(median(income_in(code, 2020) for code in around))
    assert (land.figures["income_gbp"].mark, land.figures["income_gbp"].note) == (
        "assumed", "no figure: median of Western Asia",
    )  # fmt: skip
    assert not land.returnable
    assert {"safety", "income_gbp"} <= set(land.filled)


def test_every_country_has_figures_in_every_year() -> None:
    for code in codes():
        for year in (2000, 2005, 2013, 2026):
            land = origin(code, year)
            assert 0 <= land.safety <= 1
            assert land.income_gbp > 50
            assert all(figure.mark in ("inferred", "assumed") for figure in land.figures.values())


# ---- as a caseload has them ----------------------------------------------------------------------------


def test_a_caseload_of_a_date_has_the_figures_of_its_year() -> None:
    caseload = load_caseload("uk-refused-2005")
    assert home(caseload, "Iraq").income_gbp == income_in("Iraq", 2005)
    assert year_of(load_caseload("section9-2005").date) == 2004
    undated = Caseload(origins={"Iraq": 1.0})
    assert home(undated, "Iraq").income_gbp == income_in("Iraq", 2023)


def test_incomes_reach_the_rules_of_the_year_and_no_lower_than_the_floor() -> None:
    caseload = Caseload(origins={"Iraq": 0.5, "DR Congo": 0.5}, date="2005-01-03")
    incomes = spells(Policy(), caseload, Behaviour(), 4, 10)[0].plain.origins[ORIGIN.income]
    assert incomes.tolist() == [income_in("Iraq", 2005), 500.0]  # DR Congo: £112
    lower = caseload.with_values({"world.income_floor": 50.0})
    assert spells(Policy(), lower, Behaviour(), 4, 10)[0].plain.origins[ORIGIN.income, 1] == income_in("DR Congo", 2005)


def test_a_path_of_safety_reaches_an_origin_however_it_is_spelled() -> None:
    caseload = Caseload(origins={"Iraq": 0.5, "Congo (Democratic Republic)": 0.5}).with_values(
        {"world.safety_origins": "drc, Syrian Arab Republic"}
    )
    assert spells(Policy(), caseload, Behaviour(), 4, 10)[0].plain.origins[ORIGIN.on_path].tolist() == [0.0, 1.0]
