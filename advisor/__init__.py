"""What to do: the engine that ranks every way to run a model, and its faces.

    from advisor import Study, load_study, recommend

The names offered here are loaded when they are first used, so that `import advisor` stays fast.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.evidence import load_evidence
    from advisor.notebook import Answer, recommend
    from advisor.recommendation import Recommendation
    from advisor.study.file import load_study
    from advisor.study.types import Study

_OFFERED = {
    "Answer": "advisor.notebook",
    "Recommendation": "advisor.recommendation",
    "Study": "advisor.study.types",
    "load_evidence": "advisor.evidence",
    "load_study": "advisor.study.file",
    "recommend": "advisor.notebook",
}

__all__ = ["Answer", "Recommendation", "Study", "load_evidence", "load_study", "recommend"]


class _Package(ModuleType):
    """A package whose `recommend` is the function, though a module of that name exists too."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep an import of the module `advisor.recommend` from hiding the function."""
        if not (name in _OFFERED and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Load an offered name from its module."""
    if name in _OFFERED:
        return getattr(importlib.import_module(_OFFERED[name]), name)
    raise AttributeError(f"module 'advisor' has no attribute {name!r}")
