"""The schemas of what ccm prints say what its values are: no field more, none less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from ccm_core import schemas
from ccm_core.model.assurance import Assurance
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.collection import KindCount
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import ExportedRecord, Record
from ccm_core.model.json_codec import encode, plain
from ccm_core.model.period_basis import PeriodBasis
from ccm_core.model.redacted_connection import RedactedConnection
from ccm_core.model.sampling import Sampling
from ccm_core.model.trend import Trend
from ccm_core.pipeline.check import Check
from ccm_core.pipeline.field_report.document import FieldReport
from ccm_core.report.content.exception_responses import ExceptionsDocument
from ccm_core.report.content.manual_evidence import ManualEvidenceDocument
from ccm_core.report.formats.json import JsonDocument
from ccm_core.report.period.json import PeriodDocument

DOCUMENTS = {
    "evidence-record.v1": Record,
    "exported-record.v1": ExportedRecord,
    "manifest.v1": Manifest,
    "evaluation.v1": Evaluation,
    "report.v1": JsonDocument,
    "assurance.v1": Assurance,
    "period-report.v1": PeriodDocument,
    "manual-evidence.v1": ManualEvidenceDocument,
    "exceptions.v1": ExceptionsDocument,
    "check.v1": Check,
    "field-report.v1": FieldReport,
    "connection.v1": RedactedConnection,
    "trend.v1": Trend,
}
TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
ONLY_FOR_TYPES = {
    one.__name__: one
    for one in (Assurance, KindCount, Manifest, Mapping, PeriodBasis, Sampling, Sequence, datetime)
} | {"JsonObject": dict[str, Any]}


class Comparison:
    """A schema beside the dataclass whose values it describes."""

    def __init__(self, schema: dict) -> None:
        self.schema = schema

    def differences(self, shape: Any, node: dict, at: str = "$") -> Iterator[str]:
        """Name every place at which the two say different things."""
        node, may_be_null = self.resolved(node)
        expected = [one for one in get_args(shape) if one is not NoneType]
        optional = NoneType in get_args(shape)
        if optional != may_be_null:
            yield f"{at}: null"
        yield from self._of_type(expected[0] if optional else shape, node, at)

    def resolved(self, node: dict) -> tuple[dict, bool]:
        """Follow references; give what is not null, and whether null is allowed."""
        optional = False
        while "$ref" in node or "anyOf" in node:
            if "anyOf" in node:
                node, null = node["anyOf"]
                optional = null == {"type": "null"}
            else:
                node = self.schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        if isinstance(node.get("type"), list):
            (kind,) = set(node["type"]) - {"null"}
            return node | {"type": kind}, "null" in node["type"]
        return node, optional

    def _of_type(self, shape: Any, node: dict, at: str) -> Iterator[str]:
        origin, arguments = get_origin(shape), get_args(shape)
        if origin in (dict, Mapping):
            yield from self._of_mapping(arguments[1], node, at)
        elif origin is not None and issubclass(origin, Sequence):
            yield from self._of_sequence(arguments, node, at)
        elif is_dataclass(shape):
            yield from self._of_dataclass(shape, node, at)
        elif issubclass(shape, StrEnum):
            if node.get("enum") != list(shape):
                yield f"{at}: {node.get('enum')} and not {list(shape)}"
        elif not self._is_scalar(shape, node):
            yield f"{at}: {node} and not {shape.__name__}"

    def _of_dataclass(self, shape: Any, node: dict, at: str) -> Iterator[str]:
        names = {field.name for field in fields(shape)}
        if (node.get("type"), node.get("additionalProperties")) != ("object", False):
            yield f"{at}: is open"
        for actual in (node.get("properties", ()), node.get("required", ())):
            if differs := sorted(names ^ set(actual)):
                yield f"{at}: {', '.join(differs)}"
        hints = get_type_hints(shape, localns=ONLY_FOR_TYPES)
        for name in sorted(names & set(node.get("properties", ()))):
            child = node["properties"][name]
            if not child.get("description"):
                yield f"{at}.{name}: is not described"
            yield from self.differences(hints[name], child, f"{at}.{name}")

    def _of_sequence(self, arguments: tuple, node: dict, at: str) -> Iterator[str]:
        if node.get("type") != "array":
            yield f"{at}: {node} is no array"
        elif len(arguments) == 1 or arguments[-1] is Ellipsis:
            yield from self.differences(arguments[0], node["items"], f"{at}[]")
        else:
            if (node["items"], node["minItems"]) != (False, len(arguments)):
                yield f"{at}: may be longer or shorter"
            for number, each in enumerate(arguments):
                yield from self.differences(each, node["prefixItems"][number], f"{at}[{number}]")

    def _of_mapping(self, value: Any, node: dict, at: str) -> Iterator[str]:
        if node.get("type") != "object" or "properties" in node:
            yield f"{at}: {node} is no mapping"
        elif value is not Any:
            yield from self.differences(value, node["additionalProperties"], f"{at}{{}}")

    def _is_scalar(self, shape: type, node: dict) -> bool:
        if shape is datetime:
            return (node.get("type"), node.get("format")) == ("string", "date-time")
        if shape is date:
            return (node.get("type"), node.get("format")) == ("string", "date")
        if shape is str and ("enum" in node or "const" in node):
            return all(isinstance(one, str) for one in node.get("enum", [node.get("const")]))
        return node.get("type") == TYPES[shape.__name__]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_names_the_fields_that_are_printed(name: str):
    """In every nested value: the same fields, all required, none more; the same enumerations."""
    schema = schemas.load(name)
    assert list(Comparison(schema).differences(DOCUMENTS[name], schema)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_called_as_its_file(name: str):
    """The id leads back to the file, and the version is in both."""
    schema = schemas.load(name)
    assert schema["$id"] == f"urn:ccm:{name.removesuffix('.v1')}:v1"
    assert (bool(schema["title"]), bool(schema["description"])) == (True, True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_needs_no_other(name: str):
    """Each reference leads to a definition of the same file, and each definition is used."""
    schema = schemas.load(name)
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(schema)))
    assert references == {f"#/$defs/{definition}" for definition in schema["$defs"]}
    assert all(definition["description"] for definition in schema["$defs"].values())


def test_definitions_shared_by_schemas_are_equal():
    """A window, an outcome, a whole manifest: one word has one meaning in every document."""
    definitions: dict[str, set[str]] = {}
    for name in DOCUMENTS:
        schema = schemas.load(name)
        itself = {key: value for key, value in schema.items() if key[0] != "$" and key != "title"}
        for word, actual in {**schema["$defs"], name.removesuffix(".v1"): itself}.items():
            definitions.setdefault(word, set()).add(json.dumps(actual, sort_keys=True))
    assert [word for word, actual in definitions.items() if len(actual) > 1] == []


def test_a_field_without_value_is_printed_as_null():
    """What is not known is null and never left out: that is why every field is required."""
    count = KindCount(
        connection="prod",
        kind="acme.service",
        version=1,
        records=0,
        versions=0,
        rejected=0,
        last_collected_at=None,
        last_outcome=None,
    )
    assert set(plain(count)) == set(json.loads(encode(count))) == {f.name for f in fields(count)}
