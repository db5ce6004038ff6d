"""`learnt.yaml` beside a study: what months of bills and metrics taught, read like any input.

Each entry replaces a key of the study, and the key of its 80% band, as long as the study still says
what it was learnt from. Deleting an entry or the file forgets it.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from advisor.errors import AdvisorError
from advisor.records import Record
from pricing.yaml_text import YamlError, dump_yaml, load_yaml

FILE_NAME: Final = "learnt.yaml"
MAX_BYTES: Final = 1_000_000
HEAD: Final = (
    "# What months of bills and metrics taught, written by 'advisor reconcile --learn' and read\n"
    "# with the study. Delete an entry, or the file, to forget it.\n"
)


class LearntInput(Record):
    """One input that was learnt."""

    input: str
    """Its name in the answer, e.g. `traffic level`."""
    key: str
    """The study's key that it replaces."""
    was: Annotated[float, Field(gt=0)]
    """What the study says for it; with another value the entry is not used. [unit of the key]"""
    value: Annotated[float, Field(gt=0)]
    """What is known now. [unit of the key]"""
    factor_key: str
    """The study's key of its band."""
    factor: Annotated[float, Field(gt=1)]
    """80% band: / and x this."""
    months: Annotated[int, Field(ge=1)]
    """Months it was observed in."""
    is_surprise: bool = False
    """Whether what was assumed lay so far off that it was dropped."""

    @property
    def source(self) -> str:
        """Where it comes from, for people."""
        plural = "s" if self.months > 1 else ""
        dropped = "; what was assumed lay far off and was dropped" if self.is_surprise else ""
        return f"learnt from {self.months} month{plural} of metrics ({FILE_NAME}){dropped}"


class Observed(Record):
    """What one month showed."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    """Year and month of its first day."""
    values: dict[str, Annotated[float, Field(gt=0)]]
    """What was seen, by the study's key. [unit of the key]"""
    source_sha256: str
    """Hash of the files that it was read from."""


class Learnt(Record):
    """What is known of one study."""

    inputs: tuple[LearntInput, ...] = ()
    """What replaces the study's own."""
    offered: dict[str, dict[str, float]] = Field(default_factory=dict)
    """What the bill suggests and nobody has confirmed, e.g. `cloud.discounts`; never applied."""
    observed: tuple[Observed, ...] = ()
    """The months, oldest first."""

    @property
    def sha256(self) -> str:
        """Hash of what is applied: in the answer, so that an old one can be told from a new."""
        content = "".join(item.model_dump_json() for item in self.inputs)
        return hashlib.sha256(content.encode()).hexdigest()


def path_of(study: Path) -> Path:
    """Return the file beside a study."""
    return study.parent / FILE_NAME


def read_learnt(study: Path) -> Learnt | None:
    """Return what was learnt of a study; null where nothing was.

    Raises:
        AdvisorError: the file does not hold what it should.
    """
    entry = _entries(path_of(study)).get(study.name)
    if entry is None:
        return None
    try:
        return Learnt.model_validate(entry)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in (study.name, *problem["loc"]))
        raise AdvisorError(
            f"{path_of(study)}: {where}: {problem['msg']}: delete the entry, then run "
            f"'advisor reconcile {study} --learn' again"
        ) from None


def learnt_text(study: Path, learnt: Learnt) -> str:
    """Return the whole file with one study's entry replaced."""
    entries = dict(_entries(path_of(study)))
    entries[study.name] = learnt.model_dump(mode="json")
    return HEAD + dump_yaml({name: entries[name] for name in sorted(entries)})


def in_force(document: Mapping[str, Any], learnt: Learnt, own: Any) -> dict[str, Any]:
    """Return a raw study with what was learnt in it.

    Args:
        document: the study as it was written.
        learnt: what is known of it.
        own: the study as it validates without.
    """
    found = dict(document)
    for item in learnt.inputs:
        if is_current(item, own):
            put(found, item.key, item.value)
            put(found, item.factor_key, item.factor)
    return found


def is_current(item: LearntInput, own: Any) -> bool:
    """Say whether the study still says what an entry was learnt from."""
    said = value_of(own, item.key)
    return said is not None and abs(said - item.was) <= 1e-9 * item.was


def value_of(study: Any, key: str) -> float | None:
    """Return a study's figure by its dotted key; the peak that follows from the mean included."""
    if key == "workload.peak_requests_per_s":
        return float(study.workload.peak_now_per_s)
    for part in key.split("."):
        study = getattr(study, part, None)
    return None if study is None else float(study)


def put(document: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key of a raw study, on copies of what lies above it."""
    *above, last = key.split(".")
    place = document
    for part in above:
        inner = place.get(part)
        place[part] = dict(inner) if isinstance(inner, Mapping) else {}
        place = place[part]
    place[last] = value


def _entries(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > MAX_BYTES:
            raise AdvisorError(f"{path}: is too large to be what was learnt: delete it")
        found = load_yaml(path.read_text(encoding="utf-8"))
    except (YamlError, UnicodeDecodeError, OSError) as error:
        raise AdvisorError(f"{path}: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise AdvisorError(f"{path}: is a mapping of study files: delete it, or mend it")
    return found
