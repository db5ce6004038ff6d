"""Where the study and its results are kept on the way: a bucket, or a folder; one way to use both.

Names that come back are checked: none leaves the folder that it is written to.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from benchmarks.remote.cloud import Cloud
from benchmarks.remote.errors import RemoteError, explained, kind_of

MANIFEST = "manifest.json"
"""Beside the study's files: the hash of each."""

MOST_STUDY_BYTES = 2 * 2**30
"""A study's folder beyond this is not sent by accident. [B]"""

LEFT_OUT = frozenset({"__pycache__", "node_modules", "out", "build", "dist"})
"""Folders beside a study that no measurement needs; hidden ones are left out too."""


class Place(Protocol):
    """Somewhere that keeps files by name."""

    def put(self, name: str, content: bytes) -> None:
        """Write one file whole."""

    def get(self, name: str) -> bytes | None:
        """Return a file's content, null where it is not there."""

    def names(self, under: str = "") -> dict[str, int]:
        """Return the names under a folder, each with its size. [B]"""


class Folder:
    """A folder of this machine, such as one that a service carries to a bucket."""

    def __init__(self, path: Path) -> None:
        """Name it; it is made with the first file."""
        self.path = path

    def put(self, name: str, content: bytes) -> None:
        """Write one file whole: who copies the folder meanwhile never sees half of it."""
        path = inside(self.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, prefix=".half-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(half).chmod(0o644)
        Path(half).replace(path)

    def get(self, name: str) -> bytes | None:
        """Return a file's content, null where it is not there."""
        path = inside(self.path, name)
        return path.read_bytes() if path.is_file() else None

    def names(self, under: str = "") -> dict[str, int]:
        """Return the names under a folder, each with its size. [B]"""
        return {
            path.relative_to(self.path).as_posix(): path.stat().st_size
            for path in sorted((self.path / under).rglob("*"))
            if path.is_file() and not path.name.startswith(".half-")
        }


class Bucket:
    """A folder in a bucket."""

    def __init__(self, cloud: Cloud, address: str) -> None:
        """Name it.

        Raises:
            RemoteError: the address is none of a bucket.
        """
        scheme, _, rest = address.partition("://")
        self._bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not self._bucket:
            raise RemoteError(f"{address!r} is no folder of a bucket: write s3://bucket/folder")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._cloud = cloud

    def put(self, name: str, content: bytes) -> None:
        """Write one file whole."""
        try:
            self._cloud.client("s3").put_object(
                Bucket=self._bucket, Key=self._prefix + name, Body=content
            )
        except Exception as error:
            raise explained(error, doing="s3:PutObject", sku="the bucket") from error

    def get(self, name: str) -> bytes | None:
        """Return a file's content, null where it is not there."""
        try:
            found = self._cloud.client("s3").get_object(
                Bucket=self._bucket, Key=self._prefix + name
            )
            content: bytes = found["Body"].read()
        except Exception as error:
            answer = getattr(error, "response", None) or {}
            if kind_of(error) == "gone" or answer.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise explained(error, doing="s3:GetObject", sku="the bucket") from error
        return content

    def names(self, under: str = "") -> dict[str, int]:
        """Return the names under a folder, each with its size. [B]"""
        try:
            return {
                str(item["Key"])[len(self._prefix) :]: int(item["Size"])
                for item in self._cloud.pages(
                    "s3",
                    "list_objects_v2",
                    "Contents",
                    Bucket=self._bucket,
                    Prefix=self._prefix + under,
                )
                if not str(item["Key"]).endswith("/")
            }
        except Exception as error:
            raise explained(error, doing="s3:ListBucket", sku="the bucket") from error


def place_at(address: str, cloud: Cloud) -> Place:
    """Return the place that an address names: `s3://...`, or a folder."""
    return Bucket(cloud, address) if "://" in address else Folder(Path(address))


def inside(folder: Path, name: str) -> Path:
    """Return where a name is written, never outside the folder.

    Raises:
        RemoteError: the name is absolute, or climbs out.
    """
    parts = PurePosixPath(name)
    if (
        parts.is_absolute()
        or ".." in parts.parts
        or "\\" in name
        or "\0" in name
        or not parts.parts
    ):
        raise RemoteError(f"{name!r} would be written outside {folder}: it was left where it is")
    return folder / parts


# The study goes -----------------------------------------------------------------------------------


def study_files(folder: Path) -> dict[str, Path]:
    """Return the files that go along with a study, by name.

    Raises:
        RemoteError: they are too many bytes.
    """
    found = {}
    for path in _walk(folder):
        found[path.relative_to(folder).as_posix()] = path
    size = sum(path.stat().st_size for path in found.values())
    if size > MOST_STUDY_BYTES:
        largest = max(found, key=lambda name: found[name].stat().st_size)
        raise RemoteError(
            f"{folder} holds {size / 2**30:.1f} GiB, the largest file is {largest}: put the study "
            "and its data into a folder of their own"
        )
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in LEFT_OUT or path.is_symlink():
            continue
        if path.is_dir():
            if not (path / "pyvenv.cfg").exists():
                yield from _walk(path)
        elif path.is_file():
            yield path


def send_study(folder: Path, to: Place) -> Mapping[str, str]:
    """Send a study's folder; what is there already, by its hash, is not sent again.

    Returns:
        Name -> SHA-256.
    """
    files = study_files(folder)
    hashes = {name: _sha256(path.read_bytes()) for name, path in files.items()}
    there = json.loads(to.get(MANIFEST) or b"{}")
    for name, path in files.items():
        if there.get(name) != hashes[name]:
            to.put(name, path.read_bytes())
    to.put(MANIFEST, json.dumps(hashes, indent=1, sort_keys=True).encode())
    return hashes


def fetch_study(source: Place, into: Path) -> None:
    """Bring a study to the machine that measures it, each file checked by its hash.

    Raises:
        RemoteError: a file is missing or another one.
    """
    text = source.get(MANIFEST)
    if text is None:
        raise RemoteError(f"the study was not sent: it has no {MANIFEST}")
    hashes: dict[str, Any] = json.loads(text)
    for name, sha256 in hashes.items():
        content = source.get(name)
        if content is None or _sha256(content) != sha256:
            raise RemoteError(f"{name} did not arrive as it was sent: start again")
        Folder(into).put(name, content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# Results come home --------------------------------------------------------------------------------

EXIT = "exit.json"
"""Written by the machine when it is through: codes of its commands, and their last words."""

KINDS = ("runs", "backtests", "loadtests")
"""Folders of a store that come home."""


def fetch_results(source: Place, into: Path) -> int:
    """Bring home what is finished and is not here yet; return how many files are here by now.

    Raises:
        RemoteError: a name would leave the folder.
    """
    count = 0
    for name in source.names():
        if PurePosixPath(name).parts[0] not in KINDS or not name.endswith(".json"):
            continue
        count += 1
        if inside(into, name).is_file():
            continue
        content = source.get(name)
        if content is not None:
            Folder(into).put(name, content)
    return count
