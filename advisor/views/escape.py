"""Words from outside as they are: nothing that Streamlit's Markdown would interpret."""

import re

from advisor.report.markdown import escape
from advisor.report.words import clean_sentence

_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/:'\",;()]+/)+")
"""What of a path tells where on the server it lies."""


def said(message: str) -> str:
    r"""Return a message as it is, but for where on the server its files lie.

    Example:
        >>> said("/home/ann/studies/a.yaml: is empty")
        'a.yaml\\: is empty'
    """
    return plain(without_folders(message))


def without_folders(message: str) -> str:
    """Return a message in which files have their names and no folders.

    Example:
        >>> without_folders("/home/ann/a b/c.yaml: is empty, see https://example.org/x/y")
        'a b/c.yaml: is empty, see https://example.org/x/y'
    """
    return _FOLDERS.sub("", message)


def plain(text: str) -> str:
    """Return text that Streamlit shows as it is."""
    return escape(clean_sentence(text)).replace(":", "\\:")
