"""Command of the language holds people: a column of its own, which grows with the weeks, and a term in the decision.

The weight is of the size of the ties to the host country, and assumed: nobody has measured it for refused households.
"""

from __future__ import annotations

from abm.rules import column, each_week, parameter, term


@column
def skill(u: float) -> float:
    """Command of the language, 0-1."""
    return u


@each_week(
    of="skill",
    learning=parameter(
        0.005,
        unit="1/week",
        ge=0,
        le=1,
        low=0.0,
        high=0.02,
        meaning="share of what is not known yet that a week teaches",
    ),
)
def learns(skill: float, learning: float) -> float:
    """Learns the language, as long as it is in the country."""
    return skill + learning * (1.0 - skill)


@term(
    into="return",
    language=parameter(
        1.0, unit="utility", ge=0, le=20, low=0.3, high=2.5, meaning="weight of command of the language against leaving"
    ),
)
def speaks(language: float, skill: float) -> float:
    """Command of the language."""
    return -language * skill
