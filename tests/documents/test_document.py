"""Locations of values, of keys, and of characters inside a string."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.documents import Location, read_yaml
from ccm_core.errors import Mistake

SETTINGS = b"""\
# a comment
version: 1
connections:
  - name: a
    settings: {region: us, lookback: 30d}
  - name: "b"
"""

WORDS = st.text("ab'\"\\: é", min_size=1, max_size=8)
PROSE = st.lists(WORDS, min_size=1, max_size=8).map(" ".join) | st.lists(
    st.lists(WORDS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4
).map("\n".join)


def character(text: str, location: Location) -> str:
    """Return the character of a file at a location."""
    return text.split("\n")[location.line - 1][location.column - 1 :][:1]


@pytest.mark.parametrize(
    ("path", "key", "location"),
    [
        pytest.param((), False, Location(2, 1), id="the document"),
        pytest.param(("version",), False, Location(2, 10), id="a value"),
        pytest.param(("version",), True, Location(2, 1), id="its key"),
        pytest.param(("connections", 0), False, Location(4, 5), id="an item"),
        pytest.param(("connections", 1, "name"), False, Location(6, 11), id="quoted, at its quote"),
        pytest.param(
            ("connections", 0, "settings", "lookback"), True, Location(5, 28), id="flow key"
        ),
        pytest.param(
            ("connections", 0, "settings", "base_url"), False, Location(5, 15), id="absent"
        ),
        pytest.param(("connections", 1, "auth", "key"), True, Location(6, 5), id="deeply absent"),
        pytest.param(("connections", 7), True, Location(4, 3), id="no such item"),
    ],
)
def test_a_value_and_its_key_have_locations(path, key, location):
    """A value has its own location; an absent one has that of its parent."""
    assert read_yaml(SETTINGS, "ccm.yaml").location(path, key=key) == location


def test_a_mistake_has_file_location_and_message():
    """A mistake is made for a value, for a key, or for a character of a text."""
    document = read_yaml(b"if: row.a && recrd.b\n", "pack.yaml")

    assert document.mistake(("if",), "x") == Mistake("pack.yaml", 1, 5, "x")
    assert document.mistake(("if",), "x", key=True) == Mistake("pack.yaml", 1, 1, "x")
    assert document.mistake(("if",), "x", at=(1, 10)) == Mistake("pack.yaml", 1, 14, "x")


@pytest.mark.parametrize(
    ("text", "at", "location"),
    [
        pytest.param("if: a && bad", (1, 6), Location(1, 10), id="plain"),
        pytest.param('if: "a && bad"', (1, 6), Location(1, 11), id="double quotes"),
        pytest.param('if: "\\"a\\" bad"', (1, 5), Location(1, 12), id="double quotes with escapes"),
        pytest.param('if: "\\x41\\u0020 bad"', (1, 4), Location(1, 17), id="escapes by number"),
        pytest.param("if: 'it''s bad'", (1, 6), Location(1, 12), id="single quotes doubled"),
        pytest.param("if: |\n  a &&\n    bad", (2, 3), Location(3, 5), id="literal, indented more"),
        pytest.param(
            "if: |2-  # why\n  a\n\n  bad", (3, 1), Location(4, 3), id="literal with header"
        ),
        pytest.param("if: >\n  a &&\n  bad", (1, 6), Location(3, 3), id="folded"),
        pytest.param("if: a &&\n  bad", (1, 6), Location(2, 3), id="plain over two lines"),
        pytest.param("if: &x a && bad", (1, 6), Location(1, 13), id="after an anchor"),
        pytest.param("if: a &&", (1, 5), Location(1, 9), id="just after the end"),
        pytest.param("if: a &&", (9, 9), Location(1, 9), id="far after the end"),
        pytest.param("if: 12", (1, 2), Location(1, 5), id="no text: the value"),
        pytest.param("if: ''", (1, 1), Location(1, 6), id="empty"),
    ],
)
def test_a_position_in_a_string_maps_to_its_location_in_the_file(text, at, location):
    """However a text is written, a column of the text leads to the character in the file."""
    mistake = read_yaml(text.encode(), "p.yaml").mistake(("if",), "x", at=at)

    assert Location(mistake.line, mistake.column) == location


@settings(deadline=None)
@given(PROSE, st.sampled_from([None, "'", '"', "|", ">"]), st.integers(10, 80))
def test_every_character_of_a_string_maps_to_its_location_in_the_file(value, style, width):
    """Each character that is not white space maps to itself, or to the escape that writes it."""
    text = yaml.safe_dump({"k": [value]}, default_style=style, width=width, allow_unicode=True)
    document = read_yaml(text.encode(), "p.yaml")
    read = document.value["k"][0] if "k" in document.value else None

    for number, line in enumerate((read or "").split("\n"), 1):
        for column, expected in enumerate(line, 1):
            if not expected.isspace():
                mistake = document.mistake(("k", 0), "x", at=(number, column))
                actual = character(text, Location(mistake.line, mistake.column))
                assert actual in (expected, "\\")


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 9)), max_size=3))
def test_every_location_is_where_its_value_is_written(value):
    """In indented JSON, each key and each value starts where the document says."""
    text = json.dumps(value, indent=2)
    document = read_yaml(text.encode(), "f.json")

    for index, item in enumerate(value):
        for key, number in item.items():
            at_key = document.location((index, key), key=True)
            at_value = document.location((index, key))
            assert text.split("\n")[at_key.line - 1][at_key.column - 1 :].startswith(f'"{key}"')
            assert character(text, at_value) == str(number)
