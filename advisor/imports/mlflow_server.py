"""Asking an MLflow server, page by page."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from advisor.errors import AdvisorError
from advisor.imports.addresses import authorization, reachable, without_password

BLOCK_BYTES: Final = 65_536
PAGE_RUNS: Final = 1_000
"""Runs asked of a server at a time."""
TIMEOUT_S: Final = 30.0
MOST_PAGE_BYTES: Final = 200 * 2**20
"""An answer beyond this is no page of runs. [B]"""
MOST_PAGES: Final = 10_000
"""A search that has still another page after this has no end."""
LONGEST_PAGE_S: Final = 120.0
"""Time that one page may take. [s]"""

Fetch = Callable[[str, Mapping[str, Any] | None], Any]
"""Asks a server: path and query, or body, to the parsed answer."""


def over_http(uri: str) -> Fetch:
    """Return what asks a server; who we are is in MLflow's variables or in the address."""
    address, shown, headers = reachable(uri), without_password(uri), authorization(uri)

    def fetch(path: str, body: Mapping[str, Any] | None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # the scheme was checked
            address.rstrip("/") + "/api/2.0/mlflow/" + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return json.loads(_whole(answer))
        except (
            urllib.error.URLError,
            http.client.HTTPException,
            OSError,
            ValueError,
            RecursionError,
        ) as error:
            raise AdvisorError(
                f"{shown}: the MLflow server does not answer {path} ({error}): check the URL, and "
                "MLFLOW_TRACKING_USERNAME and _PASSWORD (or _TOKEN) where it asks who you are"
            ) from None

    return fetch


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """Read an answer that has an end."""
    parts, size, end = [], 0, time.monotonic() + LONGEST_PAGE_S
    while part := answer.read1(BLOCK_BYTES):
        parts.append(part)
        size += len(part)
        if size > MOST_PAGE_BYTES or time.monotonic() > end:
            raise ValueError(f"still answering after {size:,} bytes")
    return b"".join(parts)


def pages(fetch: Fetch, path: str, body: Mapping[str, Any], key: str) -> Iterator[Any]:
    """Yield what all pages of a search hold."""
    token = ""
    for _ in range(MOST_PAGES):
        answer = fetch(path, dict(body) | ({"page_token": token} if token else {}))
        yield from answer.get(key, ())
        token = answer.get("next_page_token") or ""
        if not token:
            return
    raise AdvisorError(f"the MLflow server has more than {MOST_PAGES:,} pages of {key}: narrow it")
