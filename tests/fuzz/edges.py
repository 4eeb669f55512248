"""Where data come in: each edge makes a spoilt input of a number, and reads it as the program does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
from fuzz.changes import Rng, of_arguments, of_bytes, of_csv, of_toml, of_words, other_numbers, pick, times
from small_history import TEXT

import experiments
from abm import load_behaviour, load_caseload, load_policy
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from abm.model import Prepared
from abm.scenarios import scenario
from abm.scenarios.kinds import kind_of
from abm.scenarios.overrides import known_paths
from experiments.api.taken import members_of
from experiments.calibration.history import load_history
from experiments.cli.main import main
from experiments.question.case import load_case
from experiments.question.design import DESIGNS, load_design
from experiments.question.draws import draws_of
from experiments.question.settings import parse_settings
from experiments.question.study import lay_out
from experiments.question.varied import settings_of
from experiments.statistics.precision import parse_targets

Act = Callable[[], object]


class Reached(BaseException):
    """The inputs were accepted: now households would be run."""


class Refused(Exception):
    """A command that said in one line what is wrong."""


class Edge(NamedTuple):
    """A way in.

    Attributes
    ----------
    share
        How many of a hundred cases.
    make
        Writes a spoilt input into a folder; what it gives says what was spoilt, and reads it.
    """

    name: str
    share: int
    make: Callable[[Rng, Path], tuple[str, Act]]


class WrongEnd(Exception):
    """A command that ended in another way than it should."""


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@cache
def _files(*folders: Path) -> tuple[str, ...]:
    """The shipped files of a kind, shortest first: the long ones add little."""
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.glob("*.toml"))]
    return tuple(sorted(texts, key=len))


POLICIES, CASELOADS = scenario.SCENARIOS / "policies", scenario.SCENARIOS / "caseloads"
HISTORIES = Path(experiments.__file__).parent / "histories"
PEOPLE = (
    "origin,size,children,school_children,stage,housing,weeks_in_stage,weeks_in_country\n"
    "Iraq,4,2,1,exhausted,hotel,10,100\nAlbania,3,1,0,refused,dispersal,3,40\nIR,1,0,0,awaiting,own,0,5\n",
    "origin,size,households,stage_since,arrived\nIraq,4,12,2025-01-05,2020-01-05\nAF,2,30,2024-12-01,2019-06-30\n",
    "origin,persons,housing\nIraq,5200,hotel\nTürkiye,3100,own\n",
)
DESIGN = (
    'variants = ["uk-pilot-2026"]\nbaseline = "uk-2025"\nweeks = 5\nhouseholds = 15\nreplicates = 2\n'
    'uncertainty = "seeds"\n'
    '[set]\n"world.hotel_night" = 100.0\n[sampling]\nmethod = "grid"\nlevels = 2\n[factors]\n'
    '"offer.amount_per_person" = [0, 1000]\n"behaviour.money" = { low = 0.1, high = 2, levels = 2 }\n'
)


def _file(load: Callable[[Path], object], seeds: Callable[[], Sequence[str]], name: str = "own.toml") -> Any:
    def make(rng: Rng, folder: Path) -> tuple[str, Act]:
        path = _written(folder, name, of_toml(rng, pick(rng, seeds())))
        return path.name, lambda: load(path)

    return make


def _people(rng: Rng, folder: Path) -> tuple[str, Act]:
    table = _written(folder, "people.csv", of_csv(rng, pick(rng, PEOPLE)))
    if rng.random() < 0.5:
        return table.name, lambda: load_caseload(table)
    text = (
        f'extends = "uk-families-2026"\ndate = 2025-03-01\nrows = "{table.name}"\n[composition]\nfamily_share = 0.3\n'
    )
    own = _written(folder, "own.toml", text.encode())
    return f"{table.name} by own.toml", lambda: load_caseload(own)


def _spreadsheet(rng: Rng, folder: Path) -> tuple[str, Act]:
    table = _written(folder, "people.xlsx", of_bytes(rng, _sheet()))
    return table.name, lambda: load_caseload(table)


@cache
def _sheet() -> bytes:
    """A spreadsheet, the same whenever it is made."""
    held, made = io.BytesIO(), io.BytesIO()
    if find_spec("openpyxl") is None:  # then every spreadsheet is refused
        ZipFile(made, "w").close()
        return made.getvalue()
    pd.read_csv(io.StringIO(PEOPLE[0])).to_excel(held, index=False)
    with ZipFile(held) as parts, ZipFile(made, "w", ZIP_DEFLATED) as again:
        for name in parts.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", b"2025-01-01T00:00:00Z", parts.read(name))
            again.writestr(ZipInfo(name), content)
    return made.getvalue()


@cache
def _some_draws() -> pd.DataFrame:
    known = list(declarations(Behaviour))[:4]
    rng = np.random.default_rng(7)
    return pd.DataFrame({"draw": np.arange(5), **{name: rng.uniform(0.2, 0.4, 5) for name in known}})


def _draws(rng: Rng, folder: Path) -> tuple[str, Act]:
    table = _some_draws()
    if rng.random() < 0.6:
        path = _written(folder, "draws.csv", of_csv(rng, table.to_csv(index=False)))
    else:
        path = folder / "draws.parquet"
        odd = table.astype({pick(rng, table.columns): pick(rng, ("str", "object", "int64", "bool", "datetime64[ns]"))})
        chosen = pick(
            rng, (table, odd, table.iloc[:0], table.iloc[:, :0], table.rename(columns=lambda name: name[:-1]))
        )
        chosen.to_parquet(path, index=bool(rng.random() < 0.2))
        if chosen is table:
            path.write_bytes(of_bytes(rng, path.read_bytes()))
    if rng.random() < 0.5:
        return path.name, lambda: members_of(path)
    design = DESIGN.replace('uncertainty = "seeds"', f'posterior = "{path.name}"').replace('"behaviour.money"', "# ")
    own = _written(folder, "own.toml", design.encode())
    return f"{path.name} by own.toml", lambda: draws_of(load_design(own))


def _assigned(rng: Rng, values: Sequence[str]) -> str:
    """A setting with its value spoilt, or all of it."""
    path, value = pick(rng, tuple(known_paths())), pick(rng, values)
    change = pick(rng, (of_words, other_numbers))
    return f"{path}={change(rng, value)}" if rng.random() < 0.6 else of_words(rng, f"{path}={value}")


def _setting(rng: Rng, folder: Path) -> tuple[str, Act]:
    words = [_assigned(rng, ("1", "0.5", "none", "10", "true", "hotel", "2026-03-01", "Iraq")) for _ in times(rng)]

    def act() -> None:
        settings = {change.path: change.value for change in parse_settings(words, ("uk-2025", "uk-pilot-2026"))}
        load_case("uk-pilot-2026", "uk-families-2026", weeks=5, households=15, settings=settings)

    return repr(words), act


def _varied(rng: Rng, folder: Path) -> tuple[str, Act]:
    words = [_assigned(rng, ("1,2", "0.5,0.6", "none,3", "10,20,30", "true,false")) for _ in times(rng)]
    return repr(words), lambda: [varied.words for varied in settings_of(words)]


def _precision(rng: Rng, folder: Path) -> tuple[str, Act]:
    words = [of_words(rng, "net_saving_npv=±1000000")]
    return repr(words), lambda: parse_targets(words, compared=True)


#: Small commands.
_TINY = "--weeks 5 --households 15 --replicates 2"
_SEEDS = f"{_TINY} --uncertainty seeds"
COMMANDS = (
    f"compare uk-pilot-2026 {_SEEDS} --out o",
    f"compare uk-pilot-2026 {_SEEDS} --by size --at-least 5m --csv",
    f"compare uk-pilot-2026 {_SEEDS} --vary offer.amount_per_person=1,2 --table md",
    f"compare uk-pilot-2026 {_SEEDS} --precision departures=±5 --max-replicates 20",
    "run uk-pilot-2026 --weeks 5 --households 15 --seed 3 --set offer.amount_per_person=5000 --json",
    "why uk-pilot-2026 --weeks 5 --households 15 --household 3 --week 2",
    f"attribute uk-2025 uk-pilot-2026 {_SEEDS} --measure departures",
    f"discover uk-pilot-2026 --goal departures>1 {_TINY} --points 64 --over behaviour.money",
    f"economics uk-pilot-2026 {_TINY} --effect departures --worth 1000,5000",
    f"frontier uk-pilot-2026 --lever offer.amount_per_person=0:9000 --goal departures {_SEEDS} --trials 8"
    " --generation 4",
    f"sensitivity uk-pilot-2026 --measure departures {_TINY} --trajectories 2 --points 4"
    " --over behaviour.money,world.hotel_night",
    f"sheet uk-pilot-2026 {_SEEDS}",
    "trial uk-pilot-2026 --families 15 --months 6 --by site --share 0.5 --replicates 2 --uncertainty seeds",
    f"advise --amounts 3000 --windows 1 --to present --when exhausted {_SEEDS}",
    f"report uk-pilot-2026 {_TINY} --quick --out r.html",
    "sweep own.toml --workers 2 --out s", "sweep own.toml --plan --replicates 3", "plot s --measure departures",
    "show own.toml --mark assumed", "show uk-2025 --json", "list levers", "list measures --json",
    "new policy mine --extends uk-2025", "new caseload mine --rows", "validate own-history.toml --draws 2 --brief",
)  # fmt: skip
OPTIONS = (
    "--set", "--vary", "--out", "--caseload", "--baseline", "--against", "--replicates", "--weeks", "--households",
    "--seed", "--by", "--json", "--csv", "--table", "--all", "--precision", "--max-replicates", "--uncertainty",
    "--workers", "--over", "--goal", "--limit", "--lever", "--measure", "--points", "--trials", "--at-least",
    "--rule", "--version", "--levers", "--mark", "--extends", "--report", "--amounts", "--windows", "--share",
    "--months", "--families", "--worth", "--effect", "--discount", "--week", "--household", "--draws", "--groups",
    "--hold", "--boxes", "--most", "--generation", "--robust",
)  # fmt: skip


def _command(rng: Rng, folder: Path) -> tuple[str, Act]:
    _written(folder, "own.toml", DESIGN.encode())
    _written(folder, "own-history.toml", TEXT.encode())
    words = of_arguments(rng, pick(rng, COMMANDS).split(), OPTIONS)
    return repr(words), lambda: ended(words)


def _to_the_end(rng: Rng, folder: Path) -> tuple[str, Act]:
    """A command that is run: nothing in it may make the runs large."""
    _written(folder, "own.toml", DESIGN.encode())
    _written(folder, "own-history.toml", TEXT.encode())
    words = of_arguments(rng, pick(rng, COMMANDS).split(), OPTIONS)
    while not _is_small(words):
        words = of_arguments(rng, pick(rng, COMMANDS).split(), OPTIONS)
    return repr(words), lambda: ended(words)


def _is_small(words: Sequence[str]) -> bool:
    """Whether a command would run no more than seconds."""
    numbers = [float(number) for word in words for number in re.findall(r"\d+", word) if "." not in word]
    return bool(set(QUICK) & set(words)) and not set(LONG) & set(words) and max(numbers, default=0) < 100


#: Commands whose runs take seconds at most, and what would make them long.
QUICK = ("compare", "run", "why", "attribute", "economics", "sheet", "trial", "sweep", "sensitivity")
LONG = ("--rule", "report", "advise", "frontier", "discover", "validate", "uk-asylum-2025", "uk-refused-2025")


def ended(words: Sequence[str]) -> None:
    """Try `returns` with these words.

    Raises
    ------
    Refused
        If they are told to be wrong, in one line.
    WrongEnd
        If bad input is told in anything but one line, or the exit code says nothing.
    """
    said, printed = io.StringIO(), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stderr(said), redirect_stdout(printed):
        code = main(words)
    told = said.getvalue().split("\n")
    if code not in (0, 1, 2):
        raise WrongEnd(f"{words} ended in {code}: {said.getvalue()[-500:]}")
    if code == 2 and not (told[-1] == "" and told[-2].startswith("returns: ")):
        raise WrongEnd(f"{words} said {said.getvalue()!r}")
    if code == 2:
        sentence(told[-2])
        raise Refused


def sentence(text: str) -> None:
    """See that a message is one sentence of a bearable length.

    Raises
    ------
    WrongEnd
        If it is not.
    """
    if len(text) > 1_500 or any(letter < " " or letter == "\x7f" for letter in text):
        raise WrongEnd(f"a message of {len(text)} characters: {text[:300]!r}")


def _lay_out(path: Path) -> object:
    design = load_design(path)
    if design.sampling.points > 300 or design.posterior or design.uncertainty != "seeds":
        return design
    return lay_out(design)


def _behaviours() -> tuple[str, ...]:
    return (scenario.BEHAVIOUR.read_text(encoding="utf-8"), "money = 0.5\nassisted = { value = 1.0 }\n")


EDGES = (
    Edge("policy", 20, _file(load_policy, lambda: _files(POLICIES))),
    Edge("caseload", 12, _file(load_caseload, lambda: _files(CASELOADS)[:12])),
    Edge("behaviour", 6, _file(load_behaviour, _behaviours)),
    Edge("any file", 3, _file(lambda path: kind_of(path), lambda: (*_files(POLICIES), *_files(CASELOADS)))),
    Edge("history", 12, _file(load_history, lambda: (TEXT, *_files(HISTORIES)[:2]))),
    Edge("design", 10, _file(load_design, lambda: (DESIGN, *_files(DESIGNS)))),
    Edge("plan", 2, _file(_lay_out, lambda: (DESIGN,))),
    Edge("people", 10, _people),
    Edge("spreadsheet", 1, _spreadsheet),
    Edge("draws", 6, _draws),
    Edge("--set", 6, _setting),
    Edge("--vary", 4, _varied),
    Edge("--precision", 1, _precision),
    Edge("command", 7, _command),
)


TO_THE_END = (Edge("command to the end", 100, _to_the_end),)


def stop_at_the_first_run() -> None:
    """From now on in this process, what would be run raises `Reached`."""

    def reached(*_: object, **__: object) -> None:
        raise Reached

    Prepared.begin = Prepared.run = Prepared.measures = reached  # type: ignore[method-assign,assignment]
