"""`advisor deploy`: the answer as files that a team checks in and deploys."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.recommend import On, Overrides, Store

EXITS = {"pass": 0, "fail": 2, "inconclusive": 3}


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(deploy)


def deploy(
    words: Annotated[
        list[Path],
        typer.Argument(
            metavar="STUDY | diff STUDY FOLDER",
            help="Study file; or `diff`, a study file, and the folder that was written for it.",
            autocompletion=completion.studies,
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write.")
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(
            help="Another way to run it than the chosen one.",
            autocompletion=completion.platforms,
        ),
    ] = None,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Write the answer as a CloudFormation template with all that belongs to it.

    Nothing is deployed: the folder is for version control, and its README tells the three commands
    that deploy it. Exits 2 when nothing is feasible.

    'advisor deploy diff STUDY FOLDER' says what of a checked-in folder no longer follows the
    answer, for pull requests: 0 where it follows, 2 where it does not, 3 where the answer is
    another one but the two are too close to call.

    Example: advisor deploy advisor.yaml -o deploy
    """
    from advisor.errors import AdvisorError

    _require_platform(platform)
    asked = {"overrides": overrides or [], "store": store, "on": on}
    if str(words[0]) == "diff":
        if len(words) != 3 or output is not None:
            raise AdvisorError(
                "deploy diff: takes a study and a folder, 'advisor deploy diff advisor.yaml deploy'"
            )
        _diff(words[1], words[2], asked, platform=platform, as_json=as_json)
    if len(words) != 1:
        raise AdvisorError(f"deploy: one study at a time, not also {str(words[1])!r}")
    if output is None:
        raise AdvisorError("deploy: name the folder to write, e.g. -o deploy")
    _write(words[0], output, asked, platform=platform, as_json=as_json)


def _write(
    study: Path, output: Path, asked: dict[str, Any], *, platform: str | None, as_json: bool
) -> None:
    import json

    from advisor.cli.recommend import NOTHING_FEASIBLE, answer_of
    from advisor.deploy.deployment import deployment_of
    from advisor.deploy.files import deployment_files
    from advisor.deploy.folder import write_folder
    from advisor.study.file import load_study

    question = load_study(study, asked["overrides"])
    answer = answer_of(study, **asked, what_if=False)
    if answer.best is None:
        say(answer.verdict, err=True)
        raise typer.Exit(NOTHING_FEASIBLE)
    chosen = deployment_of(question, answer, platform)
    files = deployment_files(chosen)
    write_folder(output, files)
    told = {
        "folder": str(output),
        "files": sorted(files),
        "option": chosen.option.name,
        "platform": chosen.option.platform,
        "aws_usd_per_month": chosen.predicted_usd,
        "budget_usd": chosen.budget_usd,
    }
    if as_json:
        say(json.dumps(told))
        return
    say(f"Wrote {output}: {', '.join(sorted(files))}.")
    say(
        f"{chosen.option.name}: AWS is predicted to bill {chosen.predicted_usd:,.2f} USD a month; "
        f"the budget rings at {chosen.budget_usd:,.2f}.",
        err=True,
    )


def _diff(
    study: Path, folder: Path, asked: dict[str, Any], *, platform: str | None, as_json: bool
) -> NoReturn:
    import json

    from advisor.cli.recommend import answer_of
    from advisor.deploy.diff import deployment_difference
    from advisor.study.file import load_study

    question = load_study(study, asked["overrides"])
    answer = answer_of(study, **asked, what_if=False)
    found = deployment_difference(question, answer, folder, platform=platform)
    if as_json:
        say(json.dumps(found._asdict()))
    else:
        words = {"pass": "follows the answer", "fail": "no longer follows the answer"}
        say(f"{found.outcome}: {folder} {words.get(found.outcome, 'may no longer follow it')}")
        for line in found.lines:
            say(f"- {line}")
    raise typer.Exit(EXITS[found.outcome])


def _require_platform(name: str | None) -> None:
    from advisor.errors import AdvisorError
    from advisor.study.types import PLATFORM_NAMES
    from benchmarks.errors import did_you_mean

    if name is not None and name not in PLATFORM_NAMES:
        raise AdvisorError(f"--platform {name!r}: {did_you_mean(name, PLATFORM_NAMES)}")
