"""What can be told of a condition without evaluating it: conjuncts that test one field each.

CEL's ``&&`` is false where one operand is false, whatever the others are, errors included. So a
field that is not what its conjunct asks for decides, and most rows are outside most rules by one.
Only values of the type that is asked for are looked at; CEL judges all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import CelNode, CheckedExpression

_BASE = {"row", "params"}
_NAMES = {str}
_SCALARS = {str, bool, float, type(None)}
_INTEGERS = 1 << 63


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A conjunct such as ``row.open``, ``!params.drill`` or ``row.urgency == 'high'``."""

    name: str
    """Of the field, or of the parameter as variables have it."""
    is_parameter: bool
    value: bool | str
    """What the field is compared with."""
    equal: bool = True
    """Whether it is to be equal."""

    def holds(self, row: Mapping[str, Any], variables: Mapping[str, Any]) -> bool | None:
        """Return whether it is true; None: the field has a value of another type, or none."""
        value = (variables if self.is_parameter else row).get(self.name)
        if value.__class__ is not self.value.__class__:
            return None
        return (value == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class FieldTests:
    """Those of one condition."""

    tests: tuple[FieldTest, ...] = ()
    is_whole: bool = False
    """Whether the condition is one test and nothing else."""

    @classmethod
    def of(cls, tree: CheckedExpression) -> FieldTests:
        """Return the tests among the conjuncts of an expression."""
        conjuncts = list(_conjuncts(tree.root))
        tests = tuple(test for node in conjuncts if (test := _test(node)))
        return cls(tests=tests, is_whole=len(conjuncts) == len(tests) == 1)

    def known(self, row: Mapping[str, Any], variables: Mapping[str, Any]) -> bool | None:
        """Return what the condition is; None: CEL has to evaluate it."""
        holds = None
        for test in self.tests:
            holds = test.holds(row, variables)
            if holds is False:
                return False
        return holds if self.is_whole else None


def is_json(row: Mapping[str, Any]) -> bool:
    """Return whether the runtime takes all of a row: it refuses other values, and long integers."""
    pending: list[Any] = [row]
    for value in pending:  # grows meanwhile
        if value.__class__ is dict:
            if not _NAMES.issuperset(map(type, value)):
                return False
            pending += [child for child in value.values() if child.__class__ not in _SCALARS]
        elif value.__class__ is list:
            pending += [child for child in value if child.__class__ not in _SCALARS]
        elif value.__class__ is not int or not -_INTEGERS <= value < _INTEGERS:
            return False
    return True


def _conjuncts(node: CelNode) -> Iterator[CelNode]:
    if node.form == "call" and node.name == "_&&_":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _test(node: CelNode) -> FieldTest | None:
    if node.form != "call":
        return _field(node, value=True)
    if node.name == "!_":
        return _field(node.operands[0], value=False)
    if node.name not in {"_==_", "_!=_"}:
        return None
    field, constant = node.operands
    if constant.form != "constant" or not isinstance(constant.value, str):
        return None
    return _field(field, value=constant.value, equal=node.name == "_==_")


def _field(node: CelNode, *, value: bool | str, equal: bool = True) -> FieldTest | None:
    if node.form == "name":
        base, _, name = node.name.partition(".")
        is_field = base == "params" and bool(name)
    else:
        base, name = node.operands[0].name if node.operands else "", node.name
        is_field = node.form == "select" and node.operands[0].form == "name" and not node.value
    if not is_field or base not in _BASE:
        return None
    is_parameter = base == "params"
    full = f"params.{name}" if is_parameter else name
    return FieldTest(name=full, is_parameter=is_parameter, value=value, equal=equal)
