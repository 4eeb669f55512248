"""How an input is spoilt: values that nobody expects, and changes of texts, tables, bytes and words."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

Rng = np.random.Generator

#: Values of TOML that are read, and then refused or not.
VALUES = (3, -1, 0.5, float("nan"), "x", "", True, [], [3], {}, {"x": 1}, date(1950, 1, 1))
#: Words as they may be typed for a number, a name or a path.
WORDS = (
    "", " ", "0", "-1", "1", "2.5", "1e3", "1e308", "1e999", "-1e-320", "nan", "inf", "none", "own", "plausible",
    "true", "9" * 25, "9" * 400, "9" * 5_000, "0x10", "1_000", "1,000", "1.000,5", "٣", "½", "NaN", "None", "x",
    "uk-2025", "uk-families-2026", "-", "--", "--set", "=", "a=b", "a=b=c", ",", ",,", "1,2", "1,1", "a" * 300,
    "a" * 5_000, "é" * 200, "\x00", "a\x00b", "\x1b[31m", "a\nb", "\u202ex", "\ud800", "..", ".", "~",
    "~nobody-of-that-name/x", "a/" * 2_100, "no/such/file.toml", "nothing.csv", "[", "{", "'", '"', "%s", "{0}",
    "$HOME", "*", "2026-03-01", "0001-01-01", "9999-12-31", "2026-02-30", "12 weeks", "5m", "£3", "<script>", "offer",
    "offer.", ".offer", "offer..x", "world.x", "behaviour.money", "offers.x.amount_per_person", "rule.x",
    "uk-2025:offer.amount_per_person", ":", "x:y", "over", "all",
)  # fmt: skip
#: The same in a file of TOML.
ENTRIES = (
    "3", "-1", "0", "0.5", "1e308", "1e999", "-inf", "nan", "9" * 400, "9" * 5_000, "0x" + "f" * 4_000, "true", '""',
    '"x"', '"none"', '"own"', '"plausible"', '"uk-2025"', '"' + "x" * 10_000 + '"', '"\\u0000"', '"\\u001b[31m\\n"',
    '"~nobody/x"', '"' + "a" * 300 + '.toml"', '"a/b.csv"', '".."', "[]", "[[]]", "[1, 2]", "[1, 1]", '["x", 3]',
    "[nan]", "[{}]", "{}", "[" * 60 + "]" * 60, "[" * 3_000, "{a=" * 3_000, "{a=" * 60 + "1" + "}" * 60,
    "{ value = 1 }", "{ value = nan }", '{ value = 5, low = 9, high = 1 }', '{ value = "x", mark = 3 }',
    "{ value = { value = 1 } }", '{ x = 1 }', '{ evidence = "costs:hotel_night_hac" }',
    '{ evidence = "costs:hotel_night_hac", times = 1e308 }', '{ evidence = "no:such" }', '{ evidence = 3 }',
    '{ evidence = "costs:hotel_night_hac", times = "x" }', "{ low = 1, high = 2 }", "{ low = 2, high = 1 }",
    "{ low = nan, high = inf }", '{ low = 1, high = 3, levels = 1e9 }', '{ low = 0, high = 1, scale = "log" }',
    "1979-05-27", "0001-01-01", "9999-12-31", "1979-05-27T07:32:00Z", "07:32:00", "'''\n", '"""', "0777", "+", "-",
    "", "# nothing",
)  # fmt: skip
#: What may stand before the sign of equality.
KEYS = (
    "x", '""', "extends", "name", "title", "rows", "origins", "inflow", "offer", "offers", "regime", "from",
    "figures", "rule", "file", "table", "world.hotel_night", "offer.amount_per_person", '"offer.amount_per_person"',
    '"a\\u001b[31mb"', "a.b.c.d", "__class__", "model_config", "model_fields", '"' + "k" * 5_000 + '"', "value",
    "date", "households", "variants", "posterior",
)  # fmt: skip
SECTIONS = (
    "[", "[x]", "[[x]]", "[offer]", "[[offers]]", "[offers.x]", "[[regime]]", "[world]", "[factors]", "[set]",
    "[sampling]", "[[row]]", "[unknown.x]", "[[not_represented]]", "[settings]", "[composition]", "[network]",
    "[rows]", "[origins]", "[inflow]", "[housing]", "[procedure]", "[standing]", "[[origins]]", "[title]",
)  # fmt: skip


