"""Schemas that plugins offer: what JSON Schema does not allow is a problem of the catalog."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.plugins.consistency import problems
from ccm_core.plugins.schema_marks import checked_schema
from ccm_core.sdk.types import EvidenceKind, Shape


def problems_of(schema):
    """Return the problems of an evidence kind that has this schema."""
    kind = EvidenceKind(
        name="some.kind",
        version=1,
        title="Some kind",
        shape=Shape.SNAPSHOT,
        key=("id",),
        cadence=timedelta(hours=1),
        schema=lambda: schema,
    )
    return list(problems({}, {kind.name: kind}, {}, {}))


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(
            {"type": "object", "properties": {"id": {"pattern": "^P[A-Z]+$"}}}, id="plain"
        ),
        pytest.param({"$schema": "https://example.org/dialect"}, id="another dialect"),
        pytest.param({"$ref": "#/$defs/a", "$defs": {"a": True}}, id="reference"),
        pytest.param({"$id": "an address with blanks"}, id="what one validator alone refuses"),
        pytest.param({"x-ccm-privacy": "drop"}, id="keyword of the host"),
    ],
)
def test_valid_schema_is_no_problem(schema):
    """It is accepted, whichever of the two validators has decided."""
    assert problems_of(schema) == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        pytest.param({"type": "objekt"}, "$.type", id="type"),
        pytest.param(
            {"properties": {"a": {"minLength": -1}}}, "$.properties.a.minLength", id="low"
        ),
        pytest.param({"properties": {"a": {"pattern": "("}}}, "$.properties.a.pattern", id="regex"),
        pytest.param({"pattern": "(?<name>a)"}, "$.pattern", id="pattern of another language"),
        pytest.param({"patternProperties": {"(": {}}}, "$.patternProperties", id="key"),
        pytest.param({"allOf": []}, "$.allOf", id="empty"),
        pytest.param([], "$", id="no object"),
    ],
)
def test_invalid_schema_is_reported_with_its_place(schema, path):
    """The message names the evidence kind and the JSON path of what is not allowed."""
    (problem,) = problems_of(schema)
    assert problem.startswith(f"evidence kind some.kind: the schema is invalid: {path}: ")


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"properties": {"x": {}, "x-ccm": {}}}, id="fields"),
        pytest.param({"definitions": {"xy": {}}, "$defs": {"x": {}}}, id="definitions"),
        pytest.param({"dependentRequired": {"x": ["y"]}, "required": ["x"]}, id="dependencies"),
        pytest.param({"default": {"x-y": 1}, "enum": [{"x": 1}]}, id="values"),
    ],
)
def test_names_that_begin_with_x_are_no_marks(schema):
    """Only keywords are: a source calls its fields what it likes."""
    assert checked_schema(schema) == schema
