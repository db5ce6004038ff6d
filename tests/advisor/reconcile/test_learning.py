"""What months teach: closed forms, coverage, the file beside the study, and the record."""

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli import run
from advisor.errors import AdvisorError
from advisor.imports.metrics import Metric
from advisor.recommend import recommend
from advisor.reconcile import reconcile
from advisor.reconcile.billed import Days
from advisor.reconcile.learning import PEAK, RATE, discounts_seen, learnt_of, observed_values
from advisor.reconcile.posterior import learn
from advisor.reconcile.record import keep, kept_months, track_record
from advisor.study.file import load_study, parse_study
from advisor.study.learnt import Learnt, LearntInput, Observed, learnt_text, path_of, read_learnt
from benchmarks.statistics.distributions import Z_80
from tests.advisor.factories import ON, evidence, ladder
from tests.advisor.factories import study as asked
from tests.advisor.reconcile.worlds import (
    answer_with,
    bill_as_predicted,
    bill_of,
    billed_row,
    random_answer,
    vendor_line,
)

SEPTEMBER = Days(date(2026, 9, 1), date(2026, 10, 1))
ratios = st.lists(st.floats(0.2, 5.0), min_size=1, max_size=5)
bands = st.floats(1.05, 3.0)


def study(**workload):
    return parse_study({"data": {"source": "builtin:digits"}, "workload": workload}, where="test")


def requests(values, *, period_s=60.0, name="Invocations", statistic="Sum", start=None):
    first = start or datetime(2026, 9, 1, tzinfo=UTC)
    at = tuple(first + timedelta(seconds=period_s * n) for n in range(len(values)))
    return Metric(name, statistic, period_s, at, tuple(map(float, values)), partial=False)


# The closed form


def test_one_month_as_sure_as_the_assumption_goes_half_way_in_logarithms():
    found = learn([1.44], prior_factor=1.5, month_factor=1.5)

    assert found.centre == pytest.approx(1.2)
    spread = math.log(1.5) / Z_80
    assert math.log(found.factor) / Z_80 == pytest.approx(spread / math.sqrt(2))
    assert math.log(found.next_month_factor) / Z_80 == pytest.approx(spread * math.sqrt(1.5))


def test_many_months_leave_their_own_spread_alone():
    found = learn([1.2] * 5, prior_factor=1.5, month_factor=1.25)
    more = learn([1.2] * 4000, prior_factor=1.5, month_factor=1.25)

    assert found.factor > more.factor > 1
    assert more.factor < 1.01
    assert more.centre == pytest.approx(1.2, rel=1e-3)


def test_the_posterior_is_that_of_a_fine_grid():
    """Oracle: prior times likelihood on a grid of logarithms, by hand."""
    ys, prior, month = [0.9, 1.3, 1.1], 1.6, 1.25
    found = learn(ys, prior_factor=prior, month_factor=month)

    grid = np.linspace(-2, 2, 400_001)
    s0, t = math.log(prior) / Z_80, math.log(month) / Z_80
    log_density = -(grid**2) / (2 * s0**2)
    for y in ys:
        log_density -= (math.log(y) - grid) ** 2 / (2 * t**2)
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    mean = float((grid * density).sum())
    spread = math.sqrt(float(((grid - mean) ** 2 * density).sum()))
    assert math.log(found.centre) == pytest.approx(mean, abs=1e-6)
    assert math.log(found.factor) / Z_80 == pytest.approx(spread, rel=1e-5)


def test_a_surprise_takes_the_data_and_says_so():
    usual = learn([1.2], prior_factor=1.25)
    wrong = learn([3.0], prior_factor=1.25)

    assert not usual.is_surprise
    assert 1 < usual.centre < 1.2
    assert wrong.is_surprise
    assert wrong.centre == pytest.approx(3.0)


@given(ratios, bands, bands)
def test_more_of_the_same_never_widens_and_the_centre_lies_between(ys, prior, month):
    found = learn(ys, prior_factor=prior, month_factor=month)

    assert found.factor <= found.next_month_factor
    mean = math.exp(math.fsum(map(math.log, ys)) / len(ys))
    low, high = sorted([1.0, mean])
    assert low * (1 - 1e-9) <= found.centre <= high * (1 + 1e-9)
    if not found.is_surprise:
        assert found.factor <= prior * (1 + 1e-9)


