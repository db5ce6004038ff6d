"""What SageMaker's kinds of jobs have in common: instances that start for a job."""

from typing import ClassVar

from advisor.market import Market
from advisor.options.machines import Machines
from advisor.platforms.instances import instance_machines
from advisor.platforms.jobs import Job, JobRun
from pricing.usage import UsageLine


class SageMakerJob(Job):
    """Managed instances that start for a job; billed by the second, on demand only."""

    service: ClassVar[str]
    """Billing service."""
    label: ClassVar[str]
    """What its line is called."""

    def machines(self, market: Market, *, region: str, purchase: str) -> Machines:
        """Return every type of the catalogue; one without this job's price has none."""
        return instance_machines(
            market, service=self.service, region=region, purchase=purchase, sku_prefix="ml."
        )

    def job_usage(self, *, sku: str, purchase: str, run: JobRun) -> list[UsageLine]:
        """Return the instances' hours."""
        del purchase
        return [
            UsageLine(
                label=f"{self.label}, {sku}",
                service=self.service,
                sku=sku,
                hours=run.billed_s / 3600,
                count=run.machine_runs,
            )
        ]
