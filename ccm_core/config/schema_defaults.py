"""Fills in what a schema says of values that were left out."""

from __future__ import annotations

from copy import deepcopy

from ccm_core.model.json_codec import JsonObject


def with_defaults(value: JsonObject, schema: JsonObject) -> JsonObject:
    """Give a copy of a mapping in which every ``default`` of the schema's properties is set.

    Mappings inside it are filled in too, where they are there or are themselves a default.
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
