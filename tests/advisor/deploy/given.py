"""Deployments of golden studies, one for each platform."""

from functools import lru_cache

from advisor.deploy.deployment import Deployment, deployment_of
from advisor.recommend import recommend
from pricing.instances import load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import ON
from tests.golden.studies import GOLDEN

KIND_OF = {
    "sagemaker-async": "queue",
    "sagemaker-multi-model": "many-models",
    "sagemaker-batch-transform": "jobs",
    "sagemaker-processing": "jobs",
    "ecs-fargate-scheduled": "jobs",
    "ecs-ec2-scheduled": "jobs",
}


@lru_cache
def answered(kind):
    golden = GOLDEN[kind]
    found = recommend(
        golden.study,
        golden.measured,
        on=ON,
        book=load_book(),
        catalogue=load_catalogue(),
        what_if=False,
    )
    return golden.study, found


@lru_cache
def deployment(platform) -> Deployment:
    study, answer = answered(KIND_OF.get(platform, "online"))
    ranked = [o for o in answer.ranked if o.platform == platform]
    if ranked:
        return deployment_of(study, answer, platform)
    option = next(r.option for r in answer.rejected if r.option.platform == platform)
    return Deployment(study=study, answer=answer, option=option)
