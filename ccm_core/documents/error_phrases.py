"""Phrases of error messages: what was expected, and what was got."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ccm_core.documents.format_names import DESCRIPTIONS
from ccm_core.model.json_codec import JsonObject

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_LONGEST = 60
"""How much of a value is repeated."""


def quoted(text: str) -> str:
    """Put a text in quotes, cut where it is long."""
    return f'"{text}"' if len(text) <= _LONGEST else f'"{text[:_LONGEST]}..."'


def expected_value(schema: JsonObject) -> str:
    """Return what a schema expects."""
    if "enum" in schema:
        return "one of " + ", ".join(_literal(choice) for choice in schema["enum"])
    if "const" in schema:
        return _literal(schema["const"])
    if schema.get("format") in DESCRIPTIONS:
        return DESCRIPTIONS[schema["format"]]
    return _typed(schema) + _form(schema)


def actual_value(value: Any, *, hide: bool = False) -> str:
    """Return a value as a message shows it, or only its type where it may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false" if hide else str(value).lower()
        case int() | float():
            return "a number" if hide else f"the number {value}"
        case str():
            return "a string" if hide else quoted(value)
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return "a mapping"


_MOST = 30
"""Names in one message."""


def suggest(category: str, name: str, choices: Sequence[str], *, label: str = "") -> str:
    """Return the message about an unknown name, with the closest choice or else all of them.

    Args:
        category: What the name is of, such as ``key``.
        name: The unknown name.
        choices: The names that are allowed.
        label: What stands before all choices, such as ``installed``.
    """
    close = get_close_matches(name, choices, n=1)
    if close:
        return f"unknown {category} {quoted(name)}; did you mean {quoted(close[0])}?"
    more = f" and {len(choices) - _MOST:,} more" if choices[_MOST:] else ""
    names = ", ".join(map(quoted, choices[:_MOST])) + more
    if label:
        return f"unknown {category} {quoted(name)}; {label}: {names or 'none'}"
    expected = f"expected one of {names}" if names else "none is allowed here"
    return f"unknown {category} {quoted(name)}; {expected}"


def _typed(schema: JsonObject) -> str:
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types
    return " or ".join(_TYPES[name] for name in names) or "something else"


def _form(schema: JsonObject) -> str:
    example = f" such as {schema['examples'][0]}" if schema.get("examples") else ""
    return example + (f" (it matches {schema['pattern']})" if "pattern" in schema else "")


def _literal(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else str(value).lower()
