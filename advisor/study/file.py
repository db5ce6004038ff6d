"""The study's file: YAML to a `Study`, and one clear line about what is wrong with it."""

import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.errors import StudyError
from advisor.files import NO_FILE, near_files
from advisor.study.figures import is_record, record_in
from advisor.study.learnt import in_force, put, read_learnt
from advisor.study.types import Study
from benchmarks.errors import did_you_mean
from pricing.yaml_text import YamlError, load_yaml

EXPLORER_FOLDER = "advisor-studies"
"""Where the explorer keeps the studies that were brought to it, each in a folder of its name."""

MAX_STUDY_BYTES = 1_000_000
"""A study is written by people; anything larger is the wrong file. [B]"""


def load_study(
    path: Path | str, overrides: Iterable[str] = (), *, with_learnt: bool = True
) -> Study:
    """Read a study file, with `key=value` overrides applied on top.

    Args:
        path: the file.
        overrides: changes as `--set` takes them, e.g. `workload.requests_per_s=200`.
        with_learnt: also apply what `learnt.yaml` beside it knows, before the overrides.

    Raises:
        StudyError: one line that names file, key, value and remedy.
        AdvisorError: what was learnt cannot be read.
    """
    raw = _read_yaml(Path(path))
    known = read_learnt(Path(path)) if with_learnt else None
    if known is not None:
        raw = in_force(raw, known, parse_study(raw, where=str(path)))
    return parse_study(raw, where=str(path), overrides=overrides)


def parse_study(raw: Any, *, where: str, overrides: Iterable[str] = ()) -> Study:
    """Validate a study that was read from `where`.

    Raises:
        StudyError: one line that names where, key, value and remedy.
    """
    if not isinstance(raw, Mapping):
        raise StudyError(
            f"{where}: a study is a mapping of keys such as `data:`, found "
            f"{type(raw).__name__}: run 'advisor init' for a commented one"
        )
    document = dict(raw)
    for override in overrides:
        _apply_override(document, override)
    try:
        return Study.model_validate(document)
    except ValidationError as error:
        raise StudyError(f"{where}: {_first_problem(error)}") from None


def _read_yaml(path: Path) -> Any:
    if path.is_dir():
        there = sorted(found.name for found in path.glob("*.y*ml"))
        raise StudyError(
            f"{path}: is a folder; name the study file in it, such as "
            f"{path / (there[0] if there else 'advisor.yaml')}"
        )
    if path.exists() and not path.is_file():
        raise StudyError(f"{path}: {NO_FILE}")
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_STUDY_BYTES:
            raise StudyError(
                f"{path}: {size_bytes:,} bytes is no study file (at most {MAX_STUDY_BYTES:,}): "
                "did you mean to name it under data.path?"
            )
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file: {_near(path)}") from None
    except UnicodeDecodeError:
        raise StudyError(
            f"{path}: not a text file: a study is YAML in UTF-8; did you mean data.path?"
        ) from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error.strerror}") from None
    return _parse_yaml(text, where=str(path))


def parse_study_text(content: bytes, *, where: str) -> Study:
    """Return the study that stands in a text, e.g. one that was uploaded.

    Raises:
        StudyError: one line that names where, key, value and remedy.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise StudyError(f"{where}: not a text file: a study is YAML in UTF-8") from None
    return parse_study(_parse_yaml(text, where=where), where=where)


def _near(path: Path) -> str:
    """Return the studies near a missing one that it may have meant, else how to write it."""
    kept = (path.parent / EXPLORER_FOLDER).glob("*/advisor.yaml")
    found = near_files(path, pattern="*.y*ml", also={p.parent.name: p for p in sorted(kept)})
    named = path if path.suffix else path.with_suffix(".yaml")
    return found or f"run 'advisor init {named}' to write one"


def _parse_yaml(text: str, *, where: str) -> Any:
    try:
        raw = load_yaml(text)
    except YamlError as error:
        raise StudyError(f"{where}: {error}") from None
    if raw is None:
        raise StudyError(f"{where}: is empty: run 'advisor init' for a commented study")
    return raw


def _apply_override(document: dict[str, Any], override: str) -> None:
    """Set one dotted key, e.g. `workload.requests_per_s=50`, in a raw study."""
    dotted, equals, text = override.partition("=")
    keys = dotted.strip().split(".")
    if not equals or not all(keys):
        raise StudyError(
            f"--set {override!r}: write key=value, e.g. --set workload.requests_per_s=50"
        )
    _require_known_key(keys, override)
    try:
        value = load_yaml(text)
    except YamlError:
        raise StudyError(f"--set {override!r}: the value is not valid YAML; quote it") from None
    put(document, ".".join(keys), value)


def _require_known_key(keys: list[str], override: str) -> None:
    model: Any = Study
    for depth, key in enumerate(keys):
        if not is_record(model):
            # Below a free mapping such as team.hours_per_month or cloud.discounts any key goes.
            if depth == len(keys) - 1 and typing.get_origin(model) is dict:
                return
            raise StudyError(f"--set {override!r}: nothing stands below {'.'.join(keys[:depth])}")
        if key not in model.model_fields:
            prefix = "".join(f"{k}." for k in keys[:depth])
            known = [prefix + name for name in model.model_fields]
            raise StudyError(
                f"--set {override!r}: unknown key {prefix + key!r}: "
                f"{did_you_mean(prefix + key, known)}"
            )
        model = record_in(model.model_fields[key].annotation)


def _independent(problems: list[Any]) -> list[Any]:
    """Leave out that a list is too short where an entry that does not fit is why it is."""
    return [
        p
        for p in problems
        if p["type"] != "too_short"
        or all(q["loc"][: len(p["loc"])] != p["loc"] for q in problems if q is not p)
    ]


def _first_problem(error: ValidationError) -> str:
    problems = _independent(error.errors(include_url=False))
    # A candidate that is neither a name nor an import yields one problem per alternative:
    # the one that looks deepest is what the writer meant.
    problem = max(problems, key=lambda p: (p["type"] == "extra_forbidden", len(p["loc"])))
    if not any(p["type"] == "extra_forbidden" for p in problems):
        problem = problems[0]
    location = [str(part) for part in problem["loc"]]
    location = [part for part in location if part not in {"CandidateImport", "[key]"}]
    location = [part for part in location if not part.startswith("constrained-str")]
    dotted = ".".join(location) or "study"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if problem["type"] == "extra_forbidden":
        return f"unknown key {dotted!r}: {did_you_mean(dotted, _sibling_keys(location))}{more}"
    if problem["type"] == "missing":
        return f"{dotted}: is missing; only `data` with a path or source is required{more}"
    message = problem["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    shown = _shown(problem["input"])
    if isinstance(problem["input"], Mapping) or shown in message:
        return f"{dotted}: {message}{more}"
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return f"{dotted}: {shown}: {message}{more}"


def _shown(value: Any) -> str:
    """Return a value as it was written, as far as that can be said."""
    try:
        return repr(value)
    except ValueError:  # more digits than Python is willing to print
        return "a number of thousands of digits"


def _sibling_keys(location: list[str]) -> list[str]:
    model: Any = Study
    prefix: list[str] = []
    for key in location[:-1]:
        field = model.model_fields.get(key) if is_record(model) else None
        if field is None:
            break
        model = record_in(field.annotation)
        prefix.append(key)
    names = list(model.model_fields) if is_record(model) else []
    return [".".join([*prefix, name]) for name in names]
