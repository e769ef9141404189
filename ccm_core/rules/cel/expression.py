"""Evaluates compiled CEL expressions on rows.

A condition is ``True``, ``False`` or :class:`NotEvaluable`. The runtime *returns* its data errors
as values, so every value that is not plainly true or false is checked before it is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import thawed
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.checked_ast import CheckedExpression, FieldPath, dotted, read_paths
from ccm_core.rules.cel.field_tests import FieldTests
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.cel.runtime_errors import NOT_IN_EVIDENCE

if TYPE_CHECKING:
    from cel_expr_python import cel


class ExpressionError(Exception):
    """The text is no expression, or not one over these names."""

    def __init__(self, problems: Sequence[tuple[int, int, str]]) -> None:
        """Keep each problem with its line and column in the text, counted from 1."""
        self.problems = tuple(problems)
        super().__init__("; ".join(message for _, _, message in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluable:
    """Why an expression has no value for a row."""

    reason: str
    """In plain words."""
    missing_key: str | None = None
    """The key that the row lacks, where that is the reason."""
    insufficient: bool = False
    """Whether something is missing from the evidence; otherwise the rule itself went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """One row, ready for every expression of one environment."""

    row: JsonObject
    activation: cel.Activation
    unknown: Mapping[str, NotEvaluable]
    """Why a parameter has no value for this row, by its name."""
    variables: Mapping[str, Any]
    """What the expressions see, by name; a parameter as ``params.NAME``."""
    left_out: Mapping[str, str]
    """Why the row leaves a key out, as :attr:`ccm_core.sdk.view.Row.unknown` says."""
    lookups: LookupTable | None = None
    """What ``lookup`` reads; None: nothing, so that every lookup is insufficient."""
    told: JsonObject
    """The row as far as its fields decide without CEL; empty where the row is no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression."""

    text: str
    type: str
    """The CEL type it yields, such as ``BOOL`` or ``DYN``."""
    tree: CheckedExpression
    """As it was written: a ``let`` is a name in it."""
    scope: Mapping[str, FieldPath]
    """The path that a ``let`` is short for, where it is."""
    program: cel.Expression
    size: int
    """An upper bound of the size of its value, in characters and elements."""
    lets: tuple[str, ...] = ()
    """The names under ``let`` that it reads, and those that these read."""
    lookup_program: bytes | None = None
    """The program as bytes where it looks records up: each evaluation binds it to its own."""
    tests: FieldTests = FieldTests()
    """What decides it without evaluating it; none where it looks records up."""

    def evaluate(self, context: RowContext) -> Any | NotEvaluable:
        """Return its value for a row: a JSON value, a ``datetime`` or a ``timedelta``."""
        try:
            program = self.program if self.lookup_program is None else self._bound(context)
            result = program.eval(context.activation)
            value = result.plain_value() if self.type in _NEVER_NULL else _plain_value(result)
        except (RuntimeError, TypeError) as cause:
            return NotEvaluable(reason=first_line(str(cause)))
        if type(value) is str and result.type().name() == "ERROR":
            return self._explain_error(value, context)
        return value

    def evaluate_condition(self, context: RowContext) -> bool | NotEvaluable:
        """Return whether it is true for a row, or why that cannot be decided."""
        known = self.known(context)
        if known is not None:
            return known
        value = self.evaluate(context)
        if value is True or value is False or isinstance(value, NotEvaluable):
            return value
        kind = "null" if value is None else type(value).__name__
        return NotEvaluable(reason=f"`{self.text}`: expected true or false, got {kind}")

    def known(self, context: RowContext) -> bool | None:
        """Return whether it is true for a row; None: CEL has to evaluate it."""
        return self.tests.known(context.told, context.variables)

    def _bound(self, context: RowContext) -> cel.Expression:
        lookups = context.lookups
        if lookups is None or self.lookup_program is None:
            return self.program
        return lookups.bound(self.lookup_program)

    def _explain_error(self, error: str, context: RowContext) -> NotEvaluable:
        if NOT_IN_EVIDENCE in error:
            return NotEvaluable(reason=error.split(NOT_IN_EVIDENCE, 1)[1], insufficient=True)
        if match := _ABSENT_KEY.match(error):
            return self._absent_key(_unquoted(match[1]), context)
        if match := _ABSENT_NAME.match(error):
            unknown = context.unknown.get(match[1].removeprefix("params."))
            if unknown is not None:
                return unknown
            if match[1].startswith("period."):
                return NotEvaluable(reason="the evaluated period is not known", insufficient=True)
        return NotEvaluable(reason=f"`{self.text}`: {without_status(error)}")

    def _absent_key(self, key: str, context: RowContext) -> NotEvaluable:
        """Name the whole path to an absent key, as the condition wrote it."""
        reads = read_paths(self.tree, self.scope)
        paths = (read.path[1:] for read in reads if read.path[0] == "row")
        absent = (_absent_path(path, key, context.row) for path in paths)
        name = next((path for path in absent if path), key)
        why = context.left_out.get(name) or context.left_out.get("*")
        reason = f"`{name}` is not known: {why}" if why else f"row has no `{name}`"
        return NotEvaluable(reason=reason, missing_key=name, insufficient=True)


def shared_variables(
    parameters: Mapping[str, Any], now: datetime, period: Window | None = None
) -> dict[str, Any]:
    """Return what is the same for every row: the plain parameters, the moment and the period."""
    variables: dict[str, Any] = {"now": now}
    if period is not None:
        variables |= {"period.since": period.since, "period.until": period.until}
    return variables | {f"params.{name}": thawed(value) for name, value in parameters.items()}


def without_status(error: str) -> str:
    """Return an error of the runtime without its status codes."""
    return _STATUS.sub("", error)


def first_line(text: str) -> str:
    """Return the first line of an error of the runtime."""
    return text.splitlines()[0] if text else "it cannot be evaluated"


def _plain_value(value: cel.Value) -> Any:
    """Return a value that may be or hold null.

    The runtime's own ``plain_value()`` gives up a reference to ``None`` for each null it gives
    out (cel-expr-python 0.1.3). Python 3.11 ends the process when it has given up all of them.
    """
    match value.type().name().partition("<")[0]:
        case "NULL":
            return None
        case "LIST":
            return [_plain_value(element) for element in value.value()]
        case "MAP":
            return {key: _plain_value(entry) for key, entry in value.value().items()}
        case _:
            return value.plain_value()


_NEVER_NULL = {"BOOL", "INT", "UINT", "DOUBLE", "STRING", "TIMESTAMP", "DURATION"}
"""Types of expressions that yield such a value or an error, and never null."""
_ABSENT_KEY = re.compile(r"NOT_FOUND: Key not found in map : (.*)", re.DOTALL)
_ABSENT_NAME = re.compile(r'UNKNOWN: No value with name "(.*)" found in Activation')
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")


def _unquoted(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:
        return key.strip('"')


def _absent_path(path: FieldPath, key: str, row: Any) -> str | None:
    """Return the dotted path down to ``key`` where following ``path`` first fails at it."""
    value = row
    for depth, step in enumerate(path):
        if isinstance(value, dict) and step not in value:
            return dotted(path[: depth + 1]) if step == key else None
        if not isinstance(value, dict):
            # Beyond a list the elements differ; the path itself names the key well enough.
            return dotted(path[: path.index(key, depth) + 1]) if key in path[depth:] else None
        value = value[step]
    return None
