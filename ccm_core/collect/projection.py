"""Allow-list projection: only what the evidence schema names goes any further.

It runs before anything is stored or logged, so a field the schema does not name never reaches the
disk. ``x-ccm-privacy`` on a field decides between keeping it, leaving it out, and a pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccm_core.model.json_codec import JsonObject

Project: TypeAlias = Callable[[Any, set[str]], Any]
"""Takes a value and the set to add unknown names to; gives what is kept."""

_DEEPEST = 24
_PSEUDONYM = "pseudonym"
_PLAIN = frozenset({str, int, float, bool, type(None)})
"""What a field that is kept keeps as it is; only objects and arrays need a closer look."""


@dataclass(frozen=True, slots=True)
class Pseudonymizer:
    """Turns personal values into tokens under the key of one store.

    The same value gives the same token in every connector of the store, so joins still work.
    """

    key: bytes

    def token(self, value: object) -> object:
        """Give the token of a string; anything but a string is left out of a pseudonym field."""
        if not isinstance(value, str):
            return None
        mac = hmac.new(self.key, value.strip().casefold().encode(), hashlib.sha256)
        return f"pseudonym:{mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class ProjectedRecord:
    """What is kept of an object, and which names the schema does not know."""

    body: JsonObject
    unknown: frozenset[str]


class Projector:
    """A schema's allow-list, compiled once."""

    def __init__(self, schema: JsonObject, pseudonyms: Pseudonymizer) -> None:
        """Compile the allow-list of a schema whose references stay inside it."""
        self._schema, self._pseudonyms = schema, pseudonyms
        self._project = self._compile(schema, "", 0)

    def project(self, body: JsonObject) -> ProjectedRecord:
        """Keep what the schema names; of anything but an object, nothing."""
        unknown: set[str] = set()
        kept = self._project(body, unknown)
        return ProjectedRecord(kept if isinstance(kept, dict) else {}, frozenset(unknown))

    # -- compiling ----------------------------------------------------------------------------

    def _compile(self, node: Any, path: str, depth: int) -> Project:
        node = self._resolved(node)
        if depth > _DEEPEST:
            return _scalar
        if node.get("x-ccm-privacy") == _PSEUDONYM:
            return lambda value, _unknown: self._pseudonyms.token(value)
        choices = [branch for word in ("anyOf", "oneOf") for branch in node.get(word, ())]
        if choices:
            node = _merged([self._resolved(choice) for choice in choices])
        return self._by_shape(node, path, depth)

    def _by_shape(self, node: Mapping[str, Any], path: str, depth: int) -> Project:
        items = self._compile(node["items"], f"{path}[]", depth + 1) if "items" in node else _scalar
        kept, dropped = self._properties(node, path, depth)
        as_it_is = frozenset(name for name in kept if not self._is_personal(node, name))
        prefix = f"{path}." if path else ""

        def project(value: Any, unknown: set[str]) -> Any:
            if isinstance(value, dict):
                body = {}
                for name, child in value.items():
                    if name in as_it_is and child.__class__ in _PLAIN:
                        body[name] = child
                    elif name in kept:
                        body[name] = kept[name](child, unknown)
                    elif name not in dropped:
                        unknown.add(prefix + name)
                return body
            if isinstance(value, list):
                return [items(one, unknown) for one in value]
            return value

        return project

    def _properties(
        self, node: Mapping[str, Any], path: str, depth: int
    ) -> tuple[dict[str, Project], frozenset[str]]:
        kept, dropped = {}, set()
        for name, child in node.get("properties", {}).items():
            if self._resolved(child).get("x-ccm-privacy") == "drop":
                dropped.add(name)
            else:
                here = f"{path}.{name}" if path else name
                kept[name] = self._compile(child, here, depth + 1)
        return kept, frozenset(dropped)

    def _is_personal(self, node: Mapping[str, Any], name: str) -> bool:
        return self._resolved(node["properties"][name]).get("x-ccm-privacy") == _PSEUDONYM

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        seen = 0
        while isinstance(node, dict) and "$ref" in node and seen < _DEEPEST:
            target: Any = self._schema
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node, seen = target, seen + 1
        return node if isinstance(node, dict) else {}


def _scalar(value: Any, _unknown: set[str]) -> Any:
    """Keep a scalar; of an object or array the schema says nothing about, keep the shape only."""
    return {} if isinstance(value, dict) else [] if isinstance(value, list) else value


def _merged(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Give one node that allows what any of the choices allows."""
    merged: dict[str, Any] = {"properties": {}}
    for one in choices:
        merged["properties"].update(one.get("properties", {}))
    arrays = [one for one in choices if "items" in one]
    return merged | ({"items": arrays[0]["items"]} if arrays else {})
