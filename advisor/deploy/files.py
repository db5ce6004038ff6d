"""The files of a deployment, as bytes: the same answer gives the same bytes."""

import io
import json
import zipfile
from typing import Final

from advisor.deploy.deployment import BUDGET_FACTOR, Deployment, architecture, has_gpu
from advisor.deploy.faults import deployment_faults
from advisor.deploy.lines import ALARM_SKU
from advisor.deploy.shared import Json, plain
from advisor.deploy.template import description, template_of, yaml_of
from advisor.errors import AdvisorError

NAMES: Final = (
    "template.yaml",
    "parameters.json",
    "Dockerfile",
    "guard.json",
    "training.json",
    "README.md",
)
"""Files of a deployment."""

TO_FILL: Final[dict[str, str]] = {
    "ImageUri": "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST",
    "ArtefactBucket": "BUCKET",
    "ModelKey": "SLUG/models/FIRST/model.tar.gz",
    "AlarmEmail": "TEAM@EXAMPLE.COM",
    "VpcId": "VPC",
    "SubnetIds": "SUBNET-A,SUBNET-B",
    "CallerCidr": "10.0.0.0/8",
}
"""What a team replaces in `parameters.json`: none of them passes the template's own patterns, so
that one that is forgotten is refused before anything is made."""


class FaultyDeploymentError(AdvisorError):
    """A template breaks a law: nothing is written."""


def deployment_files(d: Deployment) -> dict[str, bytes]:
    """Return the files of a deployment by name.

    Raises:
        FaultyDeploymentError: the template has a fault, which is one of this program.
    """
    template = template_of(d)
    faults = deployment_faults(template)
    if faults:
        raise FaultyDeploymentError(
            f"{d.option.name}: its template has {len(faults)} fault(s), so nothing is written: "
            f"{'; '.join(faults[:5])}: please report it with the study"
        )
    guard = d.answer.retraining.guard
    files = {
        "template.yaml": yaml_of(template),
        "parameters.json": _json(
            [
                {
                    "ParameterKey": name,
                    "ParameterValue": TO_FILL[name].replace("SLUG", d.slug),
                }
                for name in template["Parameters"]
            ]
        ),
        "Dockerfile": _dockerfile(d),
        "guard.json": "{}\n" if guard is None else guard.guard_json.rstrip() + "\n",
        "training.json": _json(_training(d)),
        "README.md": _readme(d, template),
    }
    return {name: text.encode("utf-8") for name, text in files.items()}


def archive_of(files: dict[str, bytes]) -> bytes:
    """Return a deployment's files as one ZIP archive: the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"deploy/{name}"), content)
    return out.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _training(d: Deployment) -> Json:
    """Return what the container's `train` learns: the file lies beside the training data."""
    named = next(
        (
            [c.name, c.import_path]
            for c in d.study.candidates
            if not isinstance(c, str) and c.name == d.option.candidate
        ),
        d.option.candidate,
    )
    data = d.study.data.model_dump(mode="json")
    path = data.get("path")
    if path is not None:
        data["path"] = path.replace("\\", "/").rsplit("/", 1)[-1]
    return {"candidate": named, "data": data}


_TORCH_WITHOUT_CUDA = """\
# The default wheel of torch for x86_64 brings CUDA, gigabytes that a CPU has no use for.
RUN awk '/^[^ ]/ { keep = /^torch==/ } keep' constraints.txt > torch.txt \\
    && if [ "$(uname -m)" = x86_64 ]; then sed -i 's/^\\(torch==[^ ]*\\)/\\1+cpu/' torch.txt; fi \\
    && pip install --no-compile --no-deps --require-hashes \\
       --extra-index-url https://download.pytorch.org/whl/cpu -r torch.txt
"""


