"""The cloud's clients for runs elsewhere: calls are asked again when they are throttled."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.remote.errors import RemoteError, explained, kind_of
from benchmarks.remote.job import RUN_TAG, Job

CONNECT_S, READ_S = 10, 60
"""Longest wait for a connection, and for an answer. [s]"""


class Cloud:
    """The services of one region."""

    def __init__(self, region: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Name the region; nothing is called."""
        self.region = region
        self.sleep = sleep
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service, made at its first use.

        Raises:
            RemoteError: there are no credentials.
        """
        return self._client(service, tries=6)

    def once(self, service: str) -> Any:
        """Return a client that makes a call once only, for one that would make a second thing."""
        return self._client(service, tries=1)

    def _client(self, service: str, *, tries: int) -> Any:
        known = service if tries > 1 else f"{service} once"
        if known not in self._clients:
            import boto3
            from botocore.config import Config

            session = boto3.Session(region_name=self.region)
            if session.get_credentials() is None:
                raise RemoteError(
                    "no AWS credentials were found: run 'aws configure', or set AWS_PROFILE",
                    kind="rights",
                )
            config = Config(
                retries={"mode": "adaptive", "total_max_attempts": tries},
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
            )
            self._clients[known] = self.prepared(session.client(service, config=config))
        return self._clients[known]

    def prepared(self, client: Any) -> Any:
        """Return a client that was just made, as it is used."""
        return client

    def pages(self, service: str, call: str, key: str, **asked: Any) -> Iterator[Any]:
        """Return every item of a listing."""
        for page in self.client(service).get_paginator(call).paginate(**asked):
            yield from page.get(key, ())


def make(
    job: Job, *, doing: str, call: Callable[[], Any], is_there: Callable[[], bool], hint: str = ""
) -> None:
    """Make a thing whose name follows from the job; one that is there already is taken for made.

    An answer that was lost leaves open whether the thing was made: it is looked up by its name, and
    taken if it is ours.

    Args:
        job: whose.
        doing: the action, e.g. `sagemaker:CreateModel`.
        call: makes it.
        is_there: whether a thing of that name and with our tag is there.
        hint: what to add where there is no quota or capacity.

    Raises:
        RemoteError: it was refused.
    """
    try:
        call()
    except Exception as error:
        if kind_of(error) in {"unknown", "exists"} and is_there():
            return
        raise explained(error, doing=doing, sku=job.sku, hint=hint) from error


def is_gone(describe: Callable[[], Any]) -> bool:
    """Return whether a thing cannot be found any more: only the failure to find it is believed.

    Raises:
        RemoteError: the question failed for another reason.
    """
    try:
        describe()
    except Exception as error:
        if kind_of(error) == "gone":
            return True
        raise explained(error, doing="asking what is left", sku="it") from error
    return False


@contextlib.contextmanager
def unless_gone() -> Iterator[None]:
    """Let a call fail on what is not there."""
    try:
        yield
    except Exception as error:
        if kind_of(error) != "gone":
            raise


def tag_list(job: Job) -> list[dict[str, str]]:
    """Return the tags of a job as most services take them."""
    return [{"Key": key, "Value": value} for key, value in job.tags.items()]


def tags_of(listed: Any) -> dict[str, str]:
    """Return tags as most services list them, by key."""
    return {
        str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value")))
        for tag in listed or ()
    }


def is_ours(tags: dict[str, str], job: Job) -> bool:
    """Return whether tags say that a thing is the job's."""
    return tags.get(RUN_TAG) == job.run_id
