"""Write the reference pages that follow from the program: commands, study file, JSON schemas.

python scripts/build_reference.py           writes docs/reference/{cli,study,answer}.md, schemas/
python scripts/build_reference.py --check   exits 1 and names the pages that are not up to date
"""

import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

import click
import typer
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
_WRITTEN_BY = "<!-- Written by scripts/build_reference.py (make reference): do not edit. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: path below `docs/reference` -> text."""
    from advisor.recommendation import Recommendation
    from advisor.study.types import Study

    return {
        "cli.md": cli_page(),
        "study.md": study_page(Study),
        "answer.md": answer_page(Recommendation),
        "schemas/study.schema.json": schema_text(Study),
        "schemas/recommendation.schema.json": schema_text(Recommendation),
    }


def cli_page() -> str:
    """Return the page of all commands, as the program itself describes them."""
    from advisor.cli import app

    root = typer.main.get_command(app)
    lines = [
        "# Commands",
        (
            "Results go to stdout, progress and warnings to stderr. Exit codes: 0 an answer, 1 an"
            " error (a wrong option too), 2 nothing is feasible or a gate failed, 3 inconclusive,"
            " 130 stopped by Ctrl-C. Every command takes `--quiet` (`-q`): only the result and"
            " errors. `advisor --install-completion` lets the shell complete commands, studies,"
            " keys of `--set`, candidates, skus and regions."
        ),
    ]
    for name, command in _commands(root, "advisor"):
        lines.append(f"{'#' * min(2 + name.count(' ') - 1, 4)} {name}")
        lines += _command_text(name, command)
    return "\n\n".join([*lines, _WRITTEN_BY])


def _commands(command: Any, name: str) -> list[tuple[str, Any]]:
    """Return a group's commands, and theirs, in the order in which help shows them."""
    found = []
    context = click.Context(command, info_name=name)
    for child_name in command.list_commands(context):
        child = command.get_command(context, child_name)
        if child is None or child.hidden:
            continue
        found.append((f"{name} {child_name}", child))
        if hasattr(child, "list_commands"):
            found += _commands(child, f"{name} {child_name}")
    return found


def _command_text(name: str, command: Any) -> list[str]:
    words = [w for p in command.params for w in _usage_words(p)]
    if hasattr(command, "list_commands"):
        words += ["COMMAND [ARGS]..."]
    usage = " ".join([name, *words])
    lines = [f"```\n{usage}\n```"]
    if command.help:
        lines.append(_help_text(command.help))
    context = click.Context(command, info_name=name)
    rows = [row for p in command.params if (row := _parameter_row(p, context))]
    if rows:
        lines.append("\n".join(["| option | meaning | default |", "|---|---|---|", *rows]))
    return lines


def _usage_words(parameter: Any) -> list[str]:
    if parameter.param_type_name != "argument":
        return []
    word = (parameter.metavar or parameter.name or "").upper()
    word += "..." if parameter.nargs == -1 else ""
    return [word if parameter.required else f"[{word}]"]


def _help_text(text: str) -> str:
    """Keep examples, which the help indents or marks, as code; escape what Markdown would read."""
    blocks = []
    for block in text.replace("\b", "").strip().split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip()]
        text = " ".join(line.strip() for line in lines)
        if text.startswith("Example: "):
            blocks.append(f"Example:\n\n```\n{text.removeprefix('Example: ')}\n```")
        elif lines and all(line.startswith("  ") for line in lines):
            blocks.append("```\n" + "\n".join(line.strip() for line in lines) + "\n```")
        elif lines:
            blocks.append(_escaped(text))
    return "\n\n".join(blocks)


def _parameter_row(parameter: Any, context: Any) -> str | None:
    """Return one row of a command's table, in the words of its own help."""
    if parameter.name in {"help", "quiet"} or getattr(parameter, "hidden", False):
        return None
    record = parameter.get_help_record(context)
    if record is None:
        return None
    names, meaning = record
    meaning, _, default = meaning.partition("[default:")
    default = default.strip().rstrip("]").strip()
    shown = f"`{default}`" if default else ""
    option = names.strip().replace("|", " / ")  # a bar ends the cell, even inside code
    return f"| `{option}` | {_escaped(meaning)} | {shown} |"


