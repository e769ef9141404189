"""What of a record's body may be reported as it is, compiled from the schema of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

_MAX_DEPTH = 24
_MARK = "x-ccm-vocabulary"
_RENAMED = ("pseudonym", "drop")
"""Fields with these values of ``x-ccm-privacy`` have no vocabulary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """A field: what is below it, and which of its values belong to no account."""

    properties: Mapping[str, FieldSpec] = field(default_factory=dict)
    items: FieldSpec | None = None
    listed: frozenset[str] = frozenset()
    """Values that the schema itself names."""
    words: bool = False
    """Whether the source defines its values, in snake case."""
    time_zones: bool = False
    times: bool = False
    """Whether it holds times of day, or dates with a time."""
    identifies: bool = False
    """Whether its numbers identify something."""


NOTHING_KNOWN = FieldSpec()
"""A field of which the schema says nothing: no text of it is reported."""


def field_spec(schema: JsonObject) -> FieldSpec:
    """Compile the schema of a kind, whose references stay inside it."""
    return _compiled(schema, schema, 0)


def _compiled(schema: JsonObject, node: Any, depth: int) -> FieldSpec:
    branches = list(_branches(schema, node, 0))
    if depth > _MAX_DEPTH or any(map(_is_private, branches)):
        return NOTHING_KNOWN
    properties: dict[str, FieldSpec] = {}
    items, listed, marks = None, set(), []
    for branch in branches:
        for name, child in branch.get("properties", {}).items():
            properties[name] = _compiled(schema, child, depth + 1)
        if items is None and "items" in branch:
            items = _compiled(schema, branch["items"], depth + 1)
        marks.append(branch.get(_MARK))
        listed |= _texts(branch.get("enum")) | _texts([branch.get("const")])
        listed |= _texts(branch.get(_MARK))
    return FieldSpec(
        properties=properties,
        items=items,
        listed=frozenset(listed),
        words="words" in marks,
        time_zones="time_zones" in marks,
        times="times" in marks or any(branch.get("format") == "date-time" for branch in branches),
        identifies=[] in marks,
    )


def _branches(schema: JsonObject, node: Any, hops: int) -> Iterator[Mapping[str, Any]]:
    """Yield a node and every node that it refers to or chooses among."""
    if not isinstance(node, dict) or hops > _MAX_DEPTH:
        return
    yield node
    if "$ref" in node:
        target: Any = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _branches(schema, target, hops + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(word, ()):
            yield from _branches(schema, branch, hops + 1)


def _is_private(branch: Mapping[str, Any]) -> bool:
    return branch.get("x-ccm-privacy") in _RENAMED


def _texts(values: Any) -> set[str]:
    return (
        {value for value in values if isinstance(value, str)} if isinstance(values, list) else set()
    )
