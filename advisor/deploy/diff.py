"""What of a checked-in deployment no longer follows the answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from advisor.deploy.deployment import Deployment, deployment_of
from advisor.deploy.faults import deployment_faults
from advisor.deploy.shared import answer_in
from advisor.errors import AdvisorError
from advisor.recommendation import Recommendation
from advisor.study.types import Study

NOISE_FRACTION = 0.02
"""Figures of money that differ by less are noise, as for the gate."""

MONEY = {"predicted_usd_per_month", "budget_usd_per_month", "debt_threshold_usd"}
MONEY_AT = {
    "Budget.Properties.Budget.BudgetLimit.Amount",
    "GuardDebtAlarm.Properties.Threshold",
}
WITHOUT_MEANING = {"prices_on"}
"""What may differ without the answer being another one."""


class Difference(NamedTuple):
    """What the comparison says."""

    outcome: Literal["pass", "fail", "inconclusive"]
    lines: tuple[str, ...]


def deployment_difference(
    study: Study, answer: Recommendation, folder: Path, *, platform: str | None = None
) -> Difference:
    """Compare a checked-in deployment with the answer of today.

    It fails where it is of another platform, size, count, target, need or interval, where its
    predicted month is off by more than 2%, or where its template breaks a law. It is inconclusive
    where the answer is too close to call and the deployed option is still ranked within the noise.

    Args:
        study: the question.
        answer: its answer of today.
        folder: what is checked in.
        platform: what it was exported for, where that is not the chosen one.

    Raises:
        AdvisorError: the folder holds no deployment, or nothing can be deployed.
    """
    template = read_template(folder)
    was = answer_in(template)
    broken = [f"template.yaml: {fault}" for fault in deployment_faults(template)]
    if answer.best is None:
        return Difference("fail", ("nothing is feasible any more", *broken))
    now = deployment_of(study, answer, platform)
    chosen = (now.option.platform, now.option.sku)
    if chosen != (was["platform"], was["sku"]):
        why = f"the answer is {now.option.name}, deployed is {was['sku']} on {was['platform']}"
        again = [o for o in answer.ranked if (o.platform, o.sku) == (was["platform"], was["sku"])]
        if again and not broken and _close(again[0].usd_per_month, now.option.usd_per_month):
            return Difference("inconclusive", (f"{why}, but the two are too close to call",))
        return Difference("fail", (why, *broken))
    moved = [*_moved(was, now), *_edited(template, now)]
    return Difference("fail" if moved or broken else "pass", (*moved, *broken))


def read_template(folder: Path) -> dict[str, Any]:
    """Return the template of a deployment's folder.

    Raises:
        AdvisorError: there is none, or it is no template of this program.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from advisor.files import require_file

    path = folder / "template.yaml"
    require_file(path, otherwise="'advisor deploy STUDY -o FOLDER' writes one")
    try:
        template = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        answer_in(template)
    except (YAMLError, UnicodeDecodeError) as error:
        told = str(error).splitlines()[0]
        raise AdvisorError(f"{path}: cannot be read as YAML: {told}: export it again") from None
    except (KeyError, TypeError, ValueError):
        raise AdvisorError(
            f"{path}: does not tell its answer in Metadata.AdvisorAnswer: export it again"
        ) from None
    found: dict[str, Any] = template
    return found


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= NOISE_FRACTION * max(one, other)


def _moved(was: dict[str, Any], now: Deployment) -> Iterator[str]:
    from advisor.deploy.template import template_of

    is_now = answer_in(template_of(now))
    for key in sorted({*was, *is_now} - WITHOUT_MEANING - {"lines"}):
        old, new = was.get(key), is_now.get(key)
        if old == new:
            continue
        if key in MONEY and old is not None and new is not None and _close(old, new):
            continue
        if isinstance(old, float) and isinstance(new, float) and abs(old - new) <= 1e-9 * abs(new):
            continue
        yield f"{key}: deployed {_shown(old)}, the answer is {_shown(new)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _edited(template: dict[str, Any], now: Deployment) -> Iterator[str]:
    """Yield resources that the checked-in template lacks, or has beside the answer's."""
    from advisor.deploy.template import template_of

    wanted = template_of(now)["Resources"]
    found = template["Resources"]
    for name in sorted({*wanted} - {*found}):
        yield f"{name}: is missing"
    for name in sorted({*found} - {*wanted}):
        yield f"{name}: is not of the answer"
    for name in sorted({*found} & {*wanted}):
        yield from _unlike(found[name], wanted[name], name)


def _unlike(old: Any, new: Any, at: str) -> Iterator[str]:
    """Yield the places where two parts differ by more than noise."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _unlike(old.get(key), new.get(key), f"{at}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _unlike(one, other, f"{at}[{number}]")
    elif old != new and not _is_noise(old, new, at):
        yield f"{at}: deployed {_shown(old)[:120]}, the answer is {_shown(new)[:120]}"


def _is_noise(old: Any, new: Any, at: str) -> bool:
    """Say whether two figures of money are too close to tell apart, or two figures are rounded."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (old, new))
    if not numbers:
        return False
    money = at in {
        "Budget.Properties.Budget.BudgetLimit.Amount",
        "GuardDebtAlarm.Properties.Threshold",
    }
    return _close(old, new) if money else abs(old - new) <= 1e-9 * abs(new)
