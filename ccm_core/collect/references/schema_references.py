"""The fields of an evidence schema that hold keys of other objects.

A field with ``x-ccm-references: KIND`` holds the key of an object of that kind. Where the kind
depends on a sibling field, the annotation is ``{FIELD: {VALUE: KIND, ...}}``; a value that is not
listed refers to no known kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

_MAX_DEPTH = 24
_ITEMS = "[]"
"""Stands in a path for every item of an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceField:
    """A field that holds keys of other objects."""

    path: tuple[str, ...]
    """Property names down to the field; ``[]`` for every item of an array."""
    kind: str | None = None
    discriminator: str | None = None
    """The sibling field that decides the kind, where the kind depends on one."""
    kinds: tuple[tuple[str, str], ...] = ()
    """The kind for each value of the discriminator."""

    @property
    def field(self) -> str:
        """The field as a dotted name."""
        return ".".join(self.path)

    def targets(self, body: JsonObject) -> Iterator[tuple[str, str]]:
        """Yield the kind and key of everything that a body refers to in this field."""
        last, kind = self.path[-1], self.kind
        for parent in _parents(body, self.path):
            key = parent.get(last)
            if isinstance(key, str):
                target = kind if self.discriminator is None else self._kind(parent)
                if target is not None:
                    yield target, key

    def _kind(self, parent: Mapping[str, Any]) -> str | None:
        discriminator = parent.get(self.discriminator or "")
        return next((kind for value, kind in self.kinds if value == discriminator), None)


def reference_fields(schema: JsonObject) -> tuple[ReferenceField, ...]:
    """Return the annotated fields of a schema, sorted by path."""
    fields = {field.path: field for field in _annotated(schema, schema, ())}
    return tuple(fields[path] for path in sorted(fields))


def _annotated(schema: JsonObject, node: Any, path: tuple[str, ...]) -> Iterator[ReferenceField]:
    if not isinstance(node, dict) or len(path) > _MAX_DEPTH:
        return
    if annotation := node.get("x-ccm-references"):
        yield _reference_field(path, annotation)
    if "$ref" in node:
        target: Any = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _annotated(schema, target, path)
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _annotated(schema, branch, path)
    for name, child in node.get("properties", {}).items():
        yield from _annotated(schema, child, (*path, name))
    yield from _annotated(schema, node.get("items"), (*path, _ITEMS))


def _reference_field(
    path: tuple[str, ...], annotation: str | Mapping[str, Mapping[str, str]]
) -> ReferenceField:
    if isinstance(annotation, str):
        return ReferenceField(path=path, kind=annotation)
    discriminator, kinds = next(iter(annotation.items()))
    return ReferenceField(
        path=path, discriminator=discriminator, kinds=tuple(sorted(kinds.items()))
    )


def _parents(body: Any, path: tuple[str, ...]) -> Iterable[Mapping[str, Any]]:
    """Return every object of a body that may have the last name of a path."""
    for index, name in enumerate(path[:-1]):
        if name == _ITEMS:
            items = body if isinstance(body, list) else ()
            return [parent for item in items for parent in _parents(item, path[index + 1 :])]
        body = body.get(name) if isinstance(body, dict) else None
    return (body,) if isinstance(body, dict) else ()
