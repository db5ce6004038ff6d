"""YAML in and out: one reader and one writer for every file that people write.

It stands here because prices are the lowest package that reads such a file; the study's file and
the explorer use the same two functions.
"""

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

from pricing.errors import PricingError

MAX_VALUES: Final = 200_000
"""Values of a text once every alias is written out: ten short ones can make billions."""

_PREFIX = "tag:yaml.org,2002:"
_WORD = Tag(suffix=f"{_PREFIX}str")


class YamlError(PricingError):
    """A text is not YAML as people mean it: where, and what is wrong."""

    def __init__(self, problem: str, mark: Any = None) -> None:
        """Say the problem, and the line and column of a mark where there is one."""
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        super().__init__(f"{place}not valid YAML: {problem}")


class _Words(VersionedResolver):
    """What a plain word means: YAML 1.2 whatever the file says, and a day stays as written.

    YAML 1.1 takes `on` for true, `10:30` for 630 and `010` for 8: each a figure nobody wrote.
    """

    @property
    def processing_version(self) -> tuple[int, int]:
        return (1, 2)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        return _WORD if str(tag) == f"{_PREFIX}timestamp" else tag


def load_yaml(text: str) -> Any:
    """Return what a text holds; null for an empty one.

    Keys are words, and none stands twice. `yes`, `no`, `on` and `off` are words too: whether one is
    a truth value is for the field that takes it to say.

    Raises:
        YamlError: in one line, with line and column where they are known.

    Example:
        >>> load_yaml("{on: 2026-07-01, hours: 010, spot: true}")
        {'on': '2026-07-01', 'hours': 10, 'spot': True}
    """
    reader = _yaml()
    try:
        node = reader.compose(text)
        if node is None:
            return None
        if (count := _checked_count(node, {})) > MAX_VALUES:
            raise YamlError(f"its aliases stand for {count:,} values", node.start_mark)
        return reader.constructor.construct_document(node)
    except RecursionError:
        raise YamlError("nested too deeply: such a file has a few levels") from None
    except ValueError as error:  # a number of thousands of digits
        raise YamlError(f"{error}: quote it") from None
    except MarkedYAMLError as error:
        problem = error.problem or error.context or "cannot be parsed"
        raise YamlError(problem, error.problem_mark or error.context_mark) from None
    except YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from None


def dump_yaml(value: Any, *, flow: bool = False) -> str:
    r"""Return a text that `load_yaml` reads back to the same value.

    Args:
        value: mappings, lists and plain values.
        flow: write it in one line, without its end.

    Example:
        >>> dump_yaml({"name": "1e3", "of": [1, None]}, flow=True)
        "{name: '1e3', of: [1, null]}"
    """
    writer = _yaml()
    writer.default_flow_style = flow
    writer.width = 10_000
    stream = StringIO()
    writer.dump(value, stream)
    text = stream.getvalue().removesuffix("...\n")
    return text.strip() if flow else text


def _yaml() -> YAML:
    found = YAML(typ="safe", pure=True)
    found.Resolver = _Words
    found.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    return found


def _checked_count(node: Node, counted: dict[int, int]) -> int:
    """Return how many values a node holds when each alias is written out; its keys are checked.

    Raises:
        YamlError: a key is not a word or stands twice, or a node holds itself.
    """
    place = id(node)
    if place in counted:
        if not counted[place]:
            raise YamlError("found a recursive alias: a value cannot hold itself", node.start_mark)
        return counted[place]
    counted[place] = 0
    inner: list[Node] = []
    if isinstance(node, MappingNode):
        _require_words(node)
        inner = [part for pair in node.value for part in pair]
    elif isinstance(node, SequenceNode):
        inner = node.value
    total = 1 + sum(_checked_count(part, counted) for part in inner)
    counted[place] = total
    return total


def _require_words(node: MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == f"{_PREFIX}merge":
            continue
        if key.tag != f"{_PREFIX}str":
            shown = key.value if isinstance(key.value, str) else "of several values"
            raise YamlError(f"the key {shown} is not a word: quote it", key.start_mark)
        if key.value in seen:
            raise YamlError(f"the key {key.value!r} is given twice", key.start_mark)
        seen.add(key.value)
