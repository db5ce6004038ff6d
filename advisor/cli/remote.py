"""`advisor remote`: measure where it will run, with a cap, and leave nothing behind."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from advisor.cli.console import say
from advisor.cli.help_texts import new_group
from advisor.cli.recommend import On, Overrides, Store, StudyPath, day_of
from advisor.cli.remote_words import (
    print_entries,
    print_outcomes,
    print_plan,
    print_swept,
    told_change,
)

if TYPE_CHECKING:
    from benchmarks.remote.campaign import Campaign, Choice, Outcome
    from benchmarks.remote.cloud import Cloud
    from benchmarks.remote.job import Job
    from benchmarks.remote.ledger import Ledger

LEFT = 1
"""Exit code where something may have been left."""

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


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "Measure on the machines that the answer hesitates between, with a spending cap; each ends "
        "by itself, and the results come into the study's store."
        "\n\nExample: advisor remote run advisor.yaml --on ml.c7i.large --cap-usd 2 "
        "--bucket my-bucket"
    )
    for command in (plan, run, sweep, policy):
        group.command()(command)
    group.command("list")(list_runs)
    app.add_typer(group, name="remote")


def plan(
    study: StudyPath,
    minutes: Minutes = 30,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
) -> None:
    """Say which machines are worth measuring, at most and likely for how much; nothing is called.

    What knowing a machine's speed is worth is what deciding with it would save, on average over
    what it may turn out to be. A machine that was measured is left out.

    Example: advisor remote plan advisor.yaml --json
    """
    from advisor.cli.console import doing
    from advisor.measuring import plan_of
    from advisor.recommend import load_evidence, market_on, prepare
    from advisor.study.file import load_study

    asked = load_study(study, overrides or [])
    evidence = load_evidence(study, asked, store=store)
    with doing("pricing every option, a few seconds"):
        runs = plan_of(prepare(asked, evidence, market_on(day_of(on))), ttl_s=minutes * 60)
    if as_json:
        typer.echo(json.dumps({"runs": [run.model_dump() for run in runs]}, indent=2))
        return
    print_plan(runs, study=study, months=asked.horizon_months)


def run(
    study: StudyPath,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--on",
            metavar="MACHINE",
            help="ml.c7i.large (processing job), c8g.large (EC2), ssh:me@box, or TARGET:SKU; "
            "may be repeated.",
        ),
    ] = None,
    cap_usd: Annotated[
        float, typer.Option("--cap-usd", min=0, help="What all of it may cost together. [USD]")
    ] = 2.0,
    minutes: Minutes = 30,
    preset: Annotated[
        Literal["fast", "standard", "rigorous"],
        typer.Option(help="As for 'advisor bench': the one that your other runs have."),
    ] = "standard",
    candidate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this candidate; may be repeated."),
    ] = None,
    load_test: Annotated[
        bool, typer.Option("--load-test", help="Serve each --candidate there and load it, too.")
    ] = False,
    spot: Annotated[bool, typer.Option("--spot", help="Ask for spare capacity.")] = False,
    region: Region = "us-east-1",
    bucket: Bucket = None,
    image: Annotated[
        str | None, typer.Option(envvar="ADVISOR_IMAGE", help="The harness's image, in ECR.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(envvar="ADVISOR_ROLE", help="Role of processing jobs and tasks, its ARN."),
    ] = None,
    instance_profile: Annotated[
        str | None,
        typer.Option(envvar="ADVISOR_INSTANCE_PROFILE", help="Profile of EC2 instances."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What a target takes besides: subnet, zone, ami, queue, cluster, folder, "
            "reaper_role; may be repeated.",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="s3://...", help="Go on with a run that was left, from anywhere."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before renting.")] = False,
    store: Store = None,
    on: Annotated[
        str | None, typer.Option("--prices-on", help="Day whose prices apply; today by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcomes as JSON.")] = False,
) -> None:
    """Measure the study on machines that are rented for it, and merge what they measured.

    What dead runs of this machine left is taken down first. A machine is started only while all
    that was spent and all that may still be spent stay below the cap. Results come home as they
    are finished. Ctrl-C asks what to do with what runs. Exits 1 where something was left.

    Example: advisor remote run advisor.yaml --on ml.c7i.large --on c8g.large --cap-usd 2
    """
    from advisor.evidence import store_path

    used = _campaign(store or store_path(study))
    if resume is not None:
        _sweep_first(used, keep=resume.rstrip("/").rpartition("/")[2], region=region)
        outcomes = used.resume(resume.rstrip("/"), region=region)
    else:
        jobs = _jobs(
            study,
            where or [],
            minutes=minutes,
            region=region,
            bucket=bucket,
            store=store or store_path(study),
            day=on,
            spot=spot,
            commands=_commands(study, preset, candidate or [], load_test=load_test),
            settings={
                "image": image or "",
                "role": role or "",
                "instance_profile": instance_profile or "",
                **_pairs(setting or []),
            },
        )
        _ask(jobs, cap_usd=cap_usd, minutes=minutes, yes=yes)
        _sweep_first(used, keep="", region=region if bucket else None)
        before = "" if as_json else told_change(study, store=store, on=on)
        outcomes = used.run(jobs, cap_usd=cap_usd, study_folder=study.resolve().parent)
        if not as_json:
            after = told_change(study, store=store, on=on)
            for line in (before and f"Before: {before}", after and f"Now:    {after}"):
                say(line or "", err=True)
    _report(outcomes, as_json=as_json)
    if any(outcome.end == "left" and outcome.problem for outcome in outcomes):
        raise typer.Exit(LEFT)
    if outcomes and not any(outcome.end == "measured" for outcome in outcomes):
        raise typer.Exit(LEFT)


def list_runs(
    region: Region = "us-east-1",
    bucket: Bucket = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List what was started, what it may come to, and what came of it.

    Reads this machine's ledger and, with --bucket, what other machines left in the bucket.

    Example: advisor remote list --bucket my-bucket
    """
    from benchmarks.remote.ledger import Ledger
    from benchmarks.remote.places import place_at

    entries = list(Ledger().entries().values())
    folders = []
    if bucket:
        root = f"s3://{bucket}/advisor-remote"
        names = place_at(root, _cloud(region)).names()
        found = {name.split("/", 1)[0] for name in names if name.endswith("/campaign.json")}
        folders = [f"{root}/{name}" for name in sorted(found)]
    if as_json:
        rows = [
            {
                "run_id": e.job.run_id,
                "target": e.job.target,
                "sku": e.job.sku,
                "region": e.job.region,
                "state": "orphan" if e.is_orphan else e.state,
                "worst_usd": e.job.worst_usd,
                "usd": e.usd if e.state == "closed" else None,
                "expires_at": e.job.expires_at.isoformat(),
                "folder": e.job.folder,
            }
            for e in entries
        ]
        typer.echo(json.dumps({"runs": rows, "campaigns": folders}, indent=2))
        return
    print_entries(entries, folders)


