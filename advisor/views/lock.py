"""The lock of the explorer: who may ask the page for anything, told before Streamlit sees it.

A plain ASGI layer, so that no release of Streamlit can open it: a random token comes once in the
address and is then a cookie; `Host` must be a name of ours, `Origin` the same page; no page frames
it. What is refused is refused before a socket is opened.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN = "token"  # noqa: S105 - its name
"""Part of the printed address that opens the page."""

TOKEN_HEADER = b"x-advisor-token"
"""How a proxy that signs people in opens the page for them."""

VISITOR = "advisor-visitor"
"""Cookie that tells one browser from another: what it uploads is its own."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
LEAST_TOKEN_CHARACTERS = 20
YEAR_S = 31_536_000
ID_BYTES = 16

HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""On every answer: no frames, no guessing of types, no token to other pages, no reading by them."""

LOCKED = (
    "This page is locked. Open the whole address that 'advisor app' printed, its token included."
)
OTHER_NAME = (
    "This page does not answer to this name: open the address that 'advisor app' printed; a name "
    "of your own is given with --host."
)
OTHER_ORIGIN = "Another page asked for this: refused."

_VISITOR_FORM = re.compile(r"[0-9a-f]{32}")


class Lock:
    """An ASGI application that passes on what has the key, and refuses the rest."""

    def __init__(self, inner: App, *, token: str, port: int, names: Iterable[str] = ()) -> None:
        """Put a lock before an application.

        Args:
            inner: what is behind it.
            token: the key.
            port: of this server; the cookie is called by it, as browsers share cookies over ports.
            names: what the server may be called besides localhost.
        """
        self._inner = inner
        self._token = token.encode()
        self._cookie = f"advisor-{port}"
        self._key = hashlib.sha256(b"cookie of " + self._token).hexdigest().encode()
        self._names = {*LOCAL_NAMES, *(name.lower() for name in names)}
        self._origin = f"http://localhost:{port}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        headers = _headers(scope)
        why = self._wrong_place(scope, headers)
        if why is not None:
            await _refuse(scope, receive, send, why)
            return
        cookies = _cookies(headers.get(b"cookie", b""))
        asked, rest = _token_in(scope)
        if asked is not None and scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            if self._opens(asked, self._token):
                await _enter(send, scope["path"], rest, self._new_cookies(cookies))
            else:
                await _refuse(scope, receive, send, LOCKED)
            return
        given = headers.get(TOKEN_HEADER)
        by_header = given is not None and self._opens(given, self._token)
        if not by_header and not self._opens(cookies.get(self._cookie, "").encode(), self._key):
            await _refuse(scope, receive, send, LOCKED)
            return
        fresh = [] if VISITOR in cookies else [_cookie(VISITOR, secrets.token_hex(ID_BYTES))]
        await self._inner(self._as_ours(scope), receive, _with_headers(send, fresh))

    def _wrong_place(self, scope: Scope, headers: dict[bytes, bytes]) -> str | None:
        """Return why a request may not come to this name, or from that page; null if it may."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if _name_of(host) not in self._names:
            return OTHER_NAME
        origin = headers.get(b"origin")
        if origin is None:
            # Every browser says from where it opens a socket or sends a form.
            needed = scope["type"] == "websocket" or scope.get("method") not in {"GET", "HEAD"}
            return OTHER_ORIGIN if needed else None
        where = urlsplit(origin.decode("latin-1").lower())
        same = where.scheme in {"http", "https"} and _bare(where.netloc) == _bare(host)
        return None if same else OTHER_ORIGIN

    def _opens(self, given: bytes, wanted: bytes) -> bool:
        return hmac.compare_digest(given, wanted)

    def _new_cookies(self, cookies: dict[str, str]) -> list[tuple[bytes, bytes]]:
        made = [_cookie(self._cookie, self._key.decode())]
        if VISITOR not in cookies:
            made.append(_cookie(VISITOR, secrets.token_hex(ID_BYTES)))
        return made

    def _as_ours(self, scope: Scope) -> Scope:
        """Tell Streamlit an origin that it trusts: else it looks up its own address in the web."""
        told = [(k, self._origin if k == b"origin" else v) for k, v in scope["headers"]]
        return {**scope, "headers": told}


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers; one that is said twice is as good as none of ours."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = b"\x00 twice" if name in found and name in {b"host", b"origin"} else value
    return found


def _name_of(host: str) -> str:
    """Return the name in a Host header.

    Example:
        >>> _name_of("localhost:8501"), _name_of("[::1]:8501"), _name_of("a.example")
        ('localhost', '[::1]', 'a.example')
    """
    found = re.fullmatch(r"(\[[0-9a-f:]+\]|[^:@/\s]+)(?::\d{1,5})?", host)
    return found.group(1) if found else ""


def _bare(netloc: str) -> str:
    return netloc.removesuffix(":80").removesuffix(":443")


def _cookies(header: bytes) -> dict[str, str]:
    try:
        found = {k: m.value for k, m in SimpleCookie(header.decode("latin-1")).items()}
    except CookieError:
        return {}
    if not _VISITOR_FORM.fullmatch(found.get(VISITOR, "")):
        found.pop(VISITOR, None)
    return found


def _token_in(scope: Scope) -> tuple[bytes | None, str]:
    """Return the token of an address, null for none, and the address's other part."""
    query = scope.get("query_string", b"").decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = next((value for name, value in pairs if name == TOKEN), None)
    rest = urlencode([pair for pair in pairs if pair[0] != TOKEN])
    return (None if asked is None else asked.encode()), rest


def _cookie(name: str, value: str) -> tuple[bytes, bytes]:
    age = f"; Max-Age={YEAR_S}" if name == VISITOR else ""
    return b"set-cookie", f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}".encode()


async def _enter(send: Send, path: str, rest: str, cookies: list[tuple[bytes, bytes]]) -> None:
    """Take the token out of the address, so that it is in no bookmark and no history."""
    # A path of two slashes would be another host.
    where = "/" + path.lstrip("/\\") + (f"?{rest}" if rest else "")
    headers = [(b"location", where.encode()), (b"cache-control", b"no-store"), *HEADERS, *cookies]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    start = {"type": "http.response.start", "status": 403, "headers": [*headers, *HEADERS]}
    await send(start)
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})


def _with_headers(send: Send, cookies: list[tuple[bytes, bytes]]) -> Send:
    ours = {name for name, _ in HEADERS}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
            message = {**message, "headers": [*kept, *HEADERS, *cookies]}
        await send(message)

    return sending
