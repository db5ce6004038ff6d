"""From the measured time to the planned one, factor by factor, for the best options."""

import numpy as np

from advisor.capacity.carry_call import carry_call
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.recommendation import Basis, CarriedChain, CarriedStep

SHOWN_CHAINS = 4
"""The winner and its best rivals."""


def carried_chains(engine: Engine) -> tuple[CarriedChain, ...]:
    """Return the chains of the best options that run on a processor, the winner's first.

    Serverless, whose processor nobody names, and GPU options, whose time is guessed from the
    network's size, have no chain.
    """
    options = engine.options
    rows = [r for r in engine.order.ranked if options.stands[r] and not options.on_gpu[r]]
    return tuple(_chain(engine, row) for row in rows[:SHOWN_CHAINS])


def _chain(engine: Engine, row: int) -> CarriedChain:
    table, options = engine.machines, engine.options
    own = int(options.machine[row])
    profile = table.profiles[int(table.profile[own])]
    machines = table.offers[int(table.offer[own])].machines
    at = int(table.row[own])
    carried = carry_call(profile.calls, machines.instance_type)
    speed, call = carried.speed, profile.calls[carried.nearest[at]]
    alone_s = call.mean_s * (
        call.overhead_fraction / carried.overhead_ratio[at]
        + (1 - call.overhead_fraction) / carried.row_ratio[at]
    )
    there_s = profile.service_s / speed.ratio[at]
    band = profile.service_s / np.array([speed.high_80[at], speed.low_80[at]])
    wide = profile.service_s / np.array([speed.high_95[at], speed.low_95[at]])
    basis: Basis = _basis(str(speed.basis[at]))
    sure = np.array([1 - call.relative_error, 1 + call.relative_error]) * call.mean_s
    parts = (
        f"{call.overhead_fraction:.0%} overhead at {carried.overhead_ratio[at]:.2f} x the speed "
        f"(scalar work), {1 - call.overhead_fraction:.0%} rows at {carried.row_ratio[at]:.2f} x "
        f"({call.row_class} work)"
    )
    # With several hosts the nearest one's own answer and the combined one share the final band.
    steps = [
        _step("One call, one thread, as measured", None, call.mean_s, sure, "measured"),
        _step(parts, alone_s / call.mean_s, alone_s, band * alone_s / there_s, basis),
    ]
    if len(profile.calls) > 1:
        label = f"Combined with {len(profile.calls) - 1} other measured machine(s)"
        steps.append(_step(label, there_s / alone_s, there_s, band, basis))
    inflation = profile.server.in_situ_factor
    steps.append(
        _step(
            "Inside a server, beside other work",
            inflation,
            there_s * inflation,
            band * inflation,
            profile.server.factor_basis,
        )
    )
    share = min(1.0, float(machines.core_count[at]))
    server = profile.server.http_s / speed.ratio[at]
    low_high = np.array([table.service_low_s[own], table.service_high_s[own]])
    before = low_high * share
    label = "The server's own work for a request"
    whole_s = there_s * inflation + server
    steps.append(_step(label, None, whole_s, before, profile.server.http_basis))
    if share < 1:
        label = f"On {share:g} of a core"
        steps.append(_step(label, 1 / share, float(table.service_s[own]), low_high, "list"))
    stretch = float(table.service_s[own]) / there_s
    return CarriedChain(
        option=name_of(engine, row),
        candidate=profile.name,
        sku=str(options.sku[row]),
        measured_on=call.hardware.processor,
        processor=speed.processor[at],
        relation=str(speed.relation[at]),
        host_count=len(profile.calls),
        steps=tuple(steps),
        low_95_ms=1e3 * float(wide[0]) * stretch,
        high_95_ms=1e3 * float(wide[1]) * stretch,
        note=speed.notes[at],
    )


def _basis(word: str) -> Basis:
    return "measured" if word == "measured" else "scaled" if word == "scaled" else "assumed"


def _step(
    label: str, factor: float | None, value_s: float, band_s: np.typing.ArrayLike, basis: Basis
) -> CarriedStep:
    low, high = np.asarray(band_s, dtype=float)
    return CarriedStep(
        label=label,
        factor=None if factor is None else float(factor),
        value_ms=1e3 * float(value_s),
        low_ms=1e3 * float(low),
        high_ms=1e3 * float(high),
        basis=basis,
    )
