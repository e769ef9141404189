"""Derives what a rule's result on a row can depend on: its fields, and the evaluation's moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ccm_core.rules.cel.checked_ast import ELEMENT, FieldPath, read_paths
from ccm_core.rules.cel.expression import Expression
from ccm_core.rules.incremental.result_cache import RuleDependencies


def rule_dependencies(
    *,
    expressions: Iterable[Expression | None],
    each_time: bool,
    override_paths: Iterable[Sequence[str]],
) -> RuleDependencies:
    """Return what a rule depends on.

    Args:
        expressions: Its conditions, those of its message, the expressions that they have names
            for, and the condition parameters that it may read.
        each_time: Whether the moment may change its result at any time.
        override_paths: The paths below ``row`` that decide the values of parameters.
    """
    paths = [
        read.path
        for expression in expressions
        if expression
        for read in read_paths(expression.tree, expression.scope)
        if read.path[0] == "row"
    ]
    is_any = any(map(_is_any, paths))
    fields = {path[1] for path in paths if len(path) > 1} | {path[0] for path in override_paths}
    return RuleDependencies(each_time=each_time, fields=None if is_any else frozenset(fields))


def _is_any(path: FieldPath) -> bool:
    """Whether a path may lead to any field: the row itself, or a key that is computed."""
    return path == ("row",) or path[1] == ELEMENT
