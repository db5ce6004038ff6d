"""The clock is scripted: no test here depends on how fast the machine is."""

import pytest

from benchmarks.statistics.timing import Budget, Timing, time_calls


class StepClock:
    """Advances only when told to; each call of the timed function takes its scripted time."""

    def __init__(self, *durations_s, default_s=1.0):
        self.now = 0.0
        self.calls = []
        self._durations = list(durations_s)
        self._default_s = default_s

    def __call__(self):
        return self.now

    def work(self, number):
        self.calls.append(number)
        self.now += self._durations.pop(0) if self._durations else self._default_s


def budget(**changes):
    boring = {
        "wanted_s": 5.0,
        "min_count": 3,
        "limit_s": 100.0,
        "max_count": 50,
        "warmup_count": 2,
        "warmup_s": 0.0,
    }
    return Budget(**(boring | changes))


def test_warm_ups_run_but_are_not_timed():
    clock = StepClock(9.0, 4.0)

    timing = time_calls(clock.work, budget=budget(), clock=clock)

    assert timing.first_s == 9.0
    assert timing.durations_s == (1.0,) * 5
    assert clock.calls == [0, 1, 0, 1, 2, 3, 4]


def test_warming_up_lasts_as_long_as_asked():
    clock = StepClock()

    time_calls(clock.work, budget=budget(warmup_s=4.0), clock=clock)

    assert clock.calls[:4] == [0, 1, 2, 3]
    assert clock.calls[4] == 0


def test_a_slow_call_is_repeated_until_there_are_enough():
    clock = StepClock(default_s=10.0)

    timing = time_calls(clock.work, budget=budget(min_count=4), clock=clock)

    assert len(timing.durations_s) == 4


def test_the_limit_ends_it_even_with_too_few_calls_but_never_with_none():
    clock = StepClock(default_s=60.0)

    timing = time_calls(clock.work, budget=budget(min_count=10), clock=clock)

    assert timing.durations_s == (60.0, 60.0)
    assert len(time_calls(clock.work, budget=budget(limit_s=1.0), clock=clock).durations_s) == 1


def test_no_more_calls_are_kept_than_allowed():
    timing_clock = StepClock(default_s=0.001)

    timing = time_calls(timing_clock.work, budget=budget(max_count=20), clock=timing_clock)

    assert len(timing.durations_s) == 20


def test_durations_that_drift_are_measured_again():
    clock = StepClock(1.0, 1.0, 1.0, 1.0, 2.0, 2.0)

    timing = time_calls(clock.work, budget=budget(extension_count=1), clock=clock)

    assert timing.durations_s == (1.0,) * 5
    assert timing.is_steady


def test_it_goes_on_until_the_interval_is_narrow():
    noisy = [1.0, 2.0] * 10
    clock = StepClock(1.0, 1.0, *noisy, default_s=1.5)

    timing = time_calls(
        clock.work, budget=budget(width_fraction=0.1, limit_s=1e6, max_count=500), clock=clock
    )

    assert timing.stop == "narrow"
    assert 20 < len(timing.durations_s) < 500
    assert timing.inconclusive is None


def test_where_it_stays_wide_the_limit_ends_it_and_it_is_inconclusive():
    clock = StepClock(1.0, 1.0, *[1.0, 2.0] * 100)

    timing = time_calls(clock.work, budget=budget(width_fraction=0.1, max_count=500), clock=clock)

    assert timing.stop == "limit"
    assert "the interval of the p50 is" in timing.inconclusive
    assert "wanted 10%" in timing.inconclusive


def test_too_few_calls_for_the_wanted_quantile_are_inconclusive():
    clock = StepClock()

    timing = time_calls(clock.work, budget=budget(quantile=0.99, width_fraction=0.2), clock=clock)

    assert timing.stop == "count"
    assert timing.inconclusive == "50 calls are too few for an interval of the p99"


def test_calls_too_short_for_the_clock_are_timed_many_at_once():
    clock = StepClock(1.0, default_s=1e-6)

    timing = time_calls(clock.work, budget=budget(wanted_s=0.0), clock=clock)

    assert timing.inner_count == 200
    assert timing.durations_s == pytest.approx([1e-6] * 3)
    assert clock.calls[-1] == 3 * 200 - 1


def test_durations_that_never_settle_say_so():
    assert not Timing(first_s=1.0, durations_s=(1.0, 1.0, 1.2, 1.2)).is_steady
    assert Timing(first_s=1.0, durations_s=(1.0, 1.0, 1.02, 1.02)).drift_fraction == pytest.approx(
        0.02
    )
