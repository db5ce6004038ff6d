"""How far a run of the serving suite is."""

import time


class Progress:
    """How far the run is, from the time that its cells took so far."""

    def __init__(self, *, wanted: int, kept: int, budget_s: float) -> None:
        self.wanted, self.done, self.fresh = wanted, kept, 0
        self.budget_s, self.began = budget_s, time.monotonic()

    def step(self) -> str:
        """Count a cell that is done; return e.g. `cell 7 of 60, about 14 min left`."""
        self.done, self.fresh = self.done + 1, self.fresh + 1
        took_s = time.monotonic() - self.began
        left_s = took_s / self.fresh * (self.wanted - self.done)
        left_s = max(0.0, min(left_s, self.budget_s - took_s))  # no cell begins after the budget
        return f"cell {self.done} of {self.wanted}, {time_left(left_s)}"


def time_left(left_s: float) -> str:
    """Return a rough time for people: minutes, or less than one."""
    return f"about {left_s / 60:.0f} min left" if left_s >= 60 else "less than a minute left"
