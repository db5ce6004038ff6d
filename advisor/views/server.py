"""Serve the explorer: Streamlit in this process, behind the lock, with settings nobody can undo."""

import errno
import html
import os
import socket
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.views.lock import LEAST_TOKEN_CHARACTERS, Lock

TOKEN_VARIABLE = "ADVISOR_TOKEN"  # noqa: S105 - its name
MOST_UPLOAD_MB = 100
"""Data that come in by the page; larger ones are named in a study. [MB]"""

SETTINGS = {
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost",
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "none",
    "STREAMLIT_CLIENT_TOOLBAR_MODE": "minimal",
    "STREAMLIT_GLOBAL_DEVELOPMENT_MODE": "false",
    "STREAMLIT_RUNNER_POST_SCRIPT_GC": "false",
    "STREAMLIT_SERVER_BASE_URL_PATH": "",
    "STREAMLIT_SERVER_ENABLE_CORS": "true",
    "STREAMLIT_SERVER_ENABLE_STATIC_SERVING": "false",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": str(MOST_UPLOAD_MB),
    "STREAMLIT_SERVER_RUN_ON_SAVE": "false",
}
"""The environment stands above any `.streamlit/config.toml` that lies in the working folder:
nothing is sent home, no other site is trusted. A fault of ours is told in the terminal, not on the
page with links to the web. To look through all prices for garbage after each run of the page took a
tenth of a second of every move."""

STOP_S = 2
"""Time that open pages have to say good-bye when the server is stopped. [s]"""


def listen(address: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on an address; `localhost` is both of its forms.

    Raises:
        AdvisorError: the port is taken, or the address is not one of this machine.
    """
    hosts = ("127.0.0.1", "::1") if address == "localhost" else (address,)
    made: list[socket.socket] = []
    for host in hosts:
        one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if ":" in host:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((host, port))
            one.listen()
        except OSError as error:
            one.close()
            if made and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                continue  # no IPv6 on this machine: nobody else can listen there either
            for other in made:
                other.close()
            raise AdvisorError(
                f"port {port} of {address}: cannot be served ({error.strerror}): choose another "
                "with --port"
            ) from None
        made.append(one)
        port = one.getsockname()[1]
    return made


def token_of_the_user() -> str | None:
    """Return the token that the environment sets; null where it sets none.

    Raises:
        AdvisorError: it can be guessed.
    """
    token = os.environ.pop(TOKEN_VARIABLE, None)
    if token is not None and len(token) < LEAST_TOKEN_CHARACTERS:
        raise AdvisorError(
            f"{TOKEN_VARIABLE}: {len(token)} characters can be guessed: at least "
            f"{LEAST_TOKEN_CHARACTERS}, such as 'openssl rand -hex 16' prints"
        )
    return token


def serve(
    page: Path, *, sockets: Sequence[socket.socket], token: str, names: Sequence[str] = ()
) -> None:
    """Serve a page until the process is told to stop.

    Args:
        page: the Streamlit script.
        sockets: that listen, see `listen`.
        token: key of the page.
        names: names of the server besides localhost.
    """
    port = sockets[0].getsockname()[1]
    os.environ.update(SETTINGS)
    os.environ["STREAMLIT_SERVER_PORT"] = os.environ["STREAMLIT_BROWSER_SERVER_PORT"] = str(port)
    os.environ["STREAMLIT_SERVER_ADDRESS"] = "localhost"
    import streamlit as st
    import uvicorn

    locked = Lock(st.App(page), token=token, port=port, names=names)
    settings = uvicorn.Config(
        locked,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_S,
        ws="websockets-sansio",
    )
    # Ctrl-C is how it is stopped: no error.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=list(sockets))


def open_browser(address: str) -> Path | None:
    """Open the address in the user's browser; return the file that must be deleted at the end.

    The address holds the key, and what a program is started with can be seen by every user of the
    machine: the browser is given a file that only this one may read.
    """
    descriptor, name = tempfile.mkstemp(prefix="advisor-open-", suffix=".html")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        shown = html.escape(address, quote=True)
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={shown}">\n')
    path = Path(name)
    with suppress(webbrowser.Error):
        if webbrowser.open(path.as_uri()):
            return path
    path.unlink()
    return None
