"""Bounds how large the values of an expression can get, before it is ever evaluated.

The runtime bounds steps: 10,000 elements over all loops of one evaluation, 32 levels of nesting,
regular expressions that take linear time. It does not bound memory: ten names that each double
the one before make a thousand of one, and thirty a thousand million. So every expression is
weighed when it is compiled, with an estimate that can only be too high for values of a usual row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import CelNode, CheckedExpression, is_filter

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


@dataclass(frozen=True, slots=True)
class Size:
    """How large the values of an expression may get, in characters and elements: upper bounds."""

    value: int
    """The value that it yields."""
    largest: int
    """The largest that is built on the way."""


def estimate_size(tree: CheckedExpression, names: Mapping[str, int]) -> Size:
    """Return how large the values of an expression may get.

    Args:
        tree: The expression.
        names: The sizes of values that have a name; any other name is of a row or a parameter.
    """
    estimator = _SizeEstimator()
    value = estimator.estimate(tree.root, names)
    return Size(value=value, largest=estimator.largest)


def too_large(size: Size) -> str | None:
    """Return why an expression may build a value that is too large; None where it cannot."""
    if size.largest <= LARGEST:
        return None
    return (
        f"this can grow to {min(size.largest, _ENOUGH):.0e} characters and elements, at most "
        f"{LARGEST:,} are allowed; join, double or nest less"
    )


@dataclass(slots=True)
class _SizeEstimator:
    """Estimates the size of nodes and keeps the largest."""

    largest: int = 0

    def estimate(self, node: CelNode, scope: Mapping[str, int]) -> int:
        """Return an upper bound of the size of a node's value."""
        size = min(self._size(node, scope), _ENOUGH)
        self.largest = max(self.largest, size)
        return size

    def _size(self, node: CelNode, scope: Mapping[str, int]) -> int:
        match node.form:
            case "constant":
                return len(node.value) if isinstance(node.value, str) else 1
            case "name":
                return scope.get(node.name, _FROM_EVIDENCE)
            case "select":
                return self.estimate(node.operands[0], scope)
            case "comprehension":
                return self._loop(node, scope)
            case _:
                sizes = [self.estimate(operand, scope) for operand in node.operands]
                return _GROWS.get(node.name if node.form == "call" else "", _sum)(sizes)

    def _loop(self, node: CelNode, scope: Mapping[str, int]) -> int:
        """Return the size of a loop; ``cel.bind`` is one over nothing."""
        span, start, condition, step, result = node.operands
        span_size, start_size = self.estimate(span, scope), self.estimate(start, scope)
        element, accumulator = node.variables
        times = min(span_size, _MOST_STEPS) if span.form != "list" or span.operands else 0
        inner_scope = {**scope, element: span_size, accumulator: 0}
        growth = self.estimate(step, inner_scope) if times else 0
        if times:
            self.estimate(condition, inner_scope)
        if is_filter(node):
            # All that it keeps is no larger than what it reads.
            return start_size + span_size
        return self.estimate(
            result, {**scope, accumulator: min(start_size + times * growth, _ENOUGH)}
        )


def _sum(sizes: list[int]) -> int:
    return 1 + sum(sizes)


def _constant(sizes: list[int]) -> int:
    del sizes
    return 1


def _first(sizes: list[int]) -> int:
    return sizes[0]


def _interleaved(sizes: list[int]) -> int:
    """Return the size of a text with another one put between all of its characters."""
    return sizes[0] * (1 + max(sizes[1:], default=1))


def _formatted(sizes: list[int]) -> int:
    return sizes[0] * _LONGEST_NUMBER + sum(sizes[1:])


_GROWS: Mapping[str, Callable[[list[int]], int]] = {
    "_?_:_": lambda sizes: max(sizes[1:]),
    "_[_]": _first,
    "_?._": _first,
    "_[?_]": _first,
    "replace": _interleaved,
    "join": _interleaved,
    "format": _formatted,
    **dict.fromkeys(
        (
            *("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "!_", "@in"),
            *("size", "matches", "contains", "startsWith", "endsWith", "hasValue"),
            *("@not_strictly_false", "_-_", "_*_", "_/_", "_%_", "-_", "int", "double", "bool"),
        ),
        _constant,
    ),
}
"""How a call's value follows from the sizes of its operands; else it is at most their sum."""
