"""Rules of one's own: found, compiled, told, swept and refused."""

from __future__ import annotations

import csv
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import abm
from abm import InputError, ReturnModel, prepare, rules
from abm.household.stages import COL
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from abm.inputs.registry import active
from abm.scenarios.overrides import known_paths
from abm.why import explain
from experiments.question.question import ask

EVERYTHING = Path(__file__).with_name("everything.py")
FILES = ("language", "lottery", "prospect", EVERYTHING)
SIZE = {"households": 60, "weeks": 80}
LEVERS = {"rule.lottery_chance": 0.5}


@pytest.fixture(autouse=True)
def _none_afterwards():
    rules.clear()
    yield
    rules.clear()


@pytest.fixture(scope="module")
def whole():
    """A run under one rule of every kind and all worked examples at once: one compilation for all tests."""
    with rules.using(*FILES):
        prepared = prepare("uk-pilot-2026", "uk-families-2026", **SIZE, levers=LEVERS)
        yield prepared, prepared.run(0)
    rules.clear()


def test_both_drivers_give_the_same_bits(whole):
    prepared, run = whole
    with rules.using(*FILES):
        model = ReturnModel("uk-pilot-2026", "uk-families-2026", **SIZE, rng=0, driver="agents", **LEVERS)
    while model.running:
        model.step()
    for name in ("s", "history", "counts", "credibility"):
        assert getattr(model.state, name).tobytes() == getattr(run.state, name).tobytes(), name
    settled = int((run.households["stage"] == "SETTLED").sum())
    assert settled > 0  # somebody went a way of its own
    assert run.measures["ever_settled"] == settled * prepared.weight
    chosen = {agent.last_choice for agent in model.agents}
    assert "MARRIES" in chosen


def test_a_lottery_pays_all_or_nothing():
    alone = {"standing.amount_per_person": 0.0, "offers.undecided.amount_per_person": 0.0}
    levers = LEVERS | alone | {"behaviour.assisted": -1.0, "caseload.durations.past_offer": 0.0}
    with rules.using(*FILES):
        run = prepare("uk-upfront-national", "uk-families-2026", **SIZE, levers=levers).run(0)
    s = run.state.s
    accepted = s[COL.booked_from] > 0
    paid, persons = s[COL.booked_amount, accepted], s[COL.adults, accepted] + s[COL.children, accepted]
    assert len(paid) > 30
    prizes = np.minimum(10_000.0 * persons, 40_000.0)
    won = paid > 0.0
    assert (paid[won] == prizes[won]).all()
    assert 0.25 < won.mean() < 0.75  # one in two: thirty draws lie outside that less than once in two hundred times


def test_why_tells_the_terms_that_were_used_and_none_that_was_replaced(whole):
    prepared, run = whole
    s = run.state.s
    row = int(np.flatnonzero((s[COL.considered_at] >= 0) & (s[COL.choice] == 0))[0])
    told = explain(prepared, 0, int(s[COL.id, row]))
    terms = {name: value for name, value, _ in told.terms}
    assert "command of the language" in {name.lower() for name in terms}
    assert "the offer, against income at home" not in terms
    assert "The offer, valued as a gain" in terms
    way = "Marry a resident"
    assert way in told.probabilities
    assert math.isclose(sum(told.probabilities.values()), 1.0)
    assert told.choice == "STAY"
    assert "Marry a resident" in told._repr_html_()
    returning = sum(value for _, value, into in told.terms if into in ("unassisted", "return"))
    assert returning == pytest.approx(told.utilities["unassisted return"], abs=1e-9)


