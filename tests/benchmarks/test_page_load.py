"""The page under load: a light visitor beside heavy ones, many visitors at once, one visitor who asks for ever.

Short by default; ``PAGE_LOAD=full`` takes fifty visitors and two hundred questions.  Only 127.0.0.1 is asked, and
all that is asked ends.  Times are told as ratios within one run, so that a busy machine does not judge them.
Run with ``pytest tests/benchmarks/test_page_load.py -s`` to see the figures.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from browser_fixtures import ROOT

pytest.importorskip("websockets", reason="not installed: websockets (pip install -e '.[browser]')")

from plain_visitor import PlainVisitor

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

FULL = os.environ.get("PAGE_LOAD") == "full"
HEAVY = "caseload=uk-refused-2005&a=uk-2005&b=uk-2006-offer&households=10000&replicates=200"
LIGHT = "replicates=4&households=100&weeks=104"


class Server:
    """A server of its own, whose memory can be read."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address

    def megabytes(self) -> float:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def threads(self) -> int:
        """Threads of the process."""
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is read from /proc")
    code = "import sys; from experiments.cli.serve import app; app(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--no-open", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            made = Server(process, next(word for word in line.split() if word.startswith("http://127.0.0.1")))
            first_figures(made)
            yield made
        finally:
            process.terminate()
            process.wait(20)


def first_figures(server: Server, query: str = LIGHT) -> float:
    """Seconds to the first figures of a visitor who then leaves."""
    visitor = PlainVisitor(server.address).open(query)
    visitor.wait_for(lambda v: v.first is not None, 240)
    visitor.close()
    assert visitor.first is not None
    return visitor.first


def test_a_light_visitor_beside_heavy_ones(server: Server) -> None:
    alone = statistics.median(first_figures(server) for _ in range(3))
    for count in (1, 4, 8) if FULL else (4,):
        heavy = [PlainVisitor(server.address).open(f"{HEAVY}&seed={k}") for k in range(count)]
        time.sleep(5)
        beside = statistics.median(first_figures(server, f"{LIGHT}&seed={k}") for k in range(3))
        print(
            f"\nfirst figures alone {alone:.1f} s, beside {count} national runs {beside:.1f} s: {beside / alone:.1f} ×"
        )
        for visitor in heavy:
            visitor.close()
        assert beside / alone < 12


def test_many_visitors_at_once(server: Server) -> None:
    count, before = 50 if FULL else 10, server.megabytes()
    visitors = [PlainVisitor(server.address) for _ in range(count)]
    with ThreadPoolExecutor(count) as executor:
        list(executor.map(lambda k: visitors[k].open(f"{LIGHT}&seed={k}"), range(count)))
    for visitor in visitors:
        visitor.settled(300)
    first = sorted(visitor.first or 0.0 for visitor in visitors)
    most = server.megabytes()
    print(
        f"\n{count} visitors: first figures after {first[0]:.1f} to {first[-1]:.1f} s (median "
        f"{statistics.median(first):.1f}); {(most - before) / count:.1f} MB each; {server.threads()} threads"
    )
    assert not any(visitor.told["fault"] for visitor in visitors)
    for visitor in visitors:
        visitor.close()
    assert (most - before) / count < 40


def test_one_visitor_who_asks_again_and_again_takes_no_more_memory(server: Server) -> None:
    visitor = PlainVisitor(server.address).open("replicates=2&households=60&weeks=52")
    visitor.settled()
    noted = []
    for k in range(240 if FULL else 45):
        visitor.event("chosen", "choose", {"what": "seed", "value": 100 + k})
        visitor.wait_for(lambda v, seed=f"seed={100 + k}": seed in v.answered, 60)
        visitor.settled()
        noted.append(server.megabytes())
        if k % 10 == 9:
            print(f"\n{k + 1} questions: {noted[-1]:.0f} MB, {server.threads()} threads", flush=True)
    visitor.close()
    warm = len(noted) // 3
    early, late = statistics.median(noted[warm : warm + 10]), statistics.median(noted[-10:])
    asked = len(noted) - warm - 10
    print(f"\n{asked} questions later: {early:.1f} to {late:.1f} MB ({1000 * (late - early) / asked:.0f} kB each)")
    assert late - early < 0.25 * asked + 5
