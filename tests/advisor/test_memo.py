"""The memo: the same arguments, the same object; and no answer depends on what was asked before."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

from advisor.decision.answer.compose import compose
from advisor.decision.choice.engine import judge
from advisor.decision.scenarios.option_space import option_space_of
from advisor.memo import MOST, Beside, Memo
from advisor.recommend import market_on
from tests.advisor.decision.small_worlds import LADDERS, fast_first, few_machines, random_study
from tests.advisor.factories import ON, study


def made(log, value):
    log.value.append(value)
    return [value]


def test_what_was_made_is_kept_by_what_the_arguments_say():
    memo, log = Memo(), []

    first = memo(made, Beside(log), study())
    again = memo(made, Beside([]), study())
    other = memo(made, Beside(log), study(horizon_months=3))

    assert first is again
    assert other is not first
    assert len(log) == 2


def test_arrays_are_told_apart_by_which_they_are():
    memo, calls = Memo(), []

    def total(values):
        calls.append(1)
        return float(values.sum())

    one = np.ones(3)
    assert memo(total, one) == memo(total, one) == memo(total, np.ones(3)) == 3.0
    assert len(calls) == 2


def test_the_oldest_goes_first_and_what_raises_leaves_nothing_behind():
    memo, calls = Memo(), []

    def square(value):
        calls.append(value)
        if value < 0:
            raise ValueError("negative")
        return value * value

    for value in range(MOST + 1):
        memo(square, value)
    memo(square, MOST)
    memo(square, 0)
    assert calls == [*range(MOST + 1), 0]
    for _ in range(2):
        with pytest.raises(ValueError, match="negative"):
            memo(square, -1)
    assert calls.count(-1) == 2


def test_an_address_that_is_used_again_is_not_taken_for_the_same_array():
    memo = Memo()
    for value in range(200):
        assert memo(_first, np.array([value])) == value


def _first(values):
    return int(values[0])


def test_threads_share_it_without_an_error():
    memo, errors = Memo(), []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for value in rng.integers(0, 12, size=400).tolist():
                assert memo(_square, value) == value * value
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def _square(value):
    return value * value


def answered(wanted, memo):
    """Return the whole answer of a small study, as JSON, without what would change it."""
    space = option_space_of(wanted, LADDERS[0], market_on(ON, catalogue=few_machines()), memo)
    return compose(judge(wanted, space), what_if=False, curves=False).model_dump_json()


@pytest.mark.parametrize("seed", fast_first(12, fast=4))
def test_no_answer_depends_on_the_study_that_was_asked_before(seed):
    first, second = (random_study(np.random.default_rng([seed, i]), draw_count=32) for i in (0, 1))
    shared = Memo()

    before = answered(first, shared)
    assert answered(second, shared) == answered(second, Memo())
    assert answered(first, shared) == before == answered(first, Memo())


FRESH = """
import sys
from advisor.memo import Memo
from advisor.study.types import Study
from tests.advisor.test_memo import answered
print(answered(Study.model_validate_json(sys.stdin.read()), Memo()))
"""


@pytest.mark.slow
def test_nor_on_anything_else_of_the_process():
    studies = [random_study(np.random.default_rng([77, i]), draw_count=32) for i in range(3)]
    shared = Memo()
    for one in studies:
        answered(one, shared)

    told = answered(studies[0], shared)
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH],
        input=studies[0].model_dump_json(exclude_unset=True),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(fresh.stdout) == json.loads(told)
