"""What to mend before somebody signs: at most three things, by the money that they could move."""

from advisor.recommendation import Recommendation
from advisor.report.tables.evidence import price_banner

MOST_CAVEATS = 3
CAVEAT_CHARACTERS = 150
"""A caveat longer than this is cut: the whole one stands further down."""


def caveats(recommendation: Recommendation) -> tuple[str, ...]:
    """At most three things to mend before signing, ordered by the money that they could move."""
    banner = price_banner(recommendation)
    found = [banner.text] if banner else []
    worth = sorted(recommendation.measure_next, key=lambda one: -one.saves_usd_per_month)
    found += [one.action for one in worth]
    found += [text for text in recommendation.warnings if not banner or text != banner.text]
    return tuple(_cut(text) for text in dict.fromkeys(found))[:MOST_CAVEATS]


def _cut(text: str) -> str:
    return text if len(text) <= CAVEAT_CHARACTERS else f"{text[: CAVEAT_CHARACTERS - 1]}…"
