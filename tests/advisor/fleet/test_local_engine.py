import os
import signal
import time
from pathlib import Path

import pytest

from advisor.fleet.engines.local import LocalEngine


def square(number, folder):
    """Be killed the first time that 3 is asked for, and each time that 5 is."""
    mark = Path(folder) / f"{number}"
    if number == 5 or (number == 3 and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 7:
        raise ValueError("seven is not squared\nfor a reason")
    time.sleep(0.01)
    return number * number


@pytest.mark.slow
def test_a_killed_worker_costs_its_item_a_try_and_the_others_nothing(tmp_path):
    items = [(number, str(tmp_path)) for number in range(12)]

    found = sorted(
        LocalEngine(workers=2).map(square, items, exclusive=False), key=lambda one: one.index
    )

    assert [one.index for one in found] == list(range(12))
    assert [one.value for one in found if one.error is None] == [
        n * n for n in range(12) if n not in {5, 7}
    ]
    assert found[5].error.startswith("its process was killed")
    assert found[7].error == "seven is not squared"
