"""Asking an MLflow server, page by page."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from advisor.errors import AdvisorError
from advisor.imports.addresses import authorization, reachable, without_password

PAGE_RUNS: Final = 1_000
"""Runs asked of a server at a time."""
TIMEOUT_S: Final = 30.0

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
                return json.load(answer)
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise AdvisorError(
                f"{shown}: the MLflow server does not answer {path} ({error}): check the URL, and "
                "MLFLOW_TRACKING_USERNAME and _PASSWORD (or _TOKEN) where it asks who you are"
            ) from None

    return fetch


def pages(fetch: Fetch, path: str, body: Mapping[str, Any], key: str) -> Iterator[Any]:
    """Yield what all pages of a search hold."""
    token = ""
    while True:
        answer = fetch(path, dict(body) | ({"page_token": token} if token else {}))
        yield from answer.get(key, ())
        token = answer.get("next_page_token") or ""
        if not token:
            return
