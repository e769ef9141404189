"""Rewrites errors of the CEL compiler for rule authors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ccm_core.documents import suggest

_UNDECLARED = re.compile(r"undeclared reference to '(.*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '(.*)'")
_SYNTAX = re.compile(r"Syntax error: .*?(?:input|at:) '(.*?)'(?: expecting .*)?$", re.DOTALL)


def plain_message(
    message: str,
    names: Sequence[str],
    parameters: Mapping[str, str],
    conditions: Mapping[str, str],
) -> tuple[str, int]:
    """Return a plain message, and how many columns before the reported one the name begins.

    Args:
        message: The compiler's.
        names: The names that may be used.
        parameters: The type of each plain parameter, by name.
        conditions: What each condition parameter is over, by name.
    """
    if match := _UNDECLARED.search(message):
        return _undeclared(match[1], names, parameters, conditions)
    if match := _NO_OVERLOAD.search(message):
        return f"`{match[1].strip('_')}` does not accept {match[2]}", 0
    if match := _SYNTAX.search(message):
        return f"syntax error: {_unexpected(match[1].strip())}", 0
    return message, 0


def _unexpected(symbol: str) -> str:
    if symbol == "<EOF>":
        return "unexpected end"
    hint = f"; use {_CEL_OPERATORS[symbol]} instead" if symbol in _CEL_OPERATORS else ""
    return f"unexpected {symbol}{hint}"


_CEL_OPERATORS = {"and": "&&", "or": "||", "not": "!", "=": "=="}
"""By what people write who know other languages."""


def _undeclared(
    name: str,
    names: Sequence[str],
    parameters: Mapping[str, str],
    conditions: Mapping[str, str],
) -> tuple[str, int]:
    # The compiler points at the last dot of a dotted name.
    root, *rest = name.split(".")
    back = len(name) - len(name.rpartition(".")[2]) - 1 if rest else 0
    if root == "lookup":
        return "expected a kind and a key: lookup('KIND', KEY)", 0
    if root != "params" or not rest:
        candidates = [candidate for candidate in names if candidate != "params"] + ["params.NAME"]
        return suggest("name", root, candidates), back
    if rest[0] in conditions:
        condition = f"params.{rest[0]} is a condition over {conditions[rest[0]]}"
        return f"{condition}; it can only be used in rules over the same", back
    return suggest("parameter", rest[0], sorted({*parameters, *conditions})), back
