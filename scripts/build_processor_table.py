#!/usr/bin/env python
"""Rebuild advisor/capacity/data/processors.csv from a folder of facts.

    python scripts/build_processor_table.py FACTS

FACTS holds `processors.csv`: medians per processor and size of Spare Cores' public measurements
(sc-inspector-data, CC BY-SA 4.0). Totals over all cores are divided by the physical cores, so that
every figure speaks of one core.
"""

import csv
import sys
from pathlib import Path

from advisor.capacity.processors import (
    CODECS,
    LLM_MODELS,
    PLAIN,
    PROMPTS,
    TEXTS,
    VISION,
    llm_column,
)

TARGET = Path(__file__).parents[1] / "advisor/capacity/data/processors.csv"

SINGLE = {
    f"{short}_{codec.replace('_', '')}_t1": f"{codec}_{step}_mb_per_s"
    for codec in CODECS
    for short, step in (("cmp", "compress"), ("dec", "expand"))
}
"""One process on an otherwise idle machine: source column -> our column."""

SINGLE |= {f"gb1_{name}": f"gb1_{name}_score" for name in (*PLAIN, *VISION)}

PER_CORE = {
    "ossl_sha256_16k_MBps_allcores": "sha256_mb_per_s_per_core",
    "ossl_sha512_16k_MBps_allcores": "sha512_mb_per_s_per_core",
    "ossl_sha3-256_16k_MBps_allcores": "sha3_mb_per_s_per_core",
    "ossl_blake2b512_16k_MBps_allcores": "blake2b_mb_per_s_per_core",
    "web_1k_rps_max": "web_1k_requests_per_s_per_core",
    "bw_rd_2": "read_2mb_mb_per_s_per_core",
    "bw_rd_256": "read_256mb_mb_per_s_per_core",
    "bw_rd_512": "read_512mb_mb_per_s_per_core",
}
"""All cores busy: source column -> our column, divided by physical cores."""

SPELLED = {"smollm": "SmolLM"}
"""Models that the source spells in another way."""

PER_CORE |= {
    f"llm_{SPELLED.get(model, model)}_{kind}": llm_column(model, kind)
    for model in LLM_MODELS
    for kind in (*PROMPTS, *TEXTS)
}
PER_CORE |= {f"gbN_{name}": f"gbn_{name}_score_per_core" for name in (*PLAIN, *VISION)}


def vendor_of(processor: str) -> str:
    """Return the vendor that a processor name implies."""
    return {"AMD": "AMD", "Intel": "Intel"}.get(processor.split(maxsplit=1)[0], "Arm")


def converted(row: dict[str, str]) -> dict[str, object]:
    """Turn one source row into ours; an empty cell stays empty."""
    cores = int(row["vcpu"]) / int(row["threads_per_core"])
    vendor = vendor_of(row["processor"])
    result: dict[str, object] = {
        "processor": row["processor"],
        "vendor": vendor,
        "architecture": "arm64" if vendor == "Arm" else "x86_64",
        "threads_per_core": row["threads_per_core"],
        "vcpu_count": row["vcpu"],
        "physical_core_count": int(cores),
        "instance_count": row["instance_count"],
        "families": row["families"],
    }
    for source, name in SINGLE.items():
        result[name] = row[source]
    for source, name in PER_CORE.items():
        result[name] = f"{float(row[source]) / cores:.5g}" if row[source] else ""
    return result


def main(folder: str) -> None:
    """Write the table."""
    with (Path(folder) / "processors.csv").open(newline="") as file:
        rows = [converted(row) for row in csv.DictReader(file)]
    with TARGET.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{TARGET}: {len(rows)} rows")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
