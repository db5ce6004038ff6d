"""What can go wrong with prices; every message says what, where and what to do."""


class PricingError(Exception):
    """Any expected error of this package."""


class QuoteNotFound(PricingError):
    """No price is known for what was asked; never answered with zero."""


class UnknownInstance(PricingError):
    """The instance catalogue does not know the type."""


class UsageError(PricingError):
    """A usage file or line asks for something that cannot be billed."""


class TableError(PricingError):
    """A price table on disk is broken."""


class SourceError(PricingError):
    """A price source did not answer, refused, or answered with nonsense."""


class NetworkError(SourceError):
    """Nobody can be asked at all: no network, a wrong address, or no credentials."""


class CheckFailed(PricingError):
    """Rows break a rule that every price table obeys."""
