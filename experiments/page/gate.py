"""Who may come in, how many, and what they may send: stands in front of everything that is served.

A page that somebody has open elsewhere may make their browser ask this server under a name of its own
(DNS rebinding), or open a websocket to it from another site.  Browsers then say so in ``Host`` and ``Origin``,
which are compared here with where the server listens.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from solara.server import kernel_context

from abm.inputs.parameters import InputError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Most visitors at a time, and most windows of one visit.
MOST_VISITORS, MOST_WINDOWS = 100, 8
#: Bytes of the largest message that a visitor may send; the page's own have a few hundred.
MOST_BYTES = 2**20
_SOCKETS = "/jupyter/api/kernels/"
#: What a browser opens besides what the server opened itself.
_CHANNELS = ("solara.control", "jupyter.widget.control")
#: Messages by which a browser could have things made or changed by name in the server: no page here needs them.
_MAKING = ("create_widget", "update_ref", "destroy_widget")


class Names:
    """Under which names the server may be asked.

    A name can be made to point anywhere, an address cannot: so where a server listens on the network, any
    address is accepted and only the names of this machine are.

    Parameters
    ----------
    host
        What it listens on, as given to the command.
    allowed
        Further names, such as that of a reverse proxy.
    """

    def __init__(self, host: str, allowed: Iterable[str] = ()) -> None:
        self.given = frozenset(checked_name(name) for name in allowed)
        bound = _address(host)
        self._local = host == "localhost" or (bound is not None and bound.is_loopback)
        here = {"localhost"}
        if not self._local:
            machine = socket.gethostname().lower()
            here |= {machine, machine.partition(".")[0], f"{machine.partition('.')[0]}.local", socket.getfqdn().lower()}
            here |= {host.lower()} if bound is None else set()
        self._names = here | self.given

    def accepts(self, host: str) -> bool:
        """Whether a ``Host`` is one of this server; its port does not matter, a tunnel may change it."""
        name = _name_of(host)
        address = _address(name)
        if address is None:
            return name in self._names
        return name in self._names or not self._local or address.is_loopback

    def told(self) -> str:
        """The names in words."""
        addresses = "its loopback address" if self._local else "any address of this machine"
        return ", ".join([*sorted(self._names), addresses])


def checked_name(name: str) -> str:
    """A name or address that somebody allows, in small letters.

    Raises
    ------
    InputError
        If it is not a name: with a port, a scheme or a path.
    """
    found = name.strip().lower().rstrip(".")
    if _address(found) is None and (not found or set(found) - set("abcdefghijklmnopqrstuvwxyz0123456789-._")):
        raise InputError("--allow-host", name, "a name such as returns.example.org, without a port or a path")
    return found


class Gate:
    """An application in front of Solara's.

    Parameters
    ----------
    inner
        What answers those who may come in.
    """

    def __init__(
        self, inner: Application, names: Names, *, visitors: int = MOST_VISITORS, windows: int = MOST_WINDOWS
    ) -> None:
        self._inner, self._names, self._visitors, self._windows = inner, names, visitors, windows
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, pass on or turn away."""
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        problem = self._foreign(scope)
        if problem:
            await _refuse(scope, receive, send, 403, problem)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["path"] == "/" and not await self._room(""):
            await _refuse(scope, receive, send, 503, self._full())
        else:
            await self._inner(scope, receive, send)

    def _foreign(self, scope: Scope) -> str:
        """Why somebody who asks like this is turned away, or ""."""
        hosts, origins = (_headers(scope, name) for name in (b"host", b"origin"))
        if len(hosts) != 1 or not self._names.accepts(hosts[0]):
            asked = ", ".join(hosts) or "no name"
            return (
                f"This page is not served under the name it was asked for ({asked:.100}), but under: "
                f"{self._names.told()}. If it should be, start it with: returns serve --allow-host NAME"
            )
        for origin in origins:
            parts = urlsplit(origin)
            place = parts.netloc.lower()
            if not (_same(place, hosts[0].lower(), parts.scheme) or _name_of(place) in self._names.given):
                return f"This page answers to itself only, not to a page from {origin:.100}."
        return ""

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        kernel = scope["path"].removeprefix(_SOCKETS).partition("/")[0]
        if self._open[kernel] >= self._windows or not await self._room(kernel):
            await _refuse(scope, receive, send, 503, self._full())
            return
        self._open[kernel] += 1
        closed = False

        async def checked() -> Message:
            nonlocal closed
            message = await receive()
            if message["type"] == "websocket.receive" and not acceptable(message.get("text"), message.get("bytes")):
                closed = True
                await send({"type": "websocket.close", "code": 1008, "reason": "This page sends no such message."})
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        async def still(message: Message) -> None:
            if not closed:
                await send(message)

        try:
            await self._inner(scope, checked, still)
        finally:
            self._open[kernel] -= 1
            if not self._open[kernel]:
                del self._open[kernel]

    async def _room(self, kernel: str) -> bool:
        """Whether one more may come; those whose window has gone make room, the one gone longest first."""
        here = {*kernel_context.contexts, *self._open}
        if kernel in here or len(here) < self._visitors:
            return True
        for name, context in list(kernel_context.contexts.items()):
            pages = tuple(context.page_status.values())
            if name not in self._open and kernel_context.PageStatus.CONNECTED not in pages:
                await to_thread.run_sync(context.close, "cull")
                return True
        return False

    def _full(self) -> str:
        return f"{self._visitors} people have this page open, as many as it takes. Try again in a few minutes."


def acceptable(text: str | None, data: bytes | None) -> bool:
    """Whether a message is one that a page of this server sends."""
    try:
        if data is not None:
            (parts,) = struct.unpack_from("!i", data)
            if not 1 <= parts <= 1_000 or len(data) < 4 * (parts + 1):
                return False
            starts = struct.unpack_from(f"!{parts}I", data, 4)
            text = bytes(data[starts[0] : starts[1] if parts > 1 else None]).decode()
        message = json.loads(text or "")
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "comm_open":
            return content["target_name"] in _CHANNELS
        if kind != "comm_msg":
            return kind in ("comm_close", "comm_info_request", "kernel_info_request", "shutdown_request")
        told = content["data"].get("content", {})
        return not (isinstance(told, dict) and any(name in told for name in _MAKING))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
        return False


def _headers(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _name_of(place: str) -> str:
    """The name in ``name:port`` or ``[address]:port``."""
    place = place.strip().lower()
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0].rstrip(".")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _same(one: str, other: str, scheme: str) -> bool:
    """Whether two places are the same, where the usual port of the scheme may be left out."""
    usual = {"http": ":80", "https": ":443"}.get(scheme, "")
    return bool(usual) and one.removesuffix(usual) == other.removesuffix(usual)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    """Say no in a sentence."""
    if scope["type"] == "websocket":
        await receive()  # that it wants to connect
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008 if status == 403 else 1013, "reason": reason[:120]})
            return
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"retry-after", b"60")] if status == 503 else []
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": reason.encode()})