@pytest.mark.parametrize(("months", "aim"), [(1, 0.8), (3, 0.8), (12, 0.8)])
def test_four_of_five_next_months_lie_within_the_band(months, aim):
    """2,000 users drawn from what was assumed; and so many whose default was far off."""
    rng = random.Random(months)
    s0, t = math.log(1.25) / Z_80, math.log(1.25) / Z_80
    held = 0
    for _ in range(2_000):
        truth = rng.gauss(0, s0)
        ys = [math.exp(rng.gauss(truth, t)) for _ in range(months)]
        found = learn(ys, prior_factor=1.25)
        off = abs(rng.gauss(truth, t) - math.log(found.centre))
        held += off <= math.log(found.next_month_factor)
    assert 0.77 <= held / 2_000 <= 0.83


def test_what_is_no_positive_number_is_refused():
    with pytest.raises(ValueError, match="above 1"):
        learn([1.0], prior_factor=1.0)
    with pytest.raises(ValueError, match="positive"):
        learn([0.0], prior_factor=1.5)


# What is seen


def test_the_rate_is_that_of_the_hours_with_traffic_and_the_peak_that_of_minutes():
    minutes = [600.0] * 43_200
    minutes[777] = 6_000.0
    seen = observed_values(study(active_hours_per_month=365), [requests(minutes)], SEPTEMBER)

    mean = sum(minutes) / (720 * 3600)
    assert seen[RATE] == pytest.approx(2 * mean)
    assert seen[PEAK] == pytest.approx(100.0)


def test_hourly_points_tell_no_peak_and_a_part_of_the_month_tells_nothing():
    hourly = observed_values(study(), [requests([36_000.0] * 720, period_s=3600.0)], SEPTEMBER)
    half = observed_values(study(), [requests([36_000.0] * 300, period_s=3600.0)], SEPTEMBER)
    mean = requests([10.0] * 720, period_s=3600.0, statistic="Average")

    assert hourly == {RATE: pytest.approx(10.0)}
    assert half == {}
    assert observed_values(study(), [mean], SEPTEMBER) == {}


def test_a_batch_study_and_a_bill_of_days_teach_nothing():
    metric = [requests([36_000.0] * 720, period_s=3600.0)]

    assert observed_values(study(pattern="batch"), metric, SEPTEMBER) == {}
    assert observed_values(study(), metric, Days(date(2026, 9, 1), date(2026, 9, 4))) == {}


def test_a_month_read_again_replaces_itself():
    own = study(requests_per_s=20.0)
    first = learnt_of(
        own, None, month=Observed(month="2026-09", values={RATE: 25.0}, source_sha256="")
    )
    again = learnt_of(
        own, first, month=Observed(month="2026-09", values={RATE: 24.0}, source_sha256="")
    )

    assert [one.values[RATE] for one in again.observed] == [24.0]
    assert again.inputs[0].months == 1
    assert 20.0 < again.inputs[0].value < 24.0
    assert again.inputs[0].was == 20.0


def test_the_peak_keeps_its_tail():
    """The peak of some weeks is not that of a year."""
    own = study(requests_per_s=20.0)
    months = None
    for number in range(1, 10):
        seen = Observed(month=f"2026-0{number}", values={RATE: 20.0, PEAK: 66.0}, source_sha256="")
        months = learnt_of(own, months, month=seen)
    rate, peak = months.inputs

    assert rate.factor < 1.25
    assert peak.factor == pytest.approx(1.3)
    assert 60.0 < peak.value < 66.0


def test_a_discount_is_offered_only_where_every_line_is_cheaper():
    answer = answer_with(
        vendor_line("ec2", "m7g.large", 730.0, 0.10),
        vendor_line("data-transfer-out", "internet", 100.0, 0.09, "gb"),
    )
    bill = bill_of(
        billed_row("ec2", "m7g.large", 720.0, 720.0 * 0.09),
        billed_row("data-transfer-out", "internet", 99.0, 99.0 * 0.09, "gb"),
    )

    parts = reconcile(answer, bill).parts
    assert discounts_seen(parts, {}) == {"ec2": pytest.approx(0.1)}
    assert discounts_seen(parts, {"ec2": 0.05}) == {"ec2": pytest.approx(1 - 0.9 * 0.95)}


# The file beside the study


def written(tmp_path, text="data: {source: 'builtin:digits'}\nworkload: {requests_per_s: 20}\n"):
    path = tmp_path / "advisor.yaml"
    path.write_text(text)
    own = load_study(path, with_learnt=False)
    seen = Observed(month="2026-09", values={RATE: 40.0, PEAK: 90.0}, source_sha256="0")
    path_of(path).write_text(learnt_text(path, learnt_of(own, None, month=seen)))
    return path


