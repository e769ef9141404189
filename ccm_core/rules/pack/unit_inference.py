"""Infers which unit the values of an expression have: seconds, a code of an enumeration, or none.

CEL knows numbers and texts only. A unit starts at a field whose schema has it or at a parameter
that is a duration, and flows through choices, arithmetic, lists and names that are bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import (
    ELEMENT,
    CelNode,
    FieldPath,
    bound_paths,
    is_filter,
    path_of,
)
from ccm_core.rules.cel.expression import Expression
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource


class Unit(Enum):
    """What the values of an expression count or name."""

    SECONDS = "seconds"
    CODE = "code"
    """A word of an enumeration."""
    NONE = "none"
    ANY = "any"
    """A constant, which takes the unit of what it stands beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What the names inside one part of an expression stand for."""

    paths: Mapping[str, FieldPath]
    units: Mapping[str, Unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInference:
    """Infers units over the rows of one kind or view with the parameters of one pack."""

    rows: SchemaFields | None
    parameters: Mapping[str, str]
    """The type of each plain parameter, by name."""
    sources: Mapping[str, RowSource]
    """Every kind and view, by name."""
    lets: Mapping[str, Expression]

    def unit(self, expression: Expression) -> Unit:
        """Return the unit of an expression's value."""
        units: dict[str, Unit] = {}
        origins: dict[str, FieldPath] = {}
        for name in expression.lets:
            let = self.lets[name]
            paths = {**origins, **let.scope}
            units[name] = self._unit(let.tree.root, _Scope(paths=paths, units=dict(units)))
            if (origin := _origin(let.tree.root, paths)) and origin[0] == "row":
                origins[name] = origin
        paths = {**origins, **expression.scope}
        return self._unit(expression.tree.root, _Scope(paths=paths, units=units))

    def _unit(self, node: CelNode, scope: _Scope) -> Unit:
        if node.form == "constant":
            return Unit.ANY
        if node.form == "comprehension":
            return self._loop_unit(node, scope)
        operands = [self._unit(operand, scope) for operand in node.operands]
        if node.form == "list":
            return _common(operands)
        if node.form == "call" and node.name in _OPERATIONS:
            return _OPERATIONS[node.name](operands)
        return self._access_unit(node, scope, operands)

    def _access_unit(self, node: CelNode, scope: _Scope, operands: Sequence[Unit]) -> Unit:
        """Return the unit of a name, a field or an element."""
        if node.form == "name" and node.name in scope.units:
            return scope.units[node.name]
        if (path := _origin(node, scope.paths)) is not None:
            return self._path_unit(path)
        if node.form == "call" and node.name == "_[_]":
            return operands[0]
        return self._lookup_unit(node)

    def _path_unit(self, path: FieldPath) -> Unit:
        match path:
            case ("params", name) if self.parameters.get(name) == "duration":
                return Unit.SECONDS
            case ("row", *below) if self.rows:
                return _field_unit(self.rows, tuple(below))
            case _:
                return Unit.NONE

    def _lookup_unit(self, node: CelNode) -> Unit:
        """Return the unit of a field of ``lookup('KIND', KEY)``."""
        below: list[str] = []
        while node.form == "select":
            below.insert(0, node.name)
            node = node.operands[0]
        if node.form != "call" or node.name != "lookup":
            return Unit.NONE
        source = self.sources.get(str(node.operands[0].value))
        return _field_unit(SchemaFields(source.schema()), tuple(below)) if source else Unit.NONE

    def _loop_unit(self, node: CelNode, scope: _Scope) -> Unit:
        """Return the unit of a loop's result; ``cel.bind`` is a loop over nothing."""
        span, start, _, step, result = node.operands
        element, accumulator = node.variables
        paths = bound_paths(node, scope.paths)
        units = {**scope.units, element: self._unit(span, scope)}
        units[accumulator] = self._unit(start, scope)
        # A name that stands for a path has the unit of the path.
        units = {name: unit for name, unit in units.items() if paths.get(name, ("",)) == ("",)}
        inner = _Scope(paths={**scope.paths, **paths}, units=units)
        if accumulator in units:
            units[accumulator] = _common([units[accumulator], self._unit(step, inner)])
        return self._unit(result, inner)


def _origin(node: CelNode, paths: Mapping[str, FieldPath]) -> FieldPath | None:
    """Return the path of a node, or of the list that its elements are from."""
    if (node.form == "call" and node.name in {"overlapping", "within"}) or is_filter(node):
        return _origin(node.operands[0], paths)
    if node.form == "select":
        base = _origin(node.operands[0], paths)
        return (*base, node.name) if base else None
    if node.form == "call" and node.name == "_[_]":
        base, step = _origin(node.operands[0], paths), node.operands[1].value
        return (*base, step if isinstance(step, str) else ELEMENT) if base else None
    return path_of(node, paths)


def _field_unit(fields: SchemaFields, path: FieldPath) -> Unit:
    if fields.is_seconds(path):
        return Unit.SECONDS
    return Unit.CODE if fields.is_code(path) else Unit.NONE


def _common(units: Iterable[Unit]) -> Unit:
    """Return the unit that all have, constants aside."""
    distinct = set(units) - {Unit.ANY}
    if not distinct:
        return Unit.ANY
    return distinct.pop() if len(distinct) == 1 else Unit.NONE


def _product(units: Sequence[Unit]) -> Unit:
    """Return seconds where one factor is seconds and the other has no unit."""
    return Unit.SECONDS if units.count(Unit.SECONDS) == 1 else Unit.NONE


def _quotient(units: Sequence[Unit]) -> Unit:
    return Unit.SECONDS if units[0] is Unit.SECONDS and units[1] is not Unit.SECONDS else Unit.NONE


_OPERATIONS: Mapping[str, Callable[[Sequence[Unit]], Unit]] = {
    "_?_:_": lambda units: _common(units[1:]),
    "_+_": _common,
    "_-_": _common,
    "_*_": _product,
    "_/_": _quotient,
    **dict.fromkeys(("_%_", "-_", "dyn", "int", "double", "value"), lambda units: units[0]),
    **dict.fromkeys(("orValue", "or", "optional.of"), _common),
    **dict.fromkeys(("total", "elapsed"), lambda _units: Unit.SECONDS),
}
"""How the unit of a call's value follows from those of its operands; any other has none."""
