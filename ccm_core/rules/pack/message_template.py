"""Message templates: ``{EXPRESSION ?? 'fallback'}`` in plain text, ``{{`` and ``}}`` for braces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from ccm_core.model.json_codec import encode
from ccm_core.rules.cel.runtime import Expression, ExpressionError, NotEvaluable, RowContext
from ccm_core.sdk.timestamps import format_duration, format_instant

ValueFormatter: TypeAlias = Callable[[Any], str]
"""Writes a value for a person."""

LONGEST = 1000
"""How many characters of a message are kept."""
UNKNOWN = "unknown"
"""Stands where a value is missing or null and the template gives no fallback."""

_LITERAL = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")
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
    write: ValueFormatter
    """How a value of this kind is written for a person."""

    def render(self, situation: RowContext) -> str:
        """Write the value it has for a row."""
        value = self.expression.value(situation)
        if value is None or isinstance(value, NotEvaluable):
            return self.fallback
        return self.write(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """A compiled template."""

    parts: tuple[str | CompiledPlaceholder, ...]

    @property
    def expressions(self) -> list[Expression]:
        """What it reads of a row."""
        return [part.expression for part in self.parts if isinstance(part, CompiledPlaceholder)]

    def render(self, situation: RowContext) -> str:
        """Write the message for a row, cut where it is longer than a reason should be."""
        whole = "".join(
            part if isinstance(part, str) else part.render(situation) for part in self.parts
        )
        return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 3]}..."


def split(template: str) -> tuple[str | Placeholder, ...]:
    """Take a template apart into plain text and placeholders.

    Raises:
        Misread: A brace has no partner, or a placeholder is empty.
    """
    return tuple(_parts(template))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Give the line and column of an offset into a text, both counted from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def written(value: Any) -> str:
    """Write a value for a person."""
    for shape, write in _WRITERS:
        if isinstance(value, shape):
            return write(value)
    return encode(value).decode()


def format_seconds(value: Any) -> str:
    """Write seconds like ``15m``."""
    return format_duration(value) if isinstance(value, int | float) else written(value)


def format_code(value: Any) -> str:
    """Write the code of an enumeration, or several, as words: ``no_layers`` as ``no layers``."""
    if isinstance(value, list):
        return written([format_code(one) if isinstance(one, str) else one for one in value])
    return value.replace("_", " ") if isinstance(value, str) else written(value)


_WRITERS: tuple[tuple[type, ValueFormatter], ...] = (
    (str, str),
    (bool, lambda value: "true" if value else "false"),
    (int, str),
    (float, lambda value: str(int(value)) if value.is_integer() else f"{value:.6g}"),
    (datetime, format_instant),
    (timedelta, lambda value: format_duration(value.total_seconds())),
    (list, lambda value: ", ".join(UNKNOWN if one is None else written(one) for one in value)),
)


def _parts(template: str) -> Iterator[str | Placeholder]:
    plain, at = "", 0
    while at < len(template):
        character = template[at]
        if template[at : at + 2] in ("{{", "}}"):
            plain, at = plain + character, at + 2
        elif character == "{":
            end = _end(template, at)
            if plain:
                yield plain
            yield _placeholder(template, at + 1, end)
            plain, at = "", end + 1
        elif character == "}":
            raise _misread(template, at, "this brace closes nothing; write }} for a brace")
        else:
            plain, at = plain + character, at + 1
    if plain:
        yield plain


def _end(template: str, start: int) -> int:
    """Find the brace that closes the one at ``start``, past strings and maps."""
    depth, at = 0, start
    while at < len(template):
        if literal := _LITERAL.match(template, at):
            at = literal.end()
            continue
        depth += {"{": 1, "}": -1}.get(template[at], 0)
        if depth == 0:
            return at
        at += 1
    raise _misread(template, start, "this brace is never closed; write {{ for a brace")


def _placeholder(template: str, start: int, end: int) -> Placeholder:
    inside = template[start:end]
    # Strings are blanked out first, so that a ?? inside one is not taken for the operator.
    blank = _LITERAL.sub(lambda found: " " * len(found[0]), inside)
    mark = blank.find("??")
    text = inside if mark < 0 else inside[:mark]
    if not text.strip():
        raise _misread(template, start, "nothing stands between these braces")
    lead = len(text) - len(text.lstrip())
    fallback = UNKNOWN if mark < 0 else _fallback(template, inside[mark + 2 :], start + mark + 2)
    return Placeholder(text=text.strip(), offset=start + lead, fallback=fallback)


def _fallback(template: str, text: str, at: int) -> str:
    quoted = _QUOTED.fullmatch(text.strip())
    if quoted is None:
        raise _misread(template, at, "wanted a text in quotes after ??")
    return quoted[1] if quoted[1] is not None else quoted[2]


def _misread(template: str, at: int, message: str) -> ExpressionError:
    return ExpressionError([(*line_and_column(template, at), message)])
