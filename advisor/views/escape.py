"""Words from outside as they are: nothing that Streamlit's Markdown would interpret."""

from advisor.report.markdown import escape
from advisor.report.words import clean_sentence


def plain(text: str) -> str:
    """Return text that Streamlit shows as it is."""
    return escape(clean_sentence(text)).replace(":", "\\:")
