"""When something that is not due falls due, told from the shape of the ``not_due`` condition.

Two shapes are understood, alone or joined by ``&&``: an age against a limit
(``row.age <= limit``, where the field is named ``age`` or ends in ``_age``) and the moment of the
evaluation against a moment (``now < timestamp(row.due_at)``). Of anything else nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.ast import CelNode, Path, path_of
from ccm_core.rules.cel.runtime import Expression
from ccm_core.sdk.timestamps import parse_instant

_BEFORE = {"_<_", "_<=_"}
_AFTER = {"_>_", "_>=_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """One side that grows with time, and the side it grows towards."""

    age: Path | None
    """The field that grows; None where it is the moment itself."""
    limit: CelNode


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCondition:
    """How to tell the moment at which a ``not_due`` condition ends."""

    bounds: tuple[_Bound, ...]
    scope: Mapping[str, Path]

    @property
    def from_moments(self) -> bool:
        """Whether each bound is a moment, so that the answer is the same whenever it is asked."""
        return all(bound.age is None for bound in self.bounds)

    @property
    def ages(self) -> tuple[Path, ...]:
        """The paths of the fields that grow with time."""
        return tuple(bound.age for bound in self.bounds if bound.age is not None)

    @property
    def moments(self) -> int:
        """How many of the bounds are moments."""
        return sum(bound.age is None for bound in self.bounds)

    def at(self, row: JsonObject, names: Mapping[str, Any], now: datetime) -> datetime | None:
        """Give the first moment at which one of the bounds is reached, where that is known.

        Args:
            row: The row's body.
            names: What conditions see, by name.
            now: The evaluation's moment.
        """
        moments = (self._reached(bound, row, names, now) for bound in self.bounds)
        return min((moment for moment in moments if moment), default=None)

    def _reached(
        self, bound: _Bound, row: JsonObject, names: Mapping[str, Any], now: datetime
    ) -> datetime | None:
        limit = self._value(bound.limit, row, names)
        if bound.age is None:
            return limit if isinstance(limit, datetime) else None
        age = _follow(bound.age[1:], row)
        if not isinstance(limit, int | float) or not isinstance(age, int | float):
            return None
        return now + timedelta(seconds=limit - age)

    def _value(self, node: CelNode, row: JsonObject, names: Mapping[str, Any]) -> Any:
        if node.form == "constant":
            return node.value
        if node.form == "call" and node.text == "timestamp":
            return _instant(self._value(node.parts[0], row, names))
        path = path_of(node, self.scope)
        if path and path[0] == "row":
            return _follow(path[1:], row)
        return names.get(".".join(path)) if path and path[0] == "params" else None


def parse_due_condition(condition: Expression) -> DueCondition | None:
    """Find out how to tell when a ``not_due`` condition ends; None where it cannot be told."""
    bounds = tuple(_bounds(condition.tree.root, condition.scope))
    return DueCondition(bounds=bounds, scope=condition.scope) if bounds else None


def _bounds(node: CelNode, scope: Mapping[str, Path]) -> Iterator[_Bound]:
    if node.form != "call":
        return
    if node.text == "_&&_":
        for part in node.parts:
            yield from _bounds(part, scope)
    elif node.text in _BEFORE | _AFTER:
        grows, limit = node.parts if node.text in _BEFORE else reversed(node.parts)
        path = path_of(grows, scope)
        if path == ("now",):
            yield _Bound(age=None, limit=limit)
        elif path and path[0] == "row" and f"_{path[-1]}".endswith("_age"):
            yield _Bound(age=path, limit=limit)


def _follow(path: Path, row: JsonObject) -> Any:
    value: Any = row
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _instant(text: Any) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None
