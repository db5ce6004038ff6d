"""A gate for continuous integration: is the answer still the saved one, at about the same cost?"""

from typing import Literal, NamedTuple

from advisor.recommendation import Option, Recommendation

NOISE_FRACTION = 0.02
"""Cost that rises by less is noise: list prices and assumed lines are not known better."""


class Verdict(NamedTuple):
    """What the gate says."""

    outcome: Literal["pass", "fail", "inconclusive"]
    why: str


def gate(now: Recommendation, saved: Recommendation) -> Verdict:
    """Compare an answer with a saved one.

    It fails where the answer (candidate, platform, sku) is another one, or where the cost has risen
    by more than 2% and more than the saved answer's own expected regret. It is inconclusive where
    the answer is another one but the two are too close to call, on either side.
    """
    if saved.best is None or now.best is None:
        if saved.best is None and now.best is None:
            return Verdict("pass", "nothing is feasible, as before")
        gone = "nothing is feasible any more" if now.best is None else "something is feasible now"
        return Verdict("fail", f"the answer has changed: {gone}")
    if _key(now.best) != _key(saved.best):
        why = f"the answer has changed from {saved.best.name} to {now.best.name}"
        if _too_close(now, saved.best):
            return Verdict("inconclusive", f"{why}, but the two are too close to call")
        return Verdict("fail", why)
    rise = _cost(now.best) - _cost(saved.best)
    noise = max(NOISE_FRACTION * _cost(saved.best), saved.best.expected_regret_usd or 0.0)
    figures = (
        f"{_cost(now.best):,.2f} against {_cost(saved.best):,.2f} USD/month{_kind(now.best)}, "
        f"noise {noise:,.2f}"
    )
    if rise > noise:
        return Verdict("fail", f"the cost has risen beyond the noise: {figures}")
    return Verdict("pass", f"the same answer, {figures}")


def _key(option: Option) -> tuple[str, str, str]:
    return option.candidate, option.platform, option.sku


def _cost(option: Option) -> float:
    """Return what is compared: the criterion where it was drawn. [USD/month]"""
    if option.criterion_usd_per_month is None:
        return option.usd_per_month
    return option.criterion_usd_per_month


def _kind(option: Option) -> str:
    """Name what is compared, which is not the typical month that the verdict names first."""
    if option.criterion_usd_per_month is None:
        return ""
    is_mean = option.criterion_usd_per_month == option.expected_usd_per_month
    return " in the mean of the draws" if is_mean else " in the study's quantile of the draws"


def _too_close(now: Recommendation, before: Option) -> bool:
    """Whether the saved option is still ranked, within the noise of the new one."""
    if now.best is None:
        return False
    again = next((o for o in now.ranked if _key(o) == _key(before)), None)
    return again is not None and _cost(again) - _cost(now.best) <= NOISE_FRACTION * _cost(now.best)
