"""A visitor of the page without a browser: the websocket alone, so that fifty of them fit on a small machine.

It asks for the page as the script in a browser does, and reads of what is sent how many runs are there.  It
draws nothing: what a browser needs for that comes on top.
"""

from __future__ import annotations

import json
import struct
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

#: Properties of widgets that are read.
_READ = ("told", "busy", "tab", "tabs", "chosen", "query")


class PlainVisitor:
    """One visitor: opens a question, may send events as its browser would, and notes what arrives and when.

    Attributes
    ----------
    told
        The newest state of the strip: ``sentences``, ``runs``, ``fault``.
    first
        Seconds from opening to the first figures, or None before.
    """

    def __init__(self, address: str) -> None:
        self.address, self.kernel, self.page = address, str(uuid4()), str(uuid4())
        self.told: dict[str, Any] = {}
        self.first: float | None = None
        self.received = 0
        self._widgets: dict[str, dict[str, Any]] = {}
        self._strip = ""
        self._changed = threading.Condition()
        self._socket: ClientConnection | None = None
        self._listening: threading.Thread | None = None
        self._end: ConnectionClosed | None = None

    # -- coming and going

    def open(self, query: str = "replicates=2") -> PlainVisitor:
        """Fetch the page, connect and ask for it to be run."""
        self._began = time.monotonic()
        with urllib.request.urlopen(f"{self.address}?{query}", timeout=60) as reply:
            cookies = SimpleCookie("; ".join(reply.headers.get_all("set-cookie") or []))
            reply.read()
        self._cookie = "; ".join(
            f"{name}={morsel.value}" for name, morsel in cookies.items() if name.startswith("solara")
        )
        self._connect()
        self._control = uuid4().hex
        self._send("comm_open", comm_id=self._control, target_name="solara.control", data={})
        self._send("comm_msg", comm_id=self._control, data={"method": "run", "args": {
            "path": f"/?{query}", "appName": "__default__", "themes": {"light": {}, "dark": {}}, "dark": False,
        }})  # fmt: skip
        return self

    def _connect(self) -> None:
        host = urlsplit(self.address).netloc
        self._held = ExitStack()
        self._socket = self._held.enter_context(connect(
            f"ws://{host}/jupyter/api/kernels/{self.kernel}/channels?session_id={self.page}",
            additional_headers={"Cookie": self._cookie}, origin=f"http://{host}", max_size=None, open_timeout=60,
            close_timeout=2, compression=None, proxy=None,
        ))  # fmt: skip
        self._listening = threading.Thread(target=self._listen, args=(self._socket,), daemon=True)
        self._listening.start()

    def lose(self) -> None:
        """Lose the connection as a phone in a tunnel does, without a word."""
        self._held.close()

    def back(self) -> None:
        """Connect again to the same visit."""
        self._connect()

    def close(self) -> None:
        """Close the window: the browser says so by itself."""
        request = f"{self.address}_solara/api/close/{self.kernel}?session_id={self.page}"
        urllib.request.urlopen(urllib.request.Request(request, method="POST"), timeout=60).close()
        self.lose()

    # -- what is seen

    @property
    def done(self) -> int:
        """Runs that are there."""
        return int(self.told.get("runs", {}).get("done", 0))

    def wait_for(self, wanted: Callable[[PlainVisitor], bool], seconds: float = 60.0) -> None:
        """Wait until something is so."""
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self), seconds), f"after {seconds} s: {self.told}"

    def settled(self, seconds: float = 120.0) -> None:
        """Wait until every run of the question asked last is there."""
        self.wait_for(lambda v: bool(v.told) and v.done == v.told["runs"]["of"] and not v.busy, seconds)

    @property
    def busy(self) -> bool:
        """Whether the question asked last has no answer yet."""
        return bool(self._widgets.get(self._strip, {}).get("busy", True))

    @property
    def answered(self) -> str:
        """The question that the figures on show answer."""
        return str(self._widgets.get(self._strip, {}).get("query", ""))

    def event(self, prop: str, name: str, data: Any) -> None:
        """What the template of the first widget with a property of that name tells when somebody uses it."""
        self.custom(prop, {"event": name, "data": data})

    def custom(self, prop: str, content: dict[str, Any]) -> None:
        """Send something to the first widget that has a property of that name."""
        widget = next(model for model, state in self._widgets.items() if prop in state)
        self._send("comm_msg", comm_id=widget, data={"method": "custom", "content": content})

    def ended(self, seconds: float = 30.0) -> None:
        """Wait for the server to end the connection; raises what that looks like here."""
        assert self._listening is not None
        self._listening.join(seconds)
        assert self._end is not None, "the connection is still open"
        raise self._end

    # -- the protocol

    def _send(self, kind: str, **content: Any) -> None:
        assert self._socket is not None
        header = {"msg_id": uuid4().hex, "username": "", "session": self.page, "msg_type": kind, "version": "5.3",
                  "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        self._socket.send(json.dumps(
            {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell",
             "buffers": []}
        ))  # fmt: skip

    def _listen(self, socket: ClientConnection) -> None:
        try:
            while True:
                self._heard(socket.recv())
        except ConnectionClosed as end:
            self._end = end

    def _heard(self, message: str | bytes) -> None:
        self.received += len(message)
        if isinstance(message, bytes):
            starts = struct.unpack_from("!3I", message, 0)
            message = message[starts[1] : starts[2] if starts[0] > 1 else None].decode()
        if '"comm_' not in message:
            return
        read = json.loads(message)
        content = read["content"]
        data = content.get("data", {})
        if read["header"]["msg_type"] == "comm_close":
            self._widgets.pop(content["comm_id"], None)
        state = data.get("state")
        if not isinstance(state, dict):
            return
        kept = {
            name: value for name, value in state.items() if name in ("told", "busy", "tab", "tabs", "chosen", "query")
        }
        with self._changed:
            held = self._widgets.setdefault(content["comm_id"], {})
            held.update(kept)
            if "told" in held and "tabs" in held:
                self._strip, self.told = content["comm_id"], held["told"]
                if self.first is None and self.done:
                    self.first = time.monotonic() - self._began
            self._changed.notify_all()
