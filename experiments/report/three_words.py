"""Firm, fair, compassionate: one sheet a policy, so that none is praised on one of the three words alone.

Each word has its measures.  *Firm* and *compassionate* are those that `abm.measures` declares under these words; *fair*
is how alike groups fare: for each way of grouping, the gap between the groups that had the highest and the lowest rate
under the baseline.  Rates are given by group as well, with how many households a group has; groups of fewer than
`SMALL` simulated households are taken together, since a rate of so few is chance.

What "better" means is a convention, written down in `BETTER` and printed with every sheet.  Whether a measure is better
is a rule: its 90 % interval of the mean paired difference lies on one side of nought.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.measures import MEASURES
from experiments.compare.comparing import Comparison, Runs
from experiments.statistics.intervals import Array, spread

Row = dict[str, Any]
Vectors = NDArray[np.int64]

WORDS = ("firm", "fair", "compassionate")
#: What a sheet groups households by: as they were at the start, or on arrival.
GROUPINGS = ("origin", "size", "housing")
#: Groups of fewer households are taken together, under this name.
SMALL = 10
OTHERS = f"others, fewer than {SMALL} each"

#: Measures of the two words that stand for the whole caseload, and which way is counted as better: 1 more, −1 less,
#: 0 neither (people disagree about it, or it is only the size of something).
BETTER: dict[str, int] = {
    "return_rate_12m": 1, "return_rate_24m": 1, "assisted_return_rate_12m": 1, "departures": 1,
    "median_weeks_to_departure": -1, "absconded_share": -1, "removed_share": 0, "reentry_share": -1, "caseload_end": -1,
    "child_years_in_limbo": -1, "children_removed": -1, "destitution_weeks": -1, "unsafe_returns": -1,
}  # fmt: skip
#: Rates by group (columns of `abm.model.Run.by`): word, title, and which way is better.
BY_GROUP: dict[str, tuple[str, str, int]] = {
    "return_rate": ("firm", "return within 12 months", 1),
    "absconded_share": ("firm", "ever out of contact", -1),
    "unsafe_share": ("compassionate", "left for an unsafe country", -1),
    "children_removed_share": ("compassionate", "children removed by force", -1),
}
#: Rates of whose gaps between groups *fair* consists.
GAPS = ("return_rate", "absconded_share")

#: What is told of a measure, and of a word.
BETTER_TOLD, WORSE_TOLD, NOT_TOLD, NO_SIDE = "better", "worse", "cannot be told", "no side taken"
IMPROVES, WORSENS, MIXED, NOTHING = (
    "improves on", "worsens on", "is better in part and worse in part on", "makes no difference that can be told on",
)  # fmt: skip


def sheet_rows(comparison: Comparison) -> list[Row]:
    """The rows of the sheets of a comparison: a row a variant, a measure and a group.

    Parameters
    ----------
    comparison
        Rates by group, and with them *fair*, are there if it was asked with ``groups=GROUPINGS``.

    Returns
    -------
    list of dict
        ``variant``, ``word``, ``measure``, ``title``, ``unit``, ``by`` and ``group`` (blank for the whole caseload; for
        a gap, the two groups), ``households`` (simulated, at risk under the baseline: mean over runs; NaN for the
        whole), ``better`` (``more``, ``less`` or blank), ``level`` and ``value`` (means under the baseline and the
        variant), ``level_mean_low``, ``level_mean_high``, ``difference`` with ``difference_mean_low``,
        ``difference_mean_high``, ``difference_run_p05``, ``difference_run_p95``, and ``told``: ``better``, ``worse``,
        ``cannot be told`` or
        ``no side taken``.  Measures that no run has, and rates by group that are nought in every run, are left out.
    """
    base = comparison.runs[0]
    found: list[Row] = []
    for runs in comparison.runs[1:]:
        found += _whole(runs, base, comparison.vectors)
        found += _of_groups(runs, base, comparison)
    order = {word: place for place, word in enumerate(WORDS)}
    labels = [runs.label for runs in comparison.runs]
    return sorted(found, key=lambda row: (labels.index(row["variant"]), order[row["word"]]))


def verdicts(rows: Sequence[Row]) -> list[Row]:
    """What each policy does on each word, by rule; over measures of the whole caseload and gaps, not single groups.

    It improves on a word if a measure is better and none is worse, worsens on it if it is the other way round, and is
    better in part and worse in part if there are both.

    Returns
    -------
    list of dict
        ``variant``, ``word``, ``verdict``, and the titles of the measures that are ``better`` and ``worse``.
    """
    found: list[Row] = []
    for variant in dict.fromkeys(row["variant"] for row in rows):
        for word in WORDS:
            mine = [r for r in rows if (r["variant"], r["word"]) == (variant, word) and (not r["by"] or word == "fair")]
            if not mine:
                continue
            better, worse = ([r["title"] for r in mine if r["told"] == told] for told in (BETTER_TOLD, WORSE_TOLD))
            verdict = MIXED if better and worse else IMPROVES if better else WORSENS if worse else NOTHING
            found.append({"variant": variant, "word": word, "verdict": verdict, "better": better, "worse": worse})
    return found


def sentence(variant: str, found: Sequence[Row]) -> str:
    """All three words of a policy in one sentence."""
    told = (f"{row['verdict']} {row['word']}" for row in found if row["variant"] == variant)
    return f"{variant} {'; '.join(told)}."


def _whole(runs: Runs, base: Runs, vectors: Vectors) -> Iterator[Row]:
    for name, better in BETTER.items():
        measure, values, others = MEASURES[name], runs.measure(name), base.measure(name)
        if np.isnan(values).all() and np.isnan(others).all():
            continue
        about = {"word": measure.group, "measure": name, "title": measure.title, "unit": measure.unit}
        yield _row(runs.label, about, values, others, vectors, better)


def _of_groups(runs: Runs, base: Runs, comparison: Comparison) -> Iterator[Row]:
    if not base.every_group:
        return
    vectors = comparison.vectors
    for by in comparison.question.groups:
        sizes = _table(base, by, "households")
        counts = {group: float(np.nan_to_num(values).mean()) for group, values in sizes.items()}
        large = sorted((group for group, count in counts.items() if count >= SMALL), key=lambda group: -counts[group])
        small = [group for group in counts if group not in large]
        for column, (word, title, better) in BY_GROUP.items():
            held, others = (_rates(table, by, column, large, small) for table in (runs, base))
            if not any(np.nan_to_num(values).any() for values in (*held.values(), *others.values())):
                continue
            about = {"word": word, "measure": column, "title": title, "unit": "share", "by": by}
            for group, values in held.items():
                count = counts[group] if group in counts else sum(counts[name] for name in small)
                yield _row(
                    runs.label, about | {"group": _name(group), "households": count}, values, others[group], vectors,
                    better,
                )  # fmt: skip
            if column in GAPS and len(large) > 1:
                yield _gap(runs.label, column, by, large, held, others, counts, vectors)


def _gap(
    label: str, column: str, by: str, large: Sequence[Any], held: dict[Any, Array], others: dict[Any, Array],
    counts: dict[Any, float], vectors: Vectors,
) -> Row:  # fmt: skip
    """The gap between the groups with the highest and the lowest rate under the baseline, under both policies.

    The two groups are chosen once, by their means: the largest difference found anew in each run would be of chance.
    """
    means = {group: spread(others[group], vectors).mean for group in large}
    low, high = (pick(means, key=lambda group: means[group]) for pick in (min, max))
    about = {
        "word": "fair", "measure": f"gap_{column}", "title": f"gap by {by}: {BY_GROUP[column][1]}", "unit": "share",
        "by": by, "group": f"{_name(high)} less {_name(low)}", "households": counts[high] + counts[low],
    }  # fmt: skip
    values, base = held[high] - held[low], others[high] - others[low]
    row = _row(label, about, values, base, vectors, -1)
    if row["level"] + row["difference"] < 0:  # the gap has turned round: narrower or not is then of its size
        row["told"] = NOT_TOLD
    return row


def _table(runs: Runs, by: str, column: str) -> dict[Any, Array]:
    """A rate by group, a value a run; NaN in runs without such households."""
    tables = [held[by] for held in runs.every_group]
    groups = sorted({group for table in tables for group in table.index}, key=lambda g: (str(type(g)), g))
    return {group: np.array([float(table[column].get(group, math.nan)) for table in tables]) for group in groups}


def _rates(runs: Runs, by: str, column: str, large: Sequence[Any], small: Sequence[Any]) -> dict[Any, Array]:
    """A rate of each large group, and of the small ones together, by their numbers of households in each run."""
    rates, sizes = _table(runs, by, column), _table(runs, by, "households")
    none = np.full(len(runs.every_group), math.nan)
    found: dict[Any, Array] = {group: rates.get(group, none) for group in large}
    if small:
        few = np.array([rates.get(group, none) for group in small])
        many = np.where(np.isnan(few), 0.0, np.array([sizes.get(group, none) for group in small]))
        total = many.sum(axis=0)
        summed = (np.nan_to_num(few) * np.nan_to_num(many)).sum(axis=0)
        found[OTHERS] = np.divide(summed, total, out=np.full(len(total), math.nan), where=total > 0)
    return found


def _name(group: Any) -> str:
    return str(group).lower() if str(group).isupper() else str(group)


def _row(variant: str, about: Row, values: Array, base: Array, vectors: Vectors, better: int) -> Row:
    level, value, difference = (spread(held, vectors) for held in (base, values, values - base))
    return {
        "variant": variant, "word": about["word"], "measure": about["measure"], "title": about["title"],
        "unit": about["unit"], "by": about.get("by", ""), "group": about.get("group", ""),
        "households": about.get("households", math.nan), "better": {1: "more", -1: "less", 0: ""}[better],
        "level": level.mean, "level_mean_low": level.mean_low, "level_mean_high": level.mean_high, "value": value.mean,
        "difference": difference.mean, "difference_mean_low": difference.mean_low,
        "difference_mean_high": difference.mean_high, "difference_run_p05": difference.run_p05,
        "difference_run_p95": difference.run_p95,
        "told": _side(difference.mean_low, difference.mean_high, better),
    }  # fmt: skip


def _side(low: float, high: float, better: int) -> str:
    """Whether a difference is better or worse, by its interval."""
    if better == 0:
        return NO_SIDE
    if not (low > 0 or high < 0):  # NaN, too, cannot be told
        return NOT_TOLD
    return BETTER_TOLD if (low > 0) == (better > 0) else WORSE_TOLD
