"""`returns serve` refuses in one sentence; `solara run` serves the same page and asks nobody."""

from __future__ import annotations

import socket

import pytest
from browser_fixtures import solara_run

from abm import InputError

serve = pytest.importorskip("experiments.cli.serve")


@pytest.fixture
def installed(monkeypatch):
    """As if the extra were installed."""
    monkeypatch.setattr(serve, "_NEEDED", ())


def test_it_listens_on_this_machine_only_unless_told_otherwise():
    with serve._listen(serve.LOCAL, 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("words", "field"),
    [(["--port", "99999"], "--port"), (["--port", "-1"], "--port"), (["--host", "192.0.2.1"], "--host")],
)
def test_what_cannot_be_listened_on_is_refused_by_name(installed, words, field):
    with pytest.raises(InputError) as refusal:
        serve.app(["--no-open", *words])
    assert refusal.value.field == field


def test_a_port_in_use_is_said(installed):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(InputError, match="not in use"):
            serve.app(["--no-open", "--port", str(held.getsockname()[1])])


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(serve, "_NEEDED", ("no_such_module",))
    with pytest.raises(InputError, match=r"household-returns\[browser\]"):
        serve.app(["--no-open"])


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_solara_run_serves_the_same_page_and_asks_nobody(chromium, tmp_path):
    from browser_visitor import Visitor

    with solara_run("experiments.page.app", home=tmp_path) as address:
        visitor = Visitor(chromium, address)
        visitor.open("replicates=2")
        assert visitor.elsewhere == []
        assert visitor.errors == []
        visitor.context.close()


@pytest.mark.parametrize(
    "words", [["--host", "0.0.0.0"], ["--host", "192.0.2.1"], ["--allow-host", "returns.example.org"]]
)
def test_mesa_s_console_is_never_where_others_reach_it(installed, monkeypatch, words):
    monkeypatch.setenv(serve.CONSOLE, "1")
    monkeypatch.setattr(serve, "_listen", lambda *where: pytest.fail("it began to listen"))
    with pytest.raises(InputError, match="runs any Python for whoever reaches the page") as refusal:
        serve.app(["--mesa", "--no-open", *words])
    assert refusal.value.field == "RETURNS_CONSOLE"
    assert " ".join(words) in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_mesa_s_console_is_allowed_on_this_machine(host):
    serve._keep_console_here(host, ())
