"""Requests held against the API description that a vendor publishes, reduced to what ccm uses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).parents[1] / "tickets" / "descriptions"


@cache
def description(name: str) -> dict[str, Any]:
    """One reduced description."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@dataclass(frozen=True)
class Operation:
    """One operation of a description, with what a path fills in of it."""

    path: str
    name: str
    definition: dict[str, Any]
    filled: dict[str, str]


def operation(name: str, method: str, path: str) -> Operation | None:
    """The operation of a description that a request is of."""
    for template, methods in description(name)["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        match = re.fullmatch(pattern, path)
        if match and method.lower() in methods:
            definition = methods[method.lower()]
            return Operation(template, definition["operationId"], definition, match.groupdict())
    return None


def problems(name: str, method: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    """What a vendor's description says is wrong with a request."""
    found = operation(name, method, path)
    if found is None:
        return [f"{method} {path} is no operation of {name}"]
    parameters = {
        one["name"]: one for one in found.definition["parameters"] if one["in"] == "query"
    }
    wrong = [f"{found.name}: no parameter {key}" for key in query if key not in parameters]
    for key, text in query.items():
        schema = parameters.get(key, {}).get("schema", {})
        value: Any = int(text) if schema.get("type") == "integer" and text.isdigit() else text
        wrong += [f"{found.name}?{key}: {one.message}" for one in _errors(schema, value)]
    asked = found.definition.get("requestBody")
    if asked is None:
        return wrong + ([f"{found.name} takes no body"] if body is not None else [])
    if body is None:
        return wrong + ([f"{found.name} needs a body"] if asked["required"] else [])
    unknown = set(body) - set(asked["schema"].get("properties", {}))
    wrong += [f"{found.name}: no property {key}" for key in sorted(unknown)]
    return wrong + [
        f"{found.name}{one.instance_path}: {one.message}" for one in _errors(asked["schema"], body)
    ]


def document_problems(document: Any) -> list[str]:
    """What the schema of the Atlassian Document Format says is wrong with a document."""
    schema = description("atlassian-document-format")
    return [f"{one.instance_path}: {one.message}" for one in _errors(schema, document)]


def _errors(schema: dict[str, Any], value: Any) -> list[Any]:
    return list(jsonschema_rs.validator_for(_nullable(schema)).iter_errors(value))


def _nullable(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as one of JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _nullable(part) for key, part in schema.items() if key != "nullable"}
    if schema.get("nullable") is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain
