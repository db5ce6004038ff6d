"""Where the work of many studies is done: one small interface, an engine a file."""

from advisor.errors import AdvisorError
from advisor.fleet.engines.base import Engine, Outcome

__all__ = ["ENGINES", "Engine", "Outcome", "engine_named"]

ENGINES = ("local", "ray")
"""Engines by name."""


def engine_named(name: str, *, workers: int | None = None, address: str | None = None) -> Engine:
    """Return an engine.

    Args:
        name: one of `ENGINES`.
        workers: processes of this machine; one a core by default.
        address: of a cluster that is there; null starts one here. Ray only.

    Raises:
        AdvisorError: there is none of that name, or it is not installed.
    """
    if name == "local":
        from advisor.fleet.engines.local import LocalEngine

        return LocalEngine(workers=workers)
    if name == "ray":
        from advisor.fleet.engines.ray import RayEngine

        return RayEngine(address=address)
    raise AdvisorError(f"--engine {name}: is none; one of {', '.join(ENGINES)}")
