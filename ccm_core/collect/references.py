"""References: what records name of other kinds, read off the marks of an evidence schema.

A field that is marked ``x-ccm-references: KIND`` holds the key of an object of that kind. Where the
kind depends on a neighbouring field, the mark is ``{FIELD: {VALUE: KIND, ...}}``; a value that is
not listed names nothing that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ccm_core.model.json import JsonObject

_DEEPEST = 24
_EVERY = "[]"
"""Stands in a path for every item of an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
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
        kinds = dict(self.kinds)
        for parent in _at(body, self.path[:-1]):
            key = parent.get(self.path[-1]) if isinstance(parent, dict) else None
            kind = self.kind if self.by is None else kinds.get(_text(parent, self.by))
            if isinstance(key, str) and kind is not None:
                yield kind, key


def references(schema: JsonObject) -> tuple[Reference, ...]:
    """Find the marked fields of a schema, sorted by path."""
    found = {one.path: one for one in _marked(schema, schema, ())}
    return tuple(found[path] for path in sorted(found))


def _marked(schema: JsonObject, node: Any, path: tuple[str, ...]) -> Iterator[Reference]:
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


def _reference(path: tuple[str, ...], mark: str | Mapping[str, Mapping[str, str]]) -> Reference:
    if isinstance(mark, str):
        return Reference(path=path, kind=mark)
    by, kinds = next(iter(mark.items()))
    return Reference(path=path, by=by, kinds=tuple(sorted(kinds.items())))


def _at(body: Any, path: tuple[str, ...]) -> Iterable[Any]:
    if not path:
        return [body]
    if path[0] == _EVERY:
        items = body if isinstance(body, list) else []
        return [found for one in items for found in _at(one, path[1:])]
    return _at(body.get(path[0]), path[1:]) if isinstance(body, dict) else []


def _text(parent: Any, name: str) -> str:
    found = parent.get(name) if isinstance(parent, dict) else None
    return found if isinstance(found, str) else ""
