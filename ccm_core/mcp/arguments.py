"""The arguments of tools: what may be given, and the mistakes in what was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.model.json_codec import JsonObject

LONGEST = 500
"""Characters of a text."""
MOST = 100
"""Entries of a page, and values of an argument."""
_SHOWN = 60


class Form(StrEnum):
    """What an argument is."""

    TEXT = "text"
    TEXTS = "texts"
    FLAG = "flag"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a tool."""

    name: str
    description: str
    form: Form = Form.TEXT
    required: bool = False

    @property
    def schema(self) -> JsonObject:
        """The argument as JSON Schema describes it."""
        return {"description": self.description, **_SCHEMAS[self.form]}


_TEXT: JsonObject = {"type": "string", "maxLength": LONGEST}
_SCHEMAS: Mapping[Form, JsonObject] = {
    Form.TEXT: {**_TEXT, "minLength": 1},
    Form.TEXTS: {"type": "array", "items": _TEXT, "maxItems": MOST},
    Form.FLAG: {"type": "boolean"},
    Form.NUMBER: {"type": "integer", "minimum": 1, "maximum": MOST},
}
_EXPECTED = {
    Form.TEXT: f"a text of 1 to {LONGEST} characters",
    Form.TEXTS: f"a list of at most {MOST} texts, of at most {LONGEST} characters each",
    Form.FLAG: "true or false",
    Form.NUMBER: f"a whole number from 1 to {MOST}",
}


def read_arguments(
    tool: str, arguments: Sequence[Argument], given: Mapping[str, object]
) -> Mapping[str, Sequence[str]]:
    """Return the values of each argument, as an address of the API has them.

    Raises:
        UsageError: One is missing, unknown or no such value; every mistake is listed.
    """
    known = {argument.name: argument for argument in arguments}
    mistakes = [
        f"{tool} has no argument {_short(name)}; it has {', '.join(known) or 'none'}"
        for name in given
        if name not in known
    ]
    values: dict[str, Sequence[str]] = {}
    for argument in arguments:
        value = given.get(argument.name)
        if value is None:
            mistakes += [f"{argument.name} is missing"] * argument.required
        elif (texts := _texts(argument.form, value)) is None:
            mistakes.append(f"{argument.name} {_short(value)}: expected {_EXPECTED[argument.form]}")
        else:
            values[argument.name] = texts
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return values


def _texts(form: Form, value: object) -> Sequence[str] | None:
    """Return a value as texts; None: it is no such value."""
    match form, value:
        case Form.TEXT, str() if 0 < len(value) <= LONGEST and _is_storable(value):
            return [value]
        case Form.TEXTS, list() if len(value) <= MOST:
            texts = list(_short_texts(value))
            return texts if len(texts) == len(value) else None
        case Form.FLAG, bool():
            return ["yes"] if value else []
        case Form.NUMBER, int() if not isinstance(value, bool) and 1 <= value <= MOST:
            return [str(value)]
    return None


def _short_texts(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str) and len(value) <= LONGEST and _is_storable(value):
            yield value


def _is_storable(text: str) -> bool:
    """Return whether a text can be a key of stored evidence: neither NUL nor half a character."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
