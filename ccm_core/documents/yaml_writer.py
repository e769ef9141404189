"""Writes values as YAML: in one line, or as an item of a list with a line for each key."""

from __future__ import annotations

import json
import re
from typing import Any

from ccm_core.documents.yaml_scalars import plain

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")


def flow(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _stands(value):
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
    lines = [f"{flow(key)}: {flow(one)}" for key, one in item.items()]
    first, *rest = lines
    return "\n".join([f"{' ' * indent}- {first}", *(f"{' ' * (indent + 2)}{one}" for one in rest)])


def _stands(text: str) -> bool:
    """Tell whether a text is read back as the same text without quotes."""
    if not _NEEDS_NO_QUOTES.fullmatch(text):
        return False
    try:
        return bool(plain(text) == text)
    except ValueError:
        return False
