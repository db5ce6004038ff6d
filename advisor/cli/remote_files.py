"""`advisor remote policy` and `template`: what is printed for other programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from advisor.cli.recommend import StudyPath, day_of

Region = Annotated[
    str,
    typer.Option(envvar="AWS_DEFAULT_REGION", help="Region in which machines are rented."),
]
Bucket = Annotated[
    str | None,
    typer.Option(envvar="ADVISOR_BUCKET", help="Bucket that study and results go through."),
]
Minutes = Annotated[
    int, typer.Option(min=2, max=720, help="A machine ends by itself after that long.")
]


def add(group: typer.Typer) -> None:
    """Register the commands."""
    for command in (policy, template):
        group.command()(command)


def policy(
    bucket: Annotated[str, typer.Option(envvar="ADVISOR_BUCKET", help="Name of the bucket.")],
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="TARGET", help="Only what this target takes; may be repeated."),
    ] = None,
    machine: Annotated[
        bool, typer.Option("--machine", help="The rights of the machine that measures.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, as it is anyway.")] = False,
) -> None:
    """Print the least rights as a policy document, JSON.

    Example: advisor remote policy --bucket my-bucket --target ec2
    """
    del as_json  # a policy is JSON
    from benchmarks.errors import did_you_mean
    from benchmarks.remote import TARGETS
    from benchmarks.remote.errors import RemoteError
    from benchmarks.remote.policy import least_policy, machine_policy

    for name in target or []:
        if name not in TARGETS:
            raise RemoteError(f"--target {name}: {did_you_mean(name, TARGETS)}")
    found = (
        machine_policy(bucket=bucket)
        if machine
        else least_policy([TARGETS[name] for name in target or TARGETS], bucket=bucket)
    )
    typer.echo(json.dumps(found, indent=2))


def template(
    study: StudyPath,
    node_type: Annotated[str, typer.Option("--on", help="Instance type of the nodes.")],
    image: Annotated[
        str, typer.Option(envvar="ADVISOR_IMAGE", help="The harness's image, in a registry.")
    ],
    claim: Annotated[
        str, typer.Option(help="Volume claim that holds the study's folder.")
    ] = "advisor-study",
    preset: Annotated[
        Literal["fast", "standard", "rigorous"], typer.Option(help="As for 'advisor bench'.")
    ] = "standard",
    minutes: Minutes = 30,
    region: Region = "us-east-1",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print a Kubernetes job that measures the study and ends by itself, for 'kubectl apply -f -'.

    The study's folder is on a volume; 'kubectl cp' brings its .advisor folder back for
    'advisor runs merge'.

    Example: advisor remote template advisor.yaml --on c7i.large --image my/advisor-bench
    """
    from advisor.measuring import rate_usd_per_hour
    from advisor.study.file import load_study
    from benchmarks.remote.job import new_campaign
    from benchmarks.remote.kubernetes import job_of, manifest
    from pricing.tables import load_book

    load_study(study)
    usd = rate_usd_per_hour(
        load_book(), target="ec2", sku=node_type, region=region, on=day_of(None)
    )
    found = job_of(
        name=new_campaign(),
        image=image,
        claim=claim,
        commands=commands_of(study, preset, [], load_test=False),
        ttl_s=minutes * 60,
        node_type=node_type,
        region=region,
        usd_per_hour=usd,
    )
    typer.echo(json.dumps(found, indent=2) if as_json else manifest(found), nl=as_json)


def commands_of(
    study: Path, preset: str, candidates: Sequence[str], *, load_test: bool
) -> list[list[str]]:
    """Return the arguments of `advisor` that the machine runs, one command a candidate named."""
    from advisor.errors import AdvisorError

    if load_test and not candidates:
        raise AdvisorError("--load-test needs --candidate: the one to serve")
    bench = ["bench", study.name, "--preset", preset, "--device", "all"]
    found = [[*bench, "--candidate", name] for name in candidates] or [bench]
    if load_test:
        found += [["loadtest", study.name, "--candidate", name] for name in candidates]
    return found
