"""`fleet.yaml`: what holds for all models together."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeFloat, ValidationError

from advisor.errors import AdvisorError
from advisor.fleet.commitment import SpendDoubt
from advisor.records import Record
from pricing.yaml_text import YamlError, load_yaml

FILE = "fleet.yaml"
"""Its name in the folder of the studies."""

Fraction = Annotated[float, Field(ge=0, lt=1)]


class Hours(Record):
    """What the team's hours are."""

    share_per_model: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of a platform's upkeep that each further model on it takes; ours, assumed: 0.05 to 0.3
    is plausible. The rest is paid once for all."""
    releases_per_week: NonNegativeFloat | None = None
    """Hours a week for reviewing releases; null sets no limit. [h/week]"""


class Commitments(Record):
    """What a commitment for a year takes off, and how unsure the year is."""

    discounts: dict[str, Fraction] = Field(default_factory=dict)
    """Discount of each family, `compute` (EC2, Fargate, Lambda) or `sagemaker`; without one nothing
    is committed. [fraction]"""
    growth_half_width: NonNegativeFloat = SpendDoubt.common_half_width
    """80% of outcomes of all models' common growth lie this close; ours, assumed. [fraction]"""
    own_half_width: NonNegativeFloat = SpendDoubt.own_half_width
    """The same of each model's own; ours, assumed. [fraction]"""
    gone_fraction: Annotated[float, Field(ge=0, le=1)] = SpendDoubt.gone_fraction
    """Share of the models that are switched off within the year; ours, assumed."""
    seed: int = 0
    """Seed of the draws."""

    @property
    def doubt(self) -> SpendDoubt:
        """The doubt as the draws take it."""
        return SpendDoubt(self.growth_half_width, self.own_half_width, self.gone_fraction)


class FleetSetup(Record):
    """What holds for all models together; every key has a default."""

    name: str = "fleet"
    """Title of the reports."""
    hours: Hours = Hours()
    """The team."""
    commitment: Commitments = Commitments()
    """Commitments to spend."""
    shared_machines: tuple[str, ...] = ()
    """EC2 types that models may share, e.g. `m7i.2xlarge`; none is shared without."""
    experiments_budget_usd: NonNegativeFloat | None = None
    """Money for runs beyond the first of each model's next release; null sets no budget. [USD]"""


def load_setup(folder: Path) -> FleetSetup:
    """Return what `fleet.yaml` in a folder says, the defaults where there is none.

    Raises:
        AdvisorError: one line that names file, key and remedy.
    """
    path = folder / FILE
    if not path.exists():
        return FleetSetup()
    try:
        return FleetSetup.model_validate(load_yaml(path.read_text(encoding="utf-8")) or {})
    except (YamlError, UnicodeDecodeError) as error:
        raise AdvisorError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known = ", ".join(FleetSetup.model_fields)
        raise AdvisorError(f"{path}: {key}: {first['msg']}; its keys are {known}") from None
