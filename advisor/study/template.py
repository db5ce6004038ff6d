"""The commented study that `advisor init` writes, generated from the types, so that it is true."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from advisor.errors import AdvisorError
from advisor.files import write_whole
from advisor.study.figures import figures
from advisor.study.types import Data, Study
from pricing.yaml_text import dump_yaml

_HEADER = """\
# The question, one file under version control. Only `data` is required; what is left out takes
# the default written here. Every figure stands with its unit; defaults are ours unless a source
# is named, and a report lists each one that a decision used.
"""

_EXAMPLE: dict[str, Any] = {"path": "data.csv", "target": "label"}


def study_template(name: str = "study", answers: Mapping[str, Any] | None = None) -> str:
    """Return a valid study in which every key is written out with its meaning and unit.

    Args:
        name: title of the reports.
        answers: values by dotted key that take the place of the defaults.
    """
    answers = answers or {}
    lines = [_HEADER]
    for key, field in Study.model_fields.items():
        value = name if key == "name" else field.get_default(call_default_factory=True)
        if isinstance(value, BaseModel):
            lines.append(f"\n# {_sentence(field.description)}\n{key}:")
            lines += _section(key, type(value), value, answers)
        elif key == "data":
            lines.append(f"\n# {_sentence(field.description)}\n{key}:")
            lines += _section(key, Data, Data(**_EXAMPLE), answers)
        else:
            lines.append(f"\n# {_sentence(field.description)}\n{key}: {_yaml(value)}")
    return "\n".join(lines) + "\n"


def _section(
    prefix: str, model: type[BaseModel], value: BaseModel, answers: Mapping[str, Any]
) -> list[str]:
    lines = []
    for key, field in model.model_fields.items():
        comment = _sentence(field.description)
        source = figures()[f"{prefix}.{key}"].told.source
        if source:
            comment += f" ({source})"
        lines.append(f"  # {comment}")
        lines.append(f"  {key}: {_yaml(answers.get(f'{prefix}.{key}', getattr(value, key)))}")
    return lines


def _sentence(description: str | None) -> str:
    return " ".join((description or "").split())


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    return dump_yaml(value, flow=True)


def study_destination(path: Path, *, overwrite: bool = False) -> Path:
    """Return where a study will stand.

    Raises:
        AdvisorError: it exists already.
    """
    if path.is_dir():
        path = path / "advisor.yaml"
    if path.exists() and not overwrite:
        raise AdvisorError(f"{path}: exists already; name another file, or add --force")
    return path


def write_study_template(
    path: Path, *, overwrite: bool = False, answers: Mapping[str, Any] | None = None
) -> Path:
    """Write the commented study, whole or not at all, and return where it stands.

    Raises:
        AdvisorError: the file exists, or its folder is missing or not writable.
    """
    path = study_destination(path, overwrite=overwrite)
    name = path.stem if path.stem != "advisor" else path.resolve().parent.name or "study"
    write_whole(path, study_template(name[:100], answers))
    return path


def study_text(study: Study) -> str:
    """Return a study as YAML that loads to the same study: what was given, and nothing else."""
    given = study.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return _SAVED_HEADER + dump_yaml(given)


_SAVED_HEADER = (
    "# A study of the advisor. What is left out takes its default: see 'advisor init'.\n"
)
