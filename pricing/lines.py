"""One line of use: every quantity that some service is billed by."""

from typing import Literal

from pydantic import NonNegativeFloat

from pricing.base import Record
from pricing.quotes import Purchase


class Line(Record):
    """One thing used, with every quantity that some service is billed by."""

    service: str
    """What is used, a key of `pricing.services.SERVICES`."""
    label: str | None = None
    """What the reader calls it; null for the service and sku."""
    sku: str | None = None
    """Instance type; of `sagemaker-data`, `endpoint` or `async`; of `eks`, `cluster` or
    `extended-support`."""
    purchase: Purchase = "on-demand"
    """How it is bought."""
    hours: NonNegativeFloat | None = None
    """How long it runs; for a disk, how long it is kept. [h]"""
    count: NonNegativeFloat = 1.0
    """How many run that long each."""
    training_s: NonNegativeFloat | None = None
    """Length of a managed spot training job. [s]"""
    billable_s: NonNegativeFloat | None = None
    """Billable part of it. [s]"""
    memory_gib: NonNegativeFloat | None = None
    """Memory of a task, a function or a serverless endpoint. [GiB]"""
    vcpu: NonNegativeFloat | None = None
    """VCPUs of a task."""
    duration_s: NonNegativeFloat | None = None
    """Run time of each task, or mean time of each request. [s]"""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor architecture of a task."""
    os: Literal["linux", "windows"] = "linux"
    """Operating system of a task."""
    ephemeral_gib: NonNegativeFloat | None = None
    """Ephemeral disk of a task, 20 GiB of it free, or of a function, half a GiB free. [GiB]"""
    requests: NonNegativeFloat | None = None
    """Requests, without those that provisioned concurrency serves."""
    data_gb: NonNegativeFloat | None = None
    """Data in and out of a serverless endpoint. [GB]"""
    provisioned_concurrency: NonNegativeFloat | None = None
    """Serverless slots kept warm."""
    provisioned_hours: NonNegativeFloat | None = None
    """How long they are kept warm. [h]"""
    provisioned_usage_s: NonNegativeFloat | None = None
    """Time that requests spend on warm slots. [s]"""
    provisioned_requests: NonNegativeFloat | None = None
    """Requests that slots kept warm answer."""
    payload_kib: NonNegativeFloat | None = None
    """Size of a request with its answer, where that counts as several. [KiB]"""
    streamed_gb: NonNegativeFloat | None = None
    """Answers streamed beyond the first 6 MB of each. [GB]"""
    free_tier: bool = False
    """Whether the account's free allowance is taken off, where the service has one for ever."""
    gb: NonNegativeFloat | None = None
    """Data sent, or size of a disk. [GB]"""
    gb_months: NonNegativeFloat | None = None
    """Data kept for a month. [GB-month]"""
    kind: Literal["application", "network", "http", "rest"] | None = None
    """Kind of load balancer, or of API."""
    lcu_hours: NonNegativeFloat | None = None
    """Capacity units used, summed over hours. [LCU-hour]"""
    new_connections_per_s: NonNegativeFloat | None = None
    """Connections opened. [1/s]"""
    connection_minutes: NonNegativeFloat | None = None
    """How long a connection lasts. [min]"""
    processed_gb: NonNegativeFloat | None = None
    """Data through it, total over the hours. [GB]"""
    requests_per_s: NonNegativeFloat | None = None
    """Requests. [1/s]"""
    rules: NonNegativeFloat | None = None
    """Rules that each request is held against."""
    extra_iops: NonNegativeFloat | None = None
    """Disk operations per second above the 3,000 included."""
    extra_mibps: NonNegativeFloat | None = None
    """Disk throughput above the 125 included. [MiB/s]"""
    ingested_gb: NonNegativeFloat | None = None
    """Logs written. [GB]"""
    stored_gb: NonNegativeFloat | None = None
    """Logs kept for a month. [GB]"""
    scanned_gb: NonNegativeFloat | None = None
    """Logs searched. [GB]"""
    metrics: NonNegativeFloat | None = None
    """Custom metrics kept for a month."""
    alarms: NonNegativeFloat | None = None
    """Alarms on a metric at standard resolution, kept for a month."""
    high_resolution_alarms: NonNegativeFloat | None = None
    """Alarms on a metric at ten or thirty seconds, kept for a month."""
    put_requests: NonNegativeFloat | None = None
    """PUT, COPY, POST and LIST requests."""
    get_requests: NonNegativeFloat | None = None
    """GET and other requests."""
