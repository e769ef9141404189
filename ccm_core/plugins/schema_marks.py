"""The marks of ccm in schemas: one that is not known would silently protect nothing."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ccm_core.model.json_codec import JsonObject

_MARKS: dict[str, tuple[object, ...]] = {
    "x-ccm-privacy": ("keep", "pseudonym", "drop"),
    "x-ccm-references": (),
    "x-ccm-secret": (),
    "x-ccm-unit": ("seconds",),
    "x-ccm-vocabulary": ("words", "time_zones", "times"),
}
"""The values of each mark; none: any."""
_LISTING = frozenset({"x-ccm-vocabulary"})
"""Marks that may have a list of texts instead."""
_OWN_WORD = "ccm"
_MAX_DEPTH = 64


def checked_schema(schema: Any) -> JsonObject:
    """Return a schema of which every mark is known.

    Raises:
        TypeError: It is no JSON object.
        ValueError: A mark or its value is not known, or a mark stands where it has no effect.
    """
    if not isinstance(schema, dict):
        raise TypeError(f"it returned a {type(schema).__name__}; expected a JSON Schema, a dict")
    if problems := list(_problems(schema, "$", 0)):
        raise ValueError("; ".join(problems))
    return schema


def _problems(node: Any, path: str, depth: int) -> Iterator[str]:
    """Yield what is wrong in a schema and below it."""
    if depth > _MAX_DEPTH or not isinstance(node, dict):
        return
    for word, child in node.items():
        below = f"{path}.{word}"
        if _is_mark(str(word)):
            yield from _mark_problems(str(word), child, path)
        elif word in _BY_NAME and isinstance(child, dict):
            for name, schema in child.items():
                yield from _problems(schema, f"{below}.{name}", depth + 1)
        elif isinstance(child, list) and word not in _VALUES:
            for number, schema in enumerate(child):
                yield from _problems(schema, f"{below}[{number}]", depth + 1)
        elif word not in _VALUES:
            yield from _problems(child, below, depth + 1)


def _is_mark(word: str) -> bool:
    """Whether a keyword is a mark, or one that was meant to be: JSON Schema has none of them."""
    folded = word.casefold()
    return folded.startswith("x") or _OWN_WORD in folded


def _mark_problems(name: str, value: Any, path: str) -> Iterator[str]:
    if name not in _MARKS:
        close = get_close_matches(name.casefold().replace("_", "-"), _MARKS, n=1)
        nearest = f"did you mean {close[0]}?" if close else f"known are {', '.join(_MARKS)}"
        yield f"{path} has the unknown mark {name}; {nearest}"
    elif name in _LISTING and isinstance(value, list):
        if not all(isinstance(word, str) for word in value):
            yield f"{path} has {name}: {value!r}; expected a list of texts"
    elif _MARKS[name] and value not in _MARKS[name]:
        known = ", ".join(map(str, _MARKS[name]))
        yield f"{path} has {name}: {value!r}; expected one of {known}"


_BY_NAME = {
    "properties",
    "$defs",
    "definitions",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
}
"""Words whose values are schemas by name."""
_VALUES = {"default", "const", "enum", "examples", "dependentRequired", "$vocabulary"}
"""Words whose values are no schemas."""
