"""How far the inputs of a comparison can be trusted, as the page tells it: by mark, with values, and by source.

Inputs are counted by `experiments.report.marks`, as `returns compare` counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from abm.inputs.parameters import MARKS, Figure
from abm.scenarios.overrides import known_paths
from experiments.page.choices import text_of
from experiments.page.lever_words import name_of, told, written
from experiments.page.levers import NOT_SET, urls_of
from experiments.question.question import Question
from experiments.report.marks import SET_BY_USER, figures_of, marks, rests_on

#: What the marks mean, for a reader of the page.
MEANINGS = {
    "primary": "government, parliament, official statistics, or a study's own text",
    "press": "press or another secondary report",
    "inferred": "arithmetic on sourced figures",
    "fitted": "set so that the model meets calibration targets",
    "assumed": "nobody has measured it; the range says how wrong it may be",
}
#: What sources are called that are no document.
NO_SOURCE, FIT = "no source is given", "the fit (abm/evidence/VALIDATION.md)"

_WITHOUT_UNIT = ("1", "yes/no", "rule", "kind", "names", "stage")
_WORLD = ("world.", "caseload.", "behaviour.")


def trust(question: Question) -> dict[str, Any]:
    """Counts by mark, and the assumed inputs with value and range.

    Each of ``assumed`` has what `inputs` gives, and ``value``, ``unit`` and ``range`` as they are declared.
    """
    count = marks(question)
    rests = rests_on(question)
    return {
        "total": sum(count.values()),
        "marks": [{"mark": mark, "count": count[mark], "meaning": MEANINGS[mark]} for mark in MARKS],
        "assumed": [row | _plain(rests[row["path"]]) for row in inputs(question) if row["mark"] == "assumed"],
    }


def _plain(figure: Figure) -> dict[str, str]:
    return {
        "value": text_of(figure.value),
        "unit": "" if figure.value is None or figure.unit in _WITHOUT_UNIT else figure.unit,
        "range": "" if figure.low is None or figure.high is None else f"{figure.low:g} to {figure.high:g}",
    }


def inputs(question: Question) -> list[dict[str, Any]]:
    """Every input that the comparison rests on, as people read it.

    Each has ``path``, ``name``, ``mark``, the values ``a`` and ``b`` (alike unless A and B differ), the plausible
    ``low_high`` range, and ``from``: what each different source says, with ``side``, ``text`` and ``urls``.
    """
    a, b = (figures_of(policy) for policy in question.policies)
    found = []
    for path, least in rests_on(question).items():
        pair = (a.get(path), b.get(path)) if not path.startswith(_WORLD) else (least, least)
        values = [_value(path, figure) for figure in pair]
        ranged = least.low is not None and least.high is not None
        found.append({
            "path": path, "name": _name(path), "mark": least.mark, "a": values[0], "b": values[1],
            "low_high": f"{_told(path, least.low)} to {_told(path, least.high)}" if ranged else "",
            "from": _from(path, pair, question),
        })  # fmt: skip
    return found


def _name(path: str) -> str:
    """What an input is called; those of a later regime by its number."""
    if path.startswith("regime."):
        _, number, rest = path.split(".", 2)
        return f"{_name(rest)}, from announcement {int(number) + 1} on"
    if path in known_paths():
        return name_of(path)
    words = path.removeprefix("caseload.").replace("_", " ").replace(".", ", ")
    return words[:1].upper() + words[1:]


def _value(path: str, figure: Figure | None) -> str:
    return "–" if figure is None else _told(path, figure.value)


def _told(path: str, value: Any) -> str:
    rest = path.split(".", 2)[2] if path.startswith("regime.") else path
    if rest in known_paths():
        return told(rest, value)
    return written(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _from(path: str, pair: Sequence[Figure | None], question: Question) -> list[dict[str, Any]]:
    texts = {}
    for side, figure, policy in zip("AB", pair, question.policies, strict=True):
        if figure is not None:
            given = path.startswith(_WORLD) or path in policy.figures or figure.source
            texts[side] = (_says(figure) if given else NOT_SET, urls_of(figure))
    if len(texts) == 2 and texts["A"] == texts["B"]:
        texts = {"": texts["A"]}
    return [{"side": side, "text": text, "urls": urls} for side, (text, urls) in texts.items()]


def _says(figure: Figure) -> str:
    return "; ".join(text for text in (figure.source, figure.note) if text) or NO_SOURCE


# ---- by source


def sources(question: Question) -> list[dict[str, Any]]:
    """The sources of the inputs, those that most rest on first: ``name``, ``urls``, ``count``, and ``inputs`` by name.

    What a source says of a figure stands after a colon (“National Audit Office 2005: arrest 2,800”); where several
    figures share what stands before it, that is the source.  An input that A and B have from different sources counts
    with each.  ``document`` says whether it is one, and not the fit, the visitor or nobody.
    """
    every = [(policy, figures_of(policy)) for policy in question.policies]
    backed: dict[str, dict[str, Any]] = {}
    found: list[tuple[str, Figure]] = []
    for path, least in rests_on(question).items():
        own = (
            [] if path.startswith(_WORLD) else [(policy, figures[path]) for policy, figures in every if path in figures]
        )
        given = [figure for policy, figure in own if path in policy.figures or figure.source]
        found += [(path, figure) for figure in given or [least]]
    called = _documents(figure.source for _, figure in found)
    for path, figure in found:
        name = called[figure.source]
        held = backed.setdefault(name, {"name": name, "urls": [], "paths": {}})
        held["urls"] += [url for url in urls_of(figure) if url not in held["urls"]]
        held["paths"][path] = _name(path)
    rows = [{"name": held["name"], "urls": held["urls"], "count": len(held["paths"]),
             "document": held["name"] not in (NO_SOURCE, FIT, SET_BY_USER),
             "inputs": sorted(held["paths"].values())} for held in backed.values()]  # fmt: skip
    return sorted(rows, key=lambda row: (not row["document"], -row["count"], row["name"]))


def _documents(texts: Iterator[str]) -> Mapping[str, str]:
    """The document of each source text."""
    every = set(texts)
    shared = Counter(text.partition(":")[0].strip() for text in every)
    called = {text: begin if shared[begin := text.partition(":")[0].strip()] > 1 else text for text in every}
    return {text: _called(name) for text, name in called.items()}


def _called(name: str) -> str:
    if "VALIDATION.md" in name:
        own = name.partition("; abm/evidence/VALIDATION.md")[0]
        return FIT if own == name else own
    return name or NO_SOURCE
