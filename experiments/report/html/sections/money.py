"""Sections on money: the account from baseline to policy, what turns it, break-even, two levers together."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from abm.arrays.ledger import Line
from abm.numerics.named import Named
from experiments.report.amounts import number, plain, pounds
from experiments.report.html.charts import change, money
from experiments.report.html.drawn import drawn
from experiments.report.html.palette import COSTS, NEUTRAL, SAVES, policy_colour
from experiments.report.html.parts import Cell, Chart, Section, Subject, Table
from experiments.report.html.runs.along import GRID_SHARES, SHARES, crossings, own_offer, savings
from experiments.report.html.runs.ends import AGAIN, Ends
from experiments.report.html.sections.telling import money as money_scale
from experiments.report.html.sections.telling import source
from experiments.statistics.intervals import spread

#: Replicates of each point along an amount, and of each cell of two levers.
ALONG, CELL = 24, 12
#: A line of the account that changes less than this share of the largest change is told with the others.
SMALL = 0.02


def account_section(subject: Subject) -> Section:
    """A waterfall a variant."""
    return Section(
        "account",
        "Where the money goes",
        (
            "The account covers asylum support, casework, return and enforcement. What people cost or pay who are out"
            " of"
            " contact, protected or settled is outside it.",
        ),
        tuple(_waterfall(subject, position) for position in range(1, len(subject.names))),
    )


def _waterfall(subject: Subject, position: int) -> Chart:
    comparison = subject.comparison
    vectors = comparison.vectors
    base, runs = comparison.runs[0], comparison.runs[position]
    cost, total = subject.row("cost_npv", position), subject.row("cost_npv", 0)["mean"]
    changes = {line: spread(runs.lines[:, k] - base.lines[:, k], vectors).mean for k, line in enumerate(Line)}
    most = max((abs(value) for value in changes.values()), default=0.0)
    kept = {line: value for line, value in changes.items() if abs(value) > SMALL * most}
    rest = sum(changes.values()) - sum(kept.values())
    steps: list[tuple[str, float]] = sorted(
        ((_called(line), value) for line, value in kept.items()), key=lambda one: -one[1]
    )
    if abs(rest) >= SMALL * most > 0:
        steps.append(("other lines", rest))
    s = money_scale([total, cost["mean"]], [*changes.values(), cost["difference"]])
    rows: list[dict[str, Any]] = [_bar(subject.names[0], None, total, s.value(total), NEUTRAL)]
    at = total
    for name, value in steps:
        rows.append(_bar(name, at, at + value, s.difference(value), COSTS if value > 0 else SAVES))
        at += value
    low, high = (total + cost[f"difference_{key}"] for key in ("run_p05", "run_p95"))
    told = f"{s.value(cost['mean'])} ({s.difference(cost['difference'])})"
    rows.append(
        _bar(subject.names[position], None, cost["mean"], told, policy_colour(position)) | {"low": low, "high": high}
    )
    for row in rows:
        row["beside"] = max(row[key] for key in ("start", "end", "low", "high") if row.get(key) is not None)
        for key in ("start", "end", "low", "high", "beside"):
            if row.get(key) is not None:
                row[key] *= s.factor
    heading = f"From “{subject.names[0]}” to “{subject.names[position]}”"
    figure = drawn(
        f"account-{position}",
        lambda width: change.waterfall(rows, width, f"public cost, {s.label}, discounted"),
        [{"step": row["step"], "from": row["start"], "to": row["end"], "unit": s.label} for row in rows],
        title=heading,
        note=source(
            subject,
            "Means; the axis does not begin at nought. Orange: costs more; blue: costs less."
            " Whisker: middle"
            " 90 % of the runs' paired differences, around the baseline's mean.",
        ),
        alt=f"{heading}: public cost in {s.label}. " + "; ".join(f"{row['step']}: {row['text']}" for row in rows) + ".",
    )
    return Chart(figure)


def _short(meaning: str) -> str:
    """A meaning in few words: without what follows a colon or semicolon."""
    return textwrap.shorten(meaning.partition(";")[0].partition(":")[0], 66, placeholder=" …")


def _called(line: Named) -> str:
    return line.meaning


def _bar(step: str, start: float | None, end: float, text: str, colour: str) -> dict[str, Any]:
    return {
        "step": step,
        "start": end if start is None else start,
        "end": end,
        "text": text,
        "colour": colour,
        "total": start is None,
        "low": None,
        "high": None,
    }


# ---- what turns it ----------------------------------------------------------------------------------


def turning_section(subject: Subject, found: Ends | None) -> Section:
    """The tornado."""
    if found is None:
        return Section("turning", "What turns it", (f"No input may vary for “{subject.name}”.",))
    values = [bar_end.mean for bar in found.bars for bar_end in (bar.at_low, bar.at_high)]
    s = money_scale(values, values)
    rows: list[dict[str, Any]] = []
    for bar in found.bars:
        declared = found.inquiry.declared(bar.path)
        unit = "" if declared.unit in ("1", "utility") or declared.unit.startswith("utility") else f" {declared.unit}"
        rows.append(
            {
                "input": _short(declared.meaning),
                "path": bar.path,
                "low": bar.low,
                "own": bar.own,
                "high": bar.high,
                "unit": declared.unit,
                "low_text": plain(bar.low),
                "high_text": plain(bar.high),
                "at_low": bar.at_low.mean * s.factor,
                "at_high": bar.at_high.mean * s.factor,
                "centre": found.centre.mean * s.factor,
                "mark": found.inquiry.marks.get(bar.path, ""),
                "told": f"{plain(bar.low)} to {plain(bar.high)}{unit}; here {plain(bar.own)}",
                "turns": bar.at_low.mean * bar.at_high.mean < 0,
            }
        )
    turned = [row["input"] for row in rows if row["turns"]]
    heading = f"Net saving of “{subject.name}” at both ends of the inputs that move it most"
    figure = drawn(
        "turning",
        lambda width: money.tornado(rows, width, f"net saving, {s.label}"),
        rows,
        title=heading,
        note=source(
            subject,
            f"{found.tried} inputs with a plausible range, each by itself, at the one fitted"
            " behaviour; mean of"
            f" {AGAIN} runs at each end. Dashed: everything as given. The first two are shown whatever they"
            " do.",
        ),
        alt=f"{heading}. "
        + " ".join(
            f"{row['input']}: {s.label} {number(row['at_low'], 1)} at {row['low_text']}, {number(row['at_high'], 1)} at"
            f" {row['high_text']}."
            for row in rows
        ),
    )
    lead = (
        f"Between the ends of its range, each of these alone turns the sign of the saving: {'; '.join(turned)}."
        if turned
        else "None of these alone turns the sign of the saving within its range."
    )
    table = Table(
        "The inputs of the chart",
        ("Input", "Range and value here", f"Net saving at its ends, {s.label}", "Rests on"),
        [
            [
                Cell(row["input"], row["path"]),
                Cell(row["told"]),
                Cell(f"{s.difference(row['at_low'] / s.factor)} to {s.difference(row['at_high'] / s.factor)}"),
                Cell("", mark=row["mark"]),
            ]
            for row in rows
        ],
        folded=True,
    )
    return Section("turning", "What turns it", (lead,), (Chart(figure), table))


# ---- along the offer ---------------------------------------------------------------------------------


def break_even_section(subject: Subject) -> Section:
    """Saving against the amount of the policy's own offer."""
    own, heading = own_offer(subject), "At which amount it pays for itself"
    if own is None:
        return Section(
            "break-even", heading, (f"“{subject.name}” has no offer of its own with one amount throughout.",)
        )
    runs = subject.few(ALONG)
    amounts = np.array([share * own.offer.amount_per_person for share in SHARES])
    found = savings(subject, [own.amount(amount) for amount in amounts], runs)
    s = money_scale([value for saved, *_ in found for value in (saved.run_p05, saved.run_p95)])
    rows = [
        {
            "amount": float(amount),
            **{key: getattr(saved, key) * s.factor for key in ("mean", "mean_low", "mean_high", "run_p05", "run_p95")},
            "additional_departures": left.mean,
            "additional_offer_spend": paid.mean,
            "spend_per_additional_departure": paid.mean / left.mean if left.mean_low > 0 else None,
            "runs": runs,
        }
        for amount, (saved, left, paid) in zip(amounts, found, strict=True)
    ]
    for row in rows:
        for key in ("mean_low", "mean_high"):
            row[key] = row["mean"] if np.isnan(row[key]) else row[key]
    crossed = crossings(amounts, np.array([row["mean"] for row in rows]))
    here = {"amount": own.offer.amount_per_person, "text": f"as it is: £{number(own.offer.amount_per_person)}"}
    marks = [here, *({"amount": at, "text": f"zero at about £{number(round(at, -2))}"} for at, _ in crossed)]
    if crossed:
        lead = "The mean saving passes zero at about " + " and ".join(f"£{number(round(at, -2))}" for at, _ in crossed)
        lead += " a person, by straight lines between the amounts tried."
    else:
        side = "saves" if rows[-1]["mean"] > 0 else "costs"
        lead = f"The mean {side} at every amount tried, up to £{number(amounts[-1])} a person: no break-even there."
    alone = pounds(abs(found[0][0].mean))
    lead += f" At a penny it {'saves' if rows[0]['mean'] > 0 else 'costs'} {alone}: publicity and threats alone."
    cap = " The cap for a household rises and falls with it." if own.offer.household_cap is not None else ""
    title = f"Net saving of “{subject.name}” by the amount of its offer"
    figure = drawn(
        "break-even",
        lambda width: money.break_even(rows, marks, width, ("amount, £ a person", f"net saving, {s.label}")),
        rows,
        title=title,
        note=source(
            subject,
            f"Line: mean of {runs} runs at each amount; dark band: its 90 % interval; light band:"
            " middle 90 % of"
            f" runs.{cap} Behaviour responds to the amount.",
        ),
        alt=f"{title}. "
        + " ".join(
            f"£{number(row['amount'])}: {number(row['mean'], 1)} {s.label} ({number(row['run_p05'], 1)} to"
            f" {number(row['run_p95'], 1)})."
            for row in rows
        ),
    )
    table = Table(
        "Departures and spending by amount",
        ("Amount, £ a person", "Net saving, mean", "Additional departures", "Offer spending per additional departure"),
        [
            [
                Cell(number(row["amount"])),
                Cell(f"{number(row['mean'], 2, signed=True)} {s.label}"),
                Cell(number(row["additional_departures"], 1, signed=True)),
                Cell(pounds(row["spend_per_additional_departure"]) if row["spend_per_additional_departure"] else "–"),
            ]
            for row in rows
        ],
        note="–: no more departures, or too few to tell.",
        folded=True,
    )
    return Section("break-even", heading, (lead,), (Chart(figure), table))


