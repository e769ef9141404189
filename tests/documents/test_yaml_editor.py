"""A text is changed at one place; everything else, comments included, stays as it stands."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.documents import read_yaml
from ccm_core.documents.yaml_editor import NotEditable, append, put, remove
from ccm_core.documents.yaml_writer import flow

SETTINGS = """\
# Ours. Keep it tidy!
version: 1
connections:   # what is read
  # the first one
  - name: one      # a name
    connector: acme
    auth:
      method: key  # from the safe
      key: env:ONE
    settings: {region: us}   # where it is
  # the second one

  - name: two
    connector: acme
    auth: {method: key, key: "env:TWO"}

# what judges
rules: {packs: [a, b]}
"""
ITEM = {"name": "three", "connector": "acme", "auth": {"method": "key", "key": "vault:three"}}
WRITTEN = """\
  - name: three
    connector: acme
    auth: {method: key, key: "vault:three"}
"""


def value(text: str):
    """Return the value of a text."""
    return read_yaml(text.encode(), "x").value


def comments(text: str) -> list[str]:
    """Return the comments of a text."""
    return re.findall(r"#.*", text)


def test_an_item_is_added_after_the_last_one():
    """In lines of its own, as wide in as the others; nothing else changes."""
    expected = SETTINGS.replace('"env:TWO"}\n', f'"env:TWO"}}\n{WRITTEN}')
    assert append(SETTINGS, ("connections",), ITEM) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: []\nb: 1\n", "a:\n  - {k: 1}\nb: 1\n", id="none yet"),
        pytest.param("a: []  # none\n", "a:\n  - {k: 1}  # none\n", id="none yet, with a comment"),
        pytest.param("a: [ ]", "a:\n  - {k: 1}", id="at the end of the file"),
        pytest.param("{a: []}", "{a: [{k: 1}]}", id="everything in one line"),
        pytest.param("a: [x, # first\n y]\n", "a: [x, # first\n y, {k: 1}]\n", id="in brackets"),
        pytest.param("a:\n- x\n- y", "a:\n- x\n- y\n- {k: 1}", id="dashes at the margin"),
        pytest.param("a:\n- |\n  x\n\nb: 1\n", "a:\n- |\n  x\n- {k: 1}\n\nb: 1\n", id="a block"),
        pytest.param("a:\n- k:\n    - z\n  j:\n", "a:\n- k:\n    - z\n  j:\n- {k: 1}\n", id="deep"),
    ],
)
def test_an_item_is_added_to_any_list(before, after):
    """However it is written."""
    changed = append(before, ("a",), {"k": 1})
    assert value(changed) == value(after)
    assert changed.replace("- k: 1", "- {k: 1}") == after


@pytest.mark.parametrize(
    ("path", "new", "old", "changed"),
    [
        pytest.param(("version",), 2, "version: 1", "version: 2", id="a number"),
        pytest.param(
            ("connections", 0, "settings", "region"),
            "eu",
            "{region: us}",
            "{region: eu}",
            id="in braces",
        ),
        pytest.param(
            ("connections", 0, "settings", "lookback"),
            "30d",
            "{region: us}",
            "{region: us, lookback: 30d}",
            id="one more in braces",
        ),
        pytest.param(
            ("connections", 0, "auth", "key"),
            "vault:one",
            "key: env:ONE",
            'key: "vault:one"',
            id="in a line",
        ),
        pytest.param(
            ("connections", 0, "auth", "app"),
            "classic",
            "key: env:ONE",
            "key: env:ONE\n      app: classic",
            id="one more line",
        ),
        pytest.param(
            ("connections", 1, "settings", "region"),
            "eu",
            '"env:TWO"}',
            '"env:TWO"}\n    settings: {region: eu}',
            id="with what surrounds it",
        ),
    ],
)
def test_a_value_is_put_at_its_path(path, new, old, changed):
    """Where there was another, or none."""
    assert put(SETTINGS, path, new) == SETTINGS.replace(old, changed, 1)


def test_a_block_is_replaced_by_one_line():
    """Comments outside of it stay."""
    changed = put(SETTINGS, ("connections", 0, "auth"), {"method": "key", "key": "vault:one"})
    assert '    auth: {method: key, key: "vault:one"}\n    settings: {region: us}' in changed
    assert set(comments(SETTINGS)) - set(comments(changed)) == {"# from the safe"}


def test_an_item_of_a_block_list_is_removed():
    """With its own lines and no others."""
    changed = remove(SETTINGS, ("connections", 1))
    start, end = SETTINGS.index("  - name: two"), SETTINGS.index("\n# what judges")
    assert changed == SETTINGS[:start] + SETTINGS[end:]
    assert [
        connection["name"]
        for connection in value(remove(SETTINGS, ("connections", 0)))["connections"]
    ] == ["two"]


def test_removing_the_last_item_leaves_an_empty_list():
    """And not nothing, which would be no list."""
    changed = remove(remove(SETTINGS, ("connections", 0)), ("connections", 0))
    assert value(changed) == value(SETTINGS) | {"connections": []}
    assert "connections: []   # what is read" in changed
    assert value(append(changed, ("connections",), ITEM))["connections"] == [ITEM]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_item_of_a_list_in_brackets_is_removed(index):
    """With one comma."""
    remaining = [letter for at, letter in enumerate("xyz") if at != index]
    assert value(remove("a: [x, y, z]", ("a", index))) == {"a": remaining}


def test_a_key_is_removed():
    """In braces, and in lines."""
    assert value(remove("a: {b: 1, c: 2}\nd: 3\n", ("a", "b"))) == {"a": {"c": 2}, "d": 3}
    assert remove("a:\n  b: 1  # x\n  c: 2\n", ("a", "b")) == "a:\n  c: 2\n"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param(
            lambda text: put(text, ("b", "k"), 2), "a: &x {k: 1}\nb: *x\n", id="through an alias"
        ),
        pytest.param(lambda text: append(text, ("a",), 1), "a: {b: 1}", id="no list"),
        pytest.param(lambda text: put(text, ("a", "b"), 1), "a: [x]", id="no mapping"),
        pytest.param(lambda text: remove(text, ("a", 0)), "- a\n", id="not there"),
        pytest.param(lambda text: remove(text, ("a", "b")), "a:\n  b: 1\n", id="nothing left"),
        pytest.param(lambda text: remove(text, (0, 0)), "- - a\n  - b\n", id="amid a line"),
    ],
)
def test_an_edit_that_would_change_something_else_is_refused(change, text):
    """A person has to do it."""
    with pytest.raises(NotEditable):
        change(text)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-99, 99),
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8),
    st.sampled_from(["yes", "12:30", "0x1f", "1e3", "~", "# x", "- x", "a: b", "a: #", "'", '"']),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["k", "l", "on", "1", "a b"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(VALUES)
def test_every_written_value_is_read_back(given_value):
    """Whatever it is."""
    assert value(flow(given_value)) == given_value


@given(
    st.lists(VALUES, max_size=4),
    VALUES,
    st.booleans() | st.none(),
    st.integers(0, 4),
    st.sampled_from(["append", "put", "remove"]),
)
def test_an_edit_changes_the_expected_value_alone(items, new, style, index, operation):
    """And nothing else, in whichever style a text is written; or it is refused."""
    whole = {"before": 1, "list": items, "after": {"x": [1]}}
    text = "# head\n" + yaml.safe_dump(
        whole, default_flow_style=style, sort_keys=False, allow_unicode=True
    )
    start = value(text)
    expected = list(start["list"])
    try:
        if operation == "append":
            changed = append(text, ("list",), new)
            expected.append(new)
        elif index >= len(items):
            return
        elif operation == "put":
            changed = put(text, ("list", index), new)
            expected[index] = new
        else:
            changed = remove(text, ("list", index))
            del expected[index]
    except NotEditable:
        return
    assert value(changed) == start | {"list": expected}
    assert changed.startswith("# head\n")
