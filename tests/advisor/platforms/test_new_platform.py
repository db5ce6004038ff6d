"""A new platform is one file and one row: it is ranked, billed, explained, charted and exported."""

import json

import pytest

from tests.advisor.platforms.toy.installed import LAWS, install, run

WHOLE = """
import json
from advisor.recommend import recommend
from advisor.report import render
from tests.advisor.factories import LADDER, ON, study

wanted = study(
    workload={"requests_per_s": 1.0},
    team={"hours_per_month": {"toy-host": 0.1}},
    cloud={"platforms": ["toy-host", "sagemaker-realtime", "ecs-fargate"]},
)
answer = recommend(wanted, LADDER, on=ON)
toys = [option for option in answer.ranked if option.platform == "toy-host"]
written = {}
for ending in ("html", "md", "csv", "focus"):
    written[ending] = render(answer, format=ending).lower().count("toy")
print(json.dumps({
    "best": answer.best.platform,
    "verdict": answer.verdict,
    "ranked": len(toys),
    "lines": [line.label for line in toys[0].lines],
    "total": [toys[0].usd_per_month, sum(line.usd_per_month for line in toys[0].lines)],
    "rivals": [rival.question for rival in answer.rivals],
    "curve": sorted({point.platform for point in answer.cost_curve}),
    "drivers": [found.driver for found in answer.break_even],
    "written": written,
    "json": "toy-host" in answer.model_dump_json(),
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return install(tmp_path_factory.mktemp("toy"))


def test_it_keeps_the_contract_of_all_platforms(folder):
    done = run(folder, LAWS)

    assert done.stdout.strip() == "every law kept", done.stderr[-2000:]


@pytest.mark.slow
def test_it_is_ranked_billed_explained_charted_and_exported(folder):
    done = run(folder, WHOLE)

    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["best"] == "toy-host"
    assert "Toy host" in told["verdict"]
    assert told["ranked"] > 1
    assert any("Toy machines" in label for label in told["lines"])
    assert any("Toy fee per request" in label for label in told["lines"])
    assert told["total"][0] == pytest.approx(told["total"][1])
    assert "Why not ECS Fargate?" in told["rivals"]
    assert "toy-host" in told["curve"]
    assert told["json"]
    assert all(count > 0 for count in told["written"].values()), told["written"]
