"""Files that a container fetches at its start and leaves at its end, from S3 or a folder."""

import gzip
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.errors import BenchmarkError
from benchmarks.serving.package import MANIFEST_FILE, MODEL_FILE

ARCHIVE = "model.tar.gz"


class ObjectError(BenchmarkError):
    """Something could not be fetched or left; the message says what."""


def fetch(uri: str, folder: Path, *, part: tuple[int, int] = (1, 1)) -> None:
    """Copy what an address names into a folder: a file, or all below a prefix that ends in `/`.

    Args:
        uri: `s3://BUCKET/KEY`, or a path.
        folder: where to; names below the prefix stay as they are.
        part: the i-th of n parts of the files, as n containers share them; one of one for all.

    Raises:
        ObjectError: there is nothing, or it cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not uri.startswith("s3://"):
        source = Path(uri.removeprefix("file://"))
        if not source.exists():
            raise ObjectError(f"{uri}: there is nothing: check the address")
        files = sorted(f for f in source.rglob("*") if f.is_file()) if source.is_dir() else [source]
        for file in share(files, part):
            into = folder / (file.relative_to(source) if source.is_dir() else file.name)
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, into)
        return
    client, bucket, key = _at(uri)
    prefix = key if key.endswith("/") else key.rpartition("/")[0]
    keys = [key]
    if key.endswith("/"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        keys = [o["Key"] for page in pages for o in page.get("Contents", ())]
        keys = sorted(k for k in keys if not k.endswith("/"))
    if not keys:
        raise ObjectError(f"{uri}: there is nothing: check the address")
    for each in share(keys, part):
        into = (folder / each.removeprefix(prefix).lstrip("/")).resolve()
        if not into.is_relative_to(folder.resolve()):
            raise ObjectError(f"{uri}: the key {each!r} leaves its folder: rename it")
        into.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(bucket, each, str(into))


def share(files: list[Any], part: tuple[int, int]) -> list[Any]:
    """Return the i-th of n parts of files: each file is in one part."""
    number, count = part
    return files[number - 1 :: count]


def leave(folder: Path, uri: str) -> None:
    """Copy the files of a folder to where an address says."""
    if not uri.startswith("s3://"):
        shutil.copytree(folder, Path(uri.removeprefix("file://")), dirs_exist_ok=True)
        return
    client, bucket, key = _at(uri)
    for path in sorted(f for f in folder.rglob("*") if f.is_file()):
        name = path.relative_to(folder).as_posix()
        client.upload_file(str(path), bucket, f"{key.rstrip('/')}/{name}")


def pack(folder: Path, archive: Path) -> Path:
    """Write a model folder as the archive that SageMaker unpacks: same model, same bytes."""
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name in (MANIFEST_FILE, MODEL_FILE):
            tar.add(folder / name, arcname=name, filter=_nobodys)
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a model's archive; nothing in it leaves the folder.

    Raises:
        ObjectError: it is no archive, or holds what it should not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ObjectError(f"{archive}: cannot be unpacked: {error}") from None


def model_at_start(uri: str) -> Path:
    """Fetch a model's archive and return the folder that it was unpacked to."""
    here = Path(tempfile.mkdtemp(prefix="advisor-model-"))
    fetch(uri, here)
    archives = sorted(here.glob("*.tar.gz"))
    if archives:
        unpack(archives[0], here)
    return here


def _nobodys(item: tarfile.TarInfo) -> tarfile.TarInfo:
    item.uid = item.gid = 0
    item.uname = item.gname = ""
    item.mtime, item.mode = 0, 0o644
    return item


def _at(uri: str) -> tuple[Any, str, str]:
    import boto3

    parts = urlsplit(uri)
    return boto3.client("s3"), parts.netloc, parts.path.lstrip("/")
