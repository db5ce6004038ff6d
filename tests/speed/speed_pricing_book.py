"""How fast the whole book loads, beside pandas.read_csv on the same files, and one look-up.

Prints; asserts no time.
"""

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPEATS = 7
TODAY = date(2026, 11, 21)


def best_s(call: Callable[[], object]) -> float:
    """Time a call a few times; return the fastest. [s]"""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Time loading and looking up, print both."""
    sys.path.insert(0, str(ROOT))
    import pandas as pd

    from pricing.tables import DATA, load_book

    def load() -> object:
        load_book.cache_clear()
        return load_book()

    first = time.perf_counter()
    book = load_book()
    first_s = time.perf_counter() - first
    ours_s = best_s(load)
    pandas_s = best_s(lambda: [pd.read_csv(path) for path in sorted(DATA.glob("*.csv"))])
    print(f"book:    {len(book):,} rows; first load {first_s:.3f} s")
    print(f"load:    {ours_s:.3f} s (aim: below 0.3); pandas.read_csv {pandas_s:.3f} s")
    print(
        f"ratio:   {ours_s / pandas_s:.2f} of pandas' time: checked quotes, index, dates included"
    )

    places = [row[:4] for row in book.rows if row.valid_from <= TODAY]

    def look_up_all() -> None:
        for service, sku, region, purchase in places:
            book.find(service=service, sku=sku, region=region, purchase=purchase, on=TODAY)

    start = time.perf_counter()
    look_up_all()
    cold_us = (time.perf_counter() - start) / len(places) * 1e6
    warm_us = best_s(look_up_all) / len(places) * 1e6
    skus = sorted({row.sku for row in book.rows if row.service == "ec2"})
    column_us = (
        best_s(lambda: book.column(service="ec2", skus=skus, region="us-east-1", on=TODAY))
        / len(skus)
        * 1e6
    )
    print(f"look-up: {warm_us:.2f} us (aim: below 5); {cold_us:.2f} us the first time")
    print(f"column:  {column_us:.2f} us per price")


if __name__ == "__main__":
    main()
