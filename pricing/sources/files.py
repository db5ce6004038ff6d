"""AWS's public offer files, one CSV per service and region, read as a stream without credentials.

An EC2 file is hundreds of megabytes, and a few thousand of its lines matter. Lines are cut from the
stream as bytes, skipped unread unless they contain the words that a wanted line must have, and only
then parsed; memory stays at one block whatever the size of the file.
"""

import csv
import http.client
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from pricing.errors import NetworkError, SourceError
from pricing.quotes import Row
from pricing.sources.offers import Offer, OfferFile, Reading, plain_name

FILES_URL: Final = "https://pricing.us-east-1.amazonaws.com"
BLOCK_BYTES: Final = 1 << 20
ATTEMPTS: Final = 5
WAIT_S: Final = 1.0
LONGEST_LINE_BYTES: Final = 1 << 20
"""No line of an offer file is a hundredth as long; what is, is none."""
LARGEST_FILE_BYTES: Final = 8 << 30
"""Several times the largest offer file of one region."""
TIMEOUT_S: Final = 20.0
LONGEST_READ_S: Final = 1_800.0
"""A stream that has not ended by then has no end. [s]"""
PROBE_S: Final = 3.0
UNREACHABLE_ATTEMPTS: Final = 3
"""Tries after which a host that never answers is taken for unreachable."""
WORTH_A_RETRY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

Progress = Callable[[int, int | None], None]
"""Called with the bytes read so far and the bytes expected, if known."""


class Transport(NamedTuple):
    """How the network is used; tests shorten the waits and point to their own server."""

    base_url: str = FILES_URL
    attempts: int = ATTEMPTS
    wait_s: float = WAIT_S
    timeout_s: float = TIMEOUT_S
    sleep: Callable[[float], None] = time.sleep


class _CutConnectionError(Exception):
    """The stream ended before the length that was promised."""


def offer_url(*, base_url: str, service: OfferFile, region: str) -> str:
    """Return where the current offer file of a service and region is."""
    return f"{base_url}/offers/v1.0/aws/{service.code}/current/{region}/index.csv"


def require_network(transport: Transport) -> None:
    """See that somebody answers at the address of the offer files, at once.

    Raises:
        NetworkError: nobody does.
    """
    parts = urllib.parse.urlsplit(transport.base_url)
    if parts.hostname is None or urllib.request.getproxies().get(parts.scheme):
        return  # the proxy will tell
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), timeout=PROBE_S).close()
    except OSError as error:
        raise NetworkError(
            f"{transport.base_url} cannot be reached ({error}): nothing was read, the prices are "
            "as they were; try again with a network, or name a mirror with --files-url"
        ) from error


