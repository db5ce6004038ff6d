"""What a deployment takes from a study and its answer: nothing else reaches a template."""

import re
from dataclasses import dataclass

from advisor.errors import AdvisorError
from advisor.options.facts import Facts
from advisor.platforms import facts_of
from advisor.recommendation import Option, Recommendation, TrainingPlace
from advisor.study.types import Study

BUDGET_FACTOR = 1.2
"""The budget's alarm stands this far above the predicted month, our choice: within the 80% bands
of most answers, so that a month as predicted is silent."""


class NotDeployableError(AdvisorError):
    """The answer holds nothing that can be deployed as asked."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One option of one study, as it is to be run."""

    study: Study
    """The question."""
    answer: Recommendation
    """The answer that every figure is of."""
    option: Option
    """What is deployed."""

    @property
    def facts(self) -> Facts:
        """What is true of its platform."""
        return facts_of(self.option.platform)

    @property
    def slug(self) -> str:
        """The study's name in letters, digits and dashes, at most 32 of them, from a letter on."""
        kept = re.sub(r"[^a-z0-9]+", "-", self.study.name.lower()).strip("-")[:32].strip("-")
        return kept if kept[:1].isalpha() else f"study-{kept}".rstrip("-")

    @property
    def predicted_usd(self) -> float:
        """What AWS is predicted to bill for it. [USD/month]"""
        lines = [line.usd_per_month for line in self.option.lines if line.is_aws]
        return (
            sum(lines) if self.option.aws_usd_per_month is None else (self.option.aws_usd_per_month)
        )

    @property
    def budget_usd(self) -> float:
        """Above which the budget raises its alarm, in whole cents. [USD/month]"""
        return max(0.01, round(BUDGET_FACTOR * self.predicted_usd, 2))

    @property
    def need_ms(self) -> float | None:
        """Slowest 1% answered within; null where nobody waits for one answer. [ms]"""
        return None if self.facts.billing == "job" else self.study.needs.max_p99_latency_ms

    @property
    def follows_traffic(self) -> bool:
        """Whether a policy moves its replicas."""
        return self.option.scaling == "target-tracking"

    @property
    def retrains_every_days(self) -> int | None:
        """Whole days between releases, at least one; null for never. [days]"""
        days = self.answer.retraining.interval_days
        return None if days is None else max(1, round(days))

    @property
    def training_place(self) -> TrainingPlace | None:
        """Where the answer trains; null where nothing is trained."""
        wanted = self.answer.training
        return next(
            (
                place
                for place in wanted.alternatives
                if (place.platform, place.sku, place.region, place.purchase)
                == (wanted.platform, wanted.sku, wanted.region, wanted.purchase)
            ),
            wanted.alternatives[0] if wanted.alternatives else None,
        )


SLOW_MS = 1000.0
"""From here a prediction is as long as a health check waits: the check is answered beside it."""


def has_gpu(sku: str) -> bool:
    """Say whether a machine has a GPU: families of AWS that begin with g or p and a digit."""
    return re.match(r"(ml\.)?[gp]\d\w*\.", sku) is not None


def architecture(sku: str) -> str:
    """Return what an image must be built for to run on a machine or task, as Docker names it."""
    family = sku.removeprefix("ml.").split(".")[0]
    arm = sku.endswith("arm64") or re.fullmatch(r"a1|[a-z]+\d+g[a-z]*", family) is not None
    return "linux/arm64" if arm else "linux/amd64"


def serving_variables(d: Deployment) -> dict[str, str]:
    """Return how the container serves, as the answer took it to."""
    if has_gpu(d.option.sku):
        # One worker for the one card, which takes what waits in one call.
        return {
            "ADVISOR_SERVING_WORKERS": "1",
            "ADVISOR_SERVING_HANDLING": "batch",
            "ADVISOR_DEVICE": "cuda",
        }
    found = {"ADVISOR_SERVING_WORKERS": "auto"}
    if (d.option.p99_latency_ms or 0.0) > SLOW_MS:
        found["ADVISOR_SERVING_HANDLING"] = "executor"
    return found


def deployment_of(study: Study, answer: Recommendation, platform: str | None = None) -> Deployment:
    """Choose what is deployed: the answer's option, or its best one on a platform.

    Raises:
        NotDeployableError: nothing feasible, or nothing on that platform; says why.
    """
    if platform is None or (answer.best is not None and answer.best.platform == platform):
        if answer.best is None:
            raise NotDeployableError(
                f"nothing is feasible, so there is nothing to deploy: {answer.verdict}"
            )
        return Deployment(study=study, answer=answer, option=answer.best)
    facts_of(platform)
    found = [option for option in answer.ranked if option.platform == platform]
    chosen = answer.best.candidate if answer.best else ""
    found.sort(key=lambda option: option.candidate != chosen)
    if found:
        return Deployment(study=study, answer=answer, option=found[0])
    why = next((r.reasons for r in answer.rejected if r.option.platform == platform), ())
    raise NotDeployableError(
        f"{platform}: no option of it is feasible"
        + (f": {'; '.join(why)}" if why else ": it is not in cloud.platforms, or has no price")
    )
