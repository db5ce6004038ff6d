"""The figures of a scenario: what each is in a study, and what differs from the saved one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from advisor.recommendation import Basis
from advisor.report.words import significant
from advisor.study.figures import figures
from advisor.study.types import Current, Study, Workload
from advisor.views.all_controls import CURRENT, OF_JOBS, OF_REQUESTS, OURS, SECTIONS, controls
from advisor.views.main_controls import PRIMARY
from advisor.views.presets import (
    DEADLINE,
    JOBS,
    P99,
    PATTERN,
    PEAK,
    PER_CALL,
    RATE,
    REQUEST_KB,
    RESPONSE_KB,
    ROWS,
)
from pricing.yaml_text import dump_yaml

JOB_KEYS = (ROWS, JOBS, DEADLINE, PER_CALL, REQUEST_KB, RESPONSE_KB)
"""Figures of a study of jobs whose defaults follow from one another: they are told together."""

REQUEST_KEYS = (RATE, P99, PER_CALL, REQUEST_KB, RESPONSE_KB)
"""Figures of a study of requests that mean something else, or nothing, for jobs."""

MOST_CHARACTERS = 80
"""Of a figure in a table: a week's profile has 168 entries."""


def value_at(study: Study, key: str) -> Any:
    """Return what a control shows for a study; the peak as a multiple of the mean."""
    if key == PEAK:
        return study.workload.peak_now_per_s / study.workload.requests_per_s
    section, _, rest = key.partition(".")
    found = getattr(study, section)
    if not rest:
        return found
    if section == CURRENT and found is None:
        field = Current.model_fields[rest]
        return None if field.is_required() else field.default
    name, _, entry = rest.partition(".")
    value = getattr(found, name)
    if entry:
        return value.get(entry)
    if key == "workload.profile":
        return ", ".join(f"{weight:g}" for weight in value) or None
    return list(value) if isinstance(value, tuple) else value


def first_keys(pattern: str) -> tuple[str, ...]:
    """Return the keys of the controls that come first."""
    return (PATTERN, *(primary.key for primary in PRIMARY[pattern]))


def other_keys(pattern: str) -> tuple[str, ...]:
    """Return the keys of the controls that do not come first."""
    return tuple(control.key for section in SECTIONS for control in controls(section, pattern))


def all_keys() -> tuple[str, ...]:
    """Return the keys of all controls, of either pattern."""
    both = (key for pattern in PRIMARY for key in (*first_keys(pattern), *other_keys(pattern)))
    return tuple(dict.fromkeys(both))


def keys_of(pattern: str | None) -> tuple[str, ...]:
    """Return the keys whose figures belong to a pattern; of either pattern where it is null."""
    jobs, requests = (PATTERN, *JOB_KEYS), (PATTERN, *REQUEST_KEYS, PEAK)
    return {"batch": jobs, "online": requests}.get(pattern or "", (*jobs, *requests))


def in_pattern(study: Study, pattern: str) -> Study:
    """Return a study asked for as requests or as jobs, with as many rows a month as before.

    Jobs come once a day and have the default deadline; requests are of one row, their peak and
    their need are the defaults.
    """
    work = study.workload
    if work.pattern == pattern:
        return study
    keep = work.model_dump(
        include={"active_hours_per_month", "models", "profile", "dispersion", "growth_per_month"}
    )
    if pattern == "batch":
        other = Workload(pattern="batch", rows_per_job=_rounded(work.job_rows), **keep)
    else:
        per_s = work.requests_per_s * work.rows_per_request
        other = Workload(requests_per_s=_rounded(per_s), **keep)
    needs = study.needs.model_dump(exclude={"deadline_hours", "max_p99_latency_ms"})
    raw = {name: getattr(study, name) for name in type(study).model_fields}
    return Study.model_validate(raw | {"workload": other, "needs": needs})


def _rounded(value: float) -> float:
    """Return a figure with three digits: more would promise what nobody knows."""
    return float(f"{value:.3g}")


def changes(values: Mapping[str, Any], saved: Study) -> dict[str, str]:
    """Return what differs from the saved study, as keys and values that `--set` understands."""
    told = {PATTERN, PEAK, *JOB_KEYS, *REQUEST_KEYS}
    found = {
        key: _yaml(key, value)
        for key, value in values.items()
        if key not in told and not key.startswith(f"{CURRENT}.") and value != value_at(saved, key)
    }
    jobs = values[PATTERN] == "batch"
    found |= _of_jobs(values, saved) if jobs else _of_requests(values, saved)
    found |= _of_today(values, saved)
    return dict(sorted(found.items()))


