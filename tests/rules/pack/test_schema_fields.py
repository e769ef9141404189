"""Paths that rules read, held against the schema of the rows."""

from __future__ import annotations

import pytest

from ccm_core.rules.pack.schema_fields import SchemaFields

CLOSED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "x-ccm-unit": "seconds"},
        "wait": {"anyOf": [{"type": "null"}, {"type": "integer", "x-ccm-unit": "seconds"}]},
        "team": {"$ref": "#/$defs/reference"},
        "teams": {"type": "array", "items": {"$ref": "#/$defs/reference"}},
        "maybe": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/reference"}]},
        "cause": {"type": "string", "enum": ["no_layers", "restriction"]},
        "causes": {"type": "array", "items": {"$ref": "#/$defs/cause"}},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "free": {"type": "object"},
        "anything": {},
        "also": True,
        "elsewhere": {"$ref": "https://example.com/other"},
    },
    "$defs": {
        "cause": {"enum": ["no_layers", "restriction"]},
        "reference": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {"id": {"type": "string"}},
        },
    },
}


@pytest.mark.parametrize(
    "path",
    [
        ("name",),
        ("team", "id"),
        ("teams", "[]", "id"),
        ("maybe", "id"),
        ("counts", "monday"),
        ("counts", "[]"),
        ("free", "whatever", "deeper"),
        ("anything", "at", "all"),
        ("also", "this"),
        ("elsewhere", "id"),
    ],
    ids=".".join,
)
def test_schema_fields_accept_a_path_of_the_schema(path):
    """References, alternatives, lists and open objects are followed."""
    assert SchemaFields(CLOSED).mistake(path) is None


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param(("nam",), 'unknown field "nam"; did you mean "name"?', id="close-to-another"),
        pytest.param(
            ("team", "idd"),
            'unknown field "idd"; did you mean "id"? (in team)',
            id="in-a-reference",
        ),
        pytest.param(
            ("teams", "[]", "zzz"),
            'unknown field "zzz"; expected one of "id" (in teams[])',
            id="in-an-element",
        ),
        pytest.param(
            ("name", "first"),
            'unknown field "first"; none is allowed here (in name)',
            id="below-a-text",
        ),
    ],
)
def test_schema_fields_report_an_unknown_path(path, message):
    """The mistake names the field, what is close to it, and where it would be."""
    assert SchemaFields(CLOSED).mistake(path) == message


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("age",), True, id="marked"),
        pytest.param(("wait",), True, id="marked-in-an-alternative"),
        pytest.param(("name",), False, id="not-marked"),
        pytest.param(("nothing",), False, id="not-there"),
    ],
)
def test_schema_fields_recognize_durations_by_their_unit(path, expected):
    """A field in seconds carries `x-ccm-unit`."""
    assert SchemaFields(CLOSED).is_seconds(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("cause",), True, id="one"),
        pytest.param(("causes",), True, id="several"),
        pytest.param(("causes", "[]"), True, id="one-of-several"),
        pytest.param(("name",), False, id="any-text"),
        pytest.param(("teams",), False, id="a-list-of-something-else"),
        pytest.param(("nothing",), False, id="not-there"),
    ],
)
def test_schema_fields_recognize_codes_by_their_enumeration(path, expected):
    """A field that holds one of a few words, or a list of such."""
    assert SchemaFields(CLOSED).is_code(path) is expected


def test_schema_fields_of_an_open_schema_have_no_names():
    """Where there may be other fields, none is wrong."""
    assert SchemaFields({}).names() is None
    assert "name" in SchemaFields(CLOSED).names()
