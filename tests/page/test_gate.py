"""Who is let in, under which name, from where, how many, and with what messages."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any

import pytest

pytest.importorskip("solara.server")

from abm import InputError
from experiments.page.gate import Gate, Names, acceptable

LOCAL = Names("127.0.0.1")


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("127.0.0.1:8765", True), ("localhost:8765", True), ("LOCALHOST", True), ("localhost.:80", True),
        ("[::1]:8765", True),
        ("127.0.0.2", True), ("evil.example:8765", False), ("127.0.0.1.evil.example", False), ("10.0.0.7:8765", False),
        ("localhost.evil.example", False), ("", False), ("[", False), ("127.0.0.1@evil.example", False),
    ],
)  # fmt: skip
def test_on_this_machine_only_its_own_names_are_answered_to(host: str, accepted: bool) -> None:
    assert LOCAL.accepts(host) == accepted


def test_on_the_network_any_address_and_the_names_of_the_machine_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Ministry-7")
    monkeypatch.setattr("socket.getfqdn", lambda: "ministry-7.example.gov")
    names = Names("0.0.0.0", ["Returns.Example.org."])
    for host in (
        "10.0.0.7:8765", "[fe80::1]:8765", "ministry-7", "ministry-7.local:8765", "ministry-7.example.gov",
        "returns.example.org", "localhost:8765", "127.0.0.1",
    ):  # fmt: skip
        assert names.accepts(host), host
    assert not names.accepts("evil.example")
    assert Names("server-3.example.gov").accepts("server-3.example.gov:8765")


@pytest.mark.parametrize("name", ["https://a.example", "a.example:80", "a.example/x", "", "*", "a b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="allow-host"):
        Names("127.0.0.1", [name])


def asked(gate: Gate, kind: str = "http", path: str = "/", **headers: str) -> list[dict[str, Any]]:
    """What an application sends to somebody who asks with such headers."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [(n.encode(), v.encode()) for n, v in headers.items()]}
    asyncio.run(gate(scope, receive, send))
    return sent


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "let in"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8765"}, None),
        ({"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:8765"}, None),
        ({"host": "evil.example:8765", "origin": "http://evil.example:8765"}, 403),
        ({"host": "127.0.0.1:8765", "origin": "http://evil.example"}, 403),
        ({"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:3000"}, 403),
        ({"host": "127.0.0.1:8765", "origin": "null"}, 403),
        ({"host": "127.0.0.1:8765", "origin": "file://"}, 403),
        ({"host": "returns.example.org", "origin": "https://returns.example.org"}, None),
        ({"host": "127.0.0.1:8765", "origin": "https://returns.example.org"}, None),
        ({}, 403),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_host_and_origin_must_be_of_this_page(kind: str, headers: dict[str, str], status: int | None) -> None:
    gate = Gate(inner, Names("127.0.0.1", ["returns.example.org"]))
    sent = asked(gate, kind, "/jupyter/api/kernels/k/channels", **headers)
    if status is None:
        assert sent == [{"type": "let in"}]
    elif kind == "http":
        assert [sent[0]["status"], sent[0]["type"]] == [status, "http.response.start"]
        assert b"page" in sent[1]["body"]
    else:
        assert [message["type"] for message in sent] == ["websocket.close"]


def test_one_more_than_there_is_room_for_is_told_so_and_told_when_to_come_back() -> None:
    gate = Gate(inner, LOCAL, visitors=0)
    start, body = asked(gate, host="127.0.0.1")
    assert start["status"] == 503
    assert (b"retry-after", b"60") in start["headers"]
    assert b"Try again in a few minutes" in body["body"]
    assert asked(gate, "websocket", "/jupyter/api/kernels/k/channels", host="127.0.0.1")[0]["code"] == 1013


def message(kind: str = "comm_msg", **content: Any) -> str:
    return json.dumps({"header": {"msg_type": kind}, "content": content})


def test_what_the_page_sends_is_let_through() -> None:
    assert acceptable(message("comm_open", target_name="solara.control", data={}), None)
    assert acceptable(message(comm_id="x", data={"method": "custom", "content": {"event": "choose", "data": {}}}), None)
    assert acceptable(message(comm_id="x", data={"method": "update", "state": {"v": 1}}), None)
    text = message(comm_id="x", data={"method": "update", "state": {}}).encode()
    assert acceptable(None, struct.pack("!2I", 1, 8) + text)
    assert acceptable(None, struct.pack("!3I", 2, 12, 12 + len(text)) + text + b"buffer")


@pytest.mark.parametrize("name", ["create_widget", "update_ref", "destroy_widget"])
def test_nobody_has_things_made_by_name(name: str) -> None:
    told = {"method": "custom", "content": {name: ["numpy", "savez"], "props": {}, "id": "x"}}
    assert not acceptable(message(comm_id="x", data=told), None)
    text = message(comm_id="x", data=told).encode()
    assert not acceptable(None, struct.pack("!2I", 1, 8) + text)


def test_no_other_message_is_let_through() -> None:
    assert not acceptable(message("comm_open", target_name="jupyter.widget", data={"state": {}}), None)
    assert not acceptable(message("execute_request", code="1"), None)
    # As many parts as a number holds: reading their places would take gigabytes.
    assert not acceptable(None, struct.pack("!i", 2**31 - 1))
    for text in ("", "[]", "1", "{", '{"header": 1, "content": 2}', "[" * 100_000):
        assert not acceptable(text, None)
    for data in (b"", b"\0", struct.pack("!2I", 1, 8), struct.pack("!2i", -1, 8)):
        assert not acceptable(None, data)
