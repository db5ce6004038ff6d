"""The command line: one Typer app, a file per command group, heavy imports inside the commands.

Exit codes: 0 an answer, 1 an error (a wrong option too), 2 nothing is feasible or a gate failed,
3 inconclusive. Results go to stdout; progress, warnings and errors to stderr.
"""

import errno
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import typer

from advisor.cli import (
    bench,
    bill,
    cadence,
    data,
    demo,
    deploy,
    doctor,
    experiments,
    explorer,
    fleet,
    hardware,
    init,
    loadtest,
    prices,
    probe,
    recommend,
    reconcile,
    record,
    remote,
    runs,
    traffic,
    whatif,
)
from advisor.cli.console import fit_surroundings, harmless
from advisor.cli.help_texts import Stopped, TeachingGroup, TeachingTyper

DEBUG = "ADVISOR_DEBUG"
"""Environment variable that shows the traceback of what nobody foresaw."""

MOST_SAID = 300
FULL = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG})
"""What an output says that takes no more."""

EXPECTED_ERRORS = {"AdvisorError", "PricingError", "BenchmarkError"}
"""Base classes whose message is for people; known by name, so that none has to be imported."""


class _Advisor(TeachingGroup):
    """The program: its commands in the order in which they are needed."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Start": ("demo", "init", "data", "doctor"),
        "Measure": ("bench", "loadtest", "probe", "runs", "remote"),
        "Decide": ("recommend", "report", "deploy", "explain", "sweep", "gate", "fleet", "app"),
        "Plan": ("cadence", "experiments", "hardware", "traffic"),
        "Prices": ("prices", "bill", "reconcile", "record"),
    }


app = TeachingTyper(
    name="advisor",
    cls=_Advisor,
    help="Measure your models, price every way to run them on AWS, and decide with the error shown."
    "\n\nStart with 'advisor demo', or 'advisor init' for a study of your own. Results go to "
    "stdout, progress and warnings to stderr. Exit codes: 0 an answer, 1 an error, 2 nothing is "
    "feasible or a gate failed, 3 inconclusive."
    "\n\nExample: advisor recommend advisor.yaml --set workload.requests_per_s=200",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Say the version; every command has its own options."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"advisor {installed('model-deployment-advisor')}")
        raise typer.Exit


for group in (
    demo,
    init,
    data,
    bench,
    recommend,
    deploy,
    whatif,
    explorer,
    fleet,
    cadence,
    experiments,
    hardware,
    runs,
    remote,
    prices,
    bill,
    reconcile,
    record,
    traffic,
    loadtest,
    doctor,
    probe,
):
    group.add(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    fit_surroundings()
    try:
        code = app(args=arguments, prog_name="advisor", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        print("advisor: stopped before anything was written", file=sys.stderr)
        return 130
    except (Stopped, KeyboardInterrupt):
        print("\nadvisor: stopped; what was finished is kept", file=sys.stderr)
        return 130
    except SystemExit:
        return 0  # how Rich ends the program when the reader of our output went away
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: not an error of ours.
        sys.stderr.close()
        return 0
    except OSError as error:
        if os.environ.get(DEBUG):
            raise
        _show_system_error(error)
        return 1
    except Exception as error:
        if os.environ.get(DEBUG) and not (_is_usage_error(error) or _is_expected(error)):
            raise
        _show_error(error)
        return 1
    return code if isinstance(code, int) else 0


def _show_system_error(error: OSError) -> None:
    """Say which file the system refused; an output that takes no more is given up."""
    if error.errno in FULL and error.filename is None:
        print(f"advisor: the output cannot be written: {error.strerror}", file=sys.stderr)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - nothing more can be written
        return
    named = f"{error.filename}: " if error.filename is not None else ""
    print(f"advisor: {_one_line(f'{named}{error.strerror or error}')}", file=sys.stderr)


def _show_error(error: Exception) -> None:
    if _is_usage_error(error):
        _show_usage_error(error)
        return
    said = str(error) if _is_expected(error) else _unforeseen(error)
    print(f"advisor: {_one_line(said)}", file=sys.stderr)


def _unforeseen(error: Exception) -> str:
    """Say in one line what no part of the program expected, with the files it was asked about."""
    named = [word for word in sys.argv[1:] if not word.startswith("-") and os.path.exists(word)]  # noqa: PTH110
    where = f"{', '.join(named)}: " if named else ""
    kind = "too little memory" if isinstance(error, MemoryError) else type(error).__name__
    said = str(error)[:MOST_SAID] or "no words"
    return (
        f"{where}unforeseen: {kind} ({said}): please report it, with what {DEBUG}=1 prints, or "
        "check the file"
    )


def _is_usage_error(error: Exception) -> bool:
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


def _show_usage_error(error: Any) -> None:
    """Say what was typed wrong in one line; a group that was called alone shows its help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    words = re.sub(r"(:) Value error, ", r"\1 ", error.format_message())
    if " is not one of " in words:
        from benchmarks.errors import did_you_mean

        typed, *choices = re.findall(r"'([^']+)'", words.partition(": ")[2])
        words = f"{words.rstrip('.')}: {did_you_mean(typed, choices)}"
    where = error.ctx.command_path if error.ctx else "advisor"
    end = "" if words.endswith((".", "?")) else "."
    print(f"advisor: {_one_line(words)}{end} See '{where} --help'.", file=sys.stderr)


def _is_expected(error: Exception) -> bool:
    return any(kind.__name__ in EXPECTED_ERRORS for kind in type(error).__mro__)


def _one_line(message: str) -> str:
    """Keep what came from a file from moving the cursor or hiding text."""
    return harmless(message.replace("\n", " "))
