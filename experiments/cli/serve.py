"""`returns serve`: the page in a browser, on this machine only unless told otherwise."""

from __future__ import annotations

import errno
import importlib.util
import ipaddress
import logging
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from typing import Annotated, Any

from cyclopts import App, Parameter

APP, MESA_PAGE = "experiments.page.app", "abm.browser.mesa_page"
LOCAL = "127.0.0.1"
#: Set to 1, it puts a console on Mesa's page (`abm.browser.mesa_page`): whoever reaches the page runs any Python.
CONSOLE = "RETURNS_CONSOLE"
_NEEDED = ("solara", "solara_assets", "altair", "vl_convert", "uvicorn")

#: Settings of Solara: no usage reports, no script from elsewhere if one is not installed (port 9 discards), and
#: visitors whose connection broke are forgotten after a quarter of an hour.  Nothing is run for them meanwhile;
#: those who close their window are forgotten at once.
_SETTINGS = {
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_CDN": "http://127.0.0.1:9/",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": "15m",
    "SOLARA_KERNEL_MAX_PER_SESSION": "20",
}

#: Connections at a time; a browser opens up to six, and one more for the page itself.
_MOST_CONNECTIONS = 1_000

app = App(name="serve", help="Open the page: two policies side by side, household by household, in a browser.")


@app.default
def serve_command(
    *,
    host: str = LOCAL,
    port: int = 8765,
    browser: Annotated[bool, Parameter(name="--open")] = True,
    mesa: Annotated[bool, Parameter(negative="")] = False,
    allow_host: Annotated[tuple[str, ...], Parameter(negative="")] = (),
) -> int:
    """Open the page: two policies side by side, household by household, in a browser.

    Stop it with Ctrl-C. Nothing is sent anywhere, and a visitor can neither read nor write files. Who asks for
    it under a name that is not its own is turned away.

    Parameters
    ----------
    host
        Address to listen on; the default is reached from this machine only.
    port
        Port to listen on; 0 takes a free one.
    browser
        Open a browser window.
    mesa
        Serve Mesa's stock page of the same model instead.
    allow_host
        A further name under which it may be asked, such as that of a reverse proxy; may be given several times.
    """
    from abm.inputs.parameters import InputError

    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            "serve", ", ".join(missing), 'install the extra first: pip install "household-returns[browser]"'
        )
    if mesa and os.environ.get(CONSOLE) == "1":
        _keep_console_here(host, allow_host)
    listening = _listen(host, port)
    os.environ.update(_SETTINGS | {"SOLARA_APP": MESA_PAGE if mesa else APP})
    try:
        served = _gated(host, allow_host)
    except InputError:
        listening.close()
        raise
    address = f"http://{host if ':' not in host else f'[{host}]'}:{listening.getsockname()[1]}/"
    if not _is_loopback(host):
        print("Anybody who can reach this machine on the network can open the page.", file=sys.stderr, flush=True)
    _compile()
    _serve(served, listening, address, browser)
    return 0


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _keep_console_here(host: str, allowed: tuple[str, ...]) -> None:
    """Refuse a console that others could reach."""
    from abm.inputs.parameters import InputError

    asked = f"--host {host}" if not _is_loopback(host) else f"--allow-host {allowed[0]}" if allowed else ""
    if asked:
        raise InputError(
            CONSOLE, "1", f"unset it to serve others ({asked}); Mesa's console runs any Python for whoever reaches the "
            f"page, so it is there only at a loopback address such as {LOCAL}"
        )  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    from abm.inputs.parameters import InputError

    if not 0 <= port <= 65_535:
        raise InputError("--port", port, "a whole number from 0 to 65,535")
    listening = None
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
    except UnicodeError:  # from the resolver: a label that is empty or too long
        raise InputError("--host", host, "a name or address of this machine") from None
    except OSError as fault:
        if listening is not None:
            listening.close()
        if fault.errno == errno.EADDRINUSE:
            raise InputError("--port", port, "a port that is not in use, or 0 for any free one") from None
        allowed = f"an address of this machine on which it may listen ({fault.strerror})"
        raise InputError("--host", host, allowed) from None
    return listening


def _compile() -> None:
    """Compile before anybody waits for it, and say so."""
    from experiments.report.printed import tell
    from experiments.running.compiling import announcing_compilation

    with announcing_compilation(tell):
        pass


def _gated(host: str, allowed: Iterable[str]) -> Any:
    """What is served; Solara reads its settings when it is imported."""
    import solara.server.starlette

    from experiments.page.gate import Gate, Names

    return Gate(solara.server.starlette.app, Names(host, allowed))


def _serve(served: Any, listening: socket.socket, address: str, browser: bool) -> None:
    import uvicorn

    from experiments.page.gate import MOST_BYTES

    # Solara warns at every visit that a cookie for other sites needs https; this one is for this site.
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    # uvicorn says of every refusal of a websocket that gives a reason that no connection came of it.
    logging.getLogger("uvicorn.error").addFilter(lambda told: "without completing handshake" not in told.getMessage())
    server = uvicorn.Server(
        uvicorn.Config(
            served,
            log_level="warning",
            timeout_graceful_shutdown=1,
            ws_max_size=MOST_BYTES,
            limit_concurrency=_MOST_CONNECTIONS,
        )
    )
    threading.Thread(target=_announce, args=(server, address, browser), daemon=True).start()
    server.run(sockets=[listening])


def _announce(server: Any, address: str, browser: bool) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    print(f"The page is at {address} (Ctrl-C stops it).", flush=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
