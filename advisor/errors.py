"""What can be wrong with what the advisor was asked; a message says what, where and what to do."""


class AdvisorError(Exception):
    """An expected error: one line on stderr, exit code 1."""


class StudyError(AdvisorError):
    """The study file cannot be used as it stands."""


class NoRunsError(AdvisorError):
    """There is no measurement to decide from."""


class AmountsDifferError(AdvisorError):
    """An option's bill, columns and draws tell different amounts: a fault of the program."""
