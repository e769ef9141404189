"""Looks up the paths that a rule reads in the JSON Schema of a row's body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ccm_core.documents import suggest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.checked_ast import ELEMENT, FieldPath, dotted


@dataclass(frozen=True, slots=True)
class SchemaFields:
    """The fields of one kind's or view's rows."""

    schema: JsonObject

    def mistake(self, path: FieldPath) -> str | None:
        """Return what is wrong with a path below ``row``; None where nothing is."""
        schemas = [self.schema]
        for depth, step in enumerate(path):
            open_ended, below = self._step(schemas, step)
            if open_ended:
                return None
            if not below:
                names = sorted({name for schema in schemas for name in self._names(schema)})
                parent = dotted(path[:depth])
                message = suggest("field", step, names)
                return f"{message} (in {parent})" if parent else message
            schemas = below
        return None

    def is_seconds(self, path: FieldPath) -> bool:
        """Whether the field at a path is a duration in seconds."""
        return any(schema.get("x-ccm-unit") == "seconds" for schema in self._schemas(path))

    def is_code(self, path: FieldPath) -> bool:
        """Whether the field at a path holds a word of an enumeration, or a list of such words."""
        return any(
            "enum" in schema for schema in (*self._schemas(path), *self._schemas((*path, ELEMENT)))
        )

    def names(self) -> Sequence[str] | None:
        """Return the names of the fields at the top; None where there may be others."""
        if any(self._is_open(variant) for variant in self._variants(self.schema)):
            return None
        return sorted(self._names(self.schema))

    def _schemas(self, path: FieldPath) -> list[JsonObject]:
        """Return all schemas that apply to the field at a path."""
        schemas = [self.schema]
        for step in path:
            _, schemas = self._step(schemas, step)
        return [variant for schema in schemas for variant in self._variants(schema)]

    def _step(self, schemas: Sequence[JsonObject], step: str) -> tuple[bool, list[JsonObject]]:
        """Return whether any field may follow, and the schemas of the field that does."""
        variants = [variant for schema in schemas for variant in self._variants(schema)]
        below = [child for variant in variants if (child := _below(variant, step)) is not None]
        return not below and (not variants or any(map(self._is_open, variants))), below

    def _variants(self, schema: Any) -> Iterator[JsonObject]:
        """Yield a schema and all that it refers to or is composed of."""
        if not isinstance(schema, dict):
            return
        yield schema
        if isinstance(reference := schema.get("$ref"), str):
            yield from self._variants(self._resolved(reference))
        for keyword in ("allOf", "anyOf", "oneOf"):
            for subschema in schema.get(keyword, ()):
                yield from self._variants(subschema)

    def _resolved(self, reference: str) -> Any:
        schema: Any = self.schema
        for step in reference.removeprefix("#").split("/")[1:]:
            schema = schema.get(step, {}) if isinstance(schema, dict) else {}
        return schema if reference.startswith("#") else {}

    def _names(self, schema: JsonObject) -> set[str]:
        return {
            name for variant in self._variants(schema) for name in variant.get("properties", {})
        }

    def _is_open(self, schema: JsonObject) -> bool:
        """Whether a schema may hold fields that it does not name."""
        if "$ref" in schema and not str(schema["$ref"]).startswith("#"):
            return True
        types = schema.get("type", ["object"] if "properties" in schema else [])
        if types in ("object", ["object"]) or "object" in types:
            closed = schema.get("additionalProperties") is False
            return not closed and not schema.get("properties")
        return not types and not _CONSTRAINING & set(schema)


_CONSTRAINING = {"$ref", "allOf", "anyOf", "oneOf", "enum", "const"}


def _below(schema: JsonObject, step: str) -> JsonObject | None:
    if step == ELEMENT:
        element = schema.get("items", schema.get("additionalProperties"))
        return element if isinstance(element, dict) else None
    child = schema.get("properties", {}).get(step)
    if child is None and isinstance(schema.get("additionalProperties"), dict):
        child = schema["additionalProperties"]
    return {} if child is True else child