def sweep(
    region: Annotated[
        list[str] | None,
        typer.Option(help="Region to look in; may be repeated. Those of the ledger besides."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Take down what dead runs of this machine left, and all of ours past its time.

    Looks at this machine's ledger, and in the account at everything with our prefix and our tag,
    from whatever machine: jobs, instances, tasks, endpoints, configurations, models, schedules.
    Exits 1 where something is refused, with the command that does it.

    Example: advisor remote sweep --region us-east-1
    """
    from benchmarks.remote import TARGETS
    from benchmarks.remote.ledger import Ledger
    from benchmarks.remote.sweep import sweep as sweep_all

    done = sweep_all(Ledger(), TARGETS, cloud_of=_cloud, regions=region or [])
    if as_json:
        typer.echo(json.dumps({"ended": done.ended, "refused": done.refused}, indent=2))
    else:
        print_swept(done)
    if done.refused:
        raise typer.Exit(LEFT)


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


# How it is done -----------------------------------------------------------------------------------


def _cloud(region: str) -> "Cloud":
    from benchmarks.remote.cloud import Cloud

    return _CLOUDS.setdefault(region, Cloud(region))


_CLOUDS: "dict[str, Cloud]" = {}


def _campaign(store: Path) -> "Campaign":
    from benchmarks.remote import TARGETS
    from benchmarks.remote.campaign import Campaign
    from benchmarks.remote.ledger import Ledger

    return Campaign(
        ledger=Ledger(),
        targets=TARGETS,
        cloud_of=_cloud,
        store=store,
        tell=lambda line: say(line, err=True),
        on_interrupt=_ask_what_to_do,
    )


def _jobs(
    study: Path,
    where: Sequence[str],
    *,
    minutes: int,
    region: str,
    bucket: str | None,
    store: Path,
    day: str | None,
    spot: bool,
    commands: Sequence[Sequence[str]],
    settings: dict[str, str],
) -> "tuple[Job, ...]":
    from advisor.errors import AdvisorError
    from advisor.measuring import jobs_of
    from advisor.study.file import load_study
    from pricing.tables import load_book

    if not where:
        raise AdvisorError(
            f"--on is missing: name machines, or see which are worth it: 'advisor remote plan "
            f"{study}'"
        )
    data = load_study(study).data.path
    if data is not None:
        path = (study.resolve().parent / Path(data).expanduser()).resolve()
        if not path.is_relative_to(study.resolve().parent):
            raise AdvisorError(
                f"{study}: data.path {data} lies outside its folder, so that it would not travel: "
                "put a copy beside the study"
            )
    return jobs_of(
        where,
        book=load_book(),
        on=day_of(day),
        region=region,
        ttl_s=minutes * 60,
        bucket=bucket,
        store=store.resolve(),
        study=study.name,
        commands=commands,
        settings=settings,
        spot=spot,
    )


def _commands(
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


def _pairs(given: Sequence[str]) -> dict[str, str]:
    from advisor.errors import AdvisorError

    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise AdvisorError(f"--setting {text!r}: write NAME=VALUE, e.g. subnet=subnet-0abc")
        found[name.replace("-", "_")] = value
    return found


def _ask(jobs: "Sequence[Job]", *, cap_usd: float, minutes: int, yes: bool) -> None:
    """Say what it may come to, and ask where somebody can answer."""
    from advisor import defaults

    for job in jobs:
        likely = job.usd_per_hour * min(minutes * 60, defaults.MEASURING_S.value) / 3600
        say(
            f"{job.sku} ({job.target}, {job.region}): at most {job.worst_usd:.2f} USD, likely "
            f"{likely * job.shares:.2f}",
            err=True,
        )
    worst = min(cap_usd, sum(job.worst_usd for job in jobs))
    if worst and not yes and sys.stdin.isatty():
        typer.confirm(f"Rent them, for at most {worst:.2f} USD together?", abort=True, err=True)


def _ask_what_to_do(jobs: "Sequence[Job]") -> "Choice":
    """Ask at Ctrl-C; where nobody can answer, everything is taken down."""
    if not sys.stdin.isatty():
        return "stop"
    names = ", ".join(job.sku for job in jobs)
    words = f"\n{names} run(s). [s]top and take down, [k]eep running, [c]ontinue watching"
    try:
        answer = typer.prompt(words, default="s", err=True).strip().lower()[:1]
    except (KeyboardInterrupt, typer.Abort):
        return "stop"
    if answer == "k" and jobs:
        say(f"Go on from any machine: --resume {jobs[0].folder}", err=True)
    return {"k": "keep", "c": "go on"}.get(answer, "stop")  # type: ignore[return-value]


def _sweep_first(used: "Campaign", *, keep: str, region: str | None) -> None:
    from benchmarks.remote.sweep import sweep as sweep_all

    ledger: Ledger = used.ledger
    done = sweep_all(
        ledger,
        used.targets,
        cloud_of=_cloud,
        regions=[region] if region else [],
        keep=keep,
    )
    if done.ended or done.refused:
        print_swept(done)
    for line in done.not_looked:
        say(f"not swept: {line}", err=True)


def _report(outcomes: "Sequence[Outcome]", *, as_json: bool) -> None:
    if not as_json:
        print_outcomes(outcomes)
        return
    rows = [
        {
            "run_id": one.job.run_id,
            "target": one.job.target,
            "sku": one.job.sku,
            "end": one.end,
            "usd": one.usd,
            "worst_usd": one.job.worst_usd,
            "added": one.added,
            "problem": one.problem,
        }
        for one in outcomes
    ]
    typer.echo(json.dumps({"runs": rows}, indent=2))
