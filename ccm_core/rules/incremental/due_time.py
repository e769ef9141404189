"""Finds when a row falls due from the shape of the rule's ``not_due`` condition.

Two shapes are understood, alone or joined by ``&&``: an age against a limit
(``row.age <= limit``, where the field is named ``age`` or ends in ``_age``) and the moment of the
evaluation against a moment (``now < timestamp(row.due_at)``). Of any other condition the moment
is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.checked_ast import CelNode, FieldPath, path_of
from ccm_core.rules.cel.expression import Expression
from ccm_core.sdk.timestamps import parse_instant

_BEFORE = {"_<_", "_<=_"}
_AFTER = {"_>_", "_>=_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """One side that grows with time, and the side it grows towards."""

    age: FieldPath | None
    """The field that grows; None where it is the moment itself."""
    limit: CelNode


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCondition:
    """The bounds that decide when a ``not_due`` condition ends."""

    bounds: tuple[_Bound, ...]
    scope: Mapping[str, FieldPath]

    @property
    def from_moments(self) -> bool:
        """Whether each bound is a moment, so that the answer does not depend on ``now``."""
        return all(bound.age is None for bound in self.bounds)

    @property
    def ages(self) -> tuple[FieldPath, ...]:
        """Return the paths of the fields that grow with time."""
        return tuple(bound.age for bound in self.bounds if bound.age is not None)

    @property
    def moments(self) -> int:
        """Return how many of the bounds are moments."""
        return sum(bound.age is None for bound in self.bounds)

    def due_at(
        self, row: JsonObject, variables: Mapping[str, Any], now: datetime
    ) -> datetime | None:
        """Return the first moment at which one of the bounds is reached; None if it is not known.

        Args:
            row: The row's body.
            variables: What conditions see, by name.
            now: The evaluation's moment.
        """
        moments = (self._reached(bound, row, variables, now) for bound in self.bounds)
        return min((moment for moment in moments if moment), default=None)

    def _reached(
        self, bound: _Bound, row: JsonObject, variables: Mapping[str, Any], now: datetime
    ) -> datetime | None:
        limit = self._value(bound.limit, row, variables)
        if bound.age is None:
            return limit if isinstance(limit, datetime) else None
        age = _follow(bound.age[1:], row)
        if not isinstance(limit, int | float) or not isinstance(age, int | float):
            return None
        return now + timedelta(seconds=limit - age)

    def _value(self, node: CelNode, row: JsonObject, variables: Mapping[str, Any]) -> Any:
        if node.form == "constant":
            return node.value
        if node.form == "call" and node.name == "timestamp":
            return _instant(self._value(node.operands[0], row, variables))
        path = path_of(node, self.scope)
        if path and path[0] == "row":
            return _follow(path[1:], row)
        return variables.get(".".join(path)) if path and path[0] == "params" else None


def parse_due_condition(condition: Expression) -> DueCondition | None:
    """Return what decides when a ``not_due`` condition ends; None if its shape is not known."""
    bounds = tuple(_bounds(condition.tree.root, condition.scope))
    return DueCondition(bounds=bounds, scope=condition.scope) if bounds else None


def _bounds(node: CelNode, scope: Mapping[str, FieldPath]) -> Iterator[_Bound]:
    if node.form != "call":
        return
    if node.name == "_&&_":
        for operand in node.operands:
            yield from _bounds(operand, scope)
    elif node.name in _BEFORE | _AFTER:
        grows, limit = node.operands if node.name in _BEFORE else reversed(node.operands)
        path = path_of(grows, scope)
        if path == ("now",):
            yield _Bound(age=None, limit=limit)
        elif path and path[0] == "row" and f"_{path[-1]}".endswith("_age"):
            yield _Bound(age=path, limit=limit)


def _follow(path: FieldPath, row: JsonObject) -> Any:
    value: Any = row
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _instant(text: Any) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None
