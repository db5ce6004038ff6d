"""The cap as an admission rule, and the ledger that it is kept by."""

import json
import math
import os
import random
import signal
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.errors import StoreError
from benchmarks.remote.campaign import Campaign
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import Status, worst_usd
from benchmarks.remote.ledger import Ledger, committed_usd
from benchmarks.remote.target import Target
from tests.benchmarks.remote.given import cloud, job


def test_the_closed_form_of_the_method():
    worst = worst_usd(usd_per_hour=0.36, ttl_s=30 * 60, reap_s=10 * 60, end_s=5 * 60)

    assert worst == pytest.approx(0.36 * 45 / 60)  # 0.27


def test_two_are_admitted_the_third_is_not_and_one_more_fits_once_the_first_was_cheap(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    jobs = [job(number=n, worst_usd=0.27) for n in (1, 2, 3)]

    assert [ledger.admit(one, cap_usd=0.60) for one in jobs] == [True, True, False]
    ledger.close(jobs[0].run_id, usd=0.03)

    assert ledger.admit(jobs[2], cap_usd=0.60)
    assert committed_usd(ledger.entries(), jobs[0].campaign) == pytest.approx(0.03 + 2 * 0.27)
    assert not ledger.admit(job(number=4, worst_usd=0.27), cap_usd=0.60)


@pytest.mark.parametrize("rate", [math.nan, math.inf, -1.0])
def test_an_unknown_price_is_an_error_and_never_zero(rate):
    with pytest.raises(RemoteError, match="no price, no run"):
        worst_usd(usd_per_hour=rate, ttl_s=60)


class Lottery(Target):
    """Machines that start or do not, run for any time below their limit, and cost by it."""

    name = "sagemaker-processing"
    title = "lottery"
    service = None

    def __init__(self, seed):
        self.random, self.alive, self.paid = random.Random(seed), {}, 0.0
        self.most_owed = 0.0

    def start(self, cloud, job):
        luck = self.random.random()
        if luck < 0.2:
            raise RemoteError("no capacity", kind="capacity")
        self.alive[job.run_id] = job
        self.most_owed = max(
            self.most_owed, self.paid + sum(j.worst_usd for j in self.alive.values())
        )
        if luck < 0.3:
            raise ConnectionError("the answer was lost")

    def status(self, cloud, job):
        if job.run_id not in self.alive:
            return Status(kind="gone", billed_s=0.0)
        if self.random.random() < 0.5:
            return Status(kind="running")
        billed_s = self.random.uniform(0, job.worst_usd / job.usd_per_hour * 3600)
        return Status(kind="done", billed_s=billed_s)

    def end(self, cloud, run_id, settings):
        if run_id in self.alive and self.random.random() < 0.1:
            raise RemoteError("refused")
        self.alive.pop(run_id, None)


@settings(max_examples=40, deadline=None)
@given(
    rates=st.lists(st.sampled_from([0.05, 0.36, 1.0, 7.5]), min_size=1, max_size=8),
    ttl_s=st.sampled_from([60, 600, 3600]),
    cap_usd=st.sampled_from([0.1, 0.6, 2.0, 20.0]),
    seed=st.integers(0, 1000),
)
def test_nothing_is_ever_admitted_beyond_the_cap(tmp_path_factory, rates, ttl_s, cap_usd, seed):
    folder, target = tmp_path_factory.mktemp("cap"), Lottery(seed)
    ledger = Ledger(folder / "ledger.jsonl")
    jobs = [
        job(
            number=n,
            usd_per_hour=rate,
            ttl_s=ttl_s,
            worst_usd=worst_usd(usd_per_hour=rate, ttl_s=ttl_s),
            folder=str(folder / "place"),
        )
        for n, rate in enumerate(rates, start=1)
    ]
    campaign = Campaign(
        ledger=ledger,
        targets={target.name: target},
        cloud_of=lambda _: cloud(),
        store=folder / "store",
        tell=lambda _: None,
        sleep=lambda _: None,
    )
    try:
        outcomes = campaign.run(jobs, cap_usd=cap_usd, study_folder=None)
    except RemoteError:
        assert min(one.worst_usd for one in jobs) > cap_usd
        assert not target.alive
        return

    assert committed_usd(ledger.entries(), jobs[0].campaign) <= cap_usd + 1e-6
    assert sum(one.usd for one in outcomes) <= cap_usd + 1e-6
    assert target.most_owed <= cap_usd + 1e-6
    assert {one.job.run_id for one in outcomes} == {one.run_id for one in jobs}
    open_now = {k for k, e in ledger.entries().items() if e.state != "closed"}
    assert set(target.alive) <= open_now  # whatever may still run has its line


def test_a_ledger_whose_last_line_was_cut_is_read_and_gone_on_with(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.admit(job(number=1), cap_usd=1.0)
    with ledger.path.open("a") as file:
        file.write('{"is": "open", "job": {"run')

    assert list(ledger.entries()) == [job().run_id]
    ledger.admit(job(number=2), cap_usd=1.0)

    assert len(ledger.entries()) == 2
    assert all(json.loads(line) for line in ledger.path.read_text().splitlines())


def test_a_line_in_the_middle_that_cannot_be_read_is_an_error(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.path.write_text("{broken\n{}\n")

    with pytest.raises(StoreError, match="line 1 cannot be read"):
        ledger.entries()


def test_a_job_whose_process_was_killed_is_an_orphan_and_one_that_was_left_is_not(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    pid = os.fork()
    if pid == 0:
        ledger.admit(job(number=1), cap_usd=1.0)
        ledger.admit(job(number=2), cap_usd=1.0)
        ledger.leave(job(number=2).run_id)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    ledger.admit(job(number=3), cap_usd=1.0)

    found = ledger.entries()

    assert [found[job(number=n).run_id].is_orphan for n in (1, 2, 3)] == [True, False, False]


def test_what_is_written_down_expires_after_its_time_and_its_reaper():
    one = job()

    assert one.expires_at > datetime.now(UTC) + timedelta(seconds=one.ttl_s)
    assert one.tags["advisor:expires"] == one.expires_at.isoformat()
