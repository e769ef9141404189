"""Fields of forms from a JSON Schema, and values from what was typed into them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

_SIMPLE = frozenset({"string", "integer", "number", "boolean"})
_CAPITALS = {"url": "URL", "id": "ID", "api": "API"}
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form."""

    name: str
    """As the form sends it: ``setting.region``."""
    label: str
    description: str
    choices: tuple[str, ...] = ()
    """Empty: anything may be typed."""
    value: str = ""
    placeholder: str = ""
    """What counts where nothing is typed."""


def form_fields(
    schemas: Mapping[str, JsonObject], values: JsonObject, prefix: str
) -> Iterator[FormField]:
    """Yield a field for each key that a form can hold; lists and mappings are left to the file.

    Args:
        schemas: The schema of each key.
        values: What is set, by key.
        prefix: What comes before the keys in the names of the fields.
    """
    for key, schema in schemas.items():
        if not _is_simple(schema):
            continue
        default = schema.get("default")
        value = values.get(key)
        yield FormField(
            name=f"{prefix}{key}",
            label=label_of(key),
            description=_sentence(str(schema.get("description", ""))),
            choices=_choices(schema),
            value="" if value is None else _text(value),
            placeholder="" if default is None else _text(default),
        )


def label_of(key: str) -> str:
    """Return a key as people read it: ``base_url`` is *Base URL*."""
    words = [_CAPITALS.get(word, word) for word in key.split("_")]
    label = " ".join(words)
    return label[:1].upper() + label[1:]


def typed_values(
    schemas: Mapping[str, JsonObject], form: Mapping[str, str], prefix: str
) -> JsonObject:
    """Return the values of what was typed; a field that was left empty has none.

    Raises:
        UsageError: A number or a choice is none; every mistake is listed.
    """
    values: JsonObject = {}
    mistakes = []
    for key, schema in schemas.items():
        text = form.get(f"{prefix}{key}", "").strip()
        if not text or not _is_simple(schema):
            continue
        try:
            values[key] = _value(text, schema)
        except ValueError as expected:
            mistakes.append(f"{key}: expected {expected}, got something else")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return values


def _is_simple(schema: JsonObject) -> bool:
    return schema.get("type", "string") in _SIMPLE


def _choices(schema: JsonObject) -> tuple[str, ...]:
    if schema.get("type") == "boolean":
        return tuple(_BOOLEANS)
    return tuple(map(_text, schema.get("enum", ())))


def _value(text: str, schema: JsonObject) -> Any:
    """Return a text as its schema types it; what its bounds are is checked with all settings.

    Raises:
        ValueError: It is none; the error says what is expected.
    """
    match schema.get("type", "string"):
        case "integer":
            return _number(text, int, "a whole number")
        case "number":
            return _number(text, float, "a number")
        case "boolean" if text not in _BOOLEANS:
            raise ValueError("true or false")
        case "boolean":
            return _BOOLEANS[text]
    return text


def _number(text: str, kind: type[int | float], expected: str) -> int | float:
    try:
        number = kind(text)
        is_number = math.isfinite(number)
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    if not is_number:
        raise ValueError(expected)
    return number


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith(".") else f"{text}."
