"""References: what records name of other kinds, read off the marks of an evidence schema.

A field that is marked ``x-ccm-references: KIND`` holds the key of an object of that kind. Where the
kind depends on a neighbouring field, the mark is ``{FIELD: {VALUE: KIND, ...}}``; a value that is
not listed names nothing that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ccm_core.model.json_codec import JsonObject

_DEEPEST = 24
_EVERY = "[]"
"""Stands in a path for every item of an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceField:
    """A field that holds keys of other objects."""

    path: tuple[str, ...]
    """Property names down to the field; ``[]`` for every item of an array."""
    kind: str | None = None
    by: str | None = None
    """The neighbour that decides the kind, where the kind depends on one."""
    kinds: tuple[tuple[str, str], ...] = ()
    """The kind for each value of the neighbour."""

    @property
    def field(self) -> str:
        """The field as a dotted name."""
        return ".".join(self.path)

    def names(self, body: JsonObject) -> Iterator[tuple[str, str]]:
        """Give kind and key of everything that a body names here."""
        last, kind = self.path[-1], self.kind
        for parent in _parents(body, self.path):
            key = parent.get(last)
            if isinstance(key, str):
                of = kind if self.by is None else self._kind(parent)
                if of is not None:
                    yield of, key

    def _kind(self, parent: Mapping[str, Any]) -> str | None:
        told = parent.get(self.by or "")
        return next((kind for value, kind in self.kinds if value == told), None)


def references(schema: JsonObject) -> tuple[ReferenceField, ...]:
    """Find the marked fields of a schema, sorted by path."""
    found = {one.path: one for one in _marked(schema, schema, ())}
    return tuple(found[path] for path in sorted(found))


def _marked(schema: JsonObject, node: Any, path: tuple[str, ...]) -> Iterator[ReferenceField]:
    if not isinstance(node, dict) or len(path) > _DEEPEST:
        return
    if mark := node.get("x-ccm-references"):
        yield _reference(path, mark)
    if "$ref" in node:
        target: Any = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _marked(schema, target, path)
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _marked(schema, branch, path)
    for name, child in node.get("properties", {}).items():
        yield from _marked(schema, child, (*path, name))
    yield from _marked(schema, node.get("items"), (*path, _EVERY))


def _reference(path: tuple[str, ...], mark: str | Mapping[str, Mapping[str, str]]) -> ReferenceField:
    if isinstance(mark, str):
        return ReferenceField(path=path, kind=mark)
    by, kinds = next(iter(mark.items()))
    return ReferenceField(path=path, by=by, kinds=tuple(sorted(kinds.items())))


def _parents(body: Any, path: tuple[str, ...]) -> Iterable[Mapping[str, Any]]:
    """Give every object of a body that may have the last name of a path."""
    for place, name in enumerate(path[:-1]):
        if name == _EVERY:
            items = body if isinstance(body, list) else ()
            return [one for item in items for one in _parents(item, path[place + 1 :])]
        body = body.get(name) if isinstance(body, dict) else None
    return (body,) if isinstance(body, dict) else ()
