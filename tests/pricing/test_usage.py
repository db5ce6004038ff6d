from datetime import date

import pytest

from pricing.errors import UsageError
from pricing.services import SERVICES
from pricing.usage import UsageLine, load_usage, read_usage

LINE = {"service": "ec2", "sku": "m5.large", "hours": 1}


def usage(*lines, **changes):
    return {"region": "us-east-1", "on": "2026-07-01", "lines": list(lines), **changes}


@pytest.mark.parametrize("key", ["on", "'on'", '"on"'])
@pytest.mark.parametrize("day", ["2026-07-01", "'2026-07-01'", "2026-07-01T00:00:00Z"])
def test_the_day_may_be_written_with_and_without_quotes(tmp_path, key, day):
    """A bare `on` is the truth value of YAML 1.1; here it is the word that was written."""
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
        (usage(), "lines is empty"),
        (usage(LINE, region=["us-east-1"]), "region must be a code"),
        (usage(LINE | {"hours": True}), "line 1: hours: true is not a quantity"),
        (usage(LINE | {"purchase": "sopt"}), "did you mean spot"),
        (usage(LINE, on="2026-13-01"), "on must be a day like"),
        (usage(LINE, discounts=5), "discounts is a mapping"),
        (usage(LINE, discounts={"negotiatd": []}), "did you mean negotiated"),
        (usage(LINE, discounts={"negotiated": {}, "commitments": 3}), "commitments must be a list"),
        (usage(LINE, discounts={"negotiated": ["ec2"]}), "negotiated 1: is a mapping"),
        (
            usage(LINE, discounts={"negotiated": [{"service": "ecz", "discount_fraction": 0.1}]}),
            "negotiated 1: no service 'ecz': did you mean ecr",
        ),
        (
            usage(LINE, discounts={"negotiated": [{"discount_fracton": 0.1}]}),
            "did you mean discount_fraction",
        ),
        (
            usage(LINE, discounts={"commitments": [{"services": ["sagemaker"]}]}),
            "commitments 1: no service 'sagemaker': did you mean sagemaker-",
        ),
        (usage(LINE, discounts={"negotiated": [{"discount_fraction": 2}]}), "discount_fraction"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_and_near_matches(content, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_usage(content)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("hours: 1, hours: 100", "line 4, column .*'hours' is given twice"),
        ("hours: 10:30", "got '10:30'"),
        ("hours: yes", "got 'yes'"),
        ("hours: true", "true is not a quantity"),
        ("hours: .nan", "finite"),
        ("hours: .inf", "finite"),
        ("hours: ", "needs hours"),
        ("hours: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("hours: {? [a] : 1}", "not a word"),
    ],
)
def test_words_that_yaml_would_read_as_something_else_are_refused(tmp_path, words, sentence):
    path = tmp_path / "usage.yaml"
    path.write_text(
        f"region: us-east-1\non: 2026-07-01\nlines:\n- {{service: ec2, sku: a, {words}}}\n"
    )

    with pytest.raises(UsageError, match=sentence):
        load_usage(path)


@pytest.mark.parametrize(
    ("word", "hours"),
    [("010", 10.0), ("1e3", 1000.0), ("'7'", 7.0), ("1_000", 1000.0), (".5", 0.5), ("0", 0.0)],
)
def test_numbers_are_decimal_however_they_are_written(tmp_path, word, hours):
    path = tmp_path / "usage.yaml"
    path.write_text(
        f"region: us-east-1\non: 2026-07-01\nlines:\n- &x {{service: ec2, sku: a, hours: {word}}}\n"
        "- {<<: *x, hours: 2}\n"
    )

    first, second = load_usage(path).lines

    assert first.hours == hours
    assert (second.sku, second.hours) == ("a", 2.0)


def test_a_family_of_services_may_have_one_negotiated_discount():
    agreed = {"negotiated": [{"service": "sagemaker", "discount_fraction": 0.1}]}

    assert read_usage(usage(LINE, discounts=agreed)).discounts.negotiated[0].service == "sagemaker"


def test_a_file_that_is_not_there_or_not_yaml_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load_usage(tmp_path / "none.yaml")
    path = tmp_path / "bad.yaml"
    path.write_text("lines: [")
    with pytest.raises(UsageError, match="not valid YAML") as caught:
        load_usage(path)
    assert "\n" not in str(caught.value)


def test_a_switch_is_yes_or_no_and_a_quantity_is_neither():
    function = {"service": "lambda", "memory_gib": 1, "requests": 1, "duration_s": 1}

    assert read_usage(usage(function | {"free_tier": True})).lines[0].free_tier
    with pytest.raises(UsageError, match="true is not a quantity"):
        read_usage(usage(function | {"requests": True}))


def test_every_quantity_of_every_service_is_a_field_of_a_line():
    fields = set(UsageLine.model_fields) - {"service", "label"}
    named = {name for service in SERVICES.values() for name in service.quantities.allowed}

    assert named == fields
