"""The first words of an answer: the same as in the whole one, for studies of every kind."""

import numpy as np
import pytest

from advisor.decision.answer.compose import compose
from advisor.decision.answer.headline import glance
from advisor.decision.choice.engine import judge
from tests.advisor.decision.small_worlds import random_study, space


@pytest.mark.parametrize("seed", range(4))
def test_a_glance_says_the_first_words_of_the_whole_answer(seed):
    wanted = random_study(np.random.default_rng(seed), draw_count=32)
    engine = judge(wanted, space(wanted))

    first, whole = glance(engine), compose(engine, what_if=False, curves=False)

    assert (first.best is None) == (whole.best is None)
    if first.best and whole.best:
        of_p99 = {"p99_latency_ms_low", "p99_latency_ms_high"}
        bare, other = first.best.model_dump(exclude=of_p99), whole.best.model_dump(exclude=of_p99)
        assert bare == other
        assert first.best.p99_latency_ms_low == pytest.approx(whole.best.p99_latency_ms_low)
        assert first.best.p99_latency_ms_high == pytest.approx(whole.best.p99_latency_ms_high)
    assert whole.verdict.startswith(f"{first.sentence} {first.cadence}".strip())
    assert (first.study, first.on) == (whole.study, whole.prices.on)


def test_who_waits_for_an_answer_may_end_its_composing_at_any_part():
    class Moved(BaseException):
        pass

    wanted = random_study(np.random.default_rng(0), draw_count=32)
    engine = judge(wanted, space(wanted))
    parts = []
    whole = compose(engine, what_if=False, pause=lambda: parts.append(1))
    assert len(parts) > len(whole.ranked) + len(whole.rejected)

    def move():
        parts.append(1)
        if len(parts) == 7:
            raise Moved

    parts.clear()
    with pytest.raises(Moved):
        compose(engine, what_if=False, pause=move)
    assert len(parts) == 7
