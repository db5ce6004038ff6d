"""A Ray cluster: of this machine, or one that is there."""

import os
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from advisor.errors import AdvisorError
from advisor.fleet.engines.base import MOST_TRIES, Outcome

WINDOW = 4
"""Tasks in flight for each core: enough to keep it busy, few enough for any number of items."""


class RayEngine:
    """Tasks of Ray: one that takes times asks for all cores of a node."""

    name = "ray"

    def __init__(self, *, address: str | None = None) -> None:
        """Join the cluster at an address, or start one here.

        Raises:
            AdvisorError: Ray is not installed, or no cluster answers there.
        """
        os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: times would be slow
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            ray: Any = import_module("ray")
        except ImportError:
            raise AdvisorError(
                "--engine ray: Ray is not installed: pip install 'model-deployment-advisor[ray]'"
            ) from None
        self.ray = ray
        if not ray.is_initialized():
            try:
                ray.init(
                    address=address,
                    include_dashboard=False if address is None else None,
                    log_to_driver=False,
                    logging_level="ERROR",
                )
            except ConnectionError as error:
                raise AdvisorError(f"--address {address}: no Ray cluster: {error}") from None

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], *, exclusive: bool
    ) -> Iterator[Outcome]:
        """Call a function with each item; see `Engine`."""
        ray = self.ray
        cpus = self._smallest_node() if exclusive else 1
        task = ray.remote(num_cpus=cpus, max_retries=MOST_TRIES)(function)
        most = max(1, int(ray.cluster_resources().get("CPU", 1) / cpus)) * WINDOW
        left = iter(enumerate(items))
        flying: dict[Any, int] = {}
        is_left = True
        while is_left or flying:
            while is_left and len(flying) < most:
                index, arguments = next(left, (-1, ()))
                if index < 0:
                    is_left = False
                    break
                flying[task.remote(*arguments)] = index
            if not flying:
                break
            (done,), _ = ray.wait(list(flying), num_returns=1)
            index = flying.pop(done)
            try:
                yield Outcome(index, ray.get(done))
            except ray.exceptions.RayTaskError as error:
                yield Outcome(index, error=str(error.cause).strip().splitlines()[0])
            except ray.exceptions.RayError as error:
                yield Outcome(index, error=str(error).strip().splitlines()[0])

    def _smallest_node(self) -> int:
        """Return the cores of the smallest node: a task of so many shares it with none."""
        nodes = [node["Resources"].get("CPU", 0) for node in self.ray.nodes() if node["Alive"]]
        return max(1, int(min((cpus for cpus in nodes if cpus), default=1)))