def fetch_rows(
    service: OfferFile,
    *,
    region: str,
    today: date,
    transport: Transport | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Read one offer file and return the rows it holds for us.

    Throttling, server errors and cut connections are tried again with growing waits.

    Raises:
        SourceError: no network, not found, not an offer file, or cut off every time.
    """
    how = transport or Transport()
    url = offer_url(base_url=how.base_url, service=service, region=region)
    last = ""
    unreachable = 0
    for attempt in range(how.attempts):
        if attempt:
            how.sleep(how.wait_s * 2 ** (attempt - 1))
        try:
            blocks = _blocks(url, timeout_s=how.timeout_s, progress=progress)
            return rows_of_blocks(blocks, service=service, region=region, today=today, url=url)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in WORTH_A_RETRY:
                raise SourceError(f"{url}: HTTP {error.code} {error.reason}") from error
            last = f"HTTP {error.code} {error.reason}"
        except (_CutConnectionError, http.client.HTTPException, ConnectionError) as error:
            last = f"the connection was cut: {error}"
        except (urllib.error.URLError, TimeoutError) as error:
            last = f"no answer: {getattr(error, 'reason', error)}"
            unreachable += 1
            if unreachable == min(UNREACHABLE_ATTEMPTS, how.attempts):
                raise NetworkError(
                    f"{url}: {last}, {unreachable} times; check the network and try again later"
                ) from error
    raise SourceError(f"{url}: {last}, {how.attempts} times; check the network and try again later")


def _blocks(url: str, *, timeout_s: float, progress: Progress | None) -> Iterator[bytes]:
    if not url.startswith(("https://", "http://")):
        raise SourceError(f"{url}: an offer file is read over http or https")
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
        length = response.headers.get("Content-Length")
        promised = int(length) if length is not None and length.isdecimal() else None
        seen, end = 0, time.monotonic() + LONGEST_READ_S
        while block := response.read1(BLOCK_BYTES):
            seen += len(block)
            if seen > LARGEST_FILE_BYTES:
                raise SourceError(f"{url}: larger than any offer file ({seen:,} bytes); not read")
            if time.monotonic() > end:
                raise SourceError(
                    f"{url}: still coming after {LONGEST_READ_S / 60:.0f} minutes "
                    f"({seen:,} bytes); not read"
                )
            if progress:
                progress(seen, promised)
            yield block
        if promised is not None and seen != promised:
            raise _CutConnectionError(f"{seen:,} of {promised:,} bytes came")


class _Span(NamedTuple):
    """Whole lines: a part of a block, or one line that two blocks shared."""

    data: bytes
    start: int
    end: int


def _spans(blocks: Iterable[bytes], *, url: str) -> Iterator[_Span]:
    """Cut blocks where lines end, without copying them."""
    rest = b""
    for block in blocks:
        start = block.find(b"\n") + 1
        if not start:
            rest += block
            if len(rest) > LONGEST_LINE_BYTES + BLOCK_BYTES:
                raise SourceError(f"{url}: not an offer file (a line of {len(rest):,} bytes)")
            continue
        if rest:
            line = rest + block[:start]
            yield _Span(line, 0, len(line))
        else:
            start = 0
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        yield _Span(block, start, end)
    if rest:
        yield _Span(rest, 0, len(rest))


def rows_of_blocks(
    blocks: Iterable[bytes], *, service: OfferFile, region: str, today: date, url: str
) -> list[Row]:
    """Parse the lines of an offer file that can matter, and map them to rows.

    Raises:
        SourceError: there is no header, or a wanted line does not fit it.
    """
    needles = tuple(tuple(word.encode() for word in words) for words in service.needles)
    names: list[str] = []
    about: dict[str, str] = {}
    reading = Reading(region, today, url)
    rows: list[Row] = []
    for piece in _spans(blocks, url=url):
        span = piece
        if not names:
            names, start = _header(span, about=about, url=url)
            span = span._replace(start=start)
            reading = Reading(region, today, f"{url} version {about.get('version', 'not stated')}")
        for line in dict.fromkeys(line for words in needles for line in _lines(span, words)):
            offer = _offer(_fields(line, url=url), names=names, url=url)
            row = None if offer is None else service.mapper(offer, reading)
            if row is not None:
                rows.append(row)
        last = span.data[span.data.rfind(b"\n", span.start, span.end) + 1 : span.end]
        if names and last and span.start < span.end:
            _offer(_fields(last, url=url), names=names, url=url)  # a cut line does not fit
    if not names:
        raise SourceError(f"{url}: not an offer file (no header line)")
    return rows


def _header(span: _Span, *, about: dict[str, str], url: str) -> tuple[list[str], int]:
    """Read what stands above the table, and return the names in its header and where it ends.

    The names are empty if the header is still to come.
    """
    start = span.start
    while start < span.end:
        stop = span.data.find(b"\n", start, span.end)
        stop = span.end if stop < 0 else stop
        fields = _fields(span.data[start:stop], url=url)
        start = stop + 1
        if fields[:1] == ["SKU"]:
            return [plain_name(name) for name in fields], start
        if len(fields) != 2:
            raise SourceError(f"{url}: not an offer file (no header line)")
        about[plain_name(fields[0])] = fields[1]
    return [], span.end


def _lines(span: _Span, words: tuple[bytes, ...]) -> Iterator[bytes]:
    """Find the lines with all words: from one hit of the first word to the next."""
    data, position, end = span
    if not words:
        yield from data[position:end].splitlines()
        return
    first, rest = words[0], words[1:]
    hit = data.find(first, position, end)
    while hit >= 0:
        start = data.rfind(b"\n", position, hit) + 1 or position
        stop = data.find(b"\n", hit, end)
        stop = end if stop < 0 else stop
        for word in rest:
            if data.find(word, start, stop) < 0:
                break
        else:
            yield data[start:stop]
        position = stop
        hit = data.find(first, stop, end)


def _fields(line: bytes, *, url: str) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8").rstrip("\r")], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{url}: a line is garbage: {error}") from error


def _offer(fields: list[str], *, names: list[str], url: str) -> Offer | None:
    if not fields:
        return None
    if len(fields) != len(names):
        raise SourceError(
            f"{url}: a line has {len(fields)} fields where the header has {len(names)}"
        )
    attributes = dict(zip(names, fields, strict=True))
    try:
        return Offer(
            attributes=attributes,
            term=attributes["termtype"],
            unit=attributes["unit"],
            tier_from=float(attributes.get("startingrange") or 0),
            price=float(attributes["priceperunit"]),
            currency=attributes["currency"],
            effective=date.fromisoformat(attributes["effectivedate"][:10]),
            lease=attributes.get("leasecontractlength", ""),
            option=attributes.get("purchaseoption", ""),
            offering_class=attributes.get("offeringclass", ""),
        )
    except (KeyError, ValueError) as error:
        raise SourceError(f"{url}: a line cannot be read: {error}") from error
