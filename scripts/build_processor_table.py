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

TARGET = Path(__file__).parents[1] / "advisor/capacity/data/processors.csv"

SINGLE = {
    "cmp_gzip5_t1": "gzip_5_compress_mb_per_s",
    "dec_gzip5_t1": "gzip_5_expand_mb_per_s",
    "cmp_bzip25_t1": "bzip2_5_compress_mb_per_s",
    "dec_bzip25_t1": "bzip2_5_expand_mb_per_s",
    "cmp_brotli4_t1": "brotli_4_compress_mb_per_s",
    "dec_brotli4_t1": "brotli_4_expand_mb_per_s",
}
"""One process on an otherwise idle machine: source column -> our column."""

SUBTESTS = (
    "file_compression",
    "navigation",
    "html5_browser",
    "pdf_renderer",
    "clang",
    "text_processing",
    "asset_compression",
    "horizon_detection",
    "object_remover",
    "hdr",
    "photo_filter",
    "ray_tracer",
    "structure_from_motion",
    "object_detection",
    "background_blur",
    "photo_library",
)
"""Workloads of Geekbench 6."""

for subtest in SUBTESTS:
    SINGLE[f"gb1_{subtest}"] = f"gb1_{subtest}_score"

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
for model in ("SmolLM", "qwen1_5", "gemma", "llama"):
    for kind in ("pp16", "pp128", "pp512", "tg16", "tg128"):
        PER_CORE[f"llm_{model}_{kind}"] = f"llm_{model.lower()}_{kind}_tokens_per_s_per_core"
for subtest in SUBTESTS:
    PER_CORE[f"gbN_{subtest}"] = f"gbn_{subtest}_score_per_core"
"""All cores busy: source column -> our column, divided by physical cores."""


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
