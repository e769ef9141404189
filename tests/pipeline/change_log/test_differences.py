"""The fields in which two versions of an object differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.pipeline.change_log.differences import differences


def level(key, delay, *targets):
    """Make a level of an escalation policy."""
    return {
        "id": key,
        "delay": delay,
        "targets": [{"id": one, "summary": one.title()} for one in targets],
    }


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="nothing"),
        pytest.param({"a": 1}, {"a": 2}, [("a", 1, 2)], id="a value"),
        pytest.param({}, {"a": 2}, [("a", None, 2)], id="a new field"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)], id="below"),
        pytest.param(
            {"a": {"id": "X", "name": "Ann"}},
            {"a": {"id": "Y", "name": "Bob"}},
            [("a", "Ann", "Bob")],
            id="another reference",
        ),
        pytest.param({"a": [1, 2]}, {"a": [1]}, [("a[1]", 2, None)], id="by place"),
        pytest.param(
            {"levels": [level("L1", 5, "ann", "bob")]},
            {"levels": [level("L1", 30, "ann")]},
            [("levels[L1].delay", 5, 30), ("levels[L1].targets[Bob]", "Bob", None)],
            id="members by their ids",
        ),
        pytest.param(
            {"levels": [level("L1", 5), level("L2", 5)]},
            {"levels": [level("L2", 5)]},
            [("levels[L1]", "L1", None)],
            id="a member that is gone moves no other",
        ),
        pytest.param(
            {"levels": [level("L1", 5), level("L2", 5)]},
            {"levels": [level("L2", 5), level("L1", 5)]},
            [("levels (order)", ["L1", "L2"], ["L2", "L1"])],
            id="another order",
        ),
        pytest.param({"a": [1]}, {"a": None}, [("a", [1], None)], id="a list that is gone"),
    ],
)
def test_a_difference_names_its_path_and_both_values(before, after, changes):
    """References are shown by their titles."""
    found = [(one.name, one.before, one.after) for one in differences(before, after)]
    assert found == changes


def test_a_volatile_field_is_no_change():
    """A status that changes by the minute."""
    assert differences({"a": 1, "status": "x"}, {"a": 1, "status": "y"}, ["status"]) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3)


@given(before=BODIES, after=BODIES)
def test_bodies_differ_where_and_only_where_they_do(before, after):
    """A field that is missing counts as null."""
    names = before.keys() | after.keys()
    changed = {name for name in names if before.get(name) != after.get(name)}
    found = {
        one.name.split(".")[0].split("[")[0].split(" ")[0] for one in differences(before, after)
    }
    assert found <= changed
    assert bool(found) is bool(changed) or _equal_but_for_missing(before, after)


def _equal_but_for_missing(before, after):
    """Return whether the two are the same once nulls below are left out."""
    return _stripped(before) == _stripped(after)


def _stripped(value):
    if isinstance(value, dict):
        return {name: _stripped(one) for name, one in value.items() if one is not None}
    return [_stripped(one) for one in value] if isinstance(value, list) else value
