"""What the CEL compiler says, in words for a rule author."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ccm_core.documents import suggest

_UNDECLARED = re.compile(r"undeclared reference to '(.*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '(.*)'")
_SYNTAX = re.compile(r"Syntax error: .*?(?:input|at:) '(.*?)'(?: expecting .*)?$", re.DOTALL)


def plainer(
    message: str,
    names: Sequence[str],
    parameters: Mapping[str, str],
    conditions: Mapping[str, str],
) -> tuple[str, int]:
    """Say it plainly, and how many columns before the reported one the name begins.

    Args:
        message: As the compiler says it.
        names: What may be mentioned.
        parameters: The type of each plain parameter, by name.
        conditions: What each condition parameter is over, by name.
    """
    if found := _UNDECLARED.search(message):
        return _undeclared(found[1], names, parameters, conditions)
    if found := _NO_OVERLOAD.search(message):
        return f"`{found[1].strip('_')}` does not go with {found[2]}", 0
    if found := _SYNTAX.search(message):
        return f"syntax error: {_unexpected(found[1].strip())}", 0
    return message, 0


def _unexpected(found: str) -> str:
    if found == "<EOF>":
        return "it ends too early"
    meant = f"; write {_MEANT[found]} for it" if found in _MEANT else ""
    return f"unexpected {found}{meant}"


_MEANT = {"and": "&&", "or": "||", "not": "!", "=": "=="}
"""What people write who know other languages."""


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
        return "lookup takes a kind and a key: lookup('KIND', KEY)", 0
    if root != "params" or not rest:
        known = [one for one in names if one != "params"] + ["params.NAME"]
        return suggest("name", root, known), back
    if rest[0] in conditions:
        wanted = f"params.{rest[0]} is a condition over {conditions[rest[0]]}"
        return f"{wanted}; it can only be used in rules over the same", back
    return suggest("parameter", rest[0], sorted({*parameters, *conditions})), back
