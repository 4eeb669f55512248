"""The server that runs turns away who asks under a strange name or from another page, and drops strange messages."""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from browser_fixtures import serve

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def raw(address: str, path: str, **headers: str) -> str:
    """The answer to a request written by hand."""
    place = urlsplit(address)
    assert place.hostname == "127.0.0.1"
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "Connection: close"]
    with socket.create_connection((place.hostname, place.port or 80), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def test_a_name_that_points_here_is_not_enough(address: str) -> None:
    host = urlsplit(address).netloc
    assert raw(address, "/readyz", Host=host).startswith("HTTP/1.1 200")
    for path in ("/", "/readyz", "/static/main-vuetify.js"):
        told = raw(address, path, Host=f"evil.example:{urlsplit(address).port}")
        assert told.startswith("HTTP/1.1 403")
        assert "not served under the name it was asked for (evil.example" in told
        assert "--allow-host NAME" in told


def test_a_name_that_was_allowed_is_answered_and_no_other() -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    for address in serve("--allow-host", "Returns.Example.org"):
        port = urlsplit(address).port
        for name, status in (("returns.example.org", 200), (f"returns.example.org:{port}", 200), ("example.org", 403)):
            assert raw(address, "/readyz", Host=name).startswith(f"HTTP/1.1 {status}"), name
        place = f"ws://{urlsplit(address).netloc}/jupyter/api/kernels/{uuid4()}/channels?session_id={uuid4()}"
        with connect(place, origin="https://returns.example.org", proxy=None):  # as a reverse proxy sends it
            pass
        with pytest.raises(InvalidStatus):
            connect(place, origin="https://example.org", proxy=None)


def test_a_page_from_elsewhere_opens_no_websocket(address: str) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    host = urlsplit(address).netloc
    place = f"ws://{host}/jupyter/api/kernels/{uuid4()}/channels?session_id={uuid4()}"
    with connect(place, origin=f"http://{host}", proxy=None):
        pass
    for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(place, origin=origin, proxy=None)
        assert refused.value.response.status_code == 403
        assert b"answers to itself only" in refused.value.response.body


def test_nobody_has_a_file_written_by_a_message(address: str, tmp_path: Any) -> None:
    from plain_visitor import PlainVisitor
    from websockets.exceptions import ConnectionClosed

    visitor, wanted = PlainVisitor(address).open("replicates=2&households=20&weeks=26"), tmp_path / "written.npz"
    visitor.settled()
    content = {"create_widget": ["numpy", "savez"], "props": {"file": str(wanted)}, "id": "x"}
    visitor.custom("told", content)
    with pytest.raises(ConnectionClosed) as closed:
        visitor.ended()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert not wanted.exists()


def test_a_message_larger_than_any_of_the_page_ends_the_connection(address: str) -> None:
    from plain_visitor import PlainVisitor
    from websockets.exceptions import ConnectionClosed

    visitor = PlainVisitor(address).open("replicates=2&households=20&weeks=26")
    visitor.settled()
    visitor.event("told", "show", "x" * 2**21)
    with pytest.raises(ConnectionClosed) as closed:
        visitor.ended()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_nothing_is_run_for_a_visitor_whose_connection_is_lost_until_it_is_back(address: str) -> None:
    from plain_visitor import PlainVisitor

    visitor = PlainVisitor(address).open("replicates=200&households=60&weeks=104")
    visitor.wait_for(lambda v: v.done >= 2)
    visitor.lose()
    time.sleep(2.0)  # what was under way is told to nobody
    visitor.back()
    visitor.wait_for(lambda v: v.done > 2)
    before = visitor.done
    visitor.lose()
    time.sleep(6.0)
    began = visitor.done
    visitor.back()
    visitor.wait_for(lambda v: v.done > began)
    # Told again at most 0.7 s of runs after coming back; six seconds of runs would be many times as many.
    assert visitor.done - before < 60
    visitor.close()