def study_page(study: type[BaseModel]) -> str:
    """Return the page of every key of a study: type, default, meaning."""
    lines = [
        "# The study file",
        (
            "One file under version control: the question, in YAML 1.2, where `on` and `10:30` are"
            " words, `010` is ten and no key stands twice. Only `data` is required. A key is"
            " given to `--set` with its dots, as in `--set workload.requests_per_s=200`. The same,"
            " for editors and other programs: [study.schema.json](schemas/study.schema.json)."
        ),
    ]
    return "\n\n".join([*lines, *_sections(study, prefix=""), _WRITTEN_BY])


def answer_page(recommendation: type[BaseModel]) -> str:
    """Return the page of every field of the answer."""
    lines = [
        "# The answer as JSON",
        (
            "What `advisor recommend --json` and `advisor report --format json` print, and what"
            " `advisor.recommend` returns. Reports, explorer and terminal are made from it. Schema:"
            " [recommendation.schema.json](schemas/recommendation.schema.json)."
        ),
    ]
    return "\n\n".join([*lines, *_sections(recommendation, prefix=""), _WRITTEN_BY])


def _sections(model: type[BaseModel], *, prefix: str) -> list[str]:
    """Return a table per record, and the tables of the records inside it."""
    rows, inner = [], []
    for key, field in model.model_fields.items():
        name = f"{prefix}{key}"
        rows.append(
            f"| `{name}` | {_escaped(_type_text(field.annotation))} | {_default_text(field)}"
            f" | {_escaped(field.description or '')} |"
        )
        for record, is_many in _records_in(field.annotation):
            inner += _sections(record, prefix=f"{name}{'[]' if is_many else ''}.")
    title = [f"## `{prefix.rstrip('.')}`"] if prefix else []
    about = [_escaped(" ".join((model.__doc__ or "").split()))]
    table = "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows])
    return [*title, *about, table, *inner]


def _records_in(annotation: Any, *, is_many: bool = False) -> list[tuple[type[BaseModel], bool]]:
    origin = typing.get_origin(annotation)
    if origin is None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return [(annotation, is_many)]
        return []
    if origin is typing.Annotated:
        return _records_in(typing.get_args(annotation)[0], is_many=is_many)
    many = is_many or (origin not in (typing.Union, types.UnionType))
    found: list[tuple[type[BaseModel], bool]] = []
    for part in typing.get_args(annotation):
        found += [r for r in _records_in(part, is_many=many) if r not in found]
    return found


def _type_text(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_text(parts[0])
    if origin is typing.Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_text(part) for part in parts)
    if origin is tuple:
        is_list = len(parts) == 2 and parts[1] is Ellipsis
        inside = parts[:1] if is_list else parts
        names = ", ".join(dict.fromkeys(_type_text(part) for part in inside))
        return f"list of {names}" if is_list else f"{len(inside)} of {names}"
    if origin is not None:
        return f"{_type_text(origin)} of {', '.join(_type_text(part) for part in parts)}"
    names = {"str": "text", "float": "number", "int": "whole number", "bool": "true or false"}
    names |= {"NoneType": "null", "dict": "map", "date": "date"}
    name = getattr(annotation, "__name__", str(annotation))
    is_record = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return "section" if is_record else names.get(name, name)


def _default_text(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple | dict) and (not value or len(str(value)) > 80):
        return "empty" if not value else "see `advisor init`"
    return f"`{json.dumps(value, default=str)}`"


def schema_text(model: type[BaseModel]) -> str:
    """Return a JSON schema as text that does not change between runs."""
    return json.dumps(model.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def _escaped(text: str) -> str:
    """Return text that a Markdown table shows as it is."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text.replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[")


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are not up to date."""
    stale = []
    for name, text in pages().items():
        path = REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"not up to date: {', '.join(stale)}: run make reference", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
