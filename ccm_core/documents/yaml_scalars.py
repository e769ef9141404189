"""Values of plain scalars: the core schema of YAML 1.2, limited to what JSON can carry.

``yes``, ``on``, ``2026-11-23`` and ``12:30`` are strings, and ``012`` is twelve.
"""

from __future__ import annotations

import math
import re

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEAN = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BEGINS_NUMBERS = frozenset("0123456789+-.")
_BASES = {"0o": 8, "0x": 16}
_LONGEST = 64
"""More digits than any number of 64 bits needs; longer ones are not even computed."""


def scalar_value(text: str) -> str | int | float | bool | None:
    """Return the value of a scalar that was written without quotes.

    Raises:
        ValueError: It is a number that JSON or 64 bits cannot carry.
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text[0] not in _BEGINS_NUMBERS:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return _float(text)
    return text


def _integer(text: str) -> int:
    number = (
        int(text.removeprefix("0o").removeprefix("0x"), _BASES.get(text[:2], 10))
        if (len(text) <= _LONGEST)
        else 1 << _LONGEST
    )
    if not -(1 << 63) <= number < 1 << 63:
        msg = "this number needs more than 64 bits; put it in quotes if it is a string"
        raise ValueError(msg)
    return number


def _float(text: str) -> float:
    number = math.inf if _NOT_FINITE.fullmatch(text) else float(text)
    if not math.isfinite(number):
        msg = "this number is not finite; put it in quotes if it is a string"
        raise ValueError(msg)
    return number
