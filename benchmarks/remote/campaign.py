"""Jobs from their admission to their results at home: ledger, reaper, thing; and backwards."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.errors import StoreError
from benchmarks.remote.cloud import Cloud
from benchmarks.remote.errors import RemoteError, explained, kind_of_words
from benchmarks.remote.job import Job, Status
from benchmarks.remote.ledger import Ledger
from benchmarks.remote.places import EXIT, Place, fetch_results, place_at, send_study
from benchmarks.remote.target import Target
from benchmarks.storage.merge import merge_stores

POLL_S = 15.0
"""Between two looks at what runs. [s]"""

LOST_LOOKS = 20
"""Looks in a row that may fail before a job is left to end by itself."""

CAMPAIGN = "campaign.json"
"""Beside the study in its place: what was asked, for another machine to go on with."""

STAGING = "remote"
"""Folder in the store where results wait until they are merged whole."""

End = Literal["measured", "failed", "refused", "not admitted", "left"]
Choice = Literal["go on", "keep", "stop"]


@dataclass
class Outcome:
    """What became of one job."""

    job: Job
    end: End
    usd: float = 0.0
    """What it came to, by the machine time that the service tells. [USD]"""
    added: int = 0
    """Records that came into the store."""
    problem: str = ""
    """What went wrong, for people."""


@dataclass
class _Open:
    job: Job
    word: str = ""
    lost: int = 0
    here: int = 0
    problem: str = ""


@dataclass
class Campaign:
    """The jobs of one command."""

    ledger: Ledger
    targets: Mapping[str, Target]
    cloud_of: Callable[[str], Cloud]
    store: Path
    """Where results are merged into."""
    tell: Callable[[str], None]
    """Shows progress, a line at a time."""
    on_interrupt: Callable[[Sequence[Job]], Choice] = lambda _: "stop"
    """Asked at Ctrl-C what to do with what runs."""
    sleep: Callable[[float], None] = time.sleep
    outcomes: list[Outcome] = field(default_factory=list)

    def run(
        self, jobs: Sequence[Job], *, cap_usd: float, study_folder: Path | None
    ) -> list[Outcome]:
        """Run jobs, as many at a time as the cap admits, and bring home what they measure.

        Args:
            jobs: of one campaign, the most valuable first.
            cap_usd: what all of them together may come to. [USD]
            study_folder: sent along; null where it is there already.

        Raises:
            RemoteError: a job lacks what it needs, or could never be admitted: nothing was started.
        """
        for job in jobs:
            self.targets[job.target].check(job)
        if jobs and min(job.worst_usd for job in jobs) > cap_usd:
            least = min(jobs, key=lambda job: job.worst_usd)
            raise RemoteError(
                f"the cap of {cap_usd:.2f} USD admits none of them: {least.sku} may come to "
                f"{least.worst_usd:.2f} USD; raise --cap-usd, or shorten --minutes"
            )
        waiting, opened = list(jobs), list[_Open]()
        if jobs and study_folder is not None:
            self._send(jobs, cap_usd=cap_usd, folder=study_folder)
        return self._watch(waiting, opened, cap_usd=cap_usd)

    def resume(self, folder: str, *, region: str) -> list[Outcome]:
        """Go on with a campaign that another process, or another machine, began.

        Raises:
            RemoteError: there is none at that place.
        """
        place = place_at(folder, self.cloud_of(region))
        told = place.get(CAMPAIGN)
        if told is None:
            raise RemoteError(f"{folder} holds no campaign: see 'advisor remote list --bucket ...'")
        asked: dict[str, Any] = json.loads(told)
        waiting, opened = [], []
        known = self.ledger.entries()
        for item in asked["jobs"]:
            job = Job.model_validate(item)
            mark = json.loads(place.get(_mark(job)) or b"null")
            if mark is None:
                waiting.append(job)
                continue
            if job.run_id not in known or known[job.run_id].state != "closed":
                self.ledger.adopt(job)
            if mark["is"] == "closed":
                self.ledger.close(job.run_id, usd=mark["usd"])
                outcome = Outcome(job, "measured", usd=mark["usd"])
                self._bring(_Open(job), outcome)
                self.outcomes.append(outcome)
            else:
                opened.append(_Open(job))
        return self._watch(waiting, opened, cap_usd=asked["cap_usd"])

    # How it is done -------------------------------------------------------------------------------

    def _send(self, jobs: Sequence[Job], *, cap_usd: float, folder: Path) -> None:
        place = place_at(jobs[0].folder, self.cloud_of(jobs[0].region))
        self.tell(f"sending the study to {jobs[0].folder}")
        send_study(folder, place_at(f"{jobs[0].folder}/study", self.cloud_of(jobs[0].region)))
        asked = {"cap_usd": cap_usd, "jobs": [job.model_dump(mode="json") for job in jobs]}
        place.put(CAMPAIGN, json.dumps(asked, indent=1).encode())

    def _watch(self, waiting: list[Job], opened: list[_Open], *, cap_usd: float) -> list[Outcome]:
        while waiting or opened:
            try:
                self._start_what_fits(waiting, opened, cap_usd=cap_usd)
                if not opened:
                    break
                for item in list(opened):
                    if self._look(item):
                        opened.remove(item)
                if opened:
                    self.sleep(POLL_S)
            except KeyboardInterrupt:
                choice = self.on_interrupt([item.job for item in opened])
                if choice == "go on":
                    continue
                waiting.clear()
                for item in opened:
                    if choice == "keep":
                        self._leave(item, "left to run on: it ends by itself")
                    else:
                        self._finish(item, None)
                opened.clear()
        for job in waiting:
            self.outcomes.append(
                Outcome(
                    job,
                    "not admitted",
                    problem=f"it may come to {job.worst_usd:.2f} USD, more "
                    f"than is left of the cap of {cap_usd:.2f}",
                )
            )
        return self.outcomes

    def _start_what_fits(self, waiting: list[Job], opened: list[_Open], *, cap_usd: float) -> None:
        for job in list(waiting):
            if not self.ledger.admit(job, cap_usd=cap_usd):
                continue
            waiting.remove(job)
            item = _Open(job)
            opened.append(item)
            if not self._start(item):
                opened.remove(item)

    def _start(self, item: _Open) -> bool:
        job, target = item.job, self.targets[item.job.target]
        cloud = self.cloud_of(job.region)
        try:
            place_at(job.folder, cloud).put(_mark(job), json.dumps({"is": "open"}).encode())
            target.start(cloud, job)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be left
            why = explained(error, doing=f"starting {job.sku}", sku=job.sku)
            if why.kind == "unknown":
                self._leave(item, str(why))
            else:
                item.problem = str(why)
                self._finish(item, Status(kind="failed", reason=str(why), billed_s=0.0))
            return False
        self.tell(f"{job.sku}: started, at most {job.worst_usd:.2f} USD")
        return True

    def _look(self, item: _Open) -> bool:
        """Look at a job; return whether nothing of it is left to do."""
        job, target = item.job, self.targets[item.job.target]
        try:
            status = target.status(self.cloud_of(job.region), job)
            here = self._fetch(item)
        except Exception as error:  # noqa: BLE001 - the machine runs on: asked again
            item.lost += 1
            why = explained(error, doing=f"asking how {job.sku} stands", sku=job.sku)
            if item.lost < LOST_LOOKS:
                if item.lost == 1:
                    self.tell(f"{job.sku}: no answer ({why}); asked again")
                return False
            self._leave(item, str(why))
            return True
        item.lost = 0
        word = f"{status.kind}, {here} results here" if here else status.kind
        if word != item.word:
            item.word = word
            self.tell(f"{job.sku}: {word}")
        if not status.is_over:
            return False
        self._finish(item, status)
        return True

    def _fetch(self, item: _Open) -> int:
        job = item.job
        place = place_at(job.store, self.cloud_of(job.region))
        item.here = fetch_results(place, self._staging(job))
        return item.here

    def _staging(self, job: Job) -> Path:
        return self.store / STAGING / job.run_id

    def _finish(self, item: _Open, status: Status | None) -> None:
        """Take a job down, bring home what it finished, and close its line: in that order."""
        job, target = item.job, self.targets[item.job.target]
        cloud = self.cloud_of(job.region)
        try:
            target.end(cloud, job.run_id, job.settings)
            if status is None or status.billed_s is None:
                status = target.status(cloud, job)
        except Exception as error:  # noqa: BLE001 - said loudly; the ledger's line stays open
            why = explained(error, doing=f"ending {job.sku}", sku=job.sku)
            problem = f"{job.run_id} was not taken down ({why}): do it with: " + target.by_hand(
                job.run_id, job.region
            )
            self.outcomes.append(Outcome(job, "left", usd=job.worst_usd, problem=problem))
            return
        usd = _spent_usd(job, status)
        outcome = Outcome(job, "measured", usd=usd, problem=item.problem)
        self._bring(item, outcome)
        if not outcome.added and not item.here:
            outcome.end = "refused" if item.problem else "failed"
            outcome.problem = outcome.problem or self._why(job, status)
        self.ledger.close(job.run_id, usd=usd)
        self._mark_closed(job, cloud, usd=usd)
        self.outcomes.append(outcome)
        self.tell(f"{job.sku}: {outcome.end}, {usd:.2f} USD, {outcome.added} results merged")

    def _bring(self, item: _Open, outcome: Outcome) -> None:
        try:
            self._fetch(item)
            if item.here:
                outcome.added = len(merge_stores([self._staging(item.job)], into=self.store).added)
        except (StoreError, RemoteError) as error:
            outcome.problem = (
                f"{error}; what came is kept in {self._staging(item.job)}, your store in "
                f"{self.store}"
            )

    def _why(self, job: Job, status: Status) -> str:
        """Say why nothing came: the service's reason, or the last words of the machine."""
        kind = kind_of_words(status.reason)
        if kind in {"capacity", "quota"}:
            return str(explained(RuntimeError(status.reason), doing=job.run_id, sku=job.sku)) + (
                ": try another zone or size, on demand in place of spot, or later"
            )
        place: Place = place_at(job.store, self.cloud_of(job.region))
        try:
            told = json.loads(place.get(EXIT) or b"{}")
        except (RemoteError, ValueError):
            told = {}
        last = str(told.get("words", "")).strip().splitlines()[-1:]
        return "; ".join(["no result came", *filter(None, [status.reason, *last])])

    def _mark_closed(self, job: Job, cloud: Cloud, *, usd: float) -> None:
        mark = json.dumps({"is": "closed", "usd": usd}).encode()
        try:
            place_at(job.folder, cloud).put(_mark(job), mark)
        except RemoteError as error:
            self.tell(f"{job.sku}: {error}")

    def _leave(self, item: _Open, why: str) -> None:
        self.ledger.leave(item.job.run_id)
        self.outcomes.append(
            Outcome(item.job, "left", usd=item.job.worst_usd, added=0, problem=why)
        )


def _mark(job: Job) -> str:
    return f"jobs/{job.run_id}.json"


def _spent_usd(job: Job, status: Status) -> float:
    """Return what a job came to; where nobody can tell any more, the most that it can be. [USD]"""
    if status.billed_s is None:
        return job.worst_usd
    return status.billed_s / 3600 * job.usd_per_hour
