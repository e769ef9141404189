"""Allow-list projection: only the fields in the evidence schema pass.

It runs before anything is stored or logged, so a field that is not in the schema never reaches the
disk. ``x-ccm-privacy`` on a field decides between keeping it, dropping it, and a pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

Project: TypeAlias = Callable[[Any, set[str]], Any]
"""Takes a value and the set to add unknown fields to; returns the projected value."""

_MAX_DEPTH = 24
_PSEUDONYM, _DROP = "pseudonym", "drop"
_SCALARS = frozenset({str, int, float, bool, type(None)})
"""Types that are copied as they are; only objects and arrays are projected further."""


@dataclass(frozen=True, slots=True)
class Pseudonymizer:
    """Replaces personal values by tokens under the key of one store.

    The same value has the same token in every connector of the store, so joins still work.
    """

    key: bytes

    def token(self, value: object) -> object:
        """Return the token of a string; None for anything but a string."""
        if not isinstance(value, str):
            return None
        mac = hmac.new(self.key, value.strip().casefold().encode(), hashlib.sha256)
        return f"pseudonym:{mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class ProjectedRecord:
    """What passes of an object, and the fields that are not in the schema."""

    body: JsonObject
    unknown_fields: frozenset[str]


class Projector:
    """A schema's allow-list, compiled once."""

    def __init__(self, schema: JsonObject, pseudonyms: Pseudonymizer) -> None:
        """Compile the allow-list of a schema whose references stay inside it."""
        self._schema, self._pseudonyms = schema, pseudonyms
        self._project = self._compile(schema, "", 0)

    def project(self, body: JsonObject) -> ProjectedRecord:
        """Return what passes of an object; of anything else, nothing."""
        unknown: set[str] = set()
        projected = self._project(body, unknown)
        return ProjectedRecord(projected if isinstance(projected, dict) else {}, frozenset(unknown))

    # -- compiling ----------------------------------------------------------------------------

    def _compile(self, node: Any, path: str, depth: int) -> Project:
        privacy = self._privacy(node)
        if privacy == _DROP:
            return lambda _value, _unknown: None
        if privacy == _PSEUDONYM:
            return lambda value, _unknown: self._pseudonyms.token(value)
        node = self._resolved(node)
        if depth > _MAX_DEPTH:
            return _scalar
        choices = [branch for word in ("anyOf", "oneOf") for branch in node.get(word, ())]
        if choices:
            node = _merged([self._resolved(choice) for choice in choices])
        return self._by_shape(node, path, depth)

    def _by_shape(self, node: Mapping[str, Any], path: str, depth: int) -> Project:
        items = self._compile(node["items"], f"{path}[]", depth + 1) if "items" in node else _scalar
        allowed, dropped = self._properties(node, path, depth)
        copied = frozenset(name for name in allowed if not self._is_personal(node, name))
        prefix = f"{path}." if path else ""

        def project(value: Any, unknown: set[str]) -> Any:
            if isinstance(value, dict):
                body = {}
                for name, child in value.items():
                    if name in copied and child.__class__ in _SCALARS:
                        body[name] = child
                    elif name in allowed:
                        body[name] = allowed[name](child, unknown)
                    elif name not in dropped:
                        unknown.add(prefix + name)
                return body
            if isinstance(value, list):
                return [items(entry, unknown) for entry in value]
            return value

        return project

    def _properties(
        self, node: Mapping[str, Any], path: str, depth: int
    ) -> tuple[dict[str, Project], frozenset[str]]:
        allowed, dropped = {}, set()
        for name, child in node.get("properties", {}).items():
            if self._privacy(child) == _DROP:
                dropped.add(name)
            else:
                child_path = f"{path}.{name}" if path else name
                allowed[name] = self._compile(child, child_path, depth + 1)
        return allowed, frozenset(dropped)

    def _is_personal(self, node: Mapping[str, Any], name: str) -> bool:
        return self._privacy(node["properties"][name]) is not None

    def _privacy(self, node: Any, followed: frozenset[str] = frozenset()) -> str | None:
        """Return the strictest mark that speaks of a field: its own, a reference's, a choice's."""
        if not isinstance(node, dict):
            return None
        marks, reference = {node.get("x-ccm-privacy")}, node.get("$ref")
        if reference is not None and reference not in followed:
            marks.add(self._privacy(self._referenced(reference), followed | {reference}))
        for word in ("anyOf", "oneOf", "allOf"):
            marks |= {self._privacy(branch, followed) for branch in node.get(word, ())}
        return next((mark for mark in (_DROP, _PSEUDONYM) if mark in marks), None)

    def _referenced(self, reference: str) -> Any:
        target: Any = self._schema
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        return target

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        hops = 0
        while isinstance(node, dict) and "$ref" in node and hops < _MAX_DEPTH:
            node, hops = self._referenced(node["$ref"]), hops + 1
        return node if isinstance(node, dict) else {}


def _scalar(value: Any, _unknown: set[str]) -> Any:
    """Return a scalar as it is, and an empty object or array for one that is not in the schema."""
    return {} if isinstance(value, dict) else [] if isinstance(value, list) else value


def _merged(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return one node that allows what any of the choices allows."""
    merged: dict[str, Any] = {"properties": {}}
    for choice in choices:
        merged["properties"].update(choice.get("properties", {}))
    arrays = [choice for choice in choices if "items" in choice]
    return merged | ({"items": arrays[0]["items"]} if arrays else {})
