"""Projection: what the schema does not name goes no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.collect.references.schema_references import reference_fields
from ccm_core.collect.validation import SchemaValidator

KEY = Pseudonymizer(b"1" * 32)
SCHEMA = {
    "type": "object",
    "$defs": {
        "reference": {
            "type": "object",
            "properties": {"id": {"type": "string", "x-ccm-references": "fake.user"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "owner": {"anyOf": [{"$ref": "#/$defs/reference"}, {"type": "null"}]},
        "users": {"type": "array", "items": {"$ref": "#/$defs/reference"}},
        "email": {"type": "string", "x-ccm-privacy": "pseudonym"},
        "url": {"type": "string", "x-ccm-privacy": "drop"},
        "free": {"type": "object"},
    },
}


@pytest.mark.parametrize(
    ("body", "kept", "unknown"),
    [
        pytest.param({"name": "a", "key": "x"}, {"name": "a"}, {"key"}, id="unknown field"),
        pytest.param({"url": "https://secret"}, {}, set(), id="dropped field"),
        pytest.param(
            {"owner": {"id": "U", "token": "x"}},
            {"owner": {"id": "U"}},
            {"owner.token"},
            id="nested",
        ),
        pytest.param({"owner": None}, {"owner": None}, set(), id="null"),
        pytest.param(
            {"users": [{"id": "U", "a": 1}, {"id": "V", "a": 2}]},
            {"users": [{"id": "U"}, {"id": "V"}]},
            {"users[].a"},
            id="in an array, told once",
        ),
        pytest.param({"free": {"secret": 1}}, {"free": {}}, {"free.secret"}, id="open object"),
        pytest.param(
            {"name": {"secret": 1}}, {"name": {}}, {"name.secret"}, id="object for a string"
        ),
        pytest.param({"name": [{"secret": 1}]}, {"name": [{}]}, set(), id="array for a string"),
    ],
)
def test_projection_keeps_only_schema_fields(body, kept, unknown):
    """Values of another shape than the schema wants keep their shape and lose their content."""
    projected = Projector(SCHEMA, KEY).project(body)
    assert (projected.body, projected.unknown_fields) == (kept, unknown)


def test_pseudonym_is_stable_and_hides_the_value():
    """Case and white space do not matter; another store's key gives another token."""
    one = Projector(SCHEMA, KEY).project({"email": "Ann@Example.org "}).body["email"]
    two = Projector(SCHEMA, KEY).project({"email": "ann@example.org"}).body["email"]
    other = Projector(SCHEMA, Pseudonymizer(b"2" * 32)).project({"email": "ann@example.org"}).body
    assert one == two != other["email"]
    assert "ann" not in one.casefold()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "owner", "users", "id", "x", "SECRET"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["name", "owner", "users", "url", "x"]), json_values))
def test_projection_drops_every_field_outside_the_schema(body):
    """However oddly an object is nested, no unnamed key is left in it."""

    def keys(value) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for one in value.values() for key in keys(one)}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    kept = Projector(SCHEMA, KEY).project(body).body
    assert keys(kept) <= {"name", "owner", "users", "id", "email", "free"}


def test_reference_fields_of_a_schema_are_found():
    """Marks are followed through references, choices and arrays."""
    found = reference_fields(SCHEMA)
    assert [(one.field, one.kind) for one in found] == [
        ("owner.id", "fake.user"),
        ("users.[].id", "fake.user"),
    ]
    body = {"owner": None, "users": [{"id": "U"}, {"id": "V"}, {}]}
    assert [list(one.targets(body)) for one in found] == [
        [],
        [("fake.user", "U"), ("fake.user", "V")],
    ]


def test_reference_kind_may_depend_on_a_sibling_field():
    """A value that the mark does not list names nothing that is known."""
    mark = {"type": {"user_reference": "fake.user", "schedule_reference": "fake.schedule"}}
    schema = {
        "type": "array",
        "items": {"properties": {"id": {"x-ccm-references": mark}, "type": {"type": "string"}}},
    }
    (found,) = reference_fields({"properties": {"targets": schema}})
    targets = [
        {"id": "U", "type": "user_reference"},
        {"id": "S", "type": "schedule_reference"},
        {"id": "X", "type": "robot_reference"},
        {"id": "Y"},
    ]
    assert list(found.targets({"targets": targets})) == [("fake.user", "U"), ("fake.schedule", "S")]


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("2026-11-23T14:00:00Z", True),
        ("2026-11-23T14:00:00.123456-05:00", True),
        ("2026-11-23T14:00:00", False),
        ("2026-11-23", False),
        ("2026-02-30T00:00:00Z", False),
        ("2026-11-23T23:59:60Z", False),
        ("yesterday", False),
        (5, False),
    ],
)
def test_invalid_date_is_rejected_by_both_validators(value, good):
    """Formats are asserted, and a refusal never repeats the value."""
    check = SchemaValidator(
        {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}
    )
    problems = check.problems({"at": value})
    assert (not problems) is good
    assert str(value) not in "".join(problems)


TEXT = {"type": "string"}
PSEUDONYM = {"x-ccm-privacy": "pseudonym"}
DROP = {"x-ccm-privacy": "drop"}


@pytest.mark.attack(
    "Plugins",
    "A privacy mark stands where a schema reader may overlook it: beside a reference, in a choice, "
    "in the items of a list",
    "The strictest mark that speaks of a field decides",
)
@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"$ref": "#/$defs/text", **PSEUDONYM}, id="beside-a-reference"),
        pytest.param({"$ref": "#/$defs/email"}, id="behind-a-reference"),
        pytest.param({"$ref": "#/$defs/text", **DROP}, id="drop-beside-a-reference"),
        pytest.param({"anyOf": [{**TEXT, **PSEUDONYM}, {"type": "null"}]}, id="in-a-choice"),
        pytest.param({"oneOf": [{"$ref": "#/$defs/email"}, TEXT]}, id="in-a-choice-by-reference"),
        pytest.param({"allOf": [TEXT, PSEUDONYM]}, id="in-a-conjunction"),
        pytest.param({"anyOf": [{**TEXT, **DROP}, {"type": "null"}]}, id="drop-in-a-choice"),
        pytest.param({**TEXT, **PSEUDONYM, "anyOf": [TEXT]}, id="beside-a-choice"),
        pytest.param({"type": "array", "items": {**TEXT, **DROP}}, id="drop-in-items"),
        pytest.param({"type": "array", "items": {**TEXT, **PSEUDONYM}}, id="in-items"),
        pytest.param({"$ref": "#/$defs/loop", **PSEUDONYM}, id="beside-a-loop"),
    ],
)
def test_a_privacy_mark_works_wherever_it_stands(field):
    """No personal value is stored in clear."""
    schema = {
        "type": "object",
        "$defs": {
            "text": TEXT,
            "email": {**TEXT, **PSEUDONYM},
            "loop": {"anyOf": [{"$ref": "#/$defs/loop"}, TEXT]},
        },
        "properties": {"email": field},
    }
    body = {"email": ["ada@example.org"] if field.get("type") == "array" else "ada@example.org"}

    assert "ada@" not in str(Projector(schema, KEY).project(body).body)
