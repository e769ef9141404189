"""Frozen JSON reads like any other, and nothing changes it."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.frozen_json import FrozenDict, FrozenList, Thawing, frozen, thawed
from ccm_core.model.json_codec import encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=10,
)
BODIES = st.dictionaries(st.text("xyz", min_size=1), VALUES, max_size=4)
CHANGES = {
    "set": lambda body: body.__setitem__("a", 1),
    "delete": lambda body: body.__delitem__("list"),
    "merge": lambda body: body.__ior__({"a": 1}),
    "clear": lambda body: body.clear(),
    "pop": lambda body: body.pop("list"),
    "popitem": lambda body: body.popitem(),
    "setdefault": lambda body: body.setdefault("a", 1),
    "update": lambda body: body.update(a=1),
    "set in a list": lambda body: body["list"].__setitem__(0, 1),
    "delete in a list": lambda body: body["list"].__delitem__(0),
    "extend by +=": lambda body: body["list"].__iadd__([1]),
    "repeat by *=": lambda body: body["list"].__imul__(2),
    "append": lambda body: body["list"].append(1),
    "clear a list": lambda body: body["list"].clear(),
    "extend": lambda body: body["list"].extend([1]),
    "insert": lambda body: body["list"].insert(0, 1),
    "pop of a list": lambda body: body["list"].pop(),
    "remove": lambda body: body["list"].remove(2),
    "reverse": lambda body: body["list"].reverse(),
    "sort": lambda body: body["list"].sort(),
    "deep inside": lambda body: body["deep"][0]["a"].append(1),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_change_of_a_frozen_value_is_possible(change):
    """Each way of changing it raises, and it stays what it was."""
    body = {"list": [2, 1], "deep": [{"a": [1]}]}
    shared = frozen(copy.deepcopy(body))

    with pytest.raises(TypeError, match="cannot be changed"):
        change(shared)
    assert shared == body


@given(body=BODIES)
def test_a_frozen_value_is_the_same_json(body):
    """By its bytes, by comparison, and for every reader of dicts and lists."""
    shared = frozen(body)

    assert encode(shared) == encode(body)
    assert json.loads(json.dumps(shared)) == body
    assert (shared, {**shared}, dict(shared)) == (body, body, body)


@pytest.mark.parametrize(
    "thaw", [thawed, copy.deepcopy, Thawing().body], ids=["thawed", "deepcopy", "Thawing"]
)
@given(body=BODIES)
def test_a_thawed_value_is_an_ordinary_copy(thaw, body):
    """Nothing in it is frozen, and it is the same JSON."""
    plain = thaw(frozen(body))

    assert encode(plain) == encode(body)
    assert not list(frozen_parts(plain))


def frozen_parts(value):
    """Yield what is frozen in a value."""
    if isinstance(value, FrozenDict | FrozenList):
        yield value
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for child in children:
            yield from frozen_parts(child)
