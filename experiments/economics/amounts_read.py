"""Numbers as spreadsheets write them: with separators of thousands, a decimal comma, a sign of a currency."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

#: A number without signs and spaces: plain, or with thousands apart; each with a decimal point or a decimal comma.
_WHOLE = r"(?:0|[1-9]\d*)"
_PLAIN = {mark: re.compile(rf"(?:{_WHOLE}(?:[{mark}]\d*)?|[{mark}]\d+)(?:[eE][+-]?\d+)?") for mark in ".,"}
_GROUPED = {
    mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+(?:[{mark}]\d*)?")
    for mark, other in ((".", ","), (",", "."))
}
_GROUPED_BY_SPACE = re.compile(r"[1-9]\d{0,2}(?:[ '’]\d{3})+(?=$|[.,])")
_SPACES = re.compile(r"[\u00a0\u202f\u2009]")


def readings(text: str) -> dict[str, float]:
    """What a text may mean as a number: by the decimal mark (``.`` or ``,``) with which it is read; empty for none.

    ``277.25`` is a number with a decimal point only, ``277,25`` with a comma only, ``26000`` with both alike, and
    ``26,000`` is 26,000 with a point and 26 with a comma.
    """
    bare = _SPACES.sub(" ", text.strip()).replace("−", "-")
    sign = -1.0 if re.match(r"[£€$ ]*-", bare) else 1.0
    bare = re.sub(r"^[£€$ ]*[+-]?[£€$ ]*", "", bare)
    bare = re.sub(r" *[£€$]$", "", bare)
    if _GROUPED_BY_SPACE.match(bare):
        bare = re.sub(r"[ '’]", "", bare)
    found = {}
    for mark, other in ((".", ","), (",", ".")):
        if _PLAIN[mark].fullmatch(bare):
            plain = bare
        elif _GROUPED[mark].fullmatch(bare):
            plain = bare.replace(other, "")
        else:
            continue
        value = sign * float(plain.replace(mark, "."))
        if math.isfinite(value):
            found[mark] = value
    return found


def marks_shown(texts: Iterable[str]) -> set[str]:
    """The decimal marks that some numbers can only have: those of texts with one reading."""
    return {mark for text in texts if len(found := readings(text)) == 1 for mark in found}


def ambiguous(text: str) -> bool:
    """Whether a text is one number with a decimal point and another with a decimal comma."""
    found = readings(text)
    return len(found) == 2 and found["."] != found[","]
