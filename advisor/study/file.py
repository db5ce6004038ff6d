"""The study's file: YAML to a `Study`, and one clear line about what is wrong with it."""

import re
import typing
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from advisor.errors import StudyError
from advisor.files import near_files
from advisor.study.types import Study
from benchmarks.errors import did_you_mean

EXPLORER_FOLDER = "advisor-studies"
"""Where the explorer keeps the studies that were brought to it, each in a folder of its name."""

MAX_STUDY_BYTES = 1_000_000
"""A study is written by people; anything larger is the wrong file. [B]"""


MAX_STUDY_VALUES = 200_000
"""Values of a study once every alias of YAML is written out: ten short ones can make billions."""


def study_keys(record: type[BaseModel] = Study, prefix: str = "") -> list[str]:
    """Return every key of a study with its dots, as `--set` takes them.

    Example:
        >>> [key for key in study_keys() if key.startswith("needs.max_p99")]
        ['needs.max_p99_latency_ms']
    """
    found = []
    for name, field in record.model_fields.items():
        inner = _record_in(field.annotation)
        is_part = _is_record(inner)
        found += study_keys(inner, f"{prefix}{name}.") if is_part else [f"{prefix}{name}"]
    return found


def load_study(path: Path | str, overrides: Iterable[str] = ()) -> Study:
    """Read a study file, with `key=value` overrides applied on top.

    Args:
        path: the file.
        overrides: changes as `--set` takes them, e.g. `workload.requests_per_s=200`.

    Raises:
        StudyError: one line that names file, key, value and remedy.
    """
    return parse_study(_read_yaml(Path(path)), where=str(path), overrides=overrides)


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
        raw = _loaded(text)
    except RecursionError:
        raise StudyError(f"{where}: nested too deeply: a study has a few levels") from None
    except ValueError as error:  # a number of thousands of digits, the 30th of February
        raise StudyError(f"{where}: not valid YAML: {error}: quote it") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise StudyError(f"{where}:{place} not valid YAML: {problem}") from None
    if raw is None:
        raise StudyError(f"{where}: is empty: run 'advisor init' for a commented study")
    return raw


def _loaded(text: str) -> Any:
    """Return what a text holds, unless its aliases make far more of it than was written."""
    loader = _UniqueKeyLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if (count := _expanded_count(node, {})) > MAX_STUDY_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, f"its aliases stand for {count:,} values", node.start_mark
            )
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _expanded_count(node: yaml.Node, counted: dict[int, int]) -> int:
    """Return how many values a node holds when each alias is written out."""
    if id(node) not in counted:
        counted[id(node)] = 1  # an alias of itself is refused when it is made
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            inner = node.value
        counted[id(node)] += sum(_expanded_count(part, counted) for part in inner)
    return counted[id(node)]


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, which YAML would silently overwrite."""


def _mapping_without_repeats(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is not a word: quote it", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is given twice", key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return {
        loader.construct_object(k, deep=True): loader.construct_object(v, deep=True)
        for k, v in node.value
    }


_UniqueKeyLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats
)
_UniqueKeyLoader.add_implicit_resolver(  # YAML 1.1 takes 1e6 for a word: it wants 1.0e+6
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+\Z"), list("-+0123456789")
)


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
        value = _loaded(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise StudyError(f"--set {override!r}: the value is not valid YAML; quote it") from None
    place: dict[str, Any] = document
    for key in keys[:-1]:
        inner = place.get(key)
        place[key] = dict(inner) if isinstance(inner, Mapping) else {}
        place = place[key]
    place[keys[-1]] = value


def _require_known_key(keys: list[str], override: str) -> None:
    model: Any = Study
    for depth, key in enumerate(keys):
        if not _is_record(model):
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
        model = _record_in(model.model_fields[key].annotation)


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
    if isinstance(value, date):
        return str(value)
    try:
        return repr(value)
    except ValueError:  # more digits than Python is willing to print
        return "a number of thousands of digits"


def _sibling_keys(location: list[str]) -> list[str]:
    model: Any = Study
    prefix: list[str] = []
    for key in location[:-1]:
        field = model.model_fields.get(key) if _is_record(model) else None
        if field is None:
            break
        model = _record_in(field.annotation)
        prefix.append(key)
    names = list(model.model_fields) if _is_record(model) else []
    return [".".join([*prefix, name]) for name in names]


def _is_record(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _record_in(annotation: Any) -> Any:
    if typing.get_origin(annotation) in {typing.Union, UnionType}:
        return next((a for a in typing.get_args(annotation) if _is_record(a)), annotation)
    return annotation
