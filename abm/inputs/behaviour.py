"""Behavioural parameters of the household's decision, in the order in which the decision uses them.

Every number here is fitted or assumed: nobody has measured it for this population.  The fitted values
live in `evidence/behaviour.toml`, one file that a posterior can replace; the defaults below are where
a fit starts.  A coefficient of zero turns its mechanism off exactly.  What enters a term of
the decision says where it pushes (`higher`), and a test evaluates the rule to see that it does.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from abm.inputs.kept import ByName, FrozenDict
from abm.inputs.parameters import Inputs, check_own, parameter


class Behaviour(Inputs):
    """Coefficients of attention, beliefs and choice."""

    # -- attention: when does a household consider its situation?
    consider: float = parameter(
        0.10, unit="1/week", ge=0, le=1, low=0.03, high=0.3, meaning="chance of considering in a week without news"
    )
    alert_refusal: float = parameter(
        0.30, unit="1", ge=0, le=1, low=0.1, high=0.6, meaning="added attention on a refusal or a lost appeal"
    )
    alert_offer: float = parameter(
        0.30, unit="1", ge=0, le=1, low=0.1, high=0.8, meaning="added attention when an offer is made"
    )
    alert_closing: float = parameter(
        0.30, unit="1", ge=0, le=1, low=0.0, high=0.8, meaning="added attention in the last two weeks of an offer"
    )
    alert_visit: float = parameter(
        0.50, unit="1", ge=0, le=1, low=0.2, high=0.9, meaning="added attention after an adviser's visit"
    )
    alert_departure: float = parameter(
        0.10, unit="1", ge=0, le=1, low=0.0, high=0.3, meaning="added attention when a tied household leaves"
    )
    alert_removal: float = parameter(
        0.20, unit="1", ge=0, le=1, low=0.0, high=0.5, meaning="added attention when a tied household is removed"
    )
    alert_memory: float = parameter(
        0.70, unit="1/week", ge=0, le=1, low=0.4, high=0.9, meaning="share of added attention left a week later"
    )

    # -- the upfront incentive
    assisted: float = parameter(
        -7.0, unit="utility", ge=-60, le=60, low=-9, high=-5, higher="more assisted return", meaning="constant of assisted return"
    )
    money: float = parameter(
        0.8, unit="utility per log unit", ge=0, le=20, low=0.2, high=3.0, higher="more assisted return",
        meaning="weight of the incentive, log(1 + amount / income at home)",
    )
    anticipation: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0.0, high=0.9, higher="less assisted return", meaning="how far the best offer still to come counts against accepting now"
    )
    discounting: float = parameter(
        0.5, unit="1/year", ge=0, le=20, low=0.05, high=2.0, meaning="median household's discount rate on money to come"
    )
    discounting_spread: float = parameter(
        0.7, unit="log units", ge=0, le=3, low=0.0, high=1.2, meaning="spread of discount rates between households"
    )
    present_bias: float = parameter(
        1.0, unit="1", ge=0, le=1, low=0.6, high=1.0, meaning="extra weight lost by any payment that is not immediate (1: none)"
    )
    payment_belief: float = parameter(
        0.6, unit="1", ge=0, le=1, low=0.3, high=0.9, meaning="initial mean belief that a later payment will be made"
    )
    in_kind_value: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0.2, high=1.0, meaning="worth of reintegration help in kind against cash"
    )

    # -- safety and prospects at home
    origin: float = parameter(
        1.0, unit="1", ge=0, le=5, low=0.5, high=1.0, higher="more return", meaning="weight of the effect of the country of origin",
        mark="inferred", source="1 by construction: the effect is on the scale of the decision",
    )
    safety: float = parameter(
        2.0, unit="utility per unit of safety", ge=0, le=20, low=0.5, high=4.0, higher="more return", meaning="weight of believed safety at home, against that at the start"
    )
    home_income: float = parameter(
        0.0, unit="utility per log unit", ge=0, le=10, low=0.0, high=0.5, higher="more return",
        meaning="weight of income at home, beside the effect of the country, which holds its level",
    )

    # -- peers
    norm: float = parameter(
        1.0, unit="utility", ge=0, le=20, low=0.0, high=3.0, higher="more return", meaning="weight of the share of ties who left by choice (norm)"
    )
    information: float = parameter(
        1.0, unit="1", ge=0, le=1, low=0, high=1, meaning="how far returnees' reports reach their ties (information; 0: not at all)"
    )
    report_strength: float = parameter(
        4.0, unit="reports", ge=0.01, le=1_000, low=1, high=20, meaning="reports from returnees that weigh as much as one's own belief"
    )
    fear: float = parameter(
        1.0, unit="1", ge=0, le=1, low=0, high=1, meaning="how far a tie's removal raises the believed risk (fear; 0: not at all)"
    )
    removal_strength: float = parameter(
        8.0, unit="removals", ge=0.01, le=1_000, low=2, high=40, meaning="tied removals that weigh as much as one's own belief"
    )

    # -- conditions in the host country
    host_ties: float = parameter(
        1.0, unit="utility", ge=0, le=20, low=0.3, high=2.5, higher="less return", meaning="weight of ties to the host country against leaving"
    )
    ties_years: float = parameter(
        4.0, unit="years", ge=0.1, le=50, low=2, high=8, higher="more return", meaning="time in which ties grow to 63 % of their full strength"
    )
    school: float = parameter(
        0.53, unit="utility", ge=0, le=10, low=0.3, high=0.8, higher="less return", meaning="weight of having children at school against leaving",
        mark="press", source="−log 0.59: relative likelihood of voluntary return, Netherlands (FAiR project summary)",
    )
    hope: float = parameter(
        1.5, unit="utility", ge=0, le=20, low=0.5, high=4.0, higher="less return", meaning="weight of the chance of being allowed to stay against leaving"
    )
    hotel: float = parameter(
        0.0, unit="utility", ge=-5, le=5, low=-0.3, high=0.5, higher="more return", meaning="push to leave from living in a hotel rather than dispersal housing"
    )
    lost_support_return: float = parameter(
        0.2, unit="utility", ge=0, le=20, low=0.0, high=0.8, higher="more return", meaning="push to return after support is withdrawn"
    )
    lost_support_irregular: float = parameter(
        2.0, unit="utility", ge=0, le=20, low=1.0, high=5.0, higher="more irregularity", meaning="push into irregularity after support is withdrawn"
    )

    # -- risk of removal
    removal_risk: float = parameter(
        1.0, unit="utility", ge=0, le=20, low=0.0, high=2.5, higher="more return", meaning="weight of the believed risk of removal towards returning"
    )
    removal_risk_irregular: float = parameter(
        1.0, unit="utility", ge=0, le=20, low=0.0, high=2.5, higher="more irregularity", meaning="weight of the believed risk of removal towards irregularity"
    )
    announcement_trust: float = parameter(
        0.25, unit="1", ge=0, le=1, low=0.0, high=0.8, meaning="how far a threat of removal is believed when it is made; it is forgotten as fast as removals are learned of"
    )

    # -- the other ways out
    unassisted: float = parameter(
        -6.5, unit="utility", ge=-60, le=60, low=-9, high=-5, higher="more unassisted return", meaning="constant of unassisted return"
    )
    irregular: float = parameter(
        -7.0, unit="utility", ge=-60, le=60, low=-9, high=-5, higher="more irregularity", meaning="constant of going irregular"
    )
    irregular_children: float = parameter(
        0.5, unit="utility", ge=0, le=20, low=0.0, high=1.5, higher="less irregularity", meaning="weight of having children against going irregular"
    )
    taste_return: float = parameter(
        1.0, unit="utility", ge=0, le=5, low=0.3, high=2.0, meaning="standard deviation of the lasting taste for returning"
    )
    taste_irregular: float = parameter(
        0.7, unit="utility", ge=0, le=5, low=0.2, high=1.5, meaning="standard deviation of the lasting taste for irregularity"
    )

    # -- how beliefs move
    learning_safety: float = parameter(
        0.05, unit="1/week", ge=0, le=1, low=0.01, high=0.2, meaning="weight of a week's news on safety at home"
    )
    news_noise: float = parameter(
        0.20, unit="safety index", ge=0, le=2, low=0.05, high=0.4, meaning="standard deviation of a week's news on safety"
    )
    list_trust: float = parameter(
        0.005, unit="1/week", ge=0, le=1, low=0.0, high=0.05, meaning="weight of a week on the official safe list"
    )
    safety_spread: float = parameter(
        0.15, unit="safety index", ge=0, le=1, low=0.05, high=0.3, meaning="standard deviation of initial beliefs on safety"
    )
    learning_removal: float = parameter(
        0.05, unit="1/week", ge=0, le=1, low=0.01, high=0.2, meaning="weight of a week's evidence on removals"
    )
    credibility_memory: float = parameter(
        0.96, unit="1/week", ge=0, le=1, low=0.9, high=0.99, meaning="share of the credibility of enforcement that lasts a week"
    )
    visit_trust: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0.1, high=0.9, meaning="share of doubt about payment that an independent adviser removes"
    )

    # -- parameters of rules of one's own
    rule: ByName[float] = Field(default_factory=FrozenDict)

    @model_validator(mode="after")
    def _own(self) -> Behaviour:
        check_own(self, self.rule)
        return self
