"""`advisor probe`: what this machine can do."""

from typing import Annotated

import typer

from advisor.cli.console import say


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(probe)


def probe(
    seconds: Annotated[
        float, typer.Option(min=0.01, max=5.0, help="Time for each probe; there are about 20.")
    ] = 0.25,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Probe processors, memory, disk and GPU, as every benchmark run does; under 20 s.

    Example: advisor probe --json
    """
    import json
    import tempfile
    from pathlib import Path

    from benchmarks.machine.host import read_host
    from benchmarks.session.session import probe_machine

    hardware = read_host()
    with tempfile.TemporaryDirectory(prefix="advisor-probe-") as folder:
        found, notes = probe_machine(hardware, probe_s=seconds, folder=Path(folder))
    profile = hardware.replace(probes=found)
    if as_json:
        typer.echo(json.dumps(profile.model_dump(mode="json"), indent=2))
    else:
        gpu = f", {hardware.gpu_model}" if hardware.gpu_model else ""
        say(
            f"{hardware.processor}: {hardware.physical_core_count} cores, "
            f"{hardware.logical_cpu_count} processors, {hardware.memory_gib:.1f} GiB{gpu}"
        )
        for name, value in sorted(found.items()):
            say(f"  {name:<40} {value:>12,.4g}")
    for note in notes:
        say(f"advisor: warning: {note}: run 'advisor doctor'", err=True)
