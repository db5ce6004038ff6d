"""A name for the suites beside the packages, in a checkout only: this file is not in the wheel.

`python -m advisor.evaluation.cadence` runs `evaluation/cadence.py`.
"""

from pathlib import Path

__path__ = [str(Path(__file__).resolve().parents[2] / "evaluation")]
