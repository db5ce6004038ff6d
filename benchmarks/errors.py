"""What can go wrong in a benchmark, for people: each message says what, where and what to do."""


class BenchmarkError(Exception):
    """Any expected failure of this package."""


class DataError(BenchmarkError):
    """The data cannot be read, or are not what they were said to be."""
