"""Whether a server answers as `/invocations` promises, asked before load is sent to it."""

import http.client
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.serving.arrivals import LoadError
from benchmarks.serving.loadrun import Target
from benchmarks.serving.payloads import JSON_TYPE

ASKED_COUNT = 3
"""Requests that are sent and looked at."""

ASK_LIMIT_S = 30.0
"""Time that the first answer may take: a model may be loaded for it. [s]"""

MOST_ANSWER_BYTES = 32 * 2**20
"""A longer answer is none of a model: nothing says that it ends. [B]"""

BLOCK_BYTES = 65_536

MOST_SHOWN_BYTES = 120
"""Of a body, in an error. [B]"""


def first_answers(
    target: Target,
    bodies: Sequence[bytes],
    *,
    content_type: str,
    row_count: int,
    named_by_user: bool = False,
) -> bytes:
    """Ask a server for some predictions; return how the bodies of its answers begin.

    Args:
        target: the server.
        bodies: bodies of requests.
        content_type: of the bodies.
        row_count: rows of each: as many predictions are promised.
        named_by_user: whether the host may be another machine.

    Raises:
        LoadError: nobody is there, or what is there does not answer with predictions; with the
            first answer.
    """
    address = target.ip(named_by_user=named_by_user)
    heads = []
    for body in bodies[:ASKED_COUNT]:
        status, kind, answer = _ask(target, address, body, content_type=content_type)
        why = _what_is_wrong(status, answer, row_count=row_count)
        if why is not None:
            shown = answer[:MOST_SHOWN_BYTES].decode("utf-8", errors="replace")
            raise LoadError(
                f"http://{target.host}:{target.port}{target.path}: {why}: the first answer was "
                f"{status} {http.client.responses.get(status, '')} ({kind or 'no type'}), "
                f"{' '.join(shown.split())!r}"
            )
        heads.append(answer)
    return _common_head(heads)


def _ask(target: Target, address: str, body: bytes, *, content_type: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(address, target.port, timeout=ASK_LIMIT_S)
    headers = {
        "host": f"{target.host}:{target.port}",
        "content-type": content_type,
        "accept": JSON_TYPE,
    }
    try:
        connection.request("POST", target.path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type") or "", _body(answer)
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(
            f"http://{target.host}:{target.port}{target.path}: no answer ({error}): is the server "
            "there?"
        ) from None
    finally:
        connection.close()


def _body(answer: http.client.HTTPResponse) -> bytes:
    """Read an answer that has an end.

    Raises:
        OSError: it is larger than any model's, or takes longer.
    """
    parts, size, end = [], 0, time.monotonic() + ASK_LIMIT_S
    while part := answer.read1(BLOCK_BYTES):
        parts.append(part)
        size += len(part)
        if size > MOST_ANSWER_BYTES:
            raise OSError(f"it is still answering after {size:,} bytes")
        if time.monotonic() > end:
            raise OSError(f"it is still answering after {ASK_LIMIT_S:.0f} s")
    return b"".join(parts)


def _what_is_wrong(status: int, answer: bytes, *, row_count: int) -> str | None:
    """Say why an answer is none of a model; None where it is one."""
    if not 200 <= status < 300:
        return "does not answer with predictions"
    try:
        found: Any = json.loads(answer)
    except ValueError:
        return "answers with something else than JSON"
    predictions = found.get("predictions") if isinstance(found, dict) else found
    if not isinstance(predictions, list):
        return "answers without predictions"
    if len(predictions) != row_count:
        return f"answers with {len(predictions)} predictions for {row_count} rows"
    return None


def _common_head(answers: Sequence[bytes]) -> bytes:
    """What stands before the predictions, the same in all answers."""
    heads = [answer.partition(b"[")[0] + b"[" for answer in answers]
    length = min(len(head) for head in heads)
    alike = (len({head[:size] for head in heads}) == 1 for size in range(1, length + 1))
    return heads[0][: sum(itertools.takewhile(bool, alike))]
