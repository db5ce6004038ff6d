"""`advisor hardware`: what a machine is, and what a measured candidate would do on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.help_texts import new_group

if TYPE_CHECKING:
    from advisor.capacity.prediction import Prediction
    from benchmarks.storage.records import HardwareProfile

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "What a machine is, and what a measured candidate would do on it."
        "\n\nExample: advisor hardware show c7g.large"
    )
    group.command()(show)
    group.command()(predict)
    app.add_typer(group, name="hardware")


def show(
    sku: Annotated[
        str,
        typer.Argument(
            help="Instance type, e.g. c7g.large or ml.m5.large.",
            autocompletion=completion.instance_types,
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Show an instance: cores, memory, processor, and how fast one core of it is next to ours.

    Example: advisor hardware show c7g.large
    """
    from advisor.capacity.hardware_cards import hardware_card, require_known

    require_known(sku)  # a slip of the keyboard is told before this machine is probed
    card = hardware_card(sku, host=_this_machine())
    if as_json:
        _print_json(card)
        return
    say(f"{card['instance_type']}: {card['summary']}")
    for name, value in card["facts"].items():
        say(f"  {name:<28} {'not known' if value is None else value}")
    say("\nIts chips, each figure with its source:")
    for row in card["chips"]:
        say(f"  {row['figure']:<28} {row['value']}   {row['basis']}: {row['source']}")
    say("\nProbes of this machine beside the same figures there:")
    for row in card["features"]:
        here, there = (_or_unknown(row[key]) for key in ("here", "there"))
        say(f"  {row['feature']:<28} here {here}, there {there}")
    say("\nOne physical core next to one of this machine:")
    for name, row in card["speed"].items():
        say(
            f"  {name:<10} {row['ratio']:6.2f} x   80% band {row['low_80']:.2f} to"
            f" {row['high_80']:.2f}   {row['basis']}, {row['relation']}"
        )
    for note in card["notes"]:
        say(f"  note: {note}")


def predict(
    run: Annotated[
        str,
        typer.Argument(
            help="A run's id, or a candidate's name for all its runs.",
            autocompletion=completion.families,
        ),
    ],
    sku: Annotated[
        list[str],
        typer.Option(
            "--sku",
            help="Instance type; may be repeated.",
            metavar="SKU",
            autocompletion=completion.instance_types,
        ),
    ],
    rows: Annotated[int, typer.Option(min=1, help="Rows of one call.")] = 1,
    store: Annotated[
        Path, typer.Option(help="Folder of the runs; a study keeps it beside itself.")
    ] = Path(".advisor"),
    as_json: JsonOption = False,
) -> None:
    """Carry a measured candidate to other machines, factor by factor, with the band.

    Example: advisor hardware predict random_forest --sku c7g.large --sku m6i.large
    """
    from advisor.capacity.hardware_cards import gpu_cards, prediction_cards, require_known
    from advisor.capacity.prediction import predict_candidates
    from advisor.errors import NoRunsError
    from benchmarks.storage.store import RunStore

    kept = RunStore(store).runs() if store.is_dir() else ()
    chosen = [r for r in kept if run in (r.id, r.candidate.name)]
    if not chosen:
        known = sorted({r.candidate.name for r in kept}) or ["none"]
        raise NoRunsError(
            f"no run '{run}' in {store}: it has {', '.join(known)}; "
            "give a run's id or one of these names, and the folder with --store"
        )
    for name in sku:
        require_known(name)
    found = predict_candidates(runs=chosen, instance_types=sku, rows=rows)
    on_gpus = gpu_cards(chosen, sku, rows=rows)
    if as_json:
        cards = [card for one in found.values() for card in prediction_cards(one)]
        _print_json([*cards, *on_gpus])
        return
    for one in found.values():
        _print_prediction(one)
    for card in on_gpus:
        low, high = card["service_80_ms"]
        say(
            f"{card['candidate']} on the {card['gpu']} of {card['instance_type']}:"
            f" {card['service_ms']:.3g} ms ({low:.3g} to {high:.3g})   {card['basis']}:"
            f" {card['note']}"
        )


def _or_unknown(value: float | None) -> str:
    return "not known" if value is None else f"{value:.4g}"


def _this_machine() -> "HardwareProfile":
    """Return this machine, with probes where its processor is not in the table."""
    from advisor.capacity.processors import place_host
    from benchmarks.machine.host import read_host

    host = read_host()
    if place_host(host).exact:
        return host
    from benchmarks.machine.probes import run_single_thread_probes

    say(f"probing this machine: '{host.processor}' is not in the table", err=True)
    return host.replace(probes=run_single_thread_probes(probe_s=0.2))


def _print_prediction(prediction: "Prediction") -> None:
    from advisor.capacity.hardware_cards import prediction_cards

    for card in prediction_cards(prediction):
        say(
            f"{card['candidate']} on {card['instance_type']}, {card['rows']} row(s) a call:"
            f" {card['service_ms']:.3g} ms (80%: {card['service_80_ms'][0]:.3g} to"
            f" {card['service_80_ms'][1]:.3g}, 95%: {card['service_95_ms'][0]:.3g} to"
            f" {card['service_95_ms'][1]:.3g})   {card['basis']}, {card['relation']}"
        )
        for step in card["chain"]:
            say(f"    {step}")
        if card["note"]:
            say(f"    note: {card['note']}")


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, allow_nan=False))
