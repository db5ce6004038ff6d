"""A whole benchmark: its plan, its budget of time, its trials, one candidate after the other."""
