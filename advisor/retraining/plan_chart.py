"""The plan as one picture: error against age with its fit, and cost against the interval."""

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from advisor.errors import AdvisorError
from advisor.retraining.decay import ErrorMatrix
from advisor.retraining.words import Answer, verdict

WIDTH: Final = 720
HEIGHT: Final = 300
MARGIN: Final = 56
SUFFIXES: Final = (".svg", ".html")
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#16202b}.t{font-weight:600;font-size:14px}"
    ".axis{stroke:#8894a0;stroke-width:1}.dot{fill:#0072b2;fill-opacity:.75}"
    ".fit{fill:none;stroke:#d55e00;stroke-width:2.2}.cost{fill:none;stroke:#0072b2;stroke-width:2.2}"
    ".zone{fill:#0072b2;fill-opacity:.13}.mark{stroke:#d55e00;stroke-dasharray:4 3}"
)


def write_picture(path: Path, answer: Answer, *, matrix: ErrorMatrix) -> None:
    """Write the picture as SVG, or as a page with it.

    Raises:
        AdvisorError: the name ends with neither, or the file cannot be written.
    """
    if path.suffix not in SUFFIXES:
        raise AdvisorError(f"{path}: a chart is written as {' or '.join(SUFFIXES)}: name it so")
    text = picture(answer, matrix=matrix)
    if path.suffix == ".html":
        title = html.escape(verdict(answer))
        text = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1>{text}</html>\n"
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AdvisorError(f"{path}: cannot be written ({error.strerror})") from None


def picture(answer: Answer, *, matrix: ErrorMatrix) -> str:
    """Draw both panels as SVG."""
    panels = (_error_panel(answer, matrix=matrix), _cost_panel(answer))
    height = HEIGHT * len(panels) + 8
    drawn = "".join(
        f'<g transform="translate(0 {HEIGHT * i})">{p}</g>' for i, p in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' width="{WIDTH}" height="{height}"><title>{html.escape(verdict(answer))}</title>'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{drawn}</svg>\n'
    )


class _Frame:
    """One panel's axes: where a value stands, in pixels."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float], *, log: bool = False) -> None:
        self.log = log
        self.x = (min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1)
        pad = 0.08 * (max(ys) - min(ys)) or 0.5 * abs(max(ys)) or 1.0
        self.y = (max(0.0, min(ys) - pad), max(ys) + pad)

    def at_x(self, value: float) -> float:
        low, high = self.x
        if self.log:
            share = math.log(value / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        return MARGIN + 12 + min(1.0, max(0.0, share)) * (WIDTH - MARGIN - 40)

    def at_y(self, value: float) -> float:
        low, high = self.y
        return HEIGHT - 44 - min(1.0, max(0.0, (value - low) / (high - low))) * (HEIGHT - 84)

    def axes(self, title: str, *, x: str, y: str) -> str:
        left, bottom = MARGIN + 4, HEIGHT - 40
        ends = "".join(
            f'<text x="{self.at_x(v):.1f}" y="{bottom + 16}" text-anchor="middle">{v:.4g}</text>'
            for v in self.x
        ) + "".join(
            f'<text x="{left - 4}" y="{self.at_y(v) + 4:.1f}" text-anchor="end">{v:.4g}</text>'
            for v in self.y
        )
        return (
            f'<text class="t" x="8" y="18">{html.escape(title)}</text>'
            f'<path class="axis" d="M{left} 36V{bottom}H{WIDTH - 20}" fill="none"/>{ends}'
            f'<text x="{WIDTH // 2}" y="{bottom + 32}" text-anchor="middle">{html.escape(x)}</text>'
            f'<text x="8" y="34">{html.escape(y)}</text>'
        )

    def line(self, xs: Sequence[float], ys: Sequence[float], name: str) -> str:
        points = " ".join(
            f"{self.at_x(a):.1f},{self.at_y(b):.1f}" for a, b in zip(xs, ys, strict=True)
        )
        return f'<polyline class="{name}" points="{points}"/>'

    def mark(self, value: float, text: str, *, row: int) -> str:
        at = self.at_x(value)
        anchor = "end" if at > WIDTH / 2 else "start"
        shift = -5 if anchor == "end" else 5
        return (
            f'<path class="mark" d="M{at:.1f} 40V{HEIGHT - 40}"/><text x="{at + shift:.1f}"'
            f' y="{52 + 15 * row}" text-anchor="{anchor}">{html.escape(text)}</text>'
        )


def _error_panel(answer: Answer, *, matrix: ErrorMatrix) -> str:
    """Mean error at each age, each period's difficulty taken out, and the fitted law."""
    from advisor.retraining.decay import age_means, excess, fit_decay

    fit = fit_decay(matrix)
    ages, means, _ = age_means(matrix, fit)
    law = (fit.level + excess(ages, slope=fit.slope, tau=fit.tau)).tolist()
    frame = _Frame(ages.tolist(), [*means.tolist(), *law])
    dots = "".join(
        f'<circle class="dot" cx="{frame.at_x(a):.1f}" cy="{frame.at_y(e):.1f}" r="3.5"/>'
        for a, e in zip(ages.tolist(), means.tolist(), strict=True)
    )
    axes = frame.axes(
        "Error against the age of the model, and the fit",
        x=f"age, periods of {answer.period}",
        y="error per case",
    )
    return axes + dots + frame.line(ages.tolist(), law, "fit")


def _cost_panel(answer: Answer) -> str:
    """Total cost against the interval, the flat zone, the choice and where the team is."""
    plan = answer.plan
    xs = [point.interval_periods for point in plan.curve]
    ys = [point.usd_per_period for point in plan.curve]
    frame = _Frame(xs, [y for y in ys if y <= 3 * min(ys)] or ys, log=True)
    low, high = plan.band_5pct_periods
    left = frame.at_x(low if low is not None else xs[-1])
    right = frame.at_x(high if high is not None else xs[-1])
    zone = (
        f'<rect class="zone" x="{left:.1f}" y="40" width="{max(right - left, 2):.1f}"'
        f' height="{HEIGHT - 80}"/>'
    )
    marks = ""
    if plan.interval_periods is not None:
        marks += frame.mark(
            float(plan.interval_periods), f"advised: every {plan.interval_periods}", row=0
        )
    if answer.now_interval_periods is not None:
        here = min(max(answer.now_interval_periods, xs[0]), xs[-1])
        marks += frame.mark(here, f"you are here: {answer.now_interval_periods:.3g}", row=1)
    axes = frame.axes(
        "Cost against the interval; shaded: within 5% of the least",
        x=f"retrain every so many periods of {answer.period} (log)",
        y="USD per period",
    )
    return axes + zone + frame.line(xs, ys, "cost") + marks
