"""Twenty sessions of the explorer that move a slider at once."""

import resource
import statistics
import threading
import time
from pathlib import Path

from tests.attack.tries import Kind

SESSIONS = 20
TARGET_MEDIAN_S = 2.0


def twenty_sessions(study: Path, *, seconds: float) -> tuple[Kind, str]:
    """Move sliders for a time; return the tries and a line with the times and the memory.

    Each session is a run of the page's script with its own state, on its own thread, as Streamlit
    runs them; the browsers are not there, so that the processors are the server's alone.
    """
    import logging
    import os

    from streamlit.testing.v1 import AppTest

    from tests.faces.pages import APP

    kind = Kind("20 sessions at once")
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    os.environ["ADVISOR_STUDY"] = str(study)
    took_s: list[float] = []
    memory: list[int] = []
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def session(number: int) -> None:
        page = AppTest.from_file(str(APP), default_timeout=120).run()
        move = number
        while time.monotonic() < end:
            sliders = [s for s in page.select_slider if "request rate" in s.label]
            begun = time.monotonic()
            if sliders:
                options = sliders[0].options
                sliders[0].set_value(options[(move * 7) % len(options)])
            page.run()
            move += 1
            failed = [error.value for error in page.exception]
            with lock:
                took_s.append(time.monotonic() - begun)
                memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
                kind.check(not failed, f"session {number}: {failed[:1]}")

    threads = [threading.Thread(target=session, args=(n,)) for n in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    middle = memory[len(memory) // 2] if memory else 0
    line = (
        f"{SESSIONS} sessions, {seconds:.0f} s: {len(took_s)} moves, a whole page after "
        f"{statistics.median(took_s):.1f} s (median), {max(took_s):.1f} s at most; peak memory "
        f"{middle} MiB at half time, {memory[-1]} MiB at the end"
    )
    return kind, line
