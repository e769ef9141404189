"""Fills in the defaults of a schema."""

from __future__ import annotations

from copy import deepcopy

from ccm_core.model.json_codec import JsonObject


def with_defaults(value: JsonObject, schema: JsonObject) -> JsonObject:
    """Return a copy of a mapping in which every ``default`` of the schema's properties is set.

    Nested mappings are filled in too, if they are present or are themselves a default.
    """
    filled = deepcopy(value)
    for key, described in schema.get("properties", {}).items():
        if not isinstance(described, dict):
            continue
        if key not in filled and "default" in described:
            filled[key] = deepcopy(described["default"])
        if isinstance(filled.get(key), dict):
            filled[key] = with_defaults(filled[key], described)
    return filled
