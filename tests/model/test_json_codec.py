"""JSON as it is read: every key once, whatever the text looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.json_codec import RepeatedKeyError, decode, encode

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
