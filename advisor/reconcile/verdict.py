"""Whether the bill is as predicted, else which input left its band."""

from collections.abc import Sequence
from typing import Final

from advisor.recommendation import Recommendation
from advisor.reconcile.causes import Cause

AS_PREDICTED: Final = "as predicted"

INPUT_OF: Final = {
    "requests": "traffic level",
    "replicas": "traffic level",
    "spot": "spot price",
    "jobs": "training time",
}
"""The uncertain input of the answer that a cause is of."""
_SELF: Final = ("price", "plan", "not-predicted", "not-billed", "storage", "hours")


def verdict_of(
    answer: Recommendation,
    causes: Sequence[Cause],
    *,
    billed_usd: float,
    low: float | None,
    high: float | None,
) -> str:
    """Return `as predicted`, or what left its band.

    Args:
        answer: what was promised, with its uncertain inputs.
        causes: largest first.
        billed_usd: amortised cost of the use. [USD]
        low: lower end of the estimate's 80% band; null where it was not drawn. [USD]
        high: upper end of it. [USD]
    """
    if low is None or high is None:
        return "no band was drawn: the difference is said, not judged"
    if low <= billed_usd <= high:
        return AS_PREDICTED
    side = "above" if billed_usd > high else "below"
    words = f"{side} the band of {low:,.2f} to {high:,.2f} USD: "
    sign = 1 if side == "above" else -1
    for cause in causes:
        if cause.usd * sign <= 0 or cause.kind not in {*INPUT_OF, *_SELF}:
            continue
        band = next(
            (
                one
                for one in (answer.risk.inputs if answer.risk else ())
                if one.name == INPUT_OF.get(cause.kind) and one.unit == "factor"
            ),
            None,
        )
        if band is None or cause.ratio is None:
            return words + cause.sentence
        if not band.low <= cause.ratio <= band.high:
            return (
                f"{words}{band.name} left its band, {cause.ratio:.2f} of what was planned where "
                f"{band.low:.2f} to {band.high:.2f} was reckoned with"
            )
    return words + "no single input left its own band; together they did"
