"""An answer about jobs by a deadline, in every face: hours and rows, not p99 and requests."""

import io

import numpy as np
import pytest
from rich.console import Console

from advisor.capacity.service_shapes import batch_job
from advisor.cli.recommend import answer_of
from advisor.report import render
from advisor.report.charts import CHARTS
from advisor.report.sections import VIEWS
from advisor.report.tables import crossings, horizon_table, options_table, rate_axis, rate_table
from advisor.report.text import print_recommendation
from advisor.report.words import counted
from tests.faces.factories import recommendation
from tests.faces.pages import measured_study

NIGHTLY = (
    *("workload.pattern=batch", "workload.rows_per_job=3e8", "needs.deadline_hours=0.5"),
    *("workload.requests_per_s=null", "workload.peak_requests_per_s=null"),
    *("needs.max_p99_latency_ms=null", "needs.availability_zones=1"),
)


@pytest.fixture(scope="module")
def study_path(tmp_path_factory):
    return measured_study(tmp_path_factory.mktemp("jobs"))


def answered(study_path, *settings: str):
    overrides = [*NIGHTLY, *settings]
    return answer_of(study_path, overrides=overrides, store=None, on=None, what_if=False)


def where(option):
    return option.candidate, option.form, option.platform, option.sku, option.purchase


@pytest.fixture(scope="module")
def answer(study_path):
    return answered(study_path)


def test_the_curve_of_a_job_goes_through_the_answer(answer):
    job = answer.job
    here = next(point for point in job.curve if point.row_count == pytest.approx(job.row_count))

    assert here.wall_s == pytest.approx(answer.best.p99_latency_ms / 1e3)
    assert here.wall_s_low == pytest.approx(answer.best.p99_latency_ms_low / 1e3)
    assert here.wall_s_high == pytest.approx(answer.best.p99_latency_ms_high / 1e3)
    assert job.machines == answer.best.replicas > 1
    assert job.row_count == pytest.approx(3e8)


def test_the_curve_of_a_job_is_what_another_study_of_so_many_rows_says(study_path, answer):
    chosen, job = answer.best, answer.job
    smaller = [p for p in reversed(job.curve) if p.row_count < 0.95 * job.row_count]

    for point in smaller[:4]:  # the answer lists the best machine of each platform only
        other = answered(study_path, f"workload.rows_per_job={point.row_count}")
        same = [o for o in other.ranked if where(o) == where(chosen)]
        if same:
            break
    (one,) = same
    work_s = (one.p99_latency_ms / 1e3 - job.start_s) * one.replicas / job.machines
    assert job.start_s + work_s == pytest.approx(point.wall_s)


def test_the_machines_of_a_job_finish_the_largest_one_and_no_larger(answer):
    job = answer.job
    per_machine = job.row_count / job.work_s / job.machines
    rows = job.largest_row_count * np.array([0.999, 1.001])
    found = batch_job(
        row_count=rows, rows_per_s=per_machine, start_s=job.start_s, deadline_s=job.deadline_s
    )

    assert found.machine_count.tolist() == [job.machines, job.machines + 1]


def test_the_table_of_options_tells_how_long_a_job_takes(answer):
    table = options_table(answer)
    titles = [column.title for column in table.columns]
    times = [row[titles.index("Job takes")].text for row in table.rows]

    assert times
    assert all(time.endswith((" min", " h")) for time in times)


def test_the_curve_of_costs_counts_the_rows_of_a_job(answer):
    axis = rate_axis(answer)
    table = rate_table(answer)
    rows = [point.requests_per_s * axis.per_rate for point in answer.cost_curve]

    assert table.columns[0].title == "Rows of one job"
    assert min(rows) < answer.job.row_count < max(rows)
    assert [row[0].text for row in table.rows] == [counted(size) for size in sorted(set(rows))]
    assert all(one.requests_per_s * axis.per_rate > 0 for one in crossings(answer))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["html", "md"])
def test_a_report_about_jobs_speaks_of_rows_and_hours(answer, name):
    text = render(answer, format=name)

    assert "how long one job takes" in text
    assert "Rows of one job" in text
    assert "Mean requests per second" not in text
    assert "serverless adds a container" not in text
    assert "Cost against request rate" not in text
    assert "p99 at the peak rate" not in text
    assert "Latency is carried" not in text


def test_an_answer_about_jobs_lists_no_assumption_about_requests(answer):
    names = {row.name for row in answer.assumptions}

    assert "sagemaker_job_start_s" in names
    assert not [n for n in names if n.startswith(("serverless_", "async_", "load_balancer_"))]
    assert "peak rate" not in names


def test_a_sweep_of_jobs_tells_how_long_a_job_takes_and_names_its_means(study_path, capsys):
    from advisor.cli import run

    overrides = [f"--set={one}" for one in NIGHTLY]
    run(["sweep", str(study_path), "--vary=workload.rows_per_job=1e7:1e8:2", *overrides])
    said = capsys.readouterr().out

    assert "Job takes" in said
    assert "mean USD/month" in said


@pytest.mark.slow
def test_why_not_a_gpu_is_answered_as_in_the_explorer(study_path, capsys):
    from advisor.cli import run

    overrides = [f"--set={one}" for one in NIGHTLY]
    run(["explain", str(study_path), "--why-not", "gpu", *overrides])
    said = capsys.readouterr().out

    assert "Why not a GPU for serving?" in said
    assert "Why not a GPU for training?" in said


def test_the_terminal_tells_how_long_a_job_takes(answer):
    written = io.StringIO()
    print_recommendation(answer, Console(file=written, width=120))
    said = written.getvalue()

    assert "Job takes" in said
    assert "p99 ms" not in said


def test_every_chart_of_a_view_about_jobs_can_be_drawn(answer):
    named = [section.chart for view in VIEWS.values() for section in view(answer)]
    drawn = {name for name in named if name and CHARTS[name](answer) is not None}

    assert {"job-time", "cost-by-rate", "cost-stack"} <= drawn
    assert "latency-by-load" not in drawn


@pytest.mark.parametrize(
    ("value", "words"),
    [(3e8, "300 million"), (22_032_924_160, "22 billion"), (999_950, "1 million"), (1234, "1,234")],
)
def test_a_large_count_is_written_as_people_say_it(value, words):
    assert counted(value) == words


def test_the_answer_as_the_traffic_grows_counts_the_rows_of_a_job(answer):
    grown = answer.replace(horizon=recommendation().horizon)
    first = grown.horizon.months[0]
    table = horizon_table(grown)

    assert table.columns[1].title == "Rows of one job"
    rows = first.requests_per_s * grown.job.row_count / grown.job.requests_per_s
    assert table.rows[0][1].text == counted(rows)
