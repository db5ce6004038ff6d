"""Help that teaches: whole sentences in lists of commands, examples that can be copied.

Every command of the program is registered through `TeachingTyper`: its help keeps an example in one
piece at any width, `--quiet` leaves the result and errors alone, and Ctrl-C ends in one line.
"""

import contextlib
import difflib
import functools
import inspect
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Only the result and errors: no progress, no warnings."),
]

EXAMPLE = "Example: "
MARGIN = 4
"""Columns that an example is set in by."""


class Stopped(Exception):
    """Ctrl-C was pressed while a command ran."""


class TeachingTyper(typer.Typer):
    """A Typer app whose commands are shown and stopped in the way of this program."""

    def command(self, *words: Any, **settings: Any) -> Any:
        """Register a command with `--quiet` and copyable examples."""
        register = super().command(*words, **({"cls": TeachingCommand} | settings))
        return lambda function: register(_with_quiet(function))


def new_group(about: str, *, cls: type[TyperGroup] | None = None, **settings: Any) -> TeachingTyper:
    """Return a group of commands; without one of them it shows its help."""
    settings = {"no_args_is_help": True} | settings
    return TeachingTyper(help=about, cls=cls or TeachingGroup, rich_markup_mode=None, **settings)


class TeachingCommand(TyperCommand):
    """A command whose help shows its words as people write them."""

    def __init__(self, *words: Any, **settings: Any) -> None:
        super().__init__(*words, **settings)
        for parameter in self.params:
            if parameter.param_type_name == "argument" and parameter.metavar is None:
                parameter.metavar = str(parameter.name).upper()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line: what is required stands without braces."""
        pieces = super().collect_usage_pieces(ctx)
        return [re.sub(r"^\{(.*)\}(\.*)$", r"\1\2", word) for word in pieces]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's
        """Write the paragraphs of the help, examples in one piece."""
        write_paragraphs(self.help or "", formatter)


class TeachingGroup(TyperGroup):
    """A group whose list of commands has whole sentences, under titles where it has them."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Titles and the commands under them, in the order of the help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in the order of the help."""
        placed = [name for names in self.sections.values() for name in names]
        names = list(super().list_commands(ctx))
        return [n for n in placed if n in names] + [n for n in names if n not in placed]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's
        """Write the paragraphs of the help, examples in one piece."""
        write_paragraphs(self.help or "", formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, uncut."""
        names = self.list_commands(ctx)
        widest = max(len(name) for name in names)
        titles = self.sections or {"Commands": tuple(names)}
        for title, placed in titles.items():
            rows = [(f"{name:<{widest}}", _first_sentence(self.commands[name])) for name in placed]
            with formatter.section(title):
                formatter.write_dl(rows)


class DefaultedGroup(TeachingGroup):
    """A group in which what is no command of its own is the first word of the usual one."""

    usual: ClassVar[str] = ""
    """The command that is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the usual command first, unless a command was meant and misspelt."""
        if not args and not self.no_args_is_help:
            args = [self.usual]
        elif args and args[0] not in {*self.commands, "-h", "--help"}:
            args = args if self._misspelt(args[0]) else [self.usual, *args]
        return list(super().parse_args(ctx, args))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer the commands, and what the usual one takes first."""
        first = self.commands[self.usual].params[0]
        return [*super().shell_complete(ctx, incomplete), *first.shell_complete(ctx, incomplete)]

    def _misspelt(self, word: str) -> bool:
        is_word = word.isalpha() and not Path(word).exists()
        return is_word and bool(difflib.get_close_matches(word, self.commands, cutoff=0.7))


def _first_sentence(command: Any) -> str:
    text = " ".join((command.help or "").partition("\n\n")[0].split())
    return text.partition(". ")[0].removesuffix(".") + "."


def write_paragraphs(text: str, formatter: Any) -> None:
    """Write a help text: paragraphs wrapped, an example in pieces that a shell takes together."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        words = " ".join(paragraph.split())
        formatter.write_paragraph()
        if not words.startswith(EXAMPLE):
            with formatter.indentation():
                formatter.write_text(words)
            continue
        lines = shell_lines(words.removeprefix(EXAMPLE), width=formatter.width - MARGIN)
        formatter.write("  Example:\n")
        formatter.write("".join(f"{' ' * MARGIN}{line}\n" for line in lines))


def shell_lines(command: str, *, width: int) -> list[str]:
    r"""Break a command between its options, each line but the last ending in a backslash.

    Example:
        >>> shell_lines("advisor report s.yaml --format md -o out.md", width=34)
        ['advisor report s.yaml \\', '  --format md -o out.md']
    """
    lines: list[str] = []
    for part in re.split(r" (?=--?[a-z])", command):
        if lines and len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}" if lines else part)
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _with_quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command with the option `--quiet`, and with one end for Ctrl-C."""

    @functools.wraps(function)
    def command(*words: Any, quiet: bool = False, **options: Any) -> Any:
        try:
            with _hushed(quiet):
                return function(*words, **options)
        except KeyboardInterrupt:
            raise Stopped from None

    said = inspect.signature(function)
    option = inspect.Parameter(
        "quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet
    )
    whole = said.replace(parameters=[*said.parameters.values(), option])
    command.__signature__ = whole  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "quiet": Quiet}
    return command


@contextlib.contextmanager
def _hushed(quiet: bool) -> Iterator[None]:
    """Drop what is written to stderr; an error leaves as an exception and is told after."""
    if not quiet:
        yield
        return
    with contextlib.redirect_stderr(_Nowhere()):
        yield


class _Nowhere(io.TextIOBase):
    """A file that forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True
