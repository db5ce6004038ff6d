"""What we assume where nothing was measured and the study says nothing, each with its source.

A number here is a default of ours, basis `assumed`; every one that a decision used is listed in
its assumptions table.
"""

from datetime import date
from typing import NamedTuple

SET_ON = date(2026, 11, 21)
"""Day on which these defaults, and those of the study file, were last set."""


class Default(NamedTuple):
    """One assumed number."""

    name: str
    value: float
    unit: str
    source: str


HTTP_SERVER_S = Default(
    "http_server_s",
    0.00014,
    "s of processor time per request",
    "upper end of 92 to 140 us for an async FastAPI handler on one AMD Zen 5 core, loopback; "
    "a load test of the real server replaces it",
)
IN_SITU_FACTOR = Default(
    "in_situ_factor",
    1.04,
    "service time under load / offline",
    "1.01 to 1.06 in load tests of one server on one machine; a load test replaces it",
)
LOAD_BALANCER_S = Default(
    "load_balancer_s",
    0.002,
    "s added to every answer on ECS",
    "our assumption for an application load balancer and one hop within a region; not measured",
)
SAGEMAKER_FRONT_S = Default(
    "sagemaker_front_s",
    0.005,
    "s added to every answer on SageMaker",
    "our assumption for the SageMaker runtime's front end; not in any public data, ask for a trial",
)
MAX_UTILISATION = Default(
    "max_utilisation",
    0.70,
    "busy share of the workers at the peak rate",
    "planned headroom: an error of 20% in the speed of a machine is 67% of p99 at 0.70",
)
MEMORY_HEADROOM = Default(
    "memory_headroom",
    0.80,
    "share of a machine's memory that workers may take",
    "our assumption; the rest is for the operating system's cache and for peaks",
)
HOST_RESERVE_GIB = Default(
    "host_reserve_gib",
    0.5,
    "GiB kept for the operating system and the container agent on EC2 and SageMaker",
    "our assumption",
)
IMAGE_GB = Default(
    "image_gb",
    1.5,
    "GB of container image in the registry",
    "our assumption: Python, scikit-learn and torch's CPU build, compressed",
)
LOG_KB_PER_REQUEST = Default(
    "log_kb_per_request",
    0.2,
    "kB of log per request",
    "our assumption: one access line per request, nothing else",
)
LOG_RETENTION_MONTHS = Default(
    "log_retention_months", 1.0, "months that logs are kept", "our assumption"
)
INSTANCE_DISK_GB = Default(
    "instance_disk_gb",
    30.0,
    "GB of disk per instance",
    "size of the Amazon ECS-optimised image's root volume; the same taken for SageMaker",
)
CONNECTIONS_PER_REQUEST = Default(
    "connections_per_request",
    0.1,
    "new connections per request at the load balancer",
    "our assumption: clients keep a connection for ten requests",
)
SERVERLESS_MIB_PER_VCPU = Default(
    "serverless_mib_per_vcpu",
    1769.0,
    "MiB of serverless memory per vCPU",
    "as documented for AWS Lambda; SageMaker publishes only that processor power grows with memory",
)
SERVERLESS_START_S = Default(
    "serverless_start_s",
    3.0,
    "s to start a serverless container, before imports and loading the model",
    "our assumption; measure one cold invocation to replace it",
)
SERVERLESS_IDLE_S = Default(
    "serverless_idle_s",
    300.0,
    "s after which an idle serverless container is taken away",
    "our assumption, at the cautious end of 5 to 15 minutes that users report",
)
SERVERLESS_MAX_CONCURRENCY = Default(
    "serverless_max_concurrency",
    200.0,
    "concurrent requests per serverless endpoint",
    "SageMaker's documented maximum for one endpoint",
)
GPU_BATCH_S = Default(
    "gpu_batch_s",
    0.1,
    "s that a batch on a GPU may take where the study names no p99",
    "our assumption: dynamic batching is on, as every GPU server offers it",
)
CORE_FLOP_PER_S = Default(
    "core_flop_per_s",
    60e9,
    "FLOP/s that one core reaches on a network at best, where the machine was not probed",
    "our assumption, between memory-bound 5e9 and a matrix product's 1e11; it splits a network's "
    "measured time into preparation and arithmetic, and bounds arithmetic that was not counted",
)
CORE_BYTES_PER_S = Default(
    "core_bytes_per_s",
    10e9,
    "B/s at which one core reads a network's weights",
    "our assumption, half of what one core reads in a stream",
)
PARSED_VALUE_S = Default(
    "parsed_value_s",
    0.3e-6,
    "s to make a number of a parsed request into a model's input, where it was not measured",
    "our assumption; a run that times ready arrays beside parsed rows replaces it",
)
REALTIME_MAX_PAYLOAD_KB = Default(
    "realtime_max_payload_kb",
    25_000.0,
    "kB of one request or response of a SageMaker real-time endpoint",
    "SageMaker's documented limit as remembered (6,000 kB before 2025): check your quota",
)
FARGATE_GBPS_PER_VCPU = Default(
    "fargate_gbps_per_vcpu",
    0.25,
    "Gbit/s of network that a Fargate task keeps up per vCPU",
    "our assumption; AWS publishes no figure",
)
NETWORK_HEADROOM = Default(
    "network_headroom", 0.7, "share of a machine's sustained network that is planned", "ours"
)
TRAINING_START_S = Default(
    "training_start_s",
    60.0,
    "s billed per training run before the training starts",
    "our assumption: image pull and data download on a fresh container",
)
SPOT_REPEAT_FACTOR = Default(
    "spot_repeat_factor",
    1.10,
    "spot training time / uninterrupted time",
    "our assumption where AWS publishes no frequency of interruption (Fargate): one run in ten "
    "starts again; EC2's by its spot advisor of 2025-06-28",
)
TRAINING_DEADLINE_S = Default(
    "training_deadline_s", 86_400.0, "s that one training run may take", "our assumption: a day"
)
WAITING_USD_PER_HOUR = Default(
    "waiting_usd_per_hour",
    1.0,
    "USD that an hour of waiting for a training run is worth",
    "our assumption; it orders places that cost nearly the same and is on no bill",
)
MODEL_VERSIONS_KEPT = Default(
    "model_versions_kept", 10.0, "model artefacts kept in object storage", "our assumption"
)
FARGATE_START_S = Default(
    "fargate_start_s",
    45.0,
    "s from asking for a Fargate task to its container running, before imports and loading",
    "our assumption, 2026-07: 30 to 60 s that users report for an image of about 1.5 GB; measure "
    "one of your own tasks (PENDING to RUNNING) to replace it",
)
EC2_START_S = Default(
    "ec2_start_s",
    120.0,
    "s from asking for an EC2 machine to its container running, before imports and loading",
    "our assumption, 2026-07: about a minute to boot, join the cluster and pull an image of 1.5 GB "
    "each; on a machine that is already there it is the container's start alone",
)
SAGEMAKER_START_S = Default(
    "sagemaker_start_s",
    300.0,
    "s from asking for a SageMaker instance to its container running, before loading the model",
    "our assumption, 2026-07: 4 to 7 minutes that users report for an endpoint's new instance",
)
BALANCER_CHECK_S = Default(
    "balancer_check_s",
    30.0,
    "s until a load balancer sends requests to a new task",
    "three health checks 10 s apart, our assumption; an application load balancer's own defaults "
    "are five checks 30 s apart, 2026-07",
)
TRAFFIC_FACTOR = Default(
    "traffic_factor",
    1.25,
    "80% of mean request rates lie within / and x this factor",
    "our assumption: a forecast a quarter off is ordinary; set decision.traffic_factor",
)
PEAK_SPREAD = Default(
    "peak_factor",
    1.3,
    "80% of peaks over mean lie within / and x this factor",
    "our assumption: peaks of 2.3 to 3.9 times the mean where 3 is planned; set "
    "decision.peak_factor",
)
START_FACTOR = Default(
    "start_factor",
    2.0,
    "80% of cold starts lie within / and x this factor",
    "our assumption: 1.5 to 6 s before imports; measure one cold invocation",
)
SPOT_PRICE_FACTOR = Default(
    "spot_price_factor",
    1.3,
    "80% of spot prices over the horizon lie within / and x this factor of today's",
    "our assumption; the price history of a type tells it",
)
SPOT_FALLBACK_FRACTION = Default(
    "spot_fallback_fraction",
    0.05,
    "share of spot hours that are bought on demand because spot was taken away",
    "our assumption, the lowest band of AWS's own interruption advisor",
)
SPOT_DISCOUNT = Default(
    "spot_discount",
    0.6,
    "part of the on-demand price that spot takes off, for the hours that fall back",
    "our assumption; AWS says up to 0.9, most types lie near 0.6",
)
DECAY_FACTOR_ASSUMED = Default(
    "decay_factor_assumed",
    3.0,
    "80% of decay slopes lie within / and x this factor, where none was measured",
    "our assumption; a back-test replaces it",
)
DECAY_FACTOR_MEASURED = Default(
    "decay_factor_measured",
    1.3,
    "the same where the study or a back-test gives it",
    "our assumption; the future drifts otherwise than the past",
)
RUNS_FACTOR = Default(
    "runs_factor",
    1.5,
    "80% of runs per release lie within / and x this factor",
    "our assumption; count your own",
)
TRAINING_FACTOR = Default(
    "training_factor",
    1.4,
    "80% of training times lie within / and x this factor",
    "our assumption, the width of the transfer's band for a few cores",
)
HOURS_FACTOR = Default(
    "hours_factor",
    1.5,
    "80% of people's hours lie within / and x this factor",
    "our assumption; a time sheet replaces it",
)
PLATFORM_HOURS_FACTOR = Default(
    "platform_hours_factor",
    1.01,
    "80% of a platform's hours over the team's lie within / and x this factor",
    "our assumption: a team that is slow on one platform is slow on all, and a little apart",
)
GROWTH_HALF_WIDTH = Default(
    "growth_half_width",
    0.2,
    "80% of yearly growth of traffic lies this close to the study's",
    "our assumption; set decision.growth_half_width_fraction",
)
PRICE_DRIFT_HALF_WIDTH = Default(
    "price_drift_half_width",
    0.03,
    "80% of yearly changes of list prices lie this close to the study's",
    "our assumption: list prices of compute have moved by a few percent in most years",
)
MEASURING_S = Default(
    "measuring_s", 720.0, "s that one benchmark runs on a rented machine", "our assumption"
)

