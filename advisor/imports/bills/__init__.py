"""The bill of a cloud account, read into one form whatever it was exported as.

FOCUS 1.0 to 1.2, CUR 2.0 and the old CUR (Parquet, CSV, gzip CSV, a manifest with parts), and the
JSON of Cost Explorer. Rows are added up by day and kind while they are read: a bill of millions of
rows takes no more memory than one of thousands.
"""

from advisor.imports.bills.form import Bill, BillError, BillRow, Scope
from advisor.imports.bills.read import read_bill

__all__ = ["Bill", "BillError", "BillRow", "Scope", "read_bill"]
