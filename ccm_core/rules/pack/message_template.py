"""Parses and renders message templates.

A template is plain text with ``{EXPRESSION ?? 'fallback'}``, and ``{{`` and ``}}`` for braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import encode
from ccm_core.rules.cel.expression import Expression, ExpressionError, NotEvaluable, RowContext
from ccm_core.sdk.timestamps import format_duration, format_instant

ValueFormatter: TypeAlias = Callable[[Any], str]
"""Writes a value for a person."""

LONGEST = 1000
"""How many characters of a message are kept."""
UNKNOWN = "unknown"
"""Written where a value is missing or null and the template has no fallback."""

_ENDLESS = 1000 * 366 * 86_400
"""From so many seconds on, what has a length ends with time itself, in the year 9999."""
_STRING = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One expression inside a template."""

    text: str
    offset: int
    """Where the expression begins in the template."""
    fallback: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPlaceholder:
    """A compiled placeholder."""

    expression: Expression
    fallback: str
    format: ValueFormatter
    """Writes a value of its unit for a person."""

    def render(self, context: RowContext) -> str:
        """Write the value it has for a row."""
        value = self.expression.evaluate(context)
        if value is None or isinstance(value, NotEvaluable):
            return self.fallback
        return self.format(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """A compiled template."""

    parts: tuple[str | CompiledPlaceholder, ...]

    @property
    def expressions(self) -> list[Expression]:
        """Return the expressions of its placeholders."""
        return [part.expression for part in self.parts if isinstance(part, CompiledPlaceholder)]

    def render(self, context: RowContext) -> str:
        """Write the message for a row, cut where it is longer than a reason should be."""
        message = "".join(
            part if isinstance(part, str) else part.render(context) for part in self.parts
        )
        return message if len(message) <= LONGEST else f"{message[: LONGEST - 3]}..."


def split_template(template: str) -> tuple[str | Placeholder, ...]:
    """Split a template into plain text and placeholders.

    Raises:
        Misread: A brace has no partner, or a placeholder is empty.
    """
    return tuple(_parts(template))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset into a text, both counted from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def format_value(value: Any) -> str:
    """Write a value for a person."""
    for value_type, formatter in _FORMATTERS:
        if isinstance(value, value_type):
            return formatter(value)
    return encode(value).decode()


def format_seconds(value: Any) -> str:
    """Write seconds, or several of them, like ``15m``; millennia are ``without an end``."""
    if isinstance(value, list):
        return format_value([None if entry is None else format_seconds(entry) for entry in value])
    if not isinstance(value, int | float):
        return format_value(value)
    return format_duration(value) if value < _ENDLESS else "without an end"


def format_code(value: Any) -> str:
    """Write the code of an enumeration, or several, as words: ``no_layers`` as ``no layers``."""
    if isinstance(value, list):
        return format_value(
            [format_code(code) if isinstance(code, str) else code for code in value]
        )
    return value.replace("_", " ") if isinstance(value, str) else format_value(value)


_FORMATTERS: tuple[tuple[type, ValueFormatter], ...] = (
    (str, str),
    (bool, lambda value: "true" if value else "false"),
    (int, str),
    (float, lambda value: str(int(value)) if value.is_integer() else f"{value:.6g}"),
    (datetime, format_instant),
    (timedelta, lambda value: format_duration(value.total_seconds())),
    (
        list,
        lambda value: ", ".join(
            UNKNOWN if entry is None else format_value(entry) for entry in value
        ),
    ),
)


def _parts(template: str) -> Iterator[str | Placeholder]:
    plain, index = "", 0
    while index < len(template):
        character = template[index]
        if template[index : index + 2] in ("{{", "}}"):
            plain, index = plain + character, index + 2
        elif character == "{":
            end = _end(template, index)
            if plain:
                yield plain
            yield _placeholder(template, index + 1, end)
            plain, index = "", end + 1
        elif character == "}":
            raise _error(template, index, "this brace closes nothing; write }} for a brace")
        else:
            plain, index = plain + character, index + 1
    if plain:
        yield plain


def _end(template: str, start: int) -> int:
    """Return the offset of the brace that closes the one at ``start``, past strings and maps."""
    depth, index = 0, start
    while index < len(template):
        if literal := _STRING.match(template, index):
            index = literal.end()
            continue
        depth += {"{": 1, "}": -1}.get(template[index], 0)
        if depth == 0:
            return index
        index += 1
    raise _error(template, start, "this brace is not closed; write {{ for a brace")


def _placeholder(template: str, start: int, end: int) -> Placeholder:
    inside = template[start:end]
    # Strings are blanked out first, so that a ?? inside one is not mistaken for the operator.
    masked = _STRING.sub(lambda match: " " * len(match[0]), inside)
    operator = masked.find("??")
    text = inside if operator < 0 else inside[:operator]
    if not text.strip():
        raise _error(template, start, "expected an expression between these braces")
    lead = len(text) - len(text.lstrip())
    fallback = (
        UNKNOWN
        if operator < 0
        else _fallback(template, inside[operator + 2 :], start + operator + 2)
    )
    return Placeholder(text=text.strip(), offset=start + lead, fallback=fallback)


def _fallback(template: str, text: str, index: int) -> str:
    quoted = _QUOTED.fullmatch(text.strip())
    if quoted is None:
        raise _error(template, index, "expected a text in quotes after ??")
    return quoted[1] if quoted[1] is not None else quoted[2]


def _error(template: str, index: int, message: str) -> ExpressionError:
    return ExpressionError([(*line_and_column(template, index), message)])
