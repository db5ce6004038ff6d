"""What to do: the engine that ranks every way to run a model, and its faces.

The names offered here are loaded when they are first used, so that `import advisor` stays fast.
"""

import importlib
from typing import Any

_OFFERED = {
    "Study": "advisor.study",
    "load_study": "advisor.study",
    "Recommendation": "advisor.recommendation",
    "load_evidence": "advisor.evidence",
}

__all__ = ["Recommendation", "Study", "load_evidence", "load_study"]


def __getattr__(name: str) -> Any:
    """Load an offered name from its module."""
    if name in _OFFERED:
        return getattr(importlib.import_module(_OFFERED[name]), name)
    raise AttributeError(f"module 'advisor' has no attribute {name!r}")