def _dockerfile(d: Deployment) -> str:
    family = plain(d.option.candidate, most=100)
    packages = {"lightgbm": "lightgbm", "xgboost": "xgboost-cpu", "torch": "torch"}
    wanted = sorted({p for key, p in packages.items() if key in family})
    if d.option.form == "onnx":
        wanted.append("onnxruntime")
    place = d.training_place
    gpu = has_gpu(d.option.sku) or (place is not None and has_gpu(place.sku))
    torch = "" if gpu or "torch" not in wanted else _TORCH_WITHOUT_CUDA
    return f"""\
# The container of {family}: one image serves, trains and scores, on SageMaker, ECS and Lambda.
# Build it in a checkout of the advisor, whose benchmarks/serving is the server. What goes in is
# named by digest or by version, so that the same checkout gives the same image:
#   docker build -f Dockerfile --build-arg BASE=python:3.11-slim-bookworm@sha256:... CHECKOUT
# The digest of today: docker buildx imagetools inspect python:3.11-slim-bookworm
ARG BASE
FROM ${{BASE}}
ARG SOURCE_DATE_EPOCH=0
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 OMP_NUM_THREADS=1 \\
    OPENBLAS_NUM_THREADS=1
WORKDIR /opt/program
COPY constraints.txt ./
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \\
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig
{torch}# uv holds every file against its hash in constraints.txt.
RUN awk '/^[^ ]/ {{ keep = /^uv==/ }} keep' constraints.txt > uv.txt \\
    && pip install --no-compile --require-hashes -r uv.txt
RUN uv pip install --system -c constraints.txt boto3 joblib numpy pandas psutil pyarrow pydantic \\
    scikit-learn skops starlette "uvicorn[standard]"{"".join(f" {p}" for p in wanted)}
COPY benchmarks ./benchmarks
RUN useradd --create-home server && mkdir -p /opt/ml && chown server /opt/ml
USER server
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s --start-period=60s CMD ["python", "-c", \\
    "import urllib.request as u; u.urlopen('http://localhost:8080/ping', timeout=2)"]
ENTRYPOINT ["python", "-m", "benchmarks.serving.serve"]
CMD ["serve"]
# To bake the model in, in place of a fetch at the start: COPY model /opt/ml/model
"""


def _readme(d: Deployment, template: Json) -> str:
    slug, region = d.slug, d.option.region
    alarms = sum(r["Type"] == "AWS::CloudWatch::Alarm" for r in template["Resources"].values())
    lines = "\n".join(
        f"| {plain(line.label, most=120, also=',()%')} | {line.usd_per_month:,.2f} |"
        for line in d.option.lines
        if line.is_aws and line.usd_per_month
    )
    days = d.retrains_every_days
    places = [d.option.sku, *([d.training_place.sku] if days and d.training_place else [])]
    platforms = sorted({architecture(sku) for sku in places})
    again = (
        "The answer is never to retrain: there is no schedule."
        if days is None
        else f"It trains every {days} days. A run writes a model and deploys nothing: a release "
        "is a reviewed change of `ModelKey` in `parameters.json`."
    )
    guard = (
        "Errors cost nothing in this study, so that there is no guard."
        if d.answer.retraining.guard is None
        else "`guard.json` is read by `advisor cadence watch --guard guard.json`. Write its debt "
        f"every day: `aws cloudwatch put-metric-data --namespace Advisor/{slug} --metric-name "
        "ErrorDebtUsd --value USD`; no value rings too."
    )
    return f"""\
# {slug}

{description(d)}

Replace the words in capitals in `parameters.json`, then:

    docker buildx build -f Dockerfile --platform {",".join(platforms)} --provenance=false \\
        --build-arg BASE=BASE-BY-DIGEST -t IMAGE --push CHECKOUT
    aws s3 cp model.tar.gz s3://BUCKET/{slug}/models/FIRST/model.tar.gz
    aws cloudformation deploy --region {region} --stack-name {slug} --template-file template.yaml \\
        --parameter-overrides file://parameters.json --capabilities CAPABILITY_IAM

The model is what the image's `train` makes of `training.json` and the data beside it:

    docker run --rm -v "$PWD/training:/opt/ml/input/data/training:ro" \\
        -v "$PWD/model:/opt/ml/model" IMAGE train && tar -czf model.tar.gz -C model .

## What it costs

| line | USD a month |
|---|---|
{lines}
| all that AWS bills | {d.predicted_usd:,.2f} |

The budget rings at {d.budget_usd:,.2f} USD, {BUDGET_FACTOR} x that; activate the cost
allocation tag `advisor:study` once in the billing console, or it counts nothing. {alarms} alarms:
ten of an account are free, a further one costs about 0.10 USD a month (`{ALARM_SKU}`).

## Retraining and guard

{again} Training data are read from
`s3://BUCKET/{slug}/training/`, where `training.json` lies beside them.

{guard}

## How to remove it

    aws cloudformation delete-stack --region {region} --stack-name {slug}

The bucket, the image and what is in them are yours and stay.
"""
