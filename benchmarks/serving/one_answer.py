"""One request's answer where nothing is timed: rows in, status, body and type out."""

import json

from benchmarks.serving.package import Package
from benchmarks.serving.payloads import JSON_TYPE, PayloadError, read_rows, write_answers


def answer(
    package: Package, body: bytes, *, content_type: str, accept: str = ""
) -> tuple[int, bytes, str]:
    """Return status, body and type of the answer to one request; a failure is an answer too."""
    try:
        answers = package.predict(read_rows(body, content_type, package))
    except PayloadError as error:
        return error.status, error_body(str(error)), JSON_TYPE
    except Exception as error:  # noqa: BLE001  # a model's own failure is an answer too
        told = f"the model failed: {type(error).__name__}: {error}"
        return 500, error_body(told), JSON_TYPE
    written, kind = write_answers(answers, accept)
    return 200, written, kind


def error_body(message: str) -> bytes:
    """Return the body of an answer that tells what went wrong."""
    return json.dumps({"error": message}).encode()
