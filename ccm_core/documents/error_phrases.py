"""Plain words for what was wanted and what was found."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ccm_core.documents.format_names import WANTED
from ccm_core.model.json_codec import JsonObject

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_LONGEST = 60
"""How much of what was found is repeated."""


def quoted(text: str) -> str:
    """Put a text in quotes, cut where it is long."""
    return f'"{text}"' if len(text) <= _LONGEST else f'"{text[:_LONGEST]}..."'


def wanted(schema: JsonObject) -> str:
    """Say what a schema wants."""
    if "enum" in schema:
        return "one of " + ", ".join(_literal(one) for one in schema["enum"])
    if "const" in schema:
        return _literal(schema["const"])
    if schema.get("format") in WANTED:
        return WANTED[schema["format"]]
    return _typed(schema) + _form(schema)


def found(value: Any, *, hide: bool = False) -> str:
    """Say what was found, or only what sort of value it is."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false" if hide else str(value).lower()
        case int() | float():
            return "a number" if hide else f"the number {value}"
        case str():
            return "a text" if hide else quoted(value)
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return "a mapping"


def suggest(what: str, name: str, known: Sequence[str], *, among: str = "known here") -> str:
    """Say that a name is not known, what it is close to, and else what is known."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"unknown {what} {quoted(name)}; did you mean {quoted(close[0])}?"
    there = ", ".join(quoted(one) for one in known) or "none"
    return f"unknown {what} {quoted(name)}; {among}: {there}"


def _typed(schema: JsonObject) -> str:
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types
    return " or ".join(_TYPES[name] for name in names) or "something else"


def _form(schema: JsonObject) -> str:
    such = f" such as {schema['examples'][0]}" if schema.get("examples") else ""
    return such + (f" (it matches {schema['pattern']})" if "pattern" in schema else "")


def _literal(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else str(value).lower()
