"""What a cloud answers when it does not do what it was asked, by kind: each with what to do."""

import re
from typing import Literal

from benchmarks.errors import BenchmarkError

Kind = Literal["quota", "capacity", "rights", "unknown", "throttled", "exists", "gone", "other"]
"""`unknown`: nobody knows whether the call was carried out; `gone`: the thing is not there."""

CODES: dict[Kind, frozenset[str]] = {
    "quota": frozenset(
        {
            "ResourceLimitExceeded",
            "VcpuLimitExceeded",
            "InstanceLimitExceeded",
            "MaxSpotInstanceCountExceeded",
            "LimitExceededException",
            "ServiceQuotaExceededException",
        }
    ),
    "capacity": frozenset(
        {
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientCapacity",
            "CapacityError",
            "SpotMaxPriceTooLow",
            "UnfulfillableCapacity",
        }
    ),
    "rights": frozenset(
        {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure"}
    ),
    "throttled": frozenset(
        {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
    ),
    "exists": frozenset({"ResourceInUse", "ConflictException", "ResourceInUseException"}),
    "gone": frozenset(
        {"ResourceNotFound", "ResourceNotFoundException", "InvalidInstanceID.NotFound", "404"}
    ),
}
"""Error codes of the services by kind; `ValidationException` is told apart by its words."""

LOST = (
    "ConnectionClosedError",
    "ReadTimeoutError",
    "EndpointConnectionError",
    "ConnectTimeoutError",
)
"""Exceptions of the client that leave open whether the service did it."""

WORDS: tuple[tuple[str, Kind], ...] = (
    (r"could not find|does not exist|not found|no longer exist", "gone"),
    (r"already exist|cannot create already existing", "exists"),
    (r"insufficient .*capacity|capacity (error|not available)|unable to provision", "capacity"),
    (r"service limit|quota", "quota"),
    (r"not authorized to perform", "rights"),
)
"""Words of a message or of a job's reason, in the order in which they are looked for."""


class RemoteError(BenchmarkError):
    """A run elsewhere could not be started, ended or brought home; `kind` says how to go on."""

    def __init__(self, message: str, *, kind: Kind = "other") -> None:
        """Keep the kind beside the words."""
        super().__init__(message)
        self.kind: Kind = kind


def kind_of_words(text: str) -> Kind:
    """Return the kind that a message or a job's failure reason tells.

    Example:
        >>> kind_of_words("Insufficient capacity for ml.c8g.large")
        'capacity'
    """
    return next((kind for words, kind in WORDS if re.search(words, text, re.IGNORECASE)), "other")


def kind_of(error: BaseException) -> Kind:
    """Return the kind of an exception that the cloud's client raised."""
    if isinstance(error, RemoteError):
        return error.kind
    if type(error).__name__ in LOST or isinstance(error, ConnectionError | TimeoutError):
        return "unknown"
    answer = getattr(error, "response", None)
    if not isinstance(answer, dict):
        return "other"
    told = answer.get("Error", {})
    code = str(told.get("Code", ""))
    found = next((kind for kind, codes in CODES.items() if code in codes), None)
    if found is not None:
        return found
    if code in {"InternalFailure", "ServiceUnavailable", "InternalServerError", "InternalError"}:
        return "unknown"
    return kind_of_words(str(told.get("Message", "")))


def missing_action(error: BaseException) -> str | None:
    """Return the action that an account has no right to, as the service names it; null for none."""
    found = re.search(r"perform:? ([a-z0-9-]+:[A-Za-z]+)", str(error))
    return found.group(1) if found else None


def explained(error: BaseException, *, doing: str, sku: str, hint: str = "") -> RemoteError:
    """Return an exception of the client in words, with what to do by its kind.

    Args:
        error: what was raised.
        doing: what was asked, e.g. `sagemaker:CreateProcessingJob`.
        sku: the machine that it was for.
        hint: what was found out besides, e.g. the types that have quota.
    """
    if isinstance(error, RemoteError):
        return error
    kind = kind_of(error)
    answer = getattr(error, "response", None) or {}
    said = answer.get("Error", {}).get("Message") or str(error) or type(error).__name__
    what = {
        "quota": f"{doing}: the account's quota for {sku} is used up or 0 ({said}): ask for more "
        f"in Service Quotas, or measure another type{hint}",
        "capacity": f"{doing}: there is no {sku} to be had now ({said}): try another zone, another "
        f"size of the family, on demand in place of spot, or later{hint}",
        "rights": f"{doing}: the right to {missing_action(error) or doing} is missing: 'advisor "
        "remote policy' prints the least rights",
        "unknown": f"{doing}: no answer came ({said}); nothing of that name was found: run again",
        "throttled": f"{doing}: the service asks to be called less often ({said}): run again later",
    }.get(kind, f"{doing}: {said}")
    return RemoteError(what, kind=kind)
