"""The ODD+D protocol is what the declarations make, and its equations name what the rules read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from abm.arrays.ledger import Line
from abm.arrays.state import Flow
from abm.household.decision import Circumstances
from abm.household.stages import Column, Holds, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload, InflowStage
from abm.inputs.parameters import declarations
from abm.inputs.policy import Offer, Policy
from abm.inputs.world import World
from abm.measures import COMPARED, MEASURES
from abm.numerics.draws import Purpose
from abm.scenarios.overrides import known_paths
from experiments.report.odd import rules
from experiments.report.odd.__main__ import main
from experiments.report.odd.equations import Equation, charges, equations, paths_in, symbols
from experiments.report.odd.markdown import table
from experiments.report.odd.moves import MOVES, OPEN, Move
from experiments.report.odd.page import ODD, PARTS, TEMPLATE, page, places
from experiments.report.odd.tables import HOLDS, KINDS, PLAIN

WEEK = ("arriving", "departures", "enforcement", "offering", "procedure", "week")


@pytest.fixture(scope="module")
def told() -> str:
    return page()


# ---- the page ---------------------------------------------------------------------------------------


def test_the_file_is_what_the_declarations_make(told: str) -> None:
    assert ODD.read_text(encoding="utf-8") == told, "python -m experiments.report.odd"


def test_the_check_writes_nothing_and_other_words_are_refused(monkeypatch, capsys, told: str) -> None:
    monkeypatch.setattr("experiments.report.odd.__main__.page", lambda: told)
    before = ODD.stat().st_mtime_ns
    assert main(["--check"]) == 0
    assert main(["--chek"]) == 2
    assert ODD.stat().st_mtime_ns == before
    assert "usage" in capsys.readouterr().err


def test_a_file_that_is_out_of_date_is_told(tmp_path, monkeypatch, capsys, told: str) -> None:
    monkeypatch.setattr("experiments.report.odd.__main__.page", lambda: told)
    monkeypatch.setattr("experiments.report.odd.__main__.ODD", tmp_path / "ODD.md")
    assert main(["--check"]) == 1
    assert "python -m experiments.report.odd" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_every_part_and_every_equation_has_its_place() -> None:
    wanted = [*PARTS, *(f"equation.{name}" for name in equations())]
    assert sorted(places()) == sorted(wanted)


def test_everything_declared_is_in_it(told: str) -> None:
    names = [one.name for kind in (Column, Flow, Line, Purpose, Stage) for one in kind]
    names += [*MEASURES, *COMPARED, *Circumstances._fields]
    assert [name for name in names if f"`{name}`" not in told] == []
    leaves = {path.rpartition(".")[2] for path in known_paths()}
    assert [leaf for leaf in leaves if f"| `{leaf}` |" not in told] == []


def test_links_lead_somewhere(told: str) -> None:
    links = {link.partition("#")[0] for link in re.findall(r"\]\(((?!http)[^)]+)\)", told)}
    assert len(links) > 10
    assert [link for link in links if not (ODD.parent / link).exists()] == []


def test_a_bar_in_a_text_does_not_end_its_cell() -> None:
    assert table(["a"], [["one | two\nthree"]]) == "| a |\n|---|\n| one \\| two three |"


def test_words_stand_for_everything_that_can_hold() -> None:
    assert set(HOLDS) == set(Holds)
    assert {column.kind for column in Column} <= set(KINDS)
    assert set(PLAIN) <= set(Circumstances._fields)


def test_the_week_is_in_the_order_of_the_code() -> None:
    names = [rule.partition(":")[2] for rule in rules.week()]
    assert names[:3] == ["list_countries", "come_into_force", "arrive"]
    assert names[-5:] == ["read_news", "own_news", "attend_together", "households_choose", "the_books_close"]
    assert all(rules.says(rule).endswith(".") for rule in rules.week())


# ---- the moves between stages -----------------------------------------------------------------------


def targets(module: str) -> Iterator[tuple[str, Stage]]:
    """Every stage that a function of a module moves a household to."""
    for name, node in rules.functions(module).items():
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("enter", "leave"):
                found = [inner.attr for argument in call.args for inner in ast.walk(argument)
                         if isinstance(inner, ast.Attribute) and ast.unparse(inner.value) == "STAGE"
                         and inner.attr in Stage.__members__]  # fmt: skip
                if "inflow_stage" in ast.unparse(call):
                    found = [stage.upper() for stage in InflowStage.__args__]
                yield from ((f"{module}:{name}", Stage[stage]) for stage in found)
            written = isinstance(call, ast.Assign) and ast.unparse(call.targets[0]) == "s[COL.stage, i]"
            if written and ast.unparse(call.value).startswith("STAGE."):
                yield f"{module}:{name}", Stage[ast.unparse(call.value).removeprefix("STAGE.")]


def test_moves_are_those_of_the_rules() -> None:
    read = {found for module in WEEK for found in targets(f"abm.week.{module}")}
    read = {(rule, stage) for rule, stage in read if not (rule.endswith(":stock_at_start"))}
    assert {(move.rule, move.after) for move in MOVES} == read


def test_whoever_may_choose_has_every_way_out_that_the_rules_open() -> None:
    chooses = {stage for stage in Stage if Holds.CHOOSES in stage.holds}
    assert set(OPEN) == chooses
    ways = {move.flow: set(move.before) for move in MOVES if move.chosen}
    assert ways[Flow.unassisted] == chooses
    assert ways[Flow.accepted] | ways[Flow.assisted] == chooses
    assert {stage for stage in chooses if Holds.CASE_IS_OPEN in stage.holds} == ways[Flow.absconded]


def test_no_move_starts_where_the_diagram_ends() -> None:
    def ends(moves: tuple[Move, ...]) -> set[Stage]:
        return set(Stage) - {stage for move in moves for stage in move.before}

    assert ends(MOVES) == {Stage.SETTLED, Stage.REMOVED}


# ---- the equations ----------------------------------------------------------------------------------

#: What the rules call the inputs.
ROOTS = {
    "x.b": "behaviour", "b": "behaviour", "behaviour": "behaviour", "attention": "behaviour", "x.world": "world",
    "world": "world", "caseload.world": "world", "x.policy": "", "policy": "", "x.caseload": "caseload",
    "caseload": "caseload", "offer": "offer", "terms": "offer", "x.offers[k]": "offer", "reference": "offer",
}  # fmt: skip
#: Inputs that follow from others (`abm.arrays.setting.offer_terms`).
DERIVED = {"offer.paid_later": "offer.later_payment_weeks"}
FIELDS = {
    "behaviour": set(declarations(Behaviour)), "world": set(declarations(World)), "offer": set(Offer.model_fields),
    "caseload": {path for path in declarations(Caseload) if not path.startswith("world.")},
    "": set(declarations(Policy)),
}  # fmt: skip


def aliases(node: ast.AST) -> dict[str, str]:
    """Names that a function gives to inputs or their sections: ``c = x.caseload.composition``."""
    found: dict[str, str] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign):
            target, value = inner.targets[0], inner.value
            pairs = zip(target.elts, value.elts, strict=True) if isinstance(target, ast.Tuple) and isinstance(
                value, ast.Tuple) else [(target, value)]  # fmt: skip
            for one, other in pairs:
                if isinstance(one, ast.Name) and isinstance(other, ast.Attribute | ast.Subscript):
                    found[one.id] = ast.unparse(other)
    return found


def reads(rule: str) -> set[str]:
    """Paths of the parameters that a function reads."""
    node = rules.function(rule)
    known, found = aliases(node), set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            text = ast.unparse(inner)
            head, _, rest = text.partition(".")
            if head in known:
                text = f"{known[head]}.{rest}"
            for root in sorted(ROOTS, key=len, reverse=True):
                if text.startswith(f"{root}."):
                    section, path = ROOTS[root], text.removeprefix(f"{root}.")
                    whole = f"{section}.{path}" if section else path
                    if path in FIELDS[section] or whole in DERIVED:
                        found.add(DERIVED.get(whole, whole))
                    break
    return found


every = pytest.mark.parametrize("equation", list(equations().values()), ids=list(equations()))


@every
def test_an_equation_names_what_its_rules_read_no_more_and_no_less(equation: Equation) -> None:
    named, read = set(equation.parameters), {path for rule in equation.rules for path in reads(rule)}
    assert read - named == set()
    around = {path for rule in (*equation.rules, *equation.context) for path in reads(rule)}
    assert named - around == set()


def test_a_parameter_that_an_equation_forgets_is_found() -> None:
    read = reads("abm.household.decision:terms")
    assert {"behaviour.norm", "behaviour.anticipation"} <= read
    assert "behaviour.taste_return" not in read  # that is a spread of what it is given
    assert reads("abm.arrays.ties:reached") == {"caseload.network.tail", "caseload.network.mean_ties"}
    assert "offer.later_payment_weeks" in reads("abm.week.considering:worth_of")


def test_symbols_are_of_parameters_and_no_two_are_alike() -> None:
    assert set(symbols()) <= set(known_paths())
    assert len(set(symbols().values())) == len(symbols())
    texts = [equation.text for equation in equations().values()]
    shown = {path for text in texts for path in re.findall(r"@([a-z0-9_.]+[a-z0-9_])", text)}
    assert set(symbols()) == shown


def test_every_coefficient_of_behaviour_is_in_an_equation() -> None:
    named = {path for equation in equations().values() for path in equation.parameters}
    assert {f"behaviour.{path}" for path in declarations(Behaviour)} <= named


def test_every_figure_of_the_world_is_told_of() -> None:
    named = {path for equation in equations().values() for path in equation.parameters}
    named |= {path for text in (*charges().values(), TEMPLATE.read_text("utf-8")) for path in paths_in(text)}
    assert {f"world.{path}" for path in declarations(World)} - named == {"world.price_year", "world.safety_origins"}
    assert named <= set(known_paths())


def test_charges_are_of_every_line_and_name_every_price() -> None:
    assert list(charges()) == [line.name for line in Line]
    named = {path for text in charges().values() for path in paths_in(text)}
    assert reads("abm.arrays.ledger:prices") <= named
    assert named - reads("abm.arrays.ledger:prices") == {"world.unescorted", "reintegration.per_household"}