def levers_section(subject: Subject) -> Section:
    """Net saving over amount and window of the policy's own offer."""
    own, heading = own_offer(subject), "Amount and window together"
    if own is None:
        return Section("levers", heading, (f"“{subject.name}” has no offer of its own with one amount throughout.",))
    runs = subject.few(CELL)
    amounts = [share * own.offer.amount_per_person for share in GRID_SHARES]
    windows = own.windows
    found = savings(subject, [own.amount(a) | own.window(w) for w in windows for a in amounts], runs)
    s = money_scale([saved.mean for saved, *_ in found], [saved.mean for saved, *_ in found])
    rows: list[dict[str, Any]] = []
    for k, (saved, *_) in enumerate(found):
        line, column = divmod(k, len(amounts))
        certain = saved.mean_low > 0 or saved.mean_high < 0 or saved.mean == 0.0
        rows.append(
            {
                "column": column,
                "row": line,
                "amount": amounts[column],
                "window": windows[line],
                "mean": saved.mean,
                "mean_low": saved.mean_low,
                "mean_high": saved.mean_high,
                "text": s.difference(saved.mean),
                "certain": bool(certain),
                "runs": runs,
            }
        )
    columns = [pounds(amount) for amount in amounts]
    names = ["no limit" if weeks is None else f"{weeks} week{'s' * (weeks > 1)}" for weeks in windows]
    title = f"Net saving of “{subject.name}” by amount and by how long the offer is open, {s.label}"
    unsure = sum(not row["certain"] for row in rows)
    figure = drawn(
        "levers",
        lambda width: money.heat(rows, columns, names, width, ("amount a person", "open for")),
        rows,
        title=title,
        note=source(
            subject,
            f"Mean of {runs} runs in each cell. Blue saves, orange costs; thick line: the sign"
            " turns; hatched: the"
            " 90 % interval of the mean holds zero.",
        ),
        alt=f"{title}. "
        + " ".join(
            f"{columns[row['column']]}, {names[row['row']]}:"
            f" {row['text']}{'' if row['certain'] else ' (sign uncertain)'}."
            for row in rows
        ),
    )
    lead = (
        f"In {unsure} of {len(rows)} cells the sign cannot be told with {runs} runs."
        if unsure
        else "In every cell the sign of the mean can be told."
    )
    return Section("levers", heading, (lead,), (Chart(figure),))