def _of_jobs(values: Mapping[str, Any], saved: Study) -> dict[str, str]:
    """Return all figures of jobs where one differs, and take out what would contradict them."""
    was = saved.workload.pattern == "batch"
    if was and all(values[key] == value_at(saved, key) for key in JOB_KEYS):
        return {}
    found = {key: _yaml(key, values[key]) for key in JOB_KEYS}
    return found | dict.fromkeys((RATE, PEAK, P99), "null") | ({} if was else {PATTERN: "batch"})


def _of_requests(values: Mapping[str, Any], saved: Study) -> dict[str, str]:
    """Return the figures of requests that differ; all of them where the study was of jobs."""
    was = saved.workload.pattern == "online"
    found = {
        key: _yaml(key, values[key])
        for key in REQUEST_KEYS
        if not was or values[key] != value_at(saved, key)
    }
    peak = values[RATE] * values[PEAK]
    ruled = saved.workload.peak_requests_per_s is None and values[PEAK] == value_at(saved, PEAK)
    moved = abs(peak - saved.workload.peak_now_per_s) > 1e-9 * peak
    if not was or (moved and not ruled):
        found[PEAK] = _yaml(PEAK, peak)
    return found if was else found | dict.fromkeys(OF_JOBS, "null") | {PATTERN: "online"}


def _of_today(values: Mapping[str, Any], saved: Study) -> dict[str, str]:
    """Return what differs of what runs today; nothing until that can be priced."""
    today = {key: value for key, value in values.items() if key.startswith(f"{CURRENT}.")}
    if today[f"{CURRENT}.platform"] is None:
        return {} if saved.current is None else {CURRENT: "null"}
    if today[f"{CURRENT}.sku"] is None and today[f"{CURRENT}.usd_per_month"] is None:
        return {}
    return {key: _yaml(key, value) for key, value in today.items() if value != value_at(saved, key)}


def _yaml(key: str, value: Any) -> str:
    if key == "workload.profile":
        return f"[{value or ''}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(value)}]"
    if isinstance(value, float):
        return f"{value:.10g}"
    return (
        dump_yaml(value, flow=True) if key in {"current.sku", "current.candidate"} else str(value)
    )


def settings_of(changed: Mapping[str, str]) -> tuple[str, ...]:
    """Return what differs from a study as `--set` takes it."""
    return tuple(f"{key}={value}" for key, value in changed.items())


def differing(
    changed: Mapping[str, str], base: Mapping[str, str], saved: Study
) -> list[tuple[str, str, str]]:
    """Return what differs between two scenarios of a study: key, before, now.

    Figures that the pattern has no use for are left out.
    """
    pattern = changed.get(PATTERN, saved.workload.pattern)
    others = OF_REQUESTS if pattern == "batch" else OF_JOBS
    found = []
    for key in sorted({*changed, *base}):
        as_saved = _yaml(key, _saved_value(saved, key))
        before, now = base.get(key, as_saved), changed.get(key, as_saved)
        if before != now and not (now == "null" and key in others):
            found.append((key, _words(before), _words(now)))
    return found


def _saved_value(saved: Study, key: str) -> Any:
    if key == CURRENT:
        return None if saved.current is None else saved.current.platform
    return saved.workload.peak_now_per_s if key == PEAK else value_at(saved, key)


def _words(told: str) -> str:
    """Write a figure of the address for a table."""
    if told == "null":
        return "not set"
    try:
        return significant(float(told), digits=6)
    except ValueError:
        words = {"true": "yes", "false": "no"}.get(told, told).strip("[]")
    return _shortened(words) or "not set"


def _shortened(words: str) -> str:
    return words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]} ..."


class Origin(NamedTuple):
    """Where a figure on the page comes from."""

    basis: Basis
    source: str


def origin(key: str, saved: Study, *, changed: bool) -> Origin:
    """Say whether a figure is the page's, the study's or a default, and where that comes from."""
    if changed:
        return Origin("input", "changed on this page")
    place: Any = saved
    for part in key.split("."):
        known = place.model_fields_set if isinstance(place, BaseModel) else (place or ())
        if part not in known:
            break
        place = getattr(place, part) if isinstance(place, BaseModel) else place[part]
    else:
        return Origin("input", "the study")
    if key in OURS:
        return Origin("assumed", OURS[key].source)
    named = ".".join(key.split(".")[:2])
    return Origin("assumed", figures()[named].told.source or "default: ours")


def value_words(value: Any) -> str:
    """Write a figure of the study for a table."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return significant(value, digits=6) if isinstance(value, int | float) else str(value)