def test_what_the_examples_say_in_numbers():
    from abm.examples import language, lottery, prospect  # here, since whoever imports them has their rules in force

    assert language.speaks(0.8, 0.5) == -0.4
    assert language.learns(0.5, 0.01) == pytest.approx(0.505)
    assert lottery.ticket(10_000.0, 1.0, 2.0, 2_000.0, 1.0) == pytest.approx(10_000.0)  # certain: the amount itself
    half = lottery.ticket(10_000.0, 1.0, 2.0, 2_000.0, 0.5)
    assert math.log(1 + half / 6_000) == pytest.approx(0.5 * math.log(1 + 10_000 / 6_000))  # by expected utility
    assert half < 5_000  # whoever is averse to risk gives less for it than it is worth on average
    # Tversky and Kahneman (1992): w+(0.1) = 0.186, w+(0.9) = 0.712 (0.61); w-(0.1) = 0.170 (0.69)
    assert prospect.weight(0.1, 0.61) == pytest.approx(0.186, abs=0.001)
    assert prospect.weight(0.9, 0.61) == pytest.approx(0.712, abs=0.001)
    assert prospect.weight(0.1, 0.69) == pytest.approx(0.170, abs=0.001)
    assert prospect.weight(0.0, 0.61) == 0.0
    assert prospect.weight(1.0, 0.61) == 1.0
    assert prospect.value(2_000.0, 2_000.0, 0.8, 0.88) == pytest.approx(0.8 * math.log(2.0))


def test_parameters_are_declared_while_their_rules_are_in_force():
    path = "behaviour.rule.language"
    assert path not in known_paths()
    with rules.using("language", "lottery"):
        assert known_paths()[path][1].unit == "utility"
        assert "rule.lottery_chance" in known_paths()
        assert declarations(Behaviour)["rule.language"].mark == "assumed"
        prepared = prepare("uk-2025", "uk-families-2026", **SIZE, levers={path: 2.0, "rule.lottery_chance": 0.3})
        own = prepared.plain.own
        assert dict(zip(prepared.rules.names, own.values, strict=False)) == {
            "language": 2.0, "learning": 0.005, "lottery_chance": 0.3, "offer:offer": -1.0,
        }  # fmt: skip
        with pytest.raises(InputError, match=r"behaviour\.rule\.language = 30.* from 0 to 20"):
            prepare("uk-2025", "uk-families-2026", **SIZE, levers={path: 30.0})
    assert path not in known_paths()
    with pytest.raises(InputError, match=r"none are given: --rule FILE\.py"):
        prepare("uk-2025", "uk-families-2026", **SIZE, levers={path: 1.0})


def test_a_policy_file_sets_a_lever_of_a_rule(tmp_path):
    file = tmp_path / "half.toml"
    file.write_text('extends = "uk-pilot-2026"\n[rule]\nlottery_chance = 0.5\n')
    with rules.using("lottery"):
        assert abm.load_policy(file).rule == {"lottery_chance": 0.5}
    with pytest.raises(InputError, match=r"rule = .*--rule FILE"):
        abm.load_policy(file)


def test_the_mark_follows_what_is_said_and_not_the_order(tmp_path):
    with rules.using("language", "lottery") as one:
        pass
    with rules.using("lottery", "language") as other:
        pass
    assert one.mark == other.mark
    changed = tmp_path / "language.py"
    text = (rules.EXAMPLES / "language.py").read_text()
    changed.write_text(text.replace("return -language * skill", "return -2.0 * language * skill"))
    with rules.using(changed, "lottery") as third:
        assert third.mark != one.mark
        assert abm.model_version().endswith(third.mark)
    assert abm.model_version() == abm.MODEL_VERSION
    # What a function calls is part of what it says.
    called = tmp_path / "prospect.py"
    text = (rules.EXAMPLES / "prospect.py").read_text()
    called.write_text(text.replace("if base > 0.0 else 0.0", "if base > 1.0 else 0.0"))
    marks = set()
    for file in ("prospect", called):
        with rules.using(file) as found:
            marks.add(found.mark)
    assert len(marks) == 2


