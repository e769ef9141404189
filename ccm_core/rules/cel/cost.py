"""How large the values of an expression can get, told before it is ever evaluated.

The runtime bounds steps: 10,000 elements over all loops of one evaluation, 32 levels of nesting,
regular expressions that take linear time. It does not bound memory: ten names that each double
the one before make a thousand of one, and thirty a thousand million. So every expression is
weighed when it is compiled, with an estimate that can only be too high for values of a usual row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ccm_core.rules.cel.ast import CelNode, CheckedExpression

MOST_CHARACTERS = 10_000
"""How long one expression may be."""
LARGEST = 10_000_000
"""How large a value may get, in characters and elements together."""

_FROM_EVIDENCE = 100
"""What a value read from a row, a record or a parameter counts for."""
_MOST_STEPS = 10_000
"""The runtime's own bound on the elements that loops visit."""
_ENOUGH = LARGEST * _MOST_STEPS
"""Larger estimates are all the same."""
_LONGEST_NUMBER = 150
"""How many characters one character of a format can write: ``%.1000f``."""


def too_large(tree: CheckedExpression) -> str | None:
    """Say that an expression may build a value that is too large, where it may."""
    scale = _Scale()
    scale.weigh(tree.root, {})
    if scale.heaviest <= LARGEST:
        return None
    return (
        f"this can grow to {min(scale.heaviest, _ENOUGH):.0e} characters and elements, at most "
        f"{LARGEST:,} are allowed; join, double or nest less"
    )


@dataclass(slots=True)
class _Scale:
    """Weighs nodes and keeps the heaviest."""

    heaviest: int = 0

    def weigh(self, node: CelNode, scope: Mapping[str, int]) -> int:
        """Give an upper bound of the size of a node's value."""
        found = min(self._weight(node, scope), _ENOUGH)
        self.heaviest = max(self.heaviest, found)
        return found

    def _weight(self, node: CelNode, scope: Mapping[str, int]) -> int:
        match node.form:
            case "constant":
                return len(node.value) if isinstance(node.value, str) else 1
            case "name":
                return scope.get(node.text, _FROM_EVIDENCE)
            case "select":
                return self.weigh(node.parts[0], scope)
            case "comprehension":
                return self._loop(node, scope)
            case _:
                parts = [self.weigh(part, scope) for part in node.parts]
                return _GROWS.get(node.text if node.form == "call" else "", _sum)(parts)

    def _loop(self, node: CelNode, scope: Mapping[str, int]) -> int:
        """Weigh a loop; ``cel.bind`` is one over nothing."""
        span, start, condition, step, result = node.parts
        over, begun = self.weigh(span, scope), self.weigh(start, scope)
        element, accumulator = node.variables
        times = min(over, _MOST_STEPS) if span.form != "list" or span.parts else 0
        inside = {**scope, element: over, accumulator: 0}
        grown = self.weigh(step, inside) if times else 0
        if times:
            self.weigh(condition, inside)
        return self.weigh(result, {**scope, accumulator: min(begun + times * grown, _ENOUGH)})


def _sum(parts: list[int]) -> int:
    return 1 + sum(parts)


def _one(parts: list[int]) -> int:
    del parts
    return 1


def _first(parts: list[int]) -> int:
    return parts[0]


def _woven(parts: list[int]) -> int:
    """Something put at every place of something else."""
    return parts[0] * (1 + max(parts[1:], default=1))


def _formatted(parts: list[int]) -> int:
    return parts[0] * _LONGEST_NUMBER + sum(parts[1:])


_GROWS: Mapping[str, Callable[[list[int]], int]] = {
    "_?_:_": lambda parts: max(parts[1:]),
    "_[_]": _first,
    "_?._": _first,
    "_[?_]": _first,
    "replace": _woven,
    "join": _woven,
    "format": _formatted,
    **dict.fromkeys(
        (
            *("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "!_", "@in"),
            *("size", "matches", "contains", "startsWith", "endsWith", "hasValue"),
            *("@not_strictly_false", "_-_", "_*_", "_/_", "_%_", "-_", "int", "double", "bool"),
        ),
        _one,
    ),
}
"""How a call's value follows from the sizes of its operands; else it is at most their sum."""
