"""What the options of a prepared engine are called, and how their fleets follow the traffic."""

from advisor.capacity.target_tracking import TrackedFleet, start_minutes, tracked_fleet_of
from advisor.decision.choice.engine import Engine
from advisor.options.naming import option_name
from advisor.platforms import facts_of


def tracked_fleet_at(engine: Engine, row: int) -> TrackedFleet:
    """Return how a fleet on the machines of a standing option follows the traffic."""
    return tracked_fleet_of(
        engine.study.workload,
        start_minutes=int(start_minutes(engine.machines.start_s[[engine.options.machine[row]]])[0]),
        fewest=engine.study.needs.availability_zones,
    )


def fewest_of(engine: Engine, row: int) -> int:
    """Return the replicas of an option that always run."""
    replicas = engine.options.replicas[row]
    if not engine.options.scaled[row]:
        return int(replicas)
    return int(tracked_fleet_at(engine, row).least(replicas))


def name_of(engine: Engine, row: int) -> str:
    """Return the name of one of the options."""
    options = engine.options
    return option_name(
        engine.profiles[int(options.candidate[row])].label,
        facts_of(options.platform_of(row)),
        str(options.sku[row]),
        int(options.replicas[row]),
        fewest=fewest_of(engine, row),
    )
