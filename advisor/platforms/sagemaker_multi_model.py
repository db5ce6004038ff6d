"""A SageMaker multi-model endpoint: many models on the same instances, loaded when asked for."""

from advisor.platforms.sagemaker_realtime import SageMakerRealtime


class SageMakerMultiModel(SageMakerRealtime):
    """Priced as a real-time endpoint; a model that is not in memory is loaded first."""

    name = "sagemaker-multi-model"
    title = "SageMaker multi-model"
    advice = (
        "set RoutingStrategy to LEAST_OUTSTANDING_REQUESTS and watch ModelCacheHit; a model that "
        "is asked for again within seconds should be on one instance"
    )
