"""How runs, policies and explanations show themselves: short, complete, and never as markup."""

from __future__ import annotations

import math

from abm import ReturnModel, load_policy, simulate
from abm.inputs.parameters import declarations, read
from abm.inputs.policy import Policy
from abm.inputs.shown import table
from abm.measures import MEASURES
from abm.scenarios.scenario import policy_names


def test_a_policy_tells_only_what_it_says() -> None:
    assert repr(Policy(name="nothing")) == "Policy('nothing')"
    policy = Policy(name="mine").with_values({"offer.amount_per_person": 500.0, "support.families": "end_after"})
    assert policy.said == {"offer.amount_per_person": 500.0, "support.families": "end_after"}
    assert repr(policy) == "Policy('mine', offer.amount_per_person=500.0, support.families='end_after')"
    html = policy._repr_html_()
    assert html.count("<tr>") == 1 + 2
    assert "GBP/person" in html


def test_what_policies_say_makes_them_again() -> None:
    for name in policy_names():
        policy = load_policy(name)
        bare = {path: value for path, value in policy.said.items() if not path.startswith("regime.")}
        again = Policy().with_values(bare)
        assert [read(again, path) for path in policy.paths] == [read(policy, path) for path in policy.paths], name
        told = sum(len(regime.levers) for regime in policy.regimes)
        assert len(policy.said) == len(bare) + told
        assert policy._repr_html_().count("<tr>") == 1 + len(policy.said)
        assert all(f"{declarations(Policy)[path].unit}" is not None for path in bare)


def test_a_run_shows_its_measures() -> None:
    run = simulate("uk-2025", "uk-families-2026", seed=3, weeks=20, households=40)
    assert repr(run).startswith("Run('uk-2025' on 'uk-families-2026', seed 3, 20 weeks, 40 households;")
    html = run._repr_html_()
    assert html.count("<tr>") == 1 + len(MEASURES)
    assert "nan" not in html  # no window of twelve months in twenty weeks: a dash


def test_an_explanation_shows_what_is_weighed() -> None:
    model = ReturnModel("uk-pilot-2026", "uk-families-2026", households=40, weeks=10, rng=1)
    model.step()
    told = model.agents[0].why()
    assert repr(told).startswith(f"Explanation(household {told.household['id']}, week {told.week}:")
    html = told._repr_html_()
    for way in told.utilities:
        assert f">{way}</th>" in html
    for name, value, _ in told.terms:
        assert (f">{name}</td>" in html) == (value != 0.0), name
    assert math.isclose(sum(told.probabilities.values()), 1.0)


def test_text_is_never_markup() -> None:
    html = table("<script>", ("a & b",), [("<img src=x>",), (math.nan,), (12_345,)], ["</div>"])
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html
    assert ">–<" in html
    assert ">12,345<" in html
    assert html.count("</div>") == html.count("<div")
