"""The report as a list of sections, in the order of the explorer's views: a file per view.

The HTML and the Markdown print them one after the other; the explorer shows a view at a time. A
new view is a function that returns its sections, and an entry here.
"""

from collections.abc import Callable

from advisor.recommendation import Recommendation
from advisor.report.sections.costs import costs
from advisor.report.sections.decision import first_page, without_banner
from advisor.report.sections.evidence import evidence
from advisor.report.sections.experiments import experiments
from advisor.report.sections.latency import latency
from advisor.report.sections.models import models
from advisor.report.sections.parts import Section
from advisor.report.sections.retraining import retraining
from advisor.report.sections.risk import risk

__all__ = ["VIEWS", "Section", "details", "first_page", "without_banner"]

VIEWS: dict[str, Callable[[Recommendation], tuple[Section, ...]]] = {
    "Decision": first_page,
    "Cost": costs,
    "Latency": latency,
    "Models": models,
    "Retraining": retraining,
    "Experiments": experiments,
    "Risk": risk,
    "Data and prices": evidence,
}
"""The views by name: the first is the first page, the others are the details."""


def details(recommendation: Recommendation) -> tuple[Section, ...]:
    """What a checking reader wants: every view but the first, and nothing of that again."""
    _, *others = VIEWS.values()
    told = {section.title for section in first_page(recommendation)}
    found = (section for view in others for section in view(recommendation))
    return tuple(section for section in found if section.title not in told)
