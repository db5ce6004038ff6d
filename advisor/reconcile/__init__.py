"""Held against the bill: why the bill is not the estimate, line by line.

Pure arithmetic on a bill, metrics and an answer; `reconcile` is the door.
"""

from advisor.reconcile.compare import reconcile
from advisor.reconcile.result import Part, Reconciliation

__all__ = ["Part", "Reconciliation", "reconcile"]
