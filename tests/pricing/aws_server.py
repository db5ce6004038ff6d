"""A small HTTP server that speaks AWS's wire protocols: files, JSON 1.1, REST-JSON, EC2 query.

botocore is pointed at it by `endpoint_url`: the whole of our code and of boto3 is under test.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse
from xml.sax.saxutils import escape

Answer = tuple[int, str, bytes, bool]
"""Status, content type, body, and whether the connection is cut half-way through the body."""


class AwsServer:
    """What the server serves, what goes wrong first, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}
        self.products: dict[str, list[dict[str, Any]]] = {}
        self.rates: list[dict[str, Any]] = []
        self.spot: list[dict[str, str]] = []
        self.instance_types: list[dict[str, Any]] = []
        self.page_size = 100
        self.trouble: list[str] = []
        self.asked: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, target: str, body: bytes) -> Answer:
        """Answer one request: first the scripted trouble, then the truth."""
        trouble = self.trouble.pop(0) if self.trouble else ""
        if method == "GET":
            self.asked.append(path)
            return self._file(path, trouble)
        if target:
            self.asked.append(target)
            return self._get_products(json.loads(body), trouble)
        if path == "/DescribeSavingsPlansOfferingRates":
            self.asked.append(path)
            return self._rates(json.loads(body), trouble)
        query = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        self.asked.append(query["Action"])
        return self._ec2(query, trouble)

    def _file(self, path: str, trouble: str) -> Answer:
        if trouble == "busy":
            return 503, "text/plain", b"slow down", False
        if trouble == "garbage":
            return 200, "text/csv", b"<html>captive portal</html>\n" * 9, False
        _, _, _, _, code, _, region, _ = path.split("/")
        text = self.files.get((code, region))
        if text is None:
            return 404, "text/plain", b"no such file", False
        return 200, "text/csv", text.encode(), trouble == "cut"

    def _get_products(self, question: dict[str, Any], trouble: str) -> Answer:
        kind = "application/x-amz-json-1.1"
        if trouble in TROUBLES:
            status, code = TROUBLES[trouble]
            return status, kind, json.dumps({"__type": code, "message": "no"}).encode(), False
        if trouble == "garbage":
            return 200, kind, b"<html>captive portal</html>", False
        if trouble == "garbled product":
            return 200, kind, json.dumps({"PriceList": ["{not json"]}).encode(), False
        wanted = {f["Field"]: f["Value"] for f in question["Filters"]}
        fitting = [
            product
            for product in self.products.get(question["ServiceCode"], [])
            if all(_attribute(product, name) == value for name, value in wanted.items())
        ]
        start = int(question.get("NextToken", "0"))
        page = fitting[start : start + self.page_size]
        content: dict[str, Any] = {"PriceList": [json.dumps(p) for p in page]}
        if start + self.page_size < len(fitting):
            content["NextToken"] = str(start + self.page_size)
        return 200, kind, json.dumps(content).encode(), trouble == "cut"

    def _rates(self, question: dict[str, Any], trouble: str) -> Answer:
        kind = "application/json"
        if trouble in TROUBLES:
            status, code = TROUBLES[trouble]
            return status, kind, json.dumps({"__type": code, "message": "no"}).encode(), False
        fitting = [
            rate
            for rate in self.rates
            if rate["savingsPlanOffering"]["planType"] in question["savingsPlanTypes"]
        ]
        start = int(question.get("nextToken", "0"))
        page = fitting[start : start + self.page_size]
        content: dict[str, Any] = {"searchResults": page}
        if start + self.page_size < len(fitting):
            content["nextToken"] = str(start + self.page_size)
        return 200, kind, json.dumps(content).encode(), False

    def _ec2(self, query: dict[str, str], trouble: str) -> Answer:
        if trouble in TROUBLES:
            status, code = TROUBLES[trouble]
            text = (
                f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>"
                "<RequestID>1</RequestID></Response>"
            )
            return status, "text/xml", text.encode(), False
        start = int(query.get("NextToken", "0"))
        page = self.spot[start : start + self.page_size]
        items = "".join(
            "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in entry.items()) + "</item>"
            for entry in page
        )
        more = start + self.page_size < len(self.spot)
        token = str(start + self.page_size) if more else ""
        text = (
            '<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>1</requestId><spotPriceHistorySet>{items}</spotPriceHistorySet>"
            f"<nextToken>{token}</nextToken></DescribeSpotPriceHistoryResponse>"
        )
        return 200, "text/xml", text.encode(), False


TROUBLES = {
    "throttled": (400, "ThrottlingException"),
    "denied": (400, "AccessDeniedException"),
    "expired": (400, "ExpiredTokenException"),
    "unknown keys": (400, "UnrecognizedClientException"),
}


def _attribute(product: dict[str, Any], name: str) -> str | None:
    if name == "productFamily":
        return product["product"].get("productFamily")
    return product["product"]["attributes"].get(name)


@contextmanager
def running() -> Iterator[AwsServer]:
    """Run a server on a free port of this machine."""
    state = AwsServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state.answer))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(
    answer: Callable[[str, str, str, bytes], Answer],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target = self.headers.get("X-Amz-Target", "")
            status, kind, content, cut = answer(method, urlparse(self.path).path, target, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


def product(
    family: str, attributes: dict[str, str], *dimensions: dict[str, str], term: str = "OnDemand"
) -> dict[str, Any]:
    """One element of a price list, in the shape that the API answers with."""
    return {
        "product": {"productFamily": family, "attributes": attributes, "sku": "SKU1"},
        "serviceCode": attributes.get("servicecode", ""),
        "terms": {
            term: {
                "SKU1.JRTCKXETXF": {
                    "priceDimensions": {
                        f"SKU1.JRTCKXETXF.{number}": {
                            "unit": one.get("unit", "Hrs"),
                            "beginRange": one.get("beginRange", "0"),
                            "endRange": "Inf",
                            "description": "a price",
                            "appliesTo": [],
                            "pricePerUnit": {one.get("currency", "USD"): one["price"]},
                        }
                        for number, one in enumerate(dimensions)
                    },
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "termAttributes": {},
                }
            }
        },
        "version": "20261120194112",
        "publicationDate": "2026-11-20T19:41:12Z",
    }
