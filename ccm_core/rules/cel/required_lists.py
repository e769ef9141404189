"""Finds the lists that a condition needs to have entries before it can be true at all."""

from __future__ import annotations

from collections.abc import Iterator

from ccm_core.rules.cel.checked_ast import CelNode, FieldPath, path_of
from ccm_core.rules.cel.expression import Expression


def required_lists(condition: Expression) -> frozenset[FieldPath]:
    """Return the paths of lists without whose entries a condition is false: ``LIST.size() > 0``."""
    compared = (
        node.operands[0]
        for node in _conjuncts(condition.tree.root)
        if node.form == "call" and node.name == "_>_" and _is_zero(node.operands[1])
    )
    sized = (node.operands[0] for node in compared if node.form == "call" and node.name == "size")
    paths = (path_of(node, condition.scope) for node in sized)
    return frozenset(path for path in paths if path)


def _conjuncts(node: CelNode) -> Iterator[CelNode]:
    """Yield the conditions that all have to be true."""
    if node.form == "call" and node.name == "_&&_":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _is_zero(node: CelNode) -> bool:
    return node.form == "constant" and node.value == 0 and node.value is not False