def test_what_was_learnt_is_read_with_the_study_and_forgotten_with_its_file(tmp_path):
    path = written(tmp_path)

    known = load_study(path)
    assert known.workload.requests_per_s == pytest.approx(read_learnt(path).inputs[0].value)
    assert known.decision.traffic_factor == pytest.approx(read_learnt(path).inputs[0].factor)
    assert load_study(path, ["workload.requests_per_s=7"]).workload.requests_per_s == 7
    path_of(path).unlink()
    assert load_study(path).workload.requests_per_s == 20


def test_a_study_that_says_something_new_is_believed(tmp_path):
    path = written(tmp_path)
    path.write_text("data: {source: 'builtin:digits'}\nworkload: {requests_per_s: 30}\n")

    assert load_study(path).workload.requests_per_s == 30


def test_two_studies_share_a_folder(tmp_path):
    one = written(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text("data: {source: 'builtin:digits'}\n")
    before = read_learnt(one)

    path_of(other).write_text(learnt_text(other, Learnt(offered={"cloud.discounts": {"ec2": 0.1}})))
    assert read_learnt(one) == before
    assert read_learnt(other).offered == {"cloud.discounts": {"ec2": 0.1}}
    assert load_study(other).cloud.discounts == {}  # offered is not applied


@pytest.mark.parametrize("text", ["- 1", "advisor.yaml: {inputs: 3}", "advisor.yaml: {x: 1}", "{"])
def test_a_file_that_was_not_learnt_is_one_line(tmp_path, text):
    path = written(tmp_path)
    path_of(path).write_text(text)

    with pytest.raises(AdvisorError) as error:
        load_study(path)
    assert str(path_of(path)) in str(error.value)
    assert "\n" not in str(error.value)


# The record


def test_the_record_counts_what_was_covered():
    rng = random.Random(3)
    months = []
    for number in range(40):
        answer = random_answer(rng)
        rows = bill_as_predicted(answer, rng, noise=0.01)
        if number < 8:  # two in ten cost half as much again
            rows = [row._replace(amortised_usd=1.5 * row.amortised_usd) for row in rows]
        months.append(reconcile(answer, bill_of(*rows)))

    found = track_record(months)
    assert (found.months, found.judged, found.covered) == (40, 40, 32)
    assert found.coverage_low < 0.8 < found.coverage_high
    assert found.median_error_fraction < 0.02
    assert found.bias_fraction == pytest.approx(math.expm1(0.2 * math.log(1.5)), abs=0.01)
    assert {line.meter for line in found.lines} <= {part.meter for m in months for part in m.parts}


def test_an_empty_record_says_so(tmp_path, capsys):
    assert run(["record", str(tmp_path)]) == 0
    assert "No month was held against a bill yet" in capsys.readouterr().out
    assert run(["record", str(tmp_path / "none")]) == 1


def test_a_month_is_kept_once(tmp_path):
    answer = answer_with(vendor_line("ec2", "m7g.large", 730.0, 0.10))
    found = reconcile(answer, bill_of(billed_row("ec2", "m7g.large", 720.0, 72.0)))
    store, path = tmp_path / ".advisor", tmp_path / "advisor.yaml"

    assert keep(found, store=store, study=path) == keep(found, store=store, study=path)
    assert kept_months(tmp_path) == [found]
    (store / "reconciled" / "broken.json").write_text("{}")
    with pytest.raises(AdvisorError, match=r"broken\.json"):
        kept_months(tmp_path)


def test_the_answer_says_what_it_learnt_and_carries_its_hash():
    own = asked(decision={"draw_count": 64, "traffic_factor": 1.12})
    item = LearntInput(
        input="traffic level", key=RATE, was=15.0, value=20.0,
        factor_key="decision.traffic_factor", factor=1.12, months=3,
    )  # fmt: skip
    measured = evidence(*ladder()[:3])
    plain = recommend(own, measured, on=ON, what_if=False)
    taught = recommend(own, replace(measured, learnt=(item,)), on=ON, what_if=False)

    assert plain.learnt_sha256 is None
    assert taught.learnt_sha256 == Learnt(inputs=(item,)).sha256
    (band,) = [one for one in taught.risk.inputs if one.name == "traffic level"]
    assert (band.basis, band.source) == ("measured", item.source)
    assert taught.best.usd_per_month == plain.best.usd_per_month
