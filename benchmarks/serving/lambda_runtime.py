"""The loop by which Lambda hands out requests: ask for the next, answer it, ask again.

Lambda starts the container once, with the address of its runtime interface in the environment, and
freezes it between requests. What comes is an event: the request of a function's address, of an API
gateway or of a load balancer, or, where a function is invoked by name, the body itself. An answer
of a gateway has a status; a call by name has none, so that a refused body is an error there.
"""

import base64
import binascii
import http.client
import json
import os
from typing import Any

from benchmarks.serving.one_answer import answer
from benchmarks.serving.package import Package
from benchmarks.serving.payloads import JSON_TYPE

ADDRESS = "AWS_LAMBDA_RUNTIME_API"
"""Host and port of the runtime interface: set in a container that Lambda started."""
VERSION = "/2018-06-01/runtime"
MOST_ANSWER_BYTES = 6_291_556
"""Largest answer that Lambda passes on. [B]"""


class RuntimeInterface:
    """Lambda's side of the loop. A frozen container's connection goes stale: each call has one."""

    def __init__(self, address: str) -> None:
        self._address = address

    def next(self) -> tuple[str, bytes]:
        """Wait for a request, however long; return its id and its event."""
        response, body = self._call("GET", "/invocation/next")
        return response.headers["Lambda-Runtime-Aws-Request-Id"], body

    def answered(self, request_id: str, body: bytes) -> None:
        """Hand in an answer."""
        self._call("POST", f"/invocation/{request_id}/response", body)

    def failed(self, message: str, *, kind: str, request_id: str | None = None) -> None:
        """Report a failure of one request, or of the start where no request is named."""
        where = "/init/error" if request_id is None else f"/invocation/{request_id}/error"
        told = json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": []})
        self._call("POST", where, told.encode(), {"Lambda-Runtime-Function-Error-Type": kind})

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Any = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self._address)
        try:
            connection.request(method, VERSION + path, body=body, headers=headers or {})
            response = connection.getresponse()
            found = response.read()
        finally:
            connection.close()
        if response.status >= 500:  # its word for: this container is to end
            raise ConnectionError(f"{path}: Lambda answered {response.status}")
        return response, found


def run_loop(package: Package, interface: RuntimeInterface) -> None:
    """Answer requests for ever.

    Raises:
        OSError: the runtime interface is gone, which is how Lambda ends a container.
    """
    package.predict(package.sample_rows[:1])  # what is lazy is paid at the start
    while True:
        request_id, event = interface.next()
        found, refused = _answer(package, event)
        if len(found) > MOST_ANSWER_BYTES:
            refused = f"the answer is above Lambda's {MOST_ANSWER_BYTES:,} bytes: send fewer rows"
        if refused:
            interface.failed(refused, kind="Model.Refused", request_id=request_id)
        else:
            interface.answered(request_id, found)


def interface_of_environment() -> RuntimeInterface | None:
    """Return the runtime interface; null in a container that Lambda did not start."""
    address = os.environ.get(ADDRESS)
    return RuntimeInterface(address) if address else None


def _answer(package: Package, raw: bytes) -> tuple[bytes, str]:
    """Return an event's answer, and what is wrong where a call by name is refused."""
    event = _event(raw)
    context = event.get("requestContext")
    if not isinstance(context, dict) and "httpMethod" not in event:
        status, body, _ = answer(package, raw, content_type=JSON_TYPE)
        return body, "" if status == 200 else json.loads(body)["error"]
    told = context.get("http", {}) if isinstance(context, dict) else {}
    method = event.get("httpMethod") or told.get("method", "")
    path = event.get("path") or event.get("rawPath") or told.get("path", "")
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    if method == "GET" and path.rstrip("/").endswith("/ping"):
        return _web_answer(200, b"", JSON_TYPE), ""
    if method != "POST":
        return _web_answer(405, b'{"error": "POST rows to /invocations"}', JSON_TYPE), ""
    try:
        text = event.get("body") or ""
        coded = event.get("isBase64Encoded") is True
        body = base64.b64decode(text, validate=True) if coded else str(text).encode()
    except (binascii.Error, UnicodeEncodeError, TypeError, ValueError):
        return _web_answer(400, b'{"error": "the body is no base64 text"}', JSON_TYPE), ""
    content_type = headers.get("content-type", JSON_TYPE)
    found = answer(package, body, content_type=content_type, accept=headers.get("accept", ""))
    return _web_answer(*found), ""


def _event(raw: bytes) -> dict[str, Any]:
    try:
        event = json.loads(raw)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _web_answer(status: int, body: bytes, kind: str) -> bytes:
    """Return an answer as gateways, load balancers and function addresses take it."""
    is_text = kind == JSON_TYPE
    return json.dumps(
        {
            "statusCode": status,
            "headers": {"Content-Type": kind},
            "body": body.decode() if is_text else base64.b64encode(body).decode(),
            "isBase64Encoded": not is_text,
        }
    ).encode()
