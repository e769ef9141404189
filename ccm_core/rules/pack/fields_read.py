"""Which fields of a row a rule reads, and which it may read, without compiling it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ccm_core.rules.cel.checked_ast import ELEMENT, FieldPath, read_paths
from ccm_core.rules.cel.expression import Expression

_WHOLE_ROW = re.compile(r"\brow\b(?!\s*\.\s*\??\s*\w)")
_FIELD = re.compile(r"\brow\s*\.\s*\??\s*(\w+)")
"""A field of the row: every other use of the row may read any of them."""
_OPTIONAL = re.compile(r"\brow\s*\.\s*\?\s*(\w+)")
_HAS = re.compile(r"\bhas\s*(?:\(|//)")
"""The macro, also where a comment follows its name."""


def fields_read(
    expressions: Iterable[Expression | None], override_paths: Iterable[Sequence[str]]
) -> frozenset[str] | None:
    """Return the fields of a row that a rule reads; None: any of them.

    Args:
        expressions: Its conditions, those of its message, the expressions that they have names
            for, and the condition parameters that it may read.
        override_paths: The paths below ``row`` that decide the values of parameters.
    """
    paths = [
        read.path
        for expression in expressions
        if expression
        for read in read_paths(expression.tree, expression.scope)
        if read.path[0] == "row"
    ]
    if any(map(_is_any, paths)):
        return None
    return frozenset(
        {path[1] for path in paths if len(path) > 1} | {path[0] for path in override_paths}
    )


def parameters_read(expressions: Iterable[Expression]) -> frozenset[str]:
    """Return the names of the parameters that expressions read."""
    return frozenset(
        read.path[1]
        for expression in expressions
        for read in read_paths(expression.tree, expression.scope)
        if read.path[0] == "params"
    )


def _is_any(path: FieldPath) -> bool:
    """Whether a path may lead to any field: the row itself, or a key that is computed."""
    return path == ("row",) or path[1] == ELEMENT


def fields_mentioned(texts: Iterable[str]) -> frozenset[str] | None:
    """Return names among which are all fields of a row that texts read; None: any field.

    Args:
        texts: Expressions, messages and paths that begin with ``row``.
    """
    names: set[str] = set()
    for text in texts:
        if _WHOLE_ROW.search(text):
            return None
        names.update(_FIELD.findall(text))
    return frozenset(names)


def fields_tested(texts: Iterable[str]) -> frozenset[str]:
    """Return names among which are all fields whose absence gives a text a value.

    ``has(row.field)`` and ``row.?field`` are false and empty where a field is missing, whatever it
    would be. Every other read of a missing field has no value, and what is decided beside it stands
    for every value of it: ``row.other || row.field``.

    Args:
        texts: Expressions and messages, of which each mentions fields by name alone.
    """
    names: set[str] = set()
    for text in texts:
        names.update((_FIELD if _HAS.search(text) else _OPTIONAL).findall(text))
    return frozenset(names)