def replaced(whole: Mapping[str, Any], places: Sequence[tuple[str | int, ...]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A document with one value of it replaced by each of some that nobody expects; with words for it."""
    for place in places:
        for other in VALUES:
            changed = copy.deepcopy(dict(whole))
            inside: Any = changed
            for step in place[:-1]:
                inside = inside[step]
            inside[place[-1]] = other
            yield f"{place} = {other!r}", changed


def pick(rng: Rng, some: Sequence[Any]) -> Any:
    """One of them."""
    return some[int(rng.integers(len(some)))]


def times(rng: Rng) -> range:
    """How many changes: mostly one, rarely more."""
    return range(min(4, int(rng.geometric(0.6))))


def of_bytes(rng: Rng, content: bytes) -> bytes:
    """Bits turned, bytes put in, left out, said again, cut off."""
    made = bytearray(content)
    for _ in times(rng):
        at = int(rng.integers(len(made) + 1))
        length = int(rng.integers(1, 30))
        match int(rng.integers(6)):
            case 0 if at < len(made):
                made[at] ^= 1 << int(rng.integers(8))
            case 1:
                made[at:at] = rng.bytes(length)
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at : at + length] * int(rng.integers(1, 40))
            case 4:
                del made[at:]
            case _:
                made[at : at + length] = rng.bytes(length)
    return bytes(made)


def of_toml(rng: Rng, text: str) -> bytes:
    """Lines with another value, number or key, put in, left out, elsewhere; now and then broken, or their bytes."""
    lines = text.splitlines()
    for _ in times(rng):
        at = int(rng.integers(len(lines) + 1))
        line, other = (lines[at] if at < len(lines) else ""), pick(rng, lines)
        key, equals, value = line.partition("=")
        match int(rng.integers(14)):
            case 0 | 1 | 2 if equals:
                lines[at] = f"{key}= {pick(rng, ENTRIES)}"
            case 3 | 4 | 5 if equals:
                lines[at] = f"{key}= {other_numbers(rng, value)}"
            case 6 if equals and "=" in other:
                lines[at] = f"{key}={other.partition('=')[2]}"
            case 7 if equals:
                lines[at] = f"{pick(rng, KEYS)} ={value}"
            case 8:
                lines[at : at + 1] = []
            case 9:
                lines[at:at] = [pick(rng, SECTIONS)]
            case 10:
                lines[at : at + 1] = [other]
            case 11 if line:
                lines[at] = of_words(rng, line)
            case _:
                lines[at:at] = [f"{pick(rng, KEYS)} = {pick(rng, ENTRIES)}"]
    whole = "\n".join(lines).encode("utf-8", "surrogatepass")
    return of_bytes(rng, whole) if rng.random() < 0.06 else whole


def other_numbers(rng: Rng, text: str) -> str:
    """The same text with other numbers in it."""
    return re.sub(r"\d+(\.\d+)?", lambda found: _near(rng, found[0]), text)


def _near(rng: Rng, number: str) -> str:
    share = pick(rng, (0.0, 0.5, 0.9, 1.0, 1.1, 1.5, 10.0, -1.0, 1e6))
    if len(number) > 15:
        return number + "0"
    return repr(float(number) * share) if "." in number or rng.random() < 0.2 else str(int(int(number) * share))


def of_csv(rng: Rng, text: str) -> bytes:
    """Cells, columns and lines changed; now and then its bytes."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in times(rng):
        at = int(rng.integers(len(rows)))
        column = int(rng.integers(max(1, len(rows[at]))))
        match int(rng.integers(8)):
            case 0 | 1 | 2 if rows[at]:
                rows[at][column] = pick(rng, WORDS)
            case 3:
                for row in rows:
                    del row[column : column + 1]
            case 4:
                for row in rows:
                    row[column:column] = row[column : column + 1]
            case 5:
                rows[at] = []
            case 6:
                rows[at:at] = [list(pick(rng, rows))]
            case _:
                rows[at] = [of_words(rng, cell) for cell in rows[at]]
    separator = pick(rng, (",", ",", ",", ";", "\t", "|"))
    whole = "\n".join(separator.join(row) for row in rows).encode("utf-8", "surrogatepass")
    return of_bytes(rng, whole) if rng.random() < 0.2 else whole


def of_words(rng: Rng, text: str) -> str:
    """A text with a letter, a piece or all of it changed."""
    at = int(rng.integers(len(text) + 1))
    match int(rng.integers(6)):
        case 0:
            return pick(rng, WORDS)
        case 1:
            return text[:at] + pick(rng, WORDS) + text[at:]
        case 2:
            return text[:at] + text[at + 1 :]
        case 3:
            return text[:at] + pick(rng, tuple("0159.,=:-+ eE[]{}'\"#\\\x7f£é")) + text[at + 1 :]
        case 4:
            return text[:at] + text[at:] * int(rng.integers(2, 4))
        case _:
            return text[:at]


def of_arguments(rng: Rng, words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The words of a command changed, put in, left out, in another order."""
    made = list(words)
    for _ in times(rng):
        at = 1 + int(rng.integers(max(1, len(made))))
        match int(rng.integers(8)):
            case 0 | 1 if at < len(made):
                made[at] = other_numbers(rng, made[at])
            case 2 if at < len(made):
                made[at] = of_words(rng, made[at])
            case 3:
                made[at : at + 1] = []
            case 4:
                made[at:at] = [pick(rng, options)]
            case 5 | 6:
                made[at:at] = [pick(rng, options), pick(rng, WORDS)]
            case _:
                made[at:at] = [pick(rng, WORDS)]
    return made


Change = Callable[[Rng, str], bytes]
