"""The one reader and writer of YAML: what stands there is what is meant, or one clear line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.yaml_text import MAX_VALUES, YamlError, dump_yaml, load_yaml


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("010", 10),
        ("08", 8),
        ("0o17", 15),
        ("0x1f", 31),
        ("10:30", "10:30"),
        ("1_000", 1000),
        ("1e6", 1e6),
        ("1E-3", 1e-3),
        (".5", 0.5),
        (".inf", float("inf")),
        ("2026-07-01", "2026-07-01"),
        ("'010'", "010"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says_and_days_stay_as_written(written, meant):
    found = load_yaml(f"key: {written}")["key"]

    assert (found, type(found)) == (meant, type(meant))
    assert load_yaml(f"%YAML 1.1\n---\nkey: {written}") == {"key": meant}


def test_a_key_is_the_word_that_stands_there():
    assert load_yaml("on: 1\nno: 2\n'3': 4\n") == {"on": 1, "no": 2, "3": 4}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: not valid YAML: the key 'a' is given twice"),
        ("a: {b: 1, 'b': 2}", "line 1, column 11: .* the key 'b' is given twice"),
        ("1: x", "line 1, column 1: .* the key 1 is not a word: quote it"),
        ("? [a]\n: x", "is not a word"),
        ("a: [1, 2", "line 1, column 9: not valid YAML: expected"),
        ("a: &x [*x]", "line 1, column 4: .* recursive alias"),
        ("a: *x", "line 1, column 4: .* undefined alias"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: " + "9" * 5000, "digits.*quote it"),
        ("a: " + "[" * 20_000, "nested too deeply"),
        ("a: '\0'", "unacceptable character"),
    ],
)
def test_what_is_not_yaml_is_one_line_with_its_place(text, told):
    with pytest.raises(YamlError, match=told) as caught:
        load_yaml(text)

    assert "\n" not in str(caught.value)


def test_aliases_may_stand_for_so_many_values_and_no_more():
    """`row` is 1,001 values: each alias of it counts as many, and the list itself as one more."""
    row = f"row: &row [{', '.join('1' * 1000)}]\n"
    most = (MAX_VALUES - 1 - 2 - 1001 - 1) // 1001

    assert len(load_yaml(f"{row}of: [{', '.join(['*row'] * most)}]")["of"]) == most
    with pytest.raises(YamlError, match=r"its aliases stand for 200,\d{3} values"):
        load_yaml(f"{row}of: [{', '.join(['*row'] * (most + 1))}]")


def test_what_one_mapping_takes_from_another_is_no_repeat():
    found = load_yaml("- &x {a: 1, b: 2}\n- {<<: *x, b: 3}\n")

    assert found == [{"a": 1, "b": 2}, {"a": 1, "b": 3}]


words = st.text(st.characters(codec="utf-8", exclude_characters="\x85"), max_size=12) | (
    st.sampled_from(["yes", "on", "010", "10:30", "2026-01-01", "1e3", "null", "~", "=", "<<", ""])
)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
values = st.recursive(
    plain, lambda of: st.lists(of, max_size=4) | st.dictionaries(words, of, max_size=4)
)


@given(values, st.booleans())
def test_what_is_written_is_read_back_the_same(value, flow):
    text = dump_yaml(value, flow=flow)

    assert load_yaml(text) == value
    assert not flow or not text.endswith("\n")


def test_mappings_are_written_in_the_order_they_have():
    assert dump_yaml({"b": [1], "a": {"c": "1e3"}}) == "b:\n- 1\na:\n  c: '1e3'\n"
