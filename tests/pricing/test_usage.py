from datetime import date

import pytest

from pricing.errors import UsageError
from pricing.usage import FORMATS, load_usage, read_usage

LINE = {"service": "ec2", "sku": "m5.large", "hours": 1}


def usage(*lines, **changes):
    return {"region": "us-east-1", "on": "2026-07-01", "lines": list(lines), **changes}


@pytest.mark.parametrize("key", ["on", "'on'", '"on"'])
@pytest.mark.parametrize("day", ["2026-07-01", "'2026-07-01'", "2026-07-01T00:00:00Z"])
def test_the_day_may_be_written_with_and_without_quotes(tmp_path, key, day):
    """A bare `on` is the truth value of YAML 1.1; it is a key all the same."""
    path = tmp_path / "usage.yaml"
    line = "{service: ec2, sku: m5.large, hours: 1}"
    path.write_text(f"region: us-east-1\n{key}: {day}\nlines:\n  - {line}\n")

    assert load_usage(path).on == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "is a mapping"),
        ({"region": "us-east-1"}, "needs on, lines"),
        (usage(reigon="x"), "no key 'reigon': did you mean region"),
        (usage(LINE, on="tomorrow"), "on must be a day"),
        (usage("ec2"), "line 1: a line is a mapping"),
        (usage({"sku": "m5.large"}), "line 1: needs a service"),
        (usage(LINE | {"service": "ecc2"}), "no service 'ecc2': did you mean ec2"),
        (
            usage(LINE, LINE | {"huors": 1}),
            "line 2 .ec2. has no key 'huors': did you mean hours",
        ),
        (usage(LINE | {"gb": 1}), r"line 1 \(ec2\) has no key 'gb'"),
        (usage({"service": "ec2", "hours": 1}), "line 1: ec2 needs sku"),
        (usage(LINE | {"hours": -1}), "line 1: hours: .*greater than or equal to 0"),
        (usage(LINE | {"hours": "many"}), "line 1: hours: .*number"),
        (usage(LINE | {"hours": float("nan")}), "line 1: hours"),
        (usage(LINE | {"purchase": "stolen"}), "line 1: purchase"),
        (
            usage({"service": "fargate-task", "vcpu": 1, "memory_gib": 2}),
            "exactly one of duration_s, hours",
        ),
        (usage({"service": "s3"}), "at least one of gb_months"),
        (usage(LINE, discounts={"negotiated": [{"discount_fraction": 2}]}), "discount_fraction"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_and_near_matches(content, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_usage(content)


def test_a_file_that_is_not_there_or_not_yaml_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load_usage(tmp_path / "none.yaml")
    path = tmp_path / "bad.yaml"
    path.write_text("lines: [")
    with pytest.raises(UsageError, match="not a YAML file") as caught:
        load_usage(path)
    assert "\n" not in str(caught.value)


def test_every_service_of_the_format_has_a_pricer():
    from pricing.bill import _PRICERS

    assert set(_PRICERS) == set(FORMATS)
