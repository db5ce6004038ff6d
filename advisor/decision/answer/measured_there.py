"""Which of the best options were measured on machines rented for it, and what that changed."""

from collections.abc import Sequence
from datetime import date
from itertools import islice

import numpy as np

from advisor.capacity.carry_call import MeasuredCall, carry_call
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.recommendation import MeasuredThere

SHOWN = 4
"""Options that are told: the best of those that were measured."""


def measured_there(engine: Engine) -> tuple[MeasuredThere, ...]:
    """Return the best options whose speed is that of a rented machine, the winner's first."""
    options = engine.options
    if not any(c.hardware.rented for p in engine.profiles for c in p.calls):
        return ()
    rows = [r for r in engine.order.ranked if options.stands[r] and not options.on_gpu[r]]
    days = {r.id: r.started_at.date() for r in (*engine.evidence.runs, *engine.evidence.elsewhere)}
    found = (_of_option(engine, row, days) for row in rows)
    return tuple(islice((one for one in found if one is not None), SHOWN))


def _of_option(engine: Engine, row: int, days: dict[str, date]) -> MeasuredThere | None:
    table, own = engine.machines, int(engine.options.machine[row])
    profile = table.profiles[int(table.profile[own])]
    machine = table.offers[int(table.offer[own])].machines.instance_type[int(table.row[own])]
    there = [c for c in profile.calls if c.hardware.rented is not None and _tells(c, machine)]
    if not there:
        return None
    call = there[-1]
    rented = call.hardware.rented
    assert rented is not None
    others = [c for c in profile.calls if c.hardware.rented is None]
    now = _band_ms(profile.calls, machine)
    before = _band_ms(others, machine) if others else None
    where = f"{rented.target}, {rented.zone or rented.region}" + (", spot" if rented.spot else "")
    words = (
        f"measured on {rented.sku} ({where}): {now[1]:.3g} ms a call, {now[0]:.3g} to {now[2]:.3g}"
    )
    if before is not None:
        words += (
            f"; carried from {others[0].hardware.processor} it was {before[1]:.3g} ms, "
            f"{before[0]:.3g} to {before[2]:.3g}"
        )
    return MeasuredThere(
        option=name_of(engine, row),
        sku=rented.sku,
        target=rented.target,
        region=rented.region,
        zone=rented.zone,
        spot=rented.spot,
        usd_per_hour=rented.usd_per_hour,
        on=days[call.run_id],
        service_ms=now[1],
        low_ms=now[0],
        high_ms=now[2],
        before_ms=None if before is None else before[1],
        before_low_ms=None if before is None else before[0],
        before_high_ms=None if before is None else before[2],
        why=words,
    )


def _tells(call: MeasuredCall, machine: str) -> bool:
    """Return whether a machine that was measured is one of that processor."""
    return str(carry_call([call], [machine]).speed.basis[0]) == "measured"


def _band_ms(calls: Sequence[MeasuredCall], machine: str) -> tuple[float, float, float]:
    """Return low, middle and high of one call on a machine, from some measured ones. [ms]

    The measuring error is part of the band, as it is in the draws.
    """
    carried = carry_call(calls, [machine])
    speed, first = carried.speed, calls[0]
    halves = np.log([speed.ratio[0] / speed.low_80[0], speed.high_80[0] / speed.ratio[0]])
    if len(calls) == 1:
        halves = np.hypot(halves, first.relative_error)
    middle = first.mean_s * 1e3 / float(speed.ratio[0])
    return middle * float(np.exp(-halves[1])), middle, middle * float(np.exp(halves[0]))
