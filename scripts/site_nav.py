"""Navigation of the documentation site: the folders of `docs/`, in the order people read them."""

from pathlib import Path
from typing import Any

SECTIONS = {
    "Tutorial": "tutorial",
    "How to": "how-to",
    "Reference": "reference",
    "Explanation": "explanation",
    "Decisions": "adr",
}


def on_config(config: Any) -> Any:
    """Let MkDocs show every page of every folder: a new page needs no line anywhere."""
    docs = Path(config["docs_dir"])
    unknown = {p.parent.name for p in docs.glob("*/*.md")} - set(SECTIONS.values())
    if unknown:
        raise ValueError(f"folders of docs/ that no section shows: {sorted(unknown)}")
    config["nav"] = ["index.md"] + [
        {title: [f"{folder}/{page.name}" for page in sorted((docs / folder).glob("*.md"))]}
        for title, folder in SECTIONS.items()
    ]
    return config