SAGEMAKER_JOB_START_S = Default(
    "sagemaker_job_start_s",
    240.0,
    "s from the start of a SageMaker job to its first row",
    "our assumption: 3 to 6 minutes are usual for a managed instance and its image; time one job",
)
FARGATE_TASK_START_S = Default(
    "fargate_task_start_s",
    60.0,
    "s from the start of a Fargate task to its first row",
    "our assumption: half a minute to two, mostly the pull of the image; time one task",
)
EC2_TASK_START_S = Default(
    "ec2_task_start_s",
    180.0,
    "s from the start of an instance to the first row of its task",
    "our assumption: two to four minutes for an instance, its agent and the pull of the image",
)
SAGEMAKER_JOB_MACHINES = Default(
    "sagemaker_job_machines",
    20.0,
    "instances of one SageMaker job",
    "our assumption of a usual quota; yours stands in Service Quotas, and can be raised",
)
ECS_JOB_TASKS = Default(
    "ecs_job_tasks",
    100.0,
    "tasks of one scheduled job",
    "our assumption; quotas of vCPUs stand in Service Quotas, and can be raised",
)
BATCH_TRANSFORM_MAX_PAYLOAD_KB = Default(
    "batch_transform_max_payload_kb",
    100_000.0,
    "kB of one call of batch transform",
    "SageMaker API reference, CreateTransformJob, MaxPayloadInMB: at most 100, remembered; "
    "the records of a call times MaxConcurrentTransforms are bounded by it too",
)
DEADLINE_HEADROOM = Default(
    "deadline_headroom",
    0.70,
    "share of a job's deadline that is planned",
    "ours: an error of 20% in the speed of a machine, and one retry of a part",
)
JOB_LOG_GB = Default("job_log_gb", 0.01, "GB of log per job", "our assumption")
JOB_DATA_KEPT_MONTHS = Default(
    "job_data_kept_months", 1.0, "months that a job's rows and scores are kept", "our assumption"
)
ASYNC_FRONT_S = Default(
    "async_front_s",
    0.5,
    "s added to each result of an asynchronous endpoint",
    "our assumption: request and result pass object storage and an internal queue; not measured",
)
ASYNC_MAX_PAYLOAD_KB = Default(
    "async_max_payload_kb",
    1_000_000.0,
    "kB of one request or result of an asynchronous endpoint",
    "SageMaker developer guide, asynchronous inference: payloads up to 1 GB, remembered",
)
ASYNC_MAX_DURATION_S = Default(
    "async_max_duration_s",
    3_600.0,
    "s that one request of an asynchronous endpoint may take",
    "SageMaker developer guide, asynchronous inference: up to one hour, remembered",
)
ASYNC_START_S = Default(
    "async_start_s",
    420.0,
    "s from the first request at zero instances to the first result, imports not counted",
    "our assumption: one to two minutes for the alarm, four to six for a managed instance",
)
ASYNC_IDLE_S = Default(
    "async_idle_s",
    900.0,
    "s without work after which an asynchronous endpoint goes to zero",
    "the low alarm of target tracking looks at 15 minutes, as its CloudWatch alarm is made",
)
ASYNC_FILES_KEPT_MONTHS = Default(
    "async_files_kept_months",
    0.25,
    "months that files of requests and results are kept",
    "our assumption: a week, by a lifecycle rule",
)

MODEL_MEMORY_FACTOR = Default(
    "model_memory_factor",
    2.0,
    "memory of one more loaded model / size of its file",
    "our assumption: files are compressed, objects are not",
)
MODEL_DOWNLOAD_GB_PER_S = Default(
    "model_download_gb_per_s",
    0.1,
    "GB/s at which a model comes from object storage",
    "our assumption: one stream of 100 MB/s",
)
MODEL_POPULARITY_EXPONENT = Default(
    "model_popularity_exponent",
    1.0,
    "exponent of Zipf's law over models that share an endpoint",
    "our assumption: the second is asked half as often as the first, as catalogues often show",
)

ALL: tuple[Default, ...] = tuple(v for v in globals().values() if isinstance(v, Default))
"""Every default, in the order they stand above."""
