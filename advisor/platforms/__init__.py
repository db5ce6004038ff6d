"""The ways to run a model: one file each, one row each in the study's `PLATFORM_NAMES`.

A platform's module has its name, dashes as underscores, and one value, `PLATFORM`: its facts, its
options and the lines of its bill. Nothing outside this room tests a platform's name.
"""

from importlib import import_module
from typing import Final

from advisor.options.facts import BILLINGS, Facts
from advisor.platforms.base import Platform
from advisor.study.types import PLATFORM_NAMES


def _platform(name: str) -> Platform:
    found: Platform = import_module(f"{__name__}.{name.replace('-', '_')}").PLATFORM
    return found


PLATFORMS: Final[dict[str, Platform]] = {name: _platform(name) for name in PLATFORM_NAMES}
"""Every way to run a model, by its name."""


def facts_of(name: str) -> Facts:
    """Return what is true of a platform whatever the study."""
    return PLATFORMS[name].facts


def title_of(name: str) -> str:
    """Return a platform's name for people."""
    return PLATFORMS[name].facts.title


def in_order(names: tuple[str, ...]) -> tuple[Platform, ...]:
    """Return some platforms in the order in which their options stand: by how they are billed."""
    wanted = [platform for name, platform in PLATFORMS.items() if name in names]
    return tuple(sorted(wanted, key=lambda p: BILLINGS.index(p.facts.billing)))


SIDES: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(platform.facts.side for platform in PLATFORMS.values())
)
"""Whose the platforms are: the first question of this product."""
