"""A SageMaker multi-model endpoint: many models on the same instances, loaded when asked for."""

from dataclasses import replace
from typing import ClassVar

from advisor.options.facts import Facts, Look
from advisor.platforms.base import Platform
from advisor.platforms.sagemaker_realtime import SageMakerRealtime


class SageMakerMultiModel(SageMakerRealtime):
    """Priced as a real-time endpoint; a model that is not in memory is loaded first."""

    facts: ClassVar[Facts] = replace(
        SageMakerRealtime.facts,
        name="sagemaker-multi-model",
        title="SageMaker multi-model",
        short_title="SageMaker multi-model",
        summary="One endpoint for many models, each loaded into memory when it is asked for.",
        look=Look(colour="#4F86C6", dash=(2, 2), mark="cross"),
        # A release loads the new model on the same instances: nothing stands beside them.
        surge_fraction=0.0,
        serves_one=False,
        loads_on_demand=True,
        advice="set RoutingStrategy to LEAST_OUTSTANDING_REQUESTS and watch ModelCacheHit; a model "
        "that is asked for again within seconds should be on one instance",
        excludes=(*SageMakerRealtime.facts.excludes, "autoscaling: a new replica has no model"),
    )


PLATFORM: Platform = SageMakerMultiModel()
