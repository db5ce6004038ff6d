"""The answer as values: immutable, finite, every number with its unit in its name.

A file a view; all of them are imported from here.
"""

from advisor.recommendation.answer import Considered, Recommendation
from advisor.recommendation.candidates import LadderStep, LearningCurve, LearningCurvePoint
from advisor.recommendation.evidence import (
    Assumption,
    CarriedChain,
    CarriedStep,
    MeasuredThere,
    PriceAge,
    PriceStamp,
)
from advisor.recommendation.experiments import (
    Escalation,
    ExperimentAdvice,
    ExperimentBudget,
    ExperimentPace,
    GainPoint,
    HistoryAdvice,
    HitRate,
    RunSaving,
)
from advisor.recommendation.gpu import GpuAdvice, GpuServing, GpuTraining
from advisor.recommendation.jobs import JobAdvice, JobPoint
from advisor.recommendation.latency import LatencyAdvice, LoadPoint, MeasuredQuantile
from advisor.recommendation.option import (
    BASIS_BADGES,
    Basis,
    CostLine,
    LineQuote,
    Option,
    Rejection,
)
from advisor.recommendation.retraining import (
    DecayLinePoint,
    DecayPoint,
    GrowthAdvice,
    GuardAdvice,
    RetrainingAdvice,
    RetrainingPoint,
    RetrainingWay,
)
from advisor.recommendation.risk import BudgetRisk, MeasureNext, Risk, UncertainInput
from advisor.recommendation.traffic import ScalingOutcome, TrafficAdvice, TrafficHour
from advisor.recommendation.training import TrainingAdvice, TrainingPlace
from advisor.recommendation.whatif import (
    AnswerKey,
    BreakEven,
    CommitmentAdvice,
    CostPoint,
    Holds,
    HoldsPoint,
    HorizonAdvice,
    HorizonMonth,
    Overtaking,
    PresentAdvice,
    Rival,
)

__all__ = [
    "BASIS_BADGES",
    "AnswerKey",
    "Assumption",
    "Basis",
    "BreakEven",
    "BudgetRisk",
    "CarriedChain",
    "CarriedStep",
    "CommitmentAdvice",
    "Considered",
    "CostLine",
    "CostPoint",
    "DecayLinePoint",
    "DecayPoint",
    "Escalation",
    "ExperimentAdvice",
    "ExperimentBudget",
    "ExperimentPace",
    "GainPoint",
    "GpuAdvice",
    "GpuServing",
    "GpuTraining",
    "GrowthAdvice",
    "GuardAdvice",
    "HistoryAdvice",
    "HitRate",
    "Holds",
    "HoldsPoint",
    "HorizonAdvice",
    "HorizonMonth",
    "JobAdvice",
    "JobPoint",
    "LadderStep",
    "LatencyAdvice",
    "LearningCurve",
    "LearningCurvePoint",
    "LineQuote",
    "LoadPoint",
    "MeasureNext",
    "MeasuredQuantile",
    "MeasuredThere",
    "Option",
    "Overtaking",
    "PresentAdvice",
    "PriceAge",
    "PriceStamp",
    "Recommendation",
    "Rejection",
    "RetrainingAdvice",
    "RetrainingPoint",
    "RetrainingWay",
    "Risk",
    "Rival",
    "RunSaving",
    "ScalingOutcome",
    "TrafficAdvice",
    "TrafficHour",
    "TrainingAdvice",
    "TrainingPlace",
    "UncertainInput",
]
