"""Addresses of stores without the passwords in them, which go into no message and no file."""

import base64
import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

SECRET: Final = re.compile(r"(?i)((?:password|passwd|pwd|token|secret|key|user)=)[^&;\s]*")


def without_password(address: str) -> str:
    """Return an address without user, password and what its query keeps secret.

    Example:
        >>> without_password("http://bob:s3cr3t@host:5000/x")
        'http://host:5000/x'
        >>> without_password("postgresql://db/x?password=s3cr3t&sslmode=on")
        'postgresql://db/x?password=...&sslmode=on'
        >>> without_password("runs/mlflow.db")
        'runs/mlflow.db'
    """
    plain = re.sub(r"(?<=://)[^/?#]*@", "", address)
    return SECRET.sub(r"\1...", plain) if "://" in plain else plain


def authorization(address: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the header that lets us in: MLflow's own variables first, then what the address has.

    Args:
        address: of the server, maybe with a user and a password.
        environment: MLFLOW_TRACKING_TOKEN, or _USERNAME and _PASSWORD; the process's when None.
    """
    known = os.environ if environment is None else environment
    if token := known.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    parts = urlsplit(address)
    user = known.get("MLFLOW_TRACKING_USERNAME") or unquote(parts.username or "")
    password = known.get("MLFLOW_TRACKING_PASSWORD") or unquote(parts.password or "")
    if not user:
        return {}
    both = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


def reachable(address: str) -> str:
    """Return the address to connect to: its user and password go into a header."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
