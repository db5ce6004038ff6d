"""What was used: the lines of a usage file, checked before anything is priced."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError, model_validator

from pricing.base import Record
from pricing.discounts import Commitment, Discounts, Negotiated
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.services import SERVICES

SWITCHES: Final = frozenset({"free_tier"})
"""Quantities that are yes or no."""


class UsageLine(Line):
    """One thing used; which quantities apply depends on its service."""

    @model_validator(mode="after")
    def _fits_its_service(self) -> Self:
        service = SERVICES.get(self.service)
        if service is None:
            near = get_close_matches(self.service, SERVICES, n=3) or sorted(SERVICES)
            raise ValueError(f"no service {self.service!r}: did you mean {', '.join(near)}?")
        form = service.quantities
        given = {
            name
            for name in self.model_fields_set - {"service", "label"}
            if getattr(self, name) is not None
        }
        for name in sorted(given):
            if name not in form.allowed:
                near = get_close_matches(name, form.allowed, n=3) or list(form.allowed)
                raise ValueError(
                    f"{self.service} has no quantity {name!r}: did you mean {', '.join(near)}?"
                )
        missing = [name for name in form.required if name not in given]
        if missing:
            raise ValueError(f"{self.service} needs {', '.join(missing)}")
        if form.one_of and len(given.intersection(form.one_of)) != 1:
            raise ValueError(f"{self.service} needs exactly one of {', '.join(form.one_of)}")
        if form.some_of and not given.intersection(form.some_of):
            raise ValueError(f"{self.service} needs at least one of {', '.join(form.some_of)}")
        return self


class Usage(Record):
    """A usage file: what was used, where, and the day whose prices apply."""

    region: str
    """Region code."""
    on: date
    """Day whose prices apply."""
    lines: tuple[UsageLine, ...]
    """What was used."""
    discounts: Discounts = Discounts()
    """What the reader has agreed with the vendor; none by default."""


def load_usage(path: Path) -> Usage:
    """Read a usage file (YAML).

    Raises:
        UsageError: the file cannot be read or a line does not fit; the message names file and line.
    """
    from pricing.yaml_text import YamlError, load_yaml

    if path.exists() and not path.is_file() and not path.is_dir():
        raise UsageError(f"{path}: is a pipe or a device: write what it holds to a file first")
    try:
        return read_usage(load_yaml(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not a text file: a usage file is YAML in UTF-8") from error
    except (UsageError, YamlError) as error:
        raise UsageError(f"{path}: {error}") from error


def read_usage(content: Any) -> Usage:
    """Check the parsed content of a usage file.

    Raises:
        UsageError: something is unknown, missing or of the wrong kind; the message says where.
    """
    if not isinstance(content, Mapping):
        raise UsageError("a usage file is a mapping with region, on and lines")
    _only_known(content, allowed=("region", "on", "lines", "discounts"), where="the usage file")
    missing = [key for key in ("region", "on", "lines") if content.get(key) is None]
    if missing:
        raise UsageError(f"the usage file needs {', '.join(missing)}")
    if not isinstance(content["region"], str):
        raise UsageError(f"region must be a code like us-east-1, got {content['region']!r}")
    if not isinstance(content["lines"], list):
        raise UsageError("lines must be a list")
    if not content["lines"]:
        raise UsageError("lines is empty: a bill needs at least one thing that was used")
    lines = tuple(_line(line, number=n) for n, line in enumerate(content["lines"], start=1))
    try:
        return Usage(
            region=content["region"],
            on=_day(content["on"]),
            lines=lines,
            discounts=_discounts(content.get("discounts")),
        )
    except ValidationError as error:
        raise UsageError(first_problem(error)) from error


def _line(line: Any, *, number: int) -> UsageLine:
    where = f"line {number}"
    if not isinstance(line, Mapping):
        raise UsageError(f"{where}: a line is a mapping with a service and its quantities")
    if not line.get("service"):
        raise UsageError(f"{where}: needs a service, one of {', '.join(sorted(SERVICES))}")
    service = str(line["service"])
    if service in SERVICES:
        allowed = ("service", "label", *SERVICES[service].quantities.allowed)
        _only_known(line, allowed=allowed, where=f"{where} ({service})")
    for name, value in line.items():
        if isinstance(value, bool) and name not in SWITCHES:
            raise UsageError(f"{where}: {name}: {str(value).lower()} is not a quantity")
    try:
        return UsageLine.model_validate(dict(line))
    except ValidationError as error:
        raise UsageError(f"{where}: {first_problem(error)}") from error


def _discounts(content: Any) -> Discounts:
    """Check what was agreed with the vendor; a service that nothing is billed under is an error."""
    if content is None:
        return Discounts()
    if not isinstance(content, Mapping):
        raise UsageError("discounts is a mapping with negotiated and commitments")
    _only_known(content, allowed=Discounts.model_fields, where="discounts")
    kinds: Mapping[str, type[Record]] = {"negotiated": Negotiated, "commitments": Commitment}
    for kind, model in kinds.items():
        entries = content.get(kind) or []
        if not isinstance(entries, list):
            raise UsageError(f"discounts: {kind} must be a list")
        for number, entry in enumerate(entries, start=1):
            where = f"discounts: {kind} {number}"
            if not isinstance(entry, Mapping):
                raise UsageError(f"{where}: is a mapping with {', '.join(model.model_fields)}")
            _only_known(entry, allowed=model.model_fields, where=where)
            for service in [entry.get("service"), *(entry.get("services") or ())]:
                if service is not None and not _is_billed(str(service), whole=kind != "negotiated"):
                    near = get_close_matches(str(service), SERVICES, n=3) or sorted(SERVICES)
                    raise UsageError(
                        f"{where}: no service {service!r}: did you mean {', '.join(near)}?"
                    )
    return Discounts.model_validate({key: value or () for key, value in content.items()})


def _is_billed(service: str, *, whole: bool) -> bool:
    """Whether a service, or unless `whole` a family of services such as `sagemaker`, is known."""
    return service in SERVICES or (
        not whole and any(name.startswith(f"{service}-") for name in SERVICES)
    )


def _only_known(content: Mapping[Any, Any], *, allowed: Iterable[str], where: str) -> None:
    names = tuple(allowed)
    for key in content:
        if key not in names:
            near = get_close_matches(str(key), names, n=3) or list(names)
            raise UsageError(f"{where} has no key {key!r}: did you mean {', '.join(near)}?")


def _day(value: Any) -> date:
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError as error:
        raise UsageError(f"on must be a day like 2026-07-01, got {value!r}") from error


def first_problem(error: ValidationError) -> str:
    """Say the first thing that pydantic found, in one line."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    text = problem["msg"].removeprefix("Value error, ")
    got = "" if problem["type"] == "value_error" else f", got {problem['input']!r}"
    if problem["type"] == "literal_error":
        options = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        near = get_close_matches(str(problem["input"]), options, n=1)
        got += f": did you mean {near[0]}?" if near else ""
    return f"{place}: {text}{got}" if place else text
