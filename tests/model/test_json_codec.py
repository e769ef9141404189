"""JSON as it is read: every key once, whatever the text looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.frozen_json import frozen
from ccm_core.model.json_codec import RepeatedKeyError, SharedReader, decode, encode

texts = st.text(st.sampled_from('ab:"\\{},[]\u00fc '), max_size=4)


class Pairs(list):
    """The members of an object, keys that are repeated included."""


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(st.tuples(texts, inner), max_size=3).map(Pairs)
    ),
    max_leaves=12,
)


def written(value, ascii_only) -> str:
    """Write a value as JSON, repeated keys and all."""
    if isinstance(value, Pairs):
        members = (
            f"{written(key, ascii_only)} : {written(child, ascii_only)}" for key, child in value
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(child, ascii_only) for child in value) + "]"
    text = json.dumps(value, ensure_ascii=ascii_only)
    return text.replace(":", "\\u003A") if ascii_only else text


def repeats(value) -> bool:
    """Return whether any object names a key twice."""
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        return len(keys) != len(set(keys)) or any(repeats(child) for _, child in value)
    return isinstance(value, list) and any(map(repeats, value))


@given(values, st.booleans())
def test_a_text_is_refused_exactly_when_an_object_names_a_key_twice(value, ascii_only):
    """However its keys and its colons are written."""
    text = written(value, ascii_only)
    if repeats(value):
        with pytest.raises(RepeatedKeyError, match="stands twice"):
            decode(text.encode())
    else:
        assert decode(text) == json.loads(text)


def test_what_is_written_is_read_back():
    """Colons in keys and values change nothing."""
    value = {"a:b": ["::", {"c": ":"}], "d": "\u003a\\u003a"}
    assert decode(encode(value)) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def kinds(value):
    """Return a value with the classes of all its objects and arrays."""
    if isinstance(value, dict):
        return type(value), [(key, kinds(child)) for key, child in value.items()]
    if isinstance(value, list):
        return type(value), [kinds(child) for child in value]
    return value


@given(st.lists(json_values, max_size=4))
def test_what_is_read_shared_is_what_is_read_and_frozen(several):
    """Whatever was read before, and however often a part is repeated."""
    reader = SharedReader()
    for value in [*several, several, {"again": several}]:
        text = encode(value)
        assert kinds(reader.read(text)) == kinds(frozen(decode(text)))


def test_small_parts_that_are_written_alike_are_one_object():
    """Long ones are not remembered."""
    reader, long = SharedReader(), ["x" * 300, "y" * 300]
    first, second = (
        reader.read(encode({"run": run, "same": {"a": [1]}, "long": long})) for run in "ab"
    )
    assert first["same"] is second["same"]
    assert first["long"] == second["long"]
    assert first["long"] is not second["long"]


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": }', b"[1,", b"nope", b'{"a": {"b": nope}}'])
def test_what_is_no_json_is_refused_by_a_shared_reader(text):
    """As by any other."""
    with pytest.raises(ValueError, match=r"JSON|truncated|Input"):
        SharedReader().read(text)