def test_a_run_with_rules_is_another_run_and_goes_to_another_process_with_them():
    plain = prepare("uk-2025", "uk-families-2026", **SIZE)
    with rules.using("language"):
        own = prepare("uk-2025", "uk-families-2026", **SIZE)
        assert own.identity(0) != plain.identity(0)
        packed = pickle.dumps(own)
    code = f"""
import pickle
import re
again = pickle.loads({packed!r})
print(again.identity(0), [rule.name for rule in again.rules.rules], again.plain.own._fields[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split()[0] == own.identity(0)
    assert own.rules.mark in done.stdout
    assert not active()


GOOD = "from abm.rules import *\n"


@pytest.mark.parametrize(("text", "told"), [
    ("x = 1\n", "registers a rule"),
    (GOOD + "@term(into='returns')\ndef f(hope): return hope\n", "Did you mean 'return'"),
    (GOOD + "@term(into='return')\ndef f(hoope): return hoope\n", "Did you mean 'hope'"),
    (GOOD + "@term(into='return')\ndef f(hope): return str(hope)\n", "a number"),
    (GOOD + "@term(into='return')\ndef f(hope): return open(hope)\n", "can be compiled"),
    (GOOD + "@term(into='return', replaces='here.hoope')\ndef f(hope): return hope\n", "Did you mean 'here.hope'"),
    (GOOD + "@term(into='return', a=parameter(1.0, unit='1', meaning='a'))\ndef f(hope): return hope\n", "no effect"),
    (GOOD + "@event(leads_to='SETTLED', stages=('BOOKED',))\ndef f(adults): return 0.1\n", "one of AWAITING"),
    (GOOD + "@event(leads_to='HOME', stages=('REFUSED',))\ndef f(adults): return 0.1\n", "one of SETTLED"),
    (GOOD + "@each_week(of='skill')\ndef f(skill): return skill\n", "registered before it"),
    (GOOD + "@column\ndef adults(u): return u\n", "does not use itself"),
    (GOOD + "@column\ndef mine(v): return v\n", "a number that it is handed"),
    (GOOD + "@measure('departures', unit='1')\ndef departures(run): return 1.0\n", "an id that no measure"),
    (GOOD + "1 / 0\n", "line 2"),
    (GOOD + "@term(into='return', a=parameter(3.0, unit='1', le=2, meaning=''))\ndef f(a): return a", "a default from"),
    (GOOD + "@term(into='return', a=parameter(1.0, unit='', low=3, high=2, meaning=''))\ndef f(a): return a", "range"),
    (GOOD + "@term(into='return', b_a=parameter(1.0, unit='1', meaning=''))\ndef f(b_a): return b_a", "not beginning"),
    (GOOD + "@term(into='return')\ndef f(hope): return hope\n" * 2, "no other rule"),
    (GOOD + "@term(into='return')\ndef f(*hope): return 1.0\n", "by its name alone"),
    (GOOD + "term(into='return')(lambda hope: hope)\n", "made by def"),
    (GOOD + "import random\n@term(into='return')\ndef f(hope): return random.random()\n", "u or z"),
    (GOOD + "@term(into='return')\ndef f(hope):\n    print(hope)\n    return hope\n", "handed alone"),
    (GOOD + "def f(:\n", "line 2"),
])  # fmt: skip
def test_what_is_wrong_is_told_in_a_sentence_and_nothing_changes(tmp_path, text, told):
    file = tmp_path / "own.py"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        rules.load(file)
    assert told in str(refused.value), str(refused.value)
    assert "own.py" in str(refused.value)
    assert not active()
    assert "departures" in abm.MEASURES


def test_a_rule_without_its_file_cannot_leave_the_process():
    @rules.term(into="return")
    def own_hope(hope):
        return -hope

    with pytest.raises(InputError, match="kept in a file"):
        pickle.dumps(prepare("uk-2025", "uk-families-2026", **SIZE))


def test_a_shape_of_an_offer_that_nobody_makes_is_refused():
    with rules.using("lottery"):
        with pytest.raises(InputError, match=r"rules\.ticket\.offer = 'offer' .*no effect"):
            abm.simulate("uk-2025", "uk-families-2026", **SIZE)
        with pytest.raises(InputError, match="no effect"):
            ReturnModel("uk-2025", "uk-families-2026", **SIZE)
        compared = ask(["uk-pilot-2026"], baseline="uk-2025", households=60)
        assert len(compared.cases) == 2  # one policy of several may do without


@pytest.mark.parametrize("driver", ["agents", "compiled"])
def test_a_value_that_is_no_number_is_told_by_both_drivers(driver):
    broken = LEVERS | {"behaviour.rule.lost": 1.0}
    with rules.using(*FILES):
        model = ReturnModel("uk-pilot-2026", "uk-families-2026", **SIZE, rng=0, driver=driver, **broken)
    for _ in range(10):
        model.step()
    with pytest.raises(InputError, match=r"rules\.letter_of_week_ten = 'a number that is infinite or none'"):
        model.step()


def test_a_measure_alone_needs_no_compilation(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(GOOD + "@measure('rows', unit='households')\ndef rows(run): return len(run.households)\n")
    plain = prepare("uk-2025", "uk-families-2026", **SIZE)
    with rules.using(file):
        own = prepare("uk-2025", "uk-families-2026", **SIZE)
        assert own.plain.own == plain.plain.own
        assert own.identity(0) != plain.identity(0)
        run = own.run(0)
    assert run.measures["rows"] == len(run.households)
    assert "rows" not in abm.MEASURES


def test_a_measure_that_fails_is_told(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(GOOD + "@measure('rows', unit='households')\ndef rows(run): return run.nothing\n")
    with rules.using(file), pytest.raises(InputError, match=r"rules\.rows = .*AttributeError.* finished run"):
        prepare("uk-2025", "uk-families-2026", **SIZE).run(0)


def test_a_column_of_ones_own_is_an_attribute_of_agents(whole):
    prepared, _ = whole
    with rules.using(*FILES):
        model = ReturnModel("uk-pilot-2026", "uk-families-2026", **SIZE, rng=0, **LEVERS)
    agent = model.agents[0]
    assert 0.0 <= agent.skill <= 1.0
    assert agent.skill == prepared.begin(0).s[-1, agent.row]
    with pytest.raises(AttributeError, match="no attribute 'skil'"):
        _ = agent.skil


def test_a_function_replaced_from_outside_is_refused(monkeypatch):
    monkeypatch.setattr("abm.household.decision.incentive", lambda b, cash, income: 0.0)
    with pytest.raises(InputError, match=r"abm\.household\.decision\.incentive .*register a rule"):
        prepare("uk-2025", "uk-families-2026", **SIZE)


def test_the_command_line_takes_rules(whole, tmp_path, capsys):
    from experiments.cli.main import main

    words = [word for file in FILES for word in ("--rule", str(file))]
    assert main(["list", "rules", *words]) == 0
    shown = capsys.readouterr().out
    assert "behaviour.rule.language" in shown
    assert "shape of an offer" in shown
    out = tmp_path / "out"
    asked = ["compare", "uk-2025", "uk-pilot-2026", "--households", "60", "--weeks", "80", "--replicates", "2"]
    assert main([*asked, *words, "--set", "behaviour.rule.language=2", "--out", str(out), "--all"]) == 0
    shown = capsys.readouterr().out
    with (out / "summary.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["measure"] == "ever_settled"]
    assert {row["unit"] for row in rows} == {"households"}
    assert all(float(row["mean"]) > 0 for row in rows)
    assert not active()
    assert main(["list", "rules", "--rule"]) == 2
    assert "the path of a Python file" in capsys.readouterr().err
    assert main(["show", "own.py"]) == 2
    assert "returns list rules --rule own.py" in capsys.readouterr().err
    assert main(["list", "parameters", "--rule", "nowhere.py"]) == 2
    assert "nowhere.py" in capsys.readouterr().err


DOCUMENT = Path(abm.__file__).with_name("RULES.md").read_text(encoding="utf-8")


def test_rules_of_the_documents_work_as_pasted(tmp_path):
    blocks = [block for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if "@" in block]
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        file = tmp_path / f"own{number}.py"
        file.write_text(block)
    with rules.using(tmp_path / "own0.py", tmp_path / "own1.py") as found:
        assert {rule.name for rule in found.rules} == {"skill", "speaks", "debt", "owes", "left_with_debt"}
        assert found.names == ("debt_relief", "language", "owing")
        assert "left_with_debt" in abm.MEASURES


def test_everything_that_can_be_registered_is_in_the_documents():
    for name in ("term", "way_out", "attention", "event", "column", "each_week", "offer_shape", "measure", "lever"):
        assert f"`{name}" in DOCUMENT
