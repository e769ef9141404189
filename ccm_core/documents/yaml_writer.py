"""The YAML writer: a value in one line, or as a list item with a line for each key."""

from __future__ import annotations

import json
import re
from typing import Any

from ccm_core.documents.yaml_scalars import scalar_value

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")


def flow(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _needs_no_quotes(value):
        return value
    return (
        json.dumps(value, ensure_ascii=False)
        .replace("\x85", "\\u0085")
        .replace("\u2028", "\\u2028")
    )


def block(item: Any, indent: int) -> str:
    """Write an item of a list; of a mapping, each key in a line of its own."""
    if not isinstance(item, dict) or not item:
        return f"{' ' * indent}- {flow(item)}"
    lines = [f"{flow(key)}: {flow(value)}" for key, value in item.items()]
    first, *others = lines
    margin = " " * (indent + 2)
    return "\n".join([f"{' ' * indent}- {first}", *(f"{margin}{line}" for line in others)])


def _needs_no_quotes(text: str) -> bool:
    """Return whether a string without quotes is read as the same string."""
    if not _NEEDS_NO_QUOTES.fullmatch(text):
        return False
    try:
        return bool(scalar_value(text) == text)
    except ValueError:
        return False
