"""`advisor app`: the explorer in the browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import completion
from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.views.permissions import Permissions


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="app")(explore)


def explore(
    study: Annotated[
        Path | None,
        typer.Argument(
            help="Study file; the embedded example by default.", autocompletion=completion.studies
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="For showing: no uploads, no measuring.")
    ] = False,
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code",
            help="Let uploaded studies name models in files that stand in their own folder.",
        ),
    ] = False,
    address: Annotated[
        str, typer.Option(help="Address to listen on; other machines reach any but localhost.")
    ] = "localhost",
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name of this server besides localhost, as a proxy calls it."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print address and study as JSON, then serve.")
    ] = False,
) -> None:
    """Open the explorer in the browser.

    The printed address holds a key: whoever has it can do on this machine what the page can do.
    ADVISOR_TOKEN sets the key. See docs/how-to/share-with-a-team.md.

    Example: advisor app advisor.yaml --port 8600
    """
    import json
    import os
    import sys

    from advisor.errors import AdvisorError
    from advisor.views.lock import TOKEN, new_token
    from advisor.views.permissions import Permissions, allow
    from advisor.views.server import listen, open_browser, serve, token_of_the_user

    if read_only and allow_code:
        raise AdvisorError("--allow-code: nothing can be uploaded with --read-only: choose one")
    if study is not None:
        from advisor.study.file import load_study

        load_study(study)  # a wrong study is said here, not in the browser
        os.environ["ADVISOR_STUDY"] = str(study.resolve())
    token = token_of_the_user() or new_token()
    sockets = listen(address, port)
    where = f"http://localhost:{sockets[0].getsockname()[1]}/?{TOKEN}={token}"
    given = Permissions(upload=not read_only, measure=not read_only, run_code=allow_code)
    allow(given)
    if as_json:
        say(json.dumps({"address": where, "study": str(study) if study else None}))
    else:
        say(where)
        say(_told(given, address), err=True)
    sys.stdout.flush()
    opener = open_browser(where) if browser else None
    try:
        serve(page_path(), sockets=sockets, token=token, names=host or ())
    finally:
        if opener is not None:
            opener.unlink(missing_ok=True)


def _told(given: "Permissions", address: str) -> str:
    """Say in a line who can do what."""
    who = "this machine" if address == "localhost" else "any machine that reaches it"
    can = "look, bring data and measure here" if given.upload else "look"
    return f"Whoever has this address can {can}, from {who}. Ctrl-C stops it."


def page_path() -> Path:
    """Return the explorer's page: in the wheel beside the package, in a checkout above it."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "app.py"
    return installed if installed.exists() else package.parent / "app.py"
